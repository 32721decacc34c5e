// SPDX-License-Identifier: GPL-2.0
/*
 * Killed while a file system does not answer to what is written back: a process goes all the same,
 * and so does the thread of the kernel that writes for it where it has an RLIMIT_FSIZE. What was
 * not written is written by who asks next.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "fused.h"
#include "killed.h"
#include "svma_test.h"

#define WRITTEN	0x5a5a5aUL

FIXTURE(killed_write) {
	struct fused f;
	int space, other;	/* the file, by another open of it */
	bool none;	/* no such file system */
};

FIXTURE_VARIANT(killed_write)
{
	bool limited;
};

/* Who is killed writes himself. */
FIXTURE_VARIANT_ADD(killed_write, unlimited) {};

/* A thread writes for him. */
FIXTURE_VARIANT_ADD(killed_write, limited)
{
	.limited = true,
};

/* A page of the file is written, and the file system does not answer any more. */
FIXTURE_SETUP(killed_write)
{
	long err = fused_open(&self->f);
	char *view;
	int fd;

	self->none = err == -ENODEV;
	if (self->none)
		return;
	ASSERT_EQ(0, err);
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	fd = fused_file(&self->f);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_file(self->space, 0, FUSED_PAGES, RW, MAP_SHARED, fd, 0));
	close(fd);
	self->other = fused_file(&self->f);
	ASSERT_LE(0, self->other);
	view = window(self->space, 0, FUSED_PAGES, RW);
	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, store(view, WRITTEN));
	munmap(view, FUSED_PAGES * PAGE);
	fused_pause(&self->f);
}

/* It answers again by then. */
FIXTURE_TEARDOWN(killed_write)
{
	if (self->none)
		return;
	close(self->space);
	close(self->other);
	fused_close(&self->f);
}

static long sync_file(int space)
{
	struct svma_sync arg = { .addr = at(0), .len = FUSED_PAGES * PAGE, .flags = MS_SYNC };

	return call(space, SVMA_IOC_MSYNC, &arg);
}

/*
 * A process that writes back, and does not come to the end of it; by msync, or, where it is
 * to wait until the pipe is closed, by closing the space.
 */
static pid_t writer(int space, bool limited, int *go)
{
	struct rlimit limit = { 1UL << 30, 1UL << 30 };
	pid_t pid = fork();
	char byte;

	if (!pid) {
		if (limited && setrlimit(RLIMIT_FSIZE, &limit))
			_exit(1);
		if (!go)
			sync_file(space);
		else if (close(go[1]) || read(go[0], &byte, 1) || close(space))
			_exit(2);
		_exit(0);
	}
	return pid;
}

/* How many threads of the kernel write for somebody. */
static unsigned int threads(void)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		char path[300], name[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		count += read(fd, name, sizeof(name) - 1) > 0 && !strcmp(name, "svma_write\n");
		close(fd);
	}
	if (dir)
		closedir(dir);
	return count;
}

/* Their number when it is that, or after a while. */
static unsigned int threads_wait(unsigned int wanted)
{
	unsigned int us;

	for (us = 0; us < KILLED_WAIT && threads() != wanted; us += 10000)
		usleep(10000);
	return threads();
}

/* The file system answers again: nothing is lost, and nobody is in the way. */
static void look(struct __test_metadata *_metadata, struct _test_data_killed_write *self)
{
	ASSERT_EQ(0, fused_serve(&self->f));
	EXPECT_EQ(0, *(unsigned long *)self->f.contents);
	EXPECT_EQ(0, sync_file(self->space));
	EXPECT_EQ(WRITTEN, *(unsigned long *)self->f.contents);
	EXPECT_EQ(0, threads_wait(0));
}

TEST_F_TIMEOUT(killed_write, goes, 120)
{
	pid_t pid;

	if (self->none)
		SKIP(return, "this kernel has no FUSE");
	pid = writer(self->space, variant->limited, NULL);
	ASSERT_LE(0, pid);
	EXPECT_TRUE(fused_asked(&self->f));
	EXPECT_EQ(variant->limited, threads());
	kill(pid, SIGKILL);
	EXPECT_TRUE(killed_gone(pid, KILLED_WAIT));
	EXPECT_EQ(0, threads_wait(0));
	look(_metadata, self);
}

/* Who waits until another has written. */
TEST_F_TIMEOUT(killed_write, waits_for_nobody, 120)
{
	pid_t first, second;

	if (self->none)
		SKIP(return, "this kernel has no FUSE");
	/* At the end of who has it, FUSE would wait for the first one. */
	close(self->other);
	first = writer(self->space, variant->limited, NULL);
	ASSERT_LE(0, first);
	EXPECT_TRUE(fused_asked(&self->f));
	second = writer(self->space, variant->limited, NULL);
	ASSERT_LE(0, second);
	usleep(200000);
	kill(second, SIGKILL);
	EXPECT_TRUE(killed_gone(second, KILLED_WAIT));
	EXPECT_EQ(variant->limited, threads());
	kill(first, SIGKILL);
	EXPECT_TRUE(killed_gone(first, KILLED_WAIT));
	look(_metadata, self);
}

/* Nobody is left to write it: who has the file open is told. */
TEST_F_TIMEOUT(killed_write, is_told, 120)
{
	int go[2];
	pid_t pid;

	if (self->none)
		SKIP(return, "this kernel has no FUSE");
	ASSERT_EQ(0, pipe(go));
	pid = writer(self->space, variant->limited, go);
	ASSERT_LE(0, pid);
	close(self->space);
	close(go[0]);
	close(go[1]);
	EXPECT_TRUE(fused_asked(&self->f));
	kill(pid, SIGKILL);
	EXPECT_TRUE(killed_gone(pid, KILLED_WAIT));
	ASSERT_EQ(0, fused_serve(&self->f));
	EXPECT_EQ(0, *(unsigned long *)self->f.contents);
	EXPECT_EQ(-1, fsync(self->other));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, fsync(self->other));
}

TEST_HARNESS_MAIN
