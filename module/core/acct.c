// SPDX-License-Identifier: GPL-2.0
/*
 * Totals of a space, charges against its machine, and the limits on both.
 */
#include "region.h"

static bool svma_flags_exec(u64 flags)
{
	return (flags & (SVMA_VM_EXEC | SVMA_VM_WRITE | SVMA_VM_GROWSDOWN)) == SVMA_VM_EXEC;
}

/**
 * svma_flags_data() - does a region count against the data limit?
 * @flags: SVMA_VM_*
 *
 * Return: whether it is private, writable and no stack.
 */
bool svma_flags_data(u64 flags)
{
	return (flags & (SVMA_VM_WRITE | SVMA_VM_SHARED | SVMA_VM_GROWSDOWN)) == SVMA_VM_WRITE;
}

/**
 * svma_account() - add to the totals of a space
 * @core: the space
 * @flags: of the region
 * @pages: may be negative
 */
void svma_account(struct svma_core *core, u64 flags, long pages)
{
	core->total += pages;
	if (svma_flags_exec(flags))
		core->exec += pages;
	else if (flags & SVMA_VM_GROWSDOWN)
		core->stack += pages;
	else if (svma_flags_data(flags))
		core->data += pages;
}

static unsigned long svma_commit_limit(const struct svma_machine *told)
{
	unsigned long allowed;

	if (told->overcommit_kbytes)
		allowed = told->overcommit_kbytes >> (SVMA_PAGE_SHIFT - 10);
	else
		allowed = (told->ram - min(told->huge, told->ram)) * told->overcommit_ratio / 100;
	return allowed + told->swap;
}

/**
 * svma_core_commit_limit() - what strict overcommit allows
 * @machine: the machine; its lock is taken
 *
 * Return: pages.
 */
unsigned long svma_core_commit_limit(struct svma_core_machine *machine)
{
	unsigned long limit;

	spin_lock(&machine->lock);
	limit = svma_commit_limit(&machine->told);
	spin_unlock(&machine->lock);
	return limit;
}

/* The heuristic of mode 0: refuse only what could never be had. */
static bool svma_guess_allows(const struct svma_core *core, const struct svma_machine *told,
			      unsigned long pages)
{
	if (!svma_classic(core))
		return pages <= told->ram + told->swap;
	/*
	 * The documentation of 2.6.24: page cache, swap, reclaimable slab and unused page frames.
	 */
	return pages < told->cache + told->swap + told->reclaimable + told->free;
}

static bool svma_strict_allows(const struct svma_core *core, const struct svma_machine *told,
			       unsigned long committed)
{
	unsigned long allowed = svma_commit_limit(told), kept = 0;

	if (svma_classic(core))
		return committed <= allowed;
	if (!(core->layout.personality & SVMA_CAP_SYS_ADMIN))
		kept += told->admin_reserve;
	kept += min_t(unsigned long, core->total / 32, told->user_reserve);
	return kept <= allowed && committed < allowed - kept;
}

/* Charge pages, if the machine's overcommit policy lets @asked have them. */
static int svma_machine_charge(struct svma_core *core, const struct svma_core *asked,
			       unsigned long pages)
{
	struct svma_core_machine *machine = core->machine;
	bool allowed = true;

	spin_lock(&machine->lock);
	switch (machine->told.overcommit_mode) {
	case SVMA_OVERCOMMIT_GUESS:
		allowed = svma_guess_allows(asked, &machine->told, pages);
		break;
	case SVMA_OVERCOMMIT_NEVER:
		allowed = svma_strict_allows(asked, &machine->told, machine->committed + pages);
		break;
	}
	if (allowed)
		machine->committed += pages;
	spin_unlock(&machine->lock);
	if (!allowed)
		return -ENOMEM;
	if (pages)
		svma_step(core, SVMA_STEP_CHARGE, pages, 0, 0, 0);
	return 0;
}

/**
 * svma_charge() - charge pages to the machine, for the regions of a space
 * @core: the space
 * @pages: how many
 *
 * Return: 0, or -ENOMEM if the machine's overcommit policy refuses.
 */
int svma_charge(struct svma_core *core, unsigned long pages)
{
	int err = svma_machine_charge(core, core, pages);

	if (!err)
		core->committed += pages;
	return err;
}

/**
 * svma_charge_child() - charge pages for a region of a child of fork(2)
 * @parent: the space that is forked: as in the kernel, it is the one whose size counts
 * @child: the space that gets them
 * @pages: how many
 *
 * Return: 0, or -ENOMEM if the machine's overcommit policy refuses.
 */
int svma_charge_child(const struct svma_core *parent, struct svma_core *child, unsigned long pages)
{
	int err = svma_machine_charge(child, parent, pages);

	if (!err)
		child->committed += pages;
	return err;
}

/**
 * svma_charge_backing() - charge shared anonymous memory, which may outlive the space
 * @core: the space that makes it
 * @backing: the memory; it keeps the charge until svma_core_backing_release()
 * @pages: how many
 *
 * Return: 0, or -ENOMEM if the machine's overcommit policy refuses.
 */
int svma_charge_backing(struct svma_core *core, struct svma_backing *backing, unsigned long pages)
{
	int err = svma_machine_charge(core, core, pages);

	if (!err)
		backing->charged = pages;
	return err;
}

/**
 * svma_uncharge() - give charged pages back
 * @core: the space
 * @pages: how many
 */
void svma_uncharge(struct svma_core *core, unsigned long pages)
{
	struct svma_core_machine *machine = core->machine;

	if (!pages)
		return;
	spin_lock(&machine->lock);
	machine->committed -= pages;
	core->committed -= pages;
	spin_unlock(&machine->lock);
	svma_step(core, SVMA_STEP_UNCHARGE, pages, 0, 0, 0);
}

/**
 * svma_may_expand() - do the limits on address space and data allow more pages?
 * @core: the space
 * @flags: of the region that gets them
 * @pages: how many
 *
 * Return: whether they do.
 */
bool svma_may_expand(const struct svma_core *core, u64 flags, unsigned long pages)
{
	if (core->total + pages > svma_pages(core->layout.limit_as))
		return false;
	/* A limit of 0 binds brk alone: some programs set it for that. */
	if (!svma_classic(core) && svma_flags_data(flags) && core->layout.limit_data &&
	    core->data + pages > svma_pages(core->layout.limit_data))
		return false;
	return true;
}

/**
 * svma_may_lock() - does the limit on locked memory allow more?
 * @core: the space
 * @flags: of the region; without SVMA_VM_LOCKED the answer is yes
 * @len: bytes
 *
 * Return: whether it does.
 */
bool svma_may_lock(const struct svma_core *core, u64 flags, unsigned long len)
{
	if (!(flags & SVMA_VM_LOCKED) || core->layout.personality & SVMA_CAP_IPC_LOCK)
		return true;
	return core->locked + svma_pages(len) <= svma_pages(core->layout.limit_memlock);
}
