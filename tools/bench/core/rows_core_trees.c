// SPDX-License-Identifier: GPL-2.0
/*
 * The range index against what it could be instead: the kernel's maple tree, and regions in its
 * red-black tree. The kernel's side of these rows is the other tree, in this program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "rows.h"
#include "trees/tree.h"

#define PART	4096UL	/* operations that are prepared at once */
#define KINDS	1000UL	/* lengths of gaps, in pages */

enum work { WALK, FIND, CHANGE, GAP_LOW, GAP_HIGH, MEMORY, MEMORY_RANDOM };

static unsigned long parts[PART];

/* Regions of a page: as in layout.h, or with gaps of all lengths; the same for each candidate. */
static bool fill(const struct tree_ops *tree, unsigned long n, bool gaps, unsigned long *end)
{
	unsigned long addr = BENCH_BASE;
	uint64_t state = 1;

	if (!tree->reset())
		return false;
	for (unsigned long i = 0; i < n; i++) {
		addr = gaps ? addr + (2 + bench_random(&state, KINDS)) * BENCH_PAGE :
			      bench_region(i, n);
		if (!tree->add(addr))
			return false;
	}
	*end = addr;
	return true;
}

/* What each row is, by its name: which candidate, which work. */
static enum work work_of(const struct bench *bench)
{
	static const char *const names[] = {
		[WALK] = "walk", [FIND] = "find", [CHANGE] = "change", [GAP_LOW] = "low",
		[GAP_HIGH] = "high", [MEMORY] = "memory", [MEMORY_RANDOM] = "random",
	};
	const char *name = strrchr(bench->row->name, '-') + 1;
	enum work work = WALK;

	while (strcmp(names[work], name))
		work++;
	return work;
}

static const struct tree_ops *other(const struct bench *bench)
{
	return strncmp(bench->row->name, "maple", 5) ? tree_rb : tree_maple;
}

static unsigned long last;	/* region of those with gaps */

static int setup(struct bench *bench)
{
	enum work work = work_of(bench);
	bool gaps = work == GAP_LOW || work == GAP_HIGH;
	const struct tree_ops *tree = other(bench);

	if (!tree)
		bench_skip(bench, "built without the kernel's trees: tools/guest/fetch trees");
	if (work == MEMORY || work == MEMORY_RANDOM)
		return 0;
	if ((tree && !fill(tree, bench->row->regions, gaps, &last)) ||
	    !fill(&tree_bplus, bench->row->regions, gaps, &last))
		return bench_fail(bench, "filling a tree with regions", ENOMEM);
	return 0;
}

static unsigned long operate(const struct tree_ops *tree, enum work work,
			     const struct tree_trace *trace)
{
	switch (work) {
	case WALK:
		return tree->walk(trace);
	case FIND:
		return tree->find(trace);
	case CHANGE:
		return tree->change(trace);
	case GAP_LOW:
		return tree->gap_low(trace);
	default:
		return tree->gap_high(trace);
	}
}

static double side(struct bench *bench, const struct tree_ops *tree, unsigned long n)
{
	unsigned long regions = bench->row->regions;
	struct tree_trace trace = {
		.addr = parts, .len = parts, .low = BENCH_BASE, .high = last,
	};
	enum work work = work_of(bench);
	bool gaps = work == GAP_LOW || work == GAP_HIGH;
	double ns = 0, start;

	for (; n; n -= trace.count) {
		unsigned long good;

		trace.count = n < PART ? n : PART;
		for (unsigned long i = 0; i < trace.count; i++) {
			unsigned long pick = bench_random(&bench->random, gaps ? KINDS : regions);

			parts[i] = gaps ? (1 + pick) * BENCH_PAGE : bench_region(pick, regions);
		}
		start = bench_now();
		good = operate(tree, work, &trace);
		ns += bench_now() - start;
		/* Of few gaps none may be long enough. */
		if (good != trace.count && !(gaps && regions < 100 * KINDS))
			return bench_fail(bench, "a tree gives a wrong answer", 0);
	}
	return ns;
}

static double by_other(struct bench *bench, unsigned long n)
{
	return side(bench, other(bench), n);
}

static double by_ours(struct bench *bench, unsigned long n)
{
	return side(bench, &tree_bplus, n);
}

static double grown(struct bench *bench, const struct tree_ops *tree)
{
	unsigned long regions = bench->row->regions, *place = calloc(regions, sizeof(*place));
	bool order = work_of(bench) == MEMORY, good;
	uint64_t state = 1;

	if (!place)
		return bench_fail(bench, "calloc", ENOMEM);
	for (unsigned long i = 0; i < regions; i++) {
		unsigned long swap = order ? i : bench_random(&state, i + 1);

		place[i] = place[swap];
		place[swap] = i;
	}
	good = tree->reset();
	for (unsigned long i = 0; good && i < regions; i++)
		good = tree->add(bench_region(place[i], regions));
	free(place);
	bench->units = regions;
	return good ? tree->bytes() : bench_fail(bench, "filling a tree with regions", ENOMEM);
}

static double memory_other(struct bench *bench, unsigned long n)
{
	return grown(bench, other(bench));
}

static double memory_ours(struct bench *bench, unsigned long n)
{
	return grown(bench, &tree_bplus);
}

#define ROW(title, text, tree, n) {					\
	.name = title, .work = text, .call = tree, .regions = n,	\
	.needs = BENCH_CORE, .setup = setup, .kernel = by_other, .svma = by_ours }
#define BYTES(title, text, tree, n) {					\
	.name = title, .work = text, .call = tree, .regions = n, .bytes = true, \
	.needs = BENCH_CORE, .setup = setup, .kernel = memory_other, .svma = memory_ours }
#define SIZES(ROW, title, text, tree)					\
	ROW(title, text, tree, 10), ROW(title, text, tree, 1000),	\
	ROW(title, text, tree, 100000), ROW(title, text, tree, 1000000)
#define ROWS(prefix, tree)						\
	SIZES(ROW, prefix "-walk", "tree: the range that holds an address", tree),	\
	SIZES(ROW, prefix "-find", "tree: the region that holds an address", tree),	\
	SIZES(ROW, prefix "-change", "tree: a region out and in again", tree),	\
	SIZES(ROW, prefix "-gap-low", "tree: the lowest gap that fits", tree),	\
	SIZES(ROW, prefix "-gap-high", "tree: the highest gap that fits", tree), \
	SIZES(BYTES, prefix "-memory", "tree: memory for each region, in order (bytes)", tree), \
	SIZES(BYTES, prefix "-memory-random",				\
	      "tree: memory for each region, in no order (bytes)", tree)

const struct bench_row bench_rows_core_trees[] = {
	ROWS("maple", "maple tree"),
	ROWS("rb", "red-black tree"),
	{ 0 }
};
