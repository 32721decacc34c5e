// SPDX-License-Identifier: GPL-2.0
/*
 * What a space is told of its regions, beside the memory verbs: a region as it is, which were
 * written, a fault below a stack.
 */
#include <linux/err.h>
#include <linux/rwsem.h>

#include "backing.h"
#include "ioctl.h"
#include "space.h"
#include "trace.h"
#include "verb.h"
#include "mem/file.h"

int svma_ioctl_grow(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_grow *args = &call->arg.grow;
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_grow(&space->core, args->addr);
	up_write(&space->lock);
	trace_svma_grow(space->id, args->addr, 0, 0, err);
	return err;
}

int svma_ioctl_import(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_import *args = &call->arg.import;
	struct svma_vma vma = {
		.start = args->start,
		.end = args->end,
		.flags = args->flags,
		.pgoff = args->pgoff,
		.anon = args->anon,
		.attr = args->anon_flags,
	};
	int err;

	if (args->reserved)
		return -EINVAL;
	if (args->fd >= 0) {
		vma.backing = svma_verb_backing(space, args->fd, svma_vm_shared(args->flags));
		if (!vma.backing)
			return -EBADF;
		if (IS_ERR(vma.backing))
			return PTR_ERR(vma.backing);
	} else if (!space->layout && svma_vm_shared(args->flags)) {
		/* Shared pages are somebody's: here there is nobody. */
		return -EOPNOTSUPP;
	}
	err = svma_space_lock(space);
	if (!err) {
		err = svma_core_import(&space->core, &vma);
		up_write(&space->lock);
	}
	svma_backing_drop(vma.backing);
	trace_svma_import(space->id, args->start, args->end - args->start, args->flags, err);
	return err;
}

int svma_ioctl_anon(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_anon *args = &call->arg.anon;
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_anon_set(&space->core, args->start, args->anon, args->anon_flags);
	up_write(&space->lock);
	return err;
}
