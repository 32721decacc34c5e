/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark harness: rows of work, each done by the running kernel's own calls and by SVMA, in
 * turns, in the same process.
 *
 * A new row is a line in the table of its group (rows_*.c, core/rows_*.c); a new group is a line in
 * the list of rows.c.
 */
#ifndef SVMA_BENCH_H
#define SVMA_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_PAGE	4096UL
/* Rounds that are kept at most. */
#define BENCH_ROUNDS	1000u
/* Regions from which on growth is told. */
#define BENCH_SMALL	1000UL

struct bench;

/**
 * typedef bench_side - do some operations
 * @bench: the benchmark
 * @n: how many; never more than the row's most
 *
 * Return: nanoseconds that they took (or bytes, see struct bench_row); negative after bench_fail().
 */
typedef double (*bench_side)(struct bench *bench, unsigned long n);

/**
 * typedef bench_step - one of two calls that are done in turns
 * @bench: the benchmark
 * @addr: first address of a region of BENCH_STEP_PAGES pages, with free pages around it
 * @undo: the call that undoes the other one
 *
 * Return: 0 or an errno.
 */
typedef int (*bench_step)(struct bench *bench, unsigned long addr, bool undo);

#define BENCH_STEP_PAGES	3UL

/* What a row needs. */
enum bench_needs {
	BENCH_MODULE,	/* the module in the running kernel */
	BENCH_CORE,	/* nothing: the region core is in this program */
};

/**
 * struct bench_row - some work, in a table of rows
 * @name: its word on the command line; rows that differ in size only share it
 * @work: what one operation is
 * @call: what the kernel's side does; the set-up may set another in struct bench
 * @regions: regions that there are on each side before, 0 for few
 * @series: of rows that differ in a number: what the work of all of them is, else NULL
 * @by: what that number counts
 * @number: the number
 * @series_only: the row runs with --series, or if it is named
 * @most: operations in one round at most, 0 for any number
 * @step: operations come in multiples of this, 0 for any number
 * @needs: what the row needs
 * @bytes: what is measured is bytes, once, not time
 * @setup: makes what the operations need; 0 or what bench_fail() returns; may be NULL
 * @kernel: by the running kernel; may be NULL
 * @svma: by SVMA
 * @teardown: undoes the set-up, also where that failed half-way; may be NULL
 * @kernel_step: of rows whose operations are a call and its undoing in turns: by the kernel
 * @svma_step: by SVMA
 * @splits: regions that there are more after the first of the two
 */
struct bench_row {
	const char *name;
	const char *work;
	const char *call;
	unsigned long regions;
	const char *series;
	const char *by;
	unsigned long number;
	bool series_only;
	unsigned long most;
	unsigned long step;
	enum bench_needs needs;
	bool bytes;
	int (*setup)(struct bench *bench);
	bench_side kernel;
	bench_side svma;
	void (*teardown)(struct bench *bench);
	bench_step kernel_step;
	bench_step svma_step;
	unsigned int splits;
};

/**
 * struct bench_stat - the rounds of one side, or their ratios
 * @median: the median
 * @q1: first quartile
 * @q3: third quartile
 * @min: the least
 * @max: the greatest
 */
struct bench_stat {
	double median;
	double q1;
	double q3;
	double min;
	double max;
};

/**
 * struct bench_result - what came of a row
 * @row: the row
 * @call: what the kernel's side did
 * @why: why the row did not run, or empty
 * @why_kernel: why only the kernel's side did not, or empty
 * @has_kernel: the kernel's side was measured
 * @has_svma: SVMA's side was
 * @rounds: how many rounds of each
 * @ops_kernel: operations in each round
 * @ops_svma: same
 * @kernel: ns (or bytes) for each operation
 * @svma: same
 * @speedup: kernel / svma, of pairs of rounds that followed each other
 * @small: the same work with BENCH_SMALL regions, or NULL
 */
struct bench_result {
	const struct bench_row *row;
	char call[48];
	char why[160];
	char why_kernel[160];
	bool has_kernel;
	bool has_svma;
	unsigned int rounds;
	unsigned long ops_kernel;
	unsigned long ops_svma;
	struct bench_stat kernel;
	struct bench_stat svma;
	struct bench_stat speedup;
	const struct bench_result *small;
};

/**
 * struct bench_options - the command line
 * @rows: names of the rows that are wanted, separated by commas; NULL for all
 * @regions: only rows with so many regions, ~0 for any number
 * @native: the rows of the region core, instead of those of the module
 * @self_check: rows of known cost instead, see rows_self.c
 * @json: print JSON
 * @quick: little time for each row
 * @curve: rows of all numbers of regions, of those that have them
 * @series: rows that differ in another number, all of them, and no others
 * @raise: may raise vm.max_map_count
 * @warm: touch free memory before anything is measured
 * @kernel: measure the kernel's side
 * @svma: measure SVMA's side
 * @rounds: rounds of each side
 * @ns: time for each round
 * @ops: operations in each round, 0 for as many as fit the time
 */
struct bench_options {
	const char *rows;
	unsigned long regions;
	bool native;
	bool self_check;
	bool json;
	bool quick;
	bool curve;
	bool series;
	bool raise;
	bool warm;
	bool kernel;
	bool svma;
	unsigned int rounds;
	double ns;
	unsigned long ops;
};

/**
 * struct bench - a benchmark under way
 * @options: the command line
 * @row: the row that runs
 * @result: what comes of it
 * @machine: descriptor of a machine, -1 for none
 * @space: descriptor of a space of it, -1 for none
 * @regions: regions that bench_layout_make() made
 * @host_made: it made them in this process too
 * @random: state of bench_random(), the same at the start of each row
 * @units: a side may set it: what is told is for each of so many parts of an operation
 * @data: of the row
 */
struct bench {
	const struct bench_options *options;
	const struct bench_row *row;
	struct bench_result *result;
	int machine;
	int space;
	unsigned long regions;
	bool host_made;
	uint64_t random;
	double units;
	void *data;
};

/* rows.c: all groups, each ended by a row without a name. */
extern const struct bench_row *const bench_groups[];
extern const struct bench_row bench_rows_self[];

/* measure.c */
double bench_now(void);
void bench_measure(struct bench *bench);

/* run.c */
struct bench_result *bench_run(const struct bench_options *options, size_t *count);
double bench_fail(struct bench *bench, const char *what, int err);
double bench_skip(struct bench *bench, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool bench_row_wanted(const struct bench_options *options, const struct bench_row *row);

/* floors.c */
const char *bench_floor(const struct bench_result *result, double *floor, double *aim,
			double *figure);
void bench_print_floors(const struct bench_result *results, size_t count);

/* output.c */
void bench_print(const struct bench_options *options, const struct bench_result *results,
		 size_t count);
void bench_print_json(const struct bench_options *options, const struct bench_result *results,
		      size_t count);

#endif
