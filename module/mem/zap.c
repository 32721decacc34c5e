// SPDX-License-Identifier: GPL-2.0
/*
 * What the region core's changes mean for pages and for hardware entries. The order is the point:
 * first the entries go, in every window of every process, then the pages.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "gather.h"
#include "hot.h"
#include "mem.h"
#include "pagetable.h"
#include "../space.h"

/**
 * svma_mem_zap() - remove the hardware entries of a range in every window
 * @space: the space; to make sure that none comes back, its lock is held exclusively
 * @start: first address
 * @end: end address
 *
 * Without a window there is no entry: each is counted before it can take its first fault. If the
 * holder of the lock gathers, they go when it is done, and the pages that they show after them.
 */
void svma_mem_zap(struct svma_space *space, unsigned long start, unsigned long end)
{
	if (start >= end || !atomic_long_read(&space->windows))
		return;
	atomic_long_inc(&space->window_changes);
	if (space->pages.gather)
		svma_gather_zap(space->pages.gather, start, end);
	else
		unmap_mapping_range(space->mapping, start, end - start, 1);
}

/* The same of a range that may never have been touched: where nothing is, nothing shows it. */
static void svma_mem_zap_present(struct svma_space *space, unsigned long start, unsigned long end)
{
	if (atomic_long_read(&space->windows) &&
	    (space->hot.count ||
	     svma_pagetable_any(&space->pages, svma_pages(start), svma_pages(end))))
		svma_mem_zap(space, start, end);
}

/**
 * svma_mem_unmap() - pages and hardware entries of a range go (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 */
void svma_mem_unmap(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_space *space = svma_space_of_core(core);

	lockdep_assert_held_write(&space->lock);
	svma_mem_zap_present(space, start, end);
	svma_hot_drop(space, svma_pages(start), svma_pages(end));
	svma_pagetable_erase(&space->pages, svma_pages(start), svma_pages(end));
}

/**
 * svma_mem_prepare() - make sure that pages of a range can go (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 *
 * Return: 0 or -ENOMEM.
 */
int svma_mem_prepare(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_space *space = svma_space_of_core(core);

	lockdep_assert_held_write(&space->lock);
	return svma_pagetable_own_edges(&space->pages, svma_pages(start), svma_pages(end), space);
}

/**
 * svma_mem_discard() - pages of a range go, its regions stay (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 *
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int svma_mem_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_space *space = svma_space_of_core(core);
	unsigned long first = svma_pages(start), limit = svma_pages(end);
	int err;

	lockdep_assert_held_write(&space->lock);
	err = svma_pagetable_own_guards(&space->pages, first, limit, space);
	if (err)
		return err;
	svma_mem_zap(space, start, end);
	svma_hot_drop(space, first, limit);
	svma_pagetable_discard(&space->pages, first, limit);
	return 0;
}

/**
 * svma_mem_protect() - hardware entries of a range may allow too much (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 */
void svma_mem_protect(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_space *space = svma_space_of_core(core);

	lockdep_assert_held_write(&space->lock);
	svma_mem_zap_present(space, start, end);
}

/**
 * svma_mem_move() - the pages of a range go elsewhere (struct svma_core_ops)
 * @core: the space's regions
 * @from: first address
 * @to: where it goes
 * @len: bytes
 *
 * The verb has called svma_pagetable_reserve_move().
 */
void svma_mem_move(struct svma_core *core, unsigned long from, unsigned long to, unsigned long len)
{
	struct svma_space *space = svma_space_of_core(core);

	lockdep_assert_held_write(&space->lock);
	svma_mem_zap_present(space, from, from + len);
	/* Windows may show the zero page where the pages go to. */
	svma_mem_zap_present(space, to, to + len);
	svma_hot_move(space, svma_pages(from), svma_pages(to), svma_pages(len));
	/* Where the page table has no place, only a layout-only space can go: it loses guards. */
	if (svma_pages(to + len) > SVMA_PT_LIMIT) {
		svma_pagetable_erase(&space->pages, svma_pages(from), svma_pages(from + len));
		return;
	}
	svma_pagetable_move(&space->pages, svma_pages(from), svma_pages(to), svma_pages(len));
}
