// SPDX-License-Identifier: GPL-2.0
/*
 * Who keeps what alive: descriptors, windows, processes that are killed, the module; and that all
 * of it goes in the end.
 */
#include <glob.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "svma_test.h"

FIXTURE(life) {
	long refs;	/* of the module, before this test */
	int machine;
	int space;
	char *view;
};

FIXTURE_SETUP(life)
{
	self->refs = module_refs();
	ASSERT_LE(0, self->refs);
	self->space = space_of_pages(&self->machine, 16);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, 16, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(life)
{
	close(self->space);
	close(self->machine);
}

/* The use ends a little after the last descriptor or process does. */
static bool refs_return_to(long refs)
{
	double end = seconds() + 5;

	while (module_refs() != refs && seconds() < end)
		usleep(1000);
	return module_refs() == refs;
}

static long unload(void)
{
	return syscall(SYS_delete_module, "svma", O_NONBLOCK) ? -errno : 0;
}

/* Each of them alone keeps the module: a machine, a space, a window. */
TEST_F(life, module_stays)
{
	EXPECT_EQ(-EAGAIN, unload());
	ASSERT_EQ(0, close(self->machine));
	EXPECT_EQ(-EAGAIN, unload());
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, close(self->space));
	EXPECT_EQ(-EAGAIN, unload());
	EXPECT_EQ(1, peek(self->view));
	ASSERT_EQ(0, munmap(self->view, 16 * PAGE));
	EXPECT_TRUE(refs_return_to(self->refs));
	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
	EXPECT_EQ(-EAGAIN, unload());
	self->space = -1;
}

/* Nothing is left of a machine and its space: the module could go. */
TEST_F(life, module_is_idle_after)
{
	ASSERT_LT(self->refs, module_refs());
	ASSERT_EQ(0, munmap(self->view, 16 * PAGE));
	ASSERT_EQ(0, close(self->space));
	ASSERT_EQ(0, close(self->machine));
	EXPECT_TRUE(refs_return_to(self->refs));
	self->machine = -1;
	self->space = -1;
}

TEST_F(life, window_without_descriptor)
{
	unsigned int i;

	ASSERT_EQ(0, store(self->view, 5));
	ASSERT_EQ(0, close(self->space));
	ASSERT_EQ(0, close(self->machine));
	EXPECT_EQ(5, peek(self->view));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(0, store(self->view + i * PAGE, i));
	/* A part of it is enough. */
	ASSERT_EQ(0, munmap(self->view, 15 * PAGE));
	EXPECT_EQ(15, peek(self->view + 15 * PAGE));
	EXPECT_EQ(0, store(self->view + 15 * PAGE, 99));
	EXPECT_EQ(99, peek(self->view + 15 * PAGE));
	self->space = -1;
	self->machine = -1;
}

TEST_F(life, space_without_machine)
{
	ASSERT_EQ(0, close(self->machine));
	EXPECT_EQ(0, map_pages(self->space, 20, 4, RW));
	EXPECT_EQ(0, verb_munmap(self->space, at(0), 2 * PAGE));
	EXPECT_STREQ("2-16:rw 20-24:rw", layout(self->space));
	EXPECT_EQ(0, store(self->view + 2 * PAGE, 1));
	self->machine = -1;
}

/* The last of several descriptors counts. */
TEST_F(life, duplicates)
{
	struct peer peer;
	int copy = dup(self->space);

	ASSERT_EQ(0, peer_start(&peer, self->space, 0, 16, RW));
	ASSERT_EQ(0, close(self->space));
	EXPECT_EQ(0, store(self->view, 3));
	EXPECT_EQ(0, verb_mprotect(copy, at(0), PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view, 4));
	ASSERT_EQ(0, close(copy));
	ASSERT_EQ(0, munmap(self->view, 16 * PAGE));
	/* Only the other process has it now, and then only its window. */
	ASSERT_EQ(0, peer_load(&peer, 0));
	EXPECT_EQ(3, peer.value);
	ASSERT_EQ(0, peer_close_space(&peer));
	ASSERT_EQ(0, peer_store(&peer, 1, 7));
	ASSERT_EQ(0, peer_load(&peer, 1));
	EXPECT_EQ(7, peer.value);
	EXPECT_EQ(SIGSEGV, peer_store(&peer, 0, 1));
	EXPECT_EQ(0, peer_stop(&peer));
	self->space = -1;
}

/* Fault, and have it taken away, for ever. */
static void fault_loop(int space, char *view)
{
	unsigned long round;

	for (round = 0; ; round++) {
		char *word = view + round % 8 * PAGE;

		store(word, (round % 8 + 1) << 32);
		if (round % 5 == 0)
			verb_madvise(space, at(round % 8), PAGE, MADV_DONTNEED);
	}
}

TEST_F(life, killed_in_a_fault_loop)
{
	unsigned int i, round;
	int status;

	ASSERT_EQ(0, store(self->view + 12 * PAGE, 1212));
	for (round = 0; round < 8; round++) {
		pid_t child = fork();

		ASSERT_LE(0, child);
		if (!child)
			fault_loop(self->space, self->view);
		usleep(20000 + round * 7000);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		/* What it left is whole, and ours is as it was. */
		for (i = 0; i < 8; i++) {
			__u64 value = peek(self->view + i * PAGE);

			EXPECT_TRUE(!value || value == (i + 1ULL) << 32)
				TH_LOG("page %u: %#llx", i, value);
		}
		EXPECT_EQ(1212, peek(self->view + 12 * PAGE));
		EXPECT_EQ(1, space_stats(self->space).windows);
		ASSERT_EQ(0, verb_munmap(self->space, at(0), 8 * PAGE));
		ASSERT_EQ(UNREADABLE, peek(self->view));
		ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
		ASSERT_EQ(0, peek(self->view));
	}
	EXPECT_EQ(1, space_stats(self->space).resident);
}

/* A process that ends takes its windows along, not the contents. */
TEST_F(life, exit_of_a_peer)
{
	struct peer peer;

	ASSERT_EQ(0, peer_start(&peer, self->space, 0, 16, RW));
	ASSERT_EQ(0, peer_store(&peer, 0, 55));
	/* Its own, and the one that it inherited. */
	EXPECT_EQ(3, space_stats(self->space).windows);
	ASSERT_EQ(0, kill(peer.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, peer_stop(&peer));
	EXPECT_EQ(1, space_stats(self->space).windows);
	EXPECT_EQ(55, peek(self->view));
}

#define MANY		1000
#define MANY_PAGES	16

static long make_many(int machine, int *spaces)
{
	static char bytes[MANY_PAGES * PAGE];
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		spaces[i] = space_make(machine, 0);
		if (spaces[i] < 0)
			return spaces[i];
		if (map_pages(spaces[i], 0, MANY_PAGES, RW))
			return -ENOTRECOVERABLE;
		memset(bytes, i, sizeof(bytes));
		if (pwrite(spaces[i], bytes, sizeof(bytes), at(0)) != sizeof(bytes))
			return -EIO;
	}
	return 0;
}

/* What caches of the kernel keep of freed objects (a checker keeps them for long) is given back. */
static void caches_shrink(void)
{
	glob_t caches;
	size_t i;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		return;
	for (i = 0; i < caches.gl_pathc; i++) {
		int fd = open(caches.gl_pathv[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (write(fd, "1", 1) < 0)
			i = caches.gl_pathc;
		close(fd);
	}
	globfree(&caches);
}

/* As many as anybody wants; all memory comes back, also after the second time. */
TEST_F_TIMEOUT(life, many_spaces, 180)
{
	struct rlimit limit = { MANY + 100, MANY + 100 };
	long before, full, after;
	int *spaces = calloc(MANY, sizeof(*spaces));
	unsigned int round, i;
	char byte;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	before = memory_available();
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, make_many(self->machine, spaces));
		full = memory_available();
		for (i = 0; i < MANY; i += 37) {
			ASSERT_EQ(1, pread(spaces[i], &byte, 1, at(MANY_PAGES) - 1));
			ASSERT_EQ((char)i, byte);
		}
		for (i = 0; i < MANY; i++)
			ASSERT_EQ(0, close(spaces[i]));
	}
	/* Some of it comes back by RCU. */
	for (i = 0; i < 50; i++) {
		after = memory_available();
		if (before - after < 8 << 10)
			break;
		if (i == 10)
			caches_shrink();
		usleep(100000);
	}
	/* 64 MiB of pages and what the spaces themselves need. */
	EXPECT_LT(60 << 10, before - full) TH_LOG("%ld kB, then %ld kB", before, full);
	/* Three rounds that leak a tenth of one would be seen. */
	EXPECT_LT(before - after, 16 << 10) TH_LOG("%ld kB, then %ld kB", before, after);
	ASSERT_EQ(0, munmap(self->view, 16 * PAGE));
	ASSERT_EQ(0, close(self->space));
	ASSERT_EQ(0, close(self->machine));
	EXPECT_TRUE(refs_return_to(self->refs));
	self->space = -1;
	self->machine = -1;
	free(spaces);
}

TEST_F(life, no_descriptor_left)
{
	struct rlimit limit;
	struct svma_fork arg = { .fd = -1 };
	int layout_only = space_make(self->machine, SVMA_SPACE_LAYOUT), fd;
	long refs = module_refs();

	ASSERT_LE(0, layout_only);
	fd = dup(0);
	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = fd;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, space_make(self->machine, 0));
	EXPECT_EQ(-EMFILE, call(layout_only, SVMA_IOC_FORK, &arg));
	limit.rlim_cur = fd + 10;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(refs, module_refs());
	fd = space_make(self->machine, 0);
	EXPECT_LE(0, fd);
	close(fd);
	close(layout_only);
}

/* Threads fault while the process forks: each child sees what its parent could see. */
struct forks {
	int space;
	char *view;
	volatile bool stop;
};

static void *forks_fault(void *arg)
{
	struct forks *forks = arg;
	unsigned long round;

	for (round = 0; !forks->stop; round++) {
		unsigned long page = round % 12;

		store(forks->view + page * PAGE, (page + 1) << 32);
		if (round % 3 == 0)
			verb_mprotect(forks->space, at(page), PAGE, round % 2 ? RW : PROT_READ);
		if (round % 17 == 0)
			verb_madvise(forks->space, at(page), PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static int forks_check(char *view)
{
	unsigned int i;

	for (i = 0; i < 12; i++) {
		__u64 value = peek(view + i * PAGE);

		if (value && value != (i + 1ULL) << 32)
			return 1;
		store(view + i * PAGE, (i + 1ULL) << 32);
	}
	return 0;
}

TEST_F(life, fork_while_faults_happen)
{
	struct forks forks = { .space = self->space, .view = self->view };
	double end = seconds() + 2;
	pthread_t threads[2];
	unsigned int i, count = 0;
	int status;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, forks_fault, &forks));
	/* As many as two seconds hold, but some also where a fork takes long. */
	while (seconds() < end || count < 6) {
		pid_t child = fork();

		ASSERT_LE(0, child);
		if (!child)
			_exit(forks_check(self->view));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_EQ(0, status);
		count++;
	}
	forks.stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(1, space_stats(self->space).windows);
}

/* A program that is executed has neither descriptor nor window. */
TEST_F(life, exec)
{
	char name[16];
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		snprintf(name, sizeof(name), "%d", self->space);
		execl("/bin/sh", "sh", "-c",
		      "test ! -e /proc/self/fd/$0 && ! grep -q svma /proc/$$/maps", name, NULL);
		_exit(99);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, space_stats(self->space).windows);
}

TEST_HARNESS_MAIN
