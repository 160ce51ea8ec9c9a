"""Checks that exchange messages: SMTP, DNS, UDP and ICMP, with opensmtpd, bind9 and the kernel."""

import re
import signal

from lab.case import case
from lab.servers import kill_smtpd, start_named, start_opensmtpd
from lab.wait import equal, eventually

TYPES = "A NS CNAME SOA MX TXT AAAA RRSIG DNSKEY".split()

SERVICE = """
virtual_server 10.9.0.100 {port} {{
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol {protocol}
{servers}}}
"""
SERVER = """    real_server {address} {port} {{
        {kind} {{
            connect_timeout 1
            retry 1
            delay_before_retry 1
            {more}
        }}
    }}
"""


def service(kind, protocol, *servers):
    """A virtual server whose real servers, (address, port, more lines), have one check each."""
    text = "".join(
        SERVER.format(kind=kind, address=address, port=port, more=more)
        for address, port, more in servers
    )
    return SERVICE.format(port=servers[0][1], protocol=protocol, servers=text)


def director_and(lab, name, *addresses):
    """A network of a director, 10.9.0.1, and one other host; the test's own host last."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24", "fd00:9::1/64")
    net.add(name, "eth0", *addresses).up()
    # A refusal for each of many checks.
    net[name].sysctl(ipv4__icmp_ratelimit=0)
    return net["director1"], net[name]


@case("checks/smtp-opensmtpd", seconds=14)
def smtp(lab):
    """opensmtpd greets; it is killed and returns; HELO is what the configuration says."""
    director, mail = director_and(lab, "mail", "10.9.0.25/24")
    start_opensmtpd(mail)
    daemon = lab.daemon(director, service("SMTP_CHECK", "TCP", ("10.9.0.25", 25, "helo_name lab")))
    daemon.start()
    daemon.wait_log("Remote SMTP server [10.9.0.25]:tcp:25 succeed on service.")
    kill_smtpd(mail)
    daemon.wait_log("SMTP_CHECK Could not connect to server [10.9.0.25]:25")
    daemon.wait_log("Removing service [10.9.0.25]:tcp:25 from VS [10.9.0.100]:tcp:25")
    start_opensmtpd(mail)
    daemon.wait_log("Adding service [10.9.0.25]:tcp:25 to VS [10.9.0.100]:tcp:25")
    equal(daemon.log.count("SMTP_CHECK Could not"), 1, "lines about the failure")


@case("checks/smtp-hosts", ours_only=True, seconds=6)
def smtp_hosts(lab):
    """Each host block is a check of its own, of the server itself."""
    director, mail = director_and(lab, "mail", "10.9.0.25/24")
    start_opensmtpd(mail)
    text = service("SMTP_CHECK", "TCP", ("10.9.0.25", 25, "host {\n}\nhost {\n}\nconnect_port 26"))
    daemon = lab.daemon(director, text).start()
    daemon.wait_log("Remote SMTP server [10.9.0.25]:tcp:25 succeed on service.", count=2)
    daemon.wait_log("SMTP_CHECK Could not connect to server [10.9.0.25]:26")


@case("checks/dns-bind9", seconds=15)
def dns(lab):
    """bind9 is asked for every type; one name it does not have; it is killed and returns."""
    director, name = director_and(lab, "name", "10.9.0.53/24", "fd00:9::53/64")
    start_named(name)
    servers = [
        ("10.9.0.53", 5301 + number, f"connect_port 53\n type {kind}\n name www.example.org")
        for number, kind in enumerate(TYPES)
    ]
    servers.append(("10.9.0.53", 5399, "connect_port 53\n name nobody.example.org"))
    servers.append(("10.9.0.53", 5398, "connect_port 53"))
    daemon = lab.daemon(director, service("DNS_CHECK", "UDP", *servers)).start()
    daemon.wait_log("DNS_CHECK ([10.9.0.53]:udp:5399) read error occurred. (rcode = 3)")
    daemon.wait_log("DNS_CHECK ([10.9.0.53]:udp:5398) read error occurred. (rcode = 5)")
    for kind in TYPES:
        eventually(
            lambda kind=kind: f"www.example.org IN {kind} +" in name.log("name.named.log"),
            5,
            f"bind9 is asked for {kind}",
        )
    equal(len(re.findall(r"DNS_CHECK \(\[10.9.0.53\]:udp:53[0-8]", daemon.log)), 0, "failures")
    name.kill_program("named", signal.SIGKILL)
    for number in range(len(TYPES)):
        server = f"[10.9.0.53]:udp:{5301 + number}"
        refused = "failed to read socket; errno 111 (Connection refused) after 1 retries"
        daemon.wait_log(f"DNS_CHECK ({server}) {refused}")
        daemon.wait_log(f"Removing service {server} from VS")
    start_named(name)
    for number in range(len(TYPES)):
        daemon.wait_log(f"Adding service [10.9.0.53]:udp:{5301 + number} to VS")


# A query of one question, for the A record of www.example.org, and how its answer must begin: the
# same number, an answer with or without RA, no error, one question.
QUERY = "abcd 0100 0001 0000 0000 0000 03777777 076578616d706c65 036f7267 00 0001 0001"
ANSWER = "abcd 8xx0 0001 0001"


@case("checks/udp-bind9", seconds=12)
def udp(lab):
    """A payload, a pattern with digits left open, a pattern that does not fit, a port refused."""
    director, name = director_and(lab, "name", "10.9.0.53/24")
    start_named(name)
    payload = f"connect_port 53\n payload {QUERY}\n "
    servers = [
        ("10.9.0.53", 5301, payload + f"require_reply {ANSWER}"),
        ("10.9.0.53", 5302, payload + "require_reply abcd 8xx3"),
        ("10.9.0.53", 5303, payload + "require_reply abcd\n min_reply_length 600\n max_reply_length 700"),
        ("10.9.0.53", 5304, ""),
    ]
    daemon = lab.daemon(director, service("UDP_CHECK", "UDP", *servers)).start()
    daemon.wait_log("UDP connection to [10.9.0.53]:udp:5301 success.")
    for port in (5302, 5303, 5304):
        daemon.wait_log(f"UDP_CHECK on service [10.9.0.53]:udp:{port} failed.")
    name.kill_program("named", signal.SIGKILL)
    daemon.wait_log("UDP_CHECK on service [10.9.0.53]:udp:5301 failed after 1 retries.")


@case("checks/ping", seconds=12)
def ping(lab):
    """A host answers echoes of both families; it stops to, and answers again."""
    director, other = director_and(lab, "other", "10.9.0.9/24", "fd00:9::9/64")
    text = service("PING_CHECK", "TCP", ("10.9.0.9", 80, ""))
    text += service("PING_CHECK", "TCP", ("fd00:9::9", 80, "")).replace("10.9.0.100", "fd00:9::100")
    daemon = lab.daemon(director, text).start()
    four, six = "[10.9.0.9]:tcp:80", "[fd00:9::9]:tcp:80"
    for server in (four, six):
        daemon.wait_log(f"ICMP connection to {server} success.")
    other.sysctl(ipv4__icmp_echo_ignore_all=1, ipv6__icmp__echo_ignore_all=1)
    for server, vip in ((four, "[10.9.0.100]:tcp:80"), (six, "[fd00:9::100]:tcp:80")):
        daemon.wait_log(f"ICMP CHECK on service {server} of {vip} failed after 1 retries.")
        daemon.wait_log(f"Removing service {server} from VS {vip}")
    other.sysctl(ipv4__icmp_echo_ignore_all=0, ipv6__icmp__echo_ignore_all=0)
    for server in (four, six):
        daemon.wait_log(f"ICMP connection to {server} success.", count=2)


_COUNTERS = """
table inet seen {
  chain in {
    type filter hook prerouting priority 0;
    ip saddr 10.9.0.77 tcp dport 25 tcp sport 2525 counter comment "smtp"
    ip saddr 10.9.0.77 udp dport 53 udp sport 5353 counter comment "dns"
    ip saddr 10.9.0.77 udp dport 9 udp sport 999 counter comment "udp"
    ip saddr 10.9.0.77 icmp type echo-request counter comment "ping"
  }
}
"""
_MARKS = """
table inet marked {
  chain out {
    type filter hook output priority 0;
    oifname "eth0" meta mark 25 tcp dport 25 counter comment "smtp"
    oifname "eth0" meta mark 53 udp dport 53 counter comment "dns"
    oifname "eth0" meta mark 9 udp dport 9 counter comment "udp"
    oifname "eth0" meta mark 1 icmp type echo-request counter comment "ping"
  }
}
"""


def _seen(host):
    """The comments of the counters that counted."""
    rules = host.run(["nft", "list", "ruleset"])
    return set(re.findall(r'counter packets [1-9]\d* bytes \d+ comment "(\w+)"', rules))


@case("checks/source-and-mark", ours_only=True, seconds=10)
def source_and_mark(lab):
    """bindto, bind_port, bind_if and fwmark of each, as the server and the director's kernel see."""
    director, other = director_and(lab, "other", "10.9.0.9/24")
    director.run("ip address add 10.9.0.77/24 dev eth0")
    other.run(["nft", "-f", "-"], stdin=_COUNTERS.encode())
    director.run(["nft", "-f", "-"], stdin=_MARKS.encode())
    source = "bindto 10.9.0.77\n bind_if eth0\n fwmark {}\n"
    text = service("SMTP_CHECK", "TCP", ("10.9.0.9", 25, source.format(25) + "bind_port 2525"))
    text += service("DNS_CHECK", "UDP", ("10.9.0.9", 53, source.format(53) + "bind_port 5353"))
    text += service("UDP_CHECK", "UDP", ("10.9.0.9", 9, source.format(9) + "bind_port 999"))
    text += service("PING_CHECK", "TCP", ("10.9.0.9", 80, source.format(1)))
    lab.daemon(director, text).start()
    kinds = {"smtp", "dns", "udp", "ping"}
    for host, what in ((other, "source"), (director, "mark and interface")):
        eventually(
            lambda host=host: _seen(host) == kinds, 8, lambda host=host, what=what: f"{what}: {_seen(host)}"
        )


def _lines(daemon):
    """What a daemon said of checks, in the order of each server's life."""
    said = re.findall(
        r"^.{24}: ((?:Activating healthchecker for|Remote SMTP|SMTP_CHECK|DNS_CHECK|UDP|ICMP).*)$",
        daemon.log,
        re.MULTILINE,
    )
    return sorted(set(said))


@case("checks/words-of-the-original", ipvs=True, seconds=30)
def words(lab):
    """A mail and a name server die: ours says of it what the original beside it says."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24")
    net.add("director2", "eth0", "10.9.0.2/24").add("other", "eth0", "10.9.0.9/24").up()
    other = net["other"]
    other.sysctl(ipv4__icmp_ratelimit=0)
    start_opensmtpd(other)
    start_named(other)
    text = service("SMTP_CHECK", "TCP", ("10.9.0.9", 25, ""), ("10.9.0.9", 24, ""))
    text += service("DNS_CHECK", "UDP", ("10.9.0.9", 53, "name www.example.org"))
    text += service("DNS_CHECK", "UDP", ("10.9.0.9", 54, "connect_port 53"))
    text += service("UDP_CHECK", "UDP", ("10.9.0.9", 5355, "connect_port 53"))
    text += service("PING_CHECK", "TCP", ("10.9.0.9", 80, ""), ("10.9.0.10", 80, ""))
    daemons = [
        lab.daemon(net["director1"], text).start(),
        lab.daemon(net["director2"], text, lab.original).start(),
    ]
    for daemon in daemons:
        daemon.wait_log("Remote SMTP server [10.9.0.9]:tcp:25 succeed on service.")
        daemon.wait_log("(rcode = 5)")
        daemon.wait_log("UDP connection to [10.9.0.9]:udp:5355 success.")
        daemon.wait_log("ICMP connection to [10.9.0.9]:tcp:80 success.")
        daemon.wait_log("ICMP CHECK on service [10.9.0.10]:tcp:80 failed.")
        daemon.wait_log("SMTP_CHECK Could not connect to server [10.9.0.9]:24")
    for source in ("10.9.0.1", "10.9.0.2"):
        eventually(
            lambda source=source: re.search(
                source + r"#\d+ \(www.example.org\)", other.log("other.named.log")
            ),
            8,
            f"a query of {source}",
        )
    kill_smtpd(other)
    other.kill_program("named", signal.SIGKILL)
    other.sysctl(ipv4__icmp_echo_ignore_all=1)
    for daemon in daemons:
        for server in ("tcp:25", "udp:53", "udp:5355", "tcp:80"):
            daemon.wait_log(f"Removing service [10.9.0.9]:{server} from VS")
    ours, theirs = (_lines(daemon) for daemon in daemons)
    equal(ours, theirs, "lines about checks, subject against original")
