# SPDX-License-Identifier: GPL-2.0
"""The programs of `make fidelity`: one row for each.

A row: name, kind, Debian packages beyond those of tools/packages, command (a
shell's words; {} is the folder of inputs, the working folder is the program's
own), what its output must hold. `files` are files that it must leave, `exact`
is False where two runs differ in what they print. `notes` must be noted.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Program:
    """One row."""

    name: str
    kind: str
    packages: str
    command: str
    out: str
    files: str = ""
    exact: bool = True
    user: str = ""
    notes: str = ""
    env: str = ""
    seconds: int = 150

    def expected(self, out, folder):
        """What a run printed and left is what it should have."""
        return (self.out.encode() in out
                and all((folder / name).stat().st_size > 0
                        if (folder / name).exists() else False for name in self.files.split()))


def inputs(folder):
    """The files that programs work on: the same in each run."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = "".join(f"{n * 7919 % 100003}\n" for n in range(20000))
    words = "".join(hashlib.sha1(b"%d" % n).hexdigest() + "\n" for n in range(8000))
    rows = "".join(f"insert into t values ({n}, '{n * n}');\n" for n in range(300))
    (folder / "numbers").write_text(numbers)
    (folder / "words").write_text(words)
    (folder / "rows.sql").write_text("create table t (a int, b text);\nbegin;\n" + rows
                                     + "commit;\nselect sum(a) from t;\n")
    for name, text in TEXTS.items():
        (folder / name).write_text(text)


TEXTS = {
    "a.c": "#include <stdio.h>\nint main(void)\n{\n\tlong s = 0;\n"
           "\tfor (int i = 0; i < 1000; i++)\n\t\ts += i;\n"
           "\tprintf(\"%ld\\n\", s);\n\treturn 0;\n}\n",
    "a.cc": "#include <map>\n#include <string>\nint f(const std::string &s)\n"
            "{\n\tstd::map<std::string, int> m;\n\tm[s] = 1;\n\treturn m.size();\n}\n",
    "a.go": "package p\n\nfunc F(n int) (s int) {\n\tfor i := 0; i < n; i++ {\n\t\ts += i\n\t}\n"
            "\treturn s\n}\n",
    "a.rs": "pub fn f(n: u64) -> Vec<u64> {\n    (0..n).map(|x| x * x).collect()\n}\n",
    "a.cs": "class A { static void Main() { long s = 0; var l = new "
            "System.Collections.Generic.List<string>();\n for (int i = 0; i < 20000; i++) { s += i;"
            " l.Add(i.ToString()); } System.Console.WriteLine(s + l.Count); } }\n",
    "a.ps": "%!PS\n/Times-Roman findfont 20 scalefont setfont 50 700 moveto (fidelity) show\n"
            "showpage\n",
    "a.html": "<html><body><h1>fidelity</h1><script>var s=0;for(var i=0;i<1e4;i++)s+=i;"
              "document.write(s)</script></body></html>\n",
    "a.js": "const a = []; for (let i = 0; i < 60000; i++) a.push({ i, s: 'x' + i });\n"
            "const b = a.map((o) => o.s.length).reduce((x, y) => x + y, 0);\n"
            "const { Worker } = require('worker_threads');\n"
            "new Worker('require(\"worker_threads\").parentPort.postMessage(7)', { eval: true })\n"
            "  .on('message', (m) => console.log(b + m));\n",
    "a.ml": "print_int (List.length (List.init 30000 string_of_int))\n",
    "gdb.cmd": "set pagination off\nset confirm off\nset startup-with-shell off\nstarti\n"
               "info symbol $pc\nstepi\ncontinue\nquit\n",
    "redis.sh": "set -e\n(exec -a redis-server redis-check-rdb --port 0 --unixsocket $PWD/s"
                " --save '' --daemonize no > log) &\n"
                "for i in $(seq 300); do [ -S s ] && break; sleep 0.1; done\n"
                "for i in 1 2 3 4 5; do redis-cli -s $PWD/s set k$i $i > r; done\n"
                "redis-cli -s $PWD/s eval \"local s=0 for i=1,5000 do redis.call('set','x'..i,i)"
                " s=s+i end return s\" 0\n"
                "redis-cli -s $PWD/s shutdown nosave || true\nwait\n",
    "postgres.sh": "set -e\np=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)\n"
                   "$p/initdb -D $PWD/d -A trust --no-sync --no-instructions > log 2>&1\n"
                   "echo 'select sum(x) from generate_series(1, 20000) x' |"
                   " $p/postgres --single -D $PWD/d postgres\n",
    "mariadb.sh": "set -e\nmkdir d\n"
                  "printf 'create database x;\\nuse x;\\ncreate table t (a int) engine=innodb;\\n"
                  "insert into t values (1),(2),(3);\\nselect sum(a) from t;\\n' |"
                  " mariadbd --no-defaults --bootstrap --datadir=$PWD/d --user=root"
                  " --innodb-buffer-pool-size=8M --skip-grant-tables\n",
    "lmdb.sh": "set -e\nmkdir d\nprintf 'VERSION=3\\nformat=print\\ntype=btree\\nmapsize=67108864"
               "\\nHEADER=END\\n' > dump\n"
               "awk '{ printf \" %s%d\\n v%d\\n\", $1, NR, NR }' < words >> dump\n"
               "echo DATA=END >> dump\nmdb_load -f dump d\nmdb_stat -s '' d > stat || true\n"
               "mdb_stat d\n",
}

PYTHON = ("import gc, json, re, threading, zlib; d = {i: str(i) * 20 for i in range(30000)};"
          " t = [threading.Thread(target=lambda: zlib.compress(bytes(3 << 20))) for _ in range(3)];"
          " [x.start() for x in t]; [x.join() for x in t];"
          " s = len(json.dumps(d)); d.clear(); gc.collect(); print(s)")

LOOP = "for i in 1 2 3; do x=$(echo $i | cat); done; echo $x"

PROGRAMS = [
    # Runtimes: just-in-time compilers, garbage collectors.
    Program("python3", "runtime", "python3", f"python3 -c '{PYTHON}'", "3156690"),
    Program("pypy3", "runtime, JIT", "pypy3",
            "pypy3 -c 'print(sum(len(str(i)) for i in range(60000)))'", "288890"),
    Program("node", "runtime, JIT", "nodejs", "node --max-old-space-size=128 {}/a.js", "348897"),
    Program("java", "runtime, JIT", "openjdk-17-jre-headless",
            "java -Xmx96m -XX:TieredStopAtLevel=1 -version", "", exact=False),
    Program("java-keytool", "runtime, JIT", "openjdk-17-jre-headless",
            "keytool -J-Xmx96m -genkeypair -alias a -keyalg EC -dname CN=x -keystore k"
            " -storepass secret", "", files="k", exact=False),
    Program("perl", "runtime", "perl",
            "perl -e 'my %h; $h{$_} = $_ x 9 for 1..20000; print scalar keys %h'", "20000"),
    Program("ruby", "runtime", "ruby",
            "ruby -e 'a = (1..30000).map { |i| i.to_s * 8 }; GC.start;"
            " t = Thread.new { a.map(&:size).sum }; puts t.value'", "1111152"),
    Program("lua", "runtime", "lua5.4",
            "lua5.4 -e 't = table.pack() for i = 1, 30000 do t[i] = tostring(i):rep(9) end"
            " collectgarbage() print(#t)'", "30000"),
    Program("luajit", "runtime, JIT", "luajit",
            "luajit -e 'local s = 0 for i = 1, 1e6 do s = s + i % 7 end print(s)'", "2999998"),
    Program("php", "runtime, JIT", "php-cli php8.2-cli",
            "php -r '$a = []; for ($i = 0; $i < 30000; $i++) $a[] = str_repeat($i, 9);"
            " echo count($a);'", "30000"),
    Program("guile", "runtime, JIT", "guile-3.0",
            "guile --no-auto-compile -c '(display (apply + (map string-length"
            " (map number->string (iota 5000)))))'", "18890"),
    Program("sbcl", "runtime, compiler", "sbcl",
            "sbcl --noinform --no-userinit --eval '(print (loop for i below 30000 sum"
            " (length (format nil \"~a\" i))))' --eval '(sb-ext:gc :full t)' --quit", "138890"),
    Program("ocaml", "runtime", "ocaml-interp",
            "ocaml {}/a.ml", "30000"),
    Program("erlang", "runtime, JIT", "erlang-base",
            "erl +S 2:2 -noshell -eval 'io:format(\"~p~n\", [lists:sum([length(integer_to_list(X))"
            " || X <- lists:seq(1, 30000)])]), halt().'", "138894"),
    Program("mono", "runtime, JIT", "mono-runtime mono-mcs",
            "bash -c 'mcs -out:a.exe {}/a.cs && mono a.exe'", "200010000", seconds=240),
    Program("R", "runtime", "r-base-core",
            "Rscript -e 'x <- sapply(1:20000, function(i) nchar(i)); cat(sum(x))'", "88894"),
    Program("prolog", "runtime", "swi-prolog-nox",
            "swipl -q -g 'numlist(1, 30000, L), sum_list(L, S), print(S), nl' -t halt",
            "450015000"),
    Program("tcl", "runtime", "tcl",
            "bash -c 'tclsh <<< \"for {set i 0} {\\$i < 20000} {incr i} {lappend l x\\$i};"
            " puts [llength \\$l]\"'", "20000"),
    # Compilers.
    Program("gcc", "compiler", "gcc", "bash -c 'gcc -O2 -o a {}/a.c && ./a'", "499500"),
    Program("g++", "compiler", "g++", "g++ -O1 -c -o a.o {}/a.cc", "", files="a.o"),
    Program("clang", "compiler", "clang-14", "clang-14 -O2 -c -o a.o {}/a.c", "", files="a.o"),
    Program("go", "compiler, GC", "golang-go", "go tool compile -o a.o {}/a.go", "", files="a.o"),
    Program("rustc", "compiler", "rustc", "rustc -O --crate-type rlib -o liba.rlib {}/a.rs", "",
            files="liba.rlib"),
    Program("tcc", "compiler, JIT", "tcc", "tcc -run {}/a.c", "499500"),
    # Databases.
    Program("sqlite3", "database", "sqlite3",
            "bash -c 'sqlite3 -cmd \"pragma mmap_size=8388608\" db < {}/rows.sql'", "44850"),
    Program("redis", "database", "redis-tools", "bash {}/redis.sh", "12502500"),
    Program("postgres", "database", "postgresql", "bash {}/postgres.sh", "200010000",
            user="postgres", seconds=240),
    Program("mariadb", "database", "mariadb-server-core", "bash {}/mariadb.sh", "", exact=False,
            files="d/ibdata1", seconds=240),
    Program("lmdb", "database", "lmdb-utils",
            "bash -c 'cp {}/words . && bash {}/lmdb.sh'", "Entries: 8000"),
    # Compressors, with threads.
    Program("xz", "compressor, threads", "xz-utils", "xz -1 -T2 -c {}/words", "7zXZ"),
    Program("zstd", "compressor, threads", "zstd", "zstd -q -T2 -c {}/words", ""),
    Program("pigz", "compressor, threads", "pigz", "pigz -n -p 3 -b 64 -c {}/words", ""),
    Program("lbzip2", "compressor, threads", "lbzip2", "lbzip2 -n 2 -c {}/words", "BZh"),
    Program("7z", "compressor, threads", "p7zip-full", "7z a -mmt2 -bd a.7z {}/words",
            "Everything is Ok", files="a.7z", exact=False),
    Program("sort", "threads", "coreutils", "sort -n --parallel=4 {}/numbers", "99999"),
    # Shells.
    Program("bash", "shell", "bash", f"bash -c '{LOOP}'", "3"),
    Program("dash", "shell", "dash", f"dash -c '{LOOP}'", "3"),
    Program("zsh", "shell", "zsh", "zsh -f -c 'for i in {1..30}; do x=$(echo $i | cat); done;"
            " echo $x'", "30"),
    Program("mksh", "shell", "mksh", f"mksh -c '{LOOP}'", "3"),
    Program("fish", "shell", "fish", "fish --no-config -c 'for i in 1 2 3; set x (echo $i | cat);"
            " end; echo $x'", "3"),
    Program("busybox", "shell, static", "busybox-static",
            "busybox sh -c 'for i in 1 2 3; do x=$(busybox seq $i | busybox tail -n 1); done;"
            " echo $x'", "3"),
    # Programs that trace others: let go with their tracees.
    Program("gdb", "tracer", "gdb", "gdb -q -batch -nx -x {}/gdb.cmd dash", "exited normally",
            exact=False, notes="let go"),
    Program("strace", "tracer", "strace", "strace -f -o log dash -c 'cat /dev/null; echo 3'", "3",
            files="log", notes="let go"),
    # Media, documents.
    Program("ffmpeg", "media, threads", "ffmpeg",
            "ffmpeg -v error -f lavfi -i testsrc=size=64x48:rate=5:duration=1 -c:v mpeg4 -y a.avi",
            "", files="a.avi"),
    Program("imagemagick", "media", "imagemagick",
            "convert -size 120x90 plasma:red-blue -blur 2 -resize 60x a.png", "", files="a.png"),
    Program("ghostscript", "documents", "ghostscript",
            "gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile=a.pdf {}/a.ps", "",
            files="a.pdf"),
    Program("gnuplot", "documents", "gnuplot-nox",
            "gnuplot -e 'set terminal dumb; plot sin(x)'", "*"),
    Program("wkhtmltopdf", "browser engine, JIT", "wkhtmltopdf",
            "wkhtmltopdf -q {}/a.html a.pdf", "", files="a.pdf",
            env="QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=/tmp", exact=False, seconds=240),
    # Others.
    Program("git", "tool", "git",
            "bash -c 'git init -q r && cd r && cp {}/words . && git add . && git -c user.name=a"
            " -c user.email=a@b commit -qm x && git gc -q && git log --format=%s'", "x"),
    Program("openssl", "tool", "openssl", "openssl dgst -sha256 {}/words", "SHA2-256"),
    Program("curl", "tool", "curl", "curl -s file://{}/a.c", "stdio.h"),
    Program("jq", "tool", "jq", "jq -n '[range(20000)] | add'", "199990000"),
    Program("gawk", "tool", "gawk", "gawk '{ a[$1]++ } END { print length(a) }' {}/words", "8000"),
    Program("valgrind", "emulator, JIT", "valgrind", "valgrind -q dash -c 'echo 3'", "3"),
    Program("qemu-user", "emulator, JIT", "qemu-user", "qemu-x86_64 /bin/busybox seq 3", "3"),
    Program("fio", "io_uring", "fio",
            "fio --name=a --size=1M --bs=16k --ioengine=io_uring --rw=randrw --randseed=1"
            " --output-format=terse", "fio-3", exact=False),
    Program("sysbench", "threads", "sysbench",
            "sysbench memory --threads=2 --memory-total-size=16M --time=2 run", "transferred",
            exact=False),
]

# Not madvise: it has the kernel report memory that fails, which ends a boot's worth of results.
for stressor in ("mmap --mmap-bytes 4m", "mremap", "mlock", "brk", "bigheap", "vm", "shm", "shm-sysv",
                 "msync", "mprotect", "stack", "mmapaddr", "mmapfixed", "mmaphuge",
                 "mincore", "munmap", "pageswap", "remap", "sysinfo", "userfaultfd"):
    NAME = stressor.split()[0]
    PROGRAMS.append(Program(f"stress-ng-{NAME}", "stressor", "stress-ng",
                            f"stress-ng --{NAME} 1{stressor[len(NAME):]} --{NAME}-ops 3"
                            " --timeout 8 --temp-path . --metrics-brief", "", exact=False))

# What the kernel's own memory tests want to be told; the others take nothing.
MM_ARGUMENTS = {
    "ksm_tests": ["-M", "-N -m 1", "-U"],
    "userfaultfd": ["anon 4 2", "shmem 4 2"],
    "uffd-stress": ["anon 4 2", "shmem 4 2"],
    "transhuge-stress": ["-d 2 8"],
    "gup_longterm": [""],
    "khugepaged": ["all:anon"],
    "mremap_test": ["-v 1"],
}
# Want devices, other programs or hours: nothing is told of these.
MM_HELPERS = {"gup_test", "hmm-tests", "write_to_hugetlbfs", "map_fixed_noreplace.sh"}


def kernel_tests(kernel):
    """The kernel's own memory tests, as tools/guest/fetch mm-KERNEL has built them."""
    cache = Path(os.environ.get("SVMA_CACHE") or
                 Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "svma")
    folder = Path(os.environ.get("SVMA_MM_TESTS") or cache / "mm-tests" / kernel)
    rows = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in MM_HELPERS:
            continue
        for arguments in MM_ARGUMENTS.get(path.name, [""]):
            name = "mm:" + "-".join([path.name, *arguments.replace("-", "").split()])
            rows.append(Program(name, "kernel test", "", f"{path} {arguments}", "", exact=False,
                                seconds=60))
    return rows


def programs_for(kernel):
    """All rows there are on a kernel."""
    return PROGRAMS + kernel_tests(kernel)
