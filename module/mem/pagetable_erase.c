// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: taking out. The caller has the table to itself, and has removed the hardware entries
 * that came from what goes.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

struct svma_erase {
	unsigned long first;
	unsigned long end;
	unsigned long pages;	/* pages taken out so far */
};

/* One share less of a node; with the last one, of all below it. */
static void svma_node_put(unsigned long *node, unsigned int level, struct svma_erase *erase)
{
	unsigned int i;

	if (!atomic_long_dec_and_test(svma_shares(virt_to_page(node))))
		return;
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		if (!node[i])
			continue;
		if (level) {
			svma_node_put((unsigned long *)node[i], level - 1, erase);
		} else if (node[i] != SVMA_PT_ZERO) {
			svma_page_unshare((struct page *)node[i]);
			erase->pages++;
		}
	}
	svma_node_free(node);
	if (!level)
		cond_resched();
}

static bool svma_node_empty(const unsigned long *node)
{
	return !memchr_inv(node, 0, SVMA_PT_ENTRIES * sizeof(*node));
}

static void svma_node_erase(unsigned long *node, unsigned int level, unsigned long base, struct svma_erase *erase)
{
	unsigned long span = svma_node_span(level), index;
	unsigned int i = 0;

	if (erase->first > base)
		i = (erase->first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = node[i];

		index = base + i * span;
		if (index >= erase->end)
			break;
		if (!entry)
			continue;
		if (!level) {
			node[i] = 0;
			if (entry == SVMA_PT_ZERO)
				continue;
			svma_page_unshare((struct page *)entry);
			erase->pages++;
			continue;
		}
		if (erase->first <= index && index + span <= erase->end) {
			node[i] = 0;
			svma_node_put((unsigned long *)entry, level - 1, erase);
			continue;
		}
		svma_node_erase((unsigned long *)entry, level - 1, index, erase);
		if (svma_node_empty((unsigned long *)entry)) {
			node[i] = 0;
			svma_node_put((unsigned long *)entry, level - 1, erase);
		}
	}
}

/**
 * svma_pagetable_erase() - take all pages out of a range
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 */
void svma_pagetable_erase(struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	struct svma_erase erase = { .first = first, .end = min(end, SVMA_PT_LIMIT) };

	if (!table->root || erase.first >= erase.end)
		return;
	svma_node_erase(table->root, SVMA_PT_LEVELS - 1, 0, &erase);
	atomic_long_sub(erase.pages, &table->resident);
}

/**
 * svma_pagetable_destroy() - take everything out
 * @table: the table; it is empty afterwards
 */
void svma_pagetable_destroy(struct svma_pagetable *table)
{
	struct svma_erase erase = {};

	svma_pagetable_reserve_drop(table);
	if (table->root)
		svma_node_put(table->root, SVMA_PT_LEVELS - 1, &erase);
	table->root = NULL;
	atomic_long_set(&table->resident, 0);
}
