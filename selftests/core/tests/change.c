// SPDX-License-Identifier: GPL-2.0
/* mprotect, brk, stack growth and mseal. */
#include "unit.h"

TEST(protect_errors)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 6, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP),
			  -EINVAL);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, 0x10), -EINVAL);
		EXPECT_EQ(unit_mprotect(&pair, 0, 0, PROT_READ), 0);
		EXPECT_EQ(unit_mprotect(&pair, 4, 1, PROT_READ), -ENOMEM);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, PROT_READ | PROT_GROWSDOWN), -EINVAL);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, PROT_READ | PROT_GROWSUP), -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 0) + 1, 0, PROT_READ,
				    -1UL, 0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 0), ~0UL, PROT_READ,
				    -1UL, 0),
			  -ENOMEM);
		EXPECT_EQ(unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 0), PAGE, PROT_READ,
				    16, 0),
			  -EINVAL);
		/* Up to the hole it is done. */
		EXPECT_EQ(unit_mprotect(&pair, 2, 6, PROT_READ), -ENOMEM);
		EXPECT_REGIONS(&pair, "0-2:rw 2-4:r 6-a:rw");
		unit_end(&pair);
	}
}

TEST(protect_may_flags)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 2, RW, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 2, 2, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RO, 0);
		unit_mmap(&pair, 4, 2, PROT_READ, PRIVATE_FIXED, FILE_NOEXEC, 0);
		EXPECT_EQ(unit_mprotect(&pair, 2, 1, RW), -EACCES);
		EXPECT_EQ(unit_mprotect(&pair, 4, 1, PROT_READ | PROT_EXEC), -EACCES);
		EXPECT_EQ(unit_mprotect(&pair, 0, 6, PROT_WRITE), -EACCES);
		EXPECT_REGIONS(&pair, "0-2:w 2-4:r 4-6:r");
		unit_end(&pair);
	}
}

TEST(protect_grows_down)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 4, 8, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
		/* From the region's start, wherever the range begins. */
		EXPECT_EQ(unit_mprotect(&pair, 8, 1, PROT_READ | PROT_GROWSDOWN), 0);
		EXPECT_REGIONS(&pair, "4-9:r 9-c:rw");
		EXPECT_EQ(unit_mprotect(&pair, 0, 2, PROT_READ | PROT_GROWSDOWN), -ENOMEM);
		EXPECT_EQ(unit_mprotect(&pair, 0, 6, PROT_NONE | PROT_GROWSDOWN), 0);
		EXPECT_REGIONS(&pair, "4-6:. 6-9:r 9-c:rw");
		unit_end(&pair);
	}
}

/*
 * Private memory is charged when it becomes writable, and given back only if it was never written.
 */
/* Pages that were to be made present, from the start of the space on. */
static u64 owned;

static void note_own(struct svma_core *core, unsigned long start, unsigned long end)
{
	for (; start < end; start += PAGE)
		owned |= 1ULL << ((start - core->layout.low) / PAGE % 64);
}

/* Locked memory that becomes writable is to be made present, what was writable is not. */
TEST(protect_own)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_core_ops ops;
		struct pair pair;

		unit_start(&pair, *kernel);
		ops = *pair.core.ops;
		ops.own = note_own;
		pair.core.ops = &ops;
		owned = 0;
		unit_mmap(&pair, 0, 6, RW, FIXED, NO_FILE, 0);
		unit_mprotect(&pair, 0, 1, PROT_READ);
		unit_mprotect(&pair, 2, 1, PROT_NONE);
		unit_mprotect(&pair, 5, 1, PROT_READ);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 5, MLOCK_ONFAULT), 0);
		EXPECT_EQ(unit_lock(&pair, SVMA_MLOCK, 0, 4, 0), -ENOMEM);
		unit_mprotect(&pair, 0, 6, RW | PROT_EXEC);
		EXPECT_EQ(owned, (1ULL | 4ULL)
					 << ((at(&pair, 0) - pair.core.layout.low) / PAGE % 64));
		/* also when what comes behind it refuses */
		unit_mprotect(&pair, 3, 1, PROT_READ);
		owned = 0;
		EXPECT_EQ(unit_mprotect(&pair, 3, 4, RW), -ENOMEM);
		EXPECT_EQ(owned, 8ULL << ((at(&pair, 0) - pair.core.layout.low) / PAGE % 64));
		unit_end(&pair);
	}
}

TEST(protect_charge)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.machine.overcommit_mode = SVMA_OVERCOMMIT_NEVER;
		config.machine.ram = 20;
		config.machine.overcommit_ratio = 50;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 8, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(pair.machine.committed, 0);
		EXPECT_EQ(unit_mprotect(&pair, 0, 4, RW), 0);
		EXPECT_EQ(pair.machine.committed, 4);
		EXPECT_EQ(unit_mprotect(&pair, 0, 4, PROT_READ), 0);
		EXPECT_EQ(pair.machine.committed, *kernel < K6_12 ? 4 : 0);
		EXPECT_EQ(unit_mprotect(&pair, 0, 4, RW), 0);
		unit_store(&pair, 0);
		EXPECT_EQ(unit_mprotect(&pair, 0, 4, PROT_READ), 0);
		EXPECT_EQ(pair.machine.committed, 4);
		unit_mmap(&pair, 16, 16, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mprotect(&pair, 16, 6, RW), -ENOMEM);
		EXPECT_EQ(unit_mprotect(&pair, 16, 5, RW), 0);
		EXPECT_EQ(unit_mprotect(&pair, 21, 1, RW), -ENOMEM);
		unit_end(&pair);
		EXPECT_EQ(pair.machine.committed, 0);
	}
}

TEST(protect_key)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_import(&pair, 0, 4,
			    SVMA_VM_READ | SVMA_VM_MAYREAD | 5ULL << SVMA_VM_PKEY_SHIFT);
		EXPECT_EQ(unit_mprotect(&pair, 0, 1, PROT_NONE), 0);
		EXPECT_EQ(unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 2), PAGE, PROT_READ, 0,
				    0),
			  0);
		EXPECT_REGIONS(&pair, "0-1:. 1-2:r 2-3:r 3-4:r");
		unit_end(&pair);
	}
}

TEST(brk_rules)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long brk;
		struct pair pair;

		unit_start(&pair, *kernel);
		/* The heap starts at page 32. */
		unit_brk(&pair, 36);
		EXPECT_REGIONS(&pair, "20-24:rw");
		unit_brk(&pair, 40);
		EXPECT_REGIONS(&pair, "20-28:rw");
		unit_brk(&pair, 33);
		EXPECT_REGIONS(&pair, "20-21:rw");
		/* within the page */
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 32) + 5, 0, 0, 0, 0),
			  at(&pair, 32) + 5);
		EXPECT_REGIONS(&pair, "20-21:rw");
		/* below the start: told where it is */
		brk = at(&pair, 32) + 5;
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 31), 0, 0, 0, 0), brk);
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, 0, 0, 0, 0, 0), brk);
		/* one page is kept free to the next region */
		unit_mmap(&pair, 48, 1, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 48), 0, 0, 0, 0), brk);
		unit_brk(&pair, 47);
		/* with a guard, more */
		unit_munmap(&pair, 48, 1);
		unit_mmap(&pair, 80, 1, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 64), 0, 0, 0, 0),
			  at(&pair, 47));
		unit_brk(&pair, 63);
		/* a hole in the heap is no obstacle to shrinking past it */
		unit_munmap(&pair, 40, 10);
		unit_brk(&pair, 34);
		EXPECT_REGIONS(&pair, "20-22:rw 50-51:rw");
		/* nothing left to shrink: refused */
		unit_munmap(&pair, 32, 2);
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 33), 0, 0, 0, 0),
			  at(&pair, 34));
		unit_end(&pair);
	}
}

TEST(brk_limits)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		unsigned long brk;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.start_data = config.base;
		config.layout.end_data = config.base + 4 * PAGE;
		config.layout.limit_data = 10 * PAGE;
		unit_start_with(&pair, &config);
		brk = pair.model.layout.brk;
		/* data and heap together */
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 39), 0, 0, 0, 0), brk);
		unit_brk(&pair, 38);
		/* and the total of private writable memory */
		unit_mmap(&pair, 60, 3, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mmap(&pair, 64, 2, RW, FIXED, NO_FILE, 0), -ENOMEM);
		EXPECT_EQ(unit_mmap(&pair, 64, 2, PROT_READ, FIXED, NO_FILE, 0), 64);
		EXPECT_EQ(unit_mprotect(&pair, 64, 2, RW), -ENOMEM);
		unit_end(&pair);
	}
}

/* A region that ends where the heap starts is extended only if the heap starts in its last page. */
TEST(brk_beside_data)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned int inside;

		for (inside = 0; inside < 2; inside++) {
			struct pair_config config;
			struct pair pair;

			pair_config_default(&config, *kernel);
			config.layout.start_brk = config.base + 32 * PAGE - (inside ? 100 : 0);
			config.layout.brk = config.layout.start_brk;
			unit_start_with(&pair, &config);
			unit_mmap(&pair, 30, 2, RW, FIXED, NO_FILE, 0);
			unit_brk(&pair, 36);
			EXPECT_REGIONS(&pair, inside ? "1e-24:rw" : "1e-20:rw 20-24:rw");
			unit_end(&pair);
		}
	}
}

TEST(brk_compat)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_layout more = { .told = SVMA_LAYOUT_MAX_MAP_COUNT,
					    .max_map_count = 100 };
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_BRK_COMPAT;
		config.layout.start_data = config.base;
		config.layout.end_data = config.base + 8 * PAGE;
		unit_start_with(&pair, &config);
		unit_brk(&pair, 34);
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 7), 0, 0, 0, 0),
			  at(&pair, 34));
		unit_brk(&pair, 10);
		/* Below its start now, which must not forbid to tell the space something else. */
		EXPECT_EQ(svma_core_layout_set(&pair.core, &more), 0);
		pair.model.layout.max_map_count = 100;
		unit_brk(&pair, 12);
		unit_end(&pair);
	}
}

static long grow(struct pair *pair, unsigned long page)
{
	return unit_call(pair, CALL_GROW, NO_FILE, at(pair, page) + 77, 0, 0, 0, 0);
}

TEST(grow_stack)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct svma_vma vma;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_stack = 20 * PAGE;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 100, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
		unit_mmap(&pair, 60, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(grow(&pair, 101), 0);
		EXPECT_EQ(grow(&pair, 104), -EFAULT);
		EXPECT_EQ(grow(&pair, 59), -EFAULT);
		EXPECT_EQ(grow(&pair, 98), 0);
		EXPECT_REGIONS(&pair, "3c-40:rw 62-68:rw");
		if (EXPECT(svma_core_find(&pair.core, at(&pair, 98), &vma))) {
			EXPECT_EQ(vma.pgoff, at(&pair, 98) / PAGE);
			EXPECT(vma.anon);
		}
		/* 20 pages in all */
		EXPECT_EQ(grow(&pair, 83), -ENOMEM);
		EXPECT_EQ(grow(&pair, 84), 0);
		unit_munmap(&pair, 60, 100);
		/* 16 pages from what can be accessed, none from what cannot */
		unit_mmap(&pair, 100, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0);
		unit_mmap(&pair, 80, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(grow(&pair, 99), -ENOMEM);
		EXPECT_EQ(unit_mprotect(&pair, 80, 4, PROT_NONE), 0);
		EXPECT_EQ(grow(&pair, 99), 0);
		unit_end(&pair);
	}
}

TEST(seal)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_call(&pair, CALL_MSEAL, NO_FILE, at(&pair, 2), 4 * PAGE, 0, 0, 0),
			  *kernel < K6_12 ? -ENOSYS : 0);
		if (*kernel < K6_12) {
			unit_end(&pair);
			continue;
		}
		EXPECT_EQ(unit_call(&pair, CALL_MSEAL, NO_FILE, at(&pair, 2), 4 * PAGE, 1, 0, 0),
			  -EINVAL);
		EXPECT_EQ(unit_call(&pair, CALL_MSEAL, NO_FILE, at(&pair, 2), 8 * PAGE, 0, 0, 0),
			  -ENOMEM);
		EXPECT_EQ(unit_mprotect(&pair, 3, 1, PROT_READ), -EPERM);
		/* The cut before the sealed region stays. */
		EXPECT_EQ(unit_munmap(&pair, 1, 4), -EPERM);
		EXPECT_REGIONS(&pair, "0-1:rw 1-2:rw 2-6:rw 6-8:rw");
		EXPECT_EQ(unit_mmap(&pair, 4, 1, PROT_READ, FIXED, NO_FILE, 0), -EPERM);
		EXPECT_EQ(unit_mremap(&pair, 2, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 40), -EPERM);
		EXPECT_EQ(unit_madvise(&pair, 2, 4, MADV_DONTNEED), 0);
		unit_end(&pair);
	}
}

/* Locked private memory that becomes writable is written at once; shared memory is not. */
TEST(protect_locked)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_vma vma;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_READ, FIXED | MAP_LOCKED, NO_FILE, 0);
		unit_mmap(&pair, 8, 4, PROT_READ, FIXED, NO_FILE, 0);
		unit_mmap(&pair, 16, 4, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_LOCKED, FILE_RW, 0);
		unit_lock(&pair, SVMA_MLOCK, 8, 4, MLOCK_ONFAULT);
		EXPECT_EQ(unit_mprotect(&pair, 0, 2, RW), 0);
		EXPECT_EQ(unit_mprotect(&pair, 8, 2, RW), 0);
		EXPECT_EQ(unit_mprotect(&pair, 16, 2, RW), 0);
		EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma) && vma.anon);
		EXPECT(svma_core_find(&pair.core, at(&pair, 2), &vma) && !vma.anon);
		/* locked on fault, and shared */
		EXPECT(svma_core_find(&pair.core, at(&pair, 8), &vma) && !vma.anon);
		EXPECT(svma_core_find(&pair.core, at(&pair, 16), &vma) && !vma.anon);
		unit_end(&pair);
	}
}
