// SPDX-License-Identifier: GPL-2.0
/* Who has looked at an index can tell whether it has changed since. */
#include "index.h"
#include "tap.h"

#define PAGE	SVMA_PAGE_SIZE

TEST(index_versions)
{
	struct svma_vma vma = { .start = 2 * PAGE, .end = 6 * PAGE }, parts[2] = { vma, vma };
	struct svma_index index;
	unsigned long seen[6];
	unsigned int i;

	parts[0].end = 4 * PAGE;
	parts[1].start = 4 * PAGE;
	svma_index_init(&index);
	seen[0] = index.version;
	EXPECT_EQ(svma_index_reserve(&index, 1), 0);
	EXPECT_EQ(index.version, seen[0]);
	svma_index_insert(&index, &vma);
	seen[1] = index.version;
	EXPECT(svma_index_seek(&index, 3 * PAGE, &vma));
	EXPECT_EQ(index.version, seen[1]);
	vma.flags = SVMA_VM_READ;
	svma_index_set(&index, 2 * PAGE, &vma);
	seen[2] = index.version;
	vma.start = PAGE;
	svma_index_set(&index, 2 * PAGE, &vma);
	seen[3] = index.version;
	parts[0].start = PAGE;
	EXPECT(svma_index_splice(&index, PAGE, 1, parts, 2));
	seen[4] = index.version;
	svma_index_erase(&index, PAGE);
	seen[5] = index.version;
	for (i = 1; i < 6; i++)
		EXPECT(seen[i] > seen[i - 1]);
	svma_index_destroy(&index);
}
