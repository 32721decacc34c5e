// SPDX-License-Identifier: GPL-2.0
/*
 * madvise.
 */
#include "region.h"

/* What an advice does to one region. */
enum svma_advice_kind {
	SVMA_ADVICE_UNKNOWN,
	SVMA_ADVICE_FLAGS,	/* changes its flags */
	SVMA_ADVICE_DISCARD,	/* takes its pages away */
	SVMA_ADVICE_NOTHING,	/* nothing that a region or its contents show */
	SVMA_ADVICE_POPULATE,	/* makes its pages present */
	SVMA_ADVICE_GUARD,	/* makes its pages guards, or pages again */
	SVMA_ADVICE_UNMODELLED,
};

static enum svma_advice_kind svma_advice_kind(const struct svma_core *core, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_SEQUENTIAL:
	case MADV_RANDOM:
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return SVMA_ADVICE_FLAGS;
	case MADV_WILLNEED:
		return SVMA_ADVICE_NOTHING;
	case MADV_DONTNEED:
		return SVMA_ADVICE_DISCARD;
	case MADV_REMOVE:
		return SVMA_ADVICE_UNMODELLED;
	}
	if (svma_classic(core))
		return SVMA_ADVICE_UNKNOWN;
	switch (advice) {
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
		return SVMA_ADVICE_FLAGS;
	case MADV_FREE:
	case MADV_DONTNEED_LOCKED:
		return SVMA_ADVICE_DISCARD;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return SVMA_ADVICE_NOTHING;
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return SVMA_ADVICE_POPULATE;
	case MADV_COLLAPSE:
		return SVMA_ADVICE_UNMODELLED;
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return svma_has(core, SVMA_RULE_GUARD) ? SVMA_ADVICE_GUARD : SVMA_ADVICE_UNKNOWN;
	}
	return SVMA_ADVICE_UNKNOWN;
}

/* The flags of a region after an advice. */
static int svma_advice_flags(const struct svma_core *core, const struct svma_vma *vma, int advice,
			     u64 *flags)
{
	*flags = vma->flags;
	switch (advice) {
	case MADV_NORMAL:
		*flags &= ~(SVMA_VM_RAND_READ | SVMA_VM_SEQ_READ);
		break;
	case MADV_SEQUENTIAL:
		*flags = (*flags & ~SVMA_VM_RAND_READ) | SVMA_VM_SEQ_READ;
		break;
	case MADV_RANDOM:
		*flags = (*flags & ~SVMA_VM_SEQ_READ) | SVMA_VM_RAND_READ;
		break;
	case MADV_DONTFORK:
		*flags |= SVMA_VM_DONTCOPY;
		break;
	case MADV_DOFORK:
		if (*flags &
		    (svma_has(core, SVMA_RULE_DOFORK_SPECIAL) ? SVMA_VM_UNMERGEABLE : SVMA_VM_IO))
			return -EINVAL;
		*flags &= ~SVMA_VM_DONTCOPY;
		break;
	case MADV_WIPEONFORK:
		if (vma->backing || *flags & SVMA_VM_SHARED)
			return -EINVAL;
		*flags |= SVMA_VM_WIPEONFORK;
		break;
	case MADV_KEEPONFORK:
		if (*flags & SVMA_VM_DROPPABLE)
			return -EINVAL;
		*flags &= ~SVMA_VM_WIPEONFORK;
		break;
	case MADV_DONTDUMP:
		*flags |= SVMA_VM_DONTDUMP;
		break;
	case MADV_DODUMP:
		if ((!(*flags & SVMA_VM_HUGETLB) && *flags & SVMA_VM_UNMERGEABLE) ||
		    *flags & SVMA_VM_DROPPABLE)
			return -EINVAL;
		*flags &= ~SVMA_VM_DONTDUMP;
		break;
	case MADV_MERGEABLE:
		*flags = svma_mergeable_advised(*flags);
		break;
	case MADV_UNMERGEABLE:
		*flags &= ~SVMA_VM_MERGEABLE;
		break;
	case MADV_HUGEPAGE:
		*flags = (*flags & ~SVMA_VM_NOHUGEPAGE) | SVMA_VM_HUGEPAGE;
		break;
	case MADV_NOHUGEPAGE:
		*flags = (*flags & ~SVMA_VM_HUGEPAGE) | SVMA_VM_NOHUGEPAGE;
		break;
	}
	return 0;
}

/* Sealed memory that cannot be written must keep what it holds, here and in a child. */
static bool svma_advise_sealed(const struct svma_core *core, const struct svma_vma *vma, int advice)
{
	if (!(vma->flags & SVMA_VM_SEALED) || vma->flags & SVMA_VM_WRITE)
		return false;
	if (svma_has(core, SVMA_RULE_SEAL_PAGES) ? !svma_vma_anonymous(vma) : !!vma->backing)
		return false;
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE ||
	       advice == MADV_DONTFORK || advice == MADV_WIPEONFORK || advice == MADV_GUARD_INSTALL;
}

static int svma_advise_discard(struct svma_core *core, const struct svma_vma *vma,
			       unsigned long start, unsigned long end, int advice)
{
	int err;

	if (vma->flags & SVMA_VM_PFNMAP)
		return -EINVAL;
	if (vma->flags & SVMA_VM_LOCKED && advice != MADV_DONTNEED_LOCKED)
		return -EINVAL;
	if (advice == MADV_FREE && !svma_vma_anonymous(vma))
		return -EINVAL;
	/* Whole huge pages go, and one of which the end is wanted stays. */
	if (vma->flags & SVMA_VM_HUGETLB) {
		if (!IS_ALIGNED(start, SVMA_HUGE_SIZE))
			return -EINVAL;
		end = round_down(end, SVMA_HUGE_SIZE);
		if (start == end)
			return 0;
	}
	err = core->ops->discard(core, start, end);
	if (!err)
		svma_step(core, SVMA_STEP_DISCARD, start, end, 0, 0);
	/* madvise tells a lack of memory as something that may pass. */
	return err == -ENOMEM ? -EAGAIN : err;
}

/* The whole region is marked, whatever part of it the guards are in. */
static int svma_advise_guard(struct svma_core *core, const struct svma_vma *vma,
			     unsigned long start, unsigned long end, int advice)
{
	bool install = advice == MADV_GUARD_INSTALL;
	struct svma_vma marked;
	int err;

	if (vma->flags & (SVMA_VM_UNMERGEABLE | SVMA_VM_HUGETLB) ||
	    (install && vma->flags & SVMA_VM_LOCKED))
		return -EINVAL;
	err = core->ops->set_guard(core, start, end, install);
	if (err)
		return err;
	svma_step(core, SVMA_STEP_GUARD, start, end, install, 0);
	if (install && svma_has(core, SVMA_RULE_STICKY)) {
		marked = *vma;
		marked.flags |= SVMA_VM_GUARDED;
		svma_index_set(&core->index, vma->start, &marked);
	}
	/* Guards are kept where anonymous pages are, which takes a reverse map. */
	if (install && svma_vma_anonymous(vma))
		svma_core_anon_fault(core, start);
	return 0;
}

static int svma_advise_one(struct svma_core *core, const struct svma_vma *vma, unsigned long start,
			   unsigned long end, int advice)
{
	u64 flags;
	int err;

	if (svma_has(core, SVMA_RULE_SEAL) && svma_advise_sealed(core, vma, advice))
		return -EPERM;
	switch (svma_advice_kind(core, advice)) {
	case SVMA_ADVICE_DISCARD:
		return svma_advise_discard(core, vma, start, end, advice);
	case SVMA_ADVICE_GUARD:
		return svma_advise_guard(core, vma, start, end, advice);
	case SVMA_ADVICE_NOTHING:
		if ((advice == MADV_COLD || advice == MADV_PAGEOUT) &&
		    vma->flags & (SVMA_VM_LOCKED | SVMA_VM_PFNMAP | SVMA_VM_HUGETLB))
			return -EINVAL;
		return 0;
	default:
		break;
	}
	err = svma_advice_flags(core, vma, advice, &flags);
	if (err || flags == vma->flags)
		return err;
	/* madvise tells a lack of memory as something that may pass. */
	err = svma_region_modify(core, vma, start, end, flags);
	return err == -ENOMEM ? -EAGAIN : err;
}

/*
 * What of the range can be made present, up to where the regions forbid it? To make it so is for
 * the caller.
 */
static int svma_advise_populate(struct svma_core *core, unsigned long addr, unsigned long end,
				struct svma_populate *populate)
{
	const u64 need = populate->write ? SVMA_VM_WRITE : SVMA_VM_READ;
	int hole = 0;

	populate->start = addr;
	while (addr < end) {
		unsigned long to, absent;
		struct svma_vma vma;

		populate->len = addr - populate->start;
		if (!svma_index_find(&core->index, addr, &vma))
			return -ENOMEM;
		if (vma.start > addr) {
			hole = -ENOMEM;
			if (svma_has(core, SVMA_RULE_POPULATE_ORDER) || vma.start >= end)
				return hole;
			addr = vma.start;
		}
		if (vma.flags & (SVMA_VM_IO | SVMA_VM_PFNMAP) || !(vma.flags & need))
			return -EINVAL;
		to = min(vma.end, end);
		absent = svma_region_absent(core, &vma, addr, to);
		if (absent < to) {
			/* The page is asked for, and not had: a write gives a reverse map. */
			populate->len = absent + SVMA_PAGE_SIZE - populate->start;
			return -EFAULT;
		}
		addr = vma.end;
		cond_resched();
	}
	populate->len = end - populate->start;
	return hole;
}

/**
 * svma_core_madvise() - madvise(2)
 * @core: the space, exclusively
 * @addr: first address
 * @len: bytes
 * @advice: MADV_*
 * @populate: out: what the caller is to make present, also if a part of the range cannot be
 *
 * Holes are passed over, and told in the end.
 *
 * Return: 0 or the errno of madvise(2); -EOPNOTSUPP for an advice that is not modelled.
 */
int svma_core_madvise(struct svma_core *core, unsigned long addr, unsigned long len, int advice,
		      struct svma_populate *populate)
{
	enum svma_advice_kind kind = svma_advice_kind(core, advice);
	unsigned long end, size = svma_page_align(len);
	struct svma_vma vma;
	int err, hole = 0;

	populate->len = 0;
	if (kind == SVMA_ADVICE_UNKNOWN || addr & ~SVMA_PAGE_MASK || (len && !size))
		return -EINVAL;
	end = addr + size;
	if (end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (kind == SVMA_ADVICE_UNMODELLED)
		return -EOPNOTSUPP;
	if (kind == SVMA_ADVICE_POPULATE) {
		populate->write = advice == MADV_POPULATE_WRITE;
		populate->exact = true;
		populate->strict = true;
		return svma_advise_populate(core, addr, end, populate);
	}
	if (kind == SVMA_ADVICE_FLAGS) {
		err = svma_region_reserve(core, 2, NULL);
		if (err)
			return -EAGAIN;
	}
	while (addr < end) {
		if (!svma_region_look(core, addr, &vma))
			return -ENOMEM;
		if (vma.start > addr) {
			hole = -ENOMEM;
			addr = vma.start;
			continue;
		}
		err = svma_advise_one(core, &vma, addr, min(vma.end, end), advice);
		if (err)
			return err;
		addr = vma.end;
		cond_resched();
	}
	return hole;
}
