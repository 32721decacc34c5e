// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a space counts for the memory cgroup of who made it, whoever touches it; what happens
 * when that is full, and that nothing is left of it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "svma_test.h"

#define MB		(1L << 20)
/* What a process and an empty space cost, and what processors keep in reserve. */
#define SLACK		(MB + MB / 2)
/* What may be left where nothing is: odds and ends of the kernel's. */
#define LEFT		(64L << 10)

FIXTURE(memcg) {
	char name[32];
	int space;
};

FIXTURE_SETUP(memcg)
{
	snprintf(self->name, sizeof(self->name), "svma-%d", getpid());
	ASSERT_EQ(0, cgroup_make(self->name, 0));
	self->space = cgroup_space(self->name, 0);
	ASSERT_LE(0, self->space);
}

FIXTURE_TEARDOWN(memcg)
{
	close(self->space);
	EXPECT_GE(LEFT, cgroup_settled(self->name, LEFT));
	EXPECT_EQ(0, cgroup_remove(self->name));
}

static long charged(struct _test_data_memcg *self)
{
	return cgroup_number(self->name, "memory.current", "");
}

static long event(struct _test_data_memcg *self, const char *key)
{
	return cgroup_number(self->name, "memory.events", key);
}

/* Store to each page; how many did it. */
static unsigned long touch(char *view, unsigned long pages)
{
	unsigned long i;

	for (i = 0; i < pages; i++)
		if (store(view + i * PAGE, i + 1))
			break;
	return i;
}

/* We are not in that cgroup. */
TEST_F(memcg, creator_pays)
{
	unsigned long pages = 8 * MB / PAGE;
	char *view = window(self->space, 0, pages, RW);
	long before = charged(self);
	int child;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, pages, RW));
	EXPECT_EQ(pages, touch(view, pages));
	EXPECT_LE(before + 8 * MB, charged(self));
	EXPECT_GE(before + 8 * MB + SLACK, charged(self));
	/* A fork costs nodes, no pages, and each of the two pays for the copies that it makes. */
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_GE(before + 8 * MB + SLACK, charged(self));
	EXPECT_EQ(3 * MB / PAGE, touch(view, 3 * MB / PAGE));
	EXPECT_LE(before + 11 * MB, charged(self));
	close(child);
	EXPECT_GE(before + 8 * MB + SLACK, charged(self));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), pages * PAGE));
	EXPECT_GE(before + SLACK, charged(self));
	/* Nodes are given back, too. */
	EXPECT_GE(before + LEFT, cgroup_settled(self->name, before + LEFT));
	munmap(view, pages * PAGE);
}

/* Each costs a look at all that the cgroup could give back: seconds on a kernel with checkers. */
#define REFUSALS	32

/* A copy on writing fails as well, and the page that is there stays as it is; how many did. */
static unsigned long writes_refused(int space, char *view, unsigned long pages)
{
	int snapshot = verb_snapshot(space);
	unsigned long i, refused = 0;

	for (i = 0; i < pages && refused < REFUSALS; i++) {
		int sig = store(view + i * PAGE, 5000 + i);

		if (sig != SIGBUS && sig)
			return 0;
		refused += !!sig;
		if (peek(view + i * PAGE) != (sig ? i + 1 : 5000 + i))
			return 0;
	}
	if (snapshot < 0 || page_get(snapshot, 0) != 1)
		return 0;
	close(snapshot);
	return refused;
}

/*
 * Touch pages until no more go. Processors keep charges in stock, and what the kernel frees late
 * makes room, too: a cgroup is full when it has refused several times.
 */
static unsigned long fill(char *view, unsigned long pages)
{
	unsigned long done = touch(view, pages), refused = 0;
	int i;

	for (i = 0; i < 100 && refused < 5; i++) {
		usleep(2000);
		if (store(view + done * PAGE, 1) == SIGBUS) {
			refused++;
		} else {
			refused = 0;
			done = touch(view, pages);
		}
	}
	return done;
}

/* From outside, a full cgroup is a bus error, each time, and kills nobody. */
TEST_F(memcg, full_for_others)
{
	unsigned long pages = 8 * MB / PAGE, done;
	char *view = window(self->space, 0, pages, RW);
	pid_t bystander = fork();
	int i, status;

	ASSERT_LE(0, bystander);
	if (!bystander) {
		if (cgroup_enter(self->name))
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, pages, RW));
	for (i = 0; i < 5000 && cgroup_number(self->name, "cgroup.procs", "") != bystander; i++)
		usleep(1000);
	ASSERT_EQ(bystander, cgroup_number(self->name, "cgroup.procs", ""));
	ASSERT_EQ(0, cgroup_limit(self->name, 4 * MB));
	done = fill(view, pages);
	EXPECT_LT(2 * MB / PAGE, done);
	EXPECT_GE(4 * MB / PAGE, done);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(SIGBUS, store(view + done * PAGE, 1));
	EXPECT_EQ(0, event(self, "oom_kill "));
	/* The same for those who come without a window; what was done counts. */
	EXPECT_EQ(-ENOMEM, page_put(self->space, done, 1));
	/* To be shown the zero page needs a mark, for which there is room. */
	EXPECT_EQ(0, peek(view + done * PAGE));
	EXPECT_EQ(done, peek(view + (done - 1) * PAGE));
	/* The pages that the snapshot below has. */
	EXPECT_EQ(done, touch(view, done));
	EXPECT_LT(0, writes_refused(self->space, view, done));
	/* When there is room again, it goes on. */
	ASSERT_EQ(0, cgroup_limit(self->name, 0));
	EXPECT_EQ(pages - done, touch(view + done * PAGE, pages - done));
	munmap(view, pages * PAGE);
	/* Who is in there and had no part in it lives. */
	EXPECT_EQ(0, waitpid(bystander, &status, WNOHANG));
	kill(bystander, SIGKILL);
	EXPECT_EQ(bystander, waitpid(bystander, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status)) TH_LOG("status %#x", status);
}

/* An advice on each half of 4 MiB, in a batch. */
static int advise_halves(int space, int advice)
{
	struct svma_op ops[2];
	struct svma_batch batch = { .ops = (unsigned long)ops, .count = ARRAY_SIZE(ops) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i] = (struct svma_op){
			.cmd = SVMA_IOC_MADVISE,
			.arg.madvise = {
				.addr = at(0) + i * 2 * MB, .len = 2 * MB, .advice = advice,
			},
		};
	return call(space, SVMA_IOC_BATCH, &batch) || batch.done != 2 || batch.failed;
}

/* What a batch takes out may be kept for what comes next: not much, cleared, and given back. */
TEST_F(memcg, kept_by_batches)
{
	unsigned long pages = 4 * MB / PAGE, i, wrong = 0;
	char *view = window(self->space, 0, pages, RW);
	long before = charged(self), limit;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, pages, RW));
	ASSERT_EQ(0, advise_halves(self->space, MADV_POPULATE_WRITE));
	EXPECT_EQ(pages, touch(view, pages));
	EXPECT_LE(before + 4 * MB, charged(self));
	ASSERT_EQ(0, advise_halves(self->space, MADV_DONTNEED));
	EXPECT_EQ(0, space_stats(self->space).resident);
	EXPECT_EQ(2 * MB / PAGE, space_stats(self->space).kept);
	/* What was charged before may have gone meanwhile, a page or a few. */
	EXPECT_LE(before + 2 * MB - 16 * PAGE, charged(self));
	EXPECT_GE(before + 2 * MB + SLACK, charged(self));
	ASSERT_EQ(0, advise_halves(self->space, MADV_POPULATE_WRITE));
	for (i = 0; i < pages; i++)
		wrong += page_get(self->space, i) || peek(view + i * PAGE);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, space_stats(self->space).kept);
	EXPECT_GE(before + 4 * MB + SLACK, charged(self));
	ASSERT_EQ(0, advise_halves(self->space, MADV_DONTNEED));
	/* Whoever is short of memory gets it. */
	limit = charged(self) - 3 * MB / 2;
	ASSERT_EQ(0, cgroup_limit(self->name, limit));
	EXPECT_GE(limit, charged(self));
	EXPECT_EQ(0, space_stats(self->space).kept);
	ASSERT_EQ(0, cgroup_limit(self->name, 0));
	munmap(view, pages * PAGE);
}

/* Pages that are ready are charged as those are that they become, and given back as well. */
TEST_F(memcg, ready_pages)
{
	long before = charged(self), limit;
	int space = cgroup_space(self->name, SVMA_SPACE_READY);

	ASSERT_LE(0, space);
	ASSERT_EQ(0, map_pages(space, 0, 1, RW));
	ASSERT_EQ(0, page_put(space, 0, 1));
	EXPECT_LE(2 * MB / PAGE - 16, kept_wait(space, 2 * MB / PAGE - 16));
	EXPECT_GE(2 * MB / PAGE, space_stats(space).kept);
	EXPECT_LE(before + 2 * MB - 32 * PAGE, charged(self));
	EXPECT_GE(before + 2 * MB + SLACK, charged(self));
	limit = charged(self) - 3 * MB / 2;
	ASSERT_EQ(0, cgroup_limit(self->name, limit));
	EXPECT_GE(limit, charged(self));
	EXPECT_EQ(0, space_stats(space).kept);
	ASSERT_EQ(0, cgroup_limit(self->name, 0));
	close(space);
}

/* Nobody would be held up for them, so there are none beyond what is high. */
TEST_F(memcg, ready_pages_are_not_too_many)
{
	int space = cgroup_space(self->name, SVMA_SPACE_READY);
	long high;

	ASSERT_LE(0, space);
	ASSERT_EQ(0, map_pages(space, 0, 2, RW));
	high = charged(self) + MB / 2;
	ASSERT_EQ(0, cgroup_high(self->name, high));
	ASSERT_EQ(0, page_put(space, 0, 1));
	usleep(500000);
	EXPECT_LE(1, space_stats(space).kept);
	/* What a processor has in reserve when it looks. */
	EXPECT_GE(high + MB / 2, charged(self));
	ASSERT_EQ(0, cgroup_high(self->name, 0));
	close(space);
}

/* Nobody keeps what another one pays for. */
TEST_F(memcg, kept_by_payer)
{
	unsigned long pages = 4 * MB / PAGE;
	long before = charged(self);
	int child;

	ASSERT_EQ(0, map_pages(self->space, 0, pages, RW));
	ASSERT_EQ(0, advise_halves(self->space, MADV_POPULATE_WRITE));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, verb_munmap(self->space, at(0), pages * PAGE));
	EXPECT_LE(before + 4 * MB, charged(self));
	ASSERT_EQ(0, advise_halves(child, MADV_DONTNEED));
	EXPECT_GE(before + SLACK, charged(self));
	close(child);
}

/* Populating brings in what there is memory for, as in a process. */
TEST_F(memcg, populate_when_full)
{
	ASSERT_EQ(0, cgroup_limit(self->name, 4 * MB));
	EXPECT_EQ(at(0), verb_mmap(self->space, at(0), 8 * MB, RW, FIXED | MAP_POPULATE));
	EXPECT_GE(4 * MB / PAGE, space_stats(self->space).resident);
	EXPECT_LE(2 * MB / PAGE, space_stats(self->space).resident);
	EXPECT_EQ(0, event(self, "oom_kill "));
}

/*
 * What the kernel tells of a process that it kills for want of memory looks like a report of a
 * fault: it is kept from the console, where such are looked for, and counted here instead.
 */
static int kernel_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	klogctl(8, NULL, 4);
	return fd;
}

static void kernel_log_end(int fd, unsigned int *kills, unsigned int *others)
{
	char line[8192];
	ssize_t got;

	klogctl(8, NULL, 5);
	*kills = 0;
	*others = 0;
	while ((got = read(fd, line, sizeof(line) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		line[got > 0 ? got : 0] = '\0';
		if (strstr(line, "Memory cgroup out of memory: Killed"))
			++*kills;
		if (strstr(line, "WARNING:") || strstr(line, "BUG:") || strstr(line, "Bad page") ||
		    strstr(line, "possible ") || strstr(line, "refcount_t"))
			++*others;
	}
	close(fd);
}

/* In the cgroup itself, a fault that finds it full ends as any there. */
TEST_F(memcg, full_for_its_own)
{
	unsigned long pages = 16 * MB / PAGE;
	unsigned int kills, others;
	int status, log;
	pid_t pid;

	ASSERT_EQ(0, cgroup_limit(self->name, 6 * MB));
	log = kernel_log();
	ASSERT_LE(0, log);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		char *view;
		int space;

		if (cgroup_enter(self->name))
			_exit(1);
		space = space_open(0);
		view = window(space, 0, pages, RW);
		if (space < 0 || view == NO_WINDOW || map_pages(space, 0, pages, RW))
			_exit(2);
		_exit(touch(view, pages) == pages ? 3 : 4);
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	kernel_log_end(log, &kills, &others);
	EXPECT_EQ(1, kills);
	EXPECT_EQ(0, others);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		TH_LOG("status %#x", status);
	EXPECT_EQ(1, event(self, "oom_kill "));
}

/* Its cgroup is gone: those above it pay, and have what it had. */
TEST_F(memcg, outlived)
{
	char *view = window(self->space, 0, 64, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
	EXPECT_EQ(32, touch(view, 32));
	ASSERT_EQ(0, cgroup_remove(self->name));
	EXPECT_EQ(64, touch(view, 64));
	EXPECT_EQ(64, peek(view + 63 * PAGE));
	munmap(view, 64 * PAGE);
	/* For the teardown. */
	ASSERT_EQ(0, cgroup_make(self->name, 0));
}

/*
 * More of a file than the cgroup has room for: what was only read is given back and read again, so
 * that nobody is killed.
 */
TEST_F(memcg, reads_more_than_fits)
{
	unsigned long pages = 16 * MB / PAGE, i;
	int fd = ramfs_file(), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	for (i = 0; i < pages; i++)
		ASSERT_EQ(8, pwrite(fd, &i, 8, i * PAGE));
	ASSERT_EQ(0, ftruncate(fd, pages * PAGE));
	ASSERT_EQ(0, cgroup_limit(self->name, 8 * MB));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		char *view;
		int space;

		if (cgroup_enter(self->name))
			_exit(1);
		space = space_open(0);
		view = window(space, 0, pages, RW);
		if (space < 0 || view == NO_WINDOW ||
		    map_file(space, 0, pages, RW, MAP_PRIVATE, fd, 0))
			_exit(2);
		/* What is written stays. */
		if (store(view + PAGE, 4711))
			_exit(3);
		for (i = 0; i < 2 * pages; i++)
			if (peek(view + i % pages * PAGE) != (i % pages == 1 ? 4711 : i % pages))
				_exit(4);
		_exit(space_stats(space).reclaimed < pages - 8 * MB / PAGE ? 5 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, event(self, "oom_kill "));
	close(fd);
}

TEST_HARNESS_MAIN
