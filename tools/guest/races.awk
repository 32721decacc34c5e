# SPDX-License-Identifier: GPL-2.0
#
# A kernel's log without the heads of those reports of data races (KCSAN) that no module has to do
# with: for tools/guest/run, which fails on what is left. Everything else passes as it is, and so
# does a report that has no end, or that holds another one.
#
# A report is from its head to a line of "=". A function of a module has the module's name in
# brackets behind it, in either of the two stacks; what the module called, or who called it, is in
# the same stack. Variables of the kernel itself (it is not moved at boot, and lies below the
# modules) are not a module's affair if functions of the kernel access them, whoever called these:
# jiffies, read wherever memory is allocated. Memory that was allocated may be the module's, but for
# the words by which processors have a function called on each other: each has its own, allocated at
# boot, and who is called clears the caller's where nothing is watched. What an interrupt came upon
# has not called it: in a stack, functions below its entry do not count. Nor do those count that
# asked the kernel for memory: they have given it nothing of theirs.
# -v elsewhere=FILE: the heads that were left out, one a line.

function flush(all,    i) {
	for (i = all ? 0 : 1; i < count; i++)
		print held[i]
	count = 0
}

/BUG: KCSAN: / {
	flush(1)
	held[count++] = $0
	called = accesses = variable = top = below = known = 0
	words = 1
	next
}

count {
	held[count++] = $0
	module = !below && $0 ~ /\+0x[0-9a-f]+\/0x[0-9a-f]+ \[[a-z0-9_]+\]/
	if (module)
		called = 1
	if (module && top)
		accesses = 1
	if (top && $0 !~ / (smp_call_function_many_cond|__flush_smp_call_function_queue)\+/)
		words = 0
	known = known || top
	if ($0 ~ / asm_(sysvec_[a-z_]+|common_interrupt)\+/ ||
	    $0 ~ / (__alloc_pages|__kmalloc|kmem_cache_alloc)[a-z_]*\+/)
		below = 1
	top = $0 ~ / to 0x[0-9a-f]+ of [0-9]+ bytes by /
	if (top) {
		below = 0
		variable = $0 ~ / to 0xffffffff[89][0-9a-f]+ of /
	}
	if ($0 ~ /=================================================================$/) {
		ours = accesses || (called && !variable && !(words && known))
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
