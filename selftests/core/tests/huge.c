// SPDX-License-Identifier: GPL-2.0
/* Mappings of huge pages: whole ones, from the machine's reserve. */
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

/* With the model at its side, which knows them too. */
static long model_map(struct pair *pair, unsigned long addr, unsigned long len, unsigned long flags)
{
	return unit_call(pair, CALL_MMAP, NO_FILE, addr, len, RW, flags | MAP_HUGETLB, 0);
}

/* Where the system call mmap does not come between, a length is not rounded, and nothing goes. */
TEST(huge_remap_file)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_remap_file args = { .len = PAGE };
		struct svma_populate populate;
		struct pair pair;
		long addr;

		start(&pair, *kernel, 3);
		addr = map(&pair, 0, HUGE, MAP_SHARED | MAP_ANONYMOUS);
		EXPECT(addr > 0);
		args.addr = addr;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), -EINVAL);
		EXPECT_EQ(pair.core.index.count, 1);
		args.len = HUGE;
		EXPECT_EQ(svma_core_remap_file(&pair.core, &args, &populate), 0);
		EXPECT_EQ(pair.core.index.count, 1);
		end(&pair);
	}
}

/* A length that is none when it is rounded. */
TEST(huge_length)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		start(&pair, *kernel, 3);
		EXPECT_EQ(model_map(&pair, 0, ~0UL, ANON), -EINVAL);
		EXPECT_EQ(model_map(&pair, 0, 0, ANON), -EINVAL);
		EXPECT_EQ(model_map(&pair, 0, -HUGE + 1, MAP_SHARED | MAP_ANONYMOUS), -EINVAL);
		EXPECT_EQ(model_map(&pair, 0, -2 * HUGE, ANON), -ENOMEM);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_HUGE, 0, ~0UL, RW, MAP_SHARED, 0),
			  -EINVAL);
		end(&pair);
	}
}

/* Pages that are to be dropped: whole ones, and those of which the end is not wanted stay. */
TEST(huge_discard)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long addr, n;
		struct pair pair;

		start(&pair, *kernel, 4);
		addr = pair.model.base + 4 * HUGE;
		n = 4 * HPAGES;
		EXPECT_EQ(model_map(&pair, addr, 3 * HUGE, FIXED), addr);
		EXPECT_EQ(unit_madvise(&pair, n + 1, 2 * HPAGES, MADV_DONTNEED), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, n, 2 * HPAGES - 1, MADV_DONTNEED), 0);
		EXPECT(pair.discarded[n] && !pair.discarded[n + HPAGES]);
		EXPECT_EQ(unit_madvise(&pair, n, 1, MADV_DONTNEED_LOCKED), 0);
		EXPECT(!pair.discarded[n]);
		EXPECT_EQ(unit_madvise(&pair, n, HPAGES, MADV_FREE), -EINVAL);
		end(&pair);
	}
}

/* Before 6.12 the limit is looked at before a region at the edge is cut. */
TEST(huge_edge_limit)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_layout less = { .told = SVMA_LAYOUT_LIMIT_AS };
		unsigned long addr;
		struct pair pair;

		start(&pair, *kernel, 4);
		addr = pair.model.base + 4 * HUGE;
		EXPECT_EQ(model_map(&pair, addr, HUGE, FIXED), addr);
		unit_mmap(&pair, 4 * HPAGES - 4, 4, PROT_READ, FIXED, NO_FILE, 0);
		less.limit_as = HUGE;
		EXPECT_EQ(svma_core_layout_set(&pair.core, &less), 0);
		pair.model.layout.limit_as = less.limit_as;
		/* The end would cut the huge page: refused either way. */
		EXPECT_EQ(unit_mmap(&pair, 4 * HPAGES - 2, 4, PROT_READ, FIXED, NO_FILE, 0),
			  *kernel < K6_12 ? -ENOMEM : -EINVAL);
		EXPECT_EQ(pair.core.index.count, *kernel < K6_12 ? 2 : 3);
		end(&pair);
	}
}

/* A hint inside a huge page: cut down, and later raised. */
TEST(huge_hint)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long addr;
		struct pair pair;

		start(&pair, *kernel, 8);
		addr = pair.model.base + 4 * HUGE;
		EXPECT_EQ(model_map(&pair, addr + PAGE, HUGE, ANON),
			  *kernel < SVMA_KERNEL(6, 13) ? addr : addr + HUGE);
		EXPECT_EQ(model_map(&pair, addr + 2 * HUGE, HUGE, ANON), addr + 2 * HUGE);
		end(&pair);
	}
}

/* Where to look is not asked for, before 6.13; here nothing is where MAP_32BIT looks. */
TEST(huge_low)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long top;

		start(&pair, *kernel, 8);
		top = pair.model.base + 14 * HUGE;
		EXPECT_EQ(map(&pair, 0, HUGE, ANON | MAP_32BIT),
			  *kernel < SVMA_KERNEL(6, 13) ? top : -ENOMEM);
		end(&pair);
	}
}

/* Moved together with others, its own target is what counts. */
TEST(huge_moves_with_others)
{
	struct pair pair;

	start(&pair, K7_3, 4);
	unit_mmap(&pair, 4 * HPAGES - 1, 1, PROT_READ, FIXED, NO_FILE, 0);
	EXPECT_EQ(model_map(&pair, pair.model.base + 4 * HUGE, HUGE, FIXED),
		  pair.model.base + 4 * HUGE);
	EXPECT_EQ(unit_mremap(&pair, 4 * HPAGES - 1, HPAGES + 1, HPAGES + 1,
			      MREMAP_MAYMOVE | MREMAP_FIXED, 8 * HPAGES - 1),
		  8 * HPAGES - 1);
	EXPECT_EQ(pair.core.index.count, 2);
	end(&pair);
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
		EXPECT(map(&pair, 0, HUGE, ANON | MAP_NORESERVE) >= (long)PAGE);
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

/* Locked all the same, or made present, as far as there are pages. */
static long model_lock_huge(struct pair *pair, long addr, unsigned long flags)
{
	return unit_call(pair, CALL_LOCK, NO_FILE, addr, HUGE, SVMA_MLOCK, flags, 0);
}

static long model_populate_huge(struct pair *pair, long addr)
{
	return unit_call(pair, CALL_MADVISE, NO_FILE, addr, HUGE, MADV_POPULATE_READ, 0, 0);
}

/* Mapped without reserving anything, and there is no page left: locked, but not present. */
TEST(huge_absent)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long one, two, three;

		start(&pair, *kernel, 1);
		one = model_map(&pair, 0, HUGE, ANON | MAP_NORESERVE);
		EXPECT(one > 0);
		EXPECT_EQ(model_lock_huge(&pair, one, 0), 0);
		two = model_map(&pair, 0, HUGE, MAP_SHARED | MAP_ANONYMOUS);
		EXPECT(two > 0);
		EXPECT_EQ(model_lock_huge(&pair, two, 0), 0);
		EXPECT_EQ(model_lock_huge(&pair, one, 0), -ENOMEM);
		EXPECT_EQ(model_lock_huge(&pair, one, MLOCK_ONFAULT), -ENOMEM);
		EXPECT_EQ(model_populate_huge(&pair, one), -EFAULT);
		EXPECT_EQ(model_populate_huge(&pair, two), 0);
		/* Shared memory that has reserved nothing has nothing, either. */
		three = model_map(&pair, 0, HUGE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
		EXPECT(three > 0);
		EXPECT_EQ(model_lock_huge(&pair, three, 0), -ENOMEM);
		EXPECT_EQ(unit_call(&pair, CALL_MUNMAP, NO_FILE, two, HUGE, 0, 0, 0), 0);
		EXPECT_EQ(model_lock_huge(&pair, one, 0), 0);
		end(&pair);
	}
}

/* What a file has reserved is for its shared regions, not for a private one of it. */
TEST(huge_absent_private)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long shared, private;

		start(&pair, *kernel, 1);
		shared = unit_call(&pair, CALL_MMAP, FILE_HUGE, 0, HUGE, RW, MAP_SHARED, 0);
		private = unit_call(&pair, CALL_MMAP, FILE_HUGE, 0, HUGE, RW,
				    MAP_PRIVATE | MAP_NORESERVE, 0);
		EXPECT(shared > 0 && private > 0);
		EXPECT_EQ(model_lock_huge(&pair, shared, 0), 0);
		EXPECT_EQ(model_lock_huge(&pair, private, 0), -ENOMEM);
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
