"""The networks the users' files in seeds/ were written for, with their interfaces and addresses."""

from .case import seed
from .servers import make_real_server, start_nginx


class Pair:
    """Two directors with their configuration files and the VIPs they hold between them."""

    def __init__(self, files, interfaces, addresses, vips, real_servers=(), extra=()):
        self.files, self.interfaces, self.addresses = files, interfaces, addresses
        self.vips, self.real_servers, self.extra = vips, real_servers, extra

    def network(self, lab, client="10.1.38.200/16"):
        """The pair's network, up: director1, director2, the real servers, client."""
        net = lab.network()
        for name, interface, address in zip(
            ("director1", "director2"), self.interfaces, self.addresses
        ):
            net.add(name, interface, address)
        for number, address in enumerate(self.real_servers, 1):
            net.add(f"real{number}", "eth0", address)
        for name, interface, *addresses in self.extra:
            net.add(name, interface, *addresses)
        net.add("client", "eth0", client)
        return net.up()

    def configurations(self):
        """The texts of the two files."""
        return [seed(name) for name in self.files]

    def daemons(self, lab, net, programs=(None, None), change=lambda text: text):
        """The two keepalived, not started; `change` may alter the text of both files."""
        return [
            lab.daemon(net[f"director{number}"], change(text), program)
            for number, (text, program) in enumerate(zip(self.configurations(), programs), 1)
        ]

    def serve(self, net):
        """nginx on each real server, which takes packets for the VIPs (direct routing)."""
        for number in range(1, len(self.real_servers) + 1):
            make_real_server(net[f"real{number}"], *self.vips)
            start_nginx(net[f"real{number}"])


LVS_DR = Pair(
    ("lvs-dr-director1.conf", "lvs-dr-director2.conf"),
    ("ens160", "ens160"),
    ("192.168.8.10/24", "192.168.8.11/24"),
    ("192.168.8.100",),
    ("192.168.8.12/24", "192.168.8.13/24"),
)
LVS_DR_CLIENT = "192.168.8.50/24"

HTTP_GET = Pair(
    ("lvs-http-get-node0.conf", "lvs-http-get-node1.conf"),
    ("team0", "bond0"),
    ("10.1.38.11/16", "10.1.38.12/16"),
    ("10.1.38.15",),
    ("10.1.38.13/16", "10.1.38.14/16"),
)

MASTER_MASTER = Pair(
    ("master-master-node0.conf", "master-master-node1.conf"),
    ("team0", "bond0"),
    ("10.1.38.11/16", "10.1.38.12/16"),
    ("10.1.38.19", "10.1.38.20"),
)

TRACK_SCRIPT = Pair(
    ("track-script-node0.conf", "track-script-node1.conf"),
    ("team0", "bond0"),
    ("10.1.38.11/16", "10.1.38.12/16"),
    ("10.1.38.15",),
)

VIP_NGINX = Pair(
    ("vip-nginx-master.conf", "vip-nginx-backup.conf"),
    ("eth0", "eth0"),
    ("192.168.1.103/24", "192.168.1.104/24"),
    ("192.168.1.108",),
)
VIP_NGINX_CLIENT = "192.168.1.50/24"

STRICT = Pair(
    ("strict-two-vips.conf", "strict-two-vips.conf"),
    ("eth0", "eth0"),
    ("172.25.42.10/24", "172.25.42.11/24"),
    ("172.25.42.150", "172.25.42.160"),
    ("172.25.42.12/24", "172.25.42.13/24"),
)
STRICT_CLIENT = "172.25.42.50/24"

EXAMPLE = Pair(
    ("lvs-dr-example.conf", "lvs-dr-example.conf"),
    ("eth0", "eth0"),
    ("192.168.8.10/24", "192.168.8.11/24"),
    ("192.168.8.97",),
    ("192.168.8.90/24", "192.168.8.91/24"),
)
