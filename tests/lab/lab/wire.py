"""What was on the wire: a recorder at the switch, and the few headers the tests look at."""

import socket
import struct
import threading
import time

from . import kernel

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4  # linux/if_packet.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module has no name for it


class Frame:
    """A frame that entered the switch: when (monotonic seconds), from which host, its bytes."""

    def __init__(self, when, host, data):
        self.time, self.host, self.data = when, host, data

    @property
    def is_advert(self):
        """Whether it is VRRP (protocol 112, or over IPv4 51 for an authentication header)."""
        if self._is_v6():
            return self.data[20] == 112
        return self._type() == 0x0800 and self.data[23] in (112, 51)

    @property
    def is_arp(self):
        """Whether it is ARP."""
        return self._type() == 0x0806

    def _type(self):
        return struct.unpack_from("!H", self.data, 12)[0] if len(self.data) >= 34 else 0

    @property
    def vrid(self):
        """An advert's virtual router id."""
        return self._vrrp()[1]

    @property
    def priority(self):
        """An advert's priority."""
        return self._vrrp()[2]

    def _is_v6(self):
        return self._type() == 0x86DD and len(self.data) >= 54

    def _vrrp(self):
        if self._is_v6():
            return self.data[54:]
        start = 14 + (self.data[14] & 15) * 4
        if self.data[23] == 51:
            start += (self.data[start + 1] + 2) * 4
        return self.data[start:]

    @property
    def is_gratuitous(self):
        """Whether it is an ARP to everybody in which sender and target are the same address."""
        everybody = self.data[:6] == b"\xff" * 6
        return self.is_arp and everybody and self.data[28:32] == self.data[38:42]

    @property
    def arp_address(self):
        """The sender's address of an ARP."""
        return socket.inet_ntoa(self.data[28:32])

    @property
    def is_unsolicited(self):
        """Whether it is a neighbour advertisement to all nodes."""
        to_all = socket.inet_pton(socket.AF_INET6, "ff02::1")
        return self._is_v6() and self.data[20] == 58 and self.data[54] == 136 and self.data[38:54] == to_all

    @property
    def target(self):
        """The address a neighbour advertisement is about."""
        return socket.inet_ntop(socket.AF_INET6, self.data[62:78])

    @property
    def from_router(self):
        """The router flag of a neighbour advertisement."""
        return bool(self.data[58] & 0x80)

    def __repr__(self):
        kind = "arp" if self.is_arp else "vrrp" if self.is_advert else "frame"
        return f"{self.time:.6f} {self.host} {kind} {self.data.hex()}"


def _arrival(control):
    """When the kernel took a frame, on the monotonic clock: this process may be late to ask."""
    for level, kind, content in control:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", content[:16])
            return time.monotonic() - (time.time() - seconds - nanoseconds / 1e9)
    return time.monotonic()


class Capture:
    """Records what enters the switch's ports. `ports` maps interface names to hosts' names."""

    def __init__(self, pid, ports):
        self._ports = ports
        with kernel.network_of(pid):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.2)
        self.frames = []
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._going:
            try:
                data, control, _, source = self._socket.recvmsg(2048, 128)
            except socket.timeout:
                continue
            except OSError:
                return
            host = self._ports.get(source[0])
            if host is None or source[2] == PACKET_OUTGOING:
                continue
            frame = Frame(_arrival(control), host, data)
            # Ordinary traffic would only make the record long.
            if frame.is_arp or frame.is_advert or frame.is_unsolicited:
                self.frames.append(frame)

    def adverts(self, host=None, vrid=None, since=0.0):
        """The adverts seen so far, oldest first."""
        return [
            frame
            for frame in list(self.frames)
            if frame.is_advert
            and host in (None, frame.host)
            and vrid in (None, frame.vrid)
            and frame.time >= since
        ]

    def gratuitous(self, host=None, address=None, since=0.0):
        """The gratuitous ARPs seen so far, oldest first."""
        return [
            frame
            for frame in list(self.frames)
            if frame.is_gratuitous
            and host in (None, frame.host)
            and address in (None, frame.arp_address)
            and frame.time >= since
        ]

    def unsolicited(self, host=None, since=0.0):
        """The unsolicited neighbour advertisements seen so far, oldest first."""
        return [
            frame
            for frame in list(self.frames)
            if frame.is_unsolicited and host in (None, frame.host) and frame.time >= since
        ]

    def close(self):
        """Ends the recording."""
        self._going = False
        self._thread.join(2)
        self._socket.close()

    def save(self, path):
        """Writes the record as text, one frame a line."""
        with open(path, "w", encoding="ascii") as out:
            for frame in self.frames:
                out.write(f"{frame!r}\n")
