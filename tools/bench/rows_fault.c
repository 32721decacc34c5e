// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults: a range is mapped anew for each round, and each of its pages is touched once. What
 * is measured is the touching; mapping and unmapping are not.
 *
 * The regions of the other rows do not matter here: each side works in a range of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

/* Pages in one round at most: 64 MiB. */
#define MOST	16384UL
#define HUGE	(1UL << 21)
/* Ranges are of whole large pages: a shorter one would get none, and each has tables of its own. */
#define STEP	(HUGE / BENCH_PAGE)
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define THP	"/sys/kernel/mm/transparent_hugepage/enabled"

/* The range in a space, and for the kernel's side in a memfd. */
#define RANGE	(1UL << 32)

static double touch(void *range, unsigned long pages, bool write)
{
	volatile unsigned char *at = range;
	double start = bench_now();

	if (write)
		for (unsigned long i = 0; i < pages; i++)
			at[i * BENCH_PAGE] = 1;
	else
		for (unsigned long i = 0; i < pages; i++)
			(void)at[i * BENCH_PAGE];
	return bench_now() - start;
}

/* Anonymous memory of this process. */
static double host_anon(struct bench *bench, unsigned long pages, int advice, bool write)
{
	unsigned long len = pages * BENCH_PAGE + HUGE;
	char *all = mmap(NULL, len, RW, ANON, -1, 0), *range;
	double ns;

	if (all == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	range = (char *)(((unsigned long)all + HUGE - 1) & ~(HUGE - 1));
	/* EINVAL: a kernel without large pages has none to be told of. */
	if (madvise(all, len, advice) && errno != EINVAL)
		return bench_fail(bench, "madvise", errno);
	ns = touch(range, pages, write);
	munmap(all, len);
	return ns;
}

static double host_write(struct bench *bench, unsigned long n)
{
	return host_anon(bench, n, MADV_NOHUGEPAGE, true);
}

static double host_read(struct bench *bench, unsigned long n)
{
	return host_anon(bench, n, MADV_NOHUGEPAGE, false);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static double host_huge(struct bench *bench, unsigned long n)
{
	long before = faults();
	double ns = host_anon(bench, n, MADV_HUGEPAGE, true);

	if (ns >= 0 && faults() - before > (long)n / 4)
		return bench_fail(bench, "the kernel had no large pages to give", 0);
	return ns;
}

static int space_map(struct bench *bench, unsigned long len)
{
	__u64 addr = RANGE;
	int err = svma_client_mmap(bench->space, &addr, len, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);

	return err ? bench_fail(bench, "SVMA_IOC_MMAP", -err) : 0;
}

/* A window of its own, and touch what is seen through it. */
static double window_touch(struct bench *bench, unsigned long pages, bool write)
{
	unsigned long len = pages * BENCH_PAGE;
	void *window = mmap(NULL, len, RW, MAP_SHARED, bench->space, RANGE);
	double ns;

	if (window == MAP_FAILED)
		return bench_fail(bench, "mmap of a window", errno);
	ns = touch(window, pages, write);
	munmap(window, len);
	return ns;
}

static double space_anon(struct bench *bench, unsigned long pages, int advice, bool write)
{
	struct svma_stats stats;
	double ns;
	int err;

	if (space_map(bench, pages * BENCH_PAGE))
		return -1;
	err = svma_client_madvise(bench->space, RANGE, pages * BENCH_PAGE, advice);
	if (err)
		return bench_fail(bench, "SVMA_IOC_MADVISE", -err);
	ns = window_touch(bench, pages, write);
	err = svma_client_stats(bench->space, &stats);
	if (!err && write && stats.resident != pages)
		return bench_fail(bench, "not all pages that were written are there", 0);
	err = svma_client_munmap(bench->space, RANGE, pages * BENCH_PAGE);
	if (err)
		return bench_fail(bench, "SVMA_IOC_MUNMAP", -err);
	return ns;
}

static double space_write(struct bench *bench, unsigned long n)
{
	return space_anon(bench, n, MADV_NOHUGEPAGE, true);
}

static double space_read(struct bench *bench, unsigned long n)
{
	return space_anon(bench, n, MADV_NOHUGEPAGE, false);
}

static double space_huge(struct bench *bench, unsigned long n)
{
	long before = faults();
	double ns = space_anon(bench, n, MADV_HUGEPAGE, true);

	if (ns >= 0 && faults() - before > (long)n / 4)
		return bench_fail(bench, "the space had no large pages to give", 0);
	return ns;
}

static int setup(struct bench *bench)
{
	bench_layout_free(bench);
	return bench_space(bench);
}

/* As another processor has zeroed pages ready. */
static int setup_ready(struct bench *bench)
{
	bench_layout_free(bench);
	return bench_space_with(bench, SVMA_SPACE_READY);
}

static int setup_huge(struct bench *bench)
{
	char text[64] = "";
	FILE *file = fopen(THP, "re");

	if (file) {
		if (!fgets(text, sizeof(text), file))
			text[0] = '\0';
		fclose(file);
	}
	if (!text[0] || strstr(text, "[never]"))
		bench_skip(bench, "this kernel gives no large pages (" THP ")");
	return setup(bench);
}

/* Pages that are there already: in the space, and in a file of shared memory. */
static int setup_present(struct bench *bench)
{
	int err = setup(bench), memfd;
	void *range;

	if (err)
		return err;
	memfd = memfd_create("svma-bench", MFD_CLOEXEC);
	if (memfd < 0)
		return bench_fail(bench, "memfd_create", errno);
	bench->data = (void *)(long)memfd;
	if (ftruncate(memfd, MOST * BENCH_PAGE))
		return bench_fail(bench, "ftruncate", errno);
	range = mmap(NULL, MOST * BENCH_PAGE, RW, MAP_SHARED, memfd, 0);
	if (range == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	touch(range, MOST, true);
	munmap(range, MOST * BENCH_PAGE);
	err = space_map(bench, MOST * BENCH_PAGE);
	if (err)
		return err;
	return window_touch(bench, MOST, true) < 0 ? -1 : 0;
}

static void teardown_present(struct bench *bench)
{
	if (bench->data)
		close((int)(long)bench->data);
}

static double host_present(struct bench *bench, unsigned long n)
{
	void *range = mmap(NULL, n * BENCH_PAGE, RW, MAP_SHARED, (int)(long)bench->data, 0);
	double ns;

	if (range == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	ns = touch(range, n, true);
	munmap(range, n * BENCH_PAGE);
	return ns;
}

static double space_present(struct bench *bench, unsigned long n)
{
	return window_touch(bench, n, true);
}

const struct bench_row bench_rows_fault[] = {
	{
		.name = "fault", .work = "first write to a page", .call = "anonymous, 4 KiB",
		.most = MOST, .step = STEP, .setup = setup,
		.kernel = host_write, .svma = space_write,
	}, {
		.name = "fault-ready", .work = "the same, pages zeroed ahead by another processor",
		.call = "anonymous, 4 KiB",
		.most = MOST, .step = STEP, .setup = setup_ready,
		.kernel = host_write, .svma = space_write,
	}, {
		.name = "fault-huge", .work = "first write to 4 KiB of a large page",
		.call = "anonymous, 2 MiB",
		.most = MOST, .step = STEP, .setup = setup_huge,
		.kernel = host_huge, .svma = space_huge,
	}, {
		.name = "fault-read", .work = "first read of a page", .call = "anonymous, 4 KiB",
		.most = MOST, .step = STEP, .setup = setup, .kernel = host_read, .svma = space_read,
	}, {
		.name = "fault-present", .work = "write to a page that is there, new window",
		.call = "memfd", .most = MOST, .step = STEP,
		.setup = setup_present, .teardown = teardown_present,
		.kernel = host_present, .svma = space_present,
	},
	{ 0 }
};
