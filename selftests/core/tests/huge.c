// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings of huge pages: whole ones, from the machine's reserve. Without the model, which does not
 * know them.
 */
#include "memory.h"
#include "unit.h"

#define HUGE	SVMA_HUGE_SIZE
#define HPAGES	(HUGE / PAGE)

static void start(struct pair *pair, u32 kernel, unsigned long pages)
{
	struct pair_config config;

	pair_config_default(&config, kernel);
	config.pages = 16 * HPAGES;
	config.layout.mmap_base = config.base + 15 * HUGE + 77 * PAGE;
	config.machine.huge = 16 * HPAGES;
	config.machine.huge_free = pages * HPAGES;
	unit_start_with(pair, &config);
}

static void end(struct pair *pair)
{
	EXPECT(!svma_core_validate(&pair->core));
	pair_destroy(pair);
	unit_check(pair);
	EXPECT_EQ(pair->machine.huge_reserved, 0);
}

static long map(struct pair *pair, unsigned long addr, unsigned long len, unsigned long flags)
{
	struct svma_map_args args = {
		.addr = addr, .len = len, .prot = RW, .flags = flags | MAP_HUGETLB
	};
	int error = svma_core_mmap(&pair->core, &args);

	return error ? error : (long)args.result;
}

TEST(huge_reserve)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long one, two;

		start(&pair, *kernel, 3);
		one = map(&pair, 0, PAGE, ANON);
		EXPECT_EQ(one & (HUGE - 1), 0);
		EXPECT_EQ(pair.core.total, HPAGES);
		EXPECT_EQ(pair.machine.huge_reserved, HPAGES);
		/* not charged as other memory is */
		EXPECT_EQ(pair.machine.committed, 0);
		EXPECT_EQ(map(&pair, 0, 2 * HUGE + 1, ANON), -ENOMEM);
		EXPECT_EQ(pair.machine.huge_reserved, HPAGES);
		two = map(&pair, 0, 2 * HUGE, MAP_SHARED | MAP_ANONYMOUS);
		EXPECT(two > 0);
		EXPECT_EQ(pair.machine.huge_reserved, 3 * HPAGES);
		EXPECT_EQ(map(&pair, 0, HUGE, ANON), -ENOMEM);
		EXPECT(map(&pair, 0, HUGE, ANON | MAP_NORESERVE) > 0);
		EXPECT_EQ(svma_core_munmap(&pair.core, one, HUGE), 0);
		EXPECT_EQ(pair.machine.huge_reserved, 2 * HPAGES);
		/* shared ones when the last part of them goes */
		EXPECT_EQ(svma_core_munmap(&pair.core, two, HUGE), 0);
		EXPECT_EQ(pair.machine.huge_reserved, 2 * HPAGES);
		EXPECT_EQ(svma_core_munmap(&pair.core, two + HUGE, HUGE), 0);
		EXPECT_EQ(pair.machine.huge_reserved, 0);
		end(&pair);
	}
}

TEST(huge_sizes)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start(&pair, *kernel, 3);
		EXPECT(map(&pair, 0, PAGE, ANON | MAP_HUGE_2MB) > 0);
		EXPECT_EQ(map(&pair, 0, PAGE, ANON | MAP_HUGE_1GB), -ENOMEM);
		EXPECT_EQ(map(&pair, 0, PAGE, ANON | 16 << 26), -EINVAL);
		memory_fail_at(1, true);
		EXPECT_EQ(map(&pair, 0, PAGE, ANON), -ENOMEM);
		memory_fail_at(0, false);
		end(&pair);
	}
}

TEST(huge_whole)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_populate populate;
		unsigned long addr;
		struct pair pair;
		long mapped;

		start(&pair, *kernel, 8);
		mapped = map(&pair, 0, 4 * HUGE, ANON);
		EXPECT(mapped > 0);
		addr = mapped;
		EXPECT_EQ(map(&pair, addr + PAGE, HUGE, FIXED), -EINVAL);
		EXPECT_EQ(svma_core_munmap(&pair.core, addr, PAGE), -EINVAL);
		EXPECT_EQ(svma_core_munmap(&pair.core, addr + PAGE, 4 * HUGE), -EINVAL);
		EXPECT_EQ(svma_core_mprotect(&pair.core, addr, HUGE + PAGE, PROT_NONE, -1),
			  -EINVAL);
		EXPECT_EQ(svma_core_madvise(&pair.core, addr, PAGE, MADV_DONTFORK, &populate),
			  -EINVAL);
		EXPECT_EQ(pair.core.index.count, 1);
		EXPECT_EQ(svma_core_mprotect(&pair.core, addr, HUGE, PROT_READ, -1), 0);
		EXPECT_EQ(svma_core_madvise(&pair.core, addr + 2 * HUGE, HUGE, MADV_DONTFORK,
					    &populate),
			  0);
		EXPECT_EQ(pair.core.index.count, 4);
		EXPECT_EQ(svma_core_munmap(&pair.core, addr + HUGE, HUGE), 0);
		EXPECT_EQ(pair.machine.huge_reserved, 3 * HPAGES);
		end(&pair);
	}
}

/* A child has no reservation of its own. */
TEST(huge_fork)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core child;
		struct pair pair;

		start(&pair, *kernel, 2);
		EXPECT(map(&pair, 0, 2 * HUGE, ANON) > 0);
		EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 *kernel),
			  0);
		EXPECT_EQ(svma_core_fork(&pair.core, &child), 0);
		EXPECT_EQ(child.total, 2 * HPAGES);
		EXPECT_EQ(pair.machine.huge_reserved, 2 * HPAGES);
		svma_core_destroy(&child);
		EXPECT_EQ(pair.machine.huge_reserved, 2 * HPAGES);
		end(&pair);
	}
}
