"""The packet filter: what no_accept keeps out, and what a VMAC may not send."""

import signal

from lab.case import case
from lab.wait import check, equal, eventually

REFUSING = """
global_defs {
    nftables_counters
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    no_accept
    advert_int 0.2
    priority 100
    virtual_ipaddress {
        10.9.0.100
    }
    virtual_ipaddress_excluded {
        2001:db8:9::100/64
    }
}
"""

VMAC = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    use_vmac
    advert_int 0.2
    priority 100
    virtual_ipaddress {
        10.9.0.100
    }
}
"""


def pair(lab):
    """A director and a client on one wire."""
    net = lab.network()
    net.add("director1", "eth0", "10.9.0.1/24", "2001:db8:9::1/64")
    net.add("client", "eth0", "10.9.0.50/24", "2001:db8:9::50/64")
    net.up()
    for name in ("director1", "client"):
        eventually(lambda: "tentative" not in net[name].run("ip -6 addr"), 4, "addresses are usable")  # pylint: disable=cell-var-from-loop
    return net


KNOCK = """import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), 0.7)
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    sys.exit(1)
"""


def answers(client, address):
    """Whether the address says anything, if only that nobody listens."""
    return client.status(["python3", "-c", KNOCK, address])[0] == 0


@case("filter/no-accept", seconds=10)
def no_accept(lab):
    """Addresses that are not accepted are silent, but neighbours find them."""
    net = pair(lab)
    host, client = net["director1"], net["client"]
    daemon = lab.daemon(host, REFUSING).start()
    eventually(lambda: host.has("10.9.0.100"), 5, "it becomes master")
    check(answers(client, "10.9.0.1"), "the host itself answers")
    check(not answers(client, "10.9.0.100"), "the virtual address does not answer")
    check(not answers(client, "2001:db8:9::100"), "nor does that of IPv6")
    for neighbours in ("ip neigh show 10.9.0.100", "ip -6 neigh show 2001:db8:9::100"):
        check("lladdr" in client.run(neighbours), "its hardware address is found out")
    daemon.stop()
    equal(host.run("nft list ruleset").strip(), "", "rules after the stop")


@case("filter/accept-at-reload", ours_only=True, seconds=6)
def accept_at_reload(lab):
    """`accept` in a new configuration opens the addresses of a master."""
    net = pair(lab)
    host, client = net["director1"], net["client"]
    daemon = lab.daemon(host, REFUSING).start()
    eventually(lambda: host.has("10.9.0.100"), 5, "it becomes master")
    check(not answers(client, "10.9.0.100"), "the virtual address does not answer")
    daemon.configure(REFUSING.replace("no_accept", "accept"))
    daemon.reload()
    eventually(lambda: answers(client, "10.9.0.100"), 4, "the virtual address answers")
    eventually(lambda: not host.run("nft list ruleset").strip(), 2, "no rules are left")
    daemon.stop()


@case("filter/crash", ours_only=True, seconds=6)
def crash(lab):
    """After SIGKILL of the vrrp child the filter is there, once, and goes at the stop."""
    net = pair(lab)
    host, client = net["director1"], net["client"]
    daemon = lab.daemon(host, REFUSING).start()
    eventually(lambda: host.has("10.9.0.100"), 5, "it becomes master")
    rules = host.run("nft list ruleset").count("drop")
    child = daemon.pid("vrrp")
    daemon.signal("vrrp", signal.SIGKILL)
    daemon.wait_pid("vrrp", other_than=child)
    daemon.wait_log("IS DROPPED", count=2)
    equal(host.run("nft list ruleset").count("drop"), rules, "rules that drop")
    check(not answers(client, "10.9.0.100"), "the virtual address does not answer")
    daemon.stop()
    equal(host.run("nft list ruleset").strip(), "", "rules after the stop")


@case("filter/vmac", seconds=8)
def vmac(lab):
    """A VMAC's membership reports leave with the MAC address of the interface below."""
    net = pair(lab)
    host = net["director1"]
    daemon = lab.daemon(host, VMAC).start()
    eventually(lambda: "vrrp.51" in host.run("ip -o -4 addr show to 10.9.0.100"), 5, "it becomes master")
    rules = host.run("nft list ruleset")
    check("igmp" in rules and '"vrrp.51" : "eth0"' in rules, f"reports are redirected:\n{rules}")
    host.run("ip link del vrrp.51")
    eventually(lambda: "vrrp.51" in host.run("ip -o -4 addr show to 10.9.0.100"), 8, "the VMAC is made again")
    eventually(lambda: '"vrrp.51" : "eth0"' in host.run("nft list ruleset"), 3, "the filter knows the new one")
    daemon.stop()
    equal(host.run("nft list ruleset").strip(), "", "rules after the stop")
