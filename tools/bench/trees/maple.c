// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's maple tree, as its address spaces have one, but for RCU: who changes it is alone.
 * Its own file is a part of this one, for the cache of its nodes.
 */
#include "kernel_user.h"

#include "lib/maple_tree.c"

#include "tree.h"

static struct maple_tree tree;
static struct kmem_cache *regions;

static bool tree_walk(unsigned long addr, unsigned long *start, unsigned long *end)
{
	MA_STATE(mas, &tree, addr, addr);

	if (!mas_walk(&mas))
		return false;
	*start = mas.index;
	*end = mas.last + 1;
	return true;
}

static bool tree_find(unsigned long addr, struct tree_region *region)
{
	const struct tree_region *found = mtree_load(&tree, addr);

	if (found)
		*region = *found;
	return found;
}

static bool tree_insert(unsigned long start)
{
	MA_STATE(mas, &tree, start, start + TREE_PAGE - 1);
	struct tree_region *region = kmem_cache_alloc(regions, GFP_KERNEL);

	if (!region)
		return false;
	region->start = start;
	region->end = start + TREE_PAGE;
	region->flags = TREE_FLAGS(start);
	return !mas_store_gfp(&mas, region, GFP_KERNEL);
}

static bool tree_erase(unsigned long start)
{
	MA_STATE(mas, &tree, start, start);
	struct tree_region *region = mas_walk(&mas);

	if (!region || mas_store_gfp(&mas, NULL, GFP_KERNEL))
		return false;
	kmem_cache_free(regions, region);
	return true;
}

static bool tree_gap(bool lowest, unsigned long low, unsigned long high, unsigned long len,
		     unsigned long *start)
{
	MA_STATE(mas, &tree, 0, 0);
	int err = lowest ? mas_empty_area(&mas, low, high - 1, len) :
			   mas_empty_area_rev(&mas, low, high - 1, len);

	*start = lowest ? mas.index : mas.last + 1 - len;
	return !err;
}

static bool reset(void)
{
	struct tree_region *region;

	if (!regions) {
		maple_tree_init();
		regions = kmem_cache_create("tree_region", sizeof(struct tree_region), 8, 0, NULL);
	} else {
		MA_STATE(mas, &tree, 0, 0);

		mas_for_each(&mas, region, ULONG_MAX)
			kmem_cache_free(regions, region);
		__mt_destroy(&tree);
	}
	mt_init_flags(&tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
	return regions;
}

static unsigned long bytes(void)
{
	return tree_memory_used(maple_node_cache) + tree_memory_used(regions);
}

#include "tree_loops.h"

static const struct tree_ops maple_ops = {
	.name = "maple tree", .reset = reset, .add = tree_insert, .bytes = bytes, TREE_LOOPS
};

const struct tree_ops *const tree_maple = &maple_ops;
