#!/usr/bin/env python3
"""Every page formats without a warning; keepalived(8) has every option, keepalived.conf(5) every
kind of keyword.

    check_manual.py GROFF KEEPALIVED PAGE...
"""

import os
import re
import subprocess
import sys

# A keyword from each place rows come from.
EXPECTED = ["router_id", "vrrp_real_time", "vrrp_script", "virtual_router_id", "brd", "track_script",
            "virtual_server", "lvs_sched", "real_server", "TCP_CHECK", "connect_timeout",
            "SSL_GET", "digest", "vrrp_sync_group"]


def main():
    groff, keepalived, *pages = sys.argv[1:]
    failures = []
    text = {}
    for page in pages:
        result = subprocess.run([groff, "-man", "-Tutf8", "-ww", page], capture_output=True,
                                text=True, check=False)
        # Bold and overstrike sequences of terminals.
        text[os.path.basename(page)] = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", result.stdout)
        if result.stderr or result.returncode != 0:
            failures.append(f"{page}: {result.stderr.strip()}")
    usage = subprocess.run([keepalived, "--help"], capture_output=True, text=True, check=False)
    options = set(re.findall(r"--([a-zA-Z_-]+)", usage.stdout + usage.stderr))
    if len(options) < 30:
        failures.append(f"only {len(options)} options in --help")
    page = text["keepalived.8"].replace("‐", "-").replace("−", "-")
    failures += [f"keepalived.8: no --{option}" for option in sorted(options)
                 if f"--{option}" not in page]
    failures += [f"keepalived.conf.5: no {word}" for word in EXPECTED
                 if word not in text["keepalived.conf.5"]]
    print("\n".join(failures) or "the manual pages are complete")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
