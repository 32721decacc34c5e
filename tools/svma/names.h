/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of calls: which exist, and which one was meant.
 */
#ifndef SVMA_NAMES_H
#define SVMA_NAMES_H

#include <stdbool.h>

/* Is it a line of scripts, a system call, or what strace prints for one that it does not know? */
bool svma_name_known(const char *name);

/* The line of scripts whose name is nearest to one that is not known, or NULL if none is near. */
const char *svma_name_nearest(const char *name);

#endif
