// SPDX-License-Identifier: GPL-2.0
/* Where mmap places what is not told where to go. */
#include "unit.h"

#define HUGE	(SVMA_HUGE_SIZE / PAGE)

/* The default configuration: 4096 pages, mmap base 64 pages below the end, guard 16 pages. */
#define BASE	(4096 - 64)

TEST(place_top_down)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, -1, 4, RW, ANON, NO_FILE, 0), BASE - 4);
		EXPECT_EQ(unit_mmap(&pair, -1, 2, PROT_READ, ANON, NO_FILE, 0), BASE - 6);
		EXPECT_EQ(unit_munmap(&pair, BASE - 4, 3), 0);
		/* The highest gap that is long enough. */
		EXPECT_EQ(unit_mmap(&pair, -1, 4, PROT_READ, ANON, NO_FILE, 0), BASE - 10);
		EXPECT_EQ(unit_mmap(&pair, -1, 3, PROT_READ | PROT_EXEC, ANON, NO_FILE, 0),
			  BASE - 4);
		unit_end(&pair);
	}
}

/* Nothing left below the base: upwards from the legacy base. */
TEST(place_fallback)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long legacy;
		struct pair pair;

		unit_start(&pair, *kernel);
		legacy = model_index(&pair.model, pair.model.layout.legacy_base);
		/*
		 * From the lowest page that may be mapped up to the base, but for a gap too small.
		 */
		EXPECT_EQ(unit_mmap(&pair, 0, BASE, PROT_NONE, FIXED, NO_FILE, 0), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, 8, RW, ANON, NO_FILE, 0),
			  *kernel < K6_12 ? -EPERM : BASE);
		EXPECT_EQ(unit_munmap(&pair, legacy + 2, 4), 0);
		EXPECT_EQ(unit_munmap(&pair, legacy - 9, 4), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, 4, RW, ANON, NO_FILE, 0),
			  *kernel < K6_12 ? legacy + 2 : legacy + 2);
		unit_end(&pair);
	}
}

TEST(place_bottom_up)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		config.layout.direction = SVMA_BOTTOMUP;
		config.layout.mmap_base = config.base + 100 * PAGE;
		config.layout.legacy_base = config.base + 40 * PAGE;
		unit_start_with(&pair, &config);
		EXPECT_EQ(unit_mmap(&pair, -1, 4, RW, ANON, NO_FILE, 0), 100);
		EXPECT_EQ(unit_mmap(&pair, 106, 4, RW, FIXED, NO_FILE, 0), 106);
		EXPECT_EQ(unit_mmap(&pair, -1, 4, RW, ANON, NO_FILE, 0), 110);
		EXPECT_EQ(unit_mmap(&pair, -1, 2, PROT_READ, ANON, NO_FILE, 0), 104);
		/* Below a stack, its guard stays free. */
		EXPECT_EQ(unit_mmap(&pair, 132, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0), 132);
		EXPECT_EQ(unit_mmap(&pair, -1, 2, PROT_READ, ANON, NO_FILE, 0), 114);
		EXPECT_EQ(unit_mmap(&pair, -1, 1, PROT_EXEC | PROT_READ, ANON, NO_FILE, 0), 136);
		unit_end(&pair);
	}
}

TEST(place_guard)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, BASE - 8, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0),
			  BASE - 8);
		EXPECT_EQ(unit_mmap(&pair, -1, 5, RW, ANON, NO_FILE, 0), BASE - 8 - 16 - 5);
		EXPECT_EQ(unit_mmap(&pair, -1, 4, RW, ANON, NO_FILE, 0), BASE - 4);
		/* A fixed mapping and a hint: only the hint minds the guard. */
		EXPECT_EQ(unit_mmap(&pair, BASE - 10, 2, PROT_READ, ANON, NO_FILE, 0), BASE - 31);
		EXPECT_EQ(unit_mmap(&pair, BASE - 10, 2, PROT_READ, FIXED, NO_FILE, 0), BASE - 10);
		unit_end(&pair);
	}
}

/*
 * The kernel looks for a gap without its guard; when the guard then is in the way, it goes on below
 * the guard, past other gaps that lie in it.
 */
TEST(place_guard_hides_gaps)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, BASE - 4, 4, RW, FIXED | MAP_GROWSDOWN, NO_FILE, 0),
			  BASE - 4);
		EXPECT_EQ(unit_mmap(&pair, BASE - 8, 2, RW, FIXED, NO_FILE, 0), BASE - 8);
		/*
		 * Two pages free above it, both in the guard: what is right below it is passed
		 * over.
		 */
		EXPECT_EQ(unit_mmap(&pair, -1, 2, PROT_READ, ANON, NO_FILE, 0), BASE - 20 - 2);
		/* Three do not fit there, so the guard is never met. */
		EXPECT_EQ(unit_mmap(&pair, -1, 3, PROT_READ, ANON, NO_FILE, 0), BASE - 8 - 3);
		unit_end(&pair);
	}
}

TEST(place_hint)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, 50, 4, RW, ANON, NO_FILE, 0), 50);
		EXPECT_EQ(unit_mmap(&pair, 46, 4, PROT_READ, ANON, NO_FILE, 0), 46);
		/* in the way: as without a hint */
		EXPECT_EQ(unit_mmap(&pair, 48, 4, RW, ANON, NO_FILE, 0), BASE - 4);
		EXPECT_EQ(unit_mmap(&pair, 44, 4, PROT_READ | PROT_EXEC, ANON, NO_FILE, 0),
			  BASE - 8);
		/* cut to a page */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, at(&pair, 60) + 123, PAGE, PROT_READ,
				    ANON, 0),
			  at(&pair, 60));
		/* raised to the lowest that may be mapped */
		EXPECT_EQ(unit_call(&pair, CALL_MMAP, NO_FILE, 2 * PAGE, PAGE, PROT_READ, ANON, 0),
			  at(&pair, 0));
		/* beyond the end */
		EXPECT_EQ(unit_mmap(&pair, 4094, 4, PROT_NONE, ANON, NO_FILE, 0), BASE - 12);
		EXPECT_EQ(unit_mmap(&pair, 4092, 4, PROT_NONE, ANON, NO_FILE, 0), 4092);
		unit_end(&pair);
	}
}

TEST(place_huge)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long first = (BASE - HUGE) / HUGE * HUGE;
		struct pair pair;

		unit_start(&pair, *kernel);
		/* The start of the space is aligned, so pages from there tell alignment too. */
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE, RW, ANON, NO_FILE, 0),
			  *kernel < K6_12 ? BASE - HUGE : first);
		if (*kernel >= K6_12) {
			/* The padded range starts aligned: the upper part is taken. */
			EXPECT_EQ(unit_mmap(&pair, first + HUGE, BASE - first - HUGE, PROT_NONE,
					    FIXED, NO_FILE, 0),
				  first + HUGE);
			EXPECT_EQ(unit_mmap(&pair, -1, HUGE, RW, ANON, NO_FILE, 0), first - HUGE);
			EXPECT_EQ(unit_mmap(&pair, -1, 2 * HUGE, RW, ANON, NO_FILE, 0),
				  first - 3 * HUGE);
		}
		unit_end(&pair);
	}
}

/* What is not aligned: other lengths, hints, shared memory; files by kernel. */
TEST(place_huge_not)
{
	FOR_EACH_KERNEL(kernel) {
		unsigned long aligned = (BASE - HUGE) / HUGE * HUGE;
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE + 1, RW, ANON, NO_FILE, 0), BASE - HUGE - 1);
		EXPECT_EQ(unit_munmap(&pair, 0, 4096), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE, RW, MAP_SHARED | MAP_ANONYMOUS, NO_FILE, 0),
			  BASE - HUGE);
		EXPECT_EQ(unit_munmap(&pair, 0, 4096), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE, RW, MAP_PRIVATE, FILE_RW, 0),
			  *kernel == K6_12 ? aligned : BASE - HUGE);
		EXPECT_EQ(unit_munmap(&pair, 0, 4096), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE, RW, MAP_PRIVATE, FILE_RO, 0), BASE - HUGE);
		EXPECT_EQ(unit_munmap(&pair, 0, 4096), 0);
		/* a file system that aligns: by offset, on every kernel, whatever the length */
		EXPECT_EQ(unit_mmap(&pair, -1, HUGE + 5, RW, MAP_PRIVATE, FILE_THP, 0),
			  (BASE - HUGE - 5) / HUGE * HUGE);
		EXPECT_EQ(unit_munmap(&pair, 0, 4096), 0);
		EXPECT_EQ(unit_mmap(&pair, -1, 2 * HUGE, RW, MAP_PRIVATE, FILE_THP, 3) % HUGE, 3);
		unit_end(&pair);
	}
}

TEST(place_above_4g)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair_config config;
		struct pair pair;

		pair_config_default(&config, *kernel);
		unit_start_with(&pair, &config);
		/*
		 * The whole space is below: nothing is found there, and the search goes upwards
		 * from the legacy base.
		 */
		EXPECT_EQ(unit_mmap(&pair, -1, 2, RW, ANON | MAP_ABOVE4G, NO_FILE, 0),
			  *kernel < K6_12
				  ? BASE - 2
				  : (long)model_index(&pair.model, pair.model.layout.legacy_base));
		unit_end(&pair);
	}
}

/* A hint that the padded range fits behind is taken as it is. */
TEST(place_huge_hint)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		EXPECT_EQ(unit_mmap(&pair, 33, 512, PROT_READ, MAP_PRIVATE, FILE_THP, 0), 33);
		unit_end(&pair);
	}
}
