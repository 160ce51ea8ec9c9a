"""What the demo shows: a pair of directors, two web servers, a client, and seven mishaps."""

import signal
import threading
import time

from .case import Lab
from .pairs import DIRECTORS
from .servers import in_table, make_real_server, start_nginx
from .traffic import Traffic
from .wait import Failure, eventually

VIP = "10.1.38.15"
SERVICE = ("TCP", VIP + ":80")

CONFIGURATION = """
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 38
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass x1er44q
    }}
    virtual_ipaddress {{
        10.1.38.15/16 dev eth0
    }}
}}
virtual_server 10.1.38.15 80 {{
    delay_loop 1
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 10.1.38.13 80 {{
        weight 1
        HTTP_GET {{
            url {{
                path /
                status_code 200
            }}
            connect_timeout 1
            retry 1
            delay_before_retry 1
        }}
    }}
    real_server 10.1.38.14 80 {{
        weight 1
        TCP_CHECK {{
            connect_timeout 1
            retry 1
            delay_before_retry 1
        }}
    }}
}}
"""

TOLD = ("Entering", "Removing service", "Adding service", "Respawning", "priority from", "STOP")


class Screen:
    """Lines with the seconds since the beginning, coloured on a terminal."""

    CODES = {"what": "1;33", "log": "2", "good": "32", "bad": "31", "head": "1", "": ""}

    def __init__(self, colour):
        self._colour = colour
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def paint(self, text, style):
        """The text in a style, or as it is."""
        code = self.CODES[style]
        return f"\033[{code}m{text}\033[0m" if self._colour and code else text

    def say(self, text, style=""):
        """One line of the time line."""
        with self._lock:
            seconds = time.monotonic() - self._began
            print(f"{seconds:6.1f} s  {self.paint(text, style)}", flush=True)


class Observer:
    """Prints the state of the pair every second and what the directors log meanwhile."""

    def __init__(self, screen, net, daemons, traffic):
        self._screen, self._net, self._daemons, self._traffic = screen, net, daemons, traffic
        self._read = {daemon: 0 for daemon in daemons}
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        due = time.monotonic()
        while self._going:
            self._logs()
            if time.monotonic() >= due:
                due = time.monotonic() + 1
                self._screen.say(self._state())
            time.sleep(0.1)

    def _logs(self):
        for daemon in self._daemons:
            text = daemon.log
            whole = text.rfind("\n") + 1
            for line in text[self._read[daemon] : whole].splitlines():
                if any(word in line for word in TOLD):
                    message = line.split(": ", 1)[-1]
                    self._screen.say(f"    {daemon.host.name}: {message}", "log")
            self._read[daemon] = whole

    def _state(self):
        names = [name for name in DIRECTORS if self._net[name].has(VIP)]
        recent = self._traffic.servers(time.monotonic() - 1)
        count = sum(recent.values())
        who = ", ".join(f"{name} {number}" for name, number in sorted(recent.items())) or "nobody"
        holder = " and ".join(names) or "nobody"
        style = "good" if count else "bad"
        return self._screen.paint(f"VIP on {holder:<9}  {count:3} requests/s: {who}", style)

    def close(self):
        """Ends the printing."""
        self._going = False
        self._thread.join(3)


class Story:
    """The pair and the mishaps; every mishap adds a row to the summary."""

    def __init__(self, program, results, colour):
        self.screen = Screen(colour)
        self.lab = Lab(program, results)
        self.rows = []

    def build(self):
        """The network, the servers, the directors, the client's requests."""
        net = self.lab.network()
        net.add("director1", "eth0", "10.1.38.11/16").add("director2", "eth0", "10.1.38.12/16")
        net.add("real1", "eth0", "10.1.38.13/16").add("real2", "eth0", "10.1.38.14/16")
        self.net = net.add("client", "eth0", "10.1.38.200/16").up()
        for name in ("real1", "real2"):
            make_real_server(net[name], VIP)
            start_nginx(net[name])
        self.screen.say("client, two directors, two nginx: all on one switch, each its own host", "head")
        self.daemons = [
            self.lab.daemon(net[name], CONFIGURATION.format(priority=priority))
            for name, priority in zip(DIRECTORS, (100, 90))
        ]
        self.traffic = Traffic(net["client"], VIP, pause=0.03, timeout=0.2, workers=3)
        self.lab.later(self)
        self.observer = Observer(self.screen, net, self.daemons, self.traffic)
        self.screen.say("both directors start as BACKUP, priorities 100 and 90", "what")
        for daemon in self.daemons:
            daemon.start()
        self.answered()
        self.table()

    def close(self):
        """Ends requests and printing."""
        self.traffic.stop()
        self.observer.close()

    def answered(self, names=("real1", "real2"), seconds=15):
        """Waits until exactly these servers have answered for the last second."""
        eventually(
            lambda: set(self.traffic.servers(time.monotonic() - 0.8)) == set(names),
            seconds,
            lambda: f"{names} answer, but {self.traffic.servers(time.monotonic() - 0.8)} do",
        )

    def table(self):
        """The IPVS table of who has the VIP."""
        for name in DIRECTORS:
            if self.net[name].has(VIP):
                self.screen.say(f"the IPVS table of {name} (ipvsadm -Ln):", "head")
                for line in self.net[name].run(["ipvsadm", "-Ln"]).splitlines():
                    self.screen.say("    " + line)

    def mishap(self, title, cause, over, settle=2.0, answering=("real1", "real2")):
        """Causes a failure, waits until it is `over`, and notes the longest wait of clients."""
        self.screen.say(f">>> {title}", "what")
        since = time.monotonic()
        cause()
        over()
        time.sleep(settle)
        self.answered(answering)
        gap = self.traffic.gap(since)
        lost = sum(when >= since for when, _ in list(self.traffic.failures))
        self.rows.append((title, gap, lost))
        self.screen.say(f"<<< clients waited {gap:.0f} ms at most, {lost} tries failed", "head")

    def holder(self, name):
        """Waits until only that director has the VIP and both servers answer."""
        eventually(
            lambda: [one for one in DIRECTORS if self.net[one].has(VIP)] == [name],
            12,
            f"{name} alone has the VIP",
        )
        self.answered()

    def servers(self):
        """A web server dies and comes back."""
        real1, director = self.net["real1"], self.net["director1"]
        self.mishap(
            "nginx of real1 is killed",
            lambda: real1.kill_program("nginx"),
            lambda: eventually(lambda: len(in_table(director, *SERVICE)) == 1, 10, "it is removed"),
            answering=("real2",),
        )
        self.table()
        self.mishap("nginx of real1 is started again", lambda: start_nginx(real1), self.answered)

    def children(self):
        """The processes of the master die one by one."""
        first = self.daemons[0]
        for role in ("vrrp", "checkers"):
            old = first.pid(role)
            self.mishap(
                f"kill -9 of the master's {role} process",
                lambda role=role: first.signal(role, signal.SIGKILL),
                lambda role=role, old=old: first.wait_pid(role, other_than=old),
                5.0,
            )

    def directors(self):
        """The master is stopped, cut off, killed as a whole; each time it comes back."""
        first, net = self.daemons[0], self.net
        self.mishap("the master is stopped (SIGTERM)", first.stop, lambda: self.holder("director2"))
        self.mishap("it is started again", first.start, lambda: self.holder("director1"))
        self.mishap(
            "the master's link is cut",
            lambda: net.cut("director1"),
            lambda: self.holder("director2"),
        )
        self.mishap(
            "the link is back", lambda: net.mend("director1"), lambda: self.holder("director1")
        )

        def power_off():
            # The dead host's kernel would go on forwarding: its link goes at the same moment.
            net.cut("director1")
            first.kill()
            net["director1"].run(f"ip address del {VIP}/16 dev eth0", check=False)

        self.mishap(
            "kill -9 of all of the master, its power goes",
            power_off,
            lambda: self.holder("director2"),
        )

    def summary(self):
        """The table of all mishaps."""
        print()
        print(self.screen.paint(f"{'what happened':<48} {'longest wait':>13}  failed tries", "head"))
        for title, gap, lost in self.rows:
            style = "good" if gap < 1000 else ""
            print(self.screen.paint(f"{title:<48} {gap:>10.0f} ms  {lost:>12}", style))
        print(
            "\nWith advert_int 1 a backup waits three adverts and its skew time, here 3.65 s, for a"
            "\nmaster that vanished; one that stops says so and is replaced after 0.65 s.",
            flush=True,
        )


def tell(program, results, colour):
    """Tells the whole story; returns an exit status."""
    story = Story(program, results, colour)
    try:
        story.build()
        story.servers()
        story.children()
        story.directors()
        story.close()
        story.summary()
    except Failure as failure:
        story.screen.say(f"this was not expected: {failure}", "bad")
        return 1
    finally:
        story.lab.close()
    return 0
