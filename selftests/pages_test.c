// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_PAGES and SVMA_IOC_SMAPS: what they tell is true by other ways to know it: counted
 * faults, totals, contents, each other.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
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
static long pages(int space, const void *view, unsigned long first, unsigned long count)
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
static const char *told(int space, const void *view, unsigned long first, unsigned long count)
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

static __u32 flags_of(int space, const void *view, unsigned long page)
{
	return pages(space, view, page, 1) == 1 ? list[0].flags : 0;
}

/* Faults of an access, which both counters must tell alike. */
static long faults_of(struct _test_data_pages *self, unsigned long page, bool writes)
{
	volatile __u64 *word = (void *)(self->view + page * PAGE);
	struct rusage start, end;
	__u64 before;

	getrusage(RUSAGE_THREAD, &end);
	before = space_stats(self->space).faults;
	getrusage(RUSAGE_THREAD, &start);
	if (writes)
		*word = *word;
	else
		(void)*word;
	getrusage(RUSAGE_THREAD, &end);
	if (space_stats(self->space).faults - before != (__u64)(end.ru_minflt - start.ru_minflt))
		return -1;
	return end.ru_minflt - start.ru_minflt;
}

/* Pages whose next access took faults where the view told of an entry for it, or took none. */
static int wrong_entries(struct _test_data_pages *self, unsigned long first, unsigned long count,
			 bool writes)
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

static long smaps(int space)
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
static const char *counted(int space)
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

TEST_F(pages, what_is_there)
{
	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_STREQ("", told(self->space, self->view, 0, PAGES));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(0, peek(self->view + 20 * PAGE));
	ASSERT_EQ(0, page_put(self->space, 40, 3));
	EXPECT_STREQ("0:pew 20:ze 40:p", told(self->space, self->view, 0, PAGES));
	EXPECT_STREQ("0:p 20:z 40:p", told(self->space, NULL, 0, PAGES));
	EXPECT_STREQ("20:ze", told(self->space, self->view, 1, 39));
	/* A page that is read first, and written then. */
	EXPECT_EQ(3, peek(self->view + 40 * PAGE));
	EXPECT_EQ(SVMA_PAGE_ENTRY, flags_of(self->space, self->view, 40) & SVMA_PAGE_ENTRY);
	ASSERT_EQ(0, store(self->view + 20 * PAGE, 2));
	EXPECT_STREQ("20:pew", told(self->space, self->view, 20, 1));
	EXPECT_EQ(3, space_stats(self->space).resident);
	EXPECT_STREQ("3=0+3", counted(self->space));
}

/* Each page has a frame of its own, which stays when it moves. */
TEST_F(pages, frames)
{
	__u64 frames[8];
	unsigned int i, k;

	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	ASSERT_EQ(8, pages(self->space, NULL, 0, 8));
	for (i = 0; i < 8; i++) {
		frames[i] = list[i].frame;
		EXPECT_NE(0, frames[i]);
		EXPECT_EQ(1, list[i].shares);
		EXPECT_EQ(1, list[i].node_shares);
		EXPECT_EQ(0, list[i].pgoff);
		EXPECT_EQ(0, list[i].reserved);
		for (k = 0; k < i; k++)
			EXPECT_NE(frames[k], frames[i]);
	}
	ASSERT_EQ(at(32), verb_mremap(self->space, at(0), 8 * PAGE, 8 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(32)));
	EXPECT_EQ(0, pages(self->space, NULL, 0, 8));
	ASSERT_EQ(8, pages(self->space, NULL, 32, 8));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(frames[i], list[i].frame);
}

TEST_F(pages, frames_are_for_the_privileged)
{
	int status;
	pid_t child;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ASSERT_EQ(0, page_put(self->space, 0, 1));
	child = fork();
	if (!child) {
		if (setresuid(65534, 65534, 65534))
			_exit(1);
		_exit(pages(self->space, NULL, 0, 1) == 1 && !list[0].frame &&
		      list[0].flags == SVMA_PAGE_PRESENT ? 0 : 2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* What the view tells of hardware is what a touch of each page finds. */
TEST_F(pages, entries_cost_no_fault)
{
	struct svma_window_fill fill = {
		.addr = (unsigned long)self->view, .len = PAGES * PAGE,
	};
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, PAGES, RW));
	EXPECT_EQ(0, wrong_entries(self, 0, 8, false));
	EXPECT_EQ(0, wrong_entries(self, 4, 8, true));
	for (i = 16; i < 32; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	/* The first one enters those around it. */
	EXPECT_EQ(0, wrong_entries(self, 20, 12, false));
	EXPECT_EQ(0, wrong_entries(self, 16, 16, true));
	for (i = 32; i < 40; i++)
		ASSERT_EQ(0, page_put(self->space, i, i));
	EXPECT_STREQ("38:p 39:p", told(self->space, self->view, 38, 2));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_STREQ("38:pew 39:pew", told(self->space, self->view, 38, 2));
	EXPECT_EQ(0, wrong_entries(self, 0, PAGES, true));
}

TEST_F(pages, verbs_take_entries_away)
{
	unsigned int i;

	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), 2 * PAGE, PROT_READ));
	ASSERT_EQ(0, verb_munmap(self->space, at(4), 2 * PAGE));
	ASSERT_EQ(0, verb_madvise(self->space, at(6), 2 * PAGE, MADV_DONTNEED));
	ASSERT_EQ(at(30), verb_mremap(self->space, at(8), 2 * PAGE, 2 * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, at(30)));
	ASSERT_EQ(0, verb_madvise(self->space, at(10), 2 * PAGE, 102));	/* GUARD_INSTALL */
	EXPECT_STREQ("0:pew 1:pew 2:p 3:p 10:g 11:g 12:pew 13:pew 14:pew 15:pew 30:p 31:p",
		     told(self->space, self->view, 0, 40));
	EXPECT_EQ(0, wrong_entries(self, 0, 4, false));
	EXPECT_EQ(0, wrong_entries(self, 30, 2, true));
	EXPECT_EQ(2, peek(self->view + 2 * PAGE));
	EXPECT_STREQ("2:pe 3:pe", told(self->space, self->view, 2, 2));
	EXPECT_STREQ("2=0+2 2=0+2 0=0+0 4=0+4 g2 2=0+2", counted(self->space));
	/* The window's process can take some away as well. */
	ASSERT_EQ(0, madvise(self->view, PAGE, MADV_DONTNEED) && errno != EINVAL);
	ASSERT_EQ(0, munmap(self->view + 12 * PAGE, 2 * PAGE));
	EXPECT_STREQ("12:p 13:p 14:pew 15:pew", told(self->space, self->view, 12, 4));
}

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

TEST_F(pages, counted_by_region)
{
	struct svma_lock lock = { .addr = at(8), .len = 4 * PAGE, .op = SVMA_MLOCK };

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 8, 4, RW));
	ASSERT_EQ(0, map_pages(self->space, 16, 4, PROT_READ));
	EXPECT_STREQ("0=0+0 0=0+0 0=0+0", counted(self->space));
	ASSERT_EQ(0, store(self->view + PAGE, 1));
	EXPECT_EQ(0, peek(self->view + 17 * PAGE));
	EXPECT_EQ(0, peek(self->view + 18 * PAGE));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_STREQ("1=0+1 4=0+4 L4 0=0+0 z2", counted(self->space));
	EXPECT_EQ(at(8), rows[1].region.start);
	EXPECT_EQ(at(12), rows[1].region.end);
	EXPECT_NE(0, rows[1].region.flags & SVMA_VM_LOCKED);
}

/* Many entries, in many leaves, asked for in pieces of each size. */
TEST_F(pages, in_pieces)
{
	static const unsigned int sizes[] = { 1, 7, 255, 256, 257, 600 };
	struct svma_page part[600];
	unsigned int i, k;

	ASSERT_EQ(at(0), verb_mmap(self->space, at(0), 600 * 512 * PAGE, RW,
				   FIXED | MAP_NORESERVE));
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, page_put(self->space, i * 512 + 3, i));
	ASSERT_EQ(600, pages(self->space, NULL, 0, 600 * 512));
	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct svma_page_list arg = {
			.end = ~0ULL, .buf = (unsigned long)part, .more = 1,
		};
		unsigned int n = 0;

		for (i = 0; arg.more && i <= 600; i++) {
			arg.count = sizes[k];
			arg.more = 0;
			ASSERT_EQ(0, call(self->space, SVMA_IOC_PAGES, &arg));
			ASSERT_LE(n + arg.count, 600);
			ASSERT_EQ(0, memcmp(part, list + n, arg.count * sizeof(part[0])));
			n += arg.count;
		}
		EXPECT_EQ(600, n);
		EXPECT_EQ((600 + sizes[k] - 1) / sizes[k], i);
		EXPECT_EQ(~0ULL, arg.start);
	}
	EXPECT_STREQ("600=0+600", counted(self->space));
}

TEST_F(pages, regions_in_pieces)
{
	struct svma_smaps arg = { .end = ~0ULL, .more = 1 };
	struct svma_smap row;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, map_pages(self->space, 2 * i, 1, RW));
		if (i & 1)
			ASSERT_EQ(0, store(self->view + 2 * i * PAGE, i));
	}
	for (i = 0; arg.more && i < 30; i++) {
		arg.buf = (unsigned long)&row;
		arg.count = 1;
		ASSERT_EQ(0, call(self->space, SVMA_IOC_SMAPS, &arg));
		ASSERT_EQ(1, arg.count);
		EXPECT_EQ(at(2 * i), row.region.start);
		EXPECT_EQ(i & 1, row.unshared);
	}
	EXPECT_EQ(20, i);
}

/* A hardware entry is looked for where the caller's own window shows the page, and only there. */
TEST_F(pages, windows)
{
	char *second = window(self->space, 8, 4, RW), *gap;

	ASSERT_NE(NO_WINDOW, second);
	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
	ASSERT_EQ(0, store(second + PAGE, 1));
	EXPECT_STREQ("9:p", told(self->space, self->view, 0, 16));
	EXPECT_STREQ("9:pew", told(self->space, second, 0, 16));
	EXPECT_STREQ("9:pew", told(self->space, second + 3 * PAGE + 5, 0, 16));
	/* Cut in two by its process, and with something else between. */
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + 4 * PAGE, 1));
	ASSERT_EQ(0, store(self->view + 15 * PAGE, 1));
	gap = mmap(self->view + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	ASSERT_EQ(self->view + 4 * PAGE, gap);
	*gap = 1;
	EXPECT_STREQ("0:pew 4:p 9:pew 15:pew", told(self->space, self->view, 0, 16));
	/* A window on another part there is none on this one. */
	ASSERT_EQ(gap, mmap(gap, PAGE, RW, MAP_SHARED | MAP_FIXED, self->space, at(15)));
	ASSERT_EQ(0, store(gap, 2));
	EXPECT_STREQ("0:pew 4:p 9:pew 15:pew", told(self->space, self->view, 0, 16));
	munmap(second, 4 * PAGE);
}

TEST_F(pages, errors)
{
	struct svma_page_list arg = { .end = ~0ULL };
	char *memory = mmap(NULL, PAGE, RW, ANON, -1, 0);
	int other = space_open(0);

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(-EINVAL, pages(self->space, memory, 0, 4));
	EXPECT_EQ(-EINVAL, pages(self->space, (void *)8, 0, 4));
	EXPECT_EQ(-EINVAL, pages(other, self->view, 0, 4));
	EXPECT_EQ(0, call(self->space, SVMA_IOC_PAGES, &arg));	/* no room */
	EXPECT_EQ(1, arg.more);
	EXPECT_EQ(at(0), arg.start);
	arg.count = 1;
	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_PAGES, &arg));
	arg.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_PAGES, &arg));
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_PAGES, &arg));
	munmap(memory, PAGE);
	close(other);
}

TEST_HARNESS_MAIN
