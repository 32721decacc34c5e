# SPDX-License-Identifier: GPL-2.0
"""svma fuzz: whose folder its files are made in."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tapout import SVMA, Ran

# A user that nobody is, so that no folder of a real one is touched.
USER = 54321
FOLDER = Path(f"/tmp/svma-fuzz-{USER}")
OURS = "svma fuzz: cannot make files in "


def remove():
    if FOLDER.is_symlink() or FOLDER.is_file():
        FOLDER.unlink()
    elif FOLDER.exists():
        shutil.rmtree(FOLDER)


def fuzz(program):
    """As that user; without a module it ends when it comes to the device."""
    done = subprocess.run([program, "fuzz", "--sequences", "1", "--calls", "1"], cwd="/",
                          capture_output=True, text=True, timeout=60, check=False, user=USER,
                          group=USER, extra_groups=[])
    return Ran(done.returncode, done.stdout, done.stderr)


def folder_of(owner, mode=0o700):
    FOLDER.mkdir()
    os.chown(FOLDER, owner, owner)
    FOLDER.chmod(mode)


def test_folder(tap, program, victim):
    def refused(name, why):
        ran = fuzz(program)
        tap.equal(f"not in {name}", (ran.status, ran.err, victim.read_bytes()),
                  (3, f'{OURS}"{FOLDER}": {why}\n', b"precious"))
        remove()

    elsewhere = Path(tempfile.mkdtemp())
    os.chown(elsewhere, USER, USER)
    FOLDER.symlink_to(elsewhere)
    refused("a link to a folder", "it is no folder, but a file or a link; remove it")
    tap.equal("nothing was made behind the link", list(elsewhere.iterdir()), [])
    shutil.rmtree(elsewhere)
    FOLDER.write_text("")
    refused("a file", "it is no folder, but a file or a link; remove it")
    folder_of(0, 0o777)
    (FOLDER / "first").symlink_to(victim)
    refused("a folder of another user",
            "it belongs to another user, who or root has to remove it")
    for mode in (0o770, 0o707):
        folder_of(USER, mode)
        (FOLDER / "first").symlink_to(victim)
        refused(f"a folder of mode {mode:o}",
                "others may write into it; remove it, or take that right from them")

    folder_of(USER)
    (FOLDER / "first").symlink_to(victim)
    ran = fuzz(program)
    tap.point(OURS not in ran.err and victim.read_bytes() == b"precious"
              and not (FOLDER / "first").is_symlink(),
              "a link in the own folder is not followed", ran.err, victim.read_bytes())
    ran = fuzz(program)
    tap.point("cannot make" not in ran.err,
              "a file that cannot be written is not in the way of the second run", ran.err)
    remove()
    fuzz(program)
    tap.point(FOLDER.is_dir() and FOLDER.stat().st_uid == USER
              and FOLDER.stat().st_mode & 0o777 == 0o700
              and sorted(f.name for f in FOLDER.iterdir()) ==
              ["empty", "first", "read-only", "second"],
              "a folder that is not there is made, for this user alone")


def test(tap):
    if os.geteuid():
        tap.skip("whose folder svma fuzz uses", "another user can be had by root alone")
        return
    remove()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(SVMA, folder)
        victim = Path(folder) / "victim"
        victim.write_text("precious")
        os.chown(victim, USER, USER)
        try:
            test_folder(tap, program, victim)
        finally:
            remove()
