// SPDX-License-Identifier: GPL-2.0
/*
 * The memory verbs on regions: where they put them, how they split, merge and list them.
 */
#include <pthread.h>

#include "svma_test.h"

FIXTURE(map) {
	int space;
};

FIXTURE_SETUP(map)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
}

FIXTURE_TEARDOWN(map)
{
	close(self->space);
}

static long look_up(int space, unsigned long page, struct svma_region *region)
{
	struct svma_lookup lookup = { .addr = at(page) };
	long err = call(space, SVMA_IOC_LOOKUP, &lookup);

	*region = lookup.region;
	return err;
}

TEST_F(map, fixed)
{
	EXPECT_EQ(at(2), verb_mmap(self->space, at(2), 3 * PAGE, RW, FIXED));
	EXPECT_STREQ("2-5:rw", layout(self->space));
	/* A length is rounded up, an address is not. */
	EXPECT_EQ(at(8), verb_mmap(self->space, at(8), 1, PROT_READ, FIXED));
	EXPECT_EQ(-EINVAL, verb_mmap(self->space, at(9) + 1, PAGE, PROT_READ, FIXED));
	EXPECT_EQ(-EINVAL, verb_mmap(self->space, at(9), 0, PROT_READ, FIXED));
	EXPECT_STREQ("2-5:rw 8-9:r", layout(self->space));
	/* What is there gives way. */
	EXPECT_EQ(at(3), verb_mmap(self->space, at(3), PAGE, PROT_EXEC, FIXED));
	EXPECT_STREQ("2-3:rw 3-4:x 4-5:rw 8-9:r", layout(self->space));
	EXPECT_EQ(at(0), verb_mmap(self->space, at(0), 16 * PAGE, PROT_NONE, FIXED));
	EXPECT_STREQ("0-16:-", layout(self->space));
}

TEST_F(map, fixed_noreplace)
{
	ASSERT_EQ(0, map_pages(self->space, 4, 4, RW));
	EXPECT_EQ(-EEXIST,
		  verb_mmap(self->space, at(4), PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_EQ(-EEXIST,
		  verb_mmap(self->space, at(3), 2 * PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_EQ(-EEXIST,
		  verb_mmap(self->space, at(7), 2 * PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_EQ(-EEXIST,
		  verb_mmap(self->space, at(0), 16 * PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_STREQ("4-8:rw", layout(self->space));
	EXPECT_EQ(at(3), verb_mmap(self->space, at(3), PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_EQ(at(8), verb_mmap(self->space, at(8), PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE))
		;
	EXPECT_STREQ("3-4:r 4-8:rw 8-9:r", layout(self->space));
}

TEST_F(map, hint)
{
	struct svma_layout layout_now;
	long addr;

	/* A free hint is taken, rounded down; one that is not free is not. */
	EXPECT_EQ(at(4), verb_mmap(self->space, at(4), 2 * PAGE, RW, ANON));
	EXPECT_EQ(at(10), verb_mmap(self->space, at(10) + 123, PAGE, PROT_READ, ANON));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_GET, &layout_now));
	addr = verb_mmap(self->space, at(5), PAGE, RW, ANON);
	EXPECT_EQ(layout_now.mmap_base - PAGE, addr);
}

TEST_F(map, free)
{
	struct svma_layout layout_now;
	long first, second, third;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_GET, &layout_now));
	first = verb_mmap(self->space, 0, 3 * PAGE, PROT_READ, ANON);
	EXPECT_EQ(layout_now.mmap_base - 3 * PAGE, first);
	second = verb_mmap(self->space, 0, 2 * PAGE, RW, ANON);
	EXPECT_EQ(first - 2 * PAGE, second);
	/* The highest hole that is large enough. */
	ASSERT_EQ(0, verb_munmap(self->space, first, PAGE));
	third = verb_mmap(self->space, 0, PAGE, PROT_EXEC, ANON);
	EXPECT_EQ(first, third);
	third = verb_mmap(self->space, 0, 2 * PAGE, PROT_EXEC, ANON);
	EXPECT_EQ(second - 2 * PAGE, third);
	/* Nowhere. */
	EXPECT_EQ(-ENOMEM, verb_mmap(self->space, 0, 1UL << 47, PROT_READ, ANON | MAP_NORESERVE));
	EXPECT_EQ(-ENOMEM, verb_mmap(self->space, 0, ~0UL, PROT_READ, ANON | MAP_NORESERVE));
}

TEST_F(map, bottom_up)
{
	struct svma_layout set = {
		.told = SVMA_LAYOUT_DIRECTION | SVMA_LAYOUT_MMAP_BASE,
		.direction = SVMA_BOTTOMUP, .mmap_base = at(0),
	};

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	EXPECT_EQ(at(0), verb_mmap(self->space, 0, PAGE, PROT_READ, ANON));
	EXPECT_EQ(at(1), verb_mmap(self->space, 0, PAGE, RW, ANON));
	EXPECT_EQ(at(2), verb_mmap(self->space, 0, PAGE, PROT_READ, ANON));
	ASSERT_EQ(0, verb_munmap(self->space, at(1), PAGE));
	EXPECT_EQ(at(3), verb_mmap(self->space, 0, 2 * PAGE, PROT_NONE, ANON));
	EXPECT_EQ(at(1), verb_mmap(self->space, 0, PAGE, PROT_NONE, ANON));
	EXPECT_STREQ("0-1:r 1-2:- 2-3:r 3-5:-", layout(self->space));
}

TEST_F(map, munmap_splits)
{
	struct svma_stats before, after;

	ASSERT_EQ(0, map_pages(self->space, 0, 10, RW));
	before = space_stats(self->space);
	EXPECT_EQ(0, verb_munmap(self->space, at(4), 2 * PAGE));
	EXPECT_STREQ("0-4:rw 6-10:rw", layout(self->space));
	after = space_stats(self->space);
	EXPECT_LT(before.splits, after.splits);
	EXPECT_EQ(8, after.total);
	EXPECT_EQ(8, after.committed);
	/* Head and tail. */
	EXPECT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	EXPECT_EQ(0, verb_munmap(self->space, at(9), PAGE));
	EXPECT_STREQ("1-4:rw 6-9:rw", layout(self->space));
	/* Over the edges of several, and of none. */
	EXPECT_EQ(0, verb_munmap(self->space, at(3), 4 * PAGE));
	EXPECT_STREQ("1-3:rw 7-9:rw", layout(self->space));
	EXPECT_EQ(0, verb_munmap(self->space, at(20), 4 * PAGE));
	EXPECT_EQ(-EINVAL, verb_munmap(self->space, at(1) + 1, PAGE));
	EXPECT_EQ(-EINVAL, verb_munmap(self->space, at(1), 0));
	EXPECT_EQ(-EINVAL, verb_munmap(self->space, at(1), ~0UL));
	EXPECT_STREQ("1-3:rw 7-9:rw", layout(self->space));
	EXPECT_EQ(0, verb_munmap(self->space, 0, 1UL << 46));
	EXPECT_STREQ("", layout(self->space));
	after = space_stats(self->space);
	EXPECT_EQ(0, after.total);
	EXPECT_EQ(0, after.committed);
}

TEST_F(map, mprotect_splits_and_merges)
{
	struct svma_stats before, after;

	ASSERT_EQ(0, map_pages(self->space, 0, 10, RW));
	before = space_stats(self->space);
	EXPECT_EQ(0, verb_mprotect(self->space, at(3), 2 * PAGE, PROT_READ));
	EXPECT_STREQ("0-3:rw 3-5:r 5-10:rw", layout(self->space));
	EXPECT_EQ(0, verb_mprotect(self->space, at(5), PAGE, PROT_READ));
	EXPECT_STREQ("0-3:rw 3-6:r 6-10:rw", layout(self->space));
	EXPECT_EQ(0, verb_mprotect(self->space, at(2), PAGE, PROT_READ));
	EXPECT_STREQ("0-2:rw 2-6:r 6-10:rw", layout(self->space));
	EXPECT_EQ(0, verb_mprotect(self->space, at(0), 10 * PAGE, PROT_NONE));
	EXPECT_STREQ("0-10:-", layout(self->space));
	after = space_stats(self->space);
	EXPECT_LE(before.splits + 2, after.splits);
	EXPECT_LE(before.merges + 4, after.merges);
	EXPECT_EQ(1, after.regions);
	EXPECT_EQ(0, after.data);
	EXPECT_EQ(10, before.data);
}

TEST_F(map, mprotect_hole)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 2, RW));
	ASSERT_EQ(0, map_pages(self->space, 4, 2, RW));
	/* What comes before the hole is done. */
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(0), 6 * PAGE, PROT_READ));
	EXPECT_STREQ("0-2:r 4-6:rw", layout(self->space));
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(2), PAGE, PROT_READ));
	EXPECT_EQ(-EINVAL, verb_mprotect(self->space, at(4) + 1, PAGE, PROT_READ));
	EXPECT_EQ(-EINVAL, verb_mprotect(self->space, at(4), PAGE, 0x10000));
	EXPECT_EQ(0, verb_mprotect(self->space, at(4), 0, PROT_READ));
	EXPECT_STREQ("0-2:r 4-6:rw", layout(self->space));
}

/* What a region was made for bounds what it can become. */
TEST_F(map, may_flags)
{
	struct svma_import import = {
		.start = at(0),
		.end = at(4),
		.flags = SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYEXEC,
		.fd = -1,
	};
	struct svma_region region;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_IMPORT, &import));
	EXPECT_EQ(-EACCES, verb_mprotect(self->space, at(0), PAGE, RW));
	EXPECT_EQ(-EACCES, verb_mprotect(self->space, at(1), PAGE, PROT_WRITE));
	EXPECT_STREQ("0-4:r", layout(self->space));
	EXPECT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ | PROT_EXEC));
	EXPECT_STREQ("0-1:rx 1-4:r", layout(self->space));
	ASSERT_EQ(0, look_up(self->space, 0, &region));
	EXPECT_EQ(0, region.flags & SVMA_VM_MAYWRITE);
	EXPECT_NE(0, region.flags & SVMA_VM_MAYEXEC);
}

TEST_F(map, brk)
{
	struct svma_layout set = {
		.told = SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK, .start_brk = at(0), .brk = at(0),
	};
	struct svma_layout now;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	EXPECT_EQ(at(0), verb_brk(self->space, 0));
	EXPECT_EQ(at(3) + 5, verb_brk(self->space, at(3) + 5));
	EXPECT_STREQ("0-4:rw", layout(self->space));
	EXPECT_EQ(at(1), verb_brk(self->space, at(1)));
	EXPECT_STREQ("0-1:rw", layout(self->space));
	/* Below its start, and into a neighbour: unchanged. */
	EXPECT_EQ(at(1), verb_brk(self->space, at(0) - 1));
	ASSERT_EQ(0, map_pages(self->space, 8, 1, PROT_READ));
	EXPECT_EQ(at(1), verb_brk(self->space, at(9)));
	EXPECT_EQ(at(6), verb_brk(self->space, at(6)));
	EXPECT_STREQ("0-6:rw 8-9:r", layout(self->space));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_GET, &now));
	EXPECT_EQ(at(6), now.brk);
	EXPECT_EQ(at(0), verb_brk(self->space, at(0)));
	EXPECT_STREQ("8-9:r", layout(self->space));
}

TEST_F(map, lookup)
{
	char *view = window(self->space, 4, 4, RW);
	struct svma_region region;

	ASSERT_NE(NO_WINDOW, view);
	EXPECT_EQ(-ENOENT, look_up(self->space, 0, &region));
	ASSERT_EQ(0, map_pages(self->space, 4, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 10, 1, PROT_READ));
	ASSERT_EQ(0, store(view + PAGE, 1));
	ASSERT_EQ(0, store(view + 2 * PAGE, 1));
	ASSERT_EQ(0, look_up(self->space, 5, &region));
	EXPECT_EQ(at(4), region.start);
	EXPECT_EQ(at(8), region.end);
	EXPECT_EQ(SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE |
			  SVMA_VM_MAYEXEC | SVMA_VM_ACCOUNT,
		  region.flags)
		;
	EXPECT_EQ(at(4) / PAGE, region.pgoff);
	EXPECT_EQ(0, region.inode);
	EXPECT_NE(0, region.anon);
	EXPECT_EQ(2, region.resident);
	/* Where there is none, the next one. */
	ASSERT_EQ(0, look_up(self->space, 8, &region));
	EXPECT_EQ(at(10), region.start);
	EXPECT_EQ(0, region.anon);
	EXPECT_EQ(0, region.resident);
	EXPECT_EQ(-ENOENT, look_up(self->space, 11, &region));
}

/* In pieces of any size the same as in one. */
TEST_F(map, listing_in_pieces)
{
	struct svma_region whole[64], piece[64];
	struct svma_regions arg;
	unsigned int room, count, i;

	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, map_pages(self->space, i + i / 10, 1, i % 2 ? RW : PROT_READ));
	arg = (struct svma_regions){ .end = ~0ULL, .buf = (unsigned long)whole, .count = 64 };
	ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
	ASSERT_EQ(50, arg.count);
	EXPECT_EQ(0, arg.more);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(at(i + i / 10), whole[i].start);

	for (room = 1; room <= 50; room += 7) {
		arg = (struct svma_regions){ .end = ~0ULL };
		count = 0;
		do {
			arg.buf = (unsigned long)(piece + count);
			arg.count = room;
			ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
			ASSERT_GE(room, arg.count);
			ASSERT_NE(0, arg.count);
			count += arg.count;
			ASSERT_GE(50, count);
		} while (arg.more);
		EXPECT_EQ(50, count);
		EXPECT_EQ(0, memcmp(whole, piece, sizeof(whole[0]) * 50));
	}
}

#define MANY	600

struct mover {
	int space;
	volatile bool over;
	unsigned long moves;
};

/* One region, to and fro over all others. */
static void *moves(void *data)
{
	struct mover *mover = data;
	unsigned long from = 0, to = 2 * MANY + 2, i;

	for (i = 0; !mover->over; i++) {
		unsigned long back = from;

		mover->moves += verb_mremap(mover->space, at(from), PAGE, PAGE,
					    MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) == (long)at(to);
		from = to;
		to = back;
	}
	return NULL;
}

/* However much it is, a listing is one picture: what moves meanwhile is in one place. */
TEST_F_TIMEOUT(map, listing_is_one_picture, 120)
{
	static struct svma_region list[MANY + 8];
	struct mover mover = { .space = self->space };
	double end = seconds() + 100;
	unsigned long i, listings;
	pthread_t thread;

	for (i = 0; i <= MANY; i++)
		ASSERT_EQ(0, map_pages(self->space, 2 * i, 1, RW));
	ASSERT_EQ(0, pthread_create(&thread, NULL, moves, &mover));
	for (listings = 0; (listings < 200 || mover.moves < 1000) && seconds() < end; listings++) {
		struct svma_regions arg = {
			.end = ~0ULL, .buf = (unsigned long)list, .count = MANY + 8,
		};

		ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
		EXPECT_EQ(0, arg.more);
		EXPECT_EQ(MANY + 1, arg.count);
		for (i = 1; i < arg.count; i++)
			ASSERT_LT(list[i - 1].start, list[i].start);
	}
	mover.over = true;
	pthread_join(thread, NULL);
	EXPECT_LE(200, listings);
	EXPECT_LE(1000, mover.moves);
}

/* Those that end above the start and begin below the end. */
TEST_F(map, listing_of_a_range)
{
	struct svma_region list[8];
	struct svma_regions arg = {
		.start = at(1), .end = at(7), .buf = (unsigned long)list, .count = 8,
	};

	ASSERT_EQ(0, map_pages(self->space, 0, 2, RW));
	ASSERT_EQ(0, map_pages(self->space, 3, 2, RW));
	ASSERT_EQ(0, map_pages(self->space, 6, 2, RW));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(3, arg.count);
	arg = (struct svma_regions){
		.start = at(2), .end = at(6), .buf = (unsigned long)list, .count = 8
	};
	ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_EQ(0, arg.more);
	EXPECT_EQ(at(3), list[0].start);
	arg = (struct svma_regions){
		.start = at(6), .end = at(6), .buf = (unsigned long)list, .count = 8
	};
	ASSERT_EQ(0, call(self->space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(0, arg.more);
}

/* What was written is one thing, what was not another; mremap moves either. */
TEST_F(map, mremap)
{
	char *view = window(self->space, 0, 32, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(view + 3 * PAGE, 33));
	EXPECT_EQ(at(0), verb_mremap(self->space, at(0), 4 * PAGE, 2 * PAGE, 0, 0));
	EXPECT_STREQ("0-2:rw", layout(self->space));
	EXPECT_EQ(SIGSEGV, store(view + 3 * PAGE, 1));
	EXPECT_EQ(at(0), verb_mremap(self->space, at(0), 2 * PAGE, 4 * PAGE, 0, 0));
	EXPECT_EQ(0, peek(view + 3 * PAGE));
	ASSERT_EQ(0, store(view + 3 * PAGE, 44));
	EXPECT_EQ(at(20), verb_mremap(self->space, at(2), 2 * PAGE, 2 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(20)))
		;
	EXPECT_STREQ("0-2:rw 20-22:rw", layout(self->space));
	EXPECT_EQ(44, peek(view + 21 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(view + 3 * PAGE));
	EXPECT_EQ(-EFAULT, verb_mremap(self->space, at(2), PAGE, PAGE, 0, 0));
	ASSERT_EQ(0, map_pages(self->space, 22, 1, PROT_READ));
	EXPECT_EQ(-ENOMEM, verb_mremap(self->space, at(20), 2 * PAGE, 3 * PAGE, 0, 0));
}

/* The region stays where it was, without its pages. */
TEST_F(map, mremap_dontunmap)
{
	char *view = window(self->space, 0, 32, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, 2, RW));
	ASSERT_EQ(0, store(view, 1));
	ASSERT_EQ(0, store(view + PAGE, 2));
	EXPECT_EQ(at(20), verb_mremap(self->space, at(0), 2 * PAGE, 2 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at(20)));
	EXPECT_STREQ("0-2:rw 20-22:rw", layout(self->space));
	EXPECT_EQ(0, peek(view));
	EXPECT_EQ(0, peek(view + PAGE));
	EXPECT_EQ(1, peek(view + 20 * PAGE));
	ASSERT_EQ(0, store(view, 3));
	EXPECT_EQ(1, peek(view + 20 * PAGE));
	EXPECT_EQ(2, peek(view + 21 * PAGE));
}

TEST_HARNESS_MAIN
