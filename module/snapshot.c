// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs on whole spaces: fork, snapshot, restore.
 */
#include <linux/file.h>
#include <linux/rwsem.h>

#include "ioctl.h"
#include "space.h"
#include "steps.h"
#include "trace.h"
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

/* Two spaces are locked in the order of their numbers; @space exclusively, the other shared. */
static int svma_space_lock_pair(struct svma_space *space, struct svma_space *other)
{
	int err;

	if (space->id < other->id) {
		err = down_write_killable(&space->lock);
		if (err)
			return err;
		err = down_read_killable_nested(&other->lock, SINGLE_DEPTH_NESTING);
		if (err)
			up_write(&space->lock);
	} else {
		err = down_read_killable(&other->lock);
		if (err)
			return err;
		err = down_write_killable_nested(&space->lock, SINGLE_DEPTH_NESTING);
		if (err)
			up_read(&other->lock);
	}
	return err;
}

static void svma_space_unlock_pair(struct svma_space *space, struct svma_space *other)
{
	up_read(&other->lock);
	up_write(&space->lock);
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
		err = svma_space_lock_pair(space, snapshot);
	if (!err) {
		svma_steps_begin(space);
		err = svma_mem_restore(space, snapshot);
		svma_space_unlock_pair(space, snapshot);
	}
	trace_svma_restore(space->id, 0, 0, snapshot->id, err);
	fput(file);
	return err;
}
