"""The ends of each row's range, and what lies beyond them."""

from decimal import Decimal

# Types whose range is of numbers, with what a value is made of.
NUMBERS = ("uint", "int", "uint64", "oint", "ouint", "uint_w0", "uint_w1", "uint_min", "uint_max",
           "quorum", "hysteresis", "weight254", "weight253", "weightmax", "init_file", "hmacactive",
           "rxpolicy")
STEPS = {"dec3": Decimal("0.001"), "dec6": Decimal("0.000001"), "advert": Decimal("0.01")}
# Types whose range is of lengths.
LENGTHS = ("procname", "pename", "ifany", "authpass", "str")


def text(number):
    return f"{number:f}" if isinstance(number, Decimal) else str(number)


REPEATS = (["1", "4294967295"], ["0", "4294967296"])
TIMES = (["0.001", "4294"], ["0", "4294.001"])
# Where the range of the table is of what is taken in, and less of it is sound here.
SOUND = {
    "global_defs/smtp_connect_timeout": (["1", "4294"], ["0", "4295"]),
    # 0, the default, may be written here; the original refuses it.
    "global_defs/vrrp_rt_priority": (["1", "99"], ["-1", "100"]),
    "global_defs/vrrp_garp_master_repeat": REPEATS,
    "global_defs/vrrp_garp_master_refresh_repeat": REPEATS,
    "vrrp_instance/garp_master_repeat": REPEATS,
    "vrrp_instance/garp_master_refresh_repeat": REPEATS,
    "track_file/init_file": (["-254", "254"], ["-255", "255", "2147483648"]),
    "vrrp_track_file/init_file": (["-254", "254"], ["-255", "255", "2147483648"]),
    "vrrp_script/interval": TIMES, "vrrp_script/timeout": TIMES,
    "vrrp_instance/advert_int": (["1", "255"], ["0", "0.01", "255.01"]),
    "virtual_server/ip_family": (["inet"], ["inet6"]),
    "virtual_server/quorum": (["1"], ["0", "2", "4294967296"]),
    "virtual_server/hysteresis": (["0"], ["1", "4294967296"]),
    "virtual_server/real_server/weight": (["1", "2147483647"], ["-1", "2147483648"]),
    # Negative and larger tables are taken without a word; nobody needs that.
    **{f"{place}/table": (["0", "4294967295"], [])
       for place in ("static_routes", "vrrp_instance/virtual_routes")},
    **{f"{place}/goto": (["1001", "4294967295"], ["1000", "4294967296"])
       for place in ("static_rules", "vrrp_instance/virtual_rules")},
    **{f"{place}/type": (["ipip", "gre"], ["gue"])
       for place in ("virtual_server/lvs_method", "virtual_server/sorry_server_lvs_method",
                     "virtual_server/real_server/lvs_method")},
}


def ends(row):
    """Words within the row's range, at its ends, and words beyond it; none where it has no range."""
    if row.name in SOUND:
        return SOUND[row.name]
    if row.type in ("enum", "oenum") or "," in row.range:
        return row.range.split(","), []
    if ".." not in row.range:
        return [], []
    low, high = row.range.split("..")
    if row.type in LENGTHS:
        return ["x" * int(low), "x" * int(high)], ["x" * (int(high) + 1)]
    if row.type == "extra_if":
        return [low, f"all {high}"], [str(int(high) + 1)]
    if row.type == "lvs_timeouts":
        return [f"tcp {low}", f"tcp {high}"], [f"tcp {int(high) + 1}"]
    step = STEPS.get(row.type)
    if step is None and row.type not in NUMBERS:
        return [], []
    number = Decimal if step else int
    step = step or 1
    return [low, high], [text(number(low) - step), text(number(high) + step)]
