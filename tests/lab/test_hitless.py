"""Changes elsewhere and deaths of the checker process cost no connection and no counter."""

import signal
import threading
import time

from lab.balancing import Site, VIP, service
from lab.case import case
from lab.servers import in_table
from lab.traffic import Held
from lab.wait import check, equal, eventually

# Of each of the two tests. The daemon starts a process at once that died five times in a minute.
RELOADS, KILLS, CONNECTIONS = 50, 5, 20
PAUSE = 0.01  # s; else the kernel, which has one processor, does little else
SERVICE = f"{VIP[4]}:80"


def elsewhere(number):
    """Another service: a new one with every reload."""
    return service(4, "NAT", head=f"10.9.0.200 {2000 + number}")


class Talk:
    """Held connections, each used again and again by a thread, until one breaks or stop()."""

    def __init__(self, client, count):
        self._held = [Held(client, VIP[4]) for _ in range(count)]
        self.broken, self.requests = [], 0
        self._going = True
        self._threads = [
            threading.Thread(target=self._run, args=(part,), daemon=True)
            for part in (self._held[::2], self._held[1::2])
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, part):
        while self._going and not self.broken:
            for one in part:
                try:
                    status, _ = one.ask()
                except (OSError, ValueError, IndexError) as error:
                    self.broken.append(repr(error))
                    return
                check(status == 200, f"status {status}")
                self.requests += 1
                time.sleep(PAUSE)

    def stop(self):
        """Ends it and closes the connections."""
        self._going = False
        for thread in self._threads:
            thread.join(10)
        for one in self._held:
            one.close()


def counters(host):
    """(connections, packets in) of the service since it was made."""
    for line in host.run("ipvsadm -Ln --stats --exact").splitlines():
        words = line.split()
        if words[:2] == ["TCP", SERVICE]:
            return int(words[2]), int(words[3])
    return 0, 0


def _story(lab, site, method):
    director = site.director
    daemon = lab.daemon(director, service(4, method) + elsewhere(0)).start()
    eventually(lambda: len(in_table(director, "TCP", SERVICE) or ()) == 2, 8, "both servers are in")
    site.both_answer()
    talk = Talk(site.client, CONNECTIONS)
    seen = counters(director)
    checkers = daemon.wait_pid("checkers")
    try:
        for number in range(1, RELOADS + 1):
            daemon.configure(service(4, method) + elsewhere(number))
            daemon.reload()
            eventually(
                lambda key=("TCP", f"10.9.0.200:{2000 + number}"): key in director.ipvs(),
                20,
                f"reload {number} is in force",
            )
            check(not talk.broken, f"after reload {number}: {talk.broken}")
            now = counters(director)
            check(now[0] >= seen[0] and now[1] >= seen[1], f"counters went from {seen} to {now}")
            seen = now
            if number % (RELOADS // KILLS) == 0:
                daemon.signal("checkers", signal.SIGKILL)
                checkers = daemon.wait_pid("checkers", other_than=checkers)
        before = talk.requests
        eventually(lambda: talk.requests > before + 2 * CONNECTIONS, 10, "all connections work")
        equal(talk.broken, [], "broken connections")
        check(seen[0] >= CONNECTIONS, f"{seen[0]} connections counted")
    finally:
        talk.stop()


@case("hitless/nat", ipvs=True, ours_only=True, seconds=40)
def nat(lab):
    """Masqueraded connections."""
    _story(lab, Site(lab).masquerade(), "NAT")


@case("hitless/dr", ipvs=True, ours_only=True, seconds=40)
def direct(lab):
    """Connections by direct routing."""
    _story(lab, Site(lab).hold(), "DR")


@case("hitless/stopped-with-the-table-kept", ipvs=True, ours_only=True, seconds=25)
def kept_at_exit(lab):
    """-I: connections outlive a stop and a start with another configuration; counters go on."""
    site = Site(lab).masquerade()
    director = site.director
    daemon = lab.daemon(director, service(4, "NAT") + elsewhere(0), options=("-I",)).start()
    eventually(lambda: len(in_table(director, "TCP", SERVICE) or ()) == 2, 8, "both servers are in")
    site.both_answer()
    talk = Talk(site.client, CONNECTIONS)
    try:
        eventually(lambda: talk.requests > CONNECTIONS, 10, "all connections work")
        before = counters(director)
        daemon.stop()
        equal(len(in_table(director, "TCP", SERVICE) or ()), 2, "servers while the daemon is away")
        daemon.configure(service(4, "NAT") + elsewhere(1))
        daemon.start()
        eventually(
            lambda: ("TCP", "10.9.0.200:2001") in director.ipvs()
            and ("TCP", "10.9.0.200:2000") not in director.ipvs(),
            10,
            "the new service has taken the place of the old one",
        )
        requests = talk.requests
        eventually(lambda: talk.requests > requests + 2 * CONNECTIONS, 10, "all connections work")
        equal(talk.broken, [], "broken connections")
        # The kernel's estimator brings the counters up to date every two seconds.
        eventually(lambda: counters(director)[1] > before[1], 5, f"packets are counted after {before}")
        check(counters(director)[0] >= before[0], f"connections: {before}, then {counters(director)}")
    finally:
        talk.stop()
