// SPDX-License-Identifier: GPL-2.0
/* What a space starts with, is told and tells; values at the very edge of what is allowed. */
#include "index_node.h"
#include "memory.h"
#include "region.h"
#include "unit.h"

static void start_kernel(struct svma_core *core, struct svma_core_machine *machine, u32 profile)
{
	svma_core_machine_init(machine);
	EXPECT_EQ(svma_core_init(core, machine, &unit_no_ops, profile, K6_12), 0);
}

/* The layout of a process without randomised addresses, and that of the documentation. */
TEST(values_at_first)
{
	struct svma_core_machine machine;
	struct svma_core core;

	start_kernel(&core, &machine, SVMA_PROFILE_HOST);
	EXPECT_EQ(core.rules.kernel, K6_12);
	EXPECT_EQ(core.layout.direction, SVMA_TOPDOWN);
	EXPECT_EQ(core.layout.mmap_base, core.layout.high - (128UL << 20));
	EXPECT_EQ(core.layout.legacy_base, svma_page_align(core.layout.high / 3));
	EXPECT_EQ(core.layout.stack_top, core.layout.high);
	EXPECT_EQ(core.layout.limit_stack, 8UL << 20);
	EXPECT_EQ(core.layout.limit_memlock, 8UL << 20);
	EXPECT_EQ(core.layout.limit_as, ~0ULL);
	EXPECT_EQ(core.layout.limit_data, ~0ULL);
	EXPECT_EQ(core.layout.brk, core.layout.start_brk);
	svma_core_destroy(&core);

	start_kernel(&core, &machine, SVMA_PROFILE_CLASSIC);
	EXPECT_EQ(core.layout.direction, SVMA_BOTTOMUP);
	EXPECT_EQ(core.layout.mmap_base, core.layout.legacy_base);
	EXPECT_EQ(core.layout.guard_gap, 0);
	EXPECT_EQ(core.free_area_cache, core.layout.mmap_base);
	EXPECT_EQ(core.cache_start, ULONG_MAX);
	EXPECT_EQ(core.rules.kernel, MODEL_CLASSIC);
	svma_core_destroy(&core);

	svma_core_machine_init(&machine);
	EXPECT_EQ(machine.told.ram, 1UL << 20);
	EXPECT_EQ(machine.told.free, 1UL << 19);
	EXPECT_EQ(machine.told.cache, 1UL << 18);
	EXPECT_EQ(machine.told.overcommit_mode, SVMA_OVERCOMMIT_GUESS);
	EXPECT_EQ(machine.told.overcommit_ratio, 50);
	EXPECT_EQ(machine.told.admin_reserve, 2048);
	EXPECT_EQ(machine.told.user_reserve, 32768);
}

/* All that may lie at the end of the space, and the end of the largest space. */
TEST(values_at_the_edge)
{
	const unsigned long high = 1UL << 56;
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_HIGH | SVMA_LAYOUT_LOW | SVMA_LAYOUT_MMAP_BASE |
			SVMA_LAYOUT_LEGACY_BASE | SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK |
			SVMA_LAYOUT_STACK_TOP | SVMA_LAYOUT_MIN_ADDR | SVMA_LAYOUT_GUARD_GAP |
			SVMA_LAYOUT_START_CODE | SVMA_LAYOUT_END_CODE | SVMA_LAYOUT_START_DATA |
			SVMA_LAYOUT_END_DATA | SVMA_LAYOUT_PERSONALITY,
		.low = high - PAGE, .high = high, .mmap_base = high, .legacy_base = high,
		.start_brk = high, .brk = high, .stack_top = high, .min_addr = high,
		.guard_gap = high, .start_code = 5, .end_code = 6, .start_data = 7, .end_data = 7,
		.personality = SVMA_READ_IMPLIES_EXEC | SVMA_CAP_IPC_LOCK | SVMA_CAP_SYS_ADMIN |
			       SVMA_BRK_COMPAT | SVMA_CAP_SYS_RESOURCE | SVMA_CAP_SYS_RAWIO,
	};
	struct svma_core_machine machine;
	struct svma_core core;

	start_kernel(&core, &machine, SVMA_PROFILE_HOST);
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(core.layout.start_code, 5);
	EXPECT_EQ(core.layout.end_code, 6);
	EXPECT_EQ(core.layout.guard_gap, high);
	EXPECT_EQ(core.layout.told, layout.told);
	layout = (struct svma_layout){ .told = SVMA_LAYOUT_LOW, .low = high };
	EXPECT_EQ(svma_core_layout_set(&core, &layout), -EINVAL);
	svma_core_destroy(&core);

	/* A classic space searches anew when its base moves, and not when something else does. */
	start_kernel(&core, &machine, SVMA_PROFILE_CLASSIC);
	core.free_area_cache += PAGE;
	layout = (struct svma_layout){ .told = SVMA_LAYOUT_LIMIT_AS, .limit_as = PAGE };
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(core.free_area_cache, core.layout.mmap_base + PAGE);
	layout = (struct svma_layout){ .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = 1UL << 30 };
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(core.free_area_cache, 1UL << 30);
	svma_core_destroy(&core);
}

/* A region as it is told to others, and the totals of a space. */
TEST(values_told)
{
	const struct svma_vma vma = { .start = PAGE, .end = 3 * PAGE, .pgoff = 7, .anon = 5,
				      .flags = SVMA_VM_READ | SVMA_VM_SHARED,
				      .attr = SVMA_ANON_FORKED | 1u << SVMA_ATTR_MOVED_SHIFT };
	struct svma_backing file = { .inode = 11, .dev_major = 12, .dev_minor = 13 };
	struct svma_vma with = vma;
	struct svma_region region;
	struct svma_stats stats;
	struct pair pair;

	svma_core_describe(&vma, &region);
	EXPECT_EQ(region.start, PAGE);
	EXPECT_EQ(region.end, 3 * PAGE);
	EXPECT_EQ(region.flags, vma.flags);
	EXPECT_EQ(region.pgoff, 7);
	EXPECT_EQ(region.anon, 5);
	EXPECT_EQ(region.anon_flags, SVMA_ANON_FORKED);
	EXPECT_EQ(region.inode, 0);
	with.backing = &file;
	svma_core_describe(&with, &region);
	EXPECT_EQ(region.flags, vma.flags);
	EXPECT_EQ(region.inode, 11);
	EXPECT_EQ(region.dev_major, 12);
	EXPECT_EQ(region.dev_minor, 13);
	file.flags = SVMA_BACKING_ANON_SHARED;
	svma_core_describe(&with, &region);
	EXPECT_EQ(region.flags, vma.flags | SVMA_VM_SHMEM);

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
	EXPECT_EQ(unit_mprotect(&pair, 2, 2, PROT_READ), 0);
	EXPECT_EQ(unit_mprotect(&pair, 2, 2, RW), 0);
	EXPECT(svma_core_find(&pair.core, at(&pair, 1), &with));
	svma_core_stats(&pair.core, &stats);
	EXPECT_EQ(stats.splits, 2);
	EXPECT_EQ(stats.merges, 1);
	EXPECT_EQ(stats.regions, 1);
	EXPECT_EQ(stats.memory,
		  (1 + pair.core.index.nr_spare_leaves) * sizeof(struct svma_leaf) +
			  pair.core.index.nr_spare_inners * sizeof(struct svma_inner));
	EXPECT(pair.core.index.nr_spare_inners);
	/* The last-found region is the classic profile's. */
	EXPECT_EQ(stats.cache_hits + stats.cache_misses, 0);
	unit_end(&pair);
}

/* The policy at the page: what is there may be had, in mode 0 up to all of it. */
TEST(values_of_policy)
{
	struct pair_config config;
	struct pair pair;

	pair_config_default(&config, K6_12);
	config.machine.ram = 10;
	config.machine.swap = 6;
	unit_start_with(&pair, &config);
	EXPECT_EQ(unit_mmap(&pair, 0, 17, RW, FIXED, NO_FILE, 0), -ENOMEM);
	EXPECT_EQ(unit_mmap(&pair, 0, 16, RW, FIXED, NO_FILE, 0), 0);
	unit_end(&pair);

	/* Mode 2 keeps something, and gives less than is left. */
	config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
	config.machine.overcommit_ratio = 100;
	config.machine.admin_reserve = 4;
	unit_start_with(&pair, &config);
	EXPECT_EQ(unit_mmap(&pair, 0, 12, RW, FIXED, NO_FILE, 0), -ENOMEM);
	EXPECT_EQ(unit_mmap(&pair, 0, 11, RW, FIXED, NO_FILE, 0), 0);
	EXPECT_EQ(unit_call(&pair, CALL_MACHINE, NO_FILE, SVMA_OVERCOMMIT_NEVER, 10, 0, 30, 0), 0);
	EXPECT_EQ(unit_mmap(&pair, 100, 1, RW, FIXED, NO_FILE, 0), -ENOMEM);
	unit_end(&pair);
}

/* A stack grows up to each limit, and not by a page more. */
TEST(values_of_growth)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned int limit;

		for (limit = 0; limit < 6; limit++) {
			struct svma_vma vma;
			struct pair_config config;
			unsigned long page = 100 - 4;
			struct pair pair;

			pair_config_default(&config, *kernel);
			config.layout.guard_gap = 4 * PAGE;
			if (limit == 0)
				config.layout.limit_as = 8 * PAGE;
			if (limit == 1)
				config.layout.limit_stack = 8 * PAGE;
			if (limit == 2)
				config.layout.limit_memlock = 8 * PAGE;
			if (limit == 3) {
				config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
				config.machine.ram = 9;
				config.machine.overcommit_ratio = 100;
			}
			unit_start_with(&pair, &config);
			if (limit == 5) {
				/* To the lowest address that may be mapped. */
				page = 0;
				unit_mmap(&pair, 4, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
			} else {
				unit_mmap(&pair, 100, 4, RW,
					  FIXED | MAP_GROWSDOWN | (limit == 2 ? MAP_LOCKED : 0),
					  NO_FILE, 0);
			}
			if (limit == 4)		/* The guard. */
				unit_import(&pair, 90, 2, SVMA_VM_READ);
			EXPECT_EQ(unit_call(&pair, CALL_GROW, NO_FILE, at(&pair, page) - 1, 0, 0, 0,
					    0),
				  limit == 5 ? -EPERM : -ENOMEM);
			EXPECT_EQ(unit_call(&pair, CALL_GROW, NO_FILE, at(&pair, page), 0, 0, 0, 0),
				  0);
			EXPECT(svma_core_find(&pair.core, at(&pair, page), &vma));
			EXPECT_EQ(vma.start, at(&pair, page));
			unit_end(&pair);
		}
	}
}

/* Not below page 0 of what it is: that would be another offset. */
TEST(values_of_offset)
{
	struct svma_vma vma = { .flags = SVMA_VM_READ | SVMA_VM_GROWSDOWN, .pgoff = 2 };
	struct pair pair;

	unit_start(&pair, K6_12);
	vma.start = at(&pair, 100);
	vma.end = at(&pair, 104);
	EXPECT_EQ(unit_call(&pair, CALL_IMPORT, NO_FILE, vma.start, 4 * PAGE, vma.flags, vma.pgoff,
			    0),
		  0);
	EXPECT_EQ(unit_call(&pair, CALL_GROW, NO_FILE, at(&pair, 97), 0, 0, 0, 0), -ENOMEM);
	EXPECT_EQ(unit_call(&pair, CALL_GROW, NO_FILE, at(&pair, 98), 0, 0, 0, 0), 0);
	unit_end(&pair);
}

static int no_guard(struct svma_core *core, unsigned long start, unsigned long end, bool install)
{
	(void)core;
	(void)start;
	(void)end;
	(void)install;
	return -ENOMEM;
}

/* A guard that finds no memory changes nothing, and what was not asked for is not populated. */
TEST(values_of_advice)
{
	struct svma_core_ops ops = unit_no_ops;
	struct svma_populate populate = { .len = 77 };
	struct svma_core_machine machine;
	struct svma_map_args args;
	struct svma_core core;
	struct svma_vma vma;

	ops.set_guard = no_guard;
	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_init(&core, &machine, &ops, SVMA_PROFILE_HOST, K7_3), 0);
	args = (struct svma_map_args){ .len = PAGE, .prot = RW, .flags = ANON };
	EXPECT_EQ(svma_core_mmap(&core, &args), 0);
	EXPECT_EQ(svma_core_madvise(&core, args.result, PAGE, MADV_WILLNEED, &populate), 0);
	EXPECT_EQ(populate.len, 0);
	EXPECT(svma_core_madvise(&core, args.result, PAGE, MADV_GUARD_INSTALL, &populate) < 0);
	EXPECT(svma_core_find(&core, args.result, &vma));
	EXPECT(!vma.anon && !(vma.flags & SVMA_VM_GUARDED));
	svma_core_destroy(&core);
}

static int no_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	(void)core;
	(void)start;
	(void)end;
	return -ENOMEM;
}

/* Whoever keeps the pages may find no memory for taking them away: nothing is changed then. */
TEST(values_of_pages)
{
	struct svma_core_ops ops = unit_no_ops;
	struct svma_populate populate;
	struct svma_core_machine machine;
	struct svma_remap_args move;
	struct svma_map_args args;
	struct svma_core core;
	unsigned long addr;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_init(&core, &machine, &ops, SVMA_PROFILE_HOST, K7_3), 0);
	args = (struct svma_map_args){ .len = 8 * PAGE, .prot = RW, .flags = ANON };
	EXPECT_EQ(svma_core_mmap(&core, &args), 0);
	addr = args.result;
	ops.discard = no_discard;
	ops.prepare = no_discard;
	EXPECT_EQ(svma_core_madvise(&core, addr, PAGE, MADV_DONTNEED, &populate), -EAGAIN);
	EXPECT_EQ(svma_core_munmap(&core, addr + PAGE, PAGE), -ENOMEM);
	args = (struct svma_map_args){ .addr = addr + PAGE, .len = PAGE, .flags = FIXED };
	EXPECT_EQ(svma_core_mmap(&core, &args), -ENOMEM);
	move = (struct svma_remap_args){ .old_addr = addr, .old_len = PAGE, .new_len = PAGE,
					 .new_addr = addr - PAGE,
					 .flags = MREMAP_MAYMOVE | MREMAP_FIXED };
	EXPECT_EQ(svma_core_mremap(&core, &move), -ENOMEM);
	EXPECT_EQ(core.index.count, 1);
	EXPECT_EQ(core.total, 8);
	EXPECT(!svma_core_validate(&core));
	svma_core_destroy(&core);
}

/* Below the lowest address that may be mapped: for who may do raw I/O, the heap too. */
TEST(values_of_rawio)
{
	struct svma_layout layout = { .told = SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK |
					      SVMA_LAYOUT_PERSONALITY,
				      .start_brk = 4 * PAGE, .brk = 4 * PAGE };
	unsigned int may;

	for (may = 0; may < 2; may++) {
		unsigned long brk = 6 * PAGE, start, len;
		struct svma_core_machine machine;
		struct svma_map_args args;
		struct svma_core core;

		layout.personality = may ? SVMA_CAP_SYS_RAWIO : 0;
		start_kernel(&core, &machine, SVMA_PROFILE_HOST);
		EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
		args = (struct svma_map_args){ .addr = PAGE, .len = PAGE, .flags = FIXED };
		EXPECT_EQ(svma_core_mmap(&core, &args), may ? 0 : -EPERM);
		EXPECT_EQ(svma_core_brk(&core, &brk, &start, &len), 0);
		EXPECT_EQ(brk, may ? 6 * PAGE : 4 * PAGE);
		svma_core_destroy(&core);
	}
}

/* What is given back twice is given back once. */
TEST(values_of_backing)
{
	struct svma_backing backing = { .charged = 5, .huge_reserved = 7 };
	struct svma_core_machine machine;

	svma_core_machine_init(&machine);
	machine.committed = 20;
	machine.huge_reserved = 20;
	svma_core_backing_release(&machine, &backing);
	svma_core_backing_release(&machine, &backing);
	EXPECT_EQ(machine.committed, 15);
	EXPECT_EQ(machine.huge_reserved, 13);
}

/* A child follows its parent's rules, whatever it was made for. */
TEST(values_of_child)
{
	struct svma_core_machine machine;
	struct svma_core parent, child;

	start_kernel(&parent, &machine, SVMA_PROFILE_CLASSIC);
	parent.free_area_cache += 8 * PAGE;
	parent.cached_hole_size = 3 * PAGE;
	EXPECT_EQ(svma_core_init(&child, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K7_3), 0);
	EXPECT_EQ(svma_core_fork(&parent, &child), 0);
	EXPECT(svma_rules_classic(&child.rules));
	EXPECT(!svma_rules_have(&child.rules, SVMA_RULE_SEAL));
	EXPECT_EQ(child.layout.direction, SVMA_BOTTOMUP);
	EXPECT_EQ(child.free_area_cache, child.layout.mmap_base);
	EXPECT_EQ(child.cached_hole_size, ULONG_MAX);
	svma_core_destroy(&child);
	svma_core_destroy(&parent);
}

/* What all spaces share cannot be made without memory, and then nothing of it is left. */
TEST(values_of_setup)
{
	unsigned long nth, before;
	int error;

	svma_core_cleanup();
	before = memory_outstanding();
	for (nth = 1; nth < 20; nth++) {
		memory_fail_at(nth, true);
		error = svma_core_setup();
		memory_fail_at(0, false);
		if (!error)
			break;
		EXPECT_EQ(error, -ENOMEM);
		EXPECT_EQ(memory_outstanding(), before);
	}
	EXPECT(nth > 2 && nth < 20);
}

/* Marks of a map that is not there mean nothing when there is one. */
TEST(values_of_map)
{
	struct pair pair;

	unit_start(&pair, K7_3);
	unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
	EXPECT_EQ(unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 0), 0, SVMA_ANON_FORKED, 0, 0), 0);
	unit_store(&pair, 0);
	unit_mmap(&pair, 2, 2, RW, FIXED, NO_FILE, 0);
	EXPECT_REGIONS(&pair, "0-4:rw");
	unit_end(&pair);
}

/* A rule that ended with a version does not hold in it. */
TEST(values_of_rules)
{
	struct svma_rules rules;

	/* Whatever was there. */
	memset(&rules, 0xff, sizeof(rules));
	EXPECT_EQ(svma_rules_find(&rules, SVMA_PROFILE_HOST, SVMA_KERNEL(6, 6)), 0);
	EXPECT(!(rules.has & 1ULL << SVMA_RULE_ALIGN_FILE));
	EXPECT_EQ(svma_rules_find(&rules, SVMA_PROFILE_HOST, SVMA_KERNEL(6, 7)), 0);
	EXPECT(rules.has & 1ULL << SVMA_RULE_ALIGN_FILE);
	EXPECT_EQ(svma_rules_find(&rules, SVMA_PROFILE_HOST, SVMA_KERNEL(6, 17) + 255), 0);
	EXPECT(rules.has & 1ULL << SVMA_RULE_ALIGN_FILE);
	EXPECT_EQ(svma_rules_find(&rules, SVMA_PROFILE_HOST, SVMA_KERNEL(6, 18)), 0);
	EXPECT(!(rules.has & 1ULL << SVMA_RULE_ALIGN_FILE));
}
