# SPDX-License-Identifier: GPL-2.0
"""svma run on the running kernel: checks, variables, statuses, output."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tapout import ROOT, SVMA, on_host, svma

ANON = "MAP_PRIVATE|MAP_ANONYMOUS"
RW = "PROT_READ|PROT_WRITE"

# Script, status, standard error. Each has one thing wrong.
WRONG = [
    ("a stated 0 for an errno", "munmap(1, 4096) = 0\n", 1,
     "(standard input):1: expected 0, got -1 EINVAL (Invalid argument)\n"),
    ("a stated errno for a result", "munmap(0x10000000, 4096) = -1 EINVAL\n", 1,
     "(standard input):1: expected -1 EINVAL, got 0\n"),
    ("another errno", "munmap(1, 4096) = -1 ENOMEM\n", 1,
     "(standard input):1: expected -1 ENOMEM, got -1 EINVAL (Invalid argument)\n"),
    ("another address",
     f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10001000\n", 1,
     "(standard input):1: expected 0x10001000, got 0x10000000\n"),
    ("another value of a variable",
     f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = $a\nbrk(0) = $a\n", 1, None),
    ("other bytes",
     f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     'store(0x10000000, "abc") = 3\nload(0x10000000, 3) = "abd"\n', 1,
     '(standard input):3: expected "abd", got "abc"\n'),
    ("fewer bytes",
     f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     'load(0x10000000, 3) = "\\0\\0"\n', 1,
     '(standard input):2: expected "\\x00\\x00", got "\\x00\\x00\\x00"\n'),
    ("a signal for bytes", 'load(0x10000000, 3) = "abd"\n', 1,
     '(standard input):1: expected "abd", got SIGSEGV\n'),
    ("bytes for a signal",
     f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     "load(0x10000000, 1) = SIGSEGV\n", 1,
     '(standard input):2: expected SIGSEGV, got "\\x00"\n'),
    ("another signal", "store(0x10000000, \"x\") = SIGBUS\n", 1,
     "(standard input):1: expected SIGBUS, got SIGSEGV\n"),
    ("another vector",
     f"mmap(0x10000000, 8192, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     'store(0x10000000, "abc") = 3\nmincore(0x10000000, 8192, [1, 1]) = 0\n', 1,
     "(standard input):3: expected [1, 1], got [1, 0]\n"),
    ("another start of a vector",
     f"mmap(0x10000000, 8192, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     "mincore(0x10000000, 8192, [1, ...]) = 0\n", 1,
     "(standard input):2: expected [1, ...], got [0, 0]\n"),
    ("a shorter vector",
     f"mmap(0x10000000, 8192, {RW}, {ANON}, -1, 0) = 0x10000000\n"
     "mincore(0x10000000, 8192, [0]) = 0\n", 1,
     "(standard input):2: expected [0], got [0, 0]\n"),
    ("a vector for an errno", "mincore(0x10000000, 4096, [0])\n", 1,
     "(standard input):1: expected [0], got -1 ENOMEM (Cannot allocate memory)\n"),
    ("a variable bound to an errno", "mmap(NULL, 0, 0, MAP_PRIVATE, -1, 0) = $a\n", 1,
     "(standard input):1: expected a value for $a, got -1 EBADF (Bad file descriptor)\n"),
    ("a load of too many bytes", "load(0x10000000, 4097)\n", 2,
     "(standard input):1: load is of at most 4096 bytes\n"),
    ("a store of too many bytes", f'store(0x10000000, "{"x" * 4097}")\n', 2,
     "(standard input):1: store is of at most 4096 bytes\n"),
    ("a call that the kernel does not have", 'transfer(0x1000, "a", 0x1000, 1)\n', 3,
     "(standard input):1: cannot do transfer on host: Operation not supported\n"),
    ("one with a number", "copy(1, 0x1000, 0x1000, 4096)\n", 3,
     "(standard input):1: cannot do copy on host: Operation not supported\n"),
    ("a file that is not there",
     "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</nowhere>, 0) = 0\n", 3,
     '(standard input):1: cannot open "/nowhere" on host: No such file or directory\n'),
]

# Arguments, status, and what standard error holds.
USAGE = [
    (["run", "--on", "nowhere"], 2,
     'svma run: "nowhere" for --on is neither shadow nor host nor both'),
    (["run", "--frob"], 2, "svma run: unrecognized option '--frob'"),
    (["run", "a", "b"], 2, 'svma run: one script at a time: "b" is too many'),
    (["run", "/nowhere/at/all"], 2,
     'svma run: cannot open "/nowhere/at/all": No such file or directory'),
    (["run", "--kernel", "six"], 2, 'svma run: "six" for --kernel is not a version like 6.12'),
    (["run", "--needs", "6.1.2.3"], 2, 'svma run: "6.1.2.3" for --needs is not a version like 6.12'),
    (["run", "--profile", "x"], 2, 'svma run: "x" for --profile is neither host nor classic'),
    (["run", "--set", "ram"], 2, 'svma run: cannot set "ram": it has no "="'),
    (["run", "--set", "bogus=1"], 2,
     'svma run: cannot set "bogus=1": neither a space nor a machine has such a value'),
    (["run", "--set", "committed=1"], 2,
     'svma run: cannot set "committed=1": this value can only be read'),
    (["run", "--set", "ram=x"], 2,
     'svma run: cannot set "ram=x": what follows "=" is not a number'),
    (["run", "--on", "host", "/"], 3, 'svma run: cannot read "/": Is a directory'),
    (["run", "--on", "host", "--set", "ram=1"], 2, 'svma run: "ram" cannot be set on the host'),
    (["run", "--json", "--maps"], 2, "svma run: --json and --maps do not go together"),
    (["run", "--on", "both", "--kernel", "6.1"], 2,
     "svma run: the running kernel follows neither --kernel nor --profile"),
    (["run", "--on", "host", "--kernel", "6.1"], 2,
     "svma run: the running kernel follows neither --kernel nor --profile"),
    (["run", "--on", "host", "--profile", "classic"], 2,
     "svma run: the running kernel follows neither --kernel nor --profile"),
    (["run", "--flags"], 2, "svma run: --flags compares two sides: it goes with --on both"),
    (["run", "--on", "host", "--flags"], 2,
     "svma run: --flags compares two sides: it goes with --on both"),
    (["maps", "--flags"], 2, "svma maps: --flags compares two sides: it goes with --on both"),
    (["run", "--randomize"], 2,
     "svma run: --randomize goes with --on host and --on both alone"),
    (["fuzz", "--failures", "0"], 2, "svma fuzz: 0 for --failures: at least 1 is needed"),
    (["fuzz", "--sequences", "0"], 2, "svma fuzz: 0 for --sequences: at least 1 is needed"),
    (["fuzz", "--calls", "0"], 2, "svma fuzz: 0 for --calls: at least 1 is needed"),
    (["fuzz", "--time", "0"], 2, "svma fuzz: 0 for --time: at least 1 is needed"),
    (["fuzz", "--save", "/nowhere"], 3,
     'svma fuzz: cannot write to "/nowhere": No such file or directory'),
    (["fuzz", "--save", "/dev/null"], 3, 'svma fuzz: cannot write to "/dev/null": Not a directory'),
    (["run", "--on", "host", "--explain"], 2,
     "svma run: --explain is of a space, which --on host does not have"),
    (["maps", "--explain"], 2, 'svma maps: --explain goes with "svma run" alone'),
    (["rmap"], 2, "svma rmap: no script is given"),
    (["rmap", "a"], 2, 'svma rmap: no file is given behind the script "a"'),
    (["rmap", "a", "b", "0", "c"], 2, 'svma rmap: "c" is too many: script, file, range are all'),
    (["rmap", "-", "/nowhere"], 2, 'svma rmap: cannot open "/nowhere": No such file or directory'),
    (["rmap", "-", "/etc"], 2, 'svma rmap: "/etc" is a directory: no region maps it'),
    (["run", "--profile=classic", "--kernel", "6.1"], 2,
     "svma run: --kernel and --profile=classic do not go together"),
    (["maps", "--kernel", "6.1", "--profile=classic"], 2,
     "svma maps: --kernel and --profile=classic do not go together"),
    (["rmap", "/nowhere/at/all", "/etc/passwd"], 2,
     'svma rmap: cannot open "/nowhere/at/all": No such file or directory'),
    (["rmap", "-", "/etc/passwd", "x"], 2, 'svma rmap: "x": OFFSET is not a number'),
    (["rmap", "-", "/etc/passwd", "4096:"], 2,
     'svma rmap: "4096:": LENGTH is not a number above 0'),
    (["rmap", "-", "/etc/passwd", "4096:0"], 2,
     'svma rmap: "4096:0": LENGTH is not a number above 0'),
    (["rmap", "--on", "both", "-", "/etc/passwd"], 2, "svma rmap: unrecognized option '--on'"),
    (["pages"], 2, "svma pages: no script is given"),
    (["pages", "a", "1"], 2, 'svma pages: "1" is no range START-END'),
    (["pages", "a", "2-1"], 2, 'svma pages: "2-1" is no range START-END'),
    (["pages", "a", "x-1"], 2, 'svma pages: "x-1" is no range START-END'),
    (["pages", "a", "1-2", "b"], 2, 'svma pages: "b" is too many: script and range are all'),
    (["smaps"], 2, "svma smaps: no script is given"),
    (["smaps", "a", "b"], 2, 'svma smaps: "b" is too many: one script is all'),
    (["import"], 2, "svma import: no process is given"),
    (["import", "x"], 2, 'svma import: "x" is not the number of a process'),
    (["import", "0"], 2, 'svma import: "0" is not the number of a process'),
    (["import", "1", "a", "b"], 2, 'svma import: "b" is too many: process and script are all'),
    (["import", "--log", "1", "a"], 2,
     "svma import: a log has layouts of its own: --log does not go here"),
    (["record"], 2, "svma record: no program given"),
    (["record", "-o", "/nowhere/at/all", "--", "true"], 3,
     "svma record: cannot write /nowhere/at/all: No such file or directory"),
    (["record", "-o", "/dev/null", "--", "/nowhere/at/all"], 3,
     "svma record: cannot run /nowhere/at/all: No such file or directory"),
    (["info", "x"], 2, 'svma info: no argument is taken: "x" is too many'),
    (["maps", "--frob"], 2, "svma maps: unrecognized option '--frob'"),
    (["frob"], 2, 'svma: command "frob" is unknown; "svma --help" lists all'),
    (["--frob"], 2, 'svma: option "--frob" is unknown; "svma --help" lists all'),
    ([], 2, 'svma: no command given; "svma --help" lists them'),
]


def write(folder, name, text):
    path = Path(folder) / name
    path.write_text(text)
    return str(path)


def test_wrong(tap):
    for name, script, status, err in WRONG:
        ran = on_host(script)
        good = ran.status == status and (ran.err == err if err else ran.err)
        tap.point(good, f"tells {name}", f"status {ran.status}", ran.err)

    script = "munmap(1, 4096) = 0\nmunmap(2, 4096) = 0\nmunmap(0x10000000, 4096) = 0\n"
    tap.equal("ends at the first wrong line", on_host(script).err.count("\n"), 1)
    ran = on_host(script, "--keep-going")
    tap.equal("--keep-going goes on", (ran.status, ran.err.count("\n"), len(ran.calls())),
              (1, 2, 3))
    tap.point("# 3 lines, 3 calls, 3 results checked, 2 wrong, 0 differences" in ran.out,
              "counts what it did", ran.out)


def test_usage(tap):
    for args, status, err in USAGE:
        ran = svma(*args)
        tap.point(ran.status == status and ran.err.startswith(err + "\n"),
                  f"says what is wrong: svma {' '.join(args)}", f"status {ran.status}", ran.err)
    if os.path.exists("/dev/svma"):
        tap.skip("says that there is no module", "there is one")
        return
    for args in (["run"], ["run", "--explain"], ["run", "--on", "both"], ["info"], ["maps"], ["import", "1"],
                 ["rmap", "-", "/etc/passwd"], ["pages", "-"], ["smaps", "-"]):
        ran = svma(*args)
        tap.equal(f"says that there is no module: svma {' '.join(args)}", (ran.status, ran.err),
                  (3, f"svma {args[0]}: cannot open /dev/svma: No such file or directory"
                      " (is the module svma loaded?)\n"))


def test_values(tap):
    """What a space refuses is named. On the region core alone, which needs no module."""
    subprocess.run(["make", "-s", "-C", str(ROOT / "selftests/shadow/native")], check=True,
                   capture_output=True)
    core = str(ROOT / "build/native/svma-native")
    for args, err in (
            (["run", "--kernel=5.4"], "the rules of kernel 5.4 are not known: 6.1 is the oldest"),
            (["run", "--set", "low=0x10000", "--set", "direction=9"],
             "cannot set direction=9: Invalid argument"),
            (["run", "--set", "mmap_base=0x123"], "cannot set mmap_base=0x123: Invalid argument"),
            (["import", "4194303"], "no process 4194303")):
        done = subprocess.run([core, *args], input="", capture_output=True, text=True, timeout=60,
                              check=False)
        tap.equal(f"what is refused is named: svma {' '.join(args)}",
                  (done.returncode, done.stderr), (3, f"svma {args[0]}: {err}\n"))
    done = subprocess.run([core, "info", "--json"], capture_output=True, text=True, check=True)
    info = json.loads(done.stdout)
    tap.point(all(isinstance(value, int) for value in info["machine"].values())
              and info["module"]["page_size"] == 4096, "numbers of --json are numbers", info)


def test_header(tap):
    with tempfile.TemporaryDirectory() as folder:
        script = write(folder, "limit", f"#svma --set limit_as=64M\n"
                       f"mmap(NULL, 0x8000000, PROT_NONE, {ANON}, -1, 0) = -1 ENOMEM\n")
        ran = svma("run", "--on", "host", script)
        tap.equal("options in the first line count", (ran.status, ran.err), (0, ""))
        script = write(folder, "needs", "#svma --needs 99.0\nmunmap(1, 1) = 0\n")
        ran = svma("run", "--on", "host", script)
        tap.equal("a script for a newer kernel is skipped", (ran.status, ran.err),
                  (4, f"{script}: needs kernel 99.0 or newer\n"))
        script = write(folder, "bad", "#svma --frob\n")
        ran = svma("run", "--on", "host", script)
        tap.point(ran.status == 2 and ran.err.startswith(f"{script}:1: "),
                  "a wrong option in the first line is told", ran.status, ran.err)
        script = write(folder, "late", "\n#svma --needs 99.0\n")
        tap.equal("only the first line holds options", svma("run", "--on", "host", script).status, 0)


def make_files():
    """What the scripts map."""
    folder = Path("/tmp/svma-scripts")
    folder.mkdir(exist_ok=True)
    for name in ("pages.txt", "other.txt"):
        shutil.copy(ROOT / "selftests/scripts/pages.txt", folder / name)


def test_output(tap):
    make_files()
    for path in sorted((ROOT / "selftests/scripts").glob("**/*.svma")):
        header = path.read_text().splitlines()[0]
        if "--profile" in header:
            continue
        first = svma("run", "--on", "host", str(path))
        script = (header + "\n" if header.startswith("#svma") else "") + first.out
        again = on_host(script)
        tap.equal(f"its output is a script with the same output: {path.stem}",
                  (again.status, again.err, again.calls()), (0, "", first.calls()))

    ran = on_host("brk(0)\nmunmap(1, 1) = 0\ngetpid() = 2\n", "--json", "--keep-going")
    try:
        document = json.loads(ran.out)
    except json.JSONDecodeError as error:
        tap.point(False, "--json prints JSON", error, ran.out)
        return
    tap.point(True, "--json prints JSON")
    tap.equal("with the calls", [(call["line"], call["call"]) for call in document["calls"]],
              [(1, "brk(NULL)"), (2, "munmap(0x1, 1)")])
    tap.equal("with what is wrong", document["calls"][1]["problems"],
              ["expected 0, got -1 EINVAL (Invalid argument)"])
    tap.equal("with the summary", document["summary"],
              {"lines": 3, "calls": 2, "checked": 1, "wrong": 1, "differences": 0,
               "unsupported": {}, "unused": {"getpid": 1}, "other_processes": 0})


    failing = on_host(f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10000000\n"
                      "madvise(0x10000000, 4096, MADV_HWPOISON) = -1 EINVAL\n"
                      "madvise(0x10000000, 4096, MADV_SOFT_OFFLINE) = -1 EINVAL\n", "--json")
    summary = json.loads(failing.out)["summary"]
    tap.equal("memory that fails is asked of no machine",
              (failing.status, summary["calls"], summary["unused"]),
              (0, 1, {"madvise (MADV_HWPOISON)": 1, "madvise (MADV_SOFT_OFFLINE)": 1}))


def test_host(tap):
    """The child of the kernel's side has a layout that nothing but the script changes."""
    before = svma("maps", "--on", "host").out
    tap.equal("two runs have the same layout", svma("maps", "--on", "host").out, before)
    touch = "".join(f"load({addr}, 4096) = SIGSEGV\n" for addr in ("0x10000", "0x20000"))
    tap.equal("calls that change nothing change nothing",
              svma("maps", "--on", "host", script=touch + "munmap(0x10000, 4096) = 0\n").out, before)
    after = svma("maps", "--on", "host",
                 script=f"mmap(0x10000000, 8192, {RW}, {ANON}, -1, 0) = 0x10000000\n"
                 "munmap(0x10001000, 4096) = 0\n").out
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    tap.equal("maps prints the new region as the kernel does", new,
              ["10000000-10001000 rw-p 00000000 00:00 0 "])
    kernel = Path("/proc/self/maps").read_text().splitlines()
    shape = re.compile(r"[0-9a-f]{8,}-[0-9a-f]{8,} [-r][-w][-x][ps] [0-9a-f]{8,} \w\w+:\w\w+ \d+ ")
    columns = {line.index("[") for line in kernel if "[stack]" in line}
    tap.point(all(shape.match(line) for line in kernel + after.splitlines()) and
              columns == {line.index("[") for line in after.splitlines() if "[stack]" in line},
              "maps has the kernel's columns", after)
    ran = svma("maps", "--on", "host", "--randomize")
    tap.point(ran.status == 0 and ran.out != before, "--randomize places at random", ran.out)


def test_fork(tap):
    """fork() = 0 goes on in the child, any other result in the parent."""
    mapped = (f"mmap(0x10000000, 4096, {RW}, {ANON}, -1, 0) = 0x10000000\n"
              "madvise(0x10000000, 4096, MADV_WIPEONFORK) = 0\n"
              'store(0x10000000, "abc") = 3\n')
    for stated, result, kept in (("= 0", 0, r"\x00\x00\x00"), ("= 4711", 4711, "abc"),
                                 ("= $pid", 1, "abc"), ("", 1, "abc")):
        ran = on_host(f"{mapped}fork() {stated}\nload(0x10000000, 3)\n")
        tap.equal(f"fork() {stated}", (ran.status, ran.calls()[-2:]),
                  (0, [f"fork() = {result}", f'load(0x10000000, 3) = "{kept}"']))
    ran = on_host(mapped + "fork() = 0\n" * 3 + "fork() = 1\n" + "munmap(0x10000000, 4096) = 0\n")
    tap.equal("a child may fork too", (ran.status, ran.err), (0, ""))
    ran = on_host("fork() = 1\n" * 17)
    tap.equal("not without end", (ran.status, ran.err),
              (3, "(standard input):17: cannot do fork on host: Too many open files\n"))


def test_strace(tap):
    """A log of strace: every line is read, whatever its results are here."""
    if not shutil.which("strace"):
        tap.skip("reads a log of strace", "strace is not installed")
        return
    for options in (["-e", "trace=%memory"], ["-f", "-y", "-e", "trace=%memory,%process"],
                    ["-f", "-tt", "-T"], ["-f", "-y", "-X", "raw"], ["-v", "-s", "9999"]):
        with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
            subprocess.run(["strace", "-o", log.name, *options, "sh", "-c", "ls / | sort"],
                           check=True, capture_output=True)
            ran = svma("run", "--on", "host", "--keep-going", log.name)
            lines = len(log.read().splitlines())
            tap.point(ran.status in (0, 1) and f"# {lines} lines" in ran.out,
                      f"reads a log of strace {' '.join(options)}", ran.status, ran.err[-500:])


def test(tap):
    tap.point(os.access(SVMA, os.X_OK), f"{SVMA} is there")
    test_wrong(tap)
    test_usage(tap)
    test_values(tap)
    test_header(tap)
    test_output(tap)
    test_host(tap)
    test_fork(tap)
    test_strace(tap)
