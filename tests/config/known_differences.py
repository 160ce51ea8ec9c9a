"""Where this program and Debian's keepalived 2.2.7 differ on purpose: 2.4.3 is what is followed, and
some things are meant otherwise.

A difference is known when what only one of the two says is on these lists.
"""

import re

# What 2.2.7 diagnoses and 2.4.3 does not.
ONLY_2_2_7 = {
    "2.2.7 wants a device for routes that are tracked": r"cannot track route .* with no interface",
    "2.2.7 takes whole seconds only for scripts": r"vrrp script (interval|timeout) '[\d.]+' ",
    "2.2.7 takes shorter delays only in garp_group": r"garp_group (garp|gna)_interval '.*' invalid",
    "2.2.7 refuses every payload of UDP_CHECK": r"Invalid hex string for UDP_CHECK payload",
    "2.2.7 has settings of a host apart from its checker's":
        r"does not match address family of connect_ip",
}
# What 2.4.3 diagnoses and 2.2.7 does not.
ONLY_2_4_3 = {
    "2.2.7 does not notice an address that is there twice": r"duplicates? a|[Dd]uplicate address",
    "2.2.7 does not notice a peer that is there twice": r"duplicate unicast_peer",
    "2.2.7 takes an empty name of nftables": r"nftables.* (chain|table) name empty",
    "2.2.7 ignores the argument of vrrp_strict and its like":
        r"global vrrp_(strict|check_adv_addr|skip_check_adv_addr)",
    "2.2.7 does not notice a second name": r"Duplicate .*(virtualhost|snmp_name|path|regex|helo_name)",
    "2.2.7 takes an empty time of a route": r"(rtt|rttvar|rto_min) value \d+ below minimum",
    "2.2.7 does not check the directory of a track_file": r"[Uu]nable to (watch|monitor|find).*track",
    "2.2.7 does not count the words of a regex": r"regex.*(parameter|word|argument)",
    "2.2.7 does not want a group in a track_group": r"track_group .*(no|without|empty)",
    "2.2.7 takes words after the sender of mail": r"notification_email_from",
}
NUMBERS = re.compile(r"(invalid|negative) number|^\S* ?.*number '.*' outside range")


def only(lines, others):
    """The lines of one output that the other does not have, in order."""
    others = set(others.splitlines())
    return [line for line in lines.splitlines() if line.strip() and line not in others]


def explained(lines, reasons):
    """The reason of each line that has one, and the lines without."""
    found = []
    rest = []
    for line in lines:
        reason = next((name for name, text in reasons.items() if re.search(text, line)), None)
        if reason:
            found.append(reason)
        elif not NUMBERS.search(line):
            rest.append(line)
    return found, rest


def of_older(their_output, our_output):
    """What is known of 2.2.7: all it alone says, or something it does not say."""
    found, rest = explained(only(their_output, our_output), ONLY_2_2_7)
    if found and not rest:
        return found[0]
    found, _ = explained(only(our_output, their_output), ONLY_2_4_3)
    return found[0] if found and not rest else None


def known_difference(version, theirs, their_output, our_output):
    """The reason why statuses differ, or None."""
    if theirs < 0:
        return "the original dies of a signal, or never ends"
    if "Unable to set default user keepalived_script" in our_output and \
            "Unable to set default user keepalived_script" not in their_output:
        return "enable_script_security may stand after what it concerns"
    return of_older(their_output, our_output) if version == "2.2.7" else None
