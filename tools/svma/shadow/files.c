// SPDX-License-Identifier: GPL-2.0
/*
 * Two regions of a file can only merge if they were mapped through the same open file description.
 * So when a space is read anew, its regions must be given the very descriptions that the program's
 * have, as far as we ever saw them. A region holds its file open anyway: keeping a copy no longer
 * than the region lives changes nothing for the program.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mirror.h"

/**
 * struct shadow_file - one open file description that regions are mapped through
 * @next: the next one
 * @identity: as SVMA_IOC_TASK_REGIONS has it
 * @fd: our descriptor of it
 * @seen: by the sweep that is going on
 */
struct shadow_file {
	struct shadow_file *next;
	__u64 identity;
	int fd;
	bool seen;
};

int shadow_file_find(const struct shadow_mirror *mirror, __u64 identity)
{
	for (const struct shadow_file *f = mirror->files; f; f = f->next)
		if (f->identity == identity)
			return f->fd;
	return -1;
}

void shadow_file_add(struct shadow_mirror *mirror, __u64 identity, int fd)
{
	struct shadow_file *f;

	if (!identity || shadow_file_find(mirror, identity) >= 0) {
		close(fd);
		return;
	}
	f = malloc(sizeof(*f));
	if (!f)
		abort();
	*f = (struct shadow_file){ .next = mirror->files, .identity = identity, .fd = fd };
	mirror->files = f;
}

void shadow_files_copy(struct shadow_mirror *to, const struct shadow_mirror *from)
{
	for (const struct shadow_file *f = from->files; f; f = f->next) {
		int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);

		if (fd >= 0)
			shadow_file_add(to, f->identity, fd);
	}
}

static void keep_seen(struct shadow_mirror *mirror)
{
	struct shadow_file **at = &mirror->files;

	while (*at) {
		struct shadow_file *f = *at;

		if (f->seen) {
			f->seen = false;
			at = &f->next;
			continue;
		}
		*at = f->next;
		close(f->fd);
		free(f);
	}
}

void shadow_files_sweep(struct shadow_mirror *mirror, const struct svma_task_region_list *seen)
{
	__u64 last = 0;

	for (size_t i = 0; i < seen->n; i++) {
		if (!seen->v[i].file || seen->v[i].file == last)
			continue;
		last = seen->v[i].file;
		for (struct shadow_file *f = mirror->files; f; f = f->next)
			if (f->identity == last)
				f->seen = true;
	}
	keep_seen(mirror);
}

void shadow_files_free(struct shadow_mirror *mirror)
{
	keep_seen(mirror);
}

/* One of the program's own descriptors of the same file: for what must not be opened again. */
static int borrow(pid_t pid, const struct stat *want)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int fd = -1;
	char path[64];
	struct dirent *e;
	struct stat st;
	DIR *dir;

	if (pidfd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && fd < 0 && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || fstatat(dirfd(dir), e->d_name, &st, 0))
			continue;
		if (st.st_dev == want->st_dev && st.st_ino == want->st_ino)
			fd = syscall(SYS_pidfd_getfd, pidfd, atoi(e->d_name), 0);
	}
	if (dir)
		closedir(dir);
	close(pidfd);
	return fd < 0 ? -ENOENT : fd;
}

static bool is_file(const struct stat *st, const struct svma_proc_map *map)
{
	return st->st_ino == map->inode;
}

bool shadow_file_is_anon(const struct svma_proc_map *map)
{
	return !strncmp(map->path, "anon_inode:", 11);
}

int shadow_file_open(pid_t pid, const struct svma_proc_map *map)
{
	char link[96];
	const char *path = link;
	struct stat st;
	int fd;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%llx-%llx", (int)pid, map->start,
		 map->end);
	/* The links need a privilege that the path does not. */
	if (stat(path, &st)) {
		path = map->path;
		if (shadow_file_is_anon(map)) {
			st.st_dev = makedev(map->dev_major, map->dev_minor);
			st.st_ino = map->inode;
			return borrow(pid, &st);
		}
		if (path[0] != '/' || stat(path, &st) || !is_file(&st, map))
			return -ENOENT;
	}
	/* Opening a device may do something. */
	if (!S_ISREG(st.st_mode) && !(S_ISCHR(st.st_mode) && major(st.st_rdev) == SHADOW_MEM_MAJOR))
		return borrow(pid, &st);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
