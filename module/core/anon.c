// SPDX-License-Identifier: GPL-2.0
/*
 * Reverse maps for anonymous pages, as far as they decide which regions merge.
 *
 * A private region gets an identity when it is first written: that of a neighbour with which it
 * could be one but for its protection, so that they can become one again later; else a new one.
 */
#include "region.h"

static bool svma_anon_compatible(const struct svma_core *core, const struct svma_vma *low,
				 const struct svma_vma *high)
{
	const u64 ignored =
		SVMA_VM_ACCESS | (svma_has(core, SVMA_RULE_STICKY) ? SVMA_VM_GUARDED : 0);

	return low->end == high->start && low->backing == high->backing &&
	       !((low->flags ^ high->flags) & ~ignored) &&
	       low->pgoff + svma_vma_pages(low) == high->pgoff &&
	       !((low->attr ^ high->attr) & SVMA_ATTR_MOVED);
}

static bool svma_anon_reusable(const struct svma_vma *vma)
{
	return vma->anon && !(vma->attr & SVMA_ANON_FORKED);
}

/**
 * svma_core_anon_fault() - a private region is about to be written
 * @core: the space, exclusively
 * @addr: an address in the region
 *
 * Return: 0, or -ENOENT if no region is there.
 */
int svma_core_anon_fault(struct svma_core *core, unsigned long addr)
{
	struct svma_vma vma, near;

	if (!svma_region_at(core, addr, &vma))
		return -ENOENT;
	if (vma.anon || vma.flags & SVMA_VM_SHARED)
		return 0;
	vma.attr &= ~SVMA_ANON_FORKED;
	if (svma_index_find(&core->index, vma.end, &near) &&
	    svma_anon_compatible(core, &vma, &near) && svma_anon_reusable(&near))
		vma.anon = near.anon;
	else if (svma_region_before(core, vma.start, &near) &&
		 svma_anon_compatible(core, &near, &vma) && svma_anon_reusable(&near))
		vma.anon = near.anon;
	else
		vma.anon = ++core->last_anon;
	svma_index_set(&core->index, vma.start, &vma);
	svma_step(core, SVMA_STEP_ANON, vma.start, vma.end, vma.anon, 0);
	return 0;
}

/**
 * svma_core_anon_set() - tell what is known of a region's reverse map from elsewhere
 * @core: the space, exclusively
 * @addr: an address in the region
 * @anon: identity, 0 for never written
 * @anon_flags: SVMA_ANON_*
 *
 * Return: 0, -ENOENT if no region is there, -EOPNOTSUPP for unknown flags.
 */
int svma_core_anon_set(struct svma_core *core, unsigned long addr, u32 anon, u32 anon_flags)
{
	struct svma_vma vma;

	if (anon_flags & ~SVMA_ATTR_TOLD)
		return -EOPNOTSUPP;
	if (!svma_region_at(core, addr, &vma))
		return -ENOENT;
	vma.anon = anon;
	vma.attr = (vma.attr & ~SVMA_ATTR_TOLD) | anon_flags;
	core->last_anon = max(core->last_anon, anon);
	svma_index_set(&core->index, vma.start, &vma);
	return 0;
}
