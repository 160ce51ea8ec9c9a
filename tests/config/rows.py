#!/usr/bin/env python3
"""Compares the status of `keepalived -t` with keywords.tsv: each keyword used plainly, with an argument
missing, with one too many, and twice.

    rows.py KEEPALIVED [--path PREFIX] [--keyword WORD] [--list] [--show]

--list prints the files instead of running anything; --show prints the file and what was said of it for
each status that is not as it should be.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import namespace  # noqa: E402
from config_test import run  # noqa: E402
from surroundings import read_rows  # noqa: E402
from usage import texts  # noqa: E402

def as_status(column):
    """What a column expects. Where the original dies, an argument is missing."""
    return 2 if column.startswith("sig") else int(column)


def cases(arguments):
    """Row, way of use and text of everything chosen."""
    for row in read_rows():
        if row.path.startswith(arguments.path) and arguments.keyword in ("", row.keyword):
            for way, text in texts(row).items():
                yield row, way, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("keepalived")
    parser.add_argument("--path", default="")
    parser.add_argument("--keyword", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    chosen = list(cases(arguments))
    if arguments.list:
        for row, way, text in chosen:
            print(f"=== {row.name}: {way}: {row.expected[way]}\n{text}")
        return 0
    namespace.enter()
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        def judge(numbered):
            number, (row, way, text) = numbered
            path = os.path.join(directory, f"{number}.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            status, output = run(arguments.keepalived, path)
            return row, way, text, status, output.replace(path, "F")
        outcomes = list(pool.map(judge, enumerate(chosen)))
    wrong = Counter()
    for row, way, text, status, output in outcomes:
        expected = as_status(row.expected[way])
        if status != expected:
            wrong[row.path] += 1
            print(f"{row.path} {row.keyword}: {way}: {status}, should be {expected}")
            if arguments.show:
                print(f"{text}--- said\n{output}")
    for path, count in sorted(wrong.items()):
        print(f"{count:4} wrong in {path}")
    print(f"{len(outcomes) - sum(wrong.values())} of {len(outcomes)} statuses are right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
