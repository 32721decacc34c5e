// SPDX-License-Identifier: GPL-2.0
/*
 * mremap.
 */
#include "region.h"

/*
 * Insertions that one move can need: two at the target, two at a cut-off tail, the copy, two at the
 * source.
 */
#define SVMA_REMAP_INSERTS	7

/**
 * struct svma_remap - an mremap under way
 * @core: the space
 * @args: what the caller gave, and what it gets
 * @addr: start of what is left to do
 * @old_len: bytes, whole pages
 * @new_len: bytes, whole pages
 * @new_addr: where to
 * @flags: MREMAP_*
 * @vma: the region at @addr
 */
struct svma_remap {
	struct svma_core *core;
	struct svma_remap_args *args;
	unsigned long addr;
	unsigned long old_len;
	unsigned long new_len;
	unsigned long new_addr;
	unsigned long flags;
	struct svma_vma vma;
};

/* Newer kernels check all that they can before they change anything. */
static bool svma_remap_early(const struct svma_remap *remap)
{
	return svma_has(remap->core, SVMA_RULE_REMAP_MANY);
}

static bool svma_remap_placed(const struct svma_remap *remap)
{
	return remap->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
}

/* A target that was asked for. */
static int svma_remap_check_target(const struct svma_remap *remap)
{
	unsigned long high = remap->core->layout.high;

	if (remap->new_addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (remap->new_len > high || remap->new_addr > high - remap->new_len)
		return -EINVAL;
	if (remap->addr + remap->old_len > remap->new_addr &&
	    remap->new_addr + remap->new_len > remap->addr)
		return -EINVAL;
	return 0;
}

static int svma_remap_check_args(const struct svma_remap *remap)
{
	const struct svma_remap_args *args = remap->args;
	bool early = svma_remap_early(remap);

	if (remap->flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (svma_classic(remap->core) && remap->flags & MREMAP_DONTUNMAP)
		return -EINVAL;
	if (svma_remap_placed(remap) && !(remap->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (remap->flags & MREMAP_DONTUNMAP &&
	    (early ? remap->old_len != remap->new_len : args->old_len != args->new_len))
		return -EINVAL;
	if (remap->addr & ~SVMA_PAGE_MASK || !remap->new_len)
		return -EINVAL;
	if (!early)
		return 0;
	if (remap->new_len > remap->core->layout.high)
		return -EINVAL;
	return svma_remap_placed(remap) ? svma_remap_check_target(remap) : 0;
}

/* May the region be moved, or grow to the new length? */
static int svma_remap_check_region(const struct svma_remap *remap, unsigned long old_len)
{
	const struct svma_vma *vma = &remap->vma;
	unsigned long pgoff = vma->pgoff + svma_pages(remap->addr - vma->start);

	if (!old_len && !(vma->flags & (SVMA_VM_SHARED | SVMA_VM_MAYSHARE)))
		return -EINVAL;
	if (remap->flags & MREMAP_DONTUNMAP && vma->flags & (SVMA_VM_DONTEXPAND | SVMA_VM_PFNMAP))
		return -EINVAL;
	if (old_len > vma->end - remap->addr)
		return -EFAULT;
	if (remap->new_len == old_len)
		return 0;
	if (pgoff + svma_pages(remap->new_len) < pgoff)
		return -EINVAL;
	if (vma->flags & (SVMA_VM_DONTEXPAND | SVMA_VM_PFNMAP))
		return -EFAULT;
	if (!svma_may_lock(remap->core, vma->flags, remap->new_len - old_len))
		return -EAGAIN;
	if (!svma_may_expand(remap->core, vma->flags, svma_pages(remap->new_len - old_len)))
		return -ENOMEM;
	return 0;
}

/* Find the region; newer kernels check it at once, older ones where they come to it. */
static int svma_remap_prepare(struct svma_remap *remap)
{
	if (!svma_region_look(remap->core, remap->addr, &remap->vma) ||
	    remap->vma.start > remap->addr)
		return -EFAULT;
	if (remap->vma.flags & SVMA_VM_SEALED)
		return -EPERM;
	if (remap->vma.flags & SVMA_VM_HUGETLB) {
		remap->old_len = round_up(remap->old_len, SVMA_HUGE_SIZE);
		remap->new_len = round_up(remap->new_len, SVMA_HUGE_SIZE);
		if ((remap->addr | remap->new_addr) & (SVMA_HUGE_SIZE - 1) ||
		    remap->new_len > remap->old_len)
			return -EINVAL;
	}
	if (!svma_remap_early(remap))
		return 0;
	if (remap->new_len <= remap->old_len && !svma_remap_placed(remap))
		return 0;
	return svma_remap_check_region(remap, min(remap->old_len, remap->new_len));
}

static int svma_remap_search(struct svma_remap *remap)
{
	const struct svma_vma *vma = &remap->vma;
	unsigned long flags = 0;

	if (remap->flags & MREMAP_FIXED)
		flags |= MAP_FIXED;
	if (vma->flags & SVMA_VM_MAYSHARE)
		flags |= MAP_SHARED;
	return svma_search(remap->core, vma->backing,
			   svma_remap_placed(remap) ? remap->new_addr : 0, remap->new_len,
			   vma->pgoff + svma_pages(remap->addr - vma->start), flags,
			   &remap->new_addr);
}

/* Room for the splits of a move, before anything is moved. */
static bool svma_remap_count_ok(const struct svma_remap *remap)
{
	unsigned long count = remap->core->index.count, most = remap->core->layout.max_map_count;

	if (!svma_remap_early(remap))
		return count + 3 < most;
	if (remap->flags & MREMAP_DONTUNMAP && remap->vma.flags & SVMA_VM_LOCKED)
		count++;
	return count + 2 <= most;
}

/*
 * Some kernels unlock only what was moved, and cut it out of its region for that, before anything
 * else that may fail. svma_remap_count_ok() has seen to the number of regions.
 */
static void svma_remap_cut(struct svma_remap *remap)
{
	unsigned long end = remap->addr + remap->old_len;
	struct svma_core *core = remap->core;

	if (remap->vma.start < remap->addr) {
		svma_region_split(core, &remap->vma, remap->addr);
		svma_region_at(core, remap->addr, &remap->vma);
	}
	if (remap->vma.end > end) {
		svma_region_split(core, &remap->vma, end);
		svma_region_at(core, remap->addr, &remap->vma);
	}
}

/*
 * Pages of a private file region that was written keep the offset that they had when they were
 * copied.
 */
static void svma_remap_offset(const struct svma_remap *remap, struct svma_vma *copy)
{
	unsigned long moved = (copy->attr & SVMA_ATTR_MOVED) >> SVMA_ATTR_MOVED_SHIFT, by;

	if (!svma_has(remap->core, SVMA_RULE_ANON_OFFSET) || svma_vma_anonymous(copy) ||
	    (copy->flags & (SVMA_VM_SHARED | SVMA_VM_MAYWRITE)) != SVMA_VM_MAYWRITE)
		return;
	by = svma_pages(max(remap->addr, remap->new_addr) - min(remap->addr, remap->new_addr)) %
	     SVMA_ATTR_MOVED_PRIME;
	if (remap->new_addr > remap->addr)
		by = (SVMA_ATTR_MOVED_PRIME - by) % SVMA_ATTR_MOVED_PRIME;
	moved = copy->anon ? (moved + by) % SVMA_ATTR_MOVED_PRIME : 0;
	copy->attr = (copy->attr & ~SVMA_ATTR_MOVED) | (u32)moved << SVMA_ATTR_MOVED_SHIFT;
}

/* MREMAP_DONTUNMAP: the source stays, without its pages. */
static void svma_remap_leave(struct svma_remap *remap)
{
	struct svma_core *core = remap->core;
	unsigned long end = remap->addr + remap->old_len;
	struct svma_vma vma;

	if (!svma_region_at(core, remap->addr, &vma))
		return;
	if (vma.flags & SVMA_VM_LOCKED) {
		svma_step(core, SVMA_STEP_PROTECT, vma.start, vma.end,
			  vma.flags & ~SVMA_VM_LOCK_BITS, vma.flags);
		vma.flags &= ~SVMA_VM_LOCK_BITS;
		core->locked -= svma_vma_pages(&vma);
	}
	if (vma.start == remap->addr && vma.end == end) {
		vma.anon = 0;
		vma.attr &= ~(SVMA_ANON_FORKED | SVMA_ATTR_MOVED);
		if (svma_has(core, SVMA_RULE_REMAP_APART) && !vma.backing)
			vma.pgoff = svma_pages(vma.start);
	}
	svma_index_set(&core->index, vma.start, &vma);
}

/* Is what moves registered with userfaultfd no more? */
static bool svma_remap_unwatched(const struct svma_core *core, const struct svma_vma *copy)
{
	return copy->flags & SVMA_VM_UFFD && !(core->layout.personality & SVMA_UFFD_REMAP);
}

/* The kernel takes that away from all that the copy is a part of by then. */
static void svma_remap_unwatch(struct svma_core *core, unsigned long addr)
{
	struct svma_vma vma;

	if (!svma_region_at(core, addr, &vma))
		return;
	vma.flags &= ~SVMA_VM_UFFD;
	svma_index_set(&core->index, vma.start, &vma);
}

static int svma_remap_move(struct svma_remap *remap)
{
	bool stays = remap->flags & MREMAP_DONTUNMAP;
	bool apart = stays && svma_has(remap->core, SVMA_RULE_REMAP_APART);
	struct svma_core *core = remap->core;
	enum svma_merge how = SVMA_MERGE_COPY;
	unsigned long charge = 0;
	struct svma_vma copy;
	int err;

	if (!svma_remap_count_ok(remap))
		return -ENOMEM;
	/* What must not be cut moves as a whole. */
	if (remap->vma.flags & SVMA_VM_SPECIAL &&
	    (remap->addr != remap->vma.start || remap->addr + remap->old_len != remap->vma.end))
		return -EINVAL;
	err = svma_region_prepare(core, remap->addr, remap->addr + remap->old_len);
	if (err)
		return err;
	if (apart && remap->vma.flags & SVMA_VM_LOCKED)
		svma_remap_cut(remap);
	copy = remap->vma;
	if (copy.flags & SVMA_VM_ACCOUNT) {
		charge = svma_pages(stays ? remap->new_len : remap->new_len - remap->old_len);
		/* As in the kernel, a charge of nothing can be refused too. */
		err = svma_charge(core, charge);
		if (err)
			return err;
	}
	copy.pgoff += svma_pages(remap->addr - copy.start);
	/*
	 * What was never written has no page that knows its offset, and may take one that suits the
	 * place.
	 */
	if (svma_vma_anonymous(&copy) && !copy.anon)
		copy.pgoff = svma_pages(remap->new_addr);
	svma_remap_offset(remap, &copy);
	copy.start = remap->new_addr;
	copy.end = remap->new_addr + remap->new_len;
	if (!stays)
		svma_huge_moved(core, &copy);
	else
		svma_huge_forget(&copy);
	/* Updates of older kernels merge it with nothing then, newer ones with the other side. */
	if (apart && !svma_remap_early(remap) && svma_vma_anonymous(&copy) && !copy.anon &&
	    (copy.start == remap->vma.end || copy.end == remap->vma.start))
		how = SVMA_MERGE_NOT;
	if (svma_remap_unwatched(core, &copy) && svma_has(core, SVMA_RULE_UFFD_APART))
		how = SVMA_MERGE_NOT;
	svma_region_add(core, &copy, how, apart ? remap->vma.start : ULONG_MAX);
	if (svma_remap_unwatched(core, &copy))
		svma_remap_unwatch(core, copy.start);
	if (remap->old_len) {
		svma_step(core, SVMA_STEP_MOVE, remap->addr, remap->addr + remap->old_len,
			  copy.start, copy.end);
		core->ops->move(core, remap->addr, remap->new_addr, remap->old_len);
	}
	/* The charge goes with what was moved. */
	if (stays)
		svma_remap_leave(remap);
	else if (remap->old_len)
		svma_region_remove(core, remap->addr, remap->addr + remap->old_len);
	if (remap->new_len > remap->old_len && copy.flags & SVMA_VM_LOCKED) {
		remap->args->populate_start = remap->new_addr + remap->old_len;
		remap->args->populate_len = remap->new_len - remap->old_len;
	}
	remap->args->result = remap->new_addr;
	return 0;
}

/* To an address that was asked for, or near it. */
static int svma_remap_to(struct svma_remap *remap)
{
	struct svma_core *core = remap->core;
	int err;

	if (!svma_remap_early(remap)) {
		err = svma_remap_check_target(remap);
		if (err)
			return err;
		if (core->index.count + 2 + 3 >= core->layout.max_map_count)
			return -ENOMEM;
	}
	/* A lack of memory is told before anything goes. */
	err = svma_region_prepare(core, remap->addr, remap->addr + remap->old_len);
	if (err)
		return err;
	if (remap->flags & MREMAP_FIXED) {
		err = svma_core_munmap(core, remap->new_addr, remap->new_len);
		if (err)
			return err;
		/* Where lengths wrap, even the source may be gone. */
		if (svma_remap_early(remap) && !svma_region_at(core, remap->addr, &remap->vma))
			return -EFAULT;
	}
	if (remap->old_len > remap->new_len) {
		err = svma_core_munmap(core, remap->addr + remap->new_len,
				       remap->old_len - remap->new_len);
		if (err)
			return err;
		remap->old_len = remap->new_len;
	}
	/* What was unmapped may have been a part of the source region. */
	if (!svma_region_at(core, remap->addr, &remap->vma))
		return -EFAULT;
	if (!svma_remap_early(remap)) {
		err = svma_remap_check_region(remap, remap->old_len);
		if (err)
			return err;
	}
	if (remap->flags & MREMAP_DONTUNMAP &&
	    !svma_may_expand(core, remap->vma.flags, svma_pages(remap->old_len)))
		return -ENOMEM;
	err = svma_remap_search(remap);
	return err ? err : svma_remap_move(remap);
}

static bool svma_remap_expandable(struct svma_remap *remap, unsigned long delta)
{
	struct svma_core *core = remap->core;
	unsigned long end = remap->vma.end + delta;
	struct svma_vma next;

	if (remap->old_len != remap->vma.end - remap->addr || end < remap->vma.end ||
	    end > core->layout.high)
		return false;
	return !svma_index_find(&core->index, remap->vma.end, &next) || next.start >= end;
}

static int svma_remap_expand(struct svma_remap *remap)
{
	unsigned long delta = remap->new_len - remap->old_len;
	struct svma_core *core = remap->core;
	struct svma_vma more = remap->vma;
	int err;

	if (!svma_remap_early(remap)) {
		err = svma_remap_check_region(remap, remap->old_len);
		if (err)
			return err;
	}
	if (!svma_remap_expandable(remap, delta)) {
		if (!(remap->flags & MREMAP_MAYMOVE))
			return -ENOMEM;
		err = svma_remap_search(remap);
		return err ? err : svma_remap_move(remap);
	}
	if (more.flags & SVMA_VM_UNMERGEABLE)
		return -ENOMEM;
	if (more.flags & SVMA_VM_ACCOUNT && svma_charge(core, svma_pages(delta)))
		return -ENOMEM;
	more.pgoff += svma_vma_pages(&more);
	more.start = more.end;
	more.end += delta;
	svma_region_add(core, &more, SVMA_MERGE_GROW, ULONG_MAX);
	if (more.flags & SVMA_VM_LOCKED) {
		remap->args->populate_start = more.start;
		remap->args->populate_len = delta;
	}
	remap->args->result = remap->addr;
	return 0;
}

/* One region. */
static int svma_remap_one(struct svma_remap *remap)
{
	struct svma_core *core = remap->core;
	int err = svma_remap_prepare(remap);

	if (err)
		return err;
	if (svma_remap_placed(remap))
		return svma_remap_to(remap);
	if (remap->new_len > remap->old_len)
		return svma_remap_expand(remap);
	remap->args->result = remap->addr;
	if (remap->new_len == remap->old_len)
		return 0;
	return svma_core_munmap(core, remap->addr + remap->new_len,
				remap->old_len - remap->new_len);
}

/* Can what is behind the region be moved together with it? */
static bool svma_remap_many_ok(const struct svma_vma *vma)
{
	if (vma->flags & SVMA_VM_UFFD)
		return false;
	return !vma->backing ||
	       vma->backing->flags &
		       (SVMA_BACKING_NO_SEARCH | SVMA_BACKING_THP_ALIGN | SVMA_BACKING_SHMEM |
			SVMA_BACKING_HUGETLB | SVMA_BACKING_ANON_SHARED);
}

/* All regions of a range, with the gaps between them; what was moved stays so when one refuses. */
static int svma_remap_many(struct svma_remap *remap)
{
	unsigned long start = remap->addr, end = start + remap->old_len, target = remap->new_addr,
		      last_end = 0;
	unsigned long result = 0;
	struct svma_core *core = remap->core;
	bool first = true;
	struct svma_vma vma;
	int err;

	while (svma_index_find(&core->index, max(start, last_end), &vma) && vma.start < end) {
		if (first && vma.start > start)
			return -EFAULT;
		remap->addr = max(vma.start, start);
		remap->new_addr = target + (first ? 0 : vma.start - last_end);
		remap->old_len = min(vma.end, end) - remap->addr;
		remap->new_len = remap->old_len;
		if (!svma_remap_many_ok(&vma) && (!first || vma.end < end))
			return -EFAULT;
		err = svma_region_reserve(core, SVMA_REMAP_INSERTS, NULL);
		if (!err)
			err = svma_remap_one(remap);
		if (err)
			return err;
		target = remap->new_addr + remap->new_len;
		last_end = vma.end;
		if (first)
			result = remap->new_addr;
		first = false;
		cond_resched();
	}
	if (first)
		return -EFAULT;
	remap->args->result = result;
	return 0;
}

/**
 * svma_core_mremap() - mremap(2)
 * @core: the space, exclusively
 * @args: arguments; out: where the mapping is now, and what the caller is to make present
 *
 * As in the kernel, a mapping at the target is gone also when the move is then refused.
 *
 * Return: 0 or the errno of mremap(2).
 */
int svma_core_mremap(struct svma_core *core, struct svma_remap_args *args)
{
	struct svma_remap remap = {
		.core = core,
		.args = args,
		.addr = args->old_addr,
		.old_len = svma_page_align(args->old_len),
		.new_len = svma_page_align(args->new_len),
		.new_addr = args->new_addr,
		.flags = args->flags,
	};
	int err;

	args->populate_len = 0;
	args->populate_start = 0;
	err = svma_remap_check_args(&remap);
	if (err)
		return err;
	if (svma_remap_early(&remap)) {
		unsigned long count =
			core->index.count + 4 + (remap.flags & MREMAP_DONTUNMAP ? 1 : 0);

		if (count > core->layout.max_map_count)
			return -ENOMEM;
		if (remap.flags & MREMAP_FIXED && remap.old_len == remap.new_len)
			return svma_remap_many(&remap);
	}
	err = svma_region_reserve(core, SVMA_REMAP_INSERTS, NULL);
	if (err)
		return err;
	return svma_remap_one(&remap);
}
