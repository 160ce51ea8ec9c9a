"""Servers that come and go slowly: slow_start, drain, weights that outlive the checker process."""

import os
import signal

from lab.balancing import Site, VIP
from lab.case import case
from lab.servers import in_table
from lab.traffic import Held
from lab.wait import check, equal, eventually

SERVICE = ("TCP", f"{VIP[4]}:80")

TEXT = """
global_defs {
    script_user root
}
track_file gate {
    file /run/gate
    init_file 0
}
virtual_server 10.9.0.100 80 {
    delay_loop 0.3
    warmup 0
    lb_algo rr
    lb_kind NAT
    protocol TCP
    %s
    %s
}
"""

SERVER = """
    real_server 10.9.0.%s 80 {
        weight %d
        %s
    }
"""

SCRIPT = """MISC_CHECK {
            misc_path "/etc/keepalived/health"
            misc_dynamic
            misc_timeout 10
        }"""

HEALTH = """#!/bin/sh
read status </run/health
exit $status
"""

GATE = """FILE_CHECK {
            track_file gate
            weight 0
        }"""


def _scripted(lab, service, weight, status):
    """A director whose only server's script exits with `status`; started, its first check made."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.write("/etc/keepalived/health", HEALTH, 0o755)
    host.write("/run/health", f"{status}\n")
    daemon = lab.daemon(host, TEXT % (service, SERVER % (21, weight, SCRIPT))).start()
    daemon.wait_log("Misc check for [[10.9.0.21]:tcp:80 VS [10.9.0.100]:tcp:80] by "
                    "[/etc/keepalived/health] succeeded.")
    return host, daemon


def _status(host, status):
    """From now on the script exits so; it never meets half a file."""
    host.write("/run/health.new", f"{status}\n")
    os.rename(host.path("/run/health.new"), host.path("/run/health"))


def _weight(host):
    return (in_table(host, *SERVICE) or {}).get("10.9.0.21:80")


@case("transitions/slow-start", ipvs=True, ours_only=True, seconds=15)
def slow_start(lab):
    """The weight of a server that comes back grows to what it was."""
    host, _ = _scripted(lab, "slow_start 3", 100, 0)
    equal(_weight(host), 100, "at the start nothing comes back")
    _status(host, 1)
    eventually(lambda: _weight(host) is None, 5, "the server is out")
    _status(host, 0)
    seen = []

    def grown():
        weight = _weight(host)
        if weight is not None and weight not in seen:
            seen.append(weight)
        return weight == 100

    eventually(grown, 10, lambda: f"the weight grows to 100: {seen}")
    check(len(seen) > 2 and seen == sorted(seen), f"it grew in steps: {seen}")


@case("transitions/weight-outlives-the-checker", ipvs=True, ours_only=True, seconds=15)
def weight_outlives_the_checker(lab):
    """A killed checker's successor goes on with the weight a script gave, and says nothing."""
    host, daemon = _scripted(lab, "", 1, 10)
    eventually(lambda: _weight(host) == 8, 5, "the script's weight")
    daemon.wait_log("Changing weight from 1 to 8 for active service")
    checkers = daemon.wait_pid("checkers")
    daemon.signal("checkers", signal.SIGKILL)
    seen = set()

    def respawned():
        seen.add(_weight(host))
        return daemon.pid("checkers") not in (None, checkers)

    eventually(respawned, 10, "another checker process")
    _status(host, 12)
    daemon.wait_log("Changing weight from 8 to 10 for active service")
    seen.add(_weight(host))
    check(seen <= {8, 10}, f"weights seen: {seen}")
    equal(daemon.log.count("Changing weight from"), 2, "lines about the weight")
    equal(daemon.log.count("Gained quorum"), 1, "lines about the quorum")


@case("transitions/drain", ipvs=True, ours_only=True, seconds=25)
def drain(lab):
    """A server taken out in good order serves whom it has until they are done."""
    site = Site(lab).masquerade()
    director = site.director

    def text(*servers):
        return TEXT % ("drain 60", "".join(SERVER % (server, 1, GATE) for server in servers))

    daemon = lab.daemon(director, text(21)).start()
    eventually(lambda: _weight(director) == 1, 8, "the first server is in")
    held = Held(site.client, VIP[4])
    equal(held.ask()[0], 200, "the connection works")

    daemon.configure(text(22))
    daemon.reload()
    daemon.wait_log("Draining service [10.9.0.21]:tcp:80 of VS [10.9.0.100]:tcp:80 for at most 60")
    eventually(
        lambda: in_table(director, *SERVICE) == {"10.9.0.21:80": 0, "10.9.0.22:80": 1},
        5,
        "it is not configured any more, but has its connection",
    )
    equal(held.ask(), (200, "real1"), "the connection still works")
    daemon.signal("checkers", signal.SIGKILL)
    daemon.wait_pid("checkers", other_than=None)
    equal(held.ask(), (200, "real1"), "also when the checker is killed")
    held.close()
    daemon.wait_log("Removing service [10.9.0.21]:tcp:80 from VS [10.9.0.100]:tcp:80: it has no", 15)
    eventually(
        lambda: in_table(director, *SERVICE) == {"10.9.0.22:80": 1}, 5, "then it is gone"
    )

    director.write("/run/gate", "1\n")
    daemon.wait_log("Draining service [10.9.0.22]:tcp:80")
    daemon.wait_log("Removing service [10.9.0.22]:tcp:80 from VS [10.9.0.100]:tcp:80: it has no")
    equal(in_table(director, *SERVICE), {}, "the other one is closed by the file")
