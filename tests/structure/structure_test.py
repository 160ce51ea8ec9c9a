#!/usr/bin/env python3
"""Who may include whom, how long a file may be, and that each library links with only what it may.

usage: structure_test.py [BUILD_DIRECTORY]; with one, the libraries built there are linked too.
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
CODE = ("daemon", "parser", "vrrp", "checkers", "ipvs")
LONGEST = 500  # lines; what a reader finishes in one sitting

BASE = "daemon/base"
# The parts of base a core may not see: turns, log lines and descriptors are input and output.
IMPURE_BASE = {"daemon/base/loop.hpp", "daemon/base/log.hpp", "daemon/base/fd.hpp",
               "daemon/base/channel.hpp"}
ALONE = ("daemon/netlink", "daemon/run", "daemon/report", "ipvs", "parser")  # see only base
ROLES = ("vrrp", "checkers", "daemon/bfd")
GLOBAL = "daemon/global"
TOP = ("daemon", "daemon/understudy")
VALUES = {"config", "action", "dialogue", "event", "duty", "few", "probe_outcome", "shared", "restore_limit", "standing", "timing"}  # headers of cores that have no source file
PURE, WORDS, ACTIVE = "a core", "a keyword or verify file", "an active file"

# library: the libraries it may use besides base, and the system's libraries all may need
LINKS = {
    "daemon/netlink/libnetlink.a": ([], ["nl-3"]),
    "daemon/run/librun.a": ([], ["pthread"]),
    "ipvs/libipvs.a": ([], ["nl-3", "nl-genl-3", "kmod", "pthread"]),
    "parser/libparser.a": ([], ["pcre2-8"]),
    "vrrp/libvrrp_core.a": ([], ["crypto"]),
    "checkers/libcheckers_core.a": ([], ["pcre2-8"]),
    "daemon/global/libglobal.a": (["parser/libparser.a"], ["pcre2-8"]),
    "daemon/bfd/libbfd_config.a": (
        ["daemon/global/libglobal.a", "parser/libparser.a"], ["pcre2-8"]),
    "vrrp/libvrrp_config.a": (
        ["vrrp/libvrrp_rows.a", "vrrp/libvrrp_core.a", "daemon/global/libglobal.a",
         "parser/libparser.a"],
        ["pcre2-8", "crypto"]),
    "checkers/libcheckers_config.a": (
        ["checkers/libcheckers_rows.a", "checkers/libcheckers_core.a", "daemon/global/libglobal.a",
         "parser/libparser.a"],
        ["pcre2-8", "crypto"]),
    "checkers/libcheckers_probes.a": (["checkers/libcheckers_core.a"],
                                      ["nghttp2", "ssl", "crypto", "pcre2-8"]),
    "vrrp/libvrrp.a": (
        ["vrrp/libvrrp_core.a", "daemon/netlink/libnetlink.a", "daemon/run/librun.a",
         "ipvs/libipvs.a"],
        ["nl-3", "nl-genl-3", "kmod", "crypto", "pthread"]),
    "checkers/libcheckers.a": (
        ["checkers/libcheckers_core.a", "checkers/libcheckers_probes.a", "ipvs/libipvs.a",
         "daemon/netlink/libnetlink.a", "daemon/run/librun.a"],
        ["nl-3", "nl-genl-3", "kmod", "nghttp2", "ssl", "crypto", "pcre2-8", "pthread"]),
}


def sources(folders, endings):
    """Every file below the folders with one of the endings, as paths from the root."""
    for folder in folders:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(where, name), ROOT)


def read(path):
    """A source file's text."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


def folder_of(path):
    """The folder a rule speaks of."""
    return os.path.dirname(path)


def listed(folder, name):
    """The stems in a source list of a folder's meson.build."""
    path = os.path.join(ROOT, folder, "meson.build")
    if not os.path.exists(path):
        return set()
    found = re.search(name + r"\s*=\s*files\((.*?)\)", read(path), re.DOTALL)
    return {os.path.splitext(one)[0] for one in re.findall(r"'([^']+)'", found.group(1))} if found else set()


def kind(path):
    """What a file of vrrp, checkers or bfd is: the meson.build of its folder says it."""
    folder = folder_of(path)
    stem = os.path.splitext(os.path.basename(path))[0]
    role = os.path.basename(folder)
    if stem in listed(folder, f"sources_{role}_core"):
        return PURE
    words = listed(folder, f"sources_{role}_config") | listed(folder, f"sources_{role}_rows")
    words |= {"keywords", "draft", "demand_rows"}
    if stem in words or stem.startswith("verify"):
        return WORDS
    return PURE if stem in VALUES or stem.endswith("_config") else ACTIVE


def forbidden(path, included):
    """Why `path` may not include `included`, or None."""
    here, there = folder_of(path), folder_of(included)
    if here in TOP:
        return None
    if there in TOP:
        return "nothing includes the top of daemon/"
    if there == BASE:
        if here in ROLES and kind(path) == PURE and included in IMPURE_BASE:
            return "a core sees no loop, log or descriptor"
        return None
    if here == BASE:
        return "base sees only itself"
    if here in ("daemon/run", "ipvs") and included == "daemon/global/config.hpp":
        return None  # who gets mail, which pipes there are, lvs_sync_daemon: values, no parser
    if here in ALONE:
        return None if here == there else f"{here} sees only base"
    if here == GLOBAL:
        return None if there in (GLOBAL, "parser") else f"{here} sees only base and parser"
    if there in ROLES and there != here:
        return "vrrp, checkers and bfd never see each other"
    return _forbidden_in_role(path, included, here, there)


def _forbidden_in_role(path, included, here, there):
    own = kind(path)
    if there == here:
        if own == PURE and kind(included) != PURE:
            return f"a core sees only cores, {included} is {kind(included)}"
        return None
    if own == PURE:
        return "a core sees only its folder and base"
    if there == GLOBAL:
        if own == WORDS or included == "daemon/global/config.hpp":
            return None
        return "only keyword and verify files see daemon/global"
    if there == "parser":
        return None if own == WORDS else "only keyword and verify files see the parser"
    return None if own == ACTIVE else f"{own} sees no {there}"


def include_case():
    """Breaches of "who may include whom"."""
    for path in sources(CODE, (".hpp", ".cpp")):
        for included in re.findall(r'^#include "([^"]+)"', read(path), re.MULTILINE):
            if not os.path.exists(os.path.join(ROOT, included)):
                yield f"{path}: {included} is not a path from the root"
                continue
            why = forbidden(path, included)
            if why:
                yield f"{path} includes {included}: {why}"


def length_case():
    """Files that are longer than one sitting."""
    for path in sources(CODE + ("tests",), (".hpp", ".cpp", ".py")):
        count = read(path).count("\n")
        if count > LONGEST:
            yield f"{path} has {count} lines, at most {LONGEST}"


def guard_case():
    """Headers without #pragma once."""
    for path in sources(CODE + ("tests",), (".hpp",)):
        if "#pragma once" not in read(path):
            yield f"{path} has no #pragma once"


def link_case(build, library, uses, system):
    """What a library needs beyond what it may use."""
    path = os.path.join(build, library)
    if not os.path.exists(path):
        yield f"{library} is not built in {build}"
        return
    words = ["g++", "-shared", "-Wl,--no-undefined", "-Wl,--whole-archive", path]
    words += ["-Wl,--no-whole-archive", "-Wl,--start-group"]
    words += [os.path.join(build, one) for one in uses] + ["-Wl,--end-group"]
    words += [os.path.join(build, "libbase.a"), "-lfmt"] + ["-l" + one for one in system]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(words + ["-o", os.path.join(folder, "linked.so")],
                              capture_output=True, text=True, check=False)
    if done.returncode:
        needed = sorted(set(re.findall(r"undefined reference to `([^']+)'", done.stderr)))
        yield f"{library} needs what it may not use: {needed or done.stderr[-500:]}"


def main():
    """Runs every case, prints its result and the sum."""
    cases = [("includes", include_case()), ("file length", length_case()), ("guards", guard_case())]
    if len(sys.argv) > 1:
        build = os.path.realpath(sys.argv[1])
        cases += [(f"links {library}", link_case(build, library, *rest))
                  for library, rest in LINKS.items()]
    failed = 0
    for name, problems in cases:
        problems = list(problems)
        print(f"{'not ok' if problems else 'ok'} {name}")
        for problem in problems:
            print(f"#   {problem}")
        failed += bool(problems)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
