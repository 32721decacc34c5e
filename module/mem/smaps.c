// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of regions, counted: SVMA_IOC_SMAPS, and the totals of a space.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "hot.h"
#include "mem.h"
#include "pagetable.h"
#include "../ioctl.h"
#include "../space.h"

/* Regions told under one hold of the lock. */
#define SVMA_SMAPS_CHUNK	64U
/* Pages after which no further region is looked at under it. */
#define SVMA_SMAPS_PAGES	65536U

static void svma_smap_add(struct svma_smap *smap, u32 flags)
{
	smap->huge += !!(flags & SVMA_PAGE_HUGE);
	smap->zero += !!(flags & SVMA_PAGE_ZERO);
	smap->guards += !!(flags & SVMA_PAGE_GUARD);
	smap->foreign += !!(flags & SVMA_PAGE_FOREIGN);
	if (!(flags & SVMA_PAGE_PRESENT))
		return;
	smap->region.resident++;
	if (flags & SVMA_PAGE_SHARED)
		smap->shared++;
	else
		smap->unshared++;
}

/* Count the pages of a region, which is locked or not as a whole. */
static int svma_smap_region(struct svma_space *space, const struct svma_vma *vma,
			    struct svma_smap *smap)
{
	unsigned long index = svma_pages(vma->start), limit = svma_pages(vma->end);
	unsigned long before = smap->region.resident, shares, above, unused, entry, end;
	const unsigned long *leaf;
	u32 huge;

	lockdep_assert_held(&space->lock);
	while ((leaf = svma_pagetable_view(&space->pages, &index, limit, &shares))) {
		end = min(limit, round_down(index, SVMA_PT_ENTRIES) + SVMA_PT_ENTRIES);
		huge = svma_block_of_leaf(space, leaf, index) ? SVMA_PAGE_HUGE : 0;
		for (; index < end; index++) {
			entry = READ_ONCE(leaf[index % SVMA_PT_ENTRIES]);
			if (!entry)
				continue;
			above = shares;
			entry = svma_hot_entry(&space->hot, index, entry, &above);
			svma_smap_add(smap, huge | svma_view_entry(vma, index << PAGE_SHIFT, entry,
								   above, &unused));
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	if (vma->flags & SVMA_VM_LOCKED)
		smap->locked += smap->region.resident - before;
	return 0;
}

/**
 * svma_smaps_total() - the pages of a whole space, counted
 * @space: the space, not locked
 * @total: out: sums of all regions; of @region only resident
 *
 * Others may have a turn after each region. Return: 0 or -EINTR.
 */
int svma_smaps_total(struct svma_space *space, struct svma_smap *total)
{
	unsigned long addr = 0;
	struct svma_vma vma;
	bool found = true;
	int err = 0;

	memset(total, 0, sizeof(*total));
	while (!space->layout && found && !err) {
		if (down_read_killable(&space->lock))
			return -EINTR;
		found = svma_index_find(&space->core.index, addr, &vma);
		if (found) {
			err = svma_smap_region(space, &vma, total);
			addr = vma.end;
		}
		up_read(&space->lock);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return err;
}

/* Some regions; how many, or -EINTR. */
static int svma_smaps_fill(struct svma_space *space, struct svma_smaps *args,
			   struct svma_smap *list, u32 room)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	unsigned long pages = 0;
	u32 count = 0;
	bool more;
	int err;

	if (down_read_killable(&space->lock))
		return -EINTR;
	more = svma_cursor_find(&cursor, &space->core.index, args->start, &vma) &&
	       vma.start < args->end;
	while (more && count < room && pages < SVMA_SMAPS_PAGES) {
		memset(&list[count], 0, sizeof(list[count]));
		svma_core_describe(&vma, &list[count].region);
		err = svma_smap_region(space, &vma, &list[count]);
		if (err) {
			up_read(&space->lock);
			return err;
		}
		pages += list[count++].region.resident;
		args->start = vma.end;
		more = svma_cursor_next(&cursor, &vma) && vma.start < args->end;
	}
	args->more = more;
	up_read(&space->lock);
	return count;
}

/**
 * svma_ioctl_smaps() - SVMA_IOC_SMAPS
 * @call: the call
 *
 * Return: 0, -EFAULT, -EINTR, -ENOMEM.
 */
int svma_ioctl_smaps(struct svma_call *call)
{
	struct svma_smaps *args = &call->arg.smaps;
	struct svma_smap __user *user = u64_to_user_ptr(args->buf);
	u32 room = args->count;
	struct svma_smap *list;
	int got;

	list = kcalloc(SVMA_SMAPS_CHUNK, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	args->count = 0;
	do {
		got = svma_smaps_fill(call->object, args, list,
				      min(room - args->count, SVMA_SMAPS_CHUNK));
		if (got < 0)
			break;
		if (copy_to_user(user + args->count, list, got * sizeof(*list)))
			got = -EFAULT;
		else
			args->count += got;
		if (fatal_signal_pending(current))
			got = -EINTR;
		cond_resched();
	} while (got > 0 && args->more && args->count < room);
	kfree(list);
	return min(got, 0);
}
