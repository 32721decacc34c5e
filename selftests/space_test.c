// SPDX-License-Identifier: GPL-2.0
/*
 * What spaces and machines are told and tell: layout, limits, sizes, imported regions, forks.
 */
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "svma_test.h"

FIXTURE(space) {
	int machine;
	int space;
};

FIXTURE_SETUP(space)
{
	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
	self->space = space_make(self->machine, 0);
	ASSERT_LE(0, self->space);
}

FIXTURE_TEARDOWN(space)
{
	close(self->space);
	close(self->machine);
}

static struct svma_layout layout_get(int space)
{
	struct svma_layout now;

	memset(&now, 0xff, sizeof(now));
	call(space, SVMA_IOC_LAYOUT_GET, &now);
	return now;
}

TEST_F(space, layout_defaults)
{
	struct svma_layout now = layout_get(self->space);
	struct rlimit limit;

	EXPECT_EQ(0, now.told);
	EXPECT_EQ(0, now.low);
	EXPECT_EQ((1UL << 47) - PAGE, now.high);
	EXPECT_EQ(SVMA_TOPDOWN, now.direction);
	EXPECT_LT(now.mmap_base, now.high);
	EXPECT_LT(now.legacy_base, now.mmap_base);
	EXPECT_EQ(256 * PAGE, now.guard_gap);
	EXPECT_EQ(now.start_brk, now.brk);
	EXPECT_EQ(0, now.personality);
	EXPECT_EQ(0, now.def_flags);
	/* The limits are the caller's. */
	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &limit));
	EXPECT_EQ(limit.rlim_cur, now.limit_as);
	ASSERT_EQ(0, getrlimit(RLIMIT_DATA, &limit));
	EXPECT_EQ(limit.rlim_cur, now.limit_data);
	ASSERT_EQ(0, getrlimit(RLIMIT_STACK, &limit));
	EXPECT_EQ(limit.rlim_cur, now.limit_stack);
	ASSERT_EQ(0, getrlimit(RLIMIT_MEMLOCK, &limit));
	EXPECT_EQ(limit.rlim_cur, now.limit_memlock);
}

TEST_F(space, limits_are_the_creators)
{
	struct rlimit limit = { 12 * PAGE, 12 * PAGE };
	int space;

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	space = space_make(self->machine, 0);
	ASSERT_LE(0, space);
	EXPECT_EQ(12 * PAGE, layout_get(space).limit_memlock);
	close(space);
}

/* Only what is told changes, and each field by the bit of its own. */
TEST_F(space, layout_told)
{
	static const __u64 marks = SVMA_LAYOUT_START_CODE | SVMA_LAYOUT_STACK_TOP |
				   SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_DIRECTION |
				   SVMA_LAYOUT_DEF_FLAGS;
	struct svma_layout before = layout_get(self->space), set, now;

	memset(&set, 0, sizeof(set));
	set.told = marks;
	set.start_code = 0x400000;
	set.stack_top = at(1000);
	set.max_map_count = 77;
	set.direction = SVMA_BOTTOMUP;
	set.def_flags = SVMA_VM_MERGEABLE;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	now = layout_get(self->space);
	before.told = marks;
	before.start_code = 0x400000;
	before.stack_top = at(1000);
	before.max_map_count = 77;
	before.direction = SVMA_BOTTOMUP;
	before.def_flags = SVMA_VM_MERGEABLE;
	EXPECT_EQ(0, memcmp(&before, &now, sizeof(now)));

	/* Told is what was told ever. */
	set = (struct svma_layout){ .told = SVMA_LAYOUT_MIN_ADDR, .min_addr = at(1) };
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	now = layout_get(self->space);
	EXPECT_EQ(marks | SVMA_LAYOUT_MIN_ADDR, now.told);
	EXPECT_EQ(at(1), now.min_addr);
	EXPECT_EQ(77, now.max_map_count);
}

TEST_F(space, layout_refused)
{
	const struct svma_layout wrong[] = {
		{ .told = SVMA_LAYOUT_LOW, .low = at(0) + 1 },
		{ .told = SVMA_LAYOUT_HIGH, .high = at(0) + 1 },
		{ .told = SVMA_LAYOUT_HIGH, .high = 1ULL << 57 },
		{ .told = SVMA_LAYOUT_HIGH, .high = 1ULL << 60 },
		{ .told = SVMA_LAYOUT_LOW | SVMA_LAYOUT_HIGH, .low = at(9), .high = at(8) },
		{ .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = 12345 },
		{ .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = 1ULL << 50 },
		{ .told = SVMA_LAYOUT_LEGACY_BASE, .legacy_base = 12345 },
		{ .told = SVMA_LAYOUT_START_BRK, .start_brk = 1ULL << 50 },
		{ .told = SVMA_LAYOUT_BRK, .brk = 1 },
		{ .told = SVMA_LAYOUT_STACK_TOP, .stack_top = ~0ULL },
		{ .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 1 },
		{ .told = SVMA_LAYOUT_DIRECTION, .direction = 2 },
	};
	struct svma_layout before = layout_get(self->space), now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct svma_layout set = wrong[i];

		/* The good half of a bad call does not happen either. */
		set.told |= SVMA_LAYOUT_END_CODE;
		set.end_code = 99;
		EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_LAYOUT_SET, &set))
			TH_LOG("row %zu", i);
	}
	now = layout_get(self->space);
	EXPECT_EQ(0, memcmp(&before, &now, sizeof(now)));
}

/* A guard gap holds from when it was told. */
TEST_F(space, guard_gap)
{
	struct svma_layout set = { .told = SVMA_LAYOUT_GUARD_GAP, .guard_gap = 4 * PAGE };
	struct svma_grow grow = { .addr = at(12) };

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ASSERT_EQ(at(20), verb_mmap(self->space, at(20), PAGE, RW, FIXED | MAP_GROWSDOWN));
	EXPECT_EQ(0, call(self->space, SVMA_IOC_GROW, &grow));
	grow.addr = at(4);
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_GROW, &grow));
	set.guard_gap = 16 * PAGE;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	grow.addr = at(11);
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_GROW, &grow));
	set.guard_gap = 2 * PAGE;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	grow.addr = at(4);
	EXPECT_EQ(0, call(self->space, SVMA_IOC_GROW, &grow));
	EXPECT_STREQ("0-1:rw 4-21:rw", layout(self->space));
}

TEST_F(space, limits)
{
	struct svma_layout set = {
		.told = SVMA_LAYOUT_LIMIT_AS | SVMA_LAYOUT_LIMIT_DATA,
		.limit_as = 12 * PAGE,
		.limit_data = 4 * PAGE,
	};

	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	EXPECT_EQ(-ENOMEM, map_pages(self->space, 0, 5, RW));
	EXPECT_EQ(0, map_pages(self->space, 0, 4, RW));
	EXPECT_EQ(-ENOMEM, map_pages(self->space, 10, 9, PROT_READ));
	EXPECT_EQ(0, map_pages(self->space, 10, 6, PROT_READ));
	EXPECT_EQ(-ENOMEM, map_pages(self->space, 20, 3, PROT_READ));
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(10), PAGE, RW));
	EXPECT_STREQ("0-4:rw 10-16:r", layout(self->space));
	EXPECT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	EXPECT_EQ(0, verb_mprotect(self->space, at(10), PAGE, RW));
}

TEST_F(space, map_count)
{
	struct svma_layout set = { .told = SVMA_LAYOUT_MAX_MAP_COUNT, .max_map_count = 3 };

	ASSERT_EQ(0, map_pages(self->space, 0, 10, RW));
	ASSERT_EQ(0, map_pages(self->space, 20, 1, RW));
	ASSERT_EQ(0, map_pages(self->space, 30, 1, RW));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LAYOUT_SET, &set));
	EXPECT_EQ(-ENOMEM, verb_munmap(self->space, at(4), PAGE));
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(4), PAGE, PROT_READ));
	EXPECT_STREQ("0-10:rw 20-21:rw 30-31:rw", layout(self->space));
	/* As in the kernel: the count may be passed by one. */
	EXPECT_EQ(0, map_pages(self->space, 40, 1, RW));
	EXPECT_EQ(-ENOMEM, map_pages(self->space, 50, 1, RW));
	EXPECT_EQ(0, verb_munmap(self->space, at(30), 11 * PAGE));
	EXPECT_EQ(0, verb_munmap(self->space, at(4), PAGE));
}

/* What a module can read is the running kernel's, the rest is as a kernel starts. */
TEST_F(space, machine_defaults)
{
	struct svma_machine now;
	struct sysinfo info;

	ASSERT_EQ(0, sysinfo(&info));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(info.totalram * info.mem_unit / PAGE, now.ram);
	EXPECT_LT(0, now.free);
	EXPECT_LT(now.free, now.ram);
	EXPECT_LT(0, now.cache);
	EXPECT_LT(now.cache, now.ram);
	EXPECT_EQ(SVMA_OVERCOMMIT_GUESS, now.overcommit_mode);
	EXPECT_EQ(50, now.overcommit_ratio);
}

TEST_F(space, machine_values)
{
	struct svma_machine before, now,
		set = {
			.told = SVMA_MACHINE_RAM | SVMA_MACHINE_MODE | SVMA_MACHINE_RATIO |
				SVMA_MACHINE_USER_RESERVE | SVMA_MACHINE_ADMIN_RESERVE |
				SVMA_MACHINE_SWAP,
			.ram = 200,
			.overcommit_mode = SVMA_OVERCOMMIT_NEVER,
			.overcommit_ratio = 50,
		};

	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &before));
	EXPECT_EQ(0, before.told);
	EXPECT_LT(1000, before.ram);
	EXPECT_EQ(0, before.committed);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_SET, &set));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(set.told, now.told);
	EXPECT_EQ(200, now.ram);
	EXPECT_EQ(before.cache, now.cache);
	EXPECT_EQ(100, now.commit_limit);
	/* 100 pages can be had, less the last, in all spaces together. */
	EXPECT_EQ(0, map_pages(self->space, 0, 90, RW));
	EXPECT_EQ(-ENOMEM, map_pages(self->space, 200, 12, RW));
	EXPECT_EQ(0, map_pages(self->space, 200, 12, PROT_READ));
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(200), 12 * PAGE, RW));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(90, now.committed);
	ASSERT_EQ(0, verb_munmap(self->space, at(0), 90 * PAGE));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(0, now.committed);
}

TEST_F(space, machine_counts_all_spaces)
{
	struct svma_machine now;
	int second = space_make(self->machine, 0);

	ASSERT_LE(0, second);
	ASSERT_EQ(0, map_pages(self->space, 0, 5, RW));
	ASSERT_EQ(0, map_pages(second, 0, 7, RW));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(12, now.committed);
	close(second);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(5, now.committed);
}

TEST_F(space, machine_refused)
{
	struct svma_machine before, now, set = {
		.told = SVMA_MACHINE_MODE | SVMA_MACHINE_SWAP, .overcommit_mode = 3, .swap = 9,
	};

	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &before));
	EXPECT_EQ(-EINVAL, call(self->machine, SVMA_IOC_MACHINE_SET, &set));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &now));
	EXPECT_EQ(before.told, now.told);
	EXPECT_EQ(before.swap, now.swap);
}

TEST_F(space, import)
{
	struct svma_import import = {
		.start = at(4), .end = at(8), .fd = -1, .pgoff = 5,
		.flags = SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_ACCOUNT,
	};
	struct svma_lookup lookup = { .addr = at(4) };
	struct svma_import wrong;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_IMPORT, &import));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_EQ(at(8), lookup.region.end);
	EXPECT_EQ(import.flags, lookup.region.flags);
	EXPECT_EQ(5, lookup.region.pgoff);
	EXPECT_EQ(4, space_stats(self->space).committed);

	EXPECT_EQ(-EEXIST, call(self->space, SVMA_IOC_IMPORT, &import));
	wrong = import;
	wrong.start = at(7);
	wrong.end = at(9);
	EXPECT_EQ(-EEXIST, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong = import;
	wrong.start = at(9) + 1;
	wrong.end = at(10);
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong.start = at(9);
	wrong.end = at(10) + 1;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong.end = at(9);
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong.end = 1UL << 47;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong.end = at(10);
	wrong.pgoff = ~0ULL;
	EXPECT_EQ(-EINVAL, call(self->space, SVMA_IOC_IMPORT, &wrong));
	wrong.pgoff = 0;
	wrong.fd = 9999;
	EXPECT_EQ(-EBADF, call(self->space, SVMA_IOC_IMPORT, &wrong));
	EXPECT_STREQ("4-8:r", layout(self->space));

	/* Never merged, whatever the neighbours are. */
	import.start = at(8);
	import.end = at(9);
	import.pgoff = 9;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_IMPORT, &import));
	EXPECT_STREQ("4-8:r 8-9:r", layout(self->space));
}

/* Both kinds of spaces take files; but a space is no file for another one. */
TEST_F(space, files)
{
	int file = memfd_create("svma", 0),
	    layout_only = space_make(self->machine, SVMA_SPACE_LAYOUT);
	struct svma_mmap map = {
		.addr = at(0), .len = PAGE, .prot = PROT_READ, .flags = MAP_PRIVATE | MAP_FIXED
	};

	ASSERT_LE(0, file);
	ASSERT_LE(0, layout_only);
	map.fd = file;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_MMAP, &map));
	EXPECT_STREQ("0-1:r", layout(self->space));
	map.flags = MAP_SHARED | MAP_FIXED;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_MMAP, &map));
	EXPECT_EQ(0, call(layout_only, SVMA_IOC_MMAP, &map));
	map.fd = 9999;
	EXPECT_EQ(-EBADF, call(layout_only, SVMA_IOC_MMAP, &map));
	map.fd = self->space;
	EXPECT_EQ(-EOPNOTSUPP, call(layout_only, SVMA_IOC_MMAP, &map));
	EXPECT_STREQ("0-1:rs", layout(layout_only));
	EXPECT_STREQ("0-1:rs", layout(self->space));
	map.fd = layout_only;
	EXPECT_EQ(-EOPNOTSUPP, call(self->space, SVMA_IOC_MMAP, &map));
	close(layout_only);
	close(file);
}

/* What each descriptor of a file means: its own region, unless it is the same open file. */
TEST_F(space, file_identity)
{
	int space = space_make(self->machine, SVMA_SPACE_LAYOUT);
	int first = open("/proc/self/exe", O_RDONLY), again = dup(first),
	    other = open("/proc/self/exe", O_RDONLY);
	struct svma_mmap map = { .len = PAGE, .prot = PROT_READ, .flags = MAP_PRIVATE | MAP_FIXED };
	unsigned int i;

	ASSERT_LE(0, space);
	ASSERT_LE(0, first);
	for (i = 0; i < 3; i++) {
		map.addr = at(i);
		map.offset = i * PAGE;
		map.fd = i == 0 ? first : i == 1 ? again : other;
		ASSERT_EQ(0, call(space, SVMA_IOC_MMAP, &map));
	}
	EXPECT_STREQ("0-2:r 2-3:r", layout(space));
	close(space);
}

TEST_F(space, fork)
{
	int parent = space_make(self->machine, SVMA_SPACE_LAYOUT);
	struct svma_fork arg = { .fd = -1 };
	struct svma_machine machine;

	ASSERT_LE(0, parent);
	ASSERT_EQ(0, map_pages(parent, 0, 4, RW));
	ASSERT_EQ(0, map_pages(parent, 8, 2, PROT_READ));
	ASSERT_EQ(0, map_pages(parent, 12, 2, RW));
	ASSERT_EQ(0, verb_madvise(parent, at(12), 2 * PAGE, MADV_DONTFORK));
	ASSERT_EQ(0, call(parent, SVMA_IOC_FORK, &arg));
	EXPECT_STREQ("0-4:rw 8-10:r", layout(arg.fd));
	ASSERT_EQ(0, verb_munmap(arg.fd, at(0), PAGE));
	EXPECT_STREQ("0-4:rw 8-10:r 12-14:rw", layout(parent));
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &machine));
	EXPECT_EQ(4 + 2 + 3, machine.committed);
	close(arg.fd);
	close(parent);
}

/* A fault below a region that grows down. */
TEST_F(space, grow)
{
	struct svma_grow arg = { .addr = at(95) };

	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_GROW, &arg));
	ASSERT_EQ(at(1000), verb_mmap(self->space, at(1000), PAGE, RW, FIXED | MAP_GROWSDOWN));
	arg.addr = at(995) + 8;
	EXPECT_EQ(0, call(self->space, SVMA_IOC_GROW, &arg));
	EXPECT_STREQ("995-1001:rw", layout(self->space));
	/* Not beyond the limit of stacks, not into the guard of what can be accessed. */
	arg.addr = at(1000) - (1UL << 26);
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_GROW, &arg));
	ASSERT_EQ(0, map_pages(self->space, 700, 1, RW));
	arg.addr = at(800);
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_GROW, &arg));
	arg.addr = at(960);
	EXPECT_EQ(0, call(self->space, SVMA_IOC_GROW, &arg));
	EXPECT_STREQ("700-701:rw 960-1001:rw", layout(self->space));
}

TEST_HARNESS_MAIN
