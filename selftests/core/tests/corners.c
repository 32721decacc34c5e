// SPDX-License-Identifier: GPL-2.0
/*
 * What the random sequences leave out: seals, hooks of a backing, MAP_32BIT, /dev/zero, steps,
 * arguments of classic calls.
 */
#include "region.h"
#include "unit.h"

#define HUGE	SVMA_HUGE_SIZE

TEST(corner_seals)
{
	FOR_EACH_KERNEL(kernel) {
		static const u32 seals[] = { SVMA_BACKING_SEAL_WRITE, SVMA_BACKING_SEAL_FUTURE };
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(seals); i++) {
			struct svma_map_args args;
			struct svma_vma vma;
			struct pair pair;

			unit_start(&pair, *kernel);
			pair.files[FILE_SHMEM].backing.seals |= seals[i];
			unit_mmap(&pair, 0, 4, PROT_READ, FIXED, NO_FILE, 0);
			args = (struct svma_map_args){
				.addr = at(&pair, 1),
				.len = PAGE,
				.prot = RW,
				.flags = MAP_SHARED | MAP_FIXED,
				.backing = &pair.files[FILE_SHMEM].backing,
			};
			EXPECT_EQ(svma_core_mmap(&pair.core, &args), -EPERM);
			/*
			 * 6.1 leaves it to the file system, which is asked when the old mapping is
			 * gone.
			 */
			EXPECT_REGIONS(&pair,
				       *kernel < K6_12 && seals[i] == SVMA_BACKING_SEAL_FUTURE
					       ? "0-1:r 2-4:r"
					       : "0-4:r");
			/* read only: never to be written */
			args.prot = PROT_READ;
			EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
			EXPECT_EQ(svma_core_mprotect(&pair.core, at(&pair, 1), PAGE, RW, -1),
				  -EACCES);
			/* private: not concerned */
			args.prot = RW;
			args.flags = MAP_PRIVATE | MAP_FIXED;
			EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
			EXPECT(svma_core_find(&pair.core, at(&pair, 1), &vma));
			EXPECT(vma.flags & SVMA_VM_MAYWRITE);
			EXPECT(!svma_core_validate(&pair.core));
			pair_destroy(&pair);
			unit_check(&pair);
		}
	}
}

static int hook_error;

static int hook_mmap(struct svma_core *core, struct svma_backing *backing, struct svma_vma *vma)
{
	(void)core;
	(void)backing;
	vma->flags &= ~SVMA_VM_MAYWRITE;
	return hook_error;
}

static int hook_search(struct svma_core *core, struct svma_backing *backing, unsigned long addr,
		       unsigned long len, unsigned long pgoff, unsigned long flags,
		       unsigned long *result)
{
	(void)backing;
	(void)addr;
	(void)flags;
	*result = core->layout.high - len - pgoff * PAGE;
	return hook_error;
}

TEST(corner_backing_hooks)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_backing_ops ops;
		struct svma_map_args args;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		ops = *pair.files[FILE_RW].backing.ops;
		ops.mmap = hook_mmap;
		ops.search = hook_search;
		pair.files[FILE_RW].backing.ops = &ops;
		args = (struct svma_map_args) {
			.len = PAGE, .prot = RW, .flags = MAP_PRIVATE, .offset = 7 * PAGE,
			.backing = &pair.files[FILE_RW].backing,
		};
		hook_error = 0;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
		EXPECT_EQ(args.result, at(&pair, 4096 - 8));
		EXPECT(svma_core_find(&pair.core, args.result, &vma));
		EXPECT(!(vma.flags & SVMA_VM_MAYWRITE));
		EXPECT_EQ(pair.machine.committed, 1);
		/* refused in the search: nothing happened */
		hook_error = -ENODEV;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), -ENODEV);
		EXPECT_EQ(pair.core.total, 1);
		/* refused in its own mmap: what was there is gone, and nothing stays charged */
		ops.search = NULL;
		args.addr = at(&pair, 4096 - 8);
		args.flags |= MAP_FIXED;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), -ENODEV);
		EXPECT_EQ(pair.core.total, 0);
		EXPECT_EQ(pair.machine.committed, 0);
		EXPECT(!svma_core_validate(&pair.core));
		pair_destroy(&pair);
		unit_check(&pair);
	}
}

static int start_host(struct svma_core *core, struct svma_core_machine *machine, u32 kernel)
{
	svma_core_machine_init(machine);
	return svma_core_init(core, machine, &unit_no_ops, SVMA_PROFILE_HOST, kernel);
}

TEST(corner_32bit)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core_machine machine;
		struct svma_map_args args;
		struct svma_core core;

		EXPECT_EQ(start_host(&core, &machine, *kernel), 0);
		args = (struct svma_map_args){ .len = PAGE, .prot = RW, .flags = ANON | MAP_32BIT };
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(args.result, 0x40000000);
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(args.result, 0x40001000);
		args.len = 0x40000000;
		EXPECT_EQ(svma_core_mmap(&core, &args), -ENOMEM);
		args.len = 0x80001000;
		EXPECT_EQ(svma_core_mmap(&core, &args), -ENOMEM);
		/* a hint that is good goes before it, one that is not is forgotten */
		args.len = PAGE;
		args.addr = 0x50000000;
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(args.result, 0x50000000);
		args.addr = 1UL << 40;
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(args.result, 0x40002000);
		svma_core_destroy(&core);
	}
}

/* Addresses above 47 bits are for those who ask for them. */
TEST(corner_57bit)
{
	FOR_EACH_KERNEL(kernel) {
		const unsigned long window = (1UL << 47) - PAGE;
		struct svma_layout layout = { .told = SVMA_LAYOUT_HIGH,
					      .high = (1UL << 56) - PAGE };
		struct svma_core_machine machine;
		struct svma_map_args args;
		struct svma_core core;

		EXPECT_EQ(start_host(&core, &machine, *kernel), 0);
		EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
		args = (struct svma_map_args) { .len = PAGE, .prot = RW, .flags = ANON };
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT(args.result < window);
		args.addr = 1UL << 50;
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT_EQ(args.result, 1UL << 50);
		/* taken: searched for in all of the space */
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT(args.result > window);
		/* across the border: no hint */
		args.addr = window - PAGE;
		args.len = 4 * PAGE;
		EXPECT_EQ(svma_core_mmap(&core, &args), 0);
		EXPECT(args.result < window && args.result != args.addr);
		svma_core_destroy(&core);
	}
}

TEST(corner_zero)
{
	struct svma_populate populate;
	struct svma_map_args args;
	struct pair pair;

	unit_start(&pair, K6_12);
	pair.files[FILE_RW].backing.flags |= SVMA_BACKING_ZERO;
	args = (struct svma_map_args) {
		.addr = at(&pair, 0), .len = PAGE, .prot = RW, .flags = PRIVATE_FIXED,
		.backing = &pair.files[FILE_RW].backing,
	};
	EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), PAGE, MADV_FREE, &populate), 0);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), PAGE, MADV_WIPEONFORK, &populate),
		  -EINVAL);
	args.flags = MAP_SHARED | MAP_FIXED;
	EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), PAGE, MADV_FREE, &populate), -EINVAL);
	pair_destroy(&pair);
	unit_check(&pair);
}

static unsigned int steps[64];
static unsigned long charged;

static void hook_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		      unsigned long c, unsigned long d)
{
	(void)core;
	(void)b;
	(void)c;
	(void)d;
	steps[kind & 63]++;
	if (kind == SVMA_STEP_CHARGE)
		charged += a;
	if (kind == SVMA_STEP_UNCHARGE)
		charged -= a;
}

TEST(corner_steps)
{
	struct svma_core_ops ops;
	struct pair pair;

	unit_start(&pair, K7_3);
	ops = *pair.core.ops;
	ops.step = hook_step;
	pair.core.ops = &ops;
	memset(steps, 0, sizeof(steps));
	charged = 0;
	unit_mmap(&pair, -1, 8, RW, ANON, NO_FILE, 0);
	EXPECT_EQ(steps[SVMA_STEP_FOUND], 1);
	EXPECT_EQ(steps[SVMA_STEP_NEW], 1);
	EXPECT_EQ(steps[SVMA_STEP_CHARGE], 1);
	EXPECT_EQ(charged, 8);
	unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
	EXPECT_EQ(steps[SVMA_STEP_FOUND], 1);
	unit_mprotect(&pair, 2, 2, PROT_READ);
	EXPECT_EQ(steps[SVMA_STEP_SPLIT], 2);
	EXPECT_EQ(steps[SVMA_STEP_PROTECT], 1);
	unit_mprotect(&pair, 2, 2, RW);
	EXPECT_EQ(steps[SVMA_STEP_MERGE], 1);
	unit_mremap(&pair, 0, 8, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 20);
	EXPECT_EQ(steps[SVMA_STEP_MOVE], 1);
	unit_munmap(&pair, 0, 4096);
	EXPECT(steps[SVMA_STEP_DETACH] >= 2);
	EXPECT_EQ(charged, 0);
	unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
	unit_munmap(&pair, 2, 2);
	EXPECT_EQ(steps[SVMA_STEP_SPLIT], 4);
	/* A second mapping of what is shared moves nothing. */
	unit_mmap(&pair, 30, 2, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE, 0);
	EXPECT(unit_mremap(&pair, 30, 0, 2, MREMAP_MAYMOVE, NOWHERE) > 0);
	EXPECT_EQ(steps[SVMA_STEP_MOVE], 1);
	unit_end(&pair);
}

TEST(corner_huge_files)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_remap_args remap;
		struct pair_config config;
		struct svma_map_args args;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.pages = 16 * HUGE / PAGE;
		config.layout.mmap_base = config.base + 15 * HUGE + 77 * PAGE;
		config.machine.huge = 8 * HUGE / PAGE;
		config.machine.huge_free = config.machine.huge;
		unit_start_with(&pair, &config);
		pair.files[FILE_RW].backing.flags |= SVMA_BACKING_HUGETLB;
		args = (struct svma_map_args){
			.len = 2 * HUGE,
			.prot = RW,
			.flags = MAP_SHARED,
			.backing = &pair.files[FILE_RW].backing,
		};
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
		EXPECT_EQ(args.result & (HUGE - 1), 0);
		EXPECT_EQ(pair.machine.huge_reserved, 2 * HUGE / PAGE);
		/* a hint: cut down, or up */
		args.addr = at(&pair, 0) + 3 * HUGE + PAGE;
		args.flags = MAP_PRIVATE;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
		EXPECT_EQ(args.result & (HUGE - 1), 0);
		/* an offset inside a huge page: told when the old mapping is gone */
		args.addr = args.result;
		args.flags = MAP_PRIVATE | MAP_FIXED;
		args.offset = PAGE;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), -EINVAL);
		EXPECT_EQ(pair.core.total, 2 * HUGE / PAGE);
		args.offset = 0;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
		/* moves and shrinks as a whole, and does not grow */
		remap = (struct svma_remap_args){
			.old_addr = args.result,
			.old_len = 2 * HUGE,
			.new_len = 3 * HUGE,
			.flags = MREMAP_MAYMOVE,
		};
		EXPECT_EQ(svma_core_mremap(&pair.core, &remap), -EINVAL);
		remap.new_len = 2 * HUGE;
		remap.new_addr = at(&pair, 0) + 9 * HUGE + PAGE;
		remap.flags = MREMAP_MAYMOVE | MREMAP_FIXED;
		EXPECT_EQ(svma_core_mremap(&pair.core, &remap), -EINVAL);
		remap.new_addr = at(&pair, 0) + 9 * HUGE;
		pair_clear_report(&pair);
		EXPECT_EQ(svma_core_mremap(&pair.core, &remap), 0);
		EXPECT_EQ(remap.result, at(&pair, 0) + 9 * HUGE);
		EXPECT_EQ(pair.machine.huge_reserved, 4 * HUGE / PAGE);
		EXPECT(!svma_core_validate(&pair.core));
		svma_core_munmap(&pair.core, at(&pair, 0), config.pages * PAGE);
		svma_core_backing_release(&pair.machine, &pair.files[FILE_RW].backing);
		EXPECT_EQ(pair.machine.huge_reserved, 0);
		pair_destroy(&pair);
		unit_check(&pair);
	}
}

TEST(corner_classic)
{
	struct svma_core_machine machine;
	struct svma_lock lock;
	struct svma_layout layout = { .told = SVMA_LAYOUT_BRK, .brk = 0x555555760000UL };
	struct svma_remap_args remap;
	struct svma_populate populate;
	struct svma_map_args args;
	unsigned long brk, start;
	struct svma_core core;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_CLASSIC, 0), 0);
	args = (struct svma_map_args) { .len = 4 * PAGE, .prot = RW, .flags = ANON };
	EXPECT_EQ(svma_core_mmap(&core, &args), 0);
	start = args.result;
	EXPECT_EQ(svma_core_madvise(&core, start, PAGE, MADV_RANDOM, &populate), 0);
	EXPECT_EQ(svma_core_madvise(&core, start, PAGE, MADV_HUGEPAGE, &populate), -EINVAL);
	remap = (struct svma_remap_args){
		.old_addr = start,
		.old_len = PAGE,
		.new_len = PAGE,
		.flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
	};
	EXPECT_EQ(svma_core_mremap(&core, &remap), -EINVAL);
	lock = (struct svma_lock){ .op = SVMA_MLOCK, .addr = start, .len = PAGE,
				   .flags = MLOCK_ONFAULT };
	EXPECT_EQ(svma_core_lock(&core, &lock, &populate), -ENOSYS);
	lock.flags = 0;
	EXPECT_EQ(svma_core_lock(&core, &lock, &populate), 0);
	lock = (struct svma_lock){ .op = SVMA_MLOCKALL, .flags = MCL_FUTURE | MCL_ONFAULT };
	EXPECT_EQ(svma_core_lock(&core, &lock, &populate), -EINVAL);
	lock.op = SVMA_MUNLOCKALL;
	lock.flags = 0;
	EXPECT_EQ(svma_core_lock(&core, &lock, &populate), 0);
	EXPECT_EQ(svma_core_mprotect(&core, start, PAGE, PROT_READ, 0), -ENOSYS);
	/* The heap grows upwards, and so can be protected to its end. */
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	brk = layout.brk + 4 * PAGE;
	EXPECT_EQ(svma_core_brk(&core, &brk, &populate.start, &populate.len), 0);
	EXPECT_EQ(svma_core_mprotect(&core, layout.brk + PAGE, PAGE, PROT_READ | PROT_GROWSUP, -1),
		  0);
	EXPECT_EQ(core.index.count, 4);
	EXPECT(!svma_core_validate(&core));
	svma_core_destroy(&core);
}

TEST(corner_arguments)
{
	struct svma_populate populate;
	struct svma_lock lock = { .op = SVMA_MUNLOCK, .flags = 1 };
	struct svma_remap_file file;
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
	unit_mmap(&pair, 4, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW2, 0);
	unit_mmap(&pair, 10, 4, RW, MAP_SHARED | MAP_FIXED | MAP_LOCKED, FILE_RW2, 0);
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), -EINVAL);
	lock.op = SVMA_MUNLOCKALL;
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), -EINVAL);
	file = (struct svma_remap_file) { .addr = at(&pair, 0), .len = 8 * PAGE };
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EINVAL);
	file.addr = at(&pair, 4);
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EINVAL);
	file.len = PAGE;
	file.pgoff = 1UL << 53;
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EOVERFLOW);
	/* what mmap refuses */
	file.pgoff = 1UL << 51;
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EOVERFLOW);
	file.addr = at(&pair, 10);
	file.pgoff = 5;
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), 0);
	EXPECT_EQ(pair.core.locked, 4);
	pair_destroy(&pair);
	unit_check(&pair);
}
