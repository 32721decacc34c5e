// SPDX-License-Identifier: GPL-2.0
/*
 * Who is there in a log, and in which space.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

int svma_log_renew(struct svma_run *run, struct svma_log_space *space)
{
	const struct svma_run_options *o = run->options;
	unsigned int old = space->number;
	int number = svma_side_more(&run->shadow, o->profile, o->kernel);

	if (number < 0)
		return number;
	space->number = number;
	if (!old)
		return 0;
	if (run->shadow.number == old)
		svma_side_switch(&run->shadow, number);
	svma_side_drop(&run->shadow, old);
	return 0;
}

struct svma_log_space *svma_log_new_space(struct svma_run *run)
{
	struct svma_log_space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	/* The run has made one before the first line. */
	if (!run->log->spaces++) {
		space->number = run->shadow.number;
	} else if (svma_log_renew(run, space)) {
		free(space);
		return NULL;
	}
	return space;
}

void svma_log_leave(struct svma_run *run, struct svma_log_process *p)
{
	struct svma_log_space *space = p->space;

	p->space = NULL;
	if (!space || --space->users)
		return;
	/* The last one stays, to be looked at when the log has ended. */
	if (run->shadow.number != space->number)
		svma_side_drop(&run->shadow, space->number);
	free(space);
}

/* @space is not used by anybody if this fails. */
static struct svma_log_process *add_process(struct svma_run *run, pid_t pid,
					    struct svma_log_space *space)
{
	struct svma_log *log = run->log;
	struct svma_log_process *p = calloc(1, sizeof(*p)), **more;

	more = reallocarray(log->processes, log->n + 1, sizeof(*more));
	if (more)
		log->processes = more;
	if (!p || !more || !space) {
		free(p);
		return NULL;
	}
	p->pid = pid;
	p->born = run->script.lineno;
	p->space = space;
	space->users++;
	log->processes[log->n++] = p;
	return p;
}

/* The newest with this number that has not ended. */
struct svma_log_process *svma_log_find(const struct svma_log *log, pid_t pid)
{
	for (size_t i = log->n; i--;)
		if (log->processes[i]->pid == pid && !log->processes[i]->gone)
			return log->processes[i];
	return NULL;
}

bool svma_log_met(const struct svma_log *log, pid_t pid, unsigned int line)
{
	for (size_t i = log->n; i--;)
		if (log->processes[i]->pid == pid && log->processes[i]->born >= line)
			return true;
	return false;
}

/* A line without a number is of the only process that there is, or of the first. */
struct svma_log_process *svma_log_find_unnamed(const struct svma_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		if (!log->processes[i]->gone)
			return log->processes[i];
	return NULL;
}

bool svma_log_makes(const char *name)
{
	return !strcmp(name, "clone") || !strcmp(name, "clone3") || !strcmp(name, "fork") ||
	       !strcmp(name, "vfork");
}

/* Does the call at @text make a thread, or a child in the same memory? */
bool svma_log_shares(const char *text)
{
	const char *flags = strstr(text, "flags=");

	if (strstr(text, "vfork(") || strstr(text, "CLONE_VM"))
		return true;
	return flags && strtoull(flags + strlen("flags="), NULL, 0) & CLONE_VM;
}

struct svma_log_process *svma_log_copy(struct svma_run *run, struct svma_log_process *parent,
				       pid_t pid, bool shared)
{
	struct svma_log_space *from = parent->space, *space = from;
	static struct svma_outcome outcome;
	struct svma_log_process *child;
	int err;

	if (!from)
		return NULL;
	if (!shared) {
		svma_side_switch(&run->shadow, from->number);
		err = run->shadow.ops->fork(&run->shadow, false, &outcome);
		if (err) {
			run->report.wrong++;
			svma_report_problem(&run->report, run->script.lineno,
					    "process %d: the space cannot be forked: %s", (int)pid,
					    strerror(-err));
			return NULL;
		}
		space = malloc(sizeof(*space));
		if (!space)
			return NULL;
		*space = *from;
		space->number = run->shadow.made;
		space->users = 0;
		run->log->spaces++;
	}
	child = add_process(run, pid, space);
	if (!child && !shared)
		free(space);
	return child;
}

/*
 * A process that nobody was said to have made: by a call that has not ended, of those the first
 * that has no child yet.
 */
struct svma_log_process *svma_log_begun(struct svma_run *run, pid_t pid)
{
	for (unsigned int i = 0; i < run->script.n_unfinished; i++) {
		struct svma_unfinished *u = &run->script.unfinished[i];
		struct svma_log_process *parent;

		if (u->child || (!strstr(u->text, "clone") && !strstr(u->text, "fork(")))
			continue;
		parent = u->pid ? svma_log_find(run->log, u->pid) : svma_log_find_unnamed(run->log);
		if (!parent)
			continue;
		u->child = pid;
		return svma_log_copy(run, parent, pid, svma_log_shares(u->text));
	}
	return NULL;
}

/* Without a second process strace names none; of the second it tells when it is there. */
bool svma_log_name_first(struct svma_log *log, pid_t pid)
{
	struct svma_log_process *first = svma_log_find(log, 0);

	if (!first || !pid || pid == log->announced || svma_log_find(log, pid))
		return false;
	first->pid = pid;
	return true;
}

struct svma_log_process *svma_log_process(struct svma_run *run, pid_t pid)
{
	static const char untold[] =
		"a process of which the log does not tell where it comes from: a space of its own";
	struct svma_log *log = run->log;
	struct svma_log_process *p = pid ? svma_log_find(log, pid) : svma_log_find_unnamed(log);

	if (p)
		return p;
	if (svma_log_name_first(log, pid))
		return svma_log_find(log, pid);
	p = pid ? svma_log_begun(run, pid) : NULL;
	if (p)
		return p;
	if (log->n)
		svma_log_count(run, &log->remarks, "%s", untold);
	return add_process(run, pid, svma_log_new_space(run));
}
