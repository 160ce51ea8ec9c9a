"""Makes the namespaces of a host without running a single program.

Starting a program takes some 50 ms in the user-mode kernel; a shell script of mounts made a lab of
seven hosts take nine seconds to stand.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import time
import traceback

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000  # linux/sched.h
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2  # sys/mount.h
SYS_PIVOT_ROOT = 155  # asm/unistd_64.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # linux/sockios.h, linux/if.h

_libc = ctypes.CDLL(None, use_errno=True)


def _call(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _mount(source, target, kind=None, flags=0, options=None):
    def text(value):
        return None if value is None else value.encode()

    _call(
        _libc.mount(text(source), text(target), text(kind), flags, text(options)),
        f"mount {source} {target}",
    )


def _touch(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))


def _devices(root):
    """A /dev of its own, so that /dev/log is the host's own."""
    _mount("tmpfs", f"{root}/dev", "tmpfs", 0, "mode=755")
    for device in ("null", "zero", "full", "random", "urandom", "tty"):
        _touch(f"{root}/dev/{device}")
        _mount(f"/dev/{device}", f"{root}/dev/{device}", None, MS_BIND)
    for folder in ("shm", "pts"):
        os.mkdir(f"{root}/dev/{folder}")
    _mount("tmpfs", f"{root}/dev/shm", "tmpfs", 0, "mode=1777")
    for link, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"{root}/dev/{link}")


def _files(base, shared):
    """An overlay of / whose upper layer is in memory becomes the root; `shared` stay shared."""
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", base, "tmpfs")
    for part in ("up", "work", "root"):
        os.mkdir(f"{base}/{part}")
    layers = f"lowerdir=/,upperdir={base}/up,workdir={base}/work"
    root = f"{base}/root"
    _mount("overlay", root, "overlay", 0, layers)
    for folder in ("proc", "sys", "run", "tmp", "dev", "mnt"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)
    _mount("proc", f"{root}/proc", "proc")
    _mount("sysfs", f"{root}/sys", "sysfs")
    _mount("tmpfs", f"{root}/run", "tmpfs", 0, "mode=755")
    _mount("tmpfs", f"{root}/tmp", "tmpfs", 0, "mode=1777")
    os.mkdir(f"{root}/run/lock")
    for folder in shared:
        os.makedirs(f"{root}{folder}", exist_ok=True)
        _mount(folder, f"{root}{folder}", None, MS_BIND | MS_REC)
    _devices(root)
    os.chdir(root)
    _call(_libc.syscall(SYS_PIVOT_ROOT, b".", b"mnt"), "pivot_root")
    _call(_libc.umount2(b"/mnt", MNT_DETACH), "umount /mnt")
    os.chdir("/")


def _names(name):
    socket.sethostname(name)
    with open("/etc/hosts", "w", encoding="ascii") as out:
        out.write(f"127.0.0.1 localhost {name}\n::1 localhost\n")
    with open("/etc/hostname", "w", encoding="ascii") as out:
        out.write(name + "\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        fcntl.ioctl(link, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def _reap_for_ever():
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.05)
        except InterruptedError:
            pass


def _first_process(name, base, shared, ready):
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    outside = int(os.readlink("/proc/self"))  # this /proc still is the one of the lab
    _files(base, shared)
    _names(name)
    os.write(ready, struct.pack("=i", outside))
    os.close(ready)
    _reap_for_ever()


def _keeper(name, base, shared, ready):
    """Holds the namespaces' first process: when this one dies, so does the host."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.closerange(3, ready)
    os.closerange(ready + 1, 1024)
    _call(
        _libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET),
        "unshare",
    )
    first = os.fork()
    if first == 0:
        _first_process(name, base, shared, ready)
    os.close(ready)
    os.waitpid(first, 0)


class Cradle:
    """A host's namespaces. `pid` is their first process, known once wait_ready() returned."""

    def __init__(self, name, base, shared):
        self._base, self._name = base, name
        os.mkdir(base)
        self._ready, ready = os.pipe()
        self.keeper = os.fork()
        if self.keeper == 0:
            try:
                _keeper(name, base, shared, ready)
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            os._exit(1)
        os.close(ready)
        self.pid = None

    def wait_ready(self):
        """Waits until the host stands; returns the pid of its first process."""
        data = os.read(self._ready, 4)  # nothing when it ended instead
        os.close(self._ready)
        if len(data) != 4:
            raise RuntimeError(f"host {self._name} did not start")
        self.pid = struct.unpack("=i", data)[0]
        return self.pid

    def close(self):
        """Ends all that runs in the namespaces and waits for it; a second call does nothing."""
        if self.keeper is None:
            return
        try:
            os.kill(self.keeper if self.pid is None else self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        deadline = time.monotonic() + 10
        while os.waitpid(self.keeper, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.keeper = None
        os.rmdir(self._base)
