// SPDX-License-Identifier: GPL-2.0
/*
 * Random verbs on a family of spaces that share their pages, each beside an array that says what
 * every page must hold. After each step the pages that it touched are looked at in all spaces, and
 * now and then all pages, through windows and by pread.
 */
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "svma_test.h"

#define SPACES	5
#define SPOTS	56	/* pages that hold something; around edges of leaves, and inside */
#define AWAY	4000	/* where regions are moved to and fro */
#define STEPS	2000
#define TOTAL	1600

struct kept {
	int fd;
	bool frozen;
	char *view;
	__u64 value[SPOTS];
};

static struct kept spaces[SPACES];
static __u64 seed = 88172645463325252ULL;

static unsigned long next_random(unsigned long below)
{
	return random_below(&seed, below);
}

/* The page of a spot: 8 each side of two edges of leaves, 16 inside the first, 8 in the middle. */
static unsigned long page_of(unsigned int spot)
{
	if (spot < 16)
		return 100 + spot;
	if (spot < 32)
		return 512 - 8 + spot - 16;
	if (spot < 40)
		return 700 + spot - 32;
	return 1024 - 8 + spot - 40;
}

static unsigned long spot_end(unsigned int spot)
{
	return spot < SPOTS ? page_of(spot) : TOTAL;
}

static int wrong(struct kept *space, unsigned int spot, bool view)
{
	unsigned long page = page_of(spot);

	if (page_get(space->fd, page) != space->value[spot])
		return 1;
	return view && space->view && peek(space->view + page * PAGE) != space->value[spot];
}

/* -1, or the first spot that does not hold what it must. */
static int look(unsigned int first, unsigned int end, bool view)
{
	unsigned int i, spot;

	for (i = 0; i < SPACES; i++)
		for (spot = first; spaces[i].fd >= 0 && spot < end; spot++)
			if (wrong(&spaces[i], spot, view))
				return i * 1000 + spot;
	return -1;
}

static void forget(struct kept *space)
{
	if (space->view)
		munmap(space->view, TOTAL * PAGE);
	if (space->fd >= 0)
		close(space->fd);
	*space = (struct kept){ .fd = -1 };
}

static int toggle_window(struct kept *space)
{
	if (space->view) {
		munmap(space->view, TOTAL * PAGE);
		space->view = NULL;
		return 0;
	}
	space->view = window(space->fd, 0, TOTAL, space->frozen ? PROT_READ : RW);
	if (space->view == NO_WINDOW)
		return -ENOMEM;
	return 0;
}

static int fill_window(struct kept *space)
{
	struct svma_window_fill fill = { .addr = (unsigned long)space->view, .len = TOTAL * PAGE };

	return space->view ? call(space->fd, SVMA_IOC_WINDOW_FILL, &fill) : 0;
}

static int copy_space(struct kept *space, bool frozen)
{
	struct kept *child = &spaces[next_random(SPACES)];

	if (child == space)
		return 0;
	forget(child);
	*child = *space;
	child->view = NULL;
	child->frozen = frozen;
	child->fd = frozen ? verb_snapshot(space->fd) : verb_fork(space->fd);
	if (child->fd < 0)
		return child->fd;
	return next_random(2) ? toggle_window(child) : 0;
}

static int restore_space(struct kept *space)
{
	struct kept *from = &spaces[next_random(SPACES)];
	int err;

	if (from->fd < 0)
		return 0;
	err = verb_restore(space->fd, from->fd);
	if (!from->frozen)
		return err == -EINVAL ? 0 : -EIO;
	memcpy(space->value, from->value, sizeof(space->value));
	return err;
}

static int take_away(struct kept *space, unsigned int first, unsigned int end, int how)
{
	unsigned long start = page_of(first), len = (spot_end(end) - start) * PAGE;
	int err;

	if (how)
		err = verb_madvise(space->fd, at(start), len, MADV_DONTNEED);
	else
		err = verb_munmap(space->fd, at(start), len) ?:
		      map_pages(space->fd, start, len / PAGE, RW);
	memset(&space->value[first], 0, (end - first) * sizeof(space->value[0]));
	return err;
}

/* Away and back, in between everything is where it went. */
static int move(struct kept *space, unsigned int first, unsigned int end)
{
	unsigned long start = page_of(first), len = (spot_end(end) - start) * PAGE, spot;
	unsigned long away = AWAY + next_random(600);
	long moved = verb_mremap(space->fd, at(start), len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				 at(away));

	/* More than one region, where kernels do not move several. */
	if (moved == -EFAULT)
		return 0;
	if (moved != (long)at(away))
		return -EIO;
	for (spot = first; spot < end; spot++)
		if (page_get(space->fd, page_of(spot) - start + away) != space->value[spot])
			return -ENODATA;
	if (verb_mremap(space->fd, at(away), len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at(start)) !=
	    (long)at(start))
		return -EIO;
	return 0;
}

static int read_only_for_a_while(struct kept *space, unsigned int spot)
{
	unsigned long page = page_of(spot);
	int err = verb_mprotect(space->fd, at(page), PAGE, PROT_READ);

	if (!err && page_put(space->fd, page, 1) != -EFAULT)
		return -EIO;
	if (!err && space->view && store(space->view + page * PAGE, 1) != SIGSEGV)
		return -EIO;
	return err ?: verb_mprotect(space->fd, at(page), PAGE, RW);
}

static int step_frozen(struct kept *space, unsigned int first, unsigned int end)
{
	unsigned long page = page_of(first);

	switch (next_random(6)) {
	case 0:
		return verb_munmap(space->fd, at(page), PAGE) == -EROFS ? 0 : -EIO;
	case 1:
		return page_put(space->fd, page, 1) == -EBADF ? 0 : -EIO;
	case 2:
		if (space->view && store(space->view + page * PAGE, 1) != SIGSEGV)
			return -EIO;
		return toggle_window(space);
	case 3:
		return fill_window(space);
	}
	return copy_space(space, next_random(2));
}

static int step(struct kept *space, unsigned int first, unsigned int end)
{
	__u64 value = next_random(1UL << 40) + 1;

	switch (next_random(18)) {
	case 0 ... 3:
		space->value[first] = value;
		if (space->view)
			return store(space->view + page_of(first) * PAGE, value);
		return page_put(space->fd, page_of(first), value);
	case 4 ... 6:
		space->value[first] = value;
		return page_put(space->fd, page_of(first), value);
	case 7:
		return take_away(space, first, end, 0);
	case 8:
		return take_away(space, first, end, 1);
	case 9:
		return move(space, first, end);
	case 10:
		return read_only_for_a_while(space, first);
	case 11:
		return toggle_window(space);
	case 12 ... 13:
		return fill_window(space);
	case 14:
		return copy_space(space, next_random(2));
	case 15 ... 16:
		return restore_space(space);
	}
	return 0;
}

FIXTURE(share) {
};

FIXTURE_SETUP(share)
{
}

FIXTURE_TEARDOWN(share)
{
}

TEST_F(share, random)
{
	unsigned int i, first, end;
	struct kept *space;
	int err;

	for (i = 0; i < SPACES; i++)
		spaces[i].fd = -1;
	spaces[0].fd = space_open(0);
	ASSERT_LE(0, spaces[0].fd);
	ASSERT_EQ(0, map_pages(spaces[0].fd, 0, TOTAL, RW));
	for (i = 0; i < STEPS; i++) {
		space = &spaces[next_random(SPACES)];
		if (space->fd < 0)
			continue;
		first = next_random(SPOTS);
		end = first + 1 + next_random(SPOTS - first);
		err = space->frozen ? step_frozen(space, first, end) : step(space, first, end);
		ASSERT_EQ(0, err) TH_LOG("step %u: spots %u to %u", i, first, end);
		err = i % 20 ? look(first, first + 1, true) : look(0, SPOTS, true);
		ASSERT_EQ(-1, err) TH_LOG("step %u: spots %u to %u", i, first, end);
	}
	for (i = 0; i < SPACES; i++)
		forget(&spaces[i]);
}

TEST_HARNESS_MAIN
