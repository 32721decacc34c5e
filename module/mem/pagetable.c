// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: look up, add, walk. Taking out and moving: pagetable_erase.c, pagetable_move.c.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "page.h"
#include "pagetable.h"
#include "pagetable_node.h"

/**
 * svma_pagetable_init() - an empty table
 * @table: to initialise
 */
void svma_pagetable_init(struct svma_pagetable *table)
{
	table->root = NULL;
	atomic_long_set(&table->resident, 0);
	INIT_LIST_HEAD(&table->spares);
	table->gather = NULL;
}

/**
 * svma_pagetable_look() - look an entry up, and whether it belongs to this table alone
 * @table: the table
 * @index: page number
 * @own: out: no node above the entry is shared, so the entry may be changed where it is
 *
 * Return: the entry: 0, a mark, or a page.
 */
unsigned long svma_pagetable_look(const struct svma_pagetable *table, unsigned long index,
				  bool *own)
{
	const unsigned long *node = READ_ONCE(table->root);
	unsigned int level;

	*own = true;
	for (level = SVMA_PT_LEVELS - 1; node; level--) {
		unsigned long entry = READ_ONCE(node[svma_node_offset(index, level)]);

		*own = *own && !svma_node_shared(node);
		if (!level)
			return entry;
		node = (unsigned long *)entry;
	}
	return 0;
}

/**
 * svma_pagetable_run() - look up the entries from one on, to the end of its leaf
 * @table: the table
 * @index: page number
 * @own: out: as svma_pagetable_look() tells it
 *
 * Return: where the first one is, or NULL: none of them is there.
 */
const unsigned long *svma_pagetable_run(const struct svma_pagetable *table, unsigned long index,
					bool *own)
{
	const unsigned long *node = READ_ONCE(table->root);
	unsigned int level;

	*own = true;
	for (level = SVMA_PT_LEVELS - 1; node; level--) {
		const unsigned long *slot = &node[svma_node_offset(index, level)];

		*own = *own && !svma_node_shared(node);
		if (!level)
			return slot;
		node = (unsigned long *)READ_ONCE(*slot);
	}
	return NULL;
}

/**
 * svma_pagetable_find() - look an entry up
 * @table: the table
 * @index: page number
 *
 * Return: the entry: 0, a mark, or a struct page.
 */
unsigned long svma_pagetable_find(const struct svma_pagetable *table, unsigned long index)
{
	const unsigned long *node = READ_ONCE(table->root);
	unsigned int level;

	if (index >= SVMA_PT_LIMIT)
		return 0;
	for (level = SVMA_PT_LEVELS - 1; node && level; level--)
		node = (unsigned long *)READ_ONCE(node[svma_node_offset(index, level)]);
	return node ? READ_ONCE(node[svma_node_offset(index, 0)]) : 0;
}

/**
 * svma_pagetable_add() - enter a page where there is none
 * @table: the table
 * @slot: place, from svma_pagetable_slot()
 * @old: what was there: 0, or SVMA_PT_ZERO if no window shows the zero page any more
 * @entry: the entry, whose share of its page the table takes over
 *
 * Return: @entry, or the entry of the page that somebody else was quicker to enter, or 0 if that
 * was a mark; the caller keeps the share then.
 */
unsigned long svma_pagetable_add(struct svma_pagetable *table, unsigned long *slot,
				 unsigned long old, unsigned long entry)
{
	unsigned long now = cmpxchg(slot, old, entry);

	if (now == old) {
		atomic_long_inc(&table->resident);
		return entry;
	}
	return svma_pt_is_page(now) ? now : 0;
}

/**
 * svma_pagetable_replace() - put another page in place of one that is there
 * @table: the table, exclusively
 * @slot: place, from svma_pagetable_slot()
 * @entry: the new entry, whose share of its page the table takes over
 *
 * No window shows the old page any more.
 */
void svma_pagetable_replace(struct svma_pagetable *table, unsigned long *slot, unsigned long entry)
{
	unsigned long old = *slot;

	WRITE_ONCE(*slot, entry);
	svma_pagetable_let_go(table, old);
}

/**
 * svma_pagetable_dirty() - a page is to be written, whatever its file has
 * @slot: place of its entry, the table's own
 */
void svma_pagetable_dirty(unsigned long *slot)
{
	unsigned long entry = READ_ONCE(*slot);

	/* Another may do the same at the same time; nobody puts the bit back. */
	if (svma_pt_is_page(entry) && entry & SVMA_PT_CLEAN)
		cmpxchg(slot, entry, entry & ~SVMA_PT_CLEAN);
}

struct svma_walk {
	unsigned long first;
	unsigned long end;
	svma_pagetable_fn fn;
	void *data;
};

static int svma_node_walk(unsigned long *node, unsigned int level, unsigned long base,
			  const struct svma_walk *walk)
{
	unsigned long span = svma_node_span(level), index;
	unsigned int i = 0;
	int ret;

	if (walk->first > base)
		i = (walk->first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		index = base + i * span;
		if (index >= walk->end)
			break;
		if (!entry || (!level && entry == SVMA_PT_ZERO))
			continue;
		if (level)
			ret = svma_node_walk((unsigned long *)entry, level - 1, index, walk);
		else
			ret = walk->fn(index, &node[i], walk->data);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * svma_pagetable_walk() - visit the pages and guards of a range
 * @table: the table
 * @first: first page number
 * @end: end, exclusive
 * @fn: called for each, in order; ends the walk if it does not answer 0
 * @data: for @fn
 *
 * Return: 0, or what @fn answered.
 */
int svma_pagetable_walk(const struct svma_pagetable *table, unsigned long first, unsigned long end,
			svma_pagetable_fn fn, void *data)
{
	struct svma_walk walk = {
		.first = first, .end = min(end, SVMA_PT_LIMIT), .fn = fn, .data = data
	};
	unsigned long *root = READ_ONCE(table->root);

	if (!root || walk.first >= walk.end)
		return 0;
	return svma_node_walk(root, SVMA_PT_LEVELS - 1, 0, &walk);
}

static int svma_pagetable_count_one(unsigned long index, unsigned long *slot, void *data)
{
	*(unsigned long *)data += svma_pt_is_page(READ_ONCE(*slot));
	if (!(index & (SVMA_PT_ENTRIES - 1)))
		cond_resched();
	return 0;
}

/**
 * svma_pagetable_count() - how many pages of a range are present
 * @table: the table
 * @first: first page number
 * @end: end, exclusive
 *
 * Return: pages.
 */
unsigned long svma_pagetable_count(const struct svma_pagetable *table, unsigned long first,
				   unsigned long end)
{
	unsigned long count = 0;

	svma_pagetable_walk(table, first, end, svma_pagetable_count_one, &count);
	return count;
}

static bool svma_node_any(const unsigned long *node, unsigned int level, unsigned long base,
			  unsigned long first, unsigned long end)
{
	unsigned long span = svma_node_span(level), index;
	unsigned int i = 0;

	if (first > base)
		i = (first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		index = base + i * span;
		if (index >= end)
			break;
		if (entry && (!level || svma_node_any((unsigned long *)entry, level - 1, index,
						      first, end)))
			return true;
	}
	return false;
}

/**
 * svma_pagetable_any() - is there anything in a range: pages, guards, marks of the zero page?
 * @table: the table, which nobody adds to
 * @first: first page number
 * @end: end, exclusive
 *
 * Return: whether there is. If not, windows of the space have no hardware entries there either.
 */
bool svma_pagetable_any(const struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	end = min(end, SVMA_PT_LIMIT);
	return table->root && first < end &&
	       svma_node_any(table->root, SVMA_PT_LEVELS - 1, 0, first, end);
}
