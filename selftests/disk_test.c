// SPDX-License-Identifier: GPL-2.0
/*
 * Files on a disk that fails, and on one that is full. The kernel's own mapping of the file is
 * asked the same as a region with a window, and must have answered the same.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "svma_test.h"
#include "disk.h"

#define PAGES	8UL
#define GOOD	4UL	/* pages that can still be read when the disk is cut */
#define NO_DISK	"no loop devices, or no ext4"
#define WORD(page)	(0x1000UL * (page) + 0x10)

/* A disk, and a file on it that is open twice. */
struct files {
	struct disk disk;
	int fd, other;
	bool ready;
};

FIXTURE(disk) {
	struct files on;
};

FIXTURE_VARIANT(disk) {
	int flags;
};

FIXTURE_VARIANT_ADD(disk, shared) { .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(disk, private) { .flags = MAP_PRIVATE };

static int fill(int fd)
{
	__u64 page[PAGE / sizeof(__u64)];
	unsigned long i, k;

	for (i = 0; i < PAGES; i++) {
		for (k = 0; k < PAGE / sizeof(__u64); k++)
			page[k] = WORD(i);
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			return -errno;
	}
	return file_forget(fd);
}

static __u64 in_file(int fd, unsigned long page)
{
	__u64 value = UNREADABLE;

	if (pread(fd, &value, sizeof(value), page * PAGE) != sizeof(value))
		return UNREADABLE;
	return value;
}

/* Without a disk it is not ready, which is no error. */
static int files_open(struct files *on)
{
	int err = disk_open(&on->disk);

	if (err)
		return err == -ENODEV ? 0 : err;
	on->ready = true;
	on->fd = disk_file(&on->disk, "file");
	on->other = disk_file(&on->disk, "file");
	if (on->fd < 0 || on->other < 0)
		return -EBADF;
	return fill(on->fd);
}

static void files_close(struct files *on)
{
	if (!on->ready)
		return;
	close(on->fd);
	close(on->other);
	disk_close(&on->disk);
}

FIXTURE_SETUP(disk)
{
	ASSERT_EQ(0, files_open(&self->on));
}

FIXTURE_TEARDOWN(disk)
{
	files_close(&self->on);
}

/*
 * Asked for pages at once, a kernel may try again and again to read what cannot be read, until it
 * is killed: mlock(2) and MAP_POPULATE on each, MADV_POPULATE_* before 6.9. We answer as it does
 * for all else that cannot be had, so there it is not asked.
 */
static bool kernel_gives_up(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	return !uname(&name) && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 9));
}

/* All that wants a page which cannot be read. */
static void ask_unreadable(struct side *side)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		side_load(side, page);
	side_load_in_child(side, GOOD - 1);
	side_load_in_child(side, GOOD);
	side_store(side, GOOD, 1);
	side_read(side, GOOD - 2, 4);
	side_read(side, GOOD, 2);
	side_write(side, GOOD, 2);
	side_advise(side, 0, PAGES, MADV_WILLNEED);
	side_advise(side, 0, GOOD, MADV_POPULATE_READ);
	if (kernel_gives_up()) {
		side_advise(side, 0, PAGES, MADV_POPULATE_READ);
		side_advise(side, GOOD, 1, MADV_POPULATE_READ);
		side_advise(side, GOOD, 1, MADV_POPULATE_WRITE);
	}
	side_lock(side, 0, GOOD, 0);
	side_lock(side, 0, PAGES, MLOCK_ONFAULT);
	side_sync(side, 0, PAGES, MS_SYNC);
}

static long map_and_ask(struct disk *disk, int fd, struct side *side, int flags)
{
	long err = side_map(side, fd, PAGES, RW, flags);

	if (!err)
		err = file_forget(fd) ?: disk_cut(disk, fd, GOOD);
	if (!err)
		ask_unreadable(side);
	return err;
}

TEST_F(disk, cannot_be_read)
{
	char kernel[1024], space[1024];
	struct side side;
	unsigned long page;

	if (!self->on.ready)
		SKIP(return, NO_DISK);
	ASSERT_EQ(0, side_open(&side, true, kernel, sizeof(kernel)));
	ASSERT_EQ(0, map_and_ask(&self->on.disk, self->on.fd, &side, variant->flags));
	EXPECT_EQ(0, disk_mend(&self->on.disk));
	side_load(&side, GOOD);
	side_close(&side);
	ASSERT_EQ(0, file_forget(self->on.fd));

	ASSERT_EQ(0, side_open(&side, false, space, sizeof(space)));
	ASSERT_EQ(0, map_and_ask(&self->on.disk, self->on.fd, &side, variant->flags));
	/* The disk comes back, and so does what is on it. */
	EXPECT_EQ(0, disk_mend(&self->on.disk));
	side_load(&side, GOOD);
	EXPECT_STREQ(kernel, space);
	for (page = 0; page < PAGES; page++) {
		EXPECT_EQ(WORD(page), peek(side.view + page * PAGE));
		EXPECT_EQ(WORD(page), page_get(side.space, page));
	}
	/* The test is worth nothing unless the kernel met the failure. */
	EXPECT_NE(NULL, strstr(kernel, "load:7 "));
	side_close(&side);
}

/* What is to be there at once, and where we do not try for ever. */
TEST_F(disk, eager)
{
	struct svma_window_fill fill = { .len = PAGES * PAGE };
	struct side side;
	char space[256];
	int shot;

	if (!self->on.ready)
		SKIP(return, NO_DISK);
	ASSERT_EQ(0, disk_cut(&self->on.disk, self->on.fd, GOOD));
	ASSERT_EQ(0, side_open(&side, false, space, sizeof(space)));
	/* A mapping that cannot have its pages is a mapping. */
	EXPECT_EQ(0, side_map(&side, self->on.fd, PAGES, RW, variant->flags | MAP_POPULATE));
	EXPECT_EQ(GOOD, space_stats(side.space).resident);
	side_advise(&side, 0, PAGES, MADV_POPULATE_READ);
	side_advise(&side, GOOD, 1, MADV_POPULATE_READ);
	side_advise(&side, GOOD, 1, MADV_POPULATE_WRITE);
	side_lock(&side, 0, PAGES, 0);
	side_lock(&side, GOOD, 1, 0);
	EXPECT_STREQ("advice22:-14 advice22:-14 advice23:-14 lock:-12 lock:-12 ", space);
	/* Eager entries are of what is there. */
	fill.addr = (unsigned long)side.view;
	EXPECT_EQ(0, call(side.space, SVMA_IOC_WINDOW_FILL, &fill));
	EXPECT_EQ(GOOD, fill.filled);
	/* A snapshot and the way back read nothing. */
	shot = verb_snapshot(side.space);
	ASSERT_LE(0, shot);
	EXPECT_EQ(WORD(1), page_get(shot, 1));
	EXPECT_EQ(UNREADABLE, page_get(shot, GOOD));
	EXPECT_EQ(0, verb_restore(side.space, shot));
	EXPECT_EQ(SIGBUS, load(side.view + GOOD * PAGE, &(__u64){ 0 }));
	EXPECT_EQ(WORD(1), peek(side.view + PAGE));
	EXPECT_EQ(0, disk_mend(&self->on.disk));
	EXPECT_EQ(WORD(GOOD), page_get(shot, GOOD));
	EXPECT_EQ(WORD(GOOD), peek(side.view + GOOD * PAGE));
	close(shot);
	side_close(&side);
}

/* How what was written is to reach the file. */
enum way { BY_MSYNC, BY_MUNMAP, BY_CLOSE };

FIXTURE(write) {
	struct files on;
};

FIXTURE_VARIANT(write) {
	enum way way;
};

FIXTURE_VARIANT_ADD(write, msync) { .way = BY_MSYNC };
FIXTURE_VARIANT_ADD(write, munmap) { .way = BY_MUNMAP };
FIXTURE_VARIANT_ADD(write, close) { .way = BY_CLOSE };

FIXTURE_SETUP(write)
{
	ASSERT_EQ(0, files_open(&self->on));
}

FIXTURE_TEARDOWN(write)
{
	files_close(&self->on);
}

static void side_fsync(struct side *side, const char *name, int fd)
{
	side_told(side, name, fsync(fd) ? -errno : 0);
}

/* Everybody who has the file open asks, twice: who is told, and who not any more. */
static void ask_unwritten(struct side *side, enum way way, int fd, int other)
{
	if (way == BY_MSYNC) {
		side_sync(side, 0, PAGES, MS_ASYNC);
		side_sync(side, 0, PAGES, MS_SYNC);
		side_sync(side, 0, PAGES, MS_SYNC);
	} else if (way == BY_MUNMAP) {
		side_told(side, "munmap", side_unmap(side));
	} else {
		side_close(side);
	}
	side_fsync(side, "own", fd);
	side_fsync(side, "own", fd);
	side_fsync(side, "other", other);
	side_fsync(side, "other", other);
}

static long write_and_ask(struct files *on, struct side *side, enum way way)
{
	long err = side_map(side, on->fd, PAGES, RW, MAP_SHARED);

	if (err)
		return err;
	side_load(side, 1);
	side_load(side, GOOD);
	err = disk_cut(&on->disk, on->other, GOOD);
	if (err)
		return err;
	side_store(side, 1, 5);
	side_store(side, GOOD, 6);
	ask_unwritten(side, way, on->fd, on->other);
	return 0;
}

/* The disk takes nothing any more: the file system finds out when it writes its pages. */
TEST_F(write, disk_refuses)
{
	char kernel[1024], space[1024];
	struct side side;

	if (!self->on.ready)
		SKIP(return, NO_DISK);
	ASSERT_EQ(0, side_open(&side, true, kernel, sizeof(kernel)));
	ASSERT_EQ(0, write_and_ask(&self->on, &side, variant->way));
	ASSERT_EQ(0, disk_mend(&self->on.disk));
	side_close(&side);
	ASSERT_EQ(0, fill(self->on.fd));
	fsync(self->on.other);

	ASSERT_EQ(0, side_open(&side, false, space, sizeof(space)));
	ASSERT_EQ(0, write_and_ask(&self->on, &side, variant->way));
	ASSERT_EQ(0, disk_mend(&self->on.disk));
	EXPECT_STREQ(kernel, space);
	/* What the kernel was told of the disk, it has told. */
	EXPECT_NE(NULL, strstr(kernel, "other:-"));
	side_close(&side);
	/* What could be written is there. */
	EXPECT_EQ(5, in_file(self->on.fd, 1));
}

/*
 * The file system does not even take what is to be written: here because it would have to read the
 * page first. The kernel has no such case: it holds the page in memory.
 */
TEST_F(write, file_system_refuses)
{
	char told[1024];
	struct side side;

	if (!self->on.ready)
		SKIP(return, NO_DISK);
	ASSERT_EQ(0, side_open(&side, false, told, sizeof(told)));
	ASSERT_EQ(0, side_map(&side, self->on.fd, PAGES, RW, MAP_SHARED));
	side_store(&side, 1, 5);
	side_store(&side, GOOD, 6);
	ASSERT_EQ(0, file_forget(self->on.fd));
	ASSERT_EQ(0, disk_cut(&self->on.disk, self->on.fd, GOOD));
	ask_unwritten(&side, variant->way, self->on.fd, self->on.other);
	EXPECT_STREQ(variant->way == BY_MSYNC ?
		     "store:0 store:0 sync:0 sync:-5 sync:0 own:0 own:0 other:-5 other:0 " :
		     variant->way == BY_MUNMAP ?
		     "store:0 store:0 munmap:0 own:-5 own:0 other:-5 other:0 " :
		     "store:0 store:0 own:-5 own:0 other:-5 other:0 ", told);
	/* The page is lost, and shows what the file has. */
	if (variant->way == BY_MSYNC) {
		EXPECT_EQ(SIGBUS, load(side.view + GOOD * PAGE, &(__u64){ 0 }));
		EXPECT_EQ(5, peek(side.view + PAGE));
	}
	ASSERT_EQ(0, disk_mend(&self->on.disk));
	if (variant->way == BY_MSYNC)
		EXPECT_EQ(WORD(GOOD), peek(side.view + GOOD * PAGE));
	EXPECT_EQ(WORD(GOOD), in_file(self->on.fd, GOOD));
	EXPECT_EQ(5, in_file(self->on.fd, 1));
	side_close(&side);
}

/*
 * A full disk. The kernel finds out when a page is first written to, we when it is written back:
 * the one difference that there is.
 */
TEST_F(write, full_disk)
{
	char kernel[256], space[256];
	struct side side;

	if (!self->on.ready)
		SKIP(return, NO_DISK);
	/* A file for which nothing was set aside yet. */
	close(self->on.fd);
	close(self->on.other);
	self->on.fd = disk_file(&self->on.disk, "hole");
	self->on.other = disk_file(&self->on.disk, "hole");
	ASSERT_EQ(0, ftruncate(self->on.fd, PAGES * PAGE));
	ASSERT_EQ(0, disk_fill(&self->on.disk));
	ASSERT_EQ(0, side_open(&side, true, kernel, sizeof(kernel)));
	ASSERT_EQ(0, side_map(&side, self->on.fd, PAGES, RW, MAP_SHARED));
	side_load(&side, 1);
	side_store(&side, 1, 5);
	side_close(&side);
	EXPECT_STREQ("load:0 store:7 ", kernel);
	ASSERT_EQ(0, side_open(&side, false, space, sizeof(space)));
	ASSERT_EQ(0, side_map(&side, self->on.fd, PAGES, RW, MAP_SHARED));
	side_load(&side, 1);
	side_store(&side, 1, 5);
	ask_unwritten(&side, variant->way, self->on.fd, self->on.other);
	EXPECT_STREQ(variant->way == BY_MSYNC ?
		     "load:0 store:0 sync:0 sync:-28 sync:0 own:0 own:0 other:-28 other:0 " :
		     variant->way == BY_MUNMAP ?
		     "load:0 store:0 munmap:0 own:-28 own:0 other:-28 other:0 " :
		     "load:0 store:0 own:-28 own:0 other:-28 other:0 ", space);
	EXPECT_EQ(0, in_file(self->on.fd, 1));
	if (variant->way == BY_MSYNC)
		EXPECT_EQ(0, peek(side.view + PAGE));
	side_close(&side);
}

/* All that a page of a tmpfs wants for which there is no room. */
static void ask_full(struct side *side)
{
	side_load(side, 0);
	side_load(side, 1);
	side_store(side, 1, 1);
	side_read(side, 0, 2);
	side_read(side, 1, 1);
	side_write(side, 1, 1);
	side_advise(side, 0, 1, MADV_POPULATE_WRITE);
	side_advise(side, 0, 2, MADV_POPULATE_READ);
	side_advise(side, 1, 1, MADV_POPULATE_WRITE);
	side_lock(side, 1, 1, 0);
	side_lock(side, 0, 2, MLOCK_ONFAULT);
	side_sync(side, 0, 2, MS_SYNC);
	side_load_in_child(side, 1);
}

FIXTURE(full) {
};

FIXTURE_SETUP(full)
{
}

FIXTURE_TEARDOWN(full)
{
}

/* A tmpfs with room for one page, and a file of two. */
TEST_F(full, tmpfs)
{
	int dir = small_tmpfs(1), fd, i;
	char told[2][1024];
	struct side side;

	ASSERT_LE(0, dir);
	fd = openat(dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE));
	ASSERT_EQ(1, pwrite(fd, "x", 1, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, side_open(&side, i, told[i], sizeof(told[i])));
		ASSERT_EQ(0, side_map(&side, fd, 2, RW, MAP_SHARED));
		ask_full(&side);
		side_close(&side);
	}
	EXPECT_STREQ(told[1], told[0]);
	EXPECT_NE(NULL, strstr(told[1], "load:0 load:7 "));
	close(fd);
	close(dir);
}

TEST_HARNESS_MAIN
