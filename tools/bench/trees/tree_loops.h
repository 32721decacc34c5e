/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The traces, for the candidate that includes this. It has defined
 *
 *	bool tree_walk(unsigned long addr, unsigned long *start, unsigned long *end)
 *	bool tree_find(unsigned long addr, struct tree_region *region)
 *	bool tree_erase(unsigned long start)
 *	bool tree_insert(unsigned long start)
 *	bool tree_gap(bool lowest, unsigned long low, unsigned long high, unsigned long len,
 *		      unsigned long *start)
 *
 * all of them static, and gets loop_walk() and so on.
 */
#include "tree.h"

static unsigned long loop_walk(const struct tree_trace *trace)
{
	unsigned long good = 0, i, start, end;

	for (i = 0; i < trace->count; i++)
		if (tree_walk(trace->addr[i], &start, &end))
			good += start == trace->addr[i] && end == trace->addr[i] + TREE_PAGE;
	return good;
}

static unsigned long loop_find(const struct tree_trace *trace)
{
	unsigned long good = 0, i;
	struct tree_region region;

	for (i = 0; i < trace->count; i++)
		if (tree_find(trace->addr[i], &region))
			good += region.start == trace->addr[i] &&
				region.end == trace->addr[i] + TREE_PAGE &&
				region.flags == TREE_FLAGS(trace->addr[i]);
	return good;
}

static unsigned long loop_change(const struct tree_trace *trace)
{
	unsigned long good = 0, i;

	for (i = 0; i < trace->count; i++)
		good += tree_erase(trace->addr[i]) && tree_insert(trace->addr[i]);
	return good;
}

static unsigned long loop_gaps(const struct tree_trace *trace, bool lowest)
{
	unsigned long good = 0, i, start;

	for (i = 0; i < trace->count; i++)
		if (tree_gap(lowest, trace->low, trace->high, trace->len[i], &start))
			good += start >= trace->low && start + trace->len[i] <= trace->high;
	return good;
}

static unsigned long loop_gap_low(const struct tree_trace *trace)
{
	return loop_gaps(trace, true);
}

static unsigned long loop_gap_high(const struct tree_trace *trace)
{
	return loop_gaps(trace, false);
}

#define TREE_LOOPS							\
	.walk = loop_walk, .find = loop_find, .change = loop_change,	\
	.gap_low = loop_gap_low, .gap_high = loop_gap_high
