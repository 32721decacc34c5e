// SPDX-License-Identifier: GPL-2.0
/*
 * Signals in the middle of long verbs. One that is handled changes no answer; one that kills ends
 * the verb soon, and leaves a space that is whole.
 */
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "svma_test.h"

#define LONG	4096UL	/* pages of a long verb */

FIXTURE(signals) {
	int machine;
	int space;
	int snapshot;	/* of the space, with all of its pages */
};

FIXTURE_SETUP(signals)
{
	self->machine = machine_open();
	self->space = space_make(self->machine, 0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, map_pages(self->space, 0, LONG, RW));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), LONG * PAGE, MADV_POPULATE_WRITE));
	self->snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, self->snapshot);
}

FIXTURE_TEARDOWN(signals)
{
	struct svma_machine machine;

	close(self->snapshot);
	EXPECT_EQ(0, verb_munmap(self->space, 0, at(1UL << 20)));
	EXPECT_EQ(0, space_stats(self->space).resident);
	EXPECT_EQ(0, space_stats(self->space).total);
	EXPECT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &machine));
	EXPECT_EQ(0, machine.committed);
	close(self->space);
	close(self->machine);
}

/* The long verbs; each leaves what the next turn of it wants. 0, or a negative errno. */

static long take_and_populate(int space, int snapshot)
{
	long err = verb_madvise(space, at(0), LONG * PAGE, MADV_DONTNEED);

	return err ?: verb_madvise(space, at(0), LONG * PAGE, MADV_POPULATE_WRITE);
}

static long unmap_and_map(int space, int snapshot)
{
	long err = verb_munmap(space, at(0), LONG * PAGE);

	return err ?: map_pages(space, 0, LONG, RW);
}

static long move_there_and_back(int space, int snapshot)
{
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	long to = verb_mremap(space, at(0), LONG * PAGE, LONG * PAGE, flags, at(2 * LONG));

	if (to == (long)at(2 * LONG))
		to = verb_mremap(space, to, LONG * PAGE, LONG * PAGE, flags, at(0));
	return to == (long)at(0) ? 0 : to;
}

static long fork_and_write(int space, int snapshot)
{
	int child = verb_fork(space);
	long err = child < 0 ? child : page_put(child, 7, 7);

	close(child);
	return err;
}

static long restore(int space, int snapshot)
{
	long err = verb_madvise(space, at(0), LONG * PAGE, MADV_DONTNEED);

	return err ?: verb_restore(space, snapshot);
}

static long write_all(int space, int snapshot)
{
	static char bytes[LONG * PAGE];

	return pwrite(space, bytes, sizeof(bytes), at(0)) == sizeof(bytes) ? 0 : -errno;
}

static long copy_of_snapshot(int space, int snapshot)
{
	struct svma_copy arg = { .fd = snapshot, .from = at(0), .to = at(0), .len = LONG * PAGE };

	return call(space, SVMA_IOC_COPY, &arg);
}

static long protect(int space, int snapshot)
{
	long err = verb_mprotect(space, at(0), LONG / 2 * PAGE, PROT_READ);

	return err ?: verb_mprotect(space, at(0), LONG * PAGE, RW);
}

static const struct {
	const char *name;
	long (*run)(int space, int snapshot);
} verbs[] = {
	{ "DONTNEED and populate", take_and_populate },
	{ "munmap and mmap", unmap_and_map },
	{ "mremap there and back", move_there_and_back },
	{ "fork", fork_and_write },
	{ "restore", restore },
	{ "pwrite", write_all },
	{ "copy", copy_of_snapshot },
	{ "mprotect", protect },
};

#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

static volatile sig_atomic_t signals;

static void count(int sig)
{
	signals++;
}

TEST_F_TIMEOUT(signals, handled, 120)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0 } };
	struct sigaction action = { .sa_handler = count };
	unsigned int i, round;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (i = 0; i < VERBS; i++) {
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
		for (round = 0; round < 4; round++)
			EXPECT_EQ(0, verbs[i].run(self->space, self->snapshot))
				TH_LOG("%s", verbs[i].name);
		setitimer(ITIMER_REAL, &never, NULL);
	}
	EXPECT_LT(VERBS, signals);
}

/* Regions, totals and charges agree, and every page can be written and read. */
static const char *broken(int space)
{
	struct svma_region list[32];
	struct svma_regions arg = { .end = ~0ULL, .buf = (unsigned long)list, .count = 32 };
	struct svma_stats stats = space_stats(space);
	unsigned long pages = 0, i;

	if (call(space, SVMA_IOC_REGIONS, &arg) || arg.more)
		return "regions";
	for (i = 0; i < arg.count; i++)
		pages += (list[i].end - list[i].start) / PAGE;
	if (pages != stats.total || stats.committed != pages)
		return "totals";
	if (stats.resident > pages)
		return "resident";
	for (i = 0; i < arg.count; i++) {
		__u64 addr = list[i].start, value = 4711;

		if (!(list[i].flags & SVMA_VM_WRITE))
			continue;
		if (pwrite(space, &value, 8, addr) != 8 || pread(space, &value, 8, addr) != 8 ||
		    value != 4711)
			return "contents";
	}
	return NULL;
}

TEST_F_TIMEOUT(signals, that_kill, 120)
{
	unsigned int i, round;

	for (i = 0; i < VERBS; i++) {
		for (round = 0; round < 6; round++) {
			const char *what;
			int status;
			pid_t pid = fork();

			ASSERT_LE(0, pid);
			if (!pid) {
				while (!verbs[i].run(self->space, self->snapshot))
					;
				_exit(1);
			}
			usleep(2000 + 3100 * round);
			ASSERT_EQ(0, kill(pid, SIGKILL));
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
				TH_LOG("%s: status %#x", verbs[i].name, status);
			what = broken(self->space);
			EXPECT_EQ(NULL, what)
				TH_LOG("%s: %s", verbs[i].name, what);
			/* The next one begins where all is there. */
			ASSERT_EQ(0, verb_munmap(self->space, at(0), 4 * LONG * PAGE));
			ASSERT_EQ(0, map_pages(self->space, 0, LONG, RW));
			ASSERT_EQ(0, verb_madvise(self->space, at(0), LONG * PAGE,
						  MADV_POPULATE_WRITE));
		}
	}
}

TEST_HARNESS_MAIN
