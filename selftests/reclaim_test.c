// SPDX-License-Identifier: GPL-2.0
/*
 * What a space gives back when memory is short, and what it keeps. The kernel is told to ask
 * (/proc/sys/vm/drop_caches); under a real shortage: memcg_test.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	64	/* of each file */
#define WORD(page)	(0x5eed0000UL + (page))

FIXTURE(reclaim) {
	int space, fd;	/* a file of a file system that is not shmem */
	char *view;
	struct peer peer;
};

FIXTURE_SETUP(reclaim)
{
	__u64 value;

	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->fd = ramfs_file();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ftruncate(self->fd, PAGES * PAGE));
	for (value = WORD(0); value < WORD(PAGES); value++)
		ASSERT_EQ(8, pwrite(self->fd, &value, 8, (value - WORD(0)) * PAGE));
	self->view = window(self->space, 0, 4 * PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, peer_start(&self->peer, self->space, 0, 4 * PAGES, RW));
}

FIXTURE_TEARDOWN(reclaim)
{
	EXPECT_EQ(0, peer_stop(&self->peer));
	munmap(self->view, 4 * PAGES * PAGE);
	close(self->fd);
	close(self->space);
}

/* Until so many pages are left; or as many as are left after some tries. */
static unsigned long squeeze(int space, unsigned long wanted)
{
	unsigned int i;

	for (i = 0; i < 20 && space_stats(space).resident > wanted; i++)
		if (memory_squeeze())
			return ~0UL;
	return space_stats(space).resident;
}

/* Each page through all ways to see it: how many show what they should. */
static unsigned int intact(struct _test_data_reclaim *self, unsigned long first,
			   const __u64 *expected)
{
	unsigned int i, good = 0;

	for (i = 0; i < PAGES; i++) {
		if (peek(self->view + (first + i) * PAGE) == expected[i] &&
		    !peer_load(&self->peer, first + i) && self->peer.value == expected[i] &&
		    page_get(self->space, first + i) == expected[i])
			good++;
	}
	return good;
}

static void words(__u64 *expected)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++)
		expected[i] = WORD(i);
}

TEST_F(reclaim, private_of_a_file)
{
	__u64 expected[PAGES];
	struct svma_stats stats;

	words(expected);
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	/* Written in each of the ways there are; some of them had been read through a window. */
	expected[1] = 11;
	ASSERT_EQ(0, store(self->view + PAGE, 11));
	expected[2] = 12;
	ASSERT_EQ(0, peer_store(&self->peer, 2, 12));
	expected[3] = 13;
	ASSERT_EQ(0, page_put(self->space, 3, 13));
	EXPECT_EQ(3, squeeze(self->space, 3));
	stats = space_stats(self->space);
	EXPECT_LE(PAGES - 3, stats.reclaimed);
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	/* And once more, with what was read anew. */
	ASSERT_EQ(0, store(self->view + 4 * PAGE, 14));
	expected[4] = 14;
	EXPECT_EQ(4, squeeze(self->space, 4));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	EXPECT_STREQ("0-64:rw", layout(self->space));
}

/* Also in a region that cannot be written, as a debugger does it anyway. */
TEST_F(reclaim, forced_writes_stay)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	__u64 expected[PAGES], value = 99;

	ASSERT_LE(0, mem);
	words(expected);
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	ASSERT_EQ(8, pwrite(mem, &value, 8, (unsigned long)self->view + 7 * PAGE));
	expected[7] = 99;
	EXPECT_EQ(1, squeeze(self->space, 1));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	close(mem);
}

/* A write to a page that was read, before and after mprotect made the region writable. */
TEST_F(reclaim, writable_later)
{
	__u64 expected[PAGES];

	words(expected);
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, PROT_READ, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGES * PAGE, RW));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	ASSERT_EQ(0, store(self->view + 9 * PAGE, 5));
	expected[9] = 5;
	/* Moved where its window shows it at another place. */
	ASSERT_EQ(at(PAGES), verb_mremap(self->space, at(0), PAGES * PAGE, PAGES * PAGE,
					 MREMAP_MAYMOVE | MREMAP_FIXED, at(PAGES)));
	EXPECT_EQ(1, squeeze(self->space, 1));
	EXPECT_EQ(PAGES, intact(self, PAGES, expected));
}

TEST_F(reclaim, shared_of_a_file)
{
	struct svma_sync sync = { .addr = at(0), .len = PAGES * PAGE, .flags = MS_SYNC };
	__u64 expected[PAGES], value;

	words(expected);
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_SHARED, self->fd, 0));
	ASSERT_EQ(0, map_file(self->space, PAGES, PAGES, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	EXPECT_EQ(PAGES, intact(self, PAGES, expected));
	/* What is not in the file yet stays, in both regions. */
	ASSERT_EQ(0, store(self->view + 5 * PAGE, 50));
	expected[5] = 50;
	EXPECT_EQ(2, squeeze(self->space, 2));
	EXPECT_EQ(PAGES, intact(self, PAGES, expected));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	ASSERT_EQ(8, pread(self->fd, &value, 8, 5 * PAGE));
	EXPECT_EQ(WORD(5), value);
	/* Once it is there, it can go. */
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MSYNC, &sync));
	EXPECT_EQ(0, squeeze(self->space, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	/* Both regions still show the same page. */
	ASSERT_EQ(0, store(self->view + 6 * PAGE, 60));
	expected[6] = 60;
	EXPECT_EQ(PAGES, intact(self, PAGES, expected));
}

TEST_F(reclaim, locked_stays)
{
	struct svma_lock lock = { .addr = at(0), .len = PAGES * PAGE, .op = SVMA_MLOCK };

	/* What can be written is made present by a write. */
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, PROT_READ, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(PAGES, space_stats(self->space).resident);
	EXPECT_EQ(PAGES, squeeze(self->space, 0));
	lock.op = SVMA_MUNLOCK;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	/* It was looked through meanwhile; something new must come for it to be so again. */
	ASSERT_EQ(0, map_file(self->space, PAGES, PAGES, RW, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(WORD(0), peek(self->view + PAGES * PAGE));
	EXPECT_EQ(0, squeeze(self->space, 0));
}

/* Anonymous memory has nowhere to go. */
TEST_F(reclaim, anonymous_stays)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	ASSERT_EQ(at(PAGES), verb_mmap(self->space, at(PAGES), PAGES * PAGE, RW,
				       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	for (i = 0; i < 2 * PAGES; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i + 1));
	EXPECT_EQ(2 * PAGES, squeeze(self->space, 0));
	for (i = 0; i < 2 * PAGES; i++)
		EXPECT_EQ(i + 1, peek(self->view + i * PAGE));
}

/* A snapshot is exact, whatever the file has become; and its space follows it back. */
TEST_F(reclaim, snapshots_keep)
{
	__u64 expected[PAGES], changed = 1;
	unsigned int i;
	int snapshot;

	words(expected);
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	/* The leaf becomes the space's own, its pages are still shared. */
	ASSERT_EQ(0, store(self->view, 1));
	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(8, pwrite(self->fd, &changed, 8, i * PAGE));
	EXPECT_EQ(PAGES, squeeze(self->space, 0));
	EXPECT_EQ(PAGES, space_stats(snapshot).resident);
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_EQ(PAGES, intact(self, 0, expected));
	EXPECT_EQ(WORD(3), page_get(snapshot, 3));
	close(snapshot);
}

/* Marks of the zero page, and the leaves that hold them, come back when they are wanted. */
TEST_F(reclaim, zero_page)
{
	struct svma_page pages[8];
	struct svma_page_list list = {
		.end = ~0ULL, .buf = (unsigned long)pages, .count = ARRAY_SIZE(pages),
	};
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_EQ(0, peek(self->view));
	EXPECT_EQ(0, peek(self->view + 9 * PAGE));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_PAGES, &list));
	EXPECT_EQ(2, list.count);
	for (i = 0; i < 20 && list.count; i++) {
		ASSERT_EQ(0, memory_squeeze());
		list = (struct svma_page_list){
			.end = ~0ULL, .buf = (unsigned long)pages, .count = ARRAY_SIZE(pages),
		};
		ASSERT_EQ(0, call(self->space, SVMA_IOC_PAGES, &list));
	}
	EXPECT_EQ(0, list.count);
	/* No window shows the zero page still, once another has written there. */
	ASSERT_EQ(0, peer_store(&self->peer, 9, 9));
	EXPECT_EQ(9, peek(self->view + 9 * PAGE));
	EXPECT_EQ(0, peek(self->view));
}

struct race {
	struct _test_data_reclaim *self;
	volatile bool stop;
	unsigned long rounds, wrong;
};

/* Half of the pages are read, the others written to by this thread alone. */
static void *race_thread(void *arg)
{
	struct race *race = arg;
	unsigned long i, last[PAGES] = { 0 };

	for (i = 0; !race->stop; i++) {
		char *addr = race->self->view + i % PAGES * PAGE;
		__u64 due = last[i % PAGES] ?: WORD(i % PAGES);

		if (peek(addr) != due)
			race->wrong++;
		if (i % 7 == 0 && i % PAGES % 2 && !store(addr, i + 1))
			last[i % PAGES] = i + 1;
		race->rounds++;
	}
	return NULL;
}

TEST_F(reclaim, against_faults)
{
	struct race race = { .self = self };
	pthread_t thread;
	double end = seconds() + 3;

	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, race_thread, &race));
	while (seconds() < end)
		ASSERT_EQ(0, memory_squeeze());
	race.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, race.wrong);
	EXPECT_LT(PAGES, race.rounds);
	EXPECT_LT(0, space_stats(self->space).reclaimed);
}

TEST_HARNESS_MAIN
