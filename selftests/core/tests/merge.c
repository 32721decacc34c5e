// SPDX-License-Identifier: GPL-2.0
/*
 * Which neighbours become one. P is the region before, N the one after; letters say which were
 * written.
 */
#include "unit.h"

#define FILLS	4	/* pages of P, of the gap, and of N */

/* P at 0, N behind a gap, and then the gap filled; what is left are so many regions. */
static void fill_gap(u32 kernel, u32 prev, u32 prev_forked, u32 next, u32 next_forked,
		     const char *regions)
{
	struct pair pair;

	unit_start(&pair, kernel);
	unit_mmap(&pair, 0, FILLS, RW, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 2 * FILLS, FILLS, RW, FIXED, NO_FILE, 0);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 0), prev, prev_forked, 0, 0);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 2 * FILLS), next, next_forked, 0, 0);
	unit_mmap(&pair, FILLS, FILLS, RW, FIXED, NO_FILE, 0);
	EXPECT_REGIONS(&pair, regions);
	unit_end(&pair);
}

TEST(merge_fill_gap)
{
	FOR_EACH_KERNEL(kernel) {
		fill_gap(*kernel, 0, 0, 0, 0, "0-c:rw");
		fill_gap(*kernel, 1, 0, 0, 0, "0-c:rw");
		/* 6.1 looks at what is above first, and takes its map for the new region's. */
		fill_gap(*kernel, 0, 0, 1, 0, *kernel < K6_12 ? "0-4:rw 4-c:rw" : "0-c:rw");
		fill_gap(*kernel, 1, 0, 1, 0, "0-c:rw");
		fill_gap(*kernel, 1, 0, 2, 0, *kernel < K6_12 ? "0-4:rw 4-c:rw" : "0-8:rw 8-c:rw");
		/* What came from a fork takes nothing that was not written. */
		fill_gap(*kernel, 1, 1, 0, 0, "0-4:rw 4-c:rw");
		fill_gap(*kernel, 0, 0, 1, 1, "0-8:rw 8-c:rw");
		fill_gap(*kernel, 1, 1, 2, 1, "0-4:rw 4-8:rw 8-c:rw");
	}
}

/*
 * A region whose map came from a fork grows up to one that was never written: what is added counts
 * as new, so that newer kernels let the neighbour take the map all the same.
 */
TEST(merge_grow_forked)
{
	FOR_EACH_KERNEL(kernel) {
		bool adopts = *kernel >= SVMA_KERNEL(6, 16);
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, FILLS, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2 * FILLS, FILLS, RW, FIXED, NO_FILE, 0);
		unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 0), 1, SVMA_ANON_FORKED, 0, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, FILLS, 2 * FILLS, 0, 0), 0);
		EXPECT_REGIONS(&pair, adopts ? "0-c:rw" : "0-8:rw 8-c:rw");
		unit_end(&pair);
	}
}

/* Three regions, the one in the middle made equal to both. */
static void change_middle(u32 kernel, u32 prev, u32 middle, u32 next, const char *regions)
{
	struct pair pair;

	unit_start(&pair, kernel);
	unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 4, 4, PROT_WRITE, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 8, 4, RW, FIXED, NO_FILE, 0);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 0), prev, 0, 0, 0);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 4), middle, 0, 0, 0);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 8), next, 0, 0, 0);
	EXPECT_EQ(unit_mprotect(&pair, 4, 4, RW), 0);
	EXPECT_REGIONS(&pair, regions);
	unit_end(&pair);
}

TEST(merge_change_middle)
{
	FOR_EACH_KERNEL(kernel) {
		bool adopts = *kernel >= K7_3;

		change_middle(*kernel, 0, 0, 0, "0-c:rw");
		change_middle(*kernel, 1, 1, 1, "0-c:rw");
		change_middle(*kernel, 1, 0, 0, "0-c:rw");
		change_middle(*kernel, 0, 0, 1, "0-c:rw");
		change_middle(*kernel, 1, 0, 2, "0-8:rw 8-c:rw");
		change_middle(*kernel, 1, 0, 1, "0-c:rw");
		/* Written into not written: newer kernels only. */
		change_middle(*kernel, 0, 1, 0, adopts ? "0-c:rw" : "0-4:rw 4-8:rw 8-c:rw");
		change_middle(*kernel, 0, 1, 1, adopts ? "0-c:rw" : "0-4:rw 4-c:rw");
		change_middle(*kernel, 1, 1, 0, adopts ? "0-c:rw" : "0-8:rw 8-c:rw");
		change_middle(*kernel, 1, 1, 2, "0-8:rw 8-c:rw");
		change_middle(*kernel, 2, 1, 1, "0-4:rw 4-c:rw");
		change_middle(*kernel, 1, 2, 3, "0-4:rw 4-8:rw 8-c:rw");
	}
}

/* Parts of a region that change go to a neighbour, or stand alone. */
TEST(merge_change_part)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 4, 8, PROT_NONE, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 12, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mprotect(&pair, 4, 2, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-6:r 6-c:. c-10:r");
		EXPECT_EQ(unit_mprotect(&pair, 10, 2, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-6:r 6-a:. a-10:r");
		EXPECT_EQ(unit_mprotect(&pair, 7, 1, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-6:r 6-7:. 7-8:r 8-a:. a-10:r");
		EXPECT_EQ(unit_mprotect(&pair, 6, 1, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-8:r 8-a:. a-10:r");
		EXPECT_EQ(unit_mprotect(&pair, 0, 16, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-10:r");
		EXPECT(pair.core.merges >= 4);
		EXPECT(pair.core.splits >= 1);
		unit_end(&pair);
	}
}

/* What keeps neighbours apart. */
TEST(merge_not)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		/* another file, another offset, another kind of mapping */
		unit_mmap(&pair, 0, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
		unit_mmap(&pair, 2, 2, PROT_READ, PRIVATE_FIXED, FILE_RW2, 2);
		unit_mmap(&pair, 4, 2, PROT_READ, PRIVATE_FIXED, FILE_RW2, 5);
		unit_mmap(&pair, 6, 2, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RW2, 7);
		unit_mmap(&pair, 8, 2, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, "0-2:r 2-4:r 4-6:r 6-8:rs 8-a:r");
		/* two shared anonymous mappings are two files */
		unit_munmap(&pair, 0, 64);
		unit_mmap(&pair, 0, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE,
			  0);
		unit_mmap(&pair, 2, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE,
			  0);
		EXPECT_REGIONS(&pair, "0-2:rs 2-4:rs");
		/* but one that was cut grows together */
		EXPECT_EQ(unit_mprotect(&pair, 1, 1, RW), 0);
		EXPECT_EQ(unit_mprotect(&pair, 1, 1, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-2:rs 2-4:rs");
		/* flags that forbid it */
		unit_munmap(&pair, 0, 64);
		unit_import(&pair, 0, 2, SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_PFNMAP);
		unit_import(&pair, 2, 2, SVMA_VM_MAYREAD | SVMA_VM_PFNMAP);
		EXPECT_EQ(unit_mprotect(&pair, 2, 2, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-2:r 2-4:r");
		unit_end(&pair);
	}
}

TEST(merge_files)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 10);
		unit_mmap(&pair, 4, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 14);
		EXPECT_EQ(pair.files[FILE_RW].refs, 3);
		unit_mmap(&pair, 2, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 12);
		EXPECT_REGIONS(&pair, "0-6:r");
		EXPECT_EQ(pair.files[FILE_RW].refs, 2);
		unit_munmap(&pair, 2, 1);
		EXPECT_EQ(pair.files[FILE_RW].refs, 3);
		/* Offsets that do not go on, on either side. */
		unit_mmap(&pair, 20, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 30);
		unit_mmap(&pair, 22, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 40);
		unit_mmap(&pair, 18, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 30);
		EXPECT_REGIONS(&pair, "0-2:r 3-6:r 12-14:r 14-16:r 16-18:r");
		unit_end(&pair);
	}
}

/* Two equal neighbours that no call touched stay two. */
TEST(merge_only_where_touched)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 0, 4,
			    SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC);
		unit_import(&pair, 4, 4,
			    SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC);
		unit_import(&pair, 8, 4,
			    SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC);
		EXPECT_EQ(unit_mprotect(&pair, 0, 12, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-4:r 4-8:r 8-c:r");
		EXPECT_EQ(unit_mprotect(&pair, 4, 4, PROT_NONE), 0);
		EXPECT_EQ(unit_mprotect(&pair, 4, 2, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "0-6:r 6-8:. 8-c:r");
		unit_end(&pair);
	}
}

/*
 * A first write takes a neighbour's map where the two differ in protection alone, so that they can
 * merge later.
 */
TEST(merge_shared_map)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 4, 4, PROT_READ | PROT_EXEC, FIXED, NO_FILE, 0);
		unit_store(&pair, 0);
		unit_store(&pair, 4);
		unit_store(&pair, 5);
		/* Not these: one is charged, the other is not. */
		EXPECT_EQ(pair.core.last_anon, 2);
		unit_munmap(&pair, 0, 64);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mprotect(&pair, 4, 4, PROT_READ), 0);
		unit_store(&pair, 0);
		unit_store(&pair, 4);
		EXPECT_EQ(unit_mprotect(&pair, 4, 4, RW), 0);
		/*
		 * Newer kernels took the charge of what was not written yet, and so the two differ
		 * in that too.
		 */
		EXPECT_REGIONS(&pair, *kernel < K6_12 ? "0-8:rw" : "0-4:rw 4-8:rw");
		unit_end(&pair);
	}
}

/* A region that may hold guards: apart from others, and later one with them, and marked. */
TEST(merge_guards)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_vma vma;
		struct pair pair;

		if (*kernel < K7_3)
			continue;
		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_madvise(&pair, 0, 1, MADV_GUARD_INSTALL), 0);
		unit_mmap(&pair, 2, 2, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, "0-4:r");
		EXPECT(svma_core_find(&pair.core, at(&pair, 3), &vma));
		EXPECT(vma.flags & SVMA_VM_GUARDED);
		unit_end(&pair);
	}
}
