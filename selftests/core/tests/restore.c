// SPDX-License-Identifier: GPL-2.0
/* What a snapshot takes along, and what going back to one takes away and charges. */
#include "memory.h"
#include "region.h"
#include "unit.h"

#define SHOWN 16

static unsigned long shown[SHOWN][2];	/* ranges whose entries were told to go */
static unsigned int n_shown;

static void entries_go(struct svma_core *core, unsigned long start, unsigned long end)
{
	EXPECT(n_shown < SHOWN);
	shown[n_shown][0] = start;
	shown[n_shown++][1] = end;
}

static char steps[SHOWN][40];	/* regions told to come or go */
static unsigned int n_steps;
static unsigned long first_page;

static void region_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
			unsigned long c, unsigned long d)
{
	(void)core, (void)c, (void)d;
	if (kind != SVMA_STEP_DETACH && kind != SVMA_STEP_NEW)
		return;
	EXPECT(n_steps < SHOWN);
	snprintf(steps[n_steps++], sizeof(*steps), "%s %lu-%lu",
		 kind == SVMA_STEP_NEW ? "new" : "gone", a / PAGE - first_page,
		 b / PAGE - first_page);
}

static void init(struct pair *pair, struct svma_core *core, const struct svma_core_ops *ops,
		 u32 profile)
{
	EXPECT_EQ(svma_core_init(core, &pair->machine, ops, profile, K7_3), 0);
}

static int map(struct pair *pair, struct svma_core *core, unsigned long page, unsigned long pages,
	       unsigned long prot, long offset)
{
	struct svma_map_args args = {
		.addr = at(pair, page), .len = pages * PAGE, .prot = prot,
		.flags = offset < 0 ? FIXED : PRIVATE_FIXED,
	};

	if (offset >= 0) {
		args.backing = &pair->files[FILE_RW].backing;
		args.offset = offset * PAGE;
	}
	return svma_core_mmap(core, &args);
}

static void unmap(struct pair *pair, struct svma_core *core, unsigned long page,
		  unsigned long pages)
{
	EXPECT_EQ(svma_core_munmap(core, at(pair, page), pages * PAGE), 0);
}

static void expect_state(const struct svma_core *a, const struct svma_core *b)
{
	EXPECT(!memcmp(&a->rules, &b->rules, sizeof(a->rules)));
	EXPECT(!memcmp(&a->layout, &b->layout, sizeof(a->layout)));
	EXPECT_EQ(a->total, b->total);
	EXPECT_EQ(a->locked, b->locked);
	EXPECT_EQ(a->data, b->data);
	EXPECT_EQ(a->exec, b->exec);
	EXPECT_EQ(a->stack, b->stack);
	EXPECT_EQ(a->last_anon, b->last_anon);
	EXPECT_EQ(a->free_area_cache, b->free_area_cache);
	EXPECT_EQ(a->cached_hole_size, b->cached_hole_size);
	EXPECT_EQ(a->cache_start, b->cache_start);
}

/* All that a space knows beside its regions, in each of the profiles. */
TEST(restore_state)
{
	const u32 profiles[] = { SVMA_PROFILE_HOST, SVMA_PROFILE_CLASSIC };
	struct svma_machine all = {
		.told = SVMA_MACHINE_MODE, .overcommit_mode = SVMA_OVERCOMMIT_ALWAYS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		const struct svma_layout told = {
			.told = SVMA_LAYOUT_LIMIT_STACK | SVMA_LAYOUT_HIGH | SVMA_LAYOUT_MMAP_BASE |
				SVMA_LAYOUT_LEGACY_BASE | SVMA_LAYOUT_STACK_TOP,
			.limit_stack = 77 * PAGE, .high = 1UL << 47, .mmap_base = 1UL << 45,
			.legacy_base = 1UL << 44, .stack_top = 1UL << 47,
		};
		const struct svma_layout later = {
			.told = SVMA_LAYOUT_LIMIT_STACK, .limit_stack = 78 * PAGE,
		};
		struct svma_map_args args = { .len = PAGE, .prot = PROT_READ, .flags = ANON };
		struct svma_core core, copy;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, K7_3);
		EXPECT_EQ(svma_core_machine_set(&pair.machine, &all), 0);
		init(&pair, &core, &unit_no_ops, profiles[i]);
		EXPECT_EQ(svma_core_init(&copy, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 K6_1),
			  0);
		EXPECT_EQ(svma_core_layout_set(&core, &told), 0);
		EXPECT_EQ(map(&pair, &core, 0, 4, RW, -1), 0);
		EXPECT_EQ(map(&pair, &core, 8, 2, PROT_READ | PROT_EXEC, 0), 0);
		args.flags |= MAP_GROWSDOWN;
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		args.flags = ANON;
		EXPECT_EQ(svma_core_anon_fault(&core, at(&pair, 0)), 0);
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(svma_core_munmap(&core, args.result, PAGE), 0);
		EXPECT(svma_core_find(&core, at(&pair, 1), &vma));
		EXPECT(core.exec && core.stack && core.last_anon);
		EXPECT_EQ(svma_core_snapshot(&core, &copy), 0);
		expect_state(&copy, &core);

		EXPECT_EQ(svma_core_layout_set(&core, &later), 0);
		EXPECT_EQ(svma_core_munmap(&core, 0, core.layout.high), 0);
		EXPECT_EQ(map(&pair, &core, 40, 4, RW, -1), 0);
		EXPECT_EQ(svma_core_anon_fault(&core, at(&pair, 40)), 0);
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT(svma_core_find(&core, at(&pair, 41), &vma));
		EXPECT(core.last_anon != copy.last_anon);
		EXPECT_EQ(unit_restore(&core, &copy), 0);
		expect_state(&core, &copy);
		svma_core_destroy(&copy);
		svma_core_destroy(&core);
		unit_end(&pair);
	}
}

/* Entries stay where a region was there, and allowed and showed the same. */
TEST(restore_entries)
{
	struct svma_core_ops ops = unit_no_ops;
	struct svma_populate populate;
	struct svma_core core, copy;
	struct pair pair;
	unsigned int i;
	/* Pages of the regions whose entries go. */
	static const unsigned int gone[][2] = {
		{ 10, 14 }, { 20, 22 }, { 34, 36 }, { 60, 62 }, { 200, 201 },
	};

	ops.protect = entries_go;
	unit_start(&pair, K7_3);
	init(&pair, &core, &ops, SVMA_PROFILE_HOST);
	init(&pair, &copy, &ops, SVMA_PROFILE_HOST);
	map(&pair, &core, 0, 2, RW, -1);
	map(&pair, &core, 4, 4, RW, -1);
	map(&pair, &core, 10, 2, RW, -1);
	map(&pair, &core, 20, 2, PROT_READ, -1);
	map(&pair, &core, 24, 2, RW, -1);
	map(&pair, &core, 30, 2, PROT_READ, 3);
	map(&pair, &core, 34, 2, PROT_READ, 5);
	map(&pair, &core, 40, 4, PROT_READ, 3);
	map(&pair, &core, 70, 2, PROT_READ, -1);
	EXPECT_EQ(svma_core_snapshot(&core, &copy), 0);

	unmap(&pair, &core, 4, 1);				/* less of it */
	unmap(&pair, &core, 7, 1);
	map(&pair, &core, 12, 2, RW, -1);			/* more of it */
	svma_core_mprotect(&core, at(&pair, 20), 2 * PAGE, RW, -1);
	svma_core_madvise(&core, at(&pair, 24), 2 * PAGE, MADV_DONTFORK, &populate);
	map(&pair, &core, 34, 2, PROT_READ, 9);			/* another part of the file */
	unmap(&pair, &core, 40, 1);				/* the same part of it */
	map(&pair, &core, 60, 2, PROT_READ, -1);		/* nothing was there */
	map(&pair, &core, 200, 1, PROT_READ, -1);		/* nor behind it */
	n_shown = 0;
	EXPECT_EQ(unit_restore(&core, &copy), 0);
	EXPECT_EQ(n_shown, ARRAY_SIZE(gone));
	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		EXPECT_EQ(shown[i][0], at(&pair, gone[i][0]));
		EXPECT_EQ(shown[i][1], at(&pair, gone[i][1]));
	}
	EXPECT(!svma_core_validate(&core));
	svma_core_destroy(&copy);
	svma_core_destroy(&core);
	unit_end(&pair);
}

/* Told is what is not the same in both, though it may begin or end with what was there. */
TEST(restore_steps)
{
	static const char *const wanted[] = {
		"gone 30-32", "gone 42-44", "gone 50-52", "new 30-32", "new 40-44", "new 50-52",
	};
	struct svma_core_ops ops = unit_no_ops;
	struct svma_core core, copy;
	struct pair pair;
	unsigned int i;

	ops.step = region_step;
	unit_start(&pair, K7_3);
	first_page = at(&pair, 0) / PAGE;
	init(&pair, &core, &ops, SVMA_PROFILE_HOST);
	init(&pair, &copy, &unit_no_ops, SVMA_PROFILE_HOST);
	map(&pair, &core, 30, 2, PROT_READ, 3);
	map(&pair, &core, 40, 4, PROT_READ, 3);
	map(&pair, &core, 50, 2, PROT_READ, -1);
	map(&pair, &core, 60, 2, PROT_READ, 3);
	EXPECT_EQ(svma_core_snapshot(&core, &copy), 0);
	map(&pair, &core, 30, 2, PROT_READ, 9);		/* another part of the file */
	unmap(&pair, &core, 40, 4);
	map(&pair, &core, 42, 2, PROT_READ, 3);		/* this part, begun later */
	map(&pair, &core, 50, 2, PROT_READ, first_page + 50);	/* not anonymous */
	n_steps = 0;
	EXPECT_EQ(unit_restore(&core, &copy), 0);
	EXPECT_EQ(n_steps, ARRAY_SIZE(wanted));
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!EXPECT(!strcmp(steps[i], wanted[i])))
			tap_note("%s, wanted %s", steps[i], wanted[i]);
	svma_core_destroy(&copy);
	svma_core_destroy(&core);
	unit_end(&pair);
}

/* The machine is charged for what each of them has, and for what both have to keep. */
TEST(restore_charges)
{
	struct svma_machine none = {
		.told = SVMA_MACHINE_MODE | SVMA_MACHINE_RATIO | SVMA_MACHINE_RAM,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER, .overcommit_ratio = 1, .ram = 100,
	};
	struct svma_machine little = none;
	struct svma_core core, copy, more;
	struct pair pair;

	little.overcommit_ratio = 40;
	unit_start(&pair, K7_3);
	init(&pair, &core, &unit_no_ops, SVMA_PROFILE_HOST);
	init(&pair, &copy, &unit_no_ops, SVMA_PROFILE_HOST);
	init(&pair, &more, &unit_no_ops, SVMA_PROFILE_HOST);
	map(&pair, &core, 0, 8, RW, -1);
	EXPECT_EQ(svma_core_snapshot(&core, &copy), 0);
	EXPECT_EQ(pair.machine.committed, 16);
	map(&pair, &core, 16, 5, RW, -1);
	EXPECT_EQ(svma_core_snapshot(&core, &more), 0);
	EXPECT_EQ(pair.machine.committed, 8 + 13 + 13);
	EXPECT_EQ(unit_restore(&core, &copy), 0);
	EXPECT_EQ(pair.machine.committed, 8 + 13 + 8);
	EXPECT_EQ(core.committed, 8);
	/* What is asked for is the difference: there are 11 pages left. */
	EXPECT_EQ(svma_core_machine_set(&pair.machine, &little), 0);
	EXPECT_EQ(unit_restore(&core, &more), 0);
	EXPECT_EQ(pair.machine.committed, 8 + 13 + 13);
	EXPECT_EQ(core.committed, 13);

	/* On a machine that has nothing left, only what costs nothing can be done. */
	EXPECT_EQ(svma_core_machine_set(&pair.machine, &none), 0);
	unmap(&pair, &core, 20, 1);
	map(&pair, &core, 30, 1, PROT_READ, -1);
	EXPECT_EQ(unit_restore(&core, &more), -ENOMEM);
	EXPECT_EQ(core.index.count, 3);
	EXPECT_EQ(core.committed, 12);
	svma_core_destroy(&more);
	init(&pair, &more, &unit_no_ops, SVMA_PROFILE_HOST);
	EXPECT_EQ(svma_core_snapshot(&core, &more), -ENOMEM);
	EXPECT_EQ(more.index.count, 0);
	unmap(&pair, &core, 16, 4);
	EXPECT_EQ(core.committed, copy.committed);
	EXPECT_EQ(unit_restore(&core, &copy), 0);
	EXPECT_EQ(pair.machine.committed, 16);
	svma_core_destroy(&more);
	svma_core_destroy(&copy);
	svma_core_destroy(&core);
	unit_end(&pair);
}

static bool find_huge(struct svma_core *core, struct svma_vma *vma)
{
	unsigned long addr = 0;

	for (; svma_index_find(&core->index, addr, vma); addr = vma->end)
		if (vma->flags & SVMA_VM_HUGETLB)
			return true;
	return false;
}

/* A snapshot has no huge pages of the reserve; going back to it gives back what there is. */
TEST(restore_huge)
{
	struct pair_config config;
	struct svma_core copy;
	struct svma_vma vma;
	struct pair pair;
	unsigned long pages = SVMA_HUGE_SIZE / PAGE;

	pair_config_default(&config, K7_3);
	config.pages = 16 * pages;
	config.layout.mmap_base = config.base + 15 * SVMA_HUGE_SIZE;
	config.machine.huge = 16 * pages;
	config.machine.huge_free = 4 * pages;
	unit_start_with(&pair, &config);
	init(&pair, &copy, &unit_no_ops, SVMA_PROFILE_HOST);
	EXPECT(unit_call(&pair, CALL_MMAP, NO_FILE, 0, SVMA_HUGE_SIZE, RW, ANON | MAP_HUGETLB, 0) >
	       0);
	EXPECT(unit_call(&pair, CALL_MMAP, NO_FILE, 0, PAGE, RW, ANON, 0) > 0);
	EXPECT_EQ(pair.machine.huge_reserved, pages);
	EXPECT_EQ(svma_core_snapshot(&pair.core, &copy), 0);
	EXPECT_EQ(pair.machine.huge_reserved, pages);
	EXPECT(find_huge(&copy, &vma));
	EXPECT(!(vma.attr & SVMA_ATTR_RESERVED));
	EXPECT(find_huge(&pair.core, &vma));
	EXPECT(vma.attr & SVMA_ATTR_RESERVED);
	EXPECT_EQ(unit_restore(&pair.core, &copy), 0);
	EXPECT_EQ(pair.machine.huge_reserved, 0);
	EXPECT(find_huge(&pair.core, &vma));
	EXPECT(!(vma.attr & SVMA_ATTR_RESERVED));
	svma_core_destroy(&copy);
	pair_destroy(&pair);
	unit_check(&pair);
	EXPECT_EQ(pair.machine.huge_reserved, 0);
}
