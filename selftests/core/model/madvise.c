// SPDX-License-Identifier: GPL-2.0
/* madvise(2), as far as regions and their contents show it. */
#include "model.h"

static bool known(const struct model *model, int advice)
{
	if (model_classic(model))
		return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) ||
		       (advice >= MADV_REMOVE && advice <= MADV_DOFORK);
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE ... MADV_DOFORK:
	case MADV_MERGEABLE ... MADV_KEEPONFORK:
	case MADV_COLD ... MADV_COLLAPSE:
		return true;
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return model->kernel >= SVMA_KERNEL(7, 3);
	default:
		return false;
	}
}

static bool takes_away(int advice)
{
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE;
}

static bool anonymous(const struct model_page *page)
{
	return !page->backing && !(page->flags & (SVMA_VM_SHARED | SVMA_VM_SPECIAL));
}

/* Sealed memory that cannot be written keeps what it holds, also across a fork. */
static bool forbidden(const struct model *model, const struct model_page *page, int advice)
{
	if (model->kernel < SVMA_KERNEL(6, 12) || !(page->flags & SVMA_VM_SEALED))
		return false;
	if (!takes_away(advice) && advice != MADV_DONTFORK && advice != MADV_WIPEONFORK &&
	    advice != MADV_GUARD_INSTALL)
		return false;
	return anonymous(page) && !(page->flags & SVMA_VM_WRITE);
}

/* Not where pages are shared, or not of the usual kind. */
bool model_mergeable(const struct model *model, u64 flags)
{
	u64 never = SVMA_VM_SHARED | SVMA_VM_MAYSHARE | SVMA_VM_HUGETLB | MODEL_SPECIAL;

	if (model->kernel >= SVMA_KERNEL(6, 12))
		never |= SVMA_VM_DROPPABLE;
	return !(flags & never);
}

/* PR_SET_MEMORY_MERGE, for what is there: region by region, but a region is alike all over. */
void model_merge_all(struct model *model, bool on)
{
	unsigned long i;

	model->layout.personality &= ~SVMA_MERGEABLE_ALL;
	if (on)
		model->layout.personality |= SVMA_MERGEABLE_ALL;
	for (i = 0; i < model->count; i++) {
		if (on && model_mergeable(model, model->pages[i].flags))
			model->pages[i].flags |= SVMA_VM_MERGEABLE;
		else if (!on)
			model->pages[i].flags &= ~SVMA_VM_MERGEABLE;
	}
}

static int new_flags(const struct model *model, const struct model_page *page, int advice,
		     u64 *flags)
{
	bool old = model->kernel < SVMA_KERNEL(6, 12);
	u64 droppable = *flags & SVMA_VM_DROPPABLE;

	switch (advice) {
	case MADV_NORMAL:
		*flags &= ~(SVMA_VM_SEQ_READ | SVMA_VM_RAND_READ);
		return 0;
	case MADV_SEQUENTIAL:
		*flags = (*flags & ~SVMA_VM_RAND_READ) | SVMA_VM_SEQ_READ;
		return 0;
	case MADV_RANDOM:
		*flags = (*flags & ~SVMA_VM_SEQ_READ) | SVMA_VM_RAND_READ;
		return 0;
	case MADV_DONTFORK:
		*flags |= SVMA_VM_DONTCOPY;
		return 0;
	case MADV_DOFORK:
		if (*flags & (model->kernel < SVMA_KERNEL(7, 3) ? SVMA_VM_IO : MODEL_SPECIAL))
			return -EINVAL;
		*flags &= ~SVMA_VM_DONTCOPY;
		return 0;
	case MADV_WIPEONFORK:
		/* Any that has no file. */
		if (page->backing || (page->flags & SVMA_VM_SHARED))
			return -EINVAL;
		*flags |= SVMA_VM_WIPEONFORK;
		return 0;
	case MADV_KEEPONFORK:
		if (droppable && !old)
			return -EINVAL;
		*flags &= ~SVMA_VM_WIPEONFORK;
		return 0;
	case MADV_DONTDUMP:
		*flags |= SVMA_VM_DONTDUMP;
		return 0;
	case MADV_DODUMP:
		if ((!(*flags & SVMA_VM_HUGETLB) && (*flags & MODEL_SPECIAL)) ||
		    (droppable && !old))
			return -EINVAL;
		*flags &= ~SVMA_VM_DONTDUMP;
		return 0;
	case MADV_MERGEABLE:
		if (model_mergeable(model, *flags))
			*flags |= SVMA_VM_MERGEABLE;
		return 0;
	case MADV_UNMERGEABLE:
		*flags &= ~SVMA_VM_MERGEABLE;
		return 0;
	case MADV_HUGEPAGE:
		*flags = (*flags & ~SVMA_VM_NOHUGEPAGE) | SVMA_VM_HUGEPAGE;
		return 0;
	case MADV_NOHUGEPAGE:
		*flags = (*flags & ~SVMA_VM_HUGEPAGE) | SVMA_VM_NOHUGEPAGE;
		return 0;
	default:
		return 0;	/* WILLNEED */
	}
}

static int guard(struct model *model, unsigned long start, unsigned long end, bool install)
{
	u64 flags = model->pages[start].flags, never = MODEL_SPECIAL | SVMA_VM_HUGETLB;
	unsigned long i, last = model_last(model, start);

	if (flags & (install ? never | SVMA_VM_LOCKED : never))
		return -EINVAL;
	for (i = start; i < end; i++)
		model->guards[i] = install ? 1 : -1;
	if (!install)
		return 0;
	/* The mark is the region's. */
	for (i = model_first(model, start); i < last; i++)
		model->pages[i].flags |= SVMA_VM_GUARDED;
	if (anonymous(&model->pages[start]))
		model_fault(model, model_addr(model, start));
	return 0;
}

static int advise_one(struct model *model, unsigned long start, unsigned long end, int advice)
{
	const struct model_page *page = &model->pages[start];
	u64 flags = page->flags;
	int error;

	if (forbidden(model, page, advice))
		return -EPERM;
	if (advice == MADV_COLD || advice == MADV_PAGEOUT)
		return flags & (SVMA_VM_LOCKED | SVMA_VM_PFNMAP | SVMA_VM_HUGETLB) ? -EINVAL : 0;
	if (advice == MADV_GUARD_INSTALL || advice == MADV_GUARD_REMOVE)
		return guard(model, start, end, advice == MADV_GUARD_INSTALL);
	if (takes_away(advice)) {
		if ((flags & SVMA_VM_PFNMAP) ||
		    ((flags & SVMA_VM_LOCKED) && advice != MADV_DONTNEED_LOCKED))
			return -EINVAL;
		if (advice == MADV_FREE && !anonymous(page))
			return -EINVAL;
		/* Whole huge pages only: from one on, and what the end cuts stays. */
		if (flags & SVMA_VM_HUGETLB) {
			if (model_addr(model, start) & (SVMA_HUGE_SIZE - 1))
				return -EINVAL;
			while (model_addr(model, end) & (SVMA_HUGE_SIZE - 1))
				end--;
		}
		for (; start < end; start++)
			model->discarded[start] = true;
		return 0;
	}
	error = new_flags(model, page, advice, &flags);
	if (error || flags == page->flags)
		return error;
	error = model_change(model, start, end, flags);
	return error == -ENOMEM ? -EAGAIN : error;
}

/* Up to 6.1 holes are passed over at first; later kernels stop at whatever comes first. */
static int can_populate(const struct model *model, unsigned long addr, unsigned long len,
			bool write)
{
	bool in_order = model->kernel >= SVMA_KERNEL(6, 12);
	unsigned long end = addr + len, i;
	int hole = 0;

	for (; addr < end; addr += PAGE) {
		i = model_index(model, addr);
		if (addr >= model_addr(model, model->count))
			return -ENOMEM;
		if (addr < model->base || !model->pages[i].mapped) {
			if (in_order)
				return -ENOMEM;
			hole = -ENOMEM;
			if (addr < model->base)
				addr = model->base - PAGE;
			continue;
		}
		if (model->pages[i].flags & (SVMA_VM_IO | SVMA_VM_PFNMAP))
			return -EINVAL;
		if (!(model->pages[i].flags & (write ? SVMA_VM_WRITE : SVMA_VM_READ)))
			return -EINVAL;
		if (model_lacks_huge(model, i))
			return -EFAULT;
	}
	return hole;
}

int model_madvise(struct model *model, unsigned long addr, unsigned long len, int advice,
		  struct svma_populate *populate)
{
	unsigned long size = svma_page_align(len), i, end, to;
	int error, hole = 0;

	memset(populate, 0, sizeof(*populate));
	if (!known(model, advice) || (addr & ~SVMA_PAGE_MASK) || (len && !size) ||
	    addr + size < addr)
		return -EINVAL;
	if (!size)
		return 0;
	switch (advice) {
	case MADV_REMOVE:
	case MADV_COLLAPSE:
		return -EOPNOTSUPP;	/* what the core says that it does not do yet */
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		error = can_populate(model, addr, size, advice == MADV_POPULATE_WRITE);
		if (error)
			return error;
		populate->start = addr;
		populate->len = size;
		populate->strict = true;
		populate->write = advice == MADV_POPULATE_WRITE;
		return 0;
	}
	i = model_index(model, addr);
	end = model_index(model, addr + size);
	if (addr < model->base)
		hole = -ENOMEM;
	while (i < end) {
		if (!model->pages[i].mapped) {
			hole = -ENOMEM;
			i++;
			continue;
		}
		to = model_last(model, i);
		error = advise_one(model, i, to < end ? to : end, advice);
		if (error)
			return error;
		i = model_last(model, i);
	}
	return addr + size > model_addr(model, model->count) ? -ENOMEM : hole;
}
