// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_TRANSFER: many ranges read and written in one call.
 */
#include <string.h>
#include <unistd.h>

#include "svma_test.h"

FIXTURE(transfer) {
	int space;
	char buf[4 * PAGE];
};

FIXTURE_SETUP(transfer)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
}

FIXTURE_TEARDOWN(transfer)
{
	close(self->space);
}

static struct svma_piece piece(__u64 addr, void *buf, __u64 len, __u32 op)
{
	return (struct svma_piece){
		.addr = addr, .len = len, .buf = (unsigned long)buf, .op = op, .result = 4711,
	};
}

static long transfer(int space, struct svma_piece *pieces, __u32 count, struct svma_transfer *arg)
{
	*arg = (struct svma_transfer){ .pieces = (unsigned long)pieces, .count = count };
	return call(space, SVMA_IOC_TRANSFER, arg);
}

/* In their order: what one writes the next one reads. */
TEST_F(transfer, contents)
{
	char *view = window(self->space, 0, 4, RW);
	struct svma_piece pieces[] = {
		piece(at(0) + 100, "across pages", 12, SVMA_PIECE_WRITE),
		piece(at(0) + 100, self->buf, 12, SVMA_PIECE_READ),
		piece(at(1) - 4, "12345678", 8, SVMA_PIECE_WRITE),
		piece(at(1) - 6, self->buf + PAGE, 12, SVMA_PIECE_READ),
		piece(at(3), self->buf + 2 * PAGE, PAGE, SVMA_PIECE_READ),
		piece(at(0), self->buf, 0, SVMA_PIECE_READ),
	};
	struct svma_transfer arg;

	ASSERT_NE(NO_WINDOW, view);
	memset(self->buf, 0xff, sizeof(self->buf));
	ASSERT_EQ(0, transfer(self->space, pieces, 6, &arg));
	EXPECT_EQ(6, arg.done);
	EXPECT_EQ(12 + 12 + 8 + 12 + PAGE, arg.bytes);
	EXPECT_EQ(0, memcmp(self->buf, "across pages\xff", 13));
	EXPECT_EQ(0, memcmp(self->buf + PAGE, "\0\00012345678\0\0\xff", 13));
	EXPECT_EQ(0, memcmp(view + PAGE - 4, "12345678", 8));
	EXPECT_EQ(0, self->buf[2 * PAGE]);
	EXPECT_EQ(0, self->buf[3 * PAGE - 1]);
	EXPECT_EQ(PAGE, pieces[4].result);
	EXPECT_EQ(0, pieces[5].result);
	/* Reading makes no pages. */
	EXPECT_EQ(2, space_stats(self->space).resident);
	munmap(view, 4 * PAGE);
}

/* Each has its own result; what fails keeps none of the others back. */
TEST_F(transfer, partial)
{
	struct svma_piece pieces[] = {
		piece(at(4) - 24, self->buf, 100, SVMA_PIECE_READ),
		piece(at(8), self->buf, 8, SVMA_PIECE_READ),
		piece(at(1), "x", 1, SVMA_PIECE_WRITE),
		piece(at(1) - 3, "abcdef", 6, SVMA_PIECE_WRITE),
		piece(at(0), (void *)16, 8, SVMA_PIECE_READ),
		piece(at(0), (void *)-4096L, 8, SVMA_PIECE_READ),
		piece(at(0), (void *)-4096L, 8, SVMA_PIECE_WRITE),
		piece(-8ULL, self->buf, 8, SVMA_PIECE_READ),
		piece(at(0), self->buf, 8, 2),
		piece(at(2), self->buf, 8, SVMA_PIECE_READ),
		piece(at(0), self->buf, 8, SVMA_PIECE_READ),
		piece(at(3), "yes", 3, SVMA_PIECE_WRITE),
	};
	static const long due[] = {
		24, -EFAULT, -EFAULT, 3, -EFAULT, -EFAULT, -EFAULT, -EFAULT, -EINVAL, -EFAULT,
		-EINVAL, 3,
	};
	struct svma_transfer arg;
	unsigned int i;

	pieces[10].reserved = 1;
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, PROT_NONE));
	ASSERT_EQ(0, transfer(self->space, pieces, ARRAY_SIZE(due), &arg));
	for (i = 0; i < ARRAY_SIZE(due); i++)
		EXPECT_EQ(due[i], pieces[i].result) TH_LOG("piece %u", i);
	EXPECT_EQ(1, arg.done);
	EXPECT_EQ(30, arg.bytes);
	EXPECT_EQ(3, pread(self->space, self->buf, 3, at(3)));
	EXPECT_EQ(0, memcmp(self->buf, "yes", 3));
}

/* The buffers, and the array itself, may be windows on the same pages. */
TEST_F(transfer, own_window)
{
	char *view = window(self->space, 0, 4, RW);
	struct svma_piece *pieces = (struct svma_piece *)(view + 2 * PAGE);
	struct svma_transfer arg;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, store(view, 77));
	pieces[0] = piece(at(0), view + PAGE, PAGE, SVMA_PIECE_READ);
	pieces[1] = piece(at(3), view + PAGE, PAGE, SVMA_PIECE_WRITE);
	pieces[2] = piece(at(1), view + PAGE, PAGE, SVMA_PIECE_READ);
	ASSERT_EQ(0, transfer(self->space, pieces, 3, &arg));
	EXPECT_EQ(3, arg.done);
	EXPECT_EQ(77, peek(view + PAGE));
	EXPECT_EQ(77, peek(view + 3 * PAGE));
	EXPECT_EQ(PAGE, pieces[2].result);
	munmap(view, 4 * PAGE);
}

TEST_F(transfer, errors)
{
	struct svma_piece pieces[2] = {
		piece(at(0), "x", 1, SVMA_PIECE_WRITE), piece(at(0), self->buf, 1, SVMA_PIECE_READ),
	};
	struct svma_transfer arg = { .flags = 1 };
	char *edge = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	int other;

	ASSERT_NE(MAP_FAILED, edge);
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_TRANSFER, &arg));
	arg = (struct svma_transfer){ .reserved = 1 };
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_TRANSFER, &arg));
	EXPECT_EQ(0, transfer(self->space, NULL, 0, &arg));
	EXPECT_EQ(-EFAULT, transfer(self->space, NULL, 1, &arg));
	/* What comes before the end of the array is done, and told. */
	ASSERT_EQ(0, munmap(edge + PAGE, PAGE));
	memcpy(edge + PAGE - sizeof(pieces[0]), pieces, sizeof(pieces[0]));
	EXPECT_EQ(-EFAULT, transfer(self->space,
				    (struct svma_piece *)(edge + PAGE - sizeof(pieces[0])), 2,
				    &arg));
	memcpy(pieces, edge + PAGE - sizeof(pieces[0]), sizeof(pieces[0]));
	EXPECT_EQ(1, pieces[0].result);
	EXPECT_EQ('x', page_get(self->space, 0));
	munmap(edge, PAGE);

	other = verb_snapshot(self->space);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, transfer(other, pieces, 2, &arg));
	EXPECT_EQ(-EROFS, pieces[0].result);
	EXPECT_EQ(1, pieces[1].result);
	EXPECT_EQ('x', self->buf[0]);
	close(other);
	other = space_open(SVMA_SPACE_LAYOUT);
	EXPECT_EQ(-EOPNOTSUPP, transfer(other, pieces, 2, &arg));
	close(other);
}

TEST_HARNESS_MAIN
