// SPDX-License-Identifier: GPL-2.0
/* Moves of a part of a region, or beside it: what is asked of pages, where it goes, what merges. */
#include "unit.h"

static struct {
	unsigned long start;
	unsigned long end;
	unsigned int calls;
	int answer;
} prepared;

static int prepare(struct svma_core *core, unsigned long start, unsigned long end)
{
	(void)core;
	prepared.start = start;
	prepared.end = end;
	prepared.calls++;
	return prepared.answer;
}

/* A region of eight pages, of which 2 to 5 are to move; the move is asked for, and refused. */
static void start_refused(struct pair *pair, u32 kernel, struct svma_core_ops *ops,
			  struct svma_remap_args *move)
{
	unit_start(pair, kernel);
	*ops = unit_no_ops;
	ops->prepare = prepare;
	pair->core.ops = ops;
	unit_mmap(pair, 0, 8, RW, FIXED, NO_FILE, 0);
	memset(&prepared, 0, sizeof(prepared));
	prepared.answer = -ENOMEM;
	move->old_addr = at(pair, 2);
	move->old_len = 3 * PAGE;
	move->new_len = 5 * PAGE;
	if (move->flags & MREMAP_FIXED)
		move->new_addr = at(pair, 20);
	EXPECT_EQ(svma_core_mremap(&pair->core, move), -ENOMEM);
	EXPECT_EQ(prepared.calls, 1);
	EXPECT_EQ(prepared.start, at(pair, 2));
	EXPECT_EQ(prepared.end, at(pair, 5));
	EXPECT_REGIONS(pair, "0-8:rw");
	EXPECT_EQ(pair->machine.committed, 8);
}

static void end_moved(struct pair *pair)
{
	EXPECT_EQ(pair->machine.committed, 10);
	EXPECT(!svma_core_validate(&pair->core));
	pair_destroy(pair);
	unit_check(pair);
}

/* Room for pages to go is asked for first, for what is moved alone; without it nothing moves. */
TEST(remap_part_prepares)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_remap_args move = { .flags = MREMAP_MAYMOVE | MREMAP_FIXED };
		struct svma_core_ops ops;
		struct pair pair;

		start_refused(&pair, *kernel, &ops, &move);
		prepared.answer = 0;
		EXPECT_EQ(svma_core_mremap(&pair.core, &move), 0);
		EXPECT_REGIONS(&pair, "0-2:rw 5-8:rw 14-19:rw");
		end_moved(&pair);
	}
}

/* So it is where the kernel finds the place. */
TEST(remap_part_prepares_to_move)
{
	FOR_EACH_KERNEL(kernel) {
		struct svma_remap_args move = { .flags = MREMAP_MAYMOVE };
		struct svma_core_ops ops;
		struct pair pair;

		start_refused(&pair, *kernel, &ops, &move);
		prepared.answer = 0;
		EXPECT_EQ(svma_core_mremap(&pair.core, &move), 0);
		end_moved(&pair);
	}
}

/* A part of a file that is aligned by its offset goes where that part's offset says. */
TEST(remap_part_aligned)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;
		long to;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 40, 1024, PROT_READ, PRIVATE_FIXED, FILE_THP, 200);
		to = unit_mremap(&pair, 140, 600, 1000, MREMAP_MAYMOVE, 0);
		/* The start of the space is aligned, so pages from there tell alignment too. */
		EXPECT_EQ(to % (long)(SVMA_HUGE_SIZE / PAGE), 200 + 100);
		unit_end(&pair);
	}
}

/* What stays behind a move and what is made beside it: one region, two, or with the other side. */
TEST(remap_apart)
{
	static const struct {
		u32 kernel;
		const char *above;	/* moved to just above the source */
		const char *below;
	} rows[] = {
		{ K6_1, "0-c:rw", "0-c:rw" },
		{ K6_1 + 191, "0-4:rw 4-8:rw 8-c:rw", "0-4:rw 4-8:rw 8-c:rw" },
		{ K7_3, "0-4:rw 4-c:rw", "0-8:rw 8-c:rw" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct svma_remap_args move;
		struct pair pair;
		bool below;

		for (below = false;; below = true) {
			unsigned long from = below ? 8 : 0;

			unit_start(&pair, rows[i].kernel);
			pair.core.ops = &unit_no_ops;
			unit_mmap(&pair, from, 4, RW, FIXED, NO_FILE, 0);
			unit_mmap(&pair, 8 - from, 4, RW, FIXED, NO_FILE, 0);
			move = (struct svma_remap_args){
				.old_addr = at(&pair, from), .old_len = 4 * PAGE,
				.new_len = 4 * PAGE, .new_addr = at(&pair, 4),
				.flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
			};
			EXPECT_EQ(svma_core_mremap(&pair.core, &move), 0);
			EXPECT_REGIONS(&pair, below ? rows[i].below : rows[i].above);
			EXPECT(!svma_core_validate(&pair.core));
			pair_destroy(&pair);
			unit_check(&pair);
			if (below)
				break;
		}
	}
}

/* The end of the source wraps, so that nobody sees that the target takes the source away. */
TEST(remap_source_gone)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, RW, FIXED, NO_FILE, 0);
		EXPECT_EQ(unit_call(&pair, CALL_MREMAP, NO_FILE, at(&pair, 0), -at(&pair, 0),
				    PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(&pair, 0)),
			  *kernel < K7_3 ? -EINVAL : -EFAULT);
		EXPECT_REGIONS(&pair, "1-4:rw");
		unit_end(&pair);
	}
}
