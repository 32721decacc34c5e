// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: sharing it with another one, and making parts of it its own again.
 *
 * A copy of a node refers to all that the node refers to, so making a path a table's own changes
 * nothing that can be seen. That is what verbs do before their first change: it can fail.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

/**
 * svma_node_copy() - fill a node with the entries of another one
 * @copy: node of the table's own
 * @node: node that others have as well
 * @level: of both
 */
void svma_node_copy(unsigned long *copy, const unsigned long *node, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		/* Others may be marking the zero page in it. */
		unsigned long entry = READ_ONCE(node[i]);

		if (level && entry)
			svma_node_share((unsigned long *)entry);
		else if (svma_pt_is_page(entry))
			svma_entry_share(entry);
		copy[i] = entry;
	}
}

/* The node at a place, the table's own; the table exclusively. NULL without memory. */
static unsigned long *svma_node_own(unsigned long *place, unsigned int level,
				    struct svma_space *payer)
{
	unsigned long *node = (unsigned long *)*place, *copy;

	if (!svma_node_shared(node))
		return node;
	copy = svma_node_alloc(payer);
	if (!copy)
		return NULL;
	svma_node_copy(copy, node, level);
	WRITE_ONCE(*place, (unsigned long)copy);
	svma_node_put(node, level, NULL);
	return copy;
}

/*
 * The node at a place, the table's own, made if there is none; several may try at once, those that
 * do not hold the table exclusively.
 */
static unsigned long *svma_node_get(unsigned long *place, unsigned int level,
				    struct svma_space *payer, bool exclusive)
{
	unsigned long entry = READ_ONCE(*place);
	unsigned long *node = (unsigned long *)entry;

	if (node) {
		if (!svma_node_shared(node))
			return node;
		if (!exclusive)
			return ERR_PTR(-EAGAIN);
		return svma_node_own(place, level, payer) ?: ERR_PTR(-ENOMEM);
	}
	node = svma_node_alloc(payer);
	if (!node)
		return ERR_PTR(-ENOMEM);
	entry = cmpxchg(place, 0, (unsigned long)node);
	if (!entry)
		return node;
	svma_node_free(node);
	return (unsigned long *)entry;
}

/**
 * svma_pagetable_place() - the place of a node, with all nodes above it the table's own
 * @table: the table
 * @index: page number
 * @level: of the node that has the place, 1 for the place of a leaf
 * @payer: who pays for nodes
 * @exclusive: the caller has the table exclusively, so shared nodes can be copied
 *
 * Return: the place; ERR_PTR(-ENOMEM); ERR_PTR(-EAGAIN): it must be had exclusively.
 */
unsigned long *svma_pagetable_place(struct svma_pagetable *table, unsigned long index,
				    unsigned int level, struct svma_space *payer, bool exclusive)
{
	unsigned long *place = (unsigned long *)&table->root, *node;
	unsigned int at;

	for (at = SVMA_PT_LEVELS; at-- > level;) {
		node = svma_node_get(place, at, payer, exclusive);
		if (IS_ERR(node))
			return node;
		place = &node[svma_node_offset(index, at)];
	}
	return place;
}

/**
 * svma_pagetable_slot() - the place of an entry, with all nodes above it the table's own
 * @table: the table
 * @index: page number
 * @payer: who pays for nodes
 * @exclusive: the caller has the table exclusively, so shared nodes can be copied
 *
 * Return: the place; ERR_PTR(-ENOMEM); ERR_PTR(-EAGAIN): it must be had exclusively.
 */
unsigned long *svma_pagetable_slot(struct svma_pagetable *table, unsigned long index,
				   struct svma_space *payer, bool exclusive)
{
	return svma_pagetable_place(table, index, 0, payer, exclusive);
}

/**
 * svma_pagetable_mark_zero() - remember that windows may show the zero page at an entry
 * @table: the table
 * @index: page number
 * @payer: who pays for nodes
 * @exclusive: as for svma_pagetable_slot()
 *
 * A mark says that something may be, so it does no harm to others who share the leaf, and the leaf
 * need not be copied for it.
 *
 * Return: the place, or an ERR_PTR as svma_pagetable_slot().
 */
unsigned long *svma_pagetable_mark_zero(struct svma_pagetable *table, unsigned long index,
					struct svma_space *payer, bool exclusive)
{
	unsigned long *node = READ_ONCE(table->root), *slot;
	unsigned int level;

	for (level = SVMA_PT_LEVELS - 1; node && level; level--)
		node = (unsigned long *)READ_ONCE(node[svma_node_offset(index, level)]);
	if (node)
		slot = &node[svma_node_offset(index, 0)];
	else
		slot = svma_pagetable_slot(table, index, payer, exclusive);
	if (!IS_ERR(slot) && !READ_ONCE(*slot))
		cmpxchg(slot, 0, SVMA_PT_ZERO);
	return slot;
}

static bool svma_node_has_guard(const unsigned long *node, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		if (level ? entry && svma_node_has_guard((unsigned long *)entry, level - 1)
			  : entry == SVMA_PT_GUARD)
			return true;
	}
	if (!level)
		cond_resched();
	return false;
}

/**
 * svma_leaf_has_guard() - does a leaf hold a guard?
 * @leaf: the leaf
 *
 * Return: whether it does.
 */
bool svma_leaf_has_guard(const unsigned long *leaf)
{
	return svma_node_has_guard(leaf, 0);
}

struct svma_own {
	unsigned long first;
	unsigned long end;
	bool guards;		/* leaves with guards, too, not only what the range cuts */
	struct svma_space *payer;
};

/* The node at a place, and those below it, as far as the range cuts them. */
static int svma_node_own_range(unsigned long *place, unsigned int level, unsigned long base,
			       const struct svma_own *own)
{
	unsigned long span = svma_node_span(level), index, *node = (unsigned long *)*place;
	unsigned int i = 0;
	int err;

	if (own->first <= base && base + span * SVMA_PT_ENTRIES <= own->end &&
	    (!own->guards || (svma_node_shared(node) && !svma_node_has_guard(node, level))))
		return 0;
	node = svma_node_own(place, level, own->payer);
	if (!node)
		return -ENOMEM;
	if (!level)
		return 0;
	if (own->first > base)
		i = (own->first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		index = base + i * span;
		if (index >= own->end)
			break;
		if (!node[i])
			continue;
		err = svma_node_own_range(&node[i], level - 1, index, own);
		if (err)
			return err;
	}
	cond_resched();
	return 0;
}

/* A part of one leaf, and nothing above it is shared: there is nothing to do. */
static bool svma_own_within_leaf(const struct svma_pagetable *table, const struct svma_own *own)
{
	const unsigned long *node = table->root;
	unsigned int level;

	if ((own->first ^ (own->end - 1)) >> SVMA_PT_BITS)
		return false;
	for (level = SVMA_PT_LEVELS; node && level; level--) {
		if (svma_node_shared(node))
			return false;
		node = (unsigned long *)node[svma_node_offset(own->first, level - 1)];
	}
	return true;
}

static int svma_pagetable_own(struct svma_pagetable *table, struct svma_own *own)
{
	own->end = min(own->end, SVMA_PT_LIMIT);
	if (!table->root || own->first >= own->end || svma_own_within_leaf(table, own))
		return 0;
	return svma_node_own_range((unsigned long *)&table->root, SVMA_PT_LEVELS - 1, 0, own);
}

/**
 * svma_pagetable_own_edges() - make svma_pagetable_erase() of a range possible
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 * @payer: who pays for nodes
 *
 * Only shared nodes that the range cuts in two need copies; what lies wholly in it goes as it is.
 *
 * Return: 0 or -ENOMEM.
 */
int svma_pagetable_own_edges(struct svma_pagetable *table, unsigned long first, unsigned long end,
			     struct svma_space *payer)
{
	struct svma_own own = { .first = first, .end = end, .payer = payer };

	return svma_pagetable_own(table, &own);
}

/**
 * svma_pagetable_own_guards() - make svma_pagetable_discard() of a range possible
 * @table: the table, exclusively
 * @first: first page number
 * @end: end, exclusive
 * @payer: who pays for nodes
 *
 * Return: 0 or -ENOMEM.
 */
int svma_pagetable_own_guards(struct svma_pagetable *table, unsigned long first, unsigned long end,
			      struct svma_space *payer)
{
	struct svma_own own = { .first = first, .end = end, .guards = true, .payer = payer };

	return svma_pagetable_own(table, &own);
}

/**
 * svma_pagetable_share() - make an empty table one with the contents of another
 * @table: the empty table
 * @from: the other, exclusively, after svma_pagetable_clear_written()
 */
void svma_pagetable_share(struct svma_pagetable *table, const struct svma_pagetable *from)
{
	if (from->root)
		svma_node_share(from->root);
	table->root = from->root;
	atomic_long_set(&table->resident, atomic_long_read(&from->resident));
}

/**
 * svma_pagetable_set_written() - a window gets an entry through which a private page can be written
 * @table: the table
 * @index: page number; its path is the table's own
 */
void svma_pagetable_set_written(struct svma_pagetable *table, unsigned long index)
{
	unsigned long *node = READ_ONCE(table->root);
	unsigned int level;

	for (level = SVMA_PT_LEVELS; node && level--;) {
		if (!svma_node_written(node))
			atomic_long_or(SVMA_NODE_WRITTEN, svma_node_shares(node));
		node = (unsigned long *)READ_ONCE(node[svma_node_offset(index, level)]);
	}
}

static void svma_node_clear_written(unsigned long *node, unsigned int level, unsigned long base,
				    struct svma_runs *runs)
{
	unsigned long span = svma_node_span(level);
	unsigned int i;

	if (!svma_node_written(node))
		return;
	atomic_long_andnot(SVMA_NODE_WRITTEN, svma_node_shares(node));
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		if (level && entry)
			svma_node_clear_written((unsigned long *)entry, level - 1, base + i * span,
						runs);
		else if (svma_pt_is_page(entry) && svma_entry_private(entry))
			svma_runs_add(runs, base + i);
	}
	cond_resched();
}

/**
 * svma_pagetable_clear_written() - find what may be written through a window, before it is shared
 * @table: the table, exclusively
 * @fn: called for each run of such pages; it removes the entries in all windows
 * @data: for @fn
 */
void svma_pagetable_clear_written(struct svma_pagetable *table, svma_pagetable_run_fn fn,
				  void *data)
{
	struct svma_runs runs = { .fn = fn, .data = data };

	if (!table->root)
		return;
	svma_node_clear_written(table->root, SVMA_PT_LEVELS - 1, 0, &runs);
	svma_runs_flush(&runs);
}
