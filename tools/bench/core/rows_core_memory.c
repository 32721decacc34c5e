// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for each region, index included, as the index tells it: after regions were made in the
 * order of their addresses, and in no order.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

static int setup(struct bench *bench)
{
	bench->data = core_layout_make(bench, CORE_EMPTY, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

static double grown(struct bench *bench, bool order)
{
	unsigned long regions = bench->row->regions, *place = calloc(regions, sizeof(*place));
	struct svma_core *core = bench->data;
	uint64_t state = 1;

	if (!place)
		return bench_fail(bench, "calloc", ENOMEM);
	for (unsigned long i = 0; i < regions; i++) {
		unsigned long other = order ? i : bench_random(&state, i + 1);

		place[i] = place[other];
		place[other] = i;
	}
	for (unsigned long i = 0; i < regions; i++) {
		unsigned long addr = bench_region(place[i], regions);
		int err = core_map(core, addr, 1, CORE_RW, CORE_FIXED, NULL);

		if (err) {
			free(place);
			return bench_fail(bench, "svma_core_mmap", -err);
		}
	}
	free(place);
	bench->units = regions;
	return svma_index_memory(&core->index);
}

static double in_order(struct bench *bench, unsigned long n)
{
	return grown(bench, true);
}

static double in_no_order(struct bench *bench, unsigned long n)
{
	return grown(bench, false);
}

#define MEMORY_ROW(title, text, side, n) {				\
	.name = title, .work = text, .regions = n, .needs = BENCH_CORE,	\
	.bytes = true, .setup = setup, .svma = side }
#define MEMORY_ROWS(title, text, side)					\
	MEMORY_ROW(title, text, side, 10),				\
	MEMORY_ROW(title, text, side, 1000),				\
	MEMORY_ROW(title, text, side, 100000),				\
	MEMORY_ROW(title, text, side, 1000000)

const struct bench_row bench_rows_core_memory[] = {
	MEMORY_ROWS("core-memory", "memory for each region, in order (bytes)", in_order),
	MEMORY_ROWS("core-memory-random", "memory for each region, in no order (bytes)",
		    in_no_order),
	{ 0 }
};
