// SPDX-License-Identifier: GPL-2.0
/*
 * The classic profile: the documented search by a scan of the regions and the one that spaces use
 * give the same answer and remember the same; heap, limits, caches.
 */
#include "region.h"
#include "unit.h"

static void start(struct svma_core_machine *machine, struct svma_core *core, unsigned long pages)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_HIGH | SVMA_LAYOUT_MMAP_BASE | SVMA_LAYOUT_LEGACY_BASE |
			SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK | SVMA_LAYOUT_STACK_TOP |
			SVMA_LAYOUT_MIN_ADDR,
		.high = (1024 + pages) * PAGE,
		.mmap_base = (1024 + pages / 4) * PAGE,
		.legacy_base = (1024 + pages / 4) * PAGE,
		.start_brk = 1024 * PAGE,
		.brk = 1024 * PAGE,
		.stack_top = (1024 + pages) * PAGE,
	};

	svma_core_machine_init(machine);
	EXPECT_EQ(svma_core_init(core, machine, &unit_no_ops, SVMA_PROFILE_CLASSIC, 0), 0);
	EXPECT_EQ(svma_core_layout_set(core, &layout), 0);
}

static long map(struct svma_core *core, unsigned long addr, unsigned long len, unsigned long prot,
		unsigned long flags)
{
	struct svma_map_args args = { .addr = addr, .len = len, .prot = prot, .flags = flags };
	int error = svma_core_mmap(core, &args);

	return error ? error : (long)args.result;
}

struct memory {
	unsigned long cache;
	unsigned long hole;
};

static struct memory remember(const struct svma_core *core)
{
	return (struct memory) { core->free_area_cache, core->cached_hole_size };
}

static void recall(struct svma_core *core, struct memory memory)
{
	core->free_area_cache = memory.cache;
	core->cached_hole_size = memory.hole;
}

TEST(classic_search_same)
{
	unsigned long run, runs = env_number("CLASSIC_RUNS", 150), i, found = 0, refused = 0;

	for (run = 0; run < runs && !tap_failing(); run++) {
		struct svma_core_machine machine;
		unsigned long pages, len, one, two;
		struct rng rng = { 9000 + run };
		struct svma_core core;

		pages = 32 << rng_below(&rng, 6);
		start(&machine, &core, pages);
		for (i = 0; i < 200 && !tap_failing(); i++) {
			struct memory before = remember(&core), after;
			int error;

			len = (1 + rng_below(&rng, 1UL << rng_below(&rng, 7))) * PAGE;
			one = 0;
			two = 0;
			error = svma_search_classic_scan(&core, len, &one);
			after = remember(&core);
			recall(&core, before);
			EXPECT_EQ(svma_search_classic(&core, len, &two), error);
			EXPECT_EQ(two, one);
			EXPECT_EQ(core.free_area_cache, after.cache);
			EXPECT_EQ(core.cached_hole_size, after.hole);
			if (tap_failing())
				tap_note("run %lu, step %lu, %lx bytes, cache %lx hole %lx", run, i,
					 len, before.cache, before.hole);
			recall(&core, before);
			found += !error;
			refused += !!error;
			switch (rng_below(&rng, 4)) {
			case 0:
				svma_core_munmap(&core, (1024 + rng_below(&rng, pages)) * PAGE,
						 len);
				break;
			case 1:
				map(&core, (1024 + rng_below(&rng, pages)) * PAGE, len, PROT_READ,
				    FIXED);
				break;
			default:
				EXPECT_EQ(map(&core, 0, len, RW, ANON), error ? error : (long)one);
				break;
			}
			EXPECT(!svma_core_validate(&core));
		}
		svma_core_destroy(&core);
	}
	EXPECT(found > runs * 50);
	EXPECT(refused > runs * 5);
}

TEST(classic_search)
{
	struct svma_core_machine machine;
	struct svma_core core;
	long base;

	start(&machine, &core, 1024);
	base = core.layout.mmap_base;
	EXPECT_EQ(map(&core, 0, 4 * PAGE, RW, ANON), base);
	EXPECT_EQ(map(&core, 0, 4 * PAGE, PROT_READ, ANON), base + 4 * PAGE);
	EXPECT_EQ(core.free_area_cache, base + 8 * PAGE);
	/* What is unmapped below the cache brings it down. */
	EXPECT_EQ(svma_core_munmap(&core, base, 4 * PAGE), 0);
	EXPECT_EQ(core.free_area_cache, base);
	EXPECT_EQ(core.cached_hole_size, ~0UL);
	EXPECT_EQ(map(&core, 0, 5 * PAGE, RW, ANON), base + 8 * PAGE);
	EXPECT_EQ(core.cached_hole_size, 4 * PAGE);
	/* Longer than the hole that is known: on from the cache; not longer: from the base. */
	EXPECT_EQ(map(&core, 0, 5 * PAGE, PROT_READ, ANON), base + 13 * PAGE);
	EXPECT_EQ(map(&core, 0, 4 * PAGE, PROT_READ | PROT_EXEC, ANON), base);
	/* Nothing above: once more from the base. */
	EXPECT_EQ(map(&core, 0, core.layout.high - base - 18 * PAGE, PROT_NONE, ANON),
		  base + 18 * PAGE);
	EXPECT_EQ(map(&core, 0, PAGE, RW, ANON), -ENOMEM);
	svma_core_destroy(&core);
}

TEST(classic_hint)
{
	struct svma_core_machine machine;
	struct svma_core core;

	start(&machine, &core, 1024);
	EXPECT_EQ(map(&core, 1100 * PAGE, 4 * PAGE, RW, ANON), 1100 * PAGE);
	EXPECT_EQ(map(&core, 1098 * PAGE, 4 * PAGE, RW, ANON), core.layout.mmap_base);
	EXPECT_EQ(map(&core, 1096 * PAGE, 4 * PAGE, PROT_READ, ANON), 1096 * PAGE);
	/* flags that were not there yet */
	EXPECT_EQ(map(&core, 0, 4 * PAGE, RW, MAP_DROPPABLE | MAP_ANONYMOUS), -EINVAL);
	EXPECT_EQ(map(&core, 0, 4 * PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS), -EINVAL);
	/* so that this one was but a hint */
	EXPECT(map(&core, 1100 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE) >
	       (long)core.layout.mmap_base);
	svma_core_destroy(&core);
}

/* No distance is kept from what grows down, whatever the space is told of one. */
TEST(classic_no_guard)
{
	struct svma_layout guard = { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 256 * PAGE };
	struct svma_core_machine machine;
	struct svma_core core;
	unsigned long brk = 1098 * PAGE, populate, len;

	start(&machine, &core, 1024);
	EXPECT_EQ(svma_core_layout_set(&core, &guard), 0);
	EXPECT_EQ(map(&core, 1100 * PAGE, PAGE, RW, FIXED | MAP_GROWSDOWN), 1100 * PAGE);
	EXPECT_EQ(map(&core, 1099 * PAGE, PAGE, PROT_READ, ANON), 1099 * PAGE);
	/* a page is kept before the next region */
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(brk, 1098 * PAGE);
	svma_core_munmap(&core, 1024 * PAGE, 76 * PAGE);
	/* A stack grows down to its neighbour. */
	EXPECT_EQ(map(&core, 1098 * PAGE, PAGE, RW, FIXED), 1098 * PAGE);
	EXPECT_EQ(svma_core_grow(&core, 1099 * PAGE), 0);
	svma_core_destroy(&core);
}

TEST(classic_mincore)
{
	struct svma_core_machine machine;
	struct svma_core core;
	unsigned long high;

	start(&machine, &core, 1024);
	high = core.layout.high;
	EXPECT_EQ(svma_core_mincore(&core, 1024 * PAGE, PAGE), 0);
	EXPECT_EQ(svma_core_mincore(&core, 1024 * PAGE + 1, PAGE), -EINVAL);
	EXPECT_EQ(svma_core_mincore(&core, high - PAGE, PAGE), 0);
	EXPECT_EQ(svma_core_mincore(&core, high - PAGE, 2 * PAGE), -ENOMEM);
	EXPECT_EQ(svma_core_mincore(&core, 0, high + PAGE), -ENOMEM);
	svma_core_destroy(&core);
}

TEST(classic_heap)
{
	unsigned long brk = 1030 * PAGE, populate, len;
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_vma vma;

	start(&machine, &core, 1024);
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(brk, 1030 * PAGE);
	EXPECT(svma_core_find(&core, 1024 * PAGE, &vma));
	EXPECT(vma.flags & SVMA_VM_GROWSUP);
	brk = 1040 * PAGE;
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(core.index.count, 1);
	EXPECT_EQ(core.total, 16);
	svma_core_destroy(&core);
}

/* Verbs that look for regions and take none away; all of it is in one region each. */
static void others_look(struct svma_core *core, unsigned long one, unsigned long two)
{
	struct svma_remap_args remap = { .old_addr = two, .old_len = PAGE, .new_len = PAGE };
	struct svma_lock lock = { .addr = two, .len = PAGE, .op = SVMA_MLOCK };
	struct svma_populate populate = { 0 };
	unsigned long brk = core->layout.brk + PAGE, populate_start, populate_len;

	EXPECT_EQ(svma_core_mprotect(core, one, PAGE, PROT_READ, -1), 0);
	EXPECT_EQ(svma_core_mprotect(core, one, PAGE, RW, -1), 0);
	EXPECT_EQ(svma_core_mprotect(core, two, PAGE, RW, -1), 0);
	EXPECT_EQ(svma_core_mremap(core, &remap), 0);
	EXPECT_EQ(svma_core_madvise(core, two, PAGE, MADV_DONTNEED, &populate), 0);
	EXPECT_EQ(svma_core_lock(core, &lock, &populate), 0);
	EXPECT_EQ(svma_core_msync(core, two, PAGE, MS_ASYNC), 0);
	EXPECT_EQ(svma_core_mincore(core, two, PAGE), 0);
	EXPECT_EQ(svma_core_brk(core, &brk, &populate_start, &populate_len), 0);
}

/* The region found last is looked at first, and forgotten when regions go. */
TEST(classic_last_found)
{
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_vma vma;

	start(&machine, &core, 1024);
	map(&core, 1100 * PAGE, 4 * PAGE, RW, FIXED);
	map(&core, 1110 * PAGE, 4 * PAGE, RW, FIXED);
	core.cache_hits = 0;
	core.cache_misses = 0;
	EXPECT(svma_core_find(&core, 1100 * PAGE, &vma));
	EXPECT(svma_core_find(&core, 1103 * PAGE, &vma));
	EXPECT_EQ(vma.start, 1100 * PAGE);
	EXPECT(svma_core_find(&core, 1112 * PAGE, &vma));
	EXPECT_EQ(vma.start, 1110 * PAGE);
	EXPECT_EQ(core.cache_hits, 1);
	EXPECT_EQ(core.cache_misses, 2);
	EXPECT_EQ(svma_core_munmap(&core, 1110 * PAGE, PAGE), 0);
	EXPECT(svma_core_find(&core, 1111 * PAGE, &vma));
	EXPECT_EQ(core.cache_hits, 1);
	EXPECT_EQ(core.cache_misses, 3);
	/* Also when another is at the same place by then. */
	EXPECT_EQ(svma_core_munmap(&core, 1111 * PAGE, 3 * PAGE), 0);
	map(&core, 1111 * PAGE, 4 * PAGE, RW, FIXED);
	EXPECT(svma_core_find(&core, 1111 * PAGE, &vma));
	EXPECT_EQ(core.cache_hits, 1);
	EXPECT_EQ(core.cache_misses, 4);
	/* So does mmap's look at a hint: one within it, one that is free below the other region. */
	map(&core, 1112 * PAGE, PAGE, RW, ANON);
	EXPECT_EQ(core.cache_hits, 2);
	EXPECT_EQ(core.cache_misses, 4);
	map(&core, 1090 * PAGE, PAGE, RW, ANON);
	EXPECT_EQ(core.cache_hits, 2);
	EXPECT_EQ(core.cache_misses, 5);
	EXPECT(svma_core_find(&core, 1100 * PAGE, &vma));
	EXPECT_EQ(core.cache_hits, 3);
	/* What other verbs look for counts not, and is not remembered. */
	others_look(&core, 1100 * PAGE, 1112 * PAGE);
	EXPECT_EQ(core.cache_hits, 3);
	EXPECT_EQ(core.cache_misses, 5);
	EXPECT(svma_core_find(&core, 1100 * PAGE, &vma));
	EXPECT_EQ(core.cache_hits, 4);
	EXPECT_EQ(svma_core_munmap(&core, 1113 * PAGE, PAGE), 0);
	EXPECT_EQ(core.cache_hits, 4);
	EXPECT_EQ(core.cache_misses, 5);
	svma_core_destroy(&core);
}

/*
 * The strict limit as the documentation prints it, to the page; the heuristic over the machine's
 * fields.
 */
TEST(classic_overcommit)
{
	struct svma_machine told = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE | SVMA_MACHINE_RATIO |
			SVMA_MACHINE_SWAP | SVMA_MACHINE_FREE | SVMA_MACHINE_CACHE |
			SVMA_MACHINE_RECLAIMABLE,
		.ram = 100,
		.overcommit_ratio = 50,
		.swap = 10,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER,
		.free = 20,
		.cache = 30,
		.reclaimable = 5,
	};
	struct svma_core_machine machine;
	struct svma_core core;

	start(&machine, &core, 1024);
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(map(&core, 0, 61 * PAGE, RW, ANON), -ENOMEM);
	EXPECT(map(&core, 0, 60 * PAGE, RW, ANON) > 0);
	EXPECT_EQ(map(&core, 0, PAGE, RW, ANON), -ENOMEM);
	EXPECT(map(&core, 0, PAGE, PROT_READ, ANON) > 0);
	told.told = SVMA_MACHINE_MODE;
	told.overcommit_mode = SVMA_OVERCOMMIT_GUESS;
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(map(&core, 0, 65 * PAGE, RW, ANON), -ENOMEM);
	EXPECT(map(&core, 0, 64 * PAGE, RW, ANON) > 0);
	svma_core_destroy(&core);
	EXPECT_EQ(machine.committed, 0);
}

/*
 * Whatever unmaps lets the next search start there: a fixed mapping, the heap, a move; a call that
 * finds nothing does not.
 */
TEST(classic_forget)
{
	unsigned long brk = 1024 * PAGE, populate, len;
	struct svma_core_machine machine;
	struct svma_remap_args move;
	struct svma_core core;
	unsigned long base;

	start(&machine, &core, 1024);
	base = core.layout.mmap_base;
	EXPECT_EQ(map(&core, 0, 16 * PAGE, RW, ANON), base);
	EXPECT_EQ(map(&core, base + 4 * PAGE, PAGE, PROT_READ, FIXED), base + 4 * PAGE);
	EXPECT_EQ(core.free_area_cache, base + 4 * PAGE);
	EXPECT_EQ(map(&core, 0, 4 * PAGE, RW, ANON), base + 16 * PAGE);
	EXPECT_EQ(core.free_area_cache, base + 20 * PAGE);
	EXPECT_EQ(svma_core_munmap(&core, base + 20 * PAGE, PAGE), 0);
	EXPECT_EQ(svma_core_munmap(&core, base - 4 * PAGE, 4 * PAGE), 0);
	EXPECT_EQ(core.free_area_cache, base + 20 * PAGE);
	move = (struct svma_remap_args){ .old_addr = base + 16 * PAGE, .old_len = 4 * PAGE,
					 .new_len = 4 * PAGE, .new_addr = base + 100 * PAGE,
					 .flags = MREMAP_MAYMOVE | MREMAP_FIXED };
	EXPECT_EQ(svma_core_mremap(&core, &move), 0);
	EXPECT_EQ(core.free_area_cache, base + 16 * PAGE);
	/* From below the base: as far as it matters. */
	EXPECT_EQ(svma_core_munmap(&core, base - PAGE, 2 * PAGE), 0);
	EXPECT_EQ(core.free_area_cache, base);
	/* The heap lies below the base, where no search looks. */
	brk = 1040 * PAGE;
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(map(&core, 0, PAGE, PROT_NONE, ANON), base);
	brk = 1030 * PAGE;
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(core.free_area_cache, base + PAGE);
	svma_core_destroy(&core);
}

/* A split that the number of regions forbids leaves the space as it was. */
TEST(classic_split_limit)
{
	struct svma_layout layout = { .told = SVMA_LAYOUT_MAX_MAP_COUNT, .max_map_count = 2 };
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_vma vma;

	start(&machine, &core, 1024);
	EXPECT_EQ(map(&core, 1100 * PAGE, 8 * PAGE, RW, FIXED), 1100 * PAGE);
	EXPECT_EQ(map(&core, 1120 * PAGE, 8 * PAGE, RW, FIXED), 1120 * PAGE);
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(svma_core_munmap(&core, 1102 * PAGE, 2 * PAGE), -ENOMEM);
	EXPECT_EQ(svma_core_mprotect(&core, 1102 * PAGE, 2 * PAGE, PROT_READ, -1), -ENOMEM);
	EXPECT(svma_core_find(&core, 1102 * PAGE, &vma));
	EXPECT(vma.start == 1100 * PAGE && vma.end == 1108 * PAGE);
	EXPECT_EQ(core.index.count, 2);
	EXPECT_EQ(core.committed, 16);
	/* Cutting off an end makes none more. */
	EXPECT_EQ(svma_core_munmap(&core, 1106 * PAGE, 16 * PAGE), 0);
	EXPECT_EQ(core.index.count, 2);
	EXPECT_EQ(core.total, 12);
	svma_core_destroy(&core);
}

/* The limit on data is the heap's alone, that on the address space is everybody's. */
TEST(classic_limits)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_LIMIT_DATA | SVMA_LAYOUT_LIMIT_AS,
		.limit_data = 8 * PAGE, .limit_as = 40 * PAGE,
	};
	unsigned long brk = 1033 * PAGE, populate, len;
	struct svma_core_machine machine;
	struct svma_core core;

	start(&machine, &core, 1024);
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(brk, 1024 * PAGE);
	brk = 1032 * PAGE;
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate, &len), 0);
	EXPECT_EQ(brk, 1032 * PAGE);
	EXPECT_EQ(map(&core, 0, 32 * PAGE, RW, ANON), core.layout.mmap_base);
	EXPECT_EQ(map(&core, 0, PAGE, PROT_NONE, ANON), -ENOMEM);
	svma_core_destroy(&core);
}
