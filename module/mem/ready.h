/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_READY_H
#define SVMA_MEM_READY_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct page;
struct svma_space;

/**
 * struct svma_ready - zeroed pages that a space has ready for its next faults
 * @wanted: whether it has any, ever; does not change
 * @lock: guards the others; nothing is taken or allocated below it
 * @count: how many there are
 * @pages: the pages, linked by their lru
 * @pause: when there may be more again, in jiffies
 * @work: gets and zeroes them
 */
struct svma_ready {
	bool wanted;
	spinlock_t lock;	/* guards what is below */
	unsigned int count;
	struct list_head pages;
	unsigned long pause;
	struct work_struct work;
};

int svma_ready_setup(void);
void svma_ready_cleanup(void);
void svma_ready_init(struct svma_space *space, bool wanted);
struct page *svma_ready_take(struct svma_space *space);
unsigned long svma_ready_drop(struct svma_space *space);
void svma_ready_stop(struct svma_space *space);

#endif /* SVMA_MEM_READY_H */
