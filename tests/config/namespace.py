"""A network namespace with the same few interfaces everywhere, so that files which name interfaces
mean the same on every machine."""

import os
import subprocess
import sys

INTERFACES = ["eth0", "eth1", "eth2"]
INSIDE = "CONFIG_TEST_NAMESPACE"
SKIPPED = 77


def enter():
    """Runs this program again inside such a namespace; returns there. Skips the test where the
    machine does not let it."""
    if os.environ.get(INSIDE):
        lay_interfaces()
        return
    way = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    try:
        possible = subprocess.run(way + ["true"], check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    if not possible:
        print("SKIP: network namespaces cannot be made here")
        sys.exit(SKIPPED)
    os.environ[INSIDE] = "1"
    os.execvp(way[0], way + [sys.executable] + sys.argv)


def lay_interfaces():
    """Ethernet pairs of which one end bears the name; all up and with an address."""
    def ip(*words):
        subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)
    ip("link", "set", "lo", "up")
    for number, name in enumerate(INTERFACES):
        ip("link", "add", name, "type", "veth", "peer", "name", f"far{number}")
        ip("link", "set", f"far{number}", "up")
        ip("link", "set", name, "up")
        ip("address", "add", f"10.0.{number}.1/24", "dev", name)
