"""Elections of the seeds' pairs: one holder of each VIP, and what happens when it goes."""

import signal

from lab import topology
from lab.case import case
from lab.servers import answers, start_nginx
from lab.traffic import Traffic
from lab.wait import always, check, equal, eventually


def holders(net, vip):
    """The directors that have the VIP."""
    return [name for name in ("director1", "director2") if net[name].has(vip)]


def elect(net, vip, winner, seconds=8):
    """Waits until only `winner` has the VIP."""
    eventually(
        lambda: holders(net, vip) == [winner],
        seconds,
        lambda: f"{winner} alone has {vip}; it is on {holders(net, vip)}",
    )


def start_pair(lab, pair, client, programs=(None, None)):
    """A pair with both daemons started."""
    net = pair.network(lab, client)
    daemons = pair.daemons(lab, net, programs)
    for daemon in daemons:
        daemon.start()
    return net, daemons


@case("election/one-master", ipvs=True, seconds=9)
def one_master(lab):
    """Both start as BACKUP: the higher priority wins, and the VIP is on exactly one."""
    net, _ = start_pair(lab, topology.LVS_DR, topology.LVS_DR_CLIENT)
    elect(net, "192.168.8.100", "director1")
    always(
        lambda: holders(net, "192.168.8.100") == ["director1"], 2, "the VIP stays on director1"
    )
    vip = [one for one in net["director1"].addresses() if one.address == "192.168.8.100"][0]
    equal((vip.prefix, vip.scope), (32, 0), "prefix and scope of the VIP")
