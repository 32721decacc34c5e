// SPDX-License-Identifier: GPL-2.0
/*
 * Regions whose equal pages may become one (MADV_MERGEABLE), where a whole space asked for that
 * (PR_SET_MEMORY_MERGE).
 */
#include "region.h"

/* Only private memory of the usual kind has pages that can become one. */
static bool svma_mergeable_can(u64 flags)
{
	return !(flags & (SVMA_VM_SHARED | SVMA_VM_MAYSHARE | SVMA_VM_HUGETLB |
			  SVMA_VM_DROPPABLE | SVMA_VM_UNMERGEABLE));
}

/**
 * svma_mergeable_advised() - the flags of a region that is advised to be mergeable
 * @flags: its flags
 *
 * Return: the flags, with SVMA_VM_MERGEABLE if it can be.
 */
u64 svma_mergeable_advised(u64 flags)
{
	return svma_mergeable_can(flags) ? flags | SVMA_VM_MERGEABLE : flags;
}

/* Is it known before the file has its say that the region can be mergeable? */
static bool svma_mergeable_early(const struct svma_core *core, const struct svma_vma *vma)
{
	return svma_has(core, SVMA_RULE_MERGEABLE_EARLY) &&
	       (!vma->backing ||
		vma->backing->flags & (SVMA_BACKING_SHMEM | SVMA_BACKING_PREPARES));
}

/**
 * svma_mergeable_new() - a new region of a space that asked for all to be mergeable
 * @core: the space
 * @vma: the region, changed
 * @how: for which verb
 * @late: it did not merge with its neighbours
 *
 * Newer kernels mark it before they look for neighbours where they can, older ones when it is
 * there.
 */
void svma_mergeable_new(const struct svma_core *core, struct svma_vma *vma, enum svma_merge how,
			bool late)
{
	if (!(core->layout.personality & SVMA_MERGEABLE_ALL) || svma_classic(core) ||
	    (how != SVMA_MERGE_MAP && how != SVMA_MERGE_BRK))
		return;
	if (late || svma_mergeable_early(core, vma))
		vma->flags = svma_mergeable_advised(vma->flags);
}

/**
 * svma_mergeable_all() - make all regions mergeable that can be, or none
 * @core: the space, exclusively
 * @on: make them so
 *
 * Neighbours that become alike stay apart.
 */
void svma_mergeable_all(struct svma_core *core, bool on)
{
	unsigned long addr = 0;
	struct svma_vma vma;

	if (svma_classic(core))
		return;
	for (; svma_index_find(&core->index, addr, &vma); addr = vma.end) {
		u64 flags = on ? svma_mergeable_advised(vma.flags) :
			    vma.flags & ~SVMA_VM_MERGEABLE;

		cond_resched();
		if (flags == vma.flags)
			continue;
		svma_step(core, SVMA_STEP_PROTECT, vma.start, vma.end, flags, vma.flags);
		vma.flags = flags;
		svma_index_set(&core->index, vma.start, &vma);
	}
}
