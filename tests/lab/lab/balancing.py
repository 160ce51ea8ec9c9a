"""A site with a director, two real servers and a client: every way packets may be forwarded.

The client is in a network of its own, behind the director. Replies of masqueraded servers come back
through the director; others go to the client directly.
"""

from .servers import start_nginx
from .traffic import get
from .wait import eventually

VIP = {4: "10.9.0.100", 6: "fd00:9::100"}
REAL = {4: ("10.9.0.21", "10.9.0.22"), 6: ("fd00:9::21", "fd00:9::22")}
CLIENTS = {4: "10.8.0.0/24", 6: "fd00:8::/64"}
DIRECTOR = {4: ("10.9.0.1", "10.8.0.1"), 6: ("fd00:9::1", "fd00:8::1")}
GUE_PORT = 6080

# What a real server needs to take packets out of a tunnel, by the tunnel's type. What is filtered
# there says that packets came in that tunnel, not in the plain one that gue has inside.
_IP6TNL = "ip link add tun0 type ip6tnl mode ip6ip6 local {real}"
DECAPSULATION = {
    (4, "ipip"): "ip link add tun0 type ipip local {real}",
    (6, "ipip"): _IP6TNL,
    (4, "gre"): "ip link add tun0 type gre local {real}",
    (6, "gre"): "ip link add tun0 type ip6gre local {real}",
    (4, "gre csum"): "ip link add tun0 type gre local {real} icsum",
    (6, "gre csum"): "ip link add tun0 type ip6gre local {real} icsum",
    (4, "gue"): f"modprobe fou; ip fou add port {GUE_PORT} gue;"
    " ip link add tun0 type ipip local {real}; iptables-legacy -A INPUT -p 4 -j DROP",
    # Packets of one family in those of the other.
    (4, "mixed"): "ip link add tun0 type ip6tnl mode ipip6 local {real}",
    (6, "mixed"): "ip link add tun0 type sit local {real}",
    (6, "gue"): f"modprobe fou; modprobe fou6; ip -6 fou add port {GUE_PORT} gue;"
    f" {_IP6TNL}; ip6tables-legacy -A INPUT -p 41 -j DROP",
}


def _prefix(family):
    return 24 if family == 4 else 64


class Site:
    """The hosts, up, with nginx on the real servers; `family` is 4 or 6."""

    def __init__(self, lab, family=4):
        self.lab, self.family = lab, family
        self.net = lab.network()
        dad = "" if family == 4 else " nodad"

        def add(name, *addresses):
            self.net.add(name, "eth0", *(f"{one}/{_prefix(family)}{dad}" for one in addresses))

        add("director1", *DIRECTOR[family])
        add("real1", REAL[family][0])
        add("real2", REAL[family][1])
        add("client", "10.8.0.50" if family == 4 else "fd00:8::50")
        self.net.up()
        self.director, self.client = self.net["director1"], self.net["client"]
        self._route()
        for name in ("real1", "real2"):
            start_nginx(self.net[name])

    def _ip(self, name, words):
        self.net[name].run(f"ip -{self.family} {words}")

    def _route(self):
        if self.family == 4:
            self.director.sysctl(ipv4__ip_forward=1)
            self.director.sysctl(ipv4__conf__all__send_redirects=0)
            self.director.sysctl(ipv4__conf__eth0__send_redirects=0)
        else:
            self.director.sysctl(ipv6__conf__all__forwarding=1)
        # Not as the source of the director's own packets: the real servers have it, too.
        options = "/32" if self.family == 4 else "/128 preferred_lft 0 nodad"
        self._ip("director1", f"address add {VIP[self.family]}{options} dev eth0")
        for name in ("client", "real1", "real2"):
            if self.family == 4:
                self.net[name].sysctl(ipv4__conf__all__accept_redirects=0)
                self.net[name].sysctl(ipv4__conf__eth0__accept_redirects=0)
            else:
                self.net[name].sysctl(ipv6__conf__eth0__accept_redirects=0)
        self._ip("client", f"route add default via {DIRECTOR[self.family][1]}")

    def masquerade(self):
        """Replies come back through the director."""
        for name in ("real1", "real2"):
            self._ip(name, f"route add default via {DIRECTOR[self.family][0]}")
        return self

    def hold(self, *vips):
        """The real servers take packets for the virtual address, too, and answer for themselves."""
        bits = 32 if self.family == 4 else 128
        for name in ("real1", "real2"):
            if self.family == 4:
                self.net[name].sysctl(ipv4__conf__all__arp_ignore=1)
                self.net[name].sysctl(ipv4__conf__all__arp_announce=2)
                self.net[name].sysctl(ipv4__conf__all__rp_filter=0)
            for vip in vips or (VIP[self.family],):
                self._ip(name, f"address add {vip}/{bits} dev lo")
            self._ip(name, f"route add {CLIENTS[self.family]} dev eth0")
        return self

    def tunnel(self, kind):
        """The real servers also unwrap what comes in tunnels."""
        outer = 10 - self.family if kind == "mixed" else self.family
        if outer != self.family:
            dad = "" if outer == 4 else " nodad"
            addresses = {"director1": DIRECTOR[outer][0], "real1": REAL[outer][0]}
            for name, address in {**addresses, "real2": REAL[outer][1]}.items():
                self.net[name].run(f"ip address add {address}/{_prefix(outer)} dev eth0{dad}")
        for name, real in zip(("real1", "real2"), REAL[outer]):
            self.net[name].run("set -e; " + DECAPSULATION[self.family, kind].format(real=real))
            self.net[name].run("ip link set tun0 up")
            if self.family == 4:
                self.net[name].sysctl(ipv4__conf__tun0__rp_filter=0)
        return self.hold()

    def both_answer(self, vip=None, port=80):
        """Waits until the client reaches both real servers at the virtual address."""
        target = vip or VIP[self.family]
        seen = {}

        def both():
            for _ in range(4):
                status, text = get(self.client, target, port, timeout=1)
                seen[text] = status
            return seen.get("real1") == 200 and seen.get("real2") == 200

        eventually(both, 10, lambda: f"both real servers answer at {target}: {seen}")


def service(family, method, real_port=80, head=None, servers=None):
    """A virtual server on both real servers, or on `servers`, checked by TCP."""
    head = head or f"{VIP[family]} 80"
    protocol = "" if head.startswith("fwmark") else "protocol TCP"
    if head.startswith("fwmark") and family == 6:
        protocol = "ip_family inet6"
    blocks = "".join(
        f"""
    real_server {address} {real_port} {{
        TCP_CHECK {{
            connect_timeout 1
            connect_port 80
        }}
    }}"""
        for address in servers or REAL[family]
    )
    return f"""
virtual_server {head} {{
    delay_loop 2
    lvs_sched rr
    lvs_method {method}
    {protocol}{blocks}
}}
"""
