"""Right and wrong values for the keyword of a row of keywords.tsv, from its type and range.

A list of values has the right ones before WRONG and the wrong ones after it. Right means right alone:
what it makes of its neighbours is another matter, and part of what is compared.
"""

from namespace import INTERFACES
from surroundings import TRACKED

WRONG = None

WORDS = ["a", "name-1", '"quoted name"', "x.y.z"]
ADDRESS4 = ["10.0.0.1", "10.1.2.3", WRONG, "10.0.0", "abc", "10.0.0.256", "fe80::1", ""]
SCRIPT = ["/usr/bin/true", '"/usr/bin/true a b"', "/usr/bin/true root", '"/bin/echo \'a b\' c"',
          WRONG, "/nonexistent/x", "/nonexistent/x root", "/nonexistent/x nosuchuser_", "/nonexistent/x root nosuchgroup_",
          "relative.sh", '""', ""]
USER = ["root", "root root", "root daemon", WRONG, "nosuchuser_", "root nosuchgroup_", "",
        "root root root"]
BOOL = ["", "on", "off", "yes", "no", "true", "false", WRONG, "maybe", "1", "ON", "on off"]
WEIGHTS = ["{low}", "{high}", "5", "-5 reverse", "0", WRONG, "{below}", "{above}", "x", "", "5 foo",
           "5 reverse reverse"]


def number(low, high):
    """Values in and around a range."""
    return [str(low), str(high), str((low + high) // 2), f"+{high}", f"0{max(low, 0)}",
            f'" {high}"', WRONG, str(low - 1), str(high + 1), "abc", "", '""', "0x10", "5x",
            "1.5.2", "99999999999999999999", f'"{high} "', "1e3", "-"]


def decimal(low, high, digits):
    """Values in and around a range of decimals; `digits` as many as are taken."""
    right = [value for value in ("0.5", "1", "2", "3.25", "10", "5.", ".5", "0", "30")
             if float(low) <= float(value) <= float(high)]
    above = f"{high}1" if "." in high and len(high.split(".")[1]) < digits else f"1{high}"
    return [low, high, *right, WRONG, above, "x", "-1", "", "." + "0" * digits + "1", "1.2.3", "1,5",
            "1e3", "0" if float(low) > 0 else "-0.1"]


BY_TYPE = {
    "flag": ["", "", "", "surplus"],
    "str": [*WORDS, WRONG, "", '""'],
    "ostr": [*WORDS, "", WRONG, '""'],
    "if": [*INTERFACES, WRONG, "nosuchif0", "lo", "", "a_name_that_is_too_long"],
    "ifany": ["eth0", "nosuchif0", WRONG, "a_name_that_is_too_long", ""],
    "ip": ADDRESS4, "ipbind": ADDRESS4, "ipvi": ADDRESS4,
    "procname": ["short", "exactly15chars_", WRONG, "a-name-that-is-too-long", ""],
    "email": ["a@b.c", "root@localhost", WRONG, ""],
    "smtp_server": ["127.0.0.1", "10.0.0.1 25", "::1 2525", WRONG, "10.0.0.1 99999", "10.0.0.1 x", ""],
    "script": SCRIPT, "oscript": SCRIPT, "user": USER,
    "scriptcmd": ["/usr/bin/true", '"/usr/bin/true -a b"', WRONG, "/nonexistent/check.sh",
                  "relative.sh", '""', "", '"/usr/bin/true'],
    "obool": BOOL, "obool_strict": ["off", "no", "false", WRONG, "maybe", "on"],
    "obool_owner": BOOL,
    "mcast4": ["224.0.0.18", "224.0.38.12", WRONG, "10.0.0.1", "x", "ff02::1", ""],
    "mcast6": ["ff02::12", "ff02::1:2", WRONG, "ff05::1", "fe80::1", "x", "224.0.0.18", ""],
    "mcastvi": ["224.0.0.18", "224.0.38.12", WRONG, "10.0.0.1", "x", "ff02::12", ""],
    "lvs_sync": ["eth0", "eth0 inst VI_0", "eth0 VI_0", "eth1 id 5", "eth0 VI_0 id 5 maxlen 1400",
                 "eth0 inst VI_0 port 5000 ttl 3 group 224.0.0.82", WRONG, "", "nosuchif0", "eth0 id",
                 "eth0 id 256", "eth0 VI_0 maxlen 70000", "eth0 VI_0 ttl 0", "eth0 group 10.0.0.1",
                 "eth0 VI_0 foo", "eth0 inst", "eth0 inst nosuch"],
    "lvs_timeouts": ["tcp 10", "tcp 10 tcpfin 20 udp 30", "udp 0", WRONG, "", "tcp", "tcp x", "foo 5",
                     "tcp 2678401", "10"],
    "cpus": ["0", WRONG, "x", "", "0 0", "100000"],
    "fifo": ["/tmp/nonexistent_fifo", "/tmp/nonexistent_fifo2 root", WRONG, "",
             "/tmp/nonexistent_fifo nosuchuser_", "/tmp/nonexistent_fifo root root surplus"],
    "rxpolicy": ["MTU", "ADVERT", "65536", "mtu", WRONG, "", "x", "-1", "MTU ADVERT"],
    "umask": ["022", "0177", "IRUSR|IWUSR", "0x12", "18", WRONG, "", "x", "IRUSR IWUSR", "01000",
              "IFOO", "IRUSR|"],
    "vmacprefix": ["v", "vrrpx", WRONG, "", "a_name_that_is_too_long", "a/b", "10"],
    "path": ["/tmp/a-file", '"/tmp/a file"', WRONG, "", "/tmp/a /tmp/b", '""'],
    "opath": ["/tmp/a-file", "", WRONG, '""'],
    "include_check": ["", "+match", "-match +read", "match wildcard_match brace_match read", WRONG,
                      "foo", "+", "+match foo"],
    "dir_tmp": ["/tmp", WRONG, "", '""'],
    "trackpath": [TRACKED, TRACKED + "2", WRONG, "", '""', '"a'],
    "weight254": [word.format(low=-254, high=254, below=-255, above=255) if word else word
                  for word in WEIGHTS],
    "weight253": [word.format(low=-253, high=253, below=-254, above=254) if word else word
                  for word in WEIGHTS],
    "weightmax": [word.format(low=-2147483647, high=2147483647, below=-2147483648, above=2147483648)
                  if word else word for word in WEIGHTS],
    "init_file": ["", "7", "-254", "7 overwrite", "overwrite", WRONG, "255", "x", "7 foo"],
    "process": ["sshd", '"a b"', "sshd -D x", WRONG, ""],
    "authpass": ["1111", "12345678", '"a b"', WRONG, "123456789", ""],
    "advert": ["1", "2", "255", "5.", WRONG, "0.5", "0", "256", "x", "1.234", "", "0.001", "-1"],
    "use_vmac": ["", "vrrp.7", "vrrp.8 02:00:5e:00:01:07", "02:00:5e:00:01:08", WRONG, "eth1",
                 "a_name_that_is_too_long", "01:00:5e:00:01:07", "00:00:5e:00:01:07", "02:00:5e:00",
                 "vrrp.7 x", "vrrp.9 zz:00:5e:00:01:07"],
    "use_ipvlan": ["ipvl.7 10.0.0.77/24", "10.0.0.78/24", "ipvl.8 10.0.0.79/24 bridge",
                   "10.0.0.78 private", "ipvl.9 10.0.0.78/24 vepa", WRONG, "", "ipvl.7",
                   "10.0.0.78/33", "10.0.0.78/24 foo", "fe80::7/64", "10.0.0.1/24 10.0.0.2/24"],
    "ipfam": ["inet", WRONG, "inet6", "x", ""],
    "lvs_method": ["NAT", "DR", "TUN", "TUN type ipip", "TUN type gue port 5000", "TUN type gre csum",
                   "TUN type gue port 5000 remcsum", "TUN type ipip nocsum", WRONG, "nat", "NAT x",
                   "", "TUN type", "TUN type gue", "TUN type foo", "TUN port 5", "TUN csum",
                   "TUN type gre remcsum", "TUN type gue port 0", "TUN type gue port", "DR type ipip"],
    "pename": ["sip", "exactly_16_chars", WRONG, "a_name_that_is_too_long", ""],
    "granularity": ["255.255.255.0", "255.0.0.0", WRONG, "x", "24", "33", "255.0.255.0", "", "0",
                    "0.0.0.0"],
    "proto": ["TCP", "UDP", "SCTP", "tcp", WRONG, "XXX", ""],
    "quorum": number(1, 3), "hysteresis": number(0, 3),
    "sorry": ["10.9.9.9 80", "10.9.9.9", WRONG, "x 80", "10.9.9.9 99999", "fe80::1 80", "", "10.9.9.9 81",
              "10.9.9.9 x"],
    "urlpath": ["/x", '"/a b"', "/?a=b&c", WRONG, "", "/x /y", '""'],
    "digest": ["9b3a0c85a887a256d6939da88aabd8cd", WRONG, "9b3a", "zz" * 16, "",
               "9B3A0C85A887A256D6939DA88AABD8CD", "0" * 33],
    "status": ["200", "200-299", "200 301-302", "100-599", "", WRONG, "99", "300-200", "x", "600",
               "200-", "200-600"],
    "regex": ["a.b", '"a b"', "'a b'", "^x+$", r"a\ b", WRONG, "", "a(", "a b"],
    "regexopts": ["caseless", "multiline dotall", "", "foo"],
    "regex_stack": ["1024 2048", "", "1", "x y", "1024 x"],
    "domain": ["www.example.org", "example.org.", "example", WRONG, "", "a..b", ".", "a.b",
               "x" * 64 + ".org"],
    "dnstype": ["A", "aaaa", "SOA", "TXT", "DNSKEY", WRONG, "", "XX", "PTR"],
    "hex": ["01ab", "01 ab ff", '"01 ab"', WRONG, "", "0x", "zz", "1", "01a"],
    "ohexx": ["", "01ab", "01 xb", "x1 ab", WRONG, "zz", "1", "0x1"],
    "uint_q": ["0", "7", "", "x", "-1"],
    "uint_min": ["0", "7", "255", WRONG, "65536", "x", "", "256"],
    "uint_max": ["255", "65535", WRONG, "65536", "x", "", "0"],
    "extra_if": ["5", "all 10", "86400", WRONG, "", "all", "x", "all x", "86401", "5 6"],
}

BY_KEYWORD = {
    "default_interface": ["eth0", "nosuchif0", WRONG, ""],
    "smtp_connect_timeout": number(1, 4294) + ["0"],
    "smtp_helo_name": [*WORDS, ""],
    "max_hops": ["0", "3", "255", WRONG, "-1", "256", "x"],
    "vrrp_rt_priority": number(1, 99), "checker_rt_priority": number(1, 99),
    "bfd_rt_priority": number(1, 99),
    "idle_tx": ["1000", "2000", WRONG, "999", "x", ""],
    "config_save_dir": ["/tmp", WRONG, ""],
    "inhibit_on_failure": BOOL, "quorum_max": number(2, 65535),
    "interval": decimal("0.001", "4294", 3) + ["0"], "timeout": decimal("0.001", "4294", 3) + ["0"],
    **{keyword: number(1, 4294967295) + ["0"] for keyword in (
        "garp_master_repeat", "garp_master_refresh_repeat", "vrrp_garp_master_repeat",
        "vrrp_garp_master_refresh_repeat")},
}
ROUTE_TIMES = ["300ms", "1s", "1000", "0.5s", WRONG, "x", "1e", "", "5000000s", "300 ms"]
FIELD = ["0", "8", "255", "0x10", WRONG, "256", "x", ""]
BY_OPTION = {
    "dev": [*INTERFACES, WRONG, "nosuchif0", ""], "oif": [*INTERFACES, WRONG, "nosuchif0", ""],
    "iif": [*INTERFACES, WRONG, "nosuchif0", ""],
    "scope": ["link", "host", "global", "200", "site", WRONG, "nowhere1", "256", ""],
    "brd": ["192.168.1.255", "+", WRONG, "x", "fe80::1", ""],
    "broadcast": ["192.168.1.255", "-", WRONG, "x", ""],
    "label": ["eth0:1", "eth0", WRONG, "a_label_that_is_too_long", ""],
    "peer": ["10.1.1.1", WRONG, "x", "fe80::1", "", "10.1.1.1/24"],
    "preferred_lft": ["0", "100", "forever", "4294967295", WRONG, "x", "-1", ""],
    "track_group": [WRONG, "nosuch", ""],
    "src": ["10.0.0.5", WRONG, "x", "fe80::1", ""],
    "via": ["10.0.0.254", "inet 10.0.0.254", WRONG, "x", "fe80::1", "", "inet6 10.0.0.254", "inet"],
    "from": [WRONG, "10.0.0.0/8", "x", ""],
    "tos": FIELD, "dsfield": FIELD,
    "table": ["5", "main", "local", "4294967295", WRONG, "nosuch", "x5", "", "0x10000000000"],
    "lookup": ["5", "main", WRONG, "0", "nosuch", ""],
    "protocol": ["18", WRONG, "5", "bird", "256", "nosuch", ""],
    "realms": ["3", "3/4", WRONG, "256", "nosuch", "3/", ""],
    "features": ["ecn", WRONG, "foo", ""],
    "congctl": ["reno", "lock cubic", WRONG, ""],
    "pref": [WRONG, "high", "x", ""],
    "expires": [WRONG, "5", "x", ""],
    "ttl-propagate": ["enabled", "disabled", WRONG, "x", ""],
    "encap": ["ip id 5 dst 10.0.0.9", "ip id 5 dst 10.0.0.9 src 10.0.0.8 tos 4 ttl 9",
              "ip6 id 5 dst 2001:db8::9", "ip6 id 5 dst 2001:db8::9 src 2001:db8::8 tc 4 hoplimit 9",
              "mpls 100", "mpls 100/200", "ila 1:2:3:4", WRONG, "", "foo", "ip", "ip id", "ip id x",
              "mpls", "mpls x", "ila", "ila x", "ip dst x"],
    "nexthop": ["via 10.0.0.254 dev eth0 weight 5", "via 10.0.0.254 nexthop via 10.0.0.253",
                "dev eth0 onlink nexthop via 10.0.0.9 weight 256", "via 10.0.0.9 realms 3", WRONG, "",
                "via x", "via 10.0.0.254 weight 0", "via 10.0.0.254 weight 257", "foo",
                "via 10.0.0.254 dev nosuchif0"],
    "rtt": ROUTE_TIMES, "rttvar": ROUTE_TIMES, "rto_min": ROUTE_TIMES,
    "mtu": ["1400", "lock 1400", WRONG, "x", "", "lock", "lock x"],
    "advmss": ["1400", "lock 1400", WRONG, "x", "lock"],
    "uidrange": ["100-200", "5-5", WRONG, "5", "200-100", "x-y", ""],
    "ipproto": ["tcp", "17", "icmp", WRONG, "nosuch", "256", ""],
    "sport": ["10-20", WRONG, "10", "20-10", "x", "", "10-70000", "0-5"],
    "dport": ["10-20", WRONG, "10", "20-10", "x", ""],
    "type": ["blackhole", WRONG, "unicast", "foo", ""],
    "goto": ["2000", WRONG, "5", "x", ""],
    "fwmark": ["7", "0x10", "7/0xff", WRONG, "x", "7/x", "", "4294967296"],
    "suppress_ifgroup": ["5", "default", WRONG, "x", ""], "sup_group": ["5", WRONG, "nosuch"],
    "hoplimit": number(0, 255), "inet": [WRONG, "x"], "inet6": [WRONG, "x"], "to": [WRONG, "10.9.0.0/16", ""],
    "vrf": [WRONG, "eth1", ""], "as": [WRONG, "to 10.0.0.1", "10.0.0.1", ""],
    "gw": [WRONG, "10.0.0.1", "x"], "or": [WRONG, "10.0.0.1", "x"],
}


# What 2.2.7 takes otherwise so often that little would be left to compare.
OLDER = {"vrrp_script/interval": number(1, 4294), "vrrp_script/timeout": number(1, 4294)}
# 2.2.7 dies of scripts that are to run as someone else.
OLDER_USER = [value for value in USER if value != "root daemon"]


def choices(row, version):
    """All values for a row. One that is itself diagnosed has no right ones."""
    if row.kind == "option" and row.keyword in BY_OPTION:
        values = BY_OPTION[row.keyword]
    elif version == "2.2.7" and row.name in OLDER:
        values = OLDER[row.name]
    elif version == "2.2.7" and row.type == "user":
        values = OLDER_USER
    elif row.keyword in BY_KEYWORD:
        values = BY_KEYWORD[row.keyword]
    elif row.type in BY_TYPE:
        values = BY_TYPE[row.type]
    elif row.type in ("enum", "oenum"):
        values = [*row.range.split(","), *([""] if row.type == "oenum" else []), WRONG, "nosuchword",
                  *([] if row.type == "oenum" else [""])]
    elif row.type in ("dec3", "dec6"):
        values = decimal(*row.range.split(".."), int(row.type[3:]))
    elif ".." in row.range:
        values = number(*map(int, row.range.split("..")))
        if row.type.startswith("o"):
            values = ["", *values]
    else:
        values = ["x"]
    if row.kind == "option" and row.type == "flag":
        values = [""]
    if row.expected.get("use") == "5":
        return [WRONG] + [value for value in values if value is not WRONG]
    return values
