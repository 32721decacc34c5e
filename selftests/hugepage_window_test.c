// SPDX-License-Identifier: GPL-2.0
/*
 * Windows that show 2 MiB by one entry: where that fits, what the host's own calls make of them,
 * and what the rest of the kernel cannot.
 */
#include <pthread.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "hugepage.h"

/* A hole of the host's where a window can go, so far from an address that hardware likes. */
static char *window_off(int space, unsigned long first, unsigned long count, unsigned long off)
{
	char *room = mmap(NULL, count * PAGE + 2 * HUGE_SIZE, PROT_NONE, ANON, -1, 0);

	room = (char *)(((unsigned long)room + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1)) + off;
	return mmap(room, count * PAGE, RW, MAP_SHARED | MAP_FIXED, space, at(first));
}

/* A window that lies, or ends, where hardware cannot: the same pages, by single entries. */
TEST_F(huge, window_misfits)
{
	char *off = window_off(self->space, 0, PAGES, PAGE);
	char *fits = window_off(self->space, 0, PAGES, 0);
	char *part = window_off(self->space, 1, HUGE_PAGES, PAGE);

	ASSERT_NE(NO_WINDOW, off);
	ASSERT_NE(NO_WINDOW, fits);
	ASSERT_NE(NO_WINDOW, part);
	EXPECT_EQ(BLOCKS * HUGE_PAGES / 16, stamp(self->space, off, 0, PAGES, 1));
	EXPECT_EQ(PAGES, huge_pages(self->space, 0, PAGES));
	EXPECT_EQ(0, huge_entries(self->space, off, 0, PAGES));
	EXPECT_EQ(PAGES, writable_entries(self->space, off, 0, PAGES));
	EXPECT_EQ(BLOCKS, stamp(self->space, fits, 0, PAGES, 2));
	EXPECT_EQ(PAGES, huge_entries(self->space, fits, 0, PAGES));
	/* It begins behind the start of the first block, and ends before the end of the second. */
	EXPECT_EQ(0, wrong_stamps(self->space, part - PAGE, 1, HUGE_PAGES, 2));
	EXPECT_EQ(0, huge_entries(self->space, part, 1, HUGE_PAGES));
	EXPECT_EQ(0, wrong_stamps(self->space, off, 0, PAGES, 2));
	munmap(off, PAGES * PAGE);
	munmap(fits, PAGES * PAGE);
	munmap(part, HUGE_PAGES * PAGE);
}

/* The window's own protection, and what the host's mprotect makes of it. */
TEST_F(huge, window_protection)
{
	char *view = window(self->space, 0, PAGES, PROT_READ);
	int value;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	EXPECT_EQ(0, wrong_stamps(self->space, view, 0, PAGES, 1));
	EXPECT_EQ(PAGES, huge_entries(self->space, view, 0, PAGES));
	EXPECT_EQ(0, writable_entries(self->space, view, 0, PAGES));
	EXPECT_EQ(SIGSEGV, store(view, 1));
	ASSERT_EQ(0, mprotect(view, PAGES * PAGE, RW));
	EXPECT_EQ(BLOCKS, stamp(self->space, view, 0, PAGES, 2));
	EXPECT_EQ(PAGES, writable_entries(self->space, view, 0, PAGES));
	/* Less, of a whole block and of a part, and more again: the region still binds. */
	ASSERT_EQ(0, mprotect(view, HUGE_SIZE + PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(view, 1));
	EXPECT_EQ(SIGSEGV, store(view + HUGE_SIZE, 1));
	EXPECT_EQ(0, store(view + HUGE_SIZE + PAGE, stamp_of(HUGE_PAGES + 1, 2)));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), HUGE_SIZE, PROT_READ));
	ASSERT_EQ(0, mprotect(view, PAGES * PAGE, RW));
	EXPECT_EQ(SIGSEGV, store(view, 1));
	EXPECT_EQ(0, store(view + HUGE_SIZE, stamp_of(HUGE_PAGES, 2)));
	EXPECT_EQ(0, wrong_stamps(self->space, view, 0, PAGES, 2));
	/* Nothing is executed that the region does not let be. */
	put_code(view + 2 * HUGE_SIZE, 5);
	ASSERT_EQ(0, mprotect(view, PAGES * PAGE, RWX));
	EXPECT_EQ(SIGSEGV, run(view + 2 * HUGE_SIZE, &value));
	EXPECT_NE(0, peek(view + 2 * HUGE_SIZE));
	EXPECT_EQ(SIGSEGV, run(view + 2 * HUGE_SIZE, &value));
	EXPECT_EQ(0, huge_entries(self->space, view, 2 * HUGE_PAGES, HUGE_PAGES));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2 * HUGE_PAGES), 2 * HUGE_SIZE, RWX));
	EXPECT_EQ(0, run(view + 2 * HUGE_SIZE, &value));
	EXPECT_EQ(5, value);
	/* Where no table of single entries is in the way: by one. */
	put_code(view + 3 * HUGE_SIZE, 6);
	EXPECT_EQ(0, run(view + 3 * HUGE_SIZE, &value));
	EXPECT_EQ(6, value);
	EXPECT_EQ(HUGE_PAGES, huge_entries(self->space, view, 3 * HUGE_PAGES, HUGE_PAGES));
	munmap(view, PAGES * PAGE);
}

/* Snapshot, then the host's mprotect of a window with one read-only entry: writes get a copy. */
TEST_F(huge, window_mprotect_over_shared)
{
	int snapshot;

	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, mprotect(self->view, PAGES * PAGE, PROT_READ));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, mprotect(self->view, PAGES * PAGE, RW));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 1));
	EXPECT_EQ(PAGES, huge_entries(self->space, self->view, 0, PAGES));
	stamp(self->space, self->view, 0, PAGES, 2);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 2));
	EXPECT_EQ(0, wrong_stamps(snapshot, NULL, 0, PAGES, 1));
	close(snapshot);
}

/* The host unmaps, moves and forks the window. */
TEST_F(huge, window_taken_apart)
{
	char *view = window(self->space, 0, PAGES, RW), *room;
	int status;
	pid_t pid;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(BLOCKS, stamp(self->space, view, 0, PAGES, 1));
	pid = fork();
	if (!pid) {
		long bad = wrong_stamps(self->space, view, 0, PAGES, 1);

		for (unsigned long i = 0; i < PAGES; i += 64)
			*(volatile __u64 *)(view + i * PAGE) = stamp_of(i, 2);
		_exit(!!bad);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	/* It is the same memory: what the child wrote is seen. */
	EXPECT_EQ(stamp_of(64, 2), peek(view + 64 * PAGE));
	stamp(self->space, view, 0, PAGES, 3);
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, PAGES, 3));
	ASSERT_EQ(0, munmap(view + 5 * PAGE, PAGE));
	EXPECT_EQ(UNREADABLE, peek(view + 5 * PAGE));
	EXPECT_EQ(stamp_of(6, 3), peek(view + 6 * PAGE));
	EXPECT_EQ(PAGES, space_stats(self->space).resident);
	/* Moved by whole blocks, and by less. */
	room = mmap(NULL, 4 * HUGE_SIZE, PROT_NONE, ANON, -1, 0);
	room = (char *)(((unsigned long)room + HUGE_SIZE - 1) & ~(HUGE_SIZE - 1));
	ASSERT_EQ(room, mremap(view + HUGE_SIZE, HUGE_SIZE, HUGE_SIZE,
			       MREMAP_MAYMOVE | MREMAP_FIXED, room));
	EXPECT_EQ(0, wrong_stamps(self->space, room - HUGE_SIZE, HUGE_PAGES, HUGE_PAGES, 3));
	ASSERT_EQ(room + HUGE_SIZE + PAGE,
		  mremap(view + 2 * HUGE_SIZE, HUGE_SIZE, HUGE_SIZE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, room + HUGE_SIZE + PAGE));
	EXPECT_EQ(0, wrong_stamps(self->space, room - HUGE_SIZE + PAGE, 2 * HUGE_PAGES, HUGE_PAGES,
				  3));
	/* They are windows still: what goes, goes from them. */
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGES * PAGE));
	EXPECT_EQ(UNREADABLE, peek(room));
	EXPECT_EQ(UNREADABLE, peek(room + HUGE_SIZE + PAGE));
	EXPECT_EQ(UNREADABLE, peek(view + 3 * HUGE_SIZE));
	munmap(room, 3 * HUGE_SIZE);
	munmap(view, PAGES * PAGE);
}

/* The kernel can take no reference to a page by such an entry, by any way: it is no page to it. */
TEST_F(huge, no_references)
{
	char there[64];
	struct iovec local = { there, sizeof(there) }, remote = { self->view, 3 * PAGE };
	int pipes[2];

	ASSERT_EQ(BLOCKS, stamp(self->space, self->view, 0, PAGES, 1));
	ASSERT_EQ(0, pipe(pipes));
	/* This one asks the page tables themselves, without a lock. */
	EXPECT_EQ(-1, vmsplice(pipes[1], &remote, 1, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(PAGES, huge_entries(self->space, self->view, 0, PAGES));
	EXPECT_EQ(8, write(pipes[1], self->view + 2 * PAGE, 8));
	EXPECT_EQ(8, read(pipes[0], self->view + 3 * PAGE, 8));
	EXPECT_EQ(stamp_of(2, 1), peek(self->view + 3 * PAGE));
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(huge, fill)
{
	struct svma_window_fill fill = { .addr = (unsigned long)self->view, .len = PAGES * PAGE };

	ASSERT_EQ(0, page_put(self->space, 0, 1));
	ASSERT_EQ(1, stamp(self->space, self->view, HUGE_PAGES, HUGE_PAGES, 1));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_EQ(2 * HUGE_PAGES, fill.filled);
	EXPECT_EQ(0, stamp(self->space, self->view, 0, 2 * HUGE_PAGES, 2));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 0, 2 * HUGE_PAGES, 2));
	EXPECT_EQ(0, wrong_stamps(self->space, self->view, 2 * HUGE_PAGES, 2 * HUGE_PAGES, 0));
}

/* The first writes of two threads to a block of which nothing is there: one brings it in. */
#define FIRST_ROUNDS	24

struct first {
	char *view;
	pthread_barrier_t barrier;
};

static void first_write(struct first *first, unsigned int round, unsigned long page)
{
	unsigned long there = round % BLOCKS * HUGE_PAGES + page;

	pthread_barrier_wait(&first->barrier);
	*(volatile __u64 *)(first->view + there * PAGE) = stamp_of(there, round + 1);
	pthread_barrier_wait(&first->barrier);
}

static void *first_writes(void *data)
{
	unsigned int round;

	for (round = 0; round < FIRST_ROUNDS; round++)
		first_write(data, round, 1);
	return NULL;
}

TEST_F(huge, first_writes_at_once)
{
	struct first first = { .view = self->view };
	unsigned int round;
	pthread_t other;

	ASSERT_EQ(0, pthread_barrier_init(&first.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&other, NULL, first_writes, &first));
	for (round = 0; round < FIRST_ROUNDS; round++) {
		unsigned long page = round % BLOCKS * HUGE_PAGES;

		EXPECT_EQ(0, verb_madvise(self->space, at(page), HUGE_SIZE, MADV_DONTNEED));
		first_write(&first, round, 0);
		EXPECT_EQ(0, wrong_stamps(self->space, self->view, page, 2, round + 1));
		EXPECT_EQ(HUGE_PAGES, huge_pages(self->space, page, HUGE_PAGES));
	}
	pthread_join(other, NULL);
	EXPECT_EQ(BLOCKS * HUGE_PAGES, space_stats(self->space).resident);
}

TEST_HARNESS_MAIN
