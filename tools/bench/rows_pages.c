// SPDX-License-Identifier: GPL-2.0
/*
 * Pages in bulk: brought in by one call, and read from where they are.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

/* Pages in one round at most: 64 MiB. */
#define MOST	16384UL
#define STEP	1024UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RANGE	(1UL << 32)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

static int setup(struct bench *bench)
{
	bench_layout_free(bench);
	return bench_space(bench);
}

/**
 * bench_space_map() - new memory in the space, without large pages, and a window on it
 * @bench: the benchmark
 * @len: how long
 *
 * Return: the window, or NULL after bench_fail().
 */
char *bench_space_map(struct bench *bench, unsigned long len)
{
	__u64 addr = RANGE;
	void *window;
	int err;

	err = svma_client_mmap(bench->space, &addr, len, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	if (!err)
		err = svma_client_madvise(bench->space, RANGE, len, MADV_NOHUGEPAGE);
	if (err) {
		bench_fail(bench, "SVMA_IOC_MMAP", -err);
		return NULL;
	}
	window = mmap(NULL, len, RW, MAP_SHARED, bench->space, RANGE);
	if (window == MAP_FAILED) {
		bench_fail(bench, "mmap of a window", errno);
		return NULL;
	}
	return window;
}

/**
 * bench_space_unmap() - undo bench_space_map()
 * @bench: the benchmark
 * @window: what that returned
 * @len: how long it is
 * @ns: what a side is to return
 *
 * Return: @ns, or what bench_fail() returns.
 */
double bench_space_unmap(struct bench *bench, char *window, unsigned long len, double ns)
{
	int err;

	munmap(window, len);
	err = svma_client_munmap(bench->space, RANGE, len);
	return err ? bench_fail(bench, "SVMA_IOC_MUNMAP", -err) : ns;
}

static double host_populate_len(struct bench *bench, unsigned long len)
{
	char *range = mmap(NULL, len, RW, ANON, -1, 0);
	double start;

	if (range == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	madvise(range, len, MADV_NOHUGEPAGE);
	start = bench_now();
	if (madvise(range, len, MADV_POPULATE_WRITE))
		return bench_fail(bench, "MADV_POPULATE_WRITE", errno);
	start = bench_now() - start;
	munmap(range, len);
	return start;
}

/* Present and entered in the window, as the kernel's are. */
static double space_populate_len(struct bench *bench, unsigned long len)
{
	char *window = bench_space_map(bench, len);
	__u64 filled = 0;
	double start;
	int err;

	if (!window)
		return -1;
	start = bench_now();
	err = svma_client_madvise(bench->space, RANGE, len, MADV_POPULATE_WRITE);
	if (!err)
		err = svma_client_window_fill(bench->space, (unsigned long)window, len, &filled);
	start = bench_now() - start;
	if (err || filled != len / BENCH_PAGE)
		return bench_fail(bench, "SVMA_IOC_WINDOW_FILL", -err);
	return bench_space_unmap(bench, window, len, start);
}

static double host_populate(struct bench *bench, unsigned long n)
{
	return host_populate_len(bench, n * BENCH_PAGE);
}

static double space_populate(struct bench *bench, unsigned long n)
{
	return space_populate_len(bench, n * BENCH_PAGE);
}

/* As many MiB as the row says, n times. */
static double populate_mib(struct bench *bench, unsigned long n,
			   double (*side)(struct bench *bench, unsigned long len))
{
	double all = 0;

	for (unsigned long i = 0; i < n; i++) {
		double ns = side(bench, bench->row->number << 20);

		if (ns < 0)
			return ns;
		all += ns;
	}
	return all;
}

static double host_populate_mib(struct bench *bench, unsigned long n)
{
	return populate_mib(bench, n, host_populate_len);
}

static double space_populate_mib(struct bench *bench, unsigned long n)
{
	return populate_mib(bench, n, space_populate_len);
}

/* 64 pages in another process, and in a space. */
#define READ_PAGES	64UL

struct reader {
	pid_t pid;
	char *host;
	char *window;
	char buf[BENCH_PAGE];
};

static void teardown_read(struct bench *bench)
{
	struct reader *reader = bench->data;

	if (!reader)
		return;
	if (reader->pid > 0) {
		kill(reader->pid, SIGKILL);
		waitpid(reader->pid, NULL, 0);
	}
	if (reader->host)
		munmap(reader->host, READ_PAGES * BENCH_PAGE);
	if (reader->window)
		munmap(reader->window, READ_PAGES * BENCH_PAGE);
	free(reader);
	bench->data = NULL;
}

static int setup_read(struct bench *bench)
{
	unsigned long len = READ_PAGES * BENCH_PAGE;
	struct reader *reader = calloc(1, sizeof(*reader));
	int err = setup(bench);

	if (err || !reader)
		return err ? err : (int)bench_fail(bench, "calloc", ENOMEM);
	bench->data = reader;
	reader->host = mmap(NULL, len, RW, ANON, -1, 0);
	if (reader->host == MAP_FAILED) {
		reader->host = NULL;
		return bench_fail(bench, "mmap", errno);
	}
	reader->window = bench_space_map(bench, len);
	if (!reader->window)
		return -1;
	memset(reader->host, 5, len);
	memset(reader->window, 5, len);
	reader->pid = fork();
	if (reader->pid < 0)
		return bench_fail(bench, "fork", errno);
	if (!reader->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return 0;
}

static double host_read(struct bench *bench, unsigned long n)
{
	struct reader *reader = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long page = bench_random(&bench->random, READ_PAGES);
		struct iovec to = { reader->buf, BENCH_PAGE };
		struct iovec from = { reader->host + page * BENCH_PAGE, BENCH_PAGE };

		if (process_vm_readv(reader->pid, &to, 1, &from, 1, 0) != (ssize_t)BENCH_PAGE ||
		    reader->buf[page] != 5)
			return bench_fail(bench, "process_vm_readv", errno);
	}
	return bench_now() - start;
}

static double space_read(struct bench *bench, unsigned long n)
{
	struct reader *reader = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long page = bench_random(&bench->random, READ_PAGES);

		memcpy(reader->buf, reader->window + page * BENCH_PAGE, BENCH_PAGE);
		/* All of it is read, also where the compiler sees that one byte is looked at. */
		__asm__ volatile("" : : "r"(reader->buf) : "memory");
		if (reader->buf[page] != 5)
			return bench_fail(bench, "the window shows something else", 0);
	}
	return bench_now() - start;
}

#define POPULATE_ROW(_mib) {							\
		.name = "populate-" #_mib, .work = "populate " #_mib " MiB",	\
		.series = "populate", .by = "MiB", .number = _mib,		\
		.series_only = true, .call = "MADV_POPULATE_WRITE",		\
		.most = 1000, .setup = setup, .kernel = host_populate_mib,	\
		.svma = space_populate_mib,					\
	}

const struct bench_row bench_rows_pages[] = {
	{
		.name = "populate", .work = "a page made present and entered, by one call for all",
		.call = "MADV_POPULATE_WRITE", .most = MOST, .step = STEP, .setup = setup,
		.kernel = host_populate, .svma = space_populate,
	}, {
		.name = "read", .work = "read 4 KiB through a window", .call = "process_vm_readv",
		.setup = setup_read, .teardown = teardown_read,
		.kernel = host_read, .svma = space_read,
	},
	POPULATE_ROW(16),
	POPULATE_ROW(64),
	POPULATE_ROW(256),
	POPULATE_ROW(1024),
	{ 0 }
};
