"""Two directors made for a question of VRRP alone: their configuration as words, their network."""

from .pairs import elect
from .wait import eventually

VIP, VIP6 = "10.9.0.100", "2001:db8::100"
ADDRESSES = {"director1": "10.9.0.1", "director2": "10.9.0.2"}
CLIENT = "10.9.0.50"
HMAC_KEY = "0123456789abcdef0123456789abcdef"

KINDS = {  # what is said besides the usual, and the shortest interval it allows
    "v2": ("", "1"),
    "pass": ("authentication {\n auth_type PASS\n auth_pass secret\n}", "1"),
    "ah": ("authentication {\n auth_type AH\n auth_pass secret\n}", "1"),
    "v3": ("version 3", "0.01"),
    "hmac": (f"version 3\nauth_hmac {{\n key 1 {HMAC_KEY}\n active_key 1\n}}", "0.01"),
    "vmac": ("version 3\nuse_vmac", "0.01"),
    "unicast": ("version 3\nunicast_src_ip OWN\nunicast_peer {\n PEER\n}", "0.01"),
    "ipv6": ("version 3\nnative_ipv6", "0.01"),
}


def instance(name="VI_1", vrid=51, priority=100, interval="1", extra="", vips=(VIP + "/24",)):
    """A vrrp_instance as text."""
    lines = [f"vrrp_instance {name} {{", "interface eth0", f"virtual_router_id {vrid}"]
    lines += [f"priority {priority}", f"advert_int {interval}", extra]
    lines += ["virtual_ipaddress {", *vips, "}", "}", ""]
    return "\n".join(lines)


def network(lab, *more):
    """director1, director2 and client on one switch; `more` are names of further hosts."""
    net = lab.network()
    for number, name in enumerate(ADDRESSES, 1):
        net.add(name, "eth0", ADDRESSES[name] + "/24", f"2001:db8::{number}/64 nodad")
    net.add("client", "eth0", CLIENT + "/24", "2001:db8::50/64 nodad")
    for number, name in enumerate(more, 60):
        net.add(name, "eth0", f"10.9.0.{number}/24")
    return net.up()


def texts(kind, priorities=(150, 100), interval=None, extra=""):
    """The configurations of both directors for one of KINDS."""
    words, shortest = KINDS[kind]
    vips = ("fe80::9:100", VIP6 + "/64") if kind == "ipv6" else (VIP + "/24",)
    found = []
    for (own, peer), priority in zip((("director1", "director2"), ("director2", "director1")), priorities):
        said = words.replace("OWN", ADDRESSES[own]).replace("PEER", ADDRESSES[peer])
        found.append(
            instance(
                priority=priority, interval=interval or shortest, extra=f"{said}\n{extra}", vips=vips
            )
        )
    return found


def vip_of(kind):
    """The address clients use."""
    return VIP6 if kind == "ipv6" else VIP


def started(lab, net, configurations, vip=VIP, options=()):
    """Both daemons, the first elected: [daemon1, daemon2]."""
    daemons = [
        lab.daemon(net[name], text, options=options)
        for name, text in zip(ADDRESSES, configurations)
    ]
    daemons[0].start()
    eventually(lambda: net["director1"].has(vip), 12, "director1 becomes master")
    daemons[1].start()
    daemons[1].wait_log("Entering BACKUP STATE")
    elect(net, vip, "director1")
    return daemons


def neighbour(host, address):
    """The hardware address a host believes `address` has, or ""."""
    words = host.run(["ip", "neighbour", "show", "to", address]).split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


def learn(host, address):
    """Makes a host ask who has the address, by sending it something."""
    host.run(["ping", "-c1", "-W1", address], check=False)


def hardware_address(host, interface="eth0"):
    """An interface's own."""
    return host.run(["cat", f"/sys/class/net/{interface}/address"]).strip()


def port_of(net, mac):
    """The switch's port behind which it has learnt a hardware address, or ""."""
    for line in net.switch.run(["bridge", "fdb", "show", "br", "br0"]).splitlines():
        words = line.split()
        if words[0] == mac and "permanent" not in words:
            return words[words.index("dev") + 1]
    return ""
