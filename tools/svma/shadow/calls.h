/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which system calls stop the program, and what is done with each.
 */
#ifndef SVMA_SHADOW_CALLS_H
#define SVMA_SHADOW_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <linux/types.h>

#include "verbs.h"

/* Of newer headers. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

/**
 * enum shadow_kind - what a call means to the mirror of the space
 * @SHADOW_MODELLED: predicted by a verb on the space
 * @SHADOW_NAMED: may change the layout, no verb for it: named, and the space is read anew
 * @SHADOW_NOTED: changes no layout by itself, but what follows may not be seen: named only
 * @SHADOW_FORK: copies the address space
 * @SHADOW_LIMIT: changes what the space was told: told anew
 * @SHADOW_TRACES: makes another task the tracer of one that may be followed
 */
enum shadow_kind {
	SHADOW_MODELLED,
	SHADOW_NAMED,
	SHADOW_NOTED,
	SHADOW_FORK,
	SHADOW_LIMIT,
	SHADOW_TRACES,
};

/**
 * struct shadow_verb - a call that stops the program
 * @nr: number of the system call
 * @name: for the summary
 * @kind: what is done with it
 * @verb: its row in the table of verbs, NULL if it has none
 */
struct shadow_verb {
	int nr;
	const char *name;
	enum shadow_kind kind;
	const struct svma_verb *verb;
};

/* The table, and through @n its length. */
const struct shadow_verb *shadow_verbs(size_t *n);
const struct shadow_verb *shadow_verb_find(__u64 nr);

/* Numbers of the same calls for int 0x80, and through @n how many. */
const unsigned short *shadow_compat_calls(size_t *n);

/* Some calls matter with some arguments only: does this one? */
bool shadow_verb_matters(const struct shadow_verb *verb, const __u64 args[6]);

#endif
