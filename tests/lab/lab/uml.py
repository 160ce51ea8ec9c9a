"""Boots the user-mode kernel that has IPVS and runs a command in it."""

import os
import shutil
import signal
import subprocess

from .host import REPOSITORY

KERNEL = "linux.uml"
INIT = os.path.join(REPOSITORY, "tests", "lab", "uml-init")


def available():
    """Whether this machine can boot the kernel."""
    return shutil.which(KERNEL) is not None and os.path.isdir("/usr/lib/uml/modules")


class Machine:
    """One boot, running `command` (words without blanks) with `results` shared with this machine.

    The kernel's own messages go to kernel-GROUP.log of the results, the command's output to
    console-GROUP.log; ended-GROUP appears when the command ended.
    """

    def __init__(self, group, command, results, memory="640M"):
        self.group, self.results = group, results
        self.kernel_log = os.path.join(results, f"kernel-{group}.log")
        words = [KERNEL, f"mem={memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/"]
        words += ["ro", f"init={INIT}", "con=null", "con0=fd:0,fd:1", f"umid=lab{os.getpid()}-{group}"]
        words += [f"LAB_RESULTS={results}", f"LAB_GROUP={group}", f"LAB_REPOSITORY={REPOSITORY}"]
        words += [f"LAB_COMMAND=\"{' '.join(command)}\""]
        with open(self.kernel_log, "wb") as log:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def running(self):
        """Whether the kernel still runs."""
        return self._process.poll() is None

    def ended_well(self):
        """Whether the command came to its end."""
        return os.path.exists(os.path.join(self.results, f"ended-{self.group}"))

    def wait(self, seconds):
        """Waits for its end, at most so long, then ends it; returns whether the command ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()
        return self.ended_well()

    def kill(self):
        """Ends the kernel and all that runs in it."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait(10)
