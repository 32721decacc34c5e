// SPDX-License-Identifier: GPL-2.0
/* Where a file has no pages: behind its end, and behind what a file of its kind can have. */
#include "unit.h"

static long map(struct pair *pair, u64 offset, u64 len)
{
	struct svma_map_args args = {
		.len = len, .prot = PROT_READ, .flags = MAP_PRIVATE, .offset = offset,
		.backing = &pair->files[FILE_RW].backing,
	};

	return svma_core_mmap(&pair->core, &args);
}

TEST(absent_offsets)
{
	/* A file, a block device, and what has no bound but that of numbers. */
	const u64 most[] = { 1ULL << 44, (u64)LLONG_MAX, ~0ULL };
	struct pair pair;
	unsigned int i;

	unit_start(&pair, K6_12);
	/* A file as large as the mapping. */
	pair.files[FILE_RW].backing.most = 2 * PAGE;
	EXPECT_EQ(map(&pair, 0, 2 * PAGE), 0);
	EXPECT_EQ(map(&pair, 0, 3 * PAGE), -EOVERFLOW);
	for (i = 0; i < ARRAY_SIZE(most); i++) {
		u64 end = most[i] & ~(PAGE - 1);

		pair.files[FILE_RW].backing.most = most[i];
		EXPECT_EQ(map(&pair, end - PAGE, PAGE), 0);
		EXPECT_EQ(map(&pair, end - PAGE, 2 * PAGE), -EOVERFLOW);
		if (i < 2)
			EXPECT_EQ(map(&pair, end, PAGE), -EOVERFLOW);
	}
	/* The bound is looked at before anything else of the file. */
	pair.files[FILE_RW].backing.flags |= SVMA_BACKING_NOMMAP;
	EXPECT_EQ(map(&pair, 1ULL << 63, PAGE), -ENODEV);
	pair.files[FILE_RW].backing.most = 0;
	EXPECT_EQ(map(&pair, 1ULL << 63, PAGE), -EOVERFLOW);
	pair_destroy(&pair);
	unit_check(&pair);
}

/* What comes before the end is made present, the first page behind it asked for, and that told. */
TEST(absent_pages)
{
	struct svma_populate populate;
	struct svma_lock lock = { .op = SVMA_MLOCK };
	struct svma_vma vma;
	struct pair pair;

	unit_start(&pair, K6_12);
	pair.files[FILE_RW].backing.flags |= SVMA_BACKING_SIZED;
	pair.files[FILE_RW].backing.size = 2 * PAGE + 1;
	unit_mmap(&pair, 0, 2, PROT_READ, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 2, 8, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RW, 1);
	lock.addr = at(&pair, 0);
	lock.len = 4 * PAGE;
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), 0);
	EXPECT_EQ(populate.len, 4 * PAGE);
	lock.len = 10 * PAGE;
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), -ENOMEM);
	EXPECT_EQ(populate.start, at(&pair, 0));
	EXPECT_EQ(populate.len, 5 * PAGE);
	EXPECT(svma_core_find(&pair.core, at(&pair, 9), &vma));
	EXPECT(vma.flags & SVMA_VM_LOCKED);
	/* Of a part that is locked already nothing behind it counts. */
	lock.len = 3 * PAGE;
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), 0);
	EXPECT_EQ(populate.len, 3 * PAGE);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), 4 * PAGE, MADV_POPULATE_READ,
				    &populate),
		  0);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), 10 * PAGE, MADV_POPULATE_READ,
				    &populate),
		  -EFAULT);
	EXPECT_EQ(populate.len, 5 * PAGE);
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 3), 2 * PAGE, MADV_POPULATE_READ,
				    &populate),
		  -EFAULT);
	EXPECT_EQ(populate.len, 2 * PAGE);
	/* All of it lies behind the end. */
	EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 6), PAGE, MADV_POPULATE_READ, &populate),
		  -EFAULT);
	EXPECT_EQ(populate.len, PAGE);
	EXPECT(!svma_core_validate(&pair.core));
	pair_destroy(&pair);
	unit_check(&pair);
}
