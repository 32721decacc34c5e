// SPDX-License-Identifier: GPL-2.0
/*
 * Windows of spaces that were forked: no write goes through to the other space, by no way to write,
 * and each is seen by all windows of its own.
 */
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "fork.h"

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
	pid = traced_child();
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, pid, self->view, 6L));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(6, see(self->space, self->view, 0));
	EXPECT_EQ(5, page_get(child, 0));
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
