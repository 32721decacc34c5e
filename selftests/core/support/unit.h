/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests by hand: calls with answers that the test states. The model goes along with every call, so
 * a test that states too little still compares everything.
 */
#ifndef SVMA_TEST_UNIT_H
#define SVMA_TEST_UNIT_H

#include "call.h"

#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED	(ANON | MAP_FIXED)
#define PRIVATE_FIXED	(MAP_PRIVATE | MAP_FIXED)
#define NO_FILE	(-1)
#define NOWHERE	(~0UL)	/* no new address */

/* The kernels whose rules are known; a test of all of them loops with FOR_EACH_KERNEL. */
extern const u32 unit_kernels[3];
#define K6_1	SVMA_KERNEL(6, 1)
#define K6_12	SVMA_KERNEL(6, 12)
#define K7_3	SVMA_KERNEL(7, 3)
#define FOR_EACH_KERNEL(k) \
	for (const u32 *k = unit_kernels; k < unit_kernels + ARRAY_SIZE(unit_kernels); k++)

/* For a space that is no part of a pair: whose hooks look for one around it. */
extern const struct svma_core_ops unit_no_ops;

/* Make a space what a snapshot of it has. */
int unit_restore(struct svma_core *core, struct svma_core *from);

/* Addresses are told in pages from the start of the space. */
unsigned long at(const struct pair *pair, unsigned long page);

void unit_start(struct pair *pair, u32 kernel);
void unit_start_with(struct pair *pair, const struct pair_config *config);
void unit_end(struct pair *pair);
/* For a pair whose model was left behind, and that was destroyed: did the core complain? */
void unit_check(struct pair *pair);

/* An address (as pages from the start of the space where it is one), or a negative errno. */
long unit_mmap(struct pair *pair, long page, unsigned long pages, unsigned long prot,
	       unsigned long flags, int file, unsigned long pgoff);
long unit_munmap(struct pair *pair, unsigned long page, unsigned long pages);
long unit_mprotect(struct pair *pair, unsigned long page, unsigned long pages, unsigned long prot);
long unit_mremap(struct pair *pair, unsigned long page, unsigned long old_pages,
		 unsigned long new_pages, unsigned long flags, unsigned long to);
long unit_madvise(struct pair *pair, unsigned long page, unsigned long pages, int advice);
long unit_lock(struct pair *pair, unsigned int op, unsigned long page, unsigned long pages,
	       unsigned int flags);
void unit_brk(struct pair *pair, unsigned long page);
void unit_store(struct pair *pair, unsigned long page);
void unit_import(struct pair *pair, unsigned long page, unsigned long pages, u64 flags);
long unit_call(struct pair *pair, enum call_verb verb, int file, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d, unsigned long e);

/*
 * Are these the regions? "0-4:rw 4-6:r": pages, exclusive end, then r, w, x, s for shared, L
 * locked, A charged; a dot for none of them.
 */
void unit_expect(const char *file, int line, struct pair *pair, const char *regions);
#define EXPECT_REGIONS(pair, regions)	unit_expect(__FILE__, __LINE__, pair, regions)

#endif /* SVMA_TEST_UNIT_H */
