// SPDX-License-Identifier: GPL-2.0
/*
 * Flags, reserved fields, buffers, new descriptors, and calls as 32-bit programs make them.
 */
#include <sys/stat.h>

#include "ioctl_table.h"
#include "svma_test.h"

FIXTURE(args) {
	struct ioctl_fds fds;
};

FIXTURE_SETUP(args)
{
	self->fds.machine = machine_open();
	ASSERT_LE(0, self->fds.machine);
	ASSERT_EQ(0, ioctl_space(&self->fds));
	ASSERT_EQ(0, map_pages(self->fds.space, 0, 4, RW));
}

FIXTURE_TEARDOWN(args)
{
	close(self->fds.space);
	close(self->fds.machine);
}

/* A field of which some bits have no meaning, and what is answered to each of those. */
static const struct {
	const char *name;
	unsigned int cmd;
	size_t offset, size;
	__u64 known;
	long answer;
} fields[] = {
#define FIELD(cmd, type, field, known, answer)						\
	{ #cmd "." #field, SVMA_IOC_##cmd, offsetof(struct type, field),		\
	  sizeof(((struct type *)0)->field), known, answer }
	FIELD(SPACE_CREATE, svma_space_create, flags, SVMA_SPACE_LAYOUT | SVMA_SPACE_READY,
	      -EOPNOTSUPP),
	FIELD(FORK, svma_fork, flags, 0, -EOPNOTSUPP),
	FIELD(SNAPSHOT, svma_snapshot, flags, 0, -EOPNOTSUPP),
	FIELD(RESTORE, svma_restore, flags, 0, -EOPNOTSUPP),
	FIELD(CHANGED, svma_changes, reserved, 0, -EINVAL),
	FIELD(COPY, svma_copy, flags, 0, -EOPNOTSUPP),
	FIELD(MACHINE_SET, svma_machine, told, SVMA_MACHINE_ALL, -EOPNOTSUPP),
	FIELD(LAYOUT_SET, svma_layout, told, SVMA_LAYOUT_ALL, -EOPNOTSUPP),
	FIELD(ANON, svma_anon, anon_flags, SVMA_ANON_FORKED | SVMA_ANON_CLOSES, -EOPNOTSUPP),
	FIELD(IMPORT, svma_import, flags, ((1ULL << 38) - 1) | SVMA_VM_PKEY_MASK, -EINVAL),
	FIELD(IMPORT, svma_import, anon_flags, SVMA_ANON_FORKED | SVMA_ANON_CLOSES, -EINVAL),
	FIELD(IMPORT, svma_import, reserved, 0, -EINVAL),
	FIELD(MMAP, svma_mmap, reserved, 0, -EINVAL),
	FIELD(MREMAP, svma_mremap, reserved, 0, -EINVAL),
	FIELD(MADVISE, svma_madvise, reserved, 0, -EINVAL),
	FIELD(LOOKUP, svma_lookup, reserved, 0, -EINVAL),
	FIELD(TASK, svma_task, reserved, 0, -EINVAL),
	FIELD(TASK_REGIONS, svma_task_regions, reserved, 0, -EINVAL),
	FIELD(RMAP, svma_rmap, reserved, 0, -EINVAL),
	FIELD(MSYNC, svma_sync, reserved, 0, -EINVAL),
	FIELD(STEPS, svma_steps, flags, SVMA_STEPS_FORGET, -EOPNOTSUPP),
	FIELD(STEPS, svma_steps, reserved, 0, -EINVAL),
};

static const struct ioctl_row *row_of(unsigned int cmd)
{
	size_t i;

	for (i = 0; i < ioctl_rows; i++)
		if (ioctl_table[i].cmd == cmd)
			return &ioctl_table[i];
	return NULL;
}

/* Each bit that has no meaning is refused, and refusing changes nothing. */
TEST_F(args, unknown_bits)
{
	char arg[1024] __attribute__((aligned(8))), before[sizeof(struct svma_stats)];
	struct svma_stats stats = space_stats(self->fds.space);
	unsigned int bit;
	size_t i;

	memcpy(before, &stats, sizeof(stats));
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct ioctl_row *row = row_of(fields[i].cmd);
		int fd = row->machine ? self->fds.machine : self->fds.space;

		for (bit = 0; bit < 8 * fields[i].size; bit++) {
			if (fields[i].known & (1ULL << bit))
				continue;
			memset(arg, 0, sizeof(arg));
			row->fill(&self->fds, arg);
			arg[fields[i].offset + bit / 8] |= 1 << (bit % 8);
			EXPECT_EQ(fields[i].answer, call(fd, row->cmd, arg))
				TH_LOG("%s, bit %u", fields[i].name, bit);
		}
	}
	stats = space_stats(self->fds.space);
	EXPECT_EQ(0, memcmp(before, &stats, sizeof(stats)));
	EXPECT_STREQ("0-4:rw", layout(self->fds.space));
}

/* The flags of the layout are refused with all else that the call would have set. */
TEST_F(args, layout_flags)
{
	const __u32 known = (2 * SVMA_UFFD_FORK - 1) |
			    SVMA_EXEC_KEY_MASK << SVMA_EXEC_KEY_SHIFT;
	struct svma_layout set, before, after;
	unsigned int bit;

	ASSERT_EQ(0, call(self->fds.space, SVMA_IOC_LAYOUT_GET, &before));
	for (bit = 0; bit < 32; bit++) {
		if (1u << bit & known)
			continue;
		set = (struct svma_layout){
			.told = SVMA_LAYOUT_PERSONALITY | SVMA_LAYOUT_END_CODE,
			.personality = 1u << bit, .end_code = 99,
		};
		EXPECT_EQ(-EOPNOTSUPP, call(self->fds.space, SVMA_IOC_LAYOUT_SET, &set))
			TH_LOG("bit %u", bit);
	}
	for (bit = 0; bit < 64; bit++) {
		if ((1ULL << bit) &
		    (SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT | SVMA_VM_MERGEABLE | SVMA_VM_NOHUGEPAGE))
			continue;
		set = (struct svma_layout){
			.told = SVMA_LAYOUT_DEF_FLAGS | SVMA_LAYOUT_END_CODE,
			.def_flags = 1ULL << bit, .end_code = 99,
		};
		EXPECT_EQ(-EOPNOTSUPP, call(self->fds.space, SVMA_IOC_LAYOUT_SET, &set))
			TH_LOG("bit %u", bit);
	}
	ASSERT_EQ(0, call(self->fds.space, SVMA_IOC_LAYOUT_GET, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

TEST_F(args, values)
{
	struct svma_space_create create = { .profile = 2 };
	struct svma_lock lock = { .addr = at(0), .len = PAGE, .op = 4 };

	EXPECT_EQ(-EINVAL, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
	create = (struct svma_space_create){ .kernel = SVMA_KERNEL(2, 6) };
	EXPECT_EQ(-EINVAL, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
	create = (struct svma_space_create){ .kernel = SVMA_KERNEL(6, 0) };
	EXPECT_EQ(-EINVAL, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
	EXPECT_EQ(-EINVAL, call(self->fds.space, SVMA_IOC_LOCK, &lock));
	lock.op = ~0u;
	EXPECT_EQ(-EINVAL, call(self->fds.space, SVMA_IOC_LOCK, &lock));
}

/* Spaces of each profile and kernel can be had, whatever kernel runs. */
TEST_F(args, profiles)
{
	static const __u32 kernels[] = { SVMA_KERNEL(6, 1), SVMA_KERNEL(6, 12), SVMA_KERNEL(7, 3),
					 0 };
	struct svma_space_create create;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kernels); i++) {
		create = (struct svma_space_create){ .kernel = kernels[i] };
		ASSERT_EQ(0, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
		EXPECT_EQ(0, map_pages(create.fd, 0, 1, RW));
		close(create.fd);
	}
	create = (struct svma_space_create){ .profile = SVMA_PROFILE_CLASSIC };
	ASSERT_EQ(0, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
	EXPECT_EQ(0, map_pages(create.fd, 0, 1, RW));
	close(create.fd);
}

TEST_F(args, new_descriptors)
{
	struct svma_fork child = { .fd = -1 };
	struct stat machine, space, other, forked;
	int second;

	second = space_make(self->fds.machine, 0);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, call(self->fds.space, SVMA_IOC_FORK, &child));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fds.space, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(second, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(child.fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(second, F_GETFL) & O_ACCMODE);

	ASSERT_EQ(0, fstat(self->fds.machine, &machine));
	ASSERT_EQ(0, fstat(self->fds.space, &space));
	ASSERT_EQ(0, fstat(second, &other));
	ASSERT_EQ(0, fstat(child.fd, &forked));
	EXPECT_EQ(space.st_dev, other.st_dev);
	EXPECT_NE(space.st_ino, other.st_ino);
	EXPECT_NE(space.st_ino, forked.st_ino);
	EXPECT_NE(other.st_ino, forked.st_ino);
	EXPECT_NE(space.st_dev, machine.st_dev);
	close(second);
	close(child.fd);
}

/* A space can be had from who has it, not by its name in /proc. */
TEST_F(args, no_reopen)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fds.space);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(ENXIO, errno);
}

TEST_F(args, region_buffer)
{
	struct svma_region list[2];
	struct svma_regions arg = { .end = ~0ULL, .count = 2, .buf = 0 };
	char *edge = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);

	ASSERT_NE(MAP_FAILED, edge);
	ASSERT_EQ(0, mprotect(edge + PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(-EFAULT, call(self->fds.space, SVMA_IOC_REGIONS, &arg));
	arg.buf = (unsigned long)edge + PAGE - 8;
	EXPECT_EQ(-EFAULT, call(self->fds.space, SVMA_IOC_REGIONS, &arg));
	/* Room that is not needed is not looked at. */
	arg.buf = (unsigned long)edge + PAGE - sizeof(list[0]);
	EXPECT_EQ(0, call(self->fds.space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(1, arg.count);
	EXPECT_EQ(0, arg.more);
	/* Nor is a buffer for nothing. */
	arg = (struct svma_regions){ .end = ~0ULL };
	EXPECT_EQ(0, call(self->fds.space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(0, arg.count);
	EXPECT_EQ(1, arg.more);
	/* A caller may claim any room. */
	arg = (struct svma_regions){ .end = ~0ULL, .buf = (unsigned long)list, .count = ~0u };
	EXPECT_EQ(0, call(self->fds.space, SVMA_IOC_REGIONS, &arg));
	EXPECT_EQ(1, arg.count);
	munmap(edge, 2 * PAGE);
}

/* The system call entry of 32-bit programs works from 64-bit ones, too. */
static long call_compat(int fd, unsigned int cmd, void *arg)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(54), "b"(fd), "c"(cmd), "d"((unsigned int)(unsigned long)arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

TEST_F(args, compat)
{
	char *low = mmap(NULL, PAGE, RW, ANON | MAP_32BIT, -1, 0);
	struct svma_info *info = (void *)low;
	struct svma_mmap *map = (void *)low;
	struct svma_regions *regions = (void *)low;
	struct svma_region *list = (void *)(low + 1024);
	struct svma_info native;

	ASSERT_NE(MAP_FAILED, low);
	if (access("/proc/sys/abi/vsyscall32", F_OK))
		SKIP(return, "the kernel has no 32-bit calls");
	memset(info, 0xff, sizeof(*info));
	ASSERT_EQ(0, call_compat(self->fds.machine, SVMA_IOC_INFO, info));
	ASSERT_EQ(0, call(self->fds.machine, SVMA_IOC_INFO, &native));
	EXPECT_EQ(0, memcmp(&native, info, sizeof(native)));

	/* Addresses of a space are 64 bits wide for everybody. */
	*map = (struct svma_mmap){
		.addr = 1UL << 40,
		.len = 1UL << 33,
		.prot = PROT_READ,
		.flags = FIXED | MAP_NORESERVE,
		.fd = -1,
	};
	EXPECT_EQ(0, call_compat(self->fds.space, SVMA_IOC_MMAP, map));
	EXPECT_EQ(1UL << 40, map->addr);
	*regions = (struct svma_regions){
		.start = 1UL << 39, .end = ~0ULL, .buf = (unsigned long)list, .count = 4,
	};
	EXPECT_EQ(0, call_compat(self->fds.space, SVMA_IOC_REGIONS, regions));
	ASSERT_EQ(1, regions->count);
	EXPECT_EQ((1UL << 40) + (1UL << 33), list->end);
	EXPECT_EQ(-ENOTTY, call_compat(self->fds.machine, SVMA_IOC_STATS, low));
	EXPECT_EQ(-EFAULT, call_compat(self->fds.space, SVMA_IOC_STATS, NULL));
	munmap(low, PAGE);
}

TEST_HARNESS_MAIN
