"""Interfaces made of others as those of virtual routers: ipvlan, VLAN, bond, VRF. They need the
user-mode kernel."""

import time

from lab.case import case
from lab.wait import always, check, eventually, equal
from test_interfaces import VIP, index, instance, link, on, solo


def stack(host, *lines):
    """Runs lines of `ip` on the host."""
    for line in lines:
        host.run("ip " + line)


@case("stacked/ipvlan", ipvs=True, seconds=14)
def ipvlan(lab):
    """use_ipvlan: an ipvlan with its address, from which adverts come; VIPs stay below."""
    host, daemon = solo(lab, instance("use_ipvlan name own 10.9.0.77/24 vepa\n version 2"))
    daemon.start()
    eventually(lambda: on(host, "eth0", VIP), 10, lambda: daemon.log)
    check("ipvlan" in link(host, "own"), link(host, "own"))
    check("mode l2 vepa" in link(host, "own"), link(host, "own"))
    check(on(host, "own", "10.9.0.77"), "the ipvlan's address")
    before = index(host, "own")
    daemon.configure(instance("use_ipvlan name own 10.9.0.77/24 bridge\n version 2"))
    daemon.reload()
    eventually(lambda: "mode l2 bridge" in link(host, "own"), 4, lambda: daemon.log)
    check(index(host, "own") != before, "it was made anew")
    daemon.stop()
    equal(index(host, "own"), None, "the ipvlan after the stop")


@case("stacked/vlan", ipvs=True, seconds=16)
def vlan(lab):
    """A VMAC on a VLAN; the VLAN goes and comes back on another interface."""
    host, daemon = solo(lab, instance("use_vmac\n version 2", interface="eth0.7"))
    stack(
        host,
        "link add link eth0 name eth0.7 type vlan id 7",
        "link set eth0.7 up",
        "addr add 10.9.7.1/24 dev eth0.7",
        "link add eth1 type veth peer name lab1",
        "link set eth1 up",
        "link set lab1 up",
    )
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 10, lambda: daemon.log)
    check("vrrp.51@eth0.7" in link(host, "vrrp.51"), link(host, "vrrp.51"))
    stack(host, "link del eth0.7")
    daemon.wait_log("(VI_1) Entering FAULT STATE", 3)
    stack(
        host,
        "link add link eth1 name eth0.7 type vlan id 7",
        "link set eth0.7 up",
        "addr add 10.9.7.1/24 dev eth0.7",
    )
    eventually(lambda: on(host, "vrrp.51", VIP), 10, lambda: daemon.log)


@case("stacked/bond", ipvs=True, seconds=16)
def bond(lab):
    """A VMAC on a bond stays while the bond has a port, and is in FAULT without."""
    host, daemon = solo(lab, instance("use_vmac\n version 2", interface="bond0"))
    stack(
        host,
        "link add bond0 type bond mode active-backup miimon 100",
        "link add one type veth peer name lab1",
        "link add two type veth peer name lab2",
        "link set one master bond0",
        "link set two master bond0",
        "link set lab1 up",
        "link set lab2 up",
        "link set bond0 up",
        "addr add 10.9.8.1/24 dev bond0",
    )
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 12, lambda: daemon.log)
    stack(host, "link set lab1 down")
    always(lambda: on(host, "vrrp.51", VIP), 2, "the VIP stays with one port", 0.1)
    stack(host, "link set lab2 down")
    eventually(lambda: not on(host, "vrrp.51", VIP), 4, lambda: daemon.log)


@case("stacked/vrf", ipvs=True, seconds=18)
def vrf(lab):
    """A VMAC is in the VRF of the interface below, and follows it into another one."""
    host, daemon = solo(lab, instance("use_vmac\n version 2"))
    stack(
        host,
        "link add red type vrf table 10",
        "link add blue type vrf table 20",
        "link set red up",
        "link set blue up",
        "link set eth0 master red",
    )
    time.sleep(0.5)
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 10, lambda: daemon.log)
    check("master red" in link(host, "vrrp.51"), link(host, "vrrp.51"))
    stack(host, "link set eth0 master blue")
    eventually(lambda: "master blue" in link(host, "vrrp.51"), 3, lambda: daemon.log)
    eventually(lambda: on(host, "vrrp.51", VIP), 10, lambda: daemon.log)


@case("stacked/bridge", ipvs=True, seconds=14)
def bridge(lab):
    """A VMAC on a bridge; netlink_notify_msg tells listeners of the bridge."""
    host, daemon = solo(
        lab, instance("use_vmac netlink_notify_msg\n version 2", interface="br0")
    )
    stack(
        host,
        "link add br0 type bridge",
        "link add port type veth peer name lab1",
        "link set lab1 up",
        "link set port up",
        "link set port master br0",
        "link set br0 up",
        "addr add 10.9.6.1/24 dev br0",
    )
    daemon.start()
    eventually(lambda: on(host, "vrrp.51", VIP), 10, lambda: daemon.log)
    check("vrrp.51@br0" in link(host, "vrrp.51"), link(host, "vrrp.51"))
    daemon.stop()
    equal(index(host, "vrrp.51"), None, "the VMAC after the stop")


@case("stacked/other-kind", ipvs=True, seconds=16)
def other_kind(lab):
    """dynamic_interfaces allow_if_changes: the interface comes back as another kind."""
    host, daemon = solo(
        lab,
        "global_defs {\n dynamic_interfaces allow_if_changes\n}\n"
        + instance("version 2", interface="lan"),
    )
    stack(
        host,
        "link add lan type veth peer name lab1",
        "link set lab1 up",
        "link set lan up",
        "addr add 10.9.9.1/24 dev lan",
    )
    daemon.start()
    eventually(lambda: on(host, "lan", VIP), 10, lambda: daemon.log)
    stack(
        host,
        "link del lan",
        "link add link eth0 name lan type vlan id 9",
        "link set lan up",
        "addr add 10.9.9.1/24 dev lan",
    )
    eventually(lambda: on(host, "lan", VIP), 10, lambda: daemon.log)
