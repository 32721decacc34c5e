// SPDX-License-Identifier: GPL-2.0
/* Growth of a stack by a fault below it: expand_downwards(). And mseal(2). */
#include "model.h"

int model_grow(struct model *model, unsigned long addr)
{
	unsigned long i = model_next(model, model_index(model, addr)), prev, pages, first, n;
	unsigned long to = addr & SVMA_PAGE_MASK;
	struct model_page page;

	if (i == model->count || addr >= model_addr(model, model->count))
		return -EFAULT;
	first = model_first(model, i);
	if (model_addr(model, first) <= addr)
		return 0;
	page = model->pages[first];
	if (!(page.flags & SVMA_VM_GROWSDOWN))
		return -EFAULT;
	if (to < model->layout.min_addr)
		return -EPERM;
	for (prev = first; prev && !model->pages[prev - 1].mapped;)
		prev--;
	if (prev && !(model->pages[prev - 1].flags & SVMA_VM_GROWSDOWN) &&
	    (model->pages[prev - 1].flags & MODEL_ACCESS) &&
	    to - model_addr(model, prev) < model_guard(model))
		return -ENOMEM;
	/* It counts as written from here on, whether it can grow or not. */
	model_fault(model, model_addr(model, first));
	page = model->pages[first];
	pages = (model_addr(model, first) - to) / PAGE;
	if (pages > page.pgoff)
		return -ENOMEM;
	if (!model_may_expand(model, page.flags, pages))
		return -ENOMEM;
	if (model_addr(model, model_last(model, first)) - to > model->layout.limit_stack)
		return -ENOMEM;
	if (!model_may_lock(model, page.flags, pages * PAGE))
		return -ENOMEM;
	if (!model_enough_memory(model, pages))
		return -ENOMEM;
	for (n = 1; n <= pages; n++) {
		struct model_page *below = &model->pages[first - n];

		*below = page;
		below->first = n == pages;
		below->pgoff = page.pgoff - n;
		below->anon_pgoff = page.anon_pgoff - n;
	}
	model->pages[first].first = false;
	return 0;
}

int model_mseal(struct model *model, unsigned long addr, unsigned long len, unsigned long flags)
{
	unsigned long size = svma_page_align(len), i, end, to;
	int error;

	if (model->kernel < SVMA_KERNEL(6, 12))
		return -ENOSYS;
	if (flags || (addr & ~SVMA_PAGE_MASK) || (len && !size) || addr + size < addr)
		return -EINVAL;
	if (!size)
		return 0;
	if (addr < model->base || addr + size > model_addr(model, model->count))
		return -ENOMEM;
	end = model_index(model, addr + size);
	for (i = model_index(model, addr); i < end; i++)
		if (!model->pages[i].mapped)
			return -ENOMEM;
	for (i = model_index(model, addr); i < end; i = model_last(model, i)) {
		to = model_last(model, i);
		if (model->pages[i].flags & SVMA_VM_SEALED)
			continue;
		error = model_change(model, i, to < end ? to : end,
				     model->pages[i].flags | SVMA_VM_SEALED);
		if (error)
			return error;
	}
	return 0;
}
