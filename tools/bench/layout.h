/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The regions among which the operations are done, the same on both sides.
 *
 * Regions of a page, each with a free page above it: half of them, then a room of BENCH_ROOM pages
 * that is free, then the other half. So no region can merge with another, and what is done in the
 * room is done in the middle.
 */
#ifndef SVMA_BENCH_LAYOUT_H
#define SVMA_BENCH_LAYOUT_H

#include "bench.h"

#define BENCH_ROOM	64UL
/* Far below what the kernel maps by itself, far above what programs are linked at. */
#define BENCH_BASE	0x100000000000UL
/* Where a space's heap starts. */
#define BENCH_HEAP	0x10000000UL

/* Region i of n. */
static inline unsigned long bench_region(unsigned long i, unsigned long n)
{
	return BENCH_BASE + (2 * i + (i < n / 2 ? 0 : BENCH_ROOM)) * BENCH_PAGE;
}

/* The room in the middle of n regions. */
static inline unsigned long bench_room(unsigned long n)
{
	return BENCH_BASE + 2 * (n / 2) * BENCH_PAGE;
}

static inline unsigned long bench_layout_end(unsigned long n)
{
	return bench_region(n, n);
}

/* A quick sequence of numbers below n that looks random, and is the same each time. */
static inline unsigned long bench_random(uint64_t *state, unsigned long n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) * n >> 31;
}

int bench_space_with(struct bench *bench, unsigned int flags);

static inline int bench_space(struct bench *bench)
{
	return bench_space_with(bench, 0);
}

int bench_layout_make(struct bench *bench);
int bench_layout_host(struct bench *bench);
int bench_layout_space(struct bench *bench);
bool bench_layout_allowed(struct bench *bench);
void bench_layout_free(struct bench *bench);
unsigned long bench_host_regions(void);
unsigned long bench_space_regions(struct bench *bench);

#endif
