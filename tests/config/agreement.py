#!/usr/bin/env python3
"""Compares the status of `keepalived -t` with the original's on generated files.

    agreement.py OURS ORIGINAL [--files N] [--seed S] [--first N] [--shown N] [--messages]

Fails when fewer than 99.5 % agree, after leaving out what known_differences.py names. Prints each
disagreement as a file that can be run again; with --messages also what only one of the two says where
they agree, most frequent first.
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
from chance import Keywords  # noqa: E402
from config_test import run  # noqa: E402
from generate import Generator  # noqa: E402
from known_differences import known_difference  # noqa: E402

REQUIRED = 0.995
SHOWN = 40


def version_of(program):
    """What a program says of itself."""
    return subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False).stdout


def keywords_of(original):
    """The keywords to draw from: of the original's version, less what its build does not have."""
    said = version_of(original)
    options = re.search(r"Config options:(.*)", said)
    without_snmp = options is not None and "SNMP" not in options.group(1)
    keywords = Keywords("2.2.7" if "v2.2." in said else "2.4.3")
    left_out = [row.keyword for rows in keywords.rows.values() for row in rows
                if without_snmp and ("snmp" in row.keyword or row.keyword == "enable_traps")]
    return Keywords(keywords.version, left_out)


def said_lines(output):
    """The diagnostics of an output as texts without the numbers that differ from file to file."""
    return {re.sub(r"\d+", "9", line) for line in output.splitlines() if line.strip()}


class Comparison:
    """Two programs, and what came of running them on the same files."""

    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.keywords = keywords_of(arguments.original)
        self.statuses = Counter()
        self.only_original = Counter()

    def compare(self, index):
        """None when both agree, else the kind of difference and two texts."""
        text = Generator(f"{self.arguments.seed}/{index}", self.keywords, namespace.INTERFACES).file()
        path = os.path.join(self.directory, f"{index}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        theirs, their_output = run(self.arguments.original, path)
        ours, our_output = run(self.arguments.ours, path)
        os.unlink(path)
        their_output = their_output.replace(path, "F")
        our_output = our_output.replace(path, "F")
        if ours == theirs:
            self.statuses[ours] += 1
            if self.arguments.messages:
                self.only_original.update(said_lines(their_output) - said_lines(our_output))
            return None
        reason = known_difference(self.keywords.version, theirs, their_output, our_output)
        if reason:
            return "known", reason, text
        return "status", text, f"--- theirs {theirs}\n{their_output}\n--- ours {ours}\n{our_output}"


def report(comparison, outcomes):
    """Prints what came of it; the number of files compared and the number in agreement."""
    known = Counter()
    wrong = 0
    for index, outcome in outcomes:
        if outcome is None:
            continue
        kind, first, second = outcome
        if kind == "known":
            known[first] += 1
        else:
            wrong += 1
            if wrong <= comparison.arguments.shown:
                print(f"=== file {index}: statuses differ\n{first}\n{second}")
    for reason, count in known.most_common():
        print(f"left out {count}: {reason}")
    for line, count in comparison.only_original.most_common(100):
        print(f"only the original says, {count} times: {line}")
    print("statuses agreed on:", ", ".join(f"{status}: {count}" for status, count in
                                           sorted(comparison.statuses.items(), key=str)))
    compared = comparison.arguments.files - sum(known.values())
    return compared, compared - wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours")
    parser.add_argument("original")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="agreement")
    parser.add_argument("--shown", type=int, default=SHOWN)
    parser.add_argument("--messages", action="store_true", help="also messages only the original has")
    arguments = parser.parse_args()
    if "Understudy" in version_of(arguments.original):
        print(f"SKIP: {arguments.original} is this program itself, installed")
        return namespace.SKIPPED
    namespace.enter()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        comparison = Comparison(arguments, directory)
        indexes = range(arguments.first, arguments.first + arguments.files)
        outcomes = list(pool.map(lambda index: (index, comparison.compare(index)), indexes))
    compared, agreed = report(comparison, outcomes)
    print(f"{agreed} of {compared} agree")
    return 0 if agreed >= REQUIRED * compared else 1


if __name__ == "__main__":
    sys.exit(main())
