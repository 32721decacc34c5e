// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: moving a range to another place, without fail. The nodes that the new place can
 * need at most are set aside first.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "pagetable_node.h"

static unsigned long svma_node_count(const unsigned long *node, unsigned int level,
				     unsigned long base, unsigned long first, unsigned long end)
{
	unsigned long span = svma_node_span(level), index, count = 1;
	unsigned int i = 0;

	if (!level)
		return count;
	if (first > base)
		i = (first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		index = base + i * span;
		if (index >= end)
			break;
		if (node[i])
			count += svma_node_count((unsigned long *)node[i], level - 1, index, first,
						 end);
	}
	return count;
}

/**
 * svma_pagetable_reserve_move() - set aside what moving a range can need, wherever it goes
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 * @payer: who pays for nodes
 *
 * What lies below one node where it comes from lies below two at most where it goes to.
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int svma_pagetable_reserve_move(struct svma_pagetable *table, unsigned long first,
				unsigned long end, struct svma_space *payer)
{
	unsigned long need;

	end = min(end, SVMA_PT_LIMIT);
	if (!table->root || first >= end)
		return 0;
	need = 2 * svma_node_count(table->root, SVMA_PT_LEVELS - 1, 0, first, end);
	while (need--) {
		unsigned long *node = svma_node_alloc(payer);

		if (!node)
			return -ENOMEM;
		list_add(&virt_to_page(node)->lru, &table->spares);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * svma_pagetable_reserve_drop() - free what a move did not need
 * @table: the table, exclusively
 */
void svma_pagetable_reserve_drop(struct svma_pagetable *table)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &table->spares, lru) {
		list_del(&page->lru);
		svma_node_free(page_address(page));
	}
}

/* The node at a place, the table's own, out of those set aside if there is none. */
static unsigned long *svma_node_take(struct svma_pagetable *table, unsigned long *place,
				     unsigned int level)
{
	unsigned long *old = (unsigned long *)*place, *node;
	struct page *page;

	if (old && !svma_node_shared(old))
		return old;
	page = list_first_entry_or_null(&table->spares, struct page, lru);
	if (WARN_ON_ONCE(!page))
		return NULL;
	list_del(&page->lru);
	node = page_address(page);
	if (old)
		svma_node_copy(node, old, level);
	WRITE_ONCE(*place, (unsigned long)node);
	if (old)
		svma_node_put(old, level, NULL);
	return node;
}

static unsigned long *svma_pagetable_slot_reserved(struct svma_pagetable *table,
						   unsigned long index)
{
	unsigned long *place = (unsigned long *)&table->root, *node;
	unsigned int level;

	for (level = SVMA_PT_LEVELS; level--;) {
		node = svma_node_take(table, place, level);
		if (!node)
			return NULL;
		place = &node[svma_node_offset(index, level)];
	}
	return place;
}

struct svma_move {
	struct svma_pagetable *table;
	unsigned long from;
	unsigned long to;
	unsigned long end;	/* of what is moved */
};

/* From a leaf of the table's own entries are moved, from one that is shared they are copied. */
static void svma_leaf_move(unsigned long *slot, unsigned long index, bool own,
			   const struct svma_move *move)
{
	unsigned long *to;

	to = svma_pagetable_slot_reserved(move->table, index - move->from + move->to);
	if (!to)
		return;
	if (!own && svma_pt_is_page(*slot)) {
		svma_entry_share(*slot);
		atomic_long_inc(&move->table->resident);
	}
	*to = *slot;
	if (own)
		*slot = 0;
}

static void svma_node_move(unsigned long *node, unsigned int level, unsigned long base, bool own,
			   const struct svma_move *move)
{
	unsigned long span = svma_node_span(level), index;
	unsigned int i = 0;

	own = own && !svma_node_shared(node);
	if (move->from > base)
		i = (move->from - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		index = base + i * span;
		if (index >= move->end)
			break;
		if (!node[i])
			continue;
		if (level)
			svma_node_move((unsigned long *)node[i], level - 1, index, own, move);
		else
			svma_leaf_move(&node[i], index, own, move);
	}
	if (!level)
		cond_resched();
}

/**
 * svma_pagetable_move() - move the pages, guards and marks of a range
 * @table: the table, exclusively, after svma_pagetable_reserve_move() and
 *         svma_pagetable_own_edges() for the range
 * @from: first page number
 * @to: where it goes; nothing but marks of the zero page are there, and the ranges do not overlap
 * @count: number of pages
 *
 * No window shows the new place yet. A mark of the zero page goes along nevertheless: what was only
 * read is present for mincore(2), wherever it goes.
 */
void svma_pagetable_move(struct svma_pagetable *table, unsigned long from, unsigned long to,
			 unsigned long count)
{
	struct svma_move move = {
		.table = table, .from = from, .to = to, .end = min(from + count, SVMA_PT_LIMIT),
	};

	if (!table->root || from >= move.end)
		return;
	svma_node_move(table->root, SVMA_PT_LEVELS - 1, 0, true, &move);
	/* What was copied, and nodes. */
	svma_pagetable_erase(table, from, from + count);
}
