// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: where two of them differ, and copying from one to the other by sharing. Both pass
 * over what is shared by its pointer.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "pagetable_node.h"

/* Leaves that are looked at in one go. */
#define SVMA_COMPARE_LEAVES	512u

struct svma_compare {
	unsigned long first;
	unsigned long end;
	unsigned long next;	/* where it ended */
	unsigned int leaves;	/* that may still be looked at */
	svma_pagetable_differ_fn fn;
	void *data;
};

/* Nothing, and a mark that windows may show the zero page, are the same contents. */
static unsigned long svma_entry_contents(unsigned long entry)
{
	return entry == SVMA_PT_ZERO ? 0 : entry;
}

/* Either node may be NULL. */
static int svma_node_compare(const unsigned long *a, const unsigned long *b, unsigned int level,
			     unsigned long base, struct svma_compare *compare)
{
	unsigned long span = svma_node_span(level), index;
	unsigned int i = 0;
	int ret;

	if (a == b)
		return 0;
	if (!level && !compare->leaves--) {
		compare->next = max(base, compare->first);
		return 1;
	}
	if (compare->first > base)
		i = (compare->first - base) / span;
	for (; i < SVMA_PT_ENTRIES; i++) {
		unsigned long x = a ? READ_ONCE(a[i]) : 0, y = b ? READ_ONCE(b[i]) : 0;

		index = base + i * span;
		if (index >= compare->end)
			break;
		if (level)
			ret = svma_node_compare((unsigned long *)x, (unsigned long *)y, level - 1,
						index, compare);
		else if (svma_entry_contents(x) != svma_entry_contents(y))
			ret = compare->fn(index, compare->data);
		else
			continue;
		if (ret && !level)
			compare->next = index;
		if (ret)
			return ret;
	}
	if (!level)
		cond_resched();
	return 0;
}

/**
 * svma_pagetable_compare() - visit the pages in which two tables differ
 * @table: one, at least shared
 * @other: the other, as well
 * @first: in: first page number; out: where to go on: a while, or @fn, ended it; or @end
 * @end: end, exclusive
 * @fn: called for each, in order; ends it if it does not answer 0
 * @data: for @fn
 */
void svma_pagetable_compare(const struct svma_pagetable *table, const struct svma_pagetable *other,
			    unsigned long *first, unsigned long end, svma_pagetable_differ_fn fn,
			    void *data)
{
	struct svma_compare compare = {
		.first = *first, .end = min(end, SVMA_PT_LIMIT), .next = end,
		.leaves = SVMA_COMPARE_LEAVES, .fn = fn, .data = data,
	};

	if (compare.first < compare.end)
		svma_node_compare(READ_ONCE(table->root), READ_ONCE(other->root),
				  SVMA_PT_LEVELS - 1, 0, &compare);
	*first = compare.next;
}

static unsigned long svma_leaf_pages(const unsigned long *leaf)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; leaf && i < SVMA_PT_ENTRIES; i++)
		pages += svma_pt_is_page(READ_ONCE(leaf[i]));
	return pages;
}

static int svma_leaf_share(struct svma_pagetable *table, unsigned long index, unsigned long *leaf,
			   struct svma_space *payer)
{
	unsigned long *place = svma_pagetable_place(table, index, 1, payer, true);
	unsigned long *old;

	if (IS_ERR(place))
		return PTR_ERR(place);
	old = (unsigned long *)*place;
	atomic_long_add(svma_leaf_pages(leaf) - svma_leaf_pages(old), &table->resident);
	if (leaf)
		svma_node_share(leaf);
	WRITE_ONCE(*place, (unsigned long)leaf);
	if (old)
		svma_node_put(old, 0, NULL);
	return 0;
}

/**
 * svma_pagetable_copy() - make pages of one table those of another
 * @table: where to, exclusively; no window shows what is there
 * @to: first page number
 * @from: where from, exclusively, after svma_pagetable_clear_written()
 * @index: first page number there
 * @count: pages, in one leaf on both sides
 * @payer: who pays for nodes
 *
 * A whole leaf is shared as it is. Guards are not copied.
 *
 * Return: 0; -ENOMEM, and nothing has changed.
 */
int svma_pagetable_copy(struct svma_pagetable *table, unsigned long to,
			const struct svma_pagetable *from, unsigned long index,
			unsigned long count, struct svma_space *payer)
{
	unsigned long *leaf = svma_pagetable_leaf(from, index, NULL), *slot, i;

	if (!leaf && !svma_pagetable_leaf(table, to, NULL))
		return 0;
	if (count == SVMA_PT_ENTRIES && !(leaf && svma_leaf_has_guard(leaf)))
		return svma_leaf_share(table, to, leaf, payer);
	slot = svma_pagetable_slot(table, to, payer, true);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	for (i = 0; i < count; i++) {
		unsigned long old = slot[i], entry = 0;

		if (leaf)
			entry = READ_ONCE(leaf[svma_node_offset(index, 0) + i]);
		if (!svma_pt_is_page(entry))
			entry = 0;
		if (entry == old)
			continue;
		if (entry) {
			svma_entry_share(entry);
			atomic_long_inc(&table->resident);
		}
		WRITE_ONCE(slot[i], entry);
		if (svma_pt_is_page(old)) {
			svma_entry_unshare(old);
			atomic_long_dec(&table->resident);
		}
	}
	return 0;
}
