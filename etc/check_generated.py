#!/usr/bin/env python3
"""The syntax file of vim and the completion of bash know every keyword and option.

    check_generated.py KEYWORDS SYNTAX COMPLETION KEEPALIVED GENHASH UNDERSTUDY
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile


def keywords(table):
    """Keyword: whether it stands inside lines of value blocks only."""
    options = {}
    with open(table, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["kind"] != "directive":
                option = "opt" in row["flags"].split()
                options[row["keyword"]] = options.get(row["keyword"], True) and option
    return options


def vim_groups(syntax, lines):
    """The syntax group vim gives the first word of each line."""
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "syntax"))
        shutil.copy(syntax, os.path.join(folder, "syntax", "keepalived.vim"))
        text = os.path.join(folder, "text")
        with open(text, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        groups = os.path.join(folder, "groups")
        script = os.path.join(folder, "script.vim")
        with open(script, "w", encoding="utf-8") as out:
            out.write(f"set nocompatible\nset runtimepath^={folder}\nsyntax on\nedit {text}\n"
                      "set filetype=keepalived\nsyntax sync fromstart\nlet found = []\n"
                      "for line in range(1, line('$'))\n"
                      "  let at = match(getline(line), '\\S') + 1\n"
                      "  call add(found, synIDattr(synID(line, at, 1), 'name'))\nendfor\n"
                      "call add(found, synIDattr(synID(line('$'), 1, 1), 'name'))\n"
                      f"call writefile(found, '{groups}')\nqall!\n")
        done = subprocess.run(["vim", "-es", "-u", "NONE", "-i", "NONE", "-S", script],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=60)
        if not os.path.exists(groups):
            return None, done.stdout + done.stderr
        with open(groups, encoding="utf-8") as lines_of:
            return lines_of.read().split("\n"), ""


def vim_case(syntax, table):
    """Keywords that vim shows as nothing, or as something else."""
    names = keywords(table)
    with open(syntax, encoding="utf-8") as text:
        listed = set(re.findall(r"\S+", text.read()))
    yield from (f"vim: no {name}" for name in names if name not in listed)
    if not shutil.which("vim") or not os.path.isdir("/usr/share/vim/vim90/syntax"):
        return
    wanted = {"include other.conf": "Include", "@node1 priority 5": "Id", "$NAME=value": "Definition",
              "~SEQ(A, 1, 3) $A": "Repeat", "# priority": "Comment", "! priority": "Comment",
              "nonsense here": "", '"priority"': "String"}
    front = [name for name, option in names.items() if not option]
    groups, said = vim_groups(syntax, front + list(wanted))
    if groups is None:
        yield f"vim: {said}"
        return
    for name, group in zip(front, groups):
        if group not in ("keepalivedBlock", "keepalivedKeyword", "keepalivedDeprecated"):
            yield f"vim shows {name} as '{group}'"
    for (line, group), found in zip(wanted.items(), groups[len(front):]):
        if found != (group and "keepalived" + group):
            yield f"vim shows '{line}' as '{found}'"


def complete(completion, *words):
    """What bash offers for the last word."""
    function = "_" + words[0]
    script = (f'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); {function}; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, completion, *words], capture_output=True,
                          text=True, check=False, timeout=30)
    if done.stderr:
        return {done.stderr}
    return set(done.stdout.split("\n")) - {""}


def options_of(*command):
    """The options its --help names, long and short."""
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"(?<![\w'-])--?[a-zA-Z][\w-]*", done.stdout + done.stderr))


def bash_case(completion, table, keepalived, genhash, understudy):
    """Options and keywords that are not offered, and wrong offers."""
    programs = {"keepalived": [keepalived], "genhash": [genhash]}
    subcommands = complete(completion, "understudy", "") - {"--help", "--version"}
    if len(subcommands) < 2:
        yield f"bash: subcommands {subcommands}"
    for name, program in programs.items():
        offered = {word.rstrip("=") for word in complete(completion, name, "")}
        wanted = {one for one in options_of(*program) if len(one) == 2 or one.startswith("--")}
        if offered != wanted:
            yield f"bash: {name} {sorted(offered ^ wanted)}"
    for name in subcommands:
        offered = {word.rstrip("=") for word in complete(completion, "understudy", name, "-")}
        wanted = options_of(understudy, name)
        if offered != wanted:
            yield f"bash: understudy {name} {sorted(offered ^ wanted)}"
    offered = complete(completion, "understudy", "explain", "")
    yield from (f"bash: no keyword {name}" for name in keywords(table) if name not in offered)
    expected = {("keepalived", "--config-t"): {"--config-test"}, ("keepalived", "-f", ""): set(),
                ("keepalived", "--signum", "=", "ST"): {"STOP", "STATS", "STATS_CLEAR"},
                ("genhash", "--serv"): {"--server="}, ("genhash", "-P", "1.1"): {"1.1"},
                ("understudy", "conf"): {"config"},
                ("understudy", "config", "--format", "=", ""): {"conf", "json"},
                ("understudy", "explain", "virtual_serv"): {"virtual_server",
                                                            "virtual_server_group"}}
    for words, wanted in expected.items():
        offered = complete(completion, *words)
        if offered != wanted:
            yield f"bash: {' '.join(words)} gives {sorted(offered)}"


def main():
    """Prints what is wrong."""
    table, syntax, completion, *programs = sys.argv[1:]
    failures = [*vim_case(syntax, table), *bash_case(completion, table, *programs)]
    print("\n".join(failures) or "every keyword and option is there")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
