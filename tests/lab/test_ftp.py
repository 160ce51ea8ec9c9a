"""FTP through the VIP: active mode with the users' own file, passive with a fwmark service."""

import ftplib
import io

from lab import kernel, topology
from lab.case import case
from lab.pairs import elect
from lab.servers import in_table, make_real_server, start_vsftpd
from lab.wait import check, equal, eventually

VIP = "192.168.8.100"
LOW, HIGH = 30000, 30009

PASSIVE = """
vrrp_instance VI_1 {{
    state BACKUP
    interface ens160
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {{
        192.168.8.100
    }}
}}
virtual_server fwmark 21 {{
    delay_loop 2
    lb_algo rr
    lb_kind DR
    persistence_timeout 50
    protocol TCP
    {servers}
}}
"""
SERVER = """
    real_server 192.168.8.{number} 21 {{
        TCP_CHECK {{
            connect_timeout 2
            connect_port 21
        }}
    }}
"""


def _serving(lab, text):
    pair = topology.LVS_DR
    net = pair.network(lab, topology.LVS_DR_CLIENT)
    for name in ("real1", "real2"):
        make_real_server(net[name], VIP)
        start_vsftpd(net[name], VIP, LOW, HIGH)
    daemon = lab.daemon(net["director1"], text).start()
    elect(net, VIP, "director1", 10)
    return net, daemon


def fetch(client, passive):
    """Logs in anonymously at the VIP and returns the file that names the server."""
    with kernel.network_of(client.pid):
        with ftplib.FTP(timeout=8) as session:
            session.connect(VIP, 21)
            session.login()
            session.set_pasv(passive)
            out = io.BytesIO()
            session.retrbinary("RETR who", out.write)
            return out.getvalue().decode().strip()


@case("ftp/active", ipvs=True, seconds=15)
def active(lab):
    """Active mode: the data connection comes from the real server under the VIP's address."""
    net, _ = _serving(lab, topology.LVS_DR.configurations()[0])
    service = ("TCP", VIP + ":21")
    eventually(lambda: len(in_table(net["director1"], *service) or ()) == 2, 8, "both are in")
    who = fetch(net["client"], False)
    check(who in ("real1", "real2"), f"a real server answered: {who!r}")
    equal(fetch(net["client"], False), who, "persistence: the same server for the same client")


@case("ftp/passive-by-fwmark", ipvs=True, seconds=15)
def passive(lab):
    """Passive mode: ports 21 and 30000-30009 carry a mark and are one persistent service."""
    servers = "".join(SERVER.format(number=number) for number in (12, 13))
    net, _ = _serving(lab, PASSIVE.format(servers=servers))
    director = net["director1"]
    director.run(
        "iptables-legacy -t mangle -A PREROUTING -d 192.168.8.100/32 -p tcp -m multiport"
        f" --dports 21,{LOW}:{HIGH} -j MARK --set-mark 21"
    )
    eventually(lambda: len(in_table(director, "FWM", "21") or ()) == 2, 8, "both servers are in")
    who = fetch(net["client"], True)
    check(who in ("real1", "real2"), f"a real server answered: {who!r}")
    for _ in range(3):
        equal(fetch(net["client"], True), who, "control and data connection meet the same server")
