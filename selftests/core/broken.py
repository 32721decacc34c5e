# SPDX-License-Identifier: GPL-2.0
"""The native tests, built quickly with one file of a copy of the region core changed."""

import hashlib
import os
import resource
import shlex
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Enough to see most, and little enough to run thousands of times.
ENV = dict(os.environ, TEST_STOP="1", INDEX_BIG="2000", INDEX_STEPS="300", INDEX_RUNS="150",
           RANDOM_SEQUENCES="150", RANDOM_LENGTH="300", CLASSIC_RUNS="60")
# For what survived that.
MORE = dict(os.environ, TEST_STOP="1", INDEX_BIG="50000", RANDOM_SEQUENCES="300")


class Builder:
    """The tests, built once, and the commands that build them with one file changed."""

    def __init__(self, work):
        self.core, out = work / "module/core", work / "out"
        self.program = out / "test"
        shutil.rmtree(work / "module", ignore_errors=True)
        shutil.copytree(ROOT / "module/core", self.core)
        shutil.copytree(ROOT / "uapi", work / "uapi", dirs_exist_ok=True)
        make = ["make", "-s", "-j2", "-C", str(HERE), f"CORE={self.core}", f"OUT={out}",
                "CHECK=-O1 -g0", "WARN=-w", "CORE_WARN=-w"]
        subprocess.run([*make, str(self.program)], check=True)
        self.objects = sorted((out / "check").glob("*.o"))
        told = subprocess.run([*make, "-n", "-B", *[str(out / "check" / (p.stem + ".core.o"))
                                                    for p in self.core.glob("*.c")]],
                              check=True, capture_output=True, text=True).stdout
        self.commands = {}
        for line in told.splitlines():
            words = shlex.split(line)
            if "-c" in words and words[-1].endswith(".c"):
                self.commands[Path(words[-1]).name] = [
                    w for w in words if w not in ("-MMD", "-MP", "-g")][:-2]
        self.originals = {}

    def compile(self, name, text, folder):
        """Object of a changed file, or None if it does not compile."""
        source, target = folder / name, folder / "new.o"
        source.write_text(text)
        done = subprocess.run([*self.commands[name], str(target), str(source)],
                              cwd=HERE, stderr=subprocess.DEVNULL)
        return target if done.returncode == 0 else None

    def code(self, target):
        """What makes two objects the same: all but where the source lay."""
        return hashlib.sha256(target.read_bytes()).hexdigest()

    def original(self, path, folder):
        if path.name not in self.originals:
            self.originals[path.name] = self.code(self.compile(path.name, path.read_text(), folder))
        return self.originals[path.name]

    def link(self, path, target, program):
        objects = [target if o.name == path.stem + ".core.o" else o for o in self.objects]
        subprocess.run(["gcc", "-o", str(program), *map(str, objects)], check=True)


MEMORY = 512 << 20	# a test that forgets nothing takes a tenth


def run(program, names, seconds, env=ENV):
    """True if the tests pass, in so many seconds of processor time."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return subprocess.run([program, *names], env=env, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, preexec_fn=limit).returncode == 0
