// SPDX-License-Identifier: GPL-2.0
/*
 * The search for a free range, alone: there are holes of CORE_KINDS lengths, and all lengths are
 * asked for. No call of the kernel does this alone.
 */
#include "core_layout.h"
#include "layout.h"
#include "region.h"
#include "rows.h"

static int setup(struct bench *bench)
{
	bench->data = core_layout_make(bench, CORE_HOLES, SVMA_PROFILE_HOST);
	return bench->data ? 0 : -1;
}

static int setup_classic(struct bench *bench)
{
	bench->data = core_layout_make(bench, CORE_HOLES, SVMA_PROFILE_CLASSIC);
	return bench->data ? 0 : -1;
}

/*
 * Between the first region and the last one, so that a hole is searched for: outside of them there
 * is always room. @up: the lowest; else the highest.
 */
static double search(struct bench *bench, unsigned long n, bool up)
{
	struct svma_core *core = bench->data;
	unsigned long low = BENCH_BASE, high, at, end;
	struct svma_vma last;
	double start;

	if (!svma_index_last(&core->index, &last))
		return bench_fail(bench, "there is no region", 0);
	high = last.start;
	start = bench_now();
	for (unsigned long i = 0; i < n; i++) {
		unsigned long len = (1 + bench_random(&bench->random, CORE_KINDS)) * BENCH_PAGE;
		bool found = up ? svma_index_gap_low(&core->index, low, high, len, &at, &end) :
				  svma_index_gap_high(&core->index, low, high, len, &at, &end);

		if (found && end - at < len)
			return bench_fail(bench, "a hole that was found is too short", 0);
		/* Of few holes none may be long enough. */
		if (!found && bench->row->regions >= 100 * CORE_KINDS)
			return bench_fail(bench, "no hole found", 0);
	}
	return bench_now() - start;
}

static double gap_high(struct bench *bench, unsigned long n)
{
	return search(bench, n, false);
}

static double gap_low(struct bench *bench, unsigned long n)
{
	return search(bench, n, true);
}

/* The whole of mmap's own search, with hints, alignment and bounds. */
static double whole_search(struct bench *bench, unsigned long n)
{
	struct svma_core *core = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long len = (1 + bench_random(&bench->random, CORE_KINDS)) * BENCH_PAGE, at;
		int err = svma_search(core, NULL, 0, len, 0, CORE_FREE, &at);

		if (err)
			return bench_fail(bench, "svma_search", -err);
	}
	return bench_now() - start;
}

#define GAP_ROW(title, text, how, side, n) {				\
	.name = title, .work = text, .regions = n, .needs = BENCH_CORE,	\
	.setup = how, .svma = side }
#define GAP_ROWS(title, text, how, side)				\
	GAP_ROW(title, text, how, side, 10),				\
	GAP_ROW(title, text, how, side, 100),				\
	GAP_ROW(title, text, how, side, 1000),				\
	GAP_ROW(title, text, how, side, 10000),				\
	GAP_ROW(title, text, how, side, 100000),			\
	GAP_ROW(title, text, how, side, 1000000)

const struct bench_row bench_rows_core_gap[] = {
	GAP_ROWS("core-gap-high", "search of the highest hole that fits", setup, gap_high),
	GAP_ROWS("core-gap-low", "search of the lowest hole that fits", setup, gap_low),
	GAP_ROWS("core-search", "free-area search, host profile", setup, whole_search),
	GAP_ROWS("core-search-classic", "free-area search, classic profile", setup_classic,
		 whole_search),
	{ 0 }
};
