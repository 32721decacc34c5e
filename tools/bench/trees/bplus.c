// SPDX-License-Identifier: GPL-2.0
/* Ours, as module/core has it. */
#include "index.h"
#include "tree.h"

static struct svma_index tree;

static bool tree_find(unsigned long addr, struct tree_region *region)
{
	struct svma_vma vma;

	if (!svma_index_find(&tree, addr, &vma) || vma.start > addr)
		return false;
	region->start = vma.start;
	region->end = vma.end;
	region->flags = vma.flags;
	region->more[0] = vma.pgoff;
	region->more[1] = (unsigned long)vma.backing;
	region->more[2] = vma.anon;
	return true;
}

/* There is no look-up of less than all that a region says. */
static bool tree_walk(unsigned long addr, unsigned long *start, unsigned long *end)
{
	struct svma_vma vma;

	if (!svma_index_find(&tree, addr, &vma))
		return false;
	*start = vma.start;
	*end = vma.end;
	return true;
}

static bool tree_insert(unsigned long start)
{
	const struct svma_vma vma = {
		.start = start, .end = start + TREE_PAGE, .flags = TREE_FLAGS(start)
	};

	if (svma_index_reserve(&tree, 1))
		return false;
	svma_index_insert(&tree, &vma);
	return true;
}

static bool tree_erase(unsigned long start)
{
	svma_index_erase(&tree, start);
	return true;
}

static bool tree_gap(bool lowest, unsigned long low, unsigned long high, unsigned long len,
		     unsigned long *start)
{
	unsigned long end;

	if (!(lowest ? svma_index_gap_low(&tree, low, high, len, start, &end) :
		       svma_index_gap_high(&tree, low, high, len, start, &end)))
		return false;
	if (!lowest)
		*start = end - len;
	return true;
}

static bool reset(void)
{
	static bool setup;

	if (!setup && svma_index_setup())
		return false;
	setup = true;
	svma_index_destroy(&tree);
	return true;
}

static unsigned long bytes(void)
{
	return svma_index_memory(&tree);
}

#include "tree_loops.h"

const struct tree_ops tree_bplus = {
	.name = "B+ tree", .reset = reset, .add = tree_insert, .bytes = bytes, TREE_LOOPS
};
