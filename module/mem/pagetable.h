/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page table: page number to page, a radix tree of nodes with 512 entries, each a page itself.
 *
 * Nodes and pages count how many entries refer to them (svma_shares()), so that several tables can
 * share a subtree. What has one share, all the way down from the root, belongs to this table alone.
 * Nothing else is ever changed, but for marks of the zero page: who wants to change an entry makes
 * the nodes on its path the table's own first, by copies (pagetable_own.c).
 *
 * Entries may be added by several at once: they are exchanged atomically, and an entry that is
 * there stays. Taking out, moving, sharing and copying nodes wants the table to oneself. Whose lock
 * that is: Documentation/locking.rst.
 */
#ifndef SVMA_PAGETABLE_H
#define SVMA_PAGETABLE_H

#include <linux/bits.h>
#include <linux/mm_types.h>
#include <linux/types.h>

struct svma_gather;
struct svma_space;

#define SVMA_PT_LEVELS		4
#define SVMA_PT_BITS		9
#define SVMA_PT_ENTRIES		BIT(SVMA_PT_BITS)
/* First page number that a table has no place for. */
#define SVMA_PT_LIMIT		BIT(SVMA_PT_LEVELS * SVMA_PT_BITS)

/*
 * An entry is 0 for nothing, a mark, or the address of a struct page: one of ours, which counts its
 * shares, or with SVMA_PT_FOREIGN in it one of a file's page cache, to which it is a reference.
 * With SVMA_PT_CLEAN in it the page is a copy of a file's, and no window may write to it before the
 * bit is gone: it can be given back and read again.
 */
#define SVMA_PT_ZERO		1UL	/* windows show the zero page there */
#define SVMA_PT_GUARD		2UL	/* a guard: no access */
#define SVMA_PT_FOREIGN		4UL	/* a bit beside the address */
#define SVMA_PT_CLEAN		8UL	/* another; entries of private regions only */

static inline bool svma_pt_is_page(unsigned long entry)
{
	return entry > SVMA_PT_FOREIGN;
}

static inline struct page *svma_pt_page(unsigned long entry)
{
	return (struct page *)(entry & ~(SVMA_PT_FOREIGN | SVMA_PT_CLEAN));
}

/**
 * struct svma_pagetable - a page table
 * @root: the top node, or NULL
 * @resident: pages in it
 * @spares: nodes set aside for a move that must not fail
 * @gather: where the shares of what is taken out go, or NULL: they are given up at once
 */
struct svma_pagetable {
	unsigned long *root;
	atomic_long_t resident;
	struct list_head spares;
	struct svma_gather *gather;
};

/* Called for each page and guard that svma_pagetable_walk() finds; anything but 0 ends the walk. */
typedef int (*svma_pagetable_fn)(unsigned long index, unsigned long *slot, void *data);

/* Called for runs of pages that svma_pagetable_clear_written() finds. */
typedef void (*svma_pagetable_run_fn)(unsigned long first, unsigned long end, void *data);

void svma_pagetable_init(struct svma_pagetable *table);
void svma_pagetable_destroy(struct svma_pagetable *table);

unsigned long svma_pagetable_find(const struct svma_pagetable *table, unsigned long index);
unsigned long svma_pagetable_look(const struct svma_pagetable *table, unsigned long index,
				  bool *own);
const unsigned long *svma_pagetable_run(const struct svma_pagetable *table, unsigned long index,
					bool *own);
unsigned long *svma_pagetable_slot(struct svma_pagetable *table, unsigned long index,
				   struct svma_space *payer, bool exclusive);
unsigned long svma_pagetable_add(struct svma_pagetable *table, unsigned long *slot,
				 unsigned long old, unsigned long entry);
void svma_pagetable_replace(struct svma_pagetable *table, unsigned long *slot, unsigned long entry);
bool svma_pagetable_any(const struct svma_pagetable *table, unsigned long first,
			unsigned long end);
void svma_pagetable_dirty(unsigned long *slot);
unsigned long *svma_pagetable_mark_zero(struct svma_pagetable *table, unsigned long index,
					struct svma_space *payer, bool exclusive);

struct page *svma_leaf_block(const unsigned long *leaf);
bool svma_leaf_private(const unsigned long *leaf);
unsigned long *svma_pagetable_block_place(struct svma_pagetable *table, unsigned long index,
					  struct svma_space *payer, bool exclusive);
bool svma_pagetable_add_block(struct svma_pagetable *table, unsigned long *place,
			      unsigned long *leaf, struct page *first, bool exclusive);

int svma_pagetable_own_edges(struct svma_pagetable *table, unsigned long first, unsigned long end,
			     struct svma_space *payer);
int svma_pagetable_own_guards(struct svma_pagetable *table, unsigned long first, unsigned long end,
			      struct svma_space *payer);
void svma_pagetable_share(struct svma_pagetable *table, const struct svma_pagetable *from);
void svma_pagetable_set_written(struct svma_pagetable *table, unsigned long index);
void svma_pagetable_clear_written(struct svma_pagetable *table, svma_pagetable_run_fn fn,
				  void *data);

/* Of a page that a restore replaces: what its keeper took. */
enum svma_pagetable_kept {
	SVMA_KEPT_NOTHING,	/* it goes */
	SVMA_KEPT_PAGE,		/* its share; its entries in windows go */
	SVMA_KEPT_ENTRIES,	/* both */
};

/**
 * struct svma_pagetable_restore - what svma_pagetable_restore() calls
 * @zap: for each run of pages before they go, or are replaced; it removes the entries in all
 *       windows
 * @keep: for each entry of a leaf of the table's own, before it is replaced by @then
 * @data: for both
 */
struct svma_pagetable_restore {
	svma_pagetable_run_fn zap;
	enum svma_pagetable_kept (*keep)(unsigned long index, unsigned long entry,
					 unsigned long then, void *data);
	void *data;
};

void svma_pagetable_restore(struct svma_pagetable *table, const struct svma_pagetable *from,
			    const struct svma_pagetable_restore *how);

/* Called for each page in which svma_pagetable_compare() finds that tables differ. */
typedef int (*svma_pagetable_differ_fn)(unsigned long index, void *data);

void svma_pagetable_compare(const struct svma_pagetable *table, const struct svma_pagetable *other,
			    unsigned long *first, unsigned long end, svma_pagetable_differ_fn fn,
			    void *data);
int svma_pagetable_copy(struct svma_pagetable *table, unsigned long to,
			const struct svma_pagetable *from, unsigned long index,
			unsigned long count, struct svma_space *payer);

void svma_pagetable_erase(struct svma_pagetable *table, unsigned long first, unsigned long end);
void svma_pagetable_discard(struct svma_pagetable *table, unsigned long first, unsigned long end);
void svma_pagetable_guard(struct svma_pagetable *table, unsigned long *slot);

/* Called for leaves of the table's own; whether there is nothing left in it that is needed. */
typedef bool (*svma_pagetable_leaf_fn)(unsigned long first, unsigned long *leaf, void *data);

void svma_pagetable_own_leaves(struct svma_pagetable *table, unsigned long *first,
			       unsigned int leaves, svma_pagetable_leaf_fn fn, void *data);
int svma_pagetable_walk(const struct svma_pagetable *table, unsigned long first, unsigned long end,
			svma_pagetable_fn fn, void *data);
const unsigned long *svma_pagetable_view(const struct svma_pagetable *table, unsigned long *index,
					 unsigned long end, unsigned long *shares);
unsigned long svma_pagetable_count(const struct svma_pagetable *table, unsigned long first,
				   unsigned long end);

int svma_pagetable_reserve_move(struct svma_pagetable *table, unsigned long first,
				unsigned long end, struct svma_space *payer);
void svma_pagetable_reserve_drop(struct svma_pagetable *table);
void svma_pagetable_move(struct svma_pagetable *table, unsigned long from, unsigned long to,
			 unsigned long count);

#endif /* SVMA_PAGETABLE_H */
