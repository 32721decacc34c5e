// SPDX-License-Identifier: GPL-2.0
/* A space that asked for all its regions to be mergeable (PR_SET_MEMORY_MERGE). */
#include "model.h"
#include "unit.h"

static void ask(struct pair *pair, bool on)
{
	struct svma_layout layout = { .told = SVMA_LAYOUT_PERSONALITY };

	layout.personality = on ? SVMA_MERGEABLE_ALL : 0;
	EXPECT_EQ(svma_core_layout_set(&pair->core, &layout), 0);
	model_merge_all(&pair->model, on);
}

/* What is there becomes so, as far as it can, and stops to be so. */
TEST(mergeable_there)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE,
			  0);
		unit_mmap(&pair, 4, 2, PROT_READ, MAP_PRIVATE | MAP_FIXED, FILE_RO, 0);
		unit_mmap(&pair, 6, 2, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RO, 0);
		unit_mmap(&pair, 9, 1, RW, FIXED, NO_FILE, 0);
		unit_madvise(&pair, 9, 1, MADV_MERGEABLE);
		unit_mmap(&pair, 8, 1, RW, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, "0-2:rw 2-4:rs 4-6:r 6-8:r 8-9:rw 9-a:rwM");
		ask(&pair, true);
		/* Alike now, and still two. */
		EXPECT_REGIONS(&pair, "0-2:rwM 2-4:rs 4-6:rM 6-8:r 8-9:rwM 9-a:rwM");
		unit_madvise(&pair, 1, 1, MADV_UNMERGEABLE);
		EXPECT_REGIONS(&pair, "0-1:rwM 1-2:rw 2-4:rs 4-6:rM 6-8:r 8-9:rwM 9-a:rwM");
		ask(&pair, false);
		EXPECT_REGIONS(&pair, "0-1:rw 1-2:rw 2-4:rs 4-6:r 6-8:r 8-9:rw 9-a:rw");
		unit_end(&pair);
	}
}

/* Older kernels mark what is new when it has found no neighbour, and so it never does. */
TEST(mergeable_new)
{
	FOR_EACH_KERNEL(kernel) {
		bool early = *kernel >= SVMA_KERNEL(7, 3);
		struct pair pair;

		unit_start(&pair, *kernel);
		ask(&pair, true);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, early ? "0-4:rwM" : "0-2:rwM 2-4:rwM");
		/* What was advised otherwise has new neighbours there. */
		unit_madvise(&pair, 0, 4, MADV_UNMERGEABLE);
		unit_mmap(&pair, 4, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_REGIONS(&pair, early ? "0-4:rw 4-6:rwM" : "0-6:rw");
		unit_end(&pair);
	}
}

/* Who maps a file may have to be asked first, and then it is too late. */
TEST(mergeable_files)
{
	const unsigned long flags = MAP_PRIVATE | MAP_FIXED;

	FOR_EACH_KERNEL(kernel) {
		bool early = *kernel >= SVMA_KERNEL(7, 3);
		struct pair pair;

		unit_start(&pair, *kernel);
		ask(&pair, true);
		unit_mmap(&pair, 0, 1, PROT_READ, flags, FILE_RO, 0);
		unit_mmap(&pair, 1, 1, PROT_READ, flags, FILE_RO, 1);
		unit_mmap(&pair, 2, 1, PROT_READ, flags, FILE_RW2, 0);
		unit_mmap(&pair, 3, 1, PROT_READ, flags, FILE_RW2, 1);
		unit_mmap(&pair, 4, 1, PROT_READ, flags, FILE_SHMEM, 0);
		unit_mmap(&pair, 5, 1, PROT_READ, flags, FILE_SHMEM, 1);
		EXPECT_REGIONS(&pair, early ? "0-1:rM 1-2:rM 2-4:rM 4-6:rM" :
			       "0-1:rM 1-2:rM 2-3:rM 3-4:rM 4-5:rM 5-6:rM");
		unit_end(&pair);
	}
}

/* A heap that grows is no single region there. */
TEST(mergeable_brk)
{
	FOR_EACH_KERNEL(kernel) {
		bool early = *kernel >= SVMA_KERNEL(7, 3);
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_MERGEABLE_ALL;
		unit_start_with(&pair, &config);
		unit_brk(&pair, 34);
		unit_brk(&pair, 36);
		EXPECT_REGIONS(&pair, early ? "20-24:rwM" : "20-22:rwM 22-24:rwM");
		unit_end(&pair);
	}
}

/* Where nothing can become so nothing changes, nor does it in a profile that knows no such. */
TEST(mergeable_none)
{
	const struct svma_layout on = { .told = SVMA_LAYOUT_PERSONALITY,
					.personality = SVMA_MERGEABLE_ALL };
	struct svma_map_args args = { .len = PAGE, .prot = PROT_READ, .flags = ANON };
	unsigned long version;
	struct svma_core core;
	struct svma_vma vma;
	struct pair pair;

	unit_start(&pair, K7_3);
	unit_mmap(&pair, 0, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE, 0);
	version = pair.core.index.version;
	ask(&pair, true);
	EXPECT_EQ(pair.core.index.version, version);

	EXPECT_EQ(svma_core_init(&core, &pair.machine, &unit_no_ops, SVMA_PROFILE_CLASSIC, K7_3),
		  0);
	EXPECT_EQ(svma_core_mmap(&core, &args), 0);
	EXPECT_EQ(svma_core_layout_set(&core, &on), 0);
	EXPECT(svma_core_find(&core, args.result, &vma));
	EXPECT(!(vma.flags & SVMA_VM_MERGEABLE));
	svma_core_destroy(&core);
	unit_end(&pair);
}
