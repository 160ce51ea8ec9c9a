"""What `meson install` puts on a system: the init script, the unit's readiness, the manual pages,
the real servers' script."""

import os
import socket

from lab.case import case
from lab.daemon import CONFIGURATION
from lab.host import REPOSITORY
from lab.servers import make_real_server, start_nginx
from lab.traffic import get
from lab.wait import check, equal, eventually

TEXT = """
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.100
    }
}
"""


def _installed(lab):
    """A host on which the build of the subject is installed; its own copy of the system only."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    build = os.path.dirname(os.path.dirname(lab.subject))
    host.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], timeout=60)
    host.write(CONFIGURATION, TEXT)
    return host


@case("install/init-script", ours_only=True, seconds=20)
def init_script(lab):
    """/etc/init.d/keepalived start, status, reload, restart, stop, with LSB's exit statuses."""
    host = _installed(lab)
    script = "/etc/init.d/keepalived"
    equal(host.status([script, "status"])[0], 3, "status before the start")
    equal(host.status([script, "start"])[0], 0, "start")
    equal(host.status([script, "status"])[0], 0, "status while it runs")
    equal(host.status([script, "start"])[0], 0, "a second start")
    eventually(lambda: host.has("10.9.0.100"), 8, "the VIP is there")
    host.write(CONFIGURATION, TEXT.replace("10.9.0.100", "10.9.0.100\n        10.9.0.101"))
    equal(host.status([script, "reload"])[0], 0, "reload")
    eventually(lambda: host.has("10.9.0.101"), 5, "the reload added a VIP")
    equal(host.status([script, "restart"])[0], 0, "restart")
    eventually(lambda: host.has("10.9.0.101"), 8, "the VIPs are back")
    equal(host.status([script, "stop"])[0], 0, "stop")
    check(not host.has("10.9.0.100"), "the VIPs are gone")
    equal(host.status([script, "status"])[0], 3, "status after the stop")
    equal(host.status([script, "stop"])[0], 0, "a second stop")


@case("install/options-file", ours_only=True, seconds=10)
def options_file(lab):
    """DAEMON_ARGS of /etc/default/keepalived reach the daemon."""
    host = _installed(lab)
    host.write("/etc/keepalived/other.conf", TEXT.replace("10.9.0.100", "10.9.0.109"))
    host.write("/etc/default/keepalived", 'DAEMON_ARGS="-f /etc/keepalived/other.conf"\n')
    equal(host.status(["/etc/init.d/keepalived", "start"])[0], 0, "start")
    eventually(lambda: host.has("10.9.0.109"), 8, "the other file's VIP is there")
    host.run(["/etc/init.d/keepalived", "stop"])


@case("install/readiness", ours_only=True, seconds=10)
def readiness(lab):
    """Type=notify: the service manager is told READY=1 at the start and STOPPING=1 at the end."""
    host = lab.solo("director1", "eth0", "10.9.0.1/24").up()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(host.path("/run/notify"))
        manager.settimeout(8)
        host.write(CONFIGURATION, TEXT)
        command = ["/usr/bin/env", "NOTIFY_SOCKET=/run/notify", lab.subject, "-n", "-l", "-f"]
        process = host.start(command + [CONFIGURATION], "director1.keepalived.log")
        check(b"READY=1" in manager.recv(4096), "the first message says that it is ready")
        pid = host.outside_pid(int(eventually(lambda: host.read("/run/keepalived.pid"), 5, "pid")))
        os.kill(pid, 15)
        said = b""
        while b"STOPPING=1" not in said:
            said += manager.recv(4096) + b"\n"
        equal(process.wait(10), 0, "exit status")


@case("install/manual-pages", ours_only=True, seconds=10)
def manual_pages(lab):
    """man keepalived, keepalived.conf and understudy are there and are rendered without a complaint."""
    host = _installed(lab)
    for page, words in (
        ("keepalived.8", ("--config-test", "--use-file")),
        ("keepalived.conf.5", ("virtual_router_id", "delay_before_retry", "smtp_server")),
        ("understudy.1", ("--peer-id", "vip-subnet")),
    ):
        path = f"/usr/share/man/man{page[-1]}/{page}"
        check(os.path.exists(host.path(path)), f"{path} is installed")
        status, text = host.status(f"man -l --warnings -E UTF-8 {path} 2>&1 </dev/null | col -b")
        equal(status, 0, f"{page}: {text[-500:]}")
        check("warning:" not in text, f"{page}: {text[:500]}")
        for word in words:
            check(word in text, f"{page} tells of {word}")


@case("install/companion", ours_only=True, seconds=10)
def companion(lab):
    """understudy reads the installed configuration; vim and bash find their files."""
    host = _installed(lab)
    status, text = host.status(["/usr/bin/understudy", "config", "-f", CONFIGURATION])
    equal(status, 0, text[-500:])
    check("virtual_router_id" in text, "the configuration is printed")
    for path in ("vim/vimfiles/syntax/keepalived.vim", "vim/vimfiles/ftdetect/keepalived.vim",
                 "bash-completion/completions/keepalived", "bash-completion/completions/genhash",
                 "bash-completion/completions/understudy"):
        check(os.path.exists(host.path(f"/usr/share/{path}")), f"{path} is installed")


@case("install/real-server-script", seconds=6)
def real_server_script(lab):
    """start, status and stop of the real servers' script; stop leaves nothing behind."""
    host = lab.solo("real1", "eth0", "10.9.0.21/24").up()
    script = "sh " + os.path.join(REPOSITORY, "etc/keepalived/realserver") + " dr"
    setting = "/proc/sys/net/ipv4/conf/all/arp_ignore"
    equal(host.status(f"{script} status 10.9.0.100")[0], 3, "status before the start")
    equal(host.status(f"{script} start 10.9.0.100 10.9.0.101")[0], 0, "start")
    check(host.has("10.9.0.100") and host.has("10.9.0.101"), "both VIPs are there")
    equal(host.run(f"cat {setting}").strip(), "1", "arp_ignore")
    equal(host.status(f"{script} status 10.9.0.100 10.9.0.101")[0], 0, "status")
    equal(host.status(f"{script} stop 10.9.0.100 10.9.0.101")[0], 0, "stop")
    check(not host.has("10.9.0.100"), "the VIP is gone")
    equal(host.run(f"cat {setting}").strip(), "0", "arp_ignore after the stop")


@case("ipvs/tunnel", ipvs=True, seconds=15)
def tunnel(lab):
    """TUN end to end: the real server takes the packets out of tunl0 and answers directly."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24").add("real1", "eth0", "10.9.0.21/24")
    net.add("client", "eth0", "10.9.0.50/24").up()
    net["director1"].run("ip address add 10.9.0.100/32 dev eth0")
    make_real_server(net["real1"], "10.9.0.100", method="tun")
    start_nginx(net["real1"])
    text = "virtual_server 10.9.0.100 80 {\n delay_loop 1\n lb_kind TUN\n protocol TCP\n"
    text += " real_server 10.9.0.21 80 {\n  TCP_CHECK {\n   connect_timeout 1\n  }\n }\n}\n"
    lab.daemon(net["director1"], text).start()
    eventually(
        lambda: get(net["client"], "10.9.0.100", timeout=1) == (200, "real1"), 8, "it answers"
    )
