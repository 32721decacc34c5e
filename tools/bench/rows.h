/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_BENCH_ROWS_H
#define SVMA_BENCH_ROWS_H

#include "bench.h"

/* Rows of all numbers of regions; what only curves are drawn of is left out without --curve. */
#define BENCH_SIZES(ROW)						\
	ROW(10), ROW(100), ROW(1000), ROW(10000), ROW(100000), ROW(1000000)

/* Of the module. */
extern const struct bench_row bench_rows_call[];
extern const struct bench_row bench_rows_map[];
extern const struct bench_row bench_rows_protect[];
extern const struct bench_row bench_rows_steps[];
extern const struct bench_row bench_rows_search[];
extern const struct bench_row bench_rows_batch[];
extern const struct bench_row bench_rows_fault[];
extern const struct bench_row bench_rows_pages[];
extern const struct bench_row bench_rows_threads[];
extern const struct bench_row bench_rows_share[];
extern const struct bench_row bench_rows_lookup[];
extern const struct bench_row bench_rows_list[];
extern const struct bench_row bench_rows_memory[];
/* Of the region core alone. */
extern const struct bench_row bench_rows_core_map[];
extern const struct bench_row bench_rows_core_protect[];
extern const struct bench_row bench_rows_core_steps[];
extern const struct bench_row bench_rows_core_lookup[];
extern const struct bench_row bench_rows_core_rmap[];
extern const struct bench_row bench_rows_core_gap[];
extern const struct bench_row bench_rows_core_memory[];
extern const struct bench_row bench_rows_core_trees[];

/* Memory of a space and a window on it. */
char *bench_space_map(struct bench *bench, unsigned long len);
double bench_space_unmap(struct bench *bench, char *window, unsigned long len, double ns);

/* The kernel's sides, which the rows of the core share with those of the module. */
int bench_host_plug(struct bench *bench);
double bench_host_map_free(struct bench *bench, unsigned long n);
double bench_host_map_fixed(struct bench *bench, unsigned long n);
int bench_host_protect_setup(struct bench *bench);
double bench_host_protect(struct bench *bench, unsigned long n);
void bench_host_protect_end(struct bench *bench);
#define BENCH_GROW_WORK		"mremap in place, a page more or less"
#define BENCH_BRK_WORK		"brk, a page more or less"
#define BENCH_ADVISE_WORK	"madvise in the middle, split or merge"
#define BENCH_LOCK_WORK		"mlock in the middle, split or merge"
int bench_host_grow(struct bench *bench, unsigned long addr, bool undo);
int bench_host_brk(struct bench *bench, unsigned long addr, bool undo);
int bench_host_advise(struct bench *bench, unsigned long addr, bool undo);
int bench_host_lock(struct bench *bench, unsigned long addr, bool undo);
unsigned long bench_step_region(const struct bench *bench);
int bench_host_steps_setup(struct bench *bench);
double bench_host_steps(struct bench *bench, unsigned long n);
void bench_host_steps_end(struct bench *bench);
int bench_host_lookup_setup(struct bench *bench);
double bench_host_lookup(struct bench *bench, unsigned long n);
void bench_host_lookup_end(struct bench *bench);
int bench_host_memory_setup(struct bench *bench);
double bench_host_memory(struct bench *bench, unsigned long n);

#endif
