// SPDX-License-Identifier: GPL-2.0
/*
 * What stands behind a backing is its maker's: the core hands the pointer on, counts references,
 * and touches nothing else, whether a verb succeeds or not.
 */
#include "memory.h"
#include "unit.h"

#define FIRST	1024UL	/* page of the first region */
#define CANARY	0x5aa5c33c0ff0a55aUL

/* A backing with what its maker keeps beside it. */
struct owned {
	unsigned long before[4];
	struct svma_backing backing;
	unsigned long after[4];
};

struct stage {
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_core child;	/* by fork */
	struct svma_core copy;	/* by snapshot */
	struct svma_core *made;	/* what the last step was to fill */
	struct svma_rmap_tree rmap;
	struct owned owned;
	struct svma_backing as_made;
	long refs;		/* one of them is the test's, as a descriptor has one */
};

static struct stage *on_stage;

static void get(struct svma_backing *backing)
{
	EXPECT(backing == &on_stage->owned.backing);
	on_stage->refs++;
}

static void put(struct svma_backing *backing)
{
	EXPECT(backing == &on_stage->owned.backing);
	on_stage->refs--;
	EXPECT(on_stage->refs >= 1);
}

static const struct svma_backing_ops owned_ops = { .get = get, .put = put };

static void start_space(struct stage *stage, struct svma_core *core)
{
	EXPECT_EQ(svma_core_init(core, &stage->machine, &unit_no_ops, SVMA_PROFILE_HOST, K7_3), 0);
}

static void start(struct stage *stage)
{
	unsigned int i;

	*stage = (struct stage){ .refs = 1 };
	on_stage = stage;
	svma_core_machine_init(&stage->machine);
	start_space(stage, &stage->core);
	start_space(stage, &stage->child);
	start_space(stage, &stage->copy);
	svma_rmap_init(&stage->rmap);
	for (i = 0; i < ARRAY_SIZE(stage->owned.before); i++) {
		stage->owned.before[i] = CANARY + i;
		stage->owned.after[i] = CANARY + i;
	}
	stage->owned.backing = (struct svma_backing){
		.ops = &owned_ops,
		.flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE | SVMA_BACKING_NO_SEARCH,
		.inode = 77, .size = 64 * PAGE, .rmap = &stage->rmap,
	};
	stage->as_made = stage->owned.backing;
}

/* So many regions have the backing; others have none. */
static long regions_of(struct stage *stage, struct svma_core *core)
{
	unsigned long addr = 0;
	struct svma_vma vma;
	long n = 0;

	const char *wrong = svma_core_validate(core);

	if (wrong)
		tap_fail(__FILE__, __LINE__, "%s", wrong);
	for (; svma_index_find(&core->index, addr, &vma); addr = vma.end) {
		EXPECT(!vma.backing || vma.backing == &stage->owned.backing);
		n += vma.backing == &stage->owned.backing;
	}
	return n;
}

static void check_untouched(struct stage *stage)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stage->owned.before); i++) {
		EXPECT_EQ(stage->owned.before[i], CANARY + i);
		EXPECT_EQ(stage->owned.after[i], CANARY + i);
	}
	EXPECT(!memcmp(&stage->owned.backing, &stage->as_made, sizeof(stage->as_made)));
	EXPECT(!svma_rmap_validate(&stage->rmap));
}

static long check(struct stage *stage)
{
	long regions = regions_of(stage, &stage->core) + regions_of(stage, &stage->child) +
		       regions_of(stage, &stage->copy);

	check_untouched(stage);
	EXPECT_EQ(stage->refs, 1 + regions);
	return regions;
}

static void end(struct stage *stage)
{
	svma_core_destroy(&stage->copy);
	svma_core_destroy(&stage->child);
	svma_core_destroy(&stage->core);
	check_untouched(stage);
	EXPECT_EQ(stage->refs, 1);
}

static unsigned long place(unsigned long page)
{
	return (FIRST + page) * PAGE;
}

static int map(struct stage *stage, unsigned long page, unsigned long pages, unsigned long flags,
	       bool file)
{
	struct svma_map_args args = { .addr = place(page), .len = pages * PAGE, .prot = RW,
				      .flags = flags | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS),
				      .offset = file ? page * PAGE : 0,
				      .backing = file ? &stage->owned.backing : NULL };

	return svma_core_mmap(&stage->core, &args);
}

static int move(struct stage *stage, unsigned long page, unsigned long old_pages,
		unsigned long new_pages, unsigned long flags, unsigned long to)
{
	struct svma_remap_args args = { .old_addr = place(page), .old_len = old_pages * PAGE,
					.new_len = new_pages * PAGE, .new_addr = place(to),
					.flags = MREMAP_MAYMOVE | flags };

	return svma_core_mremap(&stage->core, &args);
}

static int protect(struct stage *stage, unsigned long page, unsigned long pages, unsigned long prot)
{
	return svma_core_mprotect(&stage->core, place(page), pages * PAGE, prot, -1);
}

static int restore(struct stage *stage)
{
	struct svma_core_restore state;
	int error = svma_core_restore_gather(&stage->core, &stage->copy, &state);

	if (!error)
		svma_core_restore_commit(&stage->core, &stage->copy, &state);
	return error;
}

#define STEPS 18

/* A step of a life, and how many regions of all spaces have the backing after it. */
static int step(struct stage *stage, unsigned int number, long *regions)
{
	static const long left[STEPS] = { 1, 2, 4, 2, 1, 3, 2, 2, 3, 4, 4, 8, 12, 9, 12, 9, 9, 4 };
	struct svma_lock lock = { .op = SVMA_MLOCK, .addr = place(20), .len = PAGE };
	struct svma_core *core = &stage->core;
	struct svma_populate populate;

	*regions = left[number];
	stage->made = NULL;
	switch (number) {
	case 0: /* two that merge */
		return map(stage, 0, 8, MAP_PRIVATE, true) ?: map(stage, 8, 8, MAP_PRIVATE, true);
	case 1:
		return map(stage, 24, 8, MAP_SHARED, true);
	case 2: /* split at both ends, and merged again */
		return protect(stage, 4, 4, PROT_NONE);
	case 3:
		return protect(stage, 4, 4, RW);
	case 4:
		return svma_core_munmap(core, place(24), 8 * PAGE);
	case 5:
		return svma_core_madvise(core, place(4), 4 * PAGE, MADV_RANDOM, &populate);
	case 6: /* over the end of one, and anonymous memory in its place */
		return map(stage, 8, 12, MAP_PRIVATE, false);
	case 7:
		return svma_core_madvise(core, place(0), PAGE, MADV_NORMAL, &populate);
	case 8: /* moved, in part */
		return move(stage, 2, 2, 2, MREMAP_FIXED, 20);
	case 9: /* moved, and left behind */
		return move(stage, 20, 2, 2, MREMAP_FIXED | MREMAP_DONTUNMAP, 30);
	case 10: /* grown where it is */
		return move(stage, 30, 2, 4, 0, 0);
	case 11:
		stage->made = &stage->child;
		return svma_core_fork(core, &stage->child);
	case 12:
		stage->made = &stage->copy;
		return svma_core_snapshot(core, &stage->copy);
	case 13:
		return svma_core_munmap(core, place(0), 32 * PAGE);
	case 14:
		return restore(stage);
	case 15:
		return svma_core_munmap(&stage->child, place(0), 32 * PAGE);
	case 16:
		return svma_core_munmap(&stage->child, 0, place(64)) ?:
		       svma_core_lock(core, &lock, &populate);
	default:
		return svma_core_munmap(core, 0, place(64));
	}
}

/* All steps but the last without a failure: is there enough memory for that one too? */
static bool try_step(unsigned int last, unsigned long fail)
{
	static struct stage stage;
	unsigned int number;
	bool failed = false;
	long regions;
	int error;

	start(&stage);
	for (number = 0; number <= last; number++) {
		if (number == last)
			memory_fail_at(fail, true);
		error = step(&stage, number, &regions);
		if (number == last)
			failed = memory_failed();
		memory_fail_at(0, false);
		if (!failed && error)
			tap_fail(__FILE__, __LINE__, "step %u: %d", number, error);
		/* A space that was only half filled is good for nothing but its end. */
		if (error && stage.made) {
			svma_core_destroy(stage.made);
			start_space(&stage, stage.made);
		}
		if (error)
			check(&stage);
		else
			EXPECT_EQ(check(&stage), regions);
	}
	end(&stage);
	return !failed;
}

TEST(backing_own_part)
{
	unsigned int number;
	unsigned long fail;

	EXPECT(try_step(STEPS - 1, 0));
	for (number = 0; number < STEPS; number++)
		for (fail = 1; !tap_failing() && !try_step(number, fail); fail++)
			;
}
