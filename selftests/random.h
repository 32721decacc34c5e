/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers by chance, the same for the same seed: what random tests do can be done again.
 */
#ifndef SVMA_RANDOM_H
#define SVMA_RANDOM_H

#include <linux/types.h>

/* A seed is anything but 0. */
static inline __u64 random_next(__u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline unsigned long random_below(__u64 *seed, unsigned long below)
{
	return (random_next(seed) >> 11) % below;
}

#endif /* SVMA_RANDOM_H */
