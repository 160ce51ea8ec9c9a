"""The IPVS client and the checker process alone, without the daemon, against the kernel."""

import os

from lab.case import case
from lab.wait import check, equal, eventually

# What the seeds leave out: firewall marks, IPv6, scheduler flags, one-packet scheduling, engines,
# granularity, thresholds, quorum, a sorry server that inhibits, ports that follow the service.
RICH = """
virtual_server fwmark 21 {
    delay_loop 600
    lvs_sched wlc
    lvs_method NAT
    persistence_timeout 50
    persistence_granularity 255.255.255.0
    real_server 10.9.0.21 8021 {
        weight 2
        TCP_CHECK {
            connect_timeout 1
        }
    }
    real_server 10.9.0.22 0 {
        weight 0
    }
}
virtual_server fwmark 22 {
    lvs_sched rr
    lvs_method DR
    ip_family inet6
    real_server fd00::21 0 {
        weight 2
    }
}
virtual_server fd00::100 80 {
    lvs_sched sh
    sh-port
    sh-fallback
    lvs_method TUN
    protocol TCP
    persistence_timeout 100
    persistence_granularity 64
    real_server fd00::22 80 {
        weight 3
        uthreshold 100
        lthreshold 50
    }
}
virtual_server 10.9.0.100 53 {
    delay_loop 600
    lvs_sched rr
    ops
    protocol UDP
    lvs_method NAT
    quorum 3
    hysteresis 1
    sorry_server 10.9.0.99 53
    sorry_server_inhibit
    alpha
    real_server 10.9.0.31 53 {
        weight 3
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 1
        }
    }
    real_server 10.9.0.32 5353 {
        weight 4
        TCP_CHECK {
            connect_timeout 1
        }
    }
    real_server 10.9.0.33 5353 {
        weight 1
    }
}
virtual_server 10.9.0.101 5060 {
    lvs_sched mh
    mh-port
    protocol UDP
    persistence_engine sip
    persistence_timeout 10
    lvs_method NAT
    inhibit_on_failure
    real_server 10.9.0.31 5060 {
        weight 1
        lvs_method DR
    }
    real_server 10.9.0.32 5070 {
    }
}
virtual_server 10.9.0.102 0 {
    lvs_sched lblcr
    flag-1
    protocol SCTP
    persistence_timeout
    lvs_method DR
    real_server 10.9.0.31 0 {
        weight 5
    }
}
"""


def _built(lab):
    """The test program of the build the subject is of."""
    folder = os.path.dirname(lab.subject)
    for up in ("", ".."):
        path = os.path.join(folder, up, "tests", "interop", "ipvs_kernel")
        if os.path.exists(path):
            return os.path.realpath(path)
    raise FileNotFoundError(f"tests/interop/ipvs_kernel of the build of {lab.subject}: build it")


def _run(lab, words):
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    printed = host.run([_built(lab), *words], check=False, timeout=240)
    check("All tests passed" in printed, printed)


@case("ipvs/client-and-checkers", ipvs=True, ours_only=True, seconds=40)
def client_and_checkers(lab):
    """Tables there and back, batches, refusals; verdicts, reload, crash, weights set by hand."""
    _run(lab, ["~[load]~[module]"])


@case("ipvs/five-thousand-checks", ipvs=True, ours_only=True, seconds=40)
def five_thousand_checks(lab):
    """5,000 checks in flight do not disturb each other."""
    _run(lab, ["[load]"])


@case("ipvs/module", ipvs=True, ours_only=True, seconds=45)
def module(lab):
    """The module is loaded where it can be; where not, that is said once and checks go on."""
    _run(lab, ["[module]"])


@case("ipvs/rich-table", ipvs=True, seconds=10)
def rich_table(lab):
    """Every kind of service: what ipvsadm prints under the subject and under the original."""
    printed = []
    for program in (lab.original, lab.subject):
        host = lab.solo(f"director{len(printed) + 1}", "eth0", "10.9.0.1/24").up()
        daemon = lab.daemon(host, RICH, program).start()
        eventually(lambda: len(host.run("ipvsadm -Sn").splitlines()) == 15, 10, f"{program}: 15 lines")
        printed.append(host.run("ipvsadm -Ln; ipvsadm -Ln --thresholds; ipvsadm -Sn").splitlines())
        daemon.stop()
        check(not host.run("ipvsadm -Sn"), f"{program} left services when it stopped")
    equal(printed[1], printed[0], "the subject's table against the original's")
