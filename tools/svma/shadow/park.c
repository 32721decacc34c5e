// SPDX-License-Identifier: GPL-2.0
/*
 * The other threads of an address space are stopped while a call is done, so that nobody but the
 * kernel changes what is in memory. For --contents only: a system call in which a thread waits may
 * end with EINTR by this.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "mirror.h"
#include "park.h"

/* A thread that does not stop in so many milliseconds waits for something that no signal ends. */
#define PATIENCE_MS 500

/* After so many it is looked at what it waits for. */
#define DEEP_MS 10

/* A stop, or an end, that came instead of the one asked for: it is dealt with afterwards. */
struct later {
	struct later *next;
	pid_t tid;
	int status;
};

static void keep_for_later(struct shadow *sh, pid_t tid, int status)
{
	struct later *l = malloc(sizeof(*l)), **at = &sh->later;

	if (!l)
		abort();
	*l = (struct later){ .tid = tid, .status = status };
	while (*at)
		at = &(*at)->next;
	*at = l;
}

bool shadow_park_next(struct shadow *sh, pid_t *tid, int *status)
{
	struct later *l = sh->later;

	/* Not before those who were stopped go on: a stop that is dealt with lets a task run. */
	if (!l || sh->parked)
		return false;
	*tid = l->tid;
	*status = l->status;
	sh->later = l->next;
	free(l);
	return true;
}

static void set_parked(struct shadow *sh, struct shadow_task *task)
{
	task->parked = true;
	task->parked_signal = 0;
	sh->parked++;
	clock_gettime(CLOCK_MONOTONIC, &sh->parked_since);
}

/* Waits for what no signal ends, as the parent of a vfork for its child. */
static bool sleeps_deep(pid_t tid)
{
	char path[64], line[512], *end;
	bool deep = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(line, sizeof(line), f)) {
		end = strrchr(line, ')');
		deep = end && !strncmp(end, ") D", 3);
	}
	fclose(f);
	return deep;
}

/* True if it stands still, or is no more. */
static bool stop(struct shadow *sh, struct shadow_task *task)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int status;

	if (ptrace(PTRACE_INTERRUPT, task->tid, NULL, NULL))
		return errno == ESRCH;
	for (int i = 0; i < PATIENCE_MS; i++) {
		pid_t got = waitpid(task->tid, &status, __WALL | WNOHANG);

		if (got < 0)
			return errno == ECHILD;
		if (!got) {
			if (i >= DEEP_MS && sleeps_deep(task->tid))
				return true;
			nanosleep(&nap, NULL);
			continue;
		}
		set_parked(sh, task);
		if (!WIFSTOPPED(status) || status >> 16 != PTRACE_EVENT_STOP ||
		    WSTOPSIG(status) != SIGTRAP)
			keep_for_later(sh, task->tid, status);
		return true;
	}
	return false;
}

/* A stop of this task is waiting to be dealt with. */
static bool has_stopped(const struct shadow *sh, pid_t tid)
{
	for (const struct later *l = sh->later; l; l = l->next)
		if (l->tid == tid)
			return true;
	return false;
}

static bool park_task(struct shadow *sh, struct shadow_task *task)
{
	/* The tracer has its stop in hand, and lets it go on when that is dealt with. */
	if (task->tid != sh->in_hand && !has_stopped(sh, task->tid))
		return stop(sh, task);
	set_parked(sh, task);
	return true;
}

void shadow_park_born(struct shadow *sh, struct shadow_task *task)
{
	if (task->mirror && task->mirror->still && !task->parked)
		set_parked(sh, task);
}

bool shadow_park(struct shadow *sh, struct shadow_task *caller)
{
	bool all = true;

	if (caller->mirror->refs < 2)
		return true;
	for (size_t i = 0; i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next)
			if (t != caller && t->mirror == caller->mirror &&
			    t->state == SHADOW_RUNNING && !t->parked)
				all &= park_task(sh, t);
	return all;
}

void shadow_unpark(struct shadow *sh, const struct shadow_mirror *mirror)
{
	for (size_t i = 0; sh->parked && i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next) {
			if (!t->parked || t->mirror != mirror)
				continue;
			t->parked = false;
			sh->parked--;
			/* What its stop was for decides how it goes on. */
			if (!has_stopped(sh, t->tid))
				shadow_task_resume(sh, t, t->parked_signal);
		}
}
