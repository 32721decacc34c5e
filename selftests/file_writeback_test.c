// SPDX-License-Identifier: GPL-2.0
/*
 * Shared regions of files whose page cache a region cannot show itself: copies, that are written
 * back.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file.h"

/* Shared memory of other file systems can be read; write(2) to the file is seen. */
TEST_F(file, other_shared_read)
{
	int fd = reopen(self->other, O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_file(self->space, 0, 4, PROT_READ, MAP_SHARED, fd, 0));
	ASSERT_EQ(0, map_file(self->space, 8, 4, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(WORD(1, 0), seen(self, 1));
	EXPECT_EQ(WORD(1, 0), seen(self, 9));
	ASSERT_EQ(0, write_file(self->other, 1, 11));
	EXPECT_EQ(11, seen(self, 1));
	EXPECT_EQ(11, seen(self, 9));
	EXPECT_EQ(SIGSEGV, store(self->view, 1));
	EXPECT_EQ(-EACCES, verb_mprotect(self->space, at(0), PAGE, RW));
	close(fd);
	EXPECT_EQ(11, seen(self, 1));
}

/* What is written through regions is in the file after msync, munmap and close. */
TEST_F(file, other_shared_write)
{
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, self->other, 1));
	ASSERT_EQ(0, map_file(self->space, 8, 4, RW, MAP_SHARED, self->other, 1));
	EXPECT_EQ(WORD(1, 0), seen(self, 0));
	ASSERT_EQ(0, store(self->view, 100));
	ASSERT_EQ(0, peer_store(&self->peer, 9, 101));
	EXPECT_EQ(100, seen(self, 8));
	EXPECT_EQ(101, seen(self, 1));
	EXPECT_EQ(WORD(1, 0), in_file(self->other, 1));
	ASSERT_EQ(0, sync_pages(self->space, 0, 1, MS_SYNC));
	EXPECT_EQ(100, in_file(self->other, 1));
	EXPECT_EQ(WORD(2, 0), in_file(self->other, 2));
	/* Again, and by another window than before; only what was asked for. */
	ASSERT_EQ(0, store(self->view, 102));
	ASSERT_EQ(0, sync_pages(self->space, 8, 4, MS_ASYNC));
	EXPECT_EQ(102, in_file(self->other, 1));
	EXPECT_EQ(101, in_file(self->other, 2));
	/* One region goes, the other one goes on. */
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 103));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), 4 * PAGE));
	EXPECT_EQ(103, in_file(self->other, 3));
	EXPECT_EQ(103, seen(self, 10));
	ASSERT_EQ(0, store(self->view + 11 * PAGE, 104));
	ASSERT_EQ(0, verb_munmap(self->space, at(8), 4 * PAGE));
	EXPECT_EQ(104, in_file(self->other, 4));
}

TEST_F(file, other_shared_close)
{
	int space = space_open(0);
	char *view = window(space, 0, 4, RW);

	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_file(space, 0, 4, RW, MAP_SHARED, self->other, 0));
	ASSERT_EQ(0, store(view + PAGE, 7));
	close(space);
	ASSERT_EQ(0, store(view + 2 * PAGE, 8));
	munmap(view, 4 * PAGE);
	EXPECT_EQ(7, in_file(self->other, 1));
	EXPECT_EQ(8, in_file(self->other, 2));
}

/* Bytes that the region did not write are not written back. */
TEST_F(file, other_shared_bytes)
{
	__u64 value = 0;

	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, self->other, 0));
	ASSERT_EQ(0, store(self->view, 1));
	value = 2;
	ASSERT_EQ(8, pwrite(self->other, &value, 8, 8));
	ASSERT_EQ(0, write_file(self->other, 1, 3));
	/* The page that is written to is not read anew before it is written back. */
	EXPECT_EQ(3, seen(self, 1));
	ASSERT_EQ(0, sync_pages(self->space, 0, 4, MS_SYNC));
	EXPECT_EQ(1, in_file(self->other, 0));
	ASSERT_EQ(8, pread(self->other, &value, 8, 8));
	EXPECT_EQ(2, value);
	/* Now both sides agree, and write(2) is seen again. */
	EXPECT_EQ(1, seen(self, 0));
	EXPECT_EQ(2, peek(self->view + 8));
	ASSERT_EQ(0, write_file(self->other, 0, 4));
	EXPECT_EQ(4, seen(self, 0));
}

/* The end of the file stays where it is. */
TEST_F(file, other_shared_end)
{
	struct stat stat;

	ASSERT_EQ(0, ftruncate(self->other, 2 * PAGE + 8));
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, self->other, 0));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 5));
	ASSERT_EQ(0, store(self->view + 2 * PAGE + 8, 6));
	EXPECT_EQ(SIGBUS, store(self->view + 3 * PAGE, 7));
	ASSERT_EQ(0, sync_pages(self->space, 0, 4, MS_SYNC));
	ASSERT_EQ(0, fstat(self->other, &stat));
	EXPECT_EQ(2 * (off_t)PAGE + 8, stat.st_size);
	EXPECT_EQ(5, in_file(self->other, 2));
	/* What is cut off is not written back. */
	ASSERT_EQ(0, store(self->view + PAGE, 8));
	ASSERT_EQ(0, ftruncate(self->other, PAGE));
	EXPECT_EQ(SIGBUS, load(self->view + PAGE, &(__u64){ 0 }));
	ASSERT_EQ(0, ftruncate(self->other, 2 * PAGE));
	EXPECT_EQ(0, seen(self, 1));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), 4 * PAGE));
	EXPECT_EQ(0, in_file(self->other, 1));
}

/* A writer that goes on while it is written back: nothing of it is lost. */
static volatile bool writing;
static volatile __u64 stores;

static void *writes(void *view)
{
	__u64 i;

	/* Each word is written seldom: what is lost of it stays lost for a while. */
	for (i = 1; writing; i++)
		((volatile __u64 *)((char *)view + i % PAGES * PAGE))[i / PAGES % 512] = stores = i;
	return NULL;
}

TEST_F(file, other_shared_race)
{
	char page[PAGE];
	double end;
	pthread_t thread;
	unsigned int i;

	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_SHARED, self->other, 0));
	writing = true;
	stores = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, writes, self->view));
	for (end = seconds() + 5; stores < 100000 && seconds() < end;)
		EXPECT_EQ(0, sync_pages(self->space, 0, PAGES, MS_SYNC));
	writing = false;
	pthread_join(thread, NULL);
	ASSERT_EQ(0, sync_pages(self->space, 0, PAGES, MS_SYNC));
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ((ssize_t)PAGE, pread(self->other, page, PAGE, i * PAGE));
		EXPECT_EQ(0, memcmp(page, self->view + i * PAGE, PAGE));
		EXPECT_LT(PAGES, in_file(self->other, i));
	}
}

#define MANY	1024UL

static unsigned long count_in_file(int fd, __u64 value)
{
	unsigned long page, count = 0;

	for (page = 0; page < MANY; page++)
		count += in_file(fd, page) == value + page;
	return count;
}

/* This process may make files this long. */
static int limit_size(unsigned long bytes)
{
	struct rlimit limit = { bytes, bytes };

	return setrlimit(RLIMIT_FSIZE, &limit) ? -errno : 0;
}

/* Who is killed while he writes back leaves the rest to be written. */
static void killed(struct __test_metadata *_metadata, struct _test_data_file *self, bool limited)
{
	unsigned int round, within = 0;
	unsigned long page;
	char *view;

	ASSERT_EQ(0, ftruncate(self->other, MANY * PAGE));
	ASSERT_EQ(0, map_file(self->space, 0, MANY, RW, MAP_SHARED, self->other, 0));
	view = window(self->space, 0, MANY, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (round = 1; round <= 100 && within < 3; round++) {
		__u64 value = (__u64)round << 32;
		unsigned long count;
		pid_t pid;

		for (page = 0; page < MANY; page++)
			ASSERT_EQ(0, store(view + page * PAGE, value + page));
		pid = fork();
		if (!pid)
			_exit((limited && limit_size(PAGE)) ||
			      sync_pages(self->space, 0, MANY, MS_SYNC) ? 1 : 0);
		/* Until it has begun; then anywhere. */
		while (in_file(self->other, 0) != value && waitpid(pid, NULL, WNOHANG) == 0)
			;
		usleep(round % 10 * 100);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		count = count_in_file(self->other, value);
		within += count < MANY;
		ASSERT_EQ(0, sync_pages(self->space, 0, MANY, MS_SYNC));
		ASSERT_EQ(MANY, count_in_file(self->other, value));
	}
	EXPECT_EQ(3, within);
	munmap(view, MANY * PAGE);
}

TEST_F_TIMEOUT(file, other_shared_killed, 120)
{
	killed(_metadata, self, false);
}

/* The same where a thread of the kernel's writes, because the caller could not. */
TEST_F_TIMEOUT(file, other_shared_killed_limited, 120)
{
	killed(_metadata, self, true);
}

/* How a process with a limit within the second page writes back what is up to the fourth. */
enum { BY_SYNC, BY_UNMAP, BY_CLOSE, BY_EXIT, BY_DEATH, WAYS };

static int limited(struct _test_data_file *self, int space, int way)
{
	__u64 word = 1;

	if (limit_size(PAGE + 4))
		return 1;
	if (way == BY_SYNC && sync_pages(space, 0, 4, MS_SYNC))
		return 2;
	if (way == BY_UNMAP && verb_munmap(space, at(0), 4 * PAGE))
		return 3;
	if (way == BY_CLOSE && close(space))
		return 4;
	if (way == BY_DEATH)
		raise(SIGKILL);
	if (way == BY_EXIT)
		return 0;
	/* The limit is there, and this is the only signal that comes of it. */
	signal(SIGXFSZ, SIG_IGN);
	if (pwrite(self->other, &word, 8, 2 * PAGE) != -1 || errno != EFBIG)
		return 5;
	return 0;
}

/* The space has its last descriptor in the child, and no window. */
TEST_F(file, other_shared_limited)
{
	int way, ignored;

	for (way = 0; way < WAYS; way++) {
		for (ignored = 0; ignored < 2; ignored++) {
			__u64 value = 1000 + 100 * way + 10 * ignored;
			int space = space_open(0), go[2], status, i;
			char *view = window(space, 0, 4, RW);
			pid_t pid;

			ASSERT_NE(NO_WINDOW, view);
			ASSERT_EQ(0, map_file(space, 0, 4, RW, MAP_SHARED, self->other, 0));
			for (i = 0; i < 4; i++)
				ASSERT_EQ(0, store(view + i * PAGE, value + i));
			munmap(view, 4 * PAGE);
			ASSERT_EQ(0, pipe(go));
			pid = fork();
			if (!pid) {
				signal(SIGXFSZ, ignored ? SIG_IGN : SIG_DFL);
				close(go[1]);
				if (read(go[0], &status, 1))
					_exit(9);
				_exit(limited(self, space, way));
			}
			close(space);
			close(go[0]);
			close(go[1]);
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			EXPECT_EQ(way == BY_DEATH ? SIGKILL : 0, status) {
				TH_LOG("way %d, ignored %d", way, ignored);
			}
			for (i = 0; i < 4; i++)
				EXPECT_EQ(value + i, in_file(self->other, i));
		}
	}
}

#define THREADS	"/proc/sys/kernel/threads-max"

/* How many there may be, or a negative errno; and that. */
static long threads(long most)
{
	FILE *file = fopen(THREADS, most ? "we" : "re");
	long now = 0;

	if (!file)
		return -errno;
	if (most ? fprintf(file, "%ld", most) < 0 : fscanf(file, "%ld", &now) != 1)
		now = -EIO;
	return fclose(file) ? -errno : now;
}

/* As above, while no thread can be had to write: it is done when there can. */
static int no_thread(struct _test_data_file *self, int space, long most)
{
	if (limit_size(PAGE + 4))
		return 1;
	if (threads(1))
		return 2;
	if (sync_pages(space, 0, 4, MS_SYNC) != -ENOMEM || verb_munmap(space, at(0), 4 * PAGE) ||
	    in_file(self->other, 3) == 2003)
		return 3;
	if (threads(most) || close(space))
		return 4;
	return 0;
}

TEST_F(file, other_shared_no_thread)
{
	int space = space_open(0), go[2], status, i;
	char *view = window(space, 0, 4, RW);
	long most = threads(0);
	pid_t pid;

	ASSERT_LT(1, most);
	ASSERT_NE(NO_WINDOW, view);
	ASSERT_EQ(0, map_file(space, 0, 4, RW, MAP_SHARED, self->other, 0));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, store(view + i * PAGE, 2000 + i));
	munmap(view, 4 * PAGE);
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &status, 1) ? 9 : no_thread(self, space, most));
	}
	close(space);
	close(go[0]);
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, threads(most));
	EXPECT_EQ(0, status);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(2000 + i, in_file(self->other, i));
}

TEST_HARNESS_MAIN
