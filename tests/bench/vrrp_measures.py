"""What is measured of VRRP alone: gaps that clients see, false takeovers, scale, lateness."""

import os
import signal
import socket
import statistics
import subprocess
import time

from lab.host import Host
from lab.kernel import AddressMonitor, network_of
from lab.network import batch
from lab.wait import eventually
from measures import measure, peak, processor_seconds
from probe import Probe, Responder

VIP = "10.9.0.100"
INTERFACES = 16
PER_INTERFACE = 250  # virtual routers; there are 255 numbers on an interface


def instance(number, interface, address, interval="1", priority=100, more=""):
    """The text of one vrrp_instance of version 3."""
    return (
        f"vrrp_instance V{number} {{\n state BACKUP\n interface {interface}\n"
        f" virtual_router_id {number % PER_INTERFACE + 1}\n priority {priority}\n version 3\n"
        f" advert_int {interval}\n{more} virtual_ipaddress {{\n  {address}\n }}\n}}\n"
    )


class _Pair:
    """Two directors and a client; the first director has the higher priority."""

    def __init__(self, lab, interval, more=""):
        self.net = lab.network()
        for number, name in enumerate(("director1", "director2", "client"), 1):
            self.net.add(name, "eth0", f"10.9.0.{number}/16")
        self.net.up()
        self.daemons = [
            lab.daemon(self.net[f"director{number}"], instance(1, "eth0", VIP, interval, priority, more))
            for number, priority in ((1, 150), (2, 100))
        ]
        self.monitor = lab.later(AddressMonitor(self.net["director2"].pid))

    def start(self, lab):
        """Starts both, one after the other, until the first is master, and the client."""
        for name in ("director1", "director2"):
            lab.later(Responder(self.net[name]))
        self.daemons[0].start()
        eventually(lambda: self.net["director1"].has(VIP), 15, "director1 is master")
        self.daemons[1].start()
        self.daemons[1].wait_log("Entering BACKUP STATE")
        probe = lab.later(Probe(self.net["client"], VIP))
        eventually(lambda: len(probe.answers) > 100, 10, "the client is answered")
        time.sleep(1.5)
        return probe

    def took_over(self, since):
        """When the second director got the address after a time; None: it did not yet."""
        times = [when for when, sign, _ in self.monitor.of(VIP) if sign == "+" and when > since]
        return times[0] if times else None


def _gap(lab, interval, end):
    """Milliseconds a client waits when director1 ends in one of three ways."""
    pair = _Pair(lab, interval)
    probe = pair.start(lab)
    if end == "cut":
        since = time.monotonic()
        pair.net.cut("director1")
    elif end == "stop":
        since = pair.daemons[0].signal("parent", signal.SIGTERM)
    else:
        since = pair.daemons[0].kill()
        # A killed director cannot take its address away: the machine is dead to the network.
        batch(pair.net["director1"], ["link set eth0 down"])
    eventually(lambda: pair.took_over(since), 10, "director2 takes over", every=0.005)
    time.sleep(0.3)
    return probe.gap(since, time.monotonic())


@measure("gaps", seconds=120)
def gaps(lab):
    """What a client waits when the master ends, by advert_int."""
    return {
        f"{interval} s, {what}, ms": _gap(lab, interval, end)
        for interval in ("1", "0.1", "0.01")
        for what, end in (("kill -9", "kill"), ("stop", "stop"), ("link loss", "cut"))
    }


def _busy(count):
    """Programs that want all of the processor."""
    return [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]


@measure("false-takeovers", seconds=200)
def false_takeovers(lab):
    """Takeovers that nobody needed, advert_int 0.01, beside busy loops; then a real one."""
    seconds = float(os.environ.get("BENCH_BUSY_SECONDS", "60"))
    found = {}
    for count in (16, 32):
        pair = _Pair(lab, "0.01")
        pair.start(lab)
        loops = _busy(count)
        try:
            since = time.monotonic()
            time.sleep(seconds)
            false = [one for one in pair.monitor.of(VIP) if one[1] == "+" and one[0] > since]
            found[f"{count} loops, takeovers a minute"] = len(false) * 60 / seconds
            killed = pair.daemons[0].kill()
            batch(pair.net["director1"], ["link set eth0 down"])
            # One that had taken over already is as good.
            holder = pair.net["director2"]
            eventually(lambda at=holder: at.has(VIP), 10, "director2 takes over", every=0.005)
            took = pair.took_over(killed)
            found[f"{count} loops, after kill -9, ms"] = (took - killed) * 1000 if took else 0.0
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()
    return found


class _Bundle:
    """Two hosts joined by INTERFACES links."""

    def __init__(self, lab):
        self.hosts = [lab.later(Host(name, lab.results)) for name in ("director1", "director2")]
        for host in self.hosts:
            host.wait_ready()
        first, second = self.hosts
        names = [f"eth{number}" for number in range(INTERFACES)]
        batch(first, [f"link add {name} type veth peer name {name} netns {second.pid}" for name in names])
        for last, host in enumerate(self.hosts, 1):
            lines = []
            for number, name in enumerate(names):
                lines += [f"address add 10.{100 + number}.0.{last}/16 dev {name}", f"link set {name} up"]
            batch(host, lines)


def _many(count, priority):
    text = ""
    for number in range(count):
        link, rest = divmod(number, PER_INTERFACE)
        text += instance(number, f"eth{link}", f"10.{100 + link}.1.{rest + 1}", "1", priority)
    return text


def _share(pid, seconds=8):
    """Per cent of a processor that a process uses."""
    began, used = time.monotonic(), processor_seconds(pid)
    time.sleep(seconds)
    return (processor_seconds(pid) - used) / (time.monotonic() - began) * 100


@measure("scale", seconds=240)
def scale(lab):
    """1 to 4,000 instances, adverts every second: a master and its backup."""
    found = {}
    for count in (1, 255 - 5, 1000, 4000):
        bundle = _Bundle(lab)
        master, backup = [
            lab.daemon(host, _many(count, priority)) for host, priority in zip(bundle.hosts, (150, 100))
        ]
        last = f"10.{100 + (count - 1) // PER_INTERFACE}.1.{(count - 1) % PER_INTERFACE + 1}"
        monitor = lab.later(AddressMonitor(bundle.hosts[0].pid))
        master.start()
        eventually(lambda at=monitor, vip=last: at.of(vip), 60, "master of all", every=0.05)
        time.sleep(1)
        came = [when for when, sign, vip in monitor.events if sign == "+" and ".1." in vip]
        found[f"{count}: start to last VIP, ms"] = (came[-1] - master.started) * 1000
        backup.start()
        backup.wait_log("Entering BACKUP STATE", 30, count)
        time.sleep(7)
        for role, daemon in (("master", master), ("backup", backup)):
            pid = daemon.pid("vrrp")
            found[f"{count}: CPU as {role}, %"] = _share(pid)
            found[f"{count}: VmHWM as {role}, MB"] = peak(pid)
        for daemon in (master, backup):
            daemon.kill()
    return found


@measure("lateness", seconds=60)
def lateness(lab):
    """Adverts every 0.1 s while 2,000 scripts run every 5 s."""
    scripts = "".join(
        f"vrrp_script s{number} {{\n script /bin/true\n interval 5\n weight 1\n}}\n"
        for number in range(2000)
    )
    tracked = " track_script {\n" + "".join(f"  s{number}\n" for number in range(2000)) + " }\n"
    text = "global_defs {\n script_user root\n enable_script_security\n}\n" + scripts
    net = lab.network().add("director1", "eth0", "10.9.0.1/16").up()
    wire = net.capture()
    daemon = lab.daemon(net["director1"], text + instance(1, "eth0", VIP, "0.1", 100, tracked))
    daemon.start()
    eventually(lambda: net["director1"].has(VIP), 30, "master")
    time.sleep(6)
    since = time.monotonic()
    time.sleep(20)
    late = _lateness(wire, since, 2)
    return {
        "adverts in 20 s": len(late) + 1,
        "latest, ms": late[-1],
        "99th percentile, ms": late[int(len(late) * 0.99)],
        "median, ms": statistics.median(late),
    }


def _lateness(wire, since, vrid=1):
    """Milliseconds that director1's adverts of a router, every 0.1 s, were late, ascending."""
    times = [frame.time for frame in wire.adverts("director1", vrid, since)]
    return sorted((after - before - 0.1) * 1000 for before, after in zip(times, times[1:]))


def _flood(host, seconds):
    """Sends some 10,000 broken adverts a second, of virtual routers nobody has."""
    with network_of(host.pid), socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as out:
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.2"))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number in range(100, 250):
                out.sendto(bytes([0x31, number, 1, 1, 0, 10, 0, 0, 10, 9, 0, 99]), ("224.0.0.18", 0))
            time.sleep(0.01)  # more of them the recorder at the switch could not follow


@measure("crowd", seconds=40)
def crowd(lab):
    """Adverts every 0.1 s while another instance gets 1,000 addresses, then beside a flood."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/16").add("flooder", "eth0", "10.9.0.2/16").up()
    wire = net.capture()
    small = instance(0, "eth0", VIP, "0.1")
    daemon = lab.daemon(net["director1"], small).start()
    eventually(lambda: net["director1"].has(VIP), 10, "master")
    time.sleep(6)
    addresses = [f"10.9.{16 + number // 250}.{1 + number % 250}" for number in range(1000)]
    excluded = " }\n virtual_ipaddress_excluded {\n" + "".join(f"  {one}\n" for one in addresses)
    since = time.monotonic()
    daemon.configure(small + instance(1, "eth0", "10.9.0.101\n" + excluded, "0.1"))
    daemon.reload()
    eventually(lambda: net["director1"].has(addresses[-1]), 20, "all addresses", every=0.1)
    found = {"beside 1,000 addresses, latest, ms": _lateness(wire, since)[-1]}
    time.sleep(6)
    since = time.monotonic()
    _flood(net["flooder"], 10)
    return found | {"beside a flood, latest, ms": _lateness(wire, since)[-1]}


@measure("new-vip", seconds=20)
def new_vip(lab):
    """SIGHUP to a new address beside 1,000 others."""
    host = lab.solo("director1", "eth0", "10.9.0.1/16").up()
    addresses = [f"10.9.{16 + number // 250}.{1 + number % 250}" for number in range(1000)]

    def text(more):
        listed = "".join(f"  {address}\n" for address in addresses + more)
        return instance(1, "eth0", VIP).rstrip("}\n") + (
            "\n }\n virtual_ipaddress_excluded {\n" + listed + " }\n}\n"
        )

    monitor = lab.later(AddressMonitor(host.pid))
    daemon = lab.daemon(host, text([])).start()
    eventually(lambda: monitor.of(addresses[-1]), 30, "all VIPs are there", every=0.1)
    time.sleep(7)
    daemon.configure(text(["10.9.99.99"]))
    since = daemon.reload()
    eventually(lambda: monitor.of("10.9.99.99"), 10, "the new VIP", every=0.01)
    return {"SIGHUP to the new VIP, ms": (monitor.of("10.9.99.99")[0][0] - since) * 1000}
