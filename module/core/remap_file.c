// SPDX-License-Identifier: GPL-2.0
/*
 * remap_file_pages, which kernels have emulated by a new mapping since 4.0.
 */
#include "region.h"

/* Is a range one mapping, though perhaps in several regions? */
static bool svma_remap_file_whole(struct svma_core *core, const struct svma_vma *vma,
				  unsigned long end)
{
	struct svma_cursor cursor;
	struct svma_vma next = *vma;
	unsigned long at = vma->end;
	bool more = svma_cursor_find(&cursor, &core->index, vma->start, NULL);

	while (at < end) {
		more = more && svma_cursor_next(&cursor, &next);
		if (!more || next.start != at || next.backing != vma->backing ||
		    next.flags != vma->flags)
			return false;
		at = next.end;
	}
	return true;
}

/**
 * svma_core_remap_file() - remap_file_pages(2)
 * @core: the space, exclusively
 * @args: arguments
 * @populate: out: what the caller is to make present
 *
 * Return: 0, or the errno of remap_file_pages(2) or mmap(2); -EOPNOTSUPP for a region that was
 * imported without its backing.
 */
int svma_core_remap_file(struct svma_core *core, const struct svma_remap_file *args,
			 struct svma_populate *populate)
{
	unsigned long start = args->addr & SVMA_PAGE_MASK, size = args->len & SVMA_PAGE_MASK;
	struct svma_map_args map = { .addr = start, .len = size, .whole = true };
	struct svma_vma vma;
	int err;

	populate->len = 0;
	if (args->prot || start + size <= start || args->pgoff + svma_pages(size) < args->pgoff)
		return -EINVAL;
	if (!svma_region_look(core, start, &vma) || vma.start > start ||
	    !(vma.flags & SVMA_VM_SHARED))
		return -EINVAL;
	/* Read from elsewhere, without what backs it. */
	if (!vma.backing)
		return -EOPNOTSUPP;
	if (!svma_remap_file_whole(core, &vma, start + size))
		return -EINVAL;
	if (args->pgoff > (ULONG_MAX >> SVMA_PAGE_SHIFT))
		return -EOVERFLOW;

	map.offset = args->pgoff << SVMA_PAGE_SHIFT;
	map.backing = vma.backing;
	map.prot = (vma.flags & SVMA_VM_READ ? PROT_READ : 0) |
		   (vma.flags & SVMA_VM_WRITE ? PROT_WRITE : 0) |
		   (vma.flags & SVMA_VM_EXEC ? PROT_EXEC : 0);
	map.flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | (args->flags & MAP_NONBLOCK);
	if (vma.flags & SVMA_VM_LOCKED)
		map.flags |= MAP_LOCKED;
	/* The old mapping may have the last reference, and goes before the new one comes. */
	map.backing->ops->get(map.backing);
	err = svma_core_mmap(core, &map);
	map.backing->ops->put(map.backing);
	if (err)
		return err;
	populate->start = map.result;
	populate->len = map.populate;
	populate->write = false;
	populate->strict = false;
	return 0;
}
