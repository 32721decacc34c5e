// SPDX-License-Identifier: GPL-2.0
/*
 * mprotect of the page in the middle of a region: the region is split in three; back again: they
 * merge to one. An operation is one such call.
 */
#include <errno.h>
#include <sys/mman.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

#define PAGES	3UL
#define FIXED	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)
#define RW	(PROT_READ | PROT_WRITE)
/* Up to here the process's regions are counted to see that they split and merge. */
#define COUNTED	10000

/* Region in the room, with free pages on both sides. */
static unsigned long whole(const struct bench *bench)
{
	return bench_room(bench->regions) + BENCH_PAGE * (BENCH_ROOM / 2);
}

static unsigned long middle(const struct bench *bench)
{
	return whole(bench) + BENCH_PAGE * (PAGES / 2);
}

/* The region in this process; the layout is there. */
int bench_host_protect_setup(struct bench *bench)
{
	void *addr = (void *)whole(bench);
	unsigned long before = 0, split = 0, merged = 0;
	bool count = bench->regions < COUNTED;

	if (!bench->host_made)
		return 0;
	if (mmap(addr, PAGES * BENCH_PAGE, RW, FIXED, -1, 0) != addr)
		return bench_fail(bench, "mmap", errno);
	if (!count)
		return 0;
	before = bench_host_regions();
	if (!mprotect((void *)middle(bench), BENCH_PAGE, PROT_READ))
		split = bench_host_regions();
	if (!mprotect((void *)middle(bench), BENCH_PAGE, RW))
		merged = bench_host_regions();
	if (split != before + 2 || merged != before)
		return bench_fail(bench, "mprotect does not split and merge", 0);
	return 0;
}

void bench_host_protect_end(struct bench *bench)
{
	if (bench->host_made)
		munmap((void *)whole(bench), PAGES * BENCH_PAGE);
}

double bench_host_protect(struct bench *bench, unsigned long n)
{
	void *addr = (void *)middle(bench);
	double start = bench_now(), ns;

	for (unsigned long i = 0; i < n; i++)
		if (mprotect(addr, BENCH_PAGE, i & 1 ? RW : PROT_READ))
			return bench_fail(bench, "mprotect", errno);
	ns = bench_now() - start;
	mprotect(addr, BENCH_PAGE, RW);
	return ns;
}

static int setup(struct bench *bench)
{
	unsigned long before, split = 0, merged = 0;
	__u64 addr;
	int err;

	err = bench_layout_make(bench);
	if (!err)
		err = bench_host_protect_setup(bench);
	if (err)
		return err;
	addr = whole(bench);
	err = svma_client_mmap(bench->space, &addr, PAGES * BENCH_PAGE, RW, FIXED, -1, 0);
	if (err)
		return bench_fail(bench, "SVMA_IOC_MMAP", -err);
	before = bench_space_regions(bench);
	if (!svma_client_mprotect(bench->space, middle(bench), BENCH_PAGE, PROT_READ, -1))
		split = bench_space_regions(bench);
	if (!svma_client_mprotect(bench->space, middle(bench), BENCH_PAGE, RW, -1))
		merged = bench_space_regions(bench);
	if (split != before + 2 || merged != before)
		return bench_fail(bench, "SVMA_IOC_MPROTECT does not split and merge", 0);
	return 0;
}

static double space_protect(struct bench *bench, unsigned long n)
{
	unsigned long addr = middle(bench);
	double start = bench_now(), ns;

	for (unsigned long i = 0; i < n; i++) {
		int err = svma_client_mprotect(bench->space, addr, BENCH_PAGE,
					       i & 1 ? RW : PROT_READ, -1);

		if (err)
			return bench_fail(bench, "SVMA_IOC_MPROTECT", -err);
	}
	ns = bench_now() - start;
	svma_client_mprotect(bench->space, addr, BENCH_PAGE, RW, -1);
	return ns;
}

static void teardown(struct bench *bench)
{
	bench_host_protect_end(bench);
	if (bench->space >= 0)
		svma_client_munmap(bench->space, whole(bench), PAGES * BENCH_PAGE);
}

#define PROTECT_ROW(n) {						\
	.name = "protect", .work = "mprotect in the middle, split or merge",	\
	.call = "mprotect", .regions = n, .setup = setup, .teardown = teardown,	\
	.kernel = bench_host_protect, .svma = space_protect }

const struct bench_row bench_rows_protect[] = {
	BENCH_SIZES(PROTECT_ROW),
	{ 0 }
};
