// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of single regions, from which the verbs are made. Those that return nothing cannot fail:
 * the verb has set index nodes aside.
 */
#include "region.h"

/**
 * svma_prot_flags() - protection of a memory call as region flags
 * @prot: PROT_*
 *
 * Return: SVMA_VM_READ, SVMA_VM_WRITE, SVMA_VM_EXEC.
 */
u64 svma_prot_flags(unsigned long prot)
{
	return (prot & PROT_READ ? SVMA_VM_READ : 0) | (prot & PROT_WRITE ? SVMA_VM_WRITE : 0) |
	       (prot & PROT_EXEC ? SVMA_VM_EXEC : 0);
}

/**
 * svma_exec_key() - the protection key of memory that can only be executed
 * @core: the space
 * @prot: PROT_*
 *
 * The first key that nobody asked for, or what the space was told: it has no calls to ask for one.
 *
 * Return: the key as region flags, 0 where the kernel brings none.
 */
u64 svma_exec_key(const struct svma_core *core, unsigned long prot)
{
	u64 key = core->layout.personality >> SVMA_EXEC_KEY_SHIFT & SVMA_EXEC_KEY_MASK;

	if (prot != PROT_EXEC || !(core->layout.personality & SVMA_EXEC_KEY) || svma_classic(core))
		return 0;
	return (key ?: 1) << SVMA_VM_PKEY_SHIFT;
}

/**
 * svma_denies_exec() - is memory refused flags because nothing may become executable?
 * @core: the space
 * @was: flags that it has; of new memory, those that it is to have
 * @flags: flags that it is to have
 *
 * As a process that asked for it by PR_SET_MDWE (6.3).
 *
 * Return: whether it is: EACCES.
 */
bool svma_denies_exec(const struct svma_core *core, u64 was, u64 flags)
{
	if (!(core->layout.personality & SVMA_DENY_WRITE_EXEC) || !(flags & SVMA_VM_EXEC))
		return false;
	return flags & SVMA_VM_WRITE || !(was & SVMA_VM_EXEC);
}

/**
 * svma_region_absent() - what of a region cannot be made present, although it may be accessed
 * @core: the space
 * @vma: the region
 * @start: first address to look at
 * @end: end address
 *
 * Return: the first address that lies beyond the end of what backs the region, or for which the
 * machine has no huge page, @end if none does.
 */
unsigned long svma_region_absent(const struct svma_core *core, const struct svma_vma *vma,
				 unsigned long start, unsigned long end)
{
	unsigned long first = vma->pgoff + svma_pages(start - vma->start), there;

	if (vma->flags & SVMA_VM_HUGETLB)
		return svma_huge_absent(core, vma) ? start : end;
	if (!vma->backing || !(vma->backing->flags & SVMA_BACKING_SIZED))
		return end;
	there = svma_pages(svma_page_align(READ_ONCE(vma->backing->size)));
	if (first >= there)
		return start;
	return min(end, start + ((there - first) << SVMA_PAGE_SHIFT));
}

/**
 * svma_vma_cut() - reduce a region to a part of it
 * @vma: the region, a copy
 * @start: new start, in the region
 * @end: new end, in the region
 */
void svma_vma_cut(struct svma_vma *vma, unsigned long start, unsigned long end)
{
	vma->pgoff += svma_pages(start - vma->start);
	vma->start = start;
	vma->end = end;
}

/**
 * svma_region_look() - a verb looks for the region that holds an address, or the first above it
 * @core: the space, exclusively
 * @addr: address
 * @vma: out
 *
 * As svma_index_find(), and told as a step.
 *
 * Return: whether there is one.
 */
bool svma_region_look(struct svma_core *core, unsigned long addr, struct svma_vma *vma)
{
	bool any = svma_index_seek(&core->index, addr, vma);

	svma_step(core, SVMA_STEP_LOOKUP, addr, any ? vma->start : 0, any ? vma->end : 0, 0);
	return any;
}

/**
 * svma_region_at() - the region that holds an address
 * @core: the space
 * @addr: address
 * @vma: out
 *
 * Return: whether there is one.
 */
bool svma_region_at(struct svma_core *core, unsigned long addr, struct svma_vma *vma)
{
	return svma_index_find(&core->index, addr, vma) && vma->start <= addr;
}

/**
 * svma_region_before() - the region that ends at an address
 * @core: the space
 * @addr: address
 * @vma: out
 *
 * Return: whether there is one.
 */
bool svma_region_before(struct svma_core *core, unsigned long addr, struct svma_vma *vma)
{
	return addr && svma_index_find(&core->index, addr - 1, vma) && vma->end == addr;
}

/**
 * svma_region_prev() - the last region that ends at or below an address
 * @core: the space
 * @addr: address
 * @vma: out
 *
 * Return: whether there is one.
 */
bool svma_region_prev(struct svma_core *core, unsigned long addr, struct svma_vma *vma)
{
	struct svma_cursor cursor;

	if (svma_cursor_find(&cursor, &core->index, addr, NULL))
		return svma_cursor_prev(&cursor, vma);
	return svma_index_last(&core->index, vma);
}

/**
 * svma_region_reserve() - set aside what some additions of regions may need
 * @core: the space
 * @inserts: how many
 * @backing: of a region that is to be new, or NULL; others are split at most
 *
 * Return: 0 or -ENOMEM.
 */
int svma_region_reserve(struct svma_core *core, unsigned int inserts,
			const struct svma_backing *backing)
{
	int err = svma_index_reserve(&core->index, inserts);

	if (!err && (core->mapped || (backing && backing->rmap)))
		err = svma_rmap_reserve(core, inserts);
	return err;
}

/**
 * svma_region_prepare() - set aside what the pages of a range need to go
 * @core: the space
 * @start: first address
 * @end: end address
 *
 * Return: 0 or -ENOMEM.
 */
int svma_region_prepare(struct svma_core *core, unsigned long start, unsigned long end)
{
	return core->ops->prepare ? core->ops->prepare(core, start, end) : 0;
}

/**
 * svma_region_insert() - put a region into the index, and into the reverse map of its file
 * @core: the space, with what svma_region_reserve() set aside
 * @vma: the region
 */
void svma_region_insert(struct svma_core *core, const struct svma_vma *vma)
{
	svma_index_insert(&core->index, vma);
	svma_rmap_add(core, vma);
}

/**
 * svma_region_erase() - take a region out of both
 * @core: the space
 * @vma: the region, as it is in the index
 */
void svma_region_erase(struct svma_core *core, const struct svma_vma *vma)
{
	svma_rmap_remove(core, vma);
	svma_index_erase(&core->index, vma->start);
}

/**
 * svma_region_set() - change a region in both
 * @core: the space
 * @old: the region, as it is in the index
 * @vma: what it is to be, with the same backing
 */
void svma_region_set(struct svma_core *core, const struct svma_vma *old, const struct svma_vma *vma)
{
	svma_rmap_remove(core, old);
	svma_index_set(&core->index, old->start, vma);
	svma_rmap_add(core, vma);
}

/**
 * svma_region_split() - cut a region in two
 * @core: the space
 * @vma: the region
 * @at: address inside it
 */
void svma_region_split(struct svma_core *core, const struct svma_vma *vma, unsigned long at)
{
	struct svma_vma low = *vma, high = *vma;

	svma_vma_cut(&low, vma->start, at);
	svma_vma_cut(&high, at, vma->end);
	svma_region_set(core, vma, &low);
	svma_region_insert(core, &high);
	core->splits++;
	svma_step(core, SVMA_STEP_SPLIT, vma->start, vma->end, at, 0);
}

/**
 * svma_region_add() - add a region, or let its neighbours grow
 * @core: the space, with nodes for an insertion
 * @vma: the region; nothing is there
 * @how: for which verb
 * @skip: start of a region not to merge with, ULONG_MAX for none
 */
void svma_region_add(struct svma_core *core, const struct svma_vma *vma, enum svma_merge how,
		     unsigned long skip)
{
	struct svma_vma added = *vma;

	svma_account(core, vma->flags, svma_vma_pages(vma));
	if (vma->flags & SVMA_VM_LOCKED)
		core->locked += svma_vma_pages(vma);
	svma_mergeable_new(core, &added, how, false);
	if (svma_merge_new(core, &added, how, skip))
		return;
	svma_mergeable_new(core, &added, how, true);
	svma_region_insert(core, &added);
	svma_step(core, SVMA_STEP_NEW, vma->start, vma->end, 0, 0);
}

/**
 * svma_region_splice() - put regions where others are, all at once if that can be
 * @core: the space
 * @start: where the first of them starts
 * @gone: how many there are; each ends where the next one starts
 * @vmas: what is to be there: they begin, go on and end in the same way, with the same backing
 * @count: how many these are
 *
 * Return: whether it was done.
 */
bool svma_region_splice(struct svma_core *core, unsigned long start, unsigned int gone,
			const struct svma_vma *vmas, unsigned int count)
{
	/* Reverse maps of files are kept for each region. */
	if (vmas->backing && vmas->backing->rmap)
		return false;
	return svma_index_splice(&core->index, start, gone, vmas, count);
}

/* Both splits that a change of a part needs, and the change, in one; false if that cannot be. */
static bool svma_region_divide(struct svma_core *core, const struct svma_vma *vma,
			       const struct svma_vma *changed)
{
	struct svma_vma parts[3] = { *vma, *changed, *vma }, *first = parts, *last = parts + 2;
	unsigned int splits;

	svma_vma_cut(&parts[0], vma->start, changed->start);
	svma_vma_cut(&parts[2], changed->end, vma->end);
	if (parts[0].start == parts[0].end)
		first++;
	if (parts[2].start == parts[2].end)
		last--;
	splits = last - first;
	if (core->index.count + splits > core->layout.max_map_count ||
	    vma->flags & (SVMA_VM_HUGETLB | SVMA_VM_SPECIAL) ||
	    !svma_region_splice(core, vma->start, 1, first, splits + 1))
		return false;
	core->splits += splits;
	if (first == parts)
		svma_step(core, SVMA_STEP_SPLIT, vma->start, vma->end, changed->start, 0);
	if (last == parts + 2)
		svma_step(core, SVMA_STEP_SPLIT, changed->start, vma->end, changed->end, 0);
	return true;
}

/**
 * svma_region_modify() - give a part of a region other flags
 * @core: the space
 * @vma: the region
 * @start: start of the part
 * @end: end of the part
 * @flags: its flags from now on
 *
 * Merges with the neighbours if it can, else splits. Totals are the caller's.
 *
 * Return: 0; -ENOMEM if a split would exceed the number of regions; -EINVAL if it would cut a huge
 * page. As in the kernel, a first split stays when the second is refused.
 */
int svma_region_modify(struct svma_core *core, const struct svma_vma *vma, unsigned long start,
		       unsigned long end, u64 flags)
{
	struct svma_vma part, changed = *vma;

	svma_vma_cut(&changed, start, end);
	changed.flags = flags;
	if (svma_merge_modified(core, vma, &changed))
		return 0;
	if (svma_region_divide(core, vma, &changed))
		goto done;

	part = *vma;
	if (start > part.start) {
		if (core->index.count >= core->layout.max_map_count)
			return -ENOMEM;
		if (!svma_may_split(&part, start))
			return -EINVAL;
		svma_region_split(core, &part, start);
		svma_vma_cut(&part, start, part.end);
	}
	if (end < part.end) {
		if (core->index.count >= core->layout.max_map_count)
			return -ENOMEM;
		if (!svma_may_split(&part, end))
			return -EINVAL;
		svma_region_split(core, &part, end);
	}
	svma_region_set(core, &part, &changed);
done:
	svma_step(core, SVMA_STEP_PROTECT, start, end, flags, vma->flags);
	return 0;
}

/* One region, or what is left of it, goes; tells the pages that were charged for it. */
static unsigned long svma_region_detach(struct svma_core *core, const struct svma_vma *vma)
{
	unsigned long pages = svma_vma_pages(vma);

	svma_region_erase(core, vma);
	svma_account(core, vma->flags, -pages);
	svma_huge_release(core, vma);
	if (vma->flags & SVMA_VM_LOCKED)
		core->locked -= pages;
	svma_step(core, SVMA_STEP_DETACH, vma->start, vma->end, 0, 0);
	return vma->flags & SVMA_VM_ACCOUNT ? pages : 0;
}

/**
 * svma_region_edges() - cut regions at both ends of a range
 * @core: the space, with nodes for two insertions
 * @start: first address
 * @end: end address
 */
void svma_region_edges(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_vma vma;

	if (svma_region_at(core, start, &vma) && vma.start < start)
		svma_region_split(core, &vma, start);
	if (svma_region_at(core, end, &vma) && vma.start < end)
		svma_region_split(core, &vma, end);
}

/**
 * svma_region_remove() - take all regions out of a range
 * @core: the space, with nodes for two insertions
 * @start: first address
 * @end: end address
 *
 * Splits at both ends, detaches what is between, and has pages and hardware entries removed.
 *
 * Return: pages that were charged for what is gone; the caller gives the charge back.
 */
unsigned long svma_region_remove(struct svma_core *core, unsigned long start, unsigned long end)
{
	unsigned long charged = 0;
	struct svma_vma vma;

	if (!svma_index_find(&core->index, start, &vma) || vma.start >= end)
		return 0;
	/* Most often it is one region, and the whole of it. */
	if (vma.start < start || vma.end != end) {
		svma_region_edges(core, start, end);
		svma_index_find(&core->index, start, &vma);
	}
	do {
		charged += svma_region_detach(core, &vma);
		cond_resched();
	} while (vma.end < end && svma_index_find(&core->index, start, &vma) && vma.start < end);
	if (core->cache_start != ULONG_MAX)
		svma_step(core, SVMA_STEP_FORGET, core->cache_start, 0, 0, 0);
	core->cache_start = ULONG_MAX;
	svma_search_forget(core, start, end);
	svma_step(core, SVMA_STEP_UNMAP, start, end, 0, 0);
	core->ops->unmap(core, start, end);
	return charged;
}
