#!/usr/bin/env python3
"""Compares the status of `keepalived -t` with the original's on generated files.

    agreement.py OURS ORIGINAL [--files N] [--seed S] [--show]

Fails when fewer than 99 % agree, after leaving out what known_differences.py names. Prints each
disagreement as a file that can be run again.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generate import Generator  # noqa: E402
from known_differences import known_difference  # noqa: E402

REQUIRED = 0.99
TIMEOUT = 30


def run(program, path):
    """Exit status and output of one config test; a signal is its negative number."""
    result = subprocess.run([program, "-t", "-l", "-f", path], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT,
                            check=False)
    return result.returncode, result.stdout.decode("utf-8", "replace")


IFF_LOOPBACK = 0x8
IFF_MULTICAST = 0x1000


def interfaces():
    """What may be named in an `interface`: what can multicast and is not the loopback."""
    names = []
    for name in sorted(os.listdir("/sys/class/net")):
        with open(f"/sys/class/net/{name}/flags", encoding="ascii") as file:
            flags = int(file.read(), 16)
        if flags & IFF_MULTICAST and not flags & IFF_LOOPBACK:
            names.append(name)
    return names


def compare(arguments, index, directory):
    """None when both agree, else what to print."""
    text = Generator(f"{arguments.seed}/{index}", interfaces() or ["nosuchif1"]).file()
    path = os.path.join(directory, f"{index}.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    theirs, their_output = run(arguments.original, path)
    ours, our_output = run(arguments.ours, path)
    os.unlink(path)
    if ours == theirs:
        arguments.statuses[ours] += 1
        missing = [line for line in their_output.replace(path, "F").splitlines()
                   if line not in our_output.replace(path, "F").splitlines()]
        return ("messages", text, missing) if missing and arguments.show else None
    reason = known_difference(theirs, their_output, our_output)
    if reason:
        return ("known", reason, "")
    return ("status", text, f"theirs {theirs}\n{their_output}\nours {ours}\n{our_output}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ours")
    parser.add_argument("original")
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="agreement")
    parser.add_argument("--show", action="store_true", help="also messages only the original has")
    arguments = parser.parse_args()
    version = subprocess.run([arguments.original, "--version"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False).stdout
    if "Understudy" in version:
        print(f"SKIP: {arguments.original} is this program itself, installed")
        return 77
    known = {}
    wrong = 0
    arguments.statuses = Counter()
    indexes = range(arguments.first, arguments.first + arguments.files)
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        jobs = pool.map(lambda index: (index, compare(arguments, index, directory)), indexes)
        for index, outcome in jobs:
            if outcome is None:
                continue
            kind, first, second = outcome
            if kind == "known":
                known[first] = known.get(first, 0) + 1
                continue
            if kind == "status":
                wrong += 1
                print(f"=== file {index}: statuses differ\n{first}\n{second}")
            else:
                print(f"--- file {index}: only the original says")
                print("\n".join(second))
    compared = arguments.files - sum(known.values())
    for reason, count in sorted(known.items()):
        print(f"left out {count}: {reason}")
    print("statuses agreed on:",
          ", ".join(f"{status}: {count}" for status, count in sorted(arguments.statuses.items())))
    print(f"{compared - wrong} of {compared} agree")
    return 0 if compared - wrong >= REQUIRED * compared else 1


if __name__ == "__main__":
    sys.exit(main())
