# SPDX-License-Identifier: GPL-2.0
"""Source, --help, man page and completion know the same commands and options."""

import re
import subprocess

from tapout import ROOT, svma

SOURCE = ROOT / "tools/svma"
# argp's own, not written down for each command.
COMMON = {"--help", "--usage"}


def commands_in_source():
    text = (SOURCE / "main.c").read_text()
    table = re.search(r"commands\[\] = \{(.*?)\n\};", text, re.S).group(1)
    return set(re.findall(r'\{ "(\w+)"', table))


def commands_in_help():
    return set(re.findall(r"^  (\w+) {2,}", svma("--help").out, re.M))


def options_in_help(command):
    """Options at the start of a line of the list, without their arguments."""
    text = svma(command, "--help").out
    return set(re.findall(r"^ {2,6}(?:-\S, )?(--[a-z-]+)", text, re.M))


def man_sections():
    """Text of the man page for each command."""
    text = (SOURCE / "man/svma.8.rst").read_text()
    parts = re.split(r"^svma (\w+)\n-+\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def options_in_man(section):
    return set(re.findall(r"^(?:-\S, )?(--[a-z-]+)", section, re.M))


def verbs_in_source():
    text = (SOURCE / "verbs.c").read_text()
    return set(re.findall(r'^\t(?:VERB|OWN)\(\w+\((?:\d+|"[^"]*")\), (\w+),', text, re.M))


def verbs_in_man():
    text = (SOURCE / "man/svma.8.rst").read_text()
    listed = re.search(r"^Verbs on both sides:.*?\n\n", text, re.M | re.S).group(0)
    return set(re.findall(r"\*\*(\w+)\*\*", listed)) | \
        set(re.findall(r"^\*\*(\w+)\(", text, re.M))


def compiles(text):
    """Does this compile in the place of verbs.c?"""
    done = subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-fsyntax-only",
                           f"-I{SOURCE}", f"-I{ROOT}/uapi", "-xc", "-"], input=text, text=True,
                          capture_output=True, check=False)
    return not done.returncode


def test_random_calls(tap, verbs):
    """What svma fuzz makes and what not, as one table has it."""
    made, never, barred = (part.split("\n", 1) for part in
                           svma("fuzz", "--list").out.strip("\n").split("\n\n"))
    told = [line.split()[0] for part in (made, never) for line in part[1].splitlines()]
    tap.equal("svma fuzz --list names each verb once", sorted(told), sorted(verbs))
    lines = [*never[1].splitlines(), *barred[1].splitlines()]
    tap.point(all(len(line.split()) > 1 for line in lines) and "(null)" not in str(lines),
              "and says why not", lines)
    page = (ROOT / "Documentation/testing.rst").read_text()
    block = "".join(f"    {line}\n" for line in barred[1].splitlines())
    tap.point(block in page, "testing.rst has the same", block)
    text = (SOURCE / "verbs.c").read_text()
    tap.point(compiles(text), "the table of verbs compiles")
    for row in ('TURNS(8), munmap', 'TURNS(9), load', 'NEVER("the kernel has none"), restore'):
        without = text.replace(row, row.rsplit(None, 1)[1])
        tap.point(without != text and not compiles(without),
                  f"but not if it does not say whether {row.rsplit(None, 1)[1]} is called")


def complete(*words):
    """What the completion offers for the last word."""
    script = (f"source {SOURCE}/completion/svma\nCOMP_WORDS=(svma \"$@\")\n"
              "COMP_CWORD=$#\ncompopt() { :; }\n_svma\nprintf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True,
                          check=True)
    return set(done.stdout.split())


def test(tap):
    commands = commands_in_source()
    sections = man_sections()
    tap.point(len(commands) >= 4, "the table of commands is found", commands)
    tap.equal("--help lists the commands of the table", commands_in_help(), commands)
    tap.equal("the man page describes them", set(sections), commands)
    tap.equal("the completion offers them",
              {word for word in complete("") if not word.startswith("-")}, commands)
    tap.equal("and the options without a command", complete("-"), {"--help", "--version"})
    verbs = verbs_in_source()
    tap.point(len(verbs) >= 20, "the table of verbs is found", verbs)
    tap.equal("the man page names them", verbs_in_man(), verbs)
    test_random_calls(tap, verbs)
    for word in ("--help", "-h"):
        tap.equal(f"svma {word} ends well", svma(word).status, 0)
    tap.equal("svma --version ends well", svma("--version").status, 0)

    for command in sorted(commands):
        ran = svma(command, "--help")
        tap.point(ran.status == 0 and ran.out.startswith(f"Usage: svma {command} ")
                  and "Exit status" in ran.out, f"svma {command} --help tells how to use it",
                  ran.status, ran.out, ran.err)
        options = options_in_help(command)
        wanted = options - COMMON
        section = sections.get(command, "")
        if "Options are those of **svma run**" in section:
            section = sections["run"]
        tap.equal(f"the man page has the options of svma {command}",
                  options_in_man(section) - COMMON, wanted)
        offered = {word.rstrip("=") for word in complete(command, "-")}
        tap.equal(f"the completion has the options of svma {command}", offered - COMMON, wanted)

    done = subprocess.run(["rst2man", "--halt=warning", str(SOURCE / "man/svma.8.rst")],
                          capture_output=True, text=True, check=False) if rst2man() else None
    if done is None:
        tap.skip("the man page is well formed", "rst2man is not installed")
    else:
        tap.point(done.returncode == 0 and ".TH" in done.stdout, "the man page is well formed",
                  done.stderr)


def rst2man():
    return subprocess.run(["sh", "-c", "command -v rst2man"], capture_output=True,
                          check=False).returncode == 0
