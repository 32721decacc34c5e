// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of a log, in the order in which things happen. See record.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "mirror.h"
#include "record.h"
#include "recorded.h"
#include "report.h"

/* What the kernel keeps for itself: "to be restarted". */
#define ERESTARTSYS		512
#define ERESTART_RESTARTBLOCK	516

/* Of a program's arguments so many are told, and so much of each. */
#define ARGS_TOLD	64
#define ARG_TOLD	256

void shadow_record_start(struct shadow *sh)
{
	struct svma_machine machine;

	if (!sh->record)
		return;
	fputs("#svma --log\n", sh->record->out);
	if (!svma_proc_machine(&machine)) {
		fputs("#machine", sh->record->out);
		shadow_record_values(sh->record->out, svma_machine_fields, &machine, machine.told);
	}
}

static void print_result(FILE *out, const struct shadow_call *call)
{
	char text[128];

	if (call->result <= -ERESTARTSYS && call->result >= -ERESTART_RESTARTBLOCK) {
		fputs(" = ? ERESTARTSYS (To be restarted)\n", out);
		return;
	}
	if (call->verb->verb)
		svma_verb_format_result(text, sizeof(text), call->verb->verb, call->result);
	else if (svma_result_is_error(call->result))
		snprintf(text, sizeof(text), "-1 %s (%s)", svma_errno_name(-call->result),
			 strerror(-call->result));
	else
		snprintf(text, sizeof(text), "%lld", call->result);
	fprintf(out, " = %s\n", text);
}

/* The path of a descriptor, as strace -y has it; NULL if it cannot stand between "<" and ">". */
static const char *path_of(pid_t pid, int fd, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(link, buf, size - 1);
	if (n <= 0)
		return NULL;
	buf[n] = '\0';
	return strpbrk(buf, "<>[]\n") ? NULL : buf;
}

static void print_call(FILE *out, struct shadow_task *task)
{
	const struct shadow_call *call = &task->call;
	char text[PATH_MAX + 512], path[PATH_MAX];
	const char *file = NULL;

	fprintf(out, "%d ", (int)task->tid);
	if (!call->verb->verb) {
		fprintf(out, "%s(0x%llx, 0x%llx, 0x%llx, 0x%llx)", call->verb->name, call->args[0],
			call->args[1], call->args[2], call->args[3]);
		return;
	}
	if (call->verb->nr == SYS_mmap && (int)call->args[4] >= 0)
		file = path_of(task->tid, (int)call->args[4], path, sizeof(path));
	svma_verb_format_path(text, sizeof(text), call->verb->verb, call->args, file);
	fputs(text, out);
}

void shadow_record_before(struct shadow *sh, struct shadow_task *task)
{
	int err;

	if (!sh->record)
		return;
	err = shadow_recorded_follow(sh, task);
	if (!err)
		return;
	sh->record->failed = true;
	fprintf(sh->record->out, "# the layout of process %d cannot be read: %s\n",
		(int)task->tgid, strerror(-err));
}

/* Where there is a mapping now that was not there before. */
static void forget_written(struct shadow_mirror *mirror, const struct shadow_call *call)
{
	if (svma_result_is_error(call->result))
		return;
	if (call->verb->nr == SYS_mmap)
		shadow_recorded_forget(mirror, call->result, call->args[1]);
	else if (call->verb->nr == SYS_mremap)
		shadow_recorded_forget(mirror, call->result, call->args[2]);
	else if (call->verb->nr == SYS_munmap)
		shadow_recorded_forget(mirror, call->args[0], call->args[1]);
	else if (call->verb->nr == SYS_brk)
		shadow_recorded_heap(mirror, call->result);
}

void shadow_record_after(struct shadow *sh, struct shadow_task *task, bool alone)
{
	const struct shadow_call *call = &task->call;

	if (!sh->record)
		return;
	/* A fork that worked has its line already. */
	if (call->verb->kind == SHADOW_FORK && !svma_result_is_error(call->result))
		return;
	print_call(sh->record->out, task);
	print_result(sh->record->out, call);
	if (!alone)
		fputs("# not alone: what other calls did meanwhile is not told\n", sh->record->out);
	forget_written(task->mirror, call);
	shadow_recorded_done(task, alone && call->verb->kind != SHADOW_NAMED);
}

void shadow_record_fork(struct shadow *sh, struct shadow_task *parent, struct shadow_task *child)
{
	bool shared = parent->mirror == child->mirror;

	if (!sh->record || !parent->mirror)
		return;
	fprintf(sh->record->out, "%d clone(child_stack=NULL, flags=%s) = %d\n", (int)parent->tid,
		shared ? "CLONE_VM|SIGCHLD" : "SIGCHLD", (int)child->tid);
	if (!shared)
		shadow_recorded_copy(child->mirror, parent->mirror);
}

/* As strace has it: the arguments in brackets, long ones cut. */
static void print_arguments(FILE *out, pid_t pid)
{
	char name[64], *arg = NULL, text[ARG_TOLD * 4 + 8];
	size_t cap = 0, n = 0;
	ssize_t len;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)pid);
	f = fopen(name, "re");
	while (f && (len = getdelim(&arg, &cap, '\0', f)) > 0) {
		if (n++ == ARGS_TOLD) {
			fputs(", ...", out);
			break;
		}
		len -= !arg[len - 1];
		svma_bytes_format(text, sizeof(text), arg, len < ARG_TOLD ? len : ARG_TOLD);
		fprintf(out, "%s%s%s", n > 1 ? ", " : "", text, len > ARG_TOLD ? "..." : "");
	}
	if (f)
		fclose(f);
	free(arg);
}

void shadow_record_exec(struct shadow *sh, struct shadow_task *task)
{
	char link[64], path[PATH_MAX], text[PATH_MAX + 8];
	ssize_t n;

	if (!sh->record || !task->mirror)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)task->tid);
	n = readlink(link, path, sizeof(path) - 1);
	svma_bytes_format(text, sizeof(text), path, n < 0 ? 0 : n);
	fprintf(sh->record->out, "%d execve(%s, [", (int)task->tid, text);
	print_arguments(sh->record->out, task->tid);
	fputs("], NULL) = 0\n", sh->record->out);
	shadow_record_before(sh, task);
}

void shadow_record_end(struct shadow *sh, pid_t tid, int status)
{
	if (!sh->record)
		return;
	if (WIFSIGNALED(status))
		fprintf(sh->record->out, "%d +++ killed by SIG%s +++\n", (int)tid,
			sigabbrev_np(WTERMSIG(status)));
	else
		fprintf(sh->record->out, "%d +++ exited with %d +++\n", (int)tid,
			WEXITSTATUS(status));
}
