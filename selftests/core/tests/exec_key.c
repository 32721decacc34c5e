// SPDX-License-Identifier: GPL-2.0
/* The protection key of memory that can only be executed. */
#include "unit.h"

static unsigned int key(struct pair *pair, unsigned long page)
{
	struct svma_vma vma;

	EXPECT(svma_index_find(&pair->core.index, at(pair, page), &vma));
	return (vma.flags & SVMA_VM_PKEY_MASK) >> SVMA_VM_PKEY_SHIFT;
}

TEST(exec_key)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.personality = SVMA_EXEC_KEY;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 4, PROT_EXEC, FIXED, NO_FILE, 0);
		EXPECT_EQ(key(&pair, 0), 1);
		/* Any other protection gives it back, and what asks for exactly that brings it. */
		unit_mprotect(&pair, 0, 1, PROT_READ | PROT_EXEC);
		EXPECT_EQ(key(&pair, 0), 0);
		unit_mprotect(&pair, 1, 1, PROT_EXEC | PROT_SEM);
		EXPECT_EQ(key(&pair, 1), 0);
		unit_mprotect(&pair, 0, 2, PROT_EXEC);
		EXPECT_REGIONS(&pair, "0-4:x");
		/* One that was asked for by its number stays. */
		unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 0), PAGE, PROT_READ, 3, 0);
		unit_mprotect(&pair, 0, 1, PROT_READ | PROT_WRITE);
		EXPECT_EQ(key(&pair, 0), 3);
		unit_end(&pair);

		/* It is another one where the first is somebody's already. */
		config.layout.personality = SVMA_EXEC_KEY | 5 << SVMA_EXEC_KEY_SHIFT;
		unit_start_with(&pair, &config);
		unit_mmap(&pair, 0, 2, PROT_EXEC, FIXED, NO_FILE, 0);
		EXPECT_EQ(key(&pair, 0), 5);
		unit_call(&pair, CALL_MPROTECT, NO_FILE, at(&pair, 1), PAGE, PROT_EXEC, 1, 0);
		unit_mprotect(&pair, 0, 2, PROT_READ);
		EXPECT_EQ(key(&pair, 0), 0);
		EXPECT_EQ(key(&pair, 1), 1);
		unit_end(&pair);

		/* Without keys there is none. */
		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_EXEC, FIXED, NO_FILE, 0);
		EXPECT_EQ(key(&pair, 0), 0);
		unit_end(&pair);
	}
}
