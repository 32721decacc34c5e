/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reverse mapping: which regions of which spaces map a part of a file.
 */
#ifndef SVMA_RMAP_H
#define SVMA_RMAP_H

#include "core_internal.h"

struct svma_core;
struct svma_vma;
struct svma_rmap_node;

/**
 * struct svma_rmap_tree - the regions that map one file, on one machine
 * @lock: guards the tree; innermost
 * @root: an interval tree over pages of the file
 * @count: number of regions
 * @seed: of the priorities that keep the tree flat
 */
struct svma_rmap_tree {
	spinlock_t lock;	/* guards all that follows */
	struct svma_rmap_node *root;
	unsigned long count;
	u32 seed;
};

int svma_rmap_setup(void);
void svma_rmap_cleanup(void);
void svma_rmap_init(struct svma_rmap_tree *rmap);
int svma_rmap_reserve(struct svma_core *core, unsigned int inserts);
void svma_rmap_release(struct svma_core *core);
void svma_rmap_add(struct svma_core *core, const struct svma_vma *vma);
void svma_rmap_remove(struct svma_core *core, const struct svma_vma *vma);
unsigned int svma_rmap_query(struct svma_rmap_tree *rmap, u64 first, u64 last,
			     const struct svma_rmap_region *after, struct svma_rmap_region *found,
			     unsigned int room, bool *more);
const char *svma_rmap_validate(struct svma_rmap_tree *rmap);

#endif /* SVMA_RMAP_H */
