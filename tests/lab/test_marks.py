"""nftables_ipvs: a virtual_server_group as one service, found by the mark its packets get."""

import re

from lab import traffic
from lab.balancing import DIRECTOR, REAL, Site, VIP
from lab.case import case
from lab.servers import in_table
from lab.traffic import get
from lab.wait import check, equal, eventually

GROUPS = """
virtual_server_group WEB {
    10.9.0.100 80
    10.9.0.101-103 8080
    fd00:9::100 80
}
virtual_server_group MARKED {
    10.9.0.120 80
    fwmark 7 inet
}
"""

TABLE = """table ip {name} {{
	map tcp_map {{
		type ipv4_addr . inet_service : mark
		flags interval
		elements = {{ 10.9.0.100 . 80 : {mark},
			     10.9.0.101-10.9.0.103 . 8080 : {mark} }}
	}}

	chain in {{
		type filter hook input priority {priority}; policy accept;
		meta mark set ip daddr . tcp dport map @tcp_map counter packets N bytes N return
	}}
}}
table ip6 {name} {{
	map tcp_map {{
		type ipv6_addr . inet_service : mark
		flags interval
		elements = {{ fd00:9::100 . 80 : {mark} }}
	}}

	chain in {{
		type filter hook input priority {priority}; policy accept;
		meta mark set ip6 daddr . tcp dport map @tcp_map counter packets N bytes N return
	}}
}}"""


def text(groups=GROUPS, said="nftables_ipvs", method="TUN", names=("WEB",)):
    """Virtual servers of groups, both real servers behind each."""
    servers = "".join(f"real_server {address} 80 {{\n weight 1\n }}\n" for address in REAL[4])
    return (
        f"global_defs {{\n {said}\n}}\n{groups}"
        + "".join(
            f"virtual_server group {name} {{\n lvs_sched rr\n lvs_method {method}\n protocol TCP\n"
            f"{servers}}}\n"
            for name in names
        )
    )


def rules(host):
    """What nft prints of all there is, without counts."""
    return re.sub(r"(packets|bytes) \d+", r"\1 N", host.run(["nft", "list", "ruleset"])).strip()


def wait_rules(host, wanted):
    """Waits until there are exactly these."""
    eventually(lambda: rules(host) == wanted, 8, lambda: f"the rules are {wanted}:\n{rules(host)}")


def table(name="keepalived_ipvs", priority="filter - 1", mark=1000):
    """The tables of the group WEB."""
    return TABLE.format(name=name, priority=priority, mark=f"{mark:#010x}")


@case("marks/rules", ours_only=True, seconds=12)
def the_rules(lab):
    """The rules come with the daemon, change in one go, stay the same marks, and go with it."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    daemon = lab.daemon(host, text(names=("WEB", "MARKED")), options=("-d",)).start()
    wait_rules(host, table())
    daemon.wait_log("  Fwmark TCP: 1000 UDP: 0 SCTP: 0")
    check("Fwmark TCP: 0" not in daemon.log, "a group without a mark has no such line")
    # Another group in front of it, and a line less: WEB keeps its mark.
    changed = GROUPS.replace("    10.9.0.101-103 8080\n", "")
    more = "virtual_server_group DNS {\n 10.9.0.130 53\n}\n"
    said = "nftables_ipvs\n nftables_ipvs_priority -7\n nftables_counters"
    daemon.configure(text(more + changed, said, names=("DNS", "WEB")))
    daemon.reload()

    def new_rules():
        now = rules(host)
        return (
            "10.9.0.100 . 80 counter packets N bytes N : 0x000003e8" in now
            and "10.9.0.130 . 53 counter packets N bytes N : 0x000003e9" in now
            and "10.9.0.101" not in now
            and "priority filter - 7;" in now
        )

    eventually(new_rules, 8, lambda: f"the new rules: {rules(host)}")
    daemon.configure(text(said="nftables_ipvs others"))
    daemon.reload()
    daemon.wait_log("Cannot change IPVS nftables table name at a reload - please restart")
    daemon.stop()
    equal(rules(host), "", "what is left")


@case("marks/crash", ours_only=True, seconds=12)
def crash(lab):
    """After a crash of all the next start finds the old table and the marks."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    daemon = lab.daemon(host, text(said="nftables_ipvs first\n nftables_ipvs_start_fwmark 77"))
    daemon.start()
    wait_rules(host, table("first", mark=77))
    daemon.kill()
    daemon.configure(text(said="nftables_ipvs second"))
    daemon.start()
    wait_rules(host, table("second", mark=77))


@case("marks/packets", ours_only=True, seconds=10)
def packets(lab):
    """Packets to every line of the group get the mark, others do not."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24", "fd00:9::1/64 nodad")
    net.add("client", "eth0", "10.9.0.50/24", "fd00:9::50/64 nodad").up()
    host = net["director1"]
    for last in (100, 101, 103, 104):
        host.run(f"ip address add 10.9.0.{last}/32 dev eth0")
    host.run("ip address add fd00:9::100/128 dev eth0 nodad")
    watch = """table inet watch {
        chain in { type filter hook input priority 0
            meta mark 1000 tcp flags syn counter
            tcp flags syn reject with tcp reset
        }
    }"""
    host.run(["nft", "-f", "-"], stdin=watch.encode())
    lab.daemon(host, text()).start()
    eventually(lambda: "keepalived_ipvs" in rules(host), 8, "the rules are there")

    def marked():
        words = host.run(["nft", "list", "table", "inet", "watch"])
        return int(re.search(r"counter packets (\d+)", words).group(1))

    for address, port, count in (
        ("10.9.0.100", 80, 1),
        ("10.9.0.101", 8080, 2),
        ("10.9.0.103", 8080, 3),
        ("fd00:9::100", 80, 4),
        ("10.9.0.100", 8080, 4),
        ("10.9.0.104", 8080, 4),
        ("10.9.0.101", 80, 4),
    ):
        try:
            traffic.connect(net["client"], address, port).close()
        except ConnectionError:
            pass  # it is refused on purpose, once, without another attempt
        equal(marked(), count, f"marked SYN packets after one to {address} port {port}")


@case("marks/one-service", ipvs=True, ours_only=True, seconds=15)
def one_service(lab):
    """One service for the whole group; this kernel's marks come from iptables, for it has no
    nftables for IP, which is said once."""
    site = Site(lab).tunnel("ipip")
    for last in (101, 102):
        site.director.run(f"ip address add 10.9.0.{last}/32 dev eth0")
        for name in ("real1", "real2"):
            site.net[name].run(f"ip address add 10.9.0.{last}/32 dev lo")
    for address in ("10.9.0.100", "10.9.0.101"):
        site.director.run(
            f"iptables-legacy -t mangle -A PREROUTING -d {address} -p tcp --dport 80"
            " -j MARK --set-mark 1000"
        )
    daemon = lab.daemon(site.director, text(GROUPS.replace("8080", "80"))).start()
    eventually(
        lambda: set(site.director.ipvs()) == {("FWM", "1000")},
        8,
        lambda: f"the services: {site.director.ipvs()}",
    )
    equal(
        set(in_table(site.director, "FWM", "1000")),
        {f"{address}:0" for address in REAL[4]},
        "the servers of the mark",
    )
    site.both_answer()
    site.both_answer("10.9.0.101")
    check(get(site.client, "10.9.0.102", timeout=0.5)[0] == 0, "without a mark nothing is balanced")
    daemon.wait_log("nftables refuses")
    daemon.reload()
    daemon.wait_log("Reload finished")
    equal(daemon.log.count("nftables refuses"), 1, "how often the refusal is said")


@case("marks/several-services", ipvs=True, seconds=15)
def several_services(lab):
    """Without nftables_ipvs a group is a service for each address, port and mark."""
    site = Site(lab).masquerade()
    site.director.run("ip address add 10.9.0.101/32 dev eth0")
    groups = (
        f"virtual_server_group WEB {{\n {VIP[4]} 80\n 10.9.0.101-102 8080\n fwmark 7\n}}\n"
    )
    site.director.run(
        f"iptables-legacy -t mangle -A PREROUTING -d {DIRECTOR[4][1]} -p tcp --dport 443"
        " -j MARK --set-mark 7"
    )
    lab.daemon(site.director, text(groups, said="", method="NAT")).start()
    wanted = {("TCP", f"{VIP[4]}:80"), ("TCP", "10.9.0.101:8080"), ("TCP", "10.9.0.102:8080")}
    eventually(
        lambda: set(site.director.ipvs()) == wanted | {("FWM", "7")},
        8,
        lambda: f"the services: {site.director.ipvs()}",
    )
    site.both_answer()
    site.both_answer("10.9.0.101", 8080)
    site.both_answer(DIRECTOR[4][1], 443)
