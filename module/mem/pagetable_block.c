// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: blocks, which are leaves whose 512 pages lie together in memory, where hardware
 * can show them by one entry. Whether a leaf is one is not kept anywhere but found out by looking
 * at it: whatever changes an entry ends the block, and a leaf that is shared, moved or put back as
 * it is stays one.
 */
#include <linux/err.h>
#include <linux/mm.h>

#include "pagetable_node.h"

/**
 * svma_leaf_block() - is a leaf a block?
 * @leaf: the leaf
 *
 * Return: its first page, aligned to the size of a block, or NULL.
 */
struct page *svma_leaf_block(const unsigned long *leaf)
{
	unsigned long first = READ_ONCE(leaf[0]), pfn;
	unsigned int i;

	if (!svma_pt_is_page(first) || first != (unsigned long)svma_pt_page(first))
		return NULL;
	pfn = page_to_pfn(svma_pt_page(first));
	if (pfn & (SVMA_PT_ENTRIES - 1))
		return NULL;
	/* From the end, which differs soonest where pages came one by one. */
	for (i = SVMA_PT_ENTRIES - 1; i; i--)
		if (READ_ONCE(leaf[i]) != (unsigned long)pfn_to_page(pfn + i))
			return NULL;
	return svma_pt_page(first);
}

/**
 * svma_pagetable_leaf() - the leaf that holds an entry
 * @table: the table
 * @index: page number
 * @own: out: neither it nor a node above it is shared; or NULL
 *
 * Return: the leaf, or NULL.
 */
unsigned long *svma_pagetable_leaf(const struct svma_pagetable *table, unsigned long index,
				   bool *own)
{
	unsigned long *node = READ_ONCE(table->root);
	unsigned int level;

	if (own)
		*own = node;
	for (level = SVMA_PT_LEVELS - 1; node; level--) {
		if (own)
			*own = *own && !svma_node_shared(node);
		if (!level)
			break;
		node = (unsigned long *)READ_ONCE(node[svma_node_offset(index, level)]);
	}
	return node;
}

/**
 * svma_leaf_private() - has nobody else one of the pages of a block?
 * @leaf: the leaf, which is one
 *
 * Return: whether nobody has.
 */
bool svma_leaf_private(const unsigned long *leaf)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++)
		if (!svma_entry_private(READ_ONCE(leaf[i])))
			return false;
	return true;
}

/* May a block be put where a leaf is? It may where nothing is but marks of the zero page. */
static bool svma_leaf_vacant(const unsigned long *leaf)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++)
		if (READ_ONCE(leaf[i]) > SVMA_PT_ZERO)
			return false;
	return true;
}

/**
 * svma_pagetable_block_place() - where to put a block
 * @table: the table
 * @index: page number
 * @payer: who pays for nodes
 * @exclusive: the caller has the table exclusively
 *
 * Return: the place of the leaf; NULL if there is something already; ERR_PTR(-ENOMEM);
 * ERR_PTR(-EAGAIN): it must be had exclusively.
 */
unsigned long *svma_pagetable_block_place(struct svma_pagetable *table, unsigned long index,
					  struct svma_space *payer, bool exclusive)
{
	const unsigned long *leaf = svma_pagetable_leaf(table, index, NULL);

	if (leaf && !svma_leaf_vacant(leaf))
		return NULL;
	if (leaf && !exclusive)
		return ERR_PTR(-EAGAIN);
	return svma_pagetable_place(table, index, 1, payer, exclusive);
}

/**
 * svma_pagetable_add_block() - put a block where nothing is
 * @table: the table
 * @place: from svma_pagetable_block_place()
 * @leaf: an empty node
 * @first: the block's first page, each of them with one share, which the table takes over
 * @exclusive: the caller has the table exclusively, and what is there has marks of the zero page at
 *             most, which no window shows any more. Else a leaf that is there by now is another
 *             fault's, which may have entered its pages already: it stays.
 *
 * Return: whether it was put there; else somebody else was quicker.
 */
bool svma_pagetable_add_block(struct svma_pagetable *table, unsigned long *place,
			      unsigned long *leaf, struct page *first, bool exclusive)
{
	unsigned long old = exclusive ? READ_ONCE(*place) : 0, pfn = page_to_pfn(first);
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++)
		leaf[i] = (unsigned long)pfn_to_page(pfn + i);
	if (cmpxchg(place, old, (unsigned long)leaf) != old)
		return false;
	atomic_long_add(SVMA_PT_ENTRIES, &table->resident);
	if (old)
		svma_node_put((unsigned long *)old, 0, NULL);
	return true;
}
