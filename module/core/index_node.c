// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes of the range index: where they come from and go to.
 */
#include "index_node.h"

/* Leaves that an index keeps rather than to give them back: as many as mmap asks for. */
#define SVMA_INDEX_KEEP		3U

static struct kmem_cache *svma_leaf_cache;
static struct kmem_cache *svma_inner_cache;

/**
 * svma_index_setup() - make what all indexes share
 *
 * Return: 0 or -ENOMEM.
 */
int svma_index_setup(void)
{
	svma_leaf_cache =
		kmem_cache_create("svma_leaf", sizeof(struct svma_leaf), 64, SLAB_ACCOUNT, NULL);
	if (!svma_leaf_cache)
		return -ENOMEM;
	svma_inner_cache =
		kmem_cache_create("svma_inner", sizeof(struct svma_inner), 64, SLAB_ACCOUNT, NULL);
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
 */
void svma_index_init(struct svma_index *index)
{
	memset(index, 0, sizeof(*index));
}

void svma_backing_get(struct svma_backing *backing)
{
	if (backing)
		backing->ops->get(backing);
}

void svma_backing_put(struct svma_backing *backing)
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

static void *svma_node_clone(const void *node, unsigned int height)
{
	const struct svma_inner *inner = node;
	struct svma_inner *copy;
	struct svma_leaf *leaf;
	unsigned int i;

	if (!height) {
		leaf = kmem_cache_alloc(svma_leaf_cache, GFP_KERNEL);
		if (!leaf)
			return NULL;
		memcpy(leaf, node, sizeof(*leaf));
		for (i = 0; i < leaf->count; i++)
			svma_backing_get(leaf->rest[i].backing);
		return leaf;
	}
	copy = kmem_cache_alloc(svma_inner_cache, GFP_KERNEL);
	if (!copy)
		return NULL;
	memcpy(copy, inner, sizeof(*copy));
	cond_resched();
	for (i = 0; i < inner->count; i++) {
		copy->child[i] = svma_node_clone(inner->child[i], height - 1);
		if (!copy->child[i]) {
			copy->count = i;
			svma_node_destroy(copy, height);
			return NULL;
		}
	}
	return copy;
}

/**
 * svma_index_clone() - make an index with the same regions
 * @copy: out: the new index, empty on error
 * @index: the index, exclusively, or settled
 *
 * Node by node, so it costs a fraction of inserting each region.
 *
 * Return: 0 or -ENOMEM.
 */
int svma_index_clone(struct svma_index *copy, struct svma_index *index)
{
	svma_index_settle(index);
	svma_index_init(copy);
	if (!index->root)
		return 0;
	copy->root = svma_node_clone(index->root, index->height);
	if (!copy->root)
		return -ENOMEM;
	copy->height = index->height;
	copy->count = index->count;
	copy->leaves = index->leaves;
	copy->inners = index->inners;
	return 0;
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
	svma_index_init(index);
}

static void svma_leaf_spare(struct svma_index *index, struct svma_leaf *leaf)
{
	leaf->spare = index->spare_leaves;
	index->spare_leaves = leaf;
	index->nr_spare_leaves++;
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
		svma_leaf_spare(index, leaf);
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

struct svma_leaf *svma_leaf_take(struct svma_index *index)
{
	struct svma_leaf *leaf = index->spare_leaves;

	index->spare_leaves = leaf->spare;
	index->nr_spare_leaves--;
	index->leaves++;
	leaf->count = SVMA_LEAF_MAX;
	svma_leaf_cut(leaf, 0);
	leaf->prev_end = 0;
	return leaf;
}

struct svma_inner *svma_inner_take(struct svma_index *index)
{
	struct svma_inner *inner = index->spare_inners;

	index->spare_inners = inner->spare;
	index->nr_spare_inners--;
	index->inners++;
	inner->count = SVMA_INNER_MAX;
	svma_inner_cut(inner, 0);
	return inner;
}

/* What goes is what is asked for next: who has one region less may soon have one more. */
void svma_leaf_give(struct svma_index *index, struct svma_leaf *leaf)
{
	index->leaves--;
	if (index->nr_spare_leaves < SVMA_INDEX_KEEP)
		svma_leaf_spare(index, leaf);
	else
		kmem_cache_free(svma_leaf_cache, leaf);
}

void svma_inner_give(struct svma_index *index, struct svma_inner *inner)
{
	index->inners--;
	kmem_cache_free(svma_inner_cache, inner);
}
