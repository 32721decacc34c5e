// SPDX-License-Identifier: GPL-2.0
/*
 * What SVMA_IOC_PAGES tells of hardware entries, beside the kernel's own dump of this process' page
 * table, which knows nothing of spaces. Only a kernel with CONFIG_PTDUMP_DEBUGFS has one: of ours,
 * the debug kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svma_test.h"

#define DUMPS		"/sys/kernel/debug/page_tables/"
#define NO_DUMP		"this kernel has no dump of page tables"	/* a setup cannot skip */
#define THP		"/sys/kernel/mm/transparent_hugepage"

#define HUGE_PAGES	512UL
#define HUGE_SIZE	(HUGE_PAGES * PAGE)
#define FIRST_HUGE	512UL			/* two blocks from here on ask for large pages */
#define PAGES		(3 * HUGE_PAGES)

/* What a page of the window is shown by. */
#define SHOWN		1
#define WRITABLE	2
#define HUGE		4

/* With page table isolation user space runs on another table than the kernel. */
static const char *dump_name(void)
{
	return !access(DUMPS "current_user", R_OK) ? DUMPS "current_user" :
	       !access(DUMPS "current_kernel", R_OK) ? DUMPS "current_kernel" : NULL;
}

static void dump_line(const char *line, const char *view, unsigned char shown[PAGES])
{
	unsigned long start, end, first = (unsigned long)view, last = first + PAGES * PAGE;
	char flags = SHOWN;

	/* Levels above, and holes, have no "USR". */
	if (sscanf(line, "0x%lx-0x%lx", &start, &end) != 2 || !strstr(line, " USR "))
		return;
	flags |= strstr(line, " RW ") ? WRITABLE : 0;
	flags |= strstr(line, " PSE ") ? HUGE : 0;
	for (start = start > first ? start : first; start < end && start < last; start += PAGE)
		shown[(start - first) / PAGE] = flags;
}

/* From the kernel's dump: false if it cannot be read. */
static bool dump(const char *view, unsigned char shown[PAGES])
{
	FILE *file = fopen(dump_name(), "re");
	size_t room = 0, lines = 0;
	char *line = NULL;

	memset(shown, 0, PAGES);
	if (!file)
		return false;
	/* The first read makes all of it, so that it is of one moment. */
	while (getline(&line, &room, file) > 0) {
		dump_line(line, view, shown);
		lines++;
	}
	free(line);
	fclose(file);
	return lines;
}

/* From the space: false if it does not tell. */
static bool ask(int space, const char *view, unsigned char shown[PAGES])
{
	static struct svma_page list[PAGES];
	struct svma_page_list arg = {
		.start = at(0), .end = at(PAGES), .buf = (unsigned long)list, .count = PAGES,
		.window = (unsigned long)view,
	};
	unsigned int i;

	memset(shown, 0, PAGES);
	if (call(space, SVMA_IOC_PAGES, &arg) || arg.more)
		return false;
	for (i = 0; i < arg.count; i++) {
		unsigned char *page = &shown[(list[i].addr - at(0)) / PAGE];

		if (list[i].flags & SVMA_PAGE_ENTRY_OTHER)
			return false;
		if (list[i].flags & SVMA_PAGE_ENTRY)
			*page |= SHOWN;
		if (list[i].flags & SVMA_PAGE_ENTRY_WRITE)
			*page |= WRITABLE;
		if (list[i].flags & SVMA_PAGE_ENTRY_HUGE)
			*page |= HUGE;
	}
	return true;
}

/* "0-4:w 512-1024:rh": pages with entries; "r" is without the right to write, "h" one of 2 MiB. */
static char *print(char *end, const unsigned char shown[PAGES])
{
	unsigned long i, first;
	char *start = end;

	*end = '\0';
	for (i = 0; i < PAGES; i++) {
		if (!shown[i])
			continue;
		for (first = i; i + 1 < PAGES && shown[i + 1] == shown[first]; i++)
			;
		end += sprintf(end, "%s%lu-%lu:%s%s", end > start ? " " : "", first, i + 1,
			       shown[first] & WRITABLE ? "w" : "r",
			       shown[first] & HUGE ? "h" : "");
	}
	return end;
}

/* The entries of a window on page 0 and the following, if dump and listing are of one mind. */
static const char *entries(int space, const char *view)
{
	static unsigned char dumped[PAGES], asked[PAGES];
	static char text[PAGES * 32];
	char *end;

	if (!dump(view, dumped) || !ask(space, view, asked))
		return "cannot tell";
	end = print(text, dumped);
	if (memcmp(dumped, asked, PAGES)) {
		end += sprintf(end, " in the dump, ");
		end = print(end, asked);
		sprintf(end, " in the listing");
	}
	return text;
}

FIXTURE(dump) {
	int space;
	char *view;
};

FIXTURE_SETUP(dump)
{
	const char *kernel = getenv("SVMA_KERNEL");

	/* The debug kernel is to have one. */
	if (kernel && !strcmp(kernel, "debug"))
		ASSERT_NE(NULL, dump_name());
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, map_pages(self->space, 0, 64, RW));
	ASSERT_EQ(0, map_pages(self->space, FIRST_HUGE, 2 * HUGE_PAGES, RW));
	ASSERT_EQ(0, verb_madvise(self->space, at(FIRST_HUGE), 2 * HUGE_SIZE, MADV_HUGEPAGE));
}

FIXTURE_TEARDOWN(dump)
{
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

#define EXPECT_ENTRIES(wanted) EXPECT_STREQ(wanted, entries(self->space, self->view))

/* Write to pages, from the last one down: nothing is there yet that a fault could bring along. */
static int store_each(char *view, unsigned long first, unsigned long count)
{
	int sig = 0;

	while (count-- && !sig)
		sig = store(view + (first + count) * PAGE, first + count);
	return sig;
}

TEST_F(dump, faults)
{
	unsigned long i;

	if (!dump_name())
		SKIP(return, NO_DUMP);
	EXPECT_ENTRIES("");
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	EXPECT_EQ(0, peek(self->view + 20 * PAGE));		/* the zero page */
	ASSERT_EQ(0, page_put(self->space, 40, 1));		/* no window had a part in it */
	EXPECT_ENTRIES("1-2:w 20-21:r");
	ASSERT_EQ(0, store(self->view + 20 * PAGE, 1));
	EXPECT_ENTRIES("1-2:w 20-21:w");
	for (i = 48; i < 56; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	EXPECT_EQ(50, peek(self->view + 50 * PAGE));		/* and those around it */
	EXPECT_ENTRIES("1-2:w 20-21:w 48-56:w");
	EXPECT_NE(0, store(self->view + 100 * PAGE, 1));	/* a hole */
	EXPECT_ENTRIES("1-2:w 20-21:w 48-56:w");
}

TEST_F(dump, verbs)
{
	if (!dump_name())
		SKIP(return, NO_DUMP);
	ASSERT_EQ(0, store_each(self->view, 0, 16));
	EXPECT_ENTRIES("0-16:w");
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), 4 * PAGE, PROT_READ));
	EXPECT_ENTRIES("4-16:w");
	EXPECT_EQ(2, peek(self->view + 2 * PAGE));
	EXPECT_ENTRIES("0-4:r 4-16:w");
	EXPECT_EQ(SIGSEGV, store(self->view + 2 * PAGE, 1));
	ASSERT_EQ(0, verb_munmap(self->space, at(2), 4 * PAGE));
	EXPECT_ENTRIES("0-2:r 6-16:w");
	ASSERT_EQ(0, verb_madvise(self->space, at(8), 2 * PAGE, MADV_DONTNEED));
	EXPECT_ENTRIES("0-2:r 6-8:w 10-16:w");
	ASSERT_EQ(at(30), verb_mremap(self->space, at(10), 2 * PAGE, 2 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(30)));
	EXPECT_ENTRIES("0-2:r 6-8:w 12-16:w");
	EXPECT_EQ(11, peek(self->view + 31 * PAGE));
	EXPECT_ENTRIES("0-2:r 6-8:w 12-16:w 30-32:w");
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), 2 * PAGE, PROT_NONE));
	EXPECT_NE(0, store(self->view, 1));
	EXPECT_ENTRIES("6-8:w 12-16:w 30-32:w");
}

/* What the process does to its window, and not the space. */
TEST_F(dump, windows)
{
	if (!dump_name())
		SKIP(return, NO_DUMP);
	ASSERT_EQ(0, store_each(self->view, 0, 16));
	ASSERT_EQ(0, mprotect(self->view, 4 * PAGE, PROT_READ));
	EXPECT_ENTRIES("0-4:r 4-16:w");
	ASSERT_EQ(0, mprotect(self->view, 2 * PAGE, RW));
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	EXPECT_EQ(SIGSEGV, store(self->view + 3 * PAGE, 1));
	ASSERT_EQ(0, mprotect(self->view + 8 * PAGE, 2 * PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, store(self->view + 8 * PAGE, 1));
	EXPECT_ENTRIES("0-2:w 2-4:r 4-8:w 10-16:w");
	ASSERT_EQ(0, mprotect(self->view + 8 * PAGE, 2 * PAGE, RW));
	EXPECT_EQ(8, peek(self->view + 8 * PAGE));
	ASSERT_EQ(0, munmap(self->view + 12 * PAGE, 2 * PAGE));
	ASSERT_EQ(0, store(self->view + 8 * PAGE, 1));
	EXPECT_ENTRIES("0-2:w 2-4:r 4-12:w 14-16:w");
}

TEST_F(dump, snapshots)
{
	int snapshot;

	if (!dump_name())
		SKIP(return, NO_DUMP);
	ASSERT_EQ(0, store_each(self->view, 0, 16));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(5, peek(self->view + 5 * PAGE));
	EXPECT_ENTRIES("0-16:r");
	ASSERT_EQ(0, store(self->view + 5 * PAGE, 1));
	ASSERT_EQ(0, store(self->view + 20 * PAGE, 1));
	EXPECT_ENTRIES("0-5:r 5-6:w 6-16:r 20-21:w");
	/* What was written gets the snapshot's contents where it is; what was not there goes. */
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_ENTRIES("0-5:r 5-6:w 6-16:r");
	EXPECT_EQ(5, peek(self->view + 5 * PAGE));
	close(snapshot);
}

TEST_F(dump, forks)
{
	int space, status;
	pid_t child;
	char *other;

	if (!dump_name())
		SKIP(return, NO_DUMP);
	ASSERT_EQ(0, store_each(self->view, 0, 16));
	space = verb_fork(self->space);
	ASSERT_LE(0, space);
	other = window(space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, other);
	EXPECT_EQ(5, peek(self->view + 5 * PAGE));
	EXPECT_ENTRIES("0-16:r");
	EXPECT_STREQ("", entries(space, other));
	EXPECT_EQ(5, peek(other + 5 * PAGE));
	ASSERT_EQ(0, store(other + 6 * PAGE, 1));
	EXPECT_STREQ("0-6:r 6-7:w 7-16:r", entries(space, other));
	EXPECT_ENTRIES("0-16:r");
	ASSERT_EQ(0, store(self->view + 7 * PAGE, 1));
	EXPECT_ENTRIES("0-7:r 7-8:w 8-16:r");
	/* A child has a table of its own, with what its parent's has; the dump is the reader's. */
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int wrong = strcmp("0-7:r 7-8:w 8-16:r", entries(self->space, self->view));

		wrong |= store(self->view + 3 * PAGE, 1);
		wrong |= strcmp("0-3:r 3-4:w 4-7:r 7-8:w 8-16:r",
				entries(self->space, self->view));
		_exit(!!wrong);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_ENTRIES("0-3:r 4-7:r 7-8:w 8-16:r");
	munmap(other, PAGES * PAGE);
	close(space);
}

TEST_F(dump, huge)
{
	unsigned long second = FIRST_HUGE + HUGE_PAGES;
	int snapshot;

	if (!dump_name())
		SKIP(return, NO_DUMP);
	if (access(THP, F_OK))
		SKIP(return, "this kernel has no large pages");
	ASSERT_EQ(0, store(self->view + (FIRST_HUGE + 3) * PAGE, 1));
	EXPECT_ENTRIES("512-1024:wh");
	ASSERT_EQ(0, store(self->view + second * PAGE, 1));
	EXPECT_ENTRIES("512-1536:wh");
	/* Of a part, by the process: the kernel takes the large entry away, or splits it. */
	ASSERT_EQ(0, mprotect(self->view + FIRST_HUGE * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0, peek(self->view + (FIRST_HUGE + 100) * PAGE));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	ASSERT_EQ(0, mprotect(self->view + FIRST_HUGE * PAGE, PAGE, RW));
	/* Of a whole block, and of a part, by the space. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(second), HUGE_SIZE, PROT_READ));
	EXPECT_EQ(1, peek(self->view + second * PAGE));
	EXPECT_NE(NULL, strstr(entries(self->space, self->view), "1024-1536:rh"));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	ASSERT_EQ(0, verb_mprotect(self->space, at(second), HUGE_SIZE, RW));
	ASSERT_EQ(0, store(self->view + second * PAGE, 1));
	EXPECT_NE(NULL, strstr(entries(self->space, self->view), "1024-1536:wh"));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	EXPECT_EQ(1, peek(self->view + second * PAGE));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	EXPECT_EQ(NULL, strchr(entries(self->space, self->view), 'w'));
	ASSERT_EQ(0, store(self->view + (second + 8) * PAGE, 2));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	ASSERT_EQ(0, verb_munmap(self->space, at(second), PAGE));
	EXPECT_EQ(0, peek(self->view + (second + 1) * PAGE));
	EXPECT_EQ(NULL, strstr(entries(self->space, self->view), "dump"));
	close(snapshot);
}

TEST_HARNESS_MAIN
