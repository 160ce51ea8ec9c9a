"""Elections of the seeds' pairs: one holder of each VIP, and what happens when it goes."""

from lab import topology
from lab.case import ORIGINAL, case
from lab.pairs import elect, holders, start_pair, transitions
from lab.wait import always, check, equal, eventually


@case("election/lvs-dr", ipvs=True, seconds=9)
def lvs_dr(lab):
    """Both start as BACKUP: the higher priority wins, and the VIP is on exactly one."""
    net, _ = start_pair(lab, topology.LVS_DR, topology.LVS_DR_CLIENT)
    elect(net, "192.168.8.100", "director1")
    always(lambda: holders(net, "192.168.8.100") == ["director1"], 2, "the VIP stays")
    vip = [one for one in net["director1"].addresses() if one.address == "192.168.8.100"][0]
    equal((vip.prefix, vip.scope), (32, 0), "prefix and scope of the VIP")


@case("election/state-slaver", seconds=8)
def state_slaver(lab):
    """`state SLAVER` is taken as BACKUP with a warning."""
    net, daemons = start_pair(lab, topology.VIP_NGINX, topology.VIP_NGINX_CLIENT)
    elect(net, "192.168.1.108", "director1")
    daemons[1].wait_log("(VI_1) unknown state 'SLAVER', defaulting to BACKUP")
    check("Entering BACKUP STATE" in daemons[1].log, "director2 enters BACKUP")


@case("election/master-master", seconds=10)
def master_master(lab):
    """Two instances, each director master of one, in their own multicast group."""
    net = topology.MASTER_MASTER.network(lab)
    wire = net.capture()
    for daemon in topology.MASTER_MASTER.daemons(lab, net):
        daemon.start()
    elect(net, "10.1.38.19", "director1")
    elect(net, "10.1.38.20", "director2")
    prefixes = {one.address: one.prefix for one in net["director1"].addresses()}
    equal(prefixes["10.1.38.19"], 16, "the VIP's prefix")
    equal(
        {frame.data[30:34].hex() for frame in wire.adverts()},
        {"e000260c"},
        "destinations of all adverts (224.0.38.12)",
    )
    always(
        lambda: holders(net, "10.1.38.19") == ["director1"]
        and holders(net, "10.1.38.20") == ["director2"],
        2,
        "each director keeps its own VIP",
    )


@case("election/strict-two-vips", ipvs=True, seconds=12)
def strict(lab):
    """vrrp_strict and the same file on both: one of them has both VIPs."""
    net, _ = start_pair(lab, topology.STRICT, topology.STRICT_CLIENT)

    def together():
        both = [holders(net, vip) for vip in topology.STRICT.vips]
        return both[0] if both[0] == both[1] and len(both[0]) == 1 else None

    first = eventually(together, 10, "both VIPs are on one director")
    always(lambda: together() == first, 2, f"both VIPs stay on {first}")


@case("election/nopreempt", ipvs=True, seconds=20)
def nopreempt(lab):
    """lvs-dr-example: a director that comes back leaves the VIP where it is."""
    pair = topology.EXAMPLE
    net = pair.network(lab, topology.LVS_DR_CLIENT)
    first, second = pair.daemons(lab, net)
    second.configure(pair.configurations()[1].replace("priority 100 ", "priority 90 "))
    second.start()
    elect(net, "192.168.8.97", "director2")
    first.start()
    first.wait_log("Entering BACKUP STATE")
    always(lambda: holders(net, "192.168.8.97") == ["director2"], 5, "no preemption")
    second.kill()
    net["director2"].run("ip address del 192.168.8.97/32 dev eth0")
    elect(net, "192.168.8.97", "director1")


@case("election/preempt", seconds=18)
def preempt(lab):
    """Without nopreempt a returning director of higher priority takes the VIP back."""
    pair = topology.VIP_NGINX
    net, (first, second) = start_pair(lab, pair, topology.VIP_NGINX_CLIENT)
    elect(net, "192.168.1.108", "director1")
    first.stop()
    elect(net, "192.168.1.108", "director2", 2)
    first.start()
    elect(net, "192.168.1.108", "director1", 6)
    second.wait_log("Master received advert from 192.168.1.103 with higher priority 100, ours 99")


def _with_the_original(lab, programs):
    """Takes the VIP there and back with the original as one of the directors."""
    pair = topology.VIP_NGINX
    net, (first, second) = start_pair(lab, pair, topology.VIP_NGINX_CLIENT, programs)
    elect(net, "192.168.1.108", "director1")
    always(lambda: holders(net, "192.168.1.108") == ["director1"], 3, "they agree on the master")
    count = transitions(second)
    first.stop()
    elect(net, "192.168.1.108", "director2", 2)
    first.start()
    elect(net, "192.168.1.108", "director1", 6)
    first.kill()
    eventually(lambda: net["director2"].has("192.168.1.108"), 6, "director2 takes over")
    equal(transitions(second) - count, 3, "director2's transitions: MASTER, BACKUP, MASTER")


@case("interop/original-is-backup", seconds=22)
def original_is_backup(lab):
    """Debian's keepalived as the backup of the subject."""
    _with_the_original(lab, (None, ORIGINAL))


@case("interop/original-is-master", seconds=22)
def original_is_master(lab):
    """Debian's keepalived as the master of the subject."""
    _with_the_original(lab, (ORIGINAL, None))


@case("election/without-ip_vs", ours_only=True, seconds=15)
def without_ip_vs(lab):
    """On a kernel without IPVS that is said, once, and VRRP goes on working."""
    net, daemons = start_pair(lab, topology.LVS_DR, topology.LVS_DR_CLIENT)
    elect(net, "192.168.8.100", "director1")
    always(lambda: holders(net, "192.168.8.100") == ["director1"], 4, "VRRP works on")
    lines = [line for line in daemons[0].log.splitlines() if "ip_vs" in line]
    equal(len(lines), 1, f"lines that say ip_vs is missing: {lines}")
    check(all(daemon.running() for daemon in daemons), "both daemons still run")
