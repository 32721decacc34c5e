// SPDX-License-Identifier: GPL-2.0
/*
 * Two spaces side by side: where their pages differ, and copies of ranges by sharing pages.
 */
#include <stdio.h>

#include "svma_test.h"

#define PAGES	1600UL

FIXTURE(changed) {
	int machine;
	int space;
	int snapshot;
};

FIXTURE_SETUP(changed)
{
	unsigned long page;

	self->space = space_of_pages(&self->machine, PAGES);
	ASSERT_LE(0, self->space);
	for (page = 0; page < PAGES; page += 8)
		ASSERT_EQ(0, page_put(self->space, page, page + 1));
	self->snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, self->snapshot);
}

FIXTURE_TEARDOWN(changed)
{
	close(self->snapshot);
	close(self->space);
	close(self->machine);
}

/* "3-4 8-10", in pages; so many ranges a call. */
static const char *changed(int space, int other, unsigned int room)
{
	static char text[4096];
	struct svma_changed_range ranges[64];
	struct svma_changes arg = {
		.fd = other, .end = ~0xfffULL, .buf = (unsigned long)ranges,
	};
	char *end = text;
	unsigned int i;
	long err;

	do {
		arg.count = room;
		err = call(space, SVMA_IOC_CHANGED, &arg);
		if (err) {
			sprintf(text, "error %ld", err);
			return text;
		}
		for (i = 0; i < arg.count; i++)
			end += sprintf(end, "%ld-%ld ",
				       (long)(ranges[i].start - SVMA_BASE) / (long)PAGE,
				       (long)(ranges[i].end - SVMA_BASE) / (long)PAGE);
	} while (arg.more && end < text + sizeof(text) - 100);
	*end = '\0';
	if (end > text)
		end[-1] = '\0';
	return text;
}

static long copy(int space, unsigned long to, int other, unsigned long from, unsigned long pages)
{
	struct svma_copy arg = {
		.fd = other, .from = at(from), .to = at(to), .len = pages * PAGE,
	};
	long err = call(space, SVMA_IOC_COPY, &arg);

	return err ? err : (long)(arg.done / PAGE);
}

/* Who has no room is told that there is more, and nothing is written. */
TEST_F(changed, no_room)
{
	struct svma_changed_range none = { .start = 4711, .end = 4712 };
	struct svma_changes arg = {
		.fd = self->snapshot, .end = ~0xfffULL, .buf = (unsigned long)&none,
	};

	ASSERT_EQ(0, call(self->space, SVMA_IOC_CHANGED, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(0, arg.more);
	ASSERT_EQ(0, page_put(self->space, 3, 3));
	arg.start = 0;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_CHANGED, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(1, arg.more);
	EXPECT_EQ(4711, none.start);
}

TEST_F(changed, since_a_snapshot)
{
	char *view = window(self->space, 0, PAGES, RW);
	int child;

	ASSERT_NE(NO_WINDOW, view);
	EXPECT_STREQ("", changed(self->space, self->snapshot, 64));
	/* Reading is no change. */
	EXPECT_EQ(1, peek(view));
	EXPECT_EQ(0, peek(view + PAGE));
	EXPECT_STREQ("", changed(self->space, self->snapshot, 64));
	ASSERT_EQ(0, store(view + 8 * PAGE, 7));
	ASSERT_EQ(0, store(view + 9 * PAGE, 7));
	ASSERT_EQ(0, page_put(self->space, 511, 1));
	ASSERT_EQ(0, page_put(self->space, 512, 1));
	ASSERT_EQ(0, verb_madvise(self->space, at(1020), 20 * PAGE, MADV_DONTNEED));
	EXPECT_STREQ("8-10 511-513 1024-1025 1032-1033", changed(self->space, self->snapshot, 64));
	EXPECT_STREQ("8-10 511-513 1024-1025 1032-1033", changed(self->snapshot, self->space, 64));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("", changed(self->space, child, 64));
	ASSERT_EQ(0, page_put(child, 100, 1));
	EXPECT_STREQ("100-101", changed(self->space, child, 64));
	ASSERT_EQ(0, verb_restore(self->space, self->snapshot));
	EXPECT_STREQ("", changed(self->space, self->snapshot, 64));
	close(child);
}

TEST_F(changed, piecewise)
{
	unsigned long page;
	char text[512], *end = text;

	for (page = 3; page < PAGES; page += 100) {
		ASSERT_EQ(0, page_put(self->space, page, 1));
		end += sprintf(end, "%s%lu-%lu", page == 3 ? "" : " ", page, page + 1);
	}
	EXPECT_STREQ(text, changed(self->space, self->snapshot, 64));
	EXPECT_STREQ(text, changed(self->space, self->snapshot, 3));
	EXPECT_STREQ(text, changed(self->space, self->snapshot, 1));
}

/* Two spaces that have nothing in common; memory that both share is no difference. */
TEST_F(changed, strangers)
{
	int other = space_make(self->machine, 0), child;

	ASSERT_EQ(0, verb_munmap(self->space, at(20), (PAGES - 20) * PAGE));
	EXPECT_STREQ("0-1 8-9 16-17", changed(self->space, other, 64));
	ASSERT_EQ((long)at(3000), verb_mmap(self->space, at(3000), 4 * PAGE, RW,
					    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, page_put(self->space, 3001, 1));
	EXPECT_EQ(1, page_get(child, 3001));
	EXPECT_STREQ("", changed(self->space, child, 64));
	EXPECT_STREQ("0-1 8-9 16-17 3001-3002", changed(self->space, other, 64));
	EXPECT_STREQ("error -22", changed(self->space, self->space, 64));
	EXPECT_STREQ("error -22", changed(self->space, self->machine, 64));
	EXPECT_STREQ("error -9", changed(self->space, -1, 64));
	close(child);
	close(other);
}

TEST_F(changed, copies)
{
	int other = space_make(self->machine, 0);
	unsigned long page;
	char *view, *source = window(self->space, 0, PAGES, RW);

	ASSERT_NE(NO_WINDOW, source);
	ASSERT_EQ(0, map_pages(other, 0, 4000, RW));
	view = window(other, 0, 4000, RW);
	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, store(view + 4 * PAGE, 9));
	ASSERT_EQ(0, store(view + 2561 * PAGE, 9));
	EXPECT_EQ(0, peek(view + 2560 * PAGE));
	ASSERT_EQ(0, store(source, 1));
	/* Aligned alike, with a whole leaf; then not. */
	EXPECT_EQ(1000, copy(other, 2048, self->space, 0, 1000));
	EXPECT_EQ(600, copy(other, 3, self->space, 0, 600));
	for (page = 0; page < 1000; page++)
		ASSERT_EQ(page % 8 ? 0 : page + 1, peek(view + (page + 2048) * PAGE));
	for (page = 0; page < 600; page++)
		ASSERT_EQ(page % 8 ? 0 : page + 1, page_get(other, page + 3));
	EXPECT_EQ(125 + 75, space_stats(other).resident);
	/* Either side writes, and the others do not see it. */
	ASSERT_EQ(0, store(source, 5));
	ASSERT_EQ(0, store(view + 2048 * PAGE, 6));
	ASSERT_EQ(0, store(source + 8 * PAGE, 7));
	EXPECT_EQ(6, page_get(other, 2048));
	EXPECT_EQ(1, page_get(other, 3));
	EXPECT_EQ(1, page_get(self->snapshot, 0));
	EXPECT_EQ(5, page_get(self->space, 0));
	EXPECT_EQ(9, page_get(other, 2056));
	EXPECT_EQ(9, page_get(other, 11));
	/* From a snapshot. */
	EXPECT_EQ(PAGES, copy(self->space, 0, self->snapshot, 0, PAGES));
	EXPECT_EQ(1, peek(source));
	EXPECT_EQ(9, peek(source + 8 * PAGE));
	EXPECT_STREQ("", changed(self->space, self->snapshot, 64));
	close(other);
}

TEST_F(changed, copies_refused)
{
	int other = space_make(self->machine, 0), elsewhere = space_open(0);

	ASSERT_EQ(0, map_pages(other, 0, 8, RW));
	ASSERT_EQ(0, map_pages(other, 8, 2, PROT_READ));
	ASSERT_EQ((long)at(20), verb_mmap(other, at(20), 4 * PAGE, RW,
					  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	EXPECT_EQ(-EFAULT, copy(other, 4, self->space, 0, 8));
	EXPECT_EQ(-EFAULT, copy(other, 10, self->space, 0, 1));
	EXPECT_EQ(-EFAULT, copy(other, 0, self->space, PAGES - 1, 2));
	EXPECT_EQ(-EOPNOTSUPP, copy(other, 20, self->space, 0, 1));
	EXPECT_EQ(-EOPNOTSUPP, copy(self->space, 0, other, 20, 1));
	EXPECT_EQ(-EINVAL, copy(other, 0, other, 4, 1));
	EXPECT_EQ(-EINVAL, copy(elsewhere, 0, other, 0, 1));
	EXPECT_EQ(-EBADF, copy(other, 0, -1, 0, 1));
	EXPECT_EQ(-EROFS, copy(self->snapshot, 0, other, 0, 1));
	EXPECT_EQ(0, page_get(other, 4));
	EXPECT_EQ(0, copy(other, 4, self->space, 0, 0));
	/* What was done before a hole counts. */
	ASSERT_EQ(0, map_pages(other, 1024, 600, RW));
	EXPECT_EQ(512, copy(other, 1024, self->space, 0, 700));
	EXPECT_EQ(505, page_get(other, 1024 + 504));
	EXPECT_EQ(0, page_get(other, 1024 + 512));
	close(elsewhere);
	close(other);
}

TEST_HARNESS_MAIN
