/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The range index: regions by address, with a search for gaps.
 *
 * A B+ tree that holds the regions themselves, by value, in its leaves: no region is ever allocated
 * alone, a lookup touches one leaf, and a change that needs no new node cannot fail. Nodes that a
 * change may need are set aside before it (svma_index_reserve()).
 */
#ifndef SVMA_INDEX_H
#define SVMA_INDEX_H

#include "core_internal.h"

struct svma_backing;

/**
 * struct svma_vma - one region
 * @start: first address
 * @end: end address, exclusive
 * @flags: SVMA_VM_*
 * @pgoff: offset of @start in the backing, pages
 * @backing: NULL for anonymous; the index holds one reference for each region in it
 * @anon: identity of the reverse map, 0 for never written
 * @attr: SVMA_ANON_* flags
 */
struct svma_vma {
	unsigned long start;
	unsigned long end;
	u64 flags;
	unsigned long pgoff;
	struct svma_backing *backing;
	u32 anon;
	u32 attr;
};

#define SVMA_INDEX_DEPTH	10	/* levels that no address space can exceed */

struct svma_leaf;
struct svma_inner;
struct svma_index;

/**
 * struct svma_cursor - a place in the index
 * @index: the index
 * @low: this leaf is the one to look in for addresses from here on
 * @high: and below this; the same as @low: that is not known
 * @path: nodes from the root to the leaf
 * @slot: slot taken in each
 *
 * A change of the index through one cursor makes every other cursor invalid.
 */
struct svma_cursor {
	struct svma_index *index;
	unsigned long low;
	unsigned long high;
	void *path[SVMA_INDEX_DEPTH];
	unsigned int slot[SVMA_INDEX_DEPTH];
};

/**
 * struct svma_index - the regions of one space
 * @root: the leaf or inner node at the top, NULL when empty
 * @height: levels above the leaves; 0: the root is a leaf
 * @count: number of regions
 * @spare_leaves: leaves set aside
 * @spare_inners: inner nodes set aside
 * @nr_spare_leaves: how many
 * @nr_spare_inners: how many
 * @leaves: leaves in the tree
 * @inners: inner nodes in the tree
 * @version: changes so far: two looks that find the same have seen one picture
 * @stale: the leaf at @finger has changed, and gaps above it are not up to date
 * @finger: where the last change was, or the last look of who is about to change something. Others
 *         only read it
 */
struct svma_index {
	void *root;
	unsigned int height;
	unsigned long count;
	struct svma_leaf *spare_leaves;
	struct svma_inner *spare_inners;
	unsigned int nr_spare_leaves;
	unsigned int nr_spare_inners;
	unsigned long leaves;
	unsigned long inners;
	unsigned long version;
	bool stale;
	struct svma_cursor finger;
};

int svma_index_setup(void);
void svma_index_cleanup(void);

void svma_index_init(struct svma_index *index);
void svma_index_destroy(struct svma_index *index);
int svma_index_reserve(struct svma_index *index, unsigned int inserts);
unsigned long svma_index_memory(const struct svma_index *index);
int svma_index_clone(struct svma_index *copy, struct svma_index *index);

/* Each tells whether there is such a region; *vma is a copy of it. @vma may be NULL. */
bool svma_index_find(struct svma_index *index, unsigned long addr, struct svma_vma *vma);
bool svma_index_seek(struct svma_index *index, unsigned long addr, struct svma_vma *vma);
bool svma_index_same(struct svma_index *index, struct svma_index *other);
bool svma_index_last(const struct svma_index *index, struct svma_vma *vma);
bool svma_cursor_find(struct svma_cursor *cursor, struct svma_index *index, unsigned long addr,
		      struct svma_vma *vma);
bool svma_cursor_next(struct svma_cursor *cursor, struct svma_vma *vma);
bool svma_cursor_prev(struct svma_cursor *cursor, struct svma_vma *vma);
void svma_cursor_get(const struct svma_cursor *cursor, struct svma_vma *vma);

/*
 * Changes: cannot fail after svma_index_reserve(). These, svma_index_seek() and the search for gaps
 * want the index exclusively.
 */
void svma_index_insert(struct svma_index *index, const struct svma_vma *vma);
void svma_index_erase(struct svma_index *index, unsigned long start);
void svma_index_set(struct svma_index *index, unsigned long start, const struct svma_vma *vma);

bool svma_index_splice(struct svma_index *index, unsigned long start, unsigned int gone,
		       const struct svma_vma *vmas, unsigned int count);

bool svma_index_gap_low(struct svma_index *index, unsigned long low, unsigned long high,
			unsigned long len, unsigned long *start, unsigned long *end);
bool svma_index_gap_high(struct svma_index *index, unsigned long low, unsigned long high,
			 unsigned long len, unsigned long *start, unsigned long *end);

unsigned long svma_index_gap_max(struct svma_index *index, unsigned long from, unsigned long last);

const char *svma_index_validate(struct svma_index *index);

#endif /* SVMA_INDEX_H */
