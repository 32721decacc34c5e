/* SPDX-License-Identifier: GPL-2.0 */
/* For the files of the page table alone. */
#ifndef SVMA_PAGETABLE_NODE_H
#define SVMA_PAGETABLE_NODE_H

#include "page.h"
#include "pagetable.h"

static inline unsigned int svma_node_offset(unsigned long index, unsigned int level)
{
	return (index >> (level * SVMA_PT_BITS)) & (SVMA_PT_ENTRIES - 1);
}

/* Page numbers below one entry of a node of that level; the leaves are level 0. */
static inline unsigned long svma_node_span(unsigned int level)
{
	return BIT(level * SVMA_PT_BITS);
}

/* A node without entries, with one share, or NULL. */
static inline unsigned long *svma_node_alloc(struct svma_space *payer)
{
	struct page *page = svma_page_alloc(payer);

	return page ? page_address(page) : NULL;
}

/* A node that no table has: its entries, if any, are somebody else's. */
static inline void svma_node_free(unsigned long *node)
{
	struct page *page = virt_to_page(node);

	atomic_long_set(svma_shares(page), 0);
	__free_page(page);
}

#endif /* SVMA_PAGETABLE_NODE_H */
