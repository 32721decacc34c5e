// SPDX-License-Identifier: GPL-2.0
/* brk(2), the system call: it answers with the end of the heap that there is then. */
#include "model.h"

static int grow(struct model *model, unsigned long from, unsigned long to)
{
	unsigned long start = model_index(model, from), pages = (to - from) / PAGE, next;
	struct model_page page = {
		.flags = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE |
			 SVMA_VM_MAYEXEC | SVMA_VM_ACCOUNT | model->layout.def_flags,
		.pgoff = from / PAGE,
		.anon_pgoff = from / PAGE,
	};
	struct model_totals now;

	/* The heap grows upwards, and says so. */
	if (model_classic(model))
		page.flags |= SVMA_VM_GROWSUP;
	if (model->layout.personality & SVMA_READ_IMPLIES_EXEC)
		page.flags |= SVMA_VM_EXEC;
	/* get_unmapped_area() with MAP_FIXED, and the limit of locked memory. */
	if (to - from > model->layout.high || from > model->layout.high - (to - from))
		return -ENOMEM;
	if (from < model->layout.min_addr && !(model->layout.personality & SVMA_CAP_SYS_RAWIO))
		return -EPERM;
	if (!model_may_lock(model, model->layout.def_flags, to - from))
		return -EAGAIN;
	next = model_next(model, start);
	if (next < model->count && to + PAGE > model_guarded(model, next))
		return -ENOMEM;
	if (!model_may_expand(model, page.flags, pages))
		return -ENOMEM;
	model_sum(model, &now);
	if (now.regions > model->layout.max_map_count)
		return -ENOMEM;
	if (!model_enough_memory(model, pages))
		return -ENOMEM;
	/* Only a region that has a byte of the heap is extended. */
	if (model->layout.personality & SVMA_MERGEABLE_ALL && model->kernel >= SVMA_KERNEL(7, 3))
		page.flags |= SVMA_VM_MERGEABLE;
	model_add(model, start, start + pages, &page,
		  JOIN_MARKS | (from > model->layout.start_brk ? JOIN_LEFT : 0), NULL);
	return 0;
}

unsigned long model_brk(struct model *model, unsigned long brk, unsigned long *populate_start,
			unsigned long *populate_len)
{
	struct svma_layout *layout = &model->layout;
	unsigned long old = svma_page_align((unsigned long)layout->brk), new = svma_page_align(brk),
		      i;

	*populate_len = 0;
	if (brk < (layout->personality & SVMA_BRK_COMPAT ? layout->end_data : layout->start_brk))
		return layout->brk;
	if (layout->limit_data != ~0ULL &&
	    brk - layout->start_brk + (layout->end_data - layout->start_data) > layout->limit_data)
		return layout->brk;
	if (old == new) {
		layout->brk = brk;
		return brk;
	}
	if (brk <= layout->brk) {
		i = model_next(model, model_index(model, new));
		if (i >= model_index(model, old) ||
		    model_unmap_pages(model, model_index(model, new), model_index(model, old)))
			return layout->brk;
	} else {
		if (grow(model, old, new))
			return layout->brk;
		if (layout->def_flags & SVMA_VM_LOCKED) {
			*populate_start = old;
			*populate_len = new - old;
		}
	}
	layout->brk = brk;
	return brk;
}
