/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes of the range index; for index.c and index_gap.c alone.
 */
#ifndef SVMA_INDEX_NODE_H
#define SVMA_INDEX_NODE_H

#include "core.h"

/* Whole cache lines: a leaf is 1 KiB, an inner node half of that. */
#define SVMA_LEAF_MAX	20u
#define SVMA_INNER_MAX	20u

/* What a lookup by address need not touch. */
struct svma_leaf_rest {
	u64 flags;
	unsigned long pgoff;
	struct svma_backing *backing;
	u32 anon;
	u32 attr;
};

struct svma_leaf {
	unsigned int count;
	unsigned long prev_end;		/* end of the region before this leaf's first, 0 for none */
	struct svma_leaf *spare;
	unsigned long start[SVMA_LEAF_MAX];
	unsigned long end[SVMA_LEAF_MAX];
	struct svma_leaf_rest rest[SVMA_LEAF_MAX];
};

struct svma_inner {
	unsigned int count;
	struct svma_inner *spare;
	unsigned long key[SVMA_INNER_MAX];	/* start of the first region below each child */
	unsigned long gap[SVMA_INNER_MAX];	/* largest gap below each child */
	void *child[SVMA_INNER_MAX];
};

/* The gap below a region: what is free between its predecessor and it, less its guard. */
static inline void svma_leaf_gap_at(const struct svma_index *index, const struct svma_leaf *leaf, unsigned int slot,
				    unsigned long *start, unsigned long *end)
{
	*start = slot ? leaf->end[slot - 1] : leaf->prev_end;
	*end = leaf->start[slot];
	if (leaf->rest[slot].flags & SVMA_VM_GROWSDOWN)
		*end -= min(index->guard, *end - *start);
}

#endif /* SVMA_INDEX_NODE_H */
