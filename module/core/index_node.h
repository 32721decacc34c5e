/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes of the range index; for the files index*.c alone.
 */
#ifndef SVMA_INDEX_NODE_H
#define SVMA_INDEX_NODE_H

#include "core.h"

/* Whole cache lines: a leaf is 1 KiB, an inner node half of that. */
#define SVMA_NODE_MAX	20u
#define SVMA_LEAF_MAX	SVMA_NODE_MAX
#define SVMA_INNER_MAX	SVMA_NODE_MAX

/* What a search in a node finds where there is nothing: no region starts or ends there. */
#define SVMA_NODE_NONE	ULONG_MAX

/* What a search by address need not touch; half a cache line. */
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
	unsigned long end[SVMA_LEAF_MAX];	/* SVMA_NODE_NONE from @count on */
	unsigned long start[SVMA_LEAF_MAX];
	struct svma_leaf *spare;
	struct svma_leaf_rest rest[SVMA_LEAF_MAX] __aligned(32);
} __aligned(64);

struct svma_inner {
	unsigned int count;
	struct svma_inner *spare;
	unsigned long key[SVMA_INNER_MAX];	/* start of the first region below each child */
	void *child[SVMA_INNER_MAX];
	unsigned long gap[SVMA_INNER_MAX];	/* largest gap below each child */
} __aligned(64);

/*
 * How many entries of a node's array are at most @value, which is not SVMA_NODE_NONE.
 *
 * No branch depends on the answer: it cannot be predicted, and the loads of all rounds, of the
 * nodes below and of the look-up after this one begin before it is known. First the last entries of
 * all blocks of four but one, then the block.
 */
static inline unsigned int svma_node_count(const unsigned long *sorted, unsigned long value)
{
	unsigned int at;

	BUILD_BUG_ON(SVMA_NODE_MAX != 20);
	at = 4 * ((sorted[3] <= value) + (sorted[7] <= value) + (sorted[11] <= value) +
		  (sorted[15] <= value));
	sorted += at;
	return at + (sorted[0] <= value) + (sorted[1] <= value) + (sorted[2] <= value) +
	       (sorted[3] <= value);
}

/* The first slot of a leaf whose region ends above an address; its count if there is none. */
static inline unsigned int svma_leaf_slot(const struct svma_leaf *leaf, unsigned long addr)
{
	return svma_node_count(leaf->end, min(addr, SVMA_NODE_NONE - 1));
}

/* The slot of the child below which an address is looked for. */
static inline unsigned int svma_inner_slot(const struct svma_inner *inner, unsigned long addr)
{
	unsigned int below = svma_node_count(inner->key, min(addr, SVMA_NODE_NONE - 1));

	return below - !!below;
}

/* The gap below a region: what is free between its predecessor and it. */
static inline unsigned long svma_leaf_gap_start(const struct svma_leaf *leaf, unsigned int slot)
{
	return slot ? leaf->end[slot - 1] : leaf->prev_end;
}

/*
 * A leaf was gone down to: which region of it is wanted is known when its addresses are there, and
 * the rest of that would be waited for once more.
 */
static inline void svma_leaf_prefetch(const struct svma_leaf *leaf)
{
	unsigned int slot;

	for (slot = 0; slot < SVMA_LEAF_MAX; slot += 64 / sizeof(leaf->rest[0]))
		__builtin_prefetch(&leaf->rest[slot]);
}

static inline void svma_leaf_read(const struct svma_leaf *leaf, unsigned int slot,
				  struct svma_vma *vma)
{
	vma->start = leaf->start[slot];
	vma->end = leaf->end[slot];
	vma->flags = leaf->rest[slot].flags;
	vma->pgoff = leaf->rest[slot].pgoff;
	vma->backing = leaf->rest[slot].backing;
	vma->anon = leaf->rest[slot].anon;
	vma->attr = leaf->rest[slot].attr;
}

static inline void svma_leaf_write(struct svma_leaf *leaf, unsigned int slot,
				   const struct svma_vma *vma)
{
	leaf->start[slot] = vma->start;
	leaf->end[slot] = vma->end;
	leaf->rest[slot].flags = vma->flags;
	leaf->rest[slot].pgoff = vma->pgoff;
	leaf->rest[slot].backing = vma->backing;
	leaf->rest[slot].anon = vma->anon;
	leaf->rest[slot].attr = vma->attr;
}

static inline void svma_leaf_move(struct svma_leaf *to, unsigned int at,
				  const struct svma_leaf *from, unsigned int slot)
{
	to->start[at] = from->start[slot];
	to->end[at] = from->end[slot];
	to->rest[at] = from->rest[slot];
}

/*
 * As memmove(), but of a few entries of all arrays at once: string instructions are not faster for
 * so little, and an emulator takes many times as long for them.
 */
static inline void svma_leaf_copy(struct svma_leaf *to, unsigned int at,
				  const struct svma_leaf *from, unsigned int slot,
				  unsigned int count)
{
	unsigned int i;

	if (at <= slot) {
		for (i = 0; i < count; i++)
			svma_leaf_move(to, at + i, from, slot + i);
	} else {
		for (i = count; i--;)
			svma_leaf_move(to, at + i, from, slot + i);
	}
}

static inline void svma_inner_move(struct svma_inner *to, unsigned int at,
				   const struct svma_inner *from, unsigned int slot)
{
	to->key[at] = from->key[slot];
	to->gap[at] = from->gap[slot];
	to->child[at] = from->child[slot];
}

static inline void svma_inner_copy(struct svma_inner *to, unsigned int at,
				   const struct svma_inner *from, unsigned int slot,
				   unsigned int count)
{
	unsigned int i;

	if (at <= slot) {
		for (i = 0; i < count; i++)
			svma_inner_move(to, at + i, from, slot + i);
	} else {
		for (i = count; i--;)
			svma_inner_move(to, at + i, from, slot + i);
	}
}

/* Only the first @count entries are left. */
static inline void svma_leaf_cut(struct svma_leaf *leaf, unsigned int count)
{
	while (leaf->count > count)
		leaf->end[--leaf->count] = SVMA_NODE_NONE;
}

static inline void svma_inner_cut(struct svma_inner *inner, unsigned int count)
{
	while (inner->count > count)
		inner->key[--inner->count] = SVMA_NODE_NONE;
}

static inline unsigned long svma_node_key(const void *node, unsigned int height)
{
	return height ? ((const struct svma_inner *)node)->key[0]
		      : ((const struct svma_leaf *)node)->start[0];
}

/* index_node.c */
void svma_backing_get(struct svma_backing *backing);
void svma_backing_put(struct svma_backing *backing);
struct svma_leaf *svma_leaf_take(struct svma_index *index);
struct svma_inner *svma_inner_take(struct svma_index *index);
void svma_leaf_give(struct svma_index *index, struct svma_leaf *leaf);
void svma_inner_give(struct svma_index *index, struct svma_inner *inner);

/* Is the leaf at a cursor the one to look in for an address? */
static inline bool svma_cursor_covers(const struct svma_cursor *cursor, unsigned long addr)
{
	return addr - cursor->low < cursor->high - cursor->low;
}

/* index.c */
struct svma_leaf *svma_path_to(struct svma_cursor *cursor, struct svma_index *index,
			       unsigned long start);
struct svma_cursor *svma_finger_to(struct svma_index *index, unsigned long start);
bool svma_path_next(struct svma_cursor *cursor);

/* index_change.c */
void svma_index_settle(struct svma_index *index);
void svma_finger_drop(struct svma_index *index);
unsigned long svma_node_gap(const void *node, unsigned int height);

#endif /* SVMA_INDEX_NODE_H */
