// SPDX-License-Identifier: GPL-2.0
/* mmap: which check comes first, and what it maps. */
#include "unit.h"

#define NEW	(ANON | MAP_FIXED_NOREPLACE)

/*
 * Each call breaks a rule and every rule whose check comes later: the errno tells the order.
 */
TEST(map_check_order)
{
	FOR_EACH_KERNEL(kernel) {
		const unsigned long all = MAP_SHARED | MAP_FIXED_NOREPLACE;
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 0;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0), 0);
		/* offset not aligned, before the descriptor */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, at(&pair, 0) + 1, 0, RW, all, 1),
			  -EINVAL);
		/* descriptor, before the length */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, at(&pair, 0) + 1, 0, RW, all, 0),
			  -EBADF);
		/* length zero, before all that is about the place */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) + 1, 0, RW, all, 0),
			  -EINVAL);
		/* length that rounds to zero, before the offset's overflow */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) + 1, ~0UL, RW, all,
				    ~0UL << 12),
			  -ENOMEM);
		/*
		 * end of file offset, before the length of the space; 64-bit offsets cannot wrap in
		 * pages
		 */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) + 1, ~0UL << 12, RW,
				    all, ~0UL << 12),
			  -ENOMEM);
		/* longer than the space, before the address */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) + 1, 1UL << 47, RW, all,
				    0),
			  -ENOMEM);
		/* address above the space, before its alignment */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, pair.model.layout.high + 1, PAGE, RW,
				    all, 0),
			  -ENOMEM);
		/* alignment, before what is there */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) + 1, PAGE, RW, all, 0),
			  -EINVAL);
		/* too low, before what is there */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RO, at(&pair, 0) - PAGE, 2 * PAGE, RW,
				    all, 0),
			  -EPERM);
		/* what is there, before the right to lock */
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, all | MAP_LOCKED, FILE_RO, 0), -EEXIST);
		/* the right to lock, before the file's mode */
		EXPECT_EQ(unit_mmap(&pair, 8, 1, RW, all | MAP_LOCKED, FILE_RO, 0), -EPERM);
		/* the file's mode */
		EXPECT_EQ(unit_mmap(&pair, 8, 1, RW, all, FILE_RO, 0), -EACCES);
		EXPECT_EQ(unit_mmap(&pair, 8, 1, PROT_READ, all, FILE_RO, 0), 8);
		unit_end(&pair);
	}
}

TEST(map_offset_overflow)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		/* beyond what a file can have */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RW, 0, 2 * PAGE, RW, MAP_PRIVATE,
				    1UL << 63),
			  -EOVERFLOW);
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, FILE_RW, 0, 2 * PAGE, RW, MAP_PRIVATE,
				    (1UL << 63) - 2 * PAGE),
			  -EOVERFLOW);
		EXPECT(unit_call(&pair, CALL_MMAP, FILE_RW, 0, 2 * PAGE, RW, MAP_PRIVATE,
				 (1UL << 63) - 4 * PAGE) > 0);
		unit_end(&pair);
	}
}

TEST(map_lock_limit)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_memlock = 4 * PAGE + 100;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 3, RW, FIXED | MAP_LOCKED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 8, 2, RW, FIXED | MAP_LOCKED, NO_FILE, 0), -EAGAIN);
		EXPECT_EQ(unit_mmap(&pair, 8, 1, RW, FIXED | MAP_LOCKED, NO_FILE, 0), 8);
		/* What is replaced counts as well. */
		EXPECT_EQ(unit_mmap(&pair, 0, 3, RW, FIXED | MAP_LOCKED, NO_FILE, 0), -EAGAIN);
		EXPECT_REGIONS(&pair, "0-3:rwL 8-9:rwL");
		EXPECT_EQ(pair.core.locked, 4);
		unit_end(&pair);
	}
}

TEST(map_may_flags)
{
	const u64 may = SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC | SVMA_VM_MAYSHARE |
			SVMA_VM_SHARED;
	static const struct {
		int file;
		unsigned long flags;
		u64 may;
	} cases[] = {
		{ FILE_RW, MAP_PRIVATE, SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC },
		{ FILE_RO, MAP_PRIVATE, SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC },
		{ FILE_RW, MAP_SHARED,
		  SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC | SVMA_VM_MAYSHARE |
			  SVMA_VM_SHARED },
		/* A shared mapping that can never be written is not a shared one. */
		{ FILE_RO, MAP_SHARED, SVMA_VM_MAYREAD | SVMA_VM_MAYEXEC | SVMA_VM_MAYSHARE },
		{ FILE_NOEXEC, MAP_PRIVATE, SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE },
	};
	unsigned int i;

	FOR_EACH_KERNEL(kernel)
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			struct svma_vma vma;
			struct pair pair;

			unit_start(&pair, *kernel);
			EXPECT_EQ(unit_mmap(&pair, 4, 1, PROT_READ, cases[i].flags | MAP_FIXED,
					    cases[i].file, 0),
				  4);
			if (EXPECT(svma_core_find(&pair.core, at(&pair, 4), &vma)))
				EXPECT_EQ(vma.flags & may, cases[i].may);
			unit_end(&pair);
		}
}

TEST(map_file_refusals)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, PRIVATE_FIXED, FILE_WO, 0),
			  -EACCES);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_APPEND, 0),
			  -EACCES);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, PRIVATE_FIXED, FILE_APPEND, 0),
			  0);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ | PROT_EXEC, PRIVATE_FIXED,
				    FILE_NOEXEC, 0),
			  -EPERM);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, PRIVATE_FIXED, FILE_NOMMAP, 0),
			  -ENODEV);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, PRIVATE_FIXED | MAP_GROWSDOWN,
				    FILE_RW, 0),
			  -EINVAL);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, MAP_FIXED, FILE_RW, 0), -EINVAL);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, MAP_SHARED_VALIDATE | MAP_FIXED,
				    FILE_RW, 0),
			  0);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ,
				    MAP_SHARED_VALIDATE | MAP_FIXED | MAP_SYNC, FILE_RW, 0),
			  -EOPNOTSUPP);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ,
				    MAP_SHARED_VALIDATE | MAP_FIXED | MAP_SYNC, FILE_SYNC, 0),
			  0);
		/* Unknown flags are ignored by MAP_SHARED alone. */
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, MAP_SHARED | MAP_FIXED | 1UL << 30,
				    FILE_RW, 0),
			  0);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ,
				    MAP_SHARED_VALIDATE | MAP_ANONYMOUS | MAP_FIXED, NO_FILE, 0),
			  -EINVAL);
		unit_end(&pair);
	}
}

TEST(map_fixed_replaces)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, 0, 16, RW, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 4, 4, PROT_READ, FIXED, NO_FILE, 0), 4);
		EXPECT_REGIONS(&pair, "0-4:rw 4-8:r 8-10:rw");
		EXPECT_EQ(unit_mmap(&pair, 2, 8, PROT_NONE, FIXED, NO_FILE, 0), 2);
		EXPECT_REGIONS(&pair, "0-2:rw 2-a:. a-10:rw");
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, NEW, NO_FILE, 0),
			  -EEXIST);
		EXPECT_EQ(unit_mmap(&pair, 15, 2, RW, NEW, NO_FILE, 0),
			  -EEXIST);
		EXPECT_EQ(unit_mmap(&pair, 16, 2, PROT_READ, NEW, NO_FILE, 0),
			  16);
		unit_end(&pair);
	}
}

/*
 * Out of commit in the middle of a replacement: 6.1 leaves a hole, later kernels what was there, in
 * pieces.
 */
TEST(map_fixed_refused)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.ram = 40;
		config.machine.overcommit_ratio = 100;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 16, PROT_READ, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 4, 64, RW, FIXED, NO_FILE, 0), -ENOMEM);
		EXPECT_REGIONS(&pair, *kernel < K6_12 ? "0-4:r" : "0-4:r 4-10:r");
		unit_end(&pair);
	}
}

/* What takes the place of as much as it needs asks nobody, on a machine that has nothing left. */
TEST(map_fixed_as_charged)
{
	struct svma_machine less = {
		.told = SVMA_MACHINE_MODE | SVMA_MACHINE_RATIO | SVMA_MACHINE_RAM,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER, .overcommit_ratio = 1, .ram = 100,
	};

	FOR_EACH_KERNEL(kernel) {
		struct svma_map_args args = {
			.len = 8 * PAGE, .prot = RW, .flags = FIXED, .result = 0,
		};
		struct pair pair;

		unit_start(&pair, *kernel);
		args.addr = at(&pair, 0);
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
		EXPECT_EQ(svma_core_machine_set(&pair.machine, &less), 0);
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), *kernel < K6_12 ? -ENOMEM : 0);
		EXPECT_EQ(pair.machine.committed, *kernel < K6_12 ? 0 : 8);
		args.len = 9 * PAGE;
		EXPECT_EQ(svma_core_mmap(&pair.core, &args), -ENOMEM);
		EXPECT_EQ(pair.machine.committed, *kernel < K6_12 ? 0 : 8);
		pair_destroy(&pair);
		unit_check(&pair);
	}
}

TEST(map_count_limit)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.max_map_count = 2;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 3, RW, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 4, 3, RW, FIXED, NO_FILE, 0), 4);
		/* One more than the limit is possible. */
		EXPECT_EQ(unit_mmap(&pair, 8, 3, RW, FIXED, NO_FILE, 0), 8);
		EXPECT_EQ(unit_mmap(&pair, 12, 3, RW, FIXED, NO_FILE, 0), -ENOMEM);
		/* A hole would make two of one; an end would not. */
		EXPECT_EQ(unit_munmap(&pair, 1, 1), -ENOMEM);
		EXPECT_EQ(unit_munmap(&pair, 2, 1), 0);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, PROT_READ), -ENOMEM);
		EXPECT_REGIONS(&pair, "0-2:rw 4-7:rw 8-b:rw");
		unit_end(&pair);
	}
}

TEST(map_droppable)
{
	FOR_EACH_KERNEL(kernel) {
		const unsigned long flags = MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED;
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, flags | MAP_LOCKED, NO_FILE, 0), -EINVAL);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, flags | MAP_GROWSDOWN, NO_FILE, 0), -EINVAL);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, flags, NO_FILE, 0),
			  *kernel < K6_12 ? -EINVAL : 0);
		if (*kernel >= K6_12 && EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma))) {
			EXPECT(vma.flags & SVMA_VM_DROPPABLE);
			EXPECT(vma.flags & SVMA_VM_WIPEONFORK);
			EXPECT(!(vma.flags & SVMA_VM_ACCOUNT));
		}
		unit_end(&pair);
	}
}

TEST(map_implied_exec)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_READ_IMPLIES_EXEC;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, PROT_READ, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 2, 1, PROT_WRITE, FIXED, NO_FILE, 0), 2);
		EXPECT_EQ(unit_mmap(&pair, 4, 1, PROT_READ, PRIVATE_FIXED, FILE_NOEXEC, 0),
			  4);
		EXPECT_REGIONS(&pair, "0-1:rx 2-3:w 4-5:r");
		EXPECT_EQ(unit_mprotect(&pair, 2, 1, PROT_READ), 0);
		EXPECT_EQ(unit_mprotect(&pair, 4, 1, RW), 0);
		EXPECT_REGIONS(&pair, "0-1:rx 2-3:rx 4-5:rw");
		unit_end(&pair);
	}
}

TEST(map_deny_write_exec)
{
	const unsigned long rx = PROT_READ | PROT_EXEC, wx = PROT_WRITE | PROT_EXEC;

	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_DENY_WRITE_EXEC;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 2, rx, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 3, 2, RW, FIXED, NO_FILE, 0), 3);
		EXPECT_EQ(unit_mmap(&pair, 1, 1, wx, FIXED, NO_FILE, 0), -EACCES);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, wx), -EACCES);
		EXPECT_EQ(unit_mprotect(&pair, 3, 1, rx), -EACCES);
		EXPECT_EQ(unit_mprotect(&pair, 3, 1, PROT_READ), 0);
		/* What can be executed may lose other rights, and this one for good. */
		EXPECT_EQ(unit_mprotect(&pair, 0, 2, PROT_EXEC), 0);
		EXPECT_EQ(unit_mprotect(&pair, 1, 1, PROT_READ), 0);
		EXPECT_EQ(unit_mprotect(&pair, 1, 1, rx), -EACCES);
		EXPECT_REGIONS(&pair, "0-1:x 1-2:r 3-4:r 4-5:rw");
		unit_end(&pair);
	}
}

TEST(map_populate)
{
	FOR_EACH_KERNEL(kernel) {
		static const struct {
			unsigned long flags;
			unsigned long populate;
		} cases[] = {
			{ 0, 0 }, { MAP_POPULATE, 3 * PAGE }, { MAP_POPULATE | MAP_NONBLOCK, 0 },
			{ MAP_LOCKED, 3 * PAGE }, { MAP_LOCKED | MAP_NONBLOCK, 3 * PAGE },
		};
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			struct svma_map_args args = {
				.len = 3 * PAGE - 1, .prot = RW, .flags = ANON | cases[i].flags,
			};
			struct pair pair;

			unit_start(&pair, *kernel);
			EXPECT_EQ(svma_core_mmap(&pair.core, &args), 0);
			EXPECT_EQ(args.populate, cases[i].populate);
			unit_end(&pair);
		}
	}
}

/* Private, shared, and no other; a shared one has offsets from its own start. */
TEST(map_kinds)
{
	FOR_EACH_KERNEL(kernel) {
		static const unsigned long wrong[] = { 0, MAP_SHARED_VALIDATE, 4, 15 };
		struct svma_vma vma;
		struct pair pair;
		unsigned int i;

		unit_start(&pair, *kernel);
		for (i = 0; i < ARRAY_SIZE(wrong); i++)
			EXPECT_EQ(unit_mmap(&pair, -1, 1, RW, MAP_ANONYMOUS | wrong[i], NO_FILE, 0),
				  -EINVAL);
		EXPECT_EQ(unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 7), 0);
		EXPECT_EQ(unit_mmap(&pair, 4, 2, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
				    NO_FILE, 7),
			  4);
		EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
		EXPECT_EQ(vma.pgoff, at(&pair, 0) / PAGE);
		EXPECT(svma_core_find(&pair.core, at(&pair, 4), &vma));
		EXPECT_EQ(vma.pgoff, 0);
		EXPECT(vma.backing);
		EXPECT_EQ(unit_mmap(&pair, 8, 1, RW,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, NO_FILE,
				    0),
			  -EINVAL);
		unit_end(&pair);
	}
}

/* MAP_STACK has meant nothing, and later that no large pages are wanted, which keeps apart. */
TEST(map_stack)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, RW, FIXED | MAP_STACK, NO_FILE, 0);
		EXPECT_REGIONS(&pair, *kernel < SVMA_KERNEL(6, 7) ? "0-4:rw" : "0-2:rw 2-4:rw");
		unit_end(&pair);
	}
}

/* The limit on the address space; what a fixed mapping covers is counted once. */
TEST(map_limit_as)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_as = 8 * PAGE + 1;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 9, PROT_NONE, FIXED, NO_FILE, 0), -ENOMEM);
		EXPECT_EQ(unit_mmap(&pair, 0, 6, PROT_NONE, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 8, 3, PROT_NONE, FIXED, NO_FILE, 0), -ENOMEM);
		EXPECT_EQ(unit_mmap(&pair, 4, 4, PROT_READ, FIXED, NO_FILE, 0), 4);
		EXPECT_EQ(unit_mmap(&pair, 2, 7, PROT_READ, FIXED, NO_FILE, 0), -ENOMEM);
		EXPECT_EQ(unit_mmap(&pair, 0, 8, PROT_READ, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mremap(&pair, 0, 8, 9, MREMAP_MAYMOVE, 0), -ENOMEM);
		unit_end(&pair);
	}
}
