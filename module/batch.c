// SPDX-License-Identifier: GPL-2.0
/*
 * Many memory verbs in one call, under one lock, with one pass over hardware entries
 * (mem/gather.h).
 */
#include <linux/err.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "space.h"
#include "steps.h"
#include "trace.h"
#include "verb.h"
#include "words.h"
#include "mem/gather.h"
#include "mem/mem.h"

/* Operations under one hold of the lock, copied in and out together. */
#define SVMA_BATCH_RUN		512U
/* Pages whose end is put off for each operation, at most so many. */
#define SVMA_BATCH_PAGES	2U
#define SVMA_BATCH_PAGES_MIN	64U

/**
 * struct svma_batch_room - what a batch needs room for; a space keeps one for the next
 * @count: operations that there is room for
 * @gather: what is put off while the lock is held
 * @ops: operations
 */
struct svma_batch_room {
	u32 count;
	struct svma_gather *gather;
	struct svma_op ops[];
};

/**
 * struct svma_batch_run - a batch under way
 * @space: the space
 * @args: what the caller gave
 * @ops: some of its operations
 * @gather: what is put off while the lock is held
 * @verb: the one under way
 * @apart: so many operations are not to be joined
 * @locked: the space is
 * @stop: the batch is over
 */
struct svma_batch_run {
	struct svma_space *space;
	struct svma_batch *args;
	struct svma_op *ops;
	struct svma_gather *gather;
	struct svma_verb verb;
	u32 apart;
	bool locked;
	bool stop;
};

static void svma_batch_room_free(struct svma_batch_room *room)
{
	if (room)
		svma_gather_free(room->gather);
	kvfree(room);
}

static struct svma_batch_room *svma_batch_room_alloc(struct svma_space *space, u32 count)
{
	struct svma_batch_room *room;

	room = kvmalloc(struct_size(room, ops, count), GFP_KERNEL_ACCOUNT);
	if (!room)
		return NULL;
	room->count = count;
	room->gather = svma_gather_alloc(space,
					 max(count * SVMA_BATCH_PAGES, SVMA_BATCH_PAGES_MIN));
	if (room->gather)
		return room;
	kvfree(room);
	return NULL;
}

/* That of the batch before, unless another one has it, or it is too small. */
static struct svma_batch_room *svma_batch_room_get(struct svma_space *space, u32 count)
{
	struct svma_batch_room *room = xchg(&space->batch, NULL);

	if (room && room->count >= count)
		return room;
	svma_batch_room_free(room);
	return svma_batch_room_alloc(space, count);
}

static void svma_batch_room_put(struct svma_space *space, struct svma_batch_room *room)
{
	svma_batch_room_free(xchg(&space->batch, room));
}

/**
 * svma_batch_forget() - the space goes
 * @space: the space
 */
void svma_batch_forget(struct svma_space *space)
{
	svma_batch_room_free(space->batch);
	space->batch = NULL;
}

static int svma_batch_lock(struct svma_batch_run *run)
{
	int err = run->locked ? 0 : svma_space_relock(run->space);

	run->locked = !err;
	return err;
}

static void svma_batch_unlock(struct svma_batch_run *run)
{
	if (run->locked)
		up_write(&run->space->lock);
	run->locked = false;
}

/* The argument, as long as the module knows it. */
static int svma_batch_arg(struct svma_op *op, const struct svma_ioctl *row)
{
	unsigned int size = _IOC_SIZE(op->cmd), known = _IOC_SIZE(row->cmd);
	u8 *arg = (u8 *)&op->arg;

	if (size < row->min_size)
		return -EINVAL;
	if (size > known && (size > sizeof(op->arg) || memchr_inv(arg + known, 0, size - known)))
		return -E2BIG;
	if (size < known)
		memset(arg + size, 0, known - size);
	return 0;
}

/* The lock is held: what can be put off is, from now on. */
static void svma_batch_gather(struct svma_batch_run *run)
{
	struct svma_space *space = run->space;

	/* Regions of files are found by who changes the file: what is gone shows nothing. */
	if (!space->core.mapped && !space->pages.gather)
		svma_gather_begin(run->gather);
}

/* With the lock, and with it still held if nothing else was needed. */
static int svma_batch_held(struct svma_batch_run *run, const struct svma_ioctl *row, void *arg)
{
	struct svma_space *space = run->space;
	struct svma_verb *verb = &run->verb;
	int err, failed = -EAGAIN;

	err = svma_verb_prepare(space, row, arg, verb);
	if (err)
		return err;
	err = svma_batch_lock(run);
	if (err)
		return err;
	svma_batch_gather(run);
	err = row->verb(space, arg, verb);
	if (verb->after == SVMA_AFTER_NOTHING || verb->after == SVMA_AFTER_ADVISE ||
	    verb->after == SVMA_AFTER_LOCK)
		failed = verb->populate.len ? svma_mem_populate_held(space, &verb->populate) : 0;
	if (failed != -EAGAIN)
		return svma_verb_populated(verb, err, failed);
	svma_gather_end(run->gather);
	svma_batch_unlock(run);
	return svma_verb_finish(space, verb, err);
}

static int svma_batch_one(struct svma_batch_run *run, struct svma_op *op)
{
	const struct svma_ioctl *row = svma_space_verb(op->cmd);
	int err = row ? svma_batch_arg(op, row) : -ENOTTY;

	if (err)
		return err;
	if (!svma_verb_sleeps(row, &op->arg))
		return svma_batch_held(run, row, &op->arg);
	if (run->locked)
		svma_gather_end(run->gather);
	svma_batch_unlock(run);
	return svma_verb_alone(run->space, row, &op->arg, svma_space_relock);
}

/* Operations that are done as one, and succeed; tells how many, 0 for none. */
static u32 svma_batch_joined(struct svma_batch_run *run, struct svma_op *ops, u32 count)
{
	struct svma_madvise joined;
	u32 n, i;

	if (run->apart || count < 2 || ops->cmd != SVMA_IOC_MADVISE || ops[1].cmd != ops->cmd ||
	    svma_batch_lock(run))
		return 0;
	n = svma_join(run->space, ops, count, &joined);
	if (!n) {
		svma_batch_gather(run);
		return svma_join_apart(run->space, ops, count);
	}
	/* What fails is told of the operation that it fails for. */
	if (svma_batch_held(run, svma_space_verb(ops->cmd), &joined)) {
		run->apart = n;
		return 0;
	}
	for (i = 0; i < n; i++)
		ops[i].error = 0;
	return n;
}

static void svma_batch_single(struct svma_batch_run *run, struct svma_op *op)
{
	run->apart -= !!run->apart;
	op->error = svma_batch_one(run, op);
	if (op->error) {
		run->args->failed++;
		run->stop = !(run->args->flags & SVMA_BATCH_GO_ON);
	}
}

/* Some operations; tells how many were tried. */
static u32 svma_batch_some(struct svma_batch_run *run, u32 count)
{
	u32 i, done;

	for (i = 0; i < count && !run->stop; i += done) {
		/* One is done in any case, so that who tries again comes to an end. */
		if ((i || run->args->done) && signal_pending(current)) {
			run->stop = true;
			break;
		}
		done = svma_batch_joined(run, &run->ops[i], count - i);
		if (!done) {
			svma_batch_single(run, &run->ops[i]);
			done = 1;
		}
		cond_resched();
	}
	if (run->locked)
		svma_gather_end(run->gather);
	svma_batch_unlock(run);
	return i;
}

/* Bytes of an operation's argument. What is longer than any is refused before it is looked at. */
static size_t svma_batch_size(const struct svma_op *op)
{
	return min_t(size_t, _IOC_SIZE(op->cmd), sizeof(op->arg));
}

/* What the operations have as arguments, and no more. */
static int svma_batch_get(struct svma_op *ops, const struct svma_op __user *user, u32 count)
{
	u32 i;

	if (should_fail_usercopy() || !user_read_access_begin(user, count * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		size_t size, at;
		u64 *arg = (u64 *)&ops[i].arg;
		const u64 __user *from = (const u64 __user *)&user[i].arg;

		unsafe_get_user(ops[i].cmd, &user[i].cmd, fault);
		size = svma_batch_size(&ops[i]);
		for (at = 0; at < DIV_ROUND_UP(size, sizeof(*arg)); at++)
			unsafe_get_user(arg[at], &from[at], fault);
	}
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/* Answers: of each alone it would be those bytes, and none of one that failed. */
static int svma_batch_put(struct svma_op __user *user, const struct svma_op *ops, u32 count)
{
	u32 i;

	if (should_fail_usercopy() || !user_write_access_begin(user, count * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < count; i++) {
		const u8 *arg = (const u8 *)&ops[i].arg;
		u8 __user *to = (u8 __user *)&user[i].arg;
		size_t size = svma_batch_size(&ops[i]), at = 0;

		unsafe_put_user(ops[i].error, &user[i].error, fault);
		if (ops[i].error || !(_IOC_DIR(ops[i].cmd) & _IOC_READ))
			continue;
		for (; at + sizeof(u64) <= size; at += sizeof(u64))
			unsafe_put_user(*(const u64 *)(arg + at), (u64 __user *)(to + at), fault);
		for (; at < size; at++)
			unsafe_put_user(arg[at], to + at, fault);
	}
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static int svma_batch_all(struct svma_batch_run *run)
{
	struct svma_op __user *user = u64_to_user_ptr(run->args->ops);
	struct svma_batch *args = run->args;

	while (args->done < args->count && !run->stop) {
		u32 count = min(args->count - args->done, SVMA_BATCH_RUN);

		if (svma_batch_get(run->ops, user + args->done, count))
			return args->done ? 0 : -EFAULT;
		count = svma_batch_some(run, count);
		if (svma_batch_put(user + args->done, run->ops, count))
			return -EFAULT;
		args->done += count;
	}
	return 0;
}

int svma_ioctl_batch(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_batch *args = &call->arg.batch;
	struct svma_batch_run run svma_unset;
	struct svma_batch_room *room;
	int err;

	if (args->reserved)
		return -EINVAL;
	if (args->flags & ~SVMA_BATCH_GO_ON)
		return -EOPNOTSUPP;
	args->done = 0;
	args->failed = 0;
	svma_spare_want(space);
	room = svma_batch_room_get(space, clamp(args->count, 1U, SVMA_BATCH_RUN));
	if (!room)
		return -ENOMEM;
	err = svma_space_lock(space);
	if (!err) {
		/* The steps of all its verbs explain a batch. */
		up_write(&space->lock);
		run.space = space;
		run.args = args;
		run.ops = room->ops;
		run.gather = room->gather;
		run.apart = 0;
		run.locked = false;
		run.stop = false;
		err = svma_batch_all(&run);
		trace_svma_batch(space->id, 0, args->count, args->done, err);
	}
	svma_batch_room_put(space, room);
	return err;
}
