// SPDX-License-Identifier: GPL-2.0
/*
 * Which rows run, in which order, and what they find there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "layout.h"

static double note(char *why, size_t size, const char *what, int err)
{
	if (err)
		snprintf(why, size, "%s: %s", what, strerror(err));
	else
		snprintf(why, size, "%s", what);
	return -1;
}

/**
 * bench_fail() - the row cannot go on
 * @bench: the benchmark
 * @what: what failed
 * @err: errno, or 0
 *
 * Return: what a side or a set-up returns then.
 */
double bench_fail(struct bench *bench, const char *what, int err)
{
	return note(bench->result->why, sizeof(bench->result->why), what, err);
}

/**
 * bench_skip() - the kernel's side of the row cannot run
 * @bench: the benchmark
 * @fmt: why
 *
 * Return: -1, for whom it helps.
 */
double bench_skip(struct bench *bench, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(bench->result->why_kernel, sizeof(bench->result->why_kernel), fmt, ap);
	va_end(ap);
	return -1;
}

/* Numbers of regions that only curves are drawn of. */
static bool for_curve(const struct bench_row *row)
{
	return row->regions == 100 || row->regions == 10000 ||
	       (row->regions == 1000000 && row->needs == BENCH_MODULE);
}

/* Is there a row like this one for curves? */
static bool has_curve(const struct bench_row *row)
{
	for (const struct bench_row *const *group = bench_groups; *group; group++)
		for (const struct bench_row *other = *group; other->name; other++)
			if (for_curve(other) && !strcmp(other->name, row->name))
				return true;
	return false;
}

/* Is the row in a list of names? */
static bool named(const char *at, const struct bench_row *row)
{
	size_t len = strlen(row->name);

	while (*at) {
		size_t word = strcspn(at, ",");

		if (word == len && !strncmp(at, row->name, len))
			return true;
		at += word;
		at += *at == ',';
	}
	return false;
}

/**
 * bench_row_wanted() - is a row to be run?
 * @options: the command line
 * @row: the row
 *
 * Return: whether it is.
 */
bool bench_row_wanted(const struct bench_options *options, const struct bench_row *row)
{
	enum bench_needs has = options->native ? BENCH_CORE : BENCH_MODULE;

	if (!options->self_check && row->needs != has)
		return false;
	if (options->regions != ~0UL && row->regions != options->regions)
		return false;
	if (options->curve ? !has_curve(row) : for_curve(row) && row->regions != options->regions)
		return false;
	if (options->series && !row->series)
		return false;
	if (options->rows)
		return named(options->rows, row);
	return (options->series || !row->series_only) &&
	       (!options->quick || row->regions <= 100000);
}

static void run_row(struct bench *bench, struct bench_result *result)
{
	const struct bench_row *row = result->row;

	bench->row = row;
	bench->result = result;
	bench->data = NULL;
	bench->random = 1;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s, %lu regions", row->name, row->regions);
	if (!row->setup || !row->setup(bench))
		bench_measure(bench);
	if (row->teardown)
		row->teardown(bench);
	if (!result->call[0])
		snprintf(result->call, sizeof(result->call), "%s", row->call ? row->call : "-");
}

static int by_regions(const void *a, const void *b)
{
	const struct bench_result *const *x = a, *const *y = b;

	if ((*x)->row->regions != (*y)->row->regions)
		return (*x)->row->regions < (*y)->row->regions ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* The row of the same work with few regions. */
static const struct bench_result *small_of(const struct bench_result *results, size_t count,
					   const struct bench_row *row)
{
	for (size_t i = 0; i < count; i++)
		if (results[i].row->regions == BENCH_SMALL &&
		    !strcmp(results[i].row->name, row->name))
			return &results[i];
	return NULL;
}

/**
 * bench_run() - run all rows that are wanted
 * @options: the command line
 * @count: out: how many there are
 *
 * They run by the number of regions, so that what many rows need is made once.
 *
 * Return: the results in the order of the tables, to be freed.
 */
struct bench_result *bench_run(const struct bench_options *options, size_t *count)
{
	struct bench bench = { .options = options, .machine = -1, .space = -1 };
	static const struct bench_row *const self[] = { bench_rows_self, NULL };
	const struct bench_row *const *groups = options->self_check ? self : bench_groups;
	struct bench_result *results = NULL, **order = NULL;
	size_t n = 0;

	for (const struct bench_row *const *group = groups; *group; group++)
		for (const struct bench_row *row = *group; row->name; row++) {
			if (!bench_row_wanted(options, row))
				continue;
			results = reallocarray(results, n + 1, sizeof(*results));
			if (!results)
				abort();
			results[n++] = (struct bench_result){ .row = row };
		}
	order = calloc(n + 1, sizeof(struct bench_result *));
	if (!order)
		abort();
	for (size_t i = 0; i < n; i++) {
		results[i].small = small_of(results, n, results[i].row);
		order[i] = &results[i];
	}
	qsort(order, n, sizeof(struct bench_result *), by_regions);
	for (size_t i = 0; i < n; i++)
		run_row(&bench, order[i]);
	bench_layout_free(&bench);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	free(order);
	*count = n;
	return results;
}
