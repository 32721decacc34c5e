/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of 2 MiB pages share. What pread says is compared with what windows show; what the
 * page listing says of hardware entries is compared with the faults that were taken.
 */
#ifndef SVMA_HUGEPAGE_H
#define SVMA_HUGEPAGE_H

#include <sys/resource.h>
#include <unistd.h>

#include "svma_test.h"

#define THP		"/sys/kernel/mm/transparent_hugepage"
#define HUGE_PAGES	512UL			/* pages in a block */
#define BLOCKS		4UL
#define PAGES		(BLOCKS * HUGE_PAGES)
#define HUGE_SIZE	(HUGE_PAGES * PAGE)

/* How many pages of a range the listing tells all of some flags of; a negative errno. */
static inline long count_pages(int space, const void *view, unsigned long first,
			       unsigned long count, __u32 flags)
{
	static struct svma_page list[PAGES];
	struct svma_page_list arg = {
		.start = at(first), .end = at(first + count), .buf = (unsigned long)list,
		.window = (unsigned long)view, .count = PAGES,
	};
	long err = call(space, SVMA_IOC_PAGES, &arg), found = 0;
	__u32 i;

	if (err || arg.more)
		return err ?: -E2BIG;
	for (i = 0; i < arg.count; i++) {
		if (list[i].flags & SVMA_PAGE_ENTRY_OTHER)
			return -ENOTRECOVERABLE;
		found += (list[i].flags & flags) == flags;
	}
	return found;
}

static inline long huge_pages(int space, unsigned long first, unsigned long count)
{
	return count_pages(space, NULL, first, count, SVMA_PAGE_HUGE | SVMA_PAGE_PRESENT);
}

/* Pages of a range that a window on page 0 and the following shows by entries of 2 MiB. */
static inline long huge_entries(int space, const char *view, unsigned long first,
				unsigned long count)
{
	return count_pages(space, view, first, count, SVMA_PAGE_ENTRY | SVMA_PAGE_ENTRY_HUGE);
}

static inline long writable_entries(int space, const char *view, unsigned long first,
				    unsigned long count)
{
	return count_pages(space, view, first, count, SVMA_PAGE_ENTRY | SVMA_PAGE_ENTRY_WRITE);
}

static inline __u64 stamp_of(unsigned long page, __u64 generation)
{
	return generation << 32 | (page + 1);
}

/* Write a stamp to each page; how many faults that took, which both counters must tell alike. */
static inline long stamp(int space, char *view, unsigned long first, unsigned long count,
			 __u64 generation)
{
	__u64 before = space_stats(space).faults;
	struct rusage start, end;
	unsigned long i;
	long taken;

	getrusage(RUSAGE_THREAD, &start);
	getrusage(RUSAGE_THREAD, &start);
	for (i = first; i < first + count; i++)
		*(volatile __u64 *)(view + i * PAGE) = stamp_of(i, generation);
	getrusage(RUSAGE_THREAD, &end);
	taken = end.ru_minflt - start.ru_minflt;
	return (__u64)taken == space_stats(space).faults - before ? taken : -1;
}

/* How many pages of a range do not have the stamp: by pread, and by a window if there is one. */
static inline long wrong_stamps(int space, const char *view, unsigned long first,
				unsigned long count, __u64 generation)
{
	unsigned long i;
	long wrong = 0;

	for (i = first; i < first + count; i++) {
		__u64 due = generation ? stamp_of(i, generation) : 0;

		wrong += page_get(space, i) != due;
		if (view)
			wrong += peek(view + i * PAGE) != due;
	}
	return wrong;
}

static inline struct svma_smap smap_of(int space)
{
	struct svma_smap smap = { 0 };
	struct svma_smaps arg = { .end = ~0ULL, .buf = (unsigned long)&smap, .count = 1 };

	if (call(space, SVMA_IOC_SMAPS, &arg))
		smap.huge = ~0ULL;
	return smap;
}

static inline long tell(int space, __u32 personality)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_PERSONALITY, .personality = personality,
	};

	return call(space, SVMA_IOC_LAYOUT_SET, &layout);
}

FIXTURE(huge) {
	int space;
	char *view;	/* BLOCKS blocks, all one region that asks for large pages */
};

FIXTURE_SETUP(huge)
{
	if (access(THP, F_OK))
		SKIP(return, "this kernel has no large pages");
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGES * PAGE, MADV_HUGEPAGE));
}

FIXTURE_TEARDOWN(huge)
{
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

#endif /* SVMA_HUGEPAGE_H */
