// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "cmd.h"
#include "log.h"

struct svma_log *svma_log_new(void)
{
	struct rlimit r;

	/* Each space is a descriptor. */
	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	return calloc(1, sizeof(struct svma_log));
}

void svma_log_free(struct svma_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->n; i++) {
		struct svma_log_space *space = log->processes[i]->space;

		if (space && !--space->users)
			free(space);
		free(log->processes[i]);
	}
	free(log->processes);
	free(log->unused.v);
	free(log->remarks.v);
	free(log);
}

static bool is_success(const char *text, long long *result)
{
	const char *at = text, *next;

	while ((next = strstr(at, "= ")))
		at = next + 2;
	if (at == text || *at == '-' || *at == '?')
		return false;
	*result = strtoll(at, NULL, 0);
	return true;
}

/* The process has another program: what it had, it has no more. */
static int on_exec(struct svma_run *run, struct svma_log_process *p)
{
	struct svma_log_space *space = svma_log_new_space(run);

	if (!space)
		return -ENOMEM;
	/* Not the space that is used now: it may go away. */
	svma_side_switch(&run->shadow, space->number);
	svma_log_leave(run, p);
	p->space = space;
	space->users++;
	return 0;
}

static int on_child(struct svma_run *run, struct svma_log_process *p, const struct svma_line *line,
		    pid_t pid)
{
	/* Its first line was there before this one, and maybe its last. */
	if (svma_log_find(run->log, pid) ||
	    (line->began && svma_log_met(run->log, pid, line->began)))
		return 0;
	svma_log_copy(run, p, pid, svma_log_shares(line->call));
	return 0;
}

/* Calls that are none of memory, but of processes. True if this is one. */
static bool process_call(struct svma_run *run, const struct svma_line *line, int *err)
{
	struct svma_log_process *p;
	long long result;

	*err = 0;
	if (!svma_log_makes(line->name) && strcmp(line->name, "execve") &&
	    strcmp(line->name, "execveat"))
		return false;
	p = svma_log_process(run, line->pid);
	if (!p)
		*err = -ENOMEM;
	else if (!is_success(line->call, &result))
		return true;
	else if (!svma_log_makes(line->name))
		*err = p->space && (p->space->last || p->space->told) ? on_exec(run, p) : 0;
	else if (result > 0)
		*err = on_child(run, p, line, result);
	return true;
}

static void on_event(struct svma_run *run, const struct svma_line *line)
{
	static const char superseded[] = "+++ superseded by execve in pid ";
	static const char attached[] = "strace: Process ";
	struct svma_log *log = run->log;
	struct svma_log_process *p;

	if (!strncmp(line->call, attached, strlen(attached))) {
		pid_t pid = atoi(line->call + strlen(attached));

		log->announced = pid;
		if (pid > 0 && !svma_log_find(log, pid))
			svma_log_begun(run, pid);
		return;
	}
	/* The thread that has called takes the number of the one that is told here. */
	if (!strncmp(line->call, superseded, strlen(superseded))) {
		pid_t pid = atoi(line->call + strlen(superseded));

		for (unsigned int i = 0; i < run->script.n_unfinished; i++)
			if (run->script.unfinished[i].pid == pid)
				run->script.unfinished[i].pid = line->pid;
		p = svma_log_find(log, pid);
	} else if (!strncmp(line->call, "+++ ", 4)) {
		p = line->pid ? svma_log_find(log, line->pid) : svma_log_find_unnamed(log);
	} else {
		return;
	}
	if (p) {
		p->gone = true;
		svma_log_leave(run, p);
	}
}

/* Is or was another call under way in this space while this one was? */
static bool overlaps(const struct svma_run *run, const struct svma_log_process *p,
		     const struct svma_line *line)
{
	if (line->began && p->space->last > line->began)
		return true;
	for (unsigned int i = 0; i < run->script.n_unfinished; i++) {
		const struct svma_unfinished *u = &run->script.unfinished[i];
		const struct svma_log_process *other = svma_log_find(run->log, u->pid);

		if (other && other != p && other->space == p->space)
			return true;
	}
	return false;
}

/* A failure that has its reason in a file, and the file cannot be had. */
static bool needs_file(const struct svma_line *line)
{
	static const int reasons[] = { EACCES, EPERM, ENODEV, EAGAIN, ETXTBSY, EOVERFLOW, ENXIO };

	if (line->verb->nr != SYS_mmap || line->stated.kind != SVMA_STATED_ERRNO ||
	    (int)line->args[4].number < 0 || line->args[3].number & MAP_ANONYMOUS ||
	    svma_log_has_file(&line->args[4]))
		return false;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (line->stated.number == reasons[i])
			return true;
	return false;
}

static enum svma_verdict memory_call(struct svma_run *run, const struct svma_line *line)
{
	struct svma_log_process *p = svma_log_process(run, line->pid);
	struct svma_log *log = run->log;
	enum svma_verdict verdict;
	int err;

	if (!p || !p->space)
		return svma_run_failure(run, "cannot make a space for a process", -ENOMEM);
	if (!svma_run_usable(line)) {
		svma_log_count(run, &log->unused, "%s with an argument that no script carries",
			       line->name);
		return SVMA_VERDICT_GOOD;
	}
	if (line->stated.kind == SVMA_STATED_UNKNOWN) {
		svma_log_count(run, &log->unused, "%s whose result is not told", line->name);
		return SVMA_VERDICT_GOOD;
	}
	if (needs_file(line)) {
		svma_log_count(run, &log->unused, "%s that fails for a file which is not here",
			       line->name);
		return SVMA_VERDICT_GOOD;
	}
	svma_side_switch(&run->shadow, p->space->number);
	log->now = p;
	log->overlaps = overlaps(run, p, line);
	err = svma_log_guess(run, line);
	if (err)
		return svma_run_failure(run, "cannot tell the space what the log does not", err);
	verdict = svma_run_call(run, line);
	p->space->last = run->script.lineno;
	return verdict;
}

/*
 * Between its two lines a call has its effect: when, no line tells. Mappings are made as late as
 * that can have been, and go as early. So the space never has one where the kernel had another
 * one by then, and it has what the kernel has when no call is under way.
 */
static int begin_call(struct svma_run *run, const struct svma_line *line)
{
	struct svma_unfinished *u = &run->script.unfinished[run->script.n_unfinished - 1];
	struct svma_log_process *p;

	if (!line->verb || line->verb->nr != SYS_munmap || line->nargs != line->verb->nargs)
		return 0;
	p = svma_log_process(run, line->pid);
	if (!p || !p->space)
		return -ENOMEM;
	svma_side_switch(&run->shadow, p->space->number);
	u->result = svma_client_munmap(run->shadow.space, line->args[0].number,
				       line->args[1].number);
	u->early = true;
	return 0;
}

enum svma_verdict svma_log_line(struct svma_run *run, enum svma_script_status read,
				const struct svma_line *line)
{
	int err = 0;

	run->report.call = NULL;
	svma_log_name_first(run->log, line->pid);
	run->log->guessed = false;
	run->log->stand_in = false;
	run->log->overlaps = false;
	if (read == SVMA_SCRIPT_WRONG) {
		svma_log_count(run, &run->log->unused, "a line that cannot be read: %s",
			       run->script.error.text);
		return SVMA_VERDICT_GOOD;
	}
	switch (line->kind) {
	case SVMA_LINE_EMPTY:
		err = *line->text == '#' ? svma_log_comment(run, line->text) : 0;
		break;
	case SVMA_LINE_EVENT:
		on_event(run, line);
		break;
	case SVMA_LINE_UNFINISHED:
		err = begin_call(run, line);
		break;
	case SVMA_LINE_CALL:
		if (svma_log_makes(line->name) && process_call(run, line, &err))
			break;
		return memory_call(run, line);
	case SVMA_LINE_OTHER_CALL:
		if (!process_call(run, line, &err))
			svma_report_count(&run->report.unused, line->name);
		break;
	default:
		break;
	}
	return err ? svma_run_failure(run, "cannot follow the log", err) : SVMA_VERDICT_GOOD;
}
