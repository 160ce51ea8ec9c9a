#!/usr/bin/env python3
"""What `understudy config` prints for generated files is read again: it is accepted, and printing it
once more gives the same text and the same JSON.

    roundtrip.py KEEPALIVED UNDERSTUDY [--original PATH] [--files N] [--seed S] [--first N] [--shown N]

With --original another keepalived tests what was printed, too; what it refuses is shown.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import namespace  # noqa: E402
from agreement import keywords_of  # noqa: E402
from chance import Keywords  # noqa: E402
from config_test import run  # noqa: E402
from generate import Generator  # noqa: E402


# Of builds that the original need not be, and what it does not know.
BUILD = re.compile(r"\s*(enable_snmp|enable_traps|snmp_|enable_dbus|dbus_|vrrp_iptables|vrrp_ipsets|"
                   r"vrrp_real_time)")


def complaints(output):
    """The diagnostics of an output: neither notes nor the lines they are about."""
    return [line for line in output.splitlines()
            if re.match(r"[(A-Z*]|virtual server", line) and "has no effect" not in line]


class Trip:
    """Printing and reading again."""

    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.keywords = keywords_of(arguments.original) if arguments.original else Keywords("2.4.3")

    def printed(self, path, form):
        """The configuration of a file in one form."""
        result = subprocess.run([self.arguments.understudy, "config", "--format", form, "-f", path],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, check=False)
        return result.stdout

    def written(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def judge(self, index):
        """What is wrong about one file, or None. What is printed of a sound file is sound; of one
        that was repaired it comes back, with the warnings that no repair ends."""
        text = Generator(f"{self.arguments.seed}/{index}", self.keywords, namespace.INTERFACES).file()
        first = self.written(f"{index}.conf", text.encode())
        status, _ = run(self.arguments.keepalived, first)
        if status in (2, 6):
            return None
        once = self.printed(first, "conf")
        second = self.written(f"{index}.again.conf", once)
        again, output = run(self.arguments.keepalived, second)
        # A state that was left out is written as the BACKUP it means, which is a complaint in a sync
        # group whose first member says MASTER.
        if "some not as address owner" in output:
            return None
        if again != 0 and status == 0:
            return "what is printed is refused", text, once.decode(), output
        if self.printed(second, "conf") != once:
            return "printed differently", text, once.decode(), self.printed(second, "conf").decode()
        if self.printed(first, "json") != self.printed(second, "json"):
            return "other JSON", text, once.decode(), self.printed(second, "json").decode()
        if self.arguments.original and again == 0:
            kept = [line for line in once.decode().splitlines() if not BUILD.match(line)]
            second = self.written(f"{index}.again.conf", "\n".join(kept).encode())
            status, output = run(self.arguments.original, second)
            if status != 0:
                return "the original refuses what is printed", text, once.decode(), output
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("keepalived")
    parser.add_argument("understudy")
    parser.add_argument("--original")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="roundtrip")
    parser.add_argument("--shown", type=int, default=5)
    arguments = parser.parse_args()
    namespace.enter()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        trip = Trip(arguments, directory)
        indexes = range(arguments.first, arguments.first + arguments.files)
        outcomes = list(pool.map(lambda index: (index, trip.judge(index)), indexes))
    wrong = Counter()
    reasons = Counter()
    for index, outcome in outcomes:
        if outcome is None:
            continue
        wrong[outcome[0]] += 1
        if "refuse" in outcome[0]:
            reasons.update({re.sub(r"\d+", "9", line) for line in complaints(outcome[3])})
        if sum(wrong.values()) <= arguments.shown:
            print(f"=== file {index}: {outcome[0]}\n{outcome[1]}\n--- printed\n{outcome[2]}\n--- then\n"
                  f"{outcome[3]}")
    for reason, count in reasons.most_common(40):
        print(f"{count} times: {reason}")
    for kind, count in wrong.most_common():
        print(f"{count}: {kind}")
    print(f"{arguments.files - sum(wrong.values())} of {arguments.files} files come back")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
