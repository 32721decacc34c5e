/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_PAGE_H
#define SVMA_PAGE_H

#include <linux/mm.h>

#include "pagetable.h"

struct svma_space;

/*
 * How many entries of page tables refer to a page or a node, apart from the kernel's own count of
 * references: a debugger or a copy in progress may hold one of those for a while without sharing
 * anything.
 */
static inline atomic_long_t *svma_shares(struct page *page)
{
	return (atomic_long_t *)&page->private;
}

/* Another entry of a page table is to be the same as this one. */
static inline void svma_entry_share(unsigned long entry)
{
	if (entry & SVMA_PT_FOREIGN)
		get_page(svma_pt_page(entry));
	else
		atomic_long_inc(svma_shares(svma_pt_page(entry)));
}

/* Does this entry alone refer to its page? To a foreign page others always may. */
static inline bool svma_entry_private(unsigned long entry)
{
	return !(entry & SVMA_PT_FOREIGN) &&
	       atomic_long_read_acquire(svma_shares(svma_pt_page(entry))) == 1;
}

/* The largest block that a processor's own lists of free pages hold, and its pages. */
#define SVMA_RUN_ORDER		3U
#define SVMA_RUN_PAGES		8U

struct page *svma_page_alloc(struct svma_space *space);
struct page *svma_page_alloc_copy(struct svma_space *space, const void *from);
struct page *svma_page_alloc_free_run(struct svma_space *space, unsigned int *count);
unsigned int svma_page_alloc_some(struct svma_space *space, struct page **pages,
				  unsigned int count);
struct page *svma_page_alloc_block(struct svma_space *space, bool eager);
void svma_page_free_block(struct page *first);
void svma_entry_unshare(unsigned long entry);

#endif /* SVMA_PAGE_H */
