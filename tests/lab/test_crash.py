"""Processes that die: a child, the parent, everything at once. Clients and peers should not care."""

import os
import signal
import time

from lab import topology
from lab.case import case
from lab.kernel import AddressMonitor
from lab.pairs import elect, holders, serving_pair, transitions
from lab.servers import in_table
from lab.traffic import Held, Traffic
from lab.wait import always, check, equal, eventually

VIP = "10.1.38.15"
CLIENT = "10.1.38.200/16"
SERVICE = ("TCP", VIP + ":80")
BOTH = {"10.1.38.13:80": 1, "10.1.38.14:80": 1}
MASTER_DOWN, SKEW = 3.621, 0.621


class Watch:
    """Everything a child's death might disturb, watched from before it: VIP, services, clients,
    an open connection, the adverts, the peer."""

    def __init__(self, lab):
        self.net, (self.first, self.second) = serving_pair(lab, topology.HTTP_GET, CLIENT)
        eventually(lambda: in_table(self.net["director1"], *SERVICE) == BOTH, 12, "both are in")
        # Verdicts of the first checks are in before anything is killed.
        self.second.wait_log("Activating healthchecker", 10)
        time.sleep(4)
        self.wire = self.net.capture()
        self.addresses = AddressMonitor(self.net["director1"].pid)
        self.traffic = Traffic(self.net["client"], VIP)
        lab.later(self)
        self.held = Held(self.net["client"], VIP)
        self.held.ask()
        self.peer_transitions = transitions(self.second)
        self.since = time.monotonic()

    def close(self):
        """Ends the watching."""
        self.traffic.stop()
        self.addresses.close()

    def table_whole(self):
        """Whether the service still has both servers."""
        return in_table(self.net["director1"], *SERVICE) == BOTH

    def nothing_happened(self):
        """Fails if anybody could notice."""
        lost = [event for event in self.addresses.of(VIP) if event[1] == "-"]
        equal(lost, [], "removals of the VIP")
        equal(self.held.ask()[0], 200, "the open connection's answer")
        check(self.traffic.servers(self.since), "clients are answered")
        failures = [one for one in self.traffic.failures if one[0] > self.since]
        equal(failures, [], "requests that failed")
        equal(transitions(self.second), self.peer_transitions, "the peer's transitions")
        times = [frame.time for frame in self.wire.adverts("director1")]
        longest = max(after - before for before, after in zip(times, times[1:]))
        check(longest < MASTER_DOWN, f"{longest:.2f} s without an advert")
        equal(self.wire.adverts("director2"), [], "adverts of the peer")


@case("crash/vrrp-child", ipvs=True, ours_only=True, seconds=28)
def vrrp_child(lab):
    """SIGKILL of the vrrp child at advert_int 1 under traffic costs nothing."""
    watch = Watch(lab)
    old = watch.first.pid("vrrp")
    watch.first.signal("vrrp", signal.SIGKILL)
    watch.first.wait_pid("vrrp", other_than=old)
    always(watch.table_whole, 6, lambda: f"the service stays: {watch.net['director1'].ipvs()}", 0.1)
    watch.nothing_happened()


@case("crash/vrrp-child-again-and-again", ipvs=True, ours_only=True, seconds=34)
def vrrp_child_again(lab):
    """Three deaths of the vrrp child, one after the other, cost nothing either."""
    watch = Watch(lab)
    for _ in range(3):
        old = watch.first.pid("vrrp")
        watch.first.signal("vrrp", signal.SIGKILL)
        watch.first.wait_pid("vrrp", other_than=old)
        time.sleep(2.5)
    watch.nothing_happened()


@case("crash/checker-child", ipvs=True, seconds=28)
def checker_child(lab):
    """SIGKILL of the checker child under traffic costs nothing."""
    watch = Watch(lab)
    old = watch.first.pid("checkers")
    watch.first.signal("checkers", signal.SIGKILL)
    watch.first.wait_pid("checkers", other_than=old)
    always(watch.table_whole, 6, lambda: f"the service stays: {watch.net['director1'].ipvs()}", 0.1)
    watch.nothing_happened()


@case("crash/checker-child-remembers", ipvs=True, ours_only=True, seconds=32)
def checker_child_remembers(lab):
    """A server that was out stays out over the checker child's death: no request goes to it."""
    watch = Watch(lab)
    watch.net["real1"].kill_program("nginx")
    eventually(lambda: "10.1.38.13:80" not in in_table(watch.net["director1"], *SERVICE), 15, "out")
    old = watch.first.pid("checkers")
    watch.first.signal("checkers", signal.SIGKILL)
    watch.first.wait_pid("checkers", other_than=old)
    always(
        lambda: in_table(watch.net["director1"], *SERVICE) == {"10.1.38.14:80": 1},
        5,
        lambda: f"the dead server stays out: {watch.net['director1'].ipvs()}",
        0.05,
    )


@case("crash/vrrp-child-frozen", ipvs=True, seconds=40)
def vrrp_child_frozen(lab):
    """SIGSTOP for 10 s, then SIGKILL: the respawned child is not a second master."""
    # Without preemption there is no good reason for director1 to become master again.
    change = lambda text: text.replace("advert_int 1", "advert_int 1\n    nopreempt").replace(
        "state MASTER", "state BACKUP"
    )
    net, (first, second) = serving_pair(lab, topology.HTTP_GET, CLIENT, change=change)
    wire = net.capture()
    pid = first.pid("vrrp")
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: net["director2"].has(VIP), 6, "the peer takes over")
    time.sleep(5)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    first.wait_pid("vrrp", other_than=pid)
    elect(net, VIP, "director2", 2)
    always(lambda: holders(net, VIP) == ["director2"], 5, "director2 stays the only master")
    equal(wire.adverts("director1", since=killed), [], "adverts of the respawned child")
    check(second.running(), "the peer runs")


@case("crash/parent", ipvs=True, seconds=20)
def parent(lab):
    """The parent's death: the children leave with priority 0 and a peer takes over in skew time."""
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, CLIENT)
    wire = net.capture()
    when = first.signal("parent", signal.SIGKILL)
    eventually(lambda: net["director2"].has(VIP), 4, "the peer takes over")
    took = time.monotonic() - when
    check(took < SKEW + 0.6, f"the takeover took {took:.2f} s, the skew time is {SKEW} s")
    zero = [frame for frame in wire.adverts("director1", since=when) if frame.priority == 0]
    check(zero, "an advert of priority 0 was sent")
    eventually(lambda: not first.processes(), 5, "the children end")
    check(not net["director1"].has(VIP), "the VIP is gone from director1")


@case("crash/everything-and-back-at-once", ipvs=True, ours_only=True, seconds=25)
def everything_at_once(lab):
    """All processes killed and started again within a second: VIP and services are adopted."""
    watch = Watch(lab)
    watch.first.kill()
    watch.first.start()
    always(watch.table_whole, 5, lambda: f"the service stays: {watch.net['director1'].ipvs()}", 0.1)
    watch.nothing_happened()


@case("crash/everything-and-back-late", ipvs=True, seconds=30)
def everything_late(lab):
    """Started again when the peer has long taken over: what was left is removed, then VRRP rules."""
    change = lambda text: text.replace("advert_int 1", "advert_int 1\n    nopreempt").replace(
        "state MASTER", "state BACKUP"
    )
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, CLIENT, change=change)
    first.kill()
    check(net["director1"].has(VIP), "the killed director leaves its VIP behind")
    eventually(lambda: net["director2"].has(VIP), 6, "the peer takes over")
    first.start()
    elect(net, VIP, "director2", 3)
    always(lambda: holders(net, VIP) == ["director2"], 4, "the peer stays master")


@case("crash/everything-and-other-vip", ipvs=True, ours_only=True, seconds=25)
def everything_other_vip(lab):
    """What the last run made and the new configuration no longer names is removed at the start."""
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, CLIENT)
    first.kill()
    first.configure(topology.HTTP_GET.configurations()[0].replace(VIP, "10.1.38.16"))
    first.start()
    eventually(lambda: not net["director1"].has(VIP), 4, "the old VIP is removed")
    eventually(
        lambda: list(net["director1"].ipvs()) == [("TCP", "10.1.38.16:80")],
        6,
        lambda: f"only the new service is there: {net['director1'].ipvs()}",
    )


@case("crash/everything-and-no-servers", ipvs=True, ours_only=True, seconds=25)
def everything_no_servers(lab):
    """Services of the last run go even when the new configuration has no virtual server at all."""
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, CLIENT)
    first.kill()
    text = topology.HTTP_GET.configurations()[0]
    first.configure(text[: text.index("virtual_server ")])
    first.start()
    eventually(lambda: not net["director1"].ipvs(), 6, "the old service is removed")
    first.wait_log("Starting Healthcheck child process")
    eventually(lambda: len(first.processes()) == 2, 4, "the checker process has left again")


@case("crash/not-ours", ipvs=True, seconds=15)
def not_ours(lab):
    """An address and a service of somebody else are not taken for leftovers at a start."""
    host = lab.solo("director1", "team0", "10.1.38.11/16").up()
    host.run("ip address add 10.1.38.99/32 dev team0")
    host.run("ip address add 10.1.38.98/32 dev team0 proto 18 2>/dev/null || true")
    host.run("ipvsadm -A -t 10.1.38.99:80 -s rr")
    before = {one.address for one in host.addresses()}
    daemon = lab.daemon(host, topology.HTTP_GET.configurations()[0]).start()
    eventually(lambda: host.has(VIP), 8, "it becomes master")
    daemon.stop()
    equal({one.address for one in host.addresses()}, before, "addresses after start and stop")
    equal(list(host.ipvs()), [("TCP", "10.1.38.99:80")], "services after start and stop")


@case("crash/in-a-reload-with-another-waiting", ours_only=True, seconds=20)
def in_a_reload(lab):
    """A child that dies while a reload waits for it, and another reload for that, has one successor."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    text = (
        "vrrp_instance V {\n interface eth0\n virtual_router_id 7\n virtual_ipaddress {\n  10.9.0.100\n }\n}\n"
        "virtual_server 10.9.0.100 80 {\n protocol TCP\n real_server 10.9.0.1 81 {\n  TCP_CHECK {\n  }\n }\n}\n"
    )
    daemon = lab.daemon(host, text).start()
    eventually(lambda: host.has("10.9.0.100"), 8, "it becomes master")
    whole = len(daemon.processes())
    addresses = lab.later(AddressMonitor(host.pid))
    for role in ("vrrp", "checkers"):
        old = daemon.pid(role)
        daemon.signal(role, signal.SIGSTOP)
        for count in (1, 2):
            daemon.reload()
            daemon.wait_log("Reloading again" if count == 2 else "Reloading ...", 5)
        daemon.signal(role, signal.SIGKILL)
        daemon.wait_pid(role, other_than=old)
        always(lambda: len(daemon.processes()) <= whole, 2, lambda: f"processes: {daemon.processes()}", 0.1)
        equal(len(daemon.processes()), whole, f"processes after the {role} process died in a reload")
    equal(daemon.log.count("died: Respawning"), 2, "deaths")
    equal(addresses.of("10.9.0.100"), [], "changes of the VIP")
    daemon.stop()
