// SPDX-License-Identifier: GPL-2.0
/* Mappings of /dev/zero: the model has none, so these tests state what they want. */
#include "region.h"
#include "unit.h"

#define HUGE	(SVMA_HUGE_SIZE / PAGE)	/* pages */

static struct svma_backing made[8];
static unsigned int number;

static void nothing(struct svma_backing *backing)
{
	(void)backing;
}

static const struct svma_backing_ops made_ops = { .get = nothing, .put = nothing };

/* Each time another. */
static struct svma_backing *shared_anon(struct svma_core *core, unsigned long len)
{
	struct svma_backing *backing = &made[number++ % ARRAY_SIZE(made)];

	(void)core;
	*backing = (struct svma_backing){ .ops = &made_ops, .size = len };
	return backing;
}

/* Without hooks that look for a model. */
static void start(struct pair *pair, struct svma_core_ops *ops, u32 kernel, u32 flags)
{
	unit_start(pair, kernel);
	*ops = unit_no_ops;
	ops->shared_anon = shared_anon;
	pair->core.ops = ops;
	pair->files[FILE_RW].backing.flags &= ~(SVMA_BACKING_READ | SVMA_BACKING_WRITE);
	pair->files[FILE_RW].backing.flags |= SVMA_BACKING_ZERO | flags;
}

static void end(struct pair *pair)
{
	EXPECT(!svma_core_validate(&pair->core));
	pair_destroy(pair);
	unit_check(pair);
}

static long map(struct pair *pair, long page, unsigned long pages, unsigned long flags,
		unsigned long pgoff)
{
	struct svma_map_args args = {
		.addr = page < 0 ? 0 : at(pair, page),
		.len = pages * PAGE,
		.prot = PROT_READ,
		.flags = flags | (page < 0 ? 0 : MAP_FIXED),
		.offset = pgoff * PAGE,
		.backing = &pair->files[FILE_RW].backing,
	};
	int error = svma_core_mmap(&pair->core, &args);

	return error ? error : (long)((args.result - pair->model.base) / PAGE);
}

/* What is shared of it is shared memory of its own, so no two of it are one region. */
TEST(zero_shared)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core_ops ops;
		struct svma_vma vma;
		struct pair pair;

		start(&pair, &ops, *kernel, SVMA_BACKING_READ | SVMA_BACKING_WRITE);
		EXPECT_EQ(map(&pair, 0, 1, MAP_SHARED, 9), 0);
		EXPECT_EQ(map(&pair, 1, 1, MAP_SHARED, 10), 1);
		EXPECT_REGIONS(&pair, "0-1:rs 1-2:rs");
		EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
		EXPECT(vma.backing != &pair.files[FILE_RW].backing);
		EXPECT_EQ(pair.machine.committed, 2);
		pair.machine.committed = 0;	/* the backings are this test's */
		end(&pair);

		/* Opened for reading alone it is anonymous memory, before 7.3. */
		start(&pair, &ops, *kernel, SVMA_BACKING_READ);
		EXPECT_EQ(map(&pair, 0, 1, MAP_SHARED, 9), 0);
		EXPECT_EQ(map(&pair, 1, 1, MAP_SHARED, 10), 1);
		EXPECT_REGIONS(&pair, *kernel < K7_3 ? "0-2:r" : "0-1:r 1-2:r");
		pair.machine.committed = 0;
		end(&pair);
	}
}

/* Private mappings of it that find their own place: by offset, as files of some file systems. */
TEST(zero_aligned)
{
	FOR_EACH_KERNEL(kernel) {
		const long base = 4096 - 64;
		struct svma_core_ops ops;
		struct pair pair;

		start(&pair, &ops, *kernel, SVMA_BACKING_READ | SVMA_BACKING_WRITE);
		/* The start of the space is aligned, so pages from there tell alignment too. */
		EXPECT_EQ(map(&pair, -1, HUGE + 5, MAP_PRIVATE, 0),
			  *kernel < K7_3 ? base - HUGE - 5 : (base - HUGE - 5) / HUGE * HUGE);
		EXPECT_EQ(svma_core_munmap(&pair.core, at(&pair, 0), 4096 * PAGE), 0);
		if (*kernel >= K7_3)
			EXPECT_EQ(map(&pair, -1, 2 * HUGE, MAP_PRIVATE, 3) % HUGE, 3);
		EXPECT_EQ(svma_core_munmap(&pair.core, at(&pair, 0), 4096 * PAGE), 0);
		EXPECT_EQ(map(&pair, -1, HUGE + 5, MAP_SHARED, 0), base - HUGE - 5);
		pair.machine.committed = 0;
		end(&pair);
	}
}

/* What may be discarded of sealed memory: from 6.17 on by its pages, before by its file. */
TEST(zero_sealed)
{
	FOR_EACH_KERNEL(kernel) {
		const bool older = *kernel < K7_3;
		struct svma_populate populate;
		struct svma_core_ops ops;
		struct pair pair;

		if (*kernel < K6_12)
			continue;
		start(&pair, &ops, *kernel, SVMA_BACKING_READ);
		EXPECT_EQ(map(&pair, 0, 1, MAP_PRIVATE, 0), 0);
		EXPECT_EQ(svma_core_mseal(&pair.core, at(&pair, 0), PAGE, 0), 0);
		EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), PAGE, MADV_WIPEONFORK,
					    &populate), older ? -EINVAL : -EPERM);
		EXPECT_EQ(svma_core_madvise(&pair.core, at(&pair, 0), PAGE, MADV_DONTFORK,
					    &populate), older ? 0 : -EPERM);
		end(&pair);
	}
}
