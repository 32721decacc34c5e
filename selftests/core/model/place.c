// SPDX-License-Identifier: GPL-2.0
/* Where a mapping goes: get_unmapped_area() and all below it, one page after the other. */
#include "hooks.h"
#include "model.h"

/* Is the page at this address free? The space outside the array always is. */
static bool free_page(const struct model *model, unsigned long addr)
{
	if (addr < model->base || addr >= model_addr(model, model->count))
		return true;
	return !model->pages[model_index(model, addr)].mapped;
}

/*
 * The highest free run of len bytes in low..high, whatever guards there are: mas_empty_area_rev().
 */
static bool highest_run(const struct model *model, unsigned long low, unsigned long high,
			unsigned long len, unsigned long *end)
{
	unsigned long addr = high, run = 0;

	if (high < low || high - low < len)
		return false;
	*end = high;
	while (run < len) {
		if (addr <= low)
			return false;
		if (addr <= model->base)
			return addr - low + run >= len;	/* nothing but free space below */
		addr -= PAGE;
		if (free_page(model, addr)) {
			run += PAGE;
		} else {
			run = 0;
			*end = addr;
		}
	}
	return true;
}

static bool lowest_run(const struct model *model, unsigned long low, unsigned long high,
		       unsigned long len, unsigned long *start)
{
	unsigned long addr = low, run = 0;

	if (high < low || high - low < len)
		return false;
	*start = low;
	while (run < len) {
		if (addr >= high)
			return false;
		if (addr < model->base) {
			run += model->base - addr;
			addr = model->base;
			continue;
		}
		if (free_page(model, addr)) {
			run += PAGE;
		} else {
			run = 0;
			*start = addr + PAGE;
		}
		addr += PAGE;
	}
	return run >= len && *start + len <= high;
}

/*
 * The page where the first region at or above an address starts; the end of the array without one.
 */
static unsigned long next_region(const struct model *model, unsigned long addr)
{
	return model_next(model, model_index(model, addr));
}

static bool grows_down(const struct model *model, unsigned long i)
{
	return i < model->count && (model->pages[i].flags & SVMA_VM_GROWSDOWN);
}

/* Where bits of the address are to be zero, the run has room for that too. */
static int search_down(const struct model *model, unsigned long low, unsigned long high,
		       unsigned long len, unsigned long zero, unsigned long *result)
{
	unsigned long end, next;

	for (;;) {
		if (!highest_run(model, low, high, len + zero, &end))
			return -ENOMEM;
		next = next_region(model, end);
		if (!grows_down(model, next) || model_guarded(model, next) >= end)
			break;
		/* The guard may reach below the gap, and past what lies below that. */
		high = model_guarded(model, next);
	}
	*result = (end - len) & ~zero;
	return 0;
}

static int search_up(const struct model *model, unsigned long low, unsigned long high,
		     unsigned long len, unsigned long zero, unsigned long *result)
{
	unsigned long start, next;

	for (;;) {
		if (!lowest_run(model, low, high, len + zero, &start))
			return -ENOMEM;
		while (start & zero)
			start += PAGE;
		next = next_region(model, start);
		if (!grows_down(model, next) || model_guarded(model, next) >= start + len + zero)
			break;
		low = model_addr(model, model_last(model, next));
	}
	*result = start;
	return 0;
}

/* Does the range end at or below what the next region leaves? */
static bool fits_below_next(const struct model *model, unsigned long addr, unsigned long len)
{
	unsigned long i = model_index(model, addr), next;

	if (addr >= model_addr(model, model->count))
		return true;
	next = next_region(model, addr);
	if (addr >= model->base && next == i)
		return false;
	return next == model->count || addr + len <= model_guarded(model, next);
}

static unsigned long search_floor(const struct model *model, unsigned long low)
{
	if (model->kernel < SVMA_KERNEL(6, 12))
		return low;
	return low > model->layout.min_addr
		       ? low
		       : svma_page_align((unsigned long)model->layout.min_addr);
}

static int place_up(const struct model *model, unsigned long addr, unsigned long len,
		    unsigned long zero, unsigned long flags, unsigned long *result)
{
	unsigned long begin, end = model->layout.high;

	if (flags & MAP_FIXED) {
		*result = addr;
		return 0;
	}
	begin = model->layout.direction == SVMA_BOTTOMUP ? model->layout.mmap_base
							 : model->layout.legacy_base;
	if (len > end)
		return -ENOMEM;
	if (addr && end - len >= addr && fits_below_next(model, addr, len)) {
		*result = addr;
		return 0;
	}
	return search_up(model, search_floor(model, begin), end, len, zero, result);
}

static int place_down(const struct model *model, unsigned long addr, unsigned long len,
		      unsigned long zero, unsigned long flags, unsigned long *result)
{
	unsigned long low = PAGE;

	if (len > model->layout.high)
		return -ENOMEM;
	if (flags & MAP_FIXED) {
		*result = addr;
		return 0;
	}
	if (addr && model->layout.high - len >= addr && fits_below_next(model, addr, len)) {
		*result = addr;
		return 0;
	}
	if ((flags & MAP_ABOVE4G) && model->kernel >= SVMA_KERNEL(6, 12))
		low = 1UL << 32;
	if (!search_down(model, search_floor(model, low), model->layout.mmap_base, len, zero,
			 result))
		return 0;
	return place_up(model, addr, len, zero, flags, result);
}

static int place_plain(const struct model *model, unsigned long addr, unsigned long len,
		       unsigned long zero, unsigned long flags, unsigned long *result)
{
	if (model->layout.direction == SVMA_BOTTOMUP)
		return place_up(model, addr, len, zero, flags, result);
	return place_down(model, addr, len, zero, flags, result);
}

/* hugetlb_get_unmapped_area(): in whole large pages, hint and all. */
static int place_huge_file(const struct model *model, unsigned long addr, unsigned long len,
			   unsigned long flags, unsigned long *result)
{
	const unsigned long in_page = SVMA_HUGE_SIZE - 1;

	if (len & in_page)
		return -EINVAL;
	if ((flags & MAP_FIXED) && (addr & in_page))
		return -EINVAL;
	if (model->kernel >= SVMA_KERNEL(7, 3))
		addr += in_page;
	else
		flags &= ~MAP_ABOVE4G;
	return place_plain(model, addr & ~in_page, len, in_page & SVMA_PAGE_MASK, flags, result);
}

/* thp_get_unmapped_area(): room for 2 MiB more, then aligned as the offset is. */
static int place_huge(const struct model *model, unsigned long addr, unsigned long len,
		      unsigned long off, unsigned long flags, unsigned long *result)
{
	unsigned long align = (off + SVMA_HUGE_SIZE - 1) & ~(SVMA_HUGE_SIZE - 1), move, where;

	if (off + len <= align || off + len - align < SVMA_HUGE_SIZE ||
	    len + SVMA_HUGE_SIZE < len || off + len + SVMA_HUGE_SIZE < off ||
	    place_plain(model, addr, len + SVMA_HUGE_SIZE, 0, flags, &where) || !where)
		return place_plain(model, addr, len, 0, flags, result);
	if (where == addr) {
		*result = addr;
		return 0;
	}
	move = (off - where) & (SVMA_HUGE_SIZE - 1);
	if (!move && model->layout.direction == SVMA_TOPDOWN && model->kernel >= SVMA_KERNEL(6, 12))
		move = SVMA_HUGE_SIZE;
	*result = where + move;
	return 0;
}

/* What the file finds, if it is free. */
static int place_hook(const struct model *model, unsigned long addr, unsigned long len,
		      unsigned long pgoff, unsigned long flags, unsigned long *result)
{
	int error = hook_place(model->layout.high, addr, len, pgoff, flags, result);
	unsigned long at;

	for (at = *result; !error && !(flags & MAP_FIXED) && at != *result + len; at += PAGE)
		if (!free_page(model, at))
			return -ENOMEM;
	return error;
}

int model_place(struct model *model, struct svma_backing *backing, unsigned long addr,
		unsigned long len, unsigned long pgoff, unsigned long flags, unsigned long *result)
{
	bool own_search = backing ? !(backing->flags & SVMA_BACKING_NO_SEARCH) : flags & MAP_SHARED;
	bool huge = false;
	int error;

	if (len > model->layout.high)
		return -ENOMEM;
	if (backing && (backing->flags & SVMA_BACKING_THP_ALIGN))
		huge = true;
	else if (!own_search && !addr && !(len & (SVMA_HUGE_SIZE - 1)))
		huge = model->kernel >= SVMA_KERNEL(7, 3) ? !backing
							  : model->kernel >= SVMA_KERNEL(6, 12);
	if (backing && backing->ops == &hook_ops)
		error = place_hook(model, addr, len, pgoff, flags, result);
	else if (model_huge(backing))
		error = place_huge_file(model, addr, len, flags, result);
	else if (model_classic(model) && !(flags & MAP_FIXED))
		error = model_place_classic(model, addr, len, result);
	else if (huge)
		error = place_huge(model, addr, len, backing ? pgoff * PAGE : 0, flags, result);
	else
		error = place_plain(model, addr, len, 0, flags, result);
	if (error)
		return error;
	/* IS_ERR_VALUE() of what a search returns, which for a fixed address is that address. */
	if (*result >= (unsigned long)-MAX_ERRNO)
		return (int)*result;
	if (*result > model->layout.high - len)
		return -ENOMEM;
	if (*result & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (*result < model->layout.min_addr && !(model->layout.personality & SVMA_CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}
