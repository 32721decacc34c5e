/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of snapshots share: a space with pages in three leaves of the page table, seen
 * through a window and by pread.
 */
#ifndef SVMA_SNAPSHOT_H
#define SVMA_SNAPSHOT_H

#include "svma_test.h"

#define PAGES	1200UL

FIXTURE(snapshot) {
	int machine;
	int space;
	char *view;
};

FIXTURE_SETUP(snapshot)
{
	self->space = space_of_pages(&self->machine, PAGES);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(snapshot)
{
	close(self->space);
	close(self->machine);
}

static inline __u64 see(int space, const char *view, unsigned long page)
{
	__u64 value = peek(view + page * PAGE);

	return value == page_get(space, page) ? value : UNREADABLE;
}

#endif /* SVMA_SNAPSHOT_H */
