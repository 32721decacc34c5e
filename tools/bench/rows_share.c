// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of whole address spaces: fork, and snapshots that are gone back to. The kernel's side
 * forks this process, with as many pages as the space has; the child dirties pages and exits.
 *
 * Pages that are dirtied lie as far apart as they can, which is the worst case for the space's page
 * table: each may need a leaf of its own. They are the same each time, which is the best case for a
 * space that is restored; but for one row, where they are others each time.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <linux/svma.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RANGE	(1UL << 32)
#define MIB	(1UL << 20)

/* Both sides' memory, all of it written. */
struct memory {
	unsigned long len;
	char *host;
	char *window;
	int snapshot;
};

static void dirty(char *range, unsigned long len, unsigned long pages, char value)
{
	unsigned long step = pages ? len / pages & ~(BENCH_PAGE - 1) : 0;

	for (unsigned long i = 0; i < pages; i++)
		*(volatile char *)(range + i * step) = value;
}

static void teardown(struct bench *bench)
{
	struct memory *memory = bench->data;

	if (!memory)
		return;
	if (memory->host)
		munmap(memory->host, memory->len);
	if (memory->window)
		munmap(memory->window, memory->len);
	if (memory->snapshot >= 0)
		close(memory->snapshot);
	free(memory);
	bench->data = NULL;
}

static int setup(struct bench *bench, unsigned long len, bool host)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	__u64 addr = RANGE;
	int err;

	if (!memory)
		return bench_fail(bench, "calloc", ENOMEM);
	bench->data = memory;
	memory->len = len;
	memory->snapshot = -1;
	bench_layout_free(bench);
	err = bench_space(bench);
	if (err)
		return err;
	err = svma_client_mmap(bench->space, &addr, len, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	if (err)
		return bench_fail(bench, "SVMA_IOC_MMAP", -err);
	memory->window = mmap(NULL, len, RW, MAP_SHARED, bench->space, RANGE);
	if (memory->window == MAP_FAILED) {
		memory->window = NULL;
		return bench_fail(bench, "mmap of a window", errno);
	}
	/* The kernel's side is not to pay for it. */
	madvise(memory->window, len, MADV_DONTFORK);
	dirty(memory->window, len, len / BENCH_PAGE, 1);
	if (!host)
		return 0;
	memory->host = mmap(NULL, len, RW, ANON, -1, 0);
	if (memory->host == MAP_FAILED) {
		memory->host = NULL;
		return bench_fail(bench, "mmap", errno);
	}
	madvise(memory->host, len, MADV_NOHUGEPAGE);
	dirty(memory->host, len, len / BENCH_PAGE, 1);
	return 0;
}

static int setup_256m(struct bench *bench)
{
	return setup(bench, 256 * MIB, true);
}

static int setup_16m(struct bench *bench)
{
	return setup(bench, 16 * MIB, true);
}

static int setup_64m(struct bench *bench)
{
	return setup(bench, 64 * MIB, true);
}

/*
 * fork, so many pages dirtied by the child and by the parent, exit. The child stays until the
 * parent has written: what it gave back meanwhile would need no copy any more.
 */
static double host_fork(struct bench *bench, unsigned long n, unsigned long child,
			unsigned long parent)
{
	struct memory *memory = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		int written[2];
		pid_t pid;
		char c;

		if (parent && pipe(written))
			return bench_fail(bench, "pipe", errno);
		pid = fork();
		if (pid < 0)
			return bench_fail(bench, "fork", errno);
		if (!pid) {
			dirty(memory->host, memory->len, child, 2);
			if (parent) {
				close(written[1]);
				_exit(read(written[0], &c, 1) != 0);
			}
			_exit(0);
		}
		dirty(memory->host, memory->len, parent, 3);
		if (parent) {
			close(written[1]);
			close(written[0]);
		}
		waitpid(pid, NULL, 0);
	}
	return bench_now() - start;
}

static double space_fork(struct bench *bench, unsigned long n, unsigned long parent)
{
	struct memory *memory = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		int child = svma_client_fork(bench->space);

		if (child < 0)
			return bench_fail(bench, "SVMA_IOC_FORK", -child);
		dirty(memory->window, memory->len, parent, 3);
		close(child);
	}
	return bench_now() - start;
}

static double host_fork_only(struct bench *bench, unsigned long n)
{
	return host_fork(bench, n, 0, 0);
}

static double space_fork_only(struct bench *bench, unsigned long n)
{
	return space_fork(bench, n, 0);
}

/* What fork put off: the parent writes to all its pages again. */
static double host_fork_all(struct bench *bench, unsigned long n)
{
	struct memory *memory = bench->data;

	return host_fork(bench, n, 0, memory->len / BENCH_PAGE);
}

static double space_fork_all(struct bench *bench, unsigned long n)
{
	struct memory *memory = bench->data;

	return space_fork(bench, n, memory->len / BENCH_PAGE);
}

static int snapshot_take(struct bench *bench)
{
	struct svma_snapshot arg = { .fd = -1 };

	if (ioctl(bench->space, SVMA_IOC_SNAPSHOT, &arg))
		return bench_fail(bench, "SVMA_IOC_SNAPSHOT", errno);
	return arg.fd;
}

static int snapshot_restore(struct bench *bench, int snapshot)
{
	struct svma_restore arg = { .fd = snapshot };

	if (ioctl(bench->space, SVMA_IOC_RESTORE, &arg))
		return bench_fail(bench, "SVMA_IOC_RESTORE", errno);
	return 0;
}

/* snapshot, so many pages dirtied, restore. */
static double space_snapshot(struct bench *bench, unsigned long n, unsigned long pages)
{
	struct memory *memory = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		int snapshot = snapshot_take(bench);

		if (snapshot < 0)
			return -1;
		dirty(memory->window, memory->len, pages, 2);
		if (snapshot_restore(bench, snapshot))
			return -1;
		close(snapshot);
	}
	return bench_now() - start;
}

/* Other pages each time, wherever they are. */
static double space_any_64(struct bench *bench, unsigned long n)
{
	struct memory *memory = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		int snapshot = snapshot_take(bench);

		if (snapshot < 0)
			return -1;
		for (unsigned int k = 0; k < 64; k++) {
			unsigned long page = bench_random(&bench->random,
							  memory->len / BENCH_PAGE);

			*(volatile char *)(memory->window + page * BENCH_PAGE) = 2;
		}
		if (snapshot_restore(bench, snapshot))
			return -1;
		close(snapshot);
	}
	return bench_now() - start;
}

/* The same with one snapshot for all. */
static double space_restore(struct bench *bench, unsigned long n, unsigned long pages)
{
	struct memory *memory = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		dirty(memory->window, memory->len, pages, 2);
		if (snapshot_restore(bench, memory->snapshot))
			return -1;
	}
	return bench_now() - start;
}

static int setup_restore(struct bench *bench, unsigned long len)
{
	struct memory *memory;
	int err = setup(bench, len, len <= 256 * MIB);

	if (err)
		return err;
	memory = bench->data;
	memory->snapshot = snapshot_take(bench);
	return memory->snapshot < 0 ? -1 : 0;
}

#define DIRTY(_pages)								\
	static double host_dirty_##_pages(struct bench *bench, unsigned long n)	\
	{									\
		return host_fork(bench, n, _pages, 0);				\
	}									\
	static double space_dirty_##_pages(struct bench *bench, unsigned long n) \
	{									\
		return space_snapshot(bench, n, _pages);			\
	}
DIRTY(1)
DIRTY(64)
DIRTY(1024)

static double space_restore_64(struct bench *bench, unsigned long n)
{
	return space_restore(bench, n, 64);
}

#define RESTORE(_mib)								\
	static int setup_restore_##_mib(struct bench *bench)			\
	{									\
		return setup_restore(bench, (_mib) * MIB);			\
	}
RESTORE(16)
RESTORE(64)
RESTORE(256)
RESTORE(1024)

#define SNAPSHOT_ROW(_pages) {							\
		.name = "snapshot-" #_pages,					\
		.work = "snapshot, dirty " #_pages " of 64 MiB, restore",	\
		.call = "fork, dirty, exit", .most = 1000, .setup = setup_64m,	\
		.teardown = teardown, .kernel = host_dirty_##_pages,		\
		.svma = space_dirty_##_pages,					\
	}

#define RESTORE_ROW(_mib, _kernel) {						\
		.name = "restore-" #_mib,					\
		.work = "dirty 64 pages of " #_mib " MiB, restore",		\
		.call = "fork, dirty, exit", .most = 1000,			\
		.setup = setup_restore_##_mib, .teardown = teardown,		\
		.kernel = _kernel, .svma = space_restore_64,			\
	}

const struct bench_row bench_rows_share[] = {
	{
		.name = "fork", .work = "fork of 256 MiB, exit", .call = "fork, exit",
		.most = 1000, .setup = setup_256m, .teardown = teardown,
		.kernel = host_fork_only, .svma = space_fork_only,
	}, {
		.name = "fork-write", .work = "fork of 16 MiB, write all of it, exit",
		.call = "fork, write, exit", .most = 100, .setup = setup_16m,
		.teardown = teardown, .kernel = host_fork_all, .svma = space_fork_all,
	},
	SNAPSHOT_ROW(1),
	SNAPSHOT_ROW(64),
	SNAPSHOT_ROW(1024),
	{
		.name = "snapshot-any", .work = "snapshot, dirty any 64 of 64 MiB, restore",
		.call = "fork, dirty, exit", .most = 1000, .setup = setup_64m,
		.teardown = teardown, .kernel = host_dirty_64, .svma = space_any_64,
	},
	RESTORE_ROW(16, host_dirty_64),
	RESTORE_ROW(64, host_dirty_64),
	RESTORE_ROW(256, host_dirty_64),
	/* The kernel's side is not there for want of memory. */
	RESTORE_ROW(1024, NULL),
	{ 0 }
};
