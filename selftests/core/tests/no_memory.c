// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs that cut a region when no memory is left, in spaces whose index has hardly a node set
 * aside: each asks for what it needs before it changes anything.
 */
#include "memory.h"
#include "unit.h"

#define FIRST	1024UL	/* page of the first region; they are four pages, and four apart */
#define MOST	44UL

static void keep(struct svma_backing *backing)
{
	(void)backing;
}

static const struct svma_backing_ops file_ops = { .get = keep, .put = keep };

struct crowd {
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_rmap_tree rmap;
	struct svma_backing file;
};

static unsigned long addr_of(unsigned long region, unsigned long page)
{
	return (FIRST + 8 * region + page) * PAGE;
}

/* Regions are added one by one, so that the last one may use up what was set aside. */
static void start(struct crowd *crowd, unsigned long regions)
{
	const u64 flags = SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC;
	const unsigned long step = 7;	/* no divisor of any number of regions that is tried */
	unsigned long i;

	svma_core_machine_init(&crowd->machine);
	EXPECT_EQ(svma_core_init(&crowd->core, &crowd->machine, &unit_no_ops, SVMA_PROFILE_HOST,
				 K7_3),
		  0);
	svma_rmap_init(&crowd->rmap);
	crowd->file = (struct svma_backing){
		.ops = &file_ops,
		.flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE | SVMA_BACKING_NO_SEARCH,
		.rmap = &crowd->rmap,
	};
	for (i = 0; i < regions; i++) {
		unsigned long n = i * step % regions;
		struct svma_vma vma = { .start = addr_of(n, 0), .end = addr_of(n, 4),
					.flags = flags, .pgoff = 100 * n,
					.backing = &crowd->file };

		EXPECT_EQ(svma_core_import(&crowd->core, &vma), 0);
	}
}

static int cut(struct crowd *crowd, unsigned int verb, unsigned long addr)
{
	struct svma_remap_args move = { .old_addr = addr, .old_len = 2 * PAGE, .new_len = 2 * PAGE,
					.new_addr = addr + 5 * PAGE,
					.flags = MREMAP_MAYMOVE | MREMAP_FIXED };
	struct svma_lock lock = { .op = SVMA_MLOCK, .addr = addr, .len = 2 * PAGE };
	struct svma_map_args map = { .addr = addr, .len = 2 * PAGE, .prot = PROT_NONE,
				     .flags = PRIVATE_FIXED, .backing = &crowd->file };
	struct svma_vma vma = { .start = addr + 4 * PAGE, .end = addr + 5 * PAGE,
				.backing = &crowd->file };
	struct svma_core *core = &crowd->core;
	struct svma_populate populate;

	switch (verb) {
	case 0:
		return svma_core_munmap(core, addr, 2 * PAGE);
	case 1:
		return svma_core_mprotect(core, addr, 2 * PAGE, PROT_NONE, -1);
	case 2:
		return svma_core_lock(core, &lock, &populate);
	case 3:
		return svma_core_madvise(core, addr, 2 * PAGE, MADV_DONTFORK, &populate);
	case 4:
		return svma_core_mseal(core, addr, 2 * PAGE, 0);
	case 5:
		return svma_core_mmap(core, &map);
	case 6:
		return svma_core_mremap(core, &move);
	default:
		return svma_core_import(core, &vma);
	}
}

static void try_cut(unsigned long regions, unsigned long region, unsigned int verb)
{
	struct svma_vma vma;
	struct crowd crowd;
	int error;

	start(&crowd, regions);
	memory_fail_at(1, true);
	error = cut(&crowd, verb, addr_of(region, 1));
	memory_fail_at(0, false);
	if (error) {
		EXPECT_EQ(error, verb == 3 ? -EAGAIN : -ENOMEM);
		EXPECT(svma_core_find(&crowd.core, addr_of(region, 0), &vma));
		EXPECT_EQ(vma.end, addr_of(region, 4));
		EXPECT_EQ(crowd.core.index.count, regions);
	}
	EXPECT(!svma_core_validate(&crowd.core));
	EXPECT(!svma_rmap_validate(&crowd.rmap));
	svma_core_destroy(&crowd.core);
}

TEST(no_memory_to_cut)
{
	unsigned long regions, region;
	unsigned int verb;

	for (regions = 18; regions < MOST; regions++)
		for (region = 0; region < regions && regions % 7; region++)
			for (verb = 0; verb < 8 && !tap_failing(); verb++)
				try_cut(regions, region, verb);
}
