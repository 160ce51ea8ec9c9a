"""Gratuitous ARP and unsolicited neighbour advertisements: how many, how fast, from where."""

import time

from lab import routers
from lab.case import case
from lab.wait import check, equal, eventually

PACED = """
global_defs {
    vrrp_garp_interval 0.05
    vrrp_gna_interval 0.02
    vrrp_garp_master_delay 0
}
"""


def master(lab, text, vip, before=lambda net: None):
    """A master by itself and what was on the wire: (network, daemon, capture)."""
    net = routers.network(lab)
    before(net)
    wire = net.capture()
    daemon = lab.daemon(net["director1"], text).start()
    eventually(lambda: net["director1"].has(vip), 8, "master")
    return net, daemon, wire


def gaps(frames):
    """The pauses between frames, in ms."""
    times = [frame.time for frame in frames]
    return [(after - before) * 1000 for before, after in zip(times, times[1:])]


@case("announcements/pace-of-an-interface", ours_only=True, seconds=10)
def pace(lab):
    """Instances on one interface share its pace; adverts do not wait for it."""
    text = PACED + routers.instance("VI_1", 51, 150, "0.1", "version 3", ["10.9.0.100/24", "10.9.0.101/24"])
    text += routers.instance("VI_2", 52, 150, "0.1", "version 3", ["10.9.0.102/24"])
    _, _, wire = master(lab, text, "10.9.0.102")
    eventually(lambda: len(wire.gratuitous()) >= 15, 4, "all are announced")
    sent = wire.gratuitous()
    equal(len(sent), 15, "announcements")
    check(min(gaps(sent)) > 45, f"the shortest pause was {min(gaps(sent)):.1f} ms")
    check(sent[-1].time - sent[0].time < 1.5, "they are not slower than they must be")
    check(max(gaps(wire.adverts(vrid=51))) < 150, "adverts keep their beat")


@case("announcements/group", ours_only=True, seconds=10)
def group(lab):
    """A garp_group has a pace of its own."""
    text = "garp_group {\n garp_interval 0.1\n interface eth0\n}\n" + PACED
    text += routers.instance("VI_1", 51, 150, "0.1", "version 3", ["10.9.0.100/24"])
    _, _, wire = master(lab, text, "10.9.0.100")
    eventually(lambda: len(wire.gratuitous()) >= 5, 4, "all are announced")
    pauses = gaps(wire.gratuitous())
    check(95 < min(pauses) and max(pauses) < 130, f"pauses: {pauses}")


@case("announcements/refresh-and-second-batch", ours_only=True, seconds=12)
def refresh(lab):
    """garp_master_delay, _repeat, _refresh and _refresh_repeat, each counted."""
    extra = "version 3\ngarp_master_delay 1\ngarp_master_repeat 3\n"
    extra += "garp_master_refresh 2\ngarp_master_refresh_repeat 2"
    text = routers.instance("VI_1", 51, 150, "0.1", extra)
    _, _, wire = master(lab, text, routers.VIP)
    eventually(lambda: wire.gratuitous(), 2, "the first")
    start = wire.gratuitous()[0].time
    time.sleep(max(0, start + 5.5 - time.monotonic()))
    when = [frame.time - start for frame in wire.gratuitous()]
    batches = [round(one) for one in when]
    equal(batches, [0] * 3 + [1] * 3 + [3] * 2 + [5] * 2, f"seconds of the announcements: {when}")


@case("announcements/ipv6", ours_only=True, seconds=12)
def ipv6(lab):
    """Neighbour advertisements with the router flag of an interface that forwards; paced too."""
    text = PACED + routers.instance(
        "VI_1", 51, 150, "0.1", "version 3\nnative_ipv6", ["fe80::9:100", "2001:db8::100/64"]
    )
    _, _, wire = master(
        lab, text, "2001:db8::100",
        lambda net: net["director1"].sysctl(ipv6__conf__eth0__forwarding=1),
    )
    ours = ("fe80::9:100", "2001:db8::100")
    sent = lambda: [frame for frame in wire.unsolicited("director1") if frame.target in ours]
    eventually(lambda: len(sent()) >= 10, 4, "all are announced")
    check(all(frame.from_router for frame in sent()), "the router flag")
    check(min(gaps(sent())) > 18, f"the shortest pause was {min(gaps(sent())):.1f} ms")


@case("announcements/duplicate-detection", ours_only=True, seconds=12)
def duplicates(lab):
    """With -nodad off, an address is announced when the kernel has found it to be unique."""
    text = routers.instance(
        "VI_1", 51, 150, "0.1", "version 3\nnative_ipv6", ["fe80::9:100", "2001:db8::100/64 -nodad"]
    )
    _, _, wire = master(lab, text, "2001:db8::100")
    about = lambda target: [one for one in wire.unsolicited("director1") if one.target == target]
    eventually(lambda: len(about("2001:db8::100")) >= 5, 4, "it is announced")
    waited = about("2001:db8::100")[0].time - about("fe80::9:100")[0].time
    check(0.5 < waited < 3, f"it was announced {waited:.2f} s after the other")


@case("announcements/further-interfaces", ours_only=True, seconds=12)
def further(lab):
    """garp_extra_if: a VMAC whose adverts leave through the interface below is kept known."""
    extra = "version 3\nuse_vmac\nvmac_xmit_base\ngarp_master_delay 0\ngarp_extra_if 1"
    text = routers.instance("VI_1", 51, 150, "0.1", extra)
    net, _, wire = master(lab, text, routers.VIP)
    start = time.monotonic()
    time.sleep(3.6)
    later = wire.gratuitous(since=start + 0.5)
    equal(len(later), 3, f"announcements later on: {later}")
    mac = bytes.fromhex("00005e000133")
    check(all(frame.data[6:12] == mac for frame in later), "they have the virtual MAC")
    equal(routers.port_of(net, "00:00:5e:00:01:33"), net.port("director1"), "the switch knows it")
