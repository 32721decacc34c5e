# SPDX-License-Identifier: GPL-2.0
#
# A kernel's log without the heads of those reports of data races (KCSAN) that no module has to do
# with: for tools/guest/run, which fails on what is left. Everything else passes as it is, and so
# does a report that has no end, or that holds another one.
#
# A report is from its head to a line of "=". A function of a module has the module's name in
# brackets behind it, in either of the two stacks; what the module called, or who called it, is in
# the same stack. -v elsewhere=FILE: the heads that were left out, one a line.

function flush(all,    i) {
	for (i = all ? 0 : 1; i < count; i++)
		print held[i]
	count = 0
}

/BUG: KCSAN: / {
	flush(1)
	held[count++] = $0
	ours = 0
	next
}

count {
	held[count++] = $0
	if ($0 ~ /\+0x[0-9a-f]+\/0x[0-9a-f]+ \[[a-z0-9_]+\]/)
		ours = 1
	if ($0 ~ /=================================================================$/) {
		if (!ours) {
			sub(/^.*BUG: KCSAN: /, "", held[0])
			print held[0] > elsewhere
		}
		flush(ours)
	}
	next
}

{ print }

END { flush(1) }
