"""Adverts of every kind between us and others: who hears whom, and who takes over from whom.

The other end is the original (Debian's), another of us, or FRR's vrrpd. One daemon runs a virtual
router for each kind of advert, each with a VIP of its own.
"""

import os

from lab.case import case
from lab.wait import always, check, eventually

FRR = "/usr/lib/frr"
PASS = "authentication {\n auth_type PASS\n auth_pass x1er44q\n }"
AH = "authentication {\n auth_type AH\n auth_pass x1er44q\n }"
HMAC = "auth_hmac {\n key 1 hex:" + bytes(range(32)).hex() + "\n active_key 1\n }"
RECEIVE_ONLY = HMAC.replace("active_key 1", "active_key 1\n mode receive-only")


def _unicast(family, own, peer):
    net = "10.9.0." if family == 4 else "fd00::"
    return f"unicast_src_ip {net}{own}\n unicast_peer {{\n {net}{peer}\n }}"


def _kinds(newer):
    """(family, lines, unicast, has an interface) of each kind; `newer`: also what 2.2.7 lacks."""
    kinds = []
    for unicast in (False, True):
        for secret in ("", PASS, AH) + ((HMAC,) if newer else ()):
            kinds.append((4, "version 2\n advert_int 1\n " + secret, unicast, True))
        for secret in ("",) + ((HMAC, RECEIVE_ONLY) if newer else ()):
            kinds.append((4, "version 3\n advert_int 0.5\n " + secret, unicast, True))
            kinds.append((6, "version 3\n advert_int 0.5\n " + secret, unicast, True))
    if newer:
        kinds.append((4, "version 3\n advert_int 0.5\n v3_checksum_as_v2", False, True))
        kinds.append((4, "version 3\n advert_int 0.5\n check_unicast_src", True, False))
        kinds.append((6, "version 3\n advert_int 0.5\n unicast_ttl 9", True, False))
    return kinds


def _configuration(priority, own, peer, newer):
    blocks = []
    for vrid, (family, lines, unicast, interface) in enumerate(_kinds(newer), 1):
        where = "interface eth0" if interface else ""
        cast = _unicast(family, own, peer) if unicast else ""
        first = f"fe80::{vrid:x}:1 dev eth0" if family == 6 else ""
        vip = _vips(newer)[vrid - 1]
        blocks.append(
            f"vrrp_instance I{vrid} {{\n {where}\n virtual_router_id {vrid}\n priority {priority}\n"
            f" {lines}\n {cast}\n virtual_ipaddress {{\n  {first}\n  {vip} dev eth0\n }}\n}}\n"
        )
    return "".join(blocks)


def _vips(newer):
    return [
        f"10.9.1.{vrid}" if kind[0] == 4 else f"2001:db8::{vrid:x}"
        for vrid, kind in enumerate(_kinds(newer), 1)
    ]


def _held(host):
    return {one.address for one in host.addresses()}


def _has_all(host, vips):
    def missing():
        return sorted(set(vips) - _held(host))

    eventually(lambda: not missing(), 8, lambda: f"{host.name} has all VIPs; it lacks {missing()}")


def _has_none(host, vips, seconds):
    always(
        lambda: not set(vips) & _held(host),
        seconds,
        lambda: f"{host.name} has no VIP; it has {sorted(set(vips) & _held(host))}",
    )


def _network(lab):
    net = lab.network()
    for number in (1, 2):
        net.add(f"director{number}", "eth0", f"10.9.0.{number}/24", f"fd00::{number}/64 nodad")
    net.up()
    for number in (1, 2):
        net[f"director{number}"].sysctl(ipv6__conf__eth0__accept_dad=0)
    # The other may send to an address as soon as it is no longer tentative.
    eventually(
        lambda: all("tentative" not in net[f"director{n}"].run("ip -6 addr") for n in (1, 2)),
        5,
        "addresses are no longer tentative",
    )
    return net


def _take_over(lab, programs, newer):
    """The first is master of everything; the second waits, and takes over when the first stops."""
    net = _network(lab)
    vips = _vips(newer)
    first = lab.daemon(net["director1"], _configuration(150, 1, 2, newer), programs[0])
    second = lab.daemon(net["director2"], _configuration(100, 2, 1, newer), programs[1])
    first.start()
    _has_all(net["director1"], vips)
    second.start()
    _has_none(net["director2"], vips, 3.5)
    check(len(vips) == len(set(vips)), "VIPs differ")
    first.stop()
    _has_all(net["director2"], vips)
    for line in second.log.splitlines():
        check("nvalid" not in line and "mismatch" not in line, line)


@case("interop/original-hears-us", ours_only=True, seconds=14)
def original_hears_us(lab):
    """Versions 2 and 3, IPv4 and IPv6, multicast and unicast, PASS and AH: it is our backup."""
    _take_over(lab, (lab.subject, lab.original), False)


@case("interop/we-hear-the-original", ours_only=True, seconds=14)
def we_hear_the_original(lab):
    """The same, and we are its backup."""
    _take_over(lab, (lab.original, lab.subject), False)


@case("interop/we-hear-us", ours_only=True, seconds=14)
def we_hear_us(lab):
    """The same between two of us, with auth_hmac, both checksums, and without interface too."""
    _take_over(lab, (lab.subject, lab.subject), True)


# FRR's routers have a VIP each on a macvlan with the virtual MAC address, made beforehand.
FRR_ROUTERS = (
    (5, 3, "ip", ("10.9.5.1",), "00:00:5e:00:01:05"),
    (6, 2, "ip", ("10.9.6.1",), "00:00:5e:00:01:06"),
    (7, 3, "ipv6", ("fe80::7:1", "2001:db8::7"), "00:00:5e:00:02:07"),
)


class Frr:
    """FRR's zebra and vrrpd on a host, priority 150."""

    def __init__(self, host):
        self.host = host
        lines = ["interface eth0"]
        for vrid, version, word, vips, mac in FRR_ROUTERS:
            interval = 500 if version == 3 else 1000
            lines += [f" vrrp {vrid} version {version}", f" vrrp {vrid} priority 150"]
            lines += [f" vrrp {vrid} advertisement-interval {interval}"]
            lines += [f" vrrp {vrid} {word} {vip}" for vip in vips]
            name = f"frr{vrid}"
            host.run(f"ip link add {name} link eth0 address {mac} type macvlan mode bridge")
            for vip in vips:
                host.run(f"ip addr add {vip}/{'64 nodad' if ':' in vip else '24'} dev {name}")
            host.run(f"ip link set {name} up")
        host.run("install -d -o frr -g frr /run/lab-frr")
        host.write("/run/lab-frr/frr.conf", "\n".join(lines) + "\n")
        self._run("zebra")
        eventually(lambda: os.path.exists(host.path("/run/lab-frr/zserv.api")), 5, "zebra runs")
        self.vrrpd = self._run("vrrpd")

    def _run(self, program):
        there = "/run/lab-frr"
        options = f"-f {there}/frr.conf -A 127.0.0.1 -u frr -g frr -i {there}/{program}.pid"
        command = f"exec {FRR}/{program} {options} -z {there}/zserv.api --vty_socket {there}"
        return self.host.start(command, f"{program}.log")

    def states(self):
        """(VRID, state) of each virtual router, by what vrrpd says of itself."""
        text = self.host.run("vtysh --vty_socket /run/lab-frr -c 'show vrrp'", check=False)
        found, vrid = set(), None
        for line in text.splitlines():
            words = line.split()
            if line.strip().startswith("Virtual Router ID"):
                vrid = int(words[-1])
            if line.strip().startswith("Status") and words[-1] != "Initialize":
                found.add((vrid, words[-1]))
        return found

    def are(self, state, seconds=8):
        """Waits until all are in this state."""
        wanted = {(vrid, state) for vrid, *_ in FRR_ROUTERS}
        eventually(
            lambda: self.states() == wanted, seconds, lambda: f"{state}: {self.states()}", 0.2
        )

    def stop(self):
        """vrrpd leaves as its operator would have it."""
        self.host.kill_program("vrrpd", 15)


def _like_frr(priority):
    blocks = []
    for vrid, version, _, vips, _ in FRR_ROUTERS:
        interval = 0.5 if version == 3 else 1
        blocks.append(
            f"vrrp_instance I{vrid} {{\n interface eth0\n virtual_router_id {vrid}\n"
            f" version {version}\n advert_int {interval}\n priority {priority}\n"
            " virtual_ipaddress {\n" + "\n".join(vips) + "\n }\n}\n"
        )
    return "".join(blocks)


FRR_VIPS = [vips[-1] for _, _, _, vips, _ in FRR_ROUTERS]


def _with_frr(lab, priority):
    check(os.access(f"{FRR}/vrrpd", os.X_OK), "FRR's vrrpd is installed (Debian package frr)")
    net = _network(lab)
    return net["director1"], lab.daemon(net["director1"], _like_frr(priority)), net["director2"]


@case("interop/we-hear-frr", ours_only=True, seconds=14)
def we_hear_frr(lab):
    """FRR is master of versions 2 and 3 over IPv4 and 3 over IPv6; we take over when it stops."""
    ours, daemon, other = _with_frr(lab, 100)
    frr = Frr(other)
    frr.are("Master")
    daemon.start()
    _has_none(ours, FRR_VIPS, 4)
    frr.stop()
    _has_all(ours, FRR_VIPS)


@case("interop/frr-hears-us", ours_only=True, seconds=14)
def frr_hears_us(lab):
    """We are master; FRR waits, and takes over when we stop."""
    ours, daemon, other = _with_frr(lab, 200)
    daemon.start()
    _has_all(ours, FRR_VIPS)
    frr = Frr(other)
    frr.are("Backup")
    always(lambda: set(FRR_VIPS) <= _held(ours), 2, "we stay master")
    daemon.stop()
    frr.are("Master", 5)


def _first_adverts(lab, program):
    """{(VRID, Ethernet and IP destination): the first advert's frame} of an address owner."""
    net = _network(lab)
    wire = net.capture()
    # Unicast is to find its way at once.
    net["director1"].run("ping -c1 -W1 10.9.0.2; ping -c1 -W1 fd00::2", check=False)
    daemon = lab.daemon(net["director1"], _configuration(255, 1, 2, False), program).start()
    count = len(_kinds(False))

    def vrids():
        return {frame.vrid for frame in wire.adverts("director1")}

    eventually(lambda: len(vrids()) == count, 5, lambda: f"adverts of {count}: {vrids()}")
    daemon.stop()
    first = {}
    for frame in wire.adverts("director1"):
        destination = frame.data[38:54] if frame.data[12:14] == b"\x86\xdd" else frame.data[30:34]
        first.setdefault((frame.vrid, frame.data[:6] + destination), frame.data)
    return first


@case("interop/frames", ours_only=True, seconds=10)
def frames(lab):
    """Every kind of advert is the original's, from the Ethernet header to the last octet."""
    ours, theirs = _first_adverts(lab, lab.subject), _first_adverts(lab, lab.original)
    check(ours.keys() == theirs.keys(), f"who sends to whom: {ours.keys() ^ theirs.keys()}")
    for (vrid, _), frame in ours.items():
        other = theirs[vrid, _]
        check(frame == other, f"VRID {vrid}:\n  {frame.hex()}\n  {other.hex()}")
