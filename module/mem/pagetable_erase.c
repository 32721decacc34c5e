// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: taking out. The caller has the table to itself, and has removed the hardware
 * entries that came from what goes.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

struct svma_erase {
	unsigned long first;
	unsigned long end;
	bool guards;		/* these go, too */
	unsigned long pages;	/* pages taken out so far */
};

static void svma_entry_put(unsigned long entry, struct svma_erase *erase)
{
	if (!svma_pt_is_page(entry))
		return;
	svma_entry_unshare(entry);
	erase->pages++;
}

/* One share less of a node; with the last one, of all below it. */
static void svma_node_put(unsigned long *node, unsigned int level, struct svma_erase *erase)
{
	unsigned int i;

	if (!atomic_long_dec_and_test(svma_shares(virt_to_page(node))))
		return;
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		if (level && node[i])
			svma_node_put((unsigned long *)node[i], level - 1, erase);
		else if (node[i])
			svma_entry_put(node[i], erase);
	}
	svma_node_free(node);
	if (!level)
		cond_resched();
}

static bool svma_node_empty(const unsigned long *node)
{
	return !memchr_inv(node, 0, SVMA_PT_ENTRIES * sizeof(*node));
}

static void svma_node_erase(unsigned long *node, unsigned int level, unsigned long base,
			    struct svma_erase *erase)
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
		if (!entry || (!level && entry == SVMA_PT_GUARD && !erase->guards))
			continue;
		if (!level) {
			node[i] = 0;
			svma_entry_put(entry, erase);
			continue;
		}
		if (erase->guards && erase->first <= index && index + span <= erase->end) {
			node[i] = 0;
			svma_node_put((unsigned long *)entry, level - 1, erase);
			continue;
		}
		svma_node_erase((unsigned long *)entry, level - 1, index, erase);
		cond_resched();
		if (svma_node_empty((unsigned long *)entry)) {
			node[i] = 0;
			svma_node_put((unsigned long *)entry, level - 1, erase);
		}
	}
}

static void svma_pagetable_take(struct svma_pagetable *table, struct svma_erase *erase)
{
	erase->end = min(erase->end, SVMA_PT_LIMIT);
	if (!table->root || erase->first >= erase->end)
		return;
	svma_node_erase(table->root, SVMA_PT_LEVELS - 1, 0, erase);
	atomic_long_sub(erase->pages, &table->resident);
}

/**
 * svma_pagetable_erase() - take everything out of a range
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 */
void svma_pagetable_erase(struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	struct svma_erase erase = { .first = first, .end = end, .guards = true };

	svma_pagetable_take(table, &erase);
}

/**
 * svma_pagetable_discard() - take all pages out of a range; guards stay
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 */
void svma_pagetable_discard(struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	struct svma_erase erase = { .first = first, .end = end };

	svma_pagetable_take(table, &erase);
}

/**
 * svma_pagetable_guard() - put a guard in place of whatever is there
 * @table: the table, exclusively
 * @slot: place, from svma_pagetable_slot()
 */
void svma_pagetable_guard(struct svma_pagetable *table, unsigned long *slot)
{
	struct svma_erase erase = {};

	svma_entry_put(*slot, &erase);
	atomic_long_sub(erase.pages, &table->resident);
	*slot = SVMA_PT_GUARD;
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
