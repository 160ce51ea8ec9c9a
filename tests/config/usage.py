"""How the keyword of each row of keywords.tsv is used: plainly, with an argument missing, with one too
many, and twice; each as a file that is sound but for that."""

from surroundings import (ADDRESS, BEFORE_OPTION, ENTRIES, HEADS, LINES, ROUTE, RULE, SCRIPT, TRACKED,
                          base_lines, block, file_around, outside)

# A value for each type, where it does not follow from the range.
BY_TYPE = {
    "str": "a-name", "ostr": "a-name", "if": "eth1", "ifany": "eth7", "ip": "10.0.0.3",
    "ipbind": "10.0.0.3", "ipvi": "10.0.0.3", "procname": "a-process", "email": "a@b.c",
    "smtp_server": "127.0.0.1 2525", "script": SCRIPT, "oscript": SCRIPT, "scriptcmd": SCRIPT,
    "obool": "on", "obool_strict": "off", "obool_owner": "on", "mcast4": "224.0.0.19",
    "mcast6": "ff02::13", "mcastvi": "224.0.0.19", "extra_if": "all 10", "lvs_sync": "eth0 inst VI_1",
    "lvs_timeouts": "tcp 10", "cpus": "0", "user": "root", "fifo": "/tmp/a-fifo",
    "rxpolicy": "MTU", "umask": "022", "vmacprefix": "vv", "opath": "/tmp/a-file",
    "path": "/tmp/a-file", "include_check": "+match", "dir_tmp": "/tmp", "dir_save": "/tmp/a-dir",
    "trackpath": TRACKED + "2", "weight254": "5 reverse", "weight253": "5 reverse",
    "weightmax": "5 reverse", "init_file": "7 overwrite", "process": "sshd", "authpass": "secret",
    "hmackey": "2 hex:" + "0b" * 32, "hmacactive": "1", "advert": "2", "use_vmac": "vrrp.7",
    "use_ipvlan": "ipvl.7 10.0.0.77/24", "ipfam": "inet", "lvs_method": "DR", "pename": "sip",
    "granularity": "255.255.255.0", "proto": "UDP", "quorum": "1", "hysteresis": "0",
    "sorry": "10.2.0.9 80", "urlpath": "/x", "digest": "0123456789abcdef" * 2,
    "status": "200-201 404", "regex": "a.b", "regexopts": "caseless", "regex_stack": "1024 2048",
    "domain": "www.example.org", "dnstype": "A", "bfdname": "bfd1", "tfilename": "tf", "hex": "01ab",
    "ohexx": "01xb", "ouint": "7", "oint": "50", "uint_q": "7", "uint_w0": "7", "uint_w1": "7",
    "uint_min": "7", "uint_max": "77", "never": "eth1",
}
BY_KEYWORD = {
    "default_interface": "eth1", "net_namespace": "nosuchnamespace", "state": "BACKUP",
    "interface": "eth0", "idle_tx": "2000", "max_hops": "3", "vrrp_version": "3",
    "vrrp_rt_priority": "50", "checker_rt_priority": "50", "bfd_rt_priority": "50",
    "advert_int": "2", "auth_type": "PASS", "http_protocol": "1.1", "lvs_sched": "wrr",
    "lb_algo": "wrr", "timer_expired_backup": "50", "thread_timer_expired": "50", "umask": "022",
    "encap": "ip id 5 dst 10.0.0.9", "scope": "200", "brd": "192.168.3.255",
    "broadcast": "192.168.3.255", "label": "eth0:1", "peer": "192.168.4.5", "preferred_lft": "100",
    "track_group": "tg", "from": "192.168.9.0/24", "to": "192.168.65.0/24", "src": "192.168.3.1",
    "via": "10.0.0.254", "tos": "8", "dsfield": "8", "table": "5", "lookup": "5", "protocol": "5",
    "realms": "3", "features": "ecn", "quickack": "1", "congctl": "reno", "pref": "high",
    "ttl-propagate": "enabled", "nexthop": "via 10.0.0.254 dev eth0 weight 5", "vrf": "eth1",
    "rtt": "2400", "rttvar": "1200", "rto_min": "300", "uidrange": "100-200", "ipproto": "17",
    "sport": "10-20", "dport": "10-20", "type": "ipip", "goto": "2000", "inst": "VI_1",
    "group": "5", "name": "vrrp.8", "port": "8848", "fwmark": "7", "iif": "eth1", "dev": "eth1",
    "oif": "eth1", "dbus_service_name": "org.a.B", "dbus_no_interface_name": "none",
    "suppress_ifgroup": "5", "sup_group": "5", "process_name": "a-name", "hoplimit": "5",
    "json_version": "2", "version": "2", "debug": "3", "fastopen_no_cookie": "1",

}
BY_NAME = {
    "global_defs/lvs_sync_daemon/group": "224.0.0.90", "bfd_instance/hoplimit": "100",
    "virtual_server/protocol": "SCTP", "vrrp_instance/state": "MASTER",
    "vrrp_instance/interface": "eth1", "vrrp_instance/version": "3", "garp_group/interface": "eth1",
    "virtual_server/real_server/MISC_CHECK/misc_path": "/usr/bin/false",
    "vrrp_script/script": "/usr/bin/false", "vrrp_script/user": "daemon",
    "vrrp_track_process/process": "ntpd", "vrrp_instance/authentication/auth_pass": "other",
    "vrrp_instance/strict_mode": "on",
    "static_rules/type": "blackhole",
    "vrrp_instance/virtual_rules/type": "blackhole", "vrrp_instance/vrf": "eth1",
    "virtual_server/real_server/DNS_CHECK/type": "A",
    "virtual_server/real_server/DNS_CHECK/name": "www.example.org",
    "virtual_server/real_server/BFD_CHECK/name": "bfd1", "vrrp_instance/priority": "150",
    "static_ipaddress/track_group": "tg", "SSL/key": "/tmp/a-file",
    "virtual_server/real_server/FILE_CHECK/track_file": "tf",
}
for place in ("virtual_server/lvs_method", "virtual_server/sorry_server_lvs_method",
              "virtual_server/real_server/lvs_method"):
    BY_NAME[f"{place}/port"] = "7000"

ROUTE_WORDS = {"inet": "192.168.64.0/24 dev eth0", "inet6": "2001:db8:64::/64 dev eth0",
               "to": "192.168.64.0/24 dev eth0", "from": "2001:db8:65::/64"}

# The entries of blocks whose lines are no keywords, good ones first; the second is another.
BY_ENTRY = {
    "saddr": [ADDRESS], "sroute": [ROUTE], "srule": [RULE], "vroute": [ROUTE], "vrule": [RULE],
    "vip": [ADDRESS], "evip": [ADDRESS], "email": ["a@b.c"], "names": ["OTHER_7", "OTHER_8"],
    "linkbeat": ["eth1 ETHTOOL"], "updown": ["eth1 5 6"], "trackif": ["eth1"], "trackscript": ["ts"],
    "trackfile": ["tf"], "trackproc": ["tp"], "trackbfd": ["bfd1"], "peer": ["10.0.0.7"],
    "ifs": ["eth0", "eth1"], "vsg": ["10.1.0.7 80"],
}
# What is needed for a keyword alone: statements beside it, lines before and after its surroundings.
PEERS = block("unicast_peer", ["10.0.0.7"])
SIBLINGS = {
    "vrrp_instance/vmac_xmit_base": ["use_vmac"], "vrrp_instance/use_vmac_addr": ["use_vmac"],
    **dict.fromkeys(["vrrp_instance/unicast_src_ip", "vrrp_instance/check_unicast_src",
                     "vrrp_instance/unicast_ttl", "vrrp_instance/old_unicast_checksum"], PEERS),
    "vrrp_instance/timer_expired_backup": ["nopreempt"],
    "vrrp_instance/owner_ignore_adverts": ["priority 255"],
    "vrrp_instance/native_ipv6": block("virtual_ipaddress", ["fe80::7", "2001:db8::7/64"]),
    "virtual_server/ops": ["protocol UDP"], "vrrp_instance/track_src_ip": ["mcast_src_ip 10.0.0.1"],
    **{f"global_defs/{part}notify_fifo_script": [f"{part}notify_fifo /tmp/a-fifo"]
       for part in ("", "vrrp_", "lvs_")},
    **{f"virtual_server/real_server/{kind}/url/{word}": ["regex a.b"]
       for kind in ("HTTP_GET", "SSL_GET")
       for word in ("regex_no_match", "regex_options", "regex_min_offset", "regex_max_offset",
                    "regex_stack")},
    **dict.fromkeys(["virtual_server/sh-port", "virtual_server/sh-fallback"], ["lvs_sched sh"]),
    **dict.fromkeys(["virtual_server/mh-port", "virtual_server/mh-fallback"], ["lvs_sched mh"]),
    "virtual_server/sorry_server_inhibit": ["sorry_server 10.2.0.9 80"],
    "virtual_server/sorry_server_lvs_method": ["sorry_server 10.2.0.9 80"],
    **{f"virtual_server/sorry_server_lvs_method/{word}": ["sorry_server 10.2.0.9 80"]
       for word in ("type", "port", "nocsum", "csum", "remcsum")},
    "vrrp_instance/auth_hmac/active_key": [f"key 255 hex:{'0b' * 32}"],
    "virtual_server/real_server/UDP_CHECK/min_reply_length": ["max_reply_length 65535"],
    "vrrp_instance/auth_hmac/key": [f"key 1 hex:{'0a' * 32}"],
}
# What takes the place of which statement of the base.
ALIASES = {"neighbour_ip": ("neighbor_ip",), "lb_algo": ("lvs_sched",), "lb_kind": ("lvs_method",),
           "interfaces": ("interface",), "native_ipv6": ("virtual_ipaddress",),
           "key": ()}


def value(row):
    """A value that is right and not the default; empty for what takes none."""
    if row.name in BY_NAME:
        return BY_NAME[row.name]
    if row.path.endswith("_routes") and row.keyword in ROUTE_WORDS:
        return ROUTE_WORDS[row.keyword]
    if row.type in ("flag", "block"):
        return ""
    if row.keyword in BY_KEYWORD:
        return BY_KEYWORD[row.keyword]
    if row.type in BY_TYPE:
        return BY_TYPE[row.type]
    if row.type in ("enum", "oenum"):
        choices = row.range.split(",")
        return next((choice for choice in choices if choice != row.default), choices[0])
    if row.type in ("uint", "int", "uint64", "dec3", "dec6"):
        low = row.range.split("..", 1)[0]
        return str(int(float(low)) + (7 if float(low) < 1000 else 1000))
    return ""


def entries(row):
    return BY_ENTRY[row.type.split(":", 1)[1]]


def child(row):
    """The path of the block that the row's keyword opens."""
    return row.keyword if row.path == "(top)" else f"{row.path}/{row.keyword}"


def head_of(keyword, named):
    """How the block begins: some words are also those of blocks without a name."""
    return HEADS.get(keyword, keyword) if named else keyword


def block_uses(row):
    """A block of keywords, or of entries: with its name missing, or empty where it has none."""
    path = child(row)
    head = head_of(row.keyword, row.kind == "block" or row.keyword == "virtual_server_group")
    body = entries(row) if row.type.startswith("entries:") else base_lines(path)
    named = head != row.keyword
    uses = {
        "use": block(head, body),
        "missing": block(row.keyword, body) if named else block(head, []),
        "extra": block(head + " surplus", body),
        "repeat": block(head, body) * 2,
    }
    if row.type.startswith("entries:"):
        uses["extra"] = block(head, [body[0] + " surplus", *body[1:]])
    return uses


def keyword_uses(row, words):
    line = f"{row.keyword} {words}".rstrip()
    return {"use": [line], "missing": [row.keyword], "extra": [line + " surplus"],
            "repeat": [line, line]}


def option_uses(row, words):
    """An option in the line of an entry, or of the keyword its path ends with."""
    before = BEFORE_OPTION.get(row.keyword, {}).get(row.path)
    if before is None:
        before = ENTRIES.get(row.path, LINES.get(row.path, ""))
    option = f"{row.keyword} {words}".rstrip()
    lines = {"use": [option], "missing": [row.keyword], "repeat": [option, option], "without": []}
    lines = {way: " ".join(filter(None, [before, *more])) for way, more in lines.items()}
    if row.path in ENTRIES:
        head = head_of(row.path.split("/")[-1], row.path == "virtual_server_group")
        return {way: block(head, [line]) for way, line in lines.items()}
    return {way: [line] for way, line in lines.items()}


WEIGHTS = ["weight 5 surplus"]
# Uses that do not follow from the keyword's kind.
OTHERWISE = {
    ("(top)/interface_up_down_delays", "extra"): block("interface_up_down_delays surplus", []),
    ("(top)/virtual_server_group", "missing"): block("virtual_server_group VG", []),
    ("(top)/virtual_server_group", "extra"): block("virtual_server_group VG surplus", ["10.1.0.7 80"]),
    ("global_defs/smtp_server", "extra"): ["smtp_server 127.0.0.1 surplus"],
    ("global_defs/notification_email", "extra"): block("notification_email surplus", ["a@b.c"]),
    ("global_defs/lvs_sync_daemon", "extra"): ["lvs_sync_daemon eth0 surplus"],
    ("track_group/group", "extra"): block("group surplus", ["OTHER_7"]),
    ("vrrp_instance/owner_ignore_adverts", "missing"): ["priority 100", "owner_ignore_adverts"],
    **{(f"{place}/weight", "extra"): WEIGHTS
       for place in ("track_file", "vrrp_track_file", "vrrp_track_process", "vrrp_script",
                     "bfd_instance", "virtual_server/real_server/FILE_CHECK")},
    **{(f"{place}/to", "missing"): block(place.rsplit("/", 1)[-1], ["dev eth0"])
       for place in ("static_routes", "vrrp_instance/virtual_routes")},
    **{(f"{place}/inet", "repeat"): block(place.rsplit("/", 1)[-1], [f"{ROUTE} inet inet"])
       for place in ("static_routes", "vrrp_instance/virtual_routes")},
    **{(f"virtual_server/real_server/{kind}", "extra"): block(f"{kind} surplus", [])
       for kind in ("BFD_CHECK", "FILE_CHECK")},
}


def place_of(row):
    """Where the row's statement stands: the path of its block, what of the block's base it takes the
    place of, what must stand before, and beside it."""
    siblings = SIBLINGS.get(row.name, ())
    if row.kind == "option":
        parent, _, last = row.path.rpartition("/")
        return parent or "(top)", {last}, outside(row.name), siblings
    left_out = {row.keyword, *ALIASES.get(row.keyword, ())}
    before = outside(row.name if row.kind == "keyword" else child(row))
    return row.path, left_out, before, siblings


def uses(row, words):
    """By way of use, the lines."""
    if row.kind == "option":
        return option_uses(row, words)
    return keyword_uses(row, words) if row.kind == "keyword" else block_uses(row)


def texts(row):
    """By way of use, the file."""
    path, left_out, before, siblings = place_of(row)
    return {way: file_around(path, OTHERWISE.get((row.name, way), lines), left_out, before, siblings)
            for way, lines in uses(row, value(row)).items() if way in row.expected}


def text_with(row, words):
    """A file in which the keyword has these words."""
    path, left_out, before, siblings = place_of(row)
    return file_around(path, uses(row, words)["use"], left_out, before, siblings)


def text_without(row):
    """The same file without the keyword."""
    path, left_out, before, siblings = place_of(row)
    return file_around(path, uses(row, "").get("without", []), left_out if row.kind == "option" else (),
                       before, siblings)
