// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_PAGES and SVMA_IOC_SMAPS: entries, frames, counts, listings in pieces.
 */
#include <sys/wait.h>

#include "pages.h"

TEST_F(pages, what_is_there)
{
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_STREQ("", told(self->space, self->view, 0, PAGES));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(0, peek(self->view + 20 * PAGE));
	ASSERT_EQ(0, page_put(self->space, 40, 3));
	EXPECT_STREQ("0:pew 20:ze 40:p", told(self->space, self->view, 0, PAGES));
	EXPECT_STREQ("0:p 20:z 40:p", told(self->space, NULL, 0, PAGES));
	EXPECT_STREQ("20:ze", told(self->space, self->view, 1, 39));
	/* A page that is read first, and written then. */
	EXPECT_EQ(3, peek(self->view + 40 * PAGE));
	EXPECT_EQ(SVMA_PAGE_ENTRY, flags_of(self->space, self->view, 40) & SVMA_PAGE_ENTRY);
	ASSERT_EQ(0, store(self->view + 20 * PAGE, 2));
	EXPECT_STREQ("20:pew", told(self->space, self->view, 20, 1));
	EXPECT_EQ(3, space_stats(self->space).resident);
	EXPECT_STREQ("3=0+3", counted(self->space));
}

/* Each page has a frame of its own, which stays when it moves. */
TEST_F(pages, frames)
{
	__u64 frames[8];
	unsigned int i, k;

	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	ASSERT_EQ(8, pages(self->space, NULL, 0, 8));
	for (i = 0; i < 8; i++) {
		frames[i] = list[i].frame;
		EXPECT_NE(0, frames[i]);
		EXPECT_EQ(1, list[i].shares);
		EXPECT_EQ(1, list[i].node_shares);
		EXPECT_EQ(0, list[i].pgoff);
		EXPECT_EQ(0, list[i].reserved);
		for (k = 0; k < i; k++)
			EXPECT_NE(frames[k], frames[i]);
	}
	ASSERT_EQ(at(32), verb_mremap(self->space, at(0), 8 * PAGE, 8 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(32)));
	EXPECT_EQ(0, pages(self->space, NULL, 0, 8));
	ASSERT_EQ(8, pages(self->space, NULL, 32, 8));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(frames[i], list[i].frame);
}

TEST_F(pages, frames_are_for_the_privileged)
{
	int status;
	pid_t child;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ASSERT_EQ(0, page_put(self->space, 0, 1));
	child = fork();
	if (!child) {
		if (setresuid(65534, 65534, 65534))
			_exit(1);
		_exit(pages(self->space, NULL, 0, 1) == 1 && !list[0].frame &&
		      list[0].flags == SVMA_PAGE_PRESENT ? 0 : 2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* What the view tells of hardware is what a touch of each page finds. */
TEST_F(pages, entries_cost_no_fault)
{
	struct svma_window_fill fill = {
		.addr = (unsigned long)self->view, .len = PAGES * PAGE,
	};
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_EQ(0, wrong_entries(self, 0, 8, false));
	EXPECT_EQ(0, wrong_entries(self, 4, 8, true));
	for (i = 16; i < 32; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	/* The first one enters those around it. */
	EXPECT_EQ(0, wrong_entries(self, 20, 12, false));
	EXPECT_EQ(0, wrong_entries(self, 16, 16, true));
	for (i = 32; i < 40; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	EXPECT_STREQ("38:p 39:p", told(self->space, self->view, 38, 2));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_STREQ("38:pew 39:pew", told(self->space, self->view, 38, 2));
	EXPECT_EQ(0, wrong_entries(self, 0, PAGES, true));
}

TEST_F(pages, verbs_take_entries_away)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), 2 * PAGE, PROT_READ));
	ASSERT_EQ(0, verb_munmap(self->space, at(4), 2 * PAGE));
	ASSERT_EQ(0, verb_madvise(self->space, at(6), 2 * PAGE, MADV_DONTNEED));
	ASSERT_EQ(at(30), verb_mremap(self->space, at(8), 2 * PAGE, 2 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(30)));
	ASSERT_EQ(0, verb_madvise(self->space, at(10), 2 * PAGE, 102));	/* GUARD_INSTALL */
	EXPECT_STREQ("0:pew 1:pew 2:p 3:p 10:g 11:g 12:pew 13:pew 14:pew 15:pew 30:p 31:p",
		     told(self->space, self->view, 0, 40));
	EXPECT_EQ(0, wrong_entries(self, 0, 4, false));
	EXPECT_EQ(0, wrong_entries(self, 30, 2, true));
	EXPECT_EQ(2, peek(self->view + 2 * PAGE));
	EXPECT_STREQ("2:pe 3:pe", told(self->space, self->view, 2, 2));
	EXPECT_STREQ("2=0+2 2=0+2 0=0+0 4=0+4 g2 2=0+2", counted(self->space));
	/* The window's process can take some away as well. */
	ASSERT_EQ(0, madvise(self->view, PAGE, MADV_DONTNEED) && errno != EINVAL);
	ASSERT_EQ(0, munmap(self->view + 12 * PAGE, 2 * PAGE));
	EXPECT_STREQ("12:p 13:p 14:pew 15:pew", told(self->space, self->view, 12, 4));
}

TEST_F(pages, counted_by_region)
{
	struct svma_lock lock = { .addr = at(8), .len = 4 * PAGE, .op = SVMA_MLOCK };

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 8, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 16, 4, PROT_READ));
	EXPECT_STREQ("0=0+0 0=0+0 0=0+0", counted(self->space));
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	EXPECT_EQ(0, peek(self->view + 17 * PAGE));
	EXPECT_EQ(0, peek(self->view + 18 * PAGE));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_STREQ("1=0+1 4=0+4 L4 0=0+0 z2", counted(self->space));
	EXPECT_EQ(at(8), rows[1].region.start);
	EXPECT_EQ(at(12), rows[1].region.end);
	EXPECT_NE(0, rows[1].region.flags & SVMA_VM_LOCKED);
}

/* Many entries, in many leaves, asked for in pieces of each size. */
TEST_F(pages, in_pieces)
{
	static const unsigned int sizes[] = { 1, 7, 255, 256, 257, 600 };
	struct svma_page part[600];
	unsigned int i, k;

	ASSERT_EQ(at(0), verb_mmap(self->space, at(0), 600 * 512 * PAGE, RW,
				   FIXED | MAP_NORESERVE));
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, page_put(self->space, i * 512 + 3, i));
	ASSERT_EQ(600, pages(self->space, NULL, 0, 600 * 512));
	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct svma_page_list arg = {
			.end = ~0ULL, .buf = (unsigned long)part, .more = 1,
		};
		unsigned int n = 0;

		for (i = 0; arg.more && i <= 600; i++) {
			arg.count = sizes[k];
			arg.more = 0;
			ASSERT_EQ(0, call(self->space, SVMA_IOC_PAGES, &arg));
			ASSERT_LE(n + arg.count, 600);
			ASSERT_EQ(0, memcmp(part, list + n, arg.count * sizeof(part[0])));
			n += arg.count;
		}
		EXPECT_EQ(600, n);
		EXPECT_EQ((600 + sizes[k] - 1) / sizes[k], i);
		EXPECT_EQ(~0ULL, arg.start);
	}
	EXPECT_STREQ("600=0+600", counted(self->space));
}

TEST_F(pages, regions_in_pieces)
{
	struct svma_smaps arg = { .end = ~0ULL, .more = 1 };
	struct svma_smap row;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, map_pages(self->space, 2 * i, 1, RW));
		if (i & 1)
			ASSERT_EQ(0, store(self->view + 2 * i * PAGE, i));
	}
	for (i = 0; arg.more && i < 30; i++) {
		arg.buf = (unsigned long)&row;
		arg.count = 1;
		ASSERT_EQ(0, call(self->space, SVMA_IOC_SMAPS, &arg));
		ASSERT_EQ(1, arg.count);
		EXPECT_EQ(at(2 * i), row.region.start);
		EXPECT_EQ(i & 1, row.unshared);
	}
	EXPECT_EQ(20, i);
}

/* A hardware entry is looked for where the caller's own window shows the page, and only there. */
TEST_F(pages, windows)
{
	char *second = window(self->space, 8, 4, RW), *gap;

	ASSERT_NE(NO_WINDOW, second);
	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	ASSERT_EQ(0, store(second + PAGE, 1));
	EXPECT_STREQ("9:p", told(self->space, self->view, 0, 16));
	EXPECT_STREQ("9:pew", told(self->space, second, 0, 16));
	EXPECT_STREQ("9:pew", told(self->space, second + 3 * PAGE + 5, 0, 16));
	/* Cut in two by its process, and with something else between. */
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + 4 * PAGE, 1));
	ASSERT_EQ(0, store(self->view + 15 * PAGE, 1));
	gap = mmap(self->view + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->view + 4 * PAGE, gap);
	*gap = 1;
	EXPECT_STREQ("0:pew 4:p 9:pew 15:pew", told(self->space, self->view, 0, 16));
	/* A window on another part there is none on this one. */
	ASSERT_EQ(gap, mmap(gap, PAGE, RW, MAP_SHARED | MAP_FIXED, self->space, at(15)));
	ASSERT_EQ(0, store(gap, 2));
	EXPECT_STREQ("0:pew 4:p 9:pew 15:pew", told(self->space, self->view, 0, 16));
	munmap(second, 4 * PAGE);
}

/* What the kernel notes of pages while their process may not touch them is no entry of hardware. */
TEST_F(pages, windows_without_access)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	EXPECT_STREQ("0:p 1:pew", told(self->space, self->view, 0, 4));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_STREQ("0:p 1:pew", told(self->space, self->view, 0, 4));
	EXPECT_EQ(0, wrong_entries(self, 0, 2, true));
}

TEST_F(pages, errors)
{
	struct svma_page_list arg = { .end = ~0ULL };
	char *memory = mmap(NULL, PAGE, RW, ANON, -1, 0);
	int other = space_open(0);

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(-EINVAL, pages(self->space, memory, 0, 4));
	EXPECT_EQ(-EINVAL, pages(self->space, (void *)8, 0, 4));
	EXPECT_EQ(-EINVAL, pages(other, self->view, 0, 4));
	EXPECT_EQ(0, call(self->space, SVMA_IOC_PAGES, &arg));	/* no room */
	EXPECT_EQ(1, arg.more);
	EXPECT_EQ(at(0), arg.start);
	arg.count = 1;
	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_PAGES, &arg));
	arg.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_PAGES, &arg));
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_PAGES, &arg));
	munmap(memory, PAGE);
	close(other);
}

TEST_HARNESS_MAIN
