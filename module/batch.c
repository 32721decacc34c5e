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
#include "mem/gather.h"
#include "mem/mem.h"

/* Operations under one hold of the lock, copied in and out together. */
#define SVMA_BATCH_RUN		512U
/* Pages whose end is put off for each operation, at most so many. */
#define SVMA_BATCH_PAGES	2U
#define SVMA_BATCH_PAGES_MIN	64U

/**
 * struct svma_batch_run - a batch under way
 * @space: the space
 * @args: what the caller gave
 * @ops: some of its operations
 * @gather: what is put off while the lock is held
 * @locked: it is
 * @stop: the batch is over
 */
struct svma_batch_run {
	struct svma_space *space;
	struct svma_batch *args;
	struct svma_op *ops;
	struct svma_gather *gather;
	bool locked;
	bool stop;
};

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

/* With the lock, and with it still held if nothing else was needed. */
static int svma_batch_held(struct svma_batch_run *run, const struct svma_ioctl *row, void *arg)
{
	struct svma_space *space = run->space;
	struct svma_verb verb;
	int err, failed = -EAGAIN;

	err = svma_verb_prepare(space, row, arg, &verb);
	if (err)
		return err;
	err = svma_batch_lock(run);
	if (err)
		return err;
	/* Regions of files are found by who changes the file: what is gone shows nothing. */
	if (!space->core.mapped)
		svma_gather_begin(run->gather);
	err = row->verb(space, arg, &verb);
	if (verb.after == SVMA_AFTER_NOTHING || verb.after == SVMA_AFTER_ADVISE ||
	    verb.after == SVMA_AFTER_LOCK)
		failed = svma_mem_populate_held(space, &verb.populate);
	if (failed != -EAGAIN)
		return svma_verb_populated(&verb, err, failed);
	svma_gather_end(run->gather);
	svma_batch_unlock(run);
	return svma_verb_finish(space, &verb, err);
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

/* Some operations; tells how many were tried. */
static u32 svma_batch_some(struct svma_batch_run *run, u32 count)
{
	struct svma_batch *args = run->args;
	u32 i;

	for (i = 0; i < count && !run->stop; i++) {
		/* One is done in any case, so that who tries again comes to an end. */
		if ((i || args->done) && signal_pending(current)) {
			run->stop = true;
			break;
		}
		run->ops[i].error = svma_batch_one(run, &run->ops[i]);
		if (run->ops[i].error) {
			args->failed++;
			run->stop = !(args->flags & SVMA_BATCH_GO_ON);
		}
		cond_resched();
	}
	if (run->locked)
		svma_gather_end(run->gather);
	svma_batch_unlock(run);
	return i;
}

static int svma_batch_all(struct svma_batch_run *run)
{
	struct svma_op __user *user = u64_to_user_ptr(run->args->ops);
	struct svma_batch *args = run->args;

	while (args->done < args->count && !run->stop) {
		u32 count = min(args->count - args->done, SVMA_BATCH_RUN);

		if (copy_from_user(run->ops, user + args->done, count * sizeof(*user)))
			return args->done ? 0 : -EFAULT;
		count = svma_batch_some(run, count);
		if (copy_to_user(user + args->done, run->ops, count * sizeof(*user)))
			return -EFAULT;
		args->done += count;
	}
	return 0;
}

int svma_ioctl_batch(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_batch *args = &call->arg.batch;
	struct svma_batch_run run = { .space = space, .args = args };
	u32 count = min(args->count, SVMA_BATCH_RUN);
	int err;

	if (args->reserved)
		return -EINVAL;
	if (args->flags & ~SVMA_BATCH_GO_ON)
		return -EOPNOTSUPP;
	args->done = 0;
	args->failed = 0;
	run.ops = kvmalloc_array(max(count, 1U), sizeof(*run.ops), GFP_KERNEL_ACCOUNT);
	run.gather = svma_gather_alloc(space, max(count * SVMA_BATCH_PAGES, SVMA_BATCH_PAGES_MIN));
	err = run.ops && run.gather ? svma_space_lock(space) : -ENOMEM;
	if (!err) {
		/* The steps of all its verbs explain a batch. */
		up_write(&space->lock);
		err = svma_batch_all(&run);
		trace_svma_batch(space->id, 0, args->count, args->done, err);
	}
	svma_gather_free(run.gather);
	kvfree(run.ops);
	return err;
}
