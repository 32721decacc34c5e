// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

#define PAGE 4096ULL

/* So many pages are asked about at once. */
#define CHUNK 256

/* Bits of an entry of /proc/PID/pagemap. */
#define MAP_PRESENT	(1ULL << 63)
#define MAP_SWAPPED	(1ULL << 62)
#define MAP_FILE	(1ULL << 61)

static int open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Has the process a page of its own there? What is not there needs not be made by asking. */
static bool is_own(__u64 entry)
{
	return entry & MAP_SWAPPED || (entry & MAP_PRESENT && !(entry & MAP_FILE));
}

int shadow_memory_copy(pid_t pid, int space, __u64 start, __u64 end)
{
	int map = open_proc(pid, "pagemap"), mem = open_proc(pid, "mem"), err = 0;
	__u64 entries[CHUNK];
	char page[PAGE];

	if (map < 0 || mem < 0)
		err = -errno;
	while (!err && start < end) {
		size_t n = (end - start) / PAGE < CHUNK ? (end - start) / PAGE : CHUNK;
		ssize_t got = pread(map, entries, n * 8, start / PAGE * 8);

		if (got <= 0) {
			err = got ? -errno : -EIO;
			break;
		}
		n = got / 8;
		for (size_t i = 0; !err && i < n; i++, start += PAGE) {
			if (!is_own(entries[i]))
				continue;
			if (pread(mem, page, PAGE, start) != (ssize_t)PAGE)
				err = -EIO;
			else if (pwrite(space, page, PAGE, start) != (ssize_t)PAGE)
				err = -EIO;
		}
	}
	if (map >= 0)
		close(map);
	if (mem >= 0)
		close(mem);
	return err;
}

static void compare_page(const unsigned char *model, const unsigned char *kernel, __u64 addr,
			 struct shadow_differing *d)
{
	size_t i;

	if (!memcmp(model, kernel, PAGE))
		return;
	if (!d->pages++) {
		for (i = 0; model[i] == kernel[i]; i++)
			;
		d->addr = addr + i;
		d->model = model[i];
		d->kernel = kernel[i];
	}
}

__u64 shadow_memory_compare(pid_t pid, int space, __u64 start, __u64 end, bool anon,
			    struct shadow_differing *d)
{
	unsigned char model[PAGE], kernel[PAGE];
	int mem = open_proc(pid, "mem"), map = open_proc(pid, "pagemap");
	__u64 pages = 0, entry;

	for (; mem >= 0 && map >= 0 && start < end; start += PAGE, pages++) {
		bool have = pread(space, model, PAGE, start) == (ssize_t)PAGE, has;

		if (pread(map, &entry, 8, start / PAGE * 8) != 8)
			break;
		if (anon && !(entry & (MAP_PRESENT | MAP_SWAPPED))) {
			memset(kernel, 0, PAGE);
			has = have;
		} else {
			has = pread(mem, kernel, PAGE, start) == (ssize_t)PAGE;
		}
		/* One has a page where the other has none: told as bytes that differ. */
		if (have != has) {
			memset(have ? kernel : model, 0, PAGE);
			memset(have ? model : kernel, 0xff, PAGE);
		}
		if (have || has)
			compare_page(model, kernel, start, d);
	}
	if (mem >= 0)
		close(mem);
	if (map >= 0)
		close(map);
	return pages;
}
