/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_SHADOW_PARK_H
#define SVMA_SHADOW_PARK_H

#include "shadow.h"

/* Stop all other threads in the caller's address space. False: one cannot be stopped. */
bool shadow_park(struct shadow *sh, struct shadow_task *caller);

/* A thread that begins while the others are stopped is stopped with them. */
void shadow_park_born(struct shadow *sh, struct shadow_task *task);

/* Let those go on that were stopped. Who is to go on before that does so then. */
void shadow_unpark(struct shadow *sh, const struct shadow_mirror *mirror);

/* A stop or an end that was seen while others were stopped, and not dealt with yet. */
bool shadow_park_next(struct shadow *sh, pid_t *tid, int *status);

#endif
