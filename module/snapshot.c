// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs on whole spaces, and between them: fork, snapshot, restore, what changed, copy.
 */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "space.h"
#include "steps.h"
#include "trace.h"
#include "mem/hot.h"
#include "mem/mem.h"

/* A new space of the same machine and rules, filled by @fill under the locks of both. */
static int svma_space_derive(struct svma_call *call, u32 flags,
			     int (*fill)(struct svma_space *space, struct svma_space *made))
{
	struct svma_space *space = call->object, *made;
	int err;

	if (space->layout)
		flags |= SVMA_SPACE_LAYOUT;
	call->new_fd = svma_space_create(space->machine, flags, space->core.rules.profile,
					 space->core.rules.kernel, &call->new_file);
	if (call->new_fd < 0)
		return call->new_fd;
	made = call->new_file->private_data;
	err = down_write_killable(&space->lock);
	if (!err) {
		svma_steps_begin(space);
		/* Nobody else knows the new one yet. */
		down_write_nested(&made->lock, SINGLE_DEPTH_NESTING);
		err = fill(space, made);
		up_write(&made->lock);
		up_write(&space->lock);
	}
	if (err) {
		put_unused_fd(call->new_fd);
		fput(call->new_file);
		call->new_file = NULL;
	}
	return err;
}

static unsigned long svma_derived_id(const struct svma_call *call)
{
	struct svma_space *made = call->new_file ? call->new_file->private_data : NULL;

	return made ? made->id : 0;
}

int svma_ioctl_fork(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_fork *args = &call->arg.fork;
	int err;

	if (args->flags)
		return -EOPNOTSUPP;
	err = svma_space_derive(call, 0, svma_mem_fork);
	trace_svma_fork(space->id, 0, 0, svma_derived_id(call), err);
	args->fd = call->new_fd;
	return err;
}

int svma_ioctl_snapshot(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_snapshot *args = &call->arg.snapshot;
	int err;

	if (args->flags)
		return -EOPNOTSUPP;
	err = svma_space_derive(call, SVMA_SPACE_FROZEN, svma_mem_snapshot);
	trace_svma_snapshot(space->id, 0, 0, svma_derived_id(call), err);
	args->fd = call->new_fd;
	return err;
}

/* Space and file of a descriptor of the caller; the file is for fput(). */
static struct svma_space *svma_space_of_fd(int fd, struct file **filep)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != &svma_space_fops) {
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	*filep = file;
	return file->private_data;
}

static int svma_lock_one(struct svma_space *space, bool exclusive, int nested)
{
	return exclusive ? down_write_killable_nested(&space->lock, nested)
			 : down_read_killable_nested(&space->lock, nested);
}

/* Two spaces, not the same one, are locked in the order of their numbers. */
static int svma_space_lock_pair(struct svma_space *space, bool exclusive, struct svma_space *other,
				bool other_exclusive)
{
	bool first = space->id < other->id;
	int err;

	err = first ? svma_lock_one(space, exclusive, 0)
		    : svma_lock_one(other, other_exclusive, 0);
	if (err)
		return err;
	err = first ? svma_lock_one(other, other_exclusive, SINGLE_DEPTH_NESTING)
		    : svma_lock_one(space, exclusive, SINGLE_DEPTH_NESTING);
	if (err)
		svma_mem_unlock(first ? space : other, first ? exclusive : other_exclusive);
	return err;
}

int svma_ioctl_restore(struct svma_call *call)
{
	struct svma_space *space = call->object, *snapshot;
	const struct svma_restore *args = &call->arg.restore;
	struct file *file;
	int err;

	if (args->flags)
		return -EOPNOTSUPP;
	if (space->frozen)
		return -EROFS;
	snapshot = svma_space_of_fd(args->fd, &file);
	if (IS_ERR(snapshot))
		return PTR_ERR(snapshot);
	err = -EINVAL;
	if (snapshot->frozen && snapshot->machine == space->machine &&
	    snapshot->layout == space->layout)
		err = svma_space_lock_pair(space, true, snapshot, false);
	if (!err) {
		svma_steps_begin(space);
		err = svma_mem_restore(space, snapshot);
		up_read(&snapshot->lock);
		up_write(&space->lock);
	}
	trace_svma_restore(space->id, 0, 0, snapshot->id, err);
	fput(file);
	return err;
}

/* Ranges kept until they are told, at most. */
#define SVMA_CHANGED_ROOM	4096u

static int svma_changed_settle(struct svma_space *space)
{
	int err;

	if (down_write_killable(&space->lock))
		return -EINTR;
	err = svma_hot_settle(space, false);
	up_write(&space->lock);
	return err;
}

/* Page tables are what is compared: nothing may lie over them. */
static int svma_changed_lock(struct svma_space *space, struct svma_space *other)
{
	int err;

	for (;;) {
		err = svma_space_lock_pair(space, false, other, false);
		if (err || !(space->hot.count || other->hot.count))
			return err;
		up_read(&other->lock);
		up_read(&space->lock);
		err = svma_changed_settle(space) ?: svma_changed_settle(other);
		if (err)
			return err;
	}
}

static int svma_changed_fill(struct svma_space *space, struct svma_space *other,
			     struct svma_changes *args, struct svma_changed_range *ranges, u32 room)
{
	unsigned long at = args->start;
	int err;

	args->count = 0;
	args->more = false;
	while (at < args->end && !args->more) {
		err = svma_changed_lock(space, other);
		if (err)
			return err;
		args->more = svma_mem_changed(space, other, &at, args->end, ranges, &args->count,
					      room);
		up_read(&other->lock);
		up_read(&space->lock);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	args->start = at;
	return 0;
}

int svma_ioctl_changed(struct svma_call *call)
{
	struct svma_space *space = call->object, *other;
	struct svma_changes *args = &call->arg.changed;
	struct svma_changed_range *ranges;
	u32 room = min_t(u32, args->count, SVMA_CHANGED_ROOM);
	u64 start = args->start;
	struct file *file;
	int err = -EINVAL;

	if (args->reserved || (args->start | args->end) & ~SVMA_PAGE_MASK)
		return -EINVAL;
	args->end = min_t(u64, args->end, SVMA_PT_LIMIT << SVMA_PAGE_SHIFT);
	other = svma_space_of_fd(args->fd, &file);
	if (IS_ERR(other))
		return PTR_ERR(other);
	if (other == space || other->layout || space->layout)
		goto put;
	ranges = kvmalloc_array(room, sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	err = ranges ? svma_changed_fill(space, other, args, ranges, room) : -ENOMEM;
	if (!err && args->count &&
	    copy_to_user(u64_to_user_ptr(args->buf), ranges, args->count * sizeof(*ranges)))
		err = -EFAULT;
	kvfree(ranges);
put:
	trace_svma_changed(space->id, start, args->end - start, other->id, err);
	fput(file);
	return err;
}

/* Piece by piece, none longer than a leaf of either page table has. */
static int svma_copy_range(struct svma_space *space, struct svma_space *other,
			   struct svma_copy *args)
{
	int err = 0;

	args->done = 0;
	while (args->done < args->len) {
		unsigned long to = args->to + args->done, from = args->from + args->done;
		unsigned long len = min3(SVMA_HUGE_SIZE - to % SVMA_HUGE_SIZE,
					 SVMA_HUGE_SIZE - from % SVMA_HUGE_SIZE,
					 (unsigned long)(args->len - args->done));

		err = svma_space_lock_pair(space, true, other, true);
		if (err)
			break;
		err = svma_mem_copy(space, to, other, from, len);
		up_write(&other->lock);
		up_write(&space->lock);
		if (err)
			break;
		args->done += len;
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		cond_resched();
	}
	/* As with pread, what was done counts. */
	return args->done ? 0 : err;
}

int svma_ioctl_copy(struct svma_call *call)
{
	struct svma_space *space = call->object, *other;
	struct svma_copy *args = &call->arg.copy;
	unsigned long end;
	struct file *file;
	int err = -EINVAL;

	if (args->flags)
		return -EOPNOTSUPP;
	if ((args->from | args->to | args->len) & ~SVMA_PAGE_MASK ||
	    check_add_overflow((unsigned long)args->from, (unsigned long)args->len, &end) ||
	    check_add_overflow((unsigned long)args->to, (unsigned long)args->len, &end))
		return -EINVAL;
	if (space->frozen)
		return -EROFS;
	other = svma_space_of_fd(args->fd, &file);
	if (IS_ERR(other))
		return PTR_ERR(other);
	if (other != space && other->machine == space->machine && !other->layout && !space->layout)
		err = svma_copy_range(space, other, args);
	trace_svma_copy(space->id, args->to, args->len, other->id, err);
	fput(file);
	return err;
}
