"""A client: single requests, and a steady stream of them whose gaps are measured."""

import socket
import threading
import time

from . import kernel


def connect(host, address, port, timeout=2.0, source=None):
    """A TCP connection made from `host`."""
    with kernel.network_of(host.pid):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        link = socket.socket(family, socket.SOCK_STREAM)
    link.settimeout(timeout)
    try:
        if source is not None:
            link.bind((source, 0))
        link.connect((address, port))
    except OSError:
        link.close()
        raise
    return link


def _response(link):
    """Reads one HTTP response with a Content-Length; returns (status, body)."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = link.recv(4096)
        if not more:
            raise OSError("the connection ended")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = link.recv(4096)
        if not more:
            raise OSError("the connection ended")
        body += more
    return status, body.decode(errors="replace").strip()


def get(host, address, port=80, timeout=2.0):
    """One HTTP request; returns (status, body), or (0, reason) when there was no answer."""
    try:
        with connect(host, address, port, timeout) as link:
            link.sendall(f"GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
            return _response(link)
    except OSError as error:
        return 0, str(error)


class Held:
    """A connection that is kept open and used again and again."""

    def __init__(self, host, address, port=80):
        self._address = address
        self._link = connect(host, address, port)

    def ask(self, timeout=5.0):
        """A request over the same connection; raises OSError when it is broken."""
        self._link.settimeout(timeout)
        self._link.sendall(f"GET / HTTP/1.1\r\nHost: {self._address}\r\n\r\n".encode())
        return _response(self._link)

    def close(self):
        """Closes it."""
        self._link.close()


class Traffic:
    """Requests at a steady pace from several workers, each its own connection, until stop()."""

    def __init__(self, host, address, port=80, pause=0.02, timeout=0.25, workers=2):
        self._target = (host, address, port)
        self._pause, self._timeout = pause, timeout
        self._lock = threading.Lock()
        self.answers = []  # (time of the answer, who answered)
        self.failures = []  # (time, why)
        self._going = True
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        host, address, port = self._target
        while self._going:
            status, text = get(host, address, port, self._timeout)
            now = time.monotonic()
            with self._lock:
                if status == 200:
                    self.answers.append((now, text))
                else:
                    self.failures.append((now, f"{status} {text}"))
            time.sleep(self._pause)

    def stop(self):
        """Ends the stream."""
        self._going = False
        for thread in self._threads:
            thread.join(5)

    def since(self, when):
        """The answers after a time."""
        with self._lock:
            return [answer for answer in self.answers if answer[0] >= when]

    def servers(self, since=0.0):
        """{who answered: how often} since a time."""
        found = {}
        for _, name in self.since(since):
            found[name] = found.get(name, 0) + 1
        return found

    def gap(self, since, until=None):
        """The longest time without an answer between two times, in ms (inf: no answer since)."""
        until = time.monotonic() if until is None else until
        with self._lock:
            before = [when for when, _ in self.answers if when < since][-1:] or [since]
            inside = sorted(when for when, _ in self.answers if since <= when <= until)
        if not inside:
            return float("inf")
        points = before + inside
        return max(after - before for before, after in zip(points, points[1:])) * 1000
