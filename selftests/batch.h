/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of SVMA_IOC_BATCH share: advice as operations, and the call. An operation's error
 * is a number that no verb answers until it was tried.
 */
#ifndef SVMA_BATCH_H
#define SVMA_BATCH_H

#include "svma_test.h"

static inline struct svma_op op_advise(__u64 addr, __u64 len, int advice)
{
	return (struct svma_op){
		.cmd = SVMA_IOC_MADVISE, .error = 77,
		.arg.madvise = { .addr = addr, .len = len, .advice = advice },
	};
}

static inline struct svma_op op_madvise(unsigned long page, unsigned long count, int advice)
{
	return op_advise(at(page), count * PAGE, advice);
}

/* One advice for each of some pages that follow each other, @addr being the first one's address. */
static inline void ops_advise(struct svma_op *ops, __u64 addr, unsigned int count, int advice)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ops[i] = op_advise(addr + i * PAGE, PAGE, advice);
}

static inline long batch_call(int space, struct svma_batch *batch, unsigned int count,
			      unsigned int flags)
{
	batch->count = count;
	batch->flags = flags;
	return call(space, SVMA_IOC_BATCH, batch);
}

#endif /* SVMA_BATCH_H */
