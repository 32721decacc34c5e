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

#define SEQUENCE_HEAD_BYTES	64	/* rules, limits, layout */
#define SEQUENCE_CALL_BYTES	16	/* each call */
#define SEQUENCE_CALLS_MAX	120

/*
 * As sequence_run(), made up from bytes in place of a seed. Each call has its own, so that a fuzzer
 * that changes some, or takes some out, changes or takes out that call.
 */
bool sequence_bytes(const char *name, const uint8_t *bytes, size_t size,
		    struct sequence_count *count);

#endif /* SVMA_TEST_SEQUENCE_H */
