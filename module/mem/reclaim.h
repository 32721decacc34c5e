/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_RECLAIM_H
#define SVMA_MEM_RECLAIM_H

#include <linux/atomic.h>
#include <linux/types.h>

struct kmem_cache;
struct svma_space;

/**
 * struct svma_reclaim - what of a space can be given back when memory is short; part of it
 * @node: in the list of all spaces with pages, which reclaim.c locks
 * @lru: tells the kernel that the creator's memory cgroup has something to give back
 * @pages: about how many pages it may be worth to look at: those of files that came since it was
 *         last looked through, and those that had to stay then
 * @stay: of these the ones met so far in this round; guarded by the space's lock, as is @next
 * @next: page number to go on from
 * @given: pages that were given back
 */
struct svma_reclaim {
	struct list_head node;
	struct list_head lru;
	atomic_long_t pages;
	unsigned long stay;
	unsigned long next;
	atomic_long_t given;
};

int svma_reclaim_setup(void);
void svma_reclaim_cleanup(void);
struct svma_space *svma_reclaim_alloc(struct kmem_cache *cache);
void svma_reclaim_add(struct svma_space *space);
void svma_reclaim_remove(struct svma_space *space);

#endif /* SVMA_MEM_RECLAIM_H */
