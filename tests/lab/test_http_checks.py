"""HTTP_GET and SSL_GET with all they can ask, with nginx."""

import hashlib
import re
import signal

from lab.case import case
from lab.servers import listening
from lab.wait import equal, eventually

SERVICE = """
virtual_server 10.9.0.100 {port} {{
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
{servers}}}
"""
SERVER = """    real_server 10.9.0.80 {port} {{
        {kind} {{
            connect_timeout 1
            retry 1
            delay_before_retry 1
            connect_port {target}
            log_all_failures
            {more}
            {urls}
        }}
    }}
"""
PAGE = "all is well\n"
NGINX = """
daemon on;
pid /run/nginx.pid;
worker_processes 1;
error_log /var/log/nginx/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  server {{
    listen 80;
    location / {{ return 200 "all is well\\n"; }}
    location /teapot {{ return 418; }}
    location /echo {{ return 200 "$request_method $http_x_check $remote_user"; }}
  }}
  server {{
    listen 443 ssl;
    ssl_certificate {files}/server.pem;
    ssl_certificate_key {files}/server.key;
    ssl_client_certificate {files}/ca.pem;
    ssl_verify_client optional;
    location / {{ return 200 "$ssl_server_name $ssl_client_verify\\n"; }}
  }}
}}
"""


def url(path, *lines):
    """A url block."""
    return "\n".join(["url {", f"path {path}", *lines, "}"])


def service(port, kind, more, *urls):
    """A virtual server whose one real server has one check."""
    target = 443 if kind == "SSL_GET" else 80
    server = SERVER.format(port=port, kind=kind, target=target, more=more, urls="\n".join(urls))
    return SERVICE.format(port=port, servers=server)


FILES = "/run/lab-tls"
"""Where keys and certificates are, on every host that has some."""


def make_certificates(host, *others):
    """An authority, and what it signed: api.example's certificate, and a client's for the others."""
    new = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256"
    sign = "openssl x509 -req -CA ca.pem -CAkey ca.key -days 9"
    host.write(f"{FILES}/names", "subjectAltName=DNS:api.example\n")
    host.run(f"mkdir -p /var/log/nginx /var/lib/nginx; cd {FILES} && "
             f"{new} -x509 -nodes -subj /CN=ca -days 9 -keyout ca.key -out ca.pem && "
             f"{new} -nodes -subj /CN=server -keyout server.key -out server.csr && "
             f"{sign} -extfile names -in server.csr -out server.pem && "
             f"{new} -passout pass:secret -subj /CN=client -keyout client.key -out client.csr && "
             f"{sign} -in client.csr -out client.pem")
    for other in others:
        for name in ("ca.pem", "client.pem", "client.key"):
            other.write(f"{FILES}/{name}", host.read(f"{FILES}/{name}"))


def start_nginx(host):
    """nginx, plain and over TLS."""
    host.write("/etc/nginx/lab.conf", NGINX.format(files=FILES))
    host.run("nginx -c /etc/nginx/lab.conf")
    eventually(lambda: listening(host, 80) and listening(host, 443), 10, "nginx listens")


def ssl_block(key="client.key"):
    """SSL { } with a client's certificate."""
    return (f"SSL {{\n password secret\n ca {FILES}/ca.pem\n certificate {FILES}/client.pem\n"
            f" key {FILES}/{key}\n}}\n")


@case("checks/http-extras", ours_only=True, seconds=15)
def extras(lab):
    """Requests, credentials and certificates the original knows nothing of; SSL { } at reloads."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24").add("web", "eth0", "10.9.0.80/24").up()
    director, web = net["director1"], net["web"]
    make_certificates(web, director)
    start_nginx(web)
    verified = "enable_sni\n virtualhost api.example\n verify_server\n expiry_warning 30\n"
    text = service(8081, "HTTP_GET", 'basic_auth me secret\n request_header "X-Check: a b"',
                   url("/echo", "request_method POST", "request_body x", 'regex "^POST a b me$"'))
    text += service(8082, "SSL_GET", verified, url("/", 'regex "^api.example SUCCESS$"'))
    text += service(8083, "SSL_GET", verified + "verify_name other.example", url("/"))
    daemon = lab.daemon(director, ssl_block() + text).start()
    for port in (8081, 8082):
        daemon.wait_log(f"Remote Web server [10.9.0.80]:tcp:{port} succeed on service.")
    daemon.wait_log("Certificate of server [10.9.0.80]:tcp:8082 VS [10.9.0.100]:tcp:8082 expires in 8 days")
    daemon.wait_log("TLS with server [10.9.0.80]:tcp:8083 as other.example: hostname mismatch")
    daemon.wait_log("Removing service [10.9.0.80]:tcp:8083 from VS [10.9.0.100]:tcp:8083")
    # A key that is not there: said, and checks go on as before.
    daemon.configure(ssl_block("missing.key") + text)
    daemon.reload()
    daemon.wait_log(f"SSL error : Cant load key file... {FILES}/missing.key")
    # Without SSL { } nobody is believed, and nothing shown.
    daemon.configure(text)
    daemon.reload()
    daemon.wait_log("Removing service [10.9.0.80]:tcp:8082 from VS [10.9.0.100]:tcp:8082")
    daemon.configure(ssl_block() + text)
    daemon.reload()
    daemon.wait_log("Regex match success to [10.9.0.80]:tcp:8082 url(/)")
    daemon.wait_log("Adding service [10.9.0.80]:tcp:8082 to VS [10.9.0.100]:tcp:8082")


def _lines(daemon):
    """What a daemon said of web servers, each once."""
    said = re.findall(
        r"^.{24}: ((?:Activating healthchecker for|Remote Web|HTTP|SSL_CHECK|Regex|MD5|Timeout|"
        r"Connection|Error conn|Read|SSL hand).*)$",
        daemon.log,
        re.MULTILINE,
    )
    return sorted(set(said))


@case("checks/http-words-of-the-original", ipvs=True, seconds=40)
def words(lab):
    """nginx dies and returns: ours says of it what the original beside it says."""
    net = lab.network().add("director1", "eth0", "10.9.0.1/24").add("director2", "eth0", "10.9.0.2/24")
    net.add("web", "eth0", "10.9.0.80/24").up()
    web = net["web"]
    make_certificates(web, net["director1"], net["director2"])
    start_nginx(web)
    md5 = hashlib.md5(PAGE.encode()).hexdigest()
    text = ssl_block()
    text += service(8081, "HTTP_GET", "http_protocol 1.1",
                    url("/", "regex well$", "regex_options multiline"), url("/", f"digest {md5}"))
    text += service(8082, "HTTP_GET", "", url("/", "regex well", "regex_no_match"))
    text += service(8083, "HTTP_GET", "fast_recovery",
                    url("/"), url("/", "regex TTP/1.1", "regex_min_offset 1", "regex_max_offset 1"))
    text += service(8084, "HTTP_GET", "", url("/", "regex is", "regex_max_offset 3"))
    text += service(8085, "HTTP_GET", "", url("/teapot", "status_code 400-417"))
    text += service(8086, "HTTP_GET", "", url("/", f"digest {'0' * 32}"))
    text += service(8087, "SSL_GET", "enable_sni\n virtualhost api.example\n tls_compliant",
                    url("/", 'regex "api.example SUCCESS"'))
    daemons = [
        lab.daemon(net["director1"], text).start(),
        lab.daemon(net["director2"], text, lab.original).start(),
    ]
    for daemon in daemons:
        for port in (8081, 8083, 8087):
            daemon.wait_log(f"Remote Web server [10.9.0.80]:tcp:{port} succeed on service.")
        for port in (8082, 8084, 8085, 8086):
            daemon.wait_log(f"HTTP_CHECK on service [10.9.0.80]:tcp:{port} failed")
    web.kill_program("nginx", signal.SIGKILL)
    for daemon in daemons:
        for port in (8081, 8083, 8087):
            daemon.wait_log(f"Removing service [10.9.0.80]:tcp:{port} from VS")
    start_nginx(web)
    for daemon in daemons:
        for port in (8081, 8083, 8087):
            daemon.wait_log(f"Adding service [10.9.0.80]:tcp:{port} to VS")
    ours, theirs = (_lines(daemon) for daemon in daemons)
    # 2.2.7 calls SSL_GET HTTP_CHECK there, 2.4.3 does not.
    of_tls = "on service [10.9.0.80]:tcp:8087"
    theirs = sorted(line.replace(f"HTTP_CHECK {of_tls}", f"SSL_CHECK {of_tls}") for line in theirs)
    equal(ours, theirs, "lines about checks, subject against original")
