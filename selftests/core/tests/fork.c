// SPDX-License-Identifier: GPL-2.0
/* Fork of a space's regions. */
#include "memory.h"
#include "unit.h"

static void fork_all(struct pair *pair, struct svma_core *child)
{
	EXPECT_EQ(svma_core_init(child, &pair->machine, &unit_no_ops, SVMA_PROFILE_HOST,
				 pair->model.kernel),
		  0);
	EXPECT_EQ(svma_core_fork(&pair->core, child), 0);
	EXPECT(!svma_core_validate(child));
}

TEST(fork_regions)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core child;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_mmap(&pair, 8, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 24, 4, RW, PRIVATE_FIXED, FILE_RW, 0);
		unit_madvise(&pair, 8, 4, MADV_DONTFORK);
		unit_madvise(&pair, 16, 4, MADV_WIPEONFORK);
		unit_store(&pair, 0);
		unit_store(&pair, 16);
		unit_lock(&pair, SVMA_MLOCKALL, 0, 0, MCL_FUTURE);
		fork_all(&pair, &child);
		EXPECT_EQ(child.index.count, 3);
		EXPECT_EQ(child.total, 12);
		EXPECT_EQ(child.locked, 0);
		EXPECT_EQ(child.layout.def_flags, 0);
		EXPECT_EQ(child.committed, 12);
		EXPECT_EQ(pair.machine.committed, 16 + 12);
		EXPECT_EQ(pair.files[FILE_RW].refs, 3);
		/* What was written is both's; what is wiped is new. */
		EXPECT(svma_core_find(&child, at(&pair, 0), &vma));
		EXPECT(vma.anon && vma.anon != 1 && vma.attr == SVMA_ANON_FORKED);
		EXPECT(!(vma.flags & SVMA_VM_LOCKED));
		EXPECT(svma_core_find(&child, at(&pair, 16), &vma));
		EXPECT_EQ(vma.start, at(&pair, 16));
		EXPECT(!vma.anon && !vma.attr);
		/* The parent's stay as they were. */
		EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
		EXPECT_EQ(vma.anon, 1);
		EXPECT_EQ(vma.attr, 0);
		svma_core_destroy(&child);
		unit_end(&pair);
	}
}

/* What is wiped is new, also where the parent itself has it from a fork. */
TEST(fork_wipes_twice)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core child, grandchild;
		struct svma_populate populate;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_store(&pair, 0);
		fork_all(&pair, &child);
		EXPECT(svma_core_find(&child, at(&pair, 0), &vma));
		EXPECT_EQ(vma.attr, SVMA_ANON_FORKED);
		EXPECT_EQ(svma_core_madvise(&child, at(&pair, 0), 4 * PAGE, MADV_WIPEONFORK,
					    &populate),
			  0);
		EXPECT_EQ(svma_core_init(&grandchild, &pair.machine, &unit_no_ops,
					 SVMA_PROFILE_HOST, *kernel),
			  0);
		EXPECT_EQ(svma_core_fork(&child, &grandchild), 0);
		EXPECT(svma_core_find(&grandchild, at(&pair, 0), &vma));
		EXPECT_EQ(vma.anon, 0);
		EXPECT_EQ(vma.attr, 0);
		svma_core_destroy(&grandchild);
		svma_core_destroy(&child);
		unit_end(&pair);
	}
}

/* It is the parent's size that the policy looks at, not that of the child to be. */
TEST(fork_asks_parent)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;
		int core, model;

		pair_config_default(&config, *kernel);
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.ram = 100;
		config.machine.overcommit_ratio = 100;
		config.machine.user_reserve = 10;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 46, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 100, 320, PROT_NONE, FIXED, NO_FILE, 0);
		/* 92 pages would do, but for the ten that so large a process must leave. */
		EXPECT_EQ(pair_fork(&pair, 1, &core, &model), -ENOMEM);
		EXPECT_EQ(model, -ENOMEM);
		unit_munmap(&pair, 100, 320);
		EXPECT_EQ(pair_fork(&pair, 1, &core, &model), 0);
		EXPECT_EQ(model, 0);
		EXPECT(pair_same_state(&pair));
		unit_end(&pair);
	}
}

/* Of the flags for new regions a child gets one. */
TEST(fork_def_flags)
{
	struct svma_layout told = { .told = SVMA_LAYOUT_DEF_FLAGS,
				    .def_flags = SVMA_VM_LOCKED | SVMA_VM_MERGEABLE |
						 SVMA_VM_NOHUGEPAGE };
	struct pair pair;
	int core, model;

	unit_start(&pair, K6_12);
	EXPECT_EQ(svma_core_layout_set(&pair.core, &told), 0);
	pair.model.layout.def_flags = told.def_flags;
	EXPECT_EQ(pair_fork(&pair, 1, &core, &model), 0);
	EXPECT_EQ(pair.spaces[1]->core.layout.def_flags, SVMA_VM_NOHUGEPAGE);
	EXPECT(pair_same_state(&pair));
	unit_end(&pair);
}

TEST(fork_refused)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct svma_core child;
		struct pair pair;
		unsigned long nth;
		int error;

		pair_config_default(&config, *kernel);
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.ram = 40;
		config.machine.overcommit_ratio = 100;
		unit_start_with(&pair, &config);
		for (nth = 0; nth < 8; nth++)
			unit_mmap(&pair, nth * 4, 2, nth < 4 ? RW : PROT_READ,
				  PRIVATE_FIXED, nth % 2 ? FILE_RW : FILE_SHMEM,
				  nth * 10);
		unit_mmap(&pair, 60, 20, RW, FIXED, NO_FILE, 0);
		/* Twice is too much. */
		EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 *kernel),
			  0);
		EXPECT_EQ(svma_core_fork(&pair.core, &child), -ENOMEM);
		EXPECT(!svma_core_validate(&child));
		svma_core_destroy(&child);
		unit_munmap(&pair, 60, 20);
		for (nth = 1; nth < 100; nth++) {
			EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops,
						 SVMA_PROFILE_HOST, *kernel),
				  0);
			memory_fail_at(nth, true);
			error = svma_core_fork(&pair.core, &child);
			memory_fail_at(0, false);
			EXPECT(!svma_core_validate(&child));
			svma_core_destroy(&child);
			EXPECT_EQ(pair.machine.committed, 8);
			if (!error)
				break;
			EXPECT_EQ(error, -ENOMEM);
		}
		EXPECT(nth > 2 && nth < 100);
		unit_end(&pair);
	}
}

/* Who is killed has no fork of more than a region, and nothing is charged for it. */
TEST(fork_killed)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core child;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 4, 2, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(svma_core_init(&child, &pair.machine, &unit_no_ops, SVMA_PROFILE_HOST,
					 *kernel),
			  0);
		core_user_killed = true;
		EXPECT_EQ(svma_core_fork(&pair.core, &child), -EINTR);
		core_user_killed = false;
		EXPECT_EQ(child.index.count, 1);
		EXPECT(!svma_core_validate(&child));
		svma_core_destroy(&child);
		EXPECT_EQ(pair.machine.committed, 4);
		unit_end(&pair);
	}
}
