// SPDX-License-Identifier: GPL-2.0
/*
 * What the world does to those who use windows: debuggers stop them, processors go and come,
 * signals arrive, and they are killed in the middle of a verb. Whatever a page holds is a stamp of
 * that page or zero, and nothing hangs. Files that get shorter under them: truncate_test.c.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <unistd.h>

#include "svma_test.h"
#include "faulters.h"

FIXTURE(world) {
	int machine;
	int space;
	char *view;
};

FIXTURE_SETUP(world)
{
	self->machine = machine_open();
	self->space = space_make(self->machine, 0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

/* Whatever happened, all of it is gone with the regions. */
FIXTURE_TEARDOWN(world)
{
	struct svma_machine machine;

	EXPECT_EQ(0, verb_munmap(self->space, 0, at(1UL << 20)));
	EXPECT_EQ(0, space_stats(self->space).resident);
	EXPECT_EQ(0, space_stats(self->space).total);
	EXPECT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &machine));
	EXPECT_EQ(0, machine.committed);
	munmap(self->view, PAGES * PAGE);
	close(self->space);
	close(self->machine);
}

/* Who is stopped by a debugger while he faults keeps nobody waiting. */
TEST_F(world, stopped_by_a_debugger)
{
	struct faulters *faulters;
	unsigned int round;
	unsigned long i;
	int status;
	pid_t pid;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	faulters = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, faulters);
	faulters->view = self->view;
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Nobody else ends it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		faulter(faulters);
	}
	while (!faulters->accesses)
		usleep(100);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, pid, 0, 0));
	for (round = 0; round < 60; round++) {
		unsigned long page = round % (PAGES - 4);

		usleep(300 * (round % 5));
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, pid, 0, 0));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(0, verb_munmap(self->space, at(page), 4 * PAGE));
		ASSERT_EQ(UNREADABLE, peek(self->view + page * PAGE));
		ASSERT_EQ(0, map_pages(self->space, page, 4, RW));
		for (i = page; i < page + 4; i++)
			ASSERT_EQ(0, peek(self->view + i * PAGE));
		ASSERT_EQ(0, store(self->view + page * PAGE, stamp_of(page)));
		/* A fault of its own is a signal, which is on its way by now. */
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0,
				    status >> 16 ? 0 : (long)WSTOPSIG(status)));
	}
	ASSERT_EQ(0, kill(pid, SIGKILL));
	do {
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	} while (WIFSTOPPED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(0, faulters->foreign);
	EXPECT_LT(0, faulters->accesses);
	munmap(faulters, PAGE);
	EXPECT_EQ(1, space_stats(self->space).windows);
}

#define CPU	"/sys/devices/system/cpu/cpu1/online"

static int cpu_set(const char *state)
{
	int fd = open(CPU, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, state, 1) != 1)
		err = -errno;
	close(fd);
	return err;
}

/* A processor goes while faults and verbs run on it, and comes back. */
TEST_F_TIMEOUT(world, processors_go_and_come, 120)
{
	struct faulters faulters = { 0 };
	unsigned int round, i;

	if (access(CPU, W_OK))
		SKIP(return, "no processor that can go");
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	ASSERT_EQ(0, faulters_start(&faulters, self->view));
	for (round = 0; round < 6; round++) {
		EXPECT_EQ(0, cpu_set(round % 2 ? "1" : "0"));
		for (i = 0; i < 50; i++) {
			unsigned long page = (round * 50 + i) * 7 % (PAGES - 2);

			ASSERT_EQ(0, verb_munmap(self->space, at(page), 2 * PAGE));
			ASSERT_EQ(UNREADABLE, peek(self->view + page * PAGE));
			ASSERT_EQ(0, map_pages(self->space, page, 2, RW));
			ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGES * PAGE,
						  i % 2 ? MADV_DONTNEED : MADV_POPULATE_WRITE));
		}
	}
	faulters_end(&faulters);
	EXPECT_EQ(0, faulters.foreign);
	EXPECT_LT(0, faulters.accesses);
}

TEST_HARNESS_MAIN
