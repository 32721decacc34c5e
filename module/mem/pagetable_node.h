/* SPDX-License-Identifier: GPL-2.0 */
/* For the files of the page table alone. */
#ifndef SVMA_PAGETABLE_NODE_H
#define SVMA_PAGETABLE_NODE_H

#include "gather.h"
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

/*
 * Beside its shares, a node that one table alone has may carry this: a window may have an entry
 * that lets writes through to a private page somewhere below it.
 */
#define SVMA_NODE_WRITTEN	BIT(BITS_PER_LONG - 2)

static inline atomic_long_t *svma_node_shares(const unsigned long *node)
{
	return svma_shares(virt_to_page(node));
}

/* How many entries refer to it, for those who only tell. */
static inline unsigned long svma_node_sharers(const unsigned long *node)
{
	return atomic_long_read(svma_node_shares(node)) & ~SVMA_NODE_WRITTEN;
}

/*
 * Do others refer to it, too? Who reads 1 sees all that those did who were the others: they may
 * have read the node until then.
 */
static inline bool svma_node_shared(const unsigned long *node)
{
	return (atomic_long_read_acquire(svma_node_shares(node)) & ~SVMA_NODE_WRITTEN) != 1;
}

static inline void svma_node_share(unsigned long *node)
{
	atomic_long_inc(svma_node_shares(node));
}

/* One share less; whether it was the last. */
static inline bool svma_node_unshare(unsigned long *node)
{
	return !(atomic_long_dec_return(svma_node_shares(node)) & ~SVMA_NODE_WRITTEN);
}

static inline bool svma_node_written(const unsigned long *node)
{
	return atomic_long_read(svma_node_shares(node)) & SVMA_NODE_WRITTEN;
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

/* A page that a table no longer has; hardware entries of it go first. */
static inline void svma_pagetable_let_go(struct svma_pagetable *table, unsigned long entry)
{
	if (table->gather)
		svma_gather_page(table->gather, entry);
	else
		svma_entry_unshare(entry);
}

/* Neighbouring pages, collected for one call. */
struct svma_runs {
	unsigned long first;
	unsigned long end;
	svma_pagetable_run_fn fn;
	void *data;
};

static inline void svma_runs_flush(struct svma_runs *runs)
{
	if (runs->first < runs->end)
		runs->fn(runs->first, runs->end, runs->data);
	runs->first = 0;
	runs->end = 0;
}

static inline void svma_runs_add(struct svma_runs *runs, unsigned long index)
{
	if (runs->first < runs->end && runs->end == index) {
		runs->end++;
		return;
	}
	svma_runs_flush(runs);
	runs->first = index;
	runs->end = index + 1;
}

/* pagetable_own.c */
void svma_node_copy(unsigned long *copy, const unsigned long *node, unsigned int level);
bool svma_leaf_has_guard(const unsigned long *leaf);
unsigned long *svma_pagetable_place(struct svma_pagetable *table, unsigned long index,
				    unsigned int level, struct svma_space *payer, bool exclusive);
/* pagetable_block.c */
unsigned long *svma_pagetable_leaf(const struct svma_pagetable *table, unsigned long index,
				   bool *own);
/* pagetable_erase.c */
void svma_node_put(unsigned long *node, unsigned int level, unsigned long *pages);
unsigned int svma_pagetable_discard_leaf(struct svma_pagetable *table, unsigned long *leaf,
					 unsigned int from, unsigned int to, unsigned long *pages);
void svma_pagetable_trim(struct svma_pagetable *table, unsigned long index, unsigned int last);

#endif /* SVMA_PAGETABLE_NODE_H */
