// SPDX-License-Identifier: GPL-2.0
/*
 * Many memory verbs in one call, against the same verbs one by one: changes of regions, and pages
 * brought in and freed.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/svma.h>

#include "layout.h"
#include "rows.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define BATCH	512UL
#define FIXED	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
#define RW	(PROT_READ | PROT_WRITE)
/* Operations that leave all as it was: map three pages, protect the middle and back, unmap. */
#define CYCLE	4UL

struct data {
	struct svma_op ops[BATCH];
	struct svma_op undo[BATCH];	/* of pages */
	unsigned long step;		/* from one to the next, bytes */
	char *pages;
};

static unsigned long cycle_addr(const struct bench *bench, unsigned long i)
{
	return bench_room(bench->regions) + (1 + i % 12 * 5) * BENCH_PAGE;
}

static void fill_cycle(struct svma_op *op, unsigned long addr)
{
	op[0] = (struct svma_op){
		.cmd = SVMA_IOC_MMAP,
		.arg.mmap = {
			.addr = addr, .len = 3 * BENCH_PAGE, .prot = RW, .flags = FIXED, .fd = -1,
		},
	};
	op[1] = (struct svma_op){
		.cmd = SVMA_IOC_MPROTECT,
		.arg.mprotect = {
			.addr = addr + BENCH_PAGE, .len = BENCH_PAGE, .prot = PROT_READ, .pkey = -1,
		},
	};
	op[2] = op[1];
	op[2].arg.mprotect.prot = RW;
	op[3] = (struct svma_op){
		.cmd = SVMA_IOC_MUNMAP,
		.arg.munmap = { .addr = addr, .len = 3 * BENCH_PAGE },
	};
}

static void teardown(struct bench *bench)
{
	struct data *data = bench->data;

	if (data && data->pages)
		munmap(data->pages, BATCH * data->step);
	free(data);
}

static struct data *new_data(struct bench *bench)
{
	bench->data = calloc(1, sizeof(struct data));
	if (!bench->data)
		bench_fail(bench, "calloc", errno);
	return bench->data;
}

static int setup_verbs(struct bench *bench)
{
	struct data *data;
	int err = bench_layout_make(bench);

	if (err)
		return err;
	data = new_data(bench);
	if (!data)
		return -1;
	for (unsigned long i = 0; i < BATCH; i += CYCLE)
		fill_cycle(&data->ops[i], cycle_addr(bench, i / CYCLE));
	return 0;
}

static double host_verbs(struct bench *bench, unsigned long n)
{
	double start = bench_now();

	for (unsigned long i = 0; i < n; i += CYCLE) {
		char *addr = (char *)cycle_addr(bench, i / CYCLE);

		if (mmap(addr, 3 * BENCH_PAGE, RW, FIXED, -1, 0) != addr)
			return bench_fail(bench, "mmap", errno);
		if (mprotect(addr + BENCH_PAGE, BENCH_PAGE, PROT_READ) ||
		    mprotect(addr + BENCH_PAGE, BENCH_PAGE, RW))
			return bench_fail(bench, "mprotect", errno);
		if (munmap(addr, 3 * BENCH_PAGE))
			return bench_fail(bench, "munmap", errno);
	}
	return bench_now() - start;
}

static int run_batch(struct bench *bench, struct svma_op *ops)
{
	struct svma_batch batch = { .ops = (unsigned long)ops, .count = BATCH };

	if (ioctl(bench->space, SVMA_IOC_BATCH, &batch))
		return bench_fail(bench, "SVMA_IOC_BATCH", errno);
	if (batch.done != BATCH || batch.failed)
		return bench_fail(bench, "an operation of a batch", -ops[batch.done - 1].error);
	return 0;
}

static double space_verbs(struct bench *bench, unsigned long n)
{
	struct data *data = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i += BATCH) {
		if (run_batch(bench, data->ops))
			return -1;
	}
	return bench_now() - start;
}

static int setup_every(struct bench *bench, unsigned long step)
{
	struct svma_mmap map = {
		.addr = BENCH_BASE, .len = BATCH * step, .prot = RW, .flags = FIXED, .fd = -1,
	};
	struct data *data;
	int err = bench_space(bench);

	if (err)
		return err;
	data = new_data(bench);
	if (!data)
		return -1;
	data->step = step;
	if (ioctl(bench->space, SVMA_IOC_MMAP, &map))
		return bench_fail(bench, "SVMA_IOC_MMAP", errno);
	for (unsigned long i = 0; i < BATCH; i++) {
		data->ops[i].cmd = SVMA_IOC_MADVISE;
		data->ops[i].arg.madvise.addr = BENCH_BASE + i * step;
		data->ops[i].arg.madvise.len = BENCH_PAGE;
		data->ops[i].arg.madvise.advice = MADV_POPULATE_WRITE;
		data->undo[i] = data->ops[i];
		data->undo[i].arg.madvise.advice = MADV_DONTNEED;
	}
	data->pages = mmap(NULL, BATCH * step, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data->pages == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	madvise(data->pages, BATCH * step, MADV_NOHUGEPAGE);
	return 0;
}

static int setup_pages(struct bench *bench)
{
	return setup_every(bench, BENCH_PAGE);
}

/* None is the next one's neighbour. */
static int setup_apart(struct bench *bench)
{
	return setup_every(bench, 2 * BENCH_PAGE);
}

static void teardown_pages(struct bench *bench)
{
	struct data *data = bench->data;
	struct svma_munmap unmap = { .addr = BENCH_BASE, .len = BATCH * (data ? data->step : 0) };

	if (bench->space >= 0 && unmap.len)
		ioctl(bench->space, SVMA_IOC_MUNMAP, &unmap);
	teardown(bench);
}

static double host_pages(struct bench *bench, unsigned long n)
{
	struct data *data = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		char *page = data->pages + i % BATCH * data->step;

		if (madvise(page, BENCH_PAGE, MADV_POPULATE_WRITE) ||
		    madvise(page, BENCH_PAGE, MADV_DONTNEED))
			return bench_fail(bench, "madvise", errno);
	}
	return bench_now() - start;
}

static double space_pages(struct bench *bench, unsigned long n)
{
	struct data *data = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i += BATCH) {
		if (run_batch(bench, data->ops) || run_batch(bench, data->undo))
			return -1;
	}
	return bench_now() - start;
}

#define BATCH_ROW(n) {							\
	.name = "batch", .work = "mixed verbs in batches of 512, each",	\
	.call = "mmap, mprotect, munmap", .regions = n, .step = BATCH,	\
	.setup = setup_verbs, .teardown = teardown,			\
	.kernel = host_verbs, .svma = space_verbs }

const struct bench_row bench_rows_batch[] = {
	BATCH_ROW(10),
	BATCH_ROW(1000),
	BATCH_ROW(100000),
	{ .name = "batch-pages", .work = "pages brought in and freed in batches, each",
	  .call = "madvise", .step = BATCH, .setup = setup_pages, .teardown = teardown_pages,
	  .kernel = host_pages, .svma = space_pages },
	{ .name = "batch-apart", .work = "the same, of every second page",
	  .call = "madvise", .step = BATCH, .setup = setup_apart, .teardown = teardown_pages,
	  .kernel = host_pages, .svma = space_pages },
	{ 0 }
};
