// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that look at ranges or mark them, and those that explain: msync, mincore, remap_file_pages,
 * mseal, the reverse map of a file, the steps of a verb.
 */
#include <sys/stat.h>

#include "svma_test.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

FIXTURE(range) {
	int machine;
	int space;	/* with pages, by the newest kernel's rules */
	int layout_only;
};

static int new_space(int machine, __u32 flags)
{
	struct svma_space_create create = { .flags = flags, .kernel = SVMA_KERNEL(7, 3) };
	long err = call(machine, SVMA_IOC_SPACE_CREATE, &create);

	return err ? err : create.fd;
}

FIXTURE_SETUP(range)
{
	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
	self->space = new_space(self->machine, 0);
	ASSERT_LE(0, self->space);
	self->layout_only = new_space(self->machine, SVMA_SPACE_LAYOUT);
	ASSERT_LE(0, self->layout_only);
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
}

FIXTURE_TEARDOWN(range)
{
	close(self->space);
	close(self->layout_only);
	close(self->machine);
}

TEST_F(range, msync)
{
	struct svma_sync sync = { .addr = at(0), .len = 4 * PAGE, .flags = MS_SYNC };
	struct svma_lock lock = { .addr = at(0), .len = PAGE, .op = SVMA_MLOCK };

	EXPECT_EQ(0, call(self->space, SVMA_IOC_MSYNC, &sync));
	sync.flags = MS_SYNC | MS_ASYNC;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_MSYNC, &sync));
	sync.flags = 64;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_MSYNC, &sync));
	sync.flags = MS_ASYNC;
	sync.len = 5 * PAGE;
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_MSYNC, &sync));
	sync.len = PAGE;
	sync.flags = MS_INVALIDATE;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_MSYNC, &sync));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(-EBUSY, call(self->space, SVMA_IOC_MSYNC, &sync));
}

TEST_F(range, mincore)
{
	unsigned char there[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	struct svma_mincore arg = {
		.addr = at(0), .len = 3 * PAGE + 1, .vec = (unsigned long)there,
	};

	ASSERT_EQ(1, pwrite(self->space, "x", 1, at(1)));
	ASSERT_EQ(1, pwrite(self->space, "x", 1, at(3)));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MINCORE, &arg));
	EXPECT_EQ(0, memcmp(there, "\0\1\0\1\x9\x9\x9\x9", 8));
	arg.len = 5 * PAGE;
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_MINCORE, &arg));
	arg.addr = at(0) + 1;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_MINCORE, &arg));
	arg = (struct svma_mincore){ .addr = at(0), .len = PAGE, .vec = 1 };
	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_MINCORE, &arg));
	arg.addr = ~0xfffULL;
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_MINCORE, &arg));
}

TEST_F(range, remap_file)
{
	int file = memfd_create("svma", MFD_CLOEXEC);
	struct svma_mmap map = {
		.addr = at(0),
		.len = 4 * PAGE,
		.prot = RW,
		.flags = MAP_SHARED | MAP_FIXED,
		.fd = file,
	};
	struct svma_remap_file arg = { .addr = at(1), .len = PAGE, .pgoff = 9 };
	struct svma_lookup lookup = { .addr = at(1) };

	ASSERT_LE(0, file);
	ASSERT_EQ(0, call(self->layout_only, SVMA_IOC_MMAP, &map));
	EXPECT_EQ(0, call(self->layout_only, SVMA_IOC_REMAP_FILE, &arg));
	EXPECT_STREQ("0-1:rws 1-2:rws 2-4:rws", layout(self->layout_only));
	ASSERT_EQ(0, call(self->layout_only, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_EQ(9, lookup.region.pgoff);
	arg.prot = PROT_READ;
	EXPECT_EQ(-EINVAL, call(self->layout_only, SVMA_IOC_REMAP_FILE, &arg));
	arg.prot = 0;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_REMAP_FILE, &arg));
	close(file);
}

TEST_F(range, mseal)
{
	struct svma_seal seal = { .addr = at(1), .len = PAGE };
	struct svma_space_create create = { .kernel = SVMA_KERNEL(6, 1) };
	char *view = window(self->space, 0, 4, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, store(view + PAGE, 5));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MSEAL, &seal));
	EXPECT_STREQ("0-1:rw 1-2:rw 2-4:rw", layout(self->space));
	EXPECT_EQ(-EPERM, verb_munmap(self->space, at(0), 4 * PAGE));
	EXPECT_EQ(-EPERM, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	EXPECT_EQ(-EPERM, map_pages(self->space, 1, 1, RW));
	EXPECT_EQ(-EPERM, verb_mremap(self->space, at(1), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				      at(20)));
	EXPECT_EQ(5, peek(view + PAGE));
	EXPECT_EQ(0, store(view + PAGE, 6));
	EXPECT_EQ(0, verb_munmap(self->space, at(2), 2 * PAGE));
	seal.addr = at(8);
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_MSEAL, &seal));
	/* Where the kernel has no such call, a space that follows it has none. */
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_SPACE_CREATE, &create));
	EXPECT_EQ(-ENOSYS, call(create.fd, SVMA_IOC_MSEAL, &seal));
	close(create.fd);
}

/* Guards: no access in any window or by the descriptor, and fresh memory when they go. */
TEST_F(range, guard)
{
	char *view = window(self->space, 0, 4, RW), *other = window(self->space, 0, 4, RW);
	char byte;

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_NE(NO_WINDOW, other);
	ASSERT_EQ(0, store(view + PAGE, 5));
	ASSERT_EQ(0, store(other + 2 * PAGE, 6));
	ASSERT_EQ(0, verb_madvise(self->space, at(1), PAGE, MADV_GUARD_INSTALL));
	EXPECT_EQ(UNREADABLE, peek(view + PAGE));
	EXPECT_EQ(SIGSEGV, store(other + PAGE, 1));
	EXPECT_EQ(-1, pread(self->space, &byte, 1, at(1)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pwrite(self->space, "x", 1, at(1)));
	EXPECT_EQ(6, peek(view + 2 * PAGE));
	EXPECT_STREQ("0-4:rw", layout(self->space));
	/* They outlive protection and DONTNEED. */
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, RW));
	ASSERT_EQ(0, verb_madvise(self->space, at(1), PAGE, MADV_DONTNEED));
	EXPECT_EQ(UNREADABLE, peek(view + PAGE));
	ASSERT_EQ(0, verb_madvise(self->space, at(0), 4 * PAGE, MADV_GUARD_REMOVE));
	EXPECT_EQ(0, peek(view + PAGE));
	EXPECT_EQ(0, store(other + PAGE, 7));
	EXPECT_EQ(7, peek(view + PAGE));
	EXPECT_EQ(6, peek(view + 2 * PAGE));
}

static __u64 inode_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) ? 0 : stat.st_ino;
}

/* The regions of all spaces of the machine that map a part of a file. */
TEST_F(range, rmap)
{
	int file = memfd_create("svma", MFD_CLOEXEC),
	    other = new_space(self->machine, SVMA_SPACE_LAYOUT);
	struct svma_mmap map = {
		.addr = at(0),
		.len = 4 * PAGE,
		.prot = PROT_READ,
		.flags = MAP_SHARED | MAP_FIXED,
		.fd = file,
	};
	struct svma_rmap_region list[8];
	struct svma_rmap arg = { .fd = file, .last = 100, .buf = (unsigned long)list, .count = 8 };

	ASSERT_LE(0, file);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	EXPECT_EQ(0, arg.count);
	ASSERT_EQ(0, call(self->layout_only, SVMA_IOC_MMAP, &map));
	map.offset = 10 * PAGE;
	map.addr = at(30);
	ASSERT_EQ(0, call(other, SVMA_IOC_MMAP, &map));

	arg = (struct svma_rmap){ .fd = file, .last = 100, .buf = (unsigned long)list, .count = 8 };
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	ASSERT_EQ(2, arg.count);
	EXPECT_EQ(0, arg.more);
	EXPECT_EQ(inode_of(self->layout_only), list[0].space);
	EXPECT_EQ(at(0), list[0].start);
	EXPECT_EQ(at(4), list[0].end);
	EXPECT_EQ(0, list[0].pgoff);
	EXPECT_EQ(inode_of(other), list[1].space);
	EXPECT_EQ(at(30), list[1].start);
	EXPECT_EQ(10, list[1].pgoff);

	/* Only what maps the pages asked for; both ends count. */
	arg = (struct svma_rmap){
		.fd = file, .first = 4, .last = 9, .buf = (unsigned long)list, .count = 8,
	};
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	EXPECT_EQ(0, arg.count);
	arg = (struct svma_rmap){
		.fd = file, .first = 3, .last = 10, .buf = (unsigned long)list, .count = 1,
	};
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_EQ(1, arg.more);

	ASSERT_EQ(0, verb_munmap(other, at(31), PAGE));
	arg = (struct svma_rmap){
		.fd = file, .first = 11, .last = 99, .buf = (unsigned long)list, .count = 8,
	};
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	ASSERT_EQ(1, arg.count);
	EXPECT_EQ(at(32), list[0].start);
	EXPECT_EQ(12, list[0].pgoff);
	close(other);
	arg = (struct svma_rmap){ .fd = file, .last = 99, .buf = (unsigned long)list, .count = 8 };
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_RMAP, &arg));
	EXPECT_EQ(1, arg.count);

	arg = (struct svma_rmap){ .fd = file, .first = 2, .last = 1 };
	EXPECT_EQ(-EINVAL, call(self->machine, SVMA_IOC_RMAP, &arg));
	arg = (struct svma_rmap){ .fd = -1 };
	EXPECT_EQ(-EBADF, call(self->machine, SVMA_IOC_RMAP, &arg));
	close(file);
}

static unsigned int steps_of(const struct svma_step *list, unsigned int count, __u32 kind)
{
	unsigned int found = 0;

	while (count--)
		found += list[count].kind == kind;
	return found;
}

/* From the first question on, what the last verb did is kept. */
TEST_F(range, steps)
{
	struct svma_step list[32];
	struct svma_steps arg = { .buf = (unsigned long)list, .count = 32, .lost = 77 };

	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(0, arg.lost);
	ASSERT_EQ(0, verb_munmap(self->space, at(1), PAGE));
	arg.count = 32;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(2, steps_of(list, arg.count, SVMA_STEP_SPLIT));
	EXPECT_EQ(1, steps_of(list, arg.count, SVMA_STEP_DETACH));
	EXPECT_EQ(1, steps_of(list, arg.count, SVMA_STEP_UNCHARGE));
	EXPECT_EQ(0, steps_of(list, arg.count, SVMA_STEP_MERGE));

	/* Only the last one, and no more than there is room for. */
	ASSERT_EQ(0, map_pages(self->space, 1, 1, RW));
	arg.count = 32;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(1, steps_of(list, arg.count, SVMA_STEP_MERGE));
	EXPECT_EQ(0, steps_of(list, arg.count, SVMA_STEP_DETACH));
	ASSERT_LT(1, arg.count);
	arg.lost = arg.count;
	arg.count = 1;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_LT(0, arg.lost);
	arg = (struct svma_steps){ .buf = 1, .count = 32 };
	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_STEPS, &arg));
}

/* Told once with SVMA_STEPS_FORGET; faults in windows add to what the last verb did. */
TEST_F(range, steps_forget)
{
	struct svma_step list[32];
	struct svma_steps arg = { .buf = (unsigned long)list, .count = 32 };
	volatile char *window = mmap(NULL, PAGE, RW, MAP_SHARED, self->space, at(1));

	ASSERT_NE(MAP_FAILED, window);
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	arg = (struct svma_steps){ .buf = (unsigned long)list, .count = 32 };
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	ASSERT_LT(0, arg.count);
	EXPECT_EQ(SVMA_STEP_LOOKUP, list[0].kind);
	EXPECT_EQ(at(0), list[0].a);
	EXPECT_EQ(at(0), list[0].b);
	EXPECT_EQ(0, steps_of(list, arg.count, SVMA_STEP_ANON));

	/* Asked without the flag they are told again, with what came after them. */
	window[0] = 1;
	arg.count = 32;
	arg.flags = SVMA_STEPS_FORGET;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(1, steps_of(list, arg.count, SVMA_STEP_DETACH));
	EXPECT_EQ(1, steps_of(list, arg.count, SVMA_STEP_ANON));
	arg.count = 32;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(0, arg.lost);
	munmap((void *)window, PAGE);
}

/* More steps than are kept: how many are missing is told. */
TEST_F(range, steps_lost)
{
	struct svma_step list[1000];
	struct svma_steps arg = { .buf = (unsigned long)list, .count = 1000 };
	unsigned int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, map_pages(self->space, 100 + 2 * i, 1, RW));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	ASSERT_EQ(0, verb_munmap(self->space, at(100), 2000 * PAGE));
	arg = (struct svma_steps){ .buf = (unsigned long)list, .count = 1000 };
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &arg));
	EXPECT_EQ(512, arg.count);
	/* Look-up, entries removed, charge given back; and each region. */
	EXPECT_EQ(1003, arg.count + arg.lost);
}

TEST_HARNESS_MAIN
