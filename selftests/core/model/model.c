// SPDX-License-Identifier: GPL-2.0
/* The array of pages, and what can be read off it. */
#include "model.h"

void model_init(struct model *model, struct model_machine *machine, u32 kernel, unsigned long base,
		unsigned long count)
{
	unsigned int i;

	memset(model, 0, sizeof(*model));
	model->machine = machine;
	for (i = 0; machine->spaces[i];)
		i++;
	machine->spaces[i] = model;
	model->kernel = kernel;
	model->last_found = ~0UL;
	model->merge_anon_pgoff = kernel >= SVMA_KERNEL(7, 3);
	model->base = base;
	model->count = count;
	model->pages = calloc(count, sizeof(*model->pages));
	model->gone = calloc(count, sizeof(*model->gone));
	model->discarded = calloc(count, sizeof(*model->discarded));
	model->guards = calloc(count, sizeof(*model->guards));
	model->weaker = calloc(count, sizeof(*model->weaker));
	model->moved = calloc(count, sizeof(*model->moved));
}

void model_destroy(struct model *model)
{
	unsigned int i;

	for (i = 0; i < MODEL_SPACES; i++)
		if (model->machine->spaces[i] == model)
			model->machine->spaces[i] = NULL;
	free(model->pages);
	free(model->gone);
	free(model->weaker);
	free(model->discarded);
	free(model->guards);
	free(model->moved);
}

void model_clear_report(struct model *model)
{
	memset(model->gone, 0, model->count * sizeof(*model->gone));
	memset(model->discarded, 0, model->count * sizeof(*model->discarded));
	memset(model->guards, 0, model->count * sizeof(*model->guards));
	memset(model->weaker, 0, model->count * sizeof(*model->weaker));
	memset(model->moved, 0, model->count * sizeof(*model->moved));
}

/* Number of the page at an address that is not below the array; addresses above it give its end. */
unsigned long model_index(const struct model *model, unsigned long addr)
{
	unsigned long i;

	if (addr < model->base)
		return 0;
	i = (addr - model->base) / PAGE;
	return i < model->count ? i : model->count;
}

unsigned long model_addr(const struct model *model, unsigned long i)
{
	return model->base + i * PAGE;
}

/* First page of the region that has page i. */
unsigned long model_first(const struct model *model, unsigned long i)
{
	while (!model->pages[i].first)
		i--;
	return i;
}

/* The page after the last one of the region that has page i. */
unsigned long model_last(const struct model *model, unsigned long i)
{
	for (i++; i < model->count; i++)
		if (!model->pages[i].mapped || model->pages[i].first)
			break;
	return i;
}

/* The next mapped page from page i on, or the end of the array. */
unsigned long model_next(const struct model *model, unsigned long i)
{
	while (i < model->count && !model->pages[i].mapped)
		i++;
	return i;
}

/* What a region that grows down keeps free below it. */
unsigned long model_guard(const struct model *model)
{
	return model_classic(model) ? 0 : model->layout.guard_gap;
}

/*
 * Address up to which the space below the region that starts at page i may be used: vm_start_gap().
 */
unsigned long model_guarded(const struct model *model, unsigned long i)
{
	unsigned long addr = model_addr(model, i);

	if (!(model->pages[i].flags & SVMA_VM_GROWSDOWN))
		return addr;
	return addr > model_guard(model) ? addr - model_guard(model) : 0;
}

static bool is_stack(u64 flags)
{
	return flags & SVMA_VM_GROWSDOWN;
}

static bool is_exec(u64 flags)
{
	return (flags & SVMA_VM_EXEC) && !(flags & SVMA_VM_WRITE) && !is_stack(flags);
}

bool model_is_data(u64 flags)
{
	return (flags & SVMA_VM_WRITE) && !(flags & SVMA_VM_SHARED) && !is_stack(flags);
}

void model_sum(const struct model *model, struct model_totals *totals)
{
	unsigned long i;

	memset(totals, 0, sizeof(*totals));
	for (i = 0; i < model->count; i++) {
		const struct model_page *page = &model->pages[i];

		if (!page->mapped)
			continue;
		totals->total++;
		totals->regions += page->first;
		totals->locked += !!(page->flags & SVMA_VM_LOCKED);
		totals->committed += !!(page->flags & SVMA_VM_ACCOUNT);
		if (is_exec(page->flags))
			totals->exec++;
		else if (is_stack(page->flags))
			totals->stack++;
		else if (model_is_data(page->flags))
			totals->data++;
	}
}

/* The first region from page i on; *next is where to go on. */
bool model_region(const struct model *model, unsigned long i, struct svma_vma *vma,
		  unsigned long *next)
{
	const struct model_page *page;

	i = model_next(model, i);
	if (i == model->count)
		return false;
	page = &model->pages[i];
	*next = model_last(model, i);
	memset(vma, 0, sizeof(*vma));
	vma->start = model_addr(model, i);
	vma->end = model_addr(model, *next);
	vma->flags = page->flags;
	vma->pgoff = page->pgoff;
	vma->backing = page->backing;
	vma->anon = page->anon;
	vma->attr = page->attr;
	return true;
}

/* A region as it is, aligned and in the array, into free space. */
int model_import(struct model *model, const struct svma_vma *vma)
{
	unsigned long i, from = model_index(model, vma->start), to = model_index(model, vma->end);
	struct model_totals now;

	if (vma->backing && (vma->flags & SVMA_VM_GROWSDOWN))
		return -EINVAL;
	if (model_next(model, from) < to)
		return -EEXIST;
	model_sum(model, &now);
	if (now.regions > model->layout.max_map_count)
		return -ENOMEM;
	if (vma->anon > model->last_anon)
		model->last_anon = vma->anon;
	for (i = from; i < to; i++) {
		struct model_page *page = &model->pages[i];

		page->mapped = true;
		page->first = i == from;
		page->flags = vma->flags;
		page->pgoff = vma->pgoff + (i - from);
		page->anon_pgoff = vma->backing ? model_addr(model, i) / PAGE : page->pgoff;
		page->backing = vma->backing;
		page->anon = vma->anon;
		page->attr = vma->attr;
	}
	return 0;
}
