/* SPDX-License-Identifier: GPL-2.0 */
/* Sequences of random calls: made from a seed, run, and shrunk when they fail. */
#ifndef SVMA_TEST_SEQUENCE_H
#define SVMA_TEST_SEQUENCE_H

#include "call.h"

/* Make up limits and layout. */
void generate_config(struct rng *rng, u32 kernel, struct pair_config *config);
/* Make up a call that suits what is mapped now. */
void generate_call(struct rng *rng, const struct pair *pair, struct call *call);

/**
 * struct sequence_count - what sequences consisted of, to see that they are not empty talk
 * @calls: by verb
 * @good: of them, those that succeeded
 * @errors: by errno
 */
struct sequence_count {
	unsigned long calls[CALL_NR];
	unsigned long good[CALL_NR];
	unsigned long errors[256];
};

/* Run @length calls; on a difference shrink and print, and fail the running test. */
bool sequence_run(u32 kernel, uint64_t seed, unsigned int length, enum call_memory memory,
		  struct sequence_count *count);

#endif /* SVMA_TEST_SEQUENCE_H */
