// SPDX-License-Identifier: GPL-2.0
/*
 * Where a mapping goes: fixed, hinted, free. The host profile, x86-64.
 */
#include "region.h"

/* End of what is handed out without a hint above it: 47 bits less a page. */
#define SVMA_MAP_WINDOW		((1UL << 47) - SVMA_PAGE_SIZE)
#define SVMA_FOUR_GIB		BIT(32)

/* Where MAP_32BIT looks. */
#define SVMA_LOW_START		0x40000000UL
#define SVMA_LOW_END		0x80000000UL

/**
 * struct svma_place - a search for a place
 * @core: the space
 * @addr: hint
 * @len: bytes
 * @flags: MAP_*
 * @mask: bits of the address that are to be zero, above those of a page
 */
struct svma_place {
	struct svma_core *core;
	unsigned long addr;
	unsigned long len;
	unsigned long flags;
	unsigned long mask;
};

static unsigned long svma_map_window(const struct svma_core *core)
{
	return min_t(unsigned long, core->layout.high, SVMA_MAP_WINDOW);
}

/* Below this nothing is looked for. */
static unsigned long svma_search_floor(const struct svma_core *core, unsigned long low)
{
	if (svma_has(core, SVMA_RULE_SEARCH_MIN))
		low = max_t(unsigned long, low, core->layout.min_addr);
	return max_t(unsigned long, low, core->layout.low);
}

/* Do both ends of a range lie on one side of the 47-bit border? */
static bool svma_on_one_side(unsigned long start, unsigned long end)
{
	bool low = start <= SVMA_MAP_WINDOW;

	return low == (end <= SVMA_MAP_WINDOW);
}

/* Is a range free, with the guard of what lies above it? */
static bool svma_range_free(struct svma_core *core, unsigned long addr, unsigned long len)
{
	struct svma_vma next;

	return !svma_index_find(&core->index, addr, &next) ||
	       addr + len <= svma_guarded_start(core, &next);
}

/* The same as the documentation has it, with the region that was found last and no guard. */
static bool svma_classic_free(struct svma_core *core, unsigned long addr, unsigned long len)
{
	struct svma_vma next;

	return !svma_core_find(core, addr, &next) || addr + len <= next.start;
}

/*
 * The lowest free range. As the kernel does: a range that the guard of the region above it spoils
 * is passed over, and so is all else up to the end of that region.
 */
static bool svma_gap_low(const struct svma_place *place, unsigned long low, unsigned long high,
			 unsigned long *result)
{
	unsigned long len = place->len + place->mask, end;
	struct svma_core *core = place->core;
	struct svma_vma next;

	while (svma_index_gap_low(&core->index, low, high, len, result, &end)) {
		*result += -*result & place->mask;
		if (!svma_index_find(&core->index, *result, &next) ||
		    !(next.flags & SVMA_VM_GROWSDOWN) ||
		    *result + len <= svma_guarded_start(core, &next))
			return true;
		low = next.end;
		cond_resched();
	}
	return false;
}

/*
 * The highest free range. As the kernel does: where the guard of the region above spoils it, the
 * search goes on below that guard, also if there are other regions and gaps in it.
 */
static bool svma_gap_high(const struct svma_place *place, unsigned long low, unsigned long high,
			  unsigned long *result)
{
	unsigned long len = place->len + place->mask, start, end;
	struct svma_core *core = place->core;
	struct svma_vma next;

	while (svma_index_gap_high(&core->index, low, high, len, &start, &end)) {
		if (!svma_index_find(&core->index, end, &next) ||
		    end <= svma_guarded_start(core, &next)) {
			*result = end - place->len;
			*result -= *result & place->mask;
			return true;
		}
		high = svma_guarded_start(core, &next);
		cond_resched();
	}
	return false;
}

static int svma_search_low(const struct svma_place *place, unsigned long *result)
{
	unsigned long addr = place->addr, len = place->len, low, high;
	struct svma_core *core = place->core;

	low = core->layout.direction == SVMA_BOTTOMUP ? core->layout.mmap_base
						      : core->layout.legacy_base;
	high = addr > SVMA_MAP_WINDOW ? core->layout.high : svma_map_window(core);
	if (place->flags & MAP_32BIT) {
		low = SVMA_LOW_START;
		high = SVMA_LOW_END;
	}
	if (len > high)
		return -ENOMEM;
	if (addr) {
		addr = svma_page_align(addr);
		if (high - len >= addr && svma_range_free(core, addr, len)) {
			*result = addr;
			return 0;
		}
	}
	low = svma_search_floor(core, low);
	return svma_gap_low(place, low, high, result) ? 0 : -ENOMEM;
}

static int svma_search_high(const struct svma_place *place, unsigned long *result)
{
	unsigned long hint = place->addr, len = place->len, low = SVMA_PAGE_SIZE, high;
	struct svma_core *core = place->core;

	high = core->layout.mmap_base;
	if (len > core->layout.high)
		return -ENOMEM;
	if (place->flags & MAP_32BIT)
		return svma_search_low(place, result);
	if (hint) {
		hint &= SVMA_PAGE_MASK;
		/*
		 * A hint is good if the range lies in the address space, and on one side of the
		 * 47-bit border.
		 */
		if (core->layout.high - len >= hint &&
		    svma_on_one_side(hint, hint + len) && svma_range_free(core, hint, len)) {
			*result = hint;
			return 0;
		}
	}
	if (place->flags & MAP_ABOVE4G && svma_has(core, SVMA_RULE_ABOVE4G))
		low = SVMA_FOUR_GIB;
	if (hint > SVMA_MAP_WINDOW)
		high += core->layout.high - svma_map_window(core);
	low = svma_search_floor(core, low);
	if (svma_gap_high(place, low, high, result))
		return 0;
	return svma_search_low(place, result);
}

static int svma_search_direct(const struct svma_place *place, unsigned long *result)
{
	if (place->core->layout.direction == SVMA_BOTTOMUP)
		return svma_search_low(place, result);
	return svma_search_high(place, result);
}

/* A file of huge pages: nothing but whole ones, where whole ones are. */
static int svma_search_huge(struct svma_place *place, unsigned long *result)
{
	const unsigned long mask = SVMA_HUGE_SIZE - 1;

	if (place->len & mask)
		return -EINVAL;
	if (place->flags & MAP_FIXED) {
		*result = place->addr;
		return place->addr & mask ? -EINVAL : 0;
	}
	if (svma_has(place->core, SVMA_RULE_HUGE_HINT_UP))
		place->addr += mask;
	else
		place->flags &= ~(unsigned long)(MAP_32BIT | MAP_ABOVE4G);
	place->addr &= ~mask;
	place->mask = mask & SVMA_PAGE_MASK;
	return svma_search_direct(place, result);
}

/* Look for a range that is longer by @align, and take from it what is aligned as the backing is. */
static bool svma_search_aligned(const struct svma_place *place, unsigned long offset,
				unsigned long align, unsigned long *result)
{
	unsigned long off_end, off_align, padded = place->len + align, start, shift;
	struct svma_core *core = place->core;
	struct svma_place wide = *place;

	if (check_add_overflow(offset, place->len, &off_end))
		return false;
	off_align = round_up(offset, align);
	if (off_end <= off_align || off_end - off_align < align)
		return false;
	if (padded < place->len || offset + padded < offset)
		return false;
	wide.len = padded;
	if (svma_search_direct(&wide, &start))
		return false;
	if (start == place->addr) {
		*result = start;
		return true;
	}
	shift = (offset - start) & (align - 1);
	if (!shift && core->layout.direction == SVMA_TOPDOWN && svma_has(core, SVMA_RULE_ALIGN_PAD))
		shift = align;
	*result = start + shift;
	return true;
}

static bool svma_search_wants_align(const struct svma_place *place,
				    const struct svma_backing *backing)
{
	const struct svma_core *core = place->core;

	if (backing && backing->flags & SVMA_BACKING_THP_ALIGN)
		return true;
	if (backing && backing->flags & SVMA_BACKING_ZERO && !(place->flags & MAP_SHARED) &&
	    svma_has(core, SVMA_RULE_ALIGN_ZERO))
		return true;
	if (place->addr || !IS_ALIGNED(place->len, SVMA_HUGE_SIZE))
		return false;
	if (backing)
		return backing->flags & SVMA_BACKING_NO_SEARCH &&
		       svma_has(core, SVMA_RULE_ALIGN_FILE);
	return !(place->flags & MAP_SHARED) && svma_has(core, SVMA_RULE_ALIGN_ANON);
}

/**
 * svma_search() - the address of a new mapping
 * @core: the space
 * @backing: file, or NULL
 * @addr: address or hint, already raised to the lowest that may be mapped
 * @len: bytes, whole pages, not 0
 * @pgoff: offset in the file, pages
 * @flags: MAP_*
 * @result: out: the address
 *
 * Return: 0; -ENOMEM if there is no room or the range does not lie in the space; -EINVAL for a
 * fixed address that is no multiple of a page; -EPERM for an address too low. As in the kernel a
 * fixed address among the last 4095 comes back as the errno that it looks like.
 */
int svma_search(struct svma_core *core, struct svma_backing *backing, unsigned long addr,
		unsigned long len, unsigned long pgoff, unsigned long flags, unsigned long *result)
{
	struct svma_place place = { .core = core, .addr = addr, .len = len, .flags = flags };
	int err = 0;

	if (len > core->layout.high)
		return -ENOMEM;
	if (backing && backing->ops->search) {
		err = backing->ops->search(core, backing, addr, len, pgoff, flags, result);
	} else if (backing && backing->flags & SVMA_BACKING_HUGETLB) {
		err = svma_search_huge(&place, result);
	} else if (flags & MAP_FIXED) {
		*result = addr;
	} else if (svma_classic(core)) {
		addr = svma_page_align(addr);
		*result = addr;
		if (!addr || core->layout.high - len < addr ||
		    !svma_classic_free(core, addr, len))
			err = svma_search_classic(core, len, result);
	} else if (!(svma_search_wants_align(&place, backing) &&
		     svma_search_aligned(&place, backing ? pgoff << SVMA_PAGE_SHIFT : 0,
					 SVMA_HUGE_SIZE, result))) {
		err = svma_search_direct(&place, result);
	}
	if (err)
		return err;
	/* As in the kernel, an address may be taken for the errno of a search that failed. */
	if (*result >= (unsigned long)-MAX_ERRNO)
		return (int)*result;
	if (!(flags & MAP_FIXED))
		svma_step(core, SVMA_STEP_FOUND, *result, len, 0, 0);
	if (*result > core->layout.high - len || *result < core->layout.low)
		return -ENOMEM;
	if (*result & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (*result < core->layout.min_addr && !(core->layout.personality & SVMA_CAP_SYS_RAWIO))
		return -EPERM;
	return 0;
}
