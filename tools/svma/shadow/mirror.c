// SPDX-License-Identifier: GPL-2.0
/*
 * Mirrors: made at exec and fork, read from the kernel when nothing else can tell what is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "compare.h"
#include "contents.h"
#include "mirror.h"
#include "model.h"
#include "record.h"

static bool is_randomized(pid_t pid)
{
	char path[64], text[32] = "";
	__u64 how = 0;
	FILE *f;

	svma_proc_number("/proc/sys/kernel/randomize_va_space", (__u64 *)&how);
	snprintf(path, sizeof(path), "/proc/%d/personality", (int)pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = '\0';
		fclose(f);
	}
	return how && !(strtoul(text, NULL, 16) & ADDR_NO_RANDOMIZE);
}

static struct shadow_mirror *alloc_mirror(struct shadow *sh, pid_t pid)
{
	struct shadow_mirror *mirror = calloc(1, sizeof(*mirror));

	if (!mirror)
		abort();
	mirror->id = ++sh->stats.spaces;
	mirror->pid = pid;
	mirror->space = -1;
	mirror->pending_fd = -1;
	shadow_asked_start(&mirror->asked);
	return mirror;
}

struct shadow_mirror *shadow_mirror_new(struct shadow *sh, pid_t pid)
{
	struct shadow_mirror *mirror = alloc_mirror(sh, pid);

	mirror->close = sh->model->close;
	mirror->stale = true;
	mirror->randomized = is_randomized(pid);
	return mirror;
}

struct shadow_mirror *shadow_mirror_fork(struct shadow *sh, struct shadow_mirror *parent,
					 pid_t child)
{
	struct shadow_mirror *mirror = alloc_mirror(sh, child);

	mirror->close = parent->close;
	mirror->randomized = parent->randomized;
	mirror->layout = parent->layout;
	shadow_asked_fork(&mirror->asked, &parent->asked);
	shadow_files_copy(mirror, parent);
	mirror->stale = true;
	return mirror;
}

void shadow_mirror_get(struct shadow_mirror *mirror)
{
	mirror->refs++;
}

static void drop_space(struct shadow_mirror *mirror)
{
	if (mirror->space >= 0)
		mirror->close(mirror->space);
	mirror->space = -1;
	mirror->regions.n = 0;
}

void shadow_mirror_put(struct shadow_mirror *mirror)
{
	if (--mirror->refs)
		return;
	drop_space(mirror);
	if (mirror->pending_fd >= 0)
		close(mirror->pending_fd);
	shadow_files_free(mirror);
	shadow_recorded_free(mirror->recorded);
	shadow_contents_free(mirror);
	svma_region_list_free(&mirror->regions);
	svma_region_list_free(&mirror->was);
	svma_task_region_list_free(&mirror->kernel);
	svma_task_region_list_free(&mirror->after);
	svma_proc_maps_free(&mirror->maps);
	free(mirror);
}

/* What the kernel itself puts into an address space, by the name that maps gives it. */
static bool is_special(const char *path)
{
	return !strncmp(path, "[vdso", 5) || !strncmp(path, "[vvar", 5) ||
	       !strcmp(path, "[uprobes]") || !strcmp(path, SHADOW_AIO_RING);
}

int shadow_mirror_file(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
		       const struct svma_task_region *r)
{
	const struct svma_proc_map *map;
	int fd;

	if (!r->file)
		return -1;
	fd = shadow_file_find(mirror, r->file);
	if (fd >= 0)
		return fd;
	map = svma_proc_maps_find(&mirror->maps, r->start);
	/* Nobody can open that. */
	if (map && !strcmp(map->path, SHADOW_AIO_RING))
		return -1;
	/* System V shared memory has inode numbers too, from 0 on. */
	if (!map || (map->path[0] != '/' && !shadow_file_is_anon(map)))
		return -1;
	fd = shadow_file_open(pid, map);
	if (fd >= 0)
		shadow_file_add(mirror, r->file, fd);
	else
		shadow_say(sh, "cannot open %s, mapped at %llx: %s", map->path, r->start,
			   strerror(-fd));
	return fd < 0 ? -1 : fd;
}

static int import_region(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
			 const struct svma_task_region *r)
{
	const struct svma_proc_map *map = svma_proc_maps_find(&mirror->maps, r->start);
	struct svma_import arg = {
		.start = r->start, .end = r->end, .flags = r->flags, .pgoff = r->pgoff,
		.fd = shadow_mirror_file(sh, mirror, pid, r),
		.anon = r->anon, .anon_flags = r->anon_flags,
	};

	if (map && is_special(map->path))
		arg.flags |= SVMA_VM_SPECIAL;
	return sh->model->import(mirror->space, &arg);
}

static int read_layout(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	struct svma_task task;
	int err = sh->model->task(sh->machine, pid, &task);

	if (!err)
		err = svma_proc_layout(pid, &mirror->layout);
	if (err)
		return err;
	svma_proc_layout_task(&mirror->layout, &task);
	/* Before the regions: what is there already has been asked for. */
	mirror->layout.personality =
		shadow_asked_personality(&mirror->asked, mirror->layout.personality);
	return 0;
}

int shadow_mirror_regions(struct shadow *sh, struct shadow_mirror *mirror)
{
	int err = sh->model->regions(mirror->space, &mirror->regions);

	mirror->listed = !err;
	return err;
}

static int import_space(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	int err;

	drop_space(mirror);
	err = read_layout(sh, mirror, pid);
	if (!err)
		err = sh->model->task_regions(sh->machine, pid, &mirror->kernel);
	if (!err)
		err = svma_proc_maps_read(pid, &mirror->maps);
	if (err)
		return err;
	shadow_mirror_identify(mirror);
	mirror->space = sh->model->space(sh->machine);
	if (mirror->space < 0)
		return mirror->space;
	err = sh->model->layout_set(mirror->space, &mirror->layout);
	for (size_t i = 0; !err && i < mirror->kernel.n; i++)
		err = import_region(sh, mirror, pid, &mirror->kernel.v[i]);
	if (!err)
		err = shadow_mirror_regions(sh, mirror);
	return err;
}

int shadow_mirror_import(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	int err;

	if (!sh->model->space || mirror->broken)
		return 0;
	if (mirror->imported)
		sh->stats.imports++;
	mirror->imported = true;
	mirror->stale = false;
	err = import_space(sh, mirror, pid);
	if (err) {
		shadow_say(sh, "address space %u of process %d cannot be read: %s", mirror->id,
			   (int)pid, strerror(-err));
		shadow_count(&sh->stats.notes, "address space that could not be read");
		drop_space(mirror);
		mirror->broken = true;
		return err;
	}
	/* A space that is not what was read would blame each later call. */
	if (shadow_compare(&mirror->regions, &mirror->maps).field)
		return -EUCLEAN;
	return 0;
}

int shadow_mirror_copy(struct shadow *sh, struct shadow_mirror *parent,
		       struct shadow_mirror *child)
{
	int space, err;

	if (parent->space < 0 || parent->stale)
		return 0;
	space = sh->model->fork(parent->space);
	if (space < 0)
		return space;
	child->space = space;
	err = sh->model->regions(space, &child->regions);
	child->stale = err != 0;
	child->imported = true;
	return 0;
}

bool shadow_mirror_matches(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
			   __u32 *files)
{
	__u64 addr;

	if (!sh->model->match ||
	    sh->model->match(mirror->space, pid, &addr, files) || addr != SVMA_MATCH_ALL)
		return false;
	mirror->listed = false;
	return true;
}

int shadow_mirror_list(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	int err = shadow_mirror_regions(sh, mirror);

	return err ? err : svma_proc_maps_read(pid, &mirror->maps);
}

void shadow_mirror_keep_file(struct shadow_mirror *mirror, __u64 addr, int fd)
{
	if (mirror->pending_fd >= 0)
		close(mirror->pending_fd);
	mirror->pending_fd = fd;
	mirror->pending_addr = addr;
}
