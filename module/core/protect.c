// SPDX-License-Identifier: GPL-2.0
/*
 * mprotect and pkey_mprotect.
 */
#include "region.h"

/* One region, or a part of it. */
static int svma_protect_one(struct svma_core *core, const struct svma_vma *vma, unsigned long start,
			    unsigned long end, u64 flags)
{
	unsigned long pages = svma_pages(end - start), charged = 0, released = 0;
	u64 old = vma->flags;
	int err;

	if (old & SVMA_VM_SEALED)
		return -EPERM;
	if (flags == old)
		return 0;
	if (flags & SVMA_VM_WRITE) {
		/* The data limit binds when a region turns into data. */
		if (!svma_may_expand(core, flags, pages) && svma_may_expand(core, old, pages))
			return -ENOMEM;
		if (!(old & (SVMA_VM_ACCOUNT | SVMA_VM_WRITE | SVMA_VM_HUGETLB | SVMA_VM_SHARED |
			     SVMA_VM_NORESERVE))) {
			if (svma_charge(core, pages))
				return -ENOMEM;
			charged = pages;
			flags |= SVMA_VM_ACCOUNT;
		}
	} else if (old & SVMA_VM_ACCOUNT && svma_has(core, SVMA_RULE_UNCHARGE) &&
		   svma_vma_anonymous(vma) && !vma->anon) {
		flags &= ~SVMA_VM_ACCOUNT;
		released = pages;
	}
	err = svma_region_modify(core, vma, start, end, flags);
	if (err) {
		svma_uncharge(core, charged);
		return err;
	}
	svma_uncharge(core, released);
	svma_account(core, old, -pages);
	svma_account(core, flags, pages);
	svma_step(core, SVMA_STEP_ENTRIES, start, end, 0, 0);
	core->ops->protect(core, start, end);
	/* Locked memory that becomes writable gets its own pages at once. */
	if ((old & (SVMA_VM_WRITE | SVMA_VM_SHARED | SVMA_VM_LOCK_BITS)) == SVMA_VM_LOCKED &&
	    flags & SVMA_VM_WRITE && !svma_classic(core)) {
		svma_core_anon_fault(core, start);
		if (core->ops->own)
			core->ops->own(core, start, end);
	}
	return 0;
}

/* The key of a region after a change of its protection, as flags. */
static u64 svma_protect_key(const struct svma_core *core, const struct svma_vma *vma,
			    unsigned long prot, int pkey)
{
	u64 key = vma->flags & SVMA_VM_PKEY_MASK;

	if (pkey != -1)
		return (u64)pkey << SVMA_VM_PKEY_SHIFT;
	if (svma_exec_key(core, prot))
		return svma_exec_key(core, prot);
	/* What could only be executed and no longer is gives the key for that back. */
	if ((vma->flags & SVMA_VM_ACCESS) == SVMA_VM_EXEC && key &&
	    key == svma_exec_key(core, PROT_EXEC))
		return 0;
	return key;
}

/**
 * svma_core_mprotect() - mprotect(2), pkey_mprotect(2)
 * @core: the space, exclusively
 * @addr: first address
 * @len: bytes
 * @prot: PROT_*, PROT_GROWSDOWN, PROT_GROWSUP
 * @pkey: protection key, -1 to keep that of each region
 *
 * What comes before a hole or a region that refuses has its new protection, as in the kernel.
 *
 * Return: 0, -EINVAL, -ENOMEM, -EACCES, -EPERM; -ENOSYS for a key in the classic profile.
 */
int svma_core_mprotect(struct svma_core *core, unsigned long addr, unsigned long len,
		       unsigned long prot, int pkey)
{
	unsigned long grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP), end, want;
	bool known = true;	/* @vma is the region at @addr already */
	struct svma_vma vma;
	int err;

	/* pkey_mprotect(2) is of 4.9. */
	if (pkey != -1 && svma_classic(core))
		return -ENOSYS;
	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || addr & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	end = addr + svma_page_align(len);
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (pkey < -1 || pkey > 15)
		return -EINVAL;

	if (!svma_region_look(core, addr, &vma))
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (vma.start >= end)
			return -ENOMEM;
		addr = vma.start;
		if (!(vma.flags & SVMA_VM_GROWSDOWN))
			return -EINVAL;
	} else {
		if (vma.start > addr)
			return -ENOMEM;
		if (grows & PROT_GROWSUP) {
			end = vma.end;
			if (!(vma.flags & SVMA_VM_GROWSUP))
				return -EINVAL;
		}
	}
	err = svma_region_reserve(core, 2, NULL);
	if (err)
		return err;

	while (addr < end) {
		u64 flags;

		if (!known && (!svma_region_look(core, addr, &vma) || vma.start > addr))
			return -ENOMEM;
		known = false;
		want = prot;
		if (prot & PROT_READ && core->layout.personality & SVMA_READ_IMPLIES_EXEC &&
		    vma.flags & SVMA_VM_MAYEXEC)
			want |= PROT_EXEC;
		flags = (vma.flags & ~(SVMA_VM_ACCESS | SVMA_VM_PKEY_MASK)) |
			svma_prot_flags(want) | svma_protect_key(core, &vma, want, pkey);
		if (flags & SVMA_VM_ACCESS & ~(flags >> SVMA_VM_MAY_SHIFT) ||
		    svma_denies_exec(core, vma.flags, flags))
			return -EACCES;
		err = svma_protect_one(core, &vma, addr, min(vma.end, end), flags);
		if (err)
			return err;
		addr = vma.end;
		cond_resched();
	}
	return 0;
}
