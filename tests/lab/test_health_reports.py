"""Checks that ask how a server is: agents beside HAProxy, gRPC health, pages in HTTP/2."""

import os
import signal

from lab.case import case
from lab.host import REPOSITORY
from lab.servers import in_table, listening
from lab.wait import check, equal, eventually

HTTP = ("TCP", "10.9.0.100:80")
GRPC_SERVER = os.path.join(REPOSITORY, "tests", "support", "grpc_health_server.py")

SERVICE = """
virtual_server 10.9.0.100 80 {{
    delay_loop 0.1
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    real_server 10.9.0.21 80 {{
        weight 100
        {checks}
    }}
}}
"""

# Answers every connection with what the file has at that moment, and counts who asked.
AGENT = """
import os, socket
server = socket.create_server(("10.9.0.1", 9999))
asked = {}
while True:
    connection, _ = server.accept()
    with connection, open("/run/agent-says") as line:
        who = connection.recv(100).decode().strip()
        asked[who] = asked.get(who, 0) + 1
        connection.sendall(line.read().encode())
    with open("/run/agent-asked.new", "w") as out:
        out.write("".join(f"{who} {count}\\n" for who, count in asked.items()))
    os.replace("/run/agent-asked.new", "/run/agent-asked")
"""

HAPROXY = """
global
    stats socket /run/haproxy-lab.sock level admin
defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 1s
listen b
    bind 10.9.0.1:8080
    server s 10.9.0.1:9999 weight 100 agent-check agent-port 9999 agent-inter 100ms agent-send "haproxy\\n"
"""


def _kill(director, script):
    """Kills the program of that script; the host's own first process is of Python, too."""
    found = [pid for pid, (_, _, words) in director.processes().items() if script in words]
    equal(len(found), 1, f"programs of {script}")
    os.kill(found[0], signal.SIGKILL)


def ours(director):
    """The weight of the real server; None when it is not in the table."""
    return (in_table(director, *HTTP) or {}).get("10.9.0.21:80")


def theirs(director):
    """The same as HAProxy sees it."""
    printed = director.run("echo show stat | socat - UNIX-CONNECT:/run/haproxy-lab.sock")
    lines = printed.lstrip("# ").splitlines()
    for line in lines[1:]:
        row = dict(zip(lines[0].split(","), line.split(",")))
        if row.get("svname") == "s":
            if row["status"].startswith(("DOWN", "MAINT")):
                return None
            return 0 if row["status"].startswith("DRAIN") else int(row["weight"])
    return "no answer"


def _asked(director):
    """How often each of the two has asked the agent."""
    return {who: int(count) for who, count in
            (line.split() for line in director.read("/run/agent-asked").splitlines())}


def _say(director, line):
    """The agent says `line`; returns when both have heard it, and come back."""
    director.write("/run/agent-says", line + "\n")
    before = _asked(director)
    eventually(lambda: all(_asked(director).get(who, 0) >= before.get(who, 0) + 2
                           for who in ("ours", "haproxy")),
               10, lambda: f"both hear {line!r}: {before}, {_asked(director)}")


@case("checks/agent-as-haproxy", ipvs=True, ours_only=True, seconds=14)
def agent(lab):
    """One agent, asked by HAProxy and by us: both give the server the same weight, or none."""
    director = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    director.write("/run/agent-says", "up\n")
    director.write("/run/agent.py", AGENT)
    director.start(["/usr/bin/python3", "/run/agent.py"], "agent.log")
    director.write("/etc/haproxy/lab.cfg", HAPROXY)
    director.start(["haproxy", "-f", "/etc/haproxy/lab.cfg"], "haproxy.log")
    eventually(lambda: listening(director, 8080) and listening(director, 9999), 10, "all listen")
    block = """AGENT_CHECK {
            connect_ip 10.9.0.1
            connect_port 9999
            agent_send "ours\\n"
        }"""
    daemon = lab.daemon(director, SERVICE.format(checks=block)).start()
    lines = [("75%", 75), ("drain", 0), ("30% ready", 30), ("maint", None),
             ("ready 100%", 100), ("down # gone", None), ("10%", None), ("foo UP", 10),
             ("stopped,150%", None), ("up\t5%%", 150), ("fail", None),
             ("", None), ("up", 150), ("0%", 0), ("100% maxconn:7", 100)]
    for line, weight in lines:
        _say(director, line)
        eventually(lambda want=weight: ours(director) == want and theirs(director) == want, 5,
                   lambda said=line, want=weight:
                   f"{said!r} makes {want}; here {ours(director)}, HAProxy {theirs(director)}")
    _kill(director, "/run/agent.py")
    daemon.wait_log("Agent of [10.9.0.21]:tcp:80 takes no connection")
    equal((ours(director), theirs(director)), (100, 100), "the weight without an agent")
    equal(daemon.log.count("takes no connection"), 1, "lines about the agent that is gone")


def _grpc_director(lab):
    """A director with a gRPC server of its own at port 50051, which says what /run/statuses has."""
    director = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    director.write("/run/statuses", "- 1\nshop.Cart 1\n")
    director.start(["/usr/bin/python3", GRPC_SERVER, "10.9.0.1:50051", "/run/statuses"], "grpc.log")
    eventually(lambda: listening(director, 50051), 20, "the gRPC server listens")
    return director


@case("checks/grpc-health", ours_only=True, seconds=10)
def grpc(lab):
    """Google's gRPC: a service that stops serving, is unknown, serves again; the server dies."""
    director = _grpc_director(lab)
    block = """GRPC_CHECK {
            connect_ip 10.9.0.1
            connect_port 50051
            service shop.Cart
            retry 0
            delay_before_retry 0.1
        }"""
    daemon = lab.daemon(director, SERVICE.format(checks=block)).start()
    server = "[10.9.0.21]:tcp:80"
    daemon.wait_log(f"gRPC health of {server} success.")
    director.write("/run/statuses", "- 1\nshop.Cart 2\n")
    daemon.wait_log(f"gRPC health of {server}: NOT_SERVING")
    daemon.wait_log(f"Removing service {server} from VS [10.9.0.100]:tcp:80")
    director.write("/run/statuses", "shop.Cart 1\n")
    daemon.wait_log(f"Adding service {server} to VS [10.9.0.100]:tcp:80")
    director.write("/run/statuses", "- 1\n")
    daemon.wait_log(f"gRPC health of {server}: gRPC status 5 (NOT_FOUND): no such service")
    director.write("/run/statuses", "shop.Cart 1\n")
    daemon.wait_log(f"Adding service {server} to VS [10.9.0.100]:tcp:80", count=2)
    _kill(director, GRPC_SERVER)
    daemon.wait_log(f"gRPC server {server} takes no connection")


@case("checks/http2-nghttpd", ours_only=True, seconds=8)
def http2(lab):
    """nghttpd, which speaks HTTP/2 only: http_protocol 2 finds the page, 1.1 does not."""
    director = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    director.write("/run/web/page", "hello\n")
    director.start(["nghttpd", "--no-tls", "-a", "10.9.0.1", "-d", "/run/web", "8080"], "nghttpd.log")
    eventually(lambda: listening(director, 8080), 10, "nghttpd listens")
    blocks = "".join(f"""
        HTTP_GET {{
            http_protocol {protocol}
            connect_ip 10.9.0.1
            connect_port 8080
            url {{
                path /{path}
                digest b1946ac92492d2347c6235b4d2611184
            }}
            retry 0
            delay_before_retry 0.1
        }}""" for protocol, path in (("2", "page"), ("1.1", "page")))
    daemon = lab.daemon(director, SERVICE.format(checks=blocks)).start()
    server = "[10.9.0.21]:tcp:80"
    daemon.wait_log(f"Remote Web server {server} succeed on service.")
    daemon.wait_log(f"HTTP_CHECK on service {server} failed.")
    equal(daemon.log.count("succeed on service"), 1, "checks that found the page")
    check("status code error" not in daemon.log, "HTTP/1.1 was answered")
