/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a region that come or go one here, one there: what leads to them is looked for once for
 * each leaf of the page table.
 */
#ifndef SVMA_MEM_APART_H
#define SVMA_MEM_APART_H

#include "page.h"

struct svma_space;
struct svma_vma;

/**
 * struct svma_apart - a walk from place to place
 * @space: the space, its lock held exclusively all the time
 * @leaf: where the last place was, the table's own; NULL: nowhere yet
 * @base: page number of its first entry
 * @emptied: something went from it, the last thing right below this entry; 0: nothing did
 * @came: pages that came into being
 * @went: pages that went
 * @need: pages that the next places may need, for the caller to add to
 * @spares: how many of @spare there are
 * @spare: zeroed pages for the next places
 */
struct svma_apart {
	struct svma_space *space;
	unsigned long *leaf;
	unsigned long base;
	unsigned int emptied;
	unsigned long came;
	unsigned long went;
	unsigned long need;
	unsigned int spares;
	struct page *spare[SVMA_RUN_PAGES];
};

bool svma_apart_fits(const struct svma_space *space, const struct svma_vma *vma, bool populate);
void svma_apart_begin(struct svma_apart *apart, struct svma_space *space);
bool svma_apart_populate(struct svma_apart *apart, unsigned long start, unsigned long end);
bool svma_apart_discard(struct svma_apart *apart, unsigned long start, unsigned long end);
void svma_apart_end(struct svma_apart *apart);

#endif /* SVMA_MEM_APART_H */
