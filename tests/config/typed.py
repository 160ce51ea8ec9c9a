#!/usr/bin/env python3
"""Each keyword's values: one that is not the default is found in the typed configuration, those at the
ends of the range are accepted and found, those beyond refused.

    typed.py KEEPALIVED [UNDERSTUDY] [--path PREFIX] [--keyword WORD] [--show]

Without UNDERSTUDY, which prints the typed configuration, statuses only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import namespace  # noqa: E402
from bounds import ends  # noqa: E402
from config_test import run  # noqa: E402
from surroundings import read_rows  # noqa: E402
from usage import text_with, text_without, value  # noqa: E402

# The keyword that a spelling is written back as.
WRITTEN_AS = {
    "lb_algo": "lvs_sched", "lb_kind": "lvs_method", "neighbour_ip": "neighbor_ip",
    "lvs_flush_onstop": "lvs_flush_on_stop", "lvs_process_name": "checker_process_name",
    "enable_snmp_keepalived": "enable_snmp_vrrp", "vrrp_rlimit_rtime": "vrrp_rlimit_rttime",
    "checker_rlimit_rtime": "checker_rlimit_rttime", "bfd_rlimit_rtime": "bfd_rlimit_rttime",
    "vrrp_track_file": "track_file", "dsfield": "tos", "lookup": "table", "order": "preference",
    "sup_pl": "suppress_prefixlength", "sup_group": "suppress_ifgroup", "broadcast": "brd",
}
# The same for the options of routes and of rules.
ROUTES_AS = {"oif": "dev", "priority": "metric", "preference": "metric", "to": "unicast"}
RULES_AS = {"dev": "iif", "priority": "preference", "type": "blackhole"}
# What cannot be another value than the one that is there without the keyword.
SAME_WITHOUT = ("global_defs/script_user", "global_defs/enable_script_security",
                "global_defs/dbus_no_interface_name", "vrrp_instance/accept", "vrrp_instance/preempt",
                "vrrp_instance/use_ipvlan/bridge", "vrrp_instance/auth_hmac/active_key",
                "vrrp_instance/authentication/auth_type", "virtual_server/ip_family",
                "virtual_server/quorum", "virtual_server/hysteresis",
                "virtual_server/real_server/smtp_alert", "virtual_server/real_server/BFD_CHECK/name",
                "virtual_server/real_server/MISC_CHECK/user",
                "virtual_server/real_server/FILE_CHECK/track_file")
# Words that mean the same as others, and are written back as those; None where nothing is written.
LONGEST = "3153600000"
SAME_WORDS = {
    **{(f"{role}_rlimit_r{t}time", "1"): "2" for role in ("vrrp", "checker", "bfd") for t in ("t", "")},
    **{(keyword, "18446744073709.551614"): LONGEST
       for keyword in ("delay_before_retry", "warmup", "delay_loop")},
    ("preferred_lft", "4294967295"): "forever", ("http_protocol", "1.0c"): "1.0C",
    ("max_hops", "-1"): "255", ("vrrp_iptables", ""): "INPUT OUTPUT",
    **{(keyword, "0"): None for keyword in ("tcp", "tcpfin", "udp", "tunnel-id")},
    ("lvs_timeouts", "tcp 0"): None,
    **{(f"{what}_rcv_bufs", "0"): None
       for what in ("vrrp_netlink_cmd", "vrrp_netlink_monitor", "lvs_netlink_cmd",
                    "lvs_netlink_monitor", "process_monitor")},
}


def written_as(row):
    """The keyword that the row's is written back as."""
    if row.path == "bfd_instance" and row.keyword == "hoplimit":
        return "ttl"
    if row.path == "vrrp_track_process" and row.keyword == "delay":
        return "fork_delay"
    if row.path.endswith("_routes") and row.keyword in ROUTES_AS:
        return ROUTES_AS[row.keyword]
    if row.path.endswith("_rules") and row.keyword in RULES_AS:
        return RULES_AS[row.keyword]
    return WRITTEN_AS.get(row.keyword, row.keyword)


def plain(word):
    """A word as it compares: numbers by value."""
    if isinstance(word, bool):
        return "on" if word else "off"
    try:
        return float(int(word, 16)) if str(word).startswith("0x") else float(word)
    except (TypeError, ValueError):
        return str(word)


def flat(node):
    """All words in a piece of JSON."""
    if isinstance(node, dict):
        return [word for part in node.values() for word in flat(part)]
    if isinstance(node, list):
        return [word for part in node for word in flat(part)]
    return [plain(node)]


def members(node, path):
    """What stands under this chain of keywords, whatever blocks are named."""
    if not path:
        return [node]
    found = []
    for part in node if isinstance(node, list) else [node]:
        if isinstance(part, dict) and path[0] in part:
            found += members(part[path[0]], path[1:])
    return found


class Judge:
    """The programs, and the verdicts about one row."""

    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory

    def configuration(self, path):
        """The typed configuration of a file, or why there is none."""
        result = subprocess.run([self.arguments.understudy, "config", "--format", "json", "-f", path],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False)
        try:
            return json.loads(result.stdout)
        except json.JSONDecodeError:
            return {"no configuration": result.stderr.decode("utf-8", "replace")}

    def written(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def found(self, row, configuration, words):
        """What the configuration has for the row's keyword, and whether the words are there."""
        words = SAME_WORDS.get((row.keyword, words), words)
        if words is None:
            return [], True
        # The settings of a `host` are its checker's.
        chain = [WRITTEN_AS.get(part, part) for part in row.path.split("/")
                 if part not in ("(top)", "host")]
        keyword = written_as(row)
        if row.kind == "option":
            lines = [line for member in members(configuration, chain) for line in flat(member)]
            wanted = [keyword, *words.split()]
        else:
            lines = [word for member in members(configuration, [*chain, keyword]) for word in flat(member)]
            wanted = words.replace('"', "").split() or ["on"]
        return lines, all(plain(word) in lines for word in wanted)

    def judge(self, numbered):
        """Complaints about one row."""
        number, row = numbered
        complaints = []
        within, beyond = ends(row)
        usual = [value(row)] if row.kind != "block" and row.expected.get("use") == "0" else []
        # A keyword that is itself diagnosed is so with every value.
        sound = int(row.expected["use"])
        for words, expected in [*((word, sound) for word in [*usual, *within]),
                                *((word, 5) for word in beyond)]:
            path = self.written(f"{number}.conf", text_with(row, words))
            status, output = run(self.arguments.keepalived, path)
            where = f"{row.path} {row.keyword} {words}"
            if status != expected:
                complaints.append((f"{where}: {status}, should be {expected}", output, path))
            elif expected == 0 and self.arguments.understudy and row.kind != "value block":
                lines, there = self.found(row, self.configuration(path), words)
                if not there:
                    complaints.append((f"{where}: not in the typed configuration: {lines}", "", path))
        if usual and self.arguments.understudy and row.kind != "value block":
            path = self.written(f"{number}.conf", text_without(row))
            lines, there = self.found(row, self.configuration(path), usual[0])
            if there and row.name not in SAME_WITHOUT and "inet" not in row.keyword and \
                    row.default not in ("on", usual[0]):
                complaints.append((f"{row.path} {row.keyword} {usual[0]}: there without the keyword too",
                                   "", path))
        return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("keepalived")
    parser.add_argument("understudy", nargs="?")
    parser.add_argument("--path", default="")
    parser.add_argument("--keyword", default="")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    namespace.enter()
    rows = [row for row in read_rows() if row.path.startswith(arguments.path)
            and arguments.keyword in ("", row.keyword)]
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        judge = Judge(arguments, directory)
        outcomes = list(pool.map(judge.judge, enumerate(rows)))
    wrong = 0
    for complaints in outcomes:
        wrong += bool(complaints)
        for complaint, output, path in complaints:
            print(complaint)
            if arguments.show:
                print(output.replace(path, "F"))
    print(f"{len(rows) - wrong} of {len(rows)} rows are right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
