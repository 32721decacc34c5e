/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_PAGE_H
#define SVMA_PAGE_H

#include <linux/mm.h>

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

static inline void svma_page_share(struct page *page)
{
	atomic_long_inc(svma_shares(page));
}

static inline bool svma_page_private(struct page *page)
{
	return atomic_long_read(svma_shares(page)) == 1;
}

struct page *svma_page_alloc(struct svma_space *space);
void svma_page_unshare(struct page *page);

#endif /* SVMA_PAGE_H */
