// SPDX-License-Identifier: GPL-2.0
/* The gaps that inner nodes keep, against those of the regions below, found without them. */
#include "index_node.h"
#include "unit.h"

struct walk {
	unsigned long wrong;
	unsigned long inners;
};

/* The largest gap below a node, counted from its leaves. */
static unsigned long gap_below(const void *node, unsigned int height, struct walk *walk)
{
	unsigned long most = 0;
	unsigned int i;

	if (!height) {
		const struct svma_leaf *leaf = node;

		for (i = 0; i < leaf->count; i++)
			most = max(most, leaf->start[i] - svma_leaf_gap_start(leaf, i));
		return most;
	}
	walk->inners++;
	for (i = 0; i < ((const struct svma_inner *)node)->count; i++) {
		const struct svma_inner *inner = node;
		unsigned long below = gap_below(inner->child[i], height - 1, walk);

		walk->wrong += inner->gap[i] != below;
		most = max(most, below);
	}
	return most;
}

static void check(struct svma_index *index, struct walk *walk)
{
	/* Those above the leaf that changed last are put off. */
	svma_index_settle(index);
	if (index->root)
		gap_below(index->root, index->height, walk);
}

static void start(struct svma_core_machine *machine, struct svma_core *core)
{
	svma_core_machine_init(machine);
	EXPECT_EQ(svma_core_init(core, machine, &unit_no_ops, SVMA_PROFILE_HOST, K7_3), 0);
}

/* Nodes fill up, are shared out, and lose entries behind which old ones stay. */
TEST(index_gaps)
{
	const unsigned long regions = 4000;
	struct svma_core_machine machine;
	struct rng rng = { 7 };
	struct walk walk = { 0 };
	struct svma_core core;
	unsigned long i;

	start(&machine, &core);
	for (i = 0; i < regions; i++) {
		struct svma_vma vma = { .start = (16 + 64 * rng_below(&rng, regions)) * PAGE };

		vma.start += rng_below(&rng, 50) * PAGE;
		vma.end = vma.start + (1 + rng_below(&rng, 8)) * PAGE;
		svma_core_import(&core, &vma);
		if (i % 64 == 0)
			check(&core.index, &walk);
	}
	EXPECT(core.index.height >= 2);
	/* From the top: the last entries of nodes go first. */
	for (i = regions; i--;) {
		if (rng_chance(&rng, 8))
			continue;
		svma_core_munmap(&core, (16 + 64 * i) * PAGE, 64 * PAGE);
		if (i % 64 == 0)
			check(&core.index, &walk);
	}
	EXPECT_EQ(walk.wrong, 0);
	EXPECT(walk.inners > 1000);
	svma_core_destroy(&core);
}

/* The largest gap that starts, as seen from an address, at or below another one. */
static unsigned long gap_max(struct svma_index *index, unsigned long from, unsigned long last)
{
	unsigned long most = 0, start = 0;
	struct svma_vma vma;

	for (; svma_index_find(index, start, &vma); start = vma.end) {
		unsigned long gap = max(start, from);

		if (gap <= last && vma.start > gap)
			most = max(most, vma.start - gap);
	}
	return most;
}

/* Each gap, looked for where nothing else counts; and the largest up to it. */
static void look_for_each(struct svma_index *index, struct rng *rng, struct walk *walk)
{
	unsigned long from = 0, start = 0, found, end;
	struct svma_vma vma;

	for (; svma_index_find(index, start, &vma); start = vma.end) {
		if (vma.start == start)
			continue;
		walk->wrong += !svma_index_gap_low(index, start, vma.start, PAGE, &found, &end) ||
			       found != start || end != vma.start;
		walk->wrong += !svma_index_gap_high(index, start, vma.start, PAGE, &found, &end) ||
			       found != start || end != vma.start;
		walk->wrong += svma_index_gap_max(index, start, start) != vma.start - start;
		if (rng_chance(rng, 20)) {
			walk->wrong += svma_index_gap_max(index, from, start) !=
				       gap_max(index, from, start);
			from = start;
		}
		walk->inners++;
	}
}

/*
 * A node that has lost its last entries keeps their gaps behind those that count. What is put off
 * when a leaf changes is made good by each search.
 */
TEST(index_gaps_behind_old_entries)
{
	const unsigned long regions = 3000;
	struct svma_core_machine machine;
	struct rng rng = { 11 };
	struct walk walk = { 0 };
	struct svma_core core;
	unsigned long i;

	start(&machine, &core);
	for (i = 0; i < regions; i++) {
		struct svma_vma vma = { .start = (16 + 64 * i + rng_below(&rng, 50)) * PAGE };

		vma.end = vma.start + (1 + rng_below(&rng, 8)) * PAGE;
		svma_core_import(&core, &vma);
	}
	EXPECT(core.index.height >= 2);
	for (i = 0; i < regions; i++) {
		unsigned long start = (16 + 64 * rng_below(&rng, regions)) * PAGE;

		svma_core_munmap(&core, start, (64 + 64 * rng_below(&rng, 8)) * PAGE);
		if (i % 50 == 0)
			walk.wrong += svma_index_gap_max(&core.index, 0, ULONG_MAX) !=
				      gap_max(&core.index, 0, ULONG_MAX);
		if (i % 300 == 0)
			look_for_each(&core.index, &rng, &walk);
	}
	EXPECT_EQ(walk.wrong, 0);
	EXPECT(walk.inners > 1000);
	svma_core_destroy(&core);
}

/*
 * Behind the last child of a node that is full there is no key, but a pointer to a child: regions
 * above all of those do not take it for one.
 */
TEST(index_gaps_full_node)
{
	const unsigned long base = 0x7e0000000000;
	struct svma_core_machine machine;
	struct rng rng = { 3 };
	struct walk walk = { 0 };
	const struct svma_inner *root;
	struct svma_core core;
	unsigned long i = 0;

	start(&machine, &core);
	do {
		/* Each gap is larger than the one before. */
		struct svma_vma vma = { .start = base + i * (64 + i) * PAGE };

		i++;
		vma.end = vma.start + PAGE;
		svma_core_import(&core, &vma);
		root = core.index.root;
	} while (core.index.height < 2 && (!core.index.height || root->count < SVMA_INNER_MAX));
	EXPECT_EQ(core.index.height, 1);
	look_for_each(&core.index, &rng, &walk);
	EXPECT((unsigned long)root->child[0] < base);
	EXPECT_EQ(walk.wrong, 0);
	EXPECT_EQ(walk.inners, i);
	svma_core_destroy(&core);
}
