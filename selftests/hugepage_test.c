// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of 2 MiB: where they come, and that nobody can tell them from single ones, whatever is done
 * to a part of them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "hugepage.h"

TEST_F(huge, one_fault_for_each_block)
{
	/* Where it may choose, the host puts the window where one entry can show 2 MiB. */
	EXPECT_EQ(0, ((unsigned long)self->view ^ SVMA_BASE) & (HUGE_SIZE - 1));
	EXPECT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	EXPECT_EQ(PAGES, space_stats(self->space).resident);
	EXPECT_EQ(BLOCKS, space_stats(self->space).huge_entries);
	EXPECT_EQ(PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(PAGES, writable_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(PAGES, smap_of(self->space).huge);
	EXPECT_EQ(PAGES, smap_of(self->space).unshared);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	EXPECT_EQ(0, stamp(self->space, self->view, 0, PAGES, 2));
	EXPECT_EQ(0, wrong_stamps(self->space, NULL, 0, PAGES, 2));
}

/* Memory that was never written is zero, all of it, also what others had before. */
TEST_F(huge, zeroed)
{
	unsigned long i, wrong = 0;

	memset(self->view, 0xa5, HUGE_SIZE);
	ASSERT_EQ(0, verb_madvise(self->space, at(0), HUGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(0, space_stats(self->space).resident);
	ASSERT_EQ(0, store(self->view + 17 * PAGE, 1));
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	for (i = 0; i < HUGE_SIZE / sizeof(__u64); i++)
		wrong += ((__u64 *)self->view)[i] != (i == 17 * PAGE / sizeof(__u64));
	EXPECT_EQ(0, wrong);
}

TEST_F(huge, only_where_asked_for)
{
	ASSERT_EQ(0, verb_madvise(self->space, at(0), HUGE_SIZE, MADV_NOHUGEPAGE));
	/* Nobody asks for what comes behind. */
	ASSERT_EQ(0, verb_munmap(self->space, at(HUGE_PAGES), 3 * HUGE_SIZE));
	ASSERT_EQ(0, map_pages(self->space, HUGE_PAGES, 2 * HUGE_PAGES, RW));
	EXPECT_EQ(HUGE_PAGES, stamp(self->space, self->view, 0, HUGE_PAGES, 1));
	EXPECT_EQ(HUGE_PAGES, stamp(self->space, self->view, HUGE_PAGES, HUGE_PAGES, 1));
	EXPECT_EQ(0, huge_entries(self->space, self->view, 0, PAGES));
	/* The space does. */
	ASSERT_EQ(0, tell(self->space, SVMA_THP_ALWAYS));
	EXPECT_EQ(1, stamp(self->space, self->view, 2 * HUGE_PAGES, HUGE_PAGES, 1));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), HUGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(HUGE_PAGES, stamp(self->space, self->view, 0, HUGE_PAGES, 2));
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	/* Nor can a region have what its space does not want. */
	ASSERT_EQ(0, tell(self->space, SVMA_THP_NEVER));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), HUGE_SIZE, MADV_DONTNEED));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), HUGE_SIZE, MADV_HUGEPAGE));
	EXPECT_EQ(HUGE_PAGES, stamp(self->space, self->view, 0, HUGE_PAGES, 3));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, HUGE_PAGES, 3));
}

TEST_F(huge, only_where_a_block_has_room)
{
	/* The region has no place for the first block and the last. */
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	ASSERT_EQ(0, verb_munmap(self->space, at(PAGES - 1), PAGE));
	EXPECT_EQ(2 * (HUGE_PAGES - 1) + 2, stamp(self->space, self->view, 1, PAGES - 2, 1));
	EXPECT_EQ(2 * HUGE_PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(2 * HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 1, PAGES - 2, 1));
	/* Nor has memory that regions share any. */
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGES * PAGE));
	ASSERT_EQ(at(0), verb_mmap(self->space, at(0), PAGES * PAGE, RW,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	verb_madvise(self->space, at(0), PAGES * PAGE, MADV_HUGEPAGE);
	EXPECT_EQ(HUGE_PAGES, stamp(self->space, self->view, 0, HUGE_PAGES, 2));
	EXPECT_EQ(0, huge_entries(self->space, self->view, 0, PAGES));
}

/* Whoever reads first sees the zero page; the first write finds room for a block nevertheless. */
TEST_F(huge, read_before_write)
{
	char *other = window(self->space, 0, PAGES, RW);

	ASSERT_NE(NO_WINDOW, other);
	EXPECT_EQ(0, wrong_stamps(self->space, other, 0, 32, 0));
	EXPECT_EQ(0, space_stats(self->space).resident);
	ASSERT_EQ(0, store(self->view + 5 * PAGE, stamp_of(5, 1)));
	EXPECT_EQ(HUGE_PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(stamp_of(5, 1), peek(other + 5 * PAGE));
	stamp(self->space, self->view, 0, HUGE_PAGES, 2);
	EXPECT_EQ(0, wrong_stamps(self->space, other, 0, HUGE_PAGES, 2));
	munmap(other, PAGES * PAGE);
}

/* A range that begins near the end of a block is populated by blocks all the same. */
TEST_F(huge, populate_from_within)
{
	const int from = HUGE_PAGES - 10;

	ASSERT_EQ(0, verb_madvise(self->space, at(from), (PAGES - from) * PAGE,
				  MADV_POPULATE_WRITE));
	EXPECT_EQ(PAGES, huge_pages(self->space, 0, PAGES));
}

/* The region, too, begins within a block, so that no chunk of work begins where a block does. */
TEST_F(huge, populate_of_an_odd_region)
{
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	ASSERT_EQ(0, verb_madvise(self->space, at(1), (PAGES - 1) * PAGE, MADV_POPULATE_WRITE));
	EXPECT_EQ(PAGES - HUGE_PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(PAGES - 1, space_stats(self->space).resident);
}

TEST_F(huge, mprotect_of_a_part)
{
	struct peer peer;

	ASSERT_EQ(0, peer_start(&peer, self->space, 0, PAGES, RW));
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, peer_store(&peer, 7, stamp_of(7, 1)));
	ASSERT_EQ(0, verb_mprotect(self->space, at(7), PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view + 7 * PAGE, 1));
	EXPECT_EQ(SIGSEGV, peer_store(&peer, 7, 1));
	EXPECT_EQ(0, store(self->view + 8 * PAGE, stamp_of(8, 1)));
	EXPECT_EQ(0, huge_entries(self->space, self->view, 0, HUGE_PAGES));
	EXPECT_EQ(3 * HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(7), PAGE, RW));
	EXPECT_EQ(0, peer_store(&peer, 7, stamp_of(7, 1)));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	/* All of a block keeps its page, and gets its entry again. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(HUGE_PAGES), HUGE_SIZE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view + HUGE_SIZE, 1));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, HUGE_PAGES, HUGE_PAGES, 1));
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, self->view, HUGE_PAGES, HUGE_PAGES));
	EXPECT_EQ(0, writable_entries(self->space, self->view, HUGE_PAGES, HUGE_PAGES));
	EXPECT_EQ(0, peer_stop(&peer));
}

TEST_F(huge, munmap_of_a_part)
{
	struct peer peer;

	ASSERT_EQ(0, peer_start(&peer, self->space, 0, PAGES, RW));
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, peer_store(&peer, 7, stamp_of(7, 1)));
	ASSERT_EQ(0, verb_munmap(self->space, at(7), 2 * PAGE));
	EXPECT_EQ(SIGSEGV, peer_load(&peer, 7));
	EXPECT_EQ(UNREADABLE, peek(self->view + 8 * PAGE));
	EXPECT_EQ(PAGES - 2, space_stats(self->space).resident);
	EXPECT_EQ(0, huge_pages(self->space, 0, HUGE_PAGES));
	EXPECT_EQ(3 * HUGE_PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, 7, 1));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 9, PAGES - 9, 1));
	/* New memory there is new, and single: the rest of the block is still used. */
	ASSERT_EQ(0, map_pages(self->space, 7, 2, RW));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 7, 2, 0));
	stamp(self->space, self->view, 7, 2, 2);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 7, 2, 2));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 9, PAGES - 9, 1));
	EXPECT_EQ(0, peer_stop(&peer));
}

TEST_F(huge, dontneed)
{
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, verb_madvise(self->space, at(16), 16 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(PAGES - 16, space_stats(self->space).resident);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 16, 16, 0));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, 16, 1));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 32, PAGES - 32, 1));
	EXPECT_EQ(0, huge_pages(self->space, 0, HUGE_PAGES));
	/* All of a block comes back as one. */
	ASSERT_EQ(0, verb_madvise(self->space, at(HUGE_PAGES), HUGE_SIZE, MADV_DONTNEED));
	EXPECT_EQ(PAGES - 16 - HUGE_PAGES, space_stats(self->space).resident);
	EXPECT_EQ(1, stamp(self->space, self->view, HUGE_PAGES, HUGE_PAGES, 2));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, HUGE_PAGES, HUGE_PAGES, 2));
}

TEST_F(huge, mremap)
{
	char *there = window(self->space, 2 * PAGES, 2 * PAGES, RW);

	ASSERT_NE(NO_WINDOW, there);
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	/* By whole blocks: what was one is one. */
	ASSERT_EQ(at(2 * PAGES), verb_mremap(self->space, at(0), HUGE_SIZE, HUGE_SIZE,
					     MREMAP_MAYMOVE | MREMAP_FIXED, at(2 * PAGES)));
	EXPECT_EQ(UNREADABLE, peek(self->view));
	EXPECT_EQ(stamp_of(3, 1), peek(there + 3 * PAGE));
	EXPECT_EQ(HUGE_PAGES, huge_pages(self->space, 2 * PAGES, PAGES));
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, there, 2 * PAGES, HUGE_PAGES));
	/* By less: the pages are the same, but they do not lie right any more. */
	ASSERT_EQ(at(3 * PAGES + 1),
		  verb_mremap(self->space, at(HUGE_PAGES), HUGE_SIZE, HUGE_SIZE,
			      MREMAP_MAYMOVE | MREMAP_FIXED, at(3 * PAGES + 1)));
	EXPECT_EQ(stamp_of(HUGE_PAGES, 1), peek(there + (PAGES + 1) * PAGE));
	EXPECT_EQ(stamp_of(2 * HUGE_PAGES - 1, 1), peek(there + (PAGES + HUGE_PAGES) * PAGE));
	EXPECT_EQ(0, huge_pages(self->space, 3 * PAGES, HUGE_PAGES + 1));
	EXPECT_EQ(UNREADABLE, page_get(self->space, HUGE_PAGES));
	EXPECT_EQ(PAGES, space_stats(self->space).resident);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 2 * HUGE_PAGES, 2 * HUGE_PAGES, 1));
	munmap(there, 2 * PAGES * PAGE);
}

/* After a fork nothing that either writes reaches the other, whoever had which entries. */
TEST_F(huge, fork)
{
	struct peer peer;
	char *view;
	int child;

	ASSERT_EQ(0, peer_start(&peer, self->space, 0, PAGES, RW));
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, peer_store(&peer, 600, stamp_of(600, 1)));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_EQ(0, writable_entries(self->space, self->view, 0, PAGES));
	view = window(child, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, view);
	/* To look at, one entry is enough; it does not let writes through. */
	EXPECT_EQ(stamp_of(9, 1), peek(view + 9 * PAGE));
	EXPECT_EQ(HUGE_PAGES, huge_entries(child, view, 0, HUGE_PAGES));
	EXPECT_EQ(0, writable_entries(child, view, 0, PAGES));
	/* The parent writes, here and by another process. */
	ASSERT_EQ(0, store(self->view + 9 * PAGE, stamp_of(9, 2)));
	ASSERT_EQ(0, peer_store(&peer, 600, stamp_of(600, 2)));
	EXPECT_EQ(0, wrong_stamps(child, view, 0, PAGES, 1));
	EXPECT_EQ(HUGE_PAGES, huge_entries(child, view, 0, HUGE_PAGES));
	EXPECT_EQ(stamp_of(600, 2), peek(self->view + 600 * PAGE));
	/* The child writes. */
	stamp(child, view, 0, PAGES, 3);
	EXPECT_EQ(0, wrong_stamps(child, view, 0, PAGES, 3));
	EXPECT_EQ(stamp_of(9, 2), page_get(self->space, 9));
	EXPECT_EQ(stamp_of(600, 2), peek(self->view + 600 * PAGE));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 10, 590, 1));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 601, PAGES - 601, 1));
	EXPECT_EQ(0, peer_stop(&peer));
	munmap(view, PAGES * PAGE);
	close(child);
}

TEST_F(huge, snapshot_and_restore)
{
	unsigned int round;
	char *frozen;
	int snapshot;

	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	frozen = window(snapshot, 0, PAGES, PROT_READ);
	ASSERT_NE(NO_WINDOW, frozen);
	for (round = 2; round < 5; round++) {
		stamp(self->space, self->view, 3, 1, round);
		stamp(self->space, self->view, HUGE_PAGES, HUGE_PAGES, round);
		EXPECT_EQ(0, wrong_stamps(self->space, self->view, 3, 1, round));
		EXPECT_EQ(0, wrong_stamps(self->space, self->view, HUGE_PAGES, HUGE_PAGES, round));
		EXPECT_EQ(0, wrong_stamps(snapshot, frozen, 0, PAGES, 1));
		EXPECT_EQ(PAGES, huge_entries(snapshot, frozen, 0, PAGES));
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
		EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	}
	EXPECT_EQ(0, writable_entries(snapshot, frozen, 0, PAGES));
	EXPECT_EQ(PAGES, smap_of(snapshot).huge);
	munmap(frozen, PAGES * PAGE);
	close(snapshot);
}

/* A page that another space has a copy of is the copy's, too, in the midst of a block. */
TEST_F(huge, copy_of_a_part)
{
	struct svma_copy copy = { .to = at(40), .from = at(20), .len = 4 * PAGE };
	int other;

	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	other = verb_fork(self->space);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, verb_munmap(other, at(0), PAGES * PAGE));
	ASSERT_EQ(0, map_pages(other, 0, PAGES, RW));
	copy.fd = self->space;
	ASSERT_EQ(0, call(other, SVMA_IOC_COPY, &copy));
	EXPECT_EQ(stamp_of(20, 1), page_get(other, 40));
	stamp(self->space, self->view, 0, HUGE_PAGES, 2);
	EXPECT_EQ(stamp_of(20, 1), page_get(other, 40));
	EXPECT_EQ(stamp_of(23, 1), page_get(other, 43));
	EXPECT_EQ(0, page_put(other, 41, 5));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, HUGE_PAGES, 2));
	close(other);
}

/* pwrite, populating and debuggers bring in blocks as a fault does. */
TEST_F(huge, without_a_window)
{
	int mem = open("/proc/self/mem", O_RDWR);
	__u64 value = stamp_of(HUGE_PAGES, 1);

	ASSERT_LE(0, mem);
	EXPECT_EQ(0, page_put(self->space, 0, stamp_of(0, 1)));
	EXPECT_EQ(HUGE_PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(8, pwrite(mem, &value, 8, (long)self->view + HUGE_SIZE));
	EXPECT_EQ(2 * HUGE_PAGES, huge_pages(self->space, 0, PAGES));
	ASSERT_EQ(0, tell(self->space, SVMA_THP_ALWAYS));
	ASSERT_EQ(at(2 * PAGES), verb_mmap(self->space, at(2 * PAGES), PAGES * PAGE, RW,
					   FIXED | MAP_POPULATE));
	EXPECT_EQ(PAGES, huge_pages(self->space, 2 * PAGES, PAGES));
	EXPECT_EQ(stamp_of(0, 1), peek(self->view));
	EXPECT_EQ(stamp_of(HUGE_PAGES, 1), peek(self->view + HUGE_SIZE));
	EXPECT_EQ(2, stamp(self->space, self->view, 2 * HUGE_PAGES, 2 * HUGE_PAGES, 1));
	close(mem);
}

#define RACERS	3

struct race {
	char *views[2];
	int space;
	atomic_bool over;
	atomic_long wrong;
	atomic_uint next;	/* racer */
};

/* A word of each page is a racer's: it is zero, or what he writes there, whoever looks. */
static void *racer(void *data)
{
	struct race *race = data;
	unsigned int me = race->next++, seed = me;

	while (!race->over) {
		unsigned long page = rand_r(&seed) % PAGES, at_byte = page * PAGE + 8 * me;
		__u64 due = stamp_of(page, me + 1), seen[2] = { 0 };

		*(volatile __u64 *)(race->views[me % 2] + at_byte) = due;
		seen[0] = *(volatile __u64 *)(race->views[!(me % 2)] + at_byte);
		if (pread(race->space, &seen[1], 8, at(page) + 8 * me) != 8)
			race->wrong++;
		for (unsigned int i = 0; i < 2; i++)
			race->wrong += seen[i] && seen[i] != due;
	}
	return NULL;
}

/* What the first racer has written, all together. */
static __u64 sum_of(int space)
{
	__u64 sum = 0;
	unsigned long i;

	for (i = 0; i < PAGES; i += 8)
		sum += page_get(space, i);
	return sum;
}

/* Faults on two windows at once, while blocks go, are shared, come back and change protection. */
TEST_F(huge, races)
{
	struct race race = { .views = { self->view }, .space = self->space };
	unsigned long round, i;
	pthread_t threads[RACERS];

	race.views[1] = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, race.views[1]);
	for (i = 0; i < RACERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, racer, &race));
	for (round = 0; round < 40; round++) {
		int snapshot = verb_snapshot(self->space), child = verb_fork(self->space);
		unsigned long block = round % BLOCKS * HUGE_PAGES;
		__u64 was[2];

		ASSERT_LE(0, snapshot);
		ASSERT_LE(0, child);
		was[0] = sum_of(snapshot);
		was[1] = sum_of(child);
		EXPECT_EQ(0, verb_madvise(self->space, at(block), HUGE_SIZE, MADV_DONTNEED));
		EXPECT_EQ(0, verb_mprotect(self->space, at(block + round), PAGE, RWX));
		EXPECT_EQ(was[0], sum_of(snapshot));
		EXPECT_EQ(was[1], sum_of(child));
		EXPECT_EQ(0, verb_madvise(self->space, at(block + 7), 9 * PAGE, MADV_DONTNEED));
		EXPECT_EQ(0, verb_mprotect(self->space, at(block + round), PAGE, RW));
		if (round % 3 == 0)
			EXPECT_EQ(0, verb_restore(self->space, snapshot));
		close(child);
		close(snapshot);
	}
	race.over = true;
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, race.wrong);
	EXPECT_LE(0, huge_entries(self->space, self->view, 0, PAGES));
	munmap(race.views[1], PAGES * PAGE);
}

/* All that was taken is given back, whole blocks and parts of them. */
TEST_F(huge, memory_returned)
{
	long before = memory_available(), during;
	int space = space_open(0), child;
	char *view;

	ASSERT_LE(0, space);
	ASSERT_EQ(0, tell(space, SVMA_THP_ALWAYS));
	ASSERT_EQ(0, map_pages(space, 0, 32 * HUGE_PAGES, RW));
	view = window(space, 0, 32 * HUGE_PAGES, RW);
	ASSERT_NE(NO_WINDOW, view);
	EXPECT_EQ(32, stamp(space, view, 0, 32 * HUGE_PAGES, 1));
	child = verb_fork(space);
	ASSERT_LE(0, child);
	stamp(space, view, 0, 100, 2);
	during = memory_available();
	EXPECT_LT(during, before - 50 * 1024);
	ASSERT_EQ(0, verb_munmap(space, at(3), HUGE_SIZE));
	munmap(view, 32 * HUGE_SIZE);
	close(space);
	EXPECT_EQ(stamp_of(5, 1), page_get(child, 5));
	close(child);
	EXPECT_LT(before - 8 * 1024, memory_available());
}

TEST_HARNESS_MAIN
