"""The programs of the lab's other hosts, all from Debian: nginx, vsftpd, opensmtpd, bind9, haproxy."""

import os
import signal

from . import kernel
from .host import REPOSITORY
from .traffic import get
from .wait import eventually

_NGINX = """
daemon on;
pid /run/nginx.pid;
worker_processes 1;
error_log /var/log/nginx/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  keepalive_timeout 300;
  keepalive_requests 100000;
  server {{
    listen {port};
    listen [::]:{port};
    location / {{ return {status} "{body}\\n"; }}
  }}
}}
"""

_VSFTPD = """
listen=YES
anonymous_enable=YES
local_enable=NO
write_enable=NO
connect_from_port_20=YES
pasv_enable=YES
pasv_min_port={low}
pasv_max_port={high}
pasv_address={address}
pasv_promiscuous=YES
seccomp_sandbox=NO
secure_chroot_dir=/run/vsftpd/empty
anon_root=/srv/ftp
xferlog_enable=NO
"""

_OPENSMTPD = """
table catchall {{ "@" = "{user}" }}
listen on 0.0.0.0 port 25
action "inbox" mbox virtual <catchall>
match from any for any action "inbox"
"""

_NAMED = """
options {
  directory "/var/cache/bind";
  recursion no;
  dnssec-validation no;
  listen-on { any; };
  listen-on-v6 { any; };
  pid-file none;
  querylog yes;
};
controls { };
zone "." { type hint; file "/dev/null"; };
zone "example.org" { type primary; file "/etc/bind/lab.zone"; };
"""

_ZONE = """
$TTL 60
@ IN SOA ns hostmaster 1 60 60 60 60
@ IN NS ns
ns IN A 10.9.0.53
www IN A 10.9.0.80
www IN AAAA fd00:9::80
www IN TXT "a web server"
www IN MX 10 ns
"""

_HAPROXY = """
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend web
  bind *:{port}
  http-request return status 200 content-type text/plain string "{body}"
"""


def listening(host, port):
    """Whether a TCP socket of the host listens on that port."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{host.pid}/net/{name}", encoding="ascii") as lines:
                for line in list(lines)[1:]:
                    words = line.split()
                    if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
                        return True
        except FileNotFoundError:
            pass
    return False


def _wait_listening(host, port, what):
    eventually(lambda: listening(host, port), 20, f"{what} listens on {host.name}:{port}")


def start_nginx(host, port=80, status=200, body=None):
    """nginx answering every request with the host's name."""
    host.write("/etc/nginx/lab.conf", _NGINX.format(port=port, status=status, body=body or host.name))
    host.run("mkdir -p /var/log/nginx /var/lib/nginx; nginx -c /etc/nginx/lab.conf")
    _wait_listening(host, port, "nginx")


def kill_nginx(host):
    """nginx dies at once, with its workers."""
    host.kill_program("nginx", signal.SIGKILL)
    eventually(lambda: not listening(host, 80), 5, f"nginx of {host.name} is gone")


def start_vsftpd(host, address, low=30000, high=30009):
    """vsftpd for anonymous use; passive connections are told to go to `address`, ports low-high."""
    host.run("mkdir -p /run/vsftpd/empty /srv/ftp && chmod 555 /srv/ftp")
    host.write("/srv/ftp/who", host.name + "\n")
    host.write("/etc/vsftpd-lab.conf", _VSFTPD.format(address=address, low=low, high=high), 0o600)
    host.start(["vsftpd", "/etc/vsftpd-lab.conf"], f"{host.name}.vsftpd.log")
    _wait_listening(host, 21, "vsftpd")


def start_opensmtpd(host, user="root"):
    """opensmtpd that delivers every mail to /var/mail/USER."""
    host.write("/etc/smtpd-lab.conf", _OPENSMTPD.format(user=user))
    host.run("rm -f /run/smtpd.sock /var/mail/" + user)
    host.start(["smtpd", "-d", "-f", "/etc/smtpd-lab.conf"], f"{host.name}.smtpd.log")
    _wait_listening(host, 25, "opensmtpd")


def kill_smtpd(host):
    """opensmtpd dies at once, with its children."""
    host.kill_program("smtpd", signal.SIGKILL)
    eventually(lambda: not listening(host, 25), 5, f"opensmtpd of {host.name} is gone")


def udp_listening(host, port):
    """Whether a UDP socket of the host is bound to that port."""
    with open(f"/proc/{host.pid}/net/udp", encoding="ascii") as lines:
        return any(int(line.split()[1].rpartition(":")[2], 16) == port for line in list(lines)[1:])


def start_named(host):
    """bind9, authoritative for example.org; its log tells of every query."""
    host.write("/etc/bind/lab.conf", _NAMED)
    host.write("/etc/bind/lab.zone", _ZONE)
    host.run("mkdir -p /var/cache/bind")
    host.start(["named", "-g", "-u", "root", "-c", "/etc/bind/lab.conf"], f"{host.name}.named.log")
    # The socket is there before the zone.
    eventually(lambda: " running" in host.log(f"{host.name}.named.log"), 20, "bind9 runs")
    eventually(lambda: udp_listening(host, 53), 20, f"bind9 listens on {host.name}")


def mailbox(host, user="root"):
    """The mails delivered so far, each as the text after its "From " line."""
    text = "\n" + host.read(f"/var/mail/{user}")
    return [mail.partition("\n")[2] for mail in text.split("\nFrom ")[1:]]


def start_haproxy(host, port=80, body=None):
    """haproxy answering every request itself with the host's name."""
    host.write("/etc/haproxy/lab.cfg", _HAPROXY.format(port=port, body=body or host.name))
    host.run("haproxy -D -f /etc/haproxy/lab.cfg -p /run/haproxy.pid")
    _wait_listening(host, port, "haproxy")


def make_real_server(host, *virtual_addresses, method="dr"):
    """The host takes packets for the VIPs without answering ARP for them (etc/'s own script)."""
    script = os.path.join(REPOSITORY, "etc", "keepalived", "realserver")
    host.run(["sh", script, method, "start", *virtual_addresses])


def answers(client, address, name, seconds=5):
    """Waits until `name` answers the client at the address."""
    eventually(
        lambda: get(client, address, timeout=0.5) == (200, name),
        seconds,
        f"{name} answers at {address}",
    )


def in_table(director, protocol, service):
    """{server: weight} of one IPVS service of a director, or None when it is not there."""
    entry = kernel.ipvs_table(director.pid).get((protocol, service))
    return None if entry is None else {name: row[1] for name, row in entry["servers"].items()}
