// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "mirror.h"
#include "shadow.h"

double shadow_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) + (to->tv_nsec - from->tv_nsec) / 1e9;
}

double shadow_elapsed(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return shadow_between(since, &now);
}

static struct shadow_task **chain(struct shadow *sh, pid_t tid)
{
	return &sh->tasks[(unsigned int)tid % SHADOW_HASH];
}

struct shadow_task *shadow_task_find(struct shadow *sh, pid_t tid)
{
	struct shadow_task *task = *chain(sh, tid);

	while (task && task->tid != tid)
		task = task->next;
	return task;
}

struct shadow_task *shadow_task_add(struct shadow *sh, pid_t tid)
{
	struct shadow_task *task = calloc(1, sizeof(*task));

	if (!task)
		abort();
	task->tid = tid;
	task->tgid = tid;
	task->state = SHADOW_NEW;
	task->call.fd = -1;
	clock_gettime(CLOCK_MONOTONIC, &task->born);
	task->next = *chain(sh, tid);
	*chain(sh, tid) = task;
	sh->live++;
	sh->fresh++;
	return task;
}

static void unlink_task(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_task **at = chain(sh, task->tid);

	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
}

/* Counters follow the state, whoever changes it: states are only set through here. */
void shadow_task_state(struct shadow *sh, struct shadow_task *task, enum shadow_state state)
{
	sh->fresh -= task->state == SHADOW_NEW;
	sh->held -= task->state == SHADOW_HELD;
	task->state = state;
	sh->fresh += task->state == SHADOW_NEW;
	sh->held += task->state == SHADOW_HELD;
}

void shadow_task_drop(struct shadow *sh, struct shadow_task *task)
{
	sh->parked -= task->parked;
	shadow_task_state(sh, task, SHADOW_RUNNING);
	shadow_task_space(sh, task, NULL);
	unlink_task(sh, task);
	sh->live--;
	free(task);
}

void shadow_task_rename(struct shadow *sh, struct shadow_task *task, pid_t tid)
{
	unlink_task(sh, task);
	task->tid = tid;
	task->next = *chain(sh, tid);
	*chain(sh, tid) = task;
}

void shadow_task_space(struct shadow *sh, struct shadow_task *task, struct shadow_mirror *mirror)
{
	struct shadow_mirror *old = task->mirror;

	if (mirror)
		shadow_mirror_get(mirror);
	task->mirror = mirror;
	if (!old)
		return;
	/* Whoever is left must be the one to ask. */
	if (old->pid == task->tid)
		for (size_t i = 0; i < SHADOW_HASH; i++)
			for (struct shadow_task *t = sh->tasks[i]; t; t = t->next)
				if (t->mirror == old)
					old->pid = t->tid;
	shadow_mirror_put(old);
}

bool shadow_task_others(const struct shadow *sh, const struct shadow_task *task)
{
	for (size_t i = 0; i < SHADOW_HASH; i++)
		for (const struct shadow_task *t = sh->tasks[i]; t; t = t->next)
			if (t != task && t->tgid == task->tgid)
				return true;
	return false;
}

struct shadow_task *shadow_task_next_held(struct shadow *sh, struct shadow_mirror *mirror)
{
	struct shadow_task *first = NULL;

	if (!sh->held)
		return NULL;
	for (size_t i = 0; i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next)
			if (t->state == SHADOW_HELD && t->mirror == mirror &&
			    (!first || t->held_order < first->held_order))
				first = t;
	return first;
}

struct shadow_task *shadow_task_late(struct shadow *sh, enum shadow_state state, double seconds)
{
	const struct timespec *since;

	for (size_t i = 0; i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next) {
			if (t->state != state)
				continue;
			since = state == SHADOW_HELD ? &t->held_since : &t->born;
			if (shadow_elapsed(since) >= seconds)
				return t;
		}
	return NULL;
}
