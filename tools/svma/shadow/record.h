/* SPDX-License-Identifier: GPL-2.0 */
/*
 * svma record: what the tracer sees, as a log of strace with comment lines that hold the layout.
 *
 * The comments, each with the number of a process:
 *
 *   #layout PID KEY=VALUE...    its space is empty and has these values
 *   #region PID START-END OFFSET FLAGS written|- [PATH]    and this region
 *   #set PID KEY=VALUE...       values that have changed
 *   #written PID ADDRESS        the region there was written, for the first time
 *   #grown PID ADDRESS          the stack has grown down to here
 *   #machine KEY=VALUE...       values of the machine
 *
 * Nothing of this needs the module: it is what /proc tells.
 */
#ifndef SVMA_SHADOW_RECORD_H
#define SVMA_SHADOW_RECORD_H

#include "shadow.h"

struct shadow_recorded;

/**
 * struct shadow_record - the log
 * @out: where it goes
 * @whole: times a layout was written once more, as something unseen had changed it
 * @failed: a layout could not be read
 */
struct shadow_record {
	FILE *out;
	__u64 whole;
	bool failed;
};

/* Each does nothing if @sh does not record. */

/* Before the program starts: what holds for all of it. */
void shadow_record_start(struct shadow *sh);
/* A call is about to be done, alone in its space; it was done: call.result, @alone as before. */
void shadow_record_before(struct shadow *sh, struct shadow_task *task);
void shadow_record_after(struct shadow *sh, struct shadow_task *task, bool alone);
/* @child was made, has its mirror, and has not run yet. */
void shadow_record_fork(struct shadow *sh, struct shadow_task *parent, struct shadow_task *child);
/* @task has a new program. */
void shadow_record_exec(struct shadow *sh, struct shadow_task *task);
/* A task has ended. */
void shadow_record_end(struct shadow *sh, pid_t tid, int status);

/* A mirror goes away. */
void shadow_recorded_free(struct shadow_recorded *recorded);

#endif
