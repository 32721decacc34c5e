// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of private anonymous memory come and go at many places of one region, as by many verbs, but
 * the region and each leaf of the page table are found once. Only what is easy is done here: where
 * anything is in the way, a caller is told so, and has the verb do it, which knows all.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "apart.h"
#include "mem.h"
#include "page.h"
#include "pagetable_node.h"
#include "../space.h"

/* What makes a region, or a verb on it, other than plain. */
#define SVMA_APART_NOT \
	(SVMA_VM_SHARED | SVMA_VM_HUGETLB | SVMA_VM_IO | SVMA_VM_PFNMAP | SVMA_VM_LOCKED | \
	 SVMA_VM_SEALED)

/**
 * svma_apart_fits() - is a region one of which pages may come, or go, so?
 * @space: the space, its lock held exclusively
 * @vma: the region
 * @populate: they are to come, writable; else they are to go
 *
 * Return: whether it is, as long as the lock is held and no verb comes in between.
 */
bool svma_apart_fits(const struct svma_space *space, const struct svma_vma *vma, bool populate)
{
	if (space->layout || space->hot.count || vma->backing || vma->flags & SVMA_APART_NOT ||
	    svma_pages(vma->end) > SVMA_PT_LIMIT)
		return false;
	/* The first write gives a region its reverse map. */
	return !populate ||
	       (vma->flags & SVMA_VM_WRITE && vma->anon && !svma_block_asked(space, vma));
}

/**
 * svma_apart_begin() - before the first place
 * @apart: to be given to the others, and last to svma_apart_end()
 * @space: the space, its lock held exclusively from now on to svma_apart_end()
 */
void svma_apart_begin(struct svma_apart *apart, struct svma_space *space)
{
	lockdep_assert_held_write(&space->lock);
	*apart = (struct svma_apart){ .space = space };
}

/* From a leaf to another one: what is empty goes. */
static void svma_apart_leave(struct svma_apart *apart)
{
	if (apart->emptied)
		svma_pagetable_trim(&apart->space->pages, apart->base, apart->emptied);
	apart->emptied = 0;
	apart->leaf = NULL;
}

/* The entry of a page, in a leaf of the table's own that is there, or is made. NULL: neither. */
static unsigned long *svma_apart_slot(struct svma_apart *apart, unsigned long index)
{
	unsigned int at = svma_node_offset(index, 0);
	struct svma_space *space = apart->space;
	unsigned long *slot;

	if (apart->leaf && apart->base == index - at)
		return apart->leaf + at;
	svma_apart_leave(apart);
	slot = svma_pagetable_slot(&space->pages, index, space, false);
	if (IS_ERR(slot))
		return NULL;
	apart->leaf = slot - at;
	apart->base = index - at;
	return slot;
}

/* A zeroed page with a share, or NULL. */
static struct page *svma_apart_page(struct svma_apart *apart)
{
	if (!apart->spares)
		apart->spares = svma_page_alloc_some(apart->space, apart->spare,
						     clamp(apart->need, 1UL, SVMA_RUN_PAGES + 0UL));
	return apart->spares ? apart->spare[--apart->spares] : NULL;
}

/**
 * svma_apart_populate() - have pages at a place, to be written
 * @apart: the walk; its @need has these pages in it
 * @start: first page number
 * @end: end, exclusive; in a region that svma_apart_fits()
 *
 * Return: true if they are there. Else it is for the verb, from the first page on: some may be
 * there already, as after a verb that fails.
 */
bool svma_apart_populate(struct svma_apart *apart, unsigned long start, unsigned long end)
{
	unsigned long *slot, index;
	struct page *page;

	for (index = start; index < end; index++, apart->need--) {
		slot = svma_apart_slot(apart, index);
		if (!slot)
			return false;
		if (svma_pt_is_page(*slot) && svma_entry_private(*slot))
			continue;
		page = *slot ? NULL : svma_apart_page(apart);
		if (!page)
			return false;
		WRITE_ONCE(*slot, (unsigned long)page);
		apart->came++;
	}
	return true;
}

/**
 * svma_apart_discard() - have pages at a place go; guards stay
 * @apart: the walk
 * @start: first page number
 * @end: end, exclusive; in a region that svma_apart_fits()
 *
 * Return: true if they are gone. Else nothing has changed, and it is for the verb.
 */
bool svma_apart_discard(struct svma_apart *apart, unsigned long start, unsigned long end)
{
	struct svma_space *space = apart->space;
	unsigned int from = svma_node_offset(start, 0), last;
	bool own;

	/* A whole leaf goes by its node, and what is shared as a whole. */
	if ((start ^ (end - 1)) >> SVMA_PT_BITS || end - start == SVMA_PT_ENTRIES)
		return false;
	if (!apart->leaf || apart->base != start - from) {
		svma_apart_leave(apart);
		apart->leaf = svma_pagetable_leaf(&space->pages, start, &own);
		if (!apart->leaf)
			return true;
		apart->base = start - from;
		if (!own) {
			apart->leaf = NULL;
			return false;
		}
	}
	svma_mem_zap(space, start << PAGE_SHIFT, end << PAGE_SHIFT);
	last = svma_pagetable_discard_leaf(&space->pages, apart->leaf, from, from + end - start,
					   &apart->went);
	apart->emptied = last ?: apart->emptied;
	return true;
}

/**
 * svma_apart_end() - behind the last place, and before any verb
 * @apart: the walk
 */
void svma_apart_end(struct svma_apart *apart)
{
	svma_apart_leave(apart);
	atomic_long_add(apart->came - apart->went, &apart->space->pages.resident);
	while (apart->spares)
		svma_entry_unshare((unsigned long)apart->spare[--apart->spares]);
}
