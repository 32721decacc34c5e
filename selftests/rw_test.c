// SPDX-License-Identifier: GPL-2.0
/*
 * pread and pwrite on a space: the position is the address, and region protection binds.
 */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "svma_test.h"

FIXTURE(rw) {
	int space;
	char buf[4 * PAGE];
};

FIXTURE_SETUP(rw)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
}

FIXTURE_TEARDOWN(rw)
{
	close(self->space);
}

static long get(int space, void *buf, unsigned long len, __u64 addr)
{
	ssize_t ret = pread(space, buf, len, addr);

	return ret < 0 ? -errno : ret;
}

static long put(int space, const void *buf, unsigned long len, __u64 addr)
{
	ssize_t ret = pwrite(space, buf, len, addr);

	return ret < 0 ? -errno : ret;
}

TEST_F(rw, contents)
{
	char *view = window(self->space, 0, 4, RW);
	unsigned int i;

	ASSERT_NE(NO_WINDOW, view);
	/* Fresh memory is zero, and reading makes no pages. */
	memset(self->buf, 0xff, sizeof(self->buf));
	EXPECT_EQ(4 * PAGE, get(self->space, self->buf, 4 * PAGE, at(0)));
	for (i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0, self->buf[i]);
	EXPECT_EQ(0, space_stats(self->space).resident);
	/* Across pages, at any byte. */
	for (i = 0; i < sizeof(self->buf); i++)
		self->buf[i] = i * 7 % 251;
	EXPECT_EQ(2 * PAGE, put(self->space, self->buf, 2 * PAGE, at(0) + 100));
	EXPECT_EQ(0, memcmp(view + 100, self->buf, 2 * PAGE));
	EXPECT_EQ(3, space_stats(self->space).resident);
	EXPECT_EQ(0, view[99]);
	EXPECT_EQ(0, view[2 * PAGE + 100]);
	view[PAGE] = 77;
	EXPECT_EQ(1, get(self->space, self->buf, 1, at(1)));
	EXPECT_EQ(77, self->buf[0]);
}

TEST_F(rw, holes)
{
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, at(4)));
	EXPECT_EQ(-EFAULT, put(self->space, self->buf, 8, at(4)));
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, 0));
	/* Up to the hole. */
	EXPECT_EQ(24, get(self->space, self->buf, PAGE, at(4) - 24));
	EXPECT_EQ(24, put(self->space, self->buf, PAGE, at(4) - 24));
	/* Nothing is always there. */
	EXPECT_EQ(0, get(self->space, self->buf, 0, at(4)));
	EXPECT_EQ(0, put(self->space, self->buf, 0, at(4)));
	EXPECT_STREQ("0-4:rw", layout(self->space));
}

TEST_F(rw, protection)
{
	char *view = window(self->space, 0, 4, RW);

	ASSERT_NE(NO_WINDOW, view);
	memset(self->buf, 5, PAGE);
	ASSERT_EQ(8, put(self->space, self->buf, 8, at(1)));
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, PROT_NONE));
	ASSERT_EQ(0, verb_mprotect(self->space, at(3), PAGE, PROT_WRITE));
	memset(self->buf, 6, PAGE);
	EXPECT_EQ(-EFAULT, put(self->space, self->buf, 8, at(1)));
	EXPECT_EQ(12, put(self->space, self->buf, 24, at(1) - 12));
	EXPECT_EQ(5, view[PAGE]);
	EXPECT_EQ(6, view[PAGE - 1]);
	EXPECT_EQ(8, get(self->space, self->buf, 8, at(1)));
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, at(2)));
	EXPECT_EQ(-EFAULT, put(self->space, self->buf, 8, at(2)));
	/* The processor reads what can be written; who reads for another wants the right to. */
	EXPECT_EQ(8, put(self->space, self->buf, 8, at(3)));
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, at(3)));
	EXPECT_EQ(16, get(self->space, self->buf, PAGE, at(2) - 16));
	/* Region by region, but across those that allow it. */
	EXPECT_EQ(2 * PAGE, get(self->space, self->buf, 2 * PAGE, at(0)));
}

TEST_F(rw, positions)
{
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, (1UL << 47) - PAGE));
	EXPECT_EQ(-EFAULT, get(self->space, self->buf, 8, 1UL << 62));
	EXPECT_EQ(-EFAULT, put(self->space, self->buf, 8, 1UL << 62));
	EXPECT_EQ(-EINVAL, get(self->space, self->buf, 8, 1UL << 63));
	/* Reading on from a position. */
	ASSERT_EQ(4, put(self->space, "abcd", 4, at(0)));
	EXPECT_EQ(at(0), lseek(self->space, at(0), SEEK_SET));
	EXPECT_EQ(2, read(self->space, self->buf, 2));
	EXPECT_EQ(at(0) + 2, lseek(self->space, 0, SEEK_CUR));
	EXPECT_EQ(2, read(self->space, self->buf + 2, 2));
	EXPECT_EQ(0, memcmp(self->buf, "abcd", 4));
	EXPECT_EQ(1, write(self->space, "e", 1));
	EXPECT_EQ(5, get(self->space, self->buf, 5, at(0)));
	EXPECT_EQ(0, memcmp(self->buf, "abcde", 5));
}

TEST_F(rw, vectors)
{
	struct iovec parts[3] = {
		{ self->buf, 10 }, { self->buf + PAGE, 0 }, { self->buf + 2 * PAGE, PAGE },
	};

	memset(self->buf, 1, 10);
	memset(self->buf + 2 * PAGE, 2, PAGE);
	EXPECT_EQ(PAGE + 10, pwritev(self->space, parts, 3, at(0)));
	memset(self->buf, 0, sizeof(self->buf));
	EXPECT_EQ(PAGE + 10, preadv(self->space, parts, 3, at(0)));
	EXPECT_EQ(1, self->buf[9]);
	EXPECT_EQ(2, self->buf[2 * PAGE]);
	EXPECT_EQ(2, self->buf[3 * PAGE - 1]);
}

TEST_F(rw, bad_buffers)
{
	char *edge = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);

	ASSERT_NE(MAP_FAILED, edge);
	ASSERT_EQ(0, mprotect(edge + PAGE, PAGE, PROT_NONE));
	memset(edge, 3, PAGE);
	EXPECT_EQ(-EFAULT, get(self->space, edge + PAGE, 8, at(0)));
	EXPECT_EQ(-EFAULT, put(self->space, edge + PAGE, 8, at(0)));
	EXPECT_EQ(-EFAULT, get(self->space, (void *)at(0), 8, at(0)));
	/* What could be copied counts. */
	EXPECT_EQ(32, put(self->space, edge + PAGE - 32, 64, at(0)));
	EXPECT_EQ(32, get(self->space, edge + PAGE - 32, 64, at(0)));
	EXPECT_EQ(40, get(self->space, self->buf, 40, at(0)));
	EXPECT_EQ(3, self->buf[31]);
	EXPECT_EQ(0, self->buf[32]);
	munmap(edge, 2 * PAGE);
}

/* The buffer may be a window on the same space, on the very page. */
TEST_F(rw, own_window)
{
	char *view = window(self->space, 0, 8, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, store(view, 0x11));
	EXPECT_EQ(PAGE, get(self->space, view + PAGE, PAGE, at(0)));
	EXPECT_EQ(0x11, peek(view + PAGE));
	EXPECT_EQ(PAGE, put(self->space, view, PAGE, at(2)));
	EXPECT_EQ(0x11, peek(view + 2 * PAGE));
	EXPECT_EQ(PAGE, get(self->space, view, PAGE, at(0)));
	EXPECT_EQ(PAGE, put(self->space, view, PAGE, at(0)));
	EXPECT_EQ(0x11, peek(view));
	EXPECT_EQ(-EFAULT, get(self->space, view + 4 * PAGE, PAGE, at(0)));
	EXPECT_EQ(-EFAULT, put(self->space, view + 4 * PAGE, PAGE, at(0)));
}

TEST_F(rw, layout_only)
{
	int space = space_open(SVMA_SPACE_LAYOUT);

	ASSERT_EQ(0, map_pages(space, 0, 1, RW));
	EXPECT_EQ(-EOPNOTSUPP, get(space, self->buf, 8, at(0)));
	EXPECT_EQ(-EOPNOTSUPP, put(space, self->buf, 8, at(0)));
	close(space);
}

/* What is written so counts as written: the region has a reverse map from then on. */
TEST_F(rw, marks_the_region)
{
	struct svma_lookup lookup = { .addr = at(0) };

	ASSERT_EQ(4, get(self->space, self->buf, 4, at(0)));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_EQ(0, lookup.region.anon);
	ASSERT_EQ(1, put(self->space, "x", 1, at(0)));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_NE(0, lookup.region.anon);
	EXPECT_EQ(1, lookup.region.resident);
}

/* Memory shared by a mapping of its own. */
TEST_F(rw, shared_anonymous)
{
	ASSERT_EQ(at(8),
		  verb_mmap(self->space, at(8), PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED))
		;
	EXPECT_EQ(8, get(self->space, self->buf, 8, at(8)));
	EXPECT_EQ(4, put(self->space, "wxyz", 4, at(8)));
	EXPECT_EQ(4, get(self->space, self->buf, 4, at(8)));
	EXPECT_EQ(0, memcmp(self->buf, "wxyz", 4));
}

/* What would hand pages on, and not copies, is refused. */
TEST_F(rw, nothing_spliced)
{
	int ends[2], file = memfd_create("rw_test", MFD_CLOEXEC);
	loff_t from = at(0);

	ASSERT_LE(0, file);
	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, page_put(self->space, 0, 7));
	EXPECT_EQ(-1, splice(self->space, &from, ends[1], NULL, PAGE, 0));
	EXPECT_EQ(-1, sendfile(file, self->space, &from, PAGE));
	EXPECT_EQ(-1, copy_file_range(self->space, &from, file, NULL, PAGE, 0));
	ASSERT_EQ(8, write(ends[1], "12345678", 8));
	EXPECT_EQ(-1, splice(ends[0], NULL, self->space, &from, 8, 0));
	EXPECT_EQ(at(0), from);
	EXPECT_EQ(7, page_get(self->space, 0));
	close(ends[0]);
	close(ends[1]);
	close(file);
}

TEST_HARNESS_MAIN
