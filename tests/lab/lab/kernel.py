"""What Python 3.11 lacks of the kernel's interfaces: entering a network namespace, rtnetlink reads."""

import contextlib
import ctypes
import os
import socket
import struct
import threading
import time

CLONE_NEWNET = 0x40000000  # linux/sched.h
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22  # linux/rtnetlink.h
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300  # linux/netlink.h
NLMSG_DONE, NLMSG_ERROR = 3, 2
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL = 1, 2, 3  # linux/if_addr.h
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; 1,000 addresses may come at once
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


@contextlib.contextmanager
def network_of(pid):
    """Within the block this thread is in the network namespace of `pid`; its sockets stay there."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        other = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            _setns(other)
        finally:
            os.close(other)
        try:
            yield
        finally:
            _setns(own)
    finally:
        os.close(own)


def _attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def _messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        if length < 16:
            break
        yield kind, data[16:length]
        data = data[(length + 3) & ~3 :]


class Address:
    """One address as the kernel reports it (RTM_NEWADDR)."""

    def __init__(self, payload):
        family, self.prefix, _, self.scope, self.index = struct.unpack_from("=BBBBI", payload)
        attributes = _attributes(payload[8:])
        raw = attributes.get(IFA_LOCAL, attributes.get(IFA_ADDRESS))
        self.address = socket.inet_ntop(family, raw) if raw else ""
        self.label = attributes.get(IFA_LABEL, b"\0")[:-1].decode()

    def __repr__(self):
        return f"{self.address}/{self.prefix}@{self.label or self.index}"


def addresses(pid):
    """Every address in the network namespace of `pid`."""
    with network_of(pid):
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    with link:
        request = struct.pack("=IHHIIB7x", 24, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0, 0)
        link.send(request)
        found = []
        while True:
            for kind, payload in _messages(link.recv(65536)):
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return found
                if kind == RTM_NEWADDR:
                    found.append(Address(payload))


class AddressMonitor:
    """Records each address that comes or goes in a host's namespace, with its time.

    `events` holds (monotonic seconds, "+" or "-", address text).
    """

    def __init__(self, pid):
        with network_of(pid):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._socket.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._socket.settimeout(0.2)
        self.events = []
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._going:
            try:
                data = self._socket.recv(65536)
            except socket.timeout:
                continue
            except OSError:
                return
            now = time.monotonic()
            for kind, payload in _messages(data):
                if kind in (RTM_NEWADDR, RTM_DELADDR):
                    sign = "+" if kind == RTM_NEWADDR else "-"
                    self.events.append((now, sign, Address(payload).address))

    def of(self, address):
        """The events of one address, oldest first."""
        return [event for event in list(self.events) if event[2] == address]

    def close(self):
        """Ends the recording."""
        self._going = False
        self._thread.join(2)
        self._socket.close()


def ipvs_table(pid):
    """The IPVS table of the namespace of `pid` from /proc/net/ip_vs.

    {(protocol, "address:port" or "fwmark"): {"scheduler", "flags", "servers":
    {"address:port": (forwarding, weight, active, inactive)}}}, IPv4 and fwmark services only.
    """
    table, current = {}, None
    with open(f"/proc/{pid}/net/ip_vs", encoding="ascii") as lines:
        for line in list(lines)[3:]:
            words = line.split()
            if words and words[0] in ("TCP", "UDP", "SCTP", "FWM"):
                name = _endpoint(words[1]) if words[0] != "FWM" else str(int(words[1], 16))
                current = {"scheduler": words[2], "flags": " ".join(words[3:]), "servers": {}}
                table[(words[0], name)] = current
            elif words and words[0] == "->" and current is not None:
                forwarding, weight, active, inactive = words[2:6]
                current["servers"][_endpoint(words[1])] = (
                    forwarding,
                    int(weight),
                    int(active),
                    int(inactive),
                )
    return table


def _endpoint(text):
    if text.startswith("["):
        return text
    address, port = text.split(":")
    return f"{socket.inet_ntoa(bytes.fromhex(address))}:{int(port, 16)}"


def receive_buffers(pid):
    """(IP protocol, octets of the receive buffer) of each raw socket of a process."""
    pidfd_getfd = 438  # asm-generic/unistd.h
    process = os.pidfd_open(pid)
    found = []
    try:
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            if not os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:"):
                continue
            copy = _libc.syscall(pidfd_getfd, process, int(descriptor), 0)
            if copy < 0:
                continue
            with socket.socket(fileno=copy) as one:
                if one.type != socket.SOCK_RAW or one.family == socket.AF_NETLINK:
                    continue
                size = one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
                found.append((one.proto, size))
    finally:
        os.close(process)
    return found
