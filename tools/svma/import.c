// SPDX-License-Identifier: GPL-2.0
/*
 * Stop a process, read its layout as svma shadow does, and let it go again.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "import.h"
#include "proc.h"
#include "shadow/mirror.h"
#include "shadow/model.h"

/* A thread that does not stop so long waits for something that no signal ends. */
#define PATIENCE_MS 2000

/**
 * struct stopped - the threads of a process that were stopped
 * @v: their numbers
 * @n: how many
 */
struct stopped {
	pid_t *v;
	size_t n;
};

static bool is_stopped(const struct stopped *s, pid_t tid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == tid)
			return true;
	return false;
}

/* 0: it has stopped. ESRCH: it has ended. */
static int await_stop(pid_t tid)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int status;

	for (int i = 0; i < PATIENCE_MS; i++) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == tid)
			return WIFSTOPPED(status) ? 0 : -ESRCH;
		nanosleep(&nap, NULL);
	}
	return -ETIMEDOUT;
}

static int stop_thread(struct stopped *s, pid_t tid)
{
	pid_t *more = reallocarray(s->v, s->n + 1, sizeof(*more));
	int err;

	if (!more)
		return -ENOMEM;
	s->v = more;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return -errno;
	err = await_stop(tid);
	if (!err)
		s->v[s->n++] = tid;
	return err;
}

/* Those that are there now: how many were stopped, or a negative errno. */
static int stop_round(struct stopped *s, pid_t pid)
{
	char path[64];
	struct dirent *e;
	int err = 0, n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (e = readdir(dir))) {
		pid_t tid = atoi(e->d_name);

		if (!isdigit((unsigned char)*e->d_name) || is_stopped(s, tid))
			continue;
		err = stop_thread(s, tid);
		n += !err;
		/* A thread may end meanwhile; the process must not. */
		if (err == -ESRCH && tid != pid)
			err = 0;
	}
	closedir(dir);
	return err ? err : n;
}

/* Until no thread is left that could make another one. */
static int stop_all(struct stopped *s, pid_t pid)
{
	int n;

	do
		n = stop_round(s, pid);
	while (n > 0);
	return n;
}

static void let_go(struct stopped *s)
{
	for (size_t i = 0; i < s->n; i++)
		ptrace(PTRACE_DETACH, s->v[i], NULL, NULL);
	free(s->v);
	*s = (struct stopped){ 0 };
}

/* The space that the model makes next, as svma_side_space() would. */
static __u32 wanted_profile, wanted_kernel;

static int wanted_space(int machine)
{
	return svma_client_space(machine, SVMA_SPACE_LAYOUT, wanted_profile, wanted_kernel);
}

static int read_process(struct svma_side *side, pid_t pid)
{
	struct shadow_model model = shadow_model_module;
	struct shadow *sh = calloc(1, sizeof(*sh));
	struct shadow_mirror *mirror;
	int err;

	if (!sh)
		return -ENOMEM;
	model.space = wanted_space;
	sh->model = &model;
	sh->machine = side->machine;
	mirror = shadow_mirror_new(sh, pid);
	shadow_mirror_get(mirror);
	err = shadow_mirror_import(sh, mirror, pid);
	if (!err) {
		close(side->space);
		side->space = mirror->space;
		mirror->space = -1;
	}
	shadow_mirror_put(mirror);
	for (struct shadow_name *next, *n = sh->stats.notes; n; n = next) {
		next = n->next;
		free(n->name);
		free(n);
	}
	free(sh);
	return err;
}

int svma_import_process(struct svma_side *side, pid_t pid, __u32 profile, __u32 kernel)
{
	struct stopped threads = { 0 };
	int err;

	if (svma_proc_is_32_bit(pid)) {
		svma_error("process %d is a 32-bit program: only those of x86-64 have a space",
			   (int)pid);
		return -ENOEXEC;
	}
	err = stop_all(&threads, pid);
	if (err) {
		if (err == -ENOENT || err == -ESRCH)
			svma_error("no process %d", (int)pid);
		else
			svma_error("cannot stop process %d: %s", (int)pid, strerror(-err));
		let_go(&threads);
		return err;
	}
	wanted_profile = profile;
	wanted_kernel = kernel;
	err = read_process(side, pid);
	let_go(&threads);
	if (err == -EUCLEAN)
		svma_error("the space is not what /proc/%d/maps shows", (int)pid);
	else if (err)
		svma_error("cannot read process %d: %s", (int)pid, strerror(-err));
	return err;
}
