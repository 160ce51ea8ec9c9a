"""A client that asks a virtual address every millisecond who answers there."""

import socket
import threading
import time

from lab import kernel

PORT = 4242
PAUSE = 0.001
IP_PKTINFO = 8  # linux/in.h


class Responder:
    """Answers every datagram to a host, whatever address it was sent to, with the host's name."""

    def __init__(self, host):
        with kernel.network_of(host.pid):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # The answer leaves from the address that was asked.
        self._socket.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self._socket.bind(("", PORT))
        self._socket.settimeout(0.2)
        self._name = host.name.encode()
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._going:
            try:
                data, extra, _, source = self._socket.recvmsg(64, 64)
            except socket.timeout:
                continue
            except OSError:
                return
            asked = [(level, kind, b"\0" * 4 + info[8:12] + b"\0" * 4) for level, kind, info in extra]
            try:
                self._socket.sendmsg([data[:8] + self._name], asked, 0, source)
            except OSError:
                pass  # the address has just gone

    def close(self):
        """Ends it."""
        self._going = False
        self._thread.join(2)
        self._socket.close()


class Probe:
    """Asks an address of IPv4 from a host, and remembers when it was answered, until close()."""

    def __init__(self, host, address):
        with kernel.network_of(host.pid):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._target = (address, PORT)
        self.answers = []  # monotonic seconds
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._going:
            try:
                self._socket.sendto(b"12345678", self._target)
            except OSError:
                pass  # nobody has the address
            time.sleep(PAUSE)
            try:
                while self._socket.recv(64):
                    self.answers.append(time.monotonic())
            except OSError:
                pass

    def gap(self, since, until):
        """The longest time without an answer between two times, in ms."""
        before = [when for when in self.answers if when < since][-1:] or [since]
        inside = [when for when in self.answers if since <= when <= until]
        points = before + inside + [until]
        return max(after - before for before, after in zip(points, points[1:])) * 1000

    def close(self):
        """Ends it."""
        self._going = False
        self._thread.join(2)
        self._socket.close()
