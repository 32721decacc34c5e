// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of known cost, by which the harness itself is checked: they wait for a time on the clock.
 */
#include "bench.h"

#define KERNEL_NS	6000
#define SVMA_NS		2000
#define UNITS		10

static double wait_for(unsigned long n, double each)
{
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		double end = bench_now() + each;

		while (bench_now() < end)
			;
	}
	return bench_now() - start;
}

static double slow(struct bench *bench, unsigned long n)
{
	(void)bench;
	return wait_for(n, KERNEL_NS);
}

static double quick(struct bench *bench, unsigned long n)
{
	(void)bench;
	return wait_for(n, SVMA_NS);
}

static double quick_units(struct bench *bench, unsigned long n)
{
	bench->units = UNITS;
	return wait_for(n, SVMA_NS);
}

static double failing(struct bench *bench, unsigned long n)
{
	(void)n;
	return bench_fail(bench, "this row fails", 0);
}

static int setup_skip(struct bench *bench)
{
	bench_skip(bench, "there is no such call");
	return 0;
}

const struct bench_row bench_rows_self[] = {
	{
		.name = "thrice", .work = "6 us against 2 us", .call = "wait",
		.kernel = slow, .svma = quick,
	}, {
		.name = "units", .work = "6 us against 2 us in ten parts", .call = "wait",
		.kernel = slow, .svma = quick_units,
	}, {
		.name = "skipped", .work = "no kernel's side", .call = "wait",
		.setup = setup_skip, .kernel = slow, .svma = quick,
	}, {
		.name = "failing", .work = "a side that fails", .call = "wait",
		.kernel = slow, .svma = failing,
	},
	{ 0 }
};
