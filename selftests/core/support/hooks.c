// SPDX-License-Identifier: GPL-2.0
/* The hooks of a file that has its own. */
#include "hooks.h"
#include "pair.h"

int hook_place(unsigned long high, unsigned long addr, unsigned long len, unsigned long pgoff,
	       unsigned long flags, unsigned long *result)
{
	if (flags & MAP_FIXED) {
		*result = addr;
		return 0;
	}
	if (len / PAGE == 3)
		return -ENXIO;
	*result = high - len - pgoff * PAGE;
	return 0;
}

int hook_map(const struct svma_backing *backing, u64 *flags, unsigned long pgoff)
{
	if (!backing || backing->ops != &hook_ops)
		return 0;
	if (pgoff >= HOOK_REFUSES)
		return -ENODEV;
	if (!(*flags & SVMA_VM_WRITE))
		*flags &= ~SVMA_VM_MAYWRITE;
	return 0;
}

static int search(struct svma_core *core, struct svma_backing *backing, unsigned long addr,
		  unsigned long len, unsigned long pgoff, unsigned long flags,
		  unsigned long *result)
{
	struct svma_vma near;
	int error = hook_place(core->layout.high, addr, len, pgoff, flags, result);

	(void)backing;
	if (!error && !(flags & MAP_FIXED) && svma_index_find(&core->index, *result, &near) &&
	    near.start < *result + len)
		return -ENOMEM;
	return error;
}

static int map(struct svma_core *core, struct svma_backing *backing, struct svma_vma *vma)
{
	(void)core;
	return hook_map(backing, &vma->flags, vma->pgoff);
}

const struct svma_backing_ops hook_ops = {
	.get = pair_backing_get,
	.put = pair_backing_put,
	.search = search,
	.mmap = map,
};
