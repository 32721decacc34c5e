// SPDX-License-Identifier: GPL-2.0
/*
 * What a descriptor, its mount and its inode allow, a space allows, and nothing more: each verdict
 * beside that of mmap(2) in this process, and each other way to write.
 */
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE	65
#endif
#define PR_MDWE_NO_EXEC_GAIN	1

FIXTURE(rights) {
	int space, layout_only;
	char *view;
	char dir[32], path[64];	/* of a tmpfs that is mounted noexec */
};

FIXTURE_SETUP(rights)
{
	self->space = space_open(0);
	self->layout_only = space_open(SVMA_SPACE_LAYOUT);
	ASSERT_LE(0, self->space);
	ASSERT_LE(0, self->layout_only);
	self->view = window(self->space, 0, 4, RWX);
	ASSERT_NE(NO_WINDOW, self->view);
	strcpy(self->dir, "/tmp/rights-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ASSERT_EQ(0, mount("none", self->dir, "tmpfs", MS_NOEXEC, NULL));
	snprintf(self->path, sizeof(self->path), "%s/file", self->dir);
}

FIXTURE_TEARDOWN(rights)
{
	munmap(self->view, 4 * PAGE);
	close(self->space);
	close(self->layout_only);
	umount2(self->dir, MNT_DETACH);
	rmdir(self->dir);
}

static long host_map(int prot, int flags, int fd)
{
	void *addr = mmap(NULL, PAGE, prot, flags, fd, 0);

	if (addr == MAP_FAILED)
		return -errno;
	munmap(addr, PAGE);
	return 0;
}

#define VERDICTS	8
#define PRIVATE_READ	0
#define PRIVATE_WRITE	1
#define PRIVATE_EXEC	2
#define PRIVATE_NONE	3
#define SHARED_READ	4
#define SHARED_WRITE	5
#define SHARED_EXEC	6
#define SHARED_NONE	7

/* Every verdict on a descriptor, which must be that of mmap(2); that is what @host gets. */
static void judge(struct __test_metadata *_metadata, struct _test_data_rights *self, int fd,
		  const char *what, long *host)
{
	static const int prots[] = { PROT_READ, RW, PROT_READ | PROT_EXEC, PROT_NONE };
	unsigned int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < VERDICTS; i++) {
		int prot = prots[i % 4], flags = i < 4 ? MAP_PRIVATE : MAP_SHARED;

		host[i] = host_map(prot, flags, fd);
		EXPECT_EQ(host[i], map_file(self->layout_only, 0, 1, prot, flags, fd, 0))
			TH_LOG("%s, case %u, layout only", what, i);
		EXPECT_EQ(host[i], map_file(self->space, 0, 1, prot, flags, fd, 0))
			TH_LOG("%s, case %u", what, i);
	}
}

static int file_make(struct _test_data_rights *self)
{
	int fd = open(self->path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && fill(fd))
		return -1;
	return fd;
}

static long protect(int space, int prot)
{
	return verb_mprotect(space, at(0), PAGE, prot);
}

TEST_F(rights, mode_of_the_descriptor)
{
	int fd = memfd_create("rights", MFD_CLOEXEC);
	long host[VERDICTS];
	unsigned int i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fill(fd));
	judge(_metadata, self, fd, "read and write", host);
	for (i = 0; i < VERDICTS; i++)
		EXPECT_EQ(0, host[i]);
	judge(_metadata, self, reopen(fd, O_WRONLY), "write-only", host);
	for (i = 0; i < VERDICTS; i++)
		EXPECT_EQ(-EACCES, host[i]);
	judge(_metadata, self, reopen(fd, O_RDONLY), "read-only", host);
	for (i = 0; i < VERDICTS; i++)
		EXPECT_EQ(i == SHARED_WRITE ? -EACCES : 0, host[i]);
	judge(_metadata, self, reopen(fd, O_PATH), "a path", host);
	for (i = 0; i < VERDICTS; i++)
		EXPECT_EQ(-EBADF, host[i]);
	judge(_metadata, self, open("/tmp", O_RDONLY | O_CLOEXEC), "a folder", host);
	EXPECT_EQ(-ENODEV, host[PRIVATE_READ]);
	close(fd);
}

/* Nor later: what mprotect may give was decided by the descriptor. */
TEST_F(rights, nothing_by_mprotect)
{
	int fd = memfd_create("rights", MFD_CLOEXEC), reader;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fill(fd));
	reader = reopen(fd, O_RDONLY);
	ASSERT_LE(0, reader);
	ASSERT_EQ(0, map_file(self->space, 0, 1, PROT_READ, MAP_SHARED, reader, 0));
	EXPECT_EQ(-EACCES, protect(self->space, RW));
	EXPECT_EQ(-EACCES, protect(self->space, PROT_WRITE));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	EXPECT_EQ(WORD(0, 0), peek(self->view));
	EXPECT_EQ(WORD(0, 0), in_file(fd, 0));
	close(reader);
	close(fd);
}

/* pwrite of the space, and what a debugger does: it may write where the process may not. */
TEST_F(rights, nothing_by_force)
{
	int fd = memfd_create("rights", MFD_CLOEXEC), other = ramfs_file();
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int files[2] = { fd, other };
	unsigned int i;
	__u64 value = 77;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_LE(0, memory);
	for (i = 0; i < 2; i++) {
		int reader = reopen(files[i], O_RDONLY);

		ASSERT_EQ(0, fill(files[i]));
		ASSERT_LE(0, reader);
		ASSERT_EQ(0, map_file(self->space, 0, 1, PROT_READ, MAP_SHARED, reader, 0));
		ASSERT_EQ(0, map_file(self->space, 1, 1, PROT_READ, MAP_PRIVATE, reader, 0));
		EXPECT_EQ(WORD(0, 0), peek(self->view));
		EXPECT_EQ(WORD(0, 0), peek(self->view + PAGE));
		EXPECT_EQ(-1, pwrite(self->space, &value, 8, at(0)));
		EXPECT_EQ(-1, pwrite(self->space, &value, 8, at(1)));
		EXPECT_EQ(-1, pwrite(memory, &value, 8, (unsigned long)self->view));
		EXPECT_EQ(WORD(0, 0), peek(self->view));
		/* As into a private mapping of the kernel's: a copy. */
		pwrite(memory, &value, 8, (unsigned long)self->view + PAGE);
		EXPECT_EQ(WORD(0, 0), in_file(files[i], 0));
		EXPECT_EQ(WORD(0, 0), peek(self->view));
		close(reader);
	}
	close(fd);
	close(other);
	close(memory);
}

TEST_F(rights, noexec_mount)
{
	int fd = file_make(self), value = 0;
	long host[VERDICTS];

	judge(_metadata, self, fd, "noexec", host);
	EXPECT_EQ(-EPERM, host[PRIVATE_EXEC]);
	EXPECT_EQ(-EPERM, host[SHARED_EXEC]);
	EXPECT_EQ(0, host[SHARED_WRITE]);
	ASSERT_EQ(0, map_file(self->space, 0, 1, RW, MAP_PRIVATE, fd, 0));
	ASSERT_EQ(0, map_file(self->layout_only, 0, 1, RW, MAP_PRIVATE, fd, 0));
	put_code(self->view, 5);
	EXPECT_EQ(-EACCES, protect(self->space, PROT_READ | PROT_EXEC));
	EXPECT_EQ(-EACCES, protect(self->layout_only, PROT_READ | PROT_EXEC));
	EXPECT_EQ(SIGSEGV, run(self->view, &value));
	close(fd);
}

static long inode_flag(int fd, int flag)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return -errno;
	flags = flag ? flags | flag : flags & ~(FS_APPEND_FL | FS_IMMUTABLE_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) ? -errno : 0;
}

TEST_F(rights, append_only_inode)
{
	int before = file_make(self), after;
	long host[VERDICTS];

	ASSERT_LE(0, before);
	if (inode_flag(before, FS_APPEND_FL))
		SKIP(return, "this kernel's tmpfs has no append-only files");
	after = open(self->path, O_RDWR | O_APPEND | O_CLOEXEC);
	judge(_metadata, self, after, "append-only", host);
	EXPECT_EQ(-EACCES, host[SHARED_WRITE]);
	EXPECT_EQ(-EACCES, host[SHARED_READ]);
	EXPECT_EQ(0, host[PRIVATE_WRITE]);
	judge(_metadata, self, before, "append-only, opened before", host);
	EXPECT_EQ(-EACCES, host[SHARED_WRITE]);
	judge(_metadata, self, open(self->path, O_RDONLY | O_CLOEXEC), "append-only, read", host);
	EXPECT_EQ(-EACCES, host[SHARED_WRITE]);
	EXPECT_EQ(0, host[SHARED_READ]);
	ASSERT_EQ(0, inode_flag(before, 0));
	close(before);
	close(after);
}

TEST_F(rights, immutable_inode)
{
	int before = file_make(self);
	long host[VERDICTS];

	ASSERT_LE(0, before);
	if (inode_flag(before, FS_IMMUTABLE_FL))
		SKIP(return, "this kernel's tmpfs has no immutable files");
	EXPECT_EQ(-1, open(self->path, O_RDWR | O_CLOEXEC));
	judge(_metadata, self, open(self->path, O_RDONLY | O_CLOEXEC), "immutable", host);
	EXPECT_EQ(-EACCES, host[SHARED_WRITE]);
	/* Who had it open for writing keeps what mmap(2) leaves him. */
	judge(_metadata, self, before, "immutable, opened before", host);
	ASSERT_EQ(0, inode_flag(before, 0));
	close(before);
}

/* A user without any right: exit status 0, or where it went wrong. */
static int as_nobody(void)
{
	char *view;
	int space;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	space = space_open(0);
	if (space < 0)
		return 2;
	if (map_pages(space, 0, 2, RW))
		return 3;
	view = window(space, 0, 2, RW);
	if (view == NO_WINDOW || store(view, 7) || page_get(space, 0) != 7)
		return 4;
	return verb_snapshot(space) < 0 ? 5 : 0;
}

TEST_F(rights, every_user)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(as_nobody());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A process that may not gain executable memory gains none by a window. */
TEST_F(rights, no_exec_gain)
{
	char *writable = window(self->space, 0, 1, RW);
	int value = 0;

	ASSERT_NE(NO_WINDOW, writable);
	ASSERT_EQ(0, map_pages(self->space, 0, 1, RWX));
	put_code(writable, 5);
	if (prctl(PR_SET_MDWE, PR_MDWE_NO_EXEC_GAIN, 0, 0, 0))
		SKIP(return, "this kernel has no PR_SET_MDWE");
	EXPECT_EQ(NO_WINDOW, window(self->space, 0, 1, RWX));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(writable, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(SIGSEGV, run(writable, &value));
	munmap(writable, PAGE);
}

TEST_HARNESS_MAIN
