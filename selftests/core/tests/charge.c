// SPDX-License-Identifier: GPL-2.0
/* What is charged to the machine, when it comes back, and what the modes of overcommit allow. */
#include "unit.h"

#define HUGE	SVMA_HUGE_SIZE
#define HPAGES	(HUGE / PAGE)
#define SHARED	(MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED)

static void start(struct pair *pair, u32 kernel, u32 mode)
{
	struct pair_config config;

	pair_config_default(&config, kernel);
	config.machine.overcommit_mode = mode;
	unit_start_with(pair, &config);
}

/* MAP_NORESERVE: not charged, now or later, in modes 0 and 1; nothing at all in mode 2. */
TEST(charge_noreserve)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		u32 mode;

		for (mode = SVMA_OVERCOMMIT_GUESS; mode <= SVMA_OVERCOMMIT_ALWAYS; mode++) {
			start(&pair, *kernel, mode);
			unit_mmap(&pair, 0, 4, RW, FIXED | MAP_NORESERVE, NO_FILE, 0);
			unit_mmap(&pair, 8, 4, PROT_READ, FIXED | MAP_NORESERVE, NO_FILE, 0);
			EXPECT_EQ(unit_mprotect(&pair, 8, 4, RW), 0);
			unit_mmap(&pair, 16, 4, RW, SHARED | MAP_NORESERVE, NO_FILE, 0);
			EXPECT_EQ(pair.machine.committed, 0);
			/* Apart from what is charged, which is made beside it. */
			unit_mmap(&pair, 4, 2, RW, FIXED, NO_FILE, 0);
			EXPECT_REGIONS(&pair, "0-4:rw 4-6:rwA 8-c:rw 10-14:rws");
			EXPECT_EQ(pair.machine.committed, 2);
			/* What it is was decided when it was made. */
			EXPECT_EQ(unit_call(&pair, CALL_MACHINE, NO_FILE, SVMA_OVERCOMMIT_NEVER,
					    100, 0, 50, 0),
				  0);
			unit_mmap(&pair, 24, 4, PROT_READ, FIXED | MAP_NORESERVE, NO_FILE, 0);
			EXPECT_EQ(unit_mprotect(&pair, 24, 4, RW), 0);
			EXPECT_EQ(unit_mprotect(&pair, 8, 4, PROT_READ), 0);
			EXPECT_EQ(unit_mprotect(&pair, 8, 4, RW), 0);
			EXPECT_EQ(pair.machine.committed, 6);
			unit_end(&pair);
		}
		start(&pair, *kernel, SVMA_OVERCOMMIT_NEVER);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_NORESERVE, NO_FILE, 0);
		unit_mmap(&pair, 4, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 4, RW, SHARED | MAP_NORESERVE, NO_FILE, 0);
		EXPECT_REGIONS(&pair, "0-8:rwA 10-14:rws");
		EXPECT_EQ(pair.machine.committed, 12);
		unit_end(&pair);
	}
}

/* Mappings of huge pages are told of it in mode 2, too: they take none of the reserve. */
TEST(charge_noreserve_huge)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.pages = 8 * HPAGES;
		config.layout.mmap_base = config.base + 7 * HUGE;
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.huge = 2 * HPAGES;
		config.machine.huge_free = HPAGES;
		unit_start_with(&pair, &config);
		EXPECT(unit_mmap(&pair, -1, 2 * HPAGES, RW, ANON | MAP_HUGETLB, NO_FILE, 0) < 0);
		EXPECT(unit_mmap(&pair, -1, 2 * HPAGES, RW, ANON | MAP_HUGETLB | MAP_NORESERVE,
				 NO_FILE, 0) > 0);
		EXPECT_EQ(pair.machine.huge_reserved, 0);
		EXPECT(unit_mmap(&pair, -1, HPAGES, RW, ANON | MAP_HUGETLB, NO_FILE, 0) > 0);
		EXPECT_EQ(pair.machine.huge_reserved, HPAGES);
		EXPECT_EQ(pair.machine.committed, 0);
		unit_end(&pair);
	}
}

/* Whatever charged it, nothing is charged when nothing is mapped. */
TEST(charge_comes_back)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start(&pair, *kernel, SVMA_OVERCOMMIT_NEVER);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 8, PROT_READ, FIXED, NO_FILE, 0);
		unit_store(&pair, 0);
		EXPECT_EQ(unit_mprotect(&pair, 2, 2, PROT_READ), 0);
		EXPECT_EQ(unit_mprotect(&pair, 18, 2, RW), 0);
		EXPECT_EQ(unit_mprotect(&pair, 18, 1, PROT_NONE), 0);
		unit_brk(&pair, 40);
		unit_brk(&pair, 36);
		EXPECT_EQ(unit_mremap(&pair, 4, 4, 6, MREMAP_MAYMOVE | MREMAP_FIXED, 50), 50);
		EXPECT_EQ(unit_mremap(&pair, 50, 6, 8, 0, 0), 50);
		EXPECT_EQ(unit_mremap(&pair, 50, 8, 3, 0, 0), 50);
		unit_mmap(&pair, 60, 4, RW, PRIVATE_FIXED, FILE_RW, 0);
		/* In part over what is charged. */
		unit_mmap(&pair, 62, 4, RW, FIXED, NO_FILE, 0);
		EXPECT(pair.machine.committed > 0);
		/* Shared memory keeps all of its charge as long as there is a part of it. */
		unit_mmap(&pair, 80, 8, RW, SHARED, NO_FILE, 0);
		EXPECT_EQ(unit_munmap(&pair, 0, 80), 0);
		EXPECT_EQ(pair.core.committed, 0);
		EXPECT_EQ(pair.machine.committed, 8);
		EXPECT_EQ(unit_munmap(&pair, 82, 6), 0);
		EXPECT_EQ(pair.machine.committed, 8);
		EXPECT_EQ(unit_munmap(&pair, 80, 2), 0);
		EXPECT_REGIONS(&pair, "");
		EXPECT_EQ(pair.machine.committed, 0);
		unit_end(&pair);
	}
}

static void start_strict(struct pair *pair, u32 kernel, u64 user_reserve, u32 personality)
{
	struct pair_config config;

	pair_config_default(&config, kernel);
	config.layout.personality = personality;
	config.machine = (struct svma_machine){
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER, .ram = 1200, .huge = 200, .swap = 20,
		.overcommit_ratio = 50, .admin_reserve = 40, .user_reserve = user_reserve,
	};
	unit_start_with(pair, &config);
	/* Not charged, but it makes the space large. */
	unit_mmap(pair, 1000, 640, PROT_NONE, FIXED, NO_FILE, 0);
}

/* So many pages may be had, and not one more. */
static void expect_most(struct pair *pair, unsigned long pages)
{
	EXPECT_EQ(unit_mmap(pair, 100, pages + 1, RW, FIXED, NO_FILE, 0), -ENOMEM);
	EXPECT_EQ(unit_mmap(pair, 100, pages, RW, FIXED, NO_FILE, 0), 100);
	unit_end(pair);
}

/*
 * Mode 2: (1200 - 200 huge) * 50 / 100 + 20 = 520, less 40 for who administrates, and less a 32nd
 * of the space or the reserve for users; what is charged stays below that.
 */
TEST(charge_strict)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start_strict(&pair, *kernel, 0, 0);
		expect_most(&pair, 520 - 40 - 1);
		start_strict(&pair, *kernel, 12, 0);
		expect_most(&pair, 520 - 40 - 12 - 1);
		start_strict(&pair, *kernel, 100, 0);
		expect_most(&pair, 520 - 40 - 640 / 32 - 1);
		start_strict(&pair, *kernel, 100, SVMA_CAP_SYS_ADMIN);
		expect_most(&pair, 520 - 640 / 32 - 1);
	}
}
