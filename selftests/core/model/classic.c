// SPDX-License-Identifier: GPL-2.0
/*
 * What the documentation of 2.6.24 tells (chapter on virtual process memory): the search for a free
 * area, its two caches, the region found last, the overcommit policy.
 */
#include "model.h"

static bool mapped(const struct model *model, unsigned long addr)
{
	return addr >= model->base && addr < model_addr(model, model->count) &&
	       model->pages[model_index(model, addr)].mapped;
}

/* Is there a region at or above the address, and where does it start? */
static bool region_from(const struct model *model, unsigned long addr, unsigned long *start,
			unsigned long *end)
{
	unsigned long i = model_next(model, model_index(model, addr));

	if (addr >= model_addr(model, model->count) || i == model->count)
		return false;
	*start = model_addr(model, mapped(model, addr) ? model_first(model, i) : i);
	*end = model_addr(model, model_last(model, i));
	return true;
}

/* From region to region, upwards; a hole that is too small is remembered if none was larger. */
int model_place_classic(struct model *model, unsigned long addr, unsigned long len,
			unsigned long *result)
{
	unsigned long base = model->layout.mmap_base, high = model->layout.high, from, start, end;
	struct svma_vma next;

	addr = svma_page_align(addr);
	if (addr && high - len >= addr &&
	    (!model_find(model, addr, &next) || addr + len <= next.start)) {
		*result = addr;
		return 0;
	}
	if (len > model->hole) {
		from = model->search_from > base ? model->search_from : base;
	} else {
		from = base;
		model->hole = 0;
	}
	for (addr = from;;) {
		bool any = region_from(model, addr, &start, &end);

		if (high - len < addr) {
			if (from == base)
				return -ENOMEM;
			addr = base;
			from = base;
			model->hole = 0;
			continue;
		}
		if (!any || addr + len <= start)
			break;
		if (start > addr && start - addr > model->hole)
			model->hole = start - addr;
		addr = end;
	}
	model->search_from = addr + len;
	*result = addr;
	return 0;
}

/* Pages are unmapped: the region found last is forgotten, and the search may start there. */
void model_forget_classic(struct model *model, unsigned long start, unsigned long end)
{
	model->last_found = ~0UL;
	for (; start < end; start++) {
		unsigned long addr = model_addr(model, start);

		if (addr < model->layout.mmap_base || addr >= model->search_from)
			continue;
		model->search_from = addr;
		model->hole = ~0UL;
		return;
	}
}

/* The printed formula for mode 2; for mode 0, what could be had at all. */
bool model_enough_classic(const struct svma_machine *told, unsigned long committed,
			  unsigned long pages)
{
	unsigned long allowed;

	if (told->overcommit_mode == SVMA_OVERCOMMIT_GUESS)
		return pages < told->cache + told->swap + told->reclaimable + told->free;
	if (told->overcommit_kbytes)
		allowed = told->overcommit_kbytes / 4;
	else
		allowed = (told->ram - told->huge) * told->overcommit_ratio / 100;
	return committed + pages <= allowed + told->swap;
}

/* find_vma(): the region that holds an address, or the next one above. */
bool model_find(struct model *model, unsigned long addr, struct svma_vma *found)
{
	unsigned long i = model_index(model, addr), next;

	if (addr >= model_addr(model, model->count))
		i = model->count;
	else if (mapped(model, addr))
		i = model_first(model, i);
	if (model_classic(model)) {
		if (mapped(model, addr) && model_addr(model, i) == model->last_found) {
			model->hits++;
		} else {
			model->misses++;
			if (model_next(model, i) < model->count)
				model->last_found = model_addr(model, model_next(model, i));
		}
	}
	return model_region(model, i, found, &next);
}
