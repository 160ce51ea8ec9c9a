"""The master goes in every way it can; clients go on through the pair."""

import time

from lab import topology
from lab.case import ORIGINAL, case
from lab.pairs import elect, holders, serving_pair, start_pair
from lab.servers import answers, start_nginx
from lab.traffic import Traffic
from lab.wait import check, eventually

VIP = "10.1.38.15"
CLIENT = "10.1.38.200/16"
# priority 97: three adverts and a skew of (256 - 97) / 256 s
MASTER_DOWN, SKEW = 3.621, 0.621


def _serving(lab, programs=(None, None)):
    net, daemons = serving_pair(lab, topology.HTTP_GET, CLIENT, programs)
    eventually(lambda: len(net["director2"].ipvs()) == 1, 10, "director2 has its service")
    traffic = lab.later(_Closing(Traffic(net["client"], VIP)))
    eventually(lambda: len(traffic.it.servers()) == 2, 10, "both real servers answer the client")
    return net, daemons, traffic.it


class _Closing:
    """Ends a stream of requests with the test."""

    def __init__(self, traffic):
        self.it = traffic

    def close(self):
        """Ends it."""
        self.it.stop()


def _goes_on(net, traffic, since, limit, winner="director2"):
    """Clients are answered again by both servers within `limit` seconds; returns the gap in ms."""
    elect(net, VIP, winner, limit + 4)
    elected = time.monotonic()
    eventually(
        lambda: len(traffic.servers(elected)) == 2,
        limit + 8,
        lambda: f"both servers answer again; last failures {traffic.failures[-3:]}",
    )
    gap = traffic.gap(since)
    check(gap < limit * 1000, f"clients waited {gap:.0f} ms, at most {limit * 1000:.0f} expected")
    return gap


@case("takeover/kill", ipvs=True, seconds=22)
def kill(lab):
    """kill -9 of the whole master: takeover within the master down interval."""
    net, (first, _), traffic = _serving(lab)
    when = first.kill()
    # The dead host would still answer for its address: its kernel has it. Its power goes too.
    net.cut("director1")
    net["director1"].run(f"ip address del {VIP}/16 dev team0")
    _goes_on(net, traffic, when, MASTER_DOWN + 1.0)


@case("takeover/stop", ipvs=True, seconds=18)
def stop(lab):
    """SIGTERM: priority 0 makes the other take over within the skew time."""
    net, (first, _), traffic = _serving(lab)
    when = first.stop()
    _goes_on(net, traffic, when, SKEW + 1.0)
    check(not net["director1"].ipvs(), "the stopped director left no services")


@case("takeover/link-cut", ipvs=True, seconds=32)
def link_cut(lab):
    """The master's link is cut: it gives up the VIP (FAULT), and comes back through BACKUP."""
    net, (first, _), traffic = _serving(lab)
    when = time.monotonic()
    net.cut("director1")
    eventually(lambda: not net["director1"].has(VIP), 2, "the cut off director drops the VIP")
    first.wait_log("Entering FAULT STATE")
    _goes_on(net, traffic, when, MASTER_DOWN + 1.0)
    net.mend("director1")
    when = time.monotonic()
    _goes_on(net, traffic, when, 8, "director1")
    text = first.log[first.log.rindex("Entering FAULT STATE") :]
    check("Entering BACKUP STATE" in text, "it returned through BACKUP")


@case("takeover/partition-heals", ipvs=True, seconds=32)
def partition(lab):
    """Cut off without losing the carrier there are two masters; one is left when it heals."""
    net, _, traffic = _serving(lab)
    net.mute("director1")
    eventually(lambda: holders(net, VIP) == ["director1", "director2"], 8, "both are master")
    net.unmute("director1")
    when = time.monotonic()
    elect(net, VIP, "director1", 3)
    _goes_on(net, traffic, when, 4, "director1")


@case("takeover/original-takes-over", ipvs=True, seconds=20)
def original_takes_over(lab):
    """Stopped, the subject hands clients over to the original."""
    net, (first, _), traffic = _serving(lab, (None, ORIGINAL))
    when = first.stop()
    _goes_on(net, traffic, when, SKEW + 1.0)


@case("takeover/from-the-original", ipvs=True, seconds=20)
def from_the_original(lab):
    """The original, stopped, hands clients over to the subject."""
    net, (first, _), traffic = _serving(lab, (ORIGINAL, None))
    when = first.stop()
    _goes_on(net, traffic, when, SKEW + 1.0)


@case("takeover/nginx-on-the-directors", seconds=16)
def nginx_on_directors(lab):
    """The pair without IPVS: nginx on the directors themselves, behind the VIP."""
    net, (first, _) = start_pair(lab, topology.VIP_NGINX, topology.VIP_NGINX_CLIENT)
    for name in ("director1", "director2"):
        start_nginx(net[name])
    elect(net, "192.168.1.108", "director1")
    answers(net["client"], "192.168.1.108", "director1")
    first.stop()
    elect(net, "192.168.1.108", "director2", 2)
    answers(net["client"], "192.168.1.108", "director2", 3)
