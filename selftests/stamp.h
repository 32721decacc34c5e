/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that carry stamps, and what is written down of them outside of the spaces: stamp_test.c
 * says what for.
 */
#ifndef SVMA_STAMP_H
#define SVMA_STAMP_H

#include "random.h"
#include "support.h"

#define SPACES		3
#define PAGES		40
#define WORKERS		8
#define SNAPSHOTS	3	/* that a process keeps of each space */

/* What is due at a page; @seq is odd while this is being changed. */
struct record {
	__u64 seq, was, will;
};

struct stage {
	struct record records[SPACES][PAGES];
	__u64 generation;
	unsigned long verbs, checks, kills, wrong;
	__u64 where, seen, was, will;
	bool stop;
};

struct kept {
	int fd;
	__u64 values[PAGES];
};

struct worker {
	struct stage *stage;
	int *spaces, locks;
	char *views[SPACES];
	struct kept kept[SPACES][SNAPSHOTS];
	__u64 seed;
};

/* stamp_book.c */
__u64 stamp_next(struct worker *worker, unsigned int space, unsigned int page);
void stamp_wrong(struct worker *worker, __u64 where, __u64 seen, const struct record *record);
void stamp_lock(struct worker *worker, short type, unsigned int space, unsigned int first,
		unsigned int count);
void stamp_record(struct record *record, __u64 was, __u64 will);
__u64 stamp_settle(struct worker *worker, unsigned int space, unsigned int page);
void stamp_check(struct worker *worker, unsigned int space, unsigned int page, bool by_window);
void stamp_begin(struct worker *worker, unsigned int space, unsigned int first,
		 unsigned int count, const __u64 *values);
void stamp_end(struct worker *worker, unsigned int space, unsigned int first, unsigned int count,
	       bool done);

/* stamp_verbs.c */
void stamp_one_verb(struct worker *worker);

#endif /* SVMA_STAMP_H */
