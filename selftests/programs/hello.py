#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A small program whose memory calls `make run` shadows.

It makes the interpreter and the C library map, grow, protect and free memory in
the ways that any program does: modules, big and small objects, a thread, an
anonymous and a file mapping.
"""

import json
import mmap
import threading


def main():
    words = json.loads(json.dumps({str(n): "x" * n for n in range(2000)}))
    blocks = [bytearray(1 << bits) for bits in range(12, 25)]

    thread = threading.Thread(target=lambda: blocks.append(bytearray(1 << 20)))
    thread.start()
    thread.join()

    with mmap.mmap(-1, 1 << 20) as area:
        area[:5] = b"hello"
        text = area[:5].decode()
    with open(__file__, "rb") as source, \
            mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as view:
        lines = view[:].count(b"\n")

    total = sum(len(block) for block in blocks)
    blocks.clear()
    print(f"{text}: {len(words)} words, {total >> 20} MiB in blocks, {lines} lines in a mapped file")


if __name__ == "__main__":
    main()
