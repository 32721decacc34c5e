// SPDX-License-Identifier: GPL-2.0
/* munmap(2). */
#include "model.h"

static bool sealed(const struct model *model, unsigned long i)
{
	return model->kernel >= SVMA_KERNEL(6, 12) && (model->pages[i].flags & SVMA_VM_SEALED);
}

/*
 * Cut what start..end cuts, and see that it may go. Cuts made before an error stay, and so do they
 * when the caller gives up afterwards.
 */
int model_unmap_gather(struct model *model, unsigned long start, unsigned long end)
{
	unsigned long i = model_next(model, start), first, last;
	struct model_totals now;

	if (i >= end)
		return 0;
	first = model_first(model, i);
	last = model_last(model, i);
	model_sum(model, &now);
	if (start > first) {
		if (end < last && now.regions >= model->layout.max_map_count)
			return -ENOMEM;
		if (sealed(model, start))
			return -EPERM;
		if (model_cuts_huge(model, start))
			return -EINVAL;
		model->pages[start].first = true;
	}
	while (i < end) {
		if (sealed(model, i))
			return -EPERM;
		last = model_last(model, i);
		if (last > end && model_cuts_huge(model, end))
			return -EINVAL;
		if (last > end)
			model->pages[end].first = true;
		i = model_next(model, last);
	}
	return 0;
}

void model_unmap_finish(struct model *model, unsigned long start, unsigned long end)
{
	unsigned long i;

	if (model_next(model, start) < end)
		model_forget_classic(model, start, end);
	for (i = start; i < end; i++) {
		if (model->pages[i].mapped)
			model->gone[i] = true;
		memset(&model->pages[i], 0, sizeof(model->pages[i]));
	}
}

int model_unmap_pages(struct model *model, unsigned long start, unsigned long end)
{
	int error = model_unmap_gather(model, start, end);

	if (!error)
		model_unmap_finish(model, start, end);
	return error;
}

int model_munmap(struct model *model, unsigned long addr, unsigned long len)
{
	if ((addr & ~SVMA_PAGE_MASK) || addr > model->layout.high ||
	    len > model->layout.high - addr)
		return -EINVAL;
	len = svma_page_align(len);
	if (!len)
		return -EINVAL;
	return model_unmap_pages(model, model_index(model, addr), model_index(model, addr + len));
}
