"""For each row of keywords.tsv, the smallest sound file around one use of its keyword.

A row's path is a chain of blocks; HEADS says how each begins, BASE what it cannot be without, OUTSIDE
what must stand before it. An `option` stands inside a line: ENTRIES has what stands before it there.
"""

import csv
import os
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = "/usr/bin/true"
TRACKED = "/usr/share/tracked"


@dataclass(frozen=True)
class Row:
    """A line of keywords.tsv, as far as it is used here."""

    path: str
    keyword: str
    kind: str
    type: str
    range: str
    default: str
    flags: frozenset
    # Whether the version asked for has it.
    known: bool
    # Expected statuses of 2.4.3 by way of use; only the ways that apply.
    expected: dict

    @property
    def name(self):
        return f"{self.path}/{self.keyword}"


WAYS = ["use", "missing", "extra", "repeat"]


def read_rows(version="2.4.3"):
    """All rows but the directives, which are no keywords of a block."""
    rows = []
    with open(os.path.join(HERE, "keywords.tsv"), encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if line["kind"] == "directive":
                continue
            expected = {way: line[f"{way}_{version}"] for way in WAYS}
            if line["type"] == "build":
                expected = {"use": "0"}
            rows.append(Row(line["path"], line["keyword"], line["kind"], line["type"], line["range"],
                            line["default"], frozenset(line["flags"].split()),
                            line[f"known_{version}"] == "yes",
                            {way: status for way, status in expected.items() if status != "-"}))
    return rows


SECURITY = ["global_defs {", "    enable_script_security", "    script_user root", "}"]
TRACK_FILE = ["track_file tf {", f"    file {TRACKED}", "}"]
TRACK_SCRIPT = ["vrrp_script ts {", f"    script {SCRIPT}", "}"]
TRACK_PROCESS = ["vrrp_track_process tp {", "    process sshd", "}"]
BFD = ["bfd_instance bfd1 {", "    neighbor_ip 10.0.0.9", "}"]
INSTANCES = [line for number in (7, 8) for line in (
    f"vrrp_instance OTHER_{number} {{", "    interface eth2", f"    virtual_router_id {number}",
    "    virtual_ipaddress {", f"        192.168.7.{number}/24", "    }", "}")]
GROUP = ["track_group tg {", "    group {", "        OTHER_7", "    }", "}"]

# How a block begins.
HEADS = {
    "track_file": "track_file tf", "vrrp_track_file": "vrrp_track_file tf",
    "track_group": "track_group tg", "vrrp_sync_group": "vrrp_sync_group G1",
    "vrrp_instance": "vrrp_instance VI_1", "vrrp_script": "vrrp_script ts",
    "vrrp_track_process": "vrrp_track_process tp", "bfd_instance": "bfd_instance bfd1",
    "virtual_server_group": "virtual_server_group VG", "virtual_server": "virtual_server 10.1.0.1 80",
    "real_server": "real_server 10.2.0.1 80",
}

# What a block cannot be without, by its path.
BASE = {
    "track_file": [f"file {TRACKED}"],
    "vrrp_track_file": [f"file {TRACKED}"],
    "vrrp_track_process": ["process sshd"],
    "track_group": ["group { OTHER_7 }"],
    "garp_group": ["garp_interval 0.1", "interface eth0"],
    "vrrp_script": [f"script {SCRIPT}"],
    "vrrp_sync_group": ["group { OTHER_7 OTHER_8 }"],
    "vrrp_instance": ["interface eth0", "virtual_router_id 51",
                      "virtual_ipaddress { 192.168.1.10/24 }"],
    "vrrp_instance/authentication": ["auth_type PASS", "auth_pass secret"],
    "vrrp_instance/auth_hmac": [f"key 1 hex:{'0a' * 32}", "active_key 1"],
    "bfd_instance": ["neighbor_ip 10.0.0.9"],
    "virtual_server": ["protocol TCP", "lvs_sched rr", "lvs_method NAT", "real_server 10.2.0.1 80 { }"],
    "virtual_server/real_server/HTTP_GET": ["url { path / }"],
    "virtual_server/real_server/SSL_GET": ["url { path / }"],
    "virtual_server/real_server/HTTP_GET/url": ["path /"],
    "virtual_server/real_server/SSL_GET/url": ["path /"],
    "virtual_server/real_server/MISC_CHECK": [f"misc_path {SCRIPT}"],
    "virtual_server/real_server/BFD_CHECK": ["name bfd1"],
    "virtual_server/real_server/FILE_CHECK": ["track_file tf"],
}

# What must stand before a block, by its path; the longest that fits holds.
OUTSIDE = {
    "vrrp_sync_group": INSTANCES, "track_group": INSTANCES,
    "vrrp_sync_group/track_script": INSTANCES + TRACK_SCRIPT,
    "vrrp_sync_group/track_file": INSTANCES + TRACK_FILE,
    "vrrp_sync_group/track_process": INSTANCES + TRACK_PROCESS,
    "vrrp_sync_group/track_bfd": INSTANCES + BFD,
    "vrrp_instance/track_script": TRACK_SCRIPT, "vrrp_instance/track_file": TRACK_FILE,
    "vrrp_instance/track_process": TRACK_PROCESS, "vrrp_instance/track_bfd": BFD,
    "virtual_server/real_server/BFD_CHECK": BFD,
    "virtual_server/real_server/FILE_CHECK": TRACK_FILE,
    "static_ipaddress/track_group": GROUP + INSTANCES, "static_routes/track_group": GROUP + INSTANCES,
    "static_rules/track_group": GROUP + INSTANCES,
}

# What stands before an option in its line, by the option's path, and whether the line stands in a
# block of that name; by keyword where it matters.
ADDRESS = "192.168.3.5 dev eth0"
ROUTE = "192.168.64.0/24 dev eth0"
ROUTE6 = "2001:db8:64::/64 dev eth0"
RULE = "from 192.168.5.0/24 priority 1000 table 100"
RULE_WITHOUT_ACTION = "from 192.168.5.0/24 priority 1000"
ENTRIES = {
    "static_ipaddress": ADDRESS, "vrrp_instance/virtual_ipaddress": ADDRESS,
    "vrrp_instance/virtual_ipaddress_excluded": ADDRESS,
    "static_routes": ROUTE, "vrrp_instance/virtual_routes": ROUTE,
    "static_rules": RULE, "vrrp_instance/virtual_rules": RULE,
    "vrrp_instance/track_interface": "eth1", "vrrp_sync_group/track_interface": "eth1",
    "vrrp_instance/track_script": "ts", "vrrp_sync_group/track_script": "ts",
    "vrrp_instance/track_file": "tf", "vrrp_sync_group/track_file": "tf",
    "vrrp_instance/track_process": "tp", "vrrp_sync_group/track_process": "tp",
    "vrrp_instance/track_bfd": "bfd1", "vrrp_sync_group/track_bfd": "bfd1",
    "vrrp_instance/unicast_peer": "10.0.0.7",
    "virtual_server_group": "",
}
LINES = {
    "global_defs/lvs_sync_daemon": "lvs_sync_daemon eth0 inst VI_1",
    "global_defs/lvs_timeouts": "lvs_timeouts",
    "vrrp_instance/use_vmac": "use_vmac", "vrrp_instance/use_ipvlan": "use_ipvlan 10.0.0.77/24",
    "virtual_server/lvs_method": "lvs_method TUN",
    "virtual_server/sorry_server_lvs_method": "sorry_server_lvs_method TUN",
    "virtual_server/real_server/lvs_method": "lvs_method TUN",
}
BEFORE_OPTION = {
    "dev": {"static_ipaddress": "192.168.3.5", "vrrp_instance/virtual_ipaddress": "192.168.3.5",
            "vrrp_instance/virtual_ipaddress_excluded": "192.168.3.5",
            "static_routes": "192.168.64.0/24", "vrrp_instance/virtual_routes": "192.168.64.0/24"},
    "oif": {"static_routes": "192.168.64.0/24", "vrrp_instance/virtual_routes": "192.168.64.0/24"},
    "inst": {"global_defs/lvs_sync_daemon": "lvs_sync_daemon eth0"},
    "name": {"vrrp_instance/use_ipvlan": "use_ipvlan 10.0.0.77/24"},
}
TYPES_OF_ENTRY = {
    "routes": {**dict.fromkeys(["from", "expires", "pref"], ROUTE6),
               **dict.fromkeys(["to", "inet", "inet6"], ""), "protocol": ROUTE + " no_track"},
    "rules": {"inet6": "from 2001:db8:5::/64 priority 1000 table 100",
              "track_group": RULE + " dev eth0", "protocol": RULE + " no_track",
              **dict.fromkeys(["table", "lookup", "l3mdev", "type", "goto", "nop", "blackhole",
                               "unreachable", "prohibit"], RULE_WITHOUT_ACTION)},
}
for entries in ("routes", "rules"):
    for word, before in TYPES_OF_ENTRY[entries].items():
        for place in (f"static_{entries}", f"vrrp_instance/virtual_{entries}"):
            BEFORE_OPTION.setdefault(word, {})[place] = before
for place in ("virtual_server/lvs_method", "virtual_server/sorry_server_lvs_method",
              "virtual_server/real_server/lvs_method"):
    for word, before in {"port": "TUN type gue", "csum": "TUN type gre",
                         "remcsum": "TUN type gue port 7000"}.items():
        BEFORE_OPTION.setdefault(word, {})[place] = f"{place.rsplit('/', 1)[1]} {before}"


def outside(path):
    """The lines before, for the longest beginning of a path that has some."""
    parts = path.split("/")
    while parts:
        lines = OUTSIDE.get("/".join(parts))
        if lines is not None:
            return lines
        parts.pop()
    return []


def block(head, lines):
    return [f"{head} {{"] + ["    " + line for line in lines] + ["}"]


def spread(statement):
    """A one-line block over several lines, as the language wants them."""
    if "{" not in statement:
        return [statement]
    head, rest = statement.split(" {", 1)
    body = rest.rsplit("}", 1)[0].strip()
    if head == "url":
        return block(head, [body])
    return block(head, body.split() if body else [])


def base_lines(path, left_out=()):
    """What the block of this path cannot be without, less the statements named."""
    return [line for statement in BASE.get(path, []) if statement.split()[0] not in left_out
            for line in spread(statement)]


def file_around(path, lines, left_out=(), before=(), siblings=()):
    """A file with these lines in the block of this path. `left_out` names statements of the base
    that are not wanted there; `siblings` are added there before the lines."""
    parts = [] if path == "(top)" else path.split("/")
    lines = [*siblings, *lines]
    for depth in range(len(parts), 0, -1):
        here = "/".join(parts[:depth])
        inner = depth == len(parts)
        base = base_lines(here, left_out if inner else {parts[depth]})
        lines = block(HEADS.get(parts[depth - 1], parts[depth - 1]), base + lines)
    return "\n".join([*SECURITY, *before, *lines]) + "\n"
