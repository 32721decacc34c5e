/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a log has told of one address space, and what it has to tell before the next call.
 */
#ifndef SVMA_SHADOW_RECORDED_H
#define SVMA_SHADOW_RECORDED_H

#include <stdio.h>

#include "fields.h"
#include "shadow.h"

struct shadow_mirror;

/* " KEY=VALUE..." of the fields whose bits are in @told, and the end of the line. */
void shadow_record_values(FILE *out, const struct svma_field *fields, const void *structure,
			  __u64 told);

/* Tell what has changed since the last call, or the whole layout: 0 or a negative errno. */
int shadow_recorded_follow(struct shadow *sh, struct shadow_task *task);

/* A call was done. @clean: the log says all that it did. */
void shadow_recorded_done(struct shadow_task *task, bool clean);

/* What is at these addresses now is not what was written there. */
void shadow_recorded_forget(struct shadow_mirror *mirror, __u64 start, __u64 len);

/* The heap ends here. */
void shadow_recorded_heap(struct shadow_mirror *mirror, __u64 brk);

/* A fork: the log has told of the child what it has told of the parent. */
void shadow_recorded_copy(struct shadow_mirror *to, const struct shadow_mirror *from);

#endif
