// SPDX-License-Identifier: GPL-2.0
/*
 * mlock, mlock2, munlock, mlockall, munlockall.
 */
#include "region.h"

static bool svma_can_lock(const struct svma_core *core)
{
	return core->layout.limit_memlock || core->layout.personality & SVMA_CAP_IPC_LOCK;
}

/* One region, or a part of it. */
static int svma_lock_one(struct svma_core *core, const struct svma_vma *vma, unsigned long start,
			 unsigned long end, u64 bits)
{
	u64 flags = (vma->flags & ~SVMA_VM_LOCK_BITS) | bits;
	unsigned long pages = svma_pages(end - start);
	int err;

	if (flags == vma->flags || vma->flags & (SVMA_VM_UNMERGEABLE | SVMA_VM_HUGETLB |
						 SVMA_VM_DROPPABLE | SVMA_VM_SPECIAL))
		return 0;
	err = svma_region_modify(core, vma, start, end, flags);
	if (err)
		return err;
	if (!(flags & SVMA_VM_LOCKED))
		core->locked -= pages;
	else if (!(vma->flags & SVMA_VM_LOCKED))
		core->locked += pages;
	return 0;
}

static int svma_lock_range(struct svma_core *core, unsigned long start, unsigned long len, u64 bits)
{
	unsigned long end = start + len;
	struct svma_vma vma;
	int err;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	err = svma_region_reserve(core, 2, NULL);
	if (err)
		return err;
	while (start < end) {
		if (!svma_region_look(core, start, &vma) || vma.start > start)
			return -ENOMEM;
		err = svma_lock_one(core, &vma, start, min(vma.end, end), bits);
		if (err)
			return err;
		start = vma.end;
		cond_resched();
	}
	return 0;
}

/* Pages of a range that are locked already. */
static unsigned long svma_locked_in(struct svma_core *core, unsigned long start, unsigned long len)
{
	unsigned long pages = 0, end = start + len;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	if (end < start)
		end = ULONG_MAX;
	more = svma_cursor_find(&cursor, &core->index, start, &vma);
	for (; more && vma.start < end; more = svma_cursor_next(&cursor, &vma)) {
		if (vma.flags & SVMA_VM_LOCKED)
			pages += svma_pages(min(vma.end, end) - max(vma.start, start));
	}
	return pages;
}

/*
 * Where there is something in a locked range that nobody may access, or no page behind it. It is
 * locked for all that, but cannot be made present, which mlock tells.
 */
static unsigned long svma_locks_absent(struct svma_core *core, unsigned long start,
				       unsigned long end)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	more = svma_cursor_find(&cursor, &core->index, start, &vma);
	for (; more && vma.start < end; more = svma_cursor_next(&cursor, &vma)) {
		unsigned long from = max(vma.start, start), to = min(vma.end, end), at;

		if (vma.flags & (SVMA_VM_IO | SVMA_VM_PFNMAP | SVMA_VM_LOCKONFAULT))
			continue;
		if (!(vma.flags & SVMA_VM_ACCESS) || svma_only_executed(vma.flags))
			return from;
		at = svma_region_absent(core, &vma, from, to);
		if (at < to)
			return at;
	}
	return end;
}

static int svma_mlock(struct svma_core *core, unsigned long addr, unsigned long len, u64 bits,
		      struct svma_populate *populate)
{
	unsigned long absent, locked, limit = svma_pages(core->layout.limit_memlock);
	int err;

	if (!svma_can_lock(core))
		return -EPERM;
	len = svma_page_align(len + (addr & ~SVMA_PAGE_MASK));
	addr &= SVMA_PAGE_MASK;
	locked = svma_pages(len) + core->locked;
	if (!(core->layout.personality & SVMA_CAP_IPC_LOCK)) {
		if (locked > limit)
			locked -= svma_locked_in(core, addr, len);
		if (locked > limit)
			return -ENOMEM;
	}
	err = svma_lock_range(core, addr, len, bits);
	if (err)
		return err;
	/* Huge pages are never locked on fault: they are asked for at once, in any case. */
	absent = svma_locks_absent(core, addr, addr + len);
	if (bits & SVMA_VM_LOCKONFAULT)
		return absent == addr + len ? 0 : -ENOMEM;
	populate->start = addr;
	populate->len = len;
	populate->strict = true;
	if (absent == addr + len)
		return 0;
	/* This page is asked for, and not had: a write gives a reverse map. */
	populate->len = absent + SVMA_PAGE_SIZE - addr;
	return -ENOMEM;
}

static int svma_lock_all(struct svma_core *core, unsigned int flags)
{
	struct svma_vma vma;
	unsigned long addr = 0;
	u64 bits = 0;

	core->layout.def_flags &= ~SVMA_VM_LOCK_BITS;
	if (flags & MCL_FUTURE) {
		core->layout.def_flags |= SVMA_VM_LOCKED;
		if (flags & MCL_ONFAULT)
			core->layout.def_flags |= SVMA_VM_LOCKONFAULT;
		if (!(flags & MCL_CURRENT))
			return 0;
	}
	if (flags & MCL_CURRENT) {
		bits = SVMA_VM_LOCKED;
		if (flags & MCL_ONFAULT)
			bits |= SVMA_VM_LOCKONFAULT;
	}
	while (svma_index_find(&core->index, addr, &vma)) {
		/* Whole regions: nothing is split, and nothing can fail. */
		svma_lock_one(core, &vma, vma.start, vma.end, bits);
		addr = vma.end;
		cond_resched();
	}
	return 0;
}

/**
 * svma_core_lock() - mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2)
 * @core: the space, exclusively
 * @args: what to do
 * @populate: out: what the caller is to make present
 *
 * Return: 0, or the errno of the call; -EINVAL also for an unknown operation, -ENOSYS for mlock2(2)
 * in the classic profile.
 */
int svma_core_lock(struct svma_core *core, const struct svma_lock *args,
		   struct svma_populate *populate)
{
	populate->len = 0;
	populate->write = false;
	populate->strict = false;
	switch (args->op) {
	case SVMA_MLOCK:
		/* That is mlock2(2), of 4.4. */
		if (args->flags && svma_classic(core))
			return -ENOSYS;
		if (args->flags & ~MLOCK_ONFAULT)
			return -EINVAL;
		return svma_mlock(core, args->addr, args->len,
				  SVMA_VM_LOCKED |
					  (args->flags & MLOCK_ONFAULT ? SVMA_VM_LOCKONFAULT : 0),
				  populate);
	case SVMA_MUNLOCK:
		if (args->flags)
			return -EINVAL;
		return svma_lock_range(core, args->addr & SVMA_PAGE_MASK,
				       svma_page_align(args->len + (args->addr & ~SVMA_PAGE_MASK)),
				       0);
	case SVMA_MLOCKALL:
		if (!args->flags || args->flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ||
		    args->flags == MCL_ONFAULT)
			return -EINVAL;
		if (args->flags & MCL_ONFAULT && svma_classic(core))
			return -EINVAL;
		if (!svma_can_lock(core))
			return -EPERM;
		if (args->flags & MCL_CURRENT &&
		    core->total > svma_pages(core->layout.limit_memlock) &&
		    !(core->layout.personality & SVMA_CAP_IPC_LOCK))
			return -ENOMEM;
		if (args->flags & MCL_CURRENT && !(args->flags & MCL_ONFAULT))
			populate->len = core->layout.high;
		return svma_lock_all(core, args->flags);
	case SVMA_MUNLOCKALL:
		if (args->flags)
			return -EINVAL;
		return svma_lock_all(core, 0);
	}
	return -EINVAL;
}
