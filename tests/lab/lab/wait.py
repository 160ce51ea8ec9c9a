"""Bounded waiting, and the one exception a lab test fails with."""

import time


class Failure(AssertionError):
    """A test's expectation that was not met, in words for the reader of the log."""


def check(condition, message):
    """Fails the test with `message` unless `condition` holds."""
    if not condition:
        raise Failure(message)


def equal(actual, expected, what):
    """Fails the test unless both are equal, showing both."""
    if actual != expected:
        raise Failure(f"{what}:\n  expected {expected!r}\n  actual   {actual!r}")


def eventually(condition, seconds, what, every=0.02):
    """Polls `condition` until it returns something true, which is returned.

    `what` says what was awaited; a callable is called at the end to say what was seen instead.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            raise Failure(f"not within {seconds} s: {text}")
        time.sleep(every)


def always(condition, seconds, what, every=0.02):
    """Polls `condition` for `seconds` and fails as soon as it does not hold."""
    started = time.monotonic()
    while time.monotonic() < started + seconds:
        if not condition():
            text = what() if callable(what) else what
            raise Failure(f"no longer after {time.monotonic() - started:.2f} s: {text}")
        time.sleep(every)
