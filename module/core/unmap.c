// SPDX-License-Identifier: GPL-2.0
/*
 * munmap.
 */
#include "region.h"

/* A sealed region, or a huge page that would be cut at the end. */
static int svma_unmap_forbidden(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more = svma_cursor_find(&cursor, &core->index, start, &vma);

	for (; more && vma.start < end; more = svma_cursor_next(&cursor, &vma)) {
		if (vma.flags & SVMA_VM_SEALED)
			return -EPERM;
		if (vma.end > end && !svma_may_split(&vma, end))
			return -EINVAL;
	}
	return 0;
}

/**
 * svma_unmap_check() - may a range be unmapped?
 * @core: the space
 * @start: first address
 * @end: end address
 *
 * Sets aside what svma_region_remove() may need. As in the kernel, a sealed region is found only
 * when the first region is cut already, and stays so.
 *
 * Return: 0; -ENOMEM for a hole in the middle of a region when the number of regions is at its
 * limit; -EPERM for a sealed region; -EINVAL if a huge page would be cut.
 */
int svma_unmap_check(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_vma vma;
	int err;

	if (!svma_index_seek(&core->index, start, &vma) || vma.start >= end)
		return 0;
	svma_step(core, SVMA_STEP_LOOKUP, start, vma.start, vma.end, 0);
	/* The count may pass its limit in between, but not in the end. */
	if (start > vma.start && end < vma.end && core->index.count >= core->layout.max_map_count)
		return -ENOMEM;
	err = svma_region_reserve(core, 2, NULL);
	if (!err)
		err = svma_region_prepare(core, start, end);
	if (err)
		return err;
	if (start > vma.start && !(vma.flags & SVMA_VM_SEALED) && !svma_may_split(&vma, start))
		return -EINVAL;
	/* Most often there is this one and no other. */
	if (vma.end != end || vma.flags & SVMA_VM_SEALED)
		err = svma_unmap_forbidden(core, start, end);
	if (err && start > vma.start && !(vma.flags & SVMA_VM_SEALED))
		svma_region_split(core, &vma, start);
	return err;
}

/**
 * svma_core_munmap() - munmap(2)
 * @core: the space, exclusively
 * @addr: first address
 * @len: bytes
 *
 * Return: 0, -EINVAL, -ENOMEM, -EPERM.
 */
int svma_core_munmap(struct svma_core *core, unsigned long addr, unsigned long len)
{
	unsigned long high = core->layout.high, end;
	int err;

	if (addr & ~SVMA_PAGE_MASK || addr > high || len > high - addr)
		return -EINVAL;
	end = addr + svma_page_align(len);
	if (end == addr)
		return -EINVAL;
	err = svma_unmap_check(core, addr, end);
	if (err)
		return err;
	svma_uncharge(core, svma_region_remove(core, addr, end));
	return 0;
}
