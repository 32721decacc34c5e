// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces that have pages together: fork, snapshot, restore.
 *
 * The rule that all of this serves: a private page that more than one space has, through its own
 * entry or through a node above it, is writable in no window of any. So before pages come to be
 * shared, the hardware entries that may let writes through are removed, under the space's lock held
 * exclusively; and who writes to such a page gets a copy (touch.c).
 *
 * The page table remembers below which nodes there may be such entries, so that a fork costs what
 * was written since the last one, not what is there.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "hot.h"
#include "mem.h"
#include "pagetable.h"
#include "../space.h"

/**
 * svma_mem_set_written() - a window is about to get an entry
 * @space: the space, its lock held
 * @addr: address
 * @mem: what is there
 */
void svma_mem_set_written(struct svma_space *space, unsigned long addr, const struct svma_mem *mem)
{
	lockdep_assert_held(&space->lock);
	if (mem->writable && !mem->hot && !(mem->vma.flags & SVMA_VM_SHARED))
		svma_pagetable_set_written(&space->pages, svma_pages(addr));
}

static void svma_share_zap(unsigned long first, unsigned long end, void *data)
{
	svma_mem_zap(data, first << SVMA_PAGE_SHIFT, end << SVMA_PAGE_SHIFT);
}

/* @to, that nobody knows, gets the pages of @from. */
static void svma_mem_share(struct svma_space *to, struct svma_space *from)
{
	lockdep_assert_held_write(&from->lock);
	lockdep_assert_held_write(&to->lock);
	svma_pagetable_clear_written(&from->pages, svma_share_zap, from);
	svma_pagetable_share(&to->pages, &from->pages);
	atomic_long_set(&to->reclaim.pages, atomic_long_read(&from->reclaim.pages));
}

/* What a child does not get: regions that are not copied, contents that are wiped. */
static int svma_fork_wipe(struct svma_space *parent, struct svma_space *child)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more = svma_cursor_find(&cursor, &parent->core.index, 0, &vma);
	int err;

	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		unsigned long first = svma_pages(vma.start), end = svma_pages(vma.end);

		if (!(vma.flags & (SVMA_VM_DONTCOPY | SVMA_VM_WIPEONFORK)))
			continue;
		err = svma_pagetable_own_edges(&child->pages, first, end, child);
		if (err)
			return err;
		svma_pagetable_erase(&child->pages, first, end);
		cond_resched();
	}
	return 0;
}

/**
 * svma_mem_fork() - what fork(2) does to an address space
 * @parent: the space, its lock held exclusively
 * @child: an empty space that nobody knows, its lock held; to be thrown away on error
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int svma_mem_fork(struct svma_space *parent, struct svma_space *child)
{
	int err;

	lockdep_assert_held_write(&parent->lock);
	lockdep_assert_held(&child->lock);
	err = svma_core_fork(&parent->core, &child->core);
	if (err)
		return err;
	err = svma_hot_settle(parent, false);
	if (err)
		return err;
	svma_mem_share(child, parent);
	return svma_fork_wipe(parent, child);
}

/**
 * svma_mem_snapshot() - freeze a copy of a space
 * @space: the space, its lock held exclusively
 * @snapshot: an empty space that nobody knows, its lock held; to be thrown away on error
 *
 * Return: 0, -ENOMEM.
 */
int svma_mem_snapshot(struct svma_space *space, struct svma_space *snapshot)
{
	int err;

	lockdep_assert_held_write(&space->lock);
	lockdep_assert_held(&snapshot->lock);
	err = svma_core_snapshot(&space->core, &snapshot->core) ?: svma_hot_settle(space, true);
	if (!err)
		svma_mem_share(snapshot, space);
	return err;
}

/**
 * svma_mem_restore() - make a space what a snapshot is
 * @space: the space, its lock held exclusively
 * @snapshot: of the same machine, its lock held
 *
 * Costs what differs, and the regions, but not the pages that are the same.
 *
 * Return: 0; -ENOMEM, and nothing has changed.
 */
int svma_mem_restore(struct svma_space *space, struct svma_space *snapshot)
{
	struct svma_core_restore restore;
	int err;

	lockdep_assert_held_write(&space->lock);
	lockdep_assert_held(&snapshot->lock);
	err = svma_core_restore_gather(&space->core, &snapshot->core, &restore);
	if (err)
		return err;
	svma_core_restore_commit(&space->core, &snapshot->core, &restore);
	svma_hot_restore(space, snapshot);
	atomic_long_set(&space->reclaim.pages, atomic_long_read(&snapshot->reclaim.pages));
	return 0;
}
