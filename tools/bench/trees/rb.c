// SPDX-License-Identifier: GPL-2.0
/*
 * Regions in the kernel's red-black tree, as address spaces had them until 6.0: a node in each
 * region, a list through all, and the largest gap below each node, so that gaps are searched for.
 */
#include "kernel_user.h"

#include "lib/rbtree.c"

#include "tree.h"

struct rb_region {
	struct tree_region region;
	struct rb_region *prev;
	struct rb_region *next;
	struct rb_node node;
	unsigned long most;	/* the largest gap in the subtree; a gap belongs to who is above */
};

static struct rb_root root;
static struct rb_region ends;	/* before the first and after the last */
static struct kmem_cache *regions;

#define of(rb)	rb_entry(rb, struct rb_region, node)

static unsigned long own_gap(struct rb_region *region)
{
	return region->region.start - region->prev->region.end;
}

RB_DECLARE_CALLBACKS_MAX(static, gaps, struct rb_region, node, unsigned long, most, own_gap)

static struct rb_region *look(unsigned long addr)
{
	struct rb_node *rb = root.rb_node;

	while (rb) {
		struct rb_region *region = of(rb);

		if (addr < region->region.start)
			rb = rb->rb_left;
		else if (addr >= region->region.end)
			rb = rb->rb_right;
		else
			return region;
	}
	return NULL;
}

static bool tree_walk(unsigned long addr, unsigned long *start, unsigned long *end)
{
	struct rb_region *region = look(addr);

	if (!region)
		return false;
	*start = region->region.start;
	*end = region->region.end;
	return true;
}

static bool tree_find(unsigned long addr, struct tree_region *found)
{
	struct rb_region *region = look(addr);

	if (region)
		*found = region->region;
	return region;
}

static bool tree_insert(unsigned long start)
{
	struct rb_region *region = kmem_cache_alloc(regions, GFP_KERNEL);
	struct rb_node **link = &root.rb_node, *parent = NULL;
	struct rb_region *prev = &ends;

	if (!region)
		return false;
	region->region.start = start;
	region->region.end = start + TREE_PAGE;
	region->region.flags = TREE_FLAGS(start);
	while (*link) {
		parent = *link;
		if (start < of(parent)->region.start) {
			link = &parent->rb_left;
		} else {
			prev = of(parent);
			link = &parent->rb_right;
		}
	}
	region->prev = prev;
	region->next = prev->next;
	region->next->prev = region;
	prev->next = region;
	/* The gap above is smaller now; that below is new. */
	if (region->next != &ends)
		gaps_propagate(&region->next->node, NULL);
	rb_link_node(&region->node, parent, link);
	region->most = 0;
	gaps_propagate(&region->node, NULL);
	rb_insert_augmented(&region->node, &root, &gaps);
	return true;
}

static bool tree_erase(unsigned long start)
{
	struct rb_region *region = look(start);

	if (!region)
		return false;
	region->prev->next = region->next;
	region->next->prev = region->prev;
	rb_erase_augmented(&region->node, &root, &gaps);
	if (region->next != &ends)
		gaps_propagate(&region->next->node, NULL);
	kmem_cache_free(regions, region);
	return true;
}

/* What of the gap below a region lies in the bounds: is it long enough? */
static bool fits(const struct rb_region *region, unsigned long low, unsigned long high,
		 unsigned long len, bool lowest, unsigned long *start)
{
	unsigned long from = max(region->prev->region.end, low);
	unsigned long to = min(region->region.start, high);

	*start = lowest ? from : to - len;
	return from < to && to - from >= len;
}

static bool gap_below(struct rb_node *rb, unsigned long low, unsigned long high,
		      unsigned long len, bool lowest, unsigned long *start)
{
	while (rb && of(rb)->most >= len) {
		struct rb_node *first = lowest ? rb->rb_left : rb->rb_right;
		/* All on the side of that bound lies beyond it. */
		bool skip = lowest ? of(rb)->region.start <= low :
				     of(rb)->region.start >= high;

		if (!skip && gap_below(first, low, high, len, lowest, start))
			return true;
		if (fits(of(rb), low, high, len, lowest, start))
			return true;
		if (lowest ? of(rb)->region.start >= high : of(rb)->region.start <= low)
			return false;
		rb = lowest ? rb->rb_right : rb->rb_left;
	}
	return false;
}

/* The gap above the last region belongs to nobody; traces do not ask for it. */
static bool tree_gap(bool lowest, unsigned long low, unsigned long high, unsigned long len,
		     unsigned long *start)
{
	return gap_below(root.rb_node, low, high, len, lowest, start);
}

static bool reset(void)
{
	struct rb_region *region, *next;

	if (!regions)
		regions = kmem_cache_create("rb_region", sizeof(struct rb_region), 8, 0, NULL);
	else
		for (region = ends.next; region != &ends; region = next) {
			next = region->next;
			kmem_cache_free(regions, region);
		}
	root = RB_ROOT;
	ends.next = &ends;
	ends.prev = &ends;
	return regions;
}

static unsigned long bytes(void)
{
	return tree_memory_used(regions);
}

#include "tree_loops.h"

static const struct tree_ops rb_ops = {
	.name = "red-black tree", .reset = reset, .add = tree_insert, .bytes = bytes, TREE_LOOPS
};

const struct tree_ops *const tree_rb = &rb_ops;
