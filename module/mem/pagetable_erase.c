// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: taking out. The caller has the table to itself, has made what is shared and stays
 * in part the table's own, and has removed the hardware entries that came from what goes.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

struct svma_erase {
	struct svma_pagetable *table;
	unsigned long first;
	unsigned long end;
	bool guards;		/* these go, too */
	unsigned long pages;	/* pages taken out so far */
};

/* Pages below a node. */
static unsigned long svma_node_pages(const unsigned long *node, unsigned int level)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		if (!level)
			pages += svma_pt_is_page(entry);
		else if (entry)
			pages += svma_node_pages((unsigned long *)entry, level - 1);
	}
	if (!level)
		cond_resched();
	return pages;
}

/**
 * svma_node_put() - one share less of a node; with the last one, of all below it
 * @node: the node
 * @level: of it
 * @pages: the pages below it are added to this; or NULL
 */
void svma_node_put(unsigned long *node, unsigned int level, unsigned long *pages)
{
	unsigned int i;

	/* What is shared now may be the last share a moment later, so these are counted here. */
	if (pages && svma_node_shared(node)) {
		*pages += svma_node_pages(node, level);
		pages = NULL;
	}
	if (!svma_node_unshare(node))
		return;
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		if (level && node[i]) {
			svma_node_put((unsigned long *)node[i], level - 1, pages);
		} else if (svma_pt_is_page(node[i])) {
			svma_entry_unshare(node[i]);
			if (pages)
				++*pages;
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

/*
 * The same of a node that has just lost what it had below @end. Who frees page after page finds the
 * next one there, or the one before, without looking at the whole node each time.
 */
static bool svma_node_emptied(const unsigned long *node, unsigned int end)
{
	if (end < SVMA_PT_ENTRIES && node[end])
		return false;
	return svma_node_empty(node);
}

/* A node goes with all below it, now or when hardware entries have gone. */
static void svma_node_let_go(unsigned long *node, unsigned int level, struct svma_erase *erase)
{
	if (erase->table->gather)
		svma_gather_node(erase->table->gather, node, level);
	else
		svma_node_put(node, level, &erase->pages);
}

/* Tells where in the leaf it ended if the leaf may be empty now, else 0. */
static unsigned int svma_leaf_erase(unsigned long *leaf, unsigned int from, unsigned int to,
				    struct svma_erase *erase)
{
	unsigned int i, last = 0;

	for (i = from; i < to; i++) {
		unsigned long entry = leaf[i];

		if (!entry || (entry == SVMA_PT_GUARD && !erase->guards))
			continue;
		if (svma_pt_is_page(entry)) {
			svma_pagetable_let_go(erase->table, entry);
			erase->pages++;
		}
		leaf[i] = 0;
		last = i + 1;
	}
	return last;
}

/* The same of a node and all that is below it. */
static unsigned int svma_node_erase(unsigned long *node, unsigned int level, unsigned long base,
				    struct svma_erase *erase)
{
	unsigned long span = svma_node_span(level), index, *child;
	unsigned int i = 0, emptied, last = 0;

	if (erase->first > base)
		i = (erase->first - base) / span;
	if (!level)
		return svma_leaf_erase(node, i, min(erase->end - base, SVMA_PT_ENTRIES), erase);
	for (; i < SVMA_PT_ENTRIES; i++) {
		bool whole;

		index = base + i * span;
		if (index >= erase->end)
			break;
		if (!node[i])
			continue;
		child = (unsigned long *)node[i];
		whole = erase->first <= index && index + span <= erase->end;
		/* Shared nodes that are to stay in part have been copied before. */
		if (whole && (erase->guards || svma_node_shared(child))) {
			node[i] = 0;
			last = i + 1;
			svma_node_let_go(child, level - 1, erase);
			continue;
		}
		if (WARN_ON_ONCE(svma_node_shared(child)))
			continue;
		emptied = svma_node_erase(child, level - 1, index, erase);
		cond_resched();
		if (emptied && svma_node_emptied(child, emptied)) {
			node[i] = 0;
			last = i + 1;
			svma_node_put(child, level - 1, &erase->pages);
		}
	}
	return last;
}

/* From a leaf on, which has lost what it had right below @last: nodes that are empty now go. */
static void svma_path_trim(unsigned long *const *path, unsigned long index, unsigned int last,
			   struct svma_erase *erase)
{
	unsigned int level = 0;

	while (last && ++level < SVMA_PT_LEVELS && svma_node_emptied(path[level - 1], last)) {
		path[level][svma_node_offset(index, level)] = 0;
		svma_node_put(path[level - 1], level - 1, &erase->pages);
		last = svma_node_offset(index, level) + 1;
	}
}

/*
 * The nodes above an entry, if all are there and the table's own: 1; 0 if there is no leaf, and
 * -EAGAIN if one is shared.
 */
static int svma_path_find(const struct svma_pagetable *table, unsigned long index,
			  unsigned long **path)
{
	unsigned long *node = table->root;
	unsigned int level = SVMA_PT_LEVELS - 1;

	for (; node; level--) {
		if (svma_node_shared(node))
			return -EAGAIN;
		path[level] = node;
		if (!level)
			return 1;
		node = (unsigned long *)node[svma_node_offset(index, level)];
	}
	return 0;
}

/* A part of one leaf, which is what most verbs are about, without going through each node above. */
static bool svma_erase_within_leaf(struct svma_erase *erase)
{
	unsigned long *path[SVMA_PT_LEVELS], first = erase->first, final = erase->end - 1;
	unsigned int last;
	int found;

	if ((first ^ final) >> SVMA_PT_BITS || final - first == SVMA_PT_ENTRIES - 1)
		return false;
	found = svma_path_find(erase->table, first, path);
	if (found <= 0)
		return !found;
	last = svma_leaf_erase(path[0], svma_node_offset(first, 0), svma_node_offset(final, 0) + 1,
			       erase);
	svma_path_trim(path, first, last, erase);
	return true;
}

/**
 * svma_pagetable_discard_leaf() - take pages out of one leaf; guards stay
 * @table: the table, exclusively
 * @leaf: the leaf, the table's own
 * @from: first entry
 * @to: end, exclusive
 * @pages: as many as went are added to this; the caller counts them
 *
 * Return: the entry behind the last that went, to be given to svma_pagetable_trim(); or 0.
 */
unsigned int svma_pagetable_discard_leaf(struct svma_pagetable *table, unsigned long *leaf,
					 unsigned int from, unsigned int to, unsigned long *pages)
{
	struct svma_erase erase = { .table = table };
	unsigned int last = svma_leaf_erase(leaf, from, to, &erase);

	*pages += erase.pages;
	return last;
}

/**
 * svma_pagetable_trim() - free a leaf that is empty, and nodes that are so without it
 * @table: the table, exclusively
 * @index: a page number of the leaf, which is the table's own
 * @last: it has lost what it had right below this entry
 */
void svma_pagetable_trim(struct svma_pagetable *table, unsigned long index, unsigned int last)
{
	struct svma_erase erase = { .table = table };
	unsigned long *path[SVMA_PT_LEVELS];

	if (svma_path_find(table, index, path) > 0)
		svma_path_trim(path, index, last, &erase);
}

static void svma_pagetable_take(struct svma_erase *erase)
{
	struct svma_pagetable *table = erase->table;

	erase->end = min(erase->end, SVMA_PT_LIMIT);
	if (!table->root || erase->first >= erase->end)
		return;
	if (WARN_ON_ONCE(svma_node_shared(table->root)))
		return;
	if (!svma_erase_within_leaf(erase))
		svma_node_erase(table->root, SVMA_PT_LEVELS - 1, 0, erase);
	atomic_long_sub(erase->pages, &table->resident);
}

/**
 * svma_pagetable_erase() - take everything out of a range
 * @table: the table, exclusively, after svma_pagetable_own_edges() for the range
 * @first: first page number
 * @end: end, exclusive
 */
void svma_pagetable_erase(struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	struct svma_erase erase = { .table = table, .first = first, .end = end, .guards = true };

	svma_pagetable_take(&erase);
}

/**
 * svma_pagetable_discard() - take all pages out of a range; guards stay
 * @table: the table, exclusively, after svma_pagetable_own_guards() for the range
 * @first: first page number
 * @end: end, exclusive
 */
void svma_pagetable_discard(struct svma_pagetable *table, unsigned long first, unsigned long end)
{
	struct svma_erase erase = { .table = table, .first = first, .end = end };

	svma_pagetable_take(&erase);
}

/**
 * svma_pagetable_guard() - put a guard in place of whatever is there
 * @table: the table, exclusively
 * @slot: place, from svma_pagetable_slot()
 */
void svma_pagetable_guard(struct svma_pagetable *table, unsigned long *slot)
{
	if (svma_pt_is_page(*slot)) {
		svma_pagetable_let_go(table, *slot);
		atomic_long_dec(&table->resident);
	}
	*slot = SVMA_PT_GUARD;
}

struct svma_sweep {
	unsigned long first;
	unsigned long next;	/* where to go on, or SVMA_PT_LIMIT */
	unsigned int leaves;	/* to look at */
	svma_pagetable_leaf_fn fn;
	void *data;
};

/* Leaves of a node of the table's own; false when enough were looked at. */
static bool svma_node_sweep(unsigned long *node, unsigned int level, unsigned long base,
			    struct svma_sweep *sweep)
{
	unsigned long span = svma_node_span(level), index, *child;
	unsigned int i = 0;

	if (sweep->first > base)
		i = (sweep->first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		bool more = true, empty;

		child = (unsigned long *)node[i];
		index = base + i * span;
		if (!child || svma_node_shared(child))
			continue;
		if (level == 1 && !sweep->leaves) {
			sweep->next = index;
			return false;
		}
		if (level > 1) {
			more = svma_node_sweep(child, level - 1, index, sweep);
			empty = svma_node_empty(child);
		} else {
			sweep->leaves--;
			empty = sweep->fn(index, child, sweep->data);
		}
		if (empty) {
			node[i] = 0;
			svma_node_put(child, level - 1, NULL);
		}
		if (!more)
			return false;
	}
	return true;
}

/**
 * svma_pagetable_own_leaves() - visit leaves that belong to this table alone
 * @table: the table, exclusively
 * @first: page number to begin at; out: where to go on, SVMA_PT_LIMIT at the end
 * @leaves: how many to visit, at most
 * @fn: called for each, with the first page number; it may take entries out, with their shares,
 *      and counts them itself. A leaf of which it says so is freed; so are nodes without leaves
 * @data: for @fn
 */
void svma_pagetable_own_leaves(struct svma_pagetable *table, unsigned long *first,
			       unsigned int leaves, svma_pagetable_leaf_fn fn, void *data)
{
	struct svma_sweep sweep = {
		.first = *first, .next = SVMA_PT_LIMIT, .leaves = leaves, .fn = fn, .data = data,
	};

	if (table->root && !svma_node_shared(table->root))
		svma_node_sweep(table->root, SVMA_PT_LEVELS - 1, 0, &sweep);
	*first = sweep.next;
}

/**
 * svma_pagetable_destroy() - take everything out
 * @table: the table; it is empty afterwards
 */
void svma_pagetable_destroy(struct svma_pagetable *table)
{
	svma_pagetable_reserve_drop(table);
	if (table->root)
		svma_node_put(table->root, SVMA_PT_LEVELS - 1, NULL);
	table->root = NULL;
	atomic_long_set(&table->resident, 0);
}
