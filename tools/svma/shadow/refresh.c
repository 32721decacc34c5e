// SPDX-License-Identifier: GPL-2.0
/*
 * What a mirror is told before each call: what faults did since the last one, which regions were
 * written, whose limits count. All of it can be known before the call.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compare.h"
#include "mirror.h"
#include "model.h"

static bool same_bounds(const struct svma_region *m, const struct svma_task_region *k)
{
	return m->start == k->start && m->end == k->end;
}

/* Registering memory with userfaultfd is no memory call, and keeps its regions apart. */
static bool same_watch(const struct svma_region *m, const struct svma_task_region *k)
{
	return !((m->flags ^ k->flags) & SVMA_VM_UFFD);
}

/* The first place where regions of space and kernel are not the same: false if there is none. */
static bool find_drift(const struct shadow_mirror *mirror, size_t *at)
{
	const struct svma_region_list *m = &mirror->regions;
	const struct svma_task_region_list *k = &mirror->kernel;

	for (*at = 0; *at < m->n && *at < k->n; ++*at)
		if (!same_bounds(&m->v[*at], &k->v[*at]) || !same_watch(&m->v[*at], &k->v[*at]))
			return true;
	return m->n != k->n;
}

/* A stack that reaches lower than in the space: do what the fault did, by the model's own rule. */
static bool grow(struct shadow *sh, struct shadow_mirror *mirror, const struct svma_region *m,
		 __u64 end, __u64 start)
{
	int err;

	if (!(m->flags & SVMA_VM_GROWSDOWN) || m->end != end || start >= m->start)
		return false;
	err = sh->model->grow(mirror->space, start);
	if (err) {
		shadow_say(sh, "space %u: stack at %llx grew to %llx, refused by the model: %s",
			   mirror->id, m->start, start, strerror(-err));
		return false;
	}
	sh->stats.grown++;
	return true;
}

bool shadow_mirror_follow_stack(struct shadow *sh, struct shadow_mirror *mirror,
				const struct svma_proc_maps *maps)
{
	bool changed = false;

	for (size_t i = 0; i < mirror->regions.n; i++) {
		const struct svma_region *m = &mirror->regions.v[i];
		const struct svma_proc_map *map;

		if (!(m->flags & SVMA_VM_GROWSDOWN))
			continue;
		map = svma_proc_maps_find(maps, m->start);
		if (map)
			changed |= grow(sh, mirror, m, map->end, map->start);
	}
	return changed;
}

static bool follow_growth(struct shadow *sh, struct shadow_mirror *mirror)
{
	const struct svma_task_region_list *k = &mirror->kernel;
	bool changed = false;

	for (size_t i = 0, j = 0; i < mirror->regions.n; i++) {
		const struct svma_region *m = &mirror->regions.v[i];

		if (!(m->flags & SVMA_VM_GROWSDOWN))
			continue;
		while (j < k->n && k->v[j].end < m->end)
			j++;
		if (j < k->n)
			changed |= grow(sh, mirror, m, k->v[j].end, k->v[j].start);
	}
	return changed;
}

static int tell_written(struct shadow *sh, struct shadow_mirror *mirror)
{
	int err;

	for (size_t i = 0; i < mirror->regions.n; i++) {
		struct svma_region *m = &mirror->regions.v[i];
		const struct svma_task_region *k = &mirror->kernel.v[i];

		if (m->anon == k->anon && m->anon_flags == k->anon_flags)
			continue;
		err = sh->model->anon(mirror->space, m->start, k->anon, k->anon_flags);
		if (err)
			return err;
		m->anon = k->anon;
		m->anon_flags = k->anon_flags;
	}
	return 0;
}

/* The file of the last mapping: which identity it has can be seen now. */
void shadow_mirror_identify(struct shadow_mirror *mirror)
{
	__u64 identity = 0;

	if (mirror->pending_fd < 0)
		return;
	for (size_t i = 0; i < mirror->kernel.n; i++)
		if (mirror->kernel.v[i].start <= mirror->pending_addr &&
		    mirror->pending_addr < mirror->kernel.v[i].end)
			identity = mirror->kernel.v[i].file;
	shadow_file_add(mirror, identity, mirror->pending_fd);
	mirror->pending_fd = -1;
}

int shadow_mirror_refresh(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	__u32 files;
	size_t at;
	int err;

	if (mirror->stale)
		return shadow_mirror_import(sh, mirror, pid);
	if (mirror->space < 0)
		return 0;
	/*
	 * With threads the call may have to be done again, which wants the lists. Fewer regions of
	 * files: a file that we hold may be one that the program has let go.
	 */
	if (mirror->refs == 1 && mirror->pending_fd < 0 &&
	    shadow_mirror_matches(sh, mirror, pid, &files) && files == mirror->file_regions)
		return 0;
	if (!mirror->listed) {
		err = shadow_mirror_regions(sh, mirror);
		if (err)
			return err;
	}
	err = sh->model->task_regions(sh->machine, pid, &mirror->kernel);
	if (err)
		return err;
	shadow_mirror_identify(mirror);
	shadow_files_sweep(mirror, &mirror->kernel);
	mirror->file_regions = 0;
	for (size_t i = 0; i < mirror->kernel.n; i++)
		mirror->file_regions += !!mirror->kernel.v[i].file;
	if (find_drift(mirror, &at)) {
		if (follow_growth(sh, mirror))
			err = shadow_mirror_regions(sh, mirror);
		if (err)
			return err;
		if (find_drift(mirror, &at)) {
			shadow_drifted(sh, mirror, pid, at);
			return shadow_mirror_import(sh, mirror, pid);
		}
	}
	return tell_written(sh, mirror);
}

static __u32 capabilities(pid_t tid)
{
	static const struct { int cap; __u32 flag; } caps[] = {
		{ CAP_IPC_LOCK, SVMA_CAP_IPC_LOCK },
		{ CAP_SYS_ADMIN, SVMA_CAP_SYS_ADMIN },
		{ CAP_SYS_RESOURCE, SVMA_CAP_SYS_RESOURCE },
		{ CAP_SYS_RAWIO, SVMA_CAP_SYS_RAWIO },
	};
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, tid };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	__u32 flags = 0;

	if (syscall(SYS_capget, &head, data))
		return 0;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (data[CAP_TO_INDEX(caps[i].cap)].effective & CAP_TO_MASK(caps[i].cap))
			flags |= caps[i].flag;
	return flags;
}

static void read_limits(struct shadow *sh, struct shadow_task *task)
{
	static const int which[] = { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK };

	/* Generations start at 1. */
	if (task->limits_seen == sh->limits_changed)
		return;
	task->limits_seen = sh->limits_changed;
	for (size_t i = 0; i < 4; i++) {
		struct rlimit r;

		if (!prlimit(task->tid, which[i], NULL, &r))
			task->limits[i] = r.rlim_cur == RLIM_INFINITY ? ~0ULL : r.rlim_cur;
	}
}

#define CAPABILITIES (SVMA_CAP_IPC_LOCK | SVMA_CAP_SYS_ADMIN | SVMA_CAP_SYS_RESOURCE | \
		      SVMA_CAP_SYS_RAWIO)

int shadow_mirror_limits(struct shadow *sh, struct shadow_mirror *mirror, struct shadow_task *task)
{
	struct svma_layout *now = &mirror->layout, next = *now;

	if (mirror->space < 0)
		return 0;
	read_limits(sh, task);
	next.limit_as = task->limits[0];
	next.limit_data = task->limits[1];
	next.limit_stack = task->limits[2];
	next.limit_memlock = task->limits[3];
	next.personality = (now->personality & ~CAPABILITIES) | capabilities(task->tid);
	next.personality = shadow_asked_personality(&mirror->asked, next.personality);
	if (!memcmp(now, &next, sizeof(next)))
		return 0;
	*now = next;
	next.told = SVMA_LAYOUT_LIMIT_AS | SVMA_LAYOUT_LIMIT_DATA | SVMA_LAYOUT_LIMIT_STACK |
		    SVMA_LAYOUT_LIMIT_MEMLOCK | SVMA_LAYOUT_PERSONALITY;
	return sh->model->layout_set(mirror->space, &next);
}

void shadow_mirror_keep(struct shadow *sh, struct shadow_mirror *mirror)
{
	struct svma_region_list *was = &mirror->was;

	mirror->retry = false;
	if (mirror->refs < 2 || mirror->space < 0)
		return;
	if (sh->model->layout_get(mirror->space, &mirror->before))
		return;
	mirror->before.told = SVMA_LAYOUT_ALL;
	if (was->cap < mirror->regions.n) {
		was->v = reallocarray(was->v, mirror->regions.n, sizeof(*was->v));
		if (!was->v)
			abort();
		was->cap = mirror->regions.n;
	}
	memcpy(was->v, mirror->regions.v, mirror->regions.n * sizeof(*was->v));
	was->n = mirror->regions.n;
	mirror->retry = was->n == mirror->kernel.n;
}
