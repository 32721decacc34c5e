// SPDX-License-Identifier: GPL-2.0
/*
 * Advice of a batch for pages that follow each other, or lie apart from each other in one region,
 * which is done as one: nobody can tell. Random sequences both ways: batch_random_test.c.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "batch.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif

#define PAGES	640	/* more than are done as one, and than one leaf of the page table has */
#define HUGE	(2UL << 20)

FIXTURE(join) {
	int machine;
	int space;
	struct svma_op ops[PAGES];
	struct svma_batch batch;
};

FIXTURE_SETUP(join)
{
	self->machine = machine_open();
	self->space = space_make(self->machine, 0);
	ASSERT_LE(0, self->space);
	memset(self->ops, 0, sizeof(self->ops));
	memset(&self->batch, 0, sizeof(self->batch));
	self->batch.ops = (unsigned long)self->ops;
}

FIXTURE_TEARDOWN(join)
{
	close(self->space);
	close(self->machine);
}

static unsigned int resident(int space, unsigned long page, unsigned int count)
{
	unsigned char there[PAGES] = {};
	struct svma_mincore args = {
		.addr = at(page), .len = count * PAGE, .vec = (unsigned long)there,
	};
	unsigned int i, pages = 0;

	if (call(space, SVMA_IOC_MINCORE, &args))
		return PAGES + 1;
	for (i = 0; i < count; i++)
		pages += there[i] & 1;
	return pages;
}

/* Pages that follow each other come and go: what fails does so where it would alone. */
TEST_F(join, neighbours)
{
	unsigned int i, flags;

	for (flags = 0; flags <= SVMA_BATCH_GO_ON; flags += SVMA_BATCH_GO_ON) {
		ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
		ops_advise(self->ops, at(0), PAGES, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, PAGES, flags));
		EXPECT_EQ(PAGES, self->batch.done);
		EXPECT_EQ(0, self->batch.failed);
		EXPECT_EQ(PAGES, resident(self->space, 0, PAGES));
		for (i = 0; i < PAGES; i++)
			EXPECT_EQ(0, self->ops[i].error);
		/* A hole, behind which all is as it was if the batch ends there. */
		ASSERT_EQ(0, verb_munmap(self->space, at(30), PAGE));
		ops_advise(self->ops, at(0), 64, MADV_DONTNEED);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 64, flags));
		EXPECT_EQ(flags ? 64 : 31, self->batch.done);
		EXPECT_EQ(1, self->batch.failed);
		EXPECT_EQ(-ENOMEM, self->ops[30].error);
		EXPECT_EQ(flags ? 0 : 77, self->ops[31].error);
		EXPECT_EQ(0, resident(self->space, 0, 30));
		EXPECT_EQ(flags ? 0 : 33, resident(self->space, 31, 33));
		EXPECT_EQ(PAGES - 64, resident(self->space, 64, PAGES - 64));
	}
}

/* The same where one of them cannot be had, in the middle of a region. */
TEST_F(join, guard)
{
	unsigned int flags;

	ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
	if (verb_madvise(self->space, at(20), PAGE, MADV_GUARD_INSTALL))
		SKIP(return, "this kernel has no guards");
	for (flags = 0; flags <= SVMA_BATCH_GO_ON; flags += SVMA_BATCH_GO_ON) {
		ops_advise(self->ops, at(0), 64, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 64, flags));
		EXPECT_EQ(flags ? 64 : 21, self->batch.done);
		EXPECT_EQ(1, self->batch.failed);
		EXPECT_EQ(-EFAULT, self->ops[20].error);
		EXPECT_EQ(0, self->ops[19].error);
		EXPECT_EQ(20, resident(self->space, 0, 20));
		EXPECT_EQ(flags ? 43 : 0, resident(self->space, 21, 43));
		ops_advise(self->ops, at(0), 64, MADV_DONTNEED);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 64, flags));
		EXPECT_EQ(64, self->batch.done);
		EXPECT_EQ(0, resident(self->space, 0, 64));
	}
	/* It is there still. */
	EXPECT_EQ(-EFAULT, verb_madvise(self->space, at(20), PAGE, MADV_POPULATE_READ));
}

/* The same where none of them can be had. */
TEST_F(join, read_only)
{
	unsigned int flags;

	ASSERT_EQ(0, map_pages(self->space, 0, 64, PROT_READ));
	for (flags = 0; flags <= SVMA_BATCH_GO_ON; flags += SVMA_BATCH_GO_ON) {
		ops_advise(self->ops, at(0), 64, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 64, flags));
		EXPECT_EQ(flags ? 64 : 1, self->batch.done);
		EXPECT_EQ(flags ? 64 : 1, self->batch.failed);
		EXPECT_EQ(-EINVAL, self->ops[0].error);
		EXPECT_EQ(flags ? -EINVAL : 77, self->ops[63].error);
	}
}

/* Huge pages go whole: what asks for a small one is refused, but at the start of one. */
TEST_F(join, huge_pages)
{
	struct svma_import region = {
		.start = 64 * HUGE, .end = 66 * HUGE, .fd = -1,
		.flags = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE |
			 SVMA_VM_HUGETLB,
	};

	ASSERT_EQ(0, call(self->space, SVMA_IOC_IMPORT, &region));
	ops_advise(self->ops, 64 * HUGE, 512, MADV_DONTNEED);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 512, SVMA_BATCH_GO_ON));
	EXPECT_EQ(512, self->batch.done);
	EXPECT_EQ(511, self->batch.failed);
	EXPECT_EQ(0, self->ops[0].error);
	EXPECT_EQ(-EINVAL, self->ops[1].error);
	EXPECT_EQ(-EINVAL, self->ops[511].error);
}

/* A space has no pages of these, wherever in a leaf of its page table it is asked for one. */
TEST_F(join, huge_pages_are_not_made)
{
	struct svma_machine machine = {
		.told = SVMA_MACHINE_HUGE | SVMA_MACHINE_HUGE_FREE,
		.huge = 2 * HUGE / PAGE, .huge_free = 2 * HUGE / PAGE,
	};
	struct svma_mmap map = {
		.addr = 64 * HUGE, .len = HUGE, .prot = RW, .flags = FIXED | MAP_HUGETLB, .fd = -1,
	};
	struct svma_anon written = { .start = 64 * HUGE, .anon = 7 };
	unsigned int i;

	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_SET, &machine));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MMAP, &map));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_ANON, &written));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(-EFAULT, verb_madvise(self->space, 64 * HUGE + i * PAGE, PAGE,
						MADV_POPULATE_WRITE));
	EXPECT_EQ(0, space_stats(self->space).resident);
}

/* Advice for every second page. */
static void ops_apart(struct svma_op *ops, unsigned int count, int advice)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ops[i] = op_madvise(2 * i, 1, advice);
}

/* Pages apart from each other come and go, in several leaves of the page table. */
TEST_F(join, apart)
{
	unsigned int i, flags, count = PAGES / 2;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	for (flags = 0; flags <= SVMA_BATCH_GO_ON; flags += SVMA_BATCH_GO_ON) {
		ops_apart(self->ops, count, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, count, flags));
		EXPECT_EQ(count, self->batch.done);
		EXPECT_EQ(0, self->batch.failed);
		for (i = 0; i < count; i++)
			EXPECT_EQ(0, self->ops[i].error);
		EXPECT_EQ(count, resident(self->space, 0, PAGES));
		EXPECT_EQ(count, space_stats(self->space).resident);
		/* Once more, where all is there. */
		ASSERT_EQ(0, batch_call(self->space, &self->batch, count, flags));
		EXPECT_EQ(count, space_stats(self->space).resident);
		for (i = 0; i < count; i++) {
			EXPECT_EQ(0, page_get(self->space, 2 * i));
			page_put(self->space, 2 * i, 4711);
		}
		ops_apart(self->ops, count, MADV_DONTNEED);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, count, flags));
		EXPECT_EQ(count, self->batch.done);
		EXPECT_EQ(0, resident(self->space, 0, PAGES));
		EXPECT_EQ(0, space_stats(self->space).resident);
	}
}

static long lock_pages(int space, unsigned long page, unsigned long count)
{
	struct svma_lock args = {
		.addr = at(page), .len = count * PAGE, .op = SVMA_MLOCK, .flags = MLOCK_ONFAULT,
	};

	return call(space, SVMA_IOC_LOCK, &args);
}

/* The same with a guard, a hole, and a part that is locked: each fails as it would alone. */
TEST_F(join, apart_fails)
{
	unsigned int flags;
	bool guards;

	for (flags = 0; flags <= SVMA_BATCH_GO_ON; flags += SVMA_BATCH_GO_ON) {
		ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
		ops_apart(self->ops, 1, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 1, 0));
		guards = !verb_madvise(self->space, at(20), PAGE, MADV_GUARD_INSTALL);
		ops_apart(self->ops, 24, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 24, flags));
		EXPECT_EQ(guards ? -EFAULT : 0, self->ops[10].error);
		EXPECT_EQ(guards && !flags ? 11 : 24, self->batch.done);
		EXPECT_EQ(!guards ? 24 : flags ? 23 : 10, space_stats(self->space).resident);

		ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
		ops_apart(self->ops, 32, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 32, flags));
		ASSERT_EQ(0, verb_munmap(self->space, at(30), PAGE));
		ASSERT_EQ(0, lock_pages(self->space, 40, 4));
		ops_apart(self->ops, 32, MADV_DONTNEED);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 32, flags));
		EXPECT_EQ(flags ? 32 : 16, self->batch.done);
		EXPECT_EQ(flags ? 3 : 1, self->batch.failed);
		EXPECT_EQ(-ENOMEM, self->ops[15].error);
		EXPECT_EQ(flags ? -EINVAL : 77, self->ops[20].error);
		EXPECT_EQ(flags ? 2 : 16, space_stats(self->space).resident);
	}
}

/* Ends that are beyond the region, or in no page, are not taken for something easy. */
TEST_F(join, apart_beyond)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	ASSERT_EQ(0, map_pages(self->space, 20, 8, PROT_READ));
	page_put(self->space, 0, 1);
	ops_apart(self->ops, 12, MADV_POPULATE_WRITE);
	self->ops[2].arg.madvise.addr += 1;
	self->ops[4].arg.madvise.reserved = 1;
	self->ops[6] = op_madvise(14, 4, MADV_POPULATE_WRITE);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 12, SVMA_BATCH_GO_ON));
	EXPECT_EQ(0, self->ops[1].error);
	EXPECT_EQ(-EINVAL, self->ops[2].error);
	EXPECT_EQ(-EINVAL, self->ops[4].error);
	EXPECT_EQ(-ENOMEM, self->ops[6].error);
	EXPECT_EQ(0, self->ops[7].error);
	EXPECT_EQ(-ENOMEM, self->ops[8].error);
	EXPECT_EQ(-EINVAL, self->ops[10].error);
	EXPECT_EQ(-EINVAL, self->ops[11].error);
	/* 0, 2, 6, 10, 14, and 15 in front of what failed. */
	EXPECT_EQ(6, space_stats(self->space).resident);
}

/* What a child shares stays the child's, and what a window shows goes with its page. */
TEST_F(join, apart_is_not_the_childs)
{
	struct svma_smap smap;
	struct svma_smaps smaps = {
		.end = at(64), .buf = (unsigned long)&smap, .count = 1,
	};
	unsigned int i;
	char *view;
	int child;

	ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
	view = window(self->space, 0, 64, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (i = 0; i < 64; i++)
		ASSERT_EQ(0, store(view + i * PAGE, 100 + i));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	for (i = 0; i < 64; i++)
		ASSERT_EQ(100 + i, peek(view + i * PAGE));
	ops_apart(self->ops, 32, MADV_DONTNEED);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 32, 0));
	EXPECT_EQ(32, self->batch.done);
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(i % 2 ? 100 + i : 0, peek(view + i * PAGE));
		EXPECT_EQ(100 + i, page_get(child, i));
	}
	/* What is to be written is the space's own, whoever had it until then. */
	ops_apart(self->ops, 32, MADV_POPULATE_WRITE);
	for (i = 0; i < 8; i++)
		self->ops[4 * i + 3].arg.madvise.addr = at(8 * i + 3);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 32, 0));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_SMAPS, &smaps));
	EXPECT_EQ(32, smap.unshared);
	EXPECT_EQ(32 - 8, smap.shared);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(100 + i, page_get(child, i));
	munmap(view, 64 * PAGE);
	close(child);
}

static void nothing(int signal)
{
}

/* A signal ends a batch between two operations that are done as one, and tells how many were. */
TEST_F(join, apart_signal)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval timer = { { 0, 500 }, { 0, 500 } }, off = {};
	unsigned int i, count = PAGES / 2, rounds;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	page_put(self->space, 1, 1);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	/* Until a signal has come in the middle of one. */
	for (rounds = 0; rounds < 100000; rounds++) {
		ops_apart(self->ops, count, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, count, 0));
		if (self->batch.done < count)
			break;
		ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGES * PAGE, MADV_DONTNEED));
	}
	setitimer(ITIMER_REAL, &off, NULL);
	ASSERT_LT(0, self->batch.done);
	ASSERT_GT(count, self->batch.done);
	for (i = 0; i < count; i++)
		EXPECT_EQ(i < self->batch.done ? 0 : 77, self->ops[i].error);
	EXPECT_EQ(self->batch.done, resident(self->space, 2, PAGES - 2) + 1);
}

TEST_HARNESS_MAIN
