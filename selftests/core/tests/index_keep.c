// SPDX-License-Identifier: GPL-2.0
/* What an index keeps of the nodes that it no longer needs. */
#include "index.h"
#include "memory.h"
#include "tap.h"

#define PAGE	SVMA_PAGE_SIZE
#define COUNT	5000UL
#define FEW	3U	/* leaves */

TEST(index_keeps_few)
{
	unsigned long before = memory_outstanding();
	struct svma_index index;
	struct svma_vma vma;
	unsigned long i;

	svma_index_init(&index);
	for (i = 0; i < COUNT; i++) {
		vma = (struct svma_vma){ .start = 2 * i * PAGE, .end = (2 * i + 1) * PAGE };
		if (!EXPECT_EQ(svma_index_reserve(&index, 1), 0))
			break;
		svma_index_insert(&index, &vma);
	}
	EXPECT(memory_outstanding() - before > 100);
	for (i = 0; i < COUNT; i++)
		svma_index_erase(&index, 2 * i * PAGE);
	EXPECT_EQ(index.nr_spare_leaves, FEW);
	EXPECT_EQ(memory_outstanding() - before, FEW + index.leaves + index.inners +
						 index.nr_spare_inners);

	/* What was kept is what is taken next. */
	EXPECT_EQ(svma_index_reserve(&index, FEW), 0);
	EXPECT_EQ(index.nr_spare_leaves, FEW);
	svma_index_destroy(&index);
	EXPECT_EQ(memory_outstanding(), before);
}
