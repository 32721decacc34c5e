// SPDX-License-Identifier: GPL-2.0
/*
 * brk.
 */
#include "region.h"

#define SVMA_VM_DATA_DEFAULT \
	(SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC)

/* The heap wants a page more between it and the guard of the next region. */
static bool svma_brk_room(struct svma_core *core, unsigned long old, unsigned long new)
{
	struct svma_vma next;

	return !svma_index_find(&core->index, old, &next) ||
	       new + SVMA_PAGE_SIZE <= svma_guarded_start(core, &next);
}

static int svma_brk_grow(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_vma vma = { .start = start, .end = end, .pgoff = svma_pages(start) }, prev;
	unsigned long pages = svma_pages(end - start), skip = ULONG_MAX;

	vma.flags = SVMA_VM_DATA_DEFAULT | SVMA_VM_ACCOUNT | core->layout.def_flags;
	if (core->layout.personality & SVMA_READ_IMPLIES_EXEC)
		vma.flags |= SVMA_VM_EXEC;
	/* The documentation of 2.6.24 has the heap grow upwards by this flag. */
	if (svma_classic(core))
		vma.flags |= SVMA_VM_GROWSUP;
	if (!svma_may_expand(core, vma.flags, pages) ||
	    core->index.count > core->layout.max_map_count)
		return -ENOMEM;
	if (svma_region_reserve(core, 1, NULL) || svma_charge(core, pages))
		return -ENOMEM;

	/*
	 * Only a region that lies in the heap grows, not one that happens to end where the heap
	 * starts.
	 */
	if (svma_region_before(core, start, &prev) && prev.end <= core->layout.start_brk)
		skip = prev.start;
	svma_region_add(core, &vma, SVMA_MERGE_BRK, skip);
	return 0;
}

/**
 * svma_core_brk() - the brk system call
 * @core: the space, exclusively
 * @brk: in: wanted end of the heap; out: its end now
 * @populate_start: out: the caller is to make this range present
 * @populate_len: out: bytes, 0 for none
 *
 * Return: 0, always: an unchanged @brk tells that it was refused.
 */
int svma_core_brk(struct svma_core *core, unsigned long *brk, unsigned long *populate_start,
		  unsigned long *populate_len)
{
	struct svma_layout *layout = &core->layout;
	unsigned long want = *brk, new, old, data = layout->end_data - layout->start_data;
	struct svma_vma vma;

	*populate_len = 0;
	*brk = layout->brk;
	if (want < (layout->personality & SVMA_BRK_COMPAT ? layout->end_data : layout->start_brk))
		return 0;
	if (layout->limit_data != ~0ULL && want - layout->start_brk + data > layout->limit_data)
		return 0;
	new = svma_page_align(want);
	old = svma_page_align(layout->brk);
	if (new == old)
		goto done;

	if (want <= layout->brk) {
		if (!svma_index_find(&core->index, new, &vma) || vma.start >= old)
			return 0;
		if (svma_unmap_check(core, new, old))
			return 0;
		svma_uncharge(core, svma_region_remove(core, new, old));
		goto done;
	}
	if (!svma_may_lock(core, layout->def_flags, new - old))
		return 0;
	if (new < old || new > layout->high)
		return 0;
	if (old < layout->min_addr && !(layout->personality & SVMA_CAP_SYS_RAWIO))
		return 0;
	if (!svma_brk_room(core, old, new) || svma_brk_grow(core, old, new))
		return 0;
	if (layout->def_flags & SVMA_VM_LOCKED) {
		*populate_start = old;
		*populate_len = new - old;
	}
done:
	layout->brk = want;
	*brk = want;
	return 0;
}
