// SPDX-License-Identifier: GPL-2.0
/*
 * The other way to run a sequence: what is done on the space one by one is done on a second space,
 * which was like it at the start, in batches. Answers, regions, totals and contents are the same.
 *
 * The calls are taken where they leave the program, as ioctls. Those that a batch can hold wait
 * until there are enough of them, or until something else is to be done on the space.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../cmd.h"
#include "fuzz.h"

#define MOST 24u	/* operations in a batch */

bool fuzz_batches;

static struct {
	struct svma_run *run;
	struct svma_side other;
	struct svma_side_ops ops;		/* of the run's side, with what is done twice */
	const struct svma_side_ops *plain;
	struct svma_op op[MOST];		/* as they are to be done */
	struct svma_op due[MOST];		/* and with the answers that they had */
	unsigned int n;
	unsigned int limit;
	struct fuzz_rng rng;
	bool differs;
} both;

static int plain_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

/* Tell of the first difference. */
static void differ(const char *what, unsigned long long one, unsigned long long many)
{
	if (!both.differs)
		svma_report_problem(&both.run->report, both.run->script.lineno,
				    "%s: 0x%llx one by one, 0x%llx in batches", what, one, many);
	both.differs = true;
}

static bool batched(unsigned long request)
{
	switch (request) {
	case SVMA_IOC_MMAP:
	case SVMA_IOC_MUNMAP:
	case SVMA_IOC_MPROTECT:
	case SVMA_IOC_BRK:
	case SVMA_IOC_MREMAP:
	case SVMA_IOC_MADVISE:
	case SVMA_IOC_LOCK:
	case SVMA_IOC_REMAP_FILE:
	case SVMA_IOC_MSEAL:
		return true;
	default:
		return false;
	}
}

static void compare_regions(void)
{
	struct svma_region_list one = { 0 }, many = { 0 };
	int err = svma_client_regions(both.run->shadow.space, 0, ~0ULL, &one);

	if (!err)
		err = svma_client_regions(both.other.space, 0, ~0ULL, &many);
	if (err)
		differ("regions cannot be read", 0, -err);
	else if (one.n != many.n)
		differ("number of regions", one.n, many.n);
	for (size_t i = 0; !both.differs && i < one.n; i++) {
		const struct svma_region *a = &one.v[i], *b = &many.v[i];

		if (a->start != b->start)
			differ("start of a region", a->start, b->start);
		else if (a->end != b->end)
			differ("end of a region", a->end, b->end);
		else if (a->flags != b->flags)
			differ("flags of a region", a->flags, b->flags);
		else if (a->pgoff != b->pgoff)
			differ("offset of a region", a->pgoff, b->pgoff);
		/* Shared anonymous memory is each space's own. */
		else if (!a->inode != !b->inode || a->dev_minor != b->dev_minor)
			differ("file of a region", a->inode, b->inode);
		else if (!a->anon != !b->anon || a->anon_flags != b->anon_flags)
			differ("what was written of a region", a->anon_flags, b->anon_flags);
	}
	svma_region_list_free(&one);
	svma_region_list_free(&many);
}

static void compare_totals(void)
{
	struct svma_stats one, many;
	int err = svma_client_stats(both.run->shadow.space, &one);

	if (!err)
		err = svma_client_stats(both.other.space, &many);
	if (err)
		return differ("totals cannot be read", 0, -err);
	if (one.total != many.total)
		differ("pages in regions", one.total, many.total);
	if (one.locked != many.locked)
		differ("locked pages", one.locked, many.locked);
	if (one.data != many.data)
		differ("pages of data", one.data, many.data);
	if (one.exec != many.exec)
		differ("pages of text", one.exec, many.exec);
	if (one.stack != many.stack)
		differ("pages of stacks", one.stack, many.stack);
	if (one.committed != many.committed)
		differ("pages charged", one.committed, many.committed);
}

static void compare_answers(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to && !both.differs; i++) {
		const struct svma_op *one = &both.due[i], *many = &both.op[i];

		if (one->error != many->error)
			differ("errno of a call", -one->error, -many->error);
		else if (!one->error && memcmp(&one->arg, &many->arg, _IOC_SIZE(one->cmd)))
			differ("answer of a call", one->arg.space[0], many->arg.space[0]);
	}
}

/* Those that wait are done, in one batch or, where one fails and it ends there, in several. */
static void flush(void)
{
	unsigned int at = 0;

	while (at < both.n && !both.differs) {
		struct svma_batch batch = {
			.ops = (__u64)(unsigned long)&both.op[at], .count = both.n - at,
			.flags = fuzz_chance(&both.rng, 2) ? SVMA_BATCH_GO_ON : 0,
		};
		unsigned int failed = 0;
		int err = plain_ioctl(both.other.space, SVMA_IOC_BATCH, &batch);

		if (err == -EINTR)
			continue;
		if (err || !batch.done || batch.done > batch.count) {
			differ("operations of a batch", at + batch.count, at + batch.done);
			break;
		}
		compare_answers(at, at + batch.done);
		for (unsigned int i = at; i < at + batch.done; i++)
			failed += !!both.due[i].error;
		if (failed != batch.failed)
			differ("failures in a batch", failed, batch.failed);
		at += batch.done;
		if (!(batch.flags & SVMA_BATCH_GO_ON) && at < both.n && !both.due[at - 1].error)
			differ("the end of a batch", both.n, at);
	}
	both.n = 0;
	both.limit = 1 + fuzz_below(&both.rng, MOST);
	if (!both.differs)
		compare_regions();
	if (!both.differs)
		compare_totals();
}

/* A call that a batch can hold. */
static int later(unsigned long request, void *arg)
{
	struct svma_op *op = &both.op[both.n], *due = &both.due[both.n];

	*op = (struct svma_op){ .cmd = request };
	memcpy(&op->arg, arg, _IOC_SIZE(request));
	*due = *op;
	due->error = plain_ioctl(both.run->shadow.space, request, arg);
	memcpy(&due->arg, arg, _IOC_SIZE(request));
	if (++both.n == both.limit)
		flush();
	return due->error;
}

/* What is told of a region: most often it is known already, and would end each batch. */
static bool known(const struct svma_anon *anon)
{
	struct svma_lookup look = { .addr = anon->start };

	return !plain_ioctl(both.run->shadow.space, SVMA_IOC_LOOKUP, &look) &&
	       look.region.start == anon->start && look.region.anon == anon->anon &&
	       look.region.anon_flags == anon->anon_flags;
}

/* A call that is done on both at once. */
static int now(unsigned long request, void *arg)
{
	char copy[64];
	int one, many;

	flush();
	memcpy(copy, arg, _IOC_SIZE(request));
	one = plain_ioctl(both.run->shadow.space, request, arg);
	many = plain_ioctl(both.other.space, request, copy);
	if (one != many)
		differ("errno of a call", -one, -many);
	return one;
}

static int hook(int fd, unsigned long request, void *arg)
{
	if (fd != both.run->shadow.space || both.differs)
		return plain_ioctl(fd, request, arg);
	if (batched(request))
		return later(request, arg);
	if (request == SVMA_IOC_MSYNC || (request == SVMA_IOC_ANON && !known(arg)))
		return now(request, arg);
	return plain_ioctl(fd, request, arg);
}

static void compare_outcomes(const struct svma_outcome *one, const struct svma_outcome *many)
{
	if (one->kind != many->kind)
		differ("kind of an outcome", one->kind, many->kind);
	else if (one->kind == SVMA_OUTCOME_SIGNAL && one->sig != many->sig)
		differ("signal", one->sig, many->sig);
	else if (one->kind == SVMA_OUTCOME_RESULT && one->result != many->result)
		differ("result", one->result, many->result);
	else if ((one->kind == SVMA_OUTCOME_BYTES || one->vec) &&
		 memcmp(one->bytes, many->bytes, one->n))
		differ("bytes", one->bytes[0], many->bytes[0]);
}

static int twice_load(struct svma_side *side, __u64 addr, size_t n, struct svma_outcome *outcome)
{
	static struct svma_outcome other;
	int err;

	flush();
	err = both.plain->load(side, addr, n, outcome);
	if (!err && !both.differs && !both.plain->load(&both.other, addr, n, &other))
		compare_outcomes(outcome, &other);
	return err;
}

static int twice_store(struct svma_side *side, __u64 addr, const void *bytes, size_t n,
		       struct svma_outcome *outcome)
{
	static struct svma_outcome other;
	int err;

	flush();
	err = both.plain->store(side, addr, bytes, n, outcome);
	if (!err && !both.differs && !both.plain->store(&both.other, addr, bytes, n, &other))
		compare_outcomes(outcome, &other);
	return err;
}

static int twice_mincore(struct svma_side *side, __u64 addr, __u64 len,
			 struct svma_outcome *outcome)
{
	static struct svma_outcome other;
	int err;

	flush();
	err = both.plain->mincore(side, addr, len, outcome);
	other.vec = false;
	if (!err && !both.differs && !both.plain->mincore(&both.other, addr, len, &other))
		compare_outcomes(outcome, &other);
	return err;
}

static int twice_fork(struct svma_side *side, bool child, struct svma_outcome *outcome)
{
	static struct svma_outcome other;
	int err;

	flush();
	err = both.plain->fork(side, child, outcome);
	if (!err && !both.differs) {
		int also = both.plain->fork(&both.other, child, &other);

		if (also)
			differ("errno of a fork", 0, -also);
	}
	return err;
}

int fuzz_batch_start(struct svma_run *run)
{
	struct svma_machine machine;
	int err;

	if (!fuzz_batches)
		return 0;
	err = svma_side_space(&both.other, run->shadow.pages ? 0 : SVMA_SPACE_LAYOUT,
			      run->options->profile, run->options->kernel);
	if (err)
		return err;
	err = svma_client_machine_get(run->shadow.machine, &machine);
	if (!err) {
		machine.told = SVMA_MACHINE_ALL;
		err = svma_client_machine_set(both.other.machine, &machine);
	}
	if (!err)
		err = svma_side_adopt(&both.other, &run->host);
	if (err) {
		svma_side_stop(&both.other);
		return err;
	}
	both.run = run;
	both.n = 0;
	both.limit = MOST;
	both.differs = false;
	both.rng.state = 1;
	both.plain = run->shadow.ops;
	both.ops = *both.plain;
	both.ops.load = twice_load;
	both.ops.store = twice_store;
	both.ops.mincore = twice_mincore;
	both.ops.fork = twice_fork;
	run->shadow.ops = &both.ops;
	svma_client_hook = hook;
	return 0;
}

bool fuzz_batch_differs(bool at_end)
{
	if (both.run && at_end)
		flush();
	return both.run && both.differs;
}

void fuzz_batch_stop(void)
{
	if (!both.run)
		return;
	svma_client_hook = NULL;
	both.run->shadow.ops = both.plain;
	svma_side_stop(&both.other);
	both.run = NULL;
}
