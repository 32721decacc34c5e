// SPDX-License-Identifier: GPL-2.0
/*
 * A file has changed: what its regions may not show any longer leaves the windows. Shared regions
 * keep their entries, which svma_file_outdated() finds out at the next touch; private copies of
 * what the file has lost go at once, because they must not come back if it grows again.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "file.h"
#include "mem.h"
#include "../backing.h"
#include "../rmap.h"
#include "../space.h"

/* First address of a region beyond the end of its file. */
static unsigned long svma_changed_limit(const struct svma_vma *vma)
{
	unsigned long size = svma_file_size_pages(svma_backing_object(vma->backing));

	if (size <= vma->pgoff)
		return vma->start;
	return vma->start + min(size - vma->pgoff, svma_pages(vma->end - vma->start)) * PAGE_SIZE;
}

struct svma_changed {
	struct svma_space *space;
	const struct svma_vma *vma;
};

static int svma_changed_entry(unsigned long index, unsigned long *slot, void *data)
{
	const struct svma_changed *changed = data;
	unsigned long addr = index << PAGE_SHIFT, entry = READ_ONCE(*slot);

	if (svma_pt_is_page(entry) && svma_file_outdated(changed->vma, addr, entry))
		svma_mem_zap(changed->space, addr, addr + PAGE_SIZE);
	if (!(index % SVMA_PT_ENTRIES))
		cond_resched();
	return 0;
}

static void svma_changed_region(struct svma_space *space, const struct svma_vma *vma)
{
	struct svma_changed changed = { .space = space, .vma = vma };
	unsigned long limit = svma_changed_limit(vma);

	if (!svma_vm_shared(vma->flags)) {
		/* Without memory the copies stay; beyond the end nobody gets at them. */
		if (svma_mem_discard(&space->core, limit, vma->end))
			svma_mem_zap(space, limit, vma->end);
		return;
	}
	svma_mem_zap(space, limit, vma->end);
	svma_pagetable_walk(&space->pages, svma_pages(vma->start), svma_pages(limit),
			    svma_changed_entry, &changed);
}

/**
 * svma_mem_file_changed() - a file that regions show has changed
 * @space: the space, its lock held exclusively
 * @rmap: the file
 * @start: first address to look at
 * @end: end address
 */
void svma_mem_file_changed(struct svma_space *space, struct svma_rmap_object *rmap,
			   unsigned long start, unsigned long end)
{
	struct svma_vma vma;

	lockdep_assert_held_write(&space->lock);
	for (; start < end && svma_index_find(&space->core.index, start, &vma) && vma.start < end;
	     start = vma.end) {
		if (svma_file_has_pages(&vma) && vma.backing->rmap == &rmap->tree)
			svma_changed_region(space, &vma);
	}
}
