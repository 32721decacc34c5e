// SPDX-License-Identifier: GPL-2.0
/* mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). */
#include "model.h"

#define LOCK_BITS (SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT)

static bool may_lock_at_all(const struct model *model)
{
	return model->layout.limit_memlock || (model->layout.personality & SVMA_CAP_IPC_LOCK);
}

static int lock_one(struct model *model, unsigned long start, unsigned long end, u64 bits)
{
	u64 old = model->pages[start].flags, never = MODEL_SPECIAL | SVMA_VM_HUGETLB;

	if (model->kernel >= SVMA_KERNEL(6, 12))
		never |= SVMA_VM_DROPPABLE;
	if (((old & ~LOCK_BITS) | bits) == old || (old & never))
		return 0;
	return model_change(model, start, end, (old & ~LOCK_BITS) | bits);
}

static int lock_range(struct model *model, unsigned long start, unsigned long len, u64 bits)
{
	unsigned long i, end, to;
	int error;

	if (start + len < start)
		return -EINVAL;
	if (!len)
		return 0;
	i = model_index(model, start);
	end = model_index(model, start + len);
	if (start < model->base || i == model->count)
		return -ENOMEM;
	while (i < end) {
		if (!model->pages[i].mapped)
			return -ENOMEM;
		to = model_last(model, i);
		error = lock_one(model, i, to < end ? to : end, bits);
		if (error)
			return error;
		i = model_last(model, (to < end ? to : end) - 1);
	}
	return start + len > model_addr(model, model->count) ? -ENOMEM : 0;
}

static int lock(struct model *model, unsigned long addr, unsigned long len, u64 bits,
		struct svma_populate *populate)
{
	unsigned long size = svma_page_align(len + (addr & ~SVMA_PAGE_MASK)),
		      start = addr & SVMA_PAGE_MASK;
	unsigned long limit = model->layout.limit_memlock / PAGE, locked, i;
	bool able = model->layout.personality & SVMA_CAP_IPC_LOCK;
	struct model_totals now;
	int error;

	if (!may_lock_at_all(model))
		return -EPERM;
	model_sum(model, &now);
	locked = size / PAGE + now.locked;
	/* Pages that are locked already do not count twice. */
	if (locked > limit && !able) {
		unsigned long end = start + size < start ? ~0UL : start + size;

		for (i = model_index(model, start); i < model_index(model, end); i++)
			locked -=
				model->pages[i].mapped && (model->pages[i].flags & SVMA_VM_LOCKED);
	}
	if (locked > limit && !able)
		return -ENOMEM;
	error = lock_range(model, start, size, bits);
	if (error)
		return error;
	/*
	 * Locked it is, but pages that nobody may access, or nobody has, cannot be made present.
	 * Regions that are locked as they are touched are passed over then; huge pages never are.
	 */
	for (i = model_index(model, start); i < model_index(model, start + size); i++) {
		if (model->pages[i].flags & (SVMA_VM_LOCKONFAULT | SVMA_VM_IO | SVMA_VM_PFNMAP))
			continue;
		if (model_lacks_huge(model, i) || !(model->pages[i].flags & MODEL_ACCESS) ||
		    ((model->pages[i].flags & MODEL_ACCESS) == SVMA_VM_EXEC &&
		     (model->pages[i].flags & SVMA_VM_PKEY_MASK)))
			return -ENOMEM;
	}
	if (bits & SVMA_VM_LOCKONFAULT)
		return 0;
	populate->start = start;
	populate->len = size;
	populate->strict = true;
	return 0;
}

static void lock_all(struct model *model, unsigned int flags)
{
	u64 bits = flags & MCL_ONFAULT ? LOCK_BITS : SVMA_VM_LOCKED;
	unsigned long i;

	model->layout.def_flags &= ~LOCK_BITS;
	if (flags & MCL_FUTURE) {
		model->layout.def_flags |= bits;
		if (!(flags & MCL_CURRENT))
			return;
	}
	if (!(flags & MCL_CURRENT))
		bits = 0;
	for (i = model_next(model, 0); i < model->count;
	     i = model_next(model, model_last(model, i)))
		lock_one(model, i, model_last(model, i), bits);
}

int model_lock(struct model *model, const struct svma_lock *args, struct svma_populate *populate)
{
	struct model_totals now;

	memset(populate, 0, sizeof(*populate));
	switch (args->op) {
	case SVMA_MLOCK:
		if (model_classic(model) && args->flags)
			return -ENOSYS;
		if (args->flags & ~MLOCK_ONFAULT)
			return -EINVAL;
		return lock(model, args->addr, args->len, args->flags ? LOCK_BITS : SVMA_VM_LOCKED,
			    populate);
	case SVMA_MUNLOCK:
		return lock_range(model, args->addr & SVMA_PAGE_MASK,
				  svma_page_align(args->len + (args->addr & ~SVMA_PAGE_MASK)), 0);
	case SVMA_MLOCKALL:
		if (!args->flags || (args->flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) ||
		    args->flags == MCL_ONFAULT ||
		    (model_classic(model) && (args->flags & MCL_ONFAULT)))
			return -EINVAL;
		if (!may_lock_at_all(model))
			return -EPERM;
		model_sum(model, &now);
		if ((args->flags & MCL_CURRENT) && now.total > model->layout.limit_memlock / PAGE &&
		    !(model->layout.personality & SVMA_CAP_IPC_LOCK))
			return -ENOMEM;
		lock_all(model, args->flags);
		if ((args->flags & MCL_CURRENT) && !(args->flags & MCL_ONFAULT))
			populate->len = model->layout.high;
		return 0;
	case SVMA_MUNLOCKALL:
		lock_all(model, 0);
		return 0;
	default:
		return -EINVAL;
	}
}
