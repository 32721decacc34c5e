// SPDX-License-Identifier: GPL-2.0
/* mremap, remap_file_pages, msync, mincore. */
#include "unit.h"

#define MAY	MREMAP_MAYMOVE
#define TO	(MREMAP_MAYMOVE | MREMAP_FIXED)
#define KEEP	(MREMAP_MAYMOVE | MREMAP_DONTUNMAP)
#define BASE	(4096 - 64)

TEST(remap_errors)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		unsigned long odd;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 8, 4, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 4, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
		unit_import(&pair, 24, 4, SVMA_VM_READ | SVMA_VM_DONTEXPAND);
		EXPECT_EQ(unit_mremap(&pair, 0, 1, 1, 8, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 0, 1, 1, MREMAP_FIXED, 40), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 0, 1, 2, KEEP, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 0, 1, 1, MREMAP_DONTUNMAP, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 0, 1, 0, MAY, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 12, 1, 2, MAY, 0), -EFAULT);
		EXPECT_EQ(unit_mremap(&pair, 12, 1, 1, 0, 0), -EFAULT);
		odd = at(&pair, 0) + 1;
		EXPECT_EQ(unit_call(&pair, CALL_MREMAP, NO_FILE, odd, PAGE, PAGE, 0, 0), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MREMAP, NO_FILE, at(&pair, 0), PAGE, PAGE, TO,
				    at(&pair, 40) + 1),
			  -EINVAL);
		/* overlap */
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, TO, 2), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, TO, 4096), -EINVAL);
		/* across the end of a region */
		EXPECT_EQ(unit_mremap(&pair, 6, 4, 5, MAY, 0), -EFAULT);
		/* no room to grow, and not allowed to move */
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 9, 0, 0), -ENOMEM);
		/* duplicates of shared memory only */
		EXPECT_EQ(unit_mremap(&pair, 0, 0, 2, MAY, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 16, 0, 2, MAY, 0), BASE - 2);
		EXPECT_EQ(unit_mremap(&pair, 24, 4, 5, MAY, 0), -EFAULT);
		EXPECT_EQ(unit_mremap(&pair, 24, 4, 4, KEEP, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 24, 4, 4, TO, 40), 40);
		unit_end(&pair);
	}
}

/* What must not expand does not, wherever to; it moves and shrinks. */
TEST(remap_stiff)
{
	static const u64 stiff[] = { SVMA_VM_DONTEXPAND, SVMA_VM_PFNMAP };
	unsigned int i;

	FOR_EACH_KERNEL(kernel) {
		for (i = 0; i < ARRAY_SIZE(stiff); i++) {
			struct pair pair;

			unit_start(&pair, *kernel);
			unit_import(&pair, 8, 4, SVMA_VM_READ | stiff[i]);
			EXPECT_EQ(unit_mremap(&pair, 8, 4, 5, 0, 0), -EFAULT);
			EXPECT_EQ(unit_mremap(&pair, 8, 4, 5, MAY, 0), -EFAULT);
			EXPECT_EQ(unit_mremap(&pair, 8, 4, 5, TO, 40), -EFAULT);
			EXPECT_EQ(unit_mremap(&pair, 8, 4, 4, KEEP, 0), -EINVAL);
			EXPECT_REGIONS(&pair, "8-c:r");
			EXPECT_EQ(unit_mremap(&pair, 8, 4, 4, TO, 40), 40);
			EXPECT_EQ(unit_mremap(&pair, 40, 4, 3, 0, 0), 40);
			EXPECT_REGIONS(&pair, "28-2b:r");
			unit_end(&pair);
		}
	}
}

/* An old length of 0: a second mapping of what is shared; private memory has none. */
TEST(remap_second)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 10);
		unit_mmap(&pair, 8, 4, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 24, 4, RW, PRIVATE_FIXED, FILE_RW, 0);
		EXPECT_EQ(unit_mremap(&pair, 16, 0, 4, MAY, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 16, 0, 4, TO, 40), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 24, 0, 4, MAY, 0), -EINVAL);
		/* It must be allowed to lie elsewhere, and begins where it was asked for. */
		EXPECT_EQ(unit_mremap(&pair, 0, 0, 4, 0, 0), -ENOMEM);
		EXPECT_EQ(unit_mremap(&pair, 1, 0, 2, TO, 40), 40);
		EXPECT_EQ(unit_mremap(&pair, 8, 0, 4, TO, 50), 50);
		EXPECT_REGIONS(&pair, "0-4:rws 8-c:rws 10-14:rw 18-1c:rw 28-2a:rws 32-36:rws");
		EXPECT_EQ(pair.files[FILE_RW].refs, 4);
		/* Shared memory goes with the last one. */
		EXPECT_EQ(pair.machine.committed, 4 + 4 + 4);
		EXPECT_EQ(unit_munmap(&pair, 8, 4), 0);
		EXPECT_EQ(pair.machine.committed, 4 + 4 + 4);
		EXPECT_EQ(unit_munmap(&pair, 50, 4), 0);
		EXPECT_EQ(pair.machine.committed, 4 + 4);
		unit_end(&pair);
	}
}

TEST(remap_in_place)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 8, 0, 0), 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 4, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-4:rw");
		/* the end of the region grows */
		EXPECT_EQ(unit_mremap(&pair, 2, 2, 6, 0, 0), 2);
		EXPECT_REGIONS(&pair, "0-8:rw");
		/* up to the next one, and into it */
		unit_mmap(&pair, 10, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 10, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-c:rw");
		/* shrinking may cut out what is not its own */
		unit_mmap(&pair, 14, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 16, 2, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-2:rw 10-12:r");
		unit_end(&pair);
	}
}

TEST(remap_move)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		unit_store(&pair, 0);
		unit_mmap(&pair, 8, 1, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 12, MAY, 0), BASE - 12);
		EXPECT_REGIONS(&pair, "8-9:r fb4-fc0:rw");
		/* a part of it, over something else */
		EXPECT_EQ(unit_mremap(&pair, BASE - 10, 4, 4, TO, 6), 6);
		EXPECT_REGIONS(&pair, "6-a:rw fb4-fb6:rw fba-fc0:rw");
		/* shrinks on the way */
		EXPECT_EQ(unit_mremap(&pair, 6, 4, 2, TO, 20), 20);
		EXPECT_REGIONS(&pair, "14-16:rw fb4-fb6:rw fba-fc0:rw");
		unit_end(&pair);
	}
}

/* What was never written takes the offset of its new place, and merges there, even with itself. */
TEST(remap_unwritten)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 2, 2, TO, 8), 8);
		EXPECT_REGIONS(&pair, "2-a:rw");
		unit_store(&pair, 2);
		EXPECT_EQ(unit_mremap(&pair, 2, 2, 2, TO, 10), 10);
		EXPECT_REGIONS(&pair, "4-a:rw a-c:rw");
		/* and back where it came from */
		EXPECT_EQ(unit_mremap(&pair, 10, 2, 2, TO, 2), 2);
		EXPECT_REGIONS(&pair, "2-a:rw");
		unit_end(&pair);
	}
}

/*
 * Written pages of a private file region keep the offset that they had where they were written.
 * From 7.3 on it must agree with a neighbour's, as the offset in the file must.
 */
TEST(remap_written_file)
{
	FOR_EACH_KERNEL(kernel) {
		const unsigned long flags = MAP_PRIVATE | MAP_FIXED;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, flags, FILE_RW, 0);
		unit_store(&pair, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, TO, 40), 40);
		unit_mmap(&pair, 44, 4, RW, flags, FILE_RW, 4);
		EXPECT_REGIONS(&pair,
			       *kernel < K7_3 ? "4-8:rw 28-30:rw" : "4-8:rw 28-2c:rw 2c-30:rw");
		/*
		 * The rest of it, moved as far, is one with what went before; from elsewhere it is
		 * not.
		 */
		EXPECT_EQ(unit_mremap(&pair, 4, 4, 4, TO, 44), 44);
		EXPECT_REGIONS(&pair, "28-30:rw");
		EXPECT_EQ(unit_mremap(&pair, 44, 4, 4, TO, 80), 80);
		EXPECT_EQ(unit_mremap(&pair, 40, 4, 4, TO, 76), 76);
		EXPECT_REGIONS(&pair, "4c-54:rw");
		/* downwards */
		EXPECT_EQ(unit_mremap(&pair, 76, 4, 4, TO, 4), 4);
		EXPECT_EQ(unit_mremap(&pair, 80, 4, 4, TO, 8), 8);
		EXPECT_REGIONS(&pair, "4-c:rw");
		/* back where it was written: as if it had never moved */
		EXPECT_EQ(unit_mremap(&pair, 4, 4, 4, TO, 0), 0);
		EXPECT_EQ(unit_mremap(&pair, 8, 4, 4, TO, 20), 20);
		unit_mmap(&pair, 4, 4, RW, flags, FILE_RW, 4);
		EXPECT_REGIONS(&pair, "0-8:rw 14-18:rw");
		unit_end(&pair);
	}
}

TEST(remap_keep)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_store(&pair, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, KEEP, NOWHERE), BASE - 4);
		EXPECT_REGIONS(&pair, "0-4:rw fbc-fc0:rwL");
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, KEEP, 40), 40);
		EXPECT_REGIONS(&pair, "0-4:rw 28-2c:rw fbc-fc0:rwL");
		EXPECT_EQ(pair.machine.committed, 12);
		/*
		 * a part of a locked region: newer kernels unlock that part, older ones all of it
		 */
		unit_munmap(&pair, 0, 4096);
		unit_mmap(&pair, 0, 6, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_store(&pair, 0);
		EXPECT_EQ(unit_mremap(&pair, 2, 2, 2, KEEP | MREMAP_FIXED, 20), 20);
		EXPECT_REGIONS(&pair, *kernel < K7_3 ? "0-6:rw 14-16:rwL"
						     : "0-2:rwL 2-4:rw 4-6:rwL 14-16:rwL");
		unit_end(&pair);
	}
}

TEST(remap_many)
{
	FOR_EACH_KERNEL(kernel) {
		long many = *kernel >= K7_3 ? 100 : -EFAULT;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 4, 4, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 10, 4, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
		EXPECT_EQ(unit_mremap(&pair, 2, 10, 10, TO, 100), many);
		EXPECT_REGIONS(&pair, many > 0 ? "0-2:rw c-e:r 64-66:rw 66-6a:r 6c-6e:r"
					       : "0-4:rw 4-8:r a-e:r");
		/* not from a hole, and not with a file whose system searches by itself */
		EXPECT_EQ(unit_mremap(&pair, 40, 10, 10, TO, 100), -EFAULT);
		unit_mmap(&pair, 200, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 202, 2, PROT_READ, PRIVATE_FIXED, FILE_RO, 0);
		EXPECT_EQ(unit_mremap(&pair, 202, 3, 3, TO, 300), -EFAULT);
		EXPECT_EQ(unit_mremap(&pair, 200, 4, 4, TO, 300), -EFAULT);
		EXPECT_EQ(unit_mremap(&pair, 202, 2, 2, TO, 310), 310);
		unit_end(&pair);
	}
}

/* A file that wants to know when its regions end does not keep one from growing. */
TEST(remap_closing)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
		unit_mmap(&pair, 6, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 6);
		unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 0), 0, SVMA_ANON_CLOSES, 0, 0);
		unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 6), 0, SVMA_ANON_CLOSES, 0, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 5, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-5:r 6-8:r");
		EXPECT_EQ(unit_mremap(&pair, 0, 5, 6, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-6:r 6-8:r");
		unit_end(&pair);
	}
}

TEST(remap_limits)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_as = 12 * PAGE;
		config.layout.limit_memlock = 6 * PAGE;
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.ram = 12;
		config.machine.overcommit_ratio = 100;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 7, MAY, 0), -EAGAIN);
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCKALL, 0, 0, 0), 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 13, MAY, 0), -ENOMEM);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 12, MAY, 0), -ENOMEM);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 11, MAY, 0), 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 11, 11, KEEP, NOWHERE), -ENOMEM);
		unit_end(&pair);

		pair_config_default(&config, *kernel);
		config.layout.max_map_count = 5;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 8, 1, PROT_READ, FIXED, NO_FILE, 0);
		/* 6.1 keeps three regions free before a move, 7.3 counts what may come */
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 9, MAY, 0), -ENOMEM);
		unit_munmap(&pair, 8, 1);
		EXPECT_EQ(unit_mremap(&pair, 2, 2, 3, MAY, 0), BASE - 3);
		unit_end(&pair);
	}
}

/* What is at the target goes, also where that is more than what comes. */
TEST(remap_fixed)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_store(&pair, 0);
		unit_mmap(&pair, 20, 8, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, TO, 22), 22);
		EXPECT_REGIONS(&pair, "14-16:r 16-1a:rw 1a-1c:r");
		EXPECT_EQ(pair.moved[0], 23);
		EXPECT(pair.unmapped[22]);
		EXPECT_EQ(unit_mremap(&pair, 22, 4, 2, TO, 0), 0);
		EXPECT_REGIONS(&pair, "0-2:rw 14-16:r 1a-1c:r");
		unit_end(&pair);
	}
}

/* Whether a move that is refused has taken the target away. */
TEST(remap_early)
{
	FOR_EACH_KERNEL(kernel) {
		bool early = *kernel >= K7_3;
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 4 * PAGE;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_mmap(&pair, 20, 8, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 6, TO, 20), -EAGAIN);
		EXPECT_REGIONS(&pair, early ? "0-4:rwL 14-1c:r" : "0-4:rwL 1a-1c:r");
		EXPECT_EQ(unit_mremap(&pair, 2, 4, 4, KEEP | MREMAP_FIXED, 26),
			  early ? 26 : -EFAULT);
		unit_end(&pair);
	}
}

/* The region is looked at before the offset. */
TEST(remap_file_order)
{
	FOR_EACH_KERNEL(kernel) {
		const unsigned long wide = 1UL << 52;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
		unit_mmap(&pair, 8, 8, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RW, 8);
		EXPECT_EQ(unit_call(&pair, CALL_REMAP_FILE, NO_FILE, at(&pair, 40), PAGE, 0, wide,
				    0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_REMAP_FILE, NO_FILE, at(&pair, 6), 4 * PAGE, 0,
				    wide, 0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_REMAP_FILE, NO_FILE, at(&pair, 6), PAGE, 0, wide,
				    0),
			  -EOVERFLOW);
		EXPECT_EQ(unit_call(&pair, CALL_REMAP_FILE, NO_FILE, at(&pair, 6), PAGE, 0, 1, 0),
			  0);
		EXPECT_REGIONS(&pair, "0-6:rws 6-7:rws 7-8:rws 8-10:rs");
		unit_end(&pair);
	}
}

TEST(remap_of_file)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_populate populate;
		struct svma_remap_file args;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
		unit_mmap(&pair, 8, 4, RW, PRIVATE_FIXED, FILE_RW, 8);
		args = (struct svma_remap_file){ .addr = at(&pair, 2),
						 .len = 2 * PAGE,
						 .pgoff = 100 };
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), 0);
		EXPECT_EQ(populate.start, at(&pair, 2));
		EXPECT_EQ(populate.len, 2 * PAGE);
		EXPECT(svma_core_find(&pair.core, at(&pair, 2), &vma));
		EXPECT_EQ(vma.start, at(&pair, 2));
		EXPECT_EQ(vma.pgoff, 100);
		EXPECT_REGIONS(&pair, "0-2:rws 2-4:rws 4-8:rws 8-c:rw");
		/* over several regions, if they are one mapping */
		args.addr = at(&pair, 0);
		args.len = 8 * PAGE;
		args.pgoff = 50;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), 0);
		EXPECT_REGIONS(&pair, "0-8:rws 8-c:rw");
		args.len = 9 * PAGE;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		args.addr = at(&pair, 8);
		args.len = PAGE;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		args.addr = at(&pair, 20);
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		args.addr = at(&pair, 0);
		args.prot = PROT_READ;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		args.prot = 0;
		args.len = 0;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		args.len = PAGE;
		args.pgoff = ~0UL;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		EXPECT(!svma_core_validate(&pair.core));
		/* the model was not told */
		pair.model.pages[2].pgoff = 0;
		pair_destroy(&pair);
		unit_check(&pair);
	}
}

TEST(sync_ranges)
{
	struct svma_core *core;
	struct pair pair;

	unit_start(&pair, K6_12);
	core = &pair.core;
	unit_mmap(&pair, 0, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
	unit_mmap(&pair, 6, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), 4 * PAGE, MS_SYNC), 0);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0) + 1, PAGE, MS_SYNC), -EINVAL);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), PAGE, MS_SYNC | MS_ASYNC), -EINVAL);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), PAGE, 8), -EINVAL);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), 0, MS_SYNC), 0);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), ~0UL << 12, MS_SYNC), -ENOMEM);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), 10 * PAGE, MS_SYNC), -ENOMEM);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), 5 * PAGE, MS_ASYNC), -ENOMEM);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 5), PAGE, MS_SYNC), -ENOMEM);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 20), PAGE, MS_SYNC), -ENOMEM);
	/* the locked region is found behind the hole, and told first; not with MS_ASYNC alone */
	EXPECT_EQ(svma_core_msync(core, at(&pair, 0), 10 * PAGE, MS_INVALIDATE), -EBUSY);
	EXPECT_EQ(svma_core_msync(core, at(&pair, 6), PAGE, MS_ASYNC), 0);
	EXPECT_EQ(svma_core_mincore(core, at(&pair, 0), 4 * PAGE), 0);
	EXPECT_EQ(svma_core_mincore(core, at(&pair, 0) + 1, PAGE), -EINVAL);
	EXPECT_EQ(svma_core_mincore(core, at(&pair, 4095), PAGE), 0);
	EXPECT_EQ(svma_core_mincore(core, at(&pair, 4095), 2 * PAGE), -ENOMEM);
	EXPECT_EQ(svma_core_mincore(core, at(&pair, 0), ~0UL), -ENOMEM);
	EXPECT_EQ(svma_core_mincore(core, 0, core->layout.high), 0);
	unit_end(&pair);
}
