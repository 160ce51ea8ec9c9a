"""Where this program and Debian's keepalived 2.2.7 differ on purpose, or because the original of
2.4.3 (which is followed) differs from it."""

import re


def known_difference(text, theirs, their_output, ours, our_output):
    """The reason why statuses differ, or None."""
    if theirs < 0:
        return "the original dies of a signal"
    return None
