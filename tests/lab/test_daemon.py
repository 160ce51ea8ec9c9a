"""The daemon as operators meet it: pid files, signals, scripts, what it puts back, installation."""

import os
import re
import signal
import socket
import time

from lab import topology
from lab.case import case
from lab.daemon import CONFIGURATION, PIDS
from lab.pairs import elect, start_pair, transitions
from lab.servers import start_nginx
from lab.wait import always, check, equal, eventually

VIP = "10.1.38.19"
INSTANCE = """
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.100/24 dev eth0 label eth0:1
        10.9.0.101/32 scope link
        10.9.0.102
    }
%s
}
"""


def _alone(lab, text=INSTANCE % "", options=()):
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    return host, lab.daemon(host, text, options=options).start()


def _master(host):
    eventually(lambda: host.has("10.9.0.102"), 8, "it becomes master")


@case("daemon/addresses", seconds=8)
def addresses(lab):
    """Prefix, label and scope of the VIPs are as configured, and all go at the stop."""
    host, daemon = _alone(lab)
    before = len(host.addresses())
    _master(host)
    rows = {one.address: one for one in host.addresses()}
    equal(rows["10.9.0.100"].prefix, 24, "prefix")
    equal(rows["10.9.0.100"].label, "eth0:1", "label")
    equal((rows["10.9.0.101"].prefix, rows["10.9.0.101"].scope), (32, 253), "scope link")
    equal((rows["10.9.0.102"].prefix, rows["10.9.0.102"].scope), (32, 0), "a VIP without mask")
    when = daemon.signal("parent", signal.SIGTERM)
    eventually(lambda: not host.has("10.9.0.100"), 1, "the VIPs go at once", every=0.001)
    check(time.monotonic() - when < 0.3, f"they went after {time.monotonic() - when:.3f} s")
    equal(daemon.exit_status(), 0, "exit status")
    equal(len(host.addresses()), before, "addresses left")


@case("daemon/deleted-vip", seconds=16, ours_only=True)
def deleted_vip(lab):
    """A VIP deleted behind our back is put back while the director stays master."""
    net, (first, second) = start_pair(lab, topology.MASTER_MASTER, "10.1.38.200/16")
    elect(net, VIP, "director1")
    elect(net, "10.1.38.20", "director2")
    counts = transitions(first), transitions(second)
    for _ in range(3):
        net["director1"].run(f"ip address del {VIP}/16 dev team0")
        eventually(lambda: net["director1"].has(VIP), 2, "the VIP is put back")
    equal((transitions(first), transitions(second)), counts, "transitions of both")


@case("daemon/all-addresses-flushed", seconds=14)
def flushed(lab):
    """The link goes down and up by hand: FAULT, and back to master with all VIPs."""
    host, daemon = _alone(lab)
    _master(host)
    host.run("ip link set eth0 down")
    daemon.wait_log("(VI_1) Entering FAULT STATE")
    eventually(lambda: not host.has("10.9.0.102"), 2, "the VIPs go")
    host.run("ip link set eth0 up")
    _master(host)


@case("daemon/pid-files", seconds=10)
def pid_files(lab):
    """The three pid files name the three processes and go at the stop."""
    host, daemon = _alone(lab, INSTANCE % "")
    _master(host)
    pids = {role: daemon.wait_pid(role) for role in ("parent", "vrrp")}
    parents = {pid: row[0] for pid, row in host.processes().items()}
    equal(parents[pids["vrrp"]], pids["parent"], "the vrrp process's parent")
    with open(f"/proc/{pids['parent']}/comm", encoding="ascii") as text:
        equal(text.read().strip(), "keepalived", "the parent's name")
    for role in pids:
        text = host.read(PIDS[role])
        check(text.endswith("\n") and text.strip().isdigit(), f"{role}'s pid file: {text!r}")
    mode = os.stat(host.path(PIDS["parent"])).st_mode & 0o022
    equal(mode, 0, "write permissions of the pid file for others")
    daemon.stop()
    for role, path in PIDS.items():
        check(not os.path.exists(host.path(path)), f"{role}'s pid file is left")


@case("daemon/stale-pid-file", seconds=8)
def stale_pid_file(lab):
    """Pid files of a daemon that died are no obstacle."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    for path in PIDS.values():
        host.write(path, "4242\n")
    lab.daemon(host, INSTANCE % "").start()
    _master(host)


@case("daemon/second-instance", ours_only=True, seconds=8)
def second_instance(lab):
    """A second instance on the same files is refused with a non-zero status."""
    host, daemon = _alone(lab)
    _master(host)
    command = [daemon.program, "-n", "-l", "-f", CONFIGURATION, "-p", PIDS["parent"]]
    command += ["-r", PIDS["vrrp"], "-c", PIDS["checkers"]]
    status, text = host.status(command, 10)
    check(status != 0, f"exit status {status}")
    check("daemon is already running" in text, f"it says why: {text}")
    check(daemon.running() and host.has("10.9.0.102"), "the first runs on")


@case("daemon/missing-capability", ours_only=True, seconds=8)
def missing_capability(lab):
    """Without the right to change addresses it does not become a master that has none."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.write(CONFIGURATION, INSTANCE % "")
    command = ["setpriv", "--bounding-set", "-net_admin", lab.subject, "-n", "-l"]
    status, text = host.status(command + ["-f", CONFIGURATION, "-p", PIDS["parent"]], 6)
    equal(status, 4, f"exit status: {text}")
    check("VRRP needs CAP_NET_ADMIN" in text, f"it names what is missing: {text}")


@case("daemon/library-missing", ours_only=True, seconds=8)
def library_missing(lab):
    """Where OpenSSL is not installed an instance with AH says so, and never becomes master."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    library = re.search(r"libcrypto\.so\.3 .*=> (\S+)", host.run("ldconfig -p")).group(1)
    host.run(["mount", "--bind", "/dev/null", library])
    authentication = "    authentication {\n        auth_type AH\n        auth_pass secret\n    }\n"
    daemon = lab.daemon(host, INSTANCE % authentication).start()
    daemon.wait_log("VRRP cannot run: Unable to open a library:")
    always(lambda: not host.has("10.9.0.102"), 3, "it is no master")


@case("daemon/ignored-children", ours_only=True, seconds=12)
def ignored_children(lab):
    """Started by a program that ignores SIGCHLD, as some wrappers do, it runs and stops as ever."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.write(CONFIGURATION, INSTANCE % "")
    ignoring = "import os,signal,sys;signal.signal(signal.SIGCHLD,signal.SIG_IGN);os.execv(sys.argv[1],sys.argv[1:])"
    command = ["python3", "-c", ignoring, lab.subject, "-p", PIDS["parent"], "-r", PIDS["vrrp"]]
    status, text = host.status(command, 10)
    equal(status, 0, f"exit status of the start: {text}")
    _master(host)
    pid = host.outside_pid(int(host.read(PIDS["parent"])))
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 5, "it ends")


@case("daemon/syslog-later", ours_only=True, seconds=12)
def syslog_later(lab):
    """A syslog daemon that comes later, or comes back, gets the lines from then on and how many it missed."""
    host, daemon = _alone(lab)
    _master(host)
    for _ in range(2):
        daemon.reload()  # logged, but nobody listens
        time.sleep(0.5)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
            syslog.bind(host.path("/dev/log"))
            syslog.settimeout(5)
            daemon.reload()
            lines = []
            while not any(" Keepalived[" in line and "Reloading" in line for line in lines):
                lines.append(syslog.recv(2048).decode())
            check(re.search(r"syslog did not take [1-9]\d* lines", "\n".join(lines)), f"it tells: {lines}")
        os.unlink(host.path("/dev/log"))


@case("daemon/background", seconds=10)
def background(lab):
    """Without -n it goes to the background when started and stops as its pid file says."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.write(CONFIGURATION, INSTANCE % "")
    status, text = host.status([lab.subject, "-p", PIDS["parent"], "-r", PIDS["vrrp"]], 10)
    equal(status, 0, f"exit status of the start: {text}")
    _master(host)
    pid = host.outside_pid(int(host.read(PIDS["parent"])))
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 5, "it ends")
    check(not host.has("10.9.0.102"), "the VIPs are gone")


@case("daemon/notify", seconds=16)
def notify(lab):
    """notify scripts are called with the documented arguments, in the order of the states."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.write("/etc/keepalived/notify", '#!/bin/sh\necho notify "$@" >>/run/notified\n', 0o755)
    lines = []
    for state in ("master", "backup", "stop", "fault"):
        script = f"#!/bin/sh\necho {state} $# >>/run/told\n"
        host.write(f"/etc/keepalived/to-{state}", script, 0o755)
        lines.append(f"    notify_{state} /etc/keepalived/to-{state}")
    lines.append("    notify /etc/keepalived/notify")
    daemon = lab.daemon(host, INSTANCE % "\n".join(lines)).start()
    _master(host)
    eventually(lambda: "master 0" in host.read("/run/told"), 3, "notify_master ran")
    host.run("ip link set eth0 down")
    eventually(lambda: "fault 0" in host.read("/run/told"), 3, "notify_fault ran")
    host.run("ip link set eth0 up")
    eventually(lambda: host.read("/run/told").count("master 0") == 2, 8, "notify_master ran again")
    daemon.stop()
    eventually(lambda: "stop 0" in host.read("/run/told"), 3, "notify_stop ran")
    equal(
        host.read("/run/notified").splitlines(),
        [
            f"notify INSTANCE VI_1 {state} 100"
            for state in "BACKUP MASTER FAULT BACKUP MASTER STOP".split()
        ],
        "what notify was told, in order",
    )


@case("daemon/notify-is-slow", seconds=14)
def slow_notify(lab):
    """A notify script that hangs delays no advert and no takeover."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24").add("client", "eth0", "10.9.0.5/24")
    net.up()
    wire = net.capture()
    net["director1"].write("/etc/keepalived/slow", "#!/bin/sh\nsleep 30\n", 0o755)
    text = INSTANCE % "    notify_master /etc/keepalived/slow\n    notify_backup /etc/keepalived/slow"
    lab.daemon(net["director1"], text).start()
    eventually(lambda: len(wire.adverts("director1")) >= 5, 12, "adverts go out")
    times = [frame.time for frame in wire.adverts("director1")]
    longest = max(after - before for before, after in zip(times, times[1:]))
    check(longest < 1.3, f"{longest:.2f} s between two adverts")


@case("daemon/virtual-server-notify", ipvs=True, seconds=20)
def virtual_server_notify(lab):
    """notify_up, notify_down, quorum_up and quorum_down run as servers come and go."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ip address add 10.9.0.21/32 dev lo")
    for name in ("up", "down", "quorum-up", "quorum-down"):
        host.write(f"/etc/keepalived/{name}", f"#!/bin/sh\necho {name} >>/run/told\n", 0o755)
    text = """
virtual_server 10.9.0.100 80 {
    delay_loop 1
    lb_kind DR
    protocol TCP
    quorum_up /etc/keepalived/quorum-up
    quorum_down /etc/keepalived/quorum-down
    real_server 10.9.0.21 80 {
        notify_up /etc/keepalived/up
        notify_down /etc/keepalived/down
        TCP_CHECK {
            connect_timeout 1
            retry 1
            delay_before_retry 1
        }
    }
}
"""
    lab.daemon(host, text).start()
    eventually(lambda: "quorum-down" in host.read("/run/told"), 10, "the server is down")
    check("down\n" in host.read("/run/told"), "notify_down ran")
    start_nginx(host)
    eventually(lambda: host.read("/run/told").count("quorum-up") >= 2, 8, "the quorum is back")
    eventually(lambda: "\nup\n" in host.read("/run/told"), 2, "notify_up ran")


@case("daemon/rt-priority", ours_only=True, seconds=8)
def realtime(lab):
    """The vrrp process runs at a real-time priority, and its scripts do not inherit it."""
    host, daemon = _alone(lab)
    _master(host)
    policy = os.sched_getscheduler(daemon.pid("vrrp"))
    reset = os.SCHED_RESET_ON_FORK
    check(policy & ~reset in (os.SCHED_RR, os.SCHED_FIFO), f"scheduling policy {policy}")
    check(policy & reset, "SCHED_RESET_ON_FORK is set")
    equal(os.sched_getscheduler(daemon.pid("parent")), os.SCHED_OTHER, "the parent's policy")
