"""Running a config test."""

import subprocess

TIMEOUT = 30


def run(program, path):
    """Exit status and output of one config test; a signal is its negative number, and so is a test
    that does not end."""
    try:
        result = subprocess.run([program, "-t", "-l", "-f", path], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT,
                                check=False)
    except subprocess.TimeoutExpired:
        return -14, ""
    return result.returncode, result.stdout.decode("utf-8", "replace")
