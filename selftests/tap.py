# SPDX-License-Identifier: GPL-2.0
"""Read TAP as the kernel's tests print it, and count its leaf test points.

A point may have points of its own, printed before it and set off by "# " (the
kselftest runner) or four blanks (TAP 14, KUnit). Those are counted then, and
the point that sums them up only where it tells of a failure that they do not.
"""

import re

POINT = re.compile(r"(not )?ok (\d+)\b(.*)")
PLAN = re.compile(r"1\.\.(\d+)\b")
SKIP = re.compile(r"#\s*skip\b", re.IGNORECASE)


class Level:
    """The points at one depth, since the last point above them."""

    def __init__(self):
        self.points = 0
        self.plan = None
        self.failed = 0


class Tap:
    """The points of one suite."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.problems = []
        self.levels = [Level()]

    def fail(self, why):
        self.failed += 1
        self.problems.append(why)

    def point(self, good, what):
        """A point that comes from elsewhere than from TAP."""
        if good:
            self.passed += 1
        else:
            self.fail(what)

    def feed(self, line):
        depth = 0
        text = line.rstrip("\r\n")
        while text.startswith(("# ", "    ")):
            text = text[2:] if text[0] == "#" else text[4:]
            depth += 1
        if text.startswith("Bail out!"):
            self.fail(text)
        elif match := PLAN.match(text):
            self._level(depth).plan = int(match[1])
        elif match := POINT.match(text):
            self._point(depth, match)

    def feed_file(self, path):
        with open(path, errors="replace") as lines:
            for line in lines:
                self.feed(line)

    def end(self, status):
        """The suite is over, with that exit status or that mishap."""
        self._close(0)
        if not self.levels[0].points:
            self.fail("no test point")
        elif status != 0 and not self.failed:
            self.fail(f"exit status {status}" if isinstance(status, int) else str(status))

    def _level(self, depth):
        while len(self.levels) <= depth:
            self.levels.append(Level())
        return self.levels[depth]

    def _point(self, depth, match):
        below = self.levels[depth + 1:]
        self._close(depth + 1)
        inner = sum(level.points for level in below)
        inner_failed = sum(level.failed for level in below)
        del self.levels[depth + 1:]

        level = self._level(depth)
        level.points += 1
        level.failed += inner_failed
        if match[1] and not SKIP.search(match[3]):
            level.failed += not inner_failed
            if not inner_failed:
                self.fail(match[0])
        elif not inner:
            if SKIP.search(match[3]):
                self.skipped += 1
            else:
                self.passed += 1

    def _close(self, depth):
        """Points at that depth and below are complete: are they all there?"""
        for level in self.levels[depth:]:
            if level.plan is not None and level.plan != level.points:
                level.failed += 1
                self.fail(f"planned {level.plan} points, got {level.points}")
