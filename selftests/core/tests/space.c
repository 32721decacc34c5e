// SPDX-License-Identifier: GPL-2.0
/* Spaces and machines: set-up, what they are told, import, look-up, statistics. */
#include "memory.h"
#include "unit.h"

TEST(space_init)
{
	struct svma_core_machine machine;
	struct svma_core core;
	int error;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_init(&core, &machine, NULL, 2, K6_1), -EINVAL);
	error = svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, SVMA_KERNEL(6, 0));
	EXPECT_EQ(error, -EINVAL);
	EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_CLASSIC, 0), 0);
	svma_core_destroy(&core);
	/* A stable release has the rules of its series. */
	EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_1 + 170), 0);
	EXPECT(!svma_core_validate(&core));
	EXPECT_EQ(core.layout.high, (1UL << 47) - PAGE);
	EXPECT_EQ(core.layout.min_addr, 65536);
	EXPECT_EQ(core.layout.guard_gap, 256 * PAGE);
	EXPECT_EQ(core.layout.max_map_count, 65530);
	svma_core_destroy(&core);
}

TEST(space_layout_errors)
{
	static const struct {
		struct svma_layout layout;
		int error;
	} cases[] = {
		{ { .told = SVMA_LAYOUT_ALL + 1 }, -EOPNOTSUPP },
		{ { .told = SVMA_LAYOUT_LOW, .low = 1 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_HIGH, .high = PAGE + 1 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_HIGH, .high = 1UL << 57 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_HIGH, .high = PAGE },
		  -EINVAL }, /* below what else was told */
		{ { .told = SVMA_LAYOUT_LOW, .low = (1UL << 47) - PAGE }, -EINVAL },
		{ { .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = 1UL << 47 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = 100 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_LEGACY_BASE, .legacy_base = 1UL << 47 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_MIN_ADDR, .min_addr = 1UL << 47 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_START_BRK, .start_brk = 1UL << 47 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_BRK, .brk = 1UL << 47 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_BRK, .brk = PAGE }, -EINVAL },
		{ { .told = SVMA_LAYOUT_STACK_TOP, .stack_top = 1UL << 48 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_START_DATA, .start_data = PAGE }, -EINVAL },
		{ { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 1 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 1UL << 48 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_DIRECTION, .direction = 2 }, -EINVAL },
		{ { .told = SVMA_LAYOUT_PERSONALITY, .personality = 1u << 31 }, -EOPNOTSUPP },
		{ { .told = SVMA_LAYOUT_DEF_FLAGS, .def_flags = SVMA_VM_READ }, -EOPNOTSUPP },
		{ { .told = SVMA_LAYOUT_DEF_FLAGS, .def_flags = SVMA_VM_LOCKED }, 0 },
		{ { .told = SVMA_LAYOUT_START_DATA | SVMA_LAYOUT_END_DATA,
		    .start_data = 5,
		    .end_data = 7 },
		  0 },
		{ { .told = SVMA_LAYOUT_DIRECTION, .direction = SVMA_BOTTOMUP }, 0 },
		{ { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 0 }, 0 },
		{ { .told = 0, .high = 1 }, 0 },
	};
	struct svma_core_machine machine;
	struct svma_core core, before;
	unsigned int i;

	svma_core_machine_init(&machine);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12),
			  0);
		before = core;
		if (!EXPECT_EQ(svma_core_layout_set(&core, &cases[i].layout), cases[i].error))
			tap_note("case %u", i);
		if (cases[i].error)
			EXPECT(!memcmp(&before, &core, sizeof(core)));
		else
			EXPECT_EQ(core.layout.told, cases[i].layout.told);
		svma_core_destroy(&core);
	}
}

/* The guard is looked at when it matters, so it may change at any time. */
TEST(space_guard_of_mapped)
{
	struct svma_layout layout = { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 3 * PAGE };
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 100, 1, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
	EXPECT_EQ(unit_mmap(&pair, 98, 1, PROT_READ, ANON, NO_FILE, 0), 4031);
	EXPECT_EQ(svma_core_layout_set(&pair.core, &layout), 0);
	pair.model.layout.guard_gap = layout.guard_gap;
	EXPECT_EQ(unit_mmap(&pair, 97, 1, PROT_NONE, ANON, NO_FILE, 0), 4030);
	EXPECT_EQ(unit_mmap(&pair, 96, 1, PROT_READ, ANON, NO_FILE, 0), 96);
	unit_end(&pair);
}

TEST(space_import)
{
	static const struct {
		unsigned long start, end;
		u64 flags;
		unsigned long pgoff;
		u32 attr;
		int error;
	} cases[] = {
		{ 16 * PAGE, 18 * PAGE, SVMA_VM_READ, 0, 0, 0 },
		{ 16 * PAGE + 1, 18 * PAGE, SVMA_VM_READ, 0, 0, -EINVAL },
		{ 16 * PAGE, 18 * PAGE - 1, SVMA_VM_READ, 0, 0, -EINVAL },
		{ 16 * PAGE, 16 * PAGE, SVMA_VM_READ, 0, 0, -EINVAL },
		{ 18 * PAGE, 16 * PAGE, SVMA_VM_READ, 0, 0, -EINVAL },
		{ 1UL << 47, (1UL << 47) + PAGE, SVMA_VM_READ, 0, 0, -EINVAL },
		{ 16 * PAGE, 18 * PAGE, 1ULL << 50, 0, 0, -EINVAL },
		{ 16 * PAGE, 18 * PAGE, SVMA_VM_READ, ~0UL, 0, -EINVAL },
		{ 16 * PAGE, 18 * PAGE, SVMA_VM_READ, 0, 4, -EINVAL },
		{ 9 * PAGE, 11 * PAGE, SVMA_VM_READ, 0, 0, -EEXIST },
		{ 13 * PAGE, 15 * PAGE, SVMA_VM_READ, 0, 0, -EEXIST },
		{ 8 * PAGE, 16 * PAGE, SVMA_VM_READ, 0, 0, -EEXIST },
		{ 8 * PAGE, 10 * PAGE, SVMA_VM_READ, 0, 0,
		  0 }, /* below min_addr, as the kernel can */
		{ 14 * PAGE, 15 * PAGE, SVMA_VM_READ | SVMA_VM_SPECIAL, 7, SVMA_ANON_FORKED, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct svma_vma vma = { .start = 10 * PAGE,
					.end = 14 * PAGE,
					.flags = SVMA_VM_READ };
		struct svma_core_machine machine;
		struct svma_core core;
		int error;

		svma_core_machine_init(&machine);
		EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12),
			  0);
		EXPECT_EQ(svma_core_import(&core, &vma), 0);
		vma = (struct svma_vma) {
			.start = cases[i].start, .end = cases[i].end, .flags = cases[i].flags,
			.pgoff = cases[i].pgoff, .attr = cases[i].attr,
		};
		error = cases[i].error;
		if (!EXPECT_EQ(svma_core_import(&core, &vma), error))
			tap_note("case %u", i);
		EXPECT_EQ(core.index.count, error ? 1 : 2);
		EXPECT(!svma_core_validate(&core));
		svma_core_destroy(&core);
	}
}

/*
 * What exec leaves behind is charged whether there is enough or not, and bound by the map count
 * alone.
 */
TEST(space_import_limits)
{
	struct svma_core_machine machine;
	struct svma_machine told = { .told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE, .ram = 1,
				     .overcommit_mode = SVMA_OVERCOMMIT_NEVER };
	struct svma_layout layout = { .told = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_LIMIT_AS,
				      .max_map_count = 2 };
	struct svma_core core;
	unsigned long i;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	for (i = 0; i < 4; i++) {
		struct svma_vma vma = {
			.start = (20 + 4 * i) * PAGE, .end = (22 + 4 * i) * PAGE,
			.flags = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_ACCOUNT | SVMA_VM_LOCKED,
		};

		EXPECT_EQ(svma_core_import(&core, &vma), i < 3 ? 0 : -ENOMEM);
	}
	EXPECT_EQ(machine.committed, 6);
	EXPECT_EQ(core.locked, 6);
	EXPECT_EQ(core.data, 6);
	svma_core_destroy(&core);
	EXPECT_EQ(machine.committed, 0);
}

TEST(space_look)
{
	struct svma_region region;
	struct svma_stats stats;
	struct svma_vma vma;
	struct pair pair;

	unit_start(&pair, K6_12);
	EXPECT(!svma_core_find(&pair.core, 0, &vma));
	unit_mmap(&pair, 4, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 9);
	unit_mmap(&pair, 8, 3, PROT_READ | PROT_EXEC, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 16, 5, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
	unit_mmap(&pair, 32, 7, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
	/* the region that holds an address, or the next above */
	EXPECT(svma_core_find(&pair.core, 0, &vma));
	EXPECT_EQ(vma.start, at(&pair, 4));
	EXPECT(svma_core_find(&pair.core, at(&pair, 6) - 1, &vma));
	EXPECT_EQ(vma.start, at(&pair, 4));
	EXPECT(svma_core_find(&pair.core, at(&pair, 6), &vma));
	EXPECT_EQ(vma.start, at(&pair, 8));
	EXPECT(!svma_core_find(&pair.core, at(&pair, 39), &vma));

	pair.files[FILE_RW].backing.dev_major = 8;
	pair.files[FILE_RW].backing.dev_minor = 3;
	EXPECT(svma_core_find(&pair.core, at(&pair, 5), &vma));
	memset(&region, 0xff, sizeof(region));
	svma_core_describe(&vma, &region);
	EXPECT_EQ(region.start, at(&pair, 4));
	EXPECT_EQ(region.end, at(&pair, 6));
	EXPECT_EQ(region.pgoff, 9);
	EXPECT_EQ(region.inode, FILE_RW + 1);
	EXPECT_EQ(region.dev_major, 8);
	EXPECT_EQ(region.dev_minor, 3);
	EXPECT_EQ(region.anon, 0);
	EXPECT_EQ(region.resident, 0);

	svma_core_stats(&pair.core, &stats);
	EXPECT_EQ(stats.regions, 4);
	EXPECT_EQ(stats.total, 17);
	EXPECT_EQ(stats.locked, 7);
	EXPECT_EQ(stats.data, 7);
	EXPECT_EQ(stats.exec, 3);
	EXPECT_EQ(stats.stack, 5);
	EXPECT_EQ(stats.committed, 12);
	EXPECT(stats.memory > 0);
	unit_end(&pair);
}

TEST(space_anon)
{
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 8, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
	EXPECT_EQ(unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 5), 1, 0, 0, 0), -ENOENT);
	EXPECT_EQ(unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 1), 1, 4, 0, 0), -EOPNOTSUPP);
	EXPECT_EQ(unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 1), 9, 1, 0, 0), 0);
	EXPECT_EQ(unit_call(&pair, CALL_FAULT, NO_FILE, at(&pair, 6), 0, 0, 0, 0), -ENOENT);
	/* shared memory has none */
	EXPECT_EQ(unit_call(&pair, CALL_FAULT, NO_FILE, at(&pair, 9), 0, 0, 0, 0), 0);
	EXPECT_EQ(pair.core.last_anon, 9);
	unit_mmap(&pair, 16, 4, RW, FIXED, NO_FILE, 0);
	unit_store(&pair, 18);
	EXPECT_EQ(pair.core.last_anon, 10);
	unit_end(&pair);
}

TEST(machine_errors)
{
	static const struct {
		struct svma_machine machine;
		int error;
	} cases[] = {
		{ { .told = SVMA_MACHINE_ALL + 1 }, -EOPNOTSUPP },
		{ { .told = SVMA_MACHINE_MODE, .overcommit_mode = 3 }, -EINVAL },
		{ { .told = SVMA_MACHINE_RAM, .ram = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_FREE, .free = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_CACHE, .cache = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_RECLAIMABLE, .reclaimable = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_SWAP, .swap = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_HUGE, .huge = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_HUGE_FREE, .huge_free = 1 }, -EINVAL },
		{ { .told = SVMA_MACHINE_ADMIN_RESERVE, .admin_reserve = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_USER_RESERVE, .user_reserve = ~0ULL }, -EINVAL },
		{ { .told = SVMA_MACHINE_RAM, .ram = 1000 }, 0 },
		{ { .told = SVMA_MACHINE_MODE, .overcommit_mode = SVMA_OVERCOMMIT_ALWAYS }, 0 },
		{ { .told = SVMA_MACHINE_KBYTES, .overcommit_kbytes = 4000 }, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct svma_machine before, after;
		struct svma_core_machine machine;

		svma_core_machine_init(&machine);
		svma_core_machine_get(&machine, &before);
		EXPECT_EQ(before.told, 0);
		if (!EXPECT_EQ(svma_core_machine_set(&machine, &cases[i].machine), cases[i].error))
			tap_note("case %u", i);
		svma_core_machine_get(&machine, &after);
		if (cases[i].error)
			EXPECT(!memcmp(&before, &after, sizeof(before)));
		else
			EXPECT_EQ(after.told, cases[i].machine.told);
	}
}

TEST(machine_limit)
{
	struct svma_machine told = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_HUGE | SVMA_MACHINE_SWAP |
			SVMA_MACHINE_RATIO,
		.ram = 1000,
		.huge = 200,
		.swap = 50,
		.overcommit_ratio = 50,
	};
	struct svma_core_machine machine;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(svma_core_commit_limit(&machine), (1000 - 200) / 2 + 50);
	told.told = SVMA_MACHINE_KBYTES;
	told.overcommit_kbytes = 403;
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(svma_core_commit_limit(&machine), 100 + 50);
	svma_core_machine_get(&machine, &told);
	EXPECT_EQ(told.commit_limit, 150);
	/* more huge pages than memory */
	told.told = SVMA_MACHINE_KBYTES | SVMA_MACHINE_HUGE;
	told.overcommit_kbytes = 0;
	told.huge = 2000;
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(svma_core_commit_limit(&machine), 50);
}

/* Spaces of one machine have one limit; another machine has its own. */
TEST(machine_shared)
{
	struct svma_machine told = {
		.told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE | SVMA_MACHINE_RATIO |
			SVMA_MACHINE_ADMIN_RESERVE | SVMA_MACHINE_USER_RESERVE,
		.ram = 100,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER,
		.overcommit_ratio = 100,
	};
	struct svma_core_machine machine;
	struct svma_core one, two;
	struct svma_map_args args;
	int i;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_machine_set(&machine, &told), 0);
	EXPECT_EQ(svma_core_init(&one, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	EXPECT_EQ(svma_core_init(&two, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	for (i = 0; i < 12; i++) {
		args = (struct svma_map_args) { .len = 10 * PAGE, .prot = RW, .flags = ANON };
		EXPECT_EQ(svma_core_mmap(i % 2 ? &one : &two, &args), i < 9 ? 0 : -ENOMEM);
	}
	EXPECT_EQ(machine.committed, 90);
	EXPECT_EQ(one.committed, 40);
	EXPECT_EQ(two.committed, 50);
	svma_core_destroy(&two);
	EXPECT_EQ(machine.committed, 40);
	args = (struct svma_map_args) { .len = 50 * PAGE, .prot = RW, .flags = ANON };
	EXPECT_EQ(svma_core_mmap(&one, &args), 0);
	EXPECT_EQ(svma_core_munmap(&one, args.result, args.len), 0);
	EXPECT_EQ(machine.committed, 40);
	svma_core_destroy(&one);
	EXPECT_EQ(machine.committed, 0);
}

/* The validator must see what it is there for. */
TEST(validate_catches)
{
	struct svma_vma vma;
	struct pair pair;
	unsigned long *count[] = {
		&pair.core.total, &pair.core.locked,	&pair.core.data,	&pair.core.exec,
		&pair.core.stack, &pair.core.committed, &pair.core.index.count,
	};
	unsigned int i;

	unit_start(&pair, K7_3);
	unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 8, 4, RW, PRIVATE_FIXED, FILE_RW, 0);
	EXPECT(!svma_core_validate(&pair.core));
	for (i = 0; i < ARRAY_SIZE(count); i++) {
		++*count[i];
		EXPECT(svma_core_validate(&pair.core));
		--*count[i];
	}
	EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
	vma.anon = 5;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT(svma_core_validate(&pair.core));
	vma.anon = 0;
	vma.end += 1;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT(svma_core_validate(&pair.core));
	vma.end += 6 * PAGE - 1;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT(svma_core_validate(&pair.core));
	vma.end -= 6 * PAGE;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT(!svma_core_validate(&pair.core));
	pair.core.layout.high = at(&pair, 10);
	EXPECT(svma_core_validate(&pair.core));
	pair.core.layout.high = pair.model.layout.high;
	unit_end(&pair);
}
