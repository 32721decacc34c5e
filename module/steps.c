// SPDX-License-Identifier: GPL-2.0
/*
 * The steps that the engine takes: to the tracepoints, and to who asked for an explanation.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "space.h"
#include "steps.h"

/* Enough for what a person reads; what a verb over thousands of regions does is told as lost. */
#define SVMA_STEPS_MAX	512

/**
 * struct svma_step_log - the steps of the last verb
 * @count: steps kept
 * @lost: steps taken after the log was full
 * @step: the steps
 */
struct svma_step_log {
	u32 count;
	u32 lost;
	struct svma_step step[SVMA_STEPS_MAX];
};

/**
 * svma_steps_begin() - forget the steps of the verb before, as another begins, or all are told
 * @space: the space, exclusively
 */
void svma_steps_begin(struct svma_space *space)
{
	lockdep_assert_held_write(&space->lock);
	if (space->steps) {
		space->steps->count = 0;
		space->steps->lost = 0;
	}
}

/**
 * svma_steps_note() - the core took a step
 * @core: the space, exclusively
 * @kind: SVMA_STEP_*
 * @a: see there, as the others
 * @b: see there
 * @c: see there
 * @d: see there
 */
void svma_steps_note(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d)
{
	struct svma_step_log *log = svma_space_of_core(core)->steps;

	svma_trace_step(core, kind, a, b, c, d);
	if (!log)
		return;
	if (log->count == SVMA_STEPS_MAX) {
		log->lost++;
		return;
	}
	log->step[log->count++] =
		(struct svma_step){ .kind = kind, .a = a, .b = b, .c = c, .d = d };
}

/**
 * svma_steps_free() - the space goes
 * @space: the space
 */
void svma_steps_free(struct svma_space *space)
{
	kvfree(space->steps);
	space->steps = NULL;
}

int svma_ioctl_steps(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_steps *args = &call->arg.steps;
	struct svma_step_log *log = kvzalloc(sizeof(*log), GFP_KERNEL_ACCOUNT), *copy = NULL;
	int err = 0;

	if (args->reserved)
		err = -EINVAL;
	else if (args->flags & ~SVMA_STEPS_FORGET)
		err = -EOPNOTSUPP;
	else if (!log)
		err = -ENOMEM;
	if (err) {
		kvfree(log);
		return err;
	}
	if (down_write_killable(&space->lock)) {
		kvfree(log);
		return -EINTR;
	}
	if (space->steps) {
		/* User space is written to without the lock, from a copy. */
		memcpy(log, space->steps, sizeof(*log));
		copy = log;
		if (args->flags & SVMA_STEPS_FORGET)
			svma_steps_begin(space);
	} else {
		space->steps = log;
		space->core.told = true;
	}
	up_write(&space->lock);
	args->lost = 0;
	if (!copy) {
		args->count = 0;
		return 0;
	}
	args->lost = copy->lost;
	if (args->count < copy->count)
		args->lost += copy->count - args->count;
	args->count = min(args->count, copy->count);
	if (copy_to_user(u64_to_user_ptr(args->buf), copy->step,
			 args->count * sizeof(copy->step[0])))
		err = -EFAULT;
	kvfree(copy);
	return err;
}
