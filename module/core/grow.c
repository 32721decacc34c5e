// SPDX-License-Identifier: GPL-2.0
/*
 * Growth of stack regions by a fault below them.
 */
#include "region.h"

/* May the space below the region be touched? */
static int svma_grow_allowed(struct svma_core *core, const struct svma_vma *vma, unsigned long addr)
{
	struct svma_vma prev;

	if (addr < core->layout.min_addr)
		return -EPERM;
	/* The guard is kept to what can be accessed; another stack below keeps its own. */
	if (svma_region_prev(core, vma->start, &prev) && !(prev.flags & SVMA_VM_GROWSDOWN) &&
	    prev.flags & SVMA_VM_ACCESS && addr - prev.end < svma_guard_gap(core))
		return -ENOMEM;
	return 0;
}

/*
 * Do the limits allow it, and is there memory? That is asked whether the region is charged or not.
 */
static int svma_grow_charge(struct svma_core *core, const struct svma_vma *vma, unsigned long addr)
{
	unsigned long size = vma->end - addr, grow = svma_pages(vma->start - addr);

	if (grow > vma->pgoff)
		return -ENOMEM;
	if (!svma_may_expand(core, vma->flags, grow))
		return -ENOMEM;
	if (size > core->layout.limit_stack)
		return -ENOMEM;
	if (!svma_may_lock(core, vma->flags, vma->start - addr))
		return -ENOMEM;
	if (svma_charge(core, grow))
		return -ENOMEM;
	if (!(vma->flags & SVMA_VM_ACCOUNT))
		svma_uncharge(core, grow);
	return 0;
}

/**
 * svma_core_grow() - what a fault at an address does to the regions
 * @core: the space, exclusively
 * @addr: address of the access
 *
 * Return: 0 if a region holds @addr, now or before; -EFAULT, -ENOMEM, -EPERM.
 */
int svma_core_grow(struct svma_core *core, unsigned long addr)
{
	struct svma_vma vma, now;
	unsigned long grow;
	int err;

	if (!svma_region_look(core, addr, &vma))
		return -EFAULT;
	if (vma.start <= addr)
		return 0;
	if (!(vma.flags & SVMA_VM_GROWSDOWN))
		return -EFAULT;
	addr &= SVMA_PAGE_MASK;
	err = svma_grow_allowed(core, &vma, addr);
	if (err)
		return err;
	/* The attempt gives the region its reverse map, before anything is written. */
	svma_core_anon_fault(core, vma.start);
	svma_region_at(core, vma.start, &vma);
	err = svma_grow_charge(core, &vma, addr);
	if (err)
		return err;
	grow = svma_pages(vma.start - addr);
	now = vma;
	now.start = addr;
	now.pgoff -= grow;
	svma_index_set(&core->index, vma.start, &now);
	svma_account(core, now.flags, grow);
	if (now.flags & SVMA_VM_LOCKED)
		core->locked += grow;
	svma_step(core, SVMA_STEP_RESIZE, vma.start, vma.end, now.start, now.end);
	return 0;
}
