// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_SPACE_READY: zeroed pages are kept ready for the next faults, and are as fresh, as well
 * charged and as easily given back as any. Who pays for them: memcg_test.
 */
#include <pthread.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	4096UL
#define READY	512	/* pages that are kept at most */

FIXTURE(ready) {
	int machine, space;
	char *view;
};

FIXTURE_SETUP(ready)
{
	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
	self->space = space_make(self->machine, SVMA_SPACE_READY);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
}

FIXTURE_TEARDOWN(ready)
{
	munmap(self->view, PAGES * PAGE);
	close(self->space);
	close(self->machine);
}

/* Some pages are written that were zero: how many were. */
static unsigned long touch(char *view, unsigned long first, unsigned long count)
{
	unsigned long i, fresh = 0;

	for (i = first; i < first + count; i++)
		if (!store(view + i * PAGE, ~i) && !peek(view + i * PAGE + 8) &&
		    !peek(view + (i + 1) * PAGE - 8)) {
			store(view + (i + 1) * PAGE - 8, ~i);
			fresh++;
		}
	return fresh;
}

/*
 * What a space keeps when it is about as much as it may, or after some seconds. Pages come in small
 * runs, and the fault that had them made may take some as nodes of the page table.
 */
#define FULL	(READY - 16)

static __u64 full(int space)
{
	return kept_wait(space, FULL);
}

TEST_F(ready, from_the_first_fault_on)
{
	EXPECT_EQ(0, space_stats(self->space).kept);
	EXPECT_EQ(1, touch(self->view, 0, 1));
	EXPECT_LE(FULL, full(self->space));
	EXPECT_GE(READY, space_stats(self->space).kept);
	EXPECT_EQ(1, space_stats(self->space).resident);
}

/* As long as there are enough left no one makes more, so they can be counted. */
TEST_F(ready, taken_by_faults)
{
	unsigned long page = 1;
	__u64 before, after;

	EXPECT_EQ(1, touch(self->view, 0, 1));
	/* Who was about to fill up when we looked may do so yet; not each time. */
	do {
		ASSERT_LE(FULL, full(self->space));
		usleep(20000);
		before = space_stats(self->space).kept;
		EXPECT_EQ(200, touch(self->view, page, 200));
		after = space_stats(self->space).kept;
		page += 200;
		EXPECT_EQ(page, space_stats(self->space).resident);
		EXPECT_EQ(READY, touch(self->view, page, READY));
		page += READY;
	} while (after != before - 200 && page < PAGES - 200 - READY);
	EXPECT_EQ(before - 200, after);
}

/* Not those that the space itself has just given back, either. */
TEST_F(ready, fresh_each_time)
{
	unsigned int round;

	for (round = 0; round < 4; round++) {
		EXPECT_EQ(PAGES, touch(self->view, 0, PAGES));
		ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGES * PAGE, MADV_DONTNEED));
	}
	EXPECT_EQ(0, space_stats(self->space).resident);
}

TEST_F(ready, not_inherited)
{
	int fork = verb_fork(self->space), snapshot = verb_snapshot(self->space);
	char *view = window(fork, 0, PAGES, RW);

	ASSERT_LE(0, fork);
	ASSERT_LE(0, snapshot);
	ASSERT_NE(NO_WINDOW, view);
	EXPECT_EQ(PAGES, touch(view, 0, PAGES));
	EXPECT_EQ(0, space_stats(fork).kept);
	EXPECT_EQ(0, space_stats(snapshot).kept);
	munmap(view, PAGES * PAGE);
	close(snapshot);
	close(fork);
}

TEST_F(ready, of_no_use_without_pages)
{
	struct svma_space_create create = { .flags = SVMA_SPACE_LAYOUT | SVMA_SPACE_READY };

	EXPECT_EQ(-EINVAL, call(self->machine, SVMA_IOC_SPACE_CREATE, &create));
}

/* While pages are being made ready. */
TEST_F(ready, space_goes)
{
	unsigned int round;

	for (round = 0; round < 200; round++) {
		int space = space_make(self->machine, SVMA_SPACE_READY);

		ASSERT_LE(0, space);
		ASSERT_EQ(0, map_pages(space, 0, 1, RW));
		ASSERT_EQ(0, page_put(space, 0, round));
		if (round % 4)
			usleep(round % 4 * 100);
		EXPECT_EQ(round, page_get(space, 0));
		close(space);
	}
}

TEST_F(ready, given_back)
{
	unsigned int i;
	__u64 kept;

	EXPECT_EQ(1, touch(self->view, 0, 1));
	ASSERT_LE(FULL, full(self->space));
	kept = space_stats(self->space).kept;
	for (i = 0; i < 20 && space_stats(self->space).kept; i++)
		ASSERT_EQ(0, memory_squeeze());
	EXPECT_EQ(0, space_stats(self->space).kept);
	EXPECT_LE(kept, space_stats(self->space).reclaimed);
	/* There is no more for a while, then there is. */
	EXPECT_EQ(100, touch(self->view, 1, 100));
	EXPECT_EQ(0, space_stats(self->space).kept);
	sleep(2);
	EXPECT_EQ(1, touch(self->view, 101, 1));
	EXPECT_LE(FULL, full(self->space));
}

struct toucher {
	pthread_t thread;
	char *view;
	unsigned long first, fresh;
};

static void *toucher(void *arg)
{
	struct toucher *toucher = arg;

	toucher->fresh = touch(toucher->view, toucher->first, PAGES / 2);
	return NULL;
}

/* Two threads take them, the worker makes more, and the kernel wants them back. */
TEST_F(ready, all_at_once)
{
	unsigned int round, i;

	for (round = 0; round < 4; round++) {
		struct toucher touchers[2];

		for (i = 0; i < 2; i++) {
			touchers[i] = (struct toucher){
				.view = self->view, .first = i * PAGES / 2,
			};
			ASSERT_EQ(0, pthread_create(&touchers[i].thread, NULL, toucher,
						    &touchers[i]));
		}
		if (round % 2)
			EXPECT_EQ(0, memory_squeeze());
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, pthread_join(touchers[i].thread, NULL));
			EXPECT_EQ(PAGES / 2, touchers[i].fresh);
		}
		ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGES * PAGE));
		ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	}
}

TEST_HARNESS_MAIN
