// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that change a region in the middle of the others and change it back, by the core's
 * functions.
 */
#include "core_layout.h"
#include "layout.h"
#include "rows.h"

#define HEAP	(16 * BENCH_PAGE)

static int set_heap(struct svma_core *core, unsigned long end)
{
	unsigned long at = end, populate, len;
	int err = svma_core_brk(core, &at, &populate, &len);

	return err ? -err : at == end ? 0 : ENOMEM;
}

static int setup(struct bench *bench)
{
	unsigned long addr, before, split;
	struct svma_core *core;
	int err;

	err = bench_layout_host(bench);
	if (!err)
		err = bench_host_steps_setup(bench);
	if (err)
		return err;
	core = core_layout_make(bench, CORE_LAYOUT, SVMA_PROFILE_HOST);
	if (!core)
		return -1;
	bench->data = core;
	addr = bench_step_region(bench);
	err = core_map(core, addr, BENCH_STEP_PAGES, CORE_RW, CORE_FIXED, NULL);
	if (!err)
		err = -set_heap(core, BENCH_HEAP + HEAP);
	if (err)
		return bench_fail(bench, "filling the core", -err);
	before = core->index.count;
	bench->row->svma_step(bench, addr, false);
	split = core->index.count;
	bench->row->svma_step(bench, addr, true);
	if (split != before + bench->row->splits || core->index.count != before)
		return bench_fail(bench, "regions do not split and merge", 0);
	return 0;
}

static void teardown(struct bench *bench)
{
	bench_host_steps_end(bench);
	if (!bench->data)
		return;
	svma_core_munmap(bench->data, bench_step_region(bench), BENCH_STEP_PAGES * BENCH_PAGE);
	set_heap(bench->data, BENCH_HEAP);
}

static double core_steps(struct bench *bench, unsigned long n)
{
	unsigned long addr = bench_step_region(bench);
	bench_step step = bench->row->svma_step;
	double start = bench_now(), ns;
	int err = 0;

	for (unsigned long i = 0; !err && i < n; i++)
		err = step(bench, addr, i & 1);
	ns = bench_now() - start;
	if (!err && n & 1)
		err = step(bench, addr, true);
	return err ? bench_fail(bench, bench->row->work, err) : ns;
}

static int core_grow(struct bench *bench, unsigned long addr, bool undo)
{
	unsigned long small = BENCH_STEP_PAGES * BENCH_PAGE, large = small + BENCH_PAGE;
	struct svma_remap_args args = {
		.old_addr = addr, .old_len = undo ? large : small, .new_len = undo ? small : large,
	};

	return -svma_core_mremap(bench->data, &args);
}

static int core_brk(struct bench *bench, unsigned long addr, bool undo)
{
	return set_heap(bench->data, BENCH_HEAP + HEAP + (undo ? 0 : BENCH_PAGE));
}

static int core_advise(struct bench *bench, unsigned long addr, bool undo)
{
	struct svma_populate populate;

	return -svma_core_madvise(bench->data, addr + BENCH_PAGE, BENCH_PAGE,
				  undo ? MADV_DODUMP : MADV_DONTDUMP, &populate);
}

static int core_lock(struct bench *bench, unsigned long addr, bool undo)
{
	struct svma_lock args = {
		.addr = addr + BENCH_PAGE, .len = BENCH_PAGE,
		.op = undo ? SVMA_MUNLOCK : SVMA_MLOCK, .flags = undo ? 0 : MLOCK_ONFAULT,
	};
	struct svma_populate populate;

	return -svma_core_lock(bench->data, &args, &populate);
}

#define STEP_ROW(title, text, calls, more, host, core, n) {		\
	.name = title, .work = text, .call = calls, .regions = n, .needs = BENCH_CORE,	\
	.setup = setup, .teardown = teardown, .kernel = bench_host_steps, .svma = core_steps,	\
	.kernel_step = host, .svma_step = core, .splits = more }
#define GROW_ROW(n) \
	STEP_ROW("core-mremap", BENCH_GROW_WORK, "mremap", 0, bench_host_grow, core_grow, n)
#define BRK_ROW(n) \
	STEP_ROW("core-brk", BENCH_BRK_WORK, "brk", 0, bench_host_brk, core_brk, n)
#define ADVISE_ROW(n) \
	STEP_ROW("core-madvise", BENCH_ADVISE_WORK, "madvise", 2, bench_host_advise, core_advise, n)
#define LOCK_ROW(n) \
	STEP_ROW("core-mlock", BENCH_LOCK_WORK, "mlock2, munlock", 2, bench_host_lock, core_lock, n)

const struct bench_row bench_rows_core_steps[] = {
	BENCH_SIZES(GROW_ROW),
	BENCH_SIZES(BRK_ROW),
	BENCH_SIZES(ADVISE_ROW),
	BENCH_SIZES(LOCK_ROW),
	{ 0 }
};
