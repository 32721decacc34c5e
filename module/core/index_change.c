// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of the range index. None can fail: svma_index_reserve() set nodes aside.
 *
 * Each inner node knows the largest gap below each of its children. A gap belongs to the region
 * above it; the gap below a leaf's first region needs the end of the region before, which the leaf
 * keeps in @prev_end, so that no change has to look at more than two leaves and their paths.
 */
#include "index_node.h"

/* Largest gap below a node, and the start of its first region. */

static unsigned long svma_leaf_gap(const struct svma_leaf *leaf)
{
	unsigned long max = 0;
	unsigned int i;

	for (i = 0; i < leaf->count; i++)
		max = max(max, leaf->start[i] - svma_leaf_gap_start(leaf, i));
	return max;
}

static unsigned long svma_inner_gap(const struct svma_inner *inner)
{
	unsigned long max = 0;
	unsigned int i;

	for (i = 0; i < inner->count; i++)
		max = max(max, inner->gap[i]);
	return max;
}

unsigned long svma_node_gap(const void *node, unsigned int height)
{
	return height ? svma_inner_gap(node) : svma_leaf_gap(node);
}

/* Bring gaps on the cursor's path up to date with its leaf. */
static void svma_path_fix(struct svma_cursor *cursor)
{
	const struct svma_index *index = cursor->index;
	unsigned int level = index->height;

	while (level--) {
		struct svma_inner *inner = cursor->path[level];
		unsigned int slot = cursor->slot[level], below = index->height - level - 1;
		unsigned long gap = svma_node_gap(inner->child[slot], below);

		if (inner->gap[slot] == gap)
			return;
		inner->gap[slot] = gap;
	}
}

static void svma_index_settle_stale(struct svma_index *index)
{
	struct svma_cursor next;
	struct svma_leaf *leaf;
	unsigned long end;

	index->stale = false;
	svma_path_fix(&index->finger);
	leaf = index->finger.path[index->height];
	end = leaf->end[leaf->count - 1];
	next = index->finger;
	if (!svma_path_next(&next))
		return;
	leaf = next.path[index->height];
	if (leaf->prev_end == end)
		return;
	leaf->prev_end = end;
	svma_path_fix(&next);
}

/**
 * svma_index_settle() - bring gaps up to date
 * @index: the index
 *
 * Gaps above the leaf that changed last are left alone until somebody asks for gaps, or changes
 * another leaf: what a verb does to a leaf is often undone by the next step or the next verb.
 */
void svma_index_settle(struct svma_index *index)
{
	if (index->stale)
		svma_index_settle_stale(index);
}

/* Nodes are about to come or go: settle, and find the way anew next time. */
void svma_finger_drop(struct svma_index *index)
{
	svma_index_settle(index);
	index->finger.low = 0;
	index->finger.high = 0;
}

/* The leaf at the finger has changed: its key is brought up to date, gaps are later. */
static void svma_leaf_changed(struct svma_index *index)
{
	struct svma_cursor *finger = &index->finger;
	struct svma_leaf *leaf = finger->path[index->height];
	unsigned int level = index->height;

	index->stale = true;
	while (level--) {
		struct svma_inner *inner = finger->path[level];
		unsigned int slot = finger->slot[level];

		if (inner->key[slot] == leaf->start[0])
			return;
		inner->key[slot] = leaf->start[0];
		if (slot) {
			if (finger->high)
				finger->low = leaf->start[0];
			return;
		}
	}
}

/* Keys and gaps on all levels of the path to @start, after nodes on it came or went. */
static void svma_path_refresh(struct svma_index *index, unsigned long start)
{
	struct svma_cursor cursor;
	unsigned int level;

	if (!index->root)
		return;
	svma_path_to(&cursor, index, start);
	for (level = index->height; level--;) {
		struct svma_inner *inner = cursor.path[level];
		unsigned int slot = cursor.slot[level], below = index->height - level - 1;

		inner->key[slot] = svma_node_key(inner->child[slot], below);
		inner->gap[slot] = svma_node_gap(inner->child[slot], below);
	}
}

/*
 * Put @child into path[level] behind the slot that the cursor has there; split upwards as needed.
 */
static void svma_inner_insert(struct svma_cursor *cursor, unsigned int level, void *child)
{
	struct svma_index *index = cursor->index;
	unsigned int below = index->height - level - 1;
	struct svma_inner *inner = cursor->path[level], *right = NULL;
	unsigned int at = cursor->slot[level] + 1;

	if (inner->count == SVMA_INNER_MAX) {
		/* Appending leaves full nodes behind; else give both halves room. */
		unsigned int keep = at == SVMA_INNER_MAX ? SVMA_INNER_MAX - 1 : SVMA_INNER_MAX / 2;

		right = svma_inner_take(index);
		right->count = SVMA_INNER_MAX - keep;
		svma_inner_copy(right, 0, inner, keep, right->count);
		svma_inner_cut(inner, keep);
		if (at > keep) {
			at -= keep;
			inner = right;
		}
	}
	svma_inner_copy(inner, at + 1, inner, at, inner->count - at);
	inner->child[at] = child;
	inner->key[at] = svma_node_key(child, below);
	inner->gap[at] = svma_node_gap(child, below);
	inner->count++;
	if (!right)
		return;

	if (!level) {
		struct svma_inner *root = svma_inner_take(index);

		root->count = 1;
		root->child[0] = index->root;
		root->key[0] = svma_node_key(index->root, index->height);
		root->gap[0] = svma_node_gap(index->root, index->height);
		memmove(&cursor->path[1], &cursor->path[0],
			(index->height + 1) * sizeof(cursor->path[0]));
		memmove(&cursor->slot[1], &cursor->slot[0],
			(index->height + 1) * sizeof(cursor->slot[0]));
		cursor->path[0] = root;
		cursor->slot[0] = 0;
		index->root = root;
		index->height++;
		level = 1;
	}
	inner = cursor->path[level - 1];
	below = index->height - level;
	inner->key[cursor->slot[level - 1]] =
		svma_node_key(inner->child[cursor->slot[level - 1]], below);
	inner->gap[cursor->slot[level - 1]] =
		svma_node_gap(inner->child[cursor->slot[level - 1]], below);
	svma_inner_insert(cursor, level - 1, right);
}

/* Make room in a full leaf by splitting it; regions from @keep on go to a new leaf on its right. */
static void svma_leaf_split(struct svma_cursor *cursor, unsigned int keep)
{
	struct svma_index *index = cursor->index;
	struct svma_leaf *leaf = cursor->path[index->height], *right = svma_leaf_take(index);

	right->count = leaf->count - keep;
	svma_leaf_copy(right, 0, leaf, keep, right->count);
	right->prev_end = leaf->end[keep - 1];
	svma_leaf_cut(leaf, keep);
	if (!index->height) {
		struct svma_inner *root = svma_inner_take(index);

		root->count = 1;
		root->child[0] = leaf;
		root->key[0] = leaf->start[0];
		cursor->path[1] = leaf;
		cursor->slot[1] = cursor->slot[0];
		cursor->path[0] = root;
		cursor->slot[0] = 0;
		index->root = root;
		index->height = 1;
		root->gap[0] = svma_leaf_gap(leaf);
	}
	svma_inner_insert(cursor, index->height - 1, right);
	svma_path_refresh(index, leaf->start[0]);
	svma_path_refresh(index, right->start[0]);
}

/*
 * Where to split a full leaf for an insertion at @slot. Runs of insertions go on where the last one
 * was, so the split is near it, and the half that is done with stays full.
 */
static unsigned int svma_leaf_keep(unsigned int slot)
{
	if (slot == SVMA_LEAF_MAX)
		return SVMA_LEAF_MAX - 1;
	return min(max(slot, SVMA_LEAF_MAX / 4u), SVMA_LEAF_MAX * 3 / 4u);
}

/* Room in the full leaf at the finger, or in its neighbour; the finger is where it is then. */
static noinline void svma_leaf_room(struct svma_index *index, unsigned long start)
{
	struct svma_cursor *cursor = &index->finger, next;
	struct svma_leaf *leaf = cursor->path[index->height];
	unsigned int slot = svma_leaf_slot(leaf, start);

	svma_finger_drop(index);
	next = *cursor;
	/* A run of insertions downwards to here would leave a leaf for each: use the neighbour. */
	if (slot == leaf->count && svma_path_next(&next) &&
	    ((struct svma_leaf *)next.path[index->height])->count < SVMA_LEAF_MAX) {
		*cursor = next;
		return;
	}
	svma_leaf_split(cursor, svma_leaf_keep(slot));
	svma_finger_to(index, start);
}

/**
 * svma_index_insert() - add a region
 * @index: the index, with nodes set aside for one insertion
 * @vma: the region; overlaps no other. A reference to its backing is taken.
 */
void svma_index_insert(struct svma_index *index, const struct svma_vma *vma)
{
	struct svma_leaf *leaf;
	unsigned int slot;

	index->version++;
	svma_backing_get(vma->backing);
	index->count++;
	if (!index->root)
		index->root = svma_leaf_take(index);
	leaf = svma_finger_to(index, vma->start)->path[index->height];
	if (leaf->count == SVMA_LEAF_MAX) {
		svma_leaf_room(index, vma->start);
		leaf = index->finger.path[index->height];
	}
	slot = svma_leaf_slot(leaf, vma->start);
	svma_leaf_copy(leaf, slot + 1, leaf, slot, leaf->count - slot);
	svma_leaf_write(leaf, slot, vma);
	leaf->count++;
	svma_leaf_changed(index);
}

/* Take path[level]'s child at the cursor's slot out; the node goes with its last child. */
static void svma_inner_erase(struct svma_cursor *cursor, unsigned int level)
{
	struct svma_index *index = cursor->index;
	struct svma_inner *inner = cursor->path[level];
	unsigned int slot = cursor->slot[level];

	svma_inner_copy(inner, slot, inner, slot + 1, inner->count - slot - 1);
	svma_inner_cut(inner, inner->count - 1);
	if (inner->count)
		return;
	svma_inner_give(index, inner);
	if (level) {
		svma_inner_erase(cursor, level - 1);
	} else {
		index->root = NULL;
		index->height = 0;
	}
}

/* A root with one child is none. */
static void svma_root_collapse(struct svma_index *index)
{
	while (index->height) {
		struct svma_inner *root = index->root;

		if (root->count > 1)
			return;
		index->root = root->child[0];
		index->height--;
		svma_inner_give(index, root);
	}
}

/* The leaf at the finger loses its last region: unlink it. */
static noinline void svma_leaf_remove(struct svma_index *index)
{
	struct svma_cursor cursor = index->finger, next = index->finger;
	struct svma_leaf *leaf = cursor.path[index->height];
	unsigned long start = leaf->start[0];

	if (!index->height) {
		svma_leaf_give(index, leaf);
		index->root = NULL;
		return;
	}
	if (svma_path_next(&next)) {
		struct svma_leaf *right = next.path[index->height];

		right->prev_end = leaf->prev_end;
		svma_path_fix(&next);
	}
	svma_leaf_give(index, leaf);
	svma_inner_erase(&cursor, index->height - 1);
	svma_root_collapse(index);
	svma_path_refresh(index, start);
}

/* Are two neighbours under one parent so small that they become one? */
static bool svma_leaves_small(const struct svma_inner *inner, unsigned int slot)
{
	const struct svma_leaf *leaf = inner->child[slot], *right = inner->child[slot + 1];

	return leaf->count + right->count <= SVMA_LEAF_MAX * 3 / 4;
}

/* Make the leaf on the right of a slot a part of the one at it; both below the finger's parent. */
static noinline void svma_leaf_unite(struct svma_index *index, unsigned int slot)
{
	struct svma_cursor cursor = index->finger;
	struct svma_inner *inner = cursor.path[index->height - 1];
	struct svma_leaf *leaf = inner->child[slot], *right = inner->child[slot + 1];

	svma_finger_drop(index);
	svma_leaf_copy(leaf, leaf->count, right, 0, right->count);
	leaf->count += right->count;
	svma_leaf_give(index, right);
	cursor.slot[index->height - 1] = slot + 1;
	svma_inner_erase(&cursor, index->height - 1);
	svma_root_collapse(index);
	svma_path_refresh(index, leaf->start[0]);
}

/* Join the finger's leaf with a neighbour under the same parent, if both are small. */
static void svma_leaf_join_small(struct svma_index *index)
{
	const struct svma_inner *inner = index->finger.path[index->height - 1];
	unsigned int slot = index->finger.slot[index->height - 1];

	if (slot + 1 < inner->count && svma_leaves_small(inner, slot))
		svma_leaf_unite(index, slot);
	else if (slot && svma_leaves_small(inner, slot - 1))
		svma_leaf_unite(index, slot - 1);
}

static void svma_leaf_join(struct svma_index *index, const struct svma_leaf *leaf)
{
	if (index->height && leaf->count < SVMA_LEAF_MAX / 2)
		svma_leaf_join_small(index);
}

/* Set the finger on the leaf that holds an address. */
static struct svma_leaf *svma_leaf_at(struct svma_index *index, unsigned long addr)
{
	return svma_finger_to(index, addr)->path[index->height];
}

/**
 * svma_index_erase() - take a region out
 * @index: the index
 * @start: where the region starts; there is one. The reference to its backing is given up.
 */
void svma_index_erase(struct svma_index *index, unsigned long start)
{
	struct svma_leaf *leaf = svma_leaf_at(index, start);
	unsigned int slot = svma_leaf_slot(leaf, start);

	index->version++;
	svma_backing_put(leaf->rest[slot].backing);
	index->count--;
	if (leaf->count == 1) {
		svma_finger_drop(index);
		svma_leaf_remove(index);
		return;
	}
	svma_leaf_copy(leaf, slot, leaf, slot + 1, leaf->count - slot - 1);
	svma_leaf_cut(leaf, leaf->count - 1);
	svma_leaf_changed(index);
	svma_leaf_join(index, leaf);
}

/**
 * svma_index_set() - change a region in place
 * @index: the index
 * @start: where the region starts now; there is one
 * @vma: what it is to be; the order of the regions is the same as before
 */
void svma_index_set(struct svma_index *index, unsigned long start, const struct svma_vma *vma)
{
	struct svma_leaf *leaf = svma_leaf_at(index, start);
	unsigned int slot = svma_leaf_slot(leaf, start);
	struct svma_backing *old = leaf->rest[slot].backing;
	bool same = leaf->start[slot] == vma->start && leaf->end[slot] == vma->end;

	index->version++;
	if (old != vma->backing) {
		svma_backing_get(vma->backing);
		svma_backing_put(old);
	}
	svma_leaf_write(leaf, slot, vma);
	if (!same)
		svma_leaf_changed(index);
}

/**
 * svma_index_splice() - put other regions where some are, if that takes no more than a leaf
 * @index: the index
 * @start: where the first of them starts
 * @gone: how many of them there are, at least one; each ends where the next one starts
 * @vmas: what is to be there: they begin, go on and end in the same way
 * @count: how many these are, at least one; all have the backing that is there now
 *
 * As svma_index_set(), svma_index_insert() and svma_index_erase() one by one, but neither a gap nor
 * a key nor another leaf changes, so there is nothing to look after.
 *
 * Return: whether it was done; nothing has changed if not.
 */
bool svma_index_splice(struct svma_index *index, unsigned long start, unsigned int gone,
		       const struct svma_vma *vmas, unsigned int count)
{
	struct svma_leaf *leaf = svma_leaf_at(index, start);
	unsigned int slot = svma_leaf_slot(leaf, start), behind = slot + gone, i;

	if (behind > leaf->count || leaf->count - gone + count > SVMA_LEAF_MAX)
		return false;
	index->version++;
	for (i = gone; i < count; i++)
		svma_backing_get(vmas->backing);
	for (i = count; i < gone; i++)
		svma_backing_put(vmas->backing);
	index->count += count;
	index->count -= gone;
	if (gone != count)
		svma_leaf_copy(leaf, slot + count, leaf, behind, leaf->count - behind);
	if (gone > count)
		svma_leaf_cut(leaf, leaf->count - gone + count);
	else
		leaf->count += count - gone;
	for (i = 0; i < count; i++)
		svma_leaf_write(leaf, slot + i, &vmas[i]);
	svma_leaf_join(index, leaf);
	return true;
}
