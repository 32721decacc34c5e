# SPDX-License-Identifier: GPL-2.0
"""Print TAP, and run the program under test."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SVMA = os.environ.get("SVMA", str(ROOT / "tools/svma/svma"))


class Tap:
    """Points are printed as they come; the plan is printed at the end."""

    def __init__(self):
        self.n = 0
        self.failed = 0
        print("TAP version 13")

    def point(self, good, name, *details):
        self.n += 1
        self.failed += not good
        name = name.replace("#", "\\#")
        print(f"{'ok' if good else 'not ok'} {self.n} {name}", flush=True)
        if not good:
            for detail in details:
                for line in str(detail).splitlines():
                    print(f"#   {line}")

    def equal(self, name, got, wanted):
        self.point(got == wanted, name, f"wanted: {wanted!r}", f"got:    {got!r}")

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.failed else 0


class Ran:
    """What a run of svma left."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def calls(self):
        """Lines of standard output without comments."""
        return [line for line in self.out.splitlines() if not line.startswith("#")]


def svma(*args, script=None, **more):
    """Run svma with arguments; `script` becomes its standard input."""
    done = subprocess.run([SVMA, *args], input=script or "", capture_output=True, text=True,
                          cwd=ROOT, timeout=60, check=False, **more)
    return Ran(done.returncode, done.stdout, done.stderr)


def on_host(script, *args):
    """Run a script on the running kernel."""
    return svma("run", "--on", "host", *args, script=script)
