# SPDX-License-Identifier: GPL-2.0
"""svma shadow without a model: what is followed, counted and told."""

import json
import sys

from tapout import svma

# What came of a call: each is one of these.
CAME = ("mirrored", "told", "interrupted", "not_modelled_calls", "not_serialised", "not_asked")
# Of ctypes and not of os, which has no prctl.
PRCTL = "import ctypes; ctypes.CDLL(None).prctl({})"
STRICT = "strict seccomp refused, because of the filter: use --no-seccomp"


def shadow(*command):
    ran = svma("shadow", "--dry-run", "--json", "--", *command)
    text = ran.out[ran.out.rindex("\n{\n"):] if "\n{\n" in ran.out else ran.out
    return json.loads(text), ran


def test_sums(tap):
    """Each memory call is in one figure of the summary."""
    for name, command in (
            ("a shell with limits and pipes", ["sh", "-c", "ulimit -n 100; ls / | cat >&2"]),
            ("threads", [sys.executable, "-c", "import threading\nfor i in range(9):\n"
                         " threading.Thread(target=lambda: bytearray(1 << 20)).start()"]),
            ("another personality", ["setarch", "-R", "true"]),
            ("an option of prctl", [sys.executable, "-c", PRCTL.format("41, 0, 0, 0, 0")])):
        summary, ran = shadow(*command)
        parts = [summary[key] for key in CAME]
        tap.point(summary["calls"] > 0
                  and sum(parts) == summary["calls"] == sum(summary["by_call"].values())
                  and sum(summary["not_modelled"].values()) == summary["not_modelled_calls"],
                  f"the summary adds up: {name}", summary, ran.err)
    tap.equal("an option of prctl is told by name", summary["not_modelled"],
              {"prctl (PR_SET_THP_DISABLE)": 1})
    summary, _ = shadow("sh", "-c", "ulimit -n 100")
    tap.equal("what is only told to a space is counted", summary["told"] > 0, True)


def test_strict(tap):
    """The filter stands in the way of strict seccomp: that is said, and what to do."""
    summary, _ = shadow(sys.executable, "-c", PRCTL.format("22, 1"))
    tap.equal("strict seccomp by prctl is noted", summary["notes"], {STRICT: 1})
    summary, _ = shadow(sys.executable, "-c",
                        "import ctypes; ctypes.CDLL(None).syscall(317, 0, 0, None)")
    tap.equal("strict seccomp by seccomp is noted", summary["notes"], {STRICT: 1})


def test_slower(tap):
    """The least that it was slowed down by, of a program with one thread alone."""
    summary, ran = shadow("true")
    least = summary["seconds"] / (summary["seconds"] - summary["seconds_in_svma"])
    tap.point(least > 1 and abs(summary["times_as_long_at_least"] - least) < 1e-6
              and summary["stops"] > 2 * summary["calls"]
              and f"at least {least:.2f} times" in ran.err,
              "how many times as long as alone it took at the least", summary, ran.err)
    summary, ran = shadow("sh", "-c", "true & wait")
    tap.point("times_as_long_at_least" not in summary and "as long as alone" not in ran.err,
              "of two tasks that is not told", summary, ran.err)


def test(tap):
    test_sums(tap)
    test_slower(tap)
    test_strict(tap)
