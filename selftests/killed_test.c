// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs on memory that are killed in their middle are not finished: pages, bytes and regions that
 * they were to make are not there.
 */
#include <sys/uio.h>

#include "killed.h"
#include "svma_test.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif

FIXTURE(killed) {
	struct killed k;
};

FIXTURE_SETUP(killed)
{
	ASSERT_EQ(0, killed_make(&self->k, 0));
}

FIXTURE_TEARDOWN(killed)
{
	killed_drop(&self->k);
}

#define MADE	65536UL	/* pages that a verb makes */

static long none_made(struct killed *k)
{
	return verb_madvise(k->space, at(0), MADE * PAGE, MADV_DONTNEED);
}

static bool some_made(struct killed *k)
{
	return space_stats(k->space).resident;
}

static bool all_made(struct killed *k)
{
	return space_stats(k->space).resident == MADE;
}

static void populate(struct killed *k)
{
	verb_madvise(k->space, at(0), MADE * PAGE, MADV_POPULATE_WRITE);
}

TEST_F_TIMEOUT(killed, populate, 300)
{
	static const struct killed_call c = { none_made, populate, some_made, all_made };

	ASSERT_EQ(0, killed_wide(self->k.space, MADE));
	EXPECT_EARLY(&self->k, &c);
}

static long all_unlocked(struct killed *k)
{
	long err = verb_munmap(k->space, at(0), MADE * PAGE);

	return err ?: killed_wide(k->space, MADE);
}

static void lock(struct killed *k)
{
	struct svma_lock arg = { .addr = at(0), .len = MADE * PAGE, .op = SVMA_MLOCK };

	call(k->space, SVMA_IOC_LOCK, &arg);
}

TEST_F_TIMEOUT(killed, mlock, 300)
{
	static const struct killed_call c = { all_unlocked, lock, some_made, all_made };
	struct svma_layout set = { .told = SVMA_LAYOUT_LIMIT_MEMLOCK, .limit_memlock = ~0ULL };

	ASSERT_EQ(0, call(self->k.space, SVMA_IOC_LAYOUT_SET, &set));
	EXPECT_EARLY(&self->k, &c);
}

/* All pieces are the same memory but the first and the last, which tell how far a call came. */
#define PIECES	1024
#define PIECE	(1UL << 20)

static void pieces(struct killed *k, struct iovec *piece)
{
	unsigned int i;

	for (i = 0; i < PIECES; i++)
		piece[i] = (struct iovec){ k->marks + PAGE, PIECE };
	piece[0] = (struct iovec){ k->marks, 1 };
	piece[PIECES - 1] = (struct iovec){ k->marks + 1, 1 };
}

static long no_mark(struct killed *k)
{
	memset(k->marks, 0xff, PAGE + PIECE);
	return 0;
}

static void read_all(struct killed *k)
{
	struct iovec piece[PIECES];

	pieces(k, piece);
	preadv(k->space, piece, PIECES, at(0));
}

static bool first_mark(struct killed *k)
{
	return !k->marks[0];
}

static bool second_mark(struct killed *k)
{
	return !k->marks[1];
}

TEST_F_TIMEOUT(killed, pread, 300)
{
	static const struct killed_call c = { no_mark, read_all, first_mark, second_mark };

	ASSERT_EQ(0, killed_wide(self->k.space, PIECES * PIECE / PAGE));
	EXPECT_EARLY(&self->k, &c);
}

static void write_all(struct killed *k)
{
	struct iovec piece[PIECES];

	pieces(k, piece);
	piece[0].iov_len = PIECE;
	pwritev(k->space, piece, MADE * PAGE / PIECE, at(0));
}

TEST_F_TIMEOUT(killed, pwrite, 300)
{
	static const struct killed_call c = { none_made, write_all, some_made, all_made };

	ASSERT_EQ(0, killed_wide(self->k.space, MADE));
	EXPECT_EARLY(&self->k, &c);
}

/* A page at each end of a long way. */
#define FAR	(1UL << 28)

static long nothing_there(struct killed *k)
{
	return verb_madvise(k->space, at(0), FAR * PAGE, MADV_DONTNEED);
}

static void copy(struct killed *k)
{
	struct svma_copy arg = { .fd = k->other, .from = at(0), .to = at(0), .len = FAR * PAGE };

	call(k->space, SVMA_IOC_COPY, &arg);
}

static bool both_there(struct killed *k)
{
	return space_stats(k->space).resident == 2;
}

TEST_F_TIMEOUT(killed, copy, 300)
{
	static const struct killed_call c = { nothing_there, copy, some_made, both_there };
	struct killed *k = &self->k;

	ASSERT_EQ(0, killed_wide(k->space, FAR));
	k->other = space_make(k->machine, 0);
	ASSERT_EQ(0, killed_wide(k->other, FAR));
	ASSERT_EQ(0, page_put(k->other, 0, 1));
	ASSERT_EQ(0, page_put(k->other, FAR - 1, 2));
	EXPECT_EARLY(k, &c);
}

static long move(struct killed *k, unsigned long from, unsigned long to)
{
	unsigned long len = KILLED_LEAVES * KILLED_STRIDE * PAGE;
	long addr = verb_mremap(k->space, at(from), len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				at(to));

	return addr < 0 ? addr : 0;
}

static bool moved(struct killed *k)
{
	return page_get(k->space, FAR) != UNREADABLE;
}

static long move_back(struct killed *k)
{
	return moved(k) ? move(k, FAR, 0) : 0;
}

static void move_away(struct killed *k)
{
	move(k, 0, FAR);
}

TEST_F_TIMEOUT(killed, mremap, 300)
{
	static const struct killed_call c = { move_back, move_away, NULL, moved };

	ASSERT_EQ(0, killed_leaves(self->k.space));
	EXPECT_EARLY(&self->k, &c);
	EXPECT_EQ(KILLED_LEAVES, space_stats(self->k.space).resident);
}

#define GUARDS	(16384 * KILLED_STRIDE)

static long no_guards(struct killed *k)
{
	long err = verb_munmap(k->space, at(0), GUARDS * PAGE);

	return err ?: killed_wide(k->space, GUARDS);
}

static void guard(struct killed *k)
{
	verb_madvise(k->space, at(0), GUARDS * PAGE, MADV_GUARD_INSTALL);
}

static bool guarded(struct killed *k)
{
	return page_get(k->space, 0) == UNREADABLE;
}

TEST_F_TIMEOUT(killed, guards, 300)
{
	static const struct killed_call c = { no_guards, guard, NULL, guarded };

	ASSERT_EQ(0, killed_wide(self->k.space, 1));
	if (verb_madvise(self->k.space, at(0), PAGE, MADV_GUARD_INSTALL) == -EINVAL)
		SKIP(return, "this kernel has no guards");
	EXPECT_EARLY(&self->k, &c);
}

#define VIEW	(KILLED_LEAVES * KILLED_STRIDE)	/* pages of the window */

static long new_view(struct killed *k)
{
	if (k->view)
		munmap(k->view, VIEW * PAGE);
	k->view = window(k->space, 0, VIEW, RW);
	return k->view == NO_WINDOW ? -errno : 0;
}

static void fill(struct killed *k)
{
	struct svma_window_fill arg = { .addr = (unsigned long)k->view, .len = VIEW * PAGE };

	call(k->space, SVMA_IOC_WINDOW_FILL, &arg);
}

/* Does the window have a page of the space? */
static bool entered(struct killed *k, unsigned long page)
{
	struct svma_page told = { 0 };
	struct svma_page_list arg = {
		.start = at(page), .end = at(page + 1), .buf = (unsigned long)&told,
		.window = (unsigned long)k->view, .count = 1,
	};

	return !call(k->space, SVMA_IOC_PAGES, &arg) && told.flags & SVMA_PAGE_ENTRY;
}

static bool begun_to_fill(struct killed *k)
{
	return entered(k, 0);
}

static bool filled(struct killed *k)
{
	return entered(k, VIEW - KILLED_STRIDE);
}

TEST_F_TIMEOUT(killed, fill, 300)
{
	static const struct killed_call c = { new_view, fill, begun_to_fill, filled, true };

	ASSERT_EQ(0, killed_leaves(self->k.space));
	EXPECT_EARLY(&self->k, &c);
	munmap(self->k.view, VIEW * PAGE);
}

#define OPS	400000UL

static long unmapped(struct killed *k)
{
	return verb_munmap(k->space, at(0), OPS * PAGE);
}

static void batch(struct killed *k)
{
	struct svma_batch arg = { .ops = (unsigned long)k->marks, .count = OPS };

	call(k->space, SVMA_IOC_BATCH, &arg);
}

static bool some_mapped(struct killed *k)
{
	return space_stats(k->space).total;
}

static bool all_mapped(struct killed *k)
{
	return space_stats(k->space).total == OPS;
}

TEST_F_TIMEOUT(killed, batch, 300)
{
	static const struct killed_call c = { unmapped, batch, some_mapped, all_mapped };
	struct svma_op *ops = (struct svma_op *)self->k.marks;
	unsigned long i;

	ASSERT_GE(KILLED_MARKS, OPS * sizeof(*ops));
	for (i = 0; i < OPS; i++)
		ops[i] = (struct svma_op){
			.cmd = SVMA_IOC_MMAP,
			.arg.mmap = {
				.addr = at(i), .len = PAGE, .prot = RW, .fd = -1,
				.flags = FIXED | MAP_NORESERVE,
			},
		};
	EXPECT_EARLY(&self->k, &c);
}

/* Each piece reads nothing, and its result is written. */
#define TRANSFERS	(KILLED_MARKS / sizeof(struct svma_piece))

static long no_results(struct killed *k)
{
	struct svma_piece *all = (struct svma_piece *)k->marks;

	all[0] = (struct svma_piece){ .addr = at(0), .result = 1 };
	all[TRANSFERS - 1] = all[0];
	return 0;
}

static void transfer(struct killed *k)
{
	struct svma_transfer arg = { .pieces = (unsigned long)k->marks, .count = TRANSFERS };

	call(k->space, SVMA_IOC_TRANSFER, &arg);
}

static bool first_result(struct killed *k)
{
	return !((struct svma_piece *)k->marks)[0].result;
}

static bool last_result(struct killed *k)
{
	return !((struct svma_piece *)k->marks)[TRANSFERS - 1].result;
}

TEST_F_TIMEOUT(killed, transfer, 300)
{
	static const struct killed_call c = { no_results, transfer, first_result, last_result };

	ASSERT_EQ(0, killed_wide(self->k.space, 1));
	EXPECT_EARLY(&self->k, &c);
}

TEST_HARNESS_MAIN
