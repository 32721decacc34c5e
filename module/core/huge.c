// SPDX-License-Identifier: GPL-2.0
/*
 * The reserve of huge pages: mappings of them take what they may need when they are made.
 */
#include "region.h"

#define SVMA_MAP_HUGE_SHIFT	26
#define SVMA_MAP_HUGE_MASK	0x3f
#define SVMA_HUGE_BITS		21
#define SVMA_GIGANTIC_BITS	30

/**
 * svma_huge_check() - are there huge pages of the size that MAP_HUGETLB asks for?
 * @flags: MAP_*
 *
 * Return: 0; -EINVAL for a size that x86-64 does not have; -ENOMEM for 1 GiB, of which a machine
 * has none.
 */
int svma_huge_check(unsigned long flags)
{
	unsigned long bits = flags >> SVMA_MAP_HUGE_SHIFT & SVMA_MAP_HUGE_MASK;

	if (!bits || bits == SVMA_HUGE_BITS)
		return 0;
	return bits == SVMA_GIGANTIC_BITS ? -ENOMEM : -EINVAL;
}

static int svma_huge_take(struct svma_core_machine *machine, unsigned long pages)
{
	int err = 0;

	spin_lock(&machine->lock);
	if (pages > machine->told.huge_free ||
	    machine->huge_reserved > machine->told.huge_free - pages)
		err = -ENOMEM;
	else
		machine->huge_reserved += pages;
	spin_unlock(&machine->lock);
	return err;
}

static void svma_huge_give(struct svma_core_machine *machine, unsigned long pages)
{
	spin_lock(&machine->lock);
	machine->huge_reserved -= pages;
	spin_unlock(&machine->lock);
}

/**
 * svma_huge_reserve() - take the pages of a new mapping from the machine's reserve
 * @core: the space
 * @vma: the region; it is marked as the owner if it is private
 *
 * Shared memory keeps its pages until svma_core_backing_release().
 *
 * Return: 0, or -ENOMEM.
 */
int svma_huge_reserve(struct svma_core *core, struct svma_vma *vma)
{
	unsigned long pages = svma_vma_pages(vma);
	int err;

	if (!(vma->flags & SVMA_VM_HUGETLB) || vma->flags & SVMA_VM_NORESERVE)
		return 0;
	if (vma->flags & SVMA_VM_MAYSHARE && vma->backing->huge_reserved)
		return 0;
	err = svma_huge_take(core->machine, pages);
	if (err)
		return err;
	if (vma->flags & SVMA_VM_MAYSHARE)
		vma->backing->huge_reserved = pages;
	else
		vma->attr |= SVMA_ATTR_RESERVED;
	return 0;
}

/**
 * svma_huge_absent() - is no huge page left for a region that has reserved none?
 * @core: the space
 * @vma: the region
 *
 * Pages that such a region has taken already are not counted.
 *
 * Return: whether the first access to a page would end in SIGBUS.
 */
bool svma_huge_absent(const struct svma_core *core, const struct svma_vma *vma)
{
	const struct svma_core_machine *machine = core->machine;

	/* What was read from elsewhere without its backing is taken to have what it needs. */
	if (vma->attr & SVMA_ATTR_RESERVED ||
	    (vma->flags & SVMA_VM_MAYSHARE && (!vma->backing || vma->backing->huge_reserved)))
		return false;
	return READ_ONCE(machine->huge_reserved) >= READ_ONCE(machine->told.huge_free);
}

/**
 * svma_huge_release() - a region, or what is left of it, goes
 * @core: the space
 * @vma: the region
 */
void svma_huge_release(struct svma_core *core, const struct svma_vma *vma)
{
	if (vma->attr & SVMA_ATTR_RESERVED)
		svma_huge_give(core->machine, svma_vma_pages(vma));
}

/**
 * svma_huge_moved() - a copy of a region takes its reservation over, and the region is going to go
 * @core: the space
 * @copy: the copy
 */
void svma_huge_moved(struct svma_core *core, const struct svma_vma *copy)
{
	if (!(copy->attr & SVMA_ATTR_RESERVED))
		return;
	spin_lock(&core->machine->lock);
	core->machine->huge_reserved += svma_vma_pages(copy);
	spin_unlock(&core->machine->lock);
}

/**
 * svma_huge_forget() - a copy of a region has no reservation, as in a child of fork(2)
 * @copy: the copy
 */
void svma_huge_forget(struct svma_vma *copy)
{
	copy->attr &= ~SVMA_ATTR_RESERVED;
}

/**
 * svma_core_backing_release() - give back what a backing holds of its machine
 * @machine: the machine; its lock is taken
 * @backing: the backing, that nobody refers to any more
 */
void svma_core_backing_release(struct svma_core_machine *machine, struct svma_backing *backing)
{
	spin_lock(&machine->lock);
	machine->committed -= backing->charged;
	machine->huge_reserved -= backing->huge_reserved;
	spin_unlock(&machine->lock);
	backing->charged = 0;
	backing->huge_reserved = 0;
}
