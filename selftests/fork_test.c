// SPDX-License-Identifier: GPL-2.0
/*
 * Fork of spaces with pages: both have the contents, each keeps its own writes, and what a child
 * gets is what a child of fork(2) gets. Contents are looked at twice: through a window, by pread.
 */
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "svma_test.h"

#define PAGES	1600UL	/* four leaves of the page table, the last one in part */

FIXTURE(fork) {
	int space;
	char *view;
};

FIXTURE_SETUP(fork)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(fork)
{
	close(self->space);
}

/* The same value by both ways. */
static __u64 see(int space, const char *view, unsigned long page)
{
	__u64 value = peek(view + page * PAGE);

	return value == page_get(space, page) ? value : UNREADABLE;
}

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

/* The first write comes from where nothing is entered; who shows the old page must see it. */
TEST_F(fork, other_windows_follow)
{
	char *here = window(self->space, 0, 16, PROT_READ), *half = self->view + 8 * PAGE, *twice;
	struct peer peer;
	unsigned long i;
	int child;

	ASSERT_NE(NO_WINDOW, here);
	ASSERT_EQ(0, peer_start(&peer, self->space, 0, 16, PROT_READ));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, 100 + i));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	/* A window of this process. */
	EXPECT_EQ(100, peek(here));
	ASSERT_EQ(0, store(self->view, 7));
	EXPECT_EQ(7, peek(here));
	/* One of another process, when this one has a single window. */
	ASSERT_EQ(0, munmap(here, 16 * PAGE));
	ASSERT_EQ(0, peer_load(&peer, 1));
	EXPECT_EQ(101, peer.value);
	ASSERT_EQ(0, store(self->view + PAGE, 8));
	ASSERT_EQ(0, peer_load(&peer, 1));
	EXPECT_EQ(8, peer.value);
	EXPECT_EQ(0, peer_stop(&peer));
	/* The only window, cut in two; and what one half shows once more. */
	ASSERT_EQ(0, mprotect(half, 8 * PAGE, PROT_READ));
	twice = window(self->space, 8, 8, RW);
	ASSERT_NE(NO_WINDOW, twice);
	EXPECT_EQ(109, peek(half + PAGE));
	ASSERT_EQ(0, store(twice + PAGE, 9));
	EXPECT_EQ(9, peek(half + PAGE));
	EXPECT_EQ(9, see(self->space, self->view, 9));
	/* The only window, with an entry of its own. */
	ASSERT_EQ(0, munmap(twice, 8 * PAGE));
	ASSERT_EQ(0, munmap(half, (PAGES - 8) * PAGE));
	EXPECT_EQ(102, peek(self->view + 2 * PAGE));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 10));
	EXPECT_EQ(10, see(self->space, self->view, 2));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(100 + i, page_get(child, i));
	close(child);
}

/* Every way to get a writable entry, over a page that a child has, too: the child sees none. */
TEST_F(fork, no_write_goes_through)
{
	char *read_only = window(self->space, 0, 16, PROT_READ), *later, *identity;
	struct svma_window_fill fill = {};
	int child, i, pipes[2];
	__u64 value;

	ASSERT_NE(NO_WINDOW, read_only);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, 100 + i));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, load(read_only + i * PAGE, &value));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	/* Read-only entries of shared pages first, which could be made writable. */
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, load(self->view + i * PAGE, &value));
		ASSERT_EQ(0, load(read_only + i * PAGE, &value));
	}
	/* 0: the entry that was writable before. 1: mprotect of a window by its process. */
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, mprotect(read_only, 16 * PAGE, RW));
	ASSERT_EQ(0, store(read_only + PAGE, 1));
	/* 2: mprotect of the region, there and back. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, PROT_READ));
	ASSERT_EQ(0, load(self->view + 2 * PAGE, &value));
	EXPECT_EQ(SIGSEGV, store(self->view + 2 * PAGE, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, RW));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 1));
	/* 3: a window made later. */
	later = window(self->space, 0, 16, RW);
	ASSERT_NE(NO_WINDOW, later);
	ASSERT_EQ(0, store(later + 3 * PAGE, 1));
	/* 4: a window where the space's addresses are the process's. */
	identity = mmap((void *)at(4), PAGE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, self->space,
			at(4));
	ASSERT_EQ((void *)at(4), identity);
	ASSERT_EQ(0, load(identity, &value));
	ASSERT_EQ(0, store(identity, 1));
	/* 5: pwrite. 6: all that is present, entered at once. 7: the same in another window. */
	ASSERT_EQ(0, page_put(self->space, 5, 1));
	fill.addr = (unsigned long)self->view;
	fill.len = 16 * PAGE;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_EQ(16, fill.filled);
	ASSERT_EQ(0, store(self->view + 6 * PAGE, 1));
	later = window(self->space, 7, 1, RW);
	ASSERT_NE(NO_WINDOW, later);
	fill.addr = (unsigned long)later;
	fill.len = PAGE;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_WINDOW_FILL, &fill));
	ASSERT_EQ(0, store(later, 1));
	/* 8: from inside the kernel. */
	value = 1;
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(8, write(pipes[1], &value, 8));
	ASSERT_EQ(8, read(pipes[0], self->view + 8 * PAGE, 8));
	/* 9: the window is moved by its process. */
	later = window(self->space, 9, 1, RW);
	ASSERT_NE(NO_WINDOW, later);
	ASSERT_EQ(0, load(later, &value));
	later = mremap(later, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x600000000000);
	ASSERT_NE(MAP_FAILED, (void *)later);
	ASSERT_EQ(0, store(later, 1));
	/* 10: the region is moved away, and back to where the window shows it. */
	ASSERT_EQ((long)at(3000), verb_mremap(self->space, at(10), PAGE, PAGE,
					      MREMAP_MAYMOVE | MREMAP_FIXED, at(3000)));
	ASSERT_EQ((long)at(10), verb_mremap(self->space, at(3000), PAGE, PAGE,
					    MREMAP_MAYMOVE | MREMAP_FIXED, at(10)));
	ASSERT_EQ(0, store(self->view + 10 * PAGE, 1));
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(i <= 10 ? 1 : 100 + i, page_get(self->space, i)) TH_LOG("page %d", i);
		EXPECT_EQ(100 + i, page_get(child, i)) TH_LOG("page %d of the child", i);
	}
	close(child);
}

/* A debugger that writes through a window, also where the region is read-only. */
TEST_F(fork, debugger_writes)
{
	int child, status;
	pid_t pid;

	ASSERT_EQ(0, store(self->view, 5));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(5, see(self->space, self->view, 0));
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, pid, self->view, 6L));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(6, see(self->space, self->view, 0));
	EXPECT_EQ(5, page_get(child, 0));
	close(child);
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

#define RACE_PAGES	600

static int race_space;
static char *race_view;
static volatile bool race_over;

/* Each word of the pages only ever grows, in this space. */
static void *race_write(void *data)
{
	__u64 round, page;

	for (round = 1; !race_over; round++)
		for (page = (unsigned long)data; page < RACE_PAGES && !race_over; page += 37)
			if (store(race_view + page * PAGE, round))
				return (void *)1;
	return NULL;
}

/* Forks while others write: a child, once it is there, does not change. */
TEST_F(fork, against_writers)
{
	pthread_t writers[2];
	unsigned long i, page;
	void *failed;

	race_space = self->space;
	race_view = self->view;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&writers[i], NULL, race_write, (void *)i));
	for (i = 0; i < 40; i++) {
		static __u64 first[RACE_PAGES];
		int child = verb_fork(self->space), changed = 0;

		ASSERT_LE(0, child);
		for (page = 0; page < RACE_PAGES; page++)
			first[page] = page % 37 < 2 ? page_get(child, page) : 0;
		usleep(1000);
		for (page = 0; page < RACE_PAGES; page++)
			changed += page % 37 < 2 && first[page] != page_get(child, page);
		EXPECT_EQ(0, changed);
		close(child);
	}
	race_over = true;
	for (i = 0; i < 2; i++) {
		pthread_join(writers[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
}

TEST_HARNESS_MAIN
