"""A running keepalived, ours or the original: started, signalled and asked on a host."""

import os
import signal
import subprocess
import time

from .wait import Failure, eventually

CONFIGURATION = "/etc/keepalived/keepalived.conf"
PIDS = {"parent": "/run/lab.pid", "vrrp": "/run/lab-vrrp.pid", "checkers": "/run/lab-checkers.pid"}


def _name(pid):
    """What the kernel calls a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as text:
            return text.read().strip()
    except OSError:
        return None


class Daemon:
    """One keepalived on one host. `program` is the path of the binary, `configuration` its text."""

    def __init__(self, host, program, configuration, options=()):
        self.host = host
        self.program = program
        self.options = list(options)
        self._runs = 0
        self._process = None
        self.started = None
        self.configure(configuration)

    def configure(self, text):
        """Replaces the configuration file; reload() makes the daemon read it."""
        self.configuration_text = text
        self.host.write(CONFIGURATION, text)

    def start(self):
        """Starts it in the foreground, logging to a file of the results."""
        self._runs += 1
        command = [self.program, "-n", "-l", "-D", "-f", CONFIGURATION]
        command += ["-p", PIDS["parent"], "-r", PIDS["vrrp"], "-c", PIDS["checkers"]]
        # The signal handling of what started the lab must not reach the daemon.
        self.started = time.monotonic()
        self._process = self.host.start(command + self.options, self.log_name)
        return self

    @property
    def log_name(self):
        """The name of the log file in the results."""
        return f"{self.host.name}.keepalived.log"

    @property
    def log(self):
        """All it has printed so far, over all its runs."""
        path = os.path.join(self.host.results, self.log_name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def wait_log(self, words, seconds=10, count=1):
        """Waits until the log holds `words`, `count` times."""
        eventually(
            lambda: self.log.count(words) >= count,
            seconds,
            f"{self.host.name}'s log says {words!r} {count} time(s)",
        )

    def running(self):
        """Whether the process that start() made still is there."""
        return self._process is not None and self._process.poll() is None

    def exit_status(self, seconds=15):
        """Waits for its end and returns its exit status."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.host.name}: keepalived did not end in {seconds} s") from None

    def pid(self, role):
        """The pid, seen from outside, of "parent", "vrrp" or "checkers"; None when not there."""
        text = self.host.read(PIDS[role]).strip()
        return self.host.outside_pid(int(text)) if text.isdigit() else None

    def wait_pid(self, role, other_than=None, seconds=10):
        """Waits until that process exists (and is not `other_than`), returning its pid."""

        def there():
            pid = self.pid(role)
            return pid if pid != other_than else None

        return eventually(there, seconds, f"{self.host.name} has a {role} process")

    def signal(self, role, number):
        """Sends a signal to one of its processes, returning the time of the sending."""
        pid = self.wait_pid(role)
        now = time.monotonic()
        os.kill(pid, number)
        return now

    def processes(self):
        """The pids, seen from outside, of all that belongs to it on its host (not its scripts, nor
        the process that reads a configuration and is gone)."""
        return [
            pid
            for pid, (_, _, words) in self.host.processes().items()
            if words and words[0] == self.program and _name(pid) != "keepalived_read"
        ]

    def kill(self):
        """Kills the whole of it at once (SIGKILL), returning the time of the first kill."""
        pids = self.processes()
        parent = self.pid("parent")
        children = [pid for pid in pids if pid != parent]
        for pid in children:
            os.kill(pid, signal.SIGSTOP)  # so that they cannot act on the parent's death
        now = time.monotonic()
        for pid in [parent] + children:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self.processes(), 5, f"{self.host.name}: keepalived is killed")
        self._process.wait(5)
        return now

    def stop(self, seconds=15):
        """Stops it as an operator does (SIGTERM to the parent); returns the time of the signal."""
        now = self.signal("parent", signal.SIGTERM)
        self.exit_status(seconds)
        return now

    def reload(self):
        """Makes it read its configuration again (SIGHUP); returns the time of the signal."""
        return self.signal("parent", signal.SIGHUP)
