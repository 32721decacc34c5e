/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of files share. A memfd stands for the files whose page cache a shared region
 * shows itself, a file of a ramfs for all others.
 */
#ifndef SVMA_FILE_H
#define SVMA_FILE_H

#include <stdlib.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	8	/* of each file */
#define WORD(page, n)	(0x1000UL * (page) + 0x10 + (n))

FIXTURE(file) {
	int space, fd, other;	/* a memfd, and a file of another file system */
	char *view;
	struct peer peer;
};

/* What is at the start of a page of a file: its number. */
static inline int fill(int fd)
{
	__u64 page[PAGE / sizeof(__u64)];
	unsigned int i, k;

	for (i = 0; i < PAGES; i++) {
		for (k = 0; k < PAGE / sizeof(__u64); k++)
			page[k] = WORD(i, k);
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			return -errno;
	}
	return 0;
}

FIXTURE_SETUP(file)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->fd = memfd_create("file_test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fill(self->fd));
	self->other = ramfs_file();
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, fill(self->other));
	self->view = window(self->space, 0, 4 * PAGES, RWX);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, peer_start(&self->peer, self->space, 0, 4 * PAGES, RWX));
}

FIXTURE_TEARDOWN(file)
{
	EXPECT_EQ(0, peer_stop(&self->peer));
	munmap(self->view, 4 * PAGES * PAGE);
	close(self->fd);
	close(self->other);
	close(self->space);
}

/* The first word of a page by each way there is; they must agree. */
static inline __u64 seen(struct _test_data_file *self, unsigned long page)
{
	__u64 value = peek(self->view + page * PAGE), read = UNREADABLE;
	__u64 third = peer_load(&self->peer, page) ? UNREADABLE : self->peer.value;

	if (pread(self->space, &read, sizeof(read), at(page)) != sizeof(read))
		read = UNREADABLE;
	return third == value && read == value ? value : ~value;
}

static inline __u64 in_file(int fd, unsigned long page)
{
	__u64 value = UNREADABLE;

	if (pread(fd, &value, sizeof(value), page * PAGE) != sizeof(value))
		return UNREADABLE;
	return value;
}

static inline int write_file(int fd, unsigned long page, __u64 value)
{
	return pwrite(fd, &value, sizeof(value), page * PAGE) == sizeof(value) ? 0 : -errno;
}

static inline unsigned long resident(int space)
{
	return space_stats(space).resident;
}

static inline int reopen(int fd, int flags)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, flags | O_CLOEXEC);
}

static inline long sync_pages(int space, unsigned long page, unsigned long count, int flags)
{
	struct svma_sync arg = { .addr = at(page), .len = count * PAGE, .flags = flags };

	return call(space, SVMA_IOC_MSYNC, &arg);
}

#endif /* SVMA_FILE_H */
