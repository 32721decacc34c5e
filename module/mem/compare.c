// SPDX-License-Identifier: GPL-2.0
/*
 * Two spaces side by side: which pages differ, and copies of ranges from one to the other.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "pagetable.h"
#include "../space.h"

struct svma_differ {
	struct svma_space *space;
	struct svma_space *other;
	struct svma_vma a;	/* the regions found last */
	struct svma_vma b;
	struct svma_changed_range *ranges;
	u32 count;
	u32 room;
	bool full;
};

/* Memory that both spaces share: entries may be there in one and not yet in the other. */
static bool svma_differ_shared(struct svma_differ *differ, unsigned long addr)
{
	struct svma_vma *a = &differ->a, *b = &differ->b;

	if ((addr < a->start || addr >= a->end) &&
	    (!svma_index_find(&differ->space->core.index, addr, a) || addr < a->start))
		return false;
	if ((addr < b->start || addr >= b->end) &&
	    (!svma_index_find(&differ->other->core.index, addr, b) || addr < b->start))
		return false;
	return svma_vm_shared(a->flags) && svma_vm_shared(b->flags) && a->backing == b->backing &&
	       a->pgoff - svma_pages(a->start) == b->pgoff - svma_pages(b->start);
}

static int svma_differ_page(unsigned long index, void *data)
{
	struct svma_differ *differ = data;
	unsigned long addr = index << SVMA_PAGE_SHIFT;

	if (svma_differ_shared(differ, addr))
		return 0;
	if (differ->count && differ->ranges[differ->count - 1].end == addr) {
		differ->ranges[differ->count - 1].end += SVMA_PAGE_SIZE;
		return 0;
	}
	if (differ->count == differ->room) {
		differ->full = true;
		return 1;
	}
	differ->ranges[differ->count].start = addr;
	differ->ranges[differ->count++].end = addr + SVMA_PAGE_SIZE;
	return 0;
}

/**
 * svma_mem_changed() - ranges in which the pages of two spaces differ
 * @space: one, its lock held
 * @other: the other, its lock held
 * @start: in: first address; out: where to go on
 * @end: end address
 * @ranges: out
 * @count: in: ranges that are there, the last one may grow; out: same
 * @room: ranges that @ranges has room for
 *
 * Looks at so much as may be done under one hold of the locks.
 *
 * Return: whether there are more than there is room for.
 */
bool svma_mem_changed(struct svma_space *space, struct svma_space *other, unsigned long *start,
		      unsigned long end, struct svma_changed_range *ranges, u32 *count, u32 room)
{
	struct svma_differ differ = {
		.space = space, .other = other, .ranges = ranges, .count = *count, .room = room,
	};
	unsigned long first = svma_pages(*start);

	lockdep_assert_held(&space->lock);
	lockdep_assert_held(&other->lock);
	svma_pagetable_compare(&space->pages, &other->pages, &first, svma_pages(end),
			       svma_differ_page, &differ);
	*start = first << SVMA_PAGE_SHIFT;
	*count = differ.count;
	return differ.full;
}

/* Is a range wholly private anonymous memory, and is what @need says allowed in all of it? */
static int svma_copy_check(struct svma_space *space, unsigned long start, unsigned long end,
			   u64 need)
{
	struct svma_vma vma;

	for (; start < end; start = vma.end) {
		if (!svma_index_find(&space->core.index, start, &vma) || vma.start > start ||
		    !(vma.flags & need))
			return -EFAULT;
		if (svma_vm_shared(vma.flags) || svma_file_has_pages(&vma))
			return -EOPNOTSUPP;
		cond_resched();
	}
	return 0;
}

/* Regions that are written get their reverse map. */
static int svma_copy_anon(struct svma_space *space, unsigned long start, unsigned long end)
{
	struct svma_vma vma;
	int err;

	for (; start < end; start = vma.end) {
		svma_index_find(&space->core.index, start, &vma);
		err = vma.anon ? 0 : svma_core_anon_fault(&space->core, start);
		if (err)
			return err;
	}
	return 0;
}

static void svma_copy_zap(unsigned long first, unsigned long end, void *data)
{
	svma_mem_zap(data, first << SVMA_PAGE_SHIFT, end << SVMA_PAGE_SHIFT);
}

/**
 * svma_mem_copy() - make a part of a space what a part of another one is, by sharing pages
 * @space: where to, its lock held exclusively
 * @to: first address
 * @other: where from, its lock held exclusively
 * @from: first address there
 * @len: bytes, in one leaf of the page table on both sides
 *
 * Return: 0; -EFAULT a hole, or what may not be read or written; -EOPNOTSUPP not private anonymous
 * memory; -ENOMEM.
 */
int svma_mem_copy(struct svma_space *space, unsigned long to, struct svma_space *other,
		  unsigned long from, unsigned long len)
{
	int err;

	lockdep_assert_held_write(&space->lock);
	lockdep_assert_held_write(&other->lock);
	err = svma_copy_check(other, from, from + len, SVMA_VM_READ);
	if (!err)
		err = svma_copy_check(space, to, to + len, SVMA_VM_WRITE);
	if (!err)
		err = svma_copy_anon(space, to, to + len);
	if (!err)
		err = svma_hot_settle(other, false);
	if (!err)
		err = svma_hot_settle(space, false);
	if (err)
		return err;
	svma_pagetable_clear_written(&other->pages, svma_copy_zap, other);
	svma_mem_zap(space, to, to + len);
	return svma_pagetable_copy(&space->pages, svma_pages(to), &other->pages, svma_pages(from),
				   svma_pages(len), space);
}
