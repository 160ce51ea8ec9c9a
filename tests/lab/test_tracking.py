"""Services tracked by script: nginx as in the users' files, haproxy in the same way."""

from lab import topology
from lab.case import case
from lab.pairs import elect, start_pair
from lab.servers import answers, start_haproxy, start_nginx
from lab.wait import check

VIP = "10.1.38.15"


@case("tracking/nginx", seconds=25)
def nginx(lab):
    """killall -0 nginx with weight -5: the VIP follows nginx, there and back."""
    pair = topology.TRACK_SCRIPT
    net = pair.network(lab)
    for name in ("director1", "director2"):
        start_nginx(net[name])
    first, second = [daemon.start() for daemon in pair.daemons(lab, net)]
    elect(net, VIP, "director1")
    answers(net["client"], VIP, "director1")
    net["director1"].kill_program("nginx")
    elect(net, VIP, "director2", 8)
    answers(net["client"], VIP, "director2")
    for words in (
        "Script `check_ngx` now returning 1",
        "VRRP_Script(check_ngx) failed (exited with status 1)",
        "(VI_1) Changing effective priority from 100 to 95",
        "Master received advert from 10.1.38.12 with higher priority 97, ours 95",
    ):
        first.wait_log(words)
    start_nginx(net["director1"])
    elect(net, VIP, "director1", 8)
    answers(net["client"], VIP, "director1")
    first.wait_log("VRRP_Script(check_ngx) succeeded", count=2)
    first.wait_log("(VI_1) Changing effective priority from 95 to 100")
    second.wait_log("Master received advert from 10.1.38.11 with higher priority 100, ours 97")


@case("tracking/haproxy", seconds=20)
def haproxy(lab):
    """The same with haproxy, and rise and fall."""

    def change(text):
        return text.replace("nginx", "haproxy").replace("weight -5", "weight -5\n fall 2\n rise 2")

    net, (first, _) = start_pair(lab, topology.TRACK_SCRIPT, "10.1.38.200/16", change=change)
    for name in ("director1", "director2"):
        start_haproxy(net[name])
    elect(net, VIP, "director1", 10)
    answers(net["client"], VIP, "director1")
    net["director1"].kill_program("haproxy")
    elect(net, VIP, "director2", 10)
    answers(net["client"], VIP, "director2")
    start_haproxy(net["director1"])
    elect(net, VIP, "director1", 10)


@case("tracking/without-weight", seconds=18)
def without_weight(lab):
    """Without a weight a failing script is a FAULT, which ends with the script's success."""

    def change(text):
        return text.replace("    weight -5\n", "")

    pair = topology.TRACK_SCRIPT
    net = pair.network(lab)
    for name in ("director1", "director2"):
        start_nginx(net[name])
    first, _ = [daemon.start() for daemon in pair.daemons(lab, net, change=change)]
    elect(net, VIP, "director1")
    net["director1"].kill_program("nginx")
    first.wait_log("(VI_1) Entering FAULT STATE")
    elect(net, VIP, "director2", 3)  # a master that enters FAULT leaves with priority 0
    start_nginx(net["director1"])
    elect(net, VIP, "director1", 8)


@case("tracking/hanging-script", seconds=20)
def hanging_script(lab):
    """A script that hangs is ended at its timeout, counts as failed, and never piles up."""

    def change(text):
        text = text.replace("killall -0 nginx ", "/bin/sleep 1000")
        text = text.replace("killall -0 nginx", "/bin/true")
        return text.replace("interval 1", "interval 1\n    timeout 1\n    init_fail")

    net, (first, _) = start_pair(lab, topology.TRACK_SCRIPT, "10.1.38.200/16", change=change)
    elect(net, VIP, "director2", 10)
    first.wait_log("VRRP_Script(check_ngx) timed_out", 10)
    sleeping = [
        words for _, _, words in net["director1"].processes().values() if words[:1] == ["/bin/sleep"]
    ]
    check(len(sleeping) <= 1, f"{len(sleeping)} hanging scripts at once")
