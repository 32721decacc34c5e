// SPDX-License-Identifier: GPL-2.0
/*
 * The range index: a B+ tree with the regions by value in its leaves. Look-ups are here, changes in
 * index_change.c, the search for gaps in index_gap.c, nodes in index_node.c.
 */
#include "index_node.h"

/* Go down to the first leaf below path[level]. */
static void svma_path_down(struct svma_cursor *cursor, unsigned int level, bool last)
{
	for (; level < cursor->index->height; level++) {
		struct svma_inner *inner = cursor->path[level];

		cursor->slot[level] = last ? inner->count - 1 : 0;
		cursor->path[level + 1] = inner->child[cursor->slot[level]];
	}
}

bool svma_path_next(struct svma_cursor *cursor)
{
	unsigned int level = cursor->index->height;

	while (level--) {
		struct svma_inner *inner = cursor->path[level];

		if (cursor->slot[level] + 1 < inner->count) {
			cursor->path[level + 1] = inner->child[++cursor->slot[level]];
			svma_path_down(cursor, level + 1, false);
			cursor->slot[cursor->index->height] = 0;
			return true;
		}
	}
	return false;
}

static bool svma_path_prev(struct svma_cursor *cursor)
{
	unsigned int level = cursor->index->height;

	while (level--) {
		struct svma_inner *inner = cursor->path[level];

		if (cursor->slot[level]) {
			struct svma_leaf *leaf;

			cursor->path[level + 1] = inner->child[--cursor->slot[level]];
			svma_path_down(cursor, level + 1, true);
			leaf = cursor->path[cursor->index->height];
			cursor->slot[cursor->index->height] = leaf->count - 1;
			return true;
		}
	}
	return false;
}

/* Go to the leaf in which a region that starts at @start is or would be. */
struct svma_leaf *svma_path_to(struct svma_cursor *cursor, struct svma_index *index,
			       unsigned long start)
{
	void *node = index->root;
	unsigned int level;

	cursor->index = index;
	for (level = 0; level < index->height; level++) {
		struct svma_inner *inner = node;
		unsigned int slot = svma_inner_slot(inner, start);

		cursor->path[level] = inner;
		cursor->slot[level] = slot;
		node = inner->child[slot];
	}
	cursor->path[level] = node;
	return node;
}

/* The same with the cursor that the index has of its own; the index exclusively. */
struct svma_cursor *svma_finger_to(struct svma_index *index, unsigned long start)
{
	struct svma_cursor *finger = &index->finger;
	unsigned int level;

	if (svma_cursor_covers(finger, start))
		return finger;
	svma_index_settle(index);
	svma_path_to(finger, index, start);
	finger->low = 0;
	finger->high = ULONG_MAX;
	for (level = 0; level < index->height; level++) {
		struct svma_inner *inner = finger->path[level];
		unsigned int slot = finger->slot[level];

		if (slot)
			finger->low = inner->key[slot];
		if (slot + 1 < inner->count)
			finger->high = inner->key[slot + 1];
	}
	return finger;
}

/* The path of the finger, for a cursor of somebody else. */
static struct svma_leaf *svma_path_copy(struct svma_cursor *cursor, struct svma_index *index)
{
	unsigned int level;

	cursor->index = index;
	for (level = 0; level < index->height; level++) {
		cursor->path[level] = index->finger.path[level];
		cursor->slot[level] = index->finger.slot[level];
	}
	cursor->path[level] = index->finger.path[level];
	return cursor->path[level];
}

/**
 * svma_cursor_get() - read the region at a cursor
 * @cursor: a cursor that stands on a region
 * @vma: out: a copy of the region
 */
void svma_cursor_get(const struct svma_cursor *cursor, struct svma_vma *vma)
{
	unsigned int height = cursor->index->height;

	svma_leaf_read(cursor->path[height], cursor->slot[height], vma);
}

/**
 * svma_cursor_find() - set a cursor on the region that holds an address, or the first one above it
 * @cursor: out: the cursor
 * @index: the index
 * @addr: address
 * @vma: out: a copy of the region; may be NULL
 *
 * Return: whether there is one.
 */
bool svma_cursor_find(struct svma_cursor *cursor, struct svma_index *index, unsigned long addr,
		      struct svma_vma *vma)
{
	struct svma_leaf *leaf;
	unsigned int slot;

	cursor->index = index;
	if (!index->root)
		return false;
	if (svma_cursor_covers(&index->finger, addr))
		leaf = svma_path_copy(cursor, index);
	else
		leaf = svma_path_to(cursor, index, addr);
	slot = svma_leaf_slot(leaf, addr);
	cursor->slot[index->height] = slot;
	if (slot == leaf->count && !svma_path_next(cursor))
		return false;
	if (vma)
		svma_cursor_get(cursor, vma);
	return true;
}

/**
 * svma_cursor_next() - go to the next region
 * @cursor: a cursor that stands on a region
 * @vma: out: a copy of the region; may be NULL
 *
 * Return: whether there is one; if not, the cursor stays.
 */
bool svma_cursor_next(struct svma_cursor *cursor, struct svma_vma *vma)
{
	unsigned int height = cursor->index->height;
	struct svma_leaf *leaf = cursor->path[height];

	if (cursor->slot[height] + 1 < leaf->count)
		cursor->slot[height]++;
	else if (!svma_path_next(cursor))
		return false;
	if (vma)
		svma_leaf_read(cursor->path[height], cursor->slot[height], vma);
	return true;
}

/**
 * svma_cursor_prev() - go to the previous region
 * @cursor: a cursor that stands on a region
 * @vma: out: a copy of the region; may be NULL
 *
 * Return: whether there is one; if not, the cursor stays.
 */
bool svma_cursor_prev(struct svma_cursor *cursor, struct svma_vma *vma)
{
	unsigned int height = cursor->index->height;

	if (cursor->slot[height])
		cursor->slot[height]--;
	else if (!svma_path_prev(cursor))
		return false;
	if (vma)
		svma_cursor_get(cursor, vma);
	return true;
}

/* The first region behind the leaf that an address leads to. */
static noinline bool svma_index_find_far(struct svma_index *index, unsigned long addr,
					 struct svma_vma *vma)
{
	bool near = svma_cursor_covers(&index->finger, addr);
	const struct svma_inner *inner = index->root, *next = NULL;
	unsigned int level, below = 0;

	for (level = 0; level < index->height; level++) {
		unsigned int slot = near ? index->finger.slot[level] : svma_inner_slot(inner, addr);

		if (slot + 1 < inner->count) {
			next = inner->child[slot + 1];
			below = index->height - level - 1;
		}
		inner = inner->child[slot];
	}
	if (!next)
		return false;
	while (below--)
		next = next->child[0];
	if (vma)
		svma_leaf_read((const struct svma_leaf *)next, 0, vma);
	return true;
}

/**
 * svma_index_find() - the region that holds an address, or the first one above it
 * @index: the index
 * @addr: address
 * @vma: out: a copy of the region
 *
 * Return: whether there is one.
 */
bool svma_index_find(struct svma_index *index, unsigned long addr, struct svma_vma *vma)
{
	const struct svma_cursor *finger = &index->finger;
	const struct svma_leaf *leaf = index->root;
	unsigned int level, slot;

	if (!leaf)
		return false;
	if (svma_cursor_covers(finger, addr)) {
		leaf = finger->path[index->height];
	} else {
		for (level = index->height; level; level--) {
			const struct svma_inner *inner = (const void *)leaf;

			leaf = inner->child[svma_inner_slot(inner, addr)];
		}
		svma_leaf_prefetch(leaf);
	}
	slot = svma_leaf_slot(leaf, addr);
	/* It may be the first region of the next leaf. */
	if (slot == leaf->count)
		return svma_index_find_far(index, addr, vma);
	if (vma)
		svma_leaf_read(leaf, slot, vma);
	return true;
}

/**
 * svma_index_seek() - svma_index_find() of who is about to change something there
 * @index: the index, exclusively
 * @addr: address
 * @vma: out: a copy of the region; may be NULL
 *
 * What is looked up and changed near it next is found without going down the tree again.
 *
 * Return: whether there is one.
 */
bool svma_index_seek(struct svma_index *index, unsigned long addr, struct svma_vma *vma)
{
	if (index->root)
		svma_finger_to(index, addr);
	return svma_index_find(index, addr, vma);
}

static bool svma_vma_same(const struct svma_vma *a, const struct svma_vma *b)
{
	return a->start == b->start && a->end == b->end && a->flags == b->flags &&
	       a->pgoff == b->pgoff && a->backing == b->backing && a->anon == b->anon &&
	       a->attr == b->attr;
}

/**
 * svma_index_same() - do two indexes hold the same regions?
 * @index: one
 * @other: the other
 *
 * Return: whether they do.
 */
bool svma_index_same(struct svma_index *index, struct svma_index *other)
{
	struct svma_cursor at, there;
	struct svma_vma a, b;
	bool more;

	if (index->count != other->count)
		return false;
	more = svma_cursor_find(&at, index, 0, &a) && svma_cursor_find(&there, other, 0, &b);
	while (more) {
		if (!svma_vma_same(&a, &b))
			return false;
		more = svma_cursor_next(&at, &a) && svma_cursor_next(&there, &b);
		cond_resched();
	}
	return true;
}

/**
 * svma_index_last() - the last region
 * @index: the index
 * @vma: out: a copy of it
 *
 * Return: whether there is one.
 */
bool svma_index_last(const struct svma_index *index, struct svma_vma *vma)
{
	const struct svma_leaf *leaf;
	const void *node = index->root;
	unsigned int height;

	if (!node)
		return false;
	for (height = index->height; height; height--) {
		const struct svma_inner *inner = node;

		node = inner->child[inner->count - 1];
	}
	leaf = node;
	svma_leaf_read(leaf, leaf->count - 1, vma);
	return true;
}
