// SPDX-License-Identifier: GPL-2.0
/*
 * mremap(2). Up to 6.12 one way through it, since then another: checks in another order, the map
 * count looked at first and differently, several regions at once.
 */
#include "model.h"

#define LOCK_BITS (SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT)

struct remap {
	unsigned long addr, old_len, new_len, new_addr, flags;
	unsigned long populate;
};

static bool is_7(const struct model *model)
{
	return model->kernel >= SVMA_KERNEL(7, 3);
}

static long regions(const struct model *model)
{
	struct model_totals now;

	model_sum(model, &now);
	return now.regions;
}

static bool find(const struct model *model, unsigned long addr, unsigned long *i)
{
	*i = model_index(model, addr);
	return addr >= model->base && *i < model->count && model->pages[*i].mapped;
}

static bool sealed(const struct model *model, unsigned long i)
{
	return model->kernel >= SVMA_KERNEL(6, 12) && (model->pages[i].flags & SVMA_VM_SEALED);
}

static bool anonymous(const struct model_page *page)
{
	return !page->backing && !(page->flags & (SVMA_VM_SHARED | SVMA_VM_SPECIAL));
}

/* What growing or moving needs of the region with page i: vma_to_resize(), check_prep_vma(). */
static int check_resize(const struct model *model, unsigned long i, const struct remap *remap,
			unsigned long old_len)
{
	u64 flags = model->pages[i].flags, stiff = SVMA_VM_DONTEXPAND | SVMA_VM_PFNMAP;
	unsigned long more = remap->new_len - old_len;

	if (!old_len && !(flags & (SVMA_VM_SHARED | SVMA_VM_MAYSHARE)))
		return -EINVAL;
	if ((remap->flags & MREMAP_DONTUNMAP) && (flags & stiff))
		return -EINVAL;
	if (old_len > (model_last(model, i) - i) * PAGE)
		return -EFAULT;
	if (remap->new_len == old_len)
		return 0;
	if (model->pages[i].pgoff + remap->new_len / PAGE < model->pages[i].pgoff)
		return -EINVAL;
	if (flags & stiff)
		return -EFAULT;
	if (!model_may_lock(model, flags, more))
		return -EAGAIN;
	if (!model_may_expand(model, flags, more / PAGE))
		return -ENOMEM;
	return 0;
}

/* Huge pages move and shrink as a whole, and never grow. */
static int check_huge(const struct model *model, unsigned long i, struct remap *remap)
{
	const unsigned long in_page = SVMA_HUGE_SIZE - 1;

	if (!(model->pages[i].flags & SVMA_VM_HUGETLB))
		return 0;
	remap->old_len = (remap->old_len + in_page) & ~in_page;
	remap->new_len = (remap->new_len + in_page) & ~in_page;
	if ((remap->addr & in_page) || (remap->new_addr & in_page) ||
	    remap->new_len > remap->old_len)
		return -EINVAL;
	return 0;
}

/* The source of a copy stays: MREMAP_DONTUNMAP. */
static void keep_source(struct model *model, unsigned long i, unsigned long pages)
{
	unsigned long first = model_first(model, i), last = model_last(model, i), n;
	bool whole = first == i && last == i + pages;

	for (n = first; n < last; n++) {
		struct model_page *page = &model->pages[n];

		page->flags &= ~LOCK_BITS;
		if (!whole)
			continue;
		page->anon = 0;
		page->attr &= ~SVMA_ANON_FORKED;
		if (!is_7(model))
			continue;
		page->anon_pgoff = model_addr(model, n) / PAGE;
		if (anonymous(page))
			page->pgoff = page->anon_pgoff;
	}
}

/* Room for the regions that a move may make, and the cuts that 7.3 makes beforehand. */
static int prepare_move(struct model *model, unsigned long i, unsigned long pages, bool stays)
{
	bool cut = stays && (model->pages[i].flags & SVMA_VM_LOCKED);
	long limit = model->layout.max_map_count;
	int error = 0;

	if (!is_7(model))
		return regions(model) >= limit - 3 ? -ENOMEM : 0;
	if (regions(model) + 2 + cut > limit)
		return -ENOMEM;
	if (cut && model_first(model, i) != i)
		error = model_split(model, i);
	if (!error && cut && model_last(model, i) != i + pages)
		error = model_split(model, i + pages);
	return error;
}

/* move_vma(): pages from page i to new_addr, which is free. */
static int move(struct model *model, unsigned long i, unsigned long old_len, unsigned long new_len,
		unsigned long new_addr, bool stays)
{
	unsigned long pages = old_len / PAGE, to = model_index(model, new_addr), n, last;
	unsigned int join = JOIN_LEFT | JOIN_RIGHT;
	struct model_page page;
	bool unwatched;
	int error;

	error = prepare_move(model, i, pages, stays);
	if (error)
		return error;
	page = model->pages[i];
	if ((page.flags & SVMA_VM_SPECIAL) &&
	    (model_first(model, i) != i || model_last(model, i) != i + pages))
		return -EINVAL;
	if ((page.flags & SVMA_VM_ACCOUNT) &&
	    !model_enough_memory(model, (stays ? new_len : new_len - old_len) / PAGE))
		return -ENOMEM;
	if (!page.anon) {
		page.anon_pgoff = new_addr / PAGE;
		if (anonymous(&page))
			page.pgoff = page.anon_pgoff;
		if (is_7(model) && stays && anonymous(&page)) {
			/* It must not merge with what it is a copy of. */
			if (model_last(model, i) == to)
				join &= ~JOIN_LEFT;
			if (model_first(model, i) == to + new_len / PAGE)
				join &= ~JOIN_RIGHT;
		}
	}
	/*
	 * What moves is registered no more unless its events are wanted; on 7.3 it merges with
	 * nothing for that.
	 */
	unwatched = (page.flags & SVMA_VM_UFFD) && !(model->layout.personality & SVMA_UFFD_REMAP);
	if (unwatched && is_7(model))
		join = 0;
	model_add(model, to, to + new_len / PAGE, &page, join, &page);
	if (unwatched)
		for (n = model_first(model, to), last = model_last(model, to); n < last; n++)
			model->pages[n].flags &= ~SVMA_VM_UFFD;
	for (n = 0; n < pages; n++)
		model->moved[i + n] = to + n + 1;
	if (stays) {
		keep_source(model, i, pages);
	} else if (pages) {
		model_unmap_pages(model, i, i + pages);
		for (n = 0; n < pages; n++)
			model->gone[i + n] = false;
	}
	return 0;
}

static int place(struct model *model, unsigned long i, unsigned long hint, unsigned long len,
		 unsigned long flags, unsigned long *result)
{
	const struct model_page *page = &model->pages[i];

	if (page->flags & SVMA_VM_MAYSHARE)
		flags |= MAP_SHARED;
	return model_place(model, page->backing, hint, len, page->pgoff, flags, result);
}

/* mremap_to(): the new place is given, or at least wished for. */
static int move_to(struct model *model, struct remap *remap)
{
	bool stays = remap->flags & MREMAP_DONTUNMAP;
	unsigned long i, old_len = remap->old_len;
	int error;

	if (remap->flags & MREMAP_FIXED) {
		error = model_munmap(model, remap->new_addr, remap->new_len);
		if (error)
			return error;
		if (is_7(model) && !find(model, remap->addr, &i))
			return -EFAULT;
	}
	if (old_len > remap->new_len) {
		error = model_munmap(model, remap->addr + remap->new_len, old_len - remap->new_len);
		if (error)
			return error;
		old_len = remap->new_len;
	}
	if (!find(model, remap->addr, &i))
		return -EFAULT;
	if (!is_7(model)) {
		error = check_resize(model, i, remap, old_len);
		if (error)
			return error;
	}
	if (stays && !model_may_expand(model, model->pages[i].flags, old_len / PAGE))
		return -ENOMEM;
	error = place(model, i, remap->new_addr, remap->new_len,
		      remap->flags & MREMAP_FIXED ? MAP_FIXED : 0, &remap->new_addr);
	if (error)
		return error;
	if ((model->pages[i].flags & SVMA_VM_LOCKED) && remap->new_len > old_len)
		remap->populate = remap->new_len - old_len;
	return move(model, i, old_len, remap->new_len, remap->new_addr, stays);
}

/* Can the region with page i, which ends with the old range, grow where it is? */
static bool can_extend(struct model *model, unsigned long i, const struct remap *remap)
{
	unsigned long last = model_last(model, i), more = remap->new_len - remap->old_len, first,
		      unused;
	unsigned long start, end = model_addr(model, last) + more;

	if (remap->old_len != (last - i) * PAGE || end < more)
		return false;
	if (model_next(model, last) < model_index(model, end))
		return false;
	first = model_first(model, i);
	start = model_addr(model, first);
	return !model_place(model, NULL, start, end - start, 0, MAP_FIXED, &unused);
}

static int extend(struct model *model, unsigned long i, const struct remap *remap)
{
	unsigned long last = model_last(model, i), pages = (remap->new_len - remap->old_len) / PAGE;
	struct model_page page = model->pages[last - 1];

	if ((page.flags & SVMA_VM_ACCOUNT) && !model_enough_memory(model, pages))
		return -ENOMEM;
	if (page.flags & MODEL_SPECIAL)
		return -ENOMEM;
	page.pgoff++;
	page.anon_pgoff++;
	if (is_7(model))
		page.attr &= ~SVMA_ANON_FORKED;
	/* 6.1 merges no region of such a file, and grows it without. */
	if (model->kernel < SVMA_KERNEL(6, 12) && (page.attr & SVMA_ANON_CLOSES)) {
		model_add(model, last, last + pages, &page, 0, &page);
		model->pages[last].first = false;
		return 0;
	}
	model_add(model, last, last + pages, &page, JOIN_LEFT | JOIN_RIGHT, &page);
	return 0;
}

static int resize_here(struct model *model, unsigned long i, struct remap *remap)
{
	int error;

	remap->new_addr = remap->addr;
	if (remap->old_len == remap->new_len)
		return 0;
	if (remap->old_len > remap->new_len)
		return model_munmap(model, remap->addr + remap->new_len,
				    remap->old_len - remap->new_len);
	if (!is_7(model)) {
		error = check_resize(model, i, remap, remap->old_len);
		if (error)
			return error;
	}
	if (model->pages[i].flags & SVMA_VM_LOCKED)
		remap->populate = remap->new_len - remap->old_len;
	if (can_extend(model, i, remap))
		return extend(model, i, remap);
	if (!(remap->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	error = place(model, i, 0, remap->new_len, 0, &remap->new_addr);
	if (error)
		return error;
	return move(model, i, remap->old_len, remap->new_len, remap->new_addr, false);
}

static bool overlap(const struct remap *remap)
{
	return remap->addr + remap->old_len > remap->new_addr &&
	       remap->new_addr + remap->new_len > remap->addr;
}

static int remap_old(struct model *model, struct remap *remap)
{
	unsigned long flags = remap->flags, high = model->layout.high, i;

	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	/* The lengths are not rounded yet where this is looked at. */
	if ((flags & MREMAP_DONTUNMAP) &&
	    (!(flags & MREMAP_MAYMOVE) || remap->old_len != remap->new_len))
		return -EINVAL;
	if (remap->addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	remap->old_len = svma_page_align(remap->old_len);
	remap->new_len = svma_page_align(remap->new_len);
	if (!remap->new_len)
		return -EINVAL;
	if (!find(model, remap->addr, &i))
		return -EFAULT;
	if (sealed(model, i))
		return -EPERM;
	if (check_huge(model, i, remap))
		return -EINVAL;
	if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)))
		return resize_here(model, i, remap);
	if ((remap->new_addr & ~SVMA_PAGE_MASK) || remap->new_len > high ||
	    remap->new_addr > high - remap->new_len || overlap(remap))
		return -EINVAL;
	if (regions(model) + 2 >= (long)model->layout.max_map_count - 3)
		return -ENOMEM;
	return move_to(model, remap);
}

/*
 * May regions of this kind be moved together with others? Only where the new place is sure to be
 * the wanted one.
 */
static bool with_others(const struct model_page *page)
{
	if (page->flags & SVMA_VM_UFFD)
		return false;
	return !page->backing ||
	       (page->backing->flags & (SVMA_BACKING_NO_SEARCH | SVMA_BACKING_SHMEM |
					SVMA_BACKING_HUGETLB | SVMA_BACKING_THP_ALIGN));
}

/* Every region in the range moves, and the gaps between them stay as they are. */
static int move_many(struct model *model, struct remap *remap)
{
	unsigned long start = model_index(model, remap->addr),
		      end = model_index(model, remap->addr + remap->old_len);
	unsigned long i = model_next(model, start), first, last, target = remap->new_addr,
		      last_end = 0;
	bool seen = false;
	int error;

	if (i >= end || remap->addr < model->base || i > start)
		return -EFAULT;
	while (i < end) {
		struct remap one = { .flags = remap->flags };

		first = i;
		last = model_last(model, i);
		one.addr = model_addr(model, first);
		one.old_len = (last < end ? last - first : end - first) * PAGE;
		one.new_len = one.old_len;
		one.new_addr = target + (seen ? (first - last_end) * PAGE : 0);
		last_end = last;
		if (!with_others(&model->pages[i]) &&
		    (seen || model_addr(model, last) < remap->addr + remap->old_len))
			return -EFAULT;
		if (sealed(model, i))
			return -EPERM;
		error = check_huge(model, i, &one);
		if (!error)
			error = check_resize(model, i, &one, one.old_len);
		if (!error)
			error = move_to(model, &one);
		if (error)
			return error;
		if (!seen)
			remap->new_addr = one.new_addr;
		seen = true;
		target = one.new_addr + one.new_len;
		i = model_next(model, last);
	}
	return 0;
}

static int remap_new(struct model *model, struct remap *remap)
{
	unsigned long flags = remap->flags, high = model->layout.high, i;
	bool elsewhere = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP), grows;
	int error;

	remap->old_len = svma_page_align(remap->old_len);
	remap->new_len = svma_page_align(remap->new_len);
	if ((remap->addr & ~SVMA_PAGE_MASK) || !remap->new_len || remap->new_len > high)
		return -EINVAL;
	if (elsewhere &&
	    (remap->new_addr > high - remap->new_len || (remap->new_addr & ~SVMA_PAGE_MASK) ||
	     !(flags & MREMAP_MAYMOVE) ||
	     ((flags & MREMAP_DONTUNMAP) && remap->old_len != remap->new_len) || overlap(remap)))
		return -EINVAL;
	if (regions(model) + 4 + !!(flags & MREMAP_DONTUNMAP) > (long)model->layout.max_map_count)
		return -ENOMEM;
	if ((flags & MREMAP_FIXED) && remap->old_len == remap->new_len)
		return move_many(model, remap);
	if (!find(model, remap->addr, &i))
		return -EFAULT;
	if (sealed(model, i))
		return -EPERM;
	if (check_huge(model, i, remap))
		return -EINVAL;
	grows = remap->new_len > remap->old_len;
	if (grows || elsewhere) {
		error = check_resize(model, i, remap, grows ? remap->old_len : remap->new_len);
		if (error)
			return error;
	}
	return elsewhere ? move_to(model, remap) : resize_here(model, i, remap);
}

int model_mremap(struct model *model, struct svma_remap_args *args)
{
	struct remap remap = {
		.addr = args->old_addr,
		.old_len = args->old_len,
		.new_len = args->new_len,
		.new_addr = args->new_addr,
		.flags = args->flags,
	};
	int error;

	args->populate_len = 0;
	if (model_classic(model) && (remap.flags & MREMAP_DONTUNMAP))
		return -EINVAL;
	if (remap.flags & ~(unsigned long)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	error = is_7(model) ? remap_new(model, &remap) : remap_old(model, &remap);
	if (error)
		return error;
	args->result = remap.new_addr;
	args->populate_len = remap.populate;
	args->populate_start = remap.new_addr + remap.old_len;
	return 0;
}
