#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does the test driver's TAP reader count right, and miss no failure? TAP."""

import sys

from tap import Tap

# what, input, exit status, expected (passed, failed, skipped)
CASES = [
    ("plain points", "1..2\nok 1 a\nok 2 b\n", 0, (2, 0, 0)),
    ("plan at the end", "ok 1 a\nok 2 b\n1..2\n", 0, (2, 0, 0)),
    ("a failed point", "1..2\nok 1 a\nnot ok 2 b\n", 1, (1, 1, 0)),
    ("a failed point and a good status", "1..1\nnot ok 1 b\n", 0, (0, 1, 0)),
    ("skipped points", "1..2\nok 1 a # SKIP no file\nok 2 b\n", 0, (1, 0, 1)),
    ("too few points", "1..3\nok 1 a\nok 2 b\n", 0, (2, 1, 0)),
    ("too many points", "1..1\nok 1 a\nok 2 b\n", 0, (2, 1, 0)),
    ("no point", "1..0\n", 0, (0, 1, 0)),
    ("no output", "", 0, (0, 1, 0)),
    ("a bad status without a failed point", "1..1\nok 1 a\n", 3, (1, 1, 0)),
    ("killed", "1..2\nok 1 a\n", "no end", (1, 1, 0)),
    ("bail out", "1..2\nok 1 a\nBail out! no device\n", 1, (1, 2, 0)),
    ("words that look like points", "okay 1\n# all ok now\nnot okay\n1..1\nok 1 a\n", 0, (1, 0, 0)),
    ("points below a point", "1..1\n# 1..2\n# ok 1 x\n# ok 2 y\nok 1 a\n", 0, (2, 0, 0)),
    ("below, by blanks", "1..1\n    1..2\n    ok 1 x\n    ok 2 y\nok 1 a\n", 0, (2, 0, 0)),
    ("a failure below", "1..1\n# 1..2\n# ok 1 x\n# not ok 2 y\nnot ok 1 a\n", 0, (1, 1, 0)),
    ("a failure below that the sum hides", "1..1\n# 1..1\n# not ok 1 x\nok 1 a\n", 0, (0, 1, 0)),
    ("a sum that fails by itself", "1..1\n# 1..1\n# ok 1 x\nnot ok 1 a # exit=9\n", 0, (1, 1, 0)),
    ("too few points below", "1..1\n# 1..3\n# ok 1 x\nnot ok 1 a\n", 0, (1, 1, 0)),
    ("a skip below", "1..1\n# 1..2\n# ok 1 x\n# ok 2 y # SKIP\nok 1 a\n", 0, (1, 0, 1)),
    ("all skipped below", "1..1\nok 1 a # SKIP\n", 0, (0, 0, 1)),
    ("two programs of a collection",
     "1..2\n# 1..1\n# ok 1 x\nok 1 a\n# 1..2\n# ok 1 x\n# not ok 2 y\nnot ok 2 b\n", 0, (2, 1, 0)),
]


def main():
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (what, text, status, want) in enumerate(CASES, 1):
        tap = Tap()
        for line in text.splitlines(keepends=True):
            tap.feed(line)
        tap.end(status)
        got = (tap.passed, tap.failed, tap.skipped)
        print(f"{'ok' if got == want else 'not ok'} {number} {what}")
        if got != want:
            print(f"# got {got}, want {want}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
