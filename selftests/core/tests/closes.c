// SPDX-License-Identifier: GPL-2.0
/*
 * Regions of a file that wants to know when they end. The random tests have no such file: that a
 * region is of one is told from outside.
 */
#include "unit.h"

static unsigned long regions(struct svma_core *core)
{
	return core->index.count;
}

/* Eight pages of such a file, readable. */
static void start_closing(struct pair *pair, unsigned int kernel)
{
	unit_start(pair, kernel);
	unit_mmap(pair, 0, 8, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
	EXPECT_EQ(svma_core_anon_set(&pair->core, at(pair, 0), 0, SVMA_ANON_CLOSES), 0);
}

static int protect(struct pair *pair, unsigned long page, unsigned long pages, int prot)
{
	return svma_core_mprotect(&pair->core, at(pair, page), pages * PAGE, prot, -1);
}

/* What the model does not know must not be compared with it. */
static void end_closing(struct pair *pair)
{
	EXPECT(!svma_core_validate(&pair->core));
	unit_munmap(pair, 0, 8);
	unit_end(pair);
}

TEST(closes_whole)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start_closing(&pair, *kernel);
		EXPECT_EQ(protect(&pair, 2, 1, PROT_NONE), 0);
		EXPECT_EQ(regions(&pair.core), 3);
		/* The one in the middle would have to go: it stays, equal to its neighbours. */
		EXPECT_EQ(protect(&pair, 2, 1, PROT_READ), 0);
		EXPECT_EQ(regions(&pair.core), 3);
		end_closing(&pair);
	}
}

TEST(closes_part)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start_closing(&pair, *kernel);
		EXPECT_EQ(protect(&pair, 4, 4, PROT_NONE), 0);
		EXPECT_EQ(regions(&pair.core), 2);
		/*
		 * Nothing has to go if a part of one becomes a part of the other; 6.1 merges none
		 * at all.
		 */
		EXPECT_EQ(protect(&pair, 4, 1, PROT_READ), 0);
		EXPECT_EQ(regions(&pair.core), *kernel < SVMA_KERNEL(6, 5) ? 3 : 2);
		end_closing(&pair);
	}
}
