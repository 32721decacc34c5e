// SPDX-License-Identifier: GPL-2.0
/*
 * The memory verbs of a space: arguments in, lock, the region core, unlock, answer out; then pages
 * where the verb asks for them.
 */
#include <linux/err.h>
#include <linux/mman.h>
#include <linux/rwsem.h>

#include "backing.h"
#include "ioctl.h"
#include "space.h"
#include "steps.h"
#include "trace.h"
#include "mem/file.h"
#include "mem/mem.h"
#include "mem/pagetable.h"

/**
 * svma_space_lock() - lock a space exclusively, for a verb
 * @space: the space
 *
 * Return: 0; -EROFS for a snapshot; -EINTR when the caller was killed while it waited.
 */
int svma_space_lock(struct svma_space *space)
{
	if (space->frozen)
		return -EROFS;
	if (down_write_killable(&space->lock))
		return -EINTR;
	svma_steps_begin(space);
	return 0;
}

/*
 * Pages that a verb asks for; as the kernel's, a mapping that cannot have them is a mapping all the
 * same.
 */
static void svma_verb_populate(struct svma_space *space, unsigned long start, unsigned long len)
{
	const struct svma_populate populate = { .start = start, .len = len };

	svma_mem_populate(space, &populate);
}

/* The backing of a new region, ready to give it pages; NULL for a descriptor that is not open. */
static struct svma_backing *svma_verb_backing(struct svma_space *space, int fd, bool shared)
{
	struct svma_backing *backing = svma_backing_of_fd(space, fd);
	int err;

	if (space->layout || IS_ERR_OR_NULL(backing))
		return backing;
	err = svma_backing_use_pages(backing, shared);
	if (!err)
		return backing;
	svma_backing_drop(backing);
	return ERR_PTR(err);
}

int svma_ioctl_mmap(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_mmap *args = &call->arg.mmap;
	struct svma_map_args map = {
		.addr = args->addr,
		.len = args->len,
		.prot = args->prot,
		.flags = args->flags,
		.offset = args->offset,
	};
	struct svma_backing *backing = NULL;
	int err;

	if (args->reserved)
		return -EINVAL;
	if (!(args->flags & MAP_ANONYMOUS))
		backing = svma_verb_backing(space, args->fd,
					    (args->flags & MAP_TYPE) != MAP_PRIVATE);
	if (IS_ERR(backing))
		return PTR_ERR(backing);
	map.backing = backing;
	err = svma_space_lock(space);
	if (!err) {
		err = svma_core_mmap(&space->core, &map);
		up_write(&space->lock);
	}
	svma_backing_drop(backing);
	trace_svma_mmap(space->id, args->addr, args->len, args->prot, args->flags, args->fd,
			args->offset, err, err ? 0 : map.result);
	if (err)
		return err;
	args->addr = map.result;
	svma_verb_populate(space, map.result, map.populate);
	return 0;
}

int svma_ioctl_munmap(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_munmap *args = &call->arg.munmap;
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_munmap(&space->core, args->addr, args->len);
	up_write(&space->lock);
	trace_svma_munmap(space->id, args->addr, args->len, 0, err);
	return err;
}

int svma_ioctl_mprotect(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_mprotect *args = &call->arg.mprotect;
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_mprotect(&space->core, args->addr, args->len, args->prot, args->pkey);
	up_write(&space->lock);
	trace_svma_mprotect(space->id, args->addr, args->len, args->prot, err);
	/* Locked private memory that becomes writable gets its copies now. */
	if (!err && args->prot & PROT_WRITE)
		svma_mem_populate_locked(space, args->addr, args->len);
	return err;
}

int svma_ioctl_brk(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_brk *args = &call->arg.brk;
	unsigned long brk = args->brk, start = 0, len = 0;
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_brk(&space->core, &brk, &start, &len);
	up_write(&space->lock);
	trace_svma_brk(space->id, args->brk, 0, brk, err);
	if (err)
		return err;
	args->brk = brk;
	svma_verb_populate(space, start, len);
	return 0;
}

/* What only shrinks stays where it is. */
static bool svma_mremap_may_move(const struct svma_mremap *args)
{
	return args->flags & MREMAP_MAYMOVE &&
	       (args->new_len > args->old_len || args->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP));
}

int svma_ioctl_mremap(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_mremap *args = &call->arg.mremap;
	struct svma_remap_args remap = {
		.old_addr = args->old_addr,
		.old_len = args->old_len,
		.new_len = args->new_len,
		.flags = args->flags,
		.new_addr = args->new_addr,
	};
	unsigned long first = svma_pages(args->old_addr);
	int err;

	if (args->reserved)
		return -EINVAL;
	err = svma_space_lock(space);
	if (err)
		return err;
	/*
	 * Where it goes is the core's to find; what the page table may need for it is set aside
	 * before.
	 */
	if (svma_mremap_may_move(args))
		err = svma_pagetable_reserve_move(&space->pages, first,
						  first + svma_pages(args->old_len) + 1, space);
	if (!err)
		err = svma_core_mremap(&space->core, &remap);
	svma_pagetable_reserve_drop(&space->pages);
	up_write(&space->lock);
	trace_svma_mremap(space->id, args->old_addr, args->old_len, args->new_len, args->flags,
			  args->new_addr, err, err ? 0 : remap.result);
	if (err)
		return err;
	args->new_addr = remap.result;
	svma_verb_populate(space, remap.populate_start, remap.populate_len);
	return 0;
}

int svma_ioctl_madvise(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_madvise *args = &call->arg.madvise;
	struct svma_populate populate = {};
	int err;

	if (args->reserved)
		return -EINVAL;
	err = svma_space_lock(space);
	if (err)
		return err;
	err = svma_core_madvise(&space->core, args->addr, args->len, args->advice, &populate);
	up_write(&space->lock);
	trace_svma_madvise(space->id, args->addr, args->len, args->advice, err);
	if (!err && args->advice == MADV_WILLNEED)
		svma_mem_willneed(space, args->addr, args->addr + svma_page_align(args->len));
	/* What comes before that which cannot be made present is made so. */
	return svma_mem_populate(space, &populate) ?: err;
}

/* What the kernel's mlock makes of a population that failed. */
static int svma_lock_error(int err)
{
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

int svma_ioctl_lock(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_lock *args = &call->arg.lock;
	struct svma_populate populate = {};
	int err = svma_space_lock(space);

	if (err)
		return err;
	err = svma_core_lock(&space->core, args, &populate);
	up_write(&space->lock);
	trace_svma_lock(space->id, args->addr, args->len, args->op, err);
	populate.strict = args->op == SVMA_MLOCK;
	/* As far as it can be. */
	return svma_lock_error(svma_mem_populate(space, &populate)) ?: err;
}

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
