"""Where adverts come from and go to: reloads that change it, routers with the same number, VRFs,
and packets that were recorded and sent again."""

import socket
import time

from lab import kernel
from lab.case import case
from lab.wait import always, check, equal, eventually

VIP = "10.9.1.1"
HMAC = "auth_hmac {\n key 1 hex:" + "5a" * 32 + "\n active_key 1\n }"
AH = "authentication {\n auth_type AH\n auth_pass x1er44q\n }"


def _instance(priority, more, vip=VIP, name="VI_1", vrid=7):
    return (
        f"vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n"
        f" priority {priority}\n {more}\n virtual_ipaddress {{\n  {vip} dev eth0\n }}\n}}\n"
    )


def _unicast(own, *peers):
    return f"unicast_src_ip {own}\n unicast_peer {{\n" + "\n".join(peers) + "\n}"


def _network(lab, *addresses):
    net = lab.network()
    for number in (1, 2):
        net.add(f"director{number}", "eth0", *(one.format(number) for one in addresses))
    return net.up()


def _pair(lab, net, text):
    """Both directors with `text(number, priority)`, started; the first becomes master."""
    first = lab.daemon(net["director1"], text(1, 150)).start()
    second = lab.daemon(net["director2"], text(2, 100)).start()
    eventually(lambda: net["director1"].has(VIP), 8, "director1 is master")
    eventually(lambda: not net["director2"].has(VIP), 8, "director2 is backup")
    return first, second


def _destinations(wire, since):
    return {frame.data[30:34] for frame in wire.adverts("director1", since=since)}


@case("transport/reload-changes-how-adverts-travel", ours_only=True, seconds=15)
def reload_changes(lab):
    """Multicast, unicast, another group, AH and back: by reloads, on both, one after the other."""
    net = _network(lab, "10.9.0.{}/24")
    base = "version 2\n advert_int 1\n"

    def text(kind):
        def of(number, priority):
            return _instance(priority, base + kind(number))

        return of

    kinds = [
        (lambda number: "", b"\xe0\x00\x00\x12"),
        (lambda number: _unicast(f"10.9.0.{number}", f"10.9.0.{3 - number}"), b"\x0a\x09\x00\x02"),
        (lambda number: "mcast_dst_ip 224.0.0.118", b"\xe0\x00\x00\x76"),
        (lambda number: AH, b"\xe0\x00\x00\x12"),
        (lambda number: "", b"\xe0\x00\x00\x12"),
    ]
    first, second = _pair(lab, net, text(kinds[0][0]))
    wire = net.capture()
    for kind, destination in kinds[1:]:
        # The backup first: it then waits a master down interval for what the master will send.
        second.configure(text(kind)(2, 100))
        second.reload()
        first.configure(text(kind)(1, 150))
        since = first.reload() + 0.2
        eventually(lambda: wire.adverts("director1", since=since), 3, "adverts after the reload")
        equal(_destinations(wire, since), {destination}, "where adverts go")
        always(lambda: net["director1"].has(VIP), 1, "director1 stays master", 0.05)
        check(not net["director2"].has(VIP), "director2 stays backup")
    # What the last kind means: it is heard.
    always(lambda: not net["director2"].has(VIP), 3, "director2 hears director1", 0.05)


@case("transport/same-vrid-other-peers", ours_only=True, seconds=10)
def same_vrid(lab):
    """Two unicast routers with one VRID on one interface: told apart by peer and source."""
    net = _network(lab, "10.9.0.{}/24", "10.9.8.{}/24")

    def text(number, priority):
        blocks = []
        for name, subnet, vip in (("A", "10.9.0", "10.9.1.1"), ("B", "10.9.8", "10.9.1.2")):
            # The second is the other way round: director2 is its master.
            own = priority if name == "A" else 250 - priority
            cast = _unicast(f"{subnet}.{number}", f"{subnet}.{3 - number}")
            more = "version 3\n advert_int 0.3\n" + cast
            blocks.append(_instance(own, more, vip, name))
        return "".join(blocks)

    for number, priority in ((1, 150), (2, 100)):
        lab.daemon(net[f"director{number}"], text(number, priority)).start()

    def split():
        ours = [net[f"director{number}"].has(vip) for number in (1, 2) for vip in (VIP, "10.9.1.2")]
        return ours == [True, False, False, True]

    eventually(split, 8, "each is master of one")
    always(split, 2, "it stays so", 0.05)


@case("transport/no-peer", ours_only=True, seconds=8)
def no_peer(lab):
    """unicast_fault_no_peer keeps a router without peers from sending anything to anybody."""
    net = _network(lab, "10.9.0.{}/24")
    wire = net.capture()
    more = "version 3\n advert_int 0.2\n unicast_fault_no_peer"
    daemon = lab.daemon(net["director1"], _instance(150, more)).start()
    daemon.wait_log("going to fault state")
    always(lambda: not net["director1"].has(VIP), 3, "it does not become master", 0.05)
    equal(wire.adverts(), [], "adverts")


@case("transport/repeated-adverts", ours_only=True, seconds=14)
def repeated(lab):
    """Adverts with auth_hmac and AH that were recorded and are sent again do not keep a backup from
    taking over, not even after its process was replaced."""
    net = _network(lab, "10.9.0.{}/24")

    def text(_, priority):
        return _instance(priority, "version 3\n advert_int 0.3\n" + HMAC) + _instance(
            priority, "version 2\n advert_int 1\n" + AH, "10.9.1.2", "VI_2", 8
        )

    wire = net.capture()
    first, second = _pair(lab, net, text)
    vips = (VIP, "10.9.1.2")
    eventually(lambda: all(net["director1"].has(vip) for vip in vips), 5, "master of both")
    time.sleep(1.2)
    recorded = [frame.data for frame in wire.adverts("director1")]
    first.kill()
    net["director1"].run("ip addr flush dev eth0")
    old = second.pid("vrrp")
    second.signal("vrrp", 9)
    second.wait_pid("vrrp", other_than=old)
    with kernel.network_of(net["director1"].pid):
        again = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        again.bind(("eth0", 0))

    def taken_over():
        for data in recorded[-8:]:
            again.send(data)
        time.sleep(0.2)
        return all(net["director2"].has(vip) for vip in vips)

    eventually(taken_over, 8, "director2 takes over")
    again.close()
    for words in ("replayed authentication trailer from 10.9.0.1", "already processed"):
        check(words in second.log, f"director2's log says {words!r}")


@case("transport/vrf", ipvs=True, ours_only=True, seconds=14)
def vrf(lab):
    """Unicast without interface in a VRF."""
    net = _network(lab, "10.9.0.{}/24")
    for number in (1, 2):
        host = net[f"director{number}"]
        host.run("ip link add red type vrf table 77 && ip link set red up")
        host.run("ip link set eth0 master red")

    def text(number, priority):
        cast = _unicast(f"10.9.0.{number}", f"10.9.0.{3 - number}")
        more = f"version 3\n advert_int 0.3\n vrf red\n {cast}"
        return _instance(priority, more).replace(" interface eth0\n", "")

    first, _ = _pair(lab, net, text)
    always(lambda: not net["director2"].has(VIP), 2, "director2 hears director1", 0.05)
    first.stop()
    eventually(lambda: net["director2"].has(VIP), 5, "director2 takes over")


@case("transport/unknown-vrids", ours_only=True, seconds=8)
def unknown_vrids(lab):
    """log_unknown_vrids names a VRID nobody here has, once in a while; without it none is named."""
    net = _network(lab, "10.9.0.{}/24")
    fast = "version 3\n advert_int 0.1"
    lab.daemon(net["director1"], _instance(150, fast, vrid=9)).start()
    told = "global_defs {\n log_unknown_vrids\n}\n" + _instance(100, fast, "10.9.1.2")
    daemon = lab.daemon(net["director2"], told).start()
    line = "Unknown VRID(9) received on interface(eth0) from 10.9.0.1. ignoring..."
    daemon.wait_log(line)
    time.sleep(2)
    equal(daemon.log.count(line), 1, "lines about VRID 9")
    daemon.stop()
    daemon.configure(told.replace(" log_unknown_vrids\n", ""))
    daemon.start()
    time.sleep(2)
    equal(daemon.log.count(line), 1, "lines about VRID 9 in both runs")


@case("transport/receive-buffers", ours_only=True, seconds=5)
def receive_buffers(lab):
    """kernel_rx_buf_size of all routers of an interface adds up, also after a reload."""
    net = _network(lab, "10.9.0.{}/24")

    def text(size):
        return _instance(150, f"kernel_rx_buf_size {size}") + _instance(
            150, "kernel_rx_buf_size 60000", "10.9.1.2", "VI_2", 8
        )

    daemon = lab.daemon(net["director1"], text(50000)).start()
    def room():
        pid = daemon.wait_pid("vrrp")
        return [size for protocol, size in kernel.receive_buffers(pid) if protocol == 112]

    # The kernel doubles what it is told.
    eventually(lambda: room() == [220000], 5, lambda: f"220000 octets: {room()}")
    daemon.configure(text(90000))
    daemon.reload()
    eventually(lambda: room() == [300000], 5, lambda: f"300000 octets: {room()}")
