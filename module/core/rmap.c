// SPDX-License-Identifier: GPL-2.0
/*
 * Reverse mapping: given a file and a range of its pages, the regions that map it, in all spaces of
 * a machine, in a time logarithmic in their number. The documentation of 2.6.24 has a priority
 * search tree for this; ours is a treap over first pages, in which each node knows the last page
 * below it.
 */
#include "region.h"

/**
 * struct svma_rmap_node - one region of one space
 * @left: nodes before this one
 * @right: nodes after it
 * @first: first page of the file that the region maps
 * @last: last page, inclusive
 * @most: greatest @last of all nodes from here down
 * @space: identity of the space
 * @start: where the region starts
 * @priority: no node below has a greater one
 */
struct svma_rmap_node {
	struct svma_rmap_node *left;
	struct svma_rmap_node *right;
	u64 first;
	u64 last;
	u64 most;
	u64 space;
	unsigned long start;
	u32 priority;
};

/* Nodes kept for the next time. */
#define SVMA_RMAP_SPARES	8

static struct kmem_cache *svma_rmap_cache;

/**
 * svma_rmap_setup() - make what all reverse maps share
 *
 * Return: 0 or -ENOMEM.
 */
int svma_rmap_setup(void)
{
	svma_rmap_cache = kmem_cache_create("svma_rmap", sizeof(struct svma_rmap_node), 0,
					    SLAB_ACCOUNT, NULL);
	return svma_rmap_cache ? 0 : -ENOMEM;
}

/**
 * svma_rmap_cleanup() - undo svma_rmap_setup()
 */
void svma_rmap_cleanup(void)
{
	kmem_cache_destroy(svma_rmap_cache);
}

/**
 * svma_rmap_init() - make an empty reverse map
 * @rmap: the reverse map
 */
void svma_rmap_init(struct svma_rmap_tree *rmap)
{
	spin_lock_init(&rmap->lock);
	rmap->root = NULL;
	rmap->count = 0;
	rmap->seed = 2463534242u;
}

/**
 * svma_rmap_reserve() - set nodes aside
 * @core: the space
 * @inserts: regions that a verb may add
 *
 * Return: 0 or -ENOMEM.
 */
int svma_rmap_reserve(struct svma_core *core, unsigned int inserts)
{
	while (core->nr_rmap_spares < inserts) {
		struct svma_rmap_node *node = kmem_cache_alloc(svma_rmap_cache, GFP_KERNEL);

		if (!node)
			return -ENOMEM;
		node->left = core->rmap_spares;
		core->rmap_spares = node;
		core->nr_rmap_spares++;
	}
	return 0;
}

/**
 * svma_rmap_release() - free what was set aside
 * @core: the space
 */
void svma_rmap_release(struct svma_core *core)
{
	while (core->rmap_spares) {
		struct svma_rmap_node *node = core->rmap_spares;

		core->rmap_spares = node->left;
		kmem_cache_free(svma_rmap_cache, node);
	}
	core->nr_rmap_spares = 0;
}

static u32 svma_rmap_random(struct svma_rmap_tree *rmap)
{
	rmap->seed ^= rmap->seed << 13;
	rmap->seed ^= rmap->seed >> 17;
	rmap->seed ^= rmap->seed << 5;
	return rmap->seed;
}

static bool svma_rmap_before(const struct svma_rmap_node *a, const struct svma_rmap_node *b)
{
	if (a->first != b->first)
		return a->first < b->first;
	if (a->space != b->space)
		return a->space < b->space;
	return a->start < b->start;
}

static void svma_rmap_update(struct svma_rmap_node *node)
{
	node->most = node->last;
	if (node->left)
		node->most = max(node->most, node->left->most);
	if (node->right)
		node->most = max(node->most, node->right->most);
}

/* All of @tree that comes before @key, and the rest. */
static void svma_rmap_split(struct svma_rmap_node *tree, const struct svma_rmap_node *key,
			    struct svma_rmap_node **low, struct svma_rmap_node **high)
{
	if (!tree) {
		*low = NULL;
		*high = NULL;
	} else if (svma_rmap_before(tree, key)) {
		svma_rmap_split(tree->right, key, &tree->right, high);
		svma_rmap_update(tree);
		*low = tree;
	} else {
		svma_rmap_split(tree->left, key, low, &tree->left);
		svma_rmap_update(tree);
		*high = tree;
	}
}

static struct svma_rmap_node *svma_rmap_join(struct svma_rmap_node *low,
					     struct svma_rmap_node *high)
{
	if (!low)
		return high;
	if (!high)
		return low;
	if (low->priority >= high->priority) {
		low->right = svma_rmap_join(low->right, high);
		svma_rmap_update(low);
		return low;
	}
	high->left = svma_rmap_join(low, high->left);
	svma_rmap_update(high);
	return high;
}

static struct svma_rmap_node *svma_rmap_take(struct svma_rmap_node *tree,
					     const struct svma_rmap_node *key,
					     struct svma_rmap_node **taken)
{
	if (!tree)
		return NULL;
	if (svma_rmap_before(key, tree)) {
		tree->left = svma_rmap_take(tree->left, key, taken);
	} else if (svma_rmap_before(tree, key)) {
		tree->right = svma_rmap_take(tree->right, key, taken);
	} else {
		*taken = tree;
		return svma_rmap_join(tree->left, tree->right);
	}
	svma_rmap_update(tree);
	return tree;
}

static struct svma_rmap_tree *svma_rmap_of(const struct svma_vma *vma)
{
	return vma->backing ? vma->backing->rmap : NULL;
}

/**
 * svma_rmap_add() - a region maps its file from now on
 * @core: the space, with a node set aside
 * @vma: the region; one without a file is passed over
 */
void svma_rmap_add(struct svma_core *core, const struct svma_vma *vma)
{
	struct svma_rmap_tree *rmap = svma_rmap_of(vma);
	struct svma_rmap_node *node, *low, *high;

	if (!rmap)
		return;
	node = core->rmap_spares;
	core->rmap_spares = node->left;
	core->nr_rmap_spares--;
	core->mapped++;
	node->left = NULL;
	node->right = NULL;
	node->first = vma->pgoff;
	node->last = vma->pgoff + svma_vma_pages(vma) - 1;
	node->space = core->id;
	node->start = vma->start;
	svma_rmap_update(node);
	spin_lock(&rmap->lock);
	node->priority = svma_rmap_random(rmap);
	svma_rmap_split(rmap->root, node, &low, &high);
	rmap->root = svma_rmap_join(svma_rmap_join(low, node), high);
	rmap->count++;
	spin_unlock(&rmap->lock);
}

/**
 * svma_rmap_remove() - a region no longer maps its file
 * @core: the space; it gets the node back
 * @vma: the region, as it was added
 */
void svma_rmap_remove(struct svma_core *core, const struct svma_vma *vma)
{
	struct svma_rmap_node key = { .first = vma->pgoff, .space = core->id, .start = vma->start },
			      *node = NULL;
	struct svma_rmap_tree *rmap = svma_rmap_of(vma);

	if (!rmap)
		return;
	spin_lock(&rmap->lock);
	rmap->root = svma_rmap_take(rmap->root, &key, &node);
	if (node)
		rmap->count--;
	spin_unlock(&rmap->lock);
	if (WARN_ON_ONCE(!node))
		return;
	core->mapped--;
	if (core->nr_rmap_spares >= SVMA_RMAP_SPARES) {
		kmem_cache_free(svma_rmap_cache, node);
		return;
	}
	node->left = core->rmap_spares;
	core->rmap_spares = node;
	core->nr_rmap_spares++;
}

struct svma_rmap_query {
	u64 first;
	u64 last;
	const struct svma_rmap_node *after;
	struct svma_rmap_region *found;
	unsigned int room;
	unsigned int count;
	bool more;
};

static void svma_rmap_visit(const struct svma_rmap_node *node, struct svma_rmap_query *query)
{
	struct svma_rmap_region *region;

	if (!node || node->most < query->first || query->more)
		return;
	if (query->after && !svma_rmap_before(query->after, node)) {
		svma_rmap_visit(node->right, query);
		return;
	}
	svma_rmap_visit(node->left, query);
	if (node->first > query->last || query->more)
		return;
	if (node->last >= query->first) {
		if (query->count == query->room) {
			query->more = true;
			return;
		}
		region = &query->found[query->count++];
		region->space = node->space;
		region->start = node->start;
		region->end = node->start + ((node->last - node->first + 1) << SVMA_PAGE_SHIFT);
		region->pgoff = node->first;
	}
	svma_rmap_visit(node->right, query);
}

/**
 * svma_rmap_query() - the regions that map some pages of a file
 * @rmap: the file's reverse map; its lock is taken
 * @first: first page
 * @last: last page, inclusive
 * @after: tell what comes after this region, which need not be there any more; with a zero end:
 *         tell all
 * @found: out
 * @room: entries that @found has room for
 * @more: out: whether there are more
 *
 * Return: entries filled, in the order of first pages.
 */
unsigned int svma_rmap_query(struct svma_rmap_tree *rmap, u64 first, u64 last,
			     const struct svma_rmap_region *after, struct svma_rmap_region *found,
			     unsigned int room, bool *more)
{
	struct svma_rmap_node key = { .first = after->pgoff,
				      .space = after->space,
				      .start = after->start };
	struct svma_rmap_query query = {
		.first = first, .last = last, .found = found, .room = room
	};

	if (after->end)
		query.after = &key;
	spin_lock(&rmap->lock);
	svma_rmap_visit(rmap->root, &query);
	spin_unlock(&rmap->lock);
	*more = query.more;
	return query.count;
}

static const char *svma_rmap_check(const struct svma_rmap_node *node, unsigned long *count,
				   unsigned int level, unsigned int *height)
{
	const struct svma_rmap_node *child;
	const char *wrong;
	u64 most;
	int i;

	if (!node)
		return NULL;
	most = node->last;
	*height = max(*height, level);
	for (i = 0; i < 2; i++) {
		child = i ? node->right : node->left;
		if (!child)
			continue;
		if (child->priority > node->priority)
			return "rmap: priorities are out of order";
		if (i ? svma_rmap_before(child, node) : svma_rmap_before(node, child))
			return "rmap: nodes are out of order";
		most = max(most, child->most);
		wrong = svma_rmap_check(child, count, level + 1, height);
		if (wrong)
			return wrong;
	}
	if (node->most != most)
		return "rmap: last page below is wrong";
	(*count)++;
	return NULL;
}

/**
 * svma_rmap_validate() - check every invariant of a reverse map
 * @rmap: the reverse map, that nobody changes
 *
 * Return: NULL, or what is wrong.
 */
const char *svma_rmap_validate(struct svma_rmap_tree *rmap)
{
	unsigned long count = 0;
	unsigned int height = 0, bits;
	const char *wrong = svma_rmap_check(rmap->root, &count, 1, &height);

	if (wrong)
		return wrong;
	/* By priorities at random it is three times the logarithm, and hardly ever much more. */
	for (bits = 0; count >> bits; bits++)
		;
	if (height > 6 * bits + 16)
		return "rmap: the tree is too deep";
	return count == rmap->count ? NULL : "rmap: number of regions is wrong";
}
