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
#include <sys/sysinfo.h>
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

static int setup(struct bench *bench, unsigned long len)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct sysinfo info;
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
	/* Room for tables, and for what the child writes to. */
	if (sysinfo(&info) || info.freeram * info.mem_unit < len + len / 8) {
		bench_skip(bench, "not enough memory for the kernel's pages beside SVMA's");
		return 0;
	}
	memory->host = mmap(NULL, len, RW, ANON, -1, 0);
	if (memory->host == MAP_FAILED) {
		memory->host = NULL;
		return bench_fail(bench, "mmap", errno);
	}
	madvise(memory->host, len, MADV_NOHUGEPAGE);
	dirty(memory->host, len, len / BENCH_PAGE, 1);
	return 0;
}

static int setup_16m(struct bench *bench)
{
	return setup(bench, 16 * MIB);
}

static int setup_64m(struct bench *bench)
{
	return setup(bench, 64 * MIB);
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

/* As many MiB as the row says. */
static int setup_mib(struct bench *bench)
{
	return setup(bench, bench->row->number * MIB);
}

static int setup_restore(struct bench *bench)
{
	struct memory *memory;
	int err = setup_mib(bench);

	if (err)
		return err;
	memory = bench->data;
	memory->snapshot = snapshot_take(bench);
	return memory->snapshot < 0 ? -1 : 0;
}

/* As many pages as the row says. */
static double host_dirty(struct bench *bench, unsigned long n)
{
	return host_fork(bench, n, bench->row->number, 0);
}

static double space_dirty(struct bench *bench, unsigned long n)
{
	return space_snapshot(bench, n, bench->row->number);
}

static double host_dirty_64(struct bench *bench, unsigned long n)
{
	return host_fork(bench, n, 64, 0);
}

static double space_restore_64(struct bench *bench, unsigned long n)
{
	return space_restore(bench, n, 64);
}

#define FORK_ROW(_name, _mib, _series_only) {					\
		.name = _name, .work = "fork of " #_mib " MiB, exit",		\
		.series = "fork, exit", .by = "MiB", .number = _mib,		\
		.series_only = _series_only, .call = "fork, exit", .most = 1000, \
		.setup = setup_mib, .teardown = teardown,			\
		.kernel = host_fork_only, .svma = space_fork_only,		\
	}

#define SNAPSHOT_ROW(_pages, _series_only) {					\
		.name = "snapshot-" #_pages,					\
		.work = "snapshot, dirty " #_pages " of 64 MiB, restore",	\
		.series = "snapshot, dirty, restore, of 64 MiB",		\
		.by = "dirty pages", .number = _pages, .series_only = _series_only, \
		.call = "fork, dirty, exit", .most = 1000, .setup = setup_64m,	\
		.teardown = teardown, .kernel = host_dirty, .svma = space_dirty, \
	}

#define RESTORE_ROW(_mib) {							\
		.name = "restore-" #_mib,					\
		.work = "dirty 64 pages of " #_mib " MiB, restore",		\
		.series = "dirty 64 pages, restore", .by = "MiB", .number = _mib, \
		.call = "fork, dirty, exit", .most = 1000,			\
		.setup = setup_restore, .teardown = teardown,			\
		.kernel = host_dirty_64, .svma = space_restore_64,		\
	}

const struct bench_row bench_rows_share[] = {
	FORK_ROW("fork", 256, false),
	{
		.name = "fork-write", .work = "fork of 16 MiB, write all of it, exit",
		.call = "fork, write, exit", .most = 100, .setup = setup_16m,
		.teardown = teardown, .kernel = host_fork_all, .svma = space_fork_all,
	},
	SNAPSHOT_ROW(1, false),
	SNAPSHOT_ROW(8, true),
	SNAPSHOT_ROW(64, false),
	SNAPSHOT_ROW(512, true),
	SNAPSHOT_ROW(1024, false),
	SNAPSHOT_ROW(4096, true),
	{
		.name = "snapshot-any", .work = "snapshot, dirty any 64 of 64 MiB, restore",
		.call = "fork, dirty, exit", .most = 1000, .setup = setup_64m,
		.teardown = teardown, .kernel = host_dirty_64, .svma = space_any_64,
	},
	RESTORE_ROW(16),
	RESTORE_ROW(64),
	RESTORE_ROW(256),
	RESTORE_ROW(1024),
	FORK_ROW("fork-16", 16, true),
	FORK_ROW("fork-64", 64, true),
	FORK_ROW("fork-1024", 1024, true),
	{ 0 }
};
