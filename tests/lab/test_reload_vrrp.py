"""Reloads that change VRRP: what stays does not notice, what changes does so in one reload."""

import os
import signal
import time

from lab import routers
from lab.case import case
from lab.kernel import AddressMonitor
from lab.pairs import holders, transitions
from lab.wait import always, check, equal, eventually


def both(first_vips, second_vips, interval="0.1", extra="version 3"):
    """Two instances with these addresses."""
    return routers.instance("VI_1", 51, 150, interval, extra, first_vips) + routers.instance(
        "VI_2", 52, 150, interval, extra, second_vips
    )


def alone(lab, text, *vips):
    """A master by itself: (host, daemon, wire of its network)."""
    net = routers.network(lab)
    daemon = lab.daemon(net["director1"], text).start()
    for vip in vips:
        eventually(lambda vip=vip: net["director1"].has(vip), 8, f"it has {vip}")
    return net, daemon



@case("reload-vrrp/vip-moves-between-instances", ours_only=True, seconds=12)
def vip_moves(lab):
    """An address that moves from one instance to another in one reload never leaves the kernel."""
    shared = "10.9.0.150/24"
    net, daemon = alone(
        lab, both(["10.9.0.100/24", shared], ["10.9.0.101/24"]), "10.9.0.150", "10.9.0.101"
    )
    addresses = lab.later(AddressMonitor(net["director1"].pid))
    for text in (
        both(["10.9.0.100/24"], ["10.9.0.101/24", shared]),
        both(["10.9.0.100/24", shared], ["10.9.0.101/24"]),
    ):
        daemon.configure(text)
        daemon.reload()
        time.sleep(1)
        check(net["director1"].has("10.9.0.150"), "the address is there after one reload")
    equal([event for event in addresses.events if event[1] == "-"], [], "removals")


@case("reload-vrrp/only-changes-are-announced", ours_only=True, seconds=16)
def announcements(lab):
    """One new VIP among several: it alone is announced, now and again after garp_master_delay."""
    vips = [f"10.9.0.{100 + number}/24" for number in range(5)]
    extra = "version 3\ngarp_master_delay 2"
    net, daemon = alone(lab, both(vips, ["10.9.0.200/24"], extra=extra), "10.9.0.104", "10.9.0.200")
    time.sleep(3)  # until the second batches have left
    wire = net.capture()
    daemon.configure(both(vips + ["10.9.0.120/24"], ["10.9.0.200/24"], extra=extra))
    when = daemon.reload()
    eventually(lambda: len(wire.gratuitous(address="10.9.0.120")) >= 5, 2, "it is announced")
    time.sleep(3)
    new = wire.gratuitous(address="10.9.0.120")
    equal(len(new), 10, "announcements of the new address")
    check(1.9 < new[5].time - new[0].time < 2.5, "the second batch comes after the delay")
    others = [frame for frame in wire.gratuitous(since=when) if frame.arp_address != "10.9.0.120"]
    equal(others, [], "announcements of the others")


@case("reload-vrrp/others-keep-their-beat", ours_only=True, seconds=12)
def beat(lab):
    """Twenty reloads that change one instance: the other's adverts come as if there were none."""
    extra = "version 3"
    net, daemon = alone(lab, both(["10.9.0.100/24"], ["10.9.0.101/24"]), "10.9.0.100", "10.9.0.101")
    wire = net.capture()
    for number in range(20):
        text = both(["10.9.0.100/24"], ["10.9.0.101/24", f"10.9.0.{110 + number}/24"], extra=extra)
        daemon.configure(text)
        daemon.reload()
        time.sleep(0.1)
    eventually(lambda: net["director1"].has("10.9.0.129"), 4, "the last is there")
    times = [frame.time for frame in wire.adverts("director1", vrid=51)]
    gaps = [after - before for before, after in zip(times, times[1:])]
    check(len(gaps) > 15, "adverts were seen")
    check(max(gaps) < 0.15, f"the longest pause was {max(gaps) * 1000:.0f} ms")
    check(min(gaps) > 0.05, f"the shortest pause was {min(gaps) * 1000:.0f} ms")


TRANSPORTS = {  # how adverts change on both sides at once; clients must not notice
    "password": ("v2", "pass", "1"),
    "to-hmac": ("v3", "hmac", "0.1"),
    "to-unicast": ("v3", "unicast", "0.1"),
    "from-unicast": ("unicast", "v3", "0.1"),
    "version": ("v2", "v3", "1"),
    "to-vmac": ("v3", "vmac", "0.1"),
}


def transport(name, before, after, interval):
    """A change of how adverts travel, rolled over a pair."""

    @case(f"reload-vrrp/transport-{name}", ours_only=True, seconds=14)
    def changed(lab):
        """The master stays master, and in the end both understand each other again."""
        net = routers.network(lab)
        first, second = routers.started(lab, net, routers.texts(before, interval=interval))
        count = transitions(first)
        for daemon, text in zip((first, second), routers.texts(after, interval=interval)):
            daemon.configure(text)
        # The backup first: it is patient for some intervals.
        second.reload()
        first.reload()
        beats = 5 * float(interval)
        time.sleep(0.5)
        always(lambda: holders(net, routers.VIP) == ["director1"], beats, "the master stays", 0.05)
        equal(transitions(first), count, f"its transitions:\n{first.log}")
        wire = net.capture()
        eventually(lambda: len(wire.adverts("director1")) > 1, 2 * beats, "it sends adverts")
        equal(wire.adverts("director2"), [], "adverts of the backup")
        first.kill()
        eventually(lambda: net["director2"].has(routers.VIP), beats + 2, "the backup still listens")


for each, (old, new, each_interval) in TRANSPORTS.items():
    transport(each, old, new, each_interval)


@case("reload-vrrp/storm", ours_only=True, seconds=12)
def storm(lab):
    """A hundred SIGHUPs as fast as they go: adverts keep coming, the last file is in force."""
    net, daemon = alone(lab, both(["10.9.0.100/24"], ["10.9.0.101/24"]), "10.9.0.100", "10.9.0.101")
    wire = net.capture()
    count = transitions(daemon)
    for number in range(100):
        daemon.configure(both(["10.9.0.100/24"], ["10.9.0.101/24", f"10.9.0.{102 + number}/24"]))
        daemon.signal("parent", signal.SIGHUP)
    eventually(lambda: net["director1"].has("10.9.0.201"), 6, "the last file is in force")
    time.sleep(0.5)
    held = {one.address for one in net["director1"].addresses() if one.address.startswith("10.9.0.")}
    equal(held, {"10.9.0.1", "10.9.0.100", "10.9.0.101", "10.9.0.201"}, "addresses in the end")
    times = [frame.time for frame in wire.adverts("director1", vrid=51)]
    longest = max(after - before for before, after in zip(times, times[1:]))
    check(longest < 0.25, f"the longest pause was {longest * 1000:.0f} ms")
    equal(transitions(daemon), count, "transitions")
    equal(len(daemon.processes()), 2, "processes")


def understudy(lab):
    """The companion command that was built or installed with the subject."""
    here = os.path.dirname(lab.subject)
    places = (os.path.join(here, "understudy", "understudy"), os.path.join(here, "../bin/understudy"))
    return next(place for place in places if os.path.exists(place))


@case("reload-vrrp/recorded", ours_only=True, seconds=14)
def recorded(lab):
    """A recorded run, death, reload and failover included, replays to the states in the log."""
    net = routers.network(lab)
    path = "/var/lib/recording"
    texts = routers.texts("pass")
    first = lab.daemon(net["director1"], texts[0], options=[f"--record={path}"]).start()
    eventually(lambda: net["director1"].has(routers.VIP), 8, "master")
    second = lab.daemon(net["director2"], texts[1]).start()
    second.wait_log("Entering BACKUP STATE")
    first.signal("vrrp", signal.SIGKILL)
    first.wait_log("Continuing in MASTER STATE")
    first.configure(texts[0].replace("priority 150", "priority 90"))
    first.reload()
    first.wait_log("Entering BACKUP STATE", count=2)
    net.cut("director1")
    first.wait_log("Entering FAULT STATE")
    net.mend("director1")
    first.wait_log("Entering BACKUP STATE", count=3)
    first.stop()
    tool = understudy(lab)
    text = net["director1"].run([tool, "replay", path])
    check("secret" not in net["director1"].read(path), "the password is not in it")
    words = [" ".join(line.split()[1:]) for line in text.splitlines() if "log: (VI_1) Entering" in line]
    logged = [line.split(": ", 1)[1] for line in first.log.splitlines() if ") Entering" in line]
    equal(words, logged, "the states")
    changes = net["director1"].run([tool, "replay", "--changes", path])
    states = [line.split()[1] for line in changes.splitlines() if line.startswith("    VI_1 ")]
    equal(states, ["BACKUP", "MASTER", "MASTER", "BACKUP", "FAULT", "BACKUP", "STOP"], "the changes")
