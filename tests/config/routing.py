"""Addresses, routes and rules of generated files."""

# What IPv6 addresses do not have.
FAMILY4 = ("scope", "brd", "broadcast", "label", "peer")
ADDRESS_LENGTHS = ["", "/24", "/16", "/32", None, "/33", "/x", "/"]


def address_lines(chance, path, count, family=4):
    """Lines with different addresses."""
    lines = []
    for host in chance.random.sample(range(1, 250), count):
        family4 = () if family == 4 or chance.wrong() else FAMILY4
        options = chance.options(path, 2, but=("track_group", "use_vmac", "dev", *family4))
        words = " ".join(options)
        length = chance.value(ADDRESS_LENGTHS) if "peer" not in words else ""
        if family == 6:
            length = "/64" if length else ""
        elif "br" in words and not chance.wrong():
            length = "/24"
            options = [option for option in options if not option.startswith("peer")]
        number = f"192.168.1.{host}" if family == 4 else f"2001:db8::{host:x}"
        if chance.wrong(0.03):
            number = chance.of(["192.168.1", "x", "192.168.1.256", "fe80::1", "10.0.0.1"])
        device = [f"dev {chance.interface()}"] if chance.happens(0.3) else []
        lines.append(" ".join([number + length, *device, *options]))
    if lines and chance.wrong(0.04):
        lines.append(lines[0])
    return lines


def static_address_lines(chance):
    """A static address needs a device, its own or the default one."""
    return [line if " dev " in line else f"{line} dev {chance.interface()}"
            for line in address_lines(chance, "static_ipaddress", chance.random.randint(1, 3))]


ROUTE_TYPES = ["blackhole", "unreachable", "prohibit", "throw", "local", "unicast"]


def route_line(chance, path):
    """A route: what it is to, then options; nexthops must end it."""
    host = chance.random.randint(1, 200)
    words = []
    if chance.happens(0.15):
        words.append(chance.of(ROUTE_TYPES))
    if chance.happens(0.2):
        words.append("to")
    six = chance.happens(0.15)
    to = f"2001:db8:{host:x}::/48" if six else chance.of([f"192.168.{host}.0/24", f"10.{host}.0.0/16",
                                                         "default", f"172.16.0.{host}"])
    words.append(chance.of(["x", "192.168.0.0/33", "10.0.0.0/x"]) if chance.wrong(0.03) else to)
    six_options = ["via 2001:db8::1", "expires 100", "pref high", "from 2001:db8:7::/64", "metric 5",
                   "src 2001:db8::5", "table 7"]
    if six:
        words += chance.random.sample(six_options, chance.random.randint(0, 2))
    else:
        words += chance.options(path, 3, but=("nexthop", "track_group", "dev", "oif", "vrf"))
    if chance.happens(0.6 if chance.keywords.version == "2.4.3" else 0.97):
        words.append(f"{chance.of(['dev', 'oif'])} {chance.interface()}")
    if not six and chance.happens(0.15):
        words += [line for line in (chance.words(row) for row in chance.keywords.of(path, ("option",))
                                    if row.keyword == "nexthop") if line]
    return " ".join(words)


ACTIONS = ["table 5", "table main", "lookup 7", "goto 30000", "nop", "blackhole", "unreachable",
           "prohibit", "type blackhole", "l3mdev"]
# What only tables have.
TABLE_WORDS = ("realms", "suppress_prefixlength", "sup_pl", "suppress_ifgroup", "sup_group")
ACTION_WORDS = ("table", "lookup", "goto", "nop", "blackhole", "unreachable", "prohibit", "type",
                "l3mdev", "track_group", "inet", "inet6", "from", "to", "preference", "order", "priority")


def rule_line(chance, path):
    """A rule: what it is about, its preference, an action, more."""
    host = chance.random.randint(1, 200)
    words = []
    six = chance.happens(0.15)
    if chance.happens(0.1):
        words.append("not")
    network = f"2001:db8:{host:x}::/48" if six else chance.of([f"192.168.{host}.0/24", f"10.1.1.{host}"])
    words.append(f"{chance.of(['from', 'to'])} "
                 f"{chance.of(['x', '10.0.0.0/33']) if chance.wrong(0.03) else network}")
    if not chance.wrong(0.04):
        words.append(f"{chance.of(['preference', 'priority', 'order'])} {100 + host}")
    action = "" if chance.wrong(0.04) else chance.of(ACTIONS if chance.wrong(0.3) else
                                                     ACTIONS[:3] + ACTIONS[4:8])
    words += [action] if action else []
    of_tables = () if action[:5] in ("table", "looku") or chance.wrong() else TABLE_WORDS
    words += chance.options(path, 3, but=ACTION_WORDS + of_tables + (("realms",) if six else ()))
    chance.random.shuffle(words[1:])
    return " ".join(words)


def routes(chance, path):
    return [route_line(chance, path) for _ in range(chance.random.randint(1, 2))]


def rules(chance, path):
    return [rule_line(chance, path) for _ in range(chance.random.randint(1, 2))]
