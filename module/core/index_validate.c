// SPDX-License-Identifier: GPL-2.0
/*
 * Every invariant of the range index, checked from nothing; for tests.
 */
#include "index_node.h"

static const char *svma_node_validate(struct svma_index *index, void *node, unsigned int height,
				      unsigned long *prev, unsigned long *count)
{
	unsigned int i;

	if (!height) {
		struct svma_leaf *leaf = node;

		if (!leaf->count || leaf->count > SVMA_LEAF_MAX)
			return "leaf: count out of range";
		if (leaf->prev_end != *prev)
			return "leaf: end of the region before is wrong";
		for (i = 0; i < leaf->count; i++) {
			if (leaf->start[i] < *prev)
				return "leaf: regions overlap or are out of order";
			if (leaf->end[i] <= leaf->start[i])
				return "leaf: region is empty";
			*prev = leaf->end[i];
		}
		for (; i < SVMA_LEAF_MAX; i++)
			if (leaf->end[i] != SVMA_NODE_NONE)
				return "leaf: something is left behind the last region";
		*count += leaf->count;
		return NULL;
	}
	for (i = 0; i < ((struct svma_inner *)node)->count; i++) {
		struct svma_inner *inner = node;
		const char *wrong =
			svma_node_validate(index, inner->child[i], height - 1, prev, count);

		if (wrong)
			return wrong;
		if (inner->key[i] != svma_node_key(inner->child[i], height - 1))
			return "inner: key is wrong";
		if (inner->gap[i] != svma_node_gap(inner->child[i], height - 1))
			return "inner: gap is wrong";
	}
	if (!i || i > SVMA_INNER_MAX)
		return "inner: count out of range";
	for (; i < SVMA_INNER_MAX; i++)
		if (((struct svma_inner *)node)->key[i] != SVMA_NODE_NONE)
			return "inner: something is left behind the last child";
	return NULL;
}

/* Are the addresses that the finger takes for its leaf's those that lead there? */
static bool svma_finger_valid(struct svma_index *index)
{
	const struct svma_cursor *finger = &index->finger;
	struct svma_leaf *leaf = finger->path[index->height];
	struct svma_cursor cursor;

	if (finger->low == finger->high)
		return true;
	return svma_path_to(&cursor, index, finger->low) == leaf &&
	       svma_path_to(&cursor, index, finger->high - 1) == leaf;
}

/**
 * svma_index_validate() - check every invariant of the index
 * @index: the index
 *
 * Return: NULL, or what is wrong.
 */
const char *svma_index_validate(struct svma_index *index)
{
	unsigned long prev = 0, count = 0;
	const char *wrong;

	svma_index_settle(index);
	if (!index->root)
		return index->count ? "index: no root, but regions" : NULL;
	wrong = svma_node_validate(index, index->root, index->height, &prev, &count);
	if (wrong)
		return wrong;
	if (count != index->count)
		return "index: number of regions is wrong";
	if (!svma_finger_valid(index))
		return "index: the finger is on another leaf";
	return NULL;
}
