// SPDX-License-Identifier: GPL-2.0
/*
 * One memory call: held until no other one is in flight in the same address space, predicted, done
 * by the kernel, judged.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "compare.h"
#include "contents.h"
#include "mirror.h"
#include "model.h"
#include "record.h"

static bool is_error(__s64 result)
{
	return result < 0 && result >= -4095;
}

/* The kernel may place it where it likes. */
static bool is_free(const struct shadow_call *call)
{
	switch (call->verb->nr) {
	case SYS_mmap:
		return !(call->args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE));
	case SYS_shmat:
		return !call->args[1];
	case SYS_mremap:
		return !(call->args[3] & MREMAP_FIXED) && (__u64)call->result != call->args[0];
	default:
		return false;
	}
}

static void name_unmodelled(struct shadow *sh, struct shadow_task *task, const char *why)
{
	shadow_tally_unmodelled(sh, task, why);
	shadow_call_changed(sh, task);
	task->mirror->stale = true;
	shadow_log_call(sh, task, "not modelled");
}

/* It will be made anew, or not at all. What it did until then is read from the kernel. */
static void name_interrupted(struct shadow *sh, struct shadow_task *task)
{
	shadow_tally(task, &sh->stats.interrupted);
	task->mirror->stale = true;
	shadow_log_call(sh, task, "interrupted");
}

static void name_told(struct shadow *sh, struct shadow_task *task)
{
	shadow_tally(task, &sh->stats.told);
	shadow_log_call(sh, task, "told");
}

static void show_difference(struct shadow *sh, struct shadow_task *task, const char *what,
			    struct shadow_parting p)
{
	struct shadow_mirror *mirror = task->mirror;
	FILE *out = stderr;

	if (sh->shown)
		return;
	sh->shown = true;
	fprintf(out, "svma shadow: first difference: %s, process %d, space %u\n", what,
		(int)task->tgid, mirror->id);
	shadow_call_print(out, &task->call);
	if (p.field)
		fprintf(out, "  the layouts part at %llx: %s\n", p.addr,
			shadow_field_name(p.field));
	if (p.hidden)
		fprintf(out, "  model: flags %llx, offset %llx; kernel: flags %llx, offset %llx\n",
			mirror->regions.v[p.model].flags, mirror->regions.v[p.model].pgoff,
			mirror->after.v[p.kernel].flags, mirror->after.v[p.kernel].pgoff);
	shadow_show(out, &mirror->regions, &mirror->maps,
		    p.field ? p.addr : task->call.args[0]);
	fflush(out);
}

void shadow_call_differ(struct shadow *sh, struct shadow_task *task, enum shadow_difference kind,
			struct shadow_parting p)
{
	static const char *const names[] = {
		[SHADOW_LAYOUT] = "layout", [SHADOW_ERRNO] = "errno",
		[SHADOW_PLACEMENT] = "placement",
	};

	sh->stats.layout += kind == SHADOW_LAYOUT;
	sh->stats.errnos += kind == SHADOW_ERRNO;
	sh->stats.placement += kind == SHADOW_PLACEMENT;
	shadow_log_call(sh, task, names[kind]);
	show_difference(sh, task, names[kind], p);
	/* One difference is counted once: what follows starts from the kernel's layout. */
	task->mirror->stale = true;
}

static struct shadow_parting compare_all(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid)
{
	struct shadow_parting p = shadow_compare(&mirror->regions, &mirror->maps);

	if (p.field || !sh->opt.flags)
		return p;
	if (!sh->model->task_regions(sh->machine, pid, &mirror->after))
		p = shadow_compare_flags(&mirror->regions, &mirror->after);
	p.hidden = p.field == SHADOW_FIELD_FLAGS || p.field == SHADOW_FIELD_OFFSET;
	return p;
}

bool shadow_call_layouts(struct shadow *sh, struct shadow_task *task, struct shadow_parting *p)
{
	struct shadow_mirror *mirror = task->mirror;
	__u32 files;
	int err;

	p->field = SHADOW_FIELD_NONE;
	if (shadow_mirror_matches(sh, mirror, task->tid, &files))
		return true;
	err = shadow_mirror_list(sh, mirror, task->tid);

	if (!err) {
		shadow_shm_attached(task);
		*p = compare_all(sh, mirror, task->tid);
		/* Another thread may have pushed its stack meanwhile. */
		if (p->field && shadow_mirror_follow_stack(sh, mirror, &mirror->maps)) {
			err = shadow_mirror_list(sh, mirror, task->tid);
			if (!err)
				*p = compare_all(sh, mirror, task->tid);
		}
	}
	if (err) {
		shadow_say(sh, "process %d: the layouts cannot be listed: %s", (int)task->tgid,
			   strerror(-err));
		shadow_count(&sh->stats.notes, "layout that could not be listed");
		mirror->stale = true;
	}
	return !err;
}

static enum shadow_difference compare_results(const struct shadow_call *call)
{
	if (call->expect == call->result)
		return SHADOW_SAME;
	if (is_error(call->expect) || is_error(call->result))
		return SHADOW_ERRNO;
	return SHADOW_PLACEMENT;
}

static void keep_file(struct shadow_task *task)
{
	struct shadow_call *call = &task->call;

	/* Whoever shares /dev/zero gets memory of its own, and a file that the kernel makes. */
	if (call->fd < 0 || call->verb->nr != SYS_mmap || is_error(call->result) ||
	    (shadow_is_zero(call->fd) && (call->args[3] & MAP_TYPE) != MAP_PRIVATE))
		return;
	shadow_mirror_keep_file(task->mirror, call->result, call->fd);
	call->fd = -1;
}

static bool not_supported(const struct shadow_call *call)
{
	return (call->expect == -ENOTTY || call->expect == -EOPNOTSUPP) &&
	       call->expect != call->result;
}

static void judge_prediction(struct shadow *sh, struct shadow_task *task)
{
	const struct shadow_call *call = &task->call;
	struct shadow_parting p = { .field = SHADOW_FIELD_NONE };
	enum shadow_difference kind;

	shadow_tally(task, &sh->stats.mirrored);
	kind = compare_results(call);
	if (!is_error(call->result) && is_free(call)) {
		sh->stats.free++;
		sh->stats.exact += kind == SHADOW_SAME;
	}
	if (!shadow_call_layouts(sh, task, &p))
		return;
	if (!kind && p.field)
		kind = SHADOW_LAYOUT;
	/* Its flags are those that the driver gave it, which maps may hide: they are taken over. */
	if (shadow_call_of_driver(call))
		task->mirror->stale = true;
	if (kind == SHADOW_LAYOUT &&
	    (shadow_driver_flags(sh, task, &p) || shadow_asked_unwatched(sh, task, &p)))
		return;
	if (kind == SHADOW_LAYOUT && shadow_call_raced(sh, task)) {
		sh->stats.raced++;
		shadow_log_call(sh, task, "raced");
	} else if (kind) {
		shadow_call_differ(sh, task, kind, p);
	} else {
		shadow_log_call(sh, task, "same");
	}
}

static void judge_modelled(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;

	if (!call->predicted) {
		if (sh->model->space)
			name_unmodelled(sh, task, call->why);
		else
			shadow_tally(task, &sh->stats.unasked);
	} else if (not_supported(call)) {
		name_unmodelled(sh, task, call->why);
	} else if (shadow_interrupted(call->result)) {
		name_interrupted(sh, task);
	} else if (is_error(call->result) && compare_results(call) &&
		   shadow_call_of_driver(call)) {
		name_unmodelled(sh, task, "refused by its driver");
	} else if (is_error(call->result) && compare_results(call) && sh->opt.no_seccomp &&
		   shadow_filter_there(task->tid)) {
		name_unmodelled(sh, task, "perhaps refused by a filter of the program's");
	} else if (call->unpredictable && is_error(call->result) == is_error(call->expect)) {
		name_unmodelled(sh, task, call->unpredictable);
	} else {
		judge_prediction(sh, task);
	}
	shadow_asked_done(task);
	keep_file(task);
}

/* Of the calls without a verb, segments of shared memory can be predicted. */
static void judge_named(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;

	/* Who may use a segment is not followed. */
	if (call->predicted && call->result == -EACCES && !is_error(call->expect))
		call->why = "not allowed";
	if (shadow_interrupted(call->result)) {
		name_interrupted(sh, task);
		return;
	}
	if (!call->predicted || call->why || not_supported(call)) {
		name_unmodelled(sh, task, call->why);
		return;
	}
	judge_prediction(sh, task);
	/* What is there has the segment's own file, and not what stood for it. */
	if (!is_error(call->result))
		task->mirror->stale = true;
}

static void judge(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;

	switch (call->verb->kind) {
	case SHADOW_MODELLED:
		judge_modelled(sh, task);
		break;
	case SHADOW_NAMED:
		switch (shadow_asked_follow(sh, task)) {
		case SHADOW_ASKED:
			name_told(sh, task);
			break;
		case SHADOW_ASKED_REGIONS:
			judge_prediction(sh, task);
			break;
		case SHADOW_ASKED_NOT:
			judge_named(sh, task);
			break;
		}
		break;
	case SHADOW_LIMIT:
		sh->limits_changed++;
		if (call->verb->nr == SYS_personality)
			task->mirror->stale = true;
		name_told(sh, task);
		break;
	case SHADOW_FORK:
		shadow_call_fork_failed(sh, task);
		break;
	case SHADOW_NOTED:
	case SHADOW_TRACES:
		break;
	}
}

/* Where the space is not what was read, say so once and leave it alone. */
void shadow_call_prepare(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	int err = shadow_mirror_limits(sh, mirror, task);

	if (!err && sh->model->space) {
		err = shadow_mirror_refresh(sh, mirror, task->tid);
		if (!err)
			err = shadow_mirror_limits(sh, mirror, task);
	}
	if (err == -EUCLEAN) {
		shadow_call_differ(sh, task, SHADOW_LAYOUT,
				   shadow_compare(&mirror->regions, &mirror->maps));
		mirror->broken = true;
	} else if (err) {
		shadow_say(sh, "space %u: cannot be told the state of process %d: %s", mirror->id,
			   (int)task->tgid, strerror(-err));
		shadow_count(&sh->stats.notes, "space that could not be told its state");
		mirror->broken = true;
	}
	if (mirror->broken && mirror->space >= 0) {
		mirror->close(mirror->space);
		mirror->space = -1;
	}
}

void shadow_call_begin(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;

	shadow_task_state(sh, task, SHADOW_IN_CALL);
	if (mirror->in_flight++) {
		/* Neither this call nor the others can be told apart in the layout. */
		mirror->mixed = true;
		shadow_contents_drop(sh, mirror);
	}
	if (!mirror->mixed) {
		shadow_record_before(sh, task);
		shadow_contents_hold(sh, task);
		shadow_call_prepare(sh, task);
		shadow_mirror_keep(sh, mirror);
		shadow_predict(sh, task);
		shadow_contents_begin(sh, task);
	}
	shadow_task_to_exit(sh, task);
}

void shadow_call_enter(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_call *call = &task->call;

	call->predicted = false;
	call->unpredictable = NULL;
	call->why = NULL;
	shadow_tally_refused(sh, call);
	if (call->verb->kind == SHADOW_TRACES) {
		if (!shadow_verb_matters(call->verb, call->args) || !shadow_letgo(sh, task))
			shadow_task_resume(sh, task, 0);
		return;
	}
	if (!task->mirror || !shadow_verb_matters(call->verb, call->args) ||
	    (call->verb->kind == SHADOW_FORK && shadow_clone_flags(sh, task) & CLONE_VM)) {
		shadow_task_resume(sh, task, 0);
		return;
	}
	shadow_tally_open(sh, task);
	if (call->verb->kind == SHADOW_NOTED) {
		shadow_tally_unmodelled(sh, task, NULL);
		shadow_log_call(sh, task, "not modelled");
		shadow_task_resume(sh, task, 0);
		return;
	}
	if (task->mirror->in_flight) {
		clock_gettime(CLOCK_MONOTONIC, &task->held_since);
		task->held_order = ++sh->order;
		shadow_task_state(sh, task, SHADOW_HELD);
		return;
	}
	shadow_call_begin(sh, task);
}

void shadow_call_end(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_task *next;

	if (task->call.fd >= 0)
		close(task->call.fd);
	task->call.fd = -1;
	/* A child that shares memory after all, say. */
	if (task->call.open)
		shadow_tally_unmodelled(sh, task, "not judged");
	shadow_contents_drop(sh, mirror);
	shadow_task_state(sh, task, SHADOW_RUNNING);
	if (--mirror->in_flight)
		return;
	if (mirror->mixed) {
		mirror->mixed = false;
		mirror->stale = true;
	}
	next = shadow_task_next_held(sh, mirror);
	if (next)
		shadow_call_begin(sh, next);
}

void shadow_call_leave(struct shadow *sh, struct shadow_task *task, __s64 result)
{
	task->call.result = result;
	shadow_record_after(sh, task, !task->mirror->mixed);
	if (!task->mirror->mixed) {
		/* Before its file is somebody else's. */
		shadow_contents_end(sh, task);
		judge(sh, task);
	} else {
		shadow_tally(task, &sh->stats.unserialised);
		shadow_log_call(sh, task, "not serialised");
	}
	shadow_call_end(sh, task);
}

void shadow_call_abandon(struct shadow *sh, struct shadow_task *task)
{
	/* It waited for another one's call, and never began. */
	if (task->state != SHADOW_IN_CALL) {
		shadow_tally(task, &sh->stats.interrupted);
		return;
	}
	if (task->mirror->mixed)
		shadow_tally(task, &sh->stats.unserialised);
	else
		shadow_tally_unmodelled(sh, task, "never returned");
	task->mirror->stale = true;
	shadow_call_end(sh, task);
}
