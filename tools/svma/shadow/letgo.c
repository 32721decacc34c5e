// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that trace others: debuggers, strace. A task has one tracer, so whom another program is
 * about to trace is let go: it is not followed any more, and named.
 *
 * The seccomp filter cannot be taken away from it, and fails each call that it picks as soon as
 * nobody of ours is told of the stop. So a second one is put on top that asks for a word at the
 * same calls, and wins over the first; a thread here says "go on" to each.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "mirror.h"
#include "remote.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* Stops that a task may make before the one that it was asked for. */
#define STOPS 64

/* How long it is waited for one. */
#define PATIENCE_MS 500

/* A thread that says "go on", until nobody is left to ask. */
struct usher {
	struct usher *next;
	pthread_t thread;
	int listener;
};

static struct usher *ushers;

/* A process that was let go: a thread of it that was not heard of then is let go when it starts. */
struct gone {
	struct gone *next;
	pid_t tgid;
};

static struct gone *gone;

static void *serve(void *data)
{
	struct usher *usher = data;
	struct pollfd wait = { .fd = usher->listener, .events = POLLIN };

	while (poll(&wait, 1, -1) >= 0 || errno == EINTR) {
		struct seccomp_notif asked = { 0 };
		struct seccomp_notif_resp go = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (wait.revents & POLLIN) {
			if (ioctl(usher->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
				continue;
			go.id = asked.id;
			ioctl(usher->listener, SECCOMP_IOCTL_NOTIF_SEND, &go);
		} else if (wait.revents) {
			break;
		}
	}
	close(usher->listener);
	return NULL;
}

void shadow_letgo_wait(void)
{
	while (ushers) {
		struct usher *usher = ushers;

		pthread_join(usher->thread, NULL);
		ushers = usher->next;
		free(usher);
	}
}

static int start_usher(int listener)
{
	struct usher *usher = calloc(1, sizeof(*usher));

	if (!usher)
		abort();
	usher->listener = listener;
	if (pthread_create(&usher->thread, NULL, serve, usher)) {
		free(usher);
		return -EAGAIN;
	}
	usher->next = ushers;
	ushers = usher;
	return 0;
}

static int take_listener(struct shadow_remote *r, pid_t tgid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, tgid, 0);
	int ours = pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	if (pidfd >= 0)
		close(pidfd);
	shadow_remote_call(r, SYS_close, fd, 0, 0);
	return ours;
}

/* The second filter, put there by the task itself. */
static int put_filter(struct shadow_remote *r, const struct shadow_task *task)
{
	const __u64 flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	struct {
		struct sock_fprog prog;
		struct sock_filter code[SHADOW_FILTER_MAX];
	} image;
	struct shadow_filter filter;
	__s64 at, fd;

	shadow_filter_build(&filter, SECCOMP_RET_USER_NOTIF);
	memcpy(image.code, filter.v, filter.n * sizeof(filter.v[0]));
	/* Where the code will be is known once the room is. */
	at = shadow_remote_push(r, &image, sizeof(image));
	if (at < 0)
		return at;
	image.prog.len = filter.n;
	image.prog.filter = (void *)(at + offsetof(typeof(image), code));
	at = shadow_remote_push(r, &image, sizeof(image));
	if (at < 0)
		return at;
	fd = shadow_remote_call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, at);
	/* It has given up its privilege: as in shadow_filter_install(). */
	if (fd == -EACCES && !shadow_remote_call(r, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0))
		fd = shadow_remote_call(r, SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, at);
	if (fd < 0)
		return fd;
	fd = take_listener(r, task->tgid, fd);
	return fd < 0 ? -EBADF : start_usher(fd);
}

/* @task is in a ptrace stop. False if it has to stay followed. */
static bool release(struct shadow *sh, struct shadow_task *task, bool entry)
{
	struct shadow_remote r = { .tid = task->tid };
	pid_t tid = task->tid;
	int err = 0;

	/* It makes the call anew that it was stopped at: this is the second time. */
	if (task->stays)
		return false;
	if (!sh->opt.no_seccomp) {
		err = shadow_remote_begin(&r, tid, entry);
		if (!err)
			err = put_filter(&r, task);
		shadow_remote_end(&r);
	}
	if (r.ended) {
		shadow_task_told(sh, tid, r.status);
		return true;
	}
	if (err) {
		task->stays = true;
		shadow_say(sh, "task %d cannot be let go: %s", (int)tid, strerror(-err));
		/* Whatever became of its registers, it goes on from where it was. */
		if (!entry || r.made)
			shadow_task_resume(sh, task, r.sig);
		return r.made;
	}
	if (task->mirror)
		task->mirror->stale = true;
	shadow_tally(task, &sh->stats.unserialised);
	shadow_task_drop(sh, task);
	ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)r.sig);
	return true;
}

static void note(struct shadow *sh, pid_t tracer, const char *what)
{
	char path[64], name[32] = "another program", text[96];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tracer);
	f = fopen(path, "re");
	if (f) {
		if (fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		fclose(f);
	}
	snprintf(text, sizeof(text), "traced by %s: %s", name, what);
	shadow_count(&sh->stats.notes, text);
}

/* A stop that calls can be made from; what it says about a call is dealt with. */
static bool is_good_stop(struct shadow *sh, struct shadow_task *task, int status, bool *entry)
{
	int event = status >> 16;
	__s64 result;

	if (event == PTRACE_EVENT_SECCOMP) {
		*entry = true;
		return true;
	}
	if (event == PTRACE_EVENT_STOP)
		return true;
	if (event || WSTOPSIG(status) != (SIGTRAP | 0x80))
		return false;
	if (task->state == SHADOW_IN_CALL) {
		errno = 0;
		result = ptrace(PTRACE_PEEKUSER, task->tid,
				offsetof(struct user_regs_struct, rax), NULL);
		if (!errno)
			shadow_call_leave(sh, task, result);
	}
	return true;
}

/* Its next stop, unless that is long in coming, or was taken by who parks tasks (park.c). */
static bool wait_stop(pid_t tid, int *status)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	pid_t got = 0;

	for (int i = 0; !got && i < PATIENCE_MS; i++) {
		got = waitpid(tid, status, __WALL | WNOHANG);
		if (!got)
			nanosleep(&nap, NULL);
	}
	return got == tid;
}

/* Bring a task to a stop that calls can be made from: NULL if there is nothing to let go. */
static struct shadow_task *stop_task(struct shadow *sh, pid_t tid, bool *entry)
{
	struct shadow_task *task = shadow_task_find(sh, tid);
	int status;

	*entry = task && task->state == SHADOW_HELD;
	if (*entry)
		return task;
	/*
	 * Any stop is one that was asked for: the next one has to be asked for anew. A new one
	 * stops by itself first, which its parent was faster than; then it is like any other.
	 */
	for (int i = 0; task && !task->parked && i < STOPS; i++) {
		if (task->state == SHADOW_NEW) {
			if (task->stopped || !wait_stop(tid, &status))
				return NULL;
			shadow_task_told(sh, tid, status);
			task = shadow_task_find(sh, tid);
			continue;
		}
		if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
		    !wait_stop(tid, &status))
			return NULL;
		if (WIFSTOPPED(status) && is_good_stop(sh, task, status, entry))
			return task;
		shadow_task_told(sh, tid, status);
		task = shadow_task_find(sh, tid);
	}
	return NULL;
}

static void remember(pid_t tgid)
{
	struct gone *entry = calloc(1, sizeof(*entry));

	if (!entry)
		abort();
	*entry = (struct gone){ gone, tgid };
	gone = entry;
}

/* Its threads go one by one: what one does meanwhile is seen by nobody in another one's call. */
static void forget_space(struct shadow_mirror *mirror)
{
	mirror->broken = true;
	mirror->mixed |= mirror->in_flight;
}

static void release_process(struct shadow *sh, pid_t tracer, pid_t target)
{
	struct shadow_task *task = shadow_task_find(sh, target);
	pid_t tgid = task ? task->tgid : 0, tids[SHADOW_HASH];
	size_t n = 0;
	bool entry;

	for (size_t i = 0; task && i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next)
			if (t->tgid == tgid && n < SHADOW_HASH)
				tids[n++] = t->tid;
	if (task)
		remember(tgid);
	if (task && task->mirror)
		forget_space(task->mirror);
	for (size_t i = 0; i < n; i++) {
		task = stop_task(sh, tids[i], &entry);
		if (task && release(sh, task, entry) && tids[i] == target)
			note(sh, tracer, "let go");
	}
}

bool shadow_letgo_late(struct shadow *sh, struct shadow_task *task)
{
	for (const struct gone *entry = gone; entry; entry = entry->next)
		if (entry->tgid == task->tgid && task->tid != task->tgid)
			return release(sh, task, false);
	return false;
}

bool shadow_letgo(struct shadow *sh, struct shadow_task *task)
{
	const __u64 *args = task->call.args;
	struct shadow_task *target;
	pid_t tracer;

	if (args[0] == PTRACE_TRACEME) {
		tracer = svma_proc_parent(task->tgid);
		/* Its parent is who is following it: that stays so. */
		if (tracer == getpid()) {
			note(sh, tracer, "asked for");
			return false;
		}
		if (!task->stays)
			note(sh, tracer, "let go");
		return release(sh, task, true);
	}
	target = shadow_task_find(sh, args[1]);
	if (target && target->tgid != task->tgid)
		release_process(sh, task->tid, target->tid);
	return false;
}
