// SPDX-License-Identifier: GPL-2.0
/*
 * What holds for every ioctl: which numbers there are, sizes of structs, bad pointers, answers.
 */
#include <sys/utsname.h>

#include "ioctl_table.h"
#include "svma_test.h"

FIXTURE(ioctls) {
	struct ioctl_fds fds;
	char *arg;	/* ARG_ROOM bytes, and nothing behind them */
};

FIXTURE_SETUP(ioctls)
{
	self->fds.machine = machine_open();
	ASSERT_LE(0, self->fds.machine);
	ASSERT_EQ(0, ioctl_space(&self->fds));
	ASSERT_EQ(0, map_pages(self->fds.space, 0, 1, RW));
	self->arg = mmap(NULL, ARG_ROOM + PAGE, RW, ANON, -1, 0);
	ASSERT_NE(MAP_FAILED, self->arg);
	ASSERT_EQ(0, mprotect(self->arg + ARG_ROOM, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(ioctls)
{
	close(self->fds.space);
	close(self->fds.machine);
}

static int row_fd(const struct ioctl_fds *fds, const struct ioctl_row *row)
{
	return row->machine ? fds->machine : fds->space;
}

/* The row's call at @arg with that size in its number, once. */
static long row_call(const struct ioctl_fds *fds, const struct ioctl_row *row, void *arg,
		     unsigned int size)
{
	long ret;

	row->fill(fds, arg);
	ret = call(row_fd(fds, row), ioctl_sized(row->cmd, size), arg);
	if (!ret && row->undo)
		row->undo(fds, arg);
	return ret;
}

#define for_each_row(row) \
	for (row = ioctl_table; row < ioctl_table + ioctl_rows; row++)

TEST_F(ioctls, table_has_all_of_the_header)
{
	EXPECT_EQ(SVMA_HEADER_IOCTLS, ioctl_rows);
}

/* With no struct at all a number that exists answers EINVAL, another one ENOTTY. */
TEST_F(ioctls, numbers)
{
	static const unsigned int dirs[] = { _IOC_NONE, _IOC_READ, _IOC_WRITE,
					     _IOC_READ | _IOC_WRITE };
	const struct ioctl_row *row;
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		for (nr = 0; nr < 256; nr++) {
			bool machine = false, space = false;

			for_each_row(row) {
				if (_IOC_NR(row->cmd) == nr && _IOC_DIR(row->cmd) == dirs[i]) {
					machine = row->machine;
					space = row->space;
				}
			}
			EXPECT_EQ(machine ? -EINVAL : -ENOTTY,
				  call(self->fds.machine, _IOC(dirs[i], SVMA_IOC_TYPE, nr, 0),
				       self->arg))
				TH_LOG("machine, number %#x, direction %u", nr, dirs[i]);
			EXPECT_EQ(space ? -EINVAL : -ENOTTY,
				  call(self->fds.space, _IOC(dirs[i], SVMA_IOC_TYPE, nr, 0),
				       self->arg))
				TH_LOG("space, number %#x, direction %u", nr, dirs[i]);
		}
	}
}

/* A number of the other kind is unknown, also with all of its struct; so is another type's. */
TEST_F(ioctls, wrong_kind)
{
	const struct ioctl_row *row;

	for_each_row(row) {
		memset(self->arg, 0, ARG_ROOM);
		row->fill(&self->fds, self->arg);
		if (!row->machine)
			EXPECT_EQ(-ENOTTY, call(self->fds.machine, row->cmd, self->arg))
				TH_LOG("%s", row->name);
		if (!row->space)
			EXPECT_EQ(-ENOTTY, call(self->fds.space, row->cmd, self->arg))
				TH_LOG("%s", row->name);
		EXPECT_EQ(-ENOTTY, call(row_fd(&self->fds, row), row->cmd ^ (1u << _IOC_TYPESHIFT),
					self->arg))
			TH_LOG("%s of another type", row->name);
	}
}

TEST_F(ioctls, exact_size)
{
	const struct ioctl_row *row;

	for_each_row(row) {
		memset(self->arg, 0, ARG_ROOM);
		EXPECT_EQ(row->answer, row_call(&self->fds, row, self->arg, _IOC_SIZE(row->cmd)))
			TH_LOG("%s", row->name);
	}
}

TEST_F(ioctls, short_struct)
{
	const struct ioctl_row *row;
	unsigned int size;

	for_each_row(row) {
		for (size = 0; size < _IOC_SIZE(row->cmd); size++) {
			/* What has grown is taken as it was. */
			bool known = size >= (row->first ?: ARG_ROOM);

			memset(self->arg, 0, ARG_ROOM);
			EXPECT_EQ(known ? row->answer : -EINVAL,
				  row_call(&self->fds, row, self->arg, size))
				TH_LOG("%s with %u bytes", row->name, size);
		}
	}
}

TEST_F(ioctls, long_struct_with_zero_tail)
{
	static const unsigned int more[] = { 1, 8, 64, 5000 };
	const struct ioctl_row *row;
	unsigned int i, size;

	for_each_row(row) {
		for (i = 0; i < ARRAY_SIZE(more); i++) {
			size = _IOC_SIZE(row->cmd) + more[i];
			memset(self->arg, 0, ARG_ROOM);
			EXPECT_EQ(row->answer, row_call(&self->fds, row, self->arg, size))
				TH_LOG("%s with %u bytes more", row->name, more[i]);
		}
	}
}

TEST_F(ioctls, long_struct_with_other_tail)
{
	const struct ioctl_row *row;
	unsigned int size, known, i;

	for_each_row(row) {
		known = _IOC_SIZE(row->cmd);
		size = known + 64;
		for (i = known; i < size; i++) {
			long answer = _IOC_DIR(row->cmd) & _IOC_WRITE ? -E2BIG : row->answer;

			memset(self->arg, 0, ARG_ROOM);
			self->arg[i] = 1;
			EXPECT_EQ(answer, row_call(&self->fds, row, self->arg, size))
				TH_LOG("%s, byte %u", row->name, i);
		}
		/* What only comes back has a tail of zeros. */
		if (!(_IOC_DIR(row->cmd) & _IOC_WRITE)) {
			memset(self->arg + known, 0x5a, 64);
			EXPECT_EQ(0, row_call(&self->fds, row, self->arg, size));
			for (i = known; i < size; i++)
				EXPECT_EQ(0, self->arg[i]) TH_LOG("%s, byte %u", row->name, i);
		}
	}
}

/* A struct that ends where memory ends is fine, one that goes on behind it is not. */
TEST_F(ioctls, bad_pointers)
{
	const struct ioctl_row *row;

	for_each_row(row) {
		unsigned int size = _IOC_SIZE(row->cmd);
		int fd = row_fd(&self->fds, row);
		char *last = self->arg + ARG_ROOM - size;

		EXPECT_EQ(-EFAULT, call(fd, row->cmd, NULL)) TH_LOG("%s", row->name);
		EXPECT_EQ(-EFAULT, call(fd, row->cmd, self->arg + ARG_ROOM))
			TH_LOG("%s", row->name);
		EXPECT_EQ(-EFAULT, call(fd, row->cmd, (void *)~0xfffUL)) TH_LOG("%s", row->name);
		memset(self->arg, 0, ARG_ROOM);
		EXPECT_EQ(row->answer, row_call(&self->fds, row, last, size))
			TH_LOG("%s", row->name);
		row->fill(&self->fds, last - 8);
		memmove(last + 1, last - 8, size - 1);
		EXPECT_EQ(-EFAULT, call(fd, row->cmd, last + 1)) TH_LOG("%s", row->name);
	}
}

/* An answer that cannot be written is EFAULT, and leaves no descriptor behind. */
TEST_F(ioctls, answer_not_writable)
{
	const struct ioctl_row *row;
	int before = fd_count();

	for_each_row(row) {
		if (!(_IOC_DIR(row->cmd) & _IOC_READ) || row->answer)
			continue;
		memset(self->arg, 0, ARG_ROOM);
		row->fill(&self->fds, self->arg);
		ASSERT_EQ(0, mprotect(self->arg, ARG_ROOM, PROT_READ));
		EXPECT_EQ(-EFAULT, call(row_fd(&self->fds, row), row->cmd, self->arg))
			TH_LOG("%s", row->name);
		ASSERT_EQ(0, mprotect(self->arg, ARG_ROOM, RW));
	}
	EXPECT_EQ(before, fd_count());
}

/* Each byte of what only comes back is the kernel's, whatever was there before. */
TEST_F(ioctls, nothing_left_unwritten)
{
	const struct ioctl_row *row;
	char zeros[1024], ones[1024];
	unsigned int i;

	for_each_row(row) {
		if (_IOC_DIR(row->cmd) != _IOC_READ)
			continue;
		ASSERT_GE(sizeof(zeros), _IOC_SIZE(row->cmd));
		memset(zeros, 0, sizeof(zeros));
		memset(ones, 0xff, sizeof(ones));
		EXPECT_EQ(0, call(row_fd(&self->fds, row), row->cmd, zeros));
		EXPECT_EQ(0, call(row_fd(&self->fds, row), row->cmd, ones));
		for (i = 0; i < _IOC_SIZE(row->cmd); i++)
			EXPECT_EQ(zeros[i], ones[i]) TH_LOG("%s, byte %u", row->name, i);
	}
}

/* A call that fails leaves its struct alone. */
TEST_F(ioctls, failure_writes_nothing)
{
	struct svma_mmap map = {
		.addr = at(3), .len = 0, .prot = PROT_READ, .flags = ANON, .fd = -1
	};
	struct svma_mremap remap = {
		.old_addr = at(7), .old_len = PAGE, .new_len = PAGE, .new_addr = 123
	};
	struct svma_lookup lookup = { .addr = at(1000), .region = { .start = 77 } };
	struct svma_space_create create = { .flags = ~0u, .fd = 1234 };
	struct svma_task task = { .pid = getpid(), .mm = 77 };

	EXPECT_EQ(-EINVAL, call(self->fds.space, SVMA_IOC_MMAP, &map));
	EXPECT_EQ(at(3), map.addr);
	EXPECT_EQ(-EFAULT, call(self->fds.space, SVMA_IOC_MREMAP, &remap));
	EXPECT_EQ(123, remap.new_addr);
	EXPECT_EQ(-ENOENT, call(self->fds.space, SVMA_IOC_LOOKUP, &lookup));
	EXPECT_EQ(77, lookup.region.start);
	EXPECT_EQ(-EOPNOTSUPP, call(self->fds.machine, SVMA_IOC_SPACE_CREATE, &create));
	EXPECT_EQ(1234, create.fd);
	EXPECT_EQ(-EPERM, call(self->fds.machine, SVMA_IOC_TASK, &task));
	EXPECT_EQ(77, task.mm);
}

TEST_F(ioctls, info)
{
	struct svma_info info, other;
	unsigned int major, minor;
	struct utsname name;
	int fields;

	ASSERT_EQ(0, uname(&name));
	fields = sscanf(name.release, "%u.%u", &major, &minor);
	ASSERT_EQ(2, fields);
	ASSERT_EQ(0, call(self->fds.machine, SVMA_IOC_INFO, &info));
	EXPECT_EQ(SVMA_ABI_VERSION, info.abi_version);
	EXPECT_EQ(SVMA_KERNEL(major, minor), info.kernel);
	EXPECT_EQ(SVMA_FEATURE_REGIONS | SVMA_FEATURE_WINDOWS | SVMA_FEATURE_RW |
			  SVMA_FEATURE_TASK | SVMA_FEATURE_SNAPSHOT | SVMA_FEATURE_PAGES |
			  SVMA_FEATURE_BATCH | SVMA_FEATURE_TRANSFER | SVMA_FEATURE_READY,
		  info.features);
	EXPECT_EQ(sysconf(_SC_PAGESIZE), info.page_size);
	EXPECT_EQ(2 << 20, info.huge_page_size);
	ASSERT_EQ(0, call(self->fds.space, SVMA_IOC_INFO, &other));
	EXPECT_EQ(0, memcmp(&info, &other, sizeof(info)));
}

TEST_HARNESS_MAIN
