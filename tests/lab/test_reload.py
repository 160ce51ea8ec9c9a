"""Reloads: of every seed as it is, of files with changes, and of every kind of faulty file."""

import os
import re
import signal
import time

from lab import topology
from lab.case import SEEDS, case, seed
from lab.kernel import AddressMonitor
from lab.pairs import serving_pair, transitions
from lab.wait import Failure, check, equal, eventually

PLACES = {  # file: interface, address
    "lvs-dr-director1": ("ens160", "192.168.8.10/24"),
    "lvs-dr-director2": ("ens160", "192.168.8.11/24"),
    "lvs-dr-example": ("eth0", "192.168.8.10/24"),
    "lvs-http-get-node0": ("team0", "10.1.38.11/16"),
    "lvs-http-get-node1": ("bond0", "10.1.38.12/16"),
    "master-master-node0": ("team0", "10.1.38.11/16"),
    "master-master-node1": ("bond0", "10.1.38.12/16"),
    "strict-two-vips": ("eth0", "172.25.42.10/24"),
    "track-script-node0": ("team0", "10.1.38.11/16"),
    "track-script-node1": ("bond0", "10.1.38.12/16"),
    "vip-nginx-backup": ("eth0", "192.168.1.104/24"),
    "vip-nginx-master": ("eth0", "192.168.1.103/24"),
}

GOOD = """
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.100/24
    }
}
virtual_server 10.9.0.100 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 10.9.0.21 80 {
        weight 3
    }
}
"""

INSTANCE = GOOD[: GOOD.index("virtual_server")]
SERVICE = GOOD[GOOD.index("virtual_server") :]

REFUSED = {  # what is wrong: the file, None for a missing one
    "missing": None,
    "empty": "",
    "only-comments": "# nothing\n! here\n",
    "binary": "\x00\x01\x7f" * 700,
    "unclosed-brace": GOOD.replace("        10.9.0.100/24\n    }\n}", "        10.9.0.100/24\n    }"),
    "stray-brace": INSTANCE + "}\n" + SERVICE,
    "unclosed-quote": GOOD + 'global_defs {\n    router_id "LB\n}\n',
    "argument-missing": GOOD.replace("priority 100", "priority"),
    "no-vrid": GOOD.replace("    virtual_router_id 51\n", ""),
    "bad-vrid": GOOD.replace("virtual_router_id 51", "virtual_router_id 300"),
    "bad-interface": GOOD.replace("interface eth0", "interface nosuch0"),
    "fatal": GOOD + "global_defs {\n    linkbeat_interfaces nosuch0\n}\nstatic_ipaddress {\n    10.77.0.1/24\n}\n",
    "include-check": "include_check\n" + GOOD + "include /etc/keepalived/nosuch.conf\n",
}

TAKEN = {  # what the daemon would start with too
    "unknown-keyword": GOOD.replace("    advert_int 1", "    advert_int 1\n    no_such_word 7"),
    "deprecated": GOOD.replace("weight 3", "weight 3\n        TCP_CHECK {\n nb_get_retry 2\n }"),
    "repaired-value": GOOD.replace("priority 100", "priority 1000"),
}


class Director:
    """A director by itself that became master, with all it has in the kernel written down."""

    def __init__(self, lab, name, text, interface, address):
        self.solo = lab.solo(name, interface, address)
        self.name, self.text, self.lab = name, text, lab

    def start(self):
        """Starts it; settle() waits until it is master."""
        self.host = self.solo.up()
        self.daemon = self.lab.daemon(self.host, self.text).start()

    def settle(self):
        """Waits until it is master with a filled table, then writes down what there is."""
        # The announcement follows the addresses.
        eventually(
            lambda: self.daemon.log.count("Sending/queueing gratuitous ARPs on")
            >= len(re.findall("^vrrp_instance", self.text, re.MULTILINE)),
            20,
            f"{self.name}: master",
        )
        if "virtual_server" in self.text:
            eventually(self.host.ipvs, 5, f"{self.name}: services")
        self.pids = {role: self.daemon.pid(role) for role in ("parent", "vrrp", "checkers")}
        self.transitions = transitions(self.daemon)
        self.monitor = self.lab.later(AddressMonitor(self.host.pid))
        self.table = self.host.ipvs()

    def untouched(self):
        """What has changed in the kernel or in its processes, as a list of words."""
        found = [f"address {event[1]}{event[2]}" for event in self.monitor.events]
        if self.host.ipvs() != self.table:
            found.append(f"the IPVS table, now {self.host.ipvs()}")
        for role, pid in self.pids.items():
            if self.daemon.pid(role) != pid:
                found.append(f"the {role} process")
        if transitions(self.daemon) != self.transitions:
            found.append("the VRRP state")
        return found


def _settled(lab, wanted):
    """Directors for {name: (text, interface, address)}, all started and settled."""
    directors = [Director(lab, name, *rest) for name, rest in wanted.items()]
    for director in directors:
        director.start()
    for director in directors:
        director.settle()
    return directors


def _report(problems):
    if problems:
        raise Failure("\n".join(f"{name}: {what}" for name, what in problems))


def _weights(director):
    """{server: weight} of the service that the faulty files are about."""
    servers = director.host.ipvs().get(("TCP", "10.9.0.100:80"), {}).get("servers", {})
    return {name: row[1] for name, row in servers.items()}


@case("reload/every-seed", ipvs=True, seconds=30)
def every_seed(lab):
    """A reload that changes nothing touches nothing: each of the users' files."""
    equal(sorted(name + ".conf" for name in PLACES), sorted(os.listdir(SEEDS)), "the seeds")
    wanted = {}
    for name, place in PLACES.items():
        # Nothing answers the checks here, so verdicts would change the table during the test.
        text = seed(name + ".conf").replace("delay_loop 6", "delay_loop 90000")
        wanted[name] = (text.replace("delay_loop 3\n", "delay_loop 90000\n"), *place)
    directors = _settled(lab, wanted)
    for director in directors:
        director.daemon.reload()
    time.sleep(4)
    _report([(one.name, what) for one in directors for what in one.untouched()])


@case("reload/faulty-files", ipvs=True, ours_only=True, seconds=40)
def faulty_files(lab):
    """Each kind of faulty file is refused: nothing changes, the daemon runs on and says why."""
    directors = _settled(lab, {name: (GOOD, "eth0", "10.9.0.1/24") for name in REFUSED})
    marks = {}
    for director in directors:
        text = REFUSED[director.name]
        if text is None:
            os.unlink(director.host.path("/etc/keepalived/keepalived.conf"))
        else:
            director.daemon.configure(text)
        marks[director.name] = len(director.daemon.log)
        director.daemon.reload()
    time.sleep(4)
    problems = [(one.name, what) for one in directors for what in one.untouched()]
    for director in directors:
        if not director.daemon.running():
            problems.append((director.name, "the daemon ended"))
            continue
        if not director.daemon.log[marks[director.name] :].strip():
            problems.append((director.name, "nothing was logged"))
    # A good file after it is taken again.
    for director in directors:
        director.daemon.configure(GOOD.replace("weight 3", "weight 5"))
        if director.daemon.running():
            director.daemon.reload()
    for director in directors:
        try:
            eventually(lambda one=director: _weights(one) == {"10.9.0.21:80": 5}, 8, "it is taken")
        except Failure:
            problems.append((director.name, f"a good file afterwards is not: {_weights(director)}"))
    _report(problems)


@case("reload/faulty-directory", ipvs=True, ours_only=True, seconds=14)
def faulty_directory(lab):
    """A directory where the file was is refused too."""
    (director,) = _settled(lab, {"directory": (GOOD, "eth0", "10.9.0.1/24")})
    path = director.host.path("/etc/keepalived/keepalived.conf")
    os.unlink(path)
    os.mkdir(path)
    director.daemon.reload()
    time.sleep(3)
    _report([(director.name, what) for what in director.untouched()])


@case("reload/warnings-do-not-stop-it", ipvs=True, seconds=25)
def warnings(lab):
    """Unknown words, deprecations and repaired values: what starts also reloads."""
    directors = _settled(lab, {name: (GOOD, "eth0", "10.9.0.1/24") for name in TAKEN})
    for director in directors:
        director.daemon.configure(TAKEN[director.name].replace("10.9.0.21", "10.9.0.22"))
        director.daemon.reload()
    for director in directors:
        eventually(
            lambda host=director.host: list(
                host.ipvs().get(("TCP", "10.9.0.100:80"), {}).get("servers", {})
            )
            == ["10.9.0.22:80"],
            8,
            f"{director.name}: the changed file is taken",
        )
        removed = [event for event in director.monitor.of("10.9.0.100") if event[1] == "-"]
        equal(removed, [], f"{director.name}: removals of the VIP")
        equal(transitions(director.daemon), director.transitions, f"{director.name}: transitions")


@case("reload/changes", ipvs=True, seconds=25)
def changes(lab):
    """A VIP, a server, a service added and removed by reloads; what stays is not touched."""
    (director,) = _settled(lab, {"changing": (GOOD, "eth0", "10.9.0.1/24")})
    host, daemon = director.host, director.daemon
    daemon.configure(GOOD.replace("10.9.0.100/24\n", "10.9.0.100/24\n        10.9.0.101/24\n"))
    daemon.reload()
    eventually(lambda: host.has("10.9.0.101"), 5, "the new VIP is there")
    other = SERVICE.replace("10.9.0.100 80", "10.9.0.100 443")
    daemon.configure(GOOD + other)
    daemon.reload()
    eventually(lambda: len(host.ipvs()) == 2, 5, "the new service is there")
    eventually(lambda: not host.has("10.9.0.101"), 5, "the VIP that is no longer named is gone")
    daemon.configure(INSTANCE + other)
    daemon.reload()
    eventually(lambda: list(host.ipvs()) == [("TCP", "10.9.0.100:443")], 5, "the service is gone")
    equal([one for one in director.monitor.of("10.9.0.100")], [], "events of the VIP that stayed")
    equal(transitions(daemon), director.transitions, "transitions")


@case("reload/thirty-times", ipvs=True, seconds=25)
def thirty_times(lab):
    """Thirty reloads in a row: adverts keep their pace and nothing else happens."""
    net, (first, second) = serving_pair(lab, topology.HTTP_GET, "10.1.38.200/16")
    wire = net.capture()
    count, peer = transitions(first), transitions(second)
    for _ in range(30):
        first.reload()
        time.sleep(0.2)
    time.sleep(1)
    equal((transitions(first), transitions(second)), (count, peer), "transitions of both")
    times = [frame.time for frame in wire.adverts("director1")]
    longest = max(after - before for before, after in zip(times, times[1:]))
    check(longest < 2.5, f"the longest pause between adverts was {longest:.2f} s")
    check(first.running(), "it still runs")


@case("reload/while-starting", ours_only=True, seconds=10)
def while_starting(lab):
    """A SIGHUP that comes while the first file is still being read is served after the start."""
    host = lab.solo("early", "eth0", "10.9.0.1/24").up()
    recipients = "\n".join(f"someone{number}@example.com" for number in range(50_000))
    text = "global_defs {\nnotification_email {\n" + recipients + "\n}\n}\n" + INSTANCE
    daemon = lab.daemon(host, text).start()
    eventually(lambda: "Starting Keepalived" in daemon.log, 10, "its first line")
    check("child process" not in daemon.log, "it is still reading")
    for pid in daemon.processes():
        os.kill(pid, signal.SIGHUP)
    daemon.wait_log("Reloading ...", 10)
    eventually(lambda: host.has("10.9.0.100"), 10, "it becomes master")
    check(daemon.running(), "it still runs")
