// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are written again and again between returns to a snapshot: they stay where they are
 * and get the snapshot's contents back, with their hardware entries. Looked at through windows, by
 * pread and in the page listing, here and in another process.
 */
#include <pthread.h>
#include <unistd.h>
#include <string.h>

#include "svma_test.h"

#define PAGES	1200UL	/* three leaves of the page table */
#define ROUNDS	5

FIXTURE(hot) {
	int machine;
	int space;
	int snapshot;
	char *view;
};

FIXTURE_SETUP(hot)
{
	unsigned long page;

	self->space = space_of_pages(&self->machine, PAGES);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	for (page = 0; page < PAGES; page++)
		ASSERT_EQ(0, store(self->view + page * PAGE, 1000 + page));
	self->snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, self->snapshot);
}

FIXTURE_TEARDOWN(hot)
{
	close(self->snapshot);
	close(self->space);
	close(self->machine);
}

/* What a page holds, if all ways to look at it agree; a new window has no entries yet. */
static __u64 see(int space, const char *view, unsigned long page)
{
	__u64 value = peek(view + page * PAGE), later = UNREADABLE;
	char *fresh = window(space, page, 1, PROT_READ);

	if (fresh != NO_WINDOW) {
		later = peek(fresh);
		munmap(fresh, PAGE);
	}
	return value == page_get(space, page) && value == later ? value : UNREADABLE;
}

static struct svma_page entry(int space, const char *view, unsigned long page)
{
	struct svma_page found = { 0 };
	struct svma_page_list list = {
		.start = at(page), .end = at(page + 1), .buf = (unsigned long)&found, .count = 1,
		.window = (unsigned long)view,
	};

	if (call(space, SVMA_IOC_PAGES, &list) || list.count != 1)
		found.flags = 0;
	return found;
}

static int count_wrong(int space, const char *view)
{
	unsigned long page;
	int wrong = 0;

	for (page = 0; page < PAGES; page++)
		wrong += peek(view + page * PAGE) != 1000 + page ||
			 page_get(space, page) != 1000 + page;
	return wrong;
}

/* Pages 100, 110, ... 190 are written and the space restored, until they are hot. */
static int warm_up(int space, int snapshot, char *view)
{
	int round, page, err = 0;

	for (round = 0; round < ROUNDS && !err; round++) {
		for (page = 100; page < 200; page += 10)
			err = err ?: store(view + page * PAGE, round);
		err = err ?: verb_restore(space, snapshot);
	}
	return err;
}

TEST_F(hot, rounds_without_faults)
{
	struct svma_page before, after;
	__u64 faults;

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	before = entry(self->space, self->view, 100);
	faults = space_stats(self->space).faults;
	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	EXPECT_EQ(faults, space_stats(self->space).faults);
	after = entry(self->space, self->view, 100);
	EXPECT_EQ(SVMA_PAGE_PRESENT | SVMA_PAGE_ENTRY | SVMA_PAGE_ENTRY_WRITE, after.flags);
	EXPECT_EQ(before.frame, after.frame);
	EXPECT_EQ(1, after.shares);
	EXPECT_EQ(1, after.node_shares);
	EXPECT_EQ(PAGES, space_stats(self->space).resident);
	EXPECT_EQ(0, count_wrong(self->space, self->view));
	EXPECT_EQ(0, count_wrong(self->snapshot, self->view));
}

/* Not written any more, it is the snapshot's page again. */
TEST_F(hot, cools_down)
{
	int round;

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	for (round = 0; round < 20; round++)
		ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	EXPECT_EQ(1100, see(self->space, self->view, 100));
	EXPECT_TRUE(entry(self->space, self->view, 100).flags & SVMA_PAGE_SHARED);
	ASSERT_EQ(0, store(self->view + 100 * PAGE, 1));
	EXPECT_EQ(1, see(self->space, self->view, 100));
	EXPECT_EQ(1100, page_get(self->snapshot, 100));
}

TEST_F(hot, written_elsewhere)
{
	struct peer peer;
	int round;

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	ASSERT_EQ(0, peer_start(&peer, self->space, 0, PAGES, RW));
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, peer_store(&peer, 100, round));
		ASSERT_EQ(0, peer_store(&peer, 101, round));
		ASSERT_EQ(0, store(self->view + 110 * PAGE, round));
		ASSERT_EQ(0, page_put(self->space, 120, round));
		EXPECT_EQ(round, see(self->space, self->view, 100));
		ASSERT_EQ(0, peer_load(&peer, 110));
		EXPECT_EQ(round, peer.value);
		ASSERT_EQ(0, peer_load(&peer, 120));
		EXPECT_EQ(round, peer.value);
		ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
		ASSERT_EQ(0, peer_load(&peer, 100));
		EXPECT_EQ(1100, peer.value);
		ASSERT_EQ(0, peer_load(&peer, 110));
		EXPECT_EQ(1110, peer.value);
		ASSERT_EQ(0, count_wrong(self->space, self->view));
	}
	EXPECT_EQ(0, peer_stop(&peer));
}

/* A window that its process makes read-only, and writable again. */
TEST_F(hot, read_only_for_a_while)
{
	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	ASSERT_EQ(0, mprotect(self->view, PAGES * PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view + 100 * PAGE, 1));
	ASSERT_EQ(0, page_put(self->space, 100, 2));
	EXPECT_EQ(2, see(self->space, self->view, 100));
	ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	ASSERT_EQ(0, mprotect(self->view, PAGES * PAGE, RW));
	ASSERT_EQ(0, store(self->view + 100 * PAGE, 3));
	ASSERT_EQ(0, store(self->view + 105 * PAGE, 4));
	EXPECT_EQ(3, see(self->space, self->view, 100));
	EXPECT_EQ(4, see(self->space, self->view, 105));
	EXPECT_EQ(0, count_wrong(self->snapshot, window(self->snapshot, 0, PAGES, PROT_READ)));
	ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	EXPECT_EQ(0, count_wrong(self->space, self->view));
}

/* Whoever shares the space's pages gets what is hot, as it is, and not what becomes of it. */
TEST_F(hot, shared_with_others)
{
	int child, later, round;

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, store(self->view + 100 * PAGE, 7));
		child = verb_fork(self->space);
		ASSERT_LE(0, child);
		ASSERT_EQ(0, store(self->view + 100 * PAGE, 8));
		ASSERT_EQ(0, store(self->view + 110 * PAGE, 8));
		later = verb_snapshot(self->space);
		ASSERT_LE(0, later);
		ASSERT_EQ(0, store(self->view + 100 * PAGE, 9));
		ASSERT_EQ(0, store(self->view + 120 * PAGE, 9));
		ASSERT_EQ(0, page_put(child, 120, 6));
		EXPECT_EQ(7, page_get(child, 100));
		EXPECT_EQ(1110, page_get(child, 110));
		EXPECT_EQ(8, page_get(later, 100));
		EXPECT_EQ(8, page_get(later, 110));
		EXPECT_EQ(1120, page_get(later, 120));
		EXPECT_EQ(9, see(self->space, self->view, 100));
		EXPECT_EQ(9, see(self->space, self->view, 120));
		ASSERT_EQ(0, verb_restore(self->space, later));
		EXPECT_EQ(8, see(self->space, self->view, 100));
		EXPECT_EQ(1120, see(self->space, self->view, 120));
		ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
		ASSERT_EQ(0, count_wrong(self->space, self->view));
		ASSERT_EQ(0, count_wrong(self->snapshot, self->view));
		close(round % 2 ? child : later);
		close(round % 2 ? later : child);
		ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	}
}

/* A snapshot each round, gone before the next. */
TEST_F(hot, snapshots_that_go)
{
	__u64 faults = 0;
	int round, page, snapshot;

	for (round = 0; round < 2 * ROUNDS; round++) {
		if (round == ROUNDS)
			faults = space_stats(self->space).faults;
		snapshot = verb_snapshot(self->space);
		ASSERT_LE(0, snapshot);
		close(self->snapshot);
		self->snapshot = snapshot;
		for (page = 100; page < 200; page += 10)
			ASSERT_EQ(0, store(self->view + page * PAGE, round));
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
	}
	EXPECT_EQ(faults, space_stats(self->space).faults);
	EXPECT_EQ(0, count_wrong(self->space, self->view));
	ASSERT_EQ(0, store(self->view + 100 * PAGE, 1));
	close(self->snapshot);
	self->snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, self->snapshot);
	ASSERT_EQ(0, store(self->view + 100 * PAGE, 2));
	EXPECT_EQ(1, page_get(self->snapshot, 100));
	ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	EXPECT_EQ(1, see(self->space, self->view, 100));
}

/* What verbs do to hot pages, and that it is undone. */
TEST_F(hot, verbs)
{
	unsigned long to = 3000;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
		ASSERT_EQ(0, store(self->view + 150 * PAGE, 5));
		ASSERT_EQ(0, verb_munmap(self->space, at(100), PAGE));
		EXPECT_EQ(SIGSEGV, load(self->view + 100 * PAGE, &(__u64){ 0 }));
		ASSERT_EQ(0, map_pages(self->space, 100, 1, RW));
		EXPECT_EQ(0, see(self->space, self->view, 100));
		ASSERT_EQ(0, verb_madvise(self->space, at(110), PAGE, MADV_DONTNEED));
		EXPECT_EQ(0, see(self->space, self->view, 110));
		ASSERT_EQ(0, verb_mprotect(self->space, at(120), PAGE, PROT_READ));
		EXPECT_EQ(SIGSEGV, store(self->view + 120 * PAGE, 1));
		EXPECT_EQ(1120, see(self->space, self->view, 120));
		ASSERT_EQ((long)at(to), verb_mremap(self->space, at(140), 15 * PAGE, 15 * PAGE,
						    MREMAP_MAYMOVE | MREMAP_FIXED, at(to)));
		EXPECT_EQ(1140, page_get(self->space, to));
		EXPECT_EQ(5, page_get(self->space, to + 10));
		EXPECT_EQ(UNREADABLE, page_get(self->space, 150));
		EXPECT_EQ(1160, see(self->space, self->view, 160));
		ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
		EXPECT_EQ(UNREADABLE, page_get(self->space, to + 10));
		ASSERT_EQ(0, count_wrong(self->space, self->view));
		EXPECT_EQ(PAGES, space_stats(self->space).resident);
	}
}

TEST_F(hot, what_changed)
{
	struct svma_changed_range ranges[4];
	struct svma_changes arg = {
		.fd = self->snapshot, .end = ~0xfffULL, .buf = (unsigned long)ranges, .count = 4,
	};

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_CHANGED, &arg));
	EXPECT_EQ(0, arg.count);
	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	ASSERT_EQ(0, store(self->view + 110 * PAGE, 1));
	arg = (struct svma_changes){
		.fd = self->snapshot, .end = ~0xfffULL, .buf = (unsigned long)ranges, .count = 4,
	};
	ASSERT_EQ(0, call(self->space, SVMA_IOC_CHANGED, &arg));
	ASSERT_EQ(1, arg.count);
	EXPECT_EQ(at(110), ranges[0].start);
	EXPECT_EQ(at(111), ranges[0].end);
	EXPECT_EQ(1, see(self->space, self->view, 110));
}

struct writer {
	__u64 *low;
	__u64 *high;
	bool stop;
	unsigned long times;
	unsigned long wrong;
};

/*
 * Low first, then high. Whatever moment the contents go back to, high goes back if low does after
 * it: who has written both, and finds high gone, finds low gone too.
 */
static void *write_pairs(void *data)
{
	struct writer *writer = data;
	volatile __u64 *low = writer->low, *high = writer->high;
	__u64 value = 1000000;

	while (!__atomic_load_n(&writer->stop, __ATOMIC_ACQUIRE)) {
		*low = ++value;
		*high = value;
		if (*high != value && *low == value)
			writer->wrong++;
		__atomic_add_fetch(&writer->times, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

TEST_F_TIMEOUT(hot, beside_a_writer, 120)
{
	struct writer writer = {
		.low = (__u64 *)(self->view + 100 * PAGE),
		.high = (__u64 *)(self->view + 190 * PAGE),
	};
	unsigned long round, before;
	pthread_t thread;

	ASSERT_EQ(0, warm_up(self->space, self->snapshot, self->view));
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_pairs, &writer));
	for (round = 0; round < 30; round++) {
		before = __atomic_load_n(&writer.times, __ATOMIC_ACQUIRE);
		while (__atomic_load_n(&writer.times, __ATOMIC_ACQUIRE) < before + 2)
			usleep(100);
		ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	}
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELEASE);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, writer.wrong);
	ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	EXPECT_EQ(1100, see(self->space, self->view, 100));
	EXPECT_EQ(1190, see(self->space, self->view, 190));
	EXPECT_EQ(0, count_wrong(self->space, self->view));
	EXPECT_EQ(0, count_wrong(self->snapshot, self->view));
}

TEST_HARNESS_MAIN
