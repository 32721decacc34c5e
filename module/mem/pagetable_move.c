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

/* The node at a place, out of those set aside if there is none. */
static unsigned long *svma_node_take(struct svma_pagetable *table, unsigned long *place)
{
	struct page *page;

	if (*place)
		return (unsigned long *)*place;
	page = list_first_entry_or_null(&table->spares, struct page, lru);
	if (WARN_ON_ONCE(!page))
		return NULL;
	list_del(&page->lru);
	*place = (unsigned long)page_address(page);
	return (unsigned long *)*place;
}

static unsigned long *svma_pagetable_slot_reserved(struct svma_pagetable *table,
						   unsigned long index)
{
	unsigned long *node = table->root;
	unsigned int level;

	for (level = SVMA_PT_LEVELS - 1; node && level; level--)
		node = svma_node_take(table, &node[svma_node_offset(index, level)]);
	return node ? &node[svma_node_offset(index, 0)] : NULL;
}

struct svma_move {
	struct svma_pagetable *table;
	unsigned long from;
	unsigned long to;
};

static int svma_pagetable_move_one(unsigned long index, unsigned long *from, void *data)
{
	struct svma_move *move = data;
	unsigned long *to =
		svma_pagetable_slot_reserved(move->table, index - move->from + move->to);

	if (!to)
		return 0;
	*to = *from;
	*from = 0;
	if (!(index & (SVMA_PT_ENTRIES - 1)))
		cond_resched();
	return 0;
}

/**
 * svma_pagetable_move() - move the pages and guards of a range
 * @table: the table, exclusively, after svma_pagetable_reserve_move() for the range
 * @from: first page number
 * @to: where it goes; nothing is there, and the ranges do not overlap
 * @count: number of pages
 */
void svma_pagetable_move(struct svma_pagetable *table, unsigned long from, unsigned long to,
			 unsigned long count)
{
	struct svma_move move = { .table = table, .from = from, .to = to };

	svma_pagetable_walk(table, from, from + count, svma_pagetable_move_one, &move);
	/* Marks of the zero page, and nodes. */
	svma_pagetable_erase(table, from, from + count);
}
