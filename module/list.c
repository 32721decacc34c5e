// SPDX-License-Identifier: GPL-2.0
/*
 * What a space tells about itself: layout, totals, single regions, listings.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "space.h"
#include "words.h"
#include "mem/mem.h"
#include "mem/pagetable.h"

/* Regions told under one hold of the lock. */
#define SVMA_PIECE	128U

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
	stats->kept = READ_ONCE(space->spares.count) + READ_ONCE(space->ready.count);
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
	u32 more, done = 0;

	lockdep_assert_held(&space->lock);
	do {
		more = svma_core_list(&space->core, &args->start, args->end, list + done,
				      min(room - done, SVMA_PIECE), &args->count);
		done += args->count;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (more && done < room);
	args->count = done;
	args->more = more;
	return 0;
}

static int svma_regions_put(u64 to, const struct svma_region *list, u32 count)
{
	BUILD_BUG_ON(sizeof(*list) % sizeof(u64));
	return svma_words_put(u64_to_user_ptr(to), (const u64 *)list,
			      array_size(count, sizeof(*list)));
}

/* All at once, however many there are: room is made for them without the lock. */
static int svma_regions_whole(struct svma_space *space, struct svma_regions *args)
{
	struct svma_region *list = NULL;
	u32 count = args->count, room = 0;
	u64 start = args->start;
	int err;

	for (;;) {
		if (down_read_killable(&space->lock)) {
			err = -EINTR;
			break;
		}
		args->start = start;
		err = svma_regions_fill(space, args, list, room);
		up_read(&space->lock);
		if (!err && (!args->more || room == count)) {
			err = svma_regions_put(args->buf, list, args->count);
			break;
		}
		/* There may be more now than there was room made for. */
		kvfree(list);
		list = NULL;
		if (err)
			break;
		room = clamp_t(unsigned long, READ_ONCE(space->core.index.count), 1, count);
		list = kvmalloc_array(room, sizeof(*list), GFP_KERNEL_ACCOUNT);
		if (!list) {
			err = -ENOMEM;
			break;
		}
	}
	kvfree(list);
	return err;
}

/*
 * A piece at a time, which needs little room. It is one picture if nothing has changed at the end
 * of it; -EAGAIN if something has.
 */
static int svma_regions_pieces(struct svma_space *space, struct svma_regions *args,
			       struct svma_region *list)
{
	u32 count = args->count, done = 0;
	unsigned long version = 0;
	int err;

	do {
		if (down_read_killable(&space->lock))
			return -EINTR;
		if (!done)
			version = space->core.index.version;
		err = version == space->core.index.version ?
			      svma_regions_fill(space, args, list, min(count - done, SVMA_PIECE)) :
			      -EAGAIN;
		up_read(&space->lock);
		if (!err)
			err = svma_regions_put(args->buf + done * sizeof(*list), list, args->count);
		if (err)
			return err;
		done += args->count;
		cond_resched();
	} while (args->more && done < count);
	args->count = done;
	return 0;
}

int svma_ioctl_regions(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_regions *args = &call->arg.regions, asked = *args;
	struct svma_region *list;
	int err;

	list = kmalloc_array(min(args->count, SVMA_PIECE), sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	err = svma_regions_pieces(space, args, list);
	kfree(list);
	if (err == -EAGAIN) {
		*args = asked;
		err = svma_regions_whole(space, args);
	}
	return err;
}
