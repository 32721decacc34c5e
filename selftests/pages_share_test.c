// SPDX-License-Identifier: GPL-2.0
/*
 * What is told of pages that more than one has: spaces after a fork or snapshot, files, shared
 * memory.
 */
#include "pages.h"

TEST_F(pages, forks_share)
{
	int child;
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, 100 + i));
	EXPECT_STREQ("4=0+4", counted(self->space));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("0:ps 1:ps 2:ps 3:ps", told(self->space, self->view, 0, 4));
	EXPECT_EQ(1, list[0].shares);
	EXPECT_EQ(2, list[0].node_shares);
	EXPECT_STREQ("4=4+0", counted(child));
	/* A write makes a copy, and the path to it; the other space has the old page alone. */
	ASSERT_EQ(0, store(self->view, 7));
	EXPECT_STREQ("0:pew 1:ps 2:ps 3:ps", told(self->space, self->view, 0, 4));
	EXPECT_EQ(2, list[1].shares);
	EXPECT_EQ(1, list[1].node_shares);
	EXPECT_STREQ("4=3+1", counted(self->space));
	EXPECT_STREQ("0:p 1:ps 2:ps 3:ps", told(child, NULL, 0, 4));
	EXPECT_EQ(100, page_get(child, 0));
	/* A write enters nothing around it that a copy would replace; reading does, read-only. */
	EXPECT_EQ(101, peek(self->view + PAGE));
	EXPECT_STREQ("0:pew 1:pse 2:pse 3:pse", told(self->space, self->view, 0, 4));
	EXPECT_EQ(0, wrong_entries(self, 0, 4, false));
	EXPECT_EQ(0, wrong_entries(self, 2, 2, true));
	EXPECT_EQ(103, page_get(child, 3));
	close(child);
	EXPECT_STREQ("0:p 1:p 2:p 3:p", told(self->space, NULL, 0, 4));
	EXPECT_STREQ("4=0+4", counted(self->space));
}

TEST_F(pages, snapshots_share)
{
	int snapshot;

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + PAGE, 2));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_STREQ("2=2+0", counted(self->space));
	ASSERT_EQ(0, store(self->view, 3));
	EXPECT_STREQ("0:pew 1:ps", told(self->space, self->view, 0, 2));
	EXPECT_STREQ("2=1+1", counted(snapshot));
	EXPECT_STREQ("0:p 1:ps", told(snapshot, NULL, 0, 2));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	/* What was written has its own page still, with the snapshot's contents. */
	EXPECT_STREQ("0:p 1:ps", told(self->space, NULL, 0, 2));
	EXPECT_EQ(1, peek(self->view));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_STREQ("0:ps 1:ps", told(self->space, NULL, 0, 2));
	EXPECT_EQ(1, peek(self->view));
	close(snapshot);
	EXPECT_STREQ("2=0+2", counted(self->space));
}

TEST_F(pages, files)
{
	int fd = memfd_create("pages_test", MFD_CLOEXEC), child;
	char *host;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 8 * PAGE));
	host = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, host);
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, fd, 2));
	ASSERT_EQ(0, map_file(self->space, 8, 4, RW, MAP_PRIVATE, fd, 4));
	ASSERT_EQ(0, store(self->view + PAGE, 5));
	EXPECT_EQ(5, *(volatile __u64 *)(host + 3 * PAGE));
	EXPECT_EQ(0, peek(self->view + 9 * PAGE));
	EXPECT_STREQ("1:psfcdew 9:pfe", told(self->space, self->view, 0, 16));
	EXPECT_EQ(3, list[0].pgoff);
	EXPECT_EQ(0, list[0].shares);
	EXPECT_EQ(5, list[1].pgoff);
	EXPECT_EQ(1, list[1].shares);
	EXPECT_STREQ("1=1+0 c1 1=0+1", counted(self->space));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("1=1+0 c1 1=1+0", counted(child));
	close(child);
	/* What the file has lost stays until it is touched, and nothing shows it. */
	ASSERT_EQ(0, ftruncate(fd, 3 * PAGE));
	EXPECT_EQ(SVMA_PAGE_OUTDATED, flags_of(self->space, self->view, 1) &
		  (SVMA_PAGE_OUTDATED | SVMA_PAGE_ENTRY));
	EXPECT_EQ(SIGBUS, store(self->view + PAGE, 6));
	EXPECT_STREQ("", told(self->space, self->view, 8, 4));
	munmap(host, 8 * PAGE);
	close(fd);
}

/* A file whose page cache is not shown: the copy is the machine's, and private to one space. */
TEST_F(pages, copies_of_files)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), child;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_file(self->space, 0, 2, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_NE(UNREADABLE, peek(self->view));
	EXPECT_STREQ("0:pfe", told(self->space, self->view, 0, 2));
	EXPECT_EQ(1, list[0].shares);
	ASSERT_EQ(0, map_file(self->space, 8, 2, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_NE(UNREADABLE, peek(self->view + 8 * PAGE));
	EXPECT_STREQ("0:psfe 8:psfe", told(self->space, self->view, 0, 16));
	EXPECT_EQ(list[0].frame, list[1].frame);
	EXPECT_EQ(2, list[0].shares);
	ASSERT_EQ(0, verb_munmap(self->space, at(8), 2 * PAGE));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("1=1+0", counted(self->space));
	close(child);
	close(fd);
}

TEST_F(pages, shared_memory)
{
	int child;

	ASSERT_EQ(at(0), verb_mmap(self->space, at(0), 4 * PAGE, RW,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 1));
	EXPECT_STREQ("2:pew", told(self->space, self->view, 0, 4));
	EXPECT_EQ(2, list[0].pgoff);
	EXPECT_EQ(1, list[0].shares);
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	EXPECT_STREQ("1=1+0", counted(child));
	/* Writing shares on; the path is copied, the page is not. */
	ASSERT_EQ(0, page_put(child, 2, 9));
	EXPECT_EQ(9, peek(self->view + 2 * PAGE));
	EXPECT_EQ(SVMA_PAGE_SHARED, flags_of(child, NULL, 2) & SVMA_PAGE_SHARED);
	close(child);
	EXPECT_STREQ("1=0+1", counted(self->space));
}

TEST_HARNESS_MAIN
