"""Connections from end to end through the director, in every way packets are forwarded."""

from lab import balancing
from lab.balancing import GUE_PORT, Site, VIP, service
from lab.case import case
from lab.wait import check

METHODS = {
    "nat": "NAT",
    "dr": "DR",
    "tun": "TUN",
    "tun-gre": "TUN type gre",
    "tun-gre-csum": "TUN type gre csum",
    "tun-gue": f"TUN type gue port {GUE_PORT}",
}


def prepared(lab, family, method):
    """A site whose real servers take what comes by that method."""
    site = Site(lab, family)
    if method == "nat":
        return site.masquerade()
    if method == "dr":
        return site.hold()
    return site.tunnel(method.removeprefix("tun").lstrip("-").replace("-", " ") or "ipip")


def _declare(method, family):
    @case(f"traffic/{method}-ipv{family}", ipvs=True, seconds=10)
    def traffic(lab):
        site = prepared(lab, family, method)
        lab.daemon(site.director, service(family, METHODS[method])).start()
        site.both_answer()

    traffic.__doc__ = f"{METHODS[method]} over IPv{family}: both real servers answer the client."


for _method in METHODS:
    for _family in (4, 6):
        _declare(_method, _family)


def _declare_mixed(family):
    @case(f"traffic/tun-mixed-ipv{family}", ipvs=True, seconds=12)
    def mixed(lab):
        site = Site(lab, family).tunnel("mixed")
        outer = balancing.REAL[10 - family]
        lab.daemon(site.director, service(family, "TUN", servers=outer)).start()
        site.both_answer()

    mixed.__doc__ = f"IPv{family} in a tunnel of the other family."


for _family in (4, 6):
    _declare_mixed(_family)


@case("traffic/nat-other-port", ipvs=True, seconds=10)
def nat_other_port(lab):
    """NAT to another port of the real servers."""
    site = Site(lab).masquerade()
    text = service(4, "NAT", head=f"{VIP[4]} 8080")
    lab.daemon(site.director, text).start()
    site.both_answer(port=8080)


def _declare_mark(family):
    @case(f"traffic/fwmark-ipv{family}", ipvs=True, seconds=12)
    def fwmark(lab):
        site = Site(lab, family).hold()
        tables = "iptables-legacy" if family == 4 else "ip6tables-legacy"
        site.director.run(
            f"{tables} -t mangle -A PREROUTING -d {VIP[family]} -p tcp --dport 80"
            " -j MARK --set-mark 21"
        )
        text = service(family, "DR", real_port=0, head="fwmark 21")
        lab.daemon(site.director, text).start()
        site.both_answer()
        # What carries another mark is not balanced: the director itself has no server.
        status, _ = balancing.get(site.client, VIP[family], 81, timeout=0.5)
        check(status == 0, "an unmarked port is balanced")

    fwmark.__doc__ = f"Marked by the packet filter, IPv{family}: balanced whatever the port says."


for _family in (4, 6):
    _declare_mark(_family)
