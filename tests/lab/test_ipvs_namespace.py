"""net_namespace_ipvs: the table of another network namespace than the daemon's."""

from lab.balancing import service
from lab.case import case
from lab.wait import check, eventually

GLOBAL = "net_namespace_ipvs balance\n"


def _table(host, namespace="balance"):
    return host.run(["ip", "netns", "exec", namespace, "ipvsadm", "-Ln"])


def _director(lab):
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ip netns add balance && ip netns exec balance ip link set lo up")
    return host


@case("ipvs/namespace", ipvs=True, seconds=12)
def namespace(lab):
    """Services are in the namespace's table, not in the daemon's own, and go with the daemon."""
    host = _director(lab)
    daemon = lab.daemon(host, GLOBAL + service(4, "NAT")).start()
    eventually(
        lambda: "10.9.0.22:80" in _table(host), 8, lambda: f"the table is filled: {_table(host)}"
    )
    check(not host.ipvs(), f"our own table: {host.ipvs()}")
    daemon.stop()
    check("10.9.0" not in _table(host), f"the table after the stop: {_table(host)}")


@case("ipvs/namespace-reload", ipvs=True, ours_only=True, seconds=12)
def namespace_reload(lab):
    """Another namespace takes a restart, and a reload says so; a missing one is named."""
    host = _director(lab)
    daemon = lab.daemon(host, GLOBAL + service(4, "NAT")).start()
    eventually(lambda: "10.9.0.22:80" in _table(host), 8, "the table is filled")
    daemon.configure(service(4, "DR"))
    daemon.reload()
    daemon.wait_log("Cannot change IPVS network namespace at a reload - please restart keepalived")
    check("Masq" in _table(host), "nothing changed")
    daemon.stop()
    daemon.configure(GLOBAL.replace("balance", "nowhere") + service(4, "NAT"))
    daemon.start().wait_log("cannot open network namespace /run/netns/nowhere")


@case("sync/namespace", ipvs=True, ours_only=True, seconds=12)
def synchronisation(lab):
    """Synchronisation runs where the table is."""
    host = _director(lab)
    host.run("ip netns exec balance ip link add eth5 type veth peer name lab5")
    host.run("ip netns exec balance ip link set eth5 up")
    said = "global_defs {\n lvs_sync_daemon eth5 id 4\n}\n"
    lab.daemon(host, GLOBAL + said + service(4, "NAT")).start()

    def daemons():
        return host.run(["ip", "netns", "exec", "balance", "ipvsadm", "-L", "--daemon"])

    eventually(lambda: daemons().count("syncid=4") == 2, 8, lambda: f"both run: {daemons()}")
    check("syncid" not in host.run(["ipvsadm", "-L", "--daemon"]), "none runs in our own")
