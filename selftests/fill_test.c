// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_WINDOW_FILL: present pages get their entries at once, others do not.
 */
#include <pthread.h>

#include "svma_test.h"

/* Of newer headers. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define PAGES	64

FIXTURE(fill) {
	int space;
	char *view;
};

FIXTURE_SETUP(fill)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(fill)
{
	close(self->space);
}

/* Pages entered, or a negative errno. */
static long fill(int space, const void *addr, unsigned long len)
{
	struct svma_window_fill arg = { .addr = (unsigned long)addr, .len = len, .filled = 12345 };
	long err = call(space, SVMA_IOC_WINDOW_FILL, &arg);

	return err ? err : (long)arg.filled;
}

/* Make pages present without an entry in the window. */
static int stamp(int space, unsigned long page, __u64 value)
{
	return pwrite(space, &value, sizeof(value), at(page)) == sizeof(value) ? 0 : -errno;
}

/* Faults of an access to some pages. */
static long faults_over(struct _test_data_fill *self, unsigned long first, unsigned long count,
			bool writes)
{
	struct faults faults;
	unsigned long i;

	faults_begin(&faults, self->space);
	for (i = first; i < first + count; i++) {
		volatile __u64 *word = (void *)(self->view + i * PAGE);

		if (writes)
			*word += 1000;
		else
			(void)*word;
	}
	return faults_end(&faults);
}

TEST_F(fill, present_pages_cost_no_fault)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	for (i = 0; i < 32; i++)
		ASSERT_EQ(0, stamp(self->space, i, i + 1));
	EXPECT_EQ(32, fill(self->space, self->view, PAGES * PAGE));
	EXPECT_EQ(0, faults_over(self, 0, 32, false));
	EXPECT_EQ(0, faults_over(self, 0, 32, true));
	for (i = 0; i < 32; i++)
		EXPECT_EQ(i + 1001, peek(self->view + i * PAGE));
	/* What was not there costs one fault each, as before. */
	EXPECT_EQ(32, faults_over(self, 32, 32, false));
	EXPECT_EQ(0, peek(self->view + 40 * PAGE));
	EXPECT_EQ(32, space_stats(self->space).resident);
}

/* One for each 16 pages that are there. */
TEST_F(fill, without_it_there_are_faults)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	for (i = 0; i < 32; i++)
		ASSERT_EQ(0, stamp(self->space, i, 1));
	EXPECT_EQ(2, faults_over(self, 0, 32, false));
	/* Again is no harm, and takes none away. */
	EXPECT_EQ(32, fill(self->space, self->view, 32 * PAGE));
	EXPECT_EQ(32, fill(self->space, self->view, 32 * PAGE));
	EXPECT_EQ(0, faults_over(self, 0, 32, true));
}

/* Every second page, every second region: runs of one page, and what lies between stays out. */
TEST_F(fill, gaps)
{
	unsigned int i;

	for (i = 0; i < PAGES; i += 4)
		ASSERT_EQ(0, map_pages(self->space, i, 3, RW));
	for (i = 0; i < PAGES; i += 4) {
		ASSERT_EQ(0, stamp(self->space, i, i));
		ASSERT_EQ(0, stamp(self->space, i + 2, i + 2));
	}
	EXPECT_EQ(PAGES / 2, fill(self->space, self->view, PAGES * PAGE));
	for (i = 0; i < PAGES; i += 4) {
		EXPECT_EQ(0, faults_over(self, i, 1, true));
		EXPECT_EQ(i + 1000, peek(self->view + i * PAGE));
		EXPECT_EQ(0, peek(self->view + (i + 1) * PAGE));
		EXPECT_EQ(i + 2, peek(self->view + (i + 2) * PAGE));
		EXPECT_EQ(UNREADABLE, peek(self->view + (i + 3) * PAGE));
	}
}

TEST_F(fill, protection)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 12, RW));
	for (i = 0; i < 12; i++)
		ASSERT_EQ(0, stamp(self->space, i, i + 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(4), 4 * PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(8), 4 * PAGE, PROT_NONE));
	EXPECT_EQ(8, fill(self->space, self->view, 12 * PAGE));
	EXPECT_EQ(0, faults_over(self, 0, 8, false));
	EXPECT_EQ(SIGSEGV, store(self->view + 4 * PAGE, 1));
	EXPECT_EQ(5, peek(self->view + 4 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view + 8 * PAGE));
	/* The window's own protection binds, too, and no later right of it lends more. */
	ASSERT_EQ(0, mprotect(self->view, 12 * PAGE, PROT_READ));
	EXPECT_EQ(8, fill(self->space, self->view, 12 * PAGE));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	ASSERT_EQ(0, mprotect(self->view, 12 * PAGE, RW));
	EXPECT_EQ(0, store(self->view, 1));
	EXPECT_EQ(SIGSEGV, store(self->view + 4 * PAGE, 1));
	EXPECT_EQ(5, peek(self->view + 4 * PAGE));
	ASSERT_EQ(0, mprotect(self->view, 12 * PAGE, PROT_NONE));
	EXPECT_EQ(0, fill(self->space, self->view, 12 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view));
}

/* What is entered so goes as all entries go. */
TEST_F(fill, gone_at_munmap)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	for (i = 0; i < PAGES; i++)
		ASSERT_EQ(0, stamp(self->space, i, i + 1));
	ASSERT_EQ(PAGES, fill(self->space, self->view, PAGES * PAGE));
	ASSERT_EQ(0, verb_munmap(self->space, at(8), 8 * PAGE));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(i >= 8 && i < 16 ? UNREADABLE : i + 1, peek(self->view + i * PAGE));
	ASSERT_EQ(0, verb_mprotect(self->space, at(32), 8 * PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view + 32 * PAGE, 1));
	ASSERT_EQ(0, verb_madvise(self->space, at(40), PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, peek(self->view + 40 * PAGE));
}

/* More than a large page, from an odd place to an odd place; and by parts of windows. */
TEST_F(fill, long_ranges)
{
	const unsigned long count = 1300, first = 7;
	char *view = window(self->space, 0, count + 64, RW);
	unsigned long i;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(at(0),
		  verb_mmap(self->space, at(0), (count + 64) * PAGE, RW, FIXED | MAP_POPULATE))
		;
	ASSERT_EQ(count + 64, space_stats(self->space).resident);
	self->view = view;
	EXPECT_EQ(count, fill(self->space, view + first * PAGE, count * PAGE));
	EXPECT_EQ(0, faults_over(self, first, count, true));
	EXPECT_EQ(1, faults_over(self, first + count, 1, false));
	/* A hole in the window ends it, two windows side by side do not. */
	ASSERT_EQ(0, mprotect(view + 600 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(count + 64, fill(self->space, view, (count + 64) * PAGE));
	EXPECT_EQ(SIGSEGV, store(view + 600 * PAGE, 1));
	ASSERT_EQ(0, munmap(view + 600 * PAGE, PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, view, (count + 64) * PAGE));
	EXPECT_EQ(600, fill(self->space, view, 600 * PAGE));
	for (i = first; i < count; i += 99)
		EXPECT_EQ(i == 600 ? UNREADABLE : 1000, peek(view + i * PAGE));
	munmap(view, (count + 64) * PAGE);
}

TEST_F(fill, errors)
{
	char *memory = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	int other = space_open(0), layout_only = space_open(SVMA_SPACE_LAYOUT);

	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_EQ(-EINVAL, fill(self->space, self->view + 1, PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, self->view, PAGE + 1));
	EXPECT_EQ(-EINVAL, fill(self->space, self->view, (PAGES + 1) * PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, self->view - PAGE, 2 * PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, memory, PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, NULL, PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, self->view, -PAGE));
	EXPECT_EQ(-EINVAL, fill(self->space, (void *)-PAGE, PAGE));
	EXPECT_EQ(-EINVAL, fill(other, self->view, PAGE));
	EXPECT_EQ(-EOPNOTSUPP, fill(layout_only, self->view, PAGE));
	EXPECT_EQ(0, fill(self->space, self->view, PAGES * PAGE));
	close(other);
	close(layout_only);
	munmap(memory, 4 * PAGE);
}

/*
 * Fills that race with verbs. One thread fills, one reads, and one changes the space: what it has
 * taken away must be away, also when a fill is under way.
 */
struct race {
	int space;
	char *view;
	volatile bool stop;
	unsigned long fills;
	__u64 foreign;	/* what should not have been read */
};

static void *race_fill(void *arg)
{
	struct race *race = arg;

	while (!race->stop) {
		long ret = fill(race->space, race->view, PAGES * PAGE);

		if (ret < 0 || ret > PAGES)
			race->foreign = ret;
		race->fills++;
	}
	return NULL;
}

/* A page holds nothing, or its own number in the upper half. */
static void *race_read(void *arg)
{
	struct race *race = arg;
	unsigned int i;

	while (!race->stop) {
		for (i = 0; i < PAGES; i++) {
			__u64 value = peek(race->view + i * PAGE);

			if (value && value != UNREADABLE && value >> 32 != i + 1)
				race->foreign = value;
		}
	}
	return NULL;
}

TEST_F(fill, race)
{
	struct race race = { .space = self->space, .view = self->view };
	pthread_t filler, reader;
	double end = seconds() + 2;
	__u64 round;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	ASSERT_EQ(0, pthread_create(&filler, NULL, race_fill, &race));
	ASSERT_EQ(0, pthread_create(&reader, NULL, race_read, &race));
	/* As long as it takes a busy machine to have some of both. */
	for (round = 1; seconds() < end || race.fills <= 10 || round <= 10; round++) {
		unsigned long page = round * 13 % (PAGES - 4), i;

		for (i = page; i < page + 4; i++)
			ASSERT_EQ(0, stamp(self->space, i, (i + 1) << 32 | round));
		ASSERT_EQ((page + 1) << 32 | round, peek(self->view + page * PAGE));
		ASSERT_EQ(0, verb_mprotect(self->space, at(page), PAGE, PROT_READ));
		ASSERT_EQ(SIGSEGV, store(self->view + page * PAGE, 1));
		ASSERT_EQ((page + 1) << 32 | round, peek(self->view + page * PAGE));
		ASSERT_EQ(0, verb_mprotect(self->space, at(page), PAGE, RW));
		ASSERT_EQ(0, store(self->view + page * PAGE, (page + 1) << 32));
		ASSERT_EQ(0, verb_munmap(self->space, at(page), 4 * PAGE));
		for (i = page; i < page + 4; i++)
			ASSERT_EQ(UNREADABLE, peek(self->view + i * PAGE));
		ASSERT_EQ(0, map_pages(self->space, page, 4, RW));
		ASSERT_EQ(0, peek(self->view + (page + 1) * PAGE));
	}
	race.stop = true;
	pthread_join(filler, NULL);
	pthread_join(reader, NULL);
	EXPECT_EQ(0, race.foreign);
}

/* What a fill has entered for writing a fork takes out, where nobody wrote through a window. */
TEST_F(fill, a_fork_takes_it_out)
{
	int child;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ASSERT_EQ(0, stamp(self->space, 0, 1));
	fill(self->space, self->view, PAGE);
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, store(self->view, 2));
	EXPECT_EQ(1, page_get(child, 0));
	EXPECT_EQ(2, page_get(self->space, 0));
	close(child);
}

/* A fill enters no page that a restore has put away, nor one for writing that a fork shares. */
TEST_F(fill, race_with_restore_and_fork)
{
	struct race race = { .space = self->space, .view = self->view };
	pthread_t filler, reader;
	double end = seconds() + 2;
	int snapshot, child;
	__u64 round, page;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	for (page = 0; page < PAGES; page++)
		ASSERT_EQ(0, stamp(self->space, page, (page + 1) << 32));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, pthread_create(&filler, NULL, race_fill, &race));
	ASSERT_EQ(0, pthread_create(&reader, NULL, race_read, &race));
	for (round = 1; seconds() < end || race.fills <= 10 || round <= 10; round++) {
		page = round * 13 % PAGES;

		/* Where no fault has let the window write, a fill may. */
		ASSERT_EQ(0, stamp(self->space, page, (page + 1) << 32 | round));
		if (round % 3)
			fill(self->space, self->view, PAGES * PAGE);
		else
			store(self->view + page * PAGE, (page + 1) << 32 | round);
		child = verb_fork(self->space);
		ASSERT_LE(0, child);
		/* Neither sees what the other writes from now on. */
		ASSERT_EQ(0, store(self->view + page * PAGE, (page + 1) << 32 | ~0U));
		ASSERT_EQ((page + 1) << 32 | round, page_get(child, page));
		ASSERT_EQ(0, stamp(child, page, 1));
		ASSERT_EQ((page + 1) << 32 | ~0U, peek(self->view + page * PAGE));
		close(child);
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
		ASSERT_EQ((page + 1) << 32, peek(self->view + page * PAGE));
		ASSERT_EQ((page + 1) << 32, page_get(self->space, page));
	}
	race.stop = true;
	pthread_join(filler, NULL);
	pthread_join(reader, NULL);
	EXPECT_EQ(0, race.foreign);
	for (page = 0; page < PAGES; page++)
		EXPECT_EQ((page + 1) << 32, page_get(snapshot, page));
	close(snapshot);
}

struct filler {
	int space;
	long err;
};

static void *populate(void *data)
{
	struct filler *filler = data;

	filler->err = verb_madvise(filler->space, at(3000), 1200 * PAGE, MADV_POPULATE_WRITE);
	return NULL;
}

/* Among pages that are there, marks of the zero page, and pages that a child has too. */
TEST_F(fill, populate_among_others)
{
	struct filler filler = { .space = self->space };
	unsigned long page;
	pthread_t thread;
	char *view;
	int child;

	ASSERT_EQ(0, map_pages(self->space, 3000, 1200, RW));
	view = window(self->space, 3000, 1200, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (page = 7; page < 1200; page += 100) {
		ASSERT_EQ(0, store(view + page * PAGE, page));
		EXPECT_EQ(0, peek(view + (page + 20) * PAGE));
	}
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	for (page = 37; page < 1200; page += 100)
		ASSERT_EQ(0, store(view + page * PAGE, page));
	/* Two at once: each page is brought in by one of them. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, populate, &filler));
	ASSERT_EQ(0, verb_madvise(self->space, at(3000), 1200 * PAGE, MADV_POPULATE_WRITE));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, filler.err);
	EXPECT_EQ(space_stats(child).resident + 1200 - 12, space_stats(self->space).resident);
	for (page = 0; page < 1200; page++) {
		EXPECT_EQ(page % 100 == 7 || page % 100 == 37 ? page : 0, peek(view + page * PAGE));
		ASSERT_EQ(0, store(view + page * PAGE, 1));
		EXPECT_EQ(1, page_get(self->space, 3000 + page));
		EXPECT_EQ(page % 100 == 7 ? page : 0, page_get(child, 3000 + page));
	}
	munmap(view, 1200 * PAGE);
	close(child);
}

TEST_HARNESS_MAIN
