// SPDX-License-Identifier: GPL-2.0
/* Snapshots of regions, and going back to them, also when memory or charges are refused. */
#include "memory.h"
#include "unit.h"

static void start_full(struct pair *pair, u32 kernel)
{
	unsigned int i;

	unit_start(pair, kernel);
	/* Enough for two levels of the index. */
	for (i = 0; i < 30; i++)
		unit_mmap(pair, i * 3, 2, i % 2 ? RW : PROT_READ,
			  i % 5 ? FIXED : PRIVATE_FIXED, i % 5 ? NO_FILE : FILE_RW, i);
}

static void init(struct pair *pair, struct svma_core *copy, u32 kernel)
{
	EXPECT_EQ(svma_core_init(copy, &pair->machine, &unit_no_ops, SVMA_PROFILE_HOST, kernel), 0);
}

TEST(snapshot_exact)
{
	static const u32 kernels[] = { K6_1, K6_12, K7_3 };
	struct svma_core copy, again;
	struct pair pair;
	const u32 *kernel;

	for (kernel = kernels; kernel < kernels + ARRAY_SIZE(kernels); kernel++) {
		start_full(&pair, *kernel);
		init(&pair, &copy, *kernel);
		EXPECT_EQ(svma_core_snapshot(&pair.core, &copy), 0);
		EXPECT(svma_index_same(&copy.index, &pair.core.index));
		EXPECT(!svma_core_validate(&copy));
		EXPECT_EQ(pair.machine.committed, 2 * pair.core.committed);
		EXPECT_EQ(copy.mapped, pair.core.mapped);
		EXPECT(!svma_rmap_validate(pair.files[FILE_RW].backing.rmap));
		/* Back to it, with other regions and with the same. */
		init(&pair, &again, *kernel);
		EXPECT_EQ(unit_restore(&again, &copy), 0);
		EXPECT(svma_index_same(&copy.index, &again.index));
		EXPECT(!svma_core_validate(&again));
		EXPECT_EQ(svma_core_munmap(&again, at(&pair, 4), 50 * PAGE), 0);
		EXPECT(!svma_index_same(&copy.index, &again.index));
		EXPECT_EQ(unit_restore(&again, &copy), 0);
		EXPECT(svma_index_same(&copy.index, &again.index));
		EXPECT(!svma_core_validate(&again));
		EXPECT_EQ(unit_restore(&again, &copy), 0);
		EXPECT(!svma_core_validate(&again));
		EXPECT_EQ(again.mapped, copy.mapped);
		EXPECT_EQ(pair.machine.committed, 3 * pair.core.committed);
		svma_core_destroy(&again);
		svma_core_destroy(&copy);
		EXPECT(!svma_rmap_validate(pair.files[FILE_RW].backing.rmap));
		EXPECT_EQ(pair.machine.committed, pair.core.committed);
		unit_end(&pair);
	}
}

/* Who has seen the regions can tell whether they are others now; going back is a change, too. */
TEST(snapshot_versions)
{
	struct svma_core copy;
	struct pair pair;
	unsigned long seen[6];
	unsigned int i, k;

	start_full(&pair, K7_3);
	init(&pair, &copy, K7_3);
	seen[0] = pair.core.index.version;
	/* Inserted, erased, changed in place. */
	unit_mmap(&pair, 200, 1, RW, FIXED, NO_FILE, 0);
	seen[1] = pair.core.index.version;
	EXPECT_EQ(svma_core_snapshot(&pair.core, &copy), 0);
	EXPECT_EQ(pair.core.index.version, seen[1]);
	EXPECT_EQ(svma_core_munmap(&pair.core, at(&pair, 3), 2 * PAGE), 0);
	seen[2] = pair.core.index.version;
	EXPECT_EQ(svma_core_mprotect(&pair.core, at(&pair, 6), 2 * PAGE, PROT_NONE, -1), 0);
	seen[3] = pair.core.index.version;
	EXPECT_EQ(unit_restore(&pair.core, &copy), 0);
	seen[4] = pair.core.index.version;
	EXPECT_EQ(svma_core_munmap(&pair.core, at(&pair, 9), 2 * PAGE), 0);
	seen[5] = pair.core.index.version;
	for (i = 0; i < 6; i++)
		for (k = 0; k < i; k++)
			EXPECT(seen[i] > seen[k]);
	svma_core_destroy(&copy);
	unit_end(&pair);
}

TEST(snapshot_refused)
{
	struct svma_core copy, other;
	unsigned long nth, committed;
	struct pair pair;
	int error = -ENOMEM;

	start_full(&pair, K7_3);
	committed = pair.core.committed;
	for (nth = 1; error; nth++) {
		init(&pair, &copy, K7_3);
		memory_fail_at(nth, true);
		error = svma_core_snapshot(&pair.core, &copy);
		memory_fail_at(0, false);
		if (!error)
			break;
		EXPECT_EQ(error, -ENOMEM);
		svma_core_destroy(&copy);
		EXPECT_EQ(pair.machine.committed, committed);
		EXPECT(nth < 100);
	}
	EXPECT(nth > 3);
	/* A restore that fails has changed nothing. */
	init(&pair, &other, K7_3);
	error = -ENOMEM;
	for (nth = 1; error; nth++) {
		memory_fail_at(nth, true);
		error = unit_restore(&other, &copy);
		memory_fail_at(0, false);
		EXPECT(!svma_core_validate(&other));
		EXPECT_EQ(other.index.count, error ? 0 : copy.index.count);
		EXPECT(nth < 100);
	}
	EXPECT(nth > 3);
	svma_core_destroy(&other);
	svma_core_destroy(&copy);
	unit_end(&pair);
}
