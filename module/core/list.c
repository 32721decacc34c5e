// SPDX-License-Identifier: GPL-2.0
/*
 * Regions as user space is told of them, one or many. For many it matters that nothing is called
 * for each.
 */
#include "index_node.h"
#include "region.h"

static __always_inline void svma_describe(const struct svma_vma *vma,
					  struct svma_region *region)
{
	*region = (struct svma_region){
		.start = vma->start,
		.end = vma->end,
		.flags = vma->flags,
		.pgoff = vma->pgoff,
		.anon = vma->anon,
		.anon_flags = vma->attr & SVMA_ATTR_TOLD,
	};
	if (vma->backing) {
		region->inode = vma->backing->inode;
		region->dev_major = vma->backing->dev_major;
		region->dev_minor = vma->backing->dev_minor;
		if (vma->backing->flags & SVMA_BACKING_ANON_SHARED)
			region->flags |= SVMA_VM_SHMEM;
	}
}

/**
 * svma_core_describe() - a region as the uapi has it
 * @vma: the region
 * @region: out
 */
void svma_core_describe(const struct svma_vma *vma, struct svma_region *region)
{
	svma_describe(vma, region);
}

/**
 * svma_core_list() - regions of a range as the uapi has them
 * @core: the space, at least shared
 * @start: in: those that end above this; out: where to go on for the rest
 * @end: those that start below this
 * @list: out: array of @room
 * @room: how many at most
 * @count: out: how many
 *
 * Return: whether there are more.
 */
bool svma_core_list(struct svma_core *core, u64 *start, u64 end, struct svma_region *list, u32 room,
		    u32 *count)
{
	unsigned int level = core->index.height, slot;
	const struct svma_leaf *leaf;
	struct svma_cursor cursor;
	struct svma_vma vma;
	u32 n = 0;
	bool more;

	more = svma_cursor_find(&cursor, &core->index, *start, &vma) && vma.start < end;
	while (more && n < room) {
		leaf = cursor.path[level];
		for (slot = cursor.slot[level]; slot < leaf->count && n < room; slot++) {
			if (leaf->start[slot] >= end)
				break;
			svma_leaf_read(leaf, slot, &vma);
			svma_describe(&vma, &list[n++]);
		}
		*start = vma.end;
		cursor.slot[level] = slot - 1;
		more = svma_cursor_next(&cursor, &vma) && vma.start < end;
	}
	*count = n;
	return more;
}
