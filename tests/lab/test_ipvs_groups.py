"""Virtual server groups, tunnels, timeouts and flushes: what the kernel's table holds of them."""

import os
import re
import signal
import subprocess

from lab.case import case
from lab.servers import in_table
from lab.wait import check, equal, eventually

SERVERS = """
    real_server 10.9.0.21 8080 {
        weight 3
    }
    real_server 10.9.0.22 8080 {
        weight 1
        lvs_method DR
    }
"""

GROUP = """
virtual_server_group web {{
{lines}
}}
virtual_server group web {{
    lvs_sched wlc
    lvs_method NAT
    protocol TCP
    {servers}
}}
"""

LINES = """    10.9.0.100 80
    10.9.0.101-103 443
    10.9.1.0/30 8000
    fwmark 7
"""

WITH_UDP = """
virtual_server group web {
    lvs_sched rr
    lvs_method DR
    protocol UDP
    real_server 10.9.0.31 8080 {
        weight 5
    }
}
"""

TUNNELS = """
virtual_server_group both {
    10.9.0.100 80
    fd00::100 80
    fwmark 9 inet
    fwmark 9 inet6
}
virtual_server group both {
    lvs_sched sh
    sh-port
    lvs_method TUN
    protocol TCP
    real_server 10.9.0.21 80 {
    }
    real_server 10.9.0.22 80 {
        lvs_method TUN type gue port 6080
    }
    real_server 10.9.0.23 80 {
        lvs_method TUN type gue port 6081 csum
    }
    real_server 10.9.0.24 80 {
        lvs_method TUN type gue port 6082 remcsum
    }
    real_server 10.9.0.25 80 {
        lvs_method TUN type gre
    }
    real_server fd00::26 80 {
        lvs_method TUN type gre csum
        uthreshold 100
        lthreshold 50
    }
}
"""


# Of LINES with SERVERS: 8 addresses and a mark, each with two servers.
GROUP_SERVICES = 9
GROUP_SIZE = GROUP_SERVICES * 3
TUNNELS_SIZE = 4 * 7


def _group(lines=LINES, servers=SERVERS):
    return GROUP.format(lines=lines, servers=servers)


def _director(lab, name="director1"):
    return lab.solo(name, "eth0", "10.9.0.1/16").up()


def _saved(host):
    """The table as `ipvsadm -R` would take it, in any order."""
    return sorted(host.run("ipvsadm -Sn").splitlines())


def _both_tables(lab, text, lines):
    """The table of the configuration under the original and under the subject, equal and of so many lines."""
    tables = []
    for program in (lab.original, lab.subject):
        host = _director(lab, f"director{len(tables) + 1}")
        daemon = lab.daemon(host, text, program).start()
        eventually(lambda: len(_saved(host)) == lines, 8, lambda: f"{program}: {_saved(host)}")
        tables.append(_saved(host))
        daemon.stop()
        eventually(lambda: not _saved(host), 5, lambda: f"{program} left {_saved(host)}")
    equal(tables[1], tables[0], "the subject's table against the original's")
    return tables[1]


@case("ipvs/group-table", ipvs=True, seconds=10)
def group_table(lab):
    """Addresses, a range, a network and a mark, for TCP and UDP: as the original has it."""
    # UDP has 8 addresses with a server each, and one more by the mark.
    table = _both_tables(lab, _group() + WITH_UDP, GROUP_SIZE + 8 * 2 + 1)
    check("-A -u 10.9.1.2:8000 -s rr" in table, f"the network's addresses: {table}")
    check("-a -t 10.9.0.103:443 -r 10.9.0.22:443 -g -w 1" in table, f"only NAT changes the port: {table}")


@case("ipvs/tunnels", ipvs=True, seconds=10)
def tunnels(lab):
    """A group of both families whose servers are behind tunnels of every kind, scheduler flags,
    thresholds: as the original has it."""
    table = _both_tables(lab, TUNNELS, TUNNELS_SIZE)
    shown = "\n".join(table)
    for words in ("--tun-type gue --tun-port 6080", "--tun-type gue --tun-port 6081 --tun-csum",
                  "--tun-type gue --tun-port 6082 --tun-remcsum", "--tun-type gre --tun-csum"):
        check(words in shown, f"{words} in {shown}")


@case("ipvs/group-reload", ipvs=True, ours_only=True, seconds=10)
def group_reload(lab):
    """A new line of a group comes with all servers, a dropped one goes; the others stay as they are."""
    host = _director(lab)
    daemon = lab.daemon(host, _group()).start()
    eventually(lambda: len(host.ipvs()) == GROUP_SERVICES, 8, "the group's services are there")
    before = host.ipvs()
    daemon.configure(_group(LINES.replace("fwmark 7", "fwmark 8").replace("101-103", "101-102")))
    daemon.reload()
    eventually(lambda: ("FWM", "8") in host.ipvs(), 8, "the new mark is there")
    daemon.wait_log("VS [FWM 8] added into group web")
    daemon.wait_log("VS [7] in group web no longer exists")
    after = host.ipvs()
    equal(after.pop(("FWM", "8")), before.pop(("FWM", "7")), "the new mark's servers")
    del before[("TCP", "10.9.0.103:443")]
    equal(after, before, "the other services")
    check(daemon.log.count("Gained quorum") == 1, "one pool for all")
    daemon.configure("virtual_server 10.9.0.100 80 {\n protocol TCP\n" + SERVERS + "}\n")
    daemon.reload()
    eventually(lambda: list(host.ipvs()) == [("TCP", "10.9.0.100:80")], 8, "the group is gone")
    daemon.wait_log("Removing Virtual Server Group [web]")


@case("ipvs/group-verdict", ipvs=True, ours_only=True, seconds=15)
def group_verdict(lab):
    """A server that fails leaves every service of the group."""
    host = _director(lab)
    host.run("ip address add 10.9.0.21/32 dev lo")
    servers = SERVERS.replace("weight 1", "weight 1\n delay_loop 1\n retry 0\n TCP_CHECK {\n connect_timeout 1\n }")
    lab.daemon(host, _group(servers=servers.replace("10.9.0.22", "10.9.0.1"))).start()
    eventually(lambda: len(host.ipvs()) == GROUP_SERVICES, 8, "the group's services are there")
    for address in ("10.9.0.100:80", "10.9.0.102:443", "10.9.1.3:8000"):
        eventually(
            lambda: in_table(host, "TCP", address) == {"10.9.0.21:8080": 3}, 10,
            lambda: f"{address} has the living server alone: {in_table(host, 'TCP', address)}",
        )


def _timeouts(host):
    words = host.run("ipvsadm -L --timeout").split()
    return words[-3:]


@case("ipvs/timeouts", ipvs=True, ours_only=True, seconds=15)
def timeouts(lab):
    """lvs_timeouts are set, and taken back when they are no longer given, also after a crash."""
    host = _director(lab)
    usual = _timeouts(host)
    given = "global_defs {\n lvs_timeouts tcp 777 udp 66\n}\n"
    daemon = lab.daemon(host, given + _group()).start()
    eventually(lambda: _timeouts(host) == ["777", usual[1], "66"], 8, lambda: f"set: {_timeouts(host)}")
    daemon.configure(given.replace("udp 66", "tcpfin 55") + _group())
    daemon.reload()
    eventually(lambda: _timeouts(host) == ["777", "55", usual[2]], 8, lambda: f"changed: {_timeouts(host)}")
    pid = daemon.wait_pid("checkers")
    os.kill(pid, signal.SIGKILL)
    daemon.wait_pid("checkers", pid)
    daemon.configure(_group())
    daemon.reload()
    eventually(lambda: _timeouts(host) == usual, 8, lambda: f"taken back: {_timeouts(host)}")
    daemon.configure(given + _group())
    daemon.reload()
    eventually(lambda: _timeouts(host)[0] == "777", 8, "set again")
    daemon.stop()
    equal(_timeouts(host), usual, "after the stop")


@case("ipvs/flushes", ipvs=True, seconds=15)
def flushes(lab):
    """lvs_flush empties the table at start; lvs_flush_on_stop at the stop, with VS only of ours."""
    host = _director(lab)
    foreign = "ipvsadm -A -t 10.9.0.200:80 -s rr; ipvsadm -a -t 10.9.0.200:80 -r 10.9.0.31 -m"
    host.run(foreign)
    daemon = lab.daemon(host, "global_defs {\n lvs_flush\n lvs_flush_on_stop VS\n}\n" + _group()).start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE, 8, lambda: f"ours alone: {_saved(host)}")
    host.run(foreign)
    daemon.stop()
    eventually(lambda: len(_saved(host)) == 2, 5, lambda: f"the foreign one alone: {_saved(host)}")
    daemon.configure("global_defs {\n lvs_flush_on_stop\n}\n" + _group())
    daemon.start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE + 2, 8, lambda: f"all: {_saved(host)}")
    daemon.stop()
    eventually(lambda: not _saved(host), 5, lambda: f"nothing is left: {_saved(host)}")


@case("ipvs/meddling", ipvs=True, ours_only=True, seconds=15)
def meddling(lab):
    """A reload that changes nothing takes back all that was done to ours by hand, and no more."""
    host = _director(lab)
    daemon = lab.daemon(host, _group() + TUNNELS.replace("9.0.100", "9.2.100")).start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE + TUNNELS_SIZE, 8, lambda: f"{_saved(host)}")
    host.run("ipvsadm -A -t 10.9.0.200:80 -s rr; ipvsadm -a -t 10.9.0.200:80 -r 10.9.0.31 -m")
    others = _saved(host)
    for words in (
        "-E -t 10.9.0.100:80 -s rr",
        "-a -t 10.9.0.101:443 -r 10.9.0.99:443 -m",
        "-d -t 10.9.0.102:443 -r 10.9.0.21:8080",
        "-e -t 10.9.1.1:8000 -r 10.9.0.21:8080 -m -w 77",
        "-e -t 10.9.1.1:8000 -r 10.9.0.22:8000 -g -w 1 -x 500 -y 400",
        "-e -f 7 -r 10.9.0.22:0 -m -w 1",
        "-e -t 10.9.2.100:80 -r 10.9.0.25:80 -i -w 1 --tun-type gue --tun-port 99",
        "-D -t 10.9.1.2:8000",
    ):
        host.run("ipvsadm " + words)
    daemon.reload()
    eventually(lambda: _saved(host) == others, 8,
               lambda: f"as wanted: {set(_saved(host)) ^ set(others)}")
    check(host.run("ipvsadm -Ln --thresholds").count("500") == 0, "the thresholds")
    daemon.stop()
    eventually(lambda: len(_saved(host)) == 2, 5, "others' stay, ours go")


@case("ipvs/killed-and-changed", ipvs=True, ours_only=True, seconds=15)
def killed_and_changed(lab):
    """All is killed; what the next configuration does not have goes, what others did stays."""
    host = _director(lab)
    daemon = lab.daemon(host, _group() + TUNNELS.replace("9.0.100", "9.2.100")).start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE + TUNNELS_SIZE, 8, lambda: f"{_saved(host)}")
    host.run("ipvsadm -A -f 99 -s rr")
    daemon.kill()
    daemon.configure(_group(LINES.replace("fwmark 7", "fwmark 8")))
    daemon.start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE + 1, 8, lambda: f"{_saved(host)}")
    check(("FWM", "99") in host.ipvs(), "the foreign service stays")
    check(("FWM", "7") not in host.ipvs(), "a group's dropped line goes")


# IPVS_CMD_* of linux/ip_vs.h; those that only read are left out.
CHANGES = {1: "new service", 2: "set service", 3: "delete service", 5: "new server", 6: "set server",
           7: "delete server"}


def _changes_sent(lab, pid, reload):
    """What is sent to IPVS to be changed while `reload` runs and for a while after."""
    path = os.path.join(lab.results, "sent.strace")
    words = ["strace", "-f", "-q", "-v", "-s", "8", "-e", "trace=sendto", "-o", path, "-p", str(pid)]
    with subprocess.Popen(words) as tracer:
        eventually(lambda: "TracerPid:\t0" not in _status(pid), 5, "the tracer is there")
        try:
            reload()
        finally:
            tracer.kill()
    with open(path, encoding="ascii", errors="replace") as text:
        commands = re.findall(r'nlmsg_seq=[^"]*"\\x0([0-9a-f])\\x01\\x00\\x00', text.read())
    check(commands, "strace sees what is sent to IPVS")
    return [CHANGES[int(one, 16)] for one in commands if int(one, 16) in CHANGES]


def _status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        return text.read()


@case("ipvs/only-what-changed", ipvs=True, ours_only=True, seconds=15)
def only_what_changed(lab):
    """A reload sends to the kernel what is new, and nothing when nothing is."""
    host = _director(lab)
    text = _group() + TUNNELS.replace("9.0.100", "9.2.100")
    daemon = lab.daemon(host, text).start()
    eventually(lambda: len(_saved(host)) == GROUP_SIZE + TUNNELS_SIZE, 8, lambda: f"{_saved(host)}")
    pid = daemon.wait_pid("checkers")
    finished = []

    def reload(next_text):
        daemon.configure(next_text)
        daemon.reload()
        finished.append(next_text)
        daemon.wait_log("Reload finished", count=len(finished))
        # The comparison with the kernel's table comes after that: a stray service shows its end.
        eventually(lambda: "10.9.0.99:80" not in in_table(host, "TCP", "10.9.0.100:80"), 5,
                   "the kernel's table was compared")

    def with_stray(next_text):
        host.run("ipvsadm -a -t 10.9.0.100:80 -r 10.9.0.99:80 -m")
        reload(next_text)

    equal(_changes_sent(lab, pid, lambda: with_stray(text)), ["delete server"], "the stray server's end")
    changed = text.replace("uthreshold 100", "uthreshold 200")
    equal(
        _changes_sent(lab, pid, lambda: with_stray(changed)), ["set server"] * 4 + ["delete server"],
        "one server in four services, and the stray one",
    )
