"""lvs_sync_daemon: the kernel's synchronisation of connections follows a virtual router."""

import signal

from lab import routers
from lab.case import case
from lab.pairs import elect
from lab.traffic import Held
from lab.balancing import Site, VIP, service
from lab.wait import always, check, equal, eventually

REFUSED = "IPVS cmd IP_VS_SO_SET_STARTDAEMON(1163) error: No such device(19)"


def daemons_of(host):
    """{"master" or "backup": what ipvsadm says of it} of the daemons that run."""
    found = {}
    for line in host.run("ipvsadm -L --daemon").splitlines():
        role, _, rest = line.partition(" sync daemon ")
        found[role] = rest.strip("()").replace(" ", "").split(",")
    return found


def runs(host, role, *words):
    """Whether exactly that daemon runs, with these among its words."""
    found = daemons_of(host)
    return list(found) == [role] and set(words) <= set(found[role])


def wait_runs(host, role, *words, seconds=8):
    """Waits for it."""
    eventually(
        lambda: runs(host, role, *words),
        seconds,
        lambda: f"{host.name} has {role} {words} alone: {daemons_of(host)}",
    )


def synchronised(options="", interface="eth0", instance="inst VI_1"):
    """global_defs that asks for it."""
    return f"global_defs {{\n lvs_sync_daemon {interface} {instance} {options}\n}}\n"


def threads_of(host):
    """The pids of the kernel's threads that synchronise, in this kernel."""
    return host.run("ps -eo pid,comm | grep -o '[0-9]* ipvs-[mb]:.*' || true").splitlines()


def single(lab, text):
    """A director that becomes master by itself."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    return host, lab.daemon(host, text)


@case("sync/follows-instance", ipvs=True, seconds=20)
def follows_instance(lab):
    """The master's daemon sends, the backup's takes in; the failover turns them round."""
    net = routers.network(lab)
    texts = [synchronised() + text for text in routers.texts("v3", interval="0.1")]
    first, second = routers.started(lab, net, texts)
    wait_runs(net["director1"], "master", "mcast=eth0", "syncid=51")
    wait_runs(net["director2"], "backup", "mcast=eth0", "syncid=51")
    first.stop()
    elect(net, routers.VIP, "director2")
    wait_runs(net["director2"], "master", "syncid=51")
    equal(daemons_of(net["director1"]), {}, "what the first left running")
    first.start()
    elect(net, routers.VIP, "director1")
    wait_runs(net["director1"], "master")
    wait_runs(net["director2"], "backup")
    second.stop()
    equal(daemons_of(net["director2"]), {}, "what the second left running")


@case("sync/connections", ipvs=True, seconds=20)
def connections(lab):
    """What the master's kernel has of connections arrives in the kernel of the other director."""
    site = Site(lab).masquerade()
    other = site.net["real2"]  # a neighbour on the same network is director enough
    text = routers.instance(vips=("10.9.0.200/32",), interval="0.1", extra="version 3")
    lab.daemon(site.director, synchronised("id 9") + text + service(4, "NAT")).start()
    wait_runs(site.director, "master", "syncid=9")
    other.run("ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 9")
    site.both_answer()
    held = [Held(site.client, VIP[4]) for _ in range(4)]
    for _ in range(4):  # the kernel sends established connections after some packets
        for one in held:
            one.ask()
    eventually(
        lambda: VIP[4] in other.run("ipvsadm -Lnc"), 8, "the connections are known on the other"
    )


@case("sync/options", ipvs=True, seconds=10)
def options(lab):
    """Every option reaches the kernel."""
    said = "id 7 maxlen 1000 port 9000 ttl 3 group 224.0.0.90"
    host, daemon = single(lab, synchronised(said) + routers.instance())
    daemon.start()
    words = ("mcast=eth0", "syncid=7", "maxlen=1000", "group=224.0.0.90", "port=9000", "ttl=3")
    wait_runs(host, "master", *words)


@case("sync/reload", ipvs=True, ours_only=True, seconds=20)
def reload(lab):
    """A reload changes what differs, moves to another instance, and stops what is not wanted."""
    text = routers.instance(interval="0.1", extra="version 3")
    host, daemon = single(lab, synchronised("id 7 maxlen 1000") + text)
    daemon.start()
    wait_runs(host, "master", "syncid=7", "maxlen=1000")
    threads = threads_of(host)
    daemon.configure(synchronised("id 7 maxlen 1000") + text + "\nstatic_ipaddress {\n}\n")
    daemon.reload()
    always(lambda: threads_of(host) == threads, 1, "a reload of something else restarts it")
    daemon.configure(synchronised("id 8 group ff02::81") + text)
    daemon.reload()
    wait_runs(host, "master", "syncid=8", "maxlen=1452", "group=ff02::81")
    # The other instance never becomes master: its interface has no carrier.
    other = routers.instance("VI_2", vrid=52, vips=("10.9.0.101/24",)).replace("eth0", "eth7")
    host.run("ip link add eth7 type veth peer name lab7; ip link set eth7 up")
    daemon.configure(synchronised(instance="inst VI_2") + text + other)
    daemon.reload()
    wait_runs(host, "backup", "syncid=52")
    daemon.configure(text)
    daemon.reload()
    eventually(lambda: not daemons_of(host), 8, "without lvs_sync_daemon none runs")


@case("sync/crash", ipvs=True, ours_only=True, seconds=20)
def crash(lab):
    """kill -9 of the vrrp process costs nothing; after one of all, the next start sets it right."""
    text = synchronised() + routers.instance(interval="0.1", extra="version 3")
    host, daemon = single(lab, text)
    daemon.start()
    wait_runs(host, "master")
    threads = threads_of(host)
    before = daemon.wait_pid("vrrp")
    daemon.signal("vrrp", signal.SIGKILL)
    daemon.wait_pid("vrrp", other_than=before)
    always(lambda: threads_of(host) == threads, 2, "the successor restarts it")
    daemon.kill()
    host.run("ip link set eth0 down")  # so that the next one cannot be master
    daemon.start()
    wait_runs(host, "backup")
    daemon.stop()
    equal(daemons_of(host), {}, "what was left running")


@case("sync/without-instance", ipvs=True, seconds=10)
def without_instance(lab):
    """Without an instance a director sends and takes in, and the checker process sees to it."""
    host, daemon = single(lab, synchronised("id 3", instance="") + service(4, "DR"))
    daemon.start()
    eventually(
        lambda: sorted(daemons_of(host)) == ["backup", "master"]
        and all("syncid=3" in words for words in daemons_of(host).values()),
        8,
        lambda: f"both run: {daemons_of(host)}",
    )
    daemon.stop()
    equal(daemons_of(host), {}, "what was left running")


@case("sync/crash-without-instance", ipvs=True, ours_only=True, seconds=12)
def crash_without_instance(lab):
    """kill -9 of the checker process costs nothing either."""
    host, daemon = single(lab, synchronised("id 3", instance="") + service(4, "DR"))
    daemon.start()
    eventually(lambda: len(daemons_of(host)) == 2, 8, "both run")
    threads = threads_of(host)
    before = daemon.wait_pid("checkers")
    daemon.signal("checkers", signal.SIGKILL)
    daemon.wait_pid("checkers", other_than=before)
    always(lambda: threads_of(host) == threads, 2, "the successor restarts them")


@case("sync/other-process", ipvs=True, ours_only=True, seconds=25)
def other_process(lab):
    """A reload by which the other process has to see to it ends right, whoever is first."""
    text = routers.instance(interval="0.1", extra="version 3") + service(4, "DR")
    host, daemon = single(lab, synchronised("id 3") + text)
    daemon.start()
    wait_runs(host, "master", "syncid=3")
    daemon.configure(synchronised("id 3", instance="") + text)
    daemon.reload()
    eventually(lambda: len(daemons_of(host)) == 2, 12, lambda: f"both run: {daemons_of(host)}")
    daemon.configure(synchronised("id 3") + text)
    daemon.reload()
    wait_runs(host, "master", "syncid=3", seconds=12)


@case("sync/refused", ipvs=True, ours_only=True, seconds=12)
def refused(lab):
    """What the kernel refuses is said once, and VRRP goes on."""
    text = synchronised(interface="nowhere0") + routers.instance(interval="0.1", extra="version 3")
    host, daemon = single(lab, text)
    daemon.start().wait_log(REFUSED)
    eventually(lambda: host.has(routers.VIP), 8, "it is master")
    for _ in range(2):
        host.run("ip link set eth0 down")
        eventually(lambda: not host.has(routers.VIP), 5, "no link: no master")
        host.run("ip link set eth0 up")
        eventually(lambda: host.has(routers.VIP), 5, "master again")
    equal(daemon.log.count(REFUSED), 1, "how often it is said")


@case("sync/no-ipvs", ours_only=True, seconds=10)
def no_ipvs(lab):
    """Where the kernel has no IPVS that is said once, and VRRP goes on."""
    host, daemon = single(
        lab, synchronised() + routers.instance(interval="0.1", extra="version 3")
    )
    daemon.start()
    eventually(lambda: host.has(routers.VIP), 8, "it is master")
    words = "Until then connections are not synchronised"
    daemon.wait_log(words)
    vrrp = daemon.wait_pid("vrrp")
    host.run("ip link set eth0 down")
    eventually(lambda: not host.has(routers.VIP), 5, "no link: no master")
    host.run("ip link set eth0 up")
    eventually(lambda: host.has(routers.VIP), 5, "master again")
    equal(daemon.log.count(words), 1, "how often it is said")
    check(daemon.pid("vrrp") == vrrp, "the vrrp process lives on")
