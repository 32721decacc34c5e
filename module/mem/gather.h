/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting off for a while what is costly one by one: ranges whose hardware entries must go, and
 * entries of the page table whose pages may be freed only after that.
 */
#ifndef SVMA_GATHER_H
#define SVMA_GATHER_H

#include <linux/types.h>

struct svma_space;

#define SVMA_GATHER_RANGES	64U

/**
 * struct svma_gather_range - hardware entries that must go
 * @start: first address
 * @end: end address
 */
struct svma_gather_range {
	unsigned long start;
	unsigned long end;
};

/**
 * struct svma_gather - what one holder of a space's lock has put off
 * @space: the space, its lock held exclusively from svma_gather_begin() to svma_gather_end()
 * @ranges: how many of @range
 * @count: how many of @entry
 * @room: how many @entry can hold
 * @range: by address; none is near the next
 * @entry: pages and nodes that the page table no longer has
 *
 * A hardware entry for an address in @range may show a page in @entry. Neither can become more
 * behind our back: entries of windows are made under the lock.
 */
struct svma_gather {
	struct svma_space *space;
	unsigned int ranges;
	unsigned int count;
	unsigned int room;
	struct svma_gather_range range[SVMA_GATHER_RANGES];
	unsigned long entry[];
};

struct svma_gather *svma_gather_alloc(struct svma_space *space, unsigned int room);
void svma_gather_free(struct svma_gather *gather);
void svma_gather_begin(struct svma_gather *gather);
void svma_gather_end(struct svma_gather *gather);

void svma_gather_zap(struct svma_gather *gather, unsigned long start, unsigned long end);
void svma_gather_page(struct svma_gather *gather, unsigned long entry);
void svma_gather_node(struct svma_gather *gather, unsigned long *node, unsigned int level);

#endif /* SVMA_GATHER_H */
