// SPDX-License-Identifier: GPL-2.0
/*
 * Guards: pages that nobody may touch, inside a region (madvise MADV_GUARD_INSTALL). They are marks
 * in the page table, which the next access runs into. They survive what takes pages away, move with
 * a region, and go with it.
 *
 * A layout-only space keeps them too, for what is to be made present: the guards are all that its
 * page table holds. Above what that has a place for it keeps none.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "hot.h"
#include "mem.h"
#include "pagetable.h"
#include "../space.h"

/* All places first: that can fail. */
static int svma_guard_reserve(struct svma_space *space, unsigned long first, unsigned long end)
{
	unsigned long index;

	for (index = first; index < end;
	     index = round_down(index, SVMA_PT_ENTRIES) + SVMA_PT_ENTRIES) {
		unsigned long *slot = svma_pagetable_slot(&space->pages, index, space, true);

		if (IS_ERR(slot))
			return PTR_ERR(slot);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void svma_guard_install(struct svma_space *space, unsigned long first, unsigned long end)
{
	unsigned long index;

	for (index = first; index < end; index++) {
		unsigned long *slot = svma_pagetable_slot(&space->pages, index, space, true);

		/* There since svma_guard_reserve(). */
		if (!WARN_ON_ONCE(IS_ERR(slot)))
			svma_pagetable_guard(&space->pages, slot);
		if (!(index % SVMA_PT_ENTRIES))
			cond_resched();
	}
}

static int svma_guard_found(unsigned long index, unsigned long *slot, void *data)
{
	return READ_ONCE(*slot) == SVMA_PT_GUARD;
}

/**
 * svma_mem_has_guard() - is a page of a range a guard?
 * @space: the space, its lock held
 * @start: first address
 * @end: end address
 *
 * Return: whether one is.
 */
bool svma_mem_has_guard(struct svma_space *space, unsigned long start, unsigned long end)
{
	lockdep_assert_held(&space->lock);
	return svma_pagetable_walk(&space->pages, svma_pages(start), svma_pages(end),
				   svma_guard_found, NULL);
}

static int svma_guard_remove_one(unsigned long index, unsigned long *slot, void *data)
{
	if (*slot == SVMA_PT_GUARD)
		*slot = 0;
	if (!(index % SVMA_PT_ENTRIES))
		cond_resched();
	return 0;
}

/**
 * svma_mem_set_guard() - make the pages of a range guards, or guards nothing (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 * @install: or remove
 *
 * Return: 0; -ENOMEM, -EINTR, and nothing has changed.
 */
int svma_mem_set_guard(struct svma_core *core, unsigned long start, unsigned long end, bool install)
{
	struct svma_space *space = svma_space_of_core(core);
	unsigned long first = svma_pages(start), limit = svma_pages(end);
	int err;

	lockdep_assert_held_write(&space->lock);
	limit = min(limit, SVMA_PT_LIMIT);
	if (!install) {
		err = svma_pagetable_own_guards(&space->pages, first, limit, space);
		if (err)
			return err;
		svma_pagetable_walk(&space->pages, first, limit, svma_guard_remove_one, NULL);
		return 0;
	}
	err = svma_guard_reserve(space, first, limit);
	if (err)
		return err;
	svma_mem_zap(space, start, end);
	svma_hot_drop(space, first, limit);
	svma_guard_install(space, first, limit);
	return 0;
}
