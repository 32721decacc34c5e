// SPDX-License-Identifier: GPL-2.0
/*
 * mprotect of the page in the middle of a region, by the core's function.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

#define PAGES	3UL

static unsigned long whole(const struct bench *bench)
{
	return bench_room(bench->row->regions) + BENCH_PAGE * (BENCH_ROOM / 2);
}

static unsigned long middle(const struct bench *bench)
{
	return whole(bench) + BENCH_PAGE * (PAGES / 2);
}

static int setup(struct bench *bench)
{
	struct svma_core *core;
	unsigned long before, split;
	int err;

	err = bench_layout_host(bench);
	if (!err)
		err = bench_host_protect_setup(bench);
	if (err)
		return err;
	core = core_layout_make(bench, CORE_LAYOUT, SVMA_PROFILE_HOST);
	if (!core)
		return -1;
	bench->data = core;
	err = core_map(core, whole(bench), PAGES, CORE_RW, CORE_FIXED, NULL);
	if (err)
		return bench_fail(bench, "svma_core_mmap", -err);
	before = core->index.count;
	svma_core_mprotect(core, middle(bench), BENCH_PAGE, PROT_READ, -1);
	split = core->index.count;
	svma_core_mprotect(core, middle(bench), BENCH_PAGE, CORE_RW, -1);
	if (split != before + 2 || core->index.count != before)
		return bench_fail(bench, "svma_core_mprotect does not split and merge", 0);
	return 0;
}

static void teardown(struct bench *bench)
{
	bench_host_protect_end(bench);
	if (bench->data)
		svma_core_munmap(bench->data, whole(bench), PAGES * BENCH_PAGE);
}

static double core_protect(struct bench *bench, unsigned long n)
{
	struct svma_core *core = bench->data;
	unsigned long addr = middle(bench);
	double start = bench_now(), ns;

	for (unsigned long i = 0; i < n; i++) {
		unsigned long prot = i & 1 ? CORE_RW : PROT_READ;
		int err = svma_core_mprotect(core, addr, BENCH_PAGE, prot, -1);

		if (err)
			return bench_fail(bench, "svma_core_mprotect", -err);
	}
	ns = bench_now() - start;
	svma_core_mprotect(core, addr, BENCH_PAGE, CORE_RW, -1);
	return ns;
}

#define PROTECT_ROW(n) {						\
	.name = "core-protect", .work = "mprotect in the middle, split or merge",	\
	.call = "mprotect", .regions = n, .needs = BENCH_CORE,		\
	.setup = setup, .teardown = teardown,				\
	.kernel = bench_host_protect, .svma = core_protect }

const struct bench_row bench_rows_core_protect[] = {
	BENCH_SIZES(PROTECT_ROW),
	{ 0 }
};
