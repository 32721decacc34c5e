// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail at the wish of a test, and pictures of a space to compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"
#include "support.h"

#define DEBUGFS	"/sys/kernel/debug/"

/* No call makes so many allocations and copies. */
#define MORE_THAN_ANY	1000000

char picture_text[512];

long picture_take(struct picture *picture, int machine, int space)
{
	struct svma_regions list = {
		.end = ~0ULL, .buf = (unsigned long)picture->region, .count = PICTURE_REGIONS,
	};
	unsigned int page;
	long err;

	memset(picture, 0, sizeof(*picture));
	for (page = 0; page < PICTURE_PAGES; page++)
		picture->contents[page] = page_get(space, page);
	err = call(space, SVMA_IOC_REGIONS, &list);
	if (err)
		return err;
	if (list.more)
		return -E2BIG;
	picture->regions = list.count;
	/* Each shared memory has an inode of its own, another one each time. */
	for (page = 0; page < list.count; page++)
		if (picture->region[page].flags & SVMA_VM_SHMEM)
			picture->region[page].inode = 0;
	err = call(space, SVMA_IOC_STATS, &picture->stats);
	if (err)
		return err;
	return call(machine, SVMA_IOC_MACHINE_GET, &picture->machine);
}

static bool differs(const char *what, unsigned long long a, unsigned long long b)
{
	if (a != b)
		snprintf(picture_text, sizeof(picture_text), "%s: %#llx, was %#llx", what, b, a);
	return a != b;
}

static bool region_differs(const struct svma_region *a, const struct svma_region *b)
{
	char what[64];

	if (!memcmp(a, b, sizeof(*a)))
		return false;
	snprintf(what, sizeof(what), "region %llx-%llx, a field", b->start, b->end);
	return differs(what, 0, 1);
}

bool picture_same(const struct picture *a, const struct picture *b, bool pages)
{
	char what[32];
	unsigned int i;

	if (differs("number of regions", a->regions, b->regions))
		return false;
	for (i = 0; i < a->regions; i++)
		if (region_differs(&a->region[i], &b->region[i]))
			return false;
	for (i = 0; i < PICTURE_PAGES; i++) {
		snprintf(what, sizeof(what), "page %u", i);
		if (differs(what, a->contents[i], b->contents[i]))
			return false;
	}
	return !(differs("total", a->stats.total, b->stats.total) ||
		 differs("locked", a->stats.locked, b->stats.locked) ||
		 differs("data", a->stats.data, b->stats.data) ||
		 differs("exec", a->stats.exec, b->stats.exec) ||
		 differs("stack", a->stats.stack, b->stats.stack) ||
		 differs("committed", a->stats.committed, b->stats.committed) ||
		 differs("windows", a->stats.windows, b->stats.windows) ||
		 (pages && differs("resident", a->stats.resident, b->stats.resident)) ||
		 differs("committed of the machine", a->machine.committed, b->machine.committed) ||
		 differs("values of the machine that were told", a->machine.told, b->machine.told));
}

static int file_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int inject_open(void)
{
	static const struct {
		const char *path, *value;
	} settings[] = {
		{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "failslab/cache-filter", "N" },
		{ DEBUGFS "failslab/verbose", "0" },
		{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "fail_page_alloc/min-order", "0" },
		{ DEBUGFS "fail_page_alloc/verbose", "0" },
		{ DEBUGFS "fail_usercopy/verbose", "0" },
	};
	unsigned int i;
	int fd, err;

	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		err = file_put(settings[i].path, settings[i].value);
		if (err) {
			close(fd);
			return err;
		}
	}
	return fd;
}

void inject_close(int fd)
{
	close(fd);
}

/* The number itself is copied from user memory, which may be what fails. */
static void inject_set(int fd, const char *number)
{
	while (pwrite(fd, number, strlen(number), 0) < 0)
		if (errno != EFAULT)
			abort();
}

void inject_arm(int fd, unsigned int nth)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", nth);
	inject_set(fd, number);
}

/* What is left of the number, -1 where this very copy was the nth. */
static int inject_left(int fd)
{
	char number[16] = "";

	if (pread(fd, number, sizeof(number) - 1, 0) < 0)
		return -1;
	inject_set(fd, "0");
	return atoi(number);
}

bool inject_disarm(int fd)
{
	return inject_left(fd) == 0;
}

void inject_count(int fd)
{
	inject_arm(fd, MORE_THAN_ANY);
}

unsigned int inject_counted(int fd)
{
	return MORE_THAN_ANY - inject_left(fd);
}
