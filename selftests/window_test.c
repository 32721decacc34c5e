// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: what they show, what they allow, and that a change of the space is one in each of them.
 */
#include "svma_test.h"

#define PAGES	16	/* that windows of this file show */

FIXTURE(window) {
	int space;
	char *view, *other;	/* two windows on the same pages */
	struct peer peer;	/* a third one in another process */
};

FIXTURE_SETUP(window)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RWX);
	ASSERT_NE(NO_WINDOW, self->view);
	self->other = window(self->space, 0, PAGES, RWX);
	ASSERT_NE(NO_WINDOW, self->other);
	ASSERT_EQ(0, peer_start(&self->peer, self->space, 0, PAGES, RWX));
}

FIXTURE_TEARDOWN(window)
{
	EXPECT_EQ(0, peer_stop(&self->peer));
	close(self->space);
}

/* The value of a page in all three windows, or UNREADABLE; they must agree. */
static __u64 seen(struct _test_data_window *self, unsigned long page)
{
	__u64 value = peek(self->view + page * PAGE);
	__u64 third = peer_load(&self->peer, page) ? UNREADABLE : self->peer.value;

	if (peek(self->other + page * PAGE) != value || third != value)
		return ~value;
	return value;
}

TEST_F(window, fresh_memory_is_zero)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	for (i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0, self->view[i]);
	EXPECT_EQ(0, seen(self, 3));
	/* Also where it was written before it went. */
	ASSERT_EQ(0, store(self->view + PAGE, 7));
	ASSERT_EQ(0, verb_munmap(self->space, at(1), PAGE));
	ASSERT_EQ(0, map_pages(self->space, 1, 1, RW));
	EXPECT_EQ(0, seen(self, 1));
}

TEST_F(window, one_content)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view + 8, 0x1111));
	EXPECT_EQ(0x1111, peek(self->other + 8));
	ASSERT_EQ(0, store(self->other + PAGE, 0x2222));
	EXPECT_EQ(0x2222, seen(self, 1));
	ASSERT_EQ(0, peer_store(&self->peer, 2, 0x3333));
	EXPECT_EQ(0x3333, seen(self, 2));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 0x4444));
	EXPECT_EQ(0x4444, seen(self, 2));
}

/* Whoever has read the zero page before sees what is written after. */
TEST_F(window, read_before_written)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	EXPECT_EQ(0, seen(self, 0));
	EXPECT_EQ(0, seen(self, 1));
	ASSERT_EQ(0, store(self->view, 5));
	EXPECT_EQ(5, seen(self, 0));
	ASSERT_EQ(0, peer_store(&self->peer, 1, 6));
	EXPECT_EQ(6, seen(self, 1));
	/* By way of the descriptor, too. */
	EXPECT_EQ(0, seen(self, 2));
	ASSERT_EQ(1, pwrite(self->space, "\x07", 1, at(2)));
	EXPECT_EQ(7, seen(self, 2));
}

/* A window may lie at the very addresses that it shows. */
TEST_F(window, identity)
{
	char *same = mmap((void *)at(0), 4 * PAGE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE,
			  self->space, at(0));

	ASSERT_EQ((char *)at(0), same);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store((void *)at(2), 42));
	EXPECT_EQ(42, seen(self, 2));
	munmap(same, 4 * PAGE);
}

TEST_F(window, refused)
{
	const __u64 high = (1UL << 47) - PAGE;
	int layout_only = space_open(SVMA_SPACE_LAYOUT);

	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, RW, MAP_PRIVATE, self->space, at(0)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, self->space, at(0)));
	EXPECT_EQ(EINVAL, errno);
	/* Up to the end of the space, and no further. */
	EXPECT_NE(NO_WINDOW, mmap(NULL, PAGE, RW, MAP_SHARED, self->space, high - PAGE));
	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, RW, MAP_SHARED, self->space, high));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NO_WINDOW, mmap(NULL, 2 * PAGE, RW, MAP_SHARED, self->space, high - PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, RW, MAP_SHARED, self->space, 1UL << 62));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NO_WINDOW, mmap(NULL, PAGE, RW, MAP_SHARED, layout_only, at(0)));
	EXPECT_EQ(EOPNOTSUPP, errno);
	close(layout_only);
}

TEST_F(window, hole)
{
	ASSERT_EQ(0, map_pages(self->space, 1, 1, RW));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
	EXPECT_EQ(SEGV_MAPERR, fault_info().si_code);
	EXPECT_EQ(self->other, fault_info().si_addr);
	EXPECT_EQ(0, seen(self, 1));
	EXPECT_EQ(UNREADABLE, seen(self, 2));
	EXPECT_EQ(SIGSEGV, store(self->view + 2 * PAGE, 1));
	EXPECT_EQ(SIGSEGV, peer_store(&self->peer, 2, 1));
	EXPECT_STREQ("1-2:rw", layout(self->space));
	/* The window is there already when the region comes. */
	ASSERT_EQ(0, map_pages(self->space, 2, 1, RW));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 9));
	EXPECT_EQ(9, seen(self, 2));
}

TEST_F(window, read_only_window)
{
	char *view = window(self->space, 0, 4, PROT_READ);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	EXPECT_EQ(SIGSEGV, store(view, 1));
	ASSERT_EQ(0, store(self->view, 2));
	EXPECT_EQ(2, peek(view));
	EXPECT_EQ(SIGSEGV, store(view, 1));
	EXPECT_EQ(2, seen(self, 0));
}

TEST_F(window, region_without_access)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, PROT_NONE));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_NONE));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
	/* The content is still there. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(1, seen(self, 0));
}

TEST_F(window, read_only_region)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	EXPECT_EQ(0, seen(self, 0));
	/* With an entry there, too. */
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	EXPECT_EQ(SIGSEGV, peer_store(&self->peer, 0, 1));
	EXPECT_EQ(0, seen(self, 0));
}

TEST_F(window, exec)
{
	int value = 0;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RWX));
	put_code(self->view, 1234);
	EXPECT_EQ(0, run(self->other, &value));
	EXPECT_EQ(1234, value);
	EXPECT_EQ(0, peer_run(&self->peer, 0));
	EXPECT_EQ(1234, self->peer.value);
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(SIGSEGV, store(self->view, 0));
	EXPECT_EQ(0, run(self->view, &value));
}

TEST_F(window, exec_refused)
{
	char *no_exec = window(self->space, 0, 1, RW);
	int value = 0;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ASSERT_EQ(0, map_pages(self->space, 1, 1, RWX));
	put_code(self->view, 1);
	put_code(self->view + PAGE, 1);
	/* By the region: without an entry, with one that was read, with one that was written. */
	EXPECT_EQ(SIGSEGV, peer_run(&self->peer, 0));
	ASSERT_EQ(0, peer_load(&self->peer, 0));
	EXPECT_EQ(SIGSEGV, peer_run(&self->peer, 0));
	EXPECT_EQ(SIGSEGV, run(self->view, &value));
	/* By the window. */
	ASSERT_NE(NO_WINDOW, no_exec);
	EXPECT_EQ(SIGSEGV, run(no_exec, &value));
	/* Taken away while it is there, and given. */
	EXPECT_EQ(0, run(self->view + PAGE, &value));
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, RW));
	EXPECT_EQ(SIGSEGV, run(self->view + PAGE, &value));
	EXPECT_EQ(SIGSEGV, peer_run(&self->peer, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_EXEC));
	EXPECT_EQ(0, run(self->view, &value));
}

TEST_F(window, munmap_is_seen_at_once)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, store(self->view + i * PAGE, i + 1));
		ASSERT_EQ(i + 1, seen(self, i));
	}
	ASSERT_EQ(0, verb_munmap(self->space, at(2), 3 * PAGE));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i >= 2 && i < 5 ? UNREADABLE : i + 1, seen(self, i));
	EXPECT_EQ(SIGSEGV, peer_store(&self->peer, 3, 1));
	EXPECT_EQ(5, space_stats(self->space).resident);
	ASSERT_EQ(0, map_pages(self->space, 2, 3, RW));
	EXPECT_EQ(0, seen(self, 3));
}

TEST_F(window, fixed_mmap_replaces)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(1, seen(self, 0));
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	EXPECT_EQ(0, seen(self, 0));
	ASSERT_EQ(0, store(self->view, 2));
	ASSERT_EQ(0, map_pages(self->space, 0, 4, PROT_NONE));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
}

TEST_F(window, mprotect_is_seen_at_once)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 2, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->other, 2));
	ASSERT_EQ(0, peer_store(&self->peer, 0, 3));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view, 4));
	EXPECT_EQ(SIGSEGV, store(self->other, 4));
	EXPECT_EQ(SIGSEGV, peer_store(&self->peer, 0, 4));
	EXPECT_EQ(3, seen(self, 0));
	ASSERT_EQ(0, store(self->view + PAGE, 5));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, RW));
	ASSERT_EQ(0, peer_store(&self->peer, 0, 6));
	EXPECT_EQ(6, seen(self, 0));
	ASSERT_EQ(0, store(self->other, 7));
	EXPECT_EQ(7, seen(self, 0));
}

TEST_F(window, dontneed)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + PAGE, 2));
	ASSERT_EQ(1, seen(self, 0));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, seen(self, 0));
	EXPECT_EQ(2, seen(self, 1));
	ASSERT_EQ(0, store(self->other, 3));
	EXPECT_EQ(3, seen(self, 0));
}

/* Shared anonymous memory: DONTNEED takes entries, not contents. */
TEST_F(window, shared_anonymous)
{
	ASSERT_EQ(at(0), verb_mmap(self->space, at(0), 2 * PAGE, RW,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED))
		;
	EXPECT_STREQ("0-2:rws", layout(self->space));
	EXPECT_EQ(0, seen(self, 0));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(1, seen(self, 0));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(1, seen(self, 0));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
	EXPECT_EQ(0, seen(self, 1));
}

/* A store below a stack makes it grow, as a fault does. */
TEST_F(window, stack_grows)
{
	char *view = window(self->space, 1000, 24, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(at(1020), verb_mmap(self->space, at(1020), PAGE, RW, FIXED | MAP_GROWSDOWN));
	EXPECT_EQ(0, store(view + 15 * PAGE, 1));
	EXPECT_STREQ("1015-1021:rw", layout(self->space));
	EXPECT_EQ(SIGSEGV, store(view + 21 * PAGE, 1));
}

/* The windows of one space are not those of another. */
TEST_F(window, spaces_are_apart)
{
	int other = space_open(0);
	char *view = window(other, 0, PAGES, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_pages(self->space, 0, 2, RW));
	ASSERT_EQ(0, map_pages(other, 0, 2, RW));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(0, peek(view));
	ASSERT_EQ(0, store(view, 2));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	EXPECT_EQ(2, peek(view));
	EXPECT_EQ(UNREADABLE, seen(self, 0));
	close(other);
}

/* Faults that touching some pages takes. */
static __u64 faults_of(struct _test_data_window *self, unsigned long first, unsigned long count)
{
	__u64 before = space_stats(self->space).faults;
	unsigned long i;

	for (i = first; i < first + count; i++)
		peek(self->view + i * PAGE);
	return space_stats(self->space).faults - before;
}

/* One fault brings the pages around it that are there, and nothing else. */
TEST_F(window, around)
{
	char buf[PAGE] = { 5 };
	unsigned long i;

	ASSERT_EQ(0, map_pages(self->space, 0, 6, RW));
	ASSERT_EQ(0, map_pages(self->space, 8, 8, PROT_READ));
	for (i = 0; i < 16; i++)
		if (i < 5)
			ASSERT_EQ((ssize_t)PAGE, pwrite(self->space, buf, PAGE, at(i)));
	EXPECT_EQ(5, space_stats(self->space).resident);
	EXPECT_EQ(1, faults_of(self, 2, 1));
	/* All of the region that was there, on both sides; */
	EXPECT_EQ(0, faults_of(self, 0, 5));
	EXPECT_EQ(5, peek(self->view + 4 * PAGE));
	/* what was not there is brought in by a fault of its own, the hole stays one. */
	EXPECT_EQ(1, faults_of(self, 5, 1));
	EXPECT_EQ(UNREADABLE, peek(self->view + 6 * PAGE));
	EXPECT_EQ(5, space_stats(self->space).resident);
	/* Only this window: the other one takes its own. */
	EXPECT_EQ(0, peek(self->other + 3 * PAGE) - 5);
	EXPECT_EQ(0, store(self->view + 3 * PAGE, 6));
	EXPECT_EQ(6, seen(self, 3));
}

/* So does one that brings a page in, also where the last one looked around the same place. */
TEST_F(window, around_a_new_page)
{
	char buf[PAGE] = { 5 };
	unsigned long i;

	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	for (i = 0; i < 8; i++)
		if (i != 5)
			ASSERT_EQ((ssize_t)PAGE, pwrite(self->space, buf, PAGE, at(i)));
	EXPECT_EQ(0, store(self->view + 5 * PAGE, 6));
	EXPECT_EQ(1, space_stats(self->space).faults);
	EXPECT_EQ(0, faults_of(self, 0, 8));
	for (i = 8; i < 12; i++)
		EXPECT_EQ(0, store(self->view + i * PAGE, 7));
	EXPECT_EQ(5, space_stats(self->space).faults);
	/* What came in between is entered, too, and by the other window's fault for itself. */
	ASSERT_EQ((ssize_t)PAGE, pwrite(self->space, buf, PAGE, at(13)));
	EXPECT_EQ(0, store(self->view + 12 * PAGE, 8));
	EXPECT_EQ(0, faults_of(self, 13, 1));
	EXPECT_EQ(6, space_stats(self->space).faults);
	/* What a verb took out of windows is not taken for entered. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(8), 8 * PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(8), 8 * PAGE, RW));
	EXPECT_EQ(0, store(self->view + 14 * PAGE, 9));
	EXPECT_EQ(7, space_stats(self->space).faults);
	EXPECT_EQ(0, faults_of(self, 8, 7));
}

TEST_HARNESS_MAIN
