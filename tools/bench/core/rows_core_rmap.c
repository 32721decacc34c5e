// SPDX-License-Identifier: GPL-2.0
/*
 * The reverse map of a file: which regions map a page of it, and what a region more or less costs.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

static int setup(struct bench *bench)
{
	bench->data = core_layout_make(bench, CORE_FILE, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

static double core_rmap(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->row->regions;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long page = bench_random(&bench->random, regions);
		const struct svma_rmap_region none = { 0 };
		struct svma_rmap_region found[2];
		bool more;

		if (svma_rmap_query(core_file.rmap, page, page, &none, found, 2,
				    &more) != 1 ||
		    found[0].start != bench_region(page, regions))
			return bench_fail(bench, "svma_rmap_query tells other regions", 0);
	}
	return bench_now() - start;
}

/* A region of the file goes and comes back. */
static double core_rmap_change(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->row->regions;
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long page = bench_random(&bench->random, regions);
		unsigned long addr = bench_region(page, regions);
		int err = svma_core_munmap(core, addr, BENCH_PAGE);

		if (!err)
			err = core_map_file(core, addr, page);
		if (err)
			return bench_fail(bench, "mapping a page of the file", -err);
	}
	return bench_now() - start;
}

#define RMAP_ROW(n) {							\
	.name = "core-rmap", .work = "regions that map a page of a file",	\
	.regions = n, .needs = BENCH_CORE, .setup = setup, .svma = core_rmap }
#define CHANGE_ROW(n) {							\
	.name = "core-rmap-change", .work = "munmap and mmap of a page of a file",	\
	.regions = n, .needs = BENCH_CORE, .setup = setup, .svma = core_rmap_change }

const struct bench_row bench_rows_core_rmap[] = {
	BENCH_SIZES(RMAP_ROW),
	BENCH_SIZES(CHANGE_ROW),
	{ 0 }
};
