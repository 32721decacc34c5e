// SPDX-License-Identifier: GPL-2.0
/* What the kernel maps for itself, vdso and vvar, as an import tells it. */
#include "unit.h"

#define FLAGS	(SVMA_VM_SPECIAL | SVMA_VM_READ | SVMA_VM_EXEC | SVMA_VM_MAYREAD | \
		 SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC | SVMA_VM_DONTEXPAND)

/* It is not cut, whatever the call; it goes and changes as a whole. */
TEST(special_whole)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 8, 4, FLAGS);
		EXPECT_EQ(unit_munmap(&pair, 8, 1), -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 9, 1), -EINVAL);
		EXPECT_EQ(unit_munmap(&pair, 10, 4), -EINVAL);
		EXPECT_EQ(unit_mprotect(&pair, 8, 2, RW), -EINVAL);
		EXPECT_EQ(unit_mprotect(&pair, 10, 2, RW), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 8, 1, MADV_DONTFORK), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 8, 4, 2, 0, NOWHERE), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 8, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 20), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 10, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 20), -EINVAL);
		EXPECT_REGIONS(&pair, "8-c:rx");
		EXPECT_EQ(unit_mprotect(&pair, 8, 4, PROT_READ), 0);
		EXPECT_REGIONS(&pair, "8-c:r");
		EXPECT_EQ(unit_munmap(&pair, 7, 6), 0);
		EXPECT_REGIONS(&pair, "");
		unit_end(&pair);
	}
}

/* It is not anonymous memory: it has no pages to free, and its offset does not follow its place. */
TEST(special_moves)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long pgoff;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 8, 4, FLAGS);
		EXPECT(svma_index_find(&pair.core.index, at(&pair, 8), &vma));
		pgoff = vma.pgoff;
		EXPECT_EQ(unit_madvise(&pair, 8, 4, MADV_FREE), -EINVAL);
		EXPECT(unit_mremap(&pair, 8, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 20) > 0);
		EXPECT_REGIONS(&pair, "14-18:rx");
		EXPECT(svma_index_find(&pair.core.index, at(&pair, 20), &vma));
		EXPECT_EQ(vma.pgoff, pgoff);
		unit_end(&pair);
	}
}
