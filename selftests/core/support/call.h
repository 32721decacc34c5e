/* SPDX-License-Identifier: GPL-2.0 */
/* One call of a sequence: run on core and model, compared, printed as strace would. */
#ifndef SVMA_TEST_CALL_H
#define SVMA_TEST_CALL_H

#include "pair.h"

enum call_verb {
	CALL_MMAP,	/* addr, len, prot, flags, offset; file */
	CALL_MUNMAP,	/* addr, len */
	CALL_MPROTECT,	/* addr, len, prot, pkey */
	CALL_BRK,	/* addr */
	CALL_MREMAP,	/* addr, old length, new length, flags, new addr */
	CALL_MADVISE,	/* addr, len, advice */
	CALL_LOCK,	/* addr, len, op, flags */
	CALL_GROW,	/* addr: a fault that may let a stack grow */
	CALL_MSEAL,	/* addr, len, flags */
	CALL_FAULT,	/* addr: a private page is written */
	CALL_ANON,	/* addr, identity, flags */
	CALL_IMPORT,	/* addr, len, flags, pgoff, identity; file */
	CALL_LIMITS,	/* max_map_count, def_flags, limit_memlock */
	CALL_MSYNC,	/* addr, len, flags */
	CALL_MINCORE,	/* addr, len */
	CALL_REMAP_FILE, /* addr, len, prot, pgoff, flags */
	CALL_FIND,	/* addr: look up */
	CALL_MACHINE,	/* overcommit mode, RAM, swap, ratio, free huge pages */
	CALL_FORK,	/* place of the child among the spaces of the machine */
	CALL_EXIT,	/* the space goes, unless it was there first */
	CALL_NR,
};

/**
 * struct call - a verb and its arguments
 * @verb: which
 * @file: enum pair_file, -1 for none
 * @space: on which space of the machine; without one, nothing is done
 * @arg: as above
 */
struct call {
	enum call_verb verb;
	int file;
	unsigned int space;
	unsigned long arg[5];
};

/**
 * struct call_result - what it answered
 * @error: 0 or a negative errno
 * @value: address
 * @start: of what is to be populated
 * @len: bytes to populate
 * @strict: populating must succeed
 * @write: it is to be as a write
 */
struct call_result {
	int error;
	unsigned long value;
	unsigned long start;
	unsigned long len;
	bool strict;
	bool write;
};

/* How allocations fail: each call is tried with the first, second, ... failing, until it passes. */
enum call_memory {
	MEMORY_ENOUGH,
	MEMORY_FAILS,
};

/* What each verb does, on the core or on the model. */
typedef void call_fn(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result);

extern call_fn *const call_verbs[CALL_NR];	/* verbs.c */

/* Run a call on both; false if they differ, pair->why says how. */
bool call_run(struct pair *pair, const struct call *call, enum call_memory memory,
	      struct call_result *result);

void call_print(const struct call *call, const struct call_result *result);

#endif /* SVMA_TEST_CALL_H */
