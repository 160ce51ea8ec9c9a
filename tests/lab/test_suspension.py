"""ha_suspend: checks are made only where the address is."""

from lab.case import case
from lab.servers import listening, start_nginx
from lab.wait import always, check, eventually

CHECK = "TCP_CHECK {\n connect_timeout 1\n retry 0\n delay_before_retry 1\n }"
REAL = "[10.9.0.21]:tcp:80"


def text(head, keyword="ha_suspend", groups=""):
    """A virtual server with one real server, checked every second."""
    return f"""{groups}
virtual_server {head} {{
    delay_loop 1
    lvs_sched rr
    lvs_method DR
    protocol TCP
    {keyword}
    real_server 10.9.0.21 80 {{
        {CHECK}
    }}
}}
"""


def _site(lab, configuration):
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    host.run("ip address add 10.9.0.21/32 dev lo")
    start_nginx(host)
    return host, lab.daemon(host, configuration)


def _stop_nginx(host):
    host.kill_program("nginx")
    eventually(lambda: not listening(host, 80), 5, "nginx is gone")


def _story(lab, head, vip, groups=""):
    """Away at the start, here, away, here."""
    service = f"VS [{head.split()[-2]}]:tcp:80" if not groups else "VS [WEB]:"
    host, daemon = _site(lab, text(head, groups=groups))
    daemon.start().wait_log(f"Deactivating healthchecker for service {REAL} for {service}")
    always(lambda: "TCP connection" not in daemon.log, 2.5, "it is checked while the VIP is away")
    host.run(f"ip address add {vip}/32 dev eth0")
    daemon.wait_log(f"Activating healthchecker for service {REAL} for {service}")
    daemon.wait_log(f"TCP connection to {REAL} success.")
    host.run(f"ip address del {vip}/32 dev eth0")
    daemon.wait_log(f"Suspending healthchecker for service {REAL} for {service}")
    _stop_nginx(host)
    always(lambda: "failed" not in daemon.log, 2.5, "it is checked after the VIP went")
    host.run(f"ip address add {vip}/32 dev eth0")
    daemon.wait_log(f"Removing service {REAL} from {service}")


@case("suspension/address", ipvs=True, seconds=15)
def address(lab):
    """A virtual server by its address."""
    _story(lab, "10.9.0.100 80", "10.9.0.100")


@case("suspension/group", ours_only=True, seconds=12)
def group(lab):
    """A group: any of its addresses counts."""
    groups = "virtual_server_group WEB {\n 10.9.0.90 80\n 10.9.0.100-110 80\n}"
    _story(lab, "group WEB", "10.9.0.105", groups)


@case("suspension/reload", ours_only=True, seconds=12)
def reload(lab):
    """A reload that drops ha_suspend begins to check, one that brings it stops."""
    host, daemon = _site(lab, text("10.9.0.100 80"))
    daemon.start().wait_log("Deactivating healthchecker")
    daemon.configure(text("10.9.0.100 80", keyword=""))
    daemon.reload()
    daemon.wait_log("Activating healthchecker")
    daemon.wait_log(f"TCP connection to {REAL} success.")
    daemon.configure(text("10.9.0.100 80"))
    daemon.reload()
    daemon.wait_log("Suspending healthchecker")
    _stop_nginx(host)
    always(lambda: "failed" not in daemon.log, 2.5, "it is checked while the VIP is away")
    check(daemon.running(), "it runs")
