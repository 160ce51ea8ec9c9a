"""Where this program and Debian's keepalived 2.2.7 differ on purpose: 2.4.3 is what is followed, and
some things are meant otherwise."""


def known_difference(version, theirs, their_output, ours, our_output):
    """The reason why statuses differ, or None."""
    if theirs < 0:
        return "the original dies of a signal"
    if version == "2.2.7" and "duplicates a" in our_output:
        return "2.2.7 does not notice that an address is there twice"
    if "Unable to set default user keepalived_script" in our_output and \
            "Unable to set default user keepalived_script" not in their_output:
        return "enable_script_security may stand after what it concerns"
    return None
