// SPDX-License-Identifier: GPL-2.0
/*
 * The ptrace loop: who stopped, why, and what it may do next.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../proc.h"
#include "calls.h"
#include "contents.h"
#include "mirror.h"
#include "model.h"
#include "park.h"
#include "record.h"
#include "start.h"

/* Seconds that a task is held for another one's call, and that one may stay unexplained. */
#define PATIENCE 1.0
#define POLL_NS 100000000

#define X32_BIT 0x40000000u

static void request(struct shadow *sh, struct shadow_task *task, enum __ptrace_request what,
		    long sig)
{
	/* It may run before we go on. */
	clock_gettime(CLOCK_MONOTONIC, &sh->let_go);
	/* ESRCH: it was killed meanwhile; its end will be told. */
	if (ptrace(what, task->tid, NULL, (void *)sig) && errno != ESRCH)
		shadow_say(sh, "cannot let task %d go on: %s", (int)task->tid, strerror(errno));
}

void shadow_task_resume(struct shadow *sh, struct shadow_task *task, int sig)
{
	if (task->parked) {
		task->parked_signal = sig;
		return;
	}
	request(sh, task, sh->opt.no_seccomp ? PTRACE_SYSCALL : PTRACE_CONT, sig);
}

void shadow_task_to_exit(struct shadow *sh, struct shadow_task *task)
{
	request(sh, task, PTRACE_SYSCALL, 0);
}

static unsigned long event_message(const struct shadow_task *task)
{
	unsigned long message = 0;

	ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, &message);
	return message;
}

static pid_t process_of(pid_t tid)
{
	char path[64], line[128];
	int tgid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return tid;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	fclose(f);
	return tgid;
}

static bool shares_memory(pid_t a, pid_t b, int event)
{
	int order = syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);

	/* No kcmp, or the child is gone: the event is right but for odd uses of clone. */
	return order < 0 ? event != PTRACE_EVENT_FORK : !order;
}

/* Both its parent's word and its first stop are there: it may go. */
static void let_start(struct shadow *sh, struct shadow_task *task)
{
	shadow_task_state(sh, task, SHADOW_RUNNING);
	task->tgid = process_of(task->tid);
	shadow_clone_restore(task);
	sh->stats.threads++;
	sh->stats.processes += task->tgid == task->tid;
	if (shadow_letgo_late(sh, task))
		return;
	if (task->mirror && task->mirror->refs == 1)
		shadow_call_born(sh, task);
	shadow_park_born(sh, task);
	shadow_task_resume(sh, task, 0);
}

static void on_fork(struct shadow *sh, struct shadow_task *parent, int event)
{
	pid_t pid = event_message(parent);
	struct shadow_task *child = shadow_task_find(sh, pid);

	if (!child)
		child = shadow_task_add(sh, pid);
	child->announced = true;
	shadow_clone_inherit(child, parent);
	shadow_clone_restore(parent);
	if (parent->mirror && shares_memory(parent->tid, pid, event)) {
		shadow_task_space(sh, child, parent->mirror);
	} else if (parent->mirror) {
		shadow_task_space(sh, child, shadow_mirror_fork(sh, parent->mirror, pid));
		if (parent->state == SHADOW_IN_CALL)
			shadow_call_forked(sh, parent, child->mirror);
	}
	shadow_record_fork(sh, parent, child);
	if (parent->state == SHADOW_IN_CALL)
		shadow_call_end(sh, parent);
	if (child->stopped)
		let_start(sh, child);
	shadow_task_resume(sh, parent, 0);
}

/* The parent was killed before it could tell of this one: who shares memory with it? */
static void adopt(struct shadow *sh, struct shadow_task *task)
{
	for (size_t i = 0; i < SHADOW_HASH; i++)
		for (struct shadow_task *t = sh->tasks[i]; t; t = t->next)
			if (t->mirror && !task->mirror &&
			    !syscall(SYS_kcmp, t->tid, task->tid, KCMP_VM, 0, 0))
				shadow_task_space(sh, task, t->mirror);
	if (!task->mirror)
		shadow_task_space(sh, task, shadow_mirror_new(sh, task->tid));
	let_start(sh, task);
}

static void on_exec(struct shadow *sh, struct shadow_task *task, pid_t pid)
{
	pid_t former = event_message(task);
	struct shadow_mirror *now;
	struct shadow_task *caller;

	/* A thread that is not the leader takes the leader's place, and its number. */
	caller = former && former != pid ? shadow_task_find(sh, former) : NULL;
	if (caller) {
		shadow_call_abandon(sh, task);
		shadow_task_drop(sh, task);
		shadow_task_rename(sh, caller, pid);
		task = caller;
	}
	shadow_call_abandon(sh, task);
	shadow_task_state(sh, task, SHADOW_RUNNING);
	task->tgid = pid;
	task->limits_seen = 0;
	if (!svma_proc_is_32_bit(pid)) {
		now = shadow_mirror_new(sh, pid);
		if (task->mirror)
			shadow_asked_exec(&now->asked, &task->mirror->asked);
		shadow_task_space(sh, task, now);
		shadow_call_exec(sh, task);
		shadow_record_exec(sh, task);
		shadow_task_resume(sh, task, 0);
		return;
	}
	shadow_task_space(sh, task, NULL);
	shadow_count(&sh->stats.notes, "32-bit program, not followed");
	shadow_say(sh, "process %d is a 32-bit program: not followed", (int)pid);
	if (pid == sh->leader && !sh->stats.spaces) {
		sh->foreign = true;
		kill(pid, SIGKILL);
	}
	shadow_task_resume(sh, task, 0);
}

/* A call through another door of the kernel: what it does is not looked at, but told. */
static void on_foreign_call(struct shadow *sh, struct shadow_task *task,
			    const struct shadow_verb *verb)
{
	task->call.verb = verb;
	if (task->mirror)
		task->mirror->stale = true;
	shadow_call_enter(sh, task);
}

/* A filter of the program's own that leaves the call to a tracer, of which it knows none. */
static bool stopped_by_program(const struct shadow_task *task)
{
	unsigned long data;

	return !ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, &data) && data != SHADOW_FILTER_DATA;
}

/* Without a tracer it is ENOSYS, which the kernel has put there already. */
static void refuse(struct shadow *sh, struct shadow_task *task)
{
	ptrace(PTRACE_POKEUSER, task->tid, offsetof(struct user_regs_struct, orig_rax), -1L);
	shadow_task_resume(sh, task, 0);
}

static void on_entry(struct shadow *sh, struct shadow_task *task, __u32 arch, __u64 nr,
		     const __u64 *args)
{
	static const struct shadow_verb int80 = { -1, "call by int 0x80", SHADOW_NOTED, NULL };
	static const struct shadow_verb x32 = {
		-1, "call by the x32 interface", SHADOW_NOTED, NULL
	};
	size_t n;

	if (arch != AUDIT_ARCH_X86_64) {
		const unsigned short *compat = shadow_compat_calls(&n);

		for (size_t i = 0; i < n; i++)
			if (compat[i] == nr) {
				on_foreign_call(sh, task, &int80);
				return;
			}
		shadow_task_resume(sh, task, 0);
		return;
	}
	if (nr & X32_BIT) {
		on_foreign_call(sh, task, &x32);
		return;
	}
	task->call.verb = shadow_verb_find(nr);
	if (!task->call.verb) {
		shadow_task_resume(sh, task, 0);
		return;
	}
	for (n = 0; n < 6; n++)
		task->call.args[n] = args[n];
	shadow_call_enter(sh, task);
}

static void on_syscall_stop(struct shadow *sh, struct shadow_task *task)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, (void *)sizeof(info), &info) < 0) {
		/* Killed between the stop and here. */
		shadow_task_resume(sh, task, 0);
		return;
	}
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_SECCOMP:
		on_entry(sh, task, info.arch, info.seccomp.nr, (const __u64 *)info.seccomp.args);
		break;
	case PTRACE_SYSCALL_INFO_ENTRY:
		if (sh->opt.no_seccomp)
			on_entry(sh, task, info.arch, info.entry.nr,
				 (const __u64 *)info.entry.args);
		else
			shadow_task_resume(sh, task, 0);
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		if (task->state == SHADOW_IN_CALL)
			shadow_call_leave(sh, task, info.exit.rval);
		shadow_task_resume(sh, task, 0);
		break;
	default:
		shadow_task_resume(sh, task, 0);
		break;
	}
}

static bool is_group_stop(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void on_first_stop(struct shadow *sh, struct shadow_task *task)
{
	task->stopped = true;
	if (task->announced)
		let_start(sh, task);
}

static void forget(struct shadow *sh, struct shadow_task *task, int status)
{
	shadow_record_end(sh, task->tid, status);
	shadow_call_abandon(sh, task);
	shadow_task_drop(sh, task);
}

/*
 * As long as a child that has ended has a tracer that has not taken that yet, its parent is told of
 * an end (by a descriptor of the process) for which it then asks in vain. So the tracer leaves
 * before the end. A leader with other threads stays: one of these may become it by an exec.
 */
static void on_end(struct shadow *sh, struct shadow_task *task)
{
	unsigned long status;
	pid_t tid = task->tid;

	if (tid != task->tgid || shadow_task_others(sh, task) ||
	    ptrace(PTRACE_GETEVENTMSG, tid, NULL, &status)) {
		shadow_task_resume(sh, task, 0);
		return;
	}
	forget(sh, task, (int)status);
	ptrace(PTRACE_DETACH, tid, NULL, NULL);
}

static void on_stop(struct shadow *sh, struct shadow_task *task, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (task->state == SHADOW_NEW) {
		on_first_stop(sh, task);
		return;
	}
	switch (event) {
	case 0:
		if (sig == (SIGTRAP | 0x80))
			on_syscall_stop(sh, task);
		else
			shadow_task_resume(sh, task, sig);
		break;
	case PTRACE_EVENT_SECCOMP:
		if (stopped_by_program(task))
			refuse(sh, task);
		else
			on_syscall_stop(sh, task);
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_fork(sh, task, event);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(sh, task, task->tid);
		break;
	case PTRACE_EVENT_EXIT:
		on_end(sh, task);
		break;
	case PTRACE_EVENT_STOP:
		if (is_group_stop(sig))
			request(sh, task, PTRACE_LISTEN, 0);
		else if (task->state == SHADOW_IN_CALL)
			shadow_task_to_exit(sh, task);
		else
			shadow_task_resume(sh, task, 0);
		break;
	default:
		shadow_task_resume(sh, task, 0);
		break;
	}
}

static void on_status(struct shadow *sh, pid_t tid, int status)
{
	struct shadow_task *task = shadow_task_find(sh, tid);

	sh->stats.stops++;
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		if (tid == sh->leader)
			sh->stats.status = status;
		if (task)
			forget(sh, task, status);
		return;
	}
	if (!WIFSTOPPED(status))
		return;
	if (!task)
		task = shadow_task_add(sh, tid);
	sh->in_hand = tid;
	on_stop(sh, task, status);
	sh->in_hand = 0;
}

void shadow_task_told(struct shadow *sh, pid_t tid, int status)
{
	on_status(sh, tid, status);
}

/* Those who waited too long: better a call that cannot be judged than a program that hangs. */
static void lose_patience(struct shadow *sh)
{
	struct shadow_task *task;

	while (sh->held && (task = shadow_task_late(sh, SHADOW_HELD, PATIENCE)))
		shadow_call_begin(sh, task);
	while (sh->fresh && (task = shadow_task_late(sh, SHADOW_NEW, PATIENCE))) {
		if (!task->stopped)
			break;
		adopt(sh, task);
	}
	/* The call may wait for one of those who were stopped for it. */
	if (sh->parked && shadow_elapsed(&sh->parked_since) >= PATIENCE) {
		shadow_count(&sh->stats.notes, "contents: a call took too long");
		for (size_t i = 0; i < SHADOW_HASH; i++)
			for (task = sh->tasks[i]; task; task = task->next)
				if (task->parked)
					shadow_contents_drop(sh, task->mirror);
	}
}

int shadow_trace(struct shadow *sh)
{
	const struct timespec poll = { .tv_nsec = POLL_NS };
	struct timespec began;
	struct shadow_task *task;
	sigset_t child_signal;
	int status, err;
	pid_t tid;

	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	sh->limits_changed = 1;
	err = shadow_start(sh);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &began);
	task = shadow_task_add(sh, sh->leader);
	task->announced = true;
	let_start(sh, task);
	err = shadow_start_exec(sh);
	for (;;) {
		bool waiting = sh->held || sh->fresh || sh->parked;

		if (shadow_park_next(sh, &tid, &status)) {
			on_status(sh, tid, status);
			continue;
		}
		tid = waitpid(-1, &status, __WALL | (waiting ? WNOHANG : 0));
		if (tid > 0) {
			clock_gettime(CLOCK_MONOTONIC, &sh->seen);
			sh->let_go = (struct timespec){ 0 };
			on_status(sh, tid, status);
			if (!sh->let_go.tv_sec)
				clock_gettime(CLOCK_MONOTONIC, &sh->let_go);
			sh->stats.tracing += shadow_between(&sh->seen, &sh->let_go);
		} else if (!tid) {
			sigtimedwait(&child_signal, NULL, &poll);
			lose_patience(sh);
		} else if (errno != EINTR) {
			break;
		}
	}
	shadow_letgo_wait();
	sh->stats.seconds = shadow_elapsed(&began);
	if (!err)
		err = shadow_start_failed(sh);
	return err;
}
