"""What is measured. Each function takes a Lab and returns {label with its unit: value}."""

import os
import signal
import subprocess
import time

from lab import topology
from lab.daemon import PIDS
from lab.kernel import AddressMonitor
from lab.servers import start_nginx
from lab.wait import eventually

ALL = {}


class Measure:
    """A function that measures, whether it needs IPVS, and about how many seconds it takes."""

    def __init__(self, function, ipvs, seconds):
        self.function, self.ipvs, self.seconds = function, ipvs, seconds


def measure(name, ipvs=False, seconds=30):
    """Declares a measure."""

    def declare(function):
        ALL[name] = Measure(function, ipvs, seconds)
        return function

    return declare


def _came(monitor, address):
    return [when for when, sign, _ in monitor.of(address) if sign == "+"]


class _Pair:
    """A pair of directors, the first of them master, ready to lose it."""

    def __init__(self, lab):
        self.net = topology.VIP_NGINX.network(lab, topology.VIP_NGINX_CLIENT)
        self.vip = topology.VIP_NGINX.vips[0]
        self.daemons = topology.VIP_NGINX.daemons(lab, self.net)
        for daemon in self.daemons:
            daemon.start()
        self.wire = self.net.capture()
        self.monitor = lab.later(AddressMonitor(self.net["director2"].pid))

    def settle(self):
        """Waits until the first is master, then for a moment 0.4 s after one of its adverts."""
        eventually(lambda: self.net["director1"].has(self.vip), 10, "director1 is master")
        seen = len(self.wire.adverts("director1"))
        eventually(lambda: len(self.wire.adverts("director1")) > seen + 1, 5, "adverts", 0.001)
        time.sleep(max(0, self.wire.adverts("director1")[-1].time + 0.4 - time.monotonic()))

    def took(self, since):
        """Milliseconds from `since` until the second director had the VIP."""
        when = eventually(
            lambda: [one for one in _came(self.monitor, self.vip) if one > since],
            8,
            "director2 takes over",
            every=0.005,
        )[0]
        return (when - since) * 1000


@measure("takeover", seconds=25)
def takeover(lab):
    """From the master's end until the backup has the VIP, advert_int 1."""
    killed, stopped, cut = [_Pair(lab) for _ in range(3)]

    def cut_link():
        now = time.monotonic()
        cut.net.cut("director1")
        return now

    def stop():
        return stopped.daemons[0].signal("parent", signal.SIGTERM)

    found = {}
    for label, pair, end in (
        ("after kill -9, ms", killed, killed.daemons[0].kill),
        ("after SIGTERM, ms", stopped, stop),
        ("after link loss, ms", cut, cut_link),
    ):
        pair.settle()
        found[label] = pair.took(end())
    return found


def _start_to_last(lab, text, addresses):
    host = lab.solo("director1", "eth0", "10.9.0.1/16").up()
    monitor = lab.later(AddressMonitor(host.pid))
    daemon = lab.daemon(host, text).start()

    def all_there():
        there = {one.address for one in host.addresses()}
        return all(address in there for address in addresses)

    eventually(all_there, 60, "all VIPs are there", every=0.2)
    time.sleep(0.3)
    wanted = set(addresses)
    times = [when for when, sign, one in monitor.events if sign == "+" and one in wanted]
    memory = peak(daemon.pid("vrrp"))
    daemon.stop(30)
    return {
        "start to last VIP, ms": (times[-1] - daemon.started) * 1000,
        "first to last VIP, ms": (times[-1] - times[0]) * 1000,
        "VmHWM of the vrrp process, MB": memory,
    }


@measure("many-vips", seconds=20)
def many_vips(lab):
    """One instance with 1,000 addresses."""
    addresses = [f"10.9.{16 + number // 250}.{1 + number % 250}" for number in range(1000)]
    text = "vrrp_instance V {\n interface eth0\n virtual_router_id 9\n virtual_ipaddress {\n"
    text += f"  {addresses[0]}\n }}\n virtual_ipaddress_excluded {{\n"
    text += "".join(f"  {address}\n" for address in addresses[1:]) + " }\n}\n"
    return _start_to_last(lab, text, addresses)


@measure("many-instances", seconds=30)
def many_instances(lab):
    """200 instances with one address each."""
    addresses = [f"10.9.20.{number}" for number in range(1, 201)]
    text = "".join(
        f"vrrp_instance V{number} {{\n interface eth0\n virtual_router_id {number}\n"
        f" virtual_ipaddress {{\n  {address}\n }}\n}}\n"
        for number, address in enumerate(addresses, 1)
    )
    return _start_to_last(lab, text, addresses)


def _long_configuration(servers):
    """A configuration of one service for every hundred servers, twelve lines a server."""
    lines = []
    for number in range(servers):
        if number % 100 == 0:
            lines += ["}"] if number else []
            lines += [f"virtual_server 10.9.0.{number // 100 + 1} 80 {{", " delay_loop 6"]
            lines += [" lb_algo rr", " lb_kind DR", " protocol TCP"]
        lines += [f" real_server 10.{10 + number // 62500}.{number // 250 % 250}.{number % 250 + 1} 80 {{"]
        lines += ["  weight 1", "  TCP_CHECK {", "   connect_timeout 3", "   connect_port 80"]
        lines += ["   retry 3", "   delay_before_retry 3", "   warmup 0", "   # a comment"]
        lines += ["", "  }", " }"]
    return "\n".join(lines + ["}"]) + "\n"


@measure("reading", seconds=5)
def reading(lab):
    """-t on 50,000 lines with some 4,100 real servers."""
    text = _long_configuration(4150)
    path = os.path.join(lab.results, "long.conf")
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    times = []
    for _ in range(5):
        started = time.monotonic()
        done = subprocess.run(
            [lab.subject, "-t", "-f", path], capture_output=True, check=False, timeout=60
        )
        times.append((time.monotonic() - started) * 1000)
        if done.returncode != 0:
            raise RuntimeError(f"{lab.subject} -t: {done.returncode} {done.stdout}{done.stderr}")
    return {f"{text.count(chr(10))} lines, ms": min(times)}


def peak(pid):
    """The most memory a process has had, in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        for line in text:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def processor_seconds(pid):
    """Seconds of a processor that a process has used."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as text:
        return int(text.read().split()[0]) / 1e9


def connections(host):
    """How many TCP connections were opened from the host so far (ActiveOpens)."""
    with open(f"/proc/{host.pid}/net/snmp", encoding="ascii") as text:
        rows = [line.split() for line in text if line.startswith("Tcp:")]
    return int(rows[1][rows[0].index("ActiveOpens")])


def spare_rounds(seconds):
    """How often a second a loop of the lowest priority goes round: what others leave of one processor."""
    rounds, began = 0, time.monotonic()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        while time.monotonic() < began + seconds:
            for _ in range(10000):
                pass
            rounds += 1
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return rounds / (time.monotonic() - began)


def per_check(host, daemon, whole, seconds):
    """What a check costs while `daemon` does nothing else; `whole`: spare_rounds() without it.

    A kernel that accounts by its ticks, as the user-mode one, does not see who has ended before the
    next; what everybody together needs is seen in what they leave.
    """
    pid = daemon.wait_pid("checkers")
    opened, used = connections(host), processor_seconds(pid)
    left = spare_rounds(seconds)
    done, used = connections(host) - opened, processor_seconds(pid) - used
    inside = host.read(PIDS["checkers"]).strip()
    host.run(f"timeout -s INT 5 strace -f -c -o /run/counts -p {inside}", check=False, timeout=60)
    rows = [line.split() for line in host.read("/run/counts").splitlines()]
    calls = {row[-1]: int(row[3]) for row in rows if len(row) > 4 and row[3].isdigit()}
    # Other kernels tell the time without a call.
    made = calls["total"] - calls.get("clock_gettime", 0) - calls.get("time", 0)
    return {
        "CPU per check by the clock's ticks, us": used / done * 1e6,
        "CPU per check of all, nginx too, us": (1 - left / whole) * seconds / done * 1e6,
        "system calls per check": made / calls["connect"],
        "VmHWM of the checkers, MB": peak(pid),
        "checks a second": done / seconds,
    }


@measure("checks", ipvs=True, seconds=70)
def checks(lab):
    """1,000 TCP checks every 2 s, all succeeding."""
    whole = spare_rounds(3)
    host = lab.solo("director1", "eth0", "10.9.0.1/16").up()
    host.run("ip route add local 10.77.0.0/16 dev lo")
    start_nginx(host)
    text = "virtual_server 10.9.0.100 80 {\n delay_loop 2\n lb_kind DR\n protocol TCP\n"
    for number in range(1000):
        text += f" real_server 10.77.{number // 250}.{number % 250 + 1} 80 {{\n  TCP_CHECK {{\n"
        text += "   connect_timeout 2\n  }\n }\n"
    daemon = lab.daemon(host, text + "}\n").start()
    eventually(lambda: connections(host) > 3000, 60, "the checks run")
    return per_check(host, daemon, whole, 12)


@measure("memory", ipvs=True, seconds=25)
def memory(lab):
    """VmHWM of each process with the users' HTTP_GET file, after becoming master."""
    host = lab.solo("director1", "team0", "10.1.38.11/16").up()
    daemon = lab.daemon(host, topology.HTTP_GET.configurations()[0]).start()
    eventually(lambda: host.has(topology.HTTP_GET.vips[0]), 10, "master")
    time.sleep(6)
    return {f"{role}, MB": peak(daemon.pid(role)) for role in PIDS}
