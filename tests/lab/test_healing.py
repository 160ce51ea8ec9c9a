"""Two masters that meet again, and masters that slept: clients find the one that is left at once.

The clients here never ask anew by themselves: what they believe is what they were told.
"""

import os
import signal
import time

from lab import routers
from lab.case import case
from lab.pairs import elect, holders
from lab.wait import always, check, equal, eventually



def interested(net, vip):
    """A client that knows the VIP, and believes it for ever unless it is told otherwise."""
    client = net["client"]
    client.sysctl(ipv4__neigh__eth0__base_reachable_time_ms=3600000)
    client.sysctl(ipv6__neigh__eth0__base_reachable_time_ms=3600000)
    routers.learn(client, vip)
    return client


INTERVAL = 0.3  # of adverts, seconds
OTHER = "10.9.0.101"  # a second VIP
MARGIN = 0.06  # what ending the parting takes, and some


def pair_of_masters(lab, kind="v3", interval=str(INTERVAL), extra=""):
    """A pair that was parted: both are master, and the client believes the second."""
    net = routers.network(lab)
    vip = routers.vip_of(kind)
    daemons = routers.started(lab, net, routers.texts(kind, interval=interval, extra=extra), vip)
    client = interested(net, vip)
    net.hush(*routers.ADDRESSES)
    eventually(lambda: net["director2"].has(vip), 6, "the second is master too")
    macs = {name: routers.hardware_address(net[name]) for name in routers.ADDRESSES}
    if kind != "vmac":
        # It announced itself later than the first.
        eventually(lambda: routers.neighbour(client, vip) == macs["director2"], 3, "it was heard")
    return net, daemons, client, macs


def meet(net, heard_first, daemon):
    """Ends the parting at a moment after which the adverts of `heard_first` are the first to come."""
    wire = net.capture()
    (other,) = [name for name in routers.ADDRESSES if name != heard_first]
    for _ in range(3):
        eventually(lambda: min(len(wire.adverts(name)) for name in routers.ADDRESSES) > 1, 3, "adverts")
        beat = {name: wire.adverts(name)[-1].time % INTERVAL for name in routers.ADDRESSES}
        wait = (beat[other] - time.monotonic()) % INTERVAL
        window = (beat[heard_first] - beat[other]) % INTERVAL
        if window > MARGIN:
            time.sleep(wait + MARGIN / 3)
            net.unhush(*routers.ADDRESSES)
            return
        # They send at nearly the same time: let one begin anew, between two adverts.
        time.sleep((beat[heard_first] + INTERVAL / 2 - time.monotonic()) % INTERVAL)
        daemon.signal("vrrp", signal.SIGKILL)
        time.sleep(2 * INTERVAL)
    raise AssertionError("the two never sent apart")


def declare(kind, order):
    """Healing, with one of the two heard first."""

    @case(f"healing/{kind}-{order}-heard-first", ours_only=True, seconds=14)
    def healing(lab):
        """The better one stays master and clients believe it at once, whoever is heard first."""
        net, (first, second), client, macs = pair_of_masters(lab, kind)
        vip = routers.vip_of(kind)
        meet(net, {"winner": "director1", "loser": "director2"}[order], second)
        elect(net, vip, "director1", 2)
        if kind == "vmac":
            mac = "00:00:5e:00:01:33"
            eventually(lambda: routers.port_of(net, mac) == net.port("director1"), 1, "the port")
        else:
            eventually(lambda: routers.neighbour(client, vip) == macs["director1"], 1, "the client")
        check("lower priority 100" in first.log, "the winner says so")
        always(lambda: holders(net, vip) == ["director1"], 1, "it stays so", 0.05)


for each in ("v3", "ipv6", "unicast", "vmac"):
    for who in ("winner", "loser"):
        declare(each, who)


def grouped(priority):
    """Two instances that move together; only the first is heard of when masters meet."""
    text = "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n}\n"
    for name, vrid, vip in (("VI_1", 51, routers.VIP), ("VI_2", 52, OTHER)):
        text += routers.instance(name, vrid, priority, str(INTERVAL), "version 3", [vip + "/24"])
    return text


@case("healing/sync-group", ours_only=True, seconds=14)
def sync_group(lab):
    """Every member of a group announces itself again, also one whose rival gave way unheard."""
    net = routers.network(lab)
    first, _ = routers.started(lab, net, [grouped(150), grouped(100)])
    eventually(lambda: net["director1"].has(OTHER), 3, "the whole group is master")
    client = interested(net, routers.VIP)
    routers.learn(client, OTHER)
    macs = {name: routers.hardware_address(net[name]) for name in routers.ADDRESSES}
    net.hush(*routers.ADDRESSES)
    for vip in (routers.VIP, OTHER):
        eventually(lambda vip=vip: routers.neighbour(client, vip) == macs["director2"], 6, "parted")
    net.unhush(*routers.ADDRESSES)
    for vip in (routers.VIP, OTHER):
        elect(net, vip, "director1", 2)
        eventually(lambda vip=vip: routers.neighbour(client, vip) == macs["director1"], 1, vip)
    always(lambda: holders(net, OTHER) == ["director1"], 1, "it stays so", 0.05)
    check("lower priority 100" in first.log, "the winner says so")


@case("healing/notify-again", ours_only=True, seconds=14)
def notify_again(lab):
    """The winner runs its scripts again: what they did may have been undone by the loser's."""
    text = 'notify_master "/bin/sh -c \'echo master >> /tmp/told\'"'
    net, _, _, _ = pair_of_masters(lab, extra=text)
    told = lambda: net["director1"].read("/tmp/told").count("master")
    before = told()
    net.unhush(*routers.ADDRESSES)
    elect(net, routers.VIP, "director1", 2)
    eventually(lambda: told() > before, 2, "notify_master runs again")


@case("healing/slept", ours_only=True, seconds=16)
def slept(lab):
    """A master whose process slept notices: clients are told again, and there is one master."""
    net = routers.network(lab)
    first, second = routers.started(lab, net, routers.texts("v3", interval="0.1"))
    client = interested(net, routers.VIP)
    macs = {name: routers.hardware_address(net[name]) for name in routers.ADDRESSES}
    pid = first.pid("vrrp")
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: net["director2"].has(routers.VIP), 4, "the peer takes over")
    eventually(lambda: routers.neighbour(client, routers.VIP) == macs["director2"], 2, "and is heard")
    time.sleep(0.5)
    wire = net.capture()
    when = time.monotonic()
    os.kill(pid, signal.SIGCONT)
    elect(net, routers.VIP, "director1", 3)
    eventually(lambda: routers.neighbour(client, routers.VIP) == macs["director1"], 1, "the client")
    time.sleep(1)
    # The peer gave way at once: no more than what was under way.
    late = wire.adverts("director2", since=when + 0.5)
    equal(late, [], f"late adverts of the peer\n{second.log}")


@case("healing/slept-and-better-peer", ours_only=True, seconds=16)
def slept_worse(lab):
    """One that slept and finds a better master does not disturb it, nor its clients."""
    net = routers.network(lab)
    texts = routers.texts("v3", priorities=(100, 150), interval="0.1", extra="nopreempt")
    first, _ = routers.started(lab, net, texts)
    client = interested(net, routers.VIP)
    macs = {name: routers.hardware_address(net[name]) for name in routers.ADDRESSES}
    pid = first.pid("vrrp")
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: net["director2"].has(routers.VIP), 4, "the peer takes over")
    time.sleep(1)
    wire = net.capture()
    os.kill(pid, signal.SIGCONT)
    elect(net, routers.VIP, "director2", 2)
    time.sleep(0.5)
    equal(wire.gratuitous("director1"), [], "announcements of the one that slept")
    equal(routers.neighbour(client, routers.VIP), macs["director2"], "the client's belief")


def mac_table(kind, how):
    """Where the switch sends a virtual router's MAC after each kind of failover."""

    @case(f"mac-table/{kind}-{how}", ours_only=True, seconds=14)
    def table(lab):
        """The switch sends the virtual MAC where the master is, at once after the failover."""
        net = routers.network(lab)
        first, _ = routers.started(lab, net, routers.texts(kind, interval="0.1"))
        mac = "00:00:5e:00:01:33" if kind == "vmac" else routers.hardware_address(net["director2"])
        client = interested(net, routers.VIP)
        if kind == "vmac":
            equal(routers.port_of(net, mac), net.port("director1"), "before")
        if how == "stop":
            first.stop()
        elif how == "kill":
            first.kill()
        elif how == "link-loss":
            net.cut("director1")
        else:
            os.kill(first.pid("vrrp"), signal.SIGSTOP)
        eventually(lambda: net["director2"].has(routers.VIP), 4, "the peer takes over")
        eventually(lambda: routers.port_of(net, mac) == net.port("director2"), 1, "the switch's table")
        eventually(lambda: routers.neighbour(client, routers.VIP) == mac, 1, "the client's belief")


for each in ("v3", "vmac"):
    for why in ("stop", "kill", "link-loss", "frozen"):
        mac_table(each, why)
