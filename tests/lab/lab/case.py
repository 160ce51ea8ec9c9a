"""How a test is declared, what it is given, and how its result is told."""

import os
import time
import traceback

from .daemon import Daemon
from .host import REPOSITORY
from .network import Network, Solo

ORIGINAL = "/usr/sbin/keepalived"
SEEDS = os.path.join(REPOSITORY, "tests", "lab", "seeds")

CASES = {}


class Case:
    """A declared test: what it needs and how it is to be judged."""

    def __init__(self, name, function, ipvs, ours_only, seconds):
        self.name, self.function = name, function
        self.ipvs, self.ours_only, self.seconds = ipvs, ours_only, seconds


def case(name, ipvs=False, ours_only=False, seconds=15):
    """Declares a test. `ipvs`: it needs the kernel with IPVS. `ours_only`: the original is known
    to fail it. `seconds`: about how long it takes, for the sharing of the work."""

    def declare(function):
        assert name not in CASES, f"two lab tests are called {name}"
        CASES[name] = Case(name, function, ipvs, ours_only, seconds)
        return function

    return declare


def seed(name):
    """The text of a configuration file of seeds/."""
    with open(os.path.join(SEEDS, name), encoding="utf-8") as text:
        return text.read()


def default_subject():
    """The program under test when none is given: SUBJECT of the environment, or what is built."""
    built = os.path.join(REPOSITORY, "build", "daemon", "keepalived")
    return os.environ.get("SUBJECT", built)


class Lab:
    """What a running test has: a folder for its files, the two programs, and what it opened."""

    def __init__(self, subject, results):
        self.subject = subject
        self.original = ORIGINAL
        self.results = results
        self._opened = []

    def network(self):
        """A new network; it ends with the test."""
        one = Network(self.results)
        self._opened.append(one)
        return one

    def solo(self, name, interface, address):
        """A host of its own network, not up yet; it ends with the test."""
        one = Solo(name, interface, address, self.results)
        self._opened.append(one)
        return one

    def daemon(self, host, configuration, program=None, options=()):
        """A keepalived on a host, not started yet; the subject unless another is given."""
        return Daemon(host, program or self.subject, configuration, options)

    def later(self, thing):
        """Closes `thing` when the test ends; returns it."""
        self._opened.append(thing)
        return thing

    def close(self):
        """Ends all that the test opened, last first."""
        while self._opened:
            self._opened.pop().close()

    def again(self):
        """Ends all that the test opened, and forgets its logs: for another try."""
        self.close()
        for name in os.listdir(self.results):
            if name.endswith(".log"):
                os.unlink(os.path.join(self.results, name))


def _tail(path, lines=25):
    with open(path, encoding="utf-8", errors="replace") as text:
        return text.read().splitlines()[-lines:]


def _attach(results):
    """The ends of all logs of a failed test."""
    for name in sorted(os.listdir(results)):
        path = os.path.join(results, name)
        if os.path.isfile(path) and os.path.getsize(path) and name.endswith((".log", ".txt")):
            yield f"--- {name}"
            yield from ("    " + line[:200] for line in _tail(path))


def run_case(one, subject, results):
    """Runs one test; returns (passed, text of the failure, seconds)."""
    folder = os.path.join(results, one.name.replace("/", "-"))
    os.makedirs(folder, exist_ok=True)
    started = time.monotonic()
    lab = Lab(subject, folder)
    text = ""
    try:
        one.function(lab)
    except Exception as error:  # pylint: disable=broad-except
        where = traceback.extract_tb(error.__traceback__)
        steps = [f"{os.path.basename(step.filename)}:{step.lineno} {step.line}" for step in where]
        text = f"{type(error).__name__}: {error}\nat " + "\n   ".join(steps[1:])
    finally:
        try:
            lab.close()
        except Exception as error:  # pylint: disable=broad-except
            text = text or f"clean-up: {type(error).__name__}: {error}"
    if text:
        text += "\n" + "\n".join(_attach(folder))
    return not text, text, time.monotonic() - started
