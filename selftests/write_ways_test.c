// SPDX-License-Identifier: GPL-2.0
/*
 * Every way in which a window, or whoever writes for one, may come by the right to write to a page:
 * while a snapshot has that page, no write through any of them reaches the snapshot. It is asked by
 * a read of its descriptor, the space by its window, by another process and by its descriptor.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svma_test.h"

#define PAGES	32UL
#define PAGE_AT	9UL	/* the page in question, others around it */
#define OLD(page)	(0x100UL + (page))
#define NEW	0x77UL

/* What a way has to do with; it may move the window. */
struct scene {
	int space;
	char *view;
	char *page;	/* in the window */
	struct peer *peer;
	pid_t child;
	int go;		/* a byte lets the child write */
};

/* Before the snapshot, behind it, and the write, if it is not a store to the window. */
struct way {
	int (*before)(struct scene *scene);
	int (*behind)(struct scene *scene);
	int (*write)(struct scene *scene);
	bool twice;	/* written to before, the page has a writable entry */
};

static int none(struct scene *scene)
{
	return 0;
}

static int plain(struct scene *scene)
{
	return store(scene->page, NEW);
}

static int look(struct scene *scene)
{
	return peek(scene->page) == OLD(PAGE_AT) ? 0 : -EIO;
}

static int look_beside(struct scene *scene)
{
	return peek(scene->page - PAGE) == OLD(PAGE_AT - 1) ? 0 : -EIO;
}

static int write_beside(struct scene *scene)
{
	return store(scene->page + PAGE, OLD(PAGE_AT + 1));
}

static int fill(struct scene *scene)
{
	struct svma_window_fill arg = { .addr = (unsigned long)scene->view, .len = PAGES * PAGE };

	return call(scene->space, SVMA_IOC_WINDOW_FILL, &arg);
}

static int host(struct scene *scene, int prot)
{
	return mprotect(scene->view, PAGES * PAGE, prot) ? -errno : 0;
}

static int read_only(struct scene *scene)
{
	return host(scene, PROT_READ);
}

static int nothing(struct scene *scene)
{
	return host(scene, PROT_NONE);
}

static int writable(struct scene *scene)
{
	return host(scene, RW);
}

static int look_and_writable(struct scene *scene)
{
	return look(scene) ?: writable(scene);
}

static int fill_and_writable(struct scene *scene)
{
	return fill(scene) ?: writable(scene);
}

static int moved(struct scene *scene)
{
	char *room = mmap(NULL, PAGES * PAGE, PROT_NONE, ANON, -1, 0);
	char *view = mremap(scene->view, PAGES * PAGE, PAGES * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, room);

	if (view == MAP_FAILED)
		return -errno;
	scene->view = view;
	scene->page = view + PAGE_AT * PAGE;
	return 0;
}

static int look_and_moved(struct scene *scene)
{
	return look(scene) ?: moved(scene);
}

/* The kernel makes two windows of one. */
static int split(struct scene *scene)
{
	return munmap(scene->page - 2 * PAGE, PAGE) ? -errno : 0;
}

static int mapped_over(struct scene *scene)
{
	return mmap(scene->view, PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, scene->space,
		    at(0)) == scene->view ? 0 : -errno;
}

/* A process that has the entries of this one, and writes when it is told. */
static int forked(struct scene *scene)
{
	int go[2];
	char byte;

	if (pipe(go))
		return -errno;
	scene->go = go[1];
	scene->child = fork();
	if (scene->child)
		return 0;
	close(go[1]);
	_exit(read(go[0], &byte, 1) == 1 ? store(scene->page, NEW) : 1);
}

static int child_writes(struct scene *scene)
{
	int status;

	if (write(scene->go, "", 1) != 1 || waitpid(scene->child, &status, 0) != scene->child)
		return -errno;
	return status ? -EIO : 0;
}

static int verb_away_and_back(struct scene *scene)
{
	return verb_mprotect(scene->space, at(PAGE_AT), PAGE, PROT_READ) ?:
	       look(scene) ?: verb_mprotect(scene->space, at(PAGE_AT), PAGE, RW);
}

static int described(struct scene *scene)
{
	return page_put(scene->space, PAGE_AT, NEW);
}

/* The kernel's copy to user memory. */
static int copied(struct scene *scene)
{
	__u64 value = NEW;
	int ends[2];
	bool done;

	if (pipe(ends))
		return -errno;
	done = write(ends[1], &value, 8) == 8 && read(ends[0], scene->page, 8) == 8;
	close(ends[0]);
	close(ends[1]);
	return done ? 0 : -EIO;
}

static int debugger(struct scene *scene)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	__u64 value = NEW;
	bool done = pwrite(mem, &value, 8, (long)scene->page) == 8;

	close(mem);
	return done ? 0 : -EIO;
}

static int other_process(struct scene *scene)
{
	return peer_store(scene->peer, PAGE_AT, NEW);
}

FIXTURE(ways) {
	struct scene scene;
	struct peer peer;
};

FIXTURE_VARIANT(ways) {
	struct way way;
};

#define WAY(name, ...)	FIXTURE_VARIANT_ADD(ways, name) { .way = { __VA_ARGS__ } }

WAY(fault, none, none, plain);
WAY(fault_again, none, none, plain, true);
WAY(read_before, none, look, plain);
WAY(around_a_read, none, look_beside, plain);
WAY(around_a_write, none, write_beside, plain);
WAY(fill, none, fill, plain);
WAY(fill_before, fill, none, plain);
WAY(fill_before_and_behind, fill, fill, plain, true);
WAY(host_gives_right, read_only, look_and_writable, plain);
WAY(host_gives_right_back, read_only, writable, plain, true);
WAY(host_gives_right_to_filled, read_only, fill_and_writable, plain);
WAY(host_gives_all_back, nothing, writable, plain, true);
WAY(window_moves, none, look_and_moved, plain);
WAY(window_moves_with_right, none, moved, plain, true);
WAY(window_splits, none, split, plain, true);
WAY(window_is_mapped_over, none, mapped_over, plain, true);
WAY(child_has_entries, forked, none, child_writes, true);
WAY(child_gets_entries, none, forked, child_writes, true);
WAY(other_process, none, none, other_process, true);
WAY(other_process_again, none, look, other_process);
WAY(verb_gives_right, none, verb_away_and_back, plain, true);
WAY(descriptor, none, none, described, true);
WAY(copy_to_user, none, none, copied, true);
WAY(debugger, none, none, debugger, true);

FIXTURE_SETUP(ways)
{
	struct scene *scene = &self->scene;
	unsigned long page;

	scene->space = space_open(0);
	ASSERT_LE(0, scene->space);
	ASSERT_EQ(0, map_pages(scene->space, 0, PAGES, RW));
	for (page = 0; page < PAGES; page++)
		ASSERT_EQ(0, page_put(scene->space, page, OLD(page)));
	scene->view = window(scene->space, 0, PAGES, RW);
	ASSERT_NE(NO_WINDOW, scene->view);
	scene->page = scene->view + PAGE_AT * PAGE;
	ASSERT_EQ(0, peer_start(&self->peer, scene->space, 0, PAGES, RW));
	scene->peer = &self->peer;
}

FIXTURE_TEARDOWN(ways)
{
	EXPECT_EQ(0, peer_stop(&self->peer));
	munmap(self->scene.view, PAGES * PAGE);
	close(self->scene.space);
}

TEST_F(ways, spare_a_snapshot)
{
	const struct way *way = &variant->way;
	struct scene *scene = &self->scene;
	unsigned long page;
	int shot, child;

	if (way->twice) {
		ASSERT_EQ(0, store(scene->page, OLD(PAGE_AT)));
		ASSERT_EQ(0, peer_store(&self->peer, PAGE_AT, OLD(PAGE_AT)));
	}
	ASSERT_EQ(0, way->before(scene));
	shot = verb_snapshot(scene->space);
	ASSERT_LE(0, shot);
	child = verb_fork(scene->space);
	ASSERT_LE(0, child);
	ASSERT_EQ(0, way->behind(scene));
	ASSERT_EQ(0, way->write(scene));
	EXPECT_EQ(NEW, peek(scene->page));
	EXPECT_EQ(NEW, page_get(scene->space, PAGE_AT));
	EXPECT_EQ(0, peer_load(&self->peer, PAGE_AT));
	EXPECT_EQ(NEW, self->peer.value);
	for (page = 0; page < PAGES; page++) {
		EXPECT_EQ(OLD(page), page_get(shot, page));
		EXPECT_EQ(OLD(page), page_get(child, page));
	}
	/* Nor once both are back where they were. */
	ASSERT_EQ(0, verb_restore(scene->space, shot));
	EXPECT_EQ(OLD(PAGE_AT), peek(scene->page));
	ASSERT_EQ(0, store(scene->page, NEW + 1));
	EXPECT_EQ(OLD(PAGE_AT), page_get(shot, PAGE_AT));
	EXPECT_EQ(OLD(PAGE_AT), page_get(child, PAGE_AT));
	close(child);
	close(shot);
}

TEST_HARNESS_MAIN
