// SPDX-License-Identifier: GPL-2.0
/*
 * A space that takes over what the kernel has: the layout of the host's child.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "proc.h"
#include "side.h"

/* The end of the address space for programs that know of four levels of page tables. */
#define LOW_HALF ((1ULL << 47) - SVMA_PAGE_SIZE)

/* So many files has a program right after its exec at most: itself, and what loads it. */
#define FILES_MAX 8

/**
 * struct opened - files opened for regions
 * @file: number of the open file, as SVMA_IOC_TASK_REGIONS has it
 * @fd: our descriptor for it
 * @n: how many
 */
struct opened {
	__u32 file[FILES_MAX];
	int fd[FILES_MAX];
	size_t n;
};

/*
 * A descriptor for the file behind a line of maps, or -1: opened anew, and only if it is still the
 * same file.
 */
static int open_mapped(const struct svma_proc_map *map)
{
	struct stat st;
	int fd;

	if (!map || !map->inode || *map->path != '/')
		return -1;
	fd = open(map->path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != map->inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Regions of one open file have one here too: they may merge. */
static int import_region(int space, const struct svma_task_region *region,
			 const struct svma_proc_maps *maps, struct opened *opened)
{
	struct svma_import import = {
		.start = region->start, .end = region->end, .flags = region->flags,
		.pgoff = region->pgoff, .fd = -1,
		.anon = region->anon, .anon_flags = region->anon_flags,
	};
	size_t i;

	if (!region->file)
		return svma_client_import(space, &import);
	for (i = 0; i < opened->n && opened->file[i] != region->file; i++)
		;
	if (i == FILES_MAX)
		return -EMFILE;
	if (i == opened->n) {
		opened->fd[i] = open_mapped(svma_proc_maps_find(maps, region->start));
		if (opened->fd[i] < 0)
			return -ENOENT;
		opened->file[opened->n++] = region->file;
	}
	import.fd = opened->fd[i];
	return svma_client_import(space, &import);
}

/*
 * With five levels of page tables a program's addresses reach further than the pages of a space
 * may: then it ends where programs without a hint that asks for more end.
 */
static int set_layout(struct svma_side *side, struct svma_layout *layout)
{
	int err = svma_client_layout_set(side->space, layout);

	if (err != -EINVAL || !side->pages || layout->high <= LOW_HALF)
		return err;
	side->cut = layout->high;
	layout->high = LOW_HALF;
	return svma_client_layout_set(side->space, layout);
}

static int adopt_regions(struct svma_side *side, const struct svma_proc_maps *maps,
			 const struct svma_task_region_list *regions)
{
	struct opened opened = { .n = 0 };
	int err = 0;

	for (size_t i = 0; i < regions->n && !err; i++) {
		const struct svma_task_region *r = &regions->v[i];

		err = import_region(side->space, r, maps, &opened);
		if (err)
			svma_error("cannot import the region %llx-%llx (flags 0x%llx): %s",
				   r->start, r->end, r->flags, strerror(-err));
	}
	while (opened.n)
		close(opened.fd[--opened.n]);
	return err;
}

int svma_side_adopt(struct svma_side *side, const struct svma_side *host)
{
	pid_t pid = host->host.pid;
	struct svma_task_region_list regions = { 0 };
	struct svma_proc_maps maps = { 0 };
	struct svma_layout layout;
	struct svma_task task;
	int err = svma_client_task(side->machine, pid, &task);

	if (!err)
		err = svma_proc_layout(pid, &layout);
	if (!err) {
		svma_proc_layout_task(&layout, &task);
		err = set_layout(side, &layout);
	}
	if (!err)
		err = svma_proc_maps_read(pid, &maps);
	if (!err)
		err = svma_client_task_regions(side->machine, pid, 0, ~0ULL, &regions);
	if (!err)
		err = adopt_regions(side, &maps, &regions);
	svma_task_region_list_free(&regions);
	svma_proc_maps_free(&maps);
	return err;
}

/*
 * A space with pages knows what was written itself. What the file wants is known once it is mapped.
 */
static int tell_closes(struct svma_side *side, const struct svma_task_region_list *host)
{
	struct svma_region_list own = { 0 };
	int err = svma_client_regions(side->space, 0, ~0ULL, &own);

	for (size_t i = 0; !err && i < own.n && i < host->n; i++) {
		const struct svma_region *r = &own.v[i];

		if (r->start == host->v[i].start &&
		    host->v[i].anon_flags & ~r->anon_flags & SVMA_ANON_CLOSES)
			err = svma_client_anon(side->space, r->start, r->anon,
					       r->anon_flags | SVMA_ANON_CLOSES);
	}
	svma_region_list_free(&own);
	return err;
}

int svma_side_refresh(struct svma_side *side, const struct svma_side *host)
{
	struct svma_task_region_list regions = { 0 };
	int err = svma_client_task_regions(side->machine, host->host.pid, 0, ~0ULL, &regions);
	bool closes = false;

	for (size_t i = 0; !err && i < regions.n; i++) {
		const struct svma_task_region *r = &regions.v[i];

		closes |= r->anon_flags & SVMA_ANON_CLOSES;
		if (!side->pages && (r->anon || r->anon_flags))
			err = svma_client_anon(side->space, r->start, r->anon, r->anon_flags);
	}
	if (!err && side->pages && closes)
		err = tell_closes(side, &regions);
	svma_task_region_list_free(&regions);
	return err;
}
