"""The pool beside the original: one script of failures, the same tables, words and notifications.

What a server does is the content of a file that its check's script exits with, so both daemons see
the same things in the same order.
"""

import os
import re
import time

from lab.case import case
from lab.servers import in_table
from lab.wait import check, equal, eventually

FIFO = "/run/lvs.fifo"
SERVERS = ("21", "22", "23")

HEALTH = """#!/bin/sh
printf x >>/run/runs/$1
read status </run/health/$1
[ "$status" = late ] && exec sleep 30
exit $status
"""

SAY = """#!/bin/sh
echo "$*" >>/run/said
"""

MAIL_SINK = """
import socketserver
class Session(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text + b"\\r\\n")
        say(b"220 here")
        for line in self.rfile:
            word = line[:4].upper()
            say(b"354 go on" if word == b"DATA" else b"221 bye" if word == b"QUIT" else b"250 well")
            if word == b"DATA":
                with open("/run/mails", "ab") as mails:
                    for line in self.rfile:
                        if line == b".\\r\\n":
                            break
                        mails.write(line)
                say(b"250 well")
socketserver.TCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
"""

GLOBAL = """
global_defs {
    router_id lab
    script_user root
    notification_email { root@localhost }
    notification_email_from lab@localhost
    smtp_server 127.0.0.1
    lvs_notify_fifo %s
    %s
}
%s
virtual_server 10.9.0.100 80 {
    delay_loop 0.5
    warmup 0
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    smtp_alert
    quorum_up "/etc/keepalived/say quorum up"
    quorum_down "/etc/keepalived/say quorum down"
    %s
"""

SERVER = """
    real_server 10.9.0.%s 80 {
        weight %d
        notify_up "/etc/keepalived/say up %s"
        notify_down "/etc/keepalived/say down %s"
        %s
    }
"""

SCRIPT_CHECK = """MISC_CHECK {
            misc_path "/etc/keepalived/health %s"
            %s
        }"""

WORDS = re.compile(
    r"quorum|[Ss]ervice \[|sorry server|pool for VS|Misc check|Changing weight|Virtual Server"
)


class Director:
    """One daemon with the servers it looks at."""

    def __init__(self, lab, name, program, text):
        self.host = lab.solo(name, "eth0", "10.9.0.1/24").up()
        self.host.run("mkdir -p /run/runs /run/health")
        self.host.write("/etc/keepalived/health", HEALTH, 0o755)
        self.host.write("/etc/keepalived/say", SAY, 0o755)
        for server in SERVERS:
            self.set(server, 0)
        self.host.start(["python3", "-c", MAIL_SINK], f"{name}.sink.log")
        self.daemon = lab.daemon(self.host, text, program)
        self._lines = self._told = 0

    def start(self):
        """Starts a reader of the FIFO, then the daemon."""
        self.host.run(["mkfifo", FIFO])
        self.host.start(["sh", "-c", f"exec cat <>{FIFO} >/run/told"], f"{self.host.name}.fifo.log")
        eventually(lambda: self.host.status("test -e /run/told")[0] == 0, 5, "the FIFO is read")
        self.daemon.start()

    def set(self, server, status):
        """From now on the script of the server exits so; it never meets half a file."""
        self.host.write(f"/run/health/{server}.new", f"{status}\n")
        path = self.host.path(f"/run/health/{server}")
        os.rename(path + ".new", path)

    def runs(self, server):
        """How often its script has run."""
        return len(self.host.read(f"/run/runs/{server}"))

    def news(self):
        """What the log and the FIFO say of the pool since the last time that was taken."""
        log = [line.split(": ", 1)[-1] for line in self.daemon.log.splitlines()]
        log = [line for line in log if WORDS.search(line) and "healthchecker" not in line]
        told = self.host.read("/run/told").splitlines()
        return log[self._lines :], told[self._told :]

    def take(self, log, told):
        """This was seen."""
        self._lines += len(log)
        self._told += len(told)

    def table(self):
        """{server: weight} of the service."""
        return in_table(self.host, "TCP", "10.9.0.100:80")

    def mails(self):
        """Subjects and bodies of what was mailed, sorted."""
        text = self.host.read("/run/mails").replace("\r\n", "\n")
        return sorted(re.findall(r"Subject: (.*)\n(?:.*\n)*?\n(=> .* <=)\n", text))

    def said(self):
        """What the notify scripts said, sorted: they run at once."""
        return sorted(self.host.read("/run/said").splitlines())


class Twins:
    """The subject and the original with one configuration, taken through the same steps."""

    def __init__(self, lab, text):
        self.both = [
            Director(lab, name, program, text)
            for name, program in (("subject", lab.subject), ("original", lab.original))
        ]
        for one in self.both:
            one.start()

    def settle(self, runs):
        """Waits until each script has run so often more: what it said first has had its effect."""
        marks = [{server: one.runs(server) + runs for server in SERVERS} for one in self.both]
        for one, mark in zip(self.both, marks):
            eventually(
                lambda one=one, mark=mark: all(one.runs(s) >= mark[s] for s in SERVERS),
                15,
                f"{one.host.name}: every script has run {runs} times more",
            )

    def compare(self, step, order=list):
        """The tables are the same, and so is what was said since the last step."""
        eventually(
            lambda: self.both[0].table() == self.both[1].table(),
            5,
            lambda: f"{step}: subject {self.both[0].table()}, original {self.both[1].table()}",
        )
        deadline = time.monotonic() + 5
        while True:
            (log, told), (other_log, other_told) = [one.news() for one in self.both]
            same = order(log) == order(other_log) and order(told) == order(other_told)
            if same or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        equal(order(log), order(other_log), f"{step}: the log, subject against original")
        equal(order(told), order(other_told), f"{step}: the FIFO, subject against original")
        self.both[0].take(log, told)
        self.both[1].take(other_log, other_told)
        return log

    def step(self, step, runs=3, **statuses):
        """Gives servers another status ("s21" is that of 10.9.0.21) and compares the outcome.

        Of several, either may be seen first.
        """
        for one in self.both:
            for server, status in statuses.items():
                one.set(server[1:], status)
        self.settle(runs)
        return self.compare(step, sorted if len(statuses) > 1 else list)

    def compare_messages(self):
        """Mails and scripts so far."""
        eventually(
            lambda: self.both[0].mails() == self.both[1].mails(),
            10,
            lambda: f"mails: subject {self.both[0].mails()}, original {self.both[1].mails()}",
        )
        check(self.both[0].mails(), "there were mails")
        eventually(
            lambda: self.both[0].said() == self.both[1].said(),
            10,
            lambda: f"scripts: subject {self.both[0].said()}, original {self.both[1].said()}",
        )

    def stop(self):
        """Both stop, with the same last words."""
        for one in self.both:
            one.daemon.stop()
        self.compare("stop")


def configuration(service, weights, checks, more="", files=""):
    """One virtual server; `checks` is a function of a server's number."""
    servers = "".join(
        SERVER % (server, weight, server, server, checks(server))
        for server, weight in zip(SERVERS, weights)
    )
    return GLOBAL % (FIFO, more, files, service) + servers + "}\n"


@case("pool/quorum-and-sorry-server", ipvs=True, seconds=25)
def quorum_and_sorry_server(lab):
    """Quorum with hysteresis, weights by scripts, a sorry server: word for word as the original."""
    text = configuration(
        "quorum 5\n hysteresis 1\n sorry_server 10.9.0.29 80\n omega",
        (4, 1, 2),
        lambda server: SCRIPT_CHECK % (server, "misc_dynamic\n misc_timeout 4"),
    )
    twins = Twins(lab, text)
    twins.settle(2)
    twins.compare("start", sorted)
    twins.step("one down", s22=1)
    twins.step("at the quorum less hysteresis", s23=1)
    twins.step("quorum lost", s21=1)
    twins.step("not enough to gain it", s21=0)
    twins.step("gained by a weight", s23=10)
    log = twins.step("another weight", s23=5, s21=255)
    check(any("Changing weight from 4 to 253" in line for line in log), f"the weight: {log}")
    twins.step("back to what is configured", s21=0, s23=0)
    twins.step("too late", runs=2, s21="late")
    twins.compare_messages()
    twins.stop()


@case("pool/inhibit-and-alpha", ipvs=True, seconds=25)
def inhibit_and_alpha(lab):
    """inhibit_on_failure, alpha, sorry_server_inhibit, retries: word for word as the original."""
    text = configuration(
        "alpha\n inhibit_on_failure\n quorum 2\n sorry_server 10.9.0.29 80\n sorry_server_inhibit",
        (1, 1, 1),
        lambda server: SCRIPT_CHECK
        % (server, "misc_timeout 10\n retry 2\n delay_before_retry 0.3\n log_all_failures"),
    )
    twins = Twins(lab, text)
    twins.settle(2)
    twins.compare("start", sorted)
    twins.step("one down", runs=5, s22=1)
    twins.step("quorum lost", runs=5, s23=3)
    twins.step("gained", s22=0)
    twins.step("whole again", s23=0)
    twins.compare_messages()
    twins.stop()


@case("pool/files", ipvs=True, seconds=25)
def files(lab):
    """FILE_CHECK: weights and faults by the number in a file, beside a script's verdict."""
    text = configuration(
        "",
        (2, 2, 2),
        lambda server: (SCRIPT_CHECK % (server, "misc_timeout 10"))
        + "\n FILE_CHECK {\n track_file load\n weight %s\n }"
        % {"21": "1", "22": "2 reverse", "23": "0"}[server],
        "rs_init_notifies",
        "track_file load {\n file /run/load\n init_file 0\n }\n",
    )
    twins = Twins(lab, text)
    twins.settle(2)
    twins.compare("start", sorted)
    for number in (3, 0, -1, -2147483648, 0):
        for one in twins.both:
            one.host.write("/run/load.new", f"{number}\n")
            os.rename(one.host.path("/run/load.new"), one.host.path("/run/load"))
        twins.settle(2)
        twins.compare(f"the file holds {number}", sorted)
    twins.step("its script fails too", s23=1)
    twins.step("and passes", s23=0)
    twins.compare_messages()
    twins.stop()
