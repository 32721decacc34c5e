// SPDX-License-Identifier: GPL-2.0
/*
 * The range index: a B+ tree with the regions by value in its leaves; lookup and change.
 * The search for gaps is in index_gap.c.
 *
 * Each inner node knows the largest gap below each of its children. A gap belongs to the region
 * above it; the gap below a leaf's first region needs the end of the region before, which the leaf
 * keeps in @prev_end, so that no change has to look at more than two leaves and their paths.
 */
#include "index_node.h"

static struct kmem_cache *svma_leaf_cache;
static struct kmem_cache *svma_inner_cache;

/**
 * svma_index_setup() - make what all indexes share
 *
 * Return: 0 or -ENOMEM.
 */
int svma_index_setup(void)
{
	svma_leaf_cache = kmem_cache_create("svma_leaf", sizeof(struct svma_leaf), 64, SLAB_ACCOUNT, NULL);
	if (!svma_leaf_cache)
		return -ENOMEM;
	svma_inner_cache = kmem_cache_create("svma_inner", sizeof(struct svma_inner), 64, SLAB_ACCOUNT, NULL);
	if (!svma_inner_cache) {
		kmem_cache_destroy(svma_leaf_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * svma_index_cleanup() - undo svma_index_setup()
 */
void svma_index_cleanup(void)
{
	kmem_cache_destroy(svma_inner_cache);
	kmem_cache_destroy(svma_leaf_cache);
}

/**
 * svma_index_init() - make an empty index
 * @index: the index
 * @guard: bytes kept free below a region that grows down
 */
void svma_index_init(struct svma_index *index, unsigned long guard)
{
	memset(index, 0, sizeof(*index));
	index->guard = guard;
}

static void svma_backing_get(struct svma_backing *backing)
{
	if (backing)
		backing->ops->get(backing);
}

static void svma_backing_put(struct svma_backing *backing)
{
	if (backing)
		backing->ops->put(backing);
}

static void svma_node_destroy(void *node, unsigned int height)
{
	unsigned int i;

	if (!height) {
		struct svma_leaf *leaf = node;

		for (i = 0; i < leaf->count; i++)
			svma_backing_put(leaf->rest[i].backing);
		kmem_cache_free(svma_leaf_cache, leaf);
	} else {
		struct svma_inner *inner = node;

		for (i = 0; i < inner->count; i++)
			svma_node_destroy(inner->child[i], height - 1);
		kmem_cache_free(svma_inner_cache, inner);
		cond_resched();
	}
}

/**
 * svma_index_destroy() - forget all regions and free all nodes
 * @index: the index
 */
void svma_index_destroy(struct svma_index *index)
{
	if (index->root)
		svma_node_destroy(index->root, index->height);
	while (index->spare_leaves) {
		struct svma_leaf *leaf = index->spare_leaves;

		index->spare_leaves = leaf->spare;
		kmem_cache_free(svma_leaf_cache, leaf);
	}
	while (index->spare_inners) {
		struct svma_inner *inner = index->spare_inners;

		index->spare_inners = inner->spare;
		kmem_cache_free(svma_inner_cache, inner);
	}
	svma_index_init(index, index->guard);
}

/**
 * svma_index_reserve() - set aside the nodes that some insertions may need
 * @index: the index
 * @inserts: how many insertions are to come
 *
 * Return: 0 or -ENOMEM; what was set aside stays for the next time.
 */
int svma_index_reserve(struct svma_index *index, unsigned int inserts)
{
	unsigned int inners = inserts * (index->height + 1);

	while (index->nr_spare_leaves < inserts) {
		struct svma_leaf *leaf = kmem_cache_alloc(svma_leaf_cache, GFP_KERNEL);

		if (!leaf)
			return -ENOMEM;
		leaf->spare = index->spare_leaves;
		index->spare_leaves = leaf;
		index->nr_spare_leaves++;
	}
	while (index->nr_spare_inners < inners) {
		struct svma_inner *inner = kmem_cache_alloc(svma_inner_cache, GFP_KERNEL);

		if (!inner)
			return -ENOMEM;
		inner->spare = index->spare_inners;
		index->spare_inners = inner;
		index->nr_spare_inners++;
	}
	return 0;
}

/**
 * svma_index_memory() - kernel memory of the index
 * @index: the index
 *
 * Return: bytes, with what is set aside.
 */
unsigned long svma_index_memory(const struct svma_index *index)
{
	return (index->leaves + index->nr_spare_leaves) * sizeof(struct svma_leaf) +
	       (index->inners + index->nr_spare_inners) * sizeof(struct svma_inner);
}

static struct svma_leaf *svma_leaf_take(struct svma_index *index)
{
	struct svma_leaf *leaf = index->spare_leaves;

	index->spare_leaves = leaf->spare;
	index->nr_spare_leaves--;
	index->leaves++;
	leaf->count = 0;
	leaf->prev_end = 0;
	return leaf;
}

static struct svma_inner *svma_inner_take(struct svma_index *index)
{
	struct svma_inner *inner = index->spare_inners;

	index->spare_inners = inner->spare;
	index->nr_spare_inners--;
	index->inners++;
	inner->count = 0;
	return inner;
}

static void svma_leaf_give(struct svma_index *index, struct svma_leaf *leaf)
{
	index->leaves--;
	kmem_cache_free(svma_leaf_cache, leaf);
}

static void svma_inner_give(struct svma_index *index, struct svma_inner *inner)
{
	index->inners--;
	kmem_cache_free(svma_inner_cache, inner);
}

/* Entries of a leaf. */

static void svma_leaf_read(const struct svma_leaf *leaf, unsigned int slot, struct svma_vma *vma)
{
	vma->start = leaf->start[slot];
	vma->end = leaf->end[slot];
	vma->flags = leaf->rest[slot].flags;
	vma->pgoff = leaf->rest[slot].pgoff;
	vma->backing = leaf->rest[slot].backing;
	vma->anon = leaf->rest[slot].anon;
	vma->attr = leaf->rest[slot].attr;
}

static void svma_leaf_write(struct svma_leaf *leaf, unsigned int slot, const struct svma_vma *vma)
{
	leaf->start[slot] = vma->start;
	leaf->end[slot] = vma->end;
	leaf->rest[slot].flags = vma->flags;
	leaf->rest[slot].pgoff = vma->pgoff;
	leaf->rest[slot].backing = vma->backing;
	leaf->rest[slot].anon = vma->anon;
	leaf->rest[slot].attr = vma->attr;
}

static void svma_leaf_copy(struct svma_leaf *to, unsigned int at, const struct svma_leaf *from, unsigned int slot,
			   unsigned int count)
{
	memmove(&to->start[at], &from->start[slot], count * sizeof(to->start[0]));
	memmove(&to->end[at], &from->end[slot], count * sizeof(to->end[0]));
	memmove(&to->rest[at], &from->rest[slot], count * sizeof(to->rest[0]));
}

static void svma_inner_copy(struct svma_inner *to, unsigned int at, const struct svma_inner *from, unsigned int slot,
			    unsigned int count)
{
	memmove(&to->key[at], &from->key[slot], count * sizeof(to->key[0]));
	memmove(&to->gap[at], &from->gap[slot], count * sizeof(to->gap[0]));
	memmove(&to->child[at], &from->child[slot], count * sizeof(to->child[0]));
}

/* Largest gap below a node, and the start of its first region. */

static unsigned long svma_leaf_gap(const struct svma_index *index, const struct svma_leaf *leaf)
{
	unsigned long max = 0, start, end;
	unsigned int i;

	for (i = 0; i < leaf->count; i++) {
		svma_leaf_gap_at(index, leaf, i, &start, &end);
		max = max(max, end - start);
	}
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

static unsigned long svma_node_gap(const struct svma_index *index, const void *node, unsigned int height)
{
	return height ? svma_inner_gap(node) : svma_leaf_gap(index, node);
}

static unsigned long svma_node_key(const void *node, unsigned int height)
{
	return height ? ((const struct svma_inner *)node)->key[0] : ((const struct svma_leaf *)node)->start[0];
}

/* Bring keys and gaps on the cursor's path up to date with its leaf. */
static void svma_path_fix(struct svma_cursor *cursor)
{
	const struct svma_index *index = cursor->index;
	unsigned int level = index->height;

	while (level--) {
		struct svma_inner *inner = cursor->path[level];
		unsigned int slot = cursor->slot[level], below = index->height - level - 1;
		unsigned long key = svma_node_key(inner->child[slot], below);
		unsigned long gap = svma_node_gap(index, inner->child[slot], below);

		if (inner->key[slot] == key && inner->gap[slot] == gap)
			return;
		inner->key[slot] = key;
		inner->gap[slot] = gap;
	}
}

/* Go down to the first leaf below path[level]. */
static void svma_path_down(struct svma_cursor *cursor, unsigned int level, bool last)
{
	for (; level < cursor->index->height; level++) {
		struct svma_inner *inner = cursor->path[level];

		cursor->slot[level] = last ? inner->count - 1 : 0;
		cursor->path[level + 1] = inner->child[cursor->slot[level]];
	}
}

static bool svma_path_next(struct svma_cursor *cursor)
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

/* The leaf changed: update its path, and the next leaf, which keeps this one's last end. */
static void svma_leaf_changed(struct svma_cursor *cursor)
{
	struct svma_leaf *leaf = cursor->path[cursor->index->height];
	unsigned long end = leaf->end[leaf->count - 1];
	struct svma_cursor next;

	svma_path_fix(cursor);
	if (!cursor->index->height)
		return;
	next = *cursor;
	if (!svma_path_next(&next))
		return;
	leaf = next.path[next.index->height];
	if (leaf->prev_end == end)
		return;
	leaf->prev_end = end;
	svma_path_fix(&next);
}

/* Go to the leaf in which a region that starts at @start is or would be. */
static struct svma_leaf *svma_path_to(struct svma_cursor *cursor, struct svma_index *index, unsigned long start)
{
	void *node = index->root;
	unsigned int level;

	cursor->index = index;
	for (level = 0; level < index->height; level++) {
		struct svma_inner *inner = node;
		unsigned int slot = inner->count - 1;

		while (slot && inner->key[slot] > start)
			slot--;
		cursor->path[level] = inner;
		cursor->slot[level] = slot;
		node = inner->child[slot];
	}
	cursor->path[level] = node;
	cursor->slot[level] = 0;
	return node;
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
bool svma_cursor_find(struct svma_cursor *cursor, struct svma_index *index, unsigned long addr, struct svma_vma *vma)
{
	struct svma_leaf *leaf;
	unsigned int slot = 0;

	cursor->index = index;
	if (!index->root)
		return false;
	leaf = svma_path_to(cursor, index, addr);
	while (slot < leaf->count && leaf->end[slot] <= addr)
		slot++;
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
		svma_cursor_get(cursor, vma);
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
	struct svma_cursor cursor;

	return svma_cursor_find(&cursor, index, addr, vma);
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
		inner->gap[slot] = svma_node_gap(index, inner->child[slot], below);
	}
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

/* Put @child into path[level] behind the slot that the cursor has there; split upwards as needed. */
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
		inner->count = keep;
		if (at > keep) {
			at -= keep;
			inner = right;
		}
	}
	svma_inner_copy(inner, at + 1, inner, at, inner->count - at);
	inner->child[at] = child;
	inner->key[at] = svma_node_key(child, below);
	inner->gap[at] = svma_node_gap(index, child, below);
	inner->count++;
	if (!right)
		return;

	if (!level) {
		struct svma_inner *root = svma_inner_take(index);

		root->count = 1;
		root->child[0] = index->root;
		root->key[0] = svma_node_key(index->root, index->height);
		root->gap[0] = svma_node_gap(index, index->root, index->height);
		memmove(&cursor->path[1], &cursor->path[0], (index->height + 1) * sizeof(cursor->path[0]));
		memmove(&cursor->slot[1], &cursor->slot[0], (index->height + 1) * sizeof(cursor->slot[0]));
		cursor->path[0] = root;
		cursor->slot[0] = 0;
		index->root = root;
		index->height++;
		level = 1;
	}
	inner = cursor->path[level - 1];
	below = index->height - level;
	inner->key[cursor->slot[level - 1]] = svma_node_key(inner->child[cursor->slot[level - 1]], below);
	inner->gap[cursor->slot[level - 1]] = svma_node_gap(index, inner->child[cursor->slot[level - 1]], below);
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
	leaf->count = keep;
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
		root->gap[0] = svma_leaf_gap(index, leaf);
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

/**
 * svma_index_insert() - add a region
 * @index: the index, with nodes set aside for one insertion
 * @vma: the region; overlaps no other. A reference to its backing is taken.
 */
void svma_index_insert(struct svma_index *index, const struct svma_vma *vma)
{
	struct svma_cursor cursor;
	struct svma_leaf *leaf;
	unsigned int slot;

	svma_backing_get(vma->backing);
	index->count++;
	if (!index->root)
		index->root = svma_leaf_take(index);
	leaf = svma_path_to(&cursor, index, vma->start);
	for (slot = 0; slot < leaf->count && leaf->start[slot] < vma->start;)
		slot++;

	if (leaf->count == SVMA_LEAF_MAX) {
		struct svma_cursor next = cursor;
		struct svma_leaf *right;

		/* A run of insertions downwards to here would leave a leaf for each: use the neighbour. */
		if (slot == leaf->count && svma_path_next(&next)) {
			right = next.path[index->height];
			if (right->count < SVMA_LEAF_MAX) {
				cursor = next;
				leaf = right;
				slot = 0;
			}
		}
	}
	if (leaf->count == SVMA_LEAF_MAX) {
		svma_leaf_split(&cursor, svma_leaf_keep(slot));
		leaf = svma_path_to(&cursor, index, vma->start);
		for (slot = 0; slot < leaf->count && leaf->start[slot] < vma->start;)
			slot++;
	}
	svma_leaf_copy(leaf, slot + 1, leaf, slot, leaf->count - slot);
	svma_leaf_write(leaf, slot, vma);
	leaf->count++;
	svma_leaf_changed(&cursor);
}

/* Take path[level]'s child at the cursor's slot out; the node goes with its last child. */
static void svma_inner_erase(struct svma_cursor *cursor, unsigned int level)
{
	struct svma_index *index = cursor->index;
	struct svma_inner *inner = cursor->path[level];
	unsigned int slot = cursor->slot[level];

	svma_inner_copy(inner, slot, inner, slot + 1, inner->count - slot - 1);
	inner->count--;
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

/* The leaf at the cursor has become empty: unlink it. */
static void svma_leaf_remove(struct svma_cursor *cursor)
{
	struct svma_index *index = cursor->index;
	struct svma_leaf *leaf = cursor->path[index->height];
	struct svma_cursor next = *cursor;
	unsigned long start;

	if (!index->height) {
		svma_leaf_give(index, leaf);
		index->root = NULL;
		return;
	}
	start = ((struct svma_inner *)cursor->path[index->height - 1])->key[cursor->slot[index->height - 1]];
	if (svma_path_next(&next)) {
		struct svma_leaf *right = next.path[index->height];

		right->prev_end = leaf->prev_end;
		svma_path_fix(&next);
	}
	svma_leaf_give(index, leaf);
	svma_inner_erase(cursor, index->height - 1);
	svma_root_collapse(index);
	svma_path_refresh(index, start);
}

/* Join the cursor's leaf with its right neighbour under the same parent, if both are small. */
static bool svma_leaf_join(struct svma_cursor *cursor)
{
	struct svma_index *index = cursor->index;
	struct svma_leaf *leaf = cursor->path[index->height], *right;
	struct svma_inner *inner;
	unsigned int slot;

	if (!index->height || leaf->count >= SVMA_LEAF_MAX / 2)
		return false;
	inner = cursor->path[index->height - 1];
	slot = cursor->slot[index->height - 1];
	if (slot + 1 == inner->count) {
		if (!slot)
			return false;
		slot--;
		cursor->slot[index->height - 1] = slot;
		leaf = inner->child[slot];
		cursor->path[index->height] = leaf;
	}
	right = inner->child[slot + 1];
	if (leaf->count + right->count > SVMA_LEAF_MAX * 3 / 4)
		return false;
	svma_leaf_copy(leaf, leaf->count, right, 0, right->count);
	leaf->count += right->count;
	svma_leaf_give(index, right);
	cursor->slot[index->height - 1]++;
	svma_inner_erase(cursor, index->height - 1);
	svma_root_collapse(index);
	svma_path_refresh(index, leaf->start[0]);
	return true;
}

/* Set a cursor on the region that starts at @start. */
static struct svma_leaf *svma_path_exact(struct svma_cursor *cursor, struct svma_index *index, unsigned long start)
{
	struct svma_leaf *leaf = svma_path_to(cursor, index, start);
	unsigned int slot = 0;

	while (leaf->start[slot] != start)
		slot++;
	cursor->slot[index->height] = slot;
	return leaf;
}

/**
 * svma_index_erase() - take a region out
 * @index: the index
 * @start: where the region starts; there is one. The reference to its backing is given up.
 */
void svma_index_erase(struct svma_index *index, unsigned long start)
{
	struct svma_cursor cursor;
	struct svma_leaf *leaf = svma_path_exact(&cursor, index, start);
	unsigned int slot = cursor.slot[index->height];

	svma_backing_put(leaf->rest[slot].backing);
	index->count--;
	svma_leaf_copy(leaf, slot, leaf, slot + 1, leaf->count - slot - 1);
	leaf->count--;
	if (!leaf->count) {
		svma_leaf_remove(&cursor);
		return;
	}
	svma_leaf_changed(&cursor);
	svma_leaf_join(&cursor);
}

/**
 * svma_index_set() - change a region in place
 * @index: the index
 * @start: where the region starts now; there is one
 * @vma: what it is to be; the order of the regions is the same as before
 */
void svma_index_set(struct svma_index *index, unsigned long start, const struct svma_vma *vma)
{
	struct svma_cursor cursor;
	struct svma_leaf *leaf = svma_path_exact(&cursor, index, start);
	unsigned int slot = cursor.slot[index->height];
	struct svma_backing *old = leaf->rest[slot].backing;

	if (old != vma->backing) {
		svma_backing_get(vma->backing);
		svma_backing_put(old);
	}
	svma_leaf_write(leaf, slot, vma);
	svma_leaf_changed(&cursor);
}

static const char *svma_node_validate(struct svma_index *index, void *node, unsigned int height, unsigned long *prev,
				      unsigned long *count)
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
		*count += leaf->count;
		return NULL;
	}
	for (i = 0; i < ((struct svma_inner *)node)->count; i++) {
		struct svma_inner *inner = node;
		const char *wrong = svma_node_validate(index, inner->child[i], height - 1, prev, count);

		if (wrong)
			return wrong;
		if (inner->key[i] != svma_node_key(inner->child[i], height - 1))
			return "inner: key is wrong";
		if (inner->gap[i] != svma_node_gap(index, inner->child[i], height - 1))
			return "inner: gap is wrong";
	}
	if (!i || i > SVMA_INNER_MAX)
		return "inner: count out of range";
	return NULL;
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

	if (!index->root)
		return index->count ? "index: no root, but regions" : NULL;
	wrong = svma_node_validate(index, index->root, index->height, &prev, &count);
	if (wrong)
		return wrong;
	if (count != index->count)
		return "index: number of regions is wrong";
	return NULL;
}
