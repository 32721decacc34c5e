// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of files: what regions show of them, when they are read, and where they end.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"

TEST_F(file, private_shows_the_file)
{
	unsigned int i;

	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, 2));
	ASSERT_EQ(0, map_file(self->space, 8, 4, PROT_READ, MAP_PRIVATE, self->other, 0));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(WORD(2 + i, 0), seen(self, i));
		EXPECT_EQ(WORD(i, 0), seen(self, 8 + i));
	}
	EXPECT_EQ(WORD(3, 511), peek(self->view + PAGE + 511 * 8));
}

TEST_F(file, private_writes_stay_private)
{
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(WORD(0, 0), seen(self, 0));
	ASSERT_EQ(0, store(self->view, 7));		/* after a read */
	ASSERT_EQ(0, peer_store(&self->peer, 1, 8));	/* before any */
	EXPECT_EQ(7, seen(self, 0));
	EXPECT_EQ(8, seen(self, 1));
	EXPECT_EQ(WORD(1, 1), peek(self->view + PAGE + 8));
	EXPECT_EQ(WORD(0, 0), in_file(self->fd, 0));
	EXPECT_EQ(WORD(1, 0), in_file(self->fd, 1));
	/* What is thrown away is read anew. */
	ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGE, MADV_DONTNEED));
	EXPECT_EQ(WORD(0, 0), seen(self, 0));
}

/* Nothing is read before it is touched. */
TEST_F(file, read_at_first_touch)
{
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, map_file(self->space, 8, 4, RW, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(0, resident(self->space));
	ASSERT_EQ(0, write_file(self->fd, 1, 42));
	EXPECT_EQ(42, seen(self, 1));
	EXPECT_EQ(1, resident(self->space));
	EXPECT_EQ(42, seen(self, 9));
	EXPECT_EQ(2, resident(self->space));
}

TEST_F(file, locked_and_populated_at_once)
{
	struct svma_lock lock = { .addr = at(8), .len = 3 * PAGE, .op = SVMA_MLOCK };

	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE | MAP_POPULATE, self->fd, 0));
	EXPECT_EQ(4, resident(self->space));
	ASSERT_EQ(0, map_file(self->space, 8, 3, PROT_READ, MAP_PRIVATE, self->other, 0));
	EXPECT_EQ(4, resident(self->space));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(7, resident(self->space));
	ASSERT_EQ(0, map_file(self->space, 16, 5, RW, MAP_SHARED | MAP_LOCKED, self->fd, 0));
	EXPECT_EQ(12, resident(self->space));
	/* What lies beyond the end of the file cannot be locked, as mlock(2) says. */
	ASSERT_EQ(0, map_file(self->space, 8, 3, PROT_READ, MAP_PRIVATE, self->other, PAGES));
	EXPECT_EQ(-ENOMEM, call(self->space, SVMA_IOC_LOCK, &lock));
}

TEST_F(file, shared_is_coherent)
{
	char *host = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, host);
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, self->fd, 1));
	ASSERT_EQ(0, map_file(self->space, 8, 4, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(WORD(1, 0), seen(self, 0));
	ASSERT_EQ(0, store(self->view, 100));
	EXPECT_EQ(100, in_file(self->fd, 1));
	EXPECT_EQ(100, *(__u64 *)(host + PAGE));
	EXPECT_EQ(100, seen(self, 9));
	ASSERT_EQ(0, write_file(self->fd, 1, 101));
	EXPECT_EQ(101, seen(self, 0));
	*(__u64 *)(host + 2 * PAGE) = 102;
	EXPECT_EQ(102, seen(self, 1));
	ASSERT_EQ(0, peer_store(&self->peer, 2, 103));
	EXPECT_EQ(103, *(__u64 *)(host + 3 * PAGE));
	EXPECT_EQ(SIGSEGV, store(self->view + 8 * PAGE, 1));
	munmap(host, PAGES * PAGE);
	/* It is in the file when the region is gone. */
	ASSERT_EQ(0, verb_munmap(self->space, at(0), 16 * PAGE));
	EXPECT_EQ(103, in_file(self->fd, 3));
}

/* A file of tmpfs, a hole of which is written through a window. */
TEST_F(file, tmpfs_hole)
{
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
	struct stat before, after;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 4 * PAGE));
	ASSERT_EQ(0, fstat(fd, &before));
	EXPECT_EQ(0, before.st_blocks);
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_SHARED, fd, 0));
	EXPECT_EQ(0, seen(self, 1));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 9));
	EXPECT_EQ(9, in_file(fd, 2));
	ASSERT_EQ(0, fstat(fd, &after));
	EXPECT_EQ(2 * PAGE / 512, after.st_blocks);
	close(fd);
	/* The region keeps the file. */
	EXPECT_EQ(9, seen(self, 2));
}

TEST_F(file, beyond_the_end)
{
	__u64 value;

	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, PAGES - 2));
	ASSERT_EQ(0, map_file(self->space, 8, 4, RW, MAP_SHARED, self->fd, PAGES - 2));
	EXPECT_EQ(0, load(self->view + PAGE, &value));
	EXPECT_EQ(SIGBUS, load(self->view + 2 * PAGE, &value));
	EXPECT_EQ(SIGBUS, store(self->view + 3 * PAGE, 1));
	EXPECT_EQ(SIGBUS, load(self->view + 10 * PAGE, &value));
	EXPECT_EQ(SIGBUS, store(self->view + 11 * PAGE, 1));
	EXPECT_EQ(SIGBUS, peer_load(&self->peer, 10));
	EXPECT_EQ(-1, pread(self->space, &value, 8, at(2)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-EFAULT, verb_madvise(self->space, at(0), 4 * PAGE, MADV_POPULATE_READ));
	/* It grows: what lies there now can be had. */
	ASSERT_EQ(0, write_file(self->fd, PAGES, 77));
	EXPECT_EQ(77, seen(self, 2));
	EXPECT_EQ(77, seen(self, 10));
}

/* A file is cut short under its regions: the windows know when ftruncate() returns. */
TEST_F(file, truncated)
{
	char *late;

	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, map_file(self->space, 8, PAGES, RW, MAP_SHARED, self->fd, 0));
	ASSERT_EQ(0, map_file(self->space, 16, PAGES, PROT_READ, MAP_PRIVATE, self->other, 0));
	ASSERT_EQ(0, store(self->view + 6 * PAGE, 1));
	ASSERT_EQ(0, store(self->view + 14 * PAGE, 2));
	EXPECT_EQ(WORD(5, 0), seen(self, 5));
	EXPECT_EQ(WORD(6, 0), seen(self, 22));
	EXPECT_EQ(1, seen(self, 6));
	EXPECT_EQ(2, seen(self, 14));

	ASSERT_EQ(0, ftruncate(self->fd, 6 * PAGE));
	EXPECT_EQ(SIGBUS, load(self->view + 6 * PAGE, &(__u64){ 0 }));
	EXPECT_EQ(SIGBUS, peer_load(&self->peer, 6));
	EXPECT_EQ(SIGBUS, load(self->view + 14 * PAGE, &(__u64){ 0 }));
	EXPECT_EQ(SIGBUS, peer_load(&self->peer, 14));
	EXPECT_EQ(WORD(5, 0), seen(self, 5));
	EXPECT_EQ(WORD(6, 0), seen(self, 22));
	/* A window that enters what lies around a fault enters nothing beyond the end. */
	late = window(self->space, 0, 4 * PAGES, RW);
	ASSERT_NE(NO_WINDOW, late);
	EXPECT_EQ(WORD(5, 0), peek(late + 13 * PAGE));
	EXPECT_EQ(SIGBUS, load(late + 14 * PAGE, &(__u64){ 0 }));
	munmap(late, 4 * PAGES * PAGE);
	ASSERT_EQ(0, ftruncate(self->other, 3 * PAGE));
	EXPECT_EQ(SIGBUS, load(self->view + 22 * PAGE, &(__u64){ 0 }));
	EXPECT_EQ(WORD(2, 0), seen(self, 18));

	/* It grows again: nothing of what was there comes back. */
	ASSERT_EQ(0, ftruncate(self->fd, PAGES * PAGE));
	EXPECT_EQ(0, seen(self, 6));
	EXPECT_EQ(0, seen(self, 14));
}

/* The bound for what nobody tells of is a second; a memfd's punched hole is such a case on 7.x. */
static __u64 within_bound(const char *addr, __u64 due)
{
	double end = seconds() + 5;
	__u64 value;

	do {
		value = peek(addr);
	} while (value != due && seconds() < end);
	return value;
}

TEST_F(file, hole_punched)
{
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(WORD(2, 0), seen(self, 2));
	EXPECT_EQ(WORD(3, 0), seen(self, 3));
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2 * PAGE,
			       PAGE));
	EXPECT_EQ(0, within_bound(self->view + 2 * PAGE, 0));
	EXPECT_EQ(0, seen(self, 2));
	EXPECT_EQ(WORD(3, 0), seen(self, 3));
	/* It is the file's page again. */
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 5));
	EXPECT_EQ(5, in_file(self->fd, 2));
}

TEST_F(file, refused)
{
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC), null = open("/dev/null", O_RDWR);

	int append = reopen(self->other, O_RDWR | O_APPEND);

	ASSERT_LE(0, append);
	EXPECT_EQ(-EOPNOTSUPP, map_file(self->space, 0, 1, RW, MAP_SHARED, append, 0));
	EXPECT_EQ(0, map_file(self->space, 0, 1, RW, MAP_PRIVATE, append, 0));
	close(append);
	EXPECT_EQ(-EOPNOTSUPP, map_file(self->space, 0, 1, RW, MAP_SHARED, zero, 0));
	EXPECT_EQ(-ENODEV, map_file(self->space, 0, 1, RW, MAP_PRIVATE, null, 0));
	EXPECT_EQ(0, map_file(self->space, 0, 1, RW, MAP_PRIVATE, zero, 0));
	EXPECT_EQ(0, seen(self, 0));
	EXPECT_EQ(-EBADF, map_file(self->space, 0, 1, RW, MAP_PRIVATE, 999, 0));
	close(zero);
	close(null);
}

TEST_F(file, seals)
{
	ASSERT_EQ(0, map_file(self->space, 0, 1, RW, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(-1, fcntl(self->fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(EBUSY, errno);
	ASSERT_EQ(0, store(self->view, 1));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	ASSERT_EQ(0, fcntl(self->fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(-EPERM, map_file(self->space, 0, 1, RW, MAP_SHARED, self->fd, 0));
	ASSERT_EQ(0, map_file(self->space, 0, 1, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, store(self->view, 2));
	EXPECT_EQ(1, in_file(self->fd, 0));
}

/* A seal that comes while the file is mapped is known to the next mmap. */
TEST_F(file, seal_after_map)
{
	ASSERT_EQ(0, map_file(self->space, 0, 1, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, fcntl(self->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	EXPECT_EQ(-EPERM, map_file(self->space, 8, 1, RW, MAP_SHARED, self->fd, 0));
}

/* In which pages of a file are read when one is touched: bit n for page 32 + n. */
static __u64 read_ahead(int space, int fd, int advice)
{
	unsigned char vec[96] = {};
	__u64 value, pages = 0;
	char *host;
	unsigned int i;

	if (map_file(space, 0, 96, PROT_READ, MAP_PRIVATE, fd, 0) ||
	    verb_madvise(space, at(0), 96 * PAGE, advice) ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) ||
	    pread(space, &value, sizeof(value), at(64)) != sizeof(value))
		return 0;
	host = mmap(NULL, 96 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (host == MAP_FAILED || mincore(host, 96 * PAGE, vec))
		return 0;
	for (i = 0; i < 64; i++)
		pages |= (__u64)(vec[32 + i] & 1) << i;
	munmap(host, 96 * PAGE);
	return pages;
}

/* SEQ_READ and RAND_READ change what is read ahead. */
TEST_F(file, read_ahead)
{
	const __u64 touched = 1UL << 32, before = touched - 1, behind = ~(touched | before);
	int fd = open("/usr/bin/python3", O_RDONLY | O_CLOEXEC);
	__u64 around, ahead;

	if (fd < 0 || lseek(fd, 0, SEEK_END) < (off_t)(96 * PAGE))
		SKIP(return, "no large file that nobody maps");
	EXPECT_EQ(touched, read_ahead(self->space, fd, MADV_RANDOM));
	around = read_ahead(self->space, fd, MADV_NORMAL);
	EXPECT_NE(0, around & before);
	EXPECT_NE(0, around & behind);
	ahead = read_ahead(self->space, fd, MADV_SEQUENTIAL);
	EXPECT_EQ(0, ahead & before);
	EXPECT_NE(0, ahead & behind);
	close(fd);
}

/* mincore knows what is in the page cache, also where the space has not touched it. */
TEST_F(file, mincore)
{
	unsigned char vec[4] = {};
	struct svma_mincore arg = { .addr = at(0), .len = 4 * PAGE, .vec = (__u64)vec };

	ASSERT_EQ(0, ftruncate(self->fd, 0));
	ASSERT_EQ(0, ftruncate(self->fd, 4 * PAGE));
	ASSERT_EQ(0, write_file(self->fd, 1, 1));
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, store(self->view + 2 * PAGE, 1));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MINCORE, &arg));
	EXPECT_EQ(0, vec[0]);
	EXPECT_EQ(1, vec[1]);
	EXPECT_EQ(1, vec[2]);
	EXPECT_EQ(0, vec[3]);
}

/* What others read of a file is not for who could not write to it: all of it is there, as told. */
TEST_F(file, mincore_of_others)
{
	unsigned char vec = 2;
	struct svma_mincore arg = { .addr = at(0), .len = PAGE, .vec = (__u64)&vec };
	int status;
	pid_t pid;

	ASSERT_EQ(0, ftruncate(self->fd, 0));
	ASSERT_EQ(0, ftruncate(self->fd, PAGE));
	ASSERT_EQ(0, fchmod(self->fd, 0644));
	ASSERT_EQ(0, map_file(self->space, 0, 1, PROT_READ, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MINCORE, &arg));
	EXPECT_EQ(0, vec);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setresuid(65534, 65534, 65534))
			_exit(100);
		_exit(call(self->space, SVMA_IOC_MINCORE, &arg) ? 101 : vec);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(1, WEXITSTATUS(status));
}

/* Pages move with their region, and go on from there. */
TEST_F(file, moved)
{
	ASSERT_EQ(0, map_file(self->space, 0, 4, RW, MAP_PRIVATE, self->fd, 0));
	ASSERT_EQ(0, store(self->view, 3));
	ASSERT_EQ((long)at(8), verb_mremap(self->space, at(0), 4 * PAGE, 6 * PAGE,
					   MREMAP_MAYMOVE | MREMAP_FIXED, at(8)));
	EXPECT_EQ(3, seen(self, 8));
	EXPECT_EQ(WORD(3, 0), seen(self, 11));
	EXPECT_EQ(WORD(5, 0), seen(self, 13));
	EXPECT_EQ(SIGSEGV, load(self->view, &(__u64){ 0 }));
}

TEST_HARNESS_MAIN
