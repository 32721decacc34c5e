// SPDX-License-Identifier: GPL-2.0
/*
 * Files get shorter under those who look at them through windows. Pages of a file hold stamps or
 * zero.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svma_test.h"
#include "faulters.h"

FIXTURE(truncate) {
	int space;
	char *view;
};

FIXTURE_VARIANT(truncate) {
	bool ramfs;
	int flags;
};

FIXTURE_VARIANT_ADD(truncate, tmpfs_shared) { .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(truncate, tmpfs_private) { .flags = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(truncate, ramfs_shared) { .ramfs = true, .flags = MAP_SHARED };

FIXTURE_SETUP(truncate)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(truncate)
{
	EXPECT_EQ(0, verb_munmap(self->space, at(0), PAGES * PAGE));
	EXPECT_EQ(0, space_stats(self->space).resident);
	munmap(self->view, PAGES * PAGE);
	close(self->space);
}

/* The file ends here and there while its pages are read and written. */
TEST_F(truncate, while_faults_happen)
{
	int fd = variant->ramfs ? ramfs_file() : memfd_create("world_test", MFD_CLOEXEC);
	struct faulters faulters = { .file = true };
	unsigned int round, seed = 1;
	unsigned long page, pages;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, RW, variant->flags, fd, 0));
	ASSERT_EQ(0, faulters_start(&faulters, self->view));
	for (round = 0; round < 200 || faulters.accesses < 2000; round++) {
		pages = rand_r(&seed) % PAGES;
		ASSERT_EQ(0, ftruncate(fd, pages * PAGE));
		if (round % 4 == 0)
			usleep(500);
		ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	}
	EXPECT_EQ(0, ftruncate(fd, 0));
	faulters_end(&faulters);
	EXPECT_EQ(0, faulters.foreign);
	EXPECT_LT(0, faulters.refused);
	/* Nobody has a page of it now. */
	for (page = 0; page < PAGES; page++)
		EXPECT_EQ(SIGBUS, store(self->view + page * PAGE, 1));
	ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	EXPECT_EQ(0, peek(self->view));
	close(fd);
}

struct rereader {
	int space;
	pthread_t thread[FAULTERS];
	atomic_bool over;
	atomic_ulong gone;	/* the round that the file has lost */
	atomic_ulong back;	/* what came back of it, or of one before */
};

/* All pages, anew and once more: what was read late the first time is there the second time. */
static void *rereader(void *data)
{
	char *pages = malloc(PAGES * PAGE);
	struct rereader *reader = data;
	unsigned long page, gone;

	while (!reader->over) {
		verb_madvise(reader->space, at(0), PAGES * PAGE, MADV_DONTNEED);
		pread(reader->space, pages, PAGES * PAGE, at(0));
		gone = reader->gone;
		if (pread(reader->space, pages, PAGES * PAGE, at(0)) != PAGES * PAGE)
			continue;
		for (page = 0; page < PAGES; page++) {
			__u64 round = *(__u64 *)(pages + page * PAGE);

			if (round && round <= gone)
				reader->back = round;
		}
	}
	free(pages);
	return NULL;
}

static int write_round(int fd, __u64 round)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		if (pwrite(fd, &round, 8, page * PAGE) != 8)
			return -errno;
	return 0;
}

/* What was being read while the file was cut is not there when the file is long again. */
TEST_F_TIMEOUT(truncate, while_it_is_read, 120)
{
	int fd = variant->ramfs ? ramfs_file() : memfd_create("world_test", MFD_CLOEXEC);
	struct rereader reader = { .space = self->space };
	unsigned int round, i, seed = 1;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
	ASSERT_EQ(0, map_file(self->space, 0, PAGES, PROT_READ, variant->flags, fd, 0));
	for (i = 0; i < FAULTERS; i++)
		ASSERT_EQ(0, pthread_create(&reader.thread[i], NULL, rereader, &reader));
	/* What is copied a byte at a time is read whole, or not at all, while it is one byte. */
	for (round = 1; round <= 255 && !reader.back; round++) {
		ASSERT_EQ(0, write_round(fd, round));
		ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
		usleep(rand_r(&seed) % 1000);
		ASSERT_EQ(0, ftruncate(fd, 0));
		ASSERT_EQ(0, ftruncate(fd, PAGES * PAGE));
		reader.gone = round;
	}
	reader.over = true;
	for (i = 0; i < FAULTERS; i++)
		pthread_join(reader.thread[i], NULL);
	EXPECT_EQ(0, reader.back);
	close(fd);
}

/* So long that it takes a while to cut it. */
#define LONG	4096UL
#define LAST	(LONG - 1)

struct cutter {
	int fd;
	atomic_bool cut;	/* it is over */
};

static void *cutter(void *data)
{
	struct cutter *cutter = data;

	if (ftruncate(cutter->fd, 0))
		perror("ftruncate");
	cutter->cut = true;
	return NULL;
}

/* Is the file short by now? */
static bool short_by_now(int fd)
{
	struct stat stat;

	return !fstat(fd, &stat) && stat.st_size == 0;
}

/* As soon as the end of the file is told, nothing behind it is given, whatever is still held. */
TEST_F_TIMEOUT(truncate, end_is_asked_for, 300)
{
	int fd = variant->ramfs ? ramfs_file() : memfd_create("world_test", MFD_CLOEXEC);
	unsigned int round, within = 0;
	struct cutter arg = { .fd = fd };
	pthread_t thread;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, map_file(self->space, 0, 1, PROT_READ, variant->flags, fd, LAST));
	for (round = 0; round < 200 && within < 4; round++) {
		unsigned int seen = 0;
		unsigned long page;

		for (page = 0; page < LONG; page++)
			ASSERT_EQ(8, pwrite(fd, &(__u64){ 1 }, 8, page * PAGE));
		ASSERT_EQ(0, ftruncate(fd, LONG * PAGE));
		ASSERT_EQ(1, page_get(self->space, 0));
		arg.cut = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, cutter, &arg));
		while (!arg.cut) {
			if (!short_by_now(fd))
				continue;
			ASSERT_EQ(UNREADABLE, page_get(self->space, 0));
			seen += !arg.cut;
		}
		pthread_join(thread, NULL);
		ASSERT_EQ(UNREADABLE, page_get(self->space, 0));
		within += !!seen;
	}
	close(fd);
	if (!within)
		SKIP(return, "no cut was seen while it was under way");
}

TEST_HARNESS_MAIN
