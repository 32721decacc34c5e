// SPDX-License-Identifier: GPL-2.0
/*
 * The search for gaps in the range index, lowest or highest first.
 *
 * A subtree that lies wholly between the bounds and whose largest gap is long enough has an answer;
 * only the subtrees that the bounds cut may disappoint, one on each level at each bound. So the
 * search takes a time logarithmic in the number of regions.
 */
#include "index_node.h"

struct svma_gap_query {
	unsigned long low;
	unsigned long high;
	unsigned long len;
	unsigned long start;
	unsigned long end;
};

static bool svma_gap_fits(struct svma_gap_query *query, unsigned long start, unsigned long end)
{
	start = max(start, query->low);
	end = min(end, query->high);
	if (start >= end || end - start < query->len)
		return false;
	query->start = start;
	query->end = end;
	return true;
}

static bool svma_leaf_gap_low(struct svma_gap_query *query, const struct svma_leaf *leaf)
{
	unsigned int i;

	for (i = 0; i < leaf->count; i++)
		if (svma_gap_fits(query, svma_leaf_gap_start(leaf, i), leaf->start[i]))
			return true;
	return false;
}

static bool svma_leaf_gap_high(struct svma_gap_query *query, const struct svma_leaf *leaf)
{
	unsigned int i;

	for (i = leaf->count; i--;)
		if (svma_gap_fits(query, svma_leaf_gap_start(leaf, i), leaf->start[i]))
			return true;
	return false;
}

/*
 * @floor is a lower bound of where gaps below @node start, @ceiling an upper bound of where they
 *         end. Child i's gaps start after the first region of child i - 1, and end before the first
 *         region of child i + 1.
 */
static bool svma_node_gap_low(struct svma_gap_query *query, const void *node, unsigned int height,
			      unsigned long floor, unsigned long ceiling)
{
	const struct svma_inner *inner = node;
	unsigned int i;

	if (!height)
		return svma_leaf_gap_low(query, node);
	for (i = 0; i < inner->count; i++) {
		unsigned long from = i ? inner->key[i - 1] : floor;
		unsigned long to = i + 1 < inner->count ? inner->key[i + 1] : ceiling;

		if (from >= query->high)
			return false;
		if (to <= query->low || inner->gap[i] < query->len)
			continue;
		if (svma_node_gap_low(query, inner->child[i], height - 1, from, to))
			return true;
	}
	return false;
}

static bool svma_node_gap_high(struct svma_gap_query *query, const void *node, unsigned int height,
			       unsigned long floor, unsigned long ceiling)
{
	const struct svma_inner *inner = node;
	unsigned int i;

	if (!height)
		return svma_leaf_gap_high(query, node);
	for (i = inner->count; i--;) {
		unsigned long from = i ? inner->key[i - 1] : floor;
		unsigned long to = i + 1 < inner->count ? inner->key[i + 1] : ceiling;

		if (to <= query->low)
			return false;
		if (from >= query->high || inner->gap[i] < query->len)
			continue;
		if (svma_node_gap_high(query, inner->child[i], height - 1, from, to))
			return true;
	}
	return false;
}

static unsigned long svma_index_last_end(const struct svma_index *index)
{
	struct svma_vma last;

	return svma_index_last(index, &last) ? last.end : 0;
}

/**
 * svma_index_gap_low() - the lowest gap of at least some length
 * @index: the index
 * @low: what lies below does not count
 * @high: nor what lies from here on
 * @len: bytes, not 0
 * @start: out: start of the gap, not below @low
 * @end: out: its end, not above @high
 *
 * Return: whether there is one.
 */
bool svma_index_gap_low(struct svma_index *index, unsigned long low, unsigned long high,
			unsigned long len, unsigned long *start, unsigned long *end)
{
	struct svma_gap_query query = { .low = low, .high = high, .len = len };

	svma_index_settle(index);
	if (!(index->root && svma_node_gap_low(&query, index->root, index->height, 0, ULONG_MAX)) &&
	    !svma_gap_fits(&query, svma_index_last_end(index), high))
		return false;
	*start = query.start;
	*end = query.end;
	return true;
}

/**
 * svma_index_gap_high() - the highest gap of at least some length
 * @index: the index
 * @low: what lies below does not count
 * @high: nor what lies from here on
 * @len: bytes, not 0
 * @start: out: start of the gap, not below @low
 * @end: out: its end, not above @high
 *
 * Return: whether there is one.
 */
bool svma_index_gap_high(struct svma_index *index, unsigned long low, unsigned long high,
			 unsigned long len, unsigned long *start, unsigned long *end)
{
	struct svma_gap_query query = { .low = low, .high = high, .len = len };

	svma_index_settle(index);
	if (!svma_gap_fits(&query, svma_index_last_end(index), high) &&
	    !(index->root && svma_node_gap_high(&query, index->root, index->height, 0, ULONG_MAX)))
		return false;
	*start = query.start;
	*end = query.end;
	return true;
}

/* Largest gap that starts, as seen from @from, at or below @last. */
static unsigned long svma_node_gap_max(const void *node, unsigned int height, unsigned long from,
				       unsigned long last, unsigned long floor)
{
	const struct svma_inner *inner = node;
	unsigned long most = 0;
	unsigned int i;

	if (!height) {
		const struct svma_leaf *leaf = node;

		for (i = 0; i < leaf->count; i++) {
			unsigned long start = max(svma_leaf_gap_start(leaf, i), from);

			if (start <= last && leaf->start[i] > start)
				most = max(most, leaf->start[i] - start);
		}
		return most;
	}
	for (i = 0; i < inner->count; i++) {
		/* Gaps below child i start after the first region of the child before it. */
		unsigned long lowest = i ? inner->key[i - 1] : floor;
		bool whole = lowest >= from && i + 1 < inner->count && inner->key[i + 1] <= last;

		if (lowest > last)
			break;
		if (inner->gap[i] <= most || (i + 1 < inner->count && inner->key[i + 1] <= from))
			continue;
		if (whole)
			most = inner->gap[i];
		else
			most = max(most, svma_node_gap_max(inner->child[i], height - 1, from, last,
							   lowest));
	}
	return most;
}

/**
 * svma_index_gap_max() - the largest gap below a region, in a part of the address space
 * @index: the index
 * @from: what lies below does not count
 * @last: gaps that start above this do not count
 *
 * Return: its length, 0 if there is none. What lies above the last region is no gap here.
 */
unsigned long svma_index_gap_max(struct svma_index *index, unsigned long from, unsigned long last)
{
	svma_index_settle(index);
	return index->root ? svma_node_gap_max(index->root, index->height, from, last, 0) : 0;
}
