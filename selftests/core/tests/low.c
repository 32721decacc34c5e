// SPDX-License-Identifier: GPL-2.0
/* The lowest address of a space, and the lowest limits. */
#include "unit.h"

static struct svma_backing *no_shared(struct svma_core *core, unsigned long len)
{
	(void)core;
	(void)len;
	return ERR_PTR(-ENOMEM);
}

static void nothing(struct svma_core *core, unsigned long start, unsigned long end)
{
	(void)core;
	(void)start;
	(void)end;
}

static const struct svma_core_ops ops = {
	.unmap = nothing, .protect = nothing, .shared_anon = no_shared,
};

static long map(struct svma_core *core, unsigned long addr, unsigned long len, unsigned long flags)
{
	struct svma_map_args args = { .addr = addr, .len = len, .prot = PROT_READ,
				      .flags = MAP_PRIVATE | MAP_ANONYMOUS | flags };
	int err = svma_core_mmap(core, &args);

	return err ? err : (long)args.result;
}

TEST(low_limit)
{
	FOR_EACH_KERNEL(kernel) {
		const struct svma_layout layout = {
			.told = SVMA_LAYOUT_LOW | SVMA_LAYOUT_MMAP_BASE | SVMA_LAYOUT_LEGACY_BASE |
				SVMA_LAYOUT_MIN_ADDR,
			.low = 1024 * PAGE, .mmap_base = 1028 * PAGE, .legacy_base = 1032 * PAGE,
		};
		struct svma_vma vma = { .start = 1023 * PAGE, .end = 1025 * PAGE };
		struct svma_core_machine machine;
		struct svma_core core;

		svma_core_machine_init(&machine);
		EXPECT_EQ(svma_core_init(&core, &machine, &ops, SVMA_PROFILE_HOST, *kernel), 0);
		EXPECT_EQ(svma_core_layout_set(&core, &layout), 0);
		EXPECT_EQ(map(&core, 0, 4 * PAGE, 0), 1024 * PAGE);
		/* Nothing is left between it and the base: upwards. */
		EXPECT_EQ(map(&core, 0, PAGE, 0), 1032 * PAGE);
		EXPECT_EQ(map(&core, 1023 * PAGE, PAGE, MAP_FIXED), -ENOMEM);
		EXPECT_EQ(svma_core_import(&core, &vma), -EINVAL);
		svma_core_destroy(&core);
	}
}

/* A limit of 0 on data binds brk alone; one of a page binds all that is data. */
TEST(low_data)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.limit_data = 0;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0), 0);
		unit_mmap(&pair, 8, 4, PROT_READ, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_mprotect(&pair, 8, 4, RW), 0);
		/* Refused: the end stays where it is, at page 32. */
		EXPECT_EQ(unit_call(&pair, CALL_BRK, NO_FILE, at(&pair, 33), 0, 0, 0, 0),
			  at(&pair, 32));
		unit_end(&pair);

		config.layout.limit_data = PAGE;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, 0, 1, RW, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, 8, 1, RW, FIXED, NO_FILE, 0), -ENOMEM);
		unit_end(&pair);
	}
}
