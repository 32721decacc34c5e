// SPDX-License-Identifier: GPL-2.0
/* msync(2), mincore(2), remap_file_pages(2). */
#include "model.h"

static bool is_mapped(const struct model *model, unsigned long addr)
{
	return addr >= model->base && addr < model_addr(model, model->count) &&
	       model->pages[model_index(model, addr)].mapped;
}

int model_msync(const struct model *model, unsigned long addr, unsigned long len,
		unsigned int flags)
{
	unsigned long size = svma_page_align(len);
	int hole = 0;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if ((addr & ~SVMA_PAGE_MASK) || ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (addr + size < addr)
		return -ENOMEM;
	while (size) {
		/* Outside of the array there is nothing to step over page by page. */
		if (addr >= model_addr(model, model->count))
			return -ENOMEM;
		if (!is_mapped(model, addr)) {
			unsigned long next = addr < model->base ? model->base : addr + PAGE;

			if (flags == MS_ASYNC || next - addr >= size)
				return -ENOMEM;
			hole = -ENOMEM;
			size -= next - addr;
			addr = next;
			continue;
		}
		if ((flags & MS_INVALIDATE) &&
		    (model->pages[model_index(model, addr)].flags & SVMA_VM_LOCKED))
			return -EBUSY;
		addr += PAGE;
		size -= PAGE;
	}
	return hole;
}

/* access_ok(): which pages are there is not asked here. */
int model_mincore(const struct model *model, unsigned long addr, unsigned long len)
{
	if (addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	return len > model->layout.high || addr > model->layout.high - len ? -ENOMEM : 0;
}

/* A new shared mapping of the same file in place of one, which may be in several regions. */
int model_remap_file(struct model *model, const struct svma_remap_file *args,
		     struct svma_populate *populate)
{
	unsigned long start = args->addr & SVMA_PAGE_MASK, size = args->len & SVMA_PAGE_MASK, addr;
	struct svma_map_args map = { .addr = start, .len = size, .whole = true };
	const struct model_page *first;
	int error;

	memset(populate, 0, sizeof(*populate));
	if (args->prot || start + size <= start || args->pgoff + size / PAGE < args->pgoff)
		return -EINVAL;
	if (!is_mapped(model, start))
		return -EINVAL;
	first = &model->pages[model_index(model, start)];
	if (!(first->flags & SVMA_VM_SHARED))
		return -EINVAL;
	for (addr = start; addr < start + size; addr += PAGE) {
		const struct model_page *page = &model->pages[model_index(model, addr)];

		if (!is_mapped(model, addr) || page->backing != first->backing ||
		    page->flags != first->flags)
			return -EINVAL;
	}
	if (args->pgoff > ~0UL / PAGE)
		return -EOVERFLOW;
	map.offset = args->pgoff * PAGE;
	map.backing = first->backing;
	map.prot |= first->flags & SVMA_VM_READ ? PROT_READ : 0;
	map.prot |= first->flags & SVMA_VM_WRITE ? PROT_WRITE : 0;
	map.prot |= first->flags & SVMA_VM_EXEC ? PROT_EXEC : 0;
	map.flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | (args->flags & MAP_NONBLOCK);
	map.flags |= first->flags & SVMA_VM_LOCKED ? MAP_LOCKED : 0;
	error = model_mmap(model, &map);
	populate->start = error ? 0 : map.result;
	populate->len = error ? 0 : map.populate;
	return error;
}
