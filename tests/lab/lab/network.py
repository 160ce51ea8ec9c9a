"""The network between the hosts: one switch, a link to each host, links that can be cut."""

import itertools
import os
import subprocess

from . import kernel
from .host import Host
from .wire import Capture


def batch(host, lines):
    """Runs lines of `ip` in the network of a host."""
    # Only the network namespace is entered: the pids in the lines are those seen from here.
    with kernel.network_of(host.pid):
        done = subprocess.run(
            ["ip", "-batch", "-"],
            input="\n".join(lines).encode() + b"\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"{host.name}: ip -batch: {done.stdout.decode()}\n{lines}")


class Network:
    """Hosts on one switch. `Network(results).add("client", "eth0", "192.168.8.50/24")`, then up()."""

    def __init__(self, results):
        self.results = results
        self.switch = Host("switch", results)
        self.hosts = {}
        self._wanted = []
        self._ports = {}
        self._captures = []

    def add(self, name, interface, *addresses):
        """A host with one interface and its addresses (ADDRESS/PREFIX)."""
        self.hosts[name] = Host(name, self.results)
        self._wanted.append((name, interface, addresses))
        return self

    def up(self):
        """Builds what was added and waits until every link is up."""
        self.switch.wait_ready()
        lines = ["link add name br0 type bridge mcast_snooping 0 forward_delay 0", "link set br0 up"]
        for number, (name, interface, _) in enumerate(self._wanted, 1):
            host = self.hosts[name].wait_ready()
            port = f"p{number}"
            self._ports[name] = port
            lines.append(
                f"link add name {port} type veth peer name {interface}"
                f" address 02:00:00:00:00:{number:02x} netns {host.pid}"
            )
            lines += [f"link set {port} master br0", f"link set {port} up"]
        batch(self.switch, lines)
        for name, interface, addresses in self._wanted:
            lines = [f"address add {address} dev {interface}" for address in addresses]
            batch(self.hosts[name], lines + [f"link set {interface} up"])
        return self

    def __getitem__(self, name):
        return self.hosts[name]

    def cut(self, name):
        """Takes the switch's port to the host down: the host loses its carrier."""
        batch(self.switch, [f"link set {self._ports[name]} down"])

    def mend(self, name):
        """Undoes cut()."""
        batch(self.switch, [f"link set {self._ports[name]} up"])

    def mute(self, name):
        """The switch drops what the host sends and should get, without the carrier going."""
        done = ["bridge", "link", "set", "dev", self._ports[name], "state", "0"]
        self.switch.run(done)

    def unmute(self, name):
        """Undoes mute()."""
        self.switch.run(["bridge", "link", "set", "dev", self._ports[name], "state", "3"])

    def hush(self, *names):
        """The switch drops the adverts of these hosts; all else they send arrives."""
        for name in names:
            port = self._ports[name]
            lines = [
                f"add table bridge {port}",
                f"add chain bridge {port} out {{ type filter hook forward priority 0; }}",
                f"add rule bridge {port} out iifname {port} ip protocol {{ 51, 112 }} drop",
                f"add rule bridge {port} out iifname {port} ip6 nexthdr 112 drop",
            ]
            self.switch.run(["nft", "-f", "-"], stdin="\n".join(lines).encode() + b"\n")

    def unhush(self, *names):
        """Undoes hush(), of all at once."""
        lines = [f"delete table bridge {self._ports[name]}" for name in names]
        self.switch.run(["nft", "-f", "-"], stdin="\n".join(lines).encode() + b"\n")

    def port(self, name):
        """The switch's port to a host."""
        return self._ports[name]

    def capture(self):
        """Starts recording every frame that enters the switch; ends with the network."""
        names = {port: name for name, port in self._ports.items()}
        one = Capture(self.switch.pid, names)
        self._captures.append(one)
        return one

    def _unused(self, name, ending):
        """The path of a result; another one where several networks of a test have one each."""
        numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        paths = (os.path.join(self.results, f"{name}{number}{ending}") for number in numbers)
        return next(path for path in paths if not os.path.exists(path))

    def close(self):
        """Ends every host and the switch, whatever state they are in."""
        for one in self._captures:
            one.close()
            one.save(self._unused("wire", ".txt"))
        for host in list(self.hosts.values()) + [self.switch]:
            host.close()


class Solo:
    """One host whose interface leads to nobody: for what a director does all by itself."""

    def __init__(self, name, interface, address, results):
        self.host = Host(name, results)
        self._lines = [
            f"link add name lab0 type veth peer name {interface} address 02:00:00:00:01:01",
            f"address add {address} dev {interface}",
            "link set lab0 up",
            f"link set {interface} up",
        ]

    def up(self):
        """Waits until the host stands and its link is up; returns the host."""
        batch(self.host.wait_ready(), self._lines)
        return self.host

    def close(self):
        """Ends the host."""
        self.host.close()
