// SPDX-License-Identifier: GPL-2.0
/*
 * msync and mincore, as far as regions go.
 */
#include "region.h"

/**
 * svma_core_msync() - msync(2)
 * @core: the space, at least shared
 * @addr: first address
 * @len: bytes
 * @flags: MS_*
 *
 * What is to be written back is the caller's business; this tells whether it may be asked for.
 *
 * Return: 0, or the errno of msync(2); -ENOMEM also when there was a hole, after all else was
 * looked at.
 */
int svma_core_msync(struct svma_core *core, unsigned long addr, unsigned long len,
		    unsigned int flags)
{
	unsigned long end = addr + svma_page_align(len);
	int hole = 0;
	struct svma_vma vma;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || addr & ~SVMA_PAGE_MASK ||
	    (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	if (end < addr)
		return -ENOMEM;
	while (addr < end) {
		if (!svma_index_find(&core->index, addr, &vma))
			return -ENOMEM;
		if (vma.start > addr) {
			if (flags == MS_ASYNC || vma.start >= end)
				return -ENOMEM;
			hole = -ENOMEM;
		}
		if (flags & MS_INVALIDATE && vma.flags & SVMA_VM_LOCKED)
			return -EBUSY;
		addr = vma.end;
	}
	return hole;
}

/**
 * svma_core_mincore() - may a range be asked for by mincore(2)?
 * @core: the space, at least shared
 * @addr: first address
 * @len: bytes
 *
 * Return: 0; -EINVAL; -ENOMEM for a range that is not all in the space.
 */
int svma_core_mincore(struct svma_core *core, unsigned long addr, unsigned long len)
{
	if (addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (len > core->layout.high || addr > core->layout.high - len)
		return -ENOMEM;
	return 0;
}
