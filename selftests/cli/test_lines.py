# SPDX-License-Identifier: GPL-2.0
"""The reader of strace's syntax: lines that are good, lines that are not, and what is said of them."""

import json

from tapout import on_host

ANON = "MAP_PRIVATE|MAP_ANONYMOUS"

# Line, and the call as it is printed again.
GOOD = [
    ("munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000,4096)=0", "munmap(0x10000000, 4096) = 0"),
    ("  munmap ( 0x10000000 , 0x1000 )  =  0  ", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000, 010000) = 0", "munmap(0x10000000, 4096) = 0"),
    ("munmap(268435456, 4096)", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000 /* here */, 4096) = 0 /* and gone */", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000, 4096)               = 0 <0.000012>", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000, 4096) = ?", "munmap(0x10000000, 4096) = 0"),
    ("munmap(0x10000000+0x1000-4096, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("[pid   123] munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("123   munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("12:34:56.789012 munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("123 1700000000.123456 munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("     0.000042 munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("123 12:34:56.789012 (+     0.000042) munmap(0x10000000, 4096) = 0",
     "munmap(0x10000000, 4096) = 0"),
    ("[00007f2a12345678] munmap(0x10000000, 4096) = 0", "munmap(0x10000000, 4096) = 0"),
    ("munmap(NULL, 0) = -1 EINVAL (Invalid argument)",
     "munmap(NULL, 0) = -1 EINVAL (Invalid argument)"),
    ("munmap(NULL, 0) = -1 EINVAL", "munmap(NULL, 0) = -1 EINVAL (Invalid argument)"),
    (f"mmap(0x10000000, 4096, PROT_READ|0x2, {ANON}|0x10, -1, 0) = 0x10000000",
     "mmap(0x10000000, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0)"
     " = 0x10000000"),
    ("mmap(0x10000000, 4096, 0, 0x22, -1, 0) = 0x10000000",
     f"mmap(0x10000000, 4096, PROT_NONE, {ANON}, -1, 0) = 0x10000000"),
    (f"mmap(0x10000000, 4096, PROT_READ, MAP_FILE|MAP_PRIVATE|MAP_ANON, -1, 0) = 0x10000000",
     f"mmap(0x10000000, 4096, PROT_READ, {ANON}, -1, 0) = 0x10000000"),
    (f"mmap(0x10000000, 4096, PROT_READ, {ANON}|0x40000000 /* MAP_??? */, -1, 0) = 0x10000000",
     f"mmap(0x10000000, 4096, PROT_READ, {ANON}|16<<MAP_HUGE_SHIFT, -1, 0) = 0x10000000"),
    (f"mmap(0x10000000, 4096, PROT_READ, {ANON}|21<<MAP_HUGE_SHIFT, -1, 0) = 0x10000000",
     f"mmap(0x10000000, 4096, PROT_READ, {ANON}|21<<MAP_HUGE_SHIFT, -1, 0) = 0x10000000"),
    (f"mmap(0x10000000, 4096, PROT_READ, {ANON}|MAP_HUGE_2MB, -1, 0) = 0x10000000",
     f"mmap(0x10000000, 4096, PROT_READ, {ANON}|21<<MAP_HUGE_SHIFT, -1, 0) = 0x10000000"),
    ("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) = -1 EBADF (Bad file descriptor)",
     "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) = -1 EBADF (Bad file descriptor)"),
    ("mmap(0x10000000, 4096, PROT_READ, MAP_PRIVATE, 7</etc/passwd>, 0) = 0x10000000",
     "mmap(0x10000000, 4096, PROT_READ, MAP_PRIVATE, 7</etc/passwd>, 0) = 0x10000000"),
    ("mprotect(0x10000000, 0, PROT_READ|PROT_WRITE|PROT_EXEC|PROT_GROWSDOWN) = 0",
     "mprotect(0x10000000, 0, PROT_READ|PROT_WRITE|PROT_EXEC|PROT_GROWSDOWN) = 0"),
    ("madvise(0x10000000, 0, MADV_DONTNEED) = 0", "madvise(0x10000000, 0, MADV_DONTNEED) = 0"),
    ("madvise(0x10000000, 0, 0x4) = 0", "madvise(0x10000000, 0, MADV_DONTNEED) = 0"),
    ("mremap(NULL, 0, 0, 0) = -1 EINVAL (Invalid argument)",
     "mremap(NULL, 0, 0, 0) = -1 EINVAL (Invalid argument)"),
    ("mremap(NULL, 0, 0, MREMAP_MAYMOVE|MREMAP_FIXED, 0x10000000) = -1 EINVAL (Invalid argument)",
     "mremap(NULL, 0, 0, MREMAP_MAYMOVE|MREMAP_FIXED, 0x10000000) = -1 EINVAL (Invalid argument)"),
    ("mlock2(0x10000000, 0, MLOCK_ONFAULT) = 0", "mlock2(0x10000000, 0, MLOCK_ONFAULT) = 0"),
    ("mlockall(MCL_CURRENT|0x80) = -1 EINVAL (Invalid argument)",
     "mlockall(MCL_CURRENT|0x80) = -1 EINVAL (Invalid argument)"),
    ("munlockall() = 0", "munlockall() = 0"),
    ("msync(0x10000000, 0, MS_SYNC) = 0", "msync(0x10000000, 0, MS_SYNC) = 0"),
    ("load(0x10000000, 1) = SIGSEGV", "load(0x10000000, 1) = SIGSEGV"),
    (r'store(0x10000000, "\n\x41\101\"\\") = SIGSEGV',
     r'store(0x10000000, "\x0aAA\"\\") = SIGSEGV'),
    ("# munmap(", None),
    ("", None),
    ("/* nothing */", None),
    ("+++ exited with 0 +++", None),
    ("--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---", None),
    ("strace: Process 12 attached", None),
    ("openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3", None),
    ("execve(\"/bin/true\", [\"a)\", \"b\"], 0x7ffc /* 20 vars */) = 0", None),
    ("syscall_0x1ff(0x7ffd1000, 2) = -1 ENOSYS (Function not implemented)", None),
    ("mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xf7fbe000", None),
    ("12 mumap(0x10000000, 4096) = 0", None),
    ("mincore(0x10000000, 4096, NULL) = -1 EFAULT (Bad address)", None),
    ("mincore(0x10000000, 0x1001000, ...) = 0", None),
    ("mincore(0x10000000, 0, []) = 0", "mincore(0x10000000, 0, []) = 0"),
    ("mincore(0x10000000,0, [ ] ) = 0", "mincore(0x10000000, 0, []) = 0"),
    ("mincore(0x10000000, 0, [...]) = 0", "mincore(0x10000000, 0, []) = 0"),
    ("mincore(0x10000000, 0, ...)", "mincore(0x10000000, 0, []) = 0"),
    ("mincore(0x10000000, 0, 0x7ffd1000)", "mincore(0x10000000, 0, []) = 0"),
    ("mincore(0x10000001, 4096, 0x7ffd1000) = -1 EINVAL (Invalid argument)",
     "mincore(0x10000001, 4096, ...) = -1 EINVAL (Invalid argument)"),
    ("mincore(0x10000000, 8192, [0, 1]) = -1 ENOMEM",
     "mincore(0x10000000, 8192, ...) = -1 ENOMEM (Cannot allocate memory)"),
    ("mincore(0x10000000, 0xffffffffffffffff, [0, ...]) = -1 ENOMEM",
     "mincore(0x10000000, 18446744073709551615, ...) = -1 ENOMEM (Cannot allocate memory)"),
]

# Line, column, and what is said.
BAD = [
    (f"mmap(NULL, 4096, PROT_READ, {ANON}, -1)", 58,
     'expected argument "offset" of mmap, got ")"'),
    (f"mmap(NULL, 4096, PROT_READ, {ANON}, -1, 0", 61,
     'expected "," or ")", got the end of the line'),
    (f"mmap(NULL, 4096, PROT_REED, {ANON}, -1, 0)", 18,
     'expected a PROT_ name or a number, got "PROT_REED"'),
    ("mmap(NULL, 4096, PROT_READ, PROT_READ, -1, 0)", 29,
     'expected a MAP_ name or a number, got "PROT_READ"'),
    (f"mmap(NULL, 4096, PROT_READ|, {ANON}, -1, 0)", 28,
     'expected a PROT_ name or a number, got ","'),
    (f"mmap(NULL 4096, PROT_READ, {ANON}, -1, 0)", 11, 'expected "," or ")", got "4096"'),
    ("mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</a/b, 0)", 43, 'path is not closed by ">"'),
    ("munmap(0x1000, 4096, 3)", 22, 'expected no more than 2 arguments of munmap, got "3"'),
    ("munlockall(1)", 12, 'expected ")", got "1"'),
    ("munmap(0x1000, 40x6)", 16, '"40x6" is not a number'),
    ("munmap(0x1000, 0x10000000000000000)", 16, "number does not fit in 64 bits"),
    ("munmap(0x1000, \"x\")", 16, "expected a number, got '\"'"),
    ("munmap(0x1000, 4096) =", 23, "expected a result, got the end of the line"),
    ("munmap(0x1000, 4096) 0", 22, 'expected "=" and a result, got "0"'),
    ("munmap(0x1000, 4096) = -1", 26,
     "expected the name of an errno, got the end of the line"),
    ("munmap(0x1000, 4096) = -1 EWHAT", 27, 'expected the name of an errno, got "EWHAT"'),
    ("munmap(0x1000, 4096) = 0 zero", 26, 'expected the end of the line, got "zero"'),
    ("munmap(0x1000, 4096) = 0 (oops", 26, 'remark is not closed by ")"'),
    ("munmap(0x1000, 4096) = SIGSEGV", 24, 'expected a result of munmap, got "SIGSEGV"'),
    ("munmap(0x1000, 4096) = \"a\"", 24, "expected a number as result of munmap, got '\"'"),
    ("munmap(0x1000, 4096) = ZERO", 24, 'expected a result, got "ZERO"'),
    ("munmap 0x1000", 8, 'expected "(", got "0x1000"'),
    ("munmap", 7, 'expected "(", got the end of the line'),
    ("(0x1000)", 1, 'expected the name of a call, got "("'),
    ("= 3", 1, 'expected the name of a call, got "="'),
    ("12munmap(0, 1)", 1, 'expected the name of a call, got "12munmap"'),
    ("12:13", 1, 'expected the name of a call, got "12"'),
    ("[pid 12 munmap(0x1000, 1)", 1, 'prefix is not closed by "]"'),
    ("load(0x1000, 4) = 7", 19,
     'expected a string, SIGSEGV or SIGBUS as result of load, got "7"'),
    ('transfer(0x1000, "a", 0x2000, 1) = 7', 36,
     'expected a string or an errno as result of transfer, got "7"'),
    ('transfer(0x1000, 4, 0x2000, 1)', 18, 'expected a string in quotes, got "4"'),
    ("copy(1, 0x1000, 0x2000)", 23, 'expected argument "len" of copy, got ")"'),
    ("load(0x1000, 4) = SIGFOO", 19, 'expected a result, SIGSEGV or SIGBUS, got "SIGFOO"'),
    ("load(0x1000, 4) = \"abc", 19, "string is not closed"),
    ("store(0x1000, abc)", 15, 'expected a string in quotes, got "abc"'),
    (r'store(0x1000, "a\q")', 17, "unknown escape in a string"),
    (r'store(0x1000, "a\777")', 17, "escape is above 255"),
    ("store(0x1000, \"a\") /* never closed", 20, 'comment is not closed by "*/"'),
    ("mincore(0x1000, 4096, vec)", 23, 'expected a vector, its address or "...", got "vec"'),
    ("mincore(0x1000, 4096, [1 0])", 26, 'expected "," or "]", got "0"'),
    ("mincore(0x1000, 4096, [1, ..., 0])", 30, 'expected "]", got "," '.rstrip()),
    ("mincore(0x1000, 4096, [1, x])", 27, 'expected a number, got "x"'),
    ("mincore(0x1000, 4096, [1, 0", 28, 'expected "," or "]", got the end of the line'),
    ("munmap($, 1)", 8, 'expected a name behind "$"'),
    ("munmap($a+$b, 1)", 11, "only one variable fits in an argument"),
    ("munmap($a, 1)", 8, "$a has no value yet"),
    ("munmap(1<<64, 1)", 13, "shift is above 63"),
    ("foo(1, 2", 9, 'arguments of foo are not closed by ")"'),
    ("mumap(0x1000, 4096) = 0", 1, 'there is no call "mumap", but "mmap"'),
    ("mprotcet(0x1000, 4096, PROT_NONE) = 0", 1, 'there is no call "mprotcet", but "mprotect"'),
    ("  lod(0x1000, 4)", 3, 'there is no call "lod", but "load"'),
    ("getpidd() = 7", 1, 'there is no call "getpidd"'),
    ("<... munmap resumed>) = 0", 1, "a call is resumed that no line began"),
    ("<... resumed>) = 0", 1, 'expected "<... NAME resumed>"'),
]

UNFINISHED = f"""\
[pid 10] mmap(0x10000000, 4096, PROT_READ, {ANON}, -1, 0 <unfinished ...>
[pid 11] munmap(0x20000000, 4096 <unfinished ...>
[pid 10] <... mmap resumed>) = 0x10000000
[pid 11] <... munmap resumed>)        = 0
[pid 10] munmap(0x10000000, 4096) = 0
"""


def test(tap):
    for line, printed in GOOD:
        ran = on_host(line + "\n")
        wanted = (0, [printed] if printed else [], "")
        tap.equal(f"reads: {line}", (ran.status, ran.calls(), ran.err), wanted)
    for line, column, message in BAD:
        ran = on_host(f"# first\n{line}\n")
        wanted = (2, f"(standard input):2:{column}: {message}\n")
        tap.equal(f"refuses: {line}", (ran.status, ran.err), wanted)

    ran = on_host("mumap(0x1000, 4096) = 0\n", "--json")
    tap.equal("what cannot be read is in the JSON", json.loads(ran.out)["calls"],
              [{"line": 1, "call": "", "problems": ['there is no call "mumap", but "mmap"'],
                "column": 1}])
    ran = on_host("munmap($a, 4096) = 0\nmunmap(4096\n", "--json")
    tap.equal("and a variable without a value", json.loads(ran.out)["calls"],
              [{"line": 1, "call": "", "problems": ["$a has no value yet"], "column": 8}])
    ran = on_host("mumap(0x1000, 4096 <unfinished ...>\n<... mumap resumed>) = 0\n")
    tap.equal("a name in two lines is looked at when they are put together", (ran.status, ran.err),
              (2, '(standard input):2:1: there is no call "mumap", but "mmap"\n'))

    ran = on_host(UNFINISHED)
    tap.equal("puts unfinished and resumed lines together",
              (ran.status, ran.calls(), ran.err),
              (0, [f"mmap(0x10000000, 4096, PROT_READ, {ANON}, -1, 0) = 0x10000000",
                   "munmap(0x10000000, 4096) = 0"], ""))
    tap.point("# not used: 1 line of other processes" in ran.out,
              "counts lines of other processes", ran.out)
