// SPDX-License-Identifier: GPL-2.0
/*
 * Windows on spaces of the classic profile, which remember the region that was found last.
 */
#include "svma_test.h"

#define PAGES 16

FIXTURE(classic) {
	int space;
	char *view;
};

FIXTURE_SETUP(classic)
{
	struct svma_space_create create = { .profile = SVMA_PROFILE_CLASSIC, .fd = -1 };
	int machine = machine_open();

	ASSERT_LE(0, machine);
	ASSERT_EQ(0, call(machine, SVMA_IOC_SPACE_CREATE, &create));
	self->space = create.fd;
	close(machine);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(classic)
{
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

static void expect(struct __test_metadata *_metadata, int space, __u64 hits, __u64 misses)
{
	struct svma_stats stats = space_stats(space);

	EXPECT_EQ(hits, stats.cache_hits);
	EXPECT_EQ(misses, stats.cache_misses);
}

/* A fault looks there first, until regions go. */
TEST_F(classic, faults_remember)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	ASSERT_EQ(0, map_pages(self->space, 9, 1, RW));
	expect(_metadata, self->space, 0, 0);

	ASSERT_EQ(0, store(self->view, 1));
	expect(_metadata, self->space, 0, 1);
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 1));
	expect(_metadata, self->space, 2, 1);
	ASSERT_EQ(0, store(self->view + 9 * PAGE, 1));
	expect(_metadata, self->space, 2, 2);

	/* What has its entry does not fault. */
	ASSERT_EQ(0, verb_munmap(self->space, at(7), PAGE));
	ASSERT_EQ(0, store(self->view + 9 * PAGE, 2));
	expect(_metadata, self->space, 2, 2);
	ASSERT_EQ(0, store(self->view + 3 * PAGE, 1));
	expect(_metadata, self->space, 2, 3);
}

/* Also one for what is not there, or not allowed. */
TEST_F(classic, faults_that_fail)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 1, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	expect(_metadata, self->space, 0, 1);
	EXPECT_EQ(UNREADABLE, peek(self->view + PAGE));
	expect(_metadata, self->space, 0, 2);
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	expect(_metadata, self->space, 1, 2);
}

TEST_HARNESS_MAIN
