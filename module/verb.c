// SPDX-License-Identifier: GPL-2.0
/*
 * The memory verbs of a space: arguments in, lock, the region core, unlock, answer out; then pages
 * where the verb asks for them. A batch (batch.c) does the same with many under one lock.
 */
#include <linux/err.h>
#include <linux/mman.h>
#include <linux/rwsem.h>

#include "backing.h"
#include "ioctl.h"
#include "space.h"
#include "steps.h"
#include "trace.h"
#include "verb.h"
#include "words.h"
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
	int err = svma_space_relock(space);

	if (!err)
		svma_steps_begin(space);
	return err;
}

/**
 * svma_space_relock() - the same, to go on with a batch: its steps are one explanation
 * @space: the space
 *
 * Return: as svma_space_lock().
 */
int svma_space_relock(struct svma_space *space)
{
	if (space->frozen)
		return -EROFS;
	return down_write_killable(&space->lock) ? -EINTR : 0;
}

/**
 * svma_verb_backing() - the backing of a new region, ready to give it pages
 * @space: the space, not locked
 * @fd: a descriptor of the caller
 * @shared: the region is to be
 *
 * Return: the backing, referenced; NULL for a descriptor that is not open; or an ERR_PTR.
 */
struct svma_backing *svma_verb_backing(struct svma_space *space, int fd, bool shared)
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

/* What the kernel's mlock makes of a population that failed. */
static int svma_lock_error(int err)
{
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

/**
 * svma_verb_prepare() - what a verb does before it takes the lock
 * @space: the space, not locked, unless svma_verb_sleeps() says no
 * @op: the verb
 * @arg: its argument
 * @verb: out: to be given to the verb's function, to svma_verb_finish(), and last to
 *         svma_verb_drop()
 *
 * Return: 0 or a negative errno, the verb is over then.
 */
int svma_verb_prepare(struct svma_space *space, const struct svma_ioctl *op, const void *arg,
		      struct svma_verb *verb)
{
	const struct svma_mmap *map = arg;

	verb->backing = NULL;
	verb->after = SVMA_AFTER_NOTHING;
	verb->populate = (struct svma_populate){};
	switch (op->cmd) {
	case SVMA_IOC_MMAP:
		if (map->reserved)
			return -EINVAL;
		if (map->flags & MAP_ANONYMOUS)
			return 0;
		verb->backing = svma_verb_backing(space, map->fd,
						  (map->flags & MAP_TYPE) != MAP_PRIVATE);
		if (!IS_ERR(verb->backing))
			return 0;
		return PTR_ERR(verb->backing);
	case SVMA_IOC_MREMAP:
		return ((const struct svma_mremap *)arg)->reserved ? -EINVAL : 0;
	case SVMA_IOC_MADVISE:
		return ((const struct svma_madvise *)arg)->reserved ? -EINVAL : 0;
	default:
		return 0;
	}
}

/**
 * svma_verb_sleeps() - does svma_verb_prepare() want the space not locked?
 * @op: the verb
 * @arg: its argument
 */
bool svma_verb_sleeps(const struct svma_ioctl *op, const void *arg)
{
	return op->cmd == SVMA_IOC_MMAP &&
	       !(((const struct svma_mmap *)arg)->flags & MAP_ANONYMOUS);
}

/**
 * svma_verb_drop() - a verb is over
 * @verb: as svma_verb_prepare() left it, if that succeeded; the space is not locked, if
 *         svma_verb_sleeps() said yes
 */
void svma_verb_drop(struct svma_verb *verb)
{
	svma_backing_drop(verb->backing);
}

/**
 * svma_verb_finish() - pages that a verb asks for
 * @space: the space, not locked
 * @verb: as the verb's function left it
 * @err: what that answered
 *
 * As the kernel's, a mapping that cannot have them is a mapping all the same.
 *
 * Return: what the verb answers.
 */
int svma_verb_finish(struct svma_space *space, const struct svma_verb *verb, int err)
{
	const struct svma_populate *populate = &verb->populate;
	int failed;

	switch (verb->after) {
	case SVMA_AFTER_OWN:
		svma_mem_populate_own(space, &verb->own);
		return err;
	case SVMA_AFTER_WILLNEED:
		svma_mem_willneed(space, populate->start, populate->start + populate->len);
		return err;
	default:
		failed = svma_mem_populate(space, populate);
		return svma_verb_populated(verb, err, failed);
	}
}

/**
 * svma_verb_populated() - what a verb answers, now that pages are there or could not be had
 * @verb: the verb
 * @err: what its function answered
 * @failed: what svma_mem_populate() or svma_mem_populate_held() answered
 *
 * Return: what the verb answers. What comes before that which cannot be made present is made so.
 */
int svma_verb_populated(const struct svma_verb *verb, int err, int failed)
{
	if (verb->after == SVMA_AFTER_ADVISE)
		return failed ?: err;
	if (verb->after == SVMA_AFTER_LOCK)
		return svma_lock_error(failed) ?: err;
	return err;
}

/**
 * svma_verb_alone() - one memory verb from its beginning to its end
 * @space: the space, not locked
 * @op: the verb
 * @arg: its argument
 * @lock: svma_space_lock(), or svma_space_relock() if it goes on with what has begun
 *
 * Return: 0 or a negative errno.
 */
int svma_verb_alone(struct svma_space *space, const struct svma_ioctl *op, void *arg,
		    int (*lock)(struct svma_space *space))
{
	struct svma_verb verb svma_unset;
	int err;

	err = svma_verb_prepare(space, op, arg, &verb);
	if (err)
		return err;
	err = lock(space);
	if (!err) {
		err = op->verb(space, arg, &verb);
		up_write(&space->lock);
		err = svma_verb_finish(space, &verb, err);
	}
	svma_verb_drop(&verb);
	return err;
}

/**
 * svma_ioctl_verb() - one memory verb, for the table of ioctls
 * @call: the call; its row has the verb
 *
 * Return: 0 or a negative errno.
 */
int svma_ioctl_verb(struct svma_call *call)
{
	return svma_verb_alone(call->object, call->op, &call->arg, svma_space_lock);
}

int svma_verb_mmap(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	struct svma_mmap *args = arg;
	struct svma_map_args map = {
		.addr = args->addr,
		.len = args->len,
		.prot = args->prot,
		.flags = args->flags,
		.offset = args->offset,
		.backing = verb->backing,
	};
	int err = svma_core_mmap(&space->core, &map);

	trace_svma_mmap(space->id, args->addr, args->len, args->prot, args->flags, args->fd,
			args->offset, err, err ? 0 : map.result);
	if (err)
		return err;
	args->addr = map.result;
	verb->populate.start = map.result;
	verb->populate.len = map.populate;
	return 0;
}

int svma_verb_munmap(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_munmap *args = arg;
	int err = svma_core_munmap(&space->core, args->addr, args->len);

	trace_svma_munmap(space->id, args->addr, args->len, 0, err);
	return err;
}

int svma_verb_mprotect(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_mprotect *args = arg;
	int err;

	space->own.count = 0;
	err = svma_core_mprotect(&space->core, args->addr, args->len, args->prot, args->pkey);
	trace_svma_mprotect(space->id, args->addr, args->len, args->prot, args->pkey, err);
	/* Also what comes before that which refused. */
	if (space->own.count) {
		verb->after = SVMA_AFTER_OWN;
		verb->own = space->own;
	}
	return err;
}

int svma_verb_brk(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	unsigned long brk, start = 0, len = 0;
	struct svma_brk *args = arg;
	int err;

	brk = args->brk;
	err = svma_core_brk(&space->core, &brk, &start, &len);
	trace_svma_brk(space->id, args->brk, 0, brk, err);
	if (err)
		return err;
	args->brk = brk;
	verb->populate.start = start;
	verb->populate.len = len;
	return 0;
}

/* What only shrinks stays where it is. */
static bool svma_mremap_may_move(const struct svma_mremap *args)
{
	return args->flags & MREMAP_MAYMOVE &&
	       (args->new_len > args->old_len || args->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP));
}

int svma_verb_mremap(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	struct svma_mremap *args = arg;
	struct svma_remap_args remap = {
		.old_addr = args->old_addr,
		.old_len = args->old_len,
		.new_len = args->new_len,
		.flags = args->flags,
		.new_addr = args->new_addr,
	};
	unsigned long first = svma_pages(args->old_addr);
	int err = 0;

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
	trace_svma_mremap(space->id, args->old_addr, args->old_len, args->new_len, args->flags,
			  args->new_addr, err, err ? 0 : remap.result);
	if (err)
		return err;
	args->new_addr = remap.result;
	verb->populate.start = remap.populate_start;
	verb->populate.len = remap.populate_len;
	return 0;
}

int svma_verb_madvise(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_madvise *args = arg;
	int err = svma_core_madvise(&space->core, args->addr, args->len, args->advice,
				    &verb->populate);

	trace_svma_madvise(space->id, args->addr, args->len, args->advice, err);
	verb->after = SVMA_AFTER_ADVISE;
	if (!err && args->advice == MADV_WILLNEED) {
		verb->after = SVMA_AFTER_WILLNEED;
		verb->populate.start = args->addr;
		verb->populate.len = svma_page_align(args->len);
	}
	return err;
}

int svma_verb_lock(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_lock *args = arg;
	int err = svma_core_lock(&space->core, args, &verb->populate);

	trace_svma_lock(space->id, args->addr, args->len, args->op, args->flags, err);
	verb->populate.strict = args->op == SVMA_MLOCK;
	/* As far as it can be. */
	verb->after = SVMA_AFTER_LOCK;
	return err;
}

int svma_verb_mseal(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_seal *args = arg;
	int err = svma_core_mseal(&space->core, args->addr, args->len, args->flags);

	trace_svma_mseal(space->id, args->addr, args->len, args->flags, err);
	return err;
}

int svma_verb_remap_file(struct svma_space *space, void *arg, struct svma_verb *verb)
{
	const struct svma_remap_file *args = arg;
	struct svma_populate populate = {};
	int err = svma_core_remap_file(&space->core, args, &populate);

	trace_svma_remap_file(space->id, args->addr, args->len, args->pgoff, args->flags, err);
	if (!err)
		verb->populate = populate;
	return err;
}

