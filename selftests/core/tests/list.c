// SPDX-License-Identifier: GPL-2.0
/* Listings of regions: the same in pieces of any size as one by one. */
#include "unit.h"

#define REGIONS	150	/* several leaves of the index */

static void expect_piece(struct pair *pair, unsigned long first, unsigned long end, u32 room)
{
	struct svma_region list[REGIONS], one;
	u64 start = first;
	struct svma_cursor cursor;
	struct svma_vma vma;
	u32 count, i;
	bool more, there;

	there = svma_cursor_find(&cursor, &pair->core.index, first, &vma) && vma.start < end;
	do {
		memset(list, 0xff, sizeof(list));
		more = svma_core_list(&pair->core, &start, end, list, room, &count);
		EXPECT(count <= room);
		EXPECT(count == room || !more);
		for (i = 0; i < count && there; i++) {
			svma_core_describe(&vma, &one);
			EXPECT(!memcmp(&one, &list[i], sizeof(one)));
			EXPECT_EQ(start >= vma.end, true);
			there = svma_cursor_next(&cursor, &vma) && vma.start < end;
		}
		EXPECT_EQ(i, count);
		EXPECT_EQ(more, there);
	} while (more && count && there);
}

TEST(list_pieces)
{
	struct pair pair;
	unsigned int i;

	unit_start(&pair, K7_3);
	expect_piece(&pair, 0, ~0UL, 8);
	for (i = 0; i < REGIONS; i++)
		unit_mmap(&pair, i * 3, 2, i % 2 ? RW : PROT_READ,
			  i % 5 ? FIXED : PRIVATE_FIXED, i % 5 ? NO_FILE : FILE_RW, i);
	for (i = 0; i <= REGIONS; i += i < 3 ? 1 : 7) {
		expect_piece(&pair, 0, ~0UL, i);
		/* From inside a region, between two; up to the start of one, and a byte more. */
		expect_piece(&pair, at(&pair, 4), at(&pair, 90), i);
		expect_piece(&pair, at(&pair, 5), at(&pair, 90) + 1, i);
		expect_piece(&pair, at(&pair, 3 * REGIONS), ~0UL, i);
		expect_piece(&pair, at(&pair, 30), at(&pair, 30), i);
	}
	unit_end(&pair);
}
