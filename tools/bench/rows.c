// SPDX-License-Identifier: GPL-2.0
/*
 * All groups of rows, in the order in which they are printed.
 */
#include "rows.h"

const struct bench_row *const bench_groups[] = {
	bench_rows_call,
	bench_rows_map,
	bench_rows_protect,
	bench_rows_steps,
	bench_rows_search,
	bench_rows_batch,

	bench_rows_fault,
	bench_rows_pages,
	bench_rows_threads,
	bench_rows_share,
	bench_rows_lookup,
	bench_rows_list,
	bench_rows_memory,
	bench_rows_core_map,
	bench_rows_core_protect,
	bench_rows_core_steps,
	bench_rows_core_lookup,
	bench_rows_core_rmap,
	bench_rows_core_gap,
	bench_rows_core_memory,
	bench_rows_core_trees,
	NULL
};
