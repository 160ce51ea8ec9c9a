"""The IPVS client and the checker process alone, without the daemon, against the kernel."""

import os

from lab.case import case
from lab.wait import check


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
