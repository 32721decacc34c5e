// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: making it what another one is, at the cost of what differs.
 *
 * Subtrees that both share are passed over. A leaf of the table's own in which something differs is
 * mended where it is and stays the table's own, because who goes back to a snapshot again and again
 * writes to the same pages again and again. When nothing has been written to it since the last
 * time, the shared leaf takes its place.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

/*
 * Windows may show the zero page where the table is to have nothing: the mark goes there as well.
 */
static bool svma_restore_equal(const unsigned long *slot, unsigned long *to)
{
	unsigned long entry = READ_ONCE(*slot), then = READ_ONCE(*to);

	if (entry == then)
		return true;
	if (entry == SVMA_PT_ZERO && !then)
		return cmpxchg(to, 0, SVMA_PT_ZERO) <= SVMA_PT_ZERO;
	return !entry && then == SVMA_PT_ZERO;
}

/* Removes entries of windows wherever the two differ; either may be NULL. */
static void svma_node_differ(const unsigned long *node, unsigned long *to, unsigned int level,
			     unsigned long base, struct svma_runs *runs)
{
	unsigned long span = svma_node_span(level);
	unsigned int i;

	/* Where the table has nothing, windows show nothing. */
	if (!node || node == to)
		return;
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		unsigned long entry = READ_ONCE(node[i]);

		if (level)
			svma_node_differ((unsigned long *)entry, to ? (unsigned long *)to[i] : NULL,
					 level - 1, base + i * span, runs);
		else if (entry && (!to || !svma_restore_equal(&node[i], &to[i])))
			svma_runs_add(runs, base + i);
	}
	if (!level)
		cond_resched();
}

static void svma_place_share(unsigned long *place, unsigned long *node, unsigned int level)
{
	unsigned long *old = (unsigned long *)*place;

	if (node)
		svma_node_share(node);
	WRITE_ONCE(*place, (unsigned long)node);
	if (old)
		svma_node_put(old, level, NULL);
}

/* A restore under way. */
struct svma_restoring {
	const struct svma_pagetable_restore *how;
	struct svma_runs runs;
};

/* What is kept is not let go of; whether it is. */
static bool svma_entry_restore(unsigned long *slot, unsigned long then, unsigned long index,
			       struct svma_restoring *restoring)
{
	const struct svma_pagetable_restore *how = restoring->how;
	enum svma_pagetable_kept kept = how->keep(index, *slot, then, how->data);

	if (kept != SVMA_KEPT_ENTRIES && *slot)
		svma_runs_add(&restoring->runs, index);
	if (kept == SVMA_KEPT_NOTHING)
		return false;
	svma_entry_share(then);
	WRITE_ONCE(*slot, then);
	return true;
}

/* A leaf of the table's own; whether the other may take its place as it is. */
static bool svma_leaf_restore(unsigned long *leaf, unsigned long *to, unsigned long base,
			      struct svma_restoring *restoring)
{
	bool equal = true;
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		if (!svma_restore_equal(&leaf[i], &to[i]) &&
		    !svma_entry_restore(&leaf[i], READ_ONCE(to[i]), base + i, restoring))
			equal = false;
	}
	if (equal)
		return true;
	/* First the entries of windows, then the pages. */
	svma_runs_flush(&restoring->runs);
	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		unsigned long old = leaf[i], entry = READ_ONCE(to[i]);

		if (svma_restore_equal(&leaf[i], &to[i]))
			continue;
		if (svma_pt_is_page(entry))
			svma_entry_share(entry);
		WRITE_ONCE(leaf[i], entry);
		if (svma_pt_is_page(old))
			svma_entry_unshare(old);
	}
	return false;
}

/* The node at a place, in a node of the table's own, becomes what @to is. */
static void svma_node_restore(unsigned long *place, unsigned long *to, unsigned int level,
			      unsigned long base, struct svma_restoring *restoring)
{
	unsigned long span = svma_node_span(level), *node = (unsigned long *)*place;
	bool equal = true;
	unsigned int i;

	if (node == to)
		return;
	if (!node || !to || svma_node_shared(node)) {
		svma_node_differ(node, to, level, base, &restoring->runs);
		svma_runs_flush(&restoring->runs);
		svma_place_share(place, to, level);
		return;
	}
	if (!level) {
		equal = svma_leaf_restore(node, to, base, restoring);
		cond_resched();
	}
	for (i = 0; level && i < SVMA_PT_ENTRIES; i++) {
		if (node[i] == to[i])
			continue;
		svma_node_restore(&node[i], (unsigned long *)to[i], level - 1, base + i * span,
				  restoring);
		equal = equal && node[i] == to[i];
	}
	if (equal)
		svma_place_share(place, to, level);
}

/**
 * svma_pagetable_restore() - make a table what another one is
 * @table: the table, exclusively
 * @from: the other, which nobody changes meanwhile
 * @how: what to call
 *
 * Cannot fail.
 */
void svma_pagetable_restore(struct svma_pagetable *table, const struct svma_pagetable *from,
			    const struct svma_pagetable_restore *how)
{
	struct svma_restoring restoring = {
		.how = how, .runs = { .fn = how->zap, .data = how->data },
	};

	svma_node_restore((unsigned long *)&table->root, from->root, SVMA_PT_LEVELS - 1, 0,
			  &restoring);
	svma_runs_flush(&restoring.runs);
	atomic_long_set(&table->resident, atomic_long_read(&from->resident));
}
