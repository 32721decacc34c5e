// SPDX-License-Identifier: GPL-2.0
/*
 * mmap and munmap of a page, by the core's functions.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

static int setup(struct bench *bench)
{
	int err = bench_layout_host(bench);

	if (err)
		return err;
	bench->data = core_layout_make(bench, CORE_LAYOUT, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

/* As in the module's row: what is next to the free page must not merge with it. */
static int setup_free(struct bench *bench)
{
	int err = setup(bench);

	if (!err)
		err = bench_host_plug(bench);
	if (err)
		return err;
	err = core_map(bench->data, 0, 1, PROT_NONE, CORE_FREE, NULL);
	return err ? bench_fail(bench, "mmap of a plug", -err) : 0;
}

static void teardown_free(struct bench *bench)
{
	struct svma_core *core = bench->data;
	struct svma_vma plug;

	if (core && svma_index_last(&core->index, &plug) &&
	    plug.start >= bench_layout_end(bench->regions))
		svma_core_munmap(core, plug.start, BENCH_PAGE);
}

static double core_map_free(struct bench *bench, unsigned long n)
{
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long addr;
		int err = core_map(core, 0, 1, CORE_RW, CORE_FREE, &addr);

		if (err)
			return bench_fail(bench, "svma_core_mmap", -err);
		err = svma_core_munmap(core, addr, BENCH_PAGE);
		if (err)
			return bench_fail(bench, "svma_core_munmap", -err);
	}
	return bench_now() - start;
}

static double core_map_fixed(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->row->regions;
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long addr = bench_region(bench_random(&bench->random, regions), regions);
		int err = svma_core_munmap(core, addr, BENCH_PAGE);

		if (err)
			return bench_fail(bench, "svma_core_munmap", -err);
		err = core_map(core, addr, 1, CORE_RW, CORE_FIXED, NULL);
		if (err)
			return bench_fail(bench, "svma_core_mmap", -err);
	}
	return bench_now() - start;
}

#define MAP_ROW(n) {							\
	.name = "core-map", .work = "mmap+munmap of a page, free place",	\
	.call = "mmap, munmap", .regions = n, .needs = BENCH_CORE,	\
	.setup = setup_free, .teardown = teardown_free,			\
	.kernel = bench_host_map_free, .svma = core_map_free }
#define MAP_FIXED_ROW(n) {						\
	.name = "core-map-fixed", .work = "munmap+mmap of a page among others",	\
	.call = "munmap, mmap", .regions = n, .needs = BENCH_CORE,	\
	.setup = setup, .kernel = bench_host_map_fixed, .svma = core_map_fixed }

const struct bench_row bench_rows_core_map[] = {
	BENCH_SIZES(MAP_ROW),
	BENCH_SIZES(MAP_FIXED_ROW),
	{ 0 }
};
