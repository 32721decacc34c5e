// SPDX-License-Identifier: GPL-2.0
/*
 * What a space tells about itself: layout, totals, single regions, listings.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "space.h"
#include "mem/mem.h"
#include "mem/pagetable.h"

int svma_ioctl_layout_get(struct svma_call *call)
{
	struct svma_space *space = call->object;

	if (down_read_killable(&space->lock))
		return -EINTR;
	call->arg.layout = space->core.layout;
	up_read(&space->lock);
	return 0;
}

int svma_ioctl_layout_set(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_layout *layout = &call->arg.layout;
	int err;

	if (space->frozen)
		return -EROFS;
	/* The page table has no place for more. */
	if (!space->layout && layout->told & SVMA_LAYOUT_HIGH &&
	    svma_pages(layout->high) > SVMA_PT_LIMIT)
		return -EINVAL;
	if (down_write_killable(&space->lock))
		return -EINTR;
	err = svma_core_layout_set(&space->core, layout);
	up_write(&space->lock);
	return err;
}

/**
 * svma_space_stats() - totals of a space
 * @space: the space, locked
 * @stats: out
 */
void svma_space_stats(struct svma_space *space, struct svma_stats *stats)
{
	lockdep_assert_held(&space->lock);
	svma_core_stats(&space->core, stats);
	stats->resident = atomic_long_read(&space->pages.resident);
	stats->windows = atomic_long_read(&space->windows);
	stats->faults = atomic_long_read(&space->faults);
	stats->reclaimed = atomic_long_read(&space->reclaim.given);
	stats->huge_entries = atomic_long_read(&space->huge_entries);
}

int svma_ioctl_stats(struct svma_call *call)
{
	struct svma_space *space = call->object;

	if (down_read_killable(&space->lock))
		return -EINTR;
	svma_space_stats(space, &call->arg.stats);
	up_read(&space->lock);
	return 0;
}

int svma_ioctl_lookup(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_lookup *lookup = &call->arg.lookup;
	/* The classic profile remembers what it found last. */
	bool exclusive = svma_rules_classic(&space->core.rules);
	struct svma_vma vma;
	bool found;

	if (lookup->reserved)
		return -EINVAL;
	if (exclusive ? down_write_killable(&space->lock) : down_read_killable(&space->lock))
		return -EINTR;
	found = svma_core_find(&space->core, lookup->addr, &vma);
	if (found) {
		svma_core_describe(&vma, &lookup->region);
		lookup->region.resident = svma_pagetable_count(&space->pages, svma_pages(vma.start),
							       svma_pages(vma.end));
	}
	svma_mem_unlock(space, exclusive);
	return found ? 0 : -ENOENT;
}

/* As many as there is room for, in one go under the lock. */
static int svma_regions_fill(struct svma_space *space, struct svma_regions *args,
			     struct svma_region *list, u32 room)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	lockdep_assert_held(&space->lock);
	args->count = 0;
	more = svma_cursor_find(&cursor, &space->core.index, args->start, &vma) &&
	       vma.start < args->end;
	while (more && args->count < room) {
		svma_core_describe(&vma, &list[args->count++]);
		args->start = vma.end;
		more = svma_cursor_next(&cursor, &vma) && vma.start < args->end;
		if (args->count % 1024 == 0) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
	}
	args->more = more;
	return 0;
}

/* Room for what there is, if the caller has it: what fits is one picture. */
static struct svma_region *svma_regions_room(struct svma_space *space, u32 count, u32 *room)
{
	*room = clamp_t(unsigned long, READ_ONCE(space->core.index.count), 1, count);
	return kvmalloc_array(*room, sizeof(struct svma_region), GFP_KERNEL_ACCOUNT);
}

int svma_ioctl_regions(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_regions *args = &call->arg.regions;
	struct svma_region *list = NULL;
	u32 count = args->count, room = 0;
	u64 start = args->start;
	int err;

	for (;;) {
		if (down_read_killable(&space->lock)) {
			err = -EINTR;
			goto out;
		}
		args->start = start;
		err = svma_regions_fill(space, args, list, room);
		up_read(&space->lock);
		/* There may be more now than there was room made for. */
		if (err || !args->more || room == count)
			break;
		kvfree(list);
		list = svma_regions_room(space, count, &room);
		if (!list) {
			err = -ENOMEM;
			goto out;
		}
	}
	if (!err && args->count &&
	    copy_to_user(u64_to_user_ptr(args->buf), list, array_size(args->count, sizeof(*list))))
		err = -EFAULT;
out:
	kvfree(list);
	return err;
}
