#!/usr/bin/env python3
"""Every page formats without a warning; keepalived(8) and understudy(1) have every option,
keepalived.conf(5) every keyword and directive.

    check_manual.py GROFF KEEPALIVED UNDERSTUDY KEYWORDS PAGE...
"""

import csv
import os
import re
import subprocess
import sys

# The ways of the language, and headings of what is said about it.
DIRECTIVES = ["includea PATTERN", "@^ID LINE", "$NAME=TEXT", "~SEQx(", "~LST(", "${_RANDOM",
              "Includes", "Definitions", "Repetition", "Quotes"]


def keywords(table):
    """Every keyword there is."""
    with open(table, encoding="utf-8", newline="") as lines:
        return {row["keyword"] for row in csv.DictReader(lines, delimiter="\t")}


def options(*command):
    """The long options --help names."""
    usage = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"--([a-zA-Z_-]+)", usage.stdout + usage.stderr))


def main():
    groff, keepalived, understudy, table, *pages = sys.argv[1:]
    failures = []
    text = {}
    for page in pages:
        result = subprocess.run([groff, "-man", "-Tutf8", "-ww", page], capture_output=True,
                                text=True, check=False)
        # Bold and overstrike sequences of terminals.
        text[os.path.basename(page)] = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", result.stdout)
        if result.stderr or result.returncode != 0:
            failures.append(f"{page}: {result.stderr.strip()}")
    plain = {name: page.replace("‐", "-").replace("−", "-") for name, page in text.items()}
    if len(options(keepalived)) < 30:
        failures.append(f"only {len(options(keepalived))} options in --help")
    failures += [f"keepalived.8: no --{option}" for option in sorted(options(keepalived))
                 if f"--{option}" not in plain["keepalived.8"]]
    for command in ("check", "config", "explain"):
        failures += [f"understudy.1: no --{option}"
                     for option in sorted(options(understudy, command))
                     if f"--{option}" not in plain["understudy.1"]]
    page = plain["keepalived.conf.5"]
    words = set(re.findall(r"[\w-]+", page))
    failures += [f"keepalived.conf.5: no {word}" for word in sorted(keywords(table) - words)
                 if not word.startswith("-") or word not in page]
    failures += [f"keepalived.conf.5: no {word}" for word in DIRECTIVES if word not in page]
    print("\n".join(failures) or "the manual pages are complete")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
