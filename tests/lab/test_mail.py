"""Mail: what the directors send arrives in the mailbox of a real server, or its refusal is told."""

import re

from lab import topology
from lab.case import case
from lab.pairs import elect
from lab.servers import in_table, kill_nginx, mailbox, start_nginx, start_opensmtpd
from lab.wait import check, equal, eventually

VIP = "10.1.38.15"


def with_subject(host, subject):
    """The mails with a subject, as their texts."""
    return [mail for mail in mailbox(host) if f"\nSubject: {subject}\n" in mail]


def arrives(host, subject, seconds=15):
    """Waits for a mail with that subject; returns its text."""
    return eventually(
        lambda: with_subject(host, subject),
        seconds,
        lambda: f"mail {subject!r}; there are {re.findall('Subject: (.*)', ''.join(mailbox(host)))}",
    )[0]


@case("mail/transitions-and-servers", ipvs=True, seconds=35)
def transitions_and_servers(lab):
    """The HTTP_GET pair's mails to root@localhost: BACKUP, MASTER, a server down and up."""
    pair = topology.HTTP_GET
    net = pair.network(lab)
    pair.serve(net)
    director = net["director1"]
    start_opensmtpd(director)
    daemon = pair.daemons(lab, net)[0].start()
    elect(net, VIP, "director1", 10)
    state = "[node-00] VRRP Instance VI_1 - Entering {} state"
    server = "[node-00] Realserver [10.1.38.13]:tcp:80 of virtual server [10.1.38.15]:tcp:80 - {}"
    mail = arrives(director, state.format("MASTER"))
    check("\nX-Mailer: Keepalived\n" in mail, f"the mail names its sender:\n{mail}")
    check("\nFrom: keepalived@localhost\n" in mail, f"the From line:\n{mail}")
    check("\nTo: root@localhost\n" in mail, f"the To line:\n{mail}")
    check("=> VRRP Instance is now owning VRRP VIPs <=" in mail, f"the body:\n{mail}")
    mail = arrives(director, state.format("BACKUP"))
    check("=> VRRP Instance is no longer owning VRRP VIPs <=" in mail, f"the body:\n{mail}")
    eventually(lambda: len(in_table(director, "TCP", VIP + ":80") or ()) == 2, 10, "both are in")
    daemon.wait_log("[10.1.38.13]:tcp:80", 10)
    kill_nginx(net["real1"])
    mail = arrives(director, server.format("DOWN"), 20)
    check("=> CHECK failed on service : " in mail, f"the body:\n{mail}")
    start_nginx(net["real1"])
    mail = arrives(director, server.format("UP"))
    check("=> CHECK succeed on service <=" in mail, f"the body:\n{mail}")


@case("mail/headers", seconds=12)
def headers(lab):
    """The headers and their order are the original's."""
    pair = topology.MASTER_MASTER
    net = pair.network(lab)
    start_opensmtpd(net["director1"])
    pair.daemons(lab, net)[0].start()
    mail = arrives(net["director1"], "[node-00] VRRP Instance VI_1 - Entering MASTER state")
    head = mail.partition("\n\n")[0]
    names = re.findall(r"^([A-Za-z-]+):", head, re.MULTILINE)
    equal(
        names[names.index("Date") :],
        ["Date", "From", "Subject", "X-Mailer", "To"],
        f"the headers, in order:\n{head}",
    )
    date = re.search(r"^Date: (.*)$", head, re.MULTILINE).group(1)
    check(
        re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", date), f"the date: {date}"
    )


@case("mail/to-another-host", ipvs=True, seconds=30)
def to_another_host(lab):
    """The first pair's mails go to 192.168.200.1, one copy to each of the three addresses."""
    pair = topology.LVS_DR
    net = lab.network()
    net.add("director1", "ens160", "192.168.8.10/24", "192.168.200.10/24")
    net.add("mail", "eth0", "192.168.200.1/24").up()
    start_opensmtpd(net["mail"])
    lab.daemon(net["director1"], pair.configurations()[0]).start()
    subject = "[LVS_DEVEL] Realserver [192.168.8.12]:tcp:80 of virtual server [192.168.8.100]:tcp:80 - DOWN"
    mail = arrives(net["mail"], subject, 30)
    to = re.search(r"^To: (.*(?:\n\s.*)*)", mail, re.MULTILINE).group(1)
    for name in ("admin", "failover", "oncall"):
        check(f"{name}@example.com" in to, f"the To line names {name}: {to}")
    eventually(lambda: len(with_subject(net["mail"], subject)) == 3, 5, "three copies")


@case("mail/of-the-stop", ours_only=True, seconds=15)
def of_the_stop(lab):
    """The mails of a stop are delivered before the exit."""
    pair = topology.MASTER_MASTER
    net = pair.network(lab)
    director = net["director1"]
    start_opensmtpd(director)
    daemon = pair.daemons(lab, net)[0].start()
    arrives(director, "[node-00] VRRP Instance VI_1 - Entering MASTER state")
    daemon.stop()
    arrives(director, "[node-00] VRRP Instance VI_1 - Stopping", 3)


@case("mail/refused", seconds=15)
def refused(lab):
    """A server that refuses is reported in the log, with what it said."""
    pair = topology.MASTER_MASTER
    net = pair.network(lab)
    director = net["director1"]
    director.write(
        "/etc/smtpd-lab.conf",
        "listen on 0.0.0.0 port 25\naction a mbox\nmatch from any for domain nobody.test action a\n",
    )
    director.start(["smtpd", "-d", "-f", "/etc/smtpd-lab.conf"], "director1.smtpd.log")
    daemon = pair.daemons(lab, net)[0].start()
    eventually(
        lambda: [line for line in daemon.log.splitlines() if "SMTP" in line and "550" in line],
        15,
        "the log tells the SMTP server's 550",
    )
