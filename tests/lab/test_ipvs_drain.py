"""A server that leaves keeps the connections it has until they end."""

from lab.case import case
from lab.servers import in_table, make_real_server, start_nginx
from lab.traffic import Held, get
from lab.wait import always, equal, eventually

SERVICE = ("TCP", "10.9.0.100:80")


def _web(servers, drain):
    text = "virtual_server 10.9.0.100 80 {\n lvs_sched rr\n lvs_method DR\n protocol TCP\n"
    for server in servers:
        text += f" real_server {server} 80 {{\n  drain {drain}\n }}\n"
    return text + "}\n"


def _network(lab):
    """A director, two servers behind it and a client, in one network."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24")
    net.add("real1", "eth0", "10.9.0.21/24").add("real2", "eth0", "10.9.0.22/24")
    net.add("client", "eth0", "10.9.0.50/24").up()
    net["director1"].run("ip address add 10.9.0.100/32 dev eth0")
    for name in ("real1", "real2"):
        make_real_server(net[name], "10.9.0.100")
        start_nginx(net[name])
    return net


def _held_on(net, server):
    """A connection that `server` has."""
    for _ in range(4):
        held = Held(net["client"], "10.9.0.100")
        if held.ask()[1] == server:
            return held
        held.close()
    raise AssertionError(f"no connection came to {server}")


@case("ipvs/drain", ipvs=True, ours_only=True, seconds=20)
def drain(lab):
    """Removed by a reload, a server with `drain` gets no new connection; it goes with its last."""
    net = _network(lab)
    director = net["director1"]
    daemon = lab.daemon(director, _web(("10.9.0.21", "10.9.0.22"), 60)).start()
    eventually(lambda: len(in_table(director, *SERVICE) or ()) == 2, 8, "both servers are in")
    held = _held_on(net, "real1")
    daemon.configure(_web(("10.9.0.22",), 60))
    daemon.reload()
    eventually(
        lambda: in_table(director, *SERVICE) == {"10.9.0.21:80": 0, "10.9.0.22:80": 1}, 8,
        lambda: f"the server drains: {in_table(director, *SERVICE)}",
    )
    for _ in range(3):
        equal(get(net["client"], "10.9.0.100"), (200, "real2"), "a new connection")
    always(lambda: len(in_table(director, *SERVICE)) == 2, 3, "it stays while its connection does")
    equal(held.ask()[1], "real1", "the connection goes on")
    held.close()
    eventually(
        lambda: in_table(director, *SERVICE) == {"10.9.0.22:80": 1}, 8,
        lambda: f"the server is gone: {in_table(director, *SERVICE)}",
    )


@case("ipvs/drain-limit", ipvs=True, ours_only=True, seconds=20)
def drain_limit(lab):
    """A connection that does not end keeps its server no longer than the limit."""
    net = _network(lab)
    director = net["director1"]
    daemon = lab.daemon(director, _web(("10.9.0.21", "10.9.0.22"), 3)).start()
    eventually(lambda: len(in_table(director, *SERVICE) or ()) == 2, 8, "both servers are in")
    held = _held_on(net, "real1")
    daemon.configure(_web(("10.9.0.22",), 3))
    daemon.reload()
    eventually(lambda: in_table(director, *SERVICE) == {"10.9.0.22:80": 1}, 10, "the limit is kept")
    daemon.wait_log("its time to drain is over")
    held.close()
