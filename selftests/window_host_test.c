// SPDX-License-Identifier: GPL-2.0
/*
 * What the host's own calls do to windows, and what a window is to the rest of the host.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "svma_test.h"

/* Of newer headers. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

FIXTURE(host) {
	int space;
	char *view;	/* pages 0 to 16 */
};

FIXTURE_SETUP(host)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, 16, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_EQ(0, map_pages(self->space, 0, 16, RW));
}

FIXTURE_TEARDOWN(host)
{
	close(self->space);
}

/* The host's mprotect of a window never lends what the region does not give. */
TEST_F(host, mprotect_gives_no_write)
{
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(1, peek(self->view));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_READ));
	EXPECT_EQ(1, peek(self->view));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	EXPECT_EQ(1, peek(self->view));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	EXPECT_EQ(1, peek(self->view));
}

/* Also where the entry was writable, and so dirty, when the window lost the right. */
TEST_F(host, mprotect_of_a_dirty_entry)
{
	char *other = window(self->space, 0, 1, RW);

	ASSERT_NE(NO_WINDOW, other);
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(1, peek(self->view));
	EXPECT_EQ(1, peek(other));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	EXPECT_EQ(SIGSEGV, store(other, 2));
	EXPECT_EQ(1, peek(self->view));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, RW));
	EXPECT_EQ(0, store(self->view, 3));
	EXPECT_EQ(3, peek(other));
}

/* Nor can a page that nobody wrote be written behind our back. */
TEST_F(host, mprotect_of_the_zero_page)
{
	char *other = window(self->space, 0, 16, RW);
	unsigned int i;

	ASSERT_EQ(0, mprotect(self->view, 16 * PAGE, PROT_READ));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, peek(self->view + i * PAGE));
	ASSERT_EQ(0, mprotect(self->view, 16 * PAGE, RW));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i + 1));
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(i + 1, peek(self->view + i * PAGE));
		EXPECT_EQ(i + 1, peek(other + i * PAGE));
	}
	EXPECT_EQ(16, space_stats(self->space).resident);
}

TEST_F(host, mprotect_gives_no_exec)
{
	int value;

	put_code(self->view, 5);
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_READ));
	EXPECT_NE(0, peek(self->view));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RWX));
	EXPECT_EQ(SIGSEGV, run(self->view, &value));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, RWX));
	ASSERT_EQ(0, run(self->view, &value));
	EXPECT_EQ(5, value);
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_EQ(SIGSEGV, run(self->view, &value));
}

TEST_F(host, mprotect_to_nothing_and_back)
{
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, store(self->view, 2));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_EQ(1, peek(self->view));
	EXPECT_EQ(0, store(self->view, 2));
	/* What the space changed in between holds. */
	ASSERT_EQ(0, mprotect(self->view, PAGE, PROT_NONE));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	ASSERT_EQ(0, mprotect(self->view, PAGE, RW));
	EXPECT_EQ(UNREADABLE, peek(self->view));
}

TEST_F(host, partial_munmap)
{
	unsigned int i;

	EXPECT_EQ(1, space_stats(self->space).windows);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i + 1));
	ASSERT_EQ(0, munmap(self->view + 4 * PAGE, 2 * PAGE));
	EXPECT_EQ(2, space_stats(self->space).windows);
	EXPECT_EQ(UNREADABLE, peek(self->view + 4 * PAGE));
	EXPECT_EQ(7, peek(self->view + 6 * PAGE));
	/* Both parts are still reached; the pages of the hole are still there. */
	ASSERT_EQ(0, verb_munmap(self->space, at(3), 4 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view + 3 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view + 6 * PAGE));
	EXPECT_EQ(8, peek(self->view + 7 * PAGE));
	ASSERT_EQ(0, munmap(self->view, 16 * PAGE));
	EXPECT_EQ(0, space_stats(self->space).windows);
	EXPECT_EQ(12, space_stats(self->space).resident);
}

TEST_F(host, mremap)
{
	char *room = mmap(NULL, 32 * PAGE, PROT_NONE, ANON, -1, 0), *moved;

	ASSERT_NE(MAP_FAILED, room);
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + 4 * PAGE, 5));
	EXPECT_EQ(MAP_FAILED, mremap(self->view, 16 * PAGE, 17 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	moved = mremap(self->view + 4 * PAGE, 12 * PAGE, 12 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       room);
	ASSERT_EQ(room, moved);
	EXPECT_EQ(5, peek(moved));
	EXPECT_EQ(UNREADABLE, peek(self->view + 4 * PAGE));
	ASSERT_EQ(0, store(moved + PAGE, 6));
	/* Changes of the space find it where it is now. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(4), PAGE, PROT_READ));
	EXPECT_EQ(SIGSEGV, store(moved, 7));
	ASSERT_EQ(0, verb_munmap(self->space, at(5), PAGE));
	EXPECT_EQ(UNREADABLE, peek(moved + PAGE));
	ASSERT_EQ(moved, mremap(moved, 12 * PAGE, 2 * PAGE, 0));
	EXPECT_EQ(5, peek(moved));
	EXPECT_EQ(2, space_stats(self->space).windows);
}

/* A child has the window, with what is entered in it, and loses it all the same. */
TEST_F(host, fork)
{
	int up[2], down[2], status;
	char byte = 0;
	pid_t child;

	ASSERT_EQ(0, pipe(up));
	ASSERT_EQ(0, pipe(down));
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, store(self->view + PAGE, 2));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		bool good = peek(self->view) == 1 && !store(self->view, 11);

		if (write(up[1], &byte, 1) != 1 || read(down[0], &byte, 1) != 1)
			_exit(2);
		good = good && peek(self->view) == UNREADABLE &&
		       store(self->view + PAGE, 3) == SIGSEGV && peek(self->view + PAGE) == 2;
		_exit(good ? 0 : 1);
	}
	ASSERT_EQ(1, read(up[0], &byte, 1));
	EXPECT_EQ(2, space_stats(self->space).windows);
	EXPECT_EQ(11, peek(self->view));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	ASSERT_EQ(1, write(down[1], &byte, 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, space_stats(self->space).windows);
}

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt;
}

/* Advice, locks and early population of the host leave a window alone. */
TEST_F(host, advice)
{
	__u64 faults = space_stats(self->space).faults;
	char *early = mmap(NULL, 16 * PAGE, RW, MAP_SHARED | MAP_POPULATE, self->space, at(0));

	ASSERT_NE(NO_WINDOW, early);
	EXPECT_EQ(faults, space_stats(self->space).faults);
	EXPECT_EQ(0, mlock(early, 16 * PAGE));
	EXPECT_EQ(faults, space_stats(self->space).faults);
	ASSERT_EQ(0, store(early, 1));
	EXPECT_LT(faults, space_stats(self->space).faults);
	madvise(early, 16 * PAGE, MADV_DONTNEED);
	EXPECT_EQ(1, peek(early));
	EXPECT_EQ(-1, madvise(early, 16 * PAGE, MADV_REMOVE));
	EXPECT_EQ(1, peek(early));
	EXPECT_EQ(0, munlock(early, 16 * PAGE));
}

/* A window is not copied, nor populated, by its process; another part of the space can be shown. */
TEST_F(host, remaps)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, store(self->view + i * PAGE, i + 1));
	EXPECT_EQ(MAP_FAILED, mremap(self->view, 16 * PAGE, 16 * PAGE,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mremap(self->view, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(-1, madvise(self->view, 16 * PAGE, MADV_POPULATE_WRITE));
	EXPECT_EQ(1, space_stats(self->space).windows);
	ASSERT_EQ(0, remap_file_pages(self->view + 4 * PAGE, PAGE, 0, at(8) / PAGE, 0));
	EXPECT_EQ(3, space_stats(self->space).windows);
	EXPECT_EQ(9, peek(self->view + 4 * PAGE));
	ASSERT_EQ(0, store(self->view + 4 * PAGE, 99));
	EXPECT_EQ(99, peek(self->view + 8 * PAGE));
	EXPECT_EQ(5, page_get(self->space, 4));
	/* What the space takes away goes from both places. */
	ASSERT_EQ(0, verb_munmap(self->space, at(8), PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view + 4 * PAGE));
	EXPECT_EQ(UNREADABLE, peek(self->view + 8 * PAGE));
	/* A window that a child is not to have. */
	ASSERT_EQ(0, madvise(self->view, 16 * PAGE, MADV_DONTFORK));
	pid = fork();
	if (!pid)
		_exit(peek(self->view) != UNREADABLE || space_stats(self->space).windows != 3);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, peek(self->view));
}

/* An entry that is there costs no fault, also in a page that was read before. */
TEST_F(host, entries_stay)
{
	__u64 faults;
	long minor;

	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(1, peek(self->view));
	faults = space_stats(self->space).faults;
	minor = minor_faults();
	ASSERT_EQ(0, store(self->view, 2));
	ASSERT_EQ(2, peek(self->view));
	EXPECT_EQ(minor, minor_faults());
	EXPECT_EQ(faults, space_stats(self->space).faults);
}

/* The host's books know no pages in a window. */
TEST_F(host, books)
{
	unsigned char there[16];
	char line[256], want[64];
	long rss = -1;
	FILE *smaps;

	ASSERT_EQ(0, store(self->view, 1));
	EXPECT_EQ(0, mincore(self->view, 16 * PAGE, there));
	smaps = fopen("/proc/self/smaps", "re");
	ASSERT_NE(NULL, smaps);
	snprintf(want, sizeof(want), "%lx-%lx ", (long)self->view, (long)self->view + 16 * PAGE);
	while (fgets(line, sizeof(line), smaps)) {
		if (strncmp(line, want, strlen(want)))
			continue;
		while (fgets(line, sizeof(line), smaps) && sscanf(line, "Rss: %ld", &rss) != 1)
			;
		break;
	}
	fclose(smaps);
	EXPECT_EQ(0, rss);
}

/* Who takes references on pages gets none here. */
TEST_F(host, no_references)
{
	char there[64] = { 0 };
	struct iovec local = { there, sizeof(there) }, remote = { self->view, sizeof(there) };
	int fd = open("/tmp/svma-window-host", O_RDWR | O_CREAT | O_DIRECT, 0600);

	ASSERT_EQ(0, store(self->view, 0x4142434445464748));
	EXPECT_EQ(-1, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	/* A copy through the processor's eyes works. */
	if (fd < 0)
		fd = open("/tmp/svma-window-host", O_RDWR | O_CREAT, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, 0));
	EXPECT_EQ(8, pwrite(fd, self->view, 8, 0));
	EXPECT_EQ(8, pread(fd, self->view + PAGE, 8, 0));
	EXPECT_EQ(0x4142434445464748, peek(self->view + PAGE));
	/* Where the window shows nothing, the call fails, as with any hole. */
	ASSERT_EQ(0, verb_munmap(self->space, at(2), PAGE));
	EXPECT_EQ(-1, pwrite(fd, self->view + 2 * PAGE, 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pread(fd, self->view + 2 * PAGE, 8, 0));
	EXPECT_EQ(EFAULT, errno);
	unlink("/tmp/svma-window-host");
	close(fd);
}

/* A debugger sees a window, and may write where private memory is read-only. */
TEST_F(host, debugger)
{
	int mem = open("/proc/self/mem", O_RDWR);
	__u64 value = 0;
	char buf[32];

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, store(self->view, 7));
	ASSERT_EQ(0, verb_mprotect(self->space, at(0), PAGE, PROT_READ));
	EXPECT_EQ(8, pread(mem, &value, 8, (long)self->view));
	EXPECT_EQ(7, value);
	value = 8;
	EXPECT_EQ(8, pwrite(mem, &value, 8, (long)self->view));
	EXPECT_EQ(8, peek(self->view));
	EXPECT_EQ(SIGSEGV, store(self->view, 9));
	/* Across pages, up to a hole. */
	ASSERT_EQ(0, verb_munmap(self->space, at(2), PAGE));
	EXPECT_EQ(16, pread(mem, buf, sizeof(buf), (long)self->view + 2 * PAGE - 16));
	EXPECT_EQ(-1, pread(mem, &value, 8, (long)self->view + 2 * PAGE));
	close(mem);
}

TEST_HARNESS_MAIN
