/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What FILE_HOOK has of its own: a search, and a part of mmap. Not the core's, and not the model's:
 * both ask here, as the kernel asks a driver.
 */
#ifndef SVMA_TEST_HOOKS_H
#define SVMA_TEST_HOOKS_H

#include "core.h"

#define HOOK_REFUSES	0x300UL	/* first page that the file does not map */

/* Does the file have these hooks? */
extern const struct svma_backing_ops hook_ops;

/*
 * Its place: by the page, from the end of the space downwards; none at all for some lengths.
 * Whoever asks refuses it with ENOMEM if it is not free.
 */
int hook_place(unsigned long high, unsigned long addr, unsigned long len, unsigned long pgoff,
	       unsigned long flags, unsigned long *result);
/* Its mmap: what cannot be written now never can; pages from HOOK_REFUSES on are refused. */
int hook_map(const struct svma_backing *backing, u64 *flags, unsigned long pgoff);

#endif /* SVMA_TEST_HOOKS_H */
