"""Interfaces of virtual routers: VMACs, and interfaces that go, return, flap or change."""

import os
import signal
import time

from lab.case import case
from lab.pairs import elect, transitions
from lab.wait import always, check, eventually, equal

VIP, VIP6 = "10.9.0.100", "fe80::100"
VMAC = bytes.fromhex("00005e000133")
VMAC6 = bytes.fromhex("00005e000233")


def instance(options="", address=VIP, name="VI_1", priority=100, interface="eth0"):
    """A virtual router on eth0, VRID 51, one advert a second."""
    return (
        f"vrrp_instance {name} {{\n interface {interface}\n virtual_router_id 51\n"
        f" priority {priority}\n advert_int 1\n {options}\n"
        f" virtual_ipaddress {{\n  {address}\n }}\n}}\n"
    )


def pair(lab, text, prefix=""):
    """Two directors and a client on the switch; the first has the higher priority."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24")
    net.add("director2", "eth0", "10.9.0.2/24").add("client", "eth0", "10.9.0.5/24").up()
    daemons = [
        lab.daemon(net[f"director{number}"], prefix + text(priority))
        for number, priority in ((1, 150), (2, 100))
    ]
    return net, daemons


def solo(lab, text, *options):
    """One director without peers, master of its VIP."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    return host, lab.daemon(host, text, options=options)


def index(host, interface):
    """The index of an interface; None when it is not there."""
    status, text = host.status(["cat", f"/sys/class/net/{interface}/ifindex"])
    return int(text) if status == 0 else None


def link(host, interface):
    """What `ip -d link` says of an interface."""
    return host.status(["ip", "-d", "-o", "link", "show", "dev", interface])[1]


def setting(host, path):
    """A value below /proc/sys/net."""
    return host.run(["cat", "/proc/sys/net/" + path]).strip()


def on(host, interface, address):
    """Whether the interface has the address."""
    return f" {address}/" in host.status(["ip", "-o", "addr", "show", "dev", interface])[1]


def port_of(net, mac):
    """The port behind which the switch believes a MAC address to be."""
    for line in net.switch.run(["bridge", "fdb", "show", "br", "br0"]).splitlines():
        words = line.split()
        if words[0].replace(":", "") == mac.hex() and "permanent" not in words:
            return words[2]
    return None


@case("vmac/pair", seconds=20)
def vmac_pair(lab):
    """Adverts and ARPs come from the virtual MAC; the switch knows its port after a failover."""
    net, (first, second) = pair(
        lab, lambda priority: instance("use_vmac\n version 2", priority=priority)
    )
    wire = net.capture()
    first.start()
    elect(net, VIP, "director1")
    second.start()
    check(on(net["director1"], "vrrp.51", VIP), "the VIP is on the VMAC")
    for frame in wire.adverts("director1") + wire.gratuitous("director1"):
        equal(frame.data[6:12], VMAC, "source of an advert or ARP")
    equal(wire.adverts("director1")[0].data[26:30], bytes([10, 9, 0, 1]), "source of an advert")
    equal(wire.gratuitous("director1")[0].data[22:28], VMAC, "sender of an ARP")
    net["client"].run(["ip", "neigh", "flush", "all"])
    net["client"].run(["ping", "-c", "1", "-W", "2", VIP])

    def answers():
        return [
            frame
            for frame in wire.frames
            if frame.is_arp and frame.data[20:22] == b"\0\2" and frame.arp_address == VIP
        ]

    eventually(answers, 1, "an answer to an ARP request")
    check(all(frame.data[22:28] == VMAC for frame in answers()), f"{answers()}")
    eventually(lambda: "Entering BACKUP" in second.log, 5, "the second is backup")
    time.sleep(1.2)
    first.stop()
    elect(net, VIP, "director2", 3)
    eventually(lambda: port_of(net, VMAC) == net.port("director2"), 0.5, "the switch has learnt")
    net["client"].run(["ping", "-c", "1", "-W", "1", VIP])
    equal(index(net["director1"], "vrrp.51"), None, "the VMAC of the router that left")


@case("vmac/ipv6", seconds=12)
def vmac_ipv6(lab):
    """A VMAC for IPv6 sends from the link-local address of the interface below."""
    host, daemon = solo(lab, instance("use_vmac", address=f"{VIP6}\n  2001:db8::100"))
    base = eventually(
        lambda: [
            one.address
            for one in host.addresses()
            if one.address.startswith("fe80::") and one.index == index(host, "eth0")
        ],
        3,
        "eth0 has a link-local address",
    )[0]
    time.sleep(1.5)  # duplicate address detection
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", "2001:db8::100"), 8, lambda: daemon.log)
    check("00:00:5e:00:02:33" in link(host, "vrrp.51"), link(host, "vrrp.51"))
    check("addrgenmode none" in link(host, "vrrp.51"), link(host, "vrrp.51"))
    check(on(host, "vrrp.51", base), "its source address")
    equal(setting(host, "ipv6/conf/vrrp.51/disable_ipv6"), "0", "disable_ipv6")
    check("FAULT" not in daemon.log, daemon.log)
    daemon.stop()
    equal(index(host, "vrrp.51"), None, "the VMAC after the stop")


@case("vmac/transmit-on-base", seconds=12)
def vmac_xmit_base(lab):
    """vmac_xmit_base: adverts come from the interface, ARPs from the VMAC."""
    net, (first, _) = pair(
        lab,
        lambda priority: instance(
            "use_vmac\n vmac_xmit_base\n version 2", priority=priority
        ),
    )
    wire = net.capture()
    first.start()
    elect(net, VIP, "director1")
    time.sleep(1.5)
    own = bytes.fromhex(net["director1"].run(["cat", "/sys/class/net/eth0/address"]).replace(":", ""))
    for frame in wire.adverts("director1"):
        equal(frame.data[6:12], own, "source of an advert")
    for frame in wire.gratuitous("director1"):
        equal(frame.data[6:12], VMAC, "source of an ARP")
    net["client"].run(["ping", "-c", "1", "-W", "2", VIP])


@case("vmac/addresses", seconds=12)
def vmac_addresses(lab):
    """use_vmac_addr and use_vmac of an address give it a VMAC on its own interface."""
    host, daemon = solo(
        lab,
        "global_defs {\n vmac_prefix vr\n vmac_addr_prefix va\n}\n"
        + instance("use_vmac_addr", address=f"{VIP}\n  10.9.1.100 dev eth1"),
    )
    host.run(["ip", "link", "add", "eth1", "type", "veth", "peer", "name", "lab1"])
    for interface in ("eth1", "lab1"):
        host.run(["ip", "link", "set", interface, "up"])
    daemon.start()
    eventually(lambda: on(host, "va.51", "10.9.1.100"), 8, lambda: daemon.log)
    check("va.51@eth1" in link(host, "va.51"), link(host, "va.51"))
    check(on(host, "eth0", VIP), "the other VIP")
    daemon.stop()
    equal(index(host, "va.51"), None, "the VMAC after the stop")


@case("vmac/respawn", ours_only=True, seconds=12)
def vmac_respawn(lab):
    """A respawned child takes the VMAC as it is; the settings that come back are the first ones."""
    host, daemon = solo(lab, instance("use_vmac"))
    host.sysctl(ipv4__conf__eth0__arp_ignore=2)
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 8, lambda: daemon.log)
    equal(setting(host, "ipv4/conf/eth0/arp_ignore"), "1", "arp_ignore")
    before = index(host, "vrrp.51")
    for _ in range(2):
        old = daemon.pid("vrrp")
        os.kill(old, signal.SIGKILL)
        daemon.wait_pid("vrrp", other_than=old)
        always(lambda: on(host, "vrrp.51", VIP), 1, "the VIP stays on the VMAC")
    equal(index(host, "vrrp.51"), before, "index of the VMAC")
    daemon.stop()
    equal(index(host, "vrrp.51"), None, "the VMAC after the stop")
    equal(setting(host, "ipv4/conf/eth0/arp_ignore"), "2", "arp_ignore")
    equal(setting(host, "ipv4/conf/eth0/arp_filter"), "0", "arp_filter")


@case("vmac/deleted", ours_only=True, seconds=14)
def vmac_deleted(lab):
    """A VMAC that somebody deletes is there again at once, with its VIP, and nobody notices."""
    net, (first, second) = pair(lab, lambda priority: instance("use_vmac", priority=priority))
    first.start()
    second.start()
    elect(net, VIP, "director1")
    time.sleep(1.2)
    before = [transitions(first), transitions(second)]
    director = net["director1"]
    director.run(["ip", "link", "del", "vrrp.51"])
    eventually(lambda: on(director, "vrrp.51", VIP), 1, lambda: first.log)
    time.sleep(4)
    equal([transitions(first), transitions(second)], before, "transitions")
    net["client"].run(["ping", "-c", "1", "-W", "1", VIP])


@case("vmac/reload", ours_only=True, seconds=14)
def vmac_reload(lab):
    """A reload adds, renames and removes a VMAC; one that does not change is not touched."""
    host, daemon = solo(lab, instance())
    daemon.start()
    eventually(lambda: on(host, "eth0", VIP), 8, lambda: daemon.log)

    def reload(options):
        daemon.configure(instance(options))
        daemon.reload()

    reload("use_vmac")
    eventually(lambda: on(host, "vrrp.51", VIP) and not on(host, "eth0", VIP), 3, lambda: daemon.log)
    before = index(host, "vrrp.51")
    reload("use_vmac\n garp_master_delay 1")
    time.sleep(1)
    equal(index(host, "vrrp.51"), before, "index of the VMAC")
    reload("use_vmac mine")
    eventually(lambda: on(host, "mine", VIP), 3, lambda: daemon.log)
    eventually(lambda: index(host, "vrrp.51") is None, 3, "the old VMAC is gone")
    reload("")
    eventually(lambda: on(host, "eth0", VIP) and index(host, "mine") is None, 3, lambda: daemon.log)
    equal(setting(host, "ipv4/conf/eth0/arp_ignore"), "0", "arp_ignore")
    equal(transitions(daemon), 2, "transitions")


@case("vmac/read-only-settings", ours_only=True, seconds=10)
def vmac_read_only(lab):
    """Where /proc/sys is read-only a VMAC runs nevertheless; what is refused is named."""
    host, daemon = solo(lab, instance("use_vmac", address=f"{VIP}"))
    host.sysctl(ipv4__conf__all__rp_filter=1)
    host.run("mount -t tmpfs tmpfs /mnt; mount --bind /proc/sys /proc/sys; "
             "mount -o remount,ro,bind /proc/sys")
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 8, lambda: daemon.log)
    equal(setting(host, "ipv4/conf/eth0/arp_ignore"), "1", "arp_ignore")
    equal(daemon.log.count("net.ipv4.conf.all.rp_filter to"), 1, "complaints")
    check("disable_ipv6" in daemon.log, daemon.log)


@case("interface/gone-and-back", seconds=16)
def gone_and_back(lab):
    """An interface that is deleted is a FAULT; one of its name that comes is used, VMAC and all."""
    host, daemon = solo(lab, instance("use_vmac"))
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 8, lambda: daemon.log)
    host.run(["ip", "link", "del", "eth0"])
    daemon.wait_log("(VI_1) Entering FAULT STATE", 2)
    host.run(["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "lab0"])
    host.run("ip link set eth0 up; ip link set lab0 up; ip addr add 10.9.0.1/24 dev eth0")
    eventually(lambda: on(host, "vrrp.51", VIP), 8, lambda: daemon.log)


@case("interface/renamed", seconds=16)
def renamed(lab):
    """An interface that loses its name is gone; another that gets it is used."""
    host, daemon = solo(lab, instance())
    host.run(["ip", "link", "add", "other", "type", "veth", "peer", "name", "lab1"])
    host.run("ip link set lab1 up; ip addr add 10.9.0.7/24 dev other")
    daemon.start()
    eventually(lambda: on(host, "eth0", VIP), 8, lambda: daemon.log)
    host.run("ip link set eth0 down; ip link set eth0 name away")
    daemon.wait_log("(VI_1) Entering FAULT STATE", 2)
    host.run("ip link set other name eth0; ip link set eth0 up")
    eventually(lambda: on(host, "eth0", VIP), 8, lambda: daemon.log)
    check(not on(host, "away", VIP), "the VIP has moved")


@case("interface/dynamic", seconds=14)
def dynamic(lab):
    """dynamic_interfaces: what is missing at the start is a FAULT, and used when it comes."""
    host, daemon = solo(
        lab,
        "global_defs {\n dynamic_interfaces\n}\n" + instance("use_vmac", interface="late0"),
    )
    daemon.start()
    daemon.wait_log("entering FAULT state", 3)
    host.run(["ip", "link", "add", "late0", "type", "veth", "peer", "name", "lab1"])
    host.run("ip link set late0 up; ip link set lab1 up")
    time.sleep(1)
    check(not on(host, "vrrp.51", VIP), "without an address it is no master")
    host.run("ip addr add 10.9.3.1/24 dev late0")
    eventually(lambda: on(host, "vrrp.51", VIP), 8, lambda: daemon.log)


@case("interface/delays", seconds=18)
def delays(lab):
    """interface_up_down_delays: a flap shorter than the delay is nobody's business."""
    net, (first, second) = pair(
        lab,
        lambda priority: instance("version 2", priority=priority),
        "interface_up_down_delays {\n eth0 1.9 0\n}\n",
    )
    first.start()
    second.start()
    elect(net, VIP, "director1")
    before = transitions(first)
    net["director1"].run("ip link set eth0 down; ip link set eth0 up")
    time.sleep(2.5)
    equal(transitions(first), before, "transitions by a flap")
    cut = time.monotonic()
    net.cut("director1")
    first.wait_log("(VI_1) Entering FAULT STATE", 5)
    check(time.monotonic() - cut > 1.8, "the FAULT came before the delay")
    net.mend("director1")
    elect(net, VIP, "director1", 8)


@case("interface/mtu", ours_only=True, seconds=20)
def mtu(lab):
    """Where the MTU was too low for IPv6 for a while, a router hears and has its VIPs as before."""
    options = "version 3\n accept\n"
    net, (first, second) = pair(
        lab,
        lambda priority: instance(
            options + ("use_vmac" if priority == 150 else ""),
            address=f"{VIP6}\n  2001:db8::100",
            priority=priority,
        ).replace("advert_int 1", "advert_int 0.2"),
    )
    time.sleep(1.5)  # duplicate address detection
    first.start()
    elect(net, VIP6, "director1")
    second.start()
    second.wait_log("(VI_1) Entering BACKUP STATE", 3)
    for name in ("director2", "director1"):
        net[name].run("ip link set eth0 mtu 1000; sleep 0.3; ip link set eth0 mtu 1500")
        time.sleep(0.3)
        elect(net, VIP6, "director1", 6)
    eventually(lambda: on(net["director1"], "vrrp.51", "2001:db8::100"), 2, lambda: first.log)
    time.sleep(2)
    elect(net, VIP6, "director1", 0.1)


@case("interface/track-source", ours_only=True, seconds=12)
def track_source(lab):
    """track_src_ip: FAULT while the configured source is missing."""
    host, daemon = solo(lab, instance("mcast_src_ip 10.9.0.33\n track_src_ip"))
    daemon.start()
    daemon.wait_log("entering FAULT state", 3)
    host.run("ip addr add 10.9.0.33/24 dev eth0")
    eventually(lambda: on(host, "eth0", VIP), 8, lambda: daemon.log)
    host.run("ip addr del 10.9.0.33/24 dev eth0")
    eventually(lambda: not on(host, "eth0", VIP), 2, lambda: daemon.log)
