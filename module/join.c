// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of a batch that are done as one: advice for pages that follow each other, or that lie
 * apart from each other in one region. What a verb takes whatever it is for is then taken once, and
 * pages come and go a leaf at a time.
 *
 * Nobody can tell, but by the time: only what lies in one region of private anonymous memory is
 * joined, where it succeeds for all or fails as the first one would. Somebody who is told of each
 * verb, or each step of it, is told of each.
 */
#include <linux/lockdep.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>

#include "space.h"
#include "steps.h"
#include "trace.h"
#include "verb.h"
#include "mem/apart.h"

/* As much as is made present under one hold of the lock. */
#define SVMA_JOIN_MOST		(512 * SVMA_PAGE_SIZE)

static bool svma_join_advice(u32 advice)
{
	return advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE ||
	       advice == MADV_DONTNEED;
}

/* Does an operation go on where the ones before end, and not beyond what may be joined? */
static bool svma_join_fits(const struct svma_op *op, const struct svma_madvise *joined, u64 most)
{
	const struct svma_madvise *args = &op->arg.madvise;

	return op->cmd == SVMA_IOC_MADVISE && args->advice == joined->advice && !args->reserved &&
	       args->addr == joined->addr + joined->len && args->len &&
	       !((args->addr | args->len) & ~SVMA_PAGE_MASK) && args->len <= most - joined->len;
}

/* Does somebody want to be told of each verb, or does each remember what it found? */
static bool svma_join_told(const struct svma_space *space)
{
	return space->steps || READ_ONCE(svma_trace_steps) || trace_svma_madvise_enabled() ||
	       svma_rules_classic(&space->core.rules);
}

/* How much from an address on may be joined: what is left of a region that is of the kind. */
static u64 svma_join_most(struct svma_space *space, unsigned long addr)
{
	struct svma_vma vma;

	if (!svma_index_find(&space->core.index, addr, &vma) || vma.start > addr || vma.backing ||
	    vma.flags & (SVMA_VM_SHARED | SVMA_VM_HUGETLB))
		return 0;
	return min(vma.end - addr, SVMA_JOIN_MOST);
}

/**
 * svma_join() - how many operations can be done as one
 * @space: the space, its lock held exclusively
 * @ops: the operations that are to be done next
 * @count: how many there are, at least 2
 * @joined: out: the argument of the one
 *
 * Return: how many it stands for; 0 for none.
 */
u32 svma_join(struct svma_space *space, const struct svma_op *ops, u32 count,
	      struct svma_madvise *joined)
{
	u64 most;
	u32 n;

	lockdep_assert_held_write(&space->lock);
	*joined = ops->arg.madvise;
	if (!svma_join_advice(joined->advice) || !svma_join_fits(&ops[1], joined, SVMA_JOIN_MOST))
		return 0;
	if (svma_join_told(space))
		return 0;
	most = svma_join_most(space, joined->addr);
	joined->len = 0;
	for (n = 0; n < count && svma_join_fits(&ops[n], joined, most); n++)
		joined->len += ops[n].arg.madvise.len;
	return n > 1 ? n : 0;
}

/* Is an operation advice for whole pages in a region, not too many? */
static bool svma_join_within(const struct svma_op *op, u32 advice, const struct svma_vma *vma)
{
	const struct svma_madvise *args = &op->arg.madvise;

	return op->cmd == SVMA_IOC_MADVISE && args->advice == advice && !args->reserved &&
	       !((args->addr | args->len) & ~SVMA_PAGE_MASK) && args->addr >= vma->start &&
	       args->addr < vma->end && args->len &&
	       args->len <= min(vma->end - args->addr, SVMA_JOIN_MOST);
}

static bool svma_join_apart_one(struct svma_apart *apart, const struct svma_madvise *args)
{
	unsigned long start = svma_pages(args->addr), end = start + svma_pages(args->len);

	if (args->advice == MADV_POPULATE_WRITE)
		return svma_apart_populate(apart, start, end);
	return svma_apart_discard(apart, start, end);
}

/**
 * svma_join_apart() - do operations at places of one region that lie apart from each other
 * @space: the space, its lock held exclusively; what is put off is gathered, if it can be
 * @ops: the operations that are to be done next
 * @count: how many there are, at least 2
 *
 * One after the other, and each whole, until a signal comes, or one is not easy.
 *
 * Return: how many are done, with success; 0 for none.
 */
u32 svma_join_apart(struct svma_space *space, struct svma_op *ops, u32 count)
{
	const u32 advice = ops->arg.madvise.advice;
	struct svma_apart apart;
	u32 known = 0, done = 0;
	struct svma_vma vma;

	lockdep_assert_held_write(&space->lock);
	if ((advice != MADV_POPULATE_WRITE && advice != MADV_DONTNEED) || svma_join_told(space) ||
	    !svma_index_find(&space->core.index, ops->arg.madvise.addr, &vma) ||
	    !svma_join_within(&ops[0], advice, &vma) || !svma_join_within(&ops[1], advice, &vma) ||
	    !svma_apart_fits(space, &vma, advice == MADV_POPULATE_WRITE))
		return 0;
	svma_apart_begin(&apart, space);
	while (done < count && !(done && signal_pending(current))) {
		/* How many pages are to come is known for some at a time. */
		for (; known < count && known < done + SVMA_RUN_PAGES; known++) {
			if (!svma_join_within(&ops[known], advice, &vma)) {
				count = known;
				break;
			}
			apart.need += svma_pages(ops[known].arg.madvise.len);
		}
		if (done == count || !svma_join_apart_one(&apart, &ops[done].arg.madvise))
			break;
		ops[done++].error = 0;
		cond_resched();
	}
	svma_apart_end(&apart);
	return done;
}
