// SPDX-License-Identifier: GPL-2.0
/*
 * The page table, leaf by leaf, for those who tell what is in it.
 */
#include <linux/minmax.h>

#include "pagetable.h"
#include "pagetable_node.h"

/**
 * svma_pagetable_view() - the leaf that has the place of a page, or the next one above
 * @table: the table
 * @index: in: page number; out: the first one not below it that the leaf has a place for
 * @end: end, exclusive
 * @shares: out: the most entries that refer to the leaf or to one of the nodes above it
 *
 * Return: the leaf's SVMA_PT_ENTRIES entries, which may change while the table is not exclusively
 * the caller's, or NULL: there is no leaf below @end.
 */
const unsigned long *svma_pagetable_view(const struct svma_pagetable *table, unsigned long *index,
					 unsigned long end, unsigned long *shares)
{
	const unsigned long *root = READ_ONCE(table->root);

	end = min(end, SVMA_PT_LIMIT);
	while (root && *index < end) {
		const unsigned long *node = root, *child;
		unsigned int level = SVMA_PT_LEVELS - 1;

		*shares = svma_node_sharers(node);
		while (level) {
			child = (void *)READ_ONCE(node[svma_node_offset(*index, level)]);
			if (!child)
				break;
			node = child;
			*shares = max(*shares, svma_node_sharers(node));
			level--;
		}
		if (!level)
			return node;
		*index = round_down(*index, svma_node_span(level)) + svma_node_span(level);
	}
	return NULL;
}
