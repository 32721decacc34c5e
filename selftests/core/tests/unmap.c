// SPDX-License-Identifier: GPL-2.0
/* munmap. */
#include "unit.h"

/* In front, in the middle, in the rear, and over several regions and holes. */
TEST(unmap_splits)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 12, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_munmap(&pair, 0, 2), 0);
		EXPECT_REGIONS(&pair, "2-c:rwA");
		EXPECT_EQ(unit_munmap(&pair, 10, 2), 0);
		EXPECT_REGIONS(&pair, "2-a:rwA");
		EXPECT_EQ(unit_munmap(&pair, 4, 2), 0);
		EXPECT_REGIONS(&pair, "2-4:rwA 6-a:rwA");
		EXPECT_EQ(pair.machine.committed, 6);
		EXPECT(!pair.unmapped[3] && pair.unmapped[4] && pair.unmapped[5] &&
		       !pair.unmapped[6]);
		unit_mmap(&pair, 12, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_munmap(&pair, 3, 10), 0);
		EXPECT_REGIONS(&pair, "2-3:rwA d-10:r");
		unit_end(&pair);
	}
}

/* A page, a length that is not zero, inside the space; a range without a region is no error. */
TEST(unmap_errors)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_call(&pair, CALL_MUNMAP, NO_FILE, at(&pair, 0) + 1, PAGE, 0, 0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 0, 0), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MUNMAP, NO_FILE, at(&pair, 0), ~0UL, 0, 0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 4097, 1), -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 4095, 2), -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 4096, 0), -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 4095, 1), 0);
		/* Whatever is left of a page counts. */
		EXPECT_EQ(unit_call(&pair, CALL_MUNMAP, NO_FILE, at(&pair, 0), 1, 0, 0, 0), 0);
		EXPECT_REGIONS(&pair, "1-4:rw");
		unit_end(&pair);
	}
}
