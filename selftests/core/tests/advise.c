// SPDX-License-Identifier: GPL-2.0
/* mlock and its kin, madvise. */
#include "unit.h"

TEST(lock_ranges)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 6 * PAGE;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 10, 2, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 2, 2, 0), 0);
		EXPECT_REGIONS(&pair, "0-2:rw 2-4:rwL 4-8:rw a-c:r");
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 6, 0), 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 7, 0), -ENOMEM);
		/* What is locked does not count twice. */
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 1, 5, 0), 0);
		/* ... but only as far as the call reaches into it. */
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 4, 4, 0), -ENOMEM);
		EXPECT_REGIONS(&pair, "0-6:rwL 6-8:rw a-c:r");
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCK, 4, 8, 0), -ENOMEM);
		EXPECT_REGIONS(&pair, "0-4:rwL 4-8:rw a-c:r");
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 8, 1, 0), -ENOMEM);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 1, 2), -EINVAL);
		EXPECT_EQ(unit_lock(&pair, 9, 0, 1, 0), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_LOCK, NO_FILE, ~0UL << 12, 2 * PAGE, SVMA_MUNLOCK,
				    0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCKALL, 0, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-8:rw a-c:r");
		unit_end(&pair);
	}
}

TEST(lock_all)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 8 * PAGE;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_import(&pair, 6, 2, SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_IO);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, 0), -EINVAL);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_ONFAULT), -EINVAL);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, 8), -EINVAL);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_CURRENT), 0);
		EXPECT_REGIONS(&pair, "0-4:rwL 6-8:r");
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_FUTURE), 0);
		EXPECT_EQ(unit_mmap(&pair, 12, 5, PROT_READ, FIXED, NO_FILE, 0), -EAGAIN);
		EXPECT_EQ(unit_mmap(&pair, 12, 4, PROT_READ, FIXED, NO_FILE, 0), 12);
		EXPECT_REGIONS(&pair, "0-4:rwL 6-8:r c-10:rL");
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_CURRENT | MCL_FUTURE), -ENOMEM);
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCKALL, 0, 0, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 20, 5, PROT_READ, FIXED, NO_FILE, 0), 20);
		EXPECT_REGIONS(&pair, "0-4:rw 6-8:r c-10:r 14-19:r");
		unit_end(&pair);
	}
}

TEST(lock_forbidden)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 0;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 1, 0), -EPERM);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_FUTURE), -EPERM);
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCK, 0, 1, 0), 0);
		pair.core.layout.personality = SVMA_CAP_IPC_LOCK;
		pair.model.layout.personality = SVMA_CAP_IPC_LOCK;
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 4, 0), 0);
		unit_end(&pair);
	}
}

TEST(advise_flags)
{
	static const struct {
		int advice;
		u64 set;
	} cases[] = {
		{ MADV_RANDOM, SVMA_VM_RAND_READ },
		{ MADV_SEQUENTIAL, SVMA_VM_SEQ_READ },
		{ MADV_NORMAL, 0 },
		{ MADV_DONTFORK, SVMA_VM_DONTCOPY },
		{ MADV_DOFORK, 0 },
		{ MADV_WIPEONFORK, SVMA_VM_WIPEONFORK },
		{ MADV_KEEPONFORK, 0 },
		{ MADV_DONTDUMP, SVMA_VM_DONTDUMP },
		{ MADV_DODUMP, 0 },
		{ MADV_MERGEABLE, SVMA_VM_MERGEABLE },
		{ MADV_UNMERGEABLE, 0 },
		{ MADV_HUGEPAGE, SVMA_VM_HUGEPAGE },
		{ MADV_NOHUGEPAGE, SVMA_VM_NOHUGEPAGE },
		{ MADV_WILLNEED, SVMA_VM_NOHUGEPAGE },
	};
	const u64 all = SVMA_VM_RAND_READ | SVMA_VM_SEQ_READ | SVMA_VM_DONTCOPY |
			SVMA_VM_WIPEONFORK | SVMA_VM_DONTDUMP | SVMA_VM_MERGEABLE |
			SVMA_VM_HUGEPAGE | SVMA_VM_NOHUGEPAGE;

	FOR_EACH_KERNEL(kernel) {
		struct svma_vma vma;
		struct pair pair;
		unsigned int i;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			EXPECT_EQ(unit_madvise(&pair, 2, 4, cases[i].advice), 0);
			if (EXPECT(svma_core_find(&pair.core, at(&pair, 2), &vma)))
				EXPECT_EQ(vma.flags & all, cases[i].set);
		}
		unit_end(&pair);
	}
}

TEST(advise_errors)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.max_map_count = 3;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 6, 4, RW, MAP_SHARED | MAP_FIXED, FILE_RW, 0);
		EXPECT_EQ(unit_madvise(&pair, 0, 1, 5), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MADVISE, NO_FILE, at(&pair, 0) + 1, PAGE,
				    MADV_NORMAL, 0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MADVISE, NO_FILE, at(&pair, 0), ~0UL, MADV_NORMAL,
				    0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MADVISE, NO_FILE, ~0UL << 12, 2 * PAGE, MADV_NORMAL,
				    0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 0, 0, MADV_NORMAL), 0);
		/* The hole is told in the end; all else was done. */
		EXPECT_EQ(unit_madvise(&pair, 0, 8, MADV_DONTNEED), -ENOMEM);
		EXPECT_EQ(unit_madvise(&pair, 0, 10, MADV_RANDOM), -ENOMEM);
		EXPECT_EQ(unit_madvise(&pair, 20, 1, MADV_RANDOM), -ENOMEM);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_FREE), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_WIPEONFORK), -EINVAL);
		/* Too many regions: it may pass. */
		EXPECT_EQ(unit_madvise(&pair, 1, 2, MADV_DONTFORK), -EAGAIN);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 6, 4, 0), 0);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_DONTNEED), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_DONTNEED_LOCKED), 0);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_COLD), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 6, 4, MADV_POPULATE_WRITE), 0);
		unit_end(&pair);
	}
}

/*
 * Populating is refused by permission; what comes first is told, but 6.1 passes over holes at
 * first.
 */
TEST(advise_populate)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 6, 2, PROT_NONE, FIXED, NO_FILE, 0);
		unit_import(&pair, 10, 2, SVMA_VM_READ | SVMA_VM_IO);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_POPULATE_READ), 0);
		EXPECT_EQ(unit_madvise(&pair, 0, 2, MADV_POPULATE_WRITE), 0);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_POPULATE_WRITE), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 6, 1, MADV_POPULATE_READ), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 10, 1, MADV_POPULATE_READ), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 0, 6, MADV_POPULATE_READ), -ENOMEM);
		EXPECT_EQ(unit_madvise(&pair, 40, 6, MADV_POPULATE_READ), -ENOMEM);
		EXPECT_EQ(unit_madvise(&pair, 0, 8, MADV_POPULATE_READ),
			  *kernel < K6_12 ? -EINVAL : -ENOMEM);
		unit_end(&pair);
	}
}

/* What the caller is to make present: all of it, or what comes before what forbids it. */
static void expect_populate(struct pair *pair, unsigned int first, unsigned int pages, int advice,
			    int err, unsigned int len)
{
	struct svma_populate populate = { 0 };

	EXPECT_EQ(svma_core_madvise(&pair->core, at(pair, first), pages * PAGE, advice, &populate),
		  err);
	EXPECT_EQ(populate.start, at(pair, first));
	EXPECT_EQ(populate.len, len * PAGE);
	EXPECT_EQ(populate.write, advice == MADV_POPULATE_WRITE);
	EXPECT(populate.exact && populate.strict);
}

TEST(advise_populate_range)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 6, 2, PROT_READ, FIXED, NO_FILE, 0);
		expect_populate(&pair, 0, 4, MADV_POPULATE_READ, 0, 4);
		expect_populate(&pair, 1, 3, MADV_POPULATE_WRITE, -EINVAL, 1);
		expect_populate(&pair, 3, 1, MADV_POPULATE_WRITE, -EINVAL, 0);
		expect_populate(&pair, 1, 5, MADV_POPULATE_READ, -ENOMEM, 3);
		expect_populate(&pair, 6, 8, MADV_POPULATE_READ, -ENOMEM, 2);
		expect_populate(&pair, 1, 7, MADV_POPULATE_READ, -ENOMEM, *kernel < K6_12 ? 7 : 3);
		unit_end(&pair);
	}
}

/* Older kernels pass over a hole: what lies beyond its end is looked at from there. */
TEST(advise_populate_beyond_a_hole)
{
	struct pair pair;

	unit_start(&pair, K6_1);
	pair.files[FILE_RW].backing.flags |= SVMA_BACKING_SIZED;
	pair.files[FILE_RW].backing.size = 8 * PAGE;
	unit_mmap(&pair, 0, 1, PROT_READ, FIXED, NO_FILE, 0);
	unit_mmap(&pair, 4, 4, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RW, 6);
	expect_populate(&pair, 0, 8, MADV_POPULATE_READ, -EFAULT, 7);
	unit_end(&pair);
}

/*
 * What nobody may access is locked, but cannot be made present, and that is told; not if it can
 * wait.
 */
TEST(lock_absent)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, PROT_NONE, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 2, 0), 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 4, 0), -ENOMEM);
		EXPECT_REGIONS(&pair, "0-2:rwL 2-4:L");
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 4, MLOCK_ONFAULT), 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_CURRENT), 0);
		unit_end(&pair);
	}
}

/* What is to be made present up to the first page that is not there, and that page too. */
static void expect_asked(struct pair *pair, unsigned int first, unsigned int pages, int lock)
{
	struct svma_lock args = { .addr = at(pair, first), .len = pages * PAGE, .op = SVMA_MLOCK };
	struct svma_populate populate = { 0 };

	if (lock)
		EXPECT_EQ(svma_core_lock(&pair->core, &args, &populate), -ENOMEM);
	else
		EXPECT_EQ(svma_core_madvise(&pair->core, args.addr, args.len, MADV_POPULATE_WRITE,
					    &populate),
			  -EFAULT);
	EXPECT_EQ(populate.start, args.addr);
	EXPECT_EQ(populate.len, 3 * PAGE);
}

TEST(populate_absent)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		pair.files[FILE_RW].backing.flags |= SVMA_BACKING_SIZED;
		pair.files[FILE_RW].backing.size = 5 * PAGE - 1;
		unit_mmap(&pair, 0, 1, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 1, 6, RW, MAP_PRIVATE | MAP_FIXED, FILE_RW, 4);
		expect_asked(&pair, 0, 4, false);
		expect_asked(&pair, 0, 4, true);
		expect_asked(&pair, 0, 3, true);
		unit_end(&pair);
	}
}

/* Nothing asked for, nothing locked, wherever it begins. */
TEST(lock_nothing)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_NONE, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 1, 0, 0), 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MUNLOCK, 1, 0, 0), 0);
		EXPECT_REGIONS(&pair, "0-4:.");
		unit_end(&pair);
	}
}

/* The contents go, in all regions of the range, and the regions stay. */
TEST(advise_discard)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 4, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_madvise(&pair, 2, 4, MADV_DONTNEED), 0);
		EXPECT(!pair.discarded[1] && pair.discarded[2] && pair.discarded[5] &&
		       !pair.discarded[6]);
		EXPECT_EQ(unit_madvise(&pair, 0, 2, MADV_FREE), 0);
		EXPECT(pair.discarded[0]);
		EXPECT_EQ(unit_madvise(&pair, 0, 2, MADV_WILLNEED), 0);
		EXPECT(!pair.discarded[0]);
		EXPECT_REGIONS(&pair, "0-4:rw 4-8:r");
		unit_end(&pair);
	}
}

TEST(advise_locked)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_import(&pair, 8, 4, SVMA_VM_READ | SVMA_VM_PFNMAP);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_DONTNEED), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_FREE), -EINVAL);
		EXPECT(!pair.discarded[0]);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_DONTNEED_LOCKED), 0);
		EXPECT(pair.discarded[0]);
		EXPECT_EQ(unit_madvise(&pair, 8, 4, MADV_DONTNEED_LOCKED), -EINVAL);
		unit_end(&pair);
	}
}

/* Guards mark the whole region, and come with a reverse map. */
TEST(advise_guard)
{
	FOR_EACH_KERNEL(kernel) {
		int error = *kernel < K7_3 ? -EINVAL : 0;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 8, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		EXPECT_EQ(unit_madvise(&pair, 1, 1, MADV_GUARD_INSTALL), error);
		EXPECT_EQ(pair.guards[1], error ? 0 : 1);
		EXPECT_EQ(unit_madvise(&pair, 8, 4, MADV_GUARD_INSTALL), -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 8, 4, MADV_GUARD_REMOVE), error);
		EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
		EXPECT_EQ(!!(vma.flags & SVMA_VM_GUARDED), !error);
		EXPECT_EQ(!!vma.anon, !error);
		unit_end(&pair);
	}
}

/* What would free or collapse pages of files is not modelled, and that is said. */
TEST(advise_unmodelled)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, MAP_SHARED | MAP_FIXED, FILE_SHMEM, 0);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_REMOVE), -EOPNOTSUPP);
		EXPECT_EQ(unit_madvise(&pair, 0, 4, MADV_COLLAPSE), -EOPNOTSUPP);
		/* An unknown advice is another matter, and so are wrong arguments. */
		EXPECT_EQ(unit_madvise(&pair, 0, 4, 26), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MADVISE, NO_FILE, at(&pair, 0) + 1, PAGE,
				    MADV_REMOVE, 0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_madvise(&pair, 0, 0, MADV_REMOVE), 0);
		unit_end(&pair);
	}
}

/* MADV_DOFORK is for what can be copied: no device memory, and later no special region at all. */
TEST(advise_dofork)
{
	static const u64 special[] = { SVMA_VM_DONTEXPAND, SVMA_VM_PFNMAP, SVMA_VM_MIXEDMAP };

	FOR_EACH_KERNEL(kernel) {
		struct svma_vma vma;
		struct pair pair;
		unsigned int i;

		unit_start(&pair, *kernel);
		unit_import(&pair, 0, 1, SVMA_VM_READ | SVMA_VM_DONTCOPY | SVMA_VM_IO);
		EXPECT_EQ(unit_madvise(&pair, 0, 1, MADV_DOFORK), -EINVAL);
		for (i = 0; i < ARRAY_SIZE(special); i++) {
			unit_import(&pair, 2 + i, 1, SVMA_VM_READ | SVMA_VM_DONTCOPY | special[i]);
			EXPECT_EQ(unit_madvise(&pair, 2 + i, 1, MADV_DOFORK),
				  *kernel < K7_3 ? 0 : -EINVAL);
			EXPECT(svma_core_find(&pair.core, at(&pair, 2 + i), &vma));
			EXPECT_EQ(!!(vma.flags & SVMA_VM_DONTCOPY), *kernel >= K7_3);
		}
		unit_end(&pair);
	}
}
