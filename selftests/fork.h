/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of forked spaces with pages share. Contents are looked at twice: through a window,
 * by pread.
 */
#ifndef SVMA_FORK_H
#define SVMA_FORK_H

#include "svma_test.h"

#define PAGES	1600UL	/* four leaves of the page table, the last one in part */

FIXTURE(fork) {
	int space;
	char *view;
};

FIXTURE_SETUP(fork)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(fork)
{
	close(self->space);
}

/* The same value by both ways. */
static inline __u64 see(int space, const char *view, unsigned long page)
{
	__u64 value = peek(view + page * PAGE);

	return value == page_get(space, page) ? value : UNREADABLE;
}

#endif /* SVMA_FORK_H */
