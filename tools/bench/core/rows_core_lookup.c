// SPDX-License-Identifier: GPL-2.0
/*
 * Which region holds an address? By the core's function, and as a step over all regions.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

static int setup(struct bench *bench)
{
	int err = bench_layout_host(bench);

	if (!err)
		err = bench_host_lookup_setup(bench);
	if (err)
		return err;
	bench->data = core_layout_make(bench, CORE_LAYOUT, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

static double core_lookup(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->row->regions;
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long addr = bench_region(bench_random(&bench->random, regions), regions);
		struct svma_vma vma;

		if (!svma_core_find(core, addr, &vma) || vma.start != addr)
			return bench_fail(bench, "svma_core_find tells another region", 0);
	}
	return bench_now() - start;
}

static int setup_walk(struct bench *bench)
{
	bench->data = core_layout_make(bench, CORE_LAYOUT, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

static double core_walk(struct bench *bench, unsigned long n)
{
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long seen = 0;
		struct svma_cursor cursor;
		struct svma_vma vma;
		bool more = svma_cursor_find(&cursor, &core->index, 0, &vma);

		for (; more; more = svma_cursor_next(&cursor, &vma))
			seen++;
		if (seen != bench->row->regions)
			return bench_fail(bench, "a walk does not see all regions", 0);
	}
	bench->units = bench->row->regions;
	return bench_now() - start;
}

#define LOOKUP_ROW(n) {							\
	.name = "core-lookup", .work = "lookup of an address",		\
	.call = "PROCMAP_QUERY", .regions = n, .needs = BENCH_CORE,				\
	.setup = setup, .teardown = bench_host_lookup_end,		\
	.kernel = bench_host_lookup, .svma = core_lookup }
#define WALK_ROW(n) {							\
	.name = "core-walk", .work = "step to the next region",		\
	.regions = n, .needs = BENCH_CORE, .setup = setup_walk, .svma = core_walk }

const struct bench_row bench_rows_core_lookup[] = {
	BENCH_SIZES(LOOKUP_ROW),
	WALK_ROW(10),
	WALK_ROW(1000),
	WALK_ROW(100000),
	WALK_ROW(1000000),
	{ 0 }
};
