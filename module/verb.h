/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory verbs, for those who call them: one alone (verb.c), many in a batch (batch.c).
 */
#ifndef SVMA_VERB_H
#define SVMA_VERB_H

#include "ioctl.h"
#include "space.h"

/**
 * enum svma_after - what is left to do when a verb's lock is given up
 * @SVMA_AFTER_NOTHING: bring in what it asks for, as far as it goes
 * @SVMA_AFTER_OWN: give what is locked, and became writable, pages of its own
 * @SVMA_AFTER_ADVISE: bring in what it asks for; what cannot be had is its answer
 * @SVMA_AFTER_LOCK: the same for mlock, which has names of its own for that
 * @SVMA_AFTER_WILLNEED: read ahead
 */
enum svma_after {
	SVMA_AFTER_NOTHING,
	SVMA_AFTER_OWN,
	SVMA_AFTER_ADVISE,
	SVMA_AFTER_LOCK,
	SVMA_AFTER_WILLNEED,
};

/**
 * struct svma_verb - a memory verb under way
 * @backing: what its descriptor names, referenced; or NULL
 * @after: what is to be done when it is over
 * @populate: where
 * @own: where, for SVMA_AFTER_OWN
 */
struct svma_verb {
	struct svma_backing *backing;
	enum svma_after after;
	struct svma_populate populate;
	struct svma_own_ranges own;
};

struct svma_backing *svma_verb_backing(struct svma_space *space, int fd, bool shared);

int svma_verb_alone(struct svma_space *space, const struct svma_ioctl *op, void *arg,
		    int (*lock)(struct svma_space *space));
int svma_verb_prepare(struct svma_space *space, const struct svma_ioctl *op, const void *arg,
		      struct svma_verb *verb);
bool svma_verb_sleeps(const struct svma_ioctl *op, const void *arg);
int svma_verb_finish(struct svma_space *space, const struct svma_verb *verb, int err);
int svma_verb_populated(const struct svma_verb *verb, int err, int failed);
void svma_verb_drop(struct svma_verb *verb);

/* join.c */
u32 svma_join(struct svma_space *space, const struct svma_op *ops, u32 count,
	      struct svma_madvise *joined);
u32 svma_join_apart(struct svma_space *space, struct svma_op *ops, u32 count);

/* Each with the space's lock held exclusively: the verb itself, with its argument and answer. */
int svma_verb_mmap(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_munmap(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_mprotect(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_brk(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_mremap(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_madvise(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_lock(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_mseal(struct svma_space *space, void *arg, struct svma_verb *verb);
int svma_verb_remap_file(struct svma_space *space, void *arg, struct svma_verb *verb);

#endif /* SVMA_VERB_H */
