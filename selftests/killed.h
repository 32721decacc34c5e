/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A call that is killed in its middle, and what is to be seen of it when its process has gone.
 *
 * When the signal comes is not measured but searched for: it comes earlier when the call was over
 * by then, and later when the call had not begun. So the same sizes do on fast and slow machines.
 */
#ifndef SVMA_KILLED_H
#define SVMA_KILLED_H

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define KILLED_MARKS	(64UL << 20)	/* bytes for answers of calls */
#define KILLED_GOOD	3		/* calls that must have ended early */
#define KILLED_SOON	300		/* us, or thousandths of the call's time, to begin with */
/*
 * Calls that were over before that, at most. Where the machine that a guest runs on is busy, its
 * timers come late: then it is not the call that goes on.
 */
#define KILLED_LATE	24
#define KILLED_WAIT	10000000L	/* us that a process may take to go, however slow */
#define KILLED_REGIONS	60000UL		/* of a space that has many */
#define KILLED_LEAVES	8192UL		/* of a page table that has many */
#define KILLED_STRIDE	512UL		/* pages that a leaf is for */

/**
 * struct killed_state - how far a process came that is killed
 * @started: it is about to call
 * @returned: it came back from the call
 */
struct killed_state {
	atomic_bool started, returned;
};

/**
 * struct killed - a space, and what a killed process leaves of its call
 * @machine: a machine of its own
 * @space: the space of the call
 * @other: another one, or -1
 * @marks: memory that outlives the caller, for what calls answer
 * @view: a window on the space, or NULL
 * @state: how far it came
 */
struct killed {
	int machine, space, other;
	char *marks, *view;
	struct killed_state *state;
};

/**
 * struct killed_call - a call to be killed
 * @again: makes all ready, before each call; 0 or a negative errno
 * @act: the call
 * @begun: has it done a part? NULL: that cannot be seen, so that it is called once as it is, and
 *         killed after a part of the time that it took
 * @done: has it done all?
 * @inside: the caller has our address space, which outlives it, too
 */
struct killed_call {
	long (*again)(struct killed *k);
	void (*act)(struct killed *k);
	bool (*begun)(struct killed *k);
	bool (*done)(struct killed *k);
	bool inside;
};

static inline void *killed_shared(unsigned long len)
{
	void *mem = mmap(NULL, len, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static inline long killed_make(struct killed *k, __u32 flags)
{
	k->machine = machine_open();
	k->space = space_make(k->machine, flags);
	k->other = -1;
	k->view = NULL;
	k->marks = killed_shared(KILLED_MARKS);
	k->state = killed_shared(PAGE);
	return k->space < 0 ? k->space : k->marks && k->state ? 0 : -ENOMEM;
}

static inline void killed_drop(struct killed *k)
{
	close(k->other);
	close(k->space);
	close(k->machine);
	munmap(k->marks, KILLED_MARKS);
	munmap(k->state, PAGE);
}

/* Kill this process so long from now on, wherever it is then. */
static inline void killed_after(long us)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value = { us / 1000000, us % 1000000 * 1000 } };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &when, NULL))
		_exit(2);
}

/* Has it gone by then? What lives longer is left to itself. */
static inline bool killed_gone(pid_t pid, long us)
{
	int status;

	for (; us > 0; us -= 500) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return true;
		usleep(500);
	}
	return false;
}

/* Who is killed, in the middle of a call if need be. */
struct killed_caller {
	struct killed *k;
	const struct killed_call *c;
	long us;
};

/* How long the call takes that nobody kills, us. */
static inline long killed_time(const struct killed_caller *caller)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	caller->c->act(caller->k);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (!caller->c->done(caller->k) || caller->c->again(caller->k))
		_exit(2);
	return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

static inline int killed_caller(void *data)
{
	const struct killed_caller *caller = data;

	killed_after(caller->c->begun ? caller->us : killed_time(caller) * caller->us / 1000);
	caller->k->state->started = true;
	caller->c->act(caller->k);
	caller->k->state->returned = true;
	_exit(0);
}

static inline pid_t killed_start(struct killed_caller *caller)
{
	static char stack[64 << 10] __attribute__((aligned(16)));
	pid_t pid;

	if (caller->c->inside)
		return clone(killed_caller, stack + sizeof(stack), CLONE_VM | SIGCHLD, caller);
	pid = fork();
	if (!pid)
		killed_caller(caller);
	return pid;
}

/* NULL if the call ends when it is killed, else what it does instead. */
static inline const char *killed_early(struct killed *k, const struct killed_call *c)
{
	struct killed_caller caller = { k, c };
	unsigned int good = 0, late = 0;
	long wait = KILLED_WAIT + (c->begun ? 0 : 2 * KILLED_WAIT);
	long us = KILLED_SOON;
	pid_t pid;

	while (good < KILLED_GOOD) {
		if (us > KILLED_WAIT)
			return "never begins";
		memset(k->state, 0, sizeof(*k->state));
		caller.us = us;
		if (c->again && c->again(k))
			return "cannot be made ready";
		pid = killed_start(&caller);
		if (pid < 0 || !killed_gone(pid, us + wait))
			return "goes on for long";
		if (k->state->returned || c->done(k)) {
			if (++late == KILLED_LATE)
				return "comes to its end all the same";
			us = us > 8 ? us / 2 : KILLED_SOON;
		} else if (!k->state->started || (c->begun && !c->begun(k))) {
			us = us * 3 / 2;
		} else {
			good++;
		}
	}
	return NULL;
}

#define EXPECT_EARLY(k, c) do {						\
	const char *what_ = killed_early(k, c);				\
	EXPECT_EQ(NULL, what_) TH_LOG("the call %s", what_);		\
} while (0)

/* A region without end, nearly, that costs nothing. */
static inline long killed_wide(int space, unsigned long pages)
{
	long addr = verb_mmap(space, at(0), pages * PAGE, RW, FIXED | MAP_NORESERVE);

	return addr < 0 ? addr : 0;
}

/* One page in each of many leaves. */
static inline long killed_leaves(int space)
{
	long err = killed_wide(space, KILLED_LEAVES * KILLED_STRIDE);
	unsigned long i;

	for (i = 0; !err && i < KILLED_LEAVES; i++)
		err = page_put(space, i * KILLED_STRIDE, 4711);
	return err;
}

/* From pages that are mapped, as many regions: every second one becomes another. */
static inline long killed_split(struct killed *k)
{
	struct svma_op *ops = (struct svma_op *)k->marks;
	struct svma_batch arg = { .ops = (unsigned long)ops, .count = KILLED_REGIONS / 2 };
	unsigned long i;
	long err;

	for (i = 0; i < arg.count; i++)
		ops[i] = (struct svma_op){
			.cmd = SVMA_IOC_MPROTECT,
			.arg.mprotect = {
				.addr = at(2 * i + 1), .len = PAGE, .prot = PROT_READ, .pkey = -1,
			},
		};
	err = call(k->space, SVMA_IOC_BATCH, &arg);
	memset(k->marks, 0, arg.count * sizeof(*ops));
	return err ?: arg.failed ? -ENOTRECOVERABLE : 0;
}

static inline long killed_regions(struct killed *k)
{
	return map_pages(k->space, 0, KILLED_REGIONS, RW) ?: killed_split(k);
}

#endif /* SVMA_KILLED_H */
