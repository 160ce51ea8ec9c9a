"""What the tests of a pair of directors ask again and again."""

from .wait import eventually

DIRECTORS = ("director1", "director2")


def holders(net, vip):
    """The directors that have the VIP."""
    return [name for name in DIRECTORS if net[name].has(vip)]


def elect(net, vip, winner, seconds=8):
    """Waits until only `winner` has the VIP."""
    eventually(
        lambda: holders(net, vip) == [winner],
        seconds,
        lambda: f"{winner} alone has {vip}; it is on {holders(net, vip)}",
    )


def start_pair(lab, pair, client, programs=(None, None), change=lambda text: text):
    """A pair's network with both daemons started: (network, [daemon1, daemon2])."""
    net = pair.network(lab, client)
    daemons = pair.daemons(lab, net, programs, change)
    for daemon in daemons:
        daemon.start()
    return net, daemons


def serving_pair(lab, pair, client, programs=(None, None), change=lambda text: text):
    """Like start_pair, with nginx on the real servers and the first director elected and filled."""
    net = pair.network(lab, client)
    pair.serve(net)
    first, second = pair.daemons(lab, net, programs, change)
    # One after the other, so that the first is elected whatever the configuration says.
    first.start()
    eventually(lambda: net["director1"].has(pair.vips[0]), 12, "director1 becomes master")
    second.start()
    second.wait_log("Entering BACKUP STATE")
    elect(net, pair.vips[0], "director1", 12)
    return net, [first, second]


def transitions(daemon):
    """How often it has become something: the lines "Entering … STATE" of its log."""
    return sum("Entering " in line and " STATE" in line for line in daemon.log.splitlines())
