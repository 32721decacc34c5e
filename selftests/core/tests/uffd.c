// SPDX-License-Identifier: GPL-2.0
/* Regions that are registered with userfaultfd(2), as an import tells it. */
#include "unit.h"

#define FLAGS	(SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | \
		 SVMA_VM_MAYEXEC | SVMA_VM_ACCOUNT)

static u64 watched(struct pair *pair, struct svma_core *core, unsigned long page)
{
	struct svma_vma vma;

	EXPECT(svma_index_find(&core->index, at(pair, page), &vma) && vma.start <= at(pair, page));
	return vma.flags & SVMA_VM_UFFD;
}

/* It stays through splits and changes, and merges only with what is registered the same way. */
TEST(uffd_apart)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 8, 4, FLAGS | SVMA_VM_UFFD_MISSING);
		unit_mmap(&pair, 4, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 12, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, "4-8:rwA 8-c:rwA c-10:rwA");
		EXPECT_EQ(unit_mprotect(&pair, 9, 1, PROT_READ), 0);
		EXPECT_EQ(unit_mprotect(&pair, 9, 1, RW), 0);
		EXPECT_REGIONS(&pair, "4-8:rwA 8-c:rwA c-10:rwA");
		EXPECT_EQ(watched(&pair, &pair.core, 9), SVMA_VM_UFFD_MISSING);
		EXPECT_EQ(watched(&pair, &pair.core, 7), 0);
		unit_import(&pair, 20, 2, FLAGS | SVMA_VM_UFFD_WP);
		unit_import(&pair, 24, 2, FLAGS | SVMA_VM_UFFD_MINOR | SVMA_VM_UFFD_RWP);
		EXPECT_EQ(watched(&pair, &pair.core, 20), SVMA_VM_UFFD_WP);
		EXPECT_EQ(watched(&pair, &pair.core, 25), SVMA_VM_UFFD_MINOR | SVMA_VM_UFFD_RWP);
		unit_end(&pair);
	}
}

/* What moves and what a child has is registered no more, unless events were asked for. */
TEST(uffd_lost)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core child;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 8, 4, FLAGS | SVMA_VM_UFFD_MISSING);
		unit_import(&pair, 22, 2, FLAGS | SVMA_VM_UFFD_MISSING);
		unit_mmap(&pair, 40, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 *kernel),
			  0);
		EXPECT_EQ(svma_core_fork(&pair.core, &child), 0);
		EXPECT_EQ(watched(&pair, &child, 8), 0);
		EXPECT_EQ(watched(&pair, &pair.core, 8), SVMA_VM_UFFD_MISSING);
		svma_core_destroy(&child);
		/* Before it goes, it has merged with what is registered as it was; on 7.3 not. */
		unit_mremap(&pair, 8, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 20);
		EXPECT_EQ(watched(&pair, &pair.core, 20), 0);
		EXPECT_EQ(watched(&pair, &pair.core, 10), SVMA_VM_UFFD_MISSING);
		if (*kernel == K7_3)
			EXPECT_REGIONS(&pair, "a-c:rwA 14-16:rwA 16-18:rwA 28-2a:rwA");
		else
			EXPECT_REGIONS(&pair, "a-c:rwA 14-18:rwA 28-2a:rwA");
		EXPECT_EQ(watched(&pair, &pair.core, 22),
			  *kernel == K7_3 ? SVMA_VM_UFFD_MISSING : 0);
		/* From then on it is memory as any other. */
		unit_mmap(&pair, 18, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(watched(&pair, &pair.core, 18), 0);
		if (*kernel == K7_3)
			EXPECT_REGIONS(&pair, "a-c:rwA 12-16:rwA 16-18:rwA 28-2a:rwA");
		else
			EXPECT_REGIONS(&pair, "a-c:rwA 12-18:rwA 28-2a:rwA");
		unit_end(&pair);
	}
}

/* Whose events the program asked for stays registered, and merges with what is so, too. */
TEST(uffd_kept)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct svma_core child;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_UFFD_REMAP | SVMA_UFFD_FORK;
		unit_start_with(&pair, &config);
		unit_import(&pair, 8, 4, FLAGS | SVMA_VM_UFFD_MISSING);
		unit_import(&pair, 22, 2, FLAGS | SVMA_VM_UFFD_MISSING);
		unit_mmap(&pair, 30, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 *kernel),
			  0);
		EXPECT_EQ(svma_core_fork(&pair.core, &child), 0);
		EXPECT_EQ(watched(&pair, &child, 8), SVMA_VM_UFFD_MISSING);
		EXPECT_EQ(watched(&pair, &child, 30), 0);
		svma_core_destroy(&child);
		unit_mremap(&pair, 8, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 20);
		EXPECT_EQ(watched(&pair, &pair.core, 20), SVMA_VM_UFFD_MISSING);
		EXPECT_EQ(watched(&pair, &pair.core, 10), SVMA_VM_UFFD_MISSING);
		EXPECT_REGIONS(&pair, "a-c:rwA 14-18:rwA 1e-20:rwA");
		unit_mremap(&pair, 30, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 12);
		EXPECT_EQ(watched(&pair, &pair.core, 12), 0);
		EXPECT_REGIONS(&pair, "a-c:rwA c-e:rwA 14-18:rwA");
		unit_end(&pair);
	}
}

/* Where several regions can move, it moves alone. */
TEST(uffd_moves_alone)
{
	struct pair pair;

	unit_start(&pair, K7_3);
	unit_import(&pair, 8, 4, FLAGS | SVMA_VM_UFFD_MISSING);
	unit_mmap(&pair, 12, 4, RW, FIXED, NO_FILE, 0);
	EXPECT_EQ(unit_mremap(&pair, 8, 8, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 40), -EFAULT);
	EXPECT_REGIONS(&pair, "8-c:rwA c-10:rwA");
	EXPECT(unit_mremap(&pair, 8, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 40) > 0);
	EXPECT_REGIONS(&pair, "c-10:rwA 28-2c:rwA");
	unit_end(&pair);
}
