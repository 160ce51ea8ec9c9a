"""Addresses, routes and rules that the configuration names, in the kernel."""

import json
import signal
import time

from lab.case import case
from lab.wait import check, equal, eventually

RICH = """
static_ipaddress {
    10.30.0.1/24 dev eth0
    10.30.1.2/24 brd 10.30.1.255 dev eth1 scope link no_track
    2001:db8:30::1/64 dev eth0
}
static_routes {
    192.0.2.0/24 via 10.9.0.9 dev eth0 metric 5
    blackhole 198.18.0.0/15
    198.51.100.0/24 src 10.9.0.1 dev eth0 table 100 mtu 1400 rtt 300ms
    203.0.113.0/25 table 200 nexthop via 10.9.0.7 dev eth0 weight 3 nexthop via 10.9.0.8 dev eth0 weight 1 onlink
}
static_rules {
    from 10.30.0.0/24 table 100 priority 300
    to 2001:db8:77::/48 table 200 priority 301
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.2
    priority 100
    virtual_ipaddress {
        10.9.0.100/24 label eth0:x
        10.9.0.101/32 dev eth1 scope host
        10.2.0.1/24 brd +
    }
    virtual_ipaddress_excluded {
        2001:db8::1
        2001:db8::2/64 home preferred_lft 300
    }
    virtual_routes {
        default via 10.2.0.254 metric 90
        192.168.100.0/24 via 10.2.0.253 dev eth0 src 10.2.0.1
        192.168.101.0/24 via 10.99.9.9 dev eth0 onlink mtu lock 1300 advmss 1200 initcwnd 20 hoplimit 9 quickack 1 congctl reno
        unreachable 192.168.102.0/24 metric 7
        192.168.104.0/24 encap ip id 55 dst 10.4.4.4 src 10.9.0.100 tos 4 ttl 33 via 10.2.0.253 dev eth0
        192.168.106.0/24 dev eth1 scope link tos 0x10
        2001:db8:9::/48 via 2001:db8::9 metric 44 pref high
    }
    virtual_rules {
        from 10.2.0.1 table 100 priority 400
        iif eth0 fwmark 0x10/0xff table 200 priority 401 suppress_prefixlength 8
        not to 192.168.9.0/24 uidrange 5-10 table 1000 priority 402
        from 10.2.0.1 priority 403 goto 32766
        to 2001:db8:aa::/48 ipproto tcp sport 5-9 blackhole priority 404
        oif eth1 tos 0x10 prohibit priority 405
    }
}
"""

LISTS = ("addr show", "route show table all", "-6 route show table all", "rule show", "-6 rule show")
VOLATILE = ("valid_life_time", "preferred_life_time", "ifindex", "link_index", "address", "stats64")


def listed(host, what):
    """What `ip` lists, without what differs from run to run."""
    entries = json.loads(host.run(f"ip -j -d {what}") or "[]")

    def cleaned(entry):
        if isinstance(entry, dict):
            return {key: cleaned(value) for key, value in entry.items() if key not in VOLATILE}
        return [cleaned(one) for one in entry] if isinstance(entry, list) else entry

    if what == "addr show":
        entries = [dict(one, ifname=link["ifname"]) for link in entries for one in link["addr_info"]]
    # What the kernel makes by itself comes when it comes.
    own = [one for one in entries if one.get("table") != "local" and one.get("protocol") != "kernel"]
    return [one for one in (json.dumps(cleaned(one), sort_keys=True) for one in own) if "fe80" not in one]


def everything(host):
    """All lists."""
    return {what: listed(host, what) for what in LISTS}


def standing_host(lab, name):
    """A host with eth0 and eth1."""
    host = lab.solo(name, "eth0", "10.9.0.1/24").up()
    host.run("ip link add eth1 type veth peer name lab1")
    for link in ("eth1", "lab1"):
        host.run(f"ip link set {link} addrgenmode none")
        host.run(f"ip link set {link} up")
    return host


@case("routing/as-the-original", seconds=14)
def as_the_original(lab):
    """As backup, as master and after the stop the kernel has what it has under the original."""
    stages = []
    for program in (lab.original, lab.subject):
        host = standing_host(lab, f"director{len(stages) + 1}")
        before = everything(host)
        daemon = lab.daemon(host, RICH, program).start()
        daemon.wait_log("Entering BACKUP STATE")
        eventually(lambda: "10.30.0.1" in host.run("ip -4 addr"), 3, "static addresses are there")
        time.sleep(0.2)
        backup = everything(host)
        eventually(lambda: "405:" in host.run("ip rule"), 8, "the last rule is there")
        time.sleep(0.2)
        master = everything(host)
        daemon.stop()
        equal(everything(host), before, "what is there after the stop")
        stages.append({"backup": backup, "master": master})
    for stage in ("backup", "master"):
        for what in LISTS:
            theirs, ours = stages[0][stage][what], stages[1][stage][what]
            equal(sorted(ours), sorted(theirs), f"{what} as {stage}")


@case("routing/crash", ours_only=True, seconds=8)
def crash(lab):
    """SIGKILL of the vrrp child takes no address, route or rule away, not for a moment."""
    host = standing_host(lab, "director1")
    daemon = lab.daemon(host, RICH).start()
    eventually(lambda: "405:" in host.run("ip rule"), 8, "the last rule is there")
    time.sleep(0.3)
    before = everything(host)
    host.start(["ip", "monitor", "address", "route", "rule"], "monitor.txt")
    time.sleep(0.3)
    child = daemon.pid("vrrp")
    daemon.signal("vrrp", signal.SIGKILL)
    daemon.wait_pid("vrrp", other_than=child)
    time.sleep(1)
    with open(f"{host.results}/monitor.txt", encoding="utf-8") as told:
        gone = [line for line in told if line.startswith("Deleted")]
    equal(gone, [], "what was deleted")
    equal(everything(host), before, "what is there after the crash")
    daemon.stop()


@case("routing/reload", seconds=8)
def reload(lab):
    """A reload changes what is different and nothing else."""
    host = standing_host(lab, "director1")
    daemon = lab.daemon(host, RICH).start()
    eventually(lambda: "405:" in host.run("ip rule"), 8, "the last rule is there")
    text = RICH.replace("192.168.102.0/24 metric 7", "192.168.109.0/24 metric 7")
    text = text.replace("priority 400", "priority 410").replace("192.0.2.0/24 via 10.9.0.9", "192.0.2.0/24 via 10.9.0.8")
    daemon.configure(text)
    daemon.reload()
    eventually(lambda: "192.168.109.0/24" in host.run("ip route"), 4, "the new route is there")
    eventually(lambda: "410:" in host.run("ip rule"), 4, "the new rule is there")
    eventually(lambda: "via 10.9.0.8 " in host.run("ip route show 192.0.2.0/24"), 4, "the static route is changed")
    routes, rules = host.run("ip route"), host.run("ip rule")
    check("192.168.102.0/24" not in routes, "the old route is gone")
    check("400:" not in rules, "the old rule is gone")
    check("192.168.100.0/24" in routes and "403:" in rules, "the others are there")
    daemon.stop()


@case("routing/deleted", ours_only=True, seconds=8)
def deleted(lab):
    """What somebody deletes is put back, without a change of state."""
    host = standing_host(lab, "director1")
    daemon = lab.daemon(host, RICH).start()
    eventually(lambda: "405:" in host.run("ip rule"), 8, "the last rule is there")
    time.sleep(0.3)
    before = everything(host)
    entered = daemon.log.count("Entering")
    for words in (
        "route del 192.168.100.0/24",
        "route del 192.0.2.0/24",
        "rule del pref 402",
        "rule del pref 300",
        "addr del 10.2.0.1/24 dev eth0",
        "addr del 10.30.0.1/24 dev eth0",
    ):
        host.run("ip " + words)
    for what in LISTS:
        eventually(lambda: sorted(listed(host, what)) == sorted(before[what]), 5, f"{what} is as before")  # pylint: disable=cell-var-from-loop
    equal(daemon.log.count("Entering"), entered, "state changes")
    daemon.stop()


TWO = """
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    advert_int 1
    priority 100
    virtual_ipaddress {
        10.9.0.100
        10.9.0.101
    }
    virtual_routes {
        192.168.100.0/24 via 10.9.0.9
    }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 52
    advert_int 1
    priority 100
    virtual_ipaddress {
        10.9.0.102
    }
}
"""


@case("routing/moves", ours_only=True, seconds=10)
def moves(lab):
    """An address and a route move from one instance to another, and back, without being away."""
    host = standing_host(lab, "director1")
    daemon = lab.daemon(host, TWO).start()
    eventually(lambda: host.has("10.9.0.100") and host.has("10.9.0.102"), 8, "both become master")
    eventually(lambda: "192.168.100.0/24" in host.run("ip route"), 3, "the route is there")
    host.start(["ip", "monitor", "address", "route"], "monitor.txt")
    time.sleep(0.3)
    routes = TWO[TWO.index("    virtual_routes") : TWO.index("}\nvrrp_instance B")]
    moved = TWO.replace("        10.9.0.101\n", "").replace(routes, "")
    moved = moved.replace("        10.9.0.102\n    }\n", "        10.9.0.102\n        10.9.0.101\n    }\n" + routes)
    for number, text in enumerate((moved, TWO), 1):
        daemon.configure(text)
        daemon.reload()
        daemon.wait_log("Reload finished", count=number)
        time.sleep(0.3)
    with open(f"{host.results}/monitor.txt", encoding="utf-8") as told:
        gone = [line for line in told if line.startswith("Deleted")]
    equal(gone, [], "what was deleted")
    check(host.has("10.9.0.101"), "the address is there")
    check("192.168.100.0/24" in host.run("ip route"), "the route is there")
    daemon.stop()
    check("192.168.100.0/24" not in host.run("ip route"), "the route is gone after the stop")


TRACKED = """
track_group TG {
    group {
        VI_1
    }
}
static_routes {
    192.0.2.0/24 dev eth1 track_group TG
    198.51.100.0/24 dev eth1 no_track
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 1
    priority 100
    virtual_ipaddress {
        10.9.0.100
    }
}
"""


@case("routing/track-group", seconds=13)
def track_group(lab):
    """The loss of a tracked static route's interface is a FAULT; all is back when it is back."""
    host = standing_host(lab, "director1")
    daemon = lab.daemon(host, TRACKED).start()
    eventually(lambda: host.has("10.9.0.100"), 6, "it becomes master")
    check("192.0.2.0/24" in host.run("ip route"), "the static route is there")
    host.run("ip link set eth1 down")
    daemon.wait_log("Entering FAULT STATE", 3)
    check(not host.has("10.9.0.100"), "the address is gone")
    host.run("ip link set eth1 up")
    eventually(lambda: host.has("10.9.0.100"), 6, "it becomes master again")


@case("routing/interface-returns", seconds=5)
def interface_returns(lab):
    """Static routes that went with an interface come back with it, also without tracking."""
    host = standing_host(lab, "director1")
    text = TRACKED.replace(" track_group TG", "").replace(" no_track", "")
    daemon = lab.daemon(host, text[text.index("static_routes") :]).start()
    eventually(lambda: "192.0.2.0/24" in host.run("ip route"), 4, "the static route is there")
    host.run("ip link set eth1 down")
    check("192.0.2.0/24" not in host.run("ip route"), "the kernel has taken it away")
    host.run("ip link set eth1 up")
    for network in ("192.0.2.0/24", "198.51.100.0/24"):
        eventually(lambda: network in host.run("ip route"), 4, f"{network} is back")  # pylint: disable=cell-var-from-loop
    daemon.stop()
