#!/usr/bin/env python3
"""The demo: boots the kernel with IPVS and prints what the story told in it says (tests/demo)."""

import os
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# pylint: disable=wrong-import-position
from lab import uml
from lab.story import tell

LONGEST = 150  # seconds until the kernel is ended whatever it does

NEXT = """
What to read next
  README.md               what it is, the data flow as a picture, differences from the original
  tests/lab/lab/story.py  the pair you just saw; its configuration is at the top
  vrrp/machine.hpp        the VRRP state machine: events in, actions out, no clock and no socket
  checkers/verdict.hpp    when a real server counts as dead, and as alive again
  tests/lab/run --list    the tests that look at all this closely
  man keepalived.conf     every keyword (after meson install)
"""


def follow(path, position):
    """Prints what has been added to a file; returns the new position."""
    if not os.path.exists(path):
        return position
    with open(path, encoding="utf-8", errors="replace") as text:
        text.seek(position)
        sys.stdout.write(text.read())
        sys.stdout.flush()
        return text.tell()


def main():
    """Outside: boots and prints. Inside (with --inside): tells the story."""
    if sys.argv[1] == "--inside":
        return tell(sys.argv[2], sys.argv[3], sys.argv[4] == "colour")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the kernel ends too
    program = os.path.realpath(sys.argv[1])
    if not uml.available():
        sys.exit("user-mode-linux is missing: run tests/support/install as root")
    results = tempfile.mkdtemp(prefix="demo-")
    style = "colour" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else "plain"
    command = ["python3", os.path.realpath(__file__), "--inside", program, results, style]
    print("Booting a kernel that has IPVS (user-mode-linux) …", flush=True)
    machine = uml.Machine("demo", command, results)
    console, position = os.path.join(results, "console-demo.log"), 0
    deadline = time.monotonic() + LONGEST
    try:
        while machine.running() and time.monotonic() < deadline:
            position = follow(console, position)
            time.sleep(0.05)
        follow(console, position)
    except KeyboardInterrupt:
        print("\nended by you")
        return 130
    finally:
        machine.kill()
    with open(os.path.join(results, "ended-demo"), "a+", encoding="ascii") as ended:
        ended.seek(0)
        status = ended.read().strip()
    if status != "status 0":
        print(f"The story did not come to its end ({status or 'the kernel ended'}): logs in {results}")
        return 1
    shutil.rmtree(results)
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
