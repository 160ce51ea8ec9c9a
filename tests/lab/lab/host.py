"""A host: its own network, processes, names and a private writable copy of the whole file system."""

import os
import signal
import subprocess

from . import kernel
from .cradle import Cradle
from .wait import Failure

REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))

class Host:
    """One machine of the lab. `pid` is that of its first process, seen from outside."""

    _count = 0

    def __init__(self, name, results):
        Host._count += 1
        self.name = name
        self.results = results
        base = f"/tmp/.lab-{os.getpid()}-{Host._count}-{name}"
        self._cradle = Cradle(name, base, [REPOSITORY, results])
        self.pid = None
        self._namespace = None
        self._started = []

    def wait_ready(self):
        """Waits until the host's file system stands; to be called once before anything else."""
        self.pid = self._cradle.wait_ready()
        self._namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        return self

    def path(self, path):
        """A file of this host as seen from outside."""
        return f"/proc/{self.pid}/root{path}"

    def write(self, path, text, mode=0o644):
        """Writes a file of this host, making its folder if needed."""
        outside = self.path(path)
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        with open(outside, "w" if isinstance(text, str) else "wb") as out:
            out.write(text)
        os.chmod(outside, mode)

    def read(self, path):
        """The text of a file of this host, or "" when there is none."""
        try:
            with open(self.path(path), encoding="utf-8", errors="replace") as text:
                return text.read()
        except OSError:
            return ""

    def _enter(self, command):
        words = ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "--"]
        return words + (["sh", "-c", command] if isinstance(command, str) else list(command))

    def run(self, command, check=True, timeout=30, stdin=None):
        """Runs a shell line or a list of words to its end; returns what it printed (both streams)."""
        done = subprocess.run(
            self._enter(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            timeout=timeout,
            check=False,
        )
        text = done.stdout.decode(errors="replace")
        if check and done.returncode != 0:
            raise Failure(f"{self.name}: {command}: exit status {done.returncode}\n{text}")
        return text

    def status(self, command, timeout=30):
        """Runs a command to its end and returns (exit status, what it printed)."""
        done = subprocess.run(
            self._enter(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def start(self, command, log):
        """Starts a program that stays; what it prints goes to the file `log` of the results."""
        with open(os.path.join(self.results, log), "ab") as out:
            process = subprocess.Popen(
                self._enter(command), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        self._started.append(process)
        return process

    def log(self, name):
        """What a program started with this log has printed so far."""
        path = os.path.join(self.results, name)
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def processes(self):
        """{pid seen from outside: (parent's pid, pid on this host, command line words)}."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                if os.readlink(f"/proc/{entry}/ns/pid") != self._namespace:
                    continue
                with open(f"/proc/{entry}/status", encoding="ascii", errors="replace") as text:
                    fields = dict(line.rstrip("\n").split(":\t", 1) for line in text if ":\t" in line)
                with open(f"/proc/{entry}/cmdline", "rb") as text:
                    words = text.read().decode(errors="replace").split("\0")[:-1]
            except OSError:
                continue
            if fields.get("State", "Z")[0] != "Z":
                found[int(entry)] = (int(fields["PPid"]), int(fields["NSpid"].split()[-1]), words)
        return found

    def outside_pid(self, pid):
        """The pid seen from outside of a process known by its pid on this host, or None."""
        for outside, (_, inside, _) in self.processes().items():
            if inside == pid:
                return outside
        return None

    def kill_program(self, name, sig=signal.SIGKILL):
        """Signals every process of this host whose program has this base name; returns how many."""
        count = 0
        for pid, (_, _, words) in self.processes().items():
            if words and os.path.basename(words[0].split(":")[0]) == name:
                try:
                    os.kill(pid, sig)
                except ProcessLookupError:
                    continue  # One process of a program may end with another.
                count += 1
        return count

    def sysctl(self, **values):
        """Sets network settings: sysctl(ipv4__ip_forward=1) is net.ipv4.ip_forward."""
        with kernel.network_of(self.pid):
            for name, value in values.items():
                path = "/proc/sys/net/" + name.replace("__", "/")
                with open(path, "w", encoding="ascii") as out:
                    out.write(f"{value}\n")

    def addresses(self):
        """Every address the kernel has for this host."""
        return kernel.addresses(self.pid)

    def has(self, address):
        """Whether the host has this address."""
        return any(one.address == address for one in self.addresses())

    def ipvs(self):
        """The host's IPVS table, see kernel.ipvs_table."""
        return kernel.ipvs_table(self.pid)

    def close(self):
        """Ends the host with everything that runs on it."""
        self._cradle.close()
        for process in self._started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
