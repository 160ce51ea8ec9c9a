"""Bytes on the wire: adverts and gratuitous ARPs equal those of the original, frame by frame."""

import re
import time

from lab import topology
from lab.case import case, seed
from lab.pairs import elect
from lab.servers import start_nginx
from lab.wait import check, equal, eventually


class Recording:
    """A director alone on its network, recorded from start to stop."""

    def __init__(self, lab, program, place, text, vips):
        interface, address = place
        self.net = lab.network().add("director1", interface, address)
        self.net.add("client", "eth0", "10.200.0.1/8").up()
        start_nginx(self.net["director1"])
        self.program, self.count = program, 10 * len(vips)
        self.wire = self.net.capture()
        self.daemon = lab.daemon(self.net["director1"], text, program).start()

    def finish(self):
        """Waits for both batches of ARPs and stops it."""
        eventually(
            lambda: len(self.wire.gratuitous("director1")) >= self.count,
            14,
            lambda: f"{self.program}: {len(self.wire.gratuitous('director1'))} gratuitous ARPs",
        )
        self.daemon.stop()
        adverts = self.settled()
        # An ordinary advert may be due in the moment of the stop: what counts is the farewell.
        first = next((at for at, frame in enumerate(adverts) if frame.priority == 0), len(adverts))
        self.ordinary = adverts[:first]
        self.adverts = [frame.data for frame in self.ordinary]
        self.last = [frame.data for frame in adverts[first:]]
        self.arps = self.wire.gratuitous("director1")

    def settled(self):
        """The adverts, when each virtual router has left and nothing more comes."""
        routers = {frame.vrid for frame in self.wire.adverts("director1")}

        def left():
            adverts = self.wire.adverts("director1")
            return routers == {frame.vrid for frame in adverts if frame.priority == 0}

        eventually(left, 5, f"{self.program}: an advert of priority 0 of each virtual router")
        time.sleep(0.1)
        return self.wire.adverts("director1")


def _unlike(program_a, program_b):
    return "\n".join(
        f"  {one.hex()}\n  {two.hex()}" for one, two in zip(program_a, program_b) if one != two
    )


def _shape(frames):
    """Adverts without the IP id and header checksum, which depend on how long the run was."""
    return sorted(frame[:18] + frame[20:24] + frame[26:] for frame in frames)


def _compare(lab, name, interface, address):
    text = seed(name + ".conf")
    blocks = re.findall(r"virtual_ipaddress \{([^}]*)\}", text)
    vips = [
        word.split("/")[0]
        for block in blocks
        for word in re.sub("#.*", "", block).split()
        if word[0].isdigit()
    ]
    runs = [
        Recording(lab, program, (interface, address), text, vips)
        for program in (lab.subject, lab.original)
    ]
    for run in runs:
        run.finish()
    ours, theirs = runs
    count = min(len(ours.adverts), len(theirs.adverts))
    check(count >= 5, f"{name}: only {count} adverts to compare")
    same = sorted(ours.adverts[:count]) == sorted(theirs.adverts[:count])
    check(same, f"{name}: adverts differ:\n{_unlike(ours.adverts[:count], theirs.adverts[:count])}")
    equal(_shape(ours.last), _shape(theirs.last), f"{name}: adverts of the stop")
    equal(
        sorted(frame.data for frame in ours.arps),
        sorted(frame.data for frame in theirs.arps),
        f"{name}: gratuitous ARPs",
    )
    for vip in vips:
        times = [frame.time for frame in ours.arps if frame.arp_address == vip]
        equal(len(times), 10, f"{name}: announcements of {vip}")
        between = [one.vrid for one in ours.ordinary if times[0] < one.time < times[4]]
        # At once, that is: no two adverts of a router leave in between.
        equal(len(between), len(set(between)), f"{name}: adverts between the first five")
        pause = times[5] - times[0]
        # The user-mode kernel's timers are off by some percent when the machine is busy.
        check(4.5 < pause < 5.5, f"{name}: the second five came after {pause:.3f} s, not 5")


def _declare(name, interface, address, ipvs):
    @case(f"wire/{name}", ipvs=ipvs, seconds=12)
    def compare(lab):
        _compare(lab, name, interface, address)

    compare.__doc__ = f"{name}: start to stop as the original, byte by byte."


_declare("vip-nginx-master", "eth0", "192.168.1.103/24", False)
_declare("vip-nginx-backup", "eth0", "192.168.1.104/24", False)
_declare("master-master-node0", "team0", "10.1.38.11/16", False)
_declare("track-script-node0", "team0", "10.1.38.11/16", False)
_declare("strict-two-vips", "eth0", "172.25.42.10/24", True)
_declare("lvs-dr-director1", "ens160", "192.168.8.10/24", True)
_declare("lvs-dr-example", "eth0", "192.168.8.10/24", True)
_declare("lvs-http-get-node0", "team0", "10.1.38.11/16", True)


@case("wire/announcements-cancelled", ours_only=True, seconds=16)
def announcements_cancelled(lab):
    """The second five are not sent when mastership was lost in between."""
    pair = topology.VIP_NGINX
    net = pair.network(lab, topology.VIP_NGINX_CLIENT)
    wire = net.capture()
    first, second = pair.daemons(lab, net)
    second.start()
    elect(net, pair.vips[0], "director2")
    eventually(lambda: len(wire.gratuitous("director2")) == 5, 2, "the first five")
    first.configure(first.configuration_text.replace("priority 100", "priority 254"))
    first.start()
    elect(net, pair.vips[0], "director1", 4.9)
    time.sleep(5)
    equal(len(wire.gratuitous("director2")), 5, "announcements of the former master")


@case("wire/advert-first", seconds=10)
def advert_first(lab):
    """On becoming master the advert leaves before the ARPs."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24").add("client", "eth0", "10.9.0.5/24")
    net.up()
    wire = net.capture()
    vips = "\n".join(f"10.9.1.{number}/32" for number in range(1, 101))
    text = (
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 7\n advert_int 0.5\n version 2\n"
        " virtual_ipaddress {\n" + vips + "\n }\n}\n"
    ).replace("advert_int 0.5", "advert_int 1")
    lab.daemon(net["director1"], text).start()
    eventually(lambda: len(wire.gratuitous()) >= 500, 10, "all addresses are announced")
    first_advert = wire.adverts("director1")[0].time
    first_arp = wire.gratuitous("director1")[0].time
    check(first_advert < first_arp, "an ARP left before the advert")
    check(all(net["director1"].has(f"10.9.1.{number}") for number in (1, 50, 100)), "VIPs are there")
