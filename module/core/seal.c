// SPDX-License-Identifier: GPL-2.0
/*
 * mseal.
 */
#include "region.h"

/* Is all of a range mapped? */
static bool svma_range_mapped(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	more = svma_cursor_find(&cursor, &core->index, start, &vma);
	for (; more && vma.start <= start; more = svma_cursor_next(&cursor, &vma)) {
		if (vma.end >= end)
			return true;
		start = vma.end;
	}
	return false;
}

/**
 * svma_core_mseal() - mseal(2)
 * @core: the space, exclusively
 * @addr: first address
 * @len: bytes
 * @flags: none are known
 *
 * Return: 0, or the errno of mseal(2); -ENOSYS where the kernel whose rules the space follows has
 * no such call.
 */
int svma_core_mseal(struct svma_core *core, unsigned long addr, unsigned long len,
		    unsigned long flags)
{
	unsigned long end, size = svma_page_align(len);
	struct svma_vma vma;
	int err;

	if (!svma_has(core, SVMA_RULE_SEAL))
		return -ENOSYS;
	if (flags || addr & ~SVMA_PAGE_MASK || (len && !size))
		return -EINVAL;
	end = addr + size;
	if (end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (!svma_range_mapped(core, addr, end))
		return -ENOMEM;
	err = svma_region_reserve(core, 2, NULL);
	if (err)
		return err;
	while (addr < end && svma_region_look(core, addr, &vma)) {
		if (!(vma.flags & SVMA_VM_SEALED)) {
			err = svma_region_modify(core, &vma, addr, min(vma.end, end),
						 vma.flags | SVMA_VM_SEALED);
			if (err)
				return err;
		}
		addr = vma.end;
		cond_resched();
	}
	return 0;
}
