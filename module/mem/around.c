// SPDX-License-Identifier: GPL-2.0
/*
 * Hardware entries for a fault: the page that was asked for, and the pages around it that are
 * present, under one lock of the host's page table.
 *
 * Each entry is made by our hand as vmf_insert_pfn_prot() makes it, special, so that nobody takes
 * it for a page that the kernel keeps count of. But that asks for each frame of what kind its
 * memory is, which takes longer than all the rest, and all of ours is ordinary memory. What is
 * entered stays as it is.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "shown.h"
#include "../space.h"

/* As much as the kernel maps around a fault in a file. */
#define SVMA_AROUND_PAGES	16UL

/**
 * struct svma_around_seen - what a processor knows of the pages around its last fault
 * @vma: the window, for comparison only
 * @space: its space, for comparison only
 * @changes: its window_changes then; what went since is not known
 * @index: page number of the first page that was looked at
 * @entered: bits: which have their entries, or cannot have one
 *
 * To look at the host's page table costs more than all else around a page that has just come into
 * being, and mostly finds nothing new: the faults before it were in the same place. What is not
 * true any more costs one more fault.
 */
struct svma_around_seen {
	const struct vm_area_struct *vma;
	const struct svma_space *space;
	long changes;
	unsigned long index;
	unsigned long entered;
};

static DEFINE_PER_CPU(struct svma_around_seen, svma_around_seen);

/**
 * struct svma_around - entries to be made
 * @space: the space, its lock held
 * @vma: the window
 * @shown: the space's entries of private anonymous memory; without @entries all frames are found
 * @host: where the first is in the window
 * @write: the fault is a write
 * @frames: page frames found, 0 for none
 * @writable: bits: which of them a window may write to
 * @prot: protection of what windows may not write to, and may
 * @wrote: out: one was made that lets writes through to a private page
 */
struct svma_around {
	struct svma_space *space;
	struct vm_area_struct *vma;
	struct svma_shown shown;
	unsigned long host;
	bool write;
	unsigned long frames[SVMA_AROUND_PAGES];
	unsigned long writable;
	pgprot_t prot[2];
	bool wrote;
};

static int svma_around_enter(pte_t *pte, unsigned long host, void *data)
{
	struct svma_around *around = data;
	unsigned long i = (host - around->host) >> PAGE_SHIFT, frame = around->frames[i];
	bool writable = around->writable & BIT(i), hot = false;

	if (!pte_none(ptep_get(pte)))
		return 0;
	if (!frame && around->shown.entries) {
		frame = svma_shown_frame(&around->shown, i, &writable, &hot);
		/* Who writes goes on writing: what a copy would have to replace is in the way. */
		if (around->write && !writable)
			return 0;
		around->wrote |= frame && writable && !hot;
	}
	if (frame)
		set_pte_at(around->vma->vm_mm, host, pte,
			   pte_mkspecial(pfn_pte(frame, around->prot[writable])));
	return 0;
}

static void svma_around_found(struct svma_around *around, unsigned long i,
			      const struct svma_mem *mem)
{
	around->frames[i] = page_to_pfn(mem->page ?: ZERO_PAGE(0));
	if (mem->writable)
		around->writable |= BIT(i);
	if (mem->writable && !mem->hot && !svma_vm_shared(mem->vma.flags))
		around->wrote = true;
}

/* Where files or memory that is shared are asked, sleeping: before the lock of the page table. */
static void svma_around_look(struct svma_around *around, unsigned long count, unsigned long here,
			     struct svma_mem *mem)
{
	unsigned long first = around->shown.index, i;

	for (i = 0; i < count; i++)
		if (i != here && svma_mem_present(around->space, (first + i) << PAGE_SHIFT, mem))
			svma_around_found(around, i, mem);
}

/*
 * The page at @here has just come into being: has all that is around it its entries already? What
 * was found is remembered, for the next fault.
 */
static bool svma_around_known(const struct svma_around *around, unsigned long count,
			      unsigned long here, bool fresh)
{
	const struct svma_around_seen now = {
		.vma = around->vma,
		.space = around->space,
		.changes = atomic_long_read(&around->space->window_changes),
		.index = around->shown.index,
	};
	unsigned long asked = GENMASK(count - 1, 0), i;
	struct svma_around_seen *seen;
	bool known;

	/* What lies over the page table is not looked for here. */
	if (around->space->hot.count)
		return false;
	seen = get_cpu_ptr(&svma_around_seen);
	known = seen->vma == now.vma && seen->space == now.space &&
		seen->changes == now.changes && seen->index == now.index;
	if (!known)
		*seen = now;
	known = known && fresh;
	seen->entered |= BIT(here);
	for (asked &= ~seen->entered; asked; asked &= asked - 1) {
		i = __ffs(asked);
		if (!READ_ONCE(around->shown.entries[i]))
			continue;
		seen->entered |= BIT(i);
		known = false;
	}
	put_cpu_ptr(&svma_around_seen);
	return known;
}

/**
 * svma_around_fault() - enter what was asked for, and what is around it
 * @vmf: the fault
 * @space: the space, its lock held
 * @addr: address of the page
 * @mem: what is there; undefined afterwards
 * @single: nothing around it
 *
 * Return: VM_FAULT_NOPAGE, or VM_FAULT_OOM: no memory for a page table.
 */
vm_fault_t svma_around_fault(struct vm_fault *vmf, struct svma_space *space, unsigned long addr,
			     struct svma_mem *mem, bool single)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long host = vmf->address & PAGE_MASK, size = SVMA_AROUND_PAGES * PAGE_SIZE;
	unsigned long group = round_down(addr, size), before = 0, behind = PAGE_SIZE, here, count;
	struct svma_around around = { .space = space, .vma = vma };
	const unsigned long *fresh = mem->fresh;
	int err;

	lockdep_assert_held(&space->lock);
	if (!single) {
		before = min3(addr - group, host - vma->vm_start, addr - mem->vma.start);
		behind = min3(group + size - addr, vma->vm_end - host, mem->vma.end - addr);
	}
	here = before >> PAGE_SHIFT;
	count = (before + behind) >> PAGE_SHIFT;
	around.shown.index = (addr - before) >> PAGE_SHIFT;
	around.host = host - before;
	svma_around_found(&around, here, mem);
	mem->writable = false;
	around.prot[0] = svma_window_prot(vma, mem);
	mem->writable = true;
	around.prot[1] = svma_window_prot(vma, mem);
	if (svma_shown_fits(&mem->vma)) {
		around.write = vmf->flags & FAULT_FLAG_WRITE;
		svma_shown_look(&around.shown, space, &mem->vma, around.shown.index,
				fresh ? fresh - here : NULL);
	} else if (!single) {
		svma_around_look(&around, count, here, mem);
	}
	if (around.shown.entries && !single && svma_around_known(&around, count, here, fresh)) {
		before = 0;
		behind = PAGE_SIZE;
	}
	err = apply_to_page_range(vma->vm_mm, host - before, before + behind, svma_around_enter,
				  &around);
	if (around.wrote)
		svma_pagetable_set_written(&space->pages, around.shown.index);
	return err ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}
