// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that change a region in the middle of the others and change it back: an operation is one
 * call.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

#define FIXED	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)
#define RW	(PROT_READ | PROT_WRITE)
/* Up to here the process's regions are counted to see that they split and merge. */
#define COUNTED	10000
/* Heap that there is before. */
#define HEAP	(16 * BENCH_PAGE)

/* The end of this process's heap, with HEAP above it. */
static char *heap_end;

/**
 * bench_step_region() - where the region is that the steps change
 * @bench: the benchmark
 *
 * Return: its address, with free pages on both sides.
 */
unsigned long bench_step_region(const struct bench *bench)
{
	return bench_room(bench->regions) + BENCH_PAGE * (BENCH_ROOM / 2);
}

static unsigned long middle(unsigned long addr)
{
	return addr + BENCH_PAGE * (BENCH_STEP_PAGES / 2);
}

static int errno_of(long result)
{
	return result < 0 ? errno : 0;
}

static int steps(struct bench *bench, bench_step step, unsigned long n)
{
	unsigned long addr = bench_step_region(bench);
	int err = 0;

	for (unsigned long i = 0; !err && i < n; i++)
		err = step(bench, addr, i & 1);
	return err;
}

static double timed(struct bench *bench, bench_step step, unsigned long n)
{
	double start = bench_now(), ns;
	int err = steps(bench, step, n);

	ns = bench_now() - start;
	if (!err && n & 1)
		err = step(bench, bench_step_region(bench), true);
	return err ? bench_fail(bench, bench->row->work, err) : ns;
}

/* Does a pair of steps split and merge as the row says? */
static int try(struct bench *bench, bench_step step, unsigned long (*count)(struct bench *bench))
{
	unsigned long addr = bench_step_region(bench), before = count(bench), split;
	int err = step(bench, addr, false);

	split = count(bench);
	if (!err)
		err = step(bench, addr, true);
	if (err)
		return bench_fail(bench, bench->row->work, err);
	if (split != before + bench->row->splits || count(bench) != before)
		return bench_fail(bench, "regions do not split and merge", 0);
	return 0;
}

static unsigned long count_host(struct bench *bench)
{
	(void)bench;
	return bench_host_regions();
}

/**
 * bench_host_steps_setup() - make the region and a heap in this process; the layout is there
 * @bench: the benchmark
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_host_steps_setup(struct bench *bench)
{
	void *addr = (void *)bench_step_region(bench);

	if (!bench->host_made)
		return 0;
	if (mmap(addr, BENCH_STEP_PAGES * BENCH_PAGE, RW, FIXED, -1, 0) != addr)
		return bench_fail(bench, "mmap", errno);
	heap_end = sbrk(0);
	heap_end += HEAP - (unsigned long)heap_end % BENCH_PAGE;
	if (brk(heap_end))
		return bench_fail(bench, "brk", errno);
	if (bench->regions >= COUNTED)
		return 0;
	return try(bench, bench->row->kernel_step, count_host);
}

void bench_host_steps_end(struct bench *bench)
{
	if (bench->host_made)
		munmap((void *)bench_step_region(bench), BENCH_STEP_PAGES * BENCH_PAGE);
}

double bench_host_steps(struct bench *bench, unsigned long n)
{
	return timed(bench, bench->row->kernel_step, n);
}

int bench_host_grow(struct bench *bench, unsigned long addr, bool undo)
{
	size_t small = BENCH_STEP_PAGES * BENCH_PAGE, large = small + BENCH_PAGE;
	void *old = (void *)addr;

	(void)bench;
	return mremap(old, undo ? large : small, undo ? small : large, 0) == old ? 0 : errno;
}

int bench_host_brk(struct bench *bench, unsigned long addr, bool undo)
{
	(void)bench;
	(void)addr;
	return errno_of(brk(heap_end + (undo ? 0 : BENCH_PAGE)));
}

int bench_host_advise(struct bench *bench, unsigned long addr, bool undo)
{
	(void)bench;
	return errno_of(madvise((void *)middle(addr), BENCH_PAGE,
				undo ? MADV_DODUMP : MADV_DONTDUMP));
}

int bench_host_lock(struct bench *bench, unsigned long addr, bool undo)
{
	void *page = (void *)middle(addr);

	(void)bench;
	return errno_of(undo ? munlock(page, BENCH_PAGE) :
			       mlock2(page, BENCH_PAGE, MLOCK_ONFAULT));
}

static int setup(struct bench *bench)
{
	__u64 addr, heap = BENCH_HEAP + HEAP, len = BENCH_STEP_PAGES * BENCH_PAGE;
	int err;

	err = bench_layout_make(bench);
	if (err)
		return err;
	if (bench->row->kernel_step) {
		err = bench_host_steps_setup(bench);
		if (err)
			return err;
	}
	addr = bench_step_region(bench);
	err = svma_client_mmap(bench->space, &addr, len, RW, FIXED, -1, 0);
	if (!err)
		err = svma_client_brk(bench->space, &heap);
	if (err)
		return bench_fail(bench, "filling a space", -err);
	return try(bench, bench->row->svma_step, bench_space_regions);
}

static void teardown(struct bench *bench)
{
	__u64 heap = BENCH_HEAP;

	bench_host_steps_end(bench);
	if (bench->space < 0)
		return;
	svma_client_munmap(bench->space, bench_step_region(bench), BENCH_STEP_PAGES * BENCH_PAGE);
	svma_client_brk(bench->space, &heap);
}

static double space_steps(struct bench *bench, unsigned long n)
{
	return timed(bench, bench->row->svma_step, n);
}

static int space_grow(struct bench *bench, unsigned long addr, bool undo)
{
	__u64 small = BENCH_STEP_PAGES * BENCH_PAGE, large = small + BENCH_PAGE, at = 0;

	return -svma_client_mremap(bench->space, addr, undo ? large : small, undo ? small : large,
				   0, &at);
}

static int space_brk(struct bench *bench, unsigned long addr, bool undo)
{
	__u64 want = BENCH_HEAP + HEAP + (undo ? 0 : BENCH_PAGE), heap = want;
	int err = svma_client_brk(bench->space, &heap);

	(void)addr;
	return err ? -err : heap == want ? 0 : ENOMEM;
}

static int space_advise(struct bench *bench, unsigned long addr, bool undo)
{
	return -svma_client_madvise(bench->space, middle(addr), BENCH_PAGE,
				    undo ? MADV_DODUMP : MADV_DONTDUMP);
}

static int space_lock(struct bench *bench, unsigned long addr, bool undo)
{
	return -svma_client_lock(bench->space, middle(addr), BENCH_PAGE,
				 undo ? SVMA_MUNLOCK : SVMA_MLOCK, undo ? 0 : MLOCK_ONFAULT);
}

#define STEP_ROW(title, text, calls, more, host, space, n) {		\
	.name = title, .work = text, .call = calls, .regions = n,	\
	.setup = setup, .teardown = teardown, .kernel = bench_host_steps, .svma = space_steps,	\
	.kernel_step = host, .svma_step = space, .splits = more }
#define GROW_ROW(n) \
	STEP_ROW("mremap", BENCH_GROW_WORK, "mremap", 0, bench_host_grow, space_grow, n)
#define BRK_ROW(n) \
	STEP_ROW("brk", BENCH_BRK_WORK, "brk", 0, bench_host_brk, space_brk, n)
#define ADVISE_ROW(n) \
	STEP_ROW("madvise", BENCH_ADVISE_WORK, "madvise", 2, bench_host_advise, space_advise, n)
#define LOCK_ROW(n) \
	STEP_ROW("mlock", BENCH_LOCK_WORK, "mlock2, munlock", 2, bench_host_lock, space_lock, n)

const struct bench_row bench_rows_steps[] = {
	BENCH_SIZES(GROW_ROW),
	BENCH_SIZES(BRK_ROW),
	BENCH_SIZES(ADVISE_ROW),
	BENCH_SIZES(LOCK_ROW),
	{ 0 }
};
