// SPDX-License-Identifier: GPL-2.0
/*
 * Fork of spaces with pages: both have the contents, each keeps its own writes, and what a child
 * gets is what a child of fork(2) gets.
 */
#include <sys/wait.h>

#include "fork.h"

TEST_F(fork, writes_are_apart)
{
	unsigned long page;
	char *view;
	int child;

	for (page = 0; page < PAGES; page += 100)
		ASSERT_EQ(0, store(self->view + page * PAGE, page + 1));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_EQ(PAGES / 100, space_stats(child).resident);
	EXPECT_STREQ("0-1600:rw", layout(child));
	view = window(child, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, view);
	/* The parent writes through a window that was there before, the child through a new one. */
	ASSERT_EQ(0, store(self->view + 100 * PAGE, 7));
	ASSERT_EQ(0, store(view + 200 * PAGE, 8));
	ASSERT_EQ(0, page_put(self->space, 300, 9));
	ASSERT_EQ(0, page_put(child, 400, 10));
	ASSERT_EQ(0, page_put(child, 450, 11));
	ASSERT_EQ(0, store(self->view + 460 * PAGE, 12));
	for (page = 0; page < PAGES; page += 100) {
		EXPECT_EQ(page == 100 ? 7 : page == 300 ? 9 : page + 1,
			  see(self->space, self->view, page));
		EXPECT_EQ(page == 200 ? 8 : page == 400 ? 10 : page + 1, see(child, view, page));
	}
	EXPECT_EQ(0, see(self->space, self->view, 450));
	EXPECT_EQ(11, see(child, view, 450));
	EXPECT_EQ(12, see(self->space, self->view, 460));
	EXPECT_EQ(0, see(child, view, 460));
	EXPECT_EQ(PAGES / 100 + 1, space_stats(self->space).resident);
	EXPECT_EQ(PAGES / 100 + 1, space_stats(child).resident);
	close(child);
}

/* One writes, dies, and the other has the page for itself: in place then, not by another copy. */
TEST_F(fork, either_may_go_first)
{
	__u64 before;
	int child;

	ASSERT_EQ(0, store(self->view, 1));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	close(child);
	before = space_stats(self->space).resident;
	ASSERT_EQ(0, store(self->view, 2));
	EXPECT_EQ(2, see(self->space, self->view, 0));
	EXPECT_EQ(before, space_stats(self->space).resident);

	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, munmap(self->view, PAGES * PAGE));
	close(self->space);
	self->space = child;
	self->view = window(child, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	EXPECT_EQ(2, see(child, self->view, 0));
	ASSERT_EQ(0, store(self->view, 3));
	EXPECT_EQ(3, see(child, self->view, 0));
}

/* Advice that keeps regions or contents from a child; shared memory stays shared. */
TEST_F(fork, what_a_child_gets)
{
	long shared = verb_mmap(self->space, at(2000), 4 * PAGE, RW,
				MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED);
	unsigned long page;
	int child;

	ASSERT_EQ((long)at(2000), shared);
	ASSERT_EQ(0, page_put(self->space, 2000, 1));
	for (page = 0; page < PAGES; page += 16)
		ASSERT_EQ(0, page_put(self->space, page, page + 1));
	/* Ranges that begin and end inside leaves, with a whole one in the first. */
	ASSERT_EQ(0, verb_madvise(self->space, at(100), 1000 * PAGE, MADV_WIPEONFORK));
	ASSERT_EQ(0, verb_madvise(self->space, at(1200), 100 * PAGE, MADV_DONTFORK));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("0-100:rw 100-1100:rw 1100-1200:rw 1300-1600:rw 2000-2004:rws", layout(child));
	for (page = 0; page < PAGES; page += 16) {
		EXPECT_EQ(page + 1, page_get(self->space, page));
		EXPECT_EQ(page >= 1200 && page < 1300 ? UNREADABLE :
			  page >= 100 && page < 1100 ? 0 : page + 1, page_get(child, page));
	}
	EXPECT_EQ(space_stats(self->space).resident - 63 - 6, space_stats(child).resident);
	ASSERT_EQ(0, page_put(child, 2000, 2));
	EXPECT_EQ(2, page_get(self->space, 2000));
	ASSERT_EQ(0, page_put(self->space, 2003, 3));
	EXPECT_EQ(3, page_get(child, 2003));
	close(child);
}

/* Locks are not inherited, and the child is charged for what it could write. */
TEST_F(fork, locks_and_charges)
{
	struct svma_lock lock = { .addr = at(0), .len = 8 * PAGE, .op = SVMA_MLOCK };
	int child;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(8, space_stats(self->space).locked);
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_EQ(0, space_stats(child).locked);
	EXPECT_EQ(8, space_stats(child).resident);
	EXPECT_EQ(PAGES, space_stats(child).committed);
	close(child);
}

TEST_F(fork, overcommit_refuses)
{
	struct svma_machine told = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE | SVMA_MACHINE_SWAP |
			SVMA_MACHINE_RATIO | SVMA_MACHINE_ADMIN_RESERVE |
			SVMA_MACHINE_USER_RESERVE | SVMA_MACHINE_HUGE,
		.ram = 1000, .overcommit_mode = 2, .overcommit_ratio = 100,
	};
	int machine = machine_open(), space, child;

	ASSERT_LE(0, machine);
	ASSERT_EQ(0, call(machine, SVMA_IOC_MACHINE_SET, &told));
	space = space_make(machine, 0);
	ASSERT_LE(0, space);
	ASSERT_EQ(0, map_pages(space, 0, 600, RW));
	ASSERT_EQ(0, page_put(space, 0, 1));
	EXPECT_EQ(-ENOMEM, verb_fork(space));
	ASSERT_EQ(0, verb_munmap(space, at(400), 200 * PAGE));
	child = verb_fork(space);
	ASSERT_LE(0, child);
	EXPECT_EQ(1, page_get(child, 0));
	close(child);
	close(space);
	close(machine);
}

/* The same memory, the same calls, on a space and on this process, forked both. */
TEST_F(fork, as_the_kernel)
{
	enum { COUNT = 1100 };
	char *own = mmap((void *)0x500000000000, COUNT * PAGE, RW, FIXED, -1, 0);
	int child, status, bad = 0;
	unsigned long page;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, (void *)own);
	for (page = 0; page < COUNT; page += 10) {
		ASSERT_EQ(0, store(own + page * PAGE, page));
		ASSERT_EQ(0, store(self->view + page * PAGE, page));
	}
	ASSERT_EQ(0, madvise(own + 200 * PAGE, 500 * PAGE, MADV_WIPEONFORK));
	ASSERT_EQ(0, verb_madvise(self->space, at(200), 500 * PAGE, MADV_WIPEONFORK));
	ASSERT_EQ(0, madvise(own + 900 * PAGE, 10 * PAGE, MADV_DONTFORK));
	ASSERT_EQ(0, verb_madvise(self->space, at(900), 10 * PAGE, MADV_DONTFORK));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	pid = fork();
	if (!pid) {
		for (page = 0; page < COUNT; page++)
			bad += peek(own + page * PAGE) != page_get(child, page);
		for (page = 0; page < COUNT; page += 7) {
			if (store(own + page * PAGE, 3) != (page_put(child, page, 3) ? SIGSEGV : 0))
				bad++;
		}
		for (page = 0; page < COUNT; page++)
			bad += peek(own + page * PAGE) != page_get(child, page);
		_exit(bad > 100 ? 100 : bad);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status) TH_LOG("%d words differ", WEXITSTATUS(status));
	for (page = 0; page < COUNT; page++)
		ASSERT_EQ(peek(own + page * PAGE), see(self->space, self->view, page));
	close(child);
	munmap(own, COUNT * PAGE);
}

/* Verbs that take a part of what is shared away, in the middle of leaves. */
TEST_F(fork, parts_go)
{
	unsigned long page;
	int child, other;

	for (page = 0; page < PAGES; page += 4)
		ASSERT_EQ(0, page_put(self->space, page, page + 1));
	child = verb_fork(self->space);
	other = verb_fork(child);
	ASSERT_LE(0, child);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, verb_munmap(child, at(10), 10 * PAGE));
	ASSERT_EQ(0, verb_munmap(child, at(500), 600 * PAGE));
	ASSERT_EQ(0, verb_madvise(child, at(1200), 8 * PAGE, MADV_DONTNEED));
	ASSERT_EQ(0, map_pages(child, 1300, 20, RW));
	ASSERT_EQ((long)at(5000), verb_mremap(child, at(400), 40 * PAGE, 40 * PAGE,
					      MREMAP_MAYMOVE | MREMAP_FIXED, at(5000)));
	ASSERT_EQ((long)at(1400), verb_mremap(child, at(1400), 40 * PAGE, 20 * PAGE, 0, 0));
	for (page = 0; page < PAGES; page += 4) {
		bool gone = (page >= 10 && page < 20) || (page >= 500 && page < 1100) ||
			    (page >= 400 && page < 440) || (page >= 1420 && page < 1440);
		bool zero = (page >= 1200 && page < 1208) || (page >= 1300 && page < 1320);

		EXPECT_EQ(page + 1, see(self->space, self->view, page));
		EXPECT_EQ(page + 1, page_get(other, page));
		EXPECT_EQ(gone ? UNREADABLE : zero ? 0 : page + 1, page_get(child, page))
			TH_LOG("page %lu", page);
	}
	for (page = 400; page < 440; page += 4)
		EXPECT_EQ(page + 1, page_get(child, page - 400 + 5000));
	/* 10-20: 2 at 12, 16; 500-1100: 150; 1200-: 2; 1300-: 5; 1420-: 5. */
	EXPECT_EQ(400 - 2 - 150 - 2 - 5 - 5, space_stats(child).resident);
	EXPECT_EQ(400, space_stats(other).resident);
	close(child);
	close(other);
}

TEST_F(fork, heap)
{
	__u64 heap = verb_brk(self->space, 0), value = 9;
	int child;

	ASSERT_EQ((long)heap + 100 * (long)PAGE, verb_brk(self->space, heap + 100 * PAGE));
	ASSERT_EQ(8, pwrite(self->space, &value, 8, heap + 20 * PAGE));
	ASSERT_EQ(8, pwrite(self->space, &value, 8, heap + 90 * PAGE));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ((long)heap + 50 * (long)PAGE, verb_brk(child, heap + 50 * PAGE));
	ASSERT_EQ((long)heap + 100 * (long)PAGE, verb_brk(child, heap + 100 * PAGE));
	ASSERT_EQ(8, pread(child, &value, 8, heap + 90 * PAGE));
	EXPECT_EQ(0, value);
	ASSERT_EQ(8, pread(child, &value, 8, heap + 20 * PAGE));
	EXPECT_EQ(9, value);
	ASSERT_EQ(8, pread(self->space, &value, 8, heap + 90 * PAGE));
	EXPECT_EQ(9, value);
	close(child);
}

/* What was read, and never written, is zero in both, whoever writes it then. */
TEST_F(fork, zero_page)
{
	int child, page;
	char *view;

	for (page = 0; page < 8; page++)
		EXPECT_EQ(0, peek(self->view + page * PAGE));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	view = window(child, 0, 8, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (page = 4; page < 12; page++) {
		EXPECT_EQ(0, peek(self->view + page * PAGE));
		if (page < 8)
			EXPECT_EQ(0, peek(view + page * PAGE));
	}
	ASSERT_EQ(0, page_put(self->space, 0, 1));
	ASSERT_EQ(0, page_put(self->space, 5, 2));
	ASSERT_EQ(0, page_put(child, 4, 3));
	ASSERT_EQ(0, page_put(self->space, 9, 4));
	EXPECT_EQ(1, see(self->space, self->view, 0));
	EXPECT_EQ(0, see(child, view, 0));
	EXPECT_EQ(2, see(self->space, self->view, 5));
	EXPECT_EQ(0, see(child, view, 5));
	EXPECT_EQ(0, see(self->space, self->view, 4));
	EXPECT_EQ(3, see(child, view, 4));
	EXPECT_EQ(4, see(self->space, self->view, 9));
	EXPECT_EQ(0, page_get(child, 9));
	close(child);
}

TEST_HARNESS_MAIN
