"""What is measured of load balancing at size: 2,300 services with 37,000 real servers, 5,000 checks."""

import os
import re
import signal
import time

from lab.servers import start_nginx
from lab.wait import eventually
from measures import connections, measure, peak, per_check, processor_seconds, spare_rounds

SERVICES = 2300
SERVERS = 37000
DYING_PORT = 8081
_DYING = "/run/dying.py"
LONGEST_RELOAD = 120000  # ms; Debian's 2.2.7 searches lists that grow with the square of their length


def _service(number):
    return f"10.80.{number // 250}.{number % 250 + 1}"


def _server(number):
    return f"10.77.{number // 250}.{number % 250 + 1}"


def _large(delay_loop, changed_weight=1):
    """SERVICES services with SERVERS servers in all, each with a TCP check; the last service's last
    server has the weight given. Before them a service whose only server is to die."""
    lines = [f"virtual_server {_service(SERVICES)} 80 {{", " delay_loop 1", " protocol TCP"]
    lines += [f" real_server {_server(SERVERS)} {DYING_PORT} {{", "  TCP_CHECK {"]
    lines += ["   connect_timeout 1", "   retry 0", "  }", " }", "}"]
    server = 0
    for service in range(SERVICES):
        lines += [f"virtual_server {_service(service)} 80 {{", f" delay_loop {delay_loop}"]
        lines += [" lb_algo rr", " lb_kind DR", " protocol TCP"]
        upto = SERVERS * (service + 1) // SERVICES
        while server < upto:
            weight = changed_weight if server + 1 == SERVERS else 1
            lines += [f" real_server {_server(server)} 80 {{", f"  weight {weight}"]
            lines += ["  TCP_CHECK {", "   connect_timeout 3", "  }", " }"]
            server += 1
        lines += ["}"]
    return "\n".join(lines) + "\n"


def _destinations(host, service, port=80):
    """{server: weight} of one service, by one request to the kernel."""
    status, text = host.status(f"ipvsadm -Ln -t {service}:{port}")
    if status != 0:
        return {}
    return {one: int(weight) for one, weight in re.findall(r"-> (\S+) +\w+ +(\d+)", text)}


def _director(lab):
    """A host on which every server's address is its own."""
    host = lab.solo("director1", "eth0", "10.9.0.1/16").up()
    for route in ("10.77.0.0/16", "10.80.0.0/16"):
        host.run(f"ip route add local {route} dev lo")
    return host


def _milliseconds(since):
    return (time.monotonic() - since) * 1000


def _settle(host):
    """Each check was made once: the first time each is logged, so that one costs more than the rest."""
    eventually(lambda: connections(host) > SERVERS, 240, "each check is made once", every=0.5)
    time.sleep(10)


@measure("large", ipvs=True, seconds=400)
def large(lab):
    """2,300 services with 37,000 real servers, a TCP check for each."""
    host = _director(lab)
    start_nginx(host)
    last = f"{_server(SERVERS - 1)}:80"
    daemon = lab.daemon(host, _large(60))
    began = time.monotonic()
    daemon.start()
    eventually(
        lambda: last in _destinations(host, _service(SERVICES - 1)), 120, "the table is there", every=0.05
    )
    found = {"start to whole table, ms": _milliseconds(began)}
    pid = daemon.wait_pid("checkers")
    _settle(host)
    used, began = processor_seconds(pid), time.monotonic()
    time.sleep(20)
    found["CPU of the checkers, %"] = (processor_seconds(pid) - used) / (time.monotonic() - began) * 100
    found["VmHWM of the checkers before a reload, MB"] = peak(pid)
    daemon.configure(_large(60, changed_weight=7))
    began = daemon.reload()
    while _destinations(host, _service(SERVICES - 1)).get(last) != 7 and _milliseconds(began) < LONGEST_RELOAD:
        time.sleep(0.01)
    found[f"reload with one change, ms ({LONGEST_RELOAD}: or more)"] = _milliseconds(began)
    found["VmHWM of the checkers, MB"] = peak(daemon.wait_pid("checkers"))
    found["VmHWM of the parent, MB"] = peak(daemon.pid("parent"))
    host.run("ipvsadm -Sn > /run/table", timeout=60)
    daemon.kill()
    began = time.monotonic()
    # In a network namespace of its own: where destinations were deleted, the kernel's list of them
    # slows every addition down for two minutes.
    host.run("unshare -n ipvsadm -R < /run/table", timeout=120)
    found["ipvsadm -R of the same table, ms"] = _milliseconds(began)
    return found


@measure("dead-server", ipvs=True, seconds=250)
def dead_server(lab):
    """How fast a server that died leaves the table while 37,000 others are checked."""
    host = _director(lab)
    start_nginx(host)
    host.write(_DYING, "import socket,time\ns=socket.create_server(('0.0.0.0',%d),backlog=64)\n"
               "while True:\n s.accept()[0].close()\n" % DYING_PORT)
    host.start(["python3", _DYING], "dying.log")
    daemon = lab.daemon(host, _large(60)).start()
    server = f"{_server(SERVERS)}:{DYING_PORT}"
    service = _service(SERVICES)
    daemon.wait_log(f"TCP connection to [{_server(SERVERS)}]:tcp:{DYING_PORT} success", 90)
    eventually(lambda: server in _destinations(host, service), 30, "the server is in the table")
    _settle(host)
    # Not every python3 of the host: its first process is one.
    dying = [pid for pid, (_, _, words) in host.processes().items() if words[1:] == [_DYING]]
    began = time.monotonic()
    for pid in dying:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: server not in _destinations(host, service), 120, "the server is out", every=0.01)
    return {"death to removal, ms": _milliseconds(began)}


@measure("five-thousand-checks", ipvs=True, seconds=70)
def five_thousand_checks(lab):
    """5,000 TCP checks every 10 s, all succeeding."""
    whole = spare_rounds(3)
    host = _director(lab)
    start_nginx(host)
    text = "virtual_server 10.9.0.100 80 {\n delay_loop 10\n lb_kind DR\n protocol TCP\n"
    for number in range(5000):
        text += f" real_server {_server(number)} 80 {{\n  TCP_CHECK {{\n   connect_timeout 2\n  }}\n }}\n"
    daemon = lab.daemon(host, text + "}\n").start()
    eventually(lambda: connections(host) > 5000, 60, "the checks run")
    return per_check(host, daemon, whole, 20)
