#!/usr/bin/env python3
"""The parts of tests/all: format, build, suites, sanitized suites, fuzzing, the lab.

usage: tests/all [PART...]; without parts, all of them but `tidy` in order. Prints a line as each part begins
and ends, the end of the log of a part that failed, and at last "N passed, N failed".
"""

import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build")
INSTRUMENTED = os.path.join(ROOT, "build-instrumented")
LOGS = os.path.join(BUILD, "logs")
CODE = ("daemon", "parser", "vrrp", "checkers", "ipvs", "tests", "man")
FUZZ_SECONDS = 20

SUMS = (  # how a suite says how much it did: (pattern, what the groups mean)
    (r"^(\d+) passed, (\d+) failed$", ("passed", "failed")),
    (r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", ("passed",)),
    (r"^test cases:\s*(\d+) \|(?:\s*(\d+) passed \|)?\s*(\d+) failed", ("all", "passed", "failed")),
)


class Sum:
    """How many tests passed and failed, and when the whole began."""

    def __init__(self):
        self.passed = self.failed = 0
        self._began = time.monotonic()

    def say(self, text):
        """A line of progress with the minutes and seconds since the beginning."""
        seconds = int(time.monotonic() - self._began)
        print(f"[{seconds // 60:2}:{seconds % 60:02}] {text}", flush=True)

    def add(self, name, passed, failed, log):
        """The result of a part; the end of the log is shown when something failed."""
        self.passed += passed
        self.failed += failed
        self.say(f"{name}: {passed} passed, {failed} failed")
        if failed:
            with open(log, encoding="utf-8", errors="replace") as text:
                lines = text.read().splitlines()
            told = [line for line in lines if re.match(r"not ok|# Failure|.*: FAILED", line)]
            for line in told[-30:] + ["…"] + lines[-40:]:
                print("        | " + line[:220])
            print(f"        (all of it: {os.path.relpath(log, ROOT)})", flush=True)


def log_of(name):
    """The log file of a part."""
    return os.path.join(LOGS, re.sub(r"[^A-Za-z0-9_.-]+", "-", name) + ".log")


def end(process):
    """Ends a process with its group if it still runs: asked first, so that it ends its own too."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass


def run(name, command, seconds, directory=ROOT, environment=None):
    """Runs a command with its output in the part's log; returns its status, 124 when too slow."""
    with open(log_of(name), "ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            log.write(f"\nended after {seconds} s\n".encode())
            return 124
        finally:
            end(process)


def counts(name, status):
    """(passed, failed) of a suite, from its own words where it has any, else from its status."""
    with open(log_of(name), encoding="utf-8", errors="replace") as text:
        words = text.read()
    passed = failed = 0
    for pattern, meanings in SUMS:
        for match in re.findall(pattern, words, re.MULTILINE):
            found = dict(zip(meanings, (match,) if isinstance(match, str) else match))
            failed += int(found.get("failed") or 0)
            passed += int(found.get("passed") or 0)
    if passed + failed == 0:
        return (1, 0) if status == 0 else (0, 1)
    if status != 0 and failed == 0:
        failed = 1  # it died after or between its test cases
    return passed, failed


def suite(total, name, command, seconds, **more):
    """Runs one suite and adds its counts."""
    status = run(name, command, seconds, **more)
    total.add(name, *counts(name, status), log_of(name))


def sources():
    """Every C++ file of the project."""
    if shutil.which("git") and os.path.exists(os.path.join(ROOT, ".git")):
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"]
        command += [f"{folder}/*.{ending}" for folder in CODE for ending in ("hpp", "cpp")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [path for path in done.stdout.split() if os.path.exists(os.path.join(ROOT, path))]
    return [  # an unpacked archive
        os.path.join(where, one)
        for folder in CODE
        for where, _, names in os.walk(os.path.join(ROOT, folder))
        for one in names
        if one.endswith((".hpp", ".cpp"))
    ]


def part_format(total):
    """clang-format finds nothing to change."""
    status = run("format", ["clang-format", "--dry-run", "-Werror"] + sources(), 300)
    total.add("format", int(status == 0), int(status != 0), log_of("format"))


def configure(name, directory, options, environment):
    """Sets a build directory up, or again when it is there; returns whether that worked."""
    command = ["meson", "setup", directory] + options
    if os.path.exists(os.path.join(directory, "meson-private", "coredata.dat")):
        command.insert(2, "--reconfigure")
    return run(name, command, 300, environment=environment) == 0


def built(total, name, directory, options, targets=(), environment=None):
    """Configures and builds; counts as one test. Returns whether it worked."""
    worked = configure(name, directory, options, environment)
    if worked:
        wanted = list(targets() if callable(targets) else targets)
        worked = run(name, ["ninja", "-C", directory] + wanted, 2400) == 0
    total.add(name, int(worked), int(not worked), log_of(name))
    return worked


def introspect(directory):
    """The tests of a build directory, as Meson tells them."""
    done = subprocess.run(
        ["meson", "introspect", "--tests", directory], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def suites_of(test):
    """The suites of a test without the project's name before them."""
    return {suite.rpartition(":")[2] for suite in test["suite"]}


def run_tests(total, prefix, build, tests, environment=None, slower=1):
    """Runs Meson's tests two at a time, those that must be alone after the others."""

    def one(test):
        name = f"{prefix}{'-'.join(sorted(suites_of(test)))}: {test['name']}"
        more = {**test.get("env", {}), **(environment or {})}
        directory = test.get("workdir") or build  # as meson test does
        status = run(name, test["cmd"], test["timeout"] * slower, directory, more)
        return name, counts(name, status)

    parallel = [test for test in tests if test.get("is_parallel", True)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, result in pool.map(one, parallel):
            total.add(name, *result, log_of(name))
    for test in tests:
        if test not in parallel:
            name, result = one(test)
            total.add(name, *result, log_of(name))


def part_build(total):
    """The daemon and all tests, as a user builds them but for debugging information."""
    built(total, "build", BUILD, ["-Ddebug=false", "-Dcpp_args=-g1"])


def part_suites(total):
    """Every test Meson knows of."""
    run_tests(total, "", BUILD, introspect(BUILD))


INSTRUMENTED_SUITES = {"unit", "simulation", "conformance", "fuzz"}


def instrumented(total):
    """Builds what runs under ASan, UBSan and libFuzzer: all of it at once, by the other compiler.

    Returns whether it is there. Line tables are enough for a stack trace, and several files at a time
    are built in half the time. Warnings are the plain build's.
    """

    def targets():
        tests = [one for one in introspect(INSTRUMENTED) if INSTRUMENTED_SUITES & suites_of(one)]
        programs = {os.path.relpath(one["cmd"][0], INSTRUMENTED) for one in tests}
        return sorted(program for program in programs if not program.startswith(".."))

    if instrumented.worked is None:
        flags = ["-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=all", "-g1"]
        options = [f"-Dcpp_args={flags}", "-Dcpp_link_args=-fsanitize=address,undefined"]
        options += ["-Doptimization=1", "-Ddebug=false", "-Db_lundef=false", "-Dwerror=false"]
        options += ["-Dunity=on", "-Dunity_size=12"]
        compiler = {"CXX": "clang++"}
        instrumented.worked = built(
            total, "instrumented-build", INSTRUMENTED, options, targets, compiler
        )
    return instrumented.worked


instrumented.worked = None


def part_sanitized(total):
    """The pure cores and the processes' parts again under ASan and UBSan."""
    if not instrumented(total):
        return
    strict = {
        "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "SANITIZED": "1",
    }
    suites = INSTRUMENTED_SUITES - {"fuzz"}
    chosen = [one for one in introspect(INSTRUMENTED) if suites & suites_of(one)]
    run_tests(total, "sanitized ", INSTRUMENTED, chosen, strict, slower=4)


def part_fuzz(total):
    """Each fuzz target briefly under libFuzzer with the sanitizers, from its kept corpus."""
    if not instrumented(total):
        return

    def one(test):
        name = f"fuzz {test['name']}"
        # What it finds interesting goes to a folder of its own, not into the kept corpus.
        found = tempfile.mkdtemp(prefix="found-", dir=INSTRUMENTED)
        command = [test["cmd"][0], f"-max_total_time={FUZZ_SECONDS}", "-print_final_stats=1"]
        command += [f"-artifact_prefix={LOGS}/{test['name']}-", found, test["cmd"][-1]]
        return name, counts(name, run(name, command, FUZZ_SECONDS + 120))

    chosen = [test for test in introspect(INSTRUMENTED) if "fuzz" in suites_of(test)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, result in pool.map(one, chosen):
            total.add(name, *result, log_of(name))


def part_lab(total):
    """Hosts made of namespaces in this kernel, then those in the kernel with IPVS."""
    lab = os.path.join(ROOT, "tests", "lab", "run")
    for name, option in (("lab", "--host"), ("lab with IPVS", "--ipvs")):
        results = os.path.join(LOGS, name.replace(" ", "-"))
        suite(total, name, [lab, option, "--results", results], 2400)


def part_tidy(total):
    """clang-tidy finds nothing; not among the parts by default, it takes a quarter of an hour."""
    if not configure("tidy", BUILD, [], None):
        return total.add("tidy", 0, 1, log_of("tidy"))
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as text:
        built = {os.path.realpath(os.path.join(one["directory"], one["file"])) for one in json.load(text)}

    def one(path):
        command = ["clang-tidy", "-p", BUILD, "--quiet", "--extra-arg=-Wno-unknown-warning-option", path]
        return run("tidy " + os.path.relpath(path, ROOT), command, 300)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, status in zip(sorted(built), pool.map(one, sorted(built))):
            name = "tidy " + os.path.relpath(path, ROOT)
            total.add(name, int(status == 0), int(status != 0), log_of(name))


PARTS = {
    "format": part_format,
    "build": part_build,
    "suites": part_suites,
    "sanitized": part_sanitized,
    "fuzz": part_fuzz,
    "lab": part_lab,
}
ON_REQUEST = {"tidy": part_tidy}


def main():
    """Runs the parts that were asked for; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started ends too
    wanted = sys.argv[1:] or list(PARTS)
    known = PARTS | ON_REQUEST
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"no such part: {' '.join(unknown)}; there are {' '.join(known)}")
    os.makedirs(LOGS, exist_ok=True)
    for name in os.listdir(LOGS):
        if name.endswith(".log"):
            os.unlink(os.path.join(LOGS, name))
    total = Sum()
    for name in wanted:
        total.say(f"{name} …")
        try:
            known[name](total)
        except Exception as error:  # pylint: disable=broad-except
            total.failed += 1
            total.say(f"{name} could not run: {type(error).__name__}: {error}")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
