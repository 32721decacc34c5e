// SPDX-License-Identifier: GPL-2.0
/*
 * Forks and execs: the calls that make an address space, of which the mirror is made.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"
#include "compare.h"
#include "contents.h"
#include "mirror.h"
#include "model.h"

void shadow_call_fork_failed(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;
	int space;

	if (shadow_interrupted(call->result)) {
		shadow_tally(task, &sh->stats.interrupted);
		shadow_log_call(sh, task, "interrupted");
		return;
	}
	if (!sh->model->fork) {
		shadow_tally(task, &sh->stats.unasked);
		return;
	}
	if (call->result != -ENOMEM || task->mirror->space < 0 || task->mirror->stale) {
		shadow_tally_unmodelled(sh, task, svma_errno_name(-call->result));
		shadow_log_call(sh, task, "not modelled");
		return;
	}
	shadow_tally(task, &sh->stats.mirrored);
	space = sh->model->fork(task->mirror->space);
	call->predicted = true;
	call->expect = space < 0 ? space : 0;
	if (space >= 0)
		sh->model->close(space);
	if (call->expect != call->result)
		shadow_call_differ(sh, task, SHADOW_ERRNO, (struct shadow_parting){ .field = 0 });
	else
		shadow_log_call(sh, task, "same");
}

void shadow_call_forked(struct shadow *sh, struct shadow_task *task, struct shadow_mirror *child)
{
	struct shadow_mirror *mirror = task->mirror;
	int err;

	task->call.result = child->pid;
	if (mirror->mixed || !sh->model->fork) {
		shadow_tally(task, mirror->mixed ? &sh->stats.unserialised : &sh->stats.unasked);
		return;
	}
	shadow_contents_forked(sh, task, child);
	err = shadow_mirror_copy(sh, mirror, child);
	if (!err && child->space < 0) {
		shadow_tally_unmodelled(sh, task, "no space");
		return;
	}
	if (!err) {
		shadow_tally(task, &sh->stats.mirrored);
		shadow_log_call(sh, task, "same");
		return;
	}
	task->call.predicted = true;
	task->call.expect = err;
	task->call.result = 0;
	if (err == -EOPNOTSUPP || err == -ENOTTY) {
		shadow_tally_unmodelled(sh, task, NULL);
		return;
	}
	shadow_tally(task, &sh->stats.mirrored);
	shadow_call_differ(sh, task, SHADOW_ERRNO, (struct shadow_parting){ .field = 0 });
}

void shadow_call_born(struct shadow *sh, struct shadow_task *child)
{
	static const struct shadow_verb verb = { .name = "fork", .kind = SHADOW_FORK };
	struct shadow_mirror *mirror = child->mirror;
	struct shadow_parting p;

	child->call.verb = &verb;
	shadow_contents_born(sh, child);
	if (mirror->space < 0 || mirror->stale)
		return;
	if (shadow_call_layouts(sh, child, &p) && p.field)
		shadow_call_differ(sh, child, SHADOW_LAYOUT, p);
}

void shadow_call_exec(struct shadow *sh, struct shadow_task *task)
{
	static const struct shadow_verb exec = { .name = "execve", .kind = SHADOW_NOTED };

	task->call = (struct shadow_call){ .verb = &exec, .fd = -1 };
	if (sh->model->space)
		shadow_call_prepare(sh, task);
}
