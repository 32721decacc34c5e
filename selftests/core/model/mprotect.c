// SPDX-License-Identifier: GPL-2.0
/* mprotect(2), pkey_mprotect(2). */
#include "model.h"

#define PKEY(n)	((u64)(n) << SVMA_VM_PKEY_SHIFT)

/* mprotect_fixup(): pages start..end of one region. */
static int change_one(struct model *model, unsigned long start, unsigned long end, u64 flags)
{
	const struct model_page was = model->pages[start];
	unsigned long i;
	int error;

	if (model->kernel >= SVMA_KERNEL(6, 12) && (was.flags & SVMA_VM_SEALED))
		return -EPERM;
	if (flags == was.flags)
		return 0;
	if (flags & SVMA_VM_WRITE) {
		if (!model_may_expand(model, flags, end - start) &&
		    model_may_expand(model, was.flags, end - start))
			return -ENOMEM;
		if (!(was.flags & (SVMA_VM_ACCOUNT | SVMA_VM_WRITE | SVMA_VM_HUGETLB |
				   SVMA_VM_SHARED | SVMA_VM_NORESERVE))) {
			if (!model_enough_memory(model, end - start))
				return -ENOMEM;
			flags |= SVMA_VM_ACCOUNT;
		}
	} else if (model->kernel >= SVMA_KERNEL(6, 12) && !was.backing && !was.anon &&
		   !(was.flags & SVMA_VM_SPECIAL)) {
		flags &= ~SVMA_VM_ACCOUNT;
	}
	error = model_change(model, start, end, flags);
	if (error)
		return error;
	/* populate_vma_page_range(), so that locked memory has no fault when it is written. */
	if ((was.flags & (SVMA_VM_WRITE | SVMA_VM_SHARED | SVMA_VM_LOCKED |
			  SVMA_VM_LOCKONFAULT)) == SVMA_VM_LOCKED &&
	    (flags & SVMA_VM_WRITE) && !model_classic(model))
		model_fault(model, model_addr(model, start));
	for (i = start; i < end; i++)
		if ((was.flags & ~flags & MODEL_ACCESS) ||
		    ((was.flags ^ flags) & SVMA_VM_PKEY_MASK))
			model->weaker[i] = true;
	return 0;
}

int model_mprotect(struct model *model, unsigned long addr, unsigned long len, unsigned long prot,
		   int pkey)
{
	bool implies = (model->layout.personality & SVMA_READ_IMPLIES_EXEC) && (prot & PROT_READ);
	unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP), i, to, end;
	int error;

	if (pkey != -1 && model_classic(model))
		return -ENOSYS;
	prot &= ~grows;
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	len = svma_page_align(len);
	if (addr + len <= addr)
		return -ENOMEM;
	if (prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (pkey < -1 || pkey > 15)
		return -EINVAL;
	if (addr >= model_addr(model, model->count))
		return -ENOMEM;
	if (addr + len <= model->base)
		return -ENOMEM;
	i = model_next(model, model_index(model, addr));
	end = model_index(model, addr + len);
	if (i == model->count)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (i >= end)
			return -ENOMEM;
		if (!(model->pages[i].flags & SVMA_VM_GROWSDOWN))
			return -EINVAL;
		i = model_first(model, i);
	} else {
		if (model_addr(model, i) > addr)
			return -ENOMEM;
		/* But for the heap of classic spaces no region grows up on x86-64. */
		if ((grows & PROT_GROWSUP) && !(model->pages[i].flags & SVMA_VM_GROWSUP))
			return -EINVAL;
		if (grows & PROT_GROWSUP)
			end = model_last(model, i);
	}
	while (i < end) {
		u64 flags = model->pages[i].flags & ~(MODEL_ACCESS | SVMA_VM_PKEY_MASK);

		if (!model->pages[i].mapped)
			return -ENOMEM;
		if (pkey != -1)
			flags |= PKEY(pkey);
		else if (prot == PROT_EXEC && model_exec_key(model))
			flags |= PKEY(model_exec_key(model));
		else if (!model_exec_key(model) ||
			 (model->pages[i].flags & (MODEL_ACCESS | SVMA_VM_PKEY_MASK)) !=
				 (SVMA_VM_EXEC | PKEY(model_exec_key(model))))
			flags |= model->pages[i].flags & SVMA_VM_PKEY_MASK;
		flags |= prot & PROT_READ ? SVMA_VM_READ : 0;
		flags |= prot & PROT_WRITE ? SVMA_VM_WRITE : 0;
		flags |= (prot & PROT_EXEC) || (implies && (flags & SVMA_VM_MAYEXEC)) ? SVMA_VM_EXEC
										      : 0;
		if (flags & ~(flags >> 4) & MODEL_ACCESS)
			return -EACCES;
		if (model_no_exec_gain(model) && (flags & SVMA_VM_EXEC) &&
		    ((flags & SVMA_VM_WRITE) || !(model->pages[i].flags & SVMA_VM_EXEC)))
			return -EACCES;
		to = model_last(model, i);
		if (to > end)
			to = end;
		error = change_one(model, i, to, flags);
		if (error)
			return error;
		i = model_last(model, to - 1);	/* a merge may have reached further */
	}
	if (grows & PROT_GROWSUP)
		return 0;
	return addr + len > model_addr(model, model->count) ? -ENOMEM : 0;
}
