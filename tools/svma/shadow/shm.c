// SPDX-License-Identifier: GPL-2.0
/*
 * Segments of System V shared memory: shmat as a mapping of a file that stands for the segment,
 * shmdt as one munmap after the other.
 *
 * To attach a segment oneself would tell what it is, but the program could see that. So shmget is
 * followed, and of segments that were not made by the program it is not known whether they have
 * huge pages: these are named. What a segment's attachment does with its regions later (it wants to
 * know when they end, so some of them do not merge) is read from the kernel after the call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "mirror.h"
#include "model.h"

/* How /proc/PID/maps shows them. */
#define SEGMENT_PATH "/SYSV"

/**
 * struct shadow_segment - a segment that the program made
 * @next: the next one
 * @id: its number
 * @huge: it has huge pages
 */
struct shadow_segment {
	struct shadow_segment *next;
	int id;
	bool huge;
};

static struct shadow_segment *find(const struct shadow *sh, int id)
{
	struct shadow_segment *s = sh->segments;

	while (s && s->id != id)
		s = s->next;
	return s;
}

/* Numbers are those of a namespace. */
static bool same_names(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	return !stat("/proc/self/ns/ipc", &ours) && !stat(path, &theirs) &&
	       ours.st_ino == theirs.st_ino;
}

void shadow_shm_made(struct shadow *sh, const struct shadow_task *task)
{
	const struct shadow_call *call = &task->call;
	struct shadow_segment *s;
	struct shmid_ds ds;

	/* It may have been there before: then another one made it, or it is in the list. */
	if (call->result < 0 || find(sh, call->result) || !same_names(task->tgid) ||
	    shmctl(call->result, IPC_STAT, &ds) || ds.shm_cpid != task->tgid)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->id = call->result;
	s->huge = call->args[2] & SHM_HUGETLB;
	s->next = sh->segments;
	sh->segments = s;
}

/* A file that is to the model what the segment is to the kernel. */
static int stand_in(size_t size, bool readonly)
{
	int fd = memfd_create("segment", MFD_CLOEXEC), again = -1;
	char path[64];

	if (fd >= 0 && !ftruncate(fd, (off_t)size)) {
		if (!readonly)
			return fd;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		again = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd >= 0)
		close(fd);
	return again;
}

/* For a mapping at a place of the program's choice: is something there? */
static bool taken(const struct shadow_mirror *mirror, __u64 start, __u64 end)
{
	for (size_t i = 0; i < mirror->regions.n; i++)
		if (mirror->regions.v[i].start < end && start < mirror->regions.v[i].end)
			return true;
	return false;
}

static int same_fd(void *data, int fd)
{
	(void)fd;
	return *(int *)data;
}

/* What can be said without the segment: 0, and the address that is meant. */
static int check_address(const __u64 args[6], __u64 *addr)
{
	*addr = args[1];
	if ((int)args[0] < 0)
		return -EINVAL;
	if (!*addr)
		return args[2] & SHM_REMAP ? -EINVAL : 0;
	if (!(*addr & (SHADOW_PAGE - 1)))
		return 0;
	if (!(args[2] & SHM_RND))
		return -EINVAL;
	*addr &= ~(SHADOW_PAGE - 1);
	return !*addr && args[2] & SHM_REMAP ? -EINVAL : 0;
}

/* Attach a segment of @size bytes in the space: the answer of the kernel. */
static __s64 attach(struct shadow *sh, struct shadow_mirror *mirror, struct shadow_call *call,
		    __u64 addr, size_t size)
{
	const struct svma_verb *verb = svma_verb_find("mmap", 4);
	struct svma_verb_env env = { .space = mirror->space, .fd = same_fd, .data = &call->fd };
	const __u64 args[6] = {
		addr, size,
		PROT_READ | (call->args[2] & SHM_RDONLY ? 0 : PROT_WRITE) |
			(call->args[2] & SHM_EXEC ? PROT_EXEC : 0),
		MAP_SHARED | (addr ? MAP_FIXED : 0), 0, 0,
	};

	if (addr && !(call->args[2] & SHM_REMAP) &&
	    (addr + size < addr || taken(mirror, addr, addr + size)))
		return -EINVAL;
	return sh->model->call(verb, &env, args);
}

static bool predict_attach(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_call *call = &task->call;
	const struct shadow_segment *s = find(sh, (int)call->args[0]);
	struct shmid_ds ds;
	__u64 addr;

	call->expect = check_address(call->args, &addr);
	if (call->expect)
		return true;
	if (!s || !same_names(task->tgid)) {
		call->why = "segment of another program";
		return false;
	}
	/* What they take from the reserve was taken when the segment was made. */
	if (s->huge) {
		call->why = "huge pages";
		return false;
	}
	if (shmctl(s->id, IPC_STAT, &ds)) {
		call->expect = -errno;
		return errno == EINVAL || errno == EIDRM;
	}
	call->fd = stand_in(ds.shm_segsz, call->args[2] & SHM_RDONLY);
	if (call->fd < 0) {
		call->why = "no file to stand for the segment";
		return false;
	}
	call->expect = attach(sh, mirror, call, addr, ds.shm_segsz);
	return true;
}

/* Does a region of the kernel's belong to the attachment at @addr? */
static bool belongs(const struct svma_proc_map *map, __u64 addr)
{
	return !strncmp(map->path, SEGMENT_PATH, strlen(SEGMENT_PATH)) && map->start >= addr &&
	       (map->start - addr) / SHADOW_PAGE == map->pgoff;
}

static bool predict_detach(struct shadow *sh, struct shadow_task *task)
{
	const struct svma_verb *verb = svma_verb_find("munmap", 6);
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_call *call = &task->call;
	struct svma_verb_env env = { .space = mirror->space };
	__u64 addr = call->args[0], size = 0, inode = 0;
	struct shmid_ds ds;

	call->expect = -EINVAL;
	if (addr & (SHADOW_PAGE - 1))
		return true;
	if (svma_proc_maps_read(task->tid, &mirror->maps))
		return false;
	for (size_t i = 0; i < mirror->maps.n; i++) {
		const struct svma_proc_map *map = &mirror->maps.v[i];
		const __u64 args[6] = { map->start, map->end - map->start };

		if (!belongs(map, addr))
			continue;
		if (!size) {
			/* The inode's number is the segment's. */
			inode = map->inode;
			if (!same_names(task->tgid) || shmctl((int)inode, IPC_STAT, &ds)) {
				call->why = "segment that is gone";
				return false;
			}
			size = (ds.shm_segsz + SHADOW_PAGE - 1) & ~(SHADOW_PAGE - 1);
		} else if (map->inode != inode || map->end - addr > size) {
			continue;
		}
		call->expect = sh->model->call(verb, &env, args);
		if (call->expect)
			break;
	}
	return true;
}

bool shadow_shm_predict(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;

	if (mirror->space < 0 || !sh->model->call)
		return false;
	if (!mirror->listed && shadow_mirror_regions(sh, mirror))
		return false;
	return task->call.verb->nr == SYS_shmat ? predict_attach(sh, task) :
						  predict_detach(sh, task);
}

void shadow_shm_attached(struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	const struct shadow_call *call = &task->call;
	struct stat st;

	if (call->verb->nr != SYS_shmat || call->fd < 0 || fstat(call->fd, &st))
		return;
	/* All but its number is compared with that of the file that stands for it. */
	for (size_t i = 0; i < mirror->regions.n; i++)
		if (mirror->regions.v[i].inode == st.st_ino &&
		    mirror->regions.v[i].start == (__u64)call->expect)
			mirror->regions.v[i].inode = (__u32)call->args[0];
}

void shadow_shm_free(struct shadow *sh)
{
	while (sh->segments) {
		struct shadow_segment *s = sh->segments;

		sh->segments = s->next;
		free(s);
	}
}
