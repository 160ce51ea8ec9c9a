"""The IPVS table of the directors: what it holds, who is in it, and whose it is."""

from lab import topology
from lab.case import case, seed
from lab.pairs import elect, serving_pair
from lab.servers import answers, in_table, kill_nginx, start_nginx
from lab.traffic import get
from lab.wait import always, check, equal, eventually

HTTP = ("TCP", "10.1.38.15:80")

WEB = """
virtual_server 10.9.0.100 80 {{
    delay_loop 1
    lb_algo {algorithm}
    lb_kind {kind}
    {more}
    protocol TCP
    real_server 10.9.0.21 80 {{
        weight 3
        {check}
    }}
    real_server 10.9.0.22 80 {{
        weight 1
        {check}
    }}
}}
"""


def web(algorithm="rr", kind="NAT", more="", tested=False):
    """A configuration of one service with two servers, checked or not."""
    check_block = "TCP_CHECK {\n connect_timeout 1\n retry 1\n delay_before_retry 1\n }"
    return WEB.format(
        algorithm=algorithm, kind=kind, more=more, check=check_block if tested else ""
    )


def twice(*blocks):
    """A configuration with one service once for each list of its checked servers."""
    tested = "TCP_CHECK {\n connect_timeout 1\n retry 1\n delay_before_retry 1\n }"
    text = ""
    for servers in blocks:
        real = "".join(f"real_server {server} {{\n weight 1\n {tested}\n }}\n" for server in servers)
        text += f"""
virtual_server 10.9.0.100 80 {{
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    {real}
}}
"""
    return text


def _tables(lab, text, name):
    """What `ipvsadm -Ln` prints for the configuration under the subject and the original."""
    printed = []
    for program in (lab.subject, lab.original):
        host = lab.solo(f"director{len(printed) + 1}", "eth0", "10.9.0.1/24").up()
        host.run("ip link add ens160 type veth peer name lab1; ip link add team0 type veth peer name lab2")
        daemon = lab.daemon(host, text, program).start()
        eventually(lambda: host.ipvs(), 10, f"{name}: {program} fills the table")
        # Checks will fail here: the tables are compared as they are before the first verdict.
        printed.append(_settled(host))
        daemon.stop()
        check(not host.ipvs(), f"{name}: {program} left services when it stopped: {host.ipvs()}")
    equal(printed[0].split("\n"), printed[1].split("\n"), f"{name}: ipvsadm -Ln, subject against original")


def _settled(host):
    last = ""
    for _ in range(20):
        now = host.run(["ipvsadm", "-Ln"])
        if now == last:
            return now
        last = now
    return last


def _declare_seed_table(name):
    @case(f"ipvs/table-of-{name}", ipvs=True, seconds=6)
    def table(lab):
        _tables(lab, seed(name + ".conf"), name)

    table.__doc__ = f"{name}: ipvsadm -Ln prints what the original produces."


for _name in ("lvs-dr-director1", "lvs-http-get-node0", "strict-two-vips", "lvs-dr-example"):
    _declare_seed_table(_name)


@case("ipvs/kinds-and-schedulers", ipvs=True, seconds=8)
def kinds_and_schedulers(lab):
    """NAT, DR and TUN, every scheduler Debian's kernel has, persistence: as the original."""
    variants = [{"kind": kind} for kind in ("NAT", "DR", "TUN")]
    schedulers = "wrr lc wlc lblc lblcr sh dh sed nq mh fo ovf".split()
    variants += [{"algorithm": algorithm} for algorithm in schedulers]
    variants += [
        {"more": "persistence_timeout 50"},
        {"more": "persistence_timeout 50\n persistence_granularity 255.255.255.0"},
    ]
    texts = [
        web(**variant).replace("10.9.0.100", f"10.9.0.{100 + number}")
        for number, variant in enumerate(variants)
    ]
    _tables(lab, "".join(texts), "all kinds")


@case("ipvs/server-dies-and-returns", ipvs=True, seconds=30)
def dies_and_returns(lab):
    """nginx of a real server is killed: removed; started again: added; clients see the other."""
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, "10.1.38.200/16")
    director, client = net["director1"], net["client"]
    eventually(lambda: len(in_table(director, *HTTP) or ()) == 2, 12, "both servers are in")
    kill_nginx(net["real1"])
    eventually(
        lambda: in_table(director, *HTTP) == {"10.1.38.14:80": 1}, 15, "the dead server is removed"
    )
    first.wait_log("Removing service [10.1.38.13]:tcp:80 from VS [10.1.38.15]:tcp:80")
    for _ in range(6):
        equal(get(client, "10.1.38.15"), (200, "real2"), "every request goes to the living server")
    start_nginx(net["real1"])
    eventually(
        lambda: in_table(director, *HTTP) == {"10.1.38.13:80": 1, "10.1.38.14:80": 1},
        12,
        "the server is added again",
    )
    first.wait_log("Adding service [10.1.38.13]:tcp:80 to VS [10.1.38.15]:tcp:80")
    equal(
        {get(client, "10.1.38.15")[1] for _ in range(6)}, {"real1", "real2"}, "both servers answer"
    )


@case("ipvs/sorry-server", ipvs=True, seconds=35)
def sorry_server(lab):
    """With all real servers gone the sorry server answers; the first to return replaces it."""
    net, (first, _) = serving_pair(lab, topology.HTTP_GET, "10.1.38.200/16")
    director = net["director1"]
    start_nginx(director, body="sorry")
    eventually(lambda: len(in_table(director, *HTTP) or ()) == 2, 12, "both servers are in")
    for name in ("real1", "real2"):
        kill_nginx(net[name])
    eventually(
        lambda: in_table(director, *HTTP) == {"127.0.0.1:80": 1}, 18, "the sorry server is in alone"
    )
    for words in (
        "Adding sorry server [127.0.0.1]:tcp:80 to VS [10.1.38.15]:tcp:80",
        "Lost quorum 1-0=1 > 0 for VS [10.1.38.15]:tcp:80",
    ):
        first.wait_log(words)
    answers(net["client"], "10.1.38.15", "sorry")
    start_nginx(net["real2"])
    eventually(
        lambda: in_table(director, *HTTP) == {"10.1.38.14:80": 1}, 12, "the sorry server is out"
    )
    answers(net["client"], "10.1.38.15", "real2")


@case("ipvs/tcp-check", ipvs=True, seconds=35)
def tcp_check(lab):
    """The first seed pair, its nb_get_retry honoured: both services lose and regain a server."""
    net, (first, _) = serving_pair(lab, topology.LVS_DR, topology.LVS_DR_CLIENT)
    director = net["director1"]
    web_service = ("TCP", "192.168.8.100:80")
    first.wait_log("TCP connection to [192.168.8.12]:tcp:80 success.", 15)
    answers(net["client"], "192.168.8.100", get(net["client"], "192.168.8.100")[1])
    # Nothing listens on 21: the other service loses its servers, the first keeps them.
    eventually(
        lambda: in_table(director, "TCP", "192.168.8.100:21") == {}, 25, "port 21 has no servers"
    )
    equal(
        in_table(director, *web_service),
        {"192.168.8.12:80": 1, "192.168.8.13:80": 1},
        "the servers of port 80",
    )


@case("ipvs/same-service-twice", ipvs=True, ours_only=True, seconds=25)
def same_service_twice(lab):
    """A virtual server that is there twice: a server of the second fails, the first's one stays."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("for n in 1 2 3; do ip address add 10.9.0.2$n/32 dev lo; done")
    start_nginx(host)
    service = ("TCP", "10.9.0.100:80")
    living = {"10.9.0.21:80": 1, "10.9.0.23:80": 1}
    daemon = lab.daemon(host, twice(["10.9.0.21 80"], ["10.9.0.22 81", "10.9.0.23 80"])).start()
    eventually(lambda: in_table(host, *service) == living, 10, "the failed server is removed")
    for _ in range(2):
        reloads = daemon.log.count("Reloading")
        daemon.reload()
        eventually(lambda: daemon.log.count("Reloading") > reloads, 8, "the reload")
        always(
            lambda: in_table(host, *service) == living,
            3,
            lambda: f"a reload keeps what is known: {in_table(host, *service)}",
        )
    equal(daemon.log.count("Gained quorum"), 2, "lines about the quorum, one of each")


@case("ipvs/nb_get_retry", ipvs=True, ours_only=True, seconds=30)
def nb_get_retry(lab):
    """nb_get_retry 3 inside TCP_CHECK means three retries, as its authors meant."""
    host = lab.solo("director1", "ens160", "192.168.8.10/24").up()
    host.run("ip address add 192.168.8.12/32 dev lo; ip address add 192.168.8.13/32 dev lo")
    start_nginx(host)
    text = topology.LVS_DR.configurations()[0].replace("delay_loop 6", "delay_loop 1")
    daemon = lab.daemon(host, text.replace("delay_before_retry 3", "delay_before_retry 1")).start()
    daemon.wait_log("TCP connection to [192.168.8.12]:tcp:80 success.")
    kill_nginx(host)
    daemon.wait_log("TCP_CHECK on service [192.168.8.12]:tcp:80 failed after 3 retries.", 20)


@case("ipvs/foreign-services", ipvs=True, seconds=25)
def foreign_services(lab):
    """Services made with ipvsadm survive start, reload and stop."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ipvsadm -A -t 10.9.0.100:443 -s wrr; ipvsadm -a -t 10.9.0.100:443 -r 10.9.0.31:443 -g -w 7")
    host.run("ipvsadm -A -f 9 -s rr")
    foreign = {key: value for key, value in host.ipvs().items()}

    def untouched():
        table = host.ipvs()
        return all(table.get(key) == value for key, value in foreign.items())

    daemon = lab.daemon(host, web()).start()
    eventually(lambda: len(host.ipvs()) == 3, 8, "our service joins them")
    check(untouched(), f"the start touched foreign services: {host.ipvs()}")
    daemon.configure(web(algorithm="wlc"))
    daemon.reload()
    eventually(
        lambda: host.ipvs()[("TCP", "10.9.0.100:80")]["scheduler"] == "wlc", 8, "the reload works"
    )
    check(untouched(), f"the reload touched foreign services: {host.ipvs()}")
    daemon.stop()
    equal(host.ipvs(), foreign, "the table after the stop")


@case("ipvs/foreign-destination", ipvs=True, ours_only=True, seconds=15)
def foreign_destination(lab):
    """A destination somebody put into a service of ours is removed at start, and that is logged."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ipvsadm -A -t 10.9.0.100:80 -s rr; ipvsadm -a -t 10.9.0.100:80 -r 10.9.0.66:80 -m")
    daemon = lab.daemon(host, web()).start()
    service = ("TCP", "10.9.0.100:80")
    eventually(
        lambda: in_table(host, *service) == {"10.9.0.21:80": 3, "10.9.0.22:80": 1},
        8,
        lambda: f"the service has only our servers: {in_table(host, *service)}",
    )
    check("10.9.0.66" in daemon.log, "the removal is logged with the destination's address")


@case("ipvs/drained-by-hand", ipvs=True, seconds=25)
def drained_by_hand(lab):
    """A weight an operator sets stays until the next reload."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ip address add 10.9.0.21/32 dev lo; ip address add 10.9.0.22/32 dev lo")
    start_nginx(host)
    daemon = lab.daemon(host, web(kind="DR", tested=True)).start()
    service = ("TCP", "10.9.0.100:80")
    daemon.wait_log("TCP connection to [10.9.0.22]:tcp:80 success.", 8)
    host.run("ipvsadm -e -t 10.9.0.100:80 -r 10.9.0.21:80 -g -w 0")
    always(
        lambda: in_table(host, *service) == {"10.9.0.21:80": 0, "10.9.0.22:80": 1},
        4,
        lambda: f"the operator's weight stays: {in_table(host, *service)}",
    )


@case("ipvs/reload-restores-weight", ipvs=True, ours_only=True, seconds=15)
def reload_restores(lab):
    """A reload makes ours the desired state again, the weight set by hand too."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    daemon = lab.daemon(host, web()).start()
    service = ("TCP", "10.9.0.100:80")
    desired = {"10.9.0.21:80": 3, "10.9.0.22:80": 1}
    eventually(lambda: in_table(host, *service) == desired, 8, "the table is filled")
    host.run("ipvsadm -e -t 10.9.0.100:80 -r 10.9.0.21:80 -m -w 0")
    daemon.reload()
    eventually(lambda: in_table(host, *service) == desired, 8, "the reload restores the weight")


@case("ipvs/deleted-put-back", ipvs=True, ours_only=True, seconds=25)
def deleted_put_back(lab):
    """A service or destination of ours that somebody deletes comes back."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    lab.daemon(host, web()).start()
    service = ("TCP", "10.9.0.100:80")
    desired = {"10.9.0.21:80": 3, "10.9.0.22:80": 1}
    eventually(lambda: in_table(host, *service) == desired, 8, "the table is filled")
    host.run("ipvsadm -d -t 10.9.0.100:80 -r 10.9.0.21:80")
    eventually(lambda: in_table(host, *service) == desired, 10, "the destination is back")
    host.run("ipvsadm -D -t 10.9.0.100:80")
    eventually(lambda: in_table(host, *service) == desired, 10, "the service is back")


@case("ipvs/nat", ipvs=True, seconds=15)
def nat(lab):
    """NAT end to end: the real servers' way back leads through the director."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24", "10.8.0.1/24")
    net.add("real1", "eth0", "10.9.0.21/24").add("real2", "eth0", "10.9.0.22/24")
    net.add("client", "eth0", "10.8.0.50/24").up()
    net["director1"].sysctl(ipv4__ip_forward=1)
    net["director1"].run("ip address add 10.9.0.100/32 dev eth0")
    net["client"].run("ip route add default via 10.8.0.1")
    for name in ("real1", "real2"):
        net[name].run("ip route add default via 10.9.0.1")
        net[name].sysctl(ipv4__conf__all__accept_redirects=0)
        start_nginx(net[name])
    lab.daemon(net["director1"], web(algorithm="rr", tested=True)).start()
    eventually(lambda: len(in_table(net["director1"], "TCP", "10.9.0.100:80") or ()) == 2, 8, "full")
    eventually(
        lambda: {get(net["client"], "10.9.0.100", timeout=1)[1] for _ in range(4)}
        == {"real1", "real2"},
        8,
        "both real servers answer through NAT",
    )


@case("ipvs/nat-without-forwarding", ipvs=True, ours_only=True, seconds=8)
def nat_without_forwarding(lab):
    """NAT on a director that does not forward is a warning at start."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.sysctl(ipv4__ip_forward=0)
    lab.daemon(host, web()).start().wait_log("ip_forward", 6)
