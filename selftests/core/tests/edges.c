// SPDX-License-Identifier: GPL-2.0
/* What hardly ever happens by chance. */
#include "index_node.h"
#include "region.h"
#include "unit.h"

#define HUGE	SVMA_HUGE_SIZE
#define HPAGES	(HUGE / PAGE)

/* Every value that a machine can have, and none that it cannot; what is charged is told. */
TEST(edges_of_machine)
{
	const u64 most = 1ULL << 51;
	const struct svma_machine all = {
		.told = SVMA_MACHINE_ALL, .ram = most, .free = most, .cache = most,
		.reclaimable = most, .swap = most, .huge = most, .huge_free = most,
		.admin_reserve = most, .user_reserve = most,
	};
	struct svma_core_machine machine;
	struct svma_machine told;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_machine_set(&machine, &all), 0);
	machine.committed = 77;
	machine.huge_reserved = 78;
	svma_core_machine_get(&machine, &told);
	EXPECT_EQ(told.committed, 77);
	EXPECT_EQ(told.huge_reserved, 78);
	EXPECT_EQ(told.user_reserve, most);
	EXPECT_EQ(told.commit_limit, svma_core_commit_limit(&machine));
}

/* What a verb does not ask to be made present is not, whatever the caller had there. */
TEST(edges_of_populate)
{
	struct svma_populate populate = { .len = 77, .write = true, .strict = true };
	struct svma_lock lock = { .op = SVMA_MUNLOCK, .len = PAGE };
	struct svma_remap_args move = { .populate_len = 77, .populate_start = 77 };
	struct svma_map_args map = { .populate = 77 };
	struct svma_remap_file file = { .prot = 1 };
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
	lock.addr = at(&pair, 0);
	EXPECT_EQ(svma_core_lock(&pair.core, &lock, &populate), 0);
	EXPECT(!populate.len && !populate.write && !populate.strict);
	EXPECT_EQ(svma_core_mmap(&pair.core, &map), -EBADF);
	EXPECT_EQ(map.populate, 0);
	EXPECT_EQ(svma_core_mremap(&pair.core, &move), -EINVAL);
	EXPECT(!move.populate_len && !move.populate_start);
	populate.len = 77;
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EINVAL);
	EXPECT_EQ(populate.len, 0);
	unit_mmap(&pair, 8, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
	populate = (struct svma_populate){ .write = true, .strict = true };
	file = (struct svma_remap_file){ .addr = at(&pair, 8), .len = PAGE };
	EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), 0);
	EXPECT(populate.len == PAGE && !populate.write && !populate.strict);
	unit_end(&pair);
}

/* Nodes of the index are counted as they come and go. */
TEST(edges_of_index)
{
	struct pair pair;
	unsigned long i;

	unit_start(&pair, K6_12);
	for (i = 0; i < 100; i++)
		unit_mmap(&pair, 2 * i, 1, PROT_READ, FIXED, NO_FILE, 0);
	EXPECT(pair.core.index.leaves >= 5 && pair.core.index.leaves < 20);
	EXPECT(pair.core.index.inners >= 1 && pair.core.index.inners < 5);
	EXPECT_EQ(unit_munmap(&pair, 0, 300), 0);
	EXPECT_EQ(pair.core.index.leaves, 0);
	EXPECT_EQ(pair.core.index.inners, 0);
	EXPECT_EQ(pair.core.index.count, 0);
	unit_end(&pair);
}

/* Append-only files that nobody can write to may be shared; shared memory is as long as asked. */
TEST(edges_of_files)
{
	struct pair pair;

	unit_start(&pair, K6_12);
	pair.files[FILE_APPEND].backing.flags &= ~SVMA_BACKING_WRITE;
	EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_APPEND, 0), 0);
	unit_mmap(&pair, 4, 3, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NO_FILE, 0);
	if (EXPECT(pair.made))
		EXPECT_EQ(pair.made->size, 3 * PAGE);
	unit_end(&pair);
}

static int refuse(struct svma_core *core, struct svma_backing *backing, struct svma_vma *vma)
{
	(void)core;
	(void)backing;
	(void)vma;
	return -EIO;
}

/* Regions of huge pages never merge; a mapping that its file refuses keeps none of them. */
TEST(edges_of_huge)
{
	struct svma_backing_ops ops;
	struct pair_config config;
	struct svma_map_args args;
	unsigned long addr;
	struct pair pair;

	pair_config_default(&config, K7_3);
	config.pages = 16 * HPAGES;
	config.machine.huge = 16 * HPAGES;
	config.machine.huge_free = 16 * HPAGES;
	unit_start_with(&pair, &config);
	addr = pair.model.base + 4 * HUGE;
	EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_HUGE, addr, HUGE, RW, PRIVATE_FIXED, 0), addr);
	EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_HUGE, addr + HUGE, HUGE, RW, PRIVATE_FIXED,
			    HUGE),
		  addr + HUGE);
	EXPECT_EQ(pair.core.index.count, 2);
	ops = *pair.files[FILE_HUGE].backing.ops;
	ops.mmap = refuse;
	pair.files[FILE_HUGE].backing.ops = &ops;
	args = (struct svma_map_args){ .len = HUGE, .prot = RW, .flags = MAP_PRIVATE,
				       .backing = &pair.files[FILE_HUGE].backing };
	EXPECT_EQ(svma_core_mmap(&pair.core, &args), -EIO);
	EXPECT_EQ(pair.machine.huge_reserved, 2 * HPAGES);
	unit_end(&pair);
}

/* The region above would have to go, and its file wants to know: it stays. */
TEST(edges_of_closes)
{
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
	unit_mmap(&pair, 2, 2, PROT_NONE, PRIVATE_FIXED, FILE_RW, 2);
	unit_mmap(&pair, 4, 2, PROT_READ, PRIVATE_FIXED, FILE_RW, 4);
	unit_call(&pair, CALL_ANON, NO_FILE, at(&pair, 4), 0, SVMA_ANON_CLOSES, 0, 0);
	EXPECT_EQ(unit_mprotect(&pair, 2, 2, PROT_READ), 0);
	EXPECT_REGIONS(&pair, "0-4:r 4-6:r");
	unit_end(&pair);
}

TEST(edges_of_remap)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long to;

		unit_start(&pair, *kernel);
		/* An offset that would wrap, a device's region, and a file's large pages. */
		unit_call(&pair, CALL_IMPORT, FILE_RW, at(&pair, 0), 4 * PAGE, SVMA_VM_READ,
			  ~0UL - 8, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 10, MREMAP_MAYMOVE, 0), -EINVAL);
		EXPECT_EQ(unit_mremap(&pair, 2, 2, 8, MREMAP_MAYMOVE, 0), -EINVAL);
		unit_munmap(&pair, 0, 4);
		unit_import(&pair, 10, 4, SVMA_VM_READ | SVMA_VM_IO);
		EXPECT_EQ(unit_mremap(&pair, 10, 4, 5, 0, 0), -ENOMEM);
		unit_mmap(&pair, 40, 1024, PROT_READ, PRIVATE_FIXED, FILE_THP, 0);
		to = unit_mremap(&pair, 140, 600, 700, MREMAP_MAYMOVE, 0);
		EXPECT(to > 0);
		unit_munmap(&pair, 0, 4096);
		/* Private memory that finds a place of its own is aligned, where new memory is. */
		unit_mmap(&pair, 3, 512, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 515, 1, PROT_NONE, FIXED, NO_FILE, 0);
		to = unit_mremap(&pair, 3, 512, 1024, MREMAP_MAYMOVE, 0);
		EXPECT(to > 0);
		if (*kernel >= K6_12)
			EXPECT_EQ(at(&pair, to) % HUGE, 0);
		unit_munmap(&pair, 0, 4096);
		/* Never written, it goes on where it is now. */
		unit_mmap(&pair, 0, 4, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 40), 40);
		unit_mmap(&pair, 44, 4, PROT_READ, PRIVATE_FIXED, FILE_RW, 4);
		EXPECT_REGIONS(&pair, "28-30:r");
		unit_end(&pair);
	}
}

static unsigned long place(struct svma_core *core, unsigned long addr, unsigned long len)
{
	struct svma_map_args args = { .addr = addr, .len = len, .flags = ANON };

	EXPECT_EQ(svma_core_mmap(core, &args), 0);
	return args.result;
}

/* Hints that end at 47 bits less a page, and that begin there. */
TEST(edges_of_window)
{
	const unsigned long window = (1UL << 47) - PAGE;
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_HIGH | SVMA_LAYOUT_DIRECTION | SVMA_LAYOUT_MMAP_BASE,
		.high = (1UL << 56) - PAGE,
	};
	unsigned int upwards;

	for (upwards = 0; upwards < 2; upwards++) {
		struct svma_core_machine machine;
		struct svma_core core;

		svma_core_machine_init(&machine);
		EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12),
			  0);
		layout.direction = upwards ? SVMA_BOTTOMUP : SVMA_TOPDOWN;
		layout.mmap_base = upwards ? core.layout.legacy_base : core.layout.mmap_base;
		EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
		EXPECT_EQ(place(&core, window - 4 * PAGE, 4 * PAGE), window - 4 * PAGE);
		EXPECT(place(&core, window, PAGE) < window - 4 * PAGE);
		EXPECT_EQ(place(&core, window + PAGE, PAGE), window + PAGE);
		svma_core_destroy(&core);
	}
}

/* Where the search upwards would begin below the space, it begins with the space. */
TEST(edges_of_low)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_LOW | SVMA_LAYOUT_MMAP_BASE | SVMA_LAYOUT_LEGACY_BASE |
			SVMA_LAYOUT_MIN_ADDR,
		.low = 1024 * PAGE, .mmap_base = 1024 * PAGE, .legacy_base = 1000 * PAGE,
	};
	struct svma_core_machine machine;
	struct svma_core core;

	svma_core_machine_init(&machine);
	EXPECT_EQ(svma_core_init(&core, &machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
	EXPECT_EQ(place(&core, 0, 4 * PAGE), 1024 * PAGE);
	svma_core_destroy(&core);
}

/* A fixed address among the last 4095 is taken for the errno that it looks like. */
TEST(edges_of_errno)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, ~0UL, PAGE, PROT_READ, FIXED, 0),
			  -EPERM);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, -16UL, PAGE, PROT_READ, FIXED, 0),
			  -EBUSY);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, -(unsigned long)MAX_ERRNO, PAGE,
				    PROT_READ, FIXED, 0),
			  -MAX_ERRNO);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, -PAGE, PAGE, PROT_READ, FIXED, 0),
			  -ENOMEM);
		unit_end(&pair);
	}
}

/* What ends elsewhere is not before an address, whatever the caller had in hand. */
TEST(edges_of_before)
{
	struct pair pair;
	struct svma_vma vma;

	unit_start(&pair, K6_12);
	vma.end = at(&pair, 4);
	EXPECT(!svma_region_before(&pair.core, at(&pair, 4), &vma));
	unit_mmap(&pair, 2, 4, RW, FIXED, NO_FILE, 0);
	EXPECT(!svma_region_before(&pair.core, at(&pair, 4), &vma));
	EXPECT(!svma_region_before(&pair.core, at(&pair, 2), &vma));
	EXPECT(svma_region_before(&pair.core, at(&pair, 6), &vma));
	EXPECT_EQ(vma.start, at(&pair, 2));
	unit_end(&pair);
}

/* What is read from elsewhere may be shared, of what nobody could tell: no verb looks for it. */
TEST(edges_of_shared_without_backing)
{
	const u64 flags = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_SHARED | SVMA_VM_MAYSHARE |
			  SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE;

	FOR_EACH_KERNEL(kernel) {
		struct svma_remap_file file = { .len = PAGE, .pgoff = 1 };
		struct svma_populate populate;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		vma = (struct svma_vma){ .start = at(&pair, 0), .end = at(&pair, HPAGES),
					 .flags = flags | SVMA_VM_HUGETLB };
		vma.start = round_up(vma.start, SVMA_HUGE_SIZE);
		vma.end = vma.start + SVMA_HUGE_SIZE;
		EXPECT_EQ(svma_core_import(&pair.core, &vma), 0);
		EXPECT_EQ(svma_core_madvise(&pair.core, vma.start, PAGE, MADV_POPULATE_READ,
					    &populate), 0);
		EXPECT_EQ(populate.len, PAGE);
		vma.start = vma.end + PAGE;
		vma.end = vma.start + 2 * PAGE;
		vma.flags = flags;
		EXPECT_EQ(svma_core_import(&pair.core, &vma), 0);
		file.addr = vma.start;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &file, &populate), -EOPNOTSUPP);
		EXPECT_EQ(pair.core.index.count, 2);
		EXPECT(!svma_core_validate(&pair.core));
		pair_destroy(&pair);
		unit_check(&pair);
	}
}
