/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_BENCH_ROWS_H
#define SVMA_BENCH_ROWS_H

#include "bench.h"

/* Of the module. */
extern const struct bench_row bench_rows_call[];
extern const struct bench_row bench_rows_map[];
extern const struct bench_row bench_rows_protect[];
extern const struct bench_row bench_rows_fault[];
extern const struct bench_row bench_rows_lookup[];
extern const struct bench_row bench_rows_list[];
extern const struct bench_row bench_rows_memory[];
/* Of the region core alone. */
extern const struct bench_row bench_rows_core_map[];
extern const struct bench_row bench_rows_core_protect[];
extern const struct bench_row bench_rows_core_lookup[];
extern const struct bench_row bench_rows_core_gap[];
extern const struct bench_row bench_rows_core_memory[];

/* The kernel's sides, which the rows of the core share with those of the module. */
int bench_host_plug(struct bench *bench);
double bench_host_map_free(struct bench *bench, unsigned long n);
double bench_host_map_fixed(struct bench *bench, unsigned long n);
int bench_host_protect_setup(struct bench *bench);
double bench_host_protect(struct bench *bench, unsigned long n);
void bench_host_protect_end(struct bench *bench);
int bench_host_lookup_setup(struct bench *bench);
double bench_host_lookup(struct bench *bench, unsigned long n);
void bench_host_lookup_end(struct bench *bench);
int bench_host_memory_setup(struct bench *bench);
double bench_host_memory(struct bench *bench, unsigned long n);

#endif
