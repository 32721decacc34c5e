// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware entries of many verbs removed in one pass, and the pages after that.
 *
 * The rule is the same as for one verb: first the entries, in every window of every process, then
 * the pages. Only the time between the change of the page table and both is longer. Nobody sees
 * that: whoever has an entry goes on as if the batch had not come to that verb yet, and whoever has
 * none waits for the lock.
 */
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "gather.h"
#include "mem.h"
#include "pagetable_node.h"
#include "../space.h"

/* An entry is that of a page, marks and all, or a node, which is a page itself, with its level. */
#define SVMA_GATHER_NODE	16UL
#define SVMA_GATHER_LEVEL	3UL

/* Ranges so near each other are one: to look for entries between them costs less than a call. */
#define SVMA_GATHER_NEAR	(8 * PAGE_SIZE)

/**
 * svma_gather_alloc() - make room for what is to be put off
 * @space: the space
 * @room: entries; what is more is dealt with as often as needed
 *
 * Return: it, to be given to svma_gather_free(), or NULL.
 */
struct svma_gather *svma_gather_alloc(struct svma_space *space, unsigned int room)
{
	struct svma_gather *gather;

	gather = kvmalloc(struct_size(gather, entry, room), GFP_KERNEL_ACCOUNT);
	if (!gather)
		return NULL;
	gather->space = space;
	gather->ranges = 0;
	gather->count = 0;
	gather->room = room;
	return gather;
}

/**
 * svma_gather_free() - give the room back
 * @gather: it, empty; may be NULL
 */
void svma_gather_free(struct svma_gather *gather)
{
	kvfree(gather);
}

/**
 * svma_gather_begin() - put off from now on
 * @gather: where to
 *
 * Not for a space with regions of files: who changes or writes back a file finds the regions that
 * show it, and a region that is gone must have no entries any more.
 */
void svma_gather_begin(struct svma_gather *gather)
{
	lockdep_assert_held_write(&gather->space->lock);
	gather->space->pages.gather = gather;
}

/* First the entries, in all windows, then the pages. */
static void svma_gather_flush(struct svma_gather *gather)
{
	struct page **kept = (struct page **)gather->entry;
	struct svma_space *space = gather->space;
	unsigned int i, count = 0;
	unsigned long pages = 0;

	space->pages.gather = NULL;
	for (i = 0; i < gather->ranges; i++)
		svma_mem_zap(space, gather->range[i].start, gather->range[i].end);
	gather->ranges = 0;
	for (i = 0; i < gather->count; i++) {
		unsigned long entry = gather->entry[i];

		if (entry & SVMA_GATHER_NODE)
			svma_node_put((unsigned long *)(entry & PAGE_MASK),
				      entry & SVMA_GATHER_LEVEL, &pages);
		else if (entry & SVMA_PT_FOREIGN)
			put_page(svma_pt_page(entry));
		else if (atomic_long_dec_and_test(svma_shares(svma_pt_page(entry))))
			kept[count++] = svma_pt_page(entry);
		if (i % 1024 == 1023)
			cond_resched();
	}
	/* What nobody else has is in place of the entries that were looked at. */
	svma_spare_put(space, kept, count);
	gather->count = 0;
	atomic_long_sub(pages, &space->pages.resident);
}

/**
 * svma_gather_end() - do all that was put off
 * @gather: it
 *
 * To be called before the space's lock is given up.
 */
void svma_gather_end(struct svma_gather *gather)
{
	lockdep_assert_held_write(&gather->space->lock);
	svma_gather_flush(gather);
}

/* Two neighbours become one range; those with the least between them. */
static void svma_gather_squeeze(struct svma_gather *gather)
{
	struct svma_gather_range *range = gather->range;
	unsigned long least = ULONG_MAX;
	unsigned int i, at = 0;

	for (i = 0; i + 1 < gather->ranges; i++) {
		if (range[i + 1].start - range[i].end < least) {
			least = range[i + 1].start - range[i].end;
			at = i;
		}
	}
	range[at].end = range[at + 1].end;
	gather->ranges--;
	memmove(&range[at + 1], &range[at + 2], (gather->ranges - at - 1) * sizeof(*range));
}

/**
 * svma_gather_zap() - the hardware entries of a range must go
 * @gather: where to put that off
 * @start: first address
 * @end: end address
 *
 * What lies between two that are near each other goes as well, and if there are many ranges,
 * between those that are nearest: it comes back by faults.
 */
void svma_gather_zap(struct svma_gather *gather, unsigned long start, unsigned long end)
{
	struct svma_gather_range *range = gather->range;
	unsigned int at = gather->ranges, last;

	if (start >= end)
		return;
	/* range[at] is the first that the new one is near to or that lies above it. */
	while (at && range[at - 1].end + SVMA_GATHER_NEAR >= start)
		at--;
	for (last = at; last < gather->ranges && range[last].start <= end + SVMA_GATHER_NEAR;
	     last++) {
		start = min(start, range[last].start);
		end = max(end, range[last].end);
	}
	if (last == at) {
		if (gather->ranges == SVMA_GATHER_RANGES) {
			svma_gather_squeeze(gather);
			svma_gather_zap(gather, start, end);
			return;
		}
		last = at + 1;
		memmove(&range[last], &range[at], (gather->ranges - at) * sizeof(*range));
		gather->ranges++;
	} else {
		memmove(&range[at + 1], &range[last], (gather->ranges - last) * sizeof(*range));
		gather->ranges -= last - at - 1;
	}
	range[at] = (struct svma_gather_range){ .start = start, .end = end };
}

static void svma_gather_add(struct svma_gather *gather, unsigned long entry)
{
	/* The entries of what is being taken out go now; no new ones can come in between. */
	if (gather->count == gather->room) {
		svma_gather_flush(gather);
		svma_gather_begin(gather);
	}
	gather->entry[gather->count++] = entry;
}

/**
 * svma_gather_page() - an entry of the page table is taken out
 * @gather: where to keep its share
 * @entry: of a page
 */
void svma_gather_page(struct svma_gather *gather, unsigned long entry)
{
	svma_gather_add(gather, entry);
}

/**
 * svma_gather_node() - a node is taken out with all below it
 * @gather: where to keep its share
 * @node: the node
 * @level: of it
 */
void svma_gather_node(struct svma_gather *gather, unsigned long *node, unsigned int level)
{
	svma_gather_add(gather, (unsigned long)node | SVMA_GATHER_NODE | level);
}
