/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of SVMA_IOC_PAGES and SVMA_IOC_SMAPS share: what they tell is true by other ways
 * to know it: counted faults, totals, contents, each other.
 */
#ifndef SVMA_PAGES_H
#define SVMA_PAGES_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	64

FIXTURE(pages) {
	int space;
	char *view;
};

FIXTURE_SETUP(pages)
{
	struct svma_space_create create = { .kernel = SVMA_KERNEL(7, 3), .fd = -1 };
	int machine = machine_open();

	ASSERT_LE(0, machine);
	ASSERT_EQ(0, call(machine, SVMA_IOC_SPACE_CREATE, &create));
	close(machine);
	self->space = create.fd;
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(pages)
{
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

static struct svma_page list[1024];

/* Entries of some pages, into @list; how many, or a negative errno. */
static inline long pages(int space, const void *view, unsigned long first, unsigned long count)
{
	struct svma_page_list arg = {
		.start = at(first), .end = at(first + count), .buf = (unsigned long)list,
		.window = (unsigned long)view, .count = sizeof(list) / sizeof(list[0]),
	};
	long err;

	memset(list, 0xff, sizeof(list));
	err = call(space, SVMA_IOC_PAGES, &arg);
	return err ? err : arg.more || arg.start != arg.end ? -ENOTRECOVERABLE : (long)arg.count;
}

/* "0:pe 1:z": a letter for each flag, in their order. */
static inline const char *told(int space, const void *view, unsigned long first,
			       unsigned long count)
{
	static const char letters[] = "pzgsfcdoew!";
	static char text[16 * 1024];
	long got = pages(space, view, first, count), i;
	char *end = text;
	unsigned int k;

	*end = '\0';
	if (got < 0)
		sprintf(text, "error %ld", got);
	for (i = 0; i < got; i++) {
		end += sprintf(end, "%s%ld:", i ? " " : "",
			       (long)(list[i].addr - SVMA_BASE) / (long)PAGE);
		for (k = 0; letters[k]; k++)
			if (list[i].flags & 1u << k)
				*end++ = letters[k];
		*end = '\0';
	}
	return text;
}

static inline __u32 flags_of(int space, const void *view, unsigned long page)
{
	return pages(space, view, page, 1) == 1 ? list[0].flags : 0;
}

/* Faults of an access. */
static inline long faults_of(struct _test_data_pages *self, unsigned long page, bool writes)
{
	volatile __u64 *word = (void *)(self->view + page * PAGE);
	struct faults faults;

	faults_begin(&faults, self->space);
	if (writes)
		*word = *word;
	else
		(void)*word;
	return faults_end(&faults);
}

/* Pages whose next access took faults where the view told of an entry for it, or took none. */
static inline int wrong_entries(struct _test_data_pages *self, unsigned long first,
				unsigned long count, bool writes)
{
	__u32 need = writes ? SVMA_PAGE_ENTRY_WRITE : SVMA_PAGE_ENTRY;
	unsigned long page;
	int wrong = 0;

	for (page = first; page < first + count; page++) {
		bool entry = flags_of(self->space, self->view, page) & need;
		long faults = faults_of(self, page, writes);

		wrong += entry ? faults != 0 : faults < 1;
		wrong += !(flags_of(self->space, self->view, page) & need);
	}
	return wrong;
}

static struct svma_smap rows[64];

static inline long smaps(int space)
{
	struct svma_smaps arg = {
		.end = ~0ULL, .buf = (unsigned long)rows, .count = sizeof(rows) / sizeof(rows[0]),
	};
	long err;

	memset(rows, 0xff, sizeof(rows));
	err = call(space, SVMA_IOC_SMAPS, &arg);
	return err ? err : arg.more ? -ENOTRECOVERABLE : (long)arg.count;
}

/* Each row's pages, and that the view and the totals tell the same of the whole. */
static inline const char *counted(int space)
{
	static char text[4096];
	struct svma_smap sum = { .shared = 0 };
	long got = smaps(space), i, n;
	char *end = text;
	__u64 present = 0, shared = 0, zero = 0, guards = 0;

	*end = '\0';
	for (i = 0; i < got; i++) {
		const struct svma_smap *row = &rows[i];

		end += sprintf(end, "%s%llu=%llu+%llu", i ? " " : "", row->region.resident,
			       row->shared, row->unshared);
		if (row->locked)
			end += sprintf(end, " L%llu", row->locked);
		if (row->zero)
			end += sprintf(end, " z%llu", row->zero);
		if (row->guards)
			end += sprintf(end, " g%llu", row->guards);
		if (row->foreign)
			end += sprintf(end, " c%llu", row->foreign);
		if (row->region.resident != row->shared + row->unshared)
			return "shared and private are not all";
		sum.region.resident += row->region.resident;
		sum.shared += row->shared;
		sum.zero += row->zero;
		sum.guards += row->guards;
	}
	n = pages(space, NULL, 0, 600 * 512);
	if (got < 0 || n < 0)
		return "error";
	for (i = 0; i < n; i++) {
		present += !!(list[i].flags & SVMA_PAGE_PRESENT);
		shared += !!(list[i].flags & SVMA_PAGE_SHARED);
		zero += !!(list[i].flags & SVMA_PAGE_ZERO);
		guards += !!(list[i].flags & SVMA_PAGE_GUARD);
	}
	if (present != sum.region.resident || shared != sum.shared || zero != sum.zero ||
	    guards != sum.guards)
		return "the view tells something else";
	if (space_stats(space).resident != present)
		return "the totals tell something else";
	return text;
}

#endif /* SVMA_PAGES_H */
