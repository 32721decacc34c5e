// SPDX-License-Identifier: GPL-2.0
/*
 * Rounds of the two sides in turns, and what is told of them.
 *
 * Rounds are shorter than what a scheduler gives a task at once, so that on a busy machine most of
 * them are not interrupted, and the medians are those of such rounds. The ratio is taken of each
 * pair of rounds that followed each other: a machine that gets slower or faster in between changes
 * both rounds of a pair alike.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

/* Rows of long operations end after so much time with so many rounds. */
#define LONG_NS		3e9
#define FEW_ROUNDS	11

/**
 * bench_now() - the time
 *
 * Return: nanoseconds of the monotonic clock.
 */
double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double quantile(const double *sorted, unsigned int n, double which)
{
	double place = which * (n - 1);
	unsigned int below = (unsigned int)place;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

static struct bench_stat stat_of(double *values, unsigned int n)
{
	struct bench_stat stat;

	qsort(values, n, sizeof(*values), compare);
	stat.median = quantile(values, n, 0.5);
	stat.q1 = quantile(values, n, 0.25);
	stat.q3 = quantile(values, n, 0.75);
	stat.min = values[0];
	stat.max = values[n - 1];
	return stat;
}

/* A multiple of @step, from @step to @most. */
static unsigned long fit(unsigned long n, unsigned long step, unsigned long most)
{
	n = n < most ? n : most;
	n -= n % step;
	return n ? n : step;
}

/*
 * How many operations fill a round? Doubled from the fewest until they take half of its time, which
 * also warms up what they use; the very first may have to make what the others find, so that it
 * tells nothing about them. 0: the side failed.
 */
static unsigned long calibrate(struct bench *bench, bench_side side)
{
	const struct bench_row *row = bench->row;
	unsigned long most = row->most ? row->most : 1UL << 40, step = row->step ? row->step : 1;
	unsigned long n = step;
	double ns, want;

	if (row->bytes)
		return 1;
	if (bench->options->ops)
		return fit(bench->options->ops, step, most);
	if (side(bench, n) < 0)
		return 0;
	for (;;) {
		ns = side(bench, n);
		if (ns < 0)
			return 0;
		if (ns >= bench->options->ns / 2 || n >= most)
			break;
		n = n * 2 < most ? n * 2 : most;
	}
	want = ns > 0 ? n * bench->options->ns / ns : n;
	return fit(want < most ? (unsigned long)want : most, step, most);
}

/*
 * One round: ns for each operation, or for each of its units; negative: it failed. What the other
 * side's round left behind is not measured: half as many operations before, at least one, are not
 * timed. After a fork by the kernel's side, for one, this process copies what it writes to.
 */
static double round_of(struct bench *bench, bench_side side, unsigned long ops)
{
	unsigned long step = bench->row->step ? bench->row->step : 1;

	if (!bench->row->bytes && !bench->options->ops && side(bench, fit(ops / 2, step, ops)) < 0)
		return -1;
	bench->units = 1;
	return side(bench, ops) / ops / bench->units;
}

/* Fills the result's statistics. False: a side failed. */
static bool rounds(struct bench *bench, bench_side kernel, bench_side svma, unsigned int n)
{
	static double ns_kernel[BENCH_ROUNDS], ns_svma[BENCH_ROUNDS], ratio[BENCH_ROUNDS];
	struct bench_result *result = bench->result;
	double start = bench_now();

	for (unsigned int i = 0; i < n; i++) {
		if (i >= FEW_ROUNDS && bench_now() - start > LONG_NS) {
			n = i;
			break;
		}
		if (kernel) {
			ns_kernel[i] = round_of(bench, kernel, result->ops_kernel);
			if (ns_kernel[i] < 0)
				return false;
		}
		if (svma) {
			ns_svma[i] = round_of(bench, svma, result->ops_svma);
			if (ns_svma[i] < 0)
				return false;
		}
		if (kernel && svma)
			ratio[i] = ns_svma[i] > 0 ? ns_kernel[i] / ns_svma[i] : NAN;
	}
	result->rounds = n;
	if (kernel)
		result->kernel = stat_of(ns_kernel, n);
	if (svma)
		result->svma = stat_of(ns_svma, n);
	if (kernel && svma)
		result->speedup = stat_of(ratio, n);
	return true;
}

/**
 * bench_measure() - measure the row that is set up
 * @bench: the benchmark; its result is filled
 */
void bench_measure(struct bench *bench)
{
	struct bench_result *result = bench->result;
	const struct bench_options *options = bench->options;
	bench_side kernel = options->kernel && !result->why_kernel[0] ? bench->row->kernel : NULL;
	bench_side svma = options->svma ? bench->row->svma : NULL;
	unsigned int n = bench->row->bytes ? 1 : options->rounds;

	if (kernel) {
		result->ops_kernel = calibrate(bench, kernel);
		if (!result->ops_kernel)
			return;
	}
	if (svma) {
		result->ops_svma = calibrate(bench, svma);
		if (!result->ops_svma)
			return;
	}
	if (!rounds(bench, kernel, svma, n))
		return;
	result->has_kernel = kernel;
	result->has_svma = svma;
}
