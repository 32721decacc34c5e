/* SPDX-License-Identifier: GPL-2.0 */
/*
 * --contents: what calls do to the bytes in memory. The mirrors have regions only; so for each call
 * a space with pages is made of the regions that it affects, gets what is in them, has the call
 * done where the kernel did it, and is compared with the program's memory.
 */
#ifndef SVMA_SHADOW_CONTENTS_H
#define SVMA_SHADOW_CONTENTS_H

#include "shadow.h"

struct shadow_contents;

/* Before a call: stop the other threads; so that what the mirror is told then stays so. */
void shadow_contents_hold(struct shadow *sh, struct shadow_task *task);
/* The mirror knows what the kernel has. After the call, and for a child of a fork. */
void shadow_contents_begin(struct shadow *sh, struct shadow_task *task);
void shadow_contents_end(struct shadow *sh, struct shadow_task *task);
void shadow_contents_forked(struct shadow *sh, struct shadow_task *parent,
			    struct shadow_mirror *child);
void shadow_contents_born(struct shadow *sh, struct shadow_task *child);

/* The call is not compared, or was: let the others go on. */
void shadow_contents_drop(struct shadow *sh, struct shadow_mirror *mirror);

/* A mirror goes away. */
void shadow_contents_free(struct shadow_mirror *mirror);

#endif
