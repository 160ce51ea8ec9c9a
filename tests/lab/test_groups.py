"""Sync groups and what is tracked: files, processes, for a group and for one member."""

from lab import routers
from lab.case import case
from lab.pairs import elect, holders
from lab.wait import always, check, equal, eventually

VIPS = (routers.VIP, "10.9.0.101")
INTERVAL = "0.3"


def group(members, extra=""):
    """A vrrp_sync_group as text."""
    return "\n".join(["vrrp_sync_group G1 {", "group {", *members, "}", extra, "}", ""])


def text(priority, members=2, before="", in_group="", in_last=""):
    """Instances VI_1 … of one group, each with a VIP."""
    names = [f"VI_{number + 1}" for number in range(members)]
    said = before + group(names, in_group)
    for number, name in enumerate(names):
        extra = "version 3\n" + (in_last if number == members - 1 else "")
        said += routers.instance(
            name, 51 + number, priority, INTERVAL, extra, (f"{VIPS[number]}/24",)
        )
    return said


def together(net, winner, seconds=8):
    """Waits until all VIPs are on `winner` alone."""
    for vip in VIPS:
        elect(net, vip, winner, seconds)


def pair(lab, **said):
    """A pair with such groups, the first elected."""
    net = routers.network(lab)
    daemons = [
        lab.daemon(net[name], text(priority, **said))
        for name, priority in zip(routers.ADDRESSES, (150, 100))
    ]
    daemons[0].start()
    eventually(lambda: net["director1"].has(VIPS[1]), 12, "director1 becomes master")
    daemons[1].start()
    daemons[1].wait_log("Entering BACKUP STATE", count=2)
    together(net, "director1")
    return net, daemons


@case("groups/file", seconds=15)
def file(lab):
    """A number in a file that one member tracks takes the whole group away, and lets it back."""
    net, (first, second) = pair(
        lab,
        before="track_file f {\n file /tmp/number\n init_file 0\n}\n",
        in_last="track_file {\n f weight 0\n}\n",
    )
    equal(net["director1"].read("/tmp/number").split(), ["0"], "what init_file wrote")
    net["director1"].write("/tmp/number", "1\n")
    together(net, "director2", 3)
    for words in (
        "(VI_2): tracked file f now FAULT state",
        "(VI_2) Entering FAULT STATE",
        "VRRP_Group(G1) Syncing instances to FAULT state",
        "(VI_1) Entering FAULT STATE",
    ):
        first.wait_log(words)
    second.wait_log("VRRP_Group(G1) Syncing instances to MASTER state")
    # Replaced, not written.
    net["director1"].run(["sh", "-c", "echo 0 > /tmp/new && mv /tmp/new /tmp/number"])
    together(net, "director1")
    first.wait_log("VRRP_Group(G1) Syncing instances to BACKUP state")
    second.wait_log("VRRP_Group(G1) Syncing instances to BACKUP state")


@case("groups/process", seconds=18)
def process(lab):
    """The group follows a process by its name, with a weight for all members."""
    net = routers.network(lab)
    watched = "vrrp_track_process p {\n process trackme\n weight 60\n}\n"
    net["director2"].run(["cp", "/bin/sleep", "/tmp/trackme"])
    daemons = [
        lab.daemon(net[name], text(priority, before=watched, in_group="track_process {\n p\n}\n"))
        for name, priority in zip(routers.ADDRESSES, (150, 100))
    ]
    for daemon in daemons:
        daemon.start()
    together(net, "director1", 10)
    net["director2"].start(["/tmp/trackme", "1000"], "trackme.log")
    together(net, "director2", 6)
    daemons[1].wait_log("Quorum gained for tracked process p")
    daemons[1].wait_log("(VI_2) Changing effective priority from 100 to 160")
    net["director2"].kill_program("trackme")
    together(net, "director1", 6)
    daemons[1].wait_log("Quorum lost for tracked process p")


@case("groups/notify", seconds=14)
def notify(lab):
    """Scripts of the group are told of each state once, in order, with priority 0."""
    net = routers.network(lab)
    host = net["director1"]
    host.write("/tmp/told.sh", "#!/bin/sh\necho \"$@\" >> /tmp/told\n", 0o755)
    said = text(150, before="global_defs {\n script_user root\n}\n", in_group="notify /tmp/told.sh\n")
    daemon = lab.daemon(host, said).start()
    eventually(lambda: all(host.has(vip) for vip in VIPS), 8, "both VIPs")
    net.cut("director1")
    daemon.wait_log("VRRP_Group(G1) Syncing instances to FAULT state")
    net.mend("director1")
    daemon.wait_log("VRRP_Group(G1) Syncing instances to MASTER state", 8, 2)
    daemon.stop()
    wanted = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER", "STOP"]
    eventually(
        lambda: host.read("/tmp/told").split("\n")[:-1] == [f"GROUP G1 {state} 0" for state in wanted],
        3,
        lambda: host.read("/tmp/told"),
    )


@case("groups/grow", ours_only=True, seconds=14)
def grow(lab):
    """A reload that adds a member to a group of masters, or takes it away, costs no failover."""
    net = routers.network(lab)
    host = net["director1"]
    daemon = lab.daemon(host, text(150, members=1)).start()
    eventually(lambda: host.has(VIPS[0]), 8, "the first VIP")
    daemon.configure(text(150, members=2))
    daemon.reload()
    eventually(lambda: host.has(VIPS[1]), 2, "the second VIP")
    check(host.has(VIPS[0]), "the first VIP stays")
    daemon.configure(text(150, members=1))
    daemon.reload()
    eventually(lambda: not host.has(VIPS[1]), 2, "the second VIP goes")
    equal(daemon.log.count("(VI_1) Entering"), 2, "states of VI_1: BACKUP at the start, MASTER")


@case("groups/startup-delay", ours_only=True, seconds=12)
def startup_delay(lab):
    """vrrp_startup_delay: nothing is heard or sent before it has passed."""
    net = routers.network(lab)
    said = text(150, before="global_defs {\n vrrp_startup_delay 3\n}\n")
    daemon = lab.daemon(net["director1"], said).start()
    daemon.wait_log("Delaying startup for 3 seconds")
    always(lambda: holders(net, VIPS[0]) == [], 2.5, "nobody is master during the delay")
    daemon.wait_log("Delayed start completed")
    together(net, "director1", 4)
