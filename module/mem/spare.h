/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_SPARE_H
#define SVMA_MEM_SPARE_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct page;
struct svma_space;

/**
 * struct svma_spares - pages that a space has kept from its last batches, to be used again
 * @lock: guards the others; nothing is taken or allocated below it
 * @count: how many there are
 * @pages: the pages; NULL as long as there was none
 */
struct svma_spares {
	spinlock_t lock;	/* guards the others */
	unsigned int count;
	struct page **pages;
};

void svma_spare_init(struct svma_space *space);
void svma_spare_want(struct svma_space *space);
void svma_spare_put(struct svma_space *space, struct page **pages, unsigned int count);
unsigned int svma_spare_take(struct svma_space *space, struct page **pages, unsigned int count);
unsigned long svma_spare_drop(struct svma_space *space);

#endif /* SVMA_MEM_SPARE_H */
