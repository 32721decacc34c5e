// SPDX-License-Identifier: GPL-2.0
#include "core_layout.h"
#include "layout.h"

static struct svma_core_machine machine;
static struct svma_core core;
static enum core_shape core_shape;
static unsigned long core_regions;
static u32 core_profile;
static bool core_there;

static struct svma_rmap_tree core_file_rmap;

static void not_counted(struct svma_backing *backing)
{
}

static const struct svma_backing_ops core_file_ops = { .get = not_counted, .put = not_counted };

struct svma_backing core_file = {
	.ops = &core_file_ops,
	.flags = SVMA_BACKING_READ,
	.inode = 1,
	.size = 1UL << 40,
	.rmap = &core_file_rmap,
};

static void nothing(struct svma_core *space, unsigned long start, unsigned long end)
{
}

static int nothing_discarded(struct svma_core *space, unsigned long start, unsigned long end)
{
	return 0;
}

static void nothing_moves(struct svma_core *space, unsigned long from, unsigned long to,
			  unsigned long len)
{
}

static int nothing_guarded(struct svma_core *space, unsigned long start, unsigned long end,
			   bool install)
{
	return 0;
}

/* A space without pages, and nobody who wants to know of steps. */
static const struct svma_core_ops ops = {
	.unmap = nothing,
	.protect = nothing,
	.discard = nothing_discarded,
	.set_guard = nothing_guarded,
	.move = nothing_moves,
};

/**
 * core_map() - mmap of anonymous pages
 * @space: the core
 * @addr: where, or 0
 * @pages: how many
 * @prot: PROT_*
 * @flags: MAP_*
 * @result: out: where; may be NULL
 *
 * Return: what svma_core_mmap() returns.
 */
int core_map(struct svma_core *space, unsigned long addr, unsigned long pages, unsigned long prot,
	     unsigned long flags, unsigned long *result)
{
	struct svma_map_args args = {
		.addr = addr, .len = pages * BENCH_PAGE, .prot = prot, .flags = flags,
	};
	int err = svma_core_mmap(space, &args);

	if (!err && result)
		*result = args.result;
	return err;
}

static int start(u32 profile)
{
	const struct svma_layout layout = {
		.told = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_LIMIT_MEMLOCK |
			SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK,
		.max_map_count = 1UL << 30,
		.limit_memlock = ~0UL,
		.start_brk = BENCH_HEAP,
		.brk = BENCH_HEAP,
	};
	struct svma_machine told = {
		.told = SVMA_MACHINE_MODE, .overcommit_mode = SVMA_OVERCOMMIT_GUESS,
	};
	static bool setup;
	int err;

	if (!setup && (svma_index_setup() || svma_rmap_setup()))
		return -ENOMEM;
	setup = true;
	svma_core_machine_init(&machine);
	err = svma_core_machine_set(&machine, &told);
	if (!err)
		err = svma_core_init(&core, &machine, &ops, profile, SVMA_KERNEL(6, 1));
	if (err)
		return err;
	core_there = true;
	return svma_core_layout_set(&core, &layout);
}

/**
 * core_map_file() - mmap of a page of core_file, read-only
 * @space: the core
 * @addr: where
 * @page: which page of the file
 *
 * Return: what svma_core_mmap() returns.
 */
int core_map_file(struct svma_core *space, unsigned long addr, unsigned long page)
{
	struct svma_map_args args = {
		.addr = addr, .len = BENCH_PAGE, .prot = PROT_READ,
		.flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE, .offset = page * BENCH_PAGE,
		.backing = &core_file,
	};

	return svma_core_mmap(space, &args);
}

static int fill(enum core_shape shape, unsigned long n)
{
	unsigned long addr = BENCH_BASE;
	uint64_t state = 1;
	int err = 0;

	for (unsigned long i = 0; !err && i < n; i++) {
		if (shape == CORE_HOLES)
			addr += (2 + bench_random(&state, CORE_KINDS)) * BENCH_PAGE;
		else
			addr = bench_region(i, n);
		err = shape == CORE_FILE ? core_map_file(&core, addr, i) :
					   core_map(&core, addr, 1, CORE_RW, CORE_FIXED, NULL);
	}
	return err;
}

/**
 * core_layout_make() - a core with the row's regions
 * @bench: the benchmark
 * @shape: how they lie
 * @profile: SVMA_PROFILE_*
 *
 * What an earlier row made is taken if it is the same.
 *
 * Return: the core; NULL after bench_fail().
 */
struct svma_core *core_layout_make(struct bench *bench, enum core_shape shape, u32 profile)
{
	unsigned long n = bench->row->regions;
	int err;

	if (core_there && shape != CORE_EMPTY && core_shape == shape && core_regions == n &&
	    core_profile == profile && core.index.count == n)
		return &core;
	if (core_there)
		svma_core_destroy(&core);
	core_there = false;
	svma_rmap_init(&core_file_rmap);
	core_shape = shape;
	core_regions = n;
	core_profile = profile;
	err = start(profile);
	if (!err && shape != CORE_EMPTY)
		err = fill(shape, n);
	if (err) {
		bench_fail(bench, "filling the core with regions", -err);
		return NULL;
	}
	return &core;
}
