// SPDX-License-Identifier: GPL-2.0
/* Reverse maps: find_mergeable_anon_vma(). */
#include "model.h"

/*
 * Could the regions that meet at page i be one but for their protection, with the map of page @of?
 */
static bool reusable(const struct model *model, unsigned long i, unsigned long of)
{
	const struct model_page *low, *high;
	u64 differ;

	if (i == 0 || i == model->count)
		return false;
	low = &model->pages[i - 1];
	high = &model->pages[i];
	if (!low->mapped || !high->mapped || low->backing != high->backing)
		return false;
	differ = (low->flags ^ high->flags) & ~MODEL_ACCESS;
	if (model->kernel >= SVMA_KERNEL(7, 3))
		differ &= ~SVMA_VM_GUARDED;
	if (differ || low->pgoff + 1 != high->pgoff)
		return false;
	if (model->merge_anon_pgoff && low->anon_pgoff + 1 != high->anon_pgoff)
		return false;
	return model->pages[of].anon && !(model->pages[of].attr & SVMA_ANON_FORKED);
}

/* A private page is written for the first time. */
int model_fault(struct model *model, unsigned long addr)
{
	unsigned long i = model_index(model, addr), first, last;
	u32 anon;

	if (addr < model->base || i == model->count || !model->pages[i].mapped)
		return -ENOENT;
	if (model->pages[i].anon || (model->pages[i].flags & SVMA_VM_SHARED))
		return 0;
	first = model_first(model, i);
	last = model_last(model, i);
	if (reusable(model, last, last))
		anon = model->pages[last].anon;
	else if (reusable(model, first, first - 1))
		anon = model->pages[first - 1].anon;
	else
		anon = ++model->last_anon;
	for (i = first; i < last; i++) {
		model->pages[i].anon = anon;
		model->pages[i].attr &= ~SVMA_ANON_FORKED;
	}
	return 0;
}

int model_anon_set(struct model *model, unsigned long addr, u32 anon, u32 attr)
{
	unsigned long i = model_index(model, addr), last;

	if (attr & ~(SVMA_ANON_FORKED | SVMA_ANON_CLOSES))
		return -EOPNOTSUPP;
	if (addr < model->base || i == model->count || !model->pages[i].mapped)
		return -ENOENT;
	last = model_last(model, i);
	for (i = model_first(model, i); i < last; i++) {
		model->pages[i].anon = anon;
		model->pages[i].attr = attr;
	}
	if (anon > model->last_anon)
		model->last_anon = anon;
	return 0;
}
