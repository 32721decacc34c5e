# SPDX-License-Identifier: GPL-2.0
"""Each flag that the command line knows is in a script that runs beside the kernel."""

import re

from tapout import ROOT

SETS = ("PROT", "MAP", "MREMAP", "MADV", "MCL", "MLOCK", "MS")


def flags_in_source():
    """Names of the table of flags, and how many rows it has."""
    text = (ROOT / "tools/svma/consts.c").read_text()
    table = re.search(r"svma_consts\[\] = \{(.*?)\n\};", text, re.S).group(1)
    rows = re.findall(r"^\t(?:BIT|ONE)\(\w+, (\w+), (\w+),", table, re.M)
    return {prefix + name for prefix, name in rows}, len(re.findall(r"^\t\w+\(", table, re.M))


def flags_in_scripts():
    """Flags that a call of some script has."""
    used = set()
    for path in (ROOT / "selftests/scripts").glob("**/*.svma"):
        lines = path.read_text().splitlines()
        # Rules of another kernel or profile are not compared with the running one.
        if re.match("#svma.*--(profile|kernel)", lines[0]):
            continue
        for line in lines:
            if not line.startswith("#"):
                used |= set(re.findall(r"\b[A-Z]+_[A-Z0-9_]+", line))
    return used


def test(tap):
    flags, rows = flags_in_source()
    tap.point(rows == len(flags) > 60 and
              all(any(flag.startswith(f"{prefix}_") for flag in flags) for prefix in SETS),
              "the table of flags is found", rows, sorted(flags))
    tap.equal("each flag is in a script that runs beside the kernel",
              sorted(flags - flags_in_scripts()), [])
