/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Candidates for the range index: the kernel's trees beside ours, on the same traces.
 *
 * Each candidate is a file that says what finding, changing and searching for a gap are, and then
 * includes tree_loops.h, so that the loops are compiled with it and no call through a pointer is
 * measured. What the kernel's headers are to a candidate is in kernel_user.h; so nothing of the
 * harness or of the core is included here.
 */
#ifndef SVMA_BENCH_TREE_H
#define SVMA_BENCH_TREE_H

#include <stdbool.h>

/**
 * struct tree_region - what a candidate keeps of each region; the kernel's own is larger
 * @start: first address
 * @end: end address, exclusive
 * @flags: what a lookup is to tell
 * @more: as much as the core keeps of each
 */
struct tree_region {
	unsigned long start;
	unsigned long end;
	unsigned long flags;
	unsigned long more[3];
};

/**
 * struct tree_trace - what is to be done: operations on a candidate
 * @addr: addresses of regions of a page, for walk, find, change
 * @len: lengths of gaps in bytes, for the search
 * @count: of either
 * @low: where gaps are searched
 * @high: end of that
 */
struct tree_trace {
	const unsigned long *addr;
	const unsigned long *len;
	unsigned long count;
	unsigned long low;
	unsigned long high;
};

/**
 * struct tree_ops - a candidate
 * @name: what it is called
 * @reset: forget all regions; false: no memory
 * @add: take in a region of a page; false: no memory
 * @bytes: memory of the tree and its regions
 * @walk: find the range that holds each address
 * @find: find the region that holds each address, and read what it says
 * @change: take each region out, and put it in again
 * @gap_low: search the lowest gap of each length
 * @gap_high: search the highest
 *
 * The last five do all of a trace and return how many operations had the answer that is due.
 */
struct tree_ops {
	const char *name;
	bool (*reset)(void);
	bool (*add)(unsigned long start);
	unsigned long (*bytes)(void);
	unsigned long (*walk)(const struct tree_trace *trace);
	unsigned long (*find)(const struct tree_trace *trace);
	unsigned long (*change)(const struct tree_trace *trace);
	unsigned long (*gap_low)(const struct tree_trace *trace);
	unsigned long (*gap_high)(const struct tree_trace *trace);
};

struct kmem_cache;

/* ../core/memory.c */
unsigned long tree_memory_used(const struct kmem_cache *cache);

#define TREE_PAGE	4096UL
#define TREE_FLAGS(start)	((start) >> 12 ^ 0x5a5a)

extern const struct tree_ops tree_bplus;
/* NULL in a program that was built without the kernel's source. */
extern const struct tree_ops *const tree_maple;
extern const struct tree_ops *const tree_rb;

#endif /* SVMA_BENCH_TREE_H */
