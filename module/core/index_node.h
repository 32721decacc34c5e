/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes of the range index; for the files index*.c alone.
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

/* The gap below a region: what is free between its predecessor and it. */
static inline unsigned long svma_leaf_gap_start(const struct svma_leaf *leaf, unsigned int slot)
{
	return slot ? leaf->end[slot - 1] : leaf->prev_end;
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

static inline void svma_leaf_copy(struct svma_leaf *to, unsigned int at,
				  const struct svma_leaf *from, unsigned int slot,
				  unsigned int count)
{
	memmove(&to->start[at], &from->start[slot], count * sizeof(to->start[0]));
	memmove(&to->end[at], &from->end[slot], count * sizeof(to->end[0]));
	memmove(&to->rest[at], &from->rest[slot], count * sizeof(to->rest[0]));
}

static inline void svma_inner_copy(struct svma_inner *to, unsigned int at,
				   const struct svma_inner *from, unsigned int slot,
				   unsigned int count)
{
	memmove(&to->key[at], &from->key[slot], count * sizeof(to->key[0]));
	memmove(&to->gap[at], &from->gap[slot], count * sizeof(to->gap[0]));
	memmove(&to->child[at], &from->child[slot], count * sizeof(to->child[0]));
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
