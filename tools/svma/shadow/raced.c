// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults do not stop a tracer. Another thread may write to a region for the first time after
 * the mirror was told which ones were written, and before the kernel does the call; the kernel then
 * merges other regions than the model was told to.
 *
 * When the layouts part in a program with threads, the call is done once more, on the layout as it
 * was before, with those regions written that are so afterwards. If the model then agrees in every
 * line, the call was raced: counted and told as that, and not as a difference. Stopping all threads
 * for each call would avoid the race, but makes system calls that wait fail in the program.
 */
#include <unistd.h>

#include "calls.h"
#include "compare.h"
#include "mirror.h"
#include "model.h"

/* More first writes than this in so short a time: only all of them together are tried. */
#define SINGLE_WRITES 8

static const struct svma_task_region *covering(const struct svma_task_region_list *list, __u64 addr)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].start <= addr && addr < list->v[i].end)
			return &list->v[i];
	return NULL;
}

/* The identity that a region may have got meanwhile, 0 for none. */
static __u32 written_since(const struct svma_task_region *before,
			   const struct svma_task_region_list *after)
{
	const struct svma_task_region *now;

	if (before->anon || before->flags & SVMA_VM_MAYSHARE || !(before->flags & SVMA_VM_WRITE))
		return 0;
	now = covering(after, before->start);
	return now ? now->anon : 0;
}

/* Make the layout before the call again: region @only written since, or all if it is -1. */
static int rebuild(struct shadow *sh, struct shadow_mirror *mirror, long only)
{
	int space = sh->model->space(sh->machine), err;

	if (space < 0)
		return space;
	err = sh->model->layout_set(space, &mirror->before);
	for (size_t i = 0; !err && i < mirror->kernel.n; i++) {
		const struct svma_task_region *r = &mirror->kernel.v[i];
		__u32 written = written_since(r, &mirror->after);
		struct svma_import arg = {
			.start = r->start, .end = r->end, .flags = mirror->was.v[i].flags,
			.pgoff = r->pgoff, .anon = r->anon, .anon_flags = r->anon_flags,
			.fd = shadow_mirror_file(sh, mirror, mirror->pid, r),
		};

		if (written && (only < 0 || (size_t)only == i))
			arg.anon = written;
		err = sh->model->import(space, &arg);
	}
	if (!err)
		return space;
	sh->model->close(space);
	return err;
}

static int same_fd(void *data, int fd)
{
	(void)fd;
	return *(int *)data;
}

/* Does the model agree now? Then its space takes the place of the mirror's. */
static bool agrees(struct shadow *sh, struct shadow_task *task, long only)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_call *call = &task->call;
	int space = rebuild(sh, mirror, only);
	struct svma_verb_env env = { .space = space, .fd = same_fd, .data = &call->fd };

	if (space < 0)
		return false;
	if (sh->model->call(call->verb->verb, &env, call->args) != call->result ||
	    sh->model->regions(space, &mirror->regions) ||
	    shadow_compare(&mirror->regions, &mirror->maps).field) {
		sh->model->close(space);
		return false;
	}
	sh->model->close(mirror->space);
	mirror->space = space;
	return true;
}

bool shadow_call_raced(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	size_t written = 0;
	bool found = false;

	if (mirror->refs < 2 || !mirror->retry || !task->call.verb->verb)
		return false;
	if (sh->model->task_regions(sh->machine, task->tid, &mirror->after))
		return false;
	for (size_t i = 0; i < mirror->kernel.n; i++)
		written += written_since(&mirror->kernel.v[i], &mirror->after) != 0;
	if (!written)
		return false;
	found = agrees(sh, task, -1);
	for (size_t i = 0; !found && written <= SINGLE_WRITES && i < mirror->kernel.n; i++)
		if (written > 1 && written_since(&mirror->kernel.v[i], &mirror->after))
			found = agrees(sh, task, i);
	if (!found)
		sh->model->regions(mirror->space, &mirror->regions);
	return found;
}
