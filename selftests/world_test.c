// SPDX-License-Identifier: GPL-2.0
/*
 * What the world does to those who use windows: files get shorter under them, debuggers stop them,
 * processors go and come, signals arrive, and they are killed in the middle of a verb. Whatever a
 * page holds is a stamp of that page or zero, and nothing hangs.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	64UL

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

/* Threads that fault at random; what they may see besides a stamp: zero, or nothing. */
#define FAULTERS	2

struct faulters {
	char *view;
	pthread_t thread[FAULTERS];
	atomic_bool over;
	atomic_uint next;
	atomic_ulong accesses, refused, foreign;
};

static __u64 stamp_of(unsigned long page)
{
	return (page + 1) << 32 | 0xdb;
}

static void *faulter(void *data)
{
	struct faulters *faulters = data;
	unsigned int seed = ++faulters->next;

	while (!faulters->over) {
		unsigned long page = rand_r(&seed) % PAGES;
		char *word = faulters->view + page * PAGE;
		__u64 value = 0;
		int sig = seed & 64 ? store(word, stamp_of(page)) : load(word, &value);

		faulters->accesses++;
		faulters->refused += !!sig;
		if (!sig && value && value != stamp_of(page))
			faulters->foreign = value;
		if (sig && sig != SIGBUS && sig != SIGSEGV)
			faulters->foreign = sig;
	}
	return NULL;
}

static int faulters_start(struct faulters *faulters, char *view)
{
	unsigned int i;

	faulters->view = view;
	for (i = 0; i < FAULTERS; i++)
		if (pthread_create(&faulters->thread[i], NULL, faulter, faulters))
			return -EAGAIN;
	return 0;
}

static void faulters_end(struct faulters *faulters)
{
	unsigned int i;

	faulters->over = true;
	for (i = 0; i < FAULTERS; i++)
		pthread_join(faulters->thread[i], NULL);
}

FIXTURE(truncate) {
	int space;
	char *view;
};

FIXTURE_VARIANT(truncate) {
	bool ramfs;
	int flags;
};

FIXTURE_VARIANT_ADD(truncate, tmpfs_shared) { .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(truncate, tmpfs_private) { .flags = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(truncate, ramfs_shared) { .ramfs = true, .flags = MAP_SHARED };

FIXTURE_SETUP(truncate)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(truncate)
{
	EXPECT_EQ(0, verb_munmap(self->space, at(0), PAGES * PAGE));
	EXPECT_EQ(0, space_stats(self->space).resident);
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

/* The file ends here and there while its pages are read and written. */
TEST_F(truncate, while_faults_happen)
{
	int fd = variant->ramfs ? ramfs_file() : memfd_create("world_test", MFD_CLOEXEC);
	struct faulters faulters = { 0 };
	unsigned int round, seed = 1;
	unsigned long page, pages;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, variant->flags, fd, 0));
	ASSERT_EQ(0, faulters_start(&faulters, self->view));
	for (round = 0; round < 200 || faulters.accesses < 2000; round++) {
		pages = rand_r(&seed) % PAGES;
		ASSERT_EQ(0, ftruncate(fd, pages * PAGE));
		if (round % 4 == 0)
			usleep(500);
		ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	}
	EXPECT_EQ(0, ftruncate(fd, 0));
	faulters_end(&faulters);
	EXPECT_EQ(0, faulters.foreign);
	EXPECT_LT(0, faulters.refused);
	/* Nobody has a page of it now. */
	for (page = 0; page < PAGES; page++)
		EXPECT_EQ(SIGBUS, store(self->view + page * PAGE, 1));
	ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	EXPECT_EQ(0, peek(self->view));
	close(fd);
}

/* Who is stopped by a debugger while he faults keeps nobody waiting. */
TEST_F(world, stopped_by_a_debugger)
{
	unsigned int round;
	unsigned long i;
	int status;
	pid_t pid;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct faulters faulters = { .view = self->view };

		faulter(&faulters);
	}
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
