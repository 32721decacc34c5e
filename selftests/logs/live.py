# SPDX-License-Identifier: GPL-2.0
"""svma import: the space of a live process, and what calls would do in it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

# Has threads, and maps so many bytes for each number that it reads.
PROGRAM = """
import ctypes, sys, threading
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
stay = threading.Event()
for _ in range(3):
    threading.Thread(target=stay.wait, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    print(hex(libc.mmap(None, int(line), 1, 0x22, -1, 0)), flush=True)
"""


class Live:
    """A process that waits for its standard input."""

    def __init__(self):
        self.run = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        self.run.stdout.readline()
        self.pid = self.run.pid

    def map(self, size):
        self.run.stdin.write(f"{size}\n")
        self.run.stdin.flush()
        return self.run.stdout.readline().strip()

    def status(self, key):
        text = Path(f"/proc/{self.pid}/status").read_text()
        return next(line.split()[1] for line in text.splitlines() if line.startswith(key))

    def end(self):
        self.run.stdin.close()
        self.run.wait()


def ranges(maps):
    """Start, end, protection and offset of each region, but for the vsyscall page."""
    return [line.split()[:3] for line in maps.splitlines() if not line.startswith("ffff")]


def svma(program, *args, script=None, **more):
    return subprocess.run([program, "import", *[str(arg) for arg in args]], input=script or "",
                          capture_output=True, text=True, timeout=60, **more)


def test(point, program, build, planted):
    """`planted`: there is a module, and faults can be planted before it."""
    live = Live()
    try:
        layout(point, program, live)
        predicted(point, program, live)
        stopped(point, program, live)
        refused(point, program, live)
        if planted:
            env = {**os.environ, "LD_PRELOAD": str(build / "plant.so"), "PLANT": "import-skip"}
            ran = svma(program, live.pid, env=env)
            point(ran.returncode == 3 and "is not what" in ran.stderr,
                  "planted import-skip: a space that is not the process's is told", ran)
    finally:
        live.end()


def layout(point, program, live):
    ran = svma(program, live.pid)
    maps = Path(f"/proc/{live.pid}/maps").read_text()
    point(ran.returncode == 0 and ranges(ran.stdout) == ranges(maps) != [],
          f"import: {len(ranges(maps))} regions as /proc tells them", ran.stdout, ran.stderr, maps)
    names = [{line.split(maxsplit=5)[5] for line in text.splitlines()
              if "[vvar]" in line or "[vdso]" in line or "/lib" in line}
             for text in (maps, ran.stdout)]
    point(names[0] == names[1] != set(), "import: with names", ran.stdout)
    point(live.status("TracerPid:") == "0" and live.status("State:") == "S",
          "import: the process goes on")


def predicted(point, program, live):
    """What the space answers the kernel answers too, and the process has nothing of it."""
    for size in (4096, 123 * 4096, 64 << 20):
        script = (f"mmap(NULL, {size}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = $a\n"
                  "munmap(4097, 1)\n")
        before = Path(f"/proc/{live.pid}/maps").read_text()
        ran = svma(program, "--json", live.pid, "-", script=script)
        after = Path(f"/proc/{live.pid}/maps").read_text()
        calls = [call["shadow"] for call in json.loads(ran.stdout)["calls"]] if ran.stdout else []
        point(before == after and calls[1:] == ["-1 EINVAL (Invalid argument)"],
              f"import: calls for {size} bytes are done on the space alone", ran)
        got = live.map(size)
        point(calls[:1] == [got], f"import: {got} was told before the process maps {size} bytes",
              ran)
    more = "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM\n"
    ran = svma(program, live.pid, "-", "--set", "limit_as=1M", script=more)
    point(ran.returncode == 0, "import: --set counts more than the process's limits", ran)


def stopped(point, program, live):
    os.kill(live.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, live.pid, os.WSTOPPED | os.WNOWAIT)
    ran = svma(program, live.pid)
    maps = Path(f"/proc/{live.pid}/maps").read_text()
    state = live.status("State:")
    point(ran.returncode == 0 and ranges(ran.stdout) == ranges(maps) and state == "T",
          "import: a stopped process stays stopped", ran, state)
    os.kill(live.pid, signal.SIGCONT)
    point(live.map(4096).startswith("0x"), "import: and goes on when it is let")


def refused(point, program, live):
    if os.geteuid() == 0:
        ran = svma(program, live.pid, user=65534, group=65534, extra_groups=[])
        point(ran.returncode == 3 and "Operation not permitted" in ran.stderr,
              "import: of another user's process is refused", ran)
    ran = svma(program, 1 << 22)
    point(ran.returncode == 3 and "svma import: no process " in ran.stderr,
          "import: of no process is refused", ran)
