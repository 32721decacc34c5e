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
#include "../space.h"

/* As much as the kernel maps around a fault in a file. */
#define SVMA_AROUND_PAGES	16UL

/**
 * struct svma_around - entries to be made
 * @space: the space, its lock held
 * @vma: the window
 * @index: page number of the first
 * @host: where that is in the window
 * @leaf: the space's entries of private anonymous memory, the first one's foremost; or NULL: all
 *        frames are found
 * @own: @leaf belongs to this space alone
 * @may_write: the region can be written, and it is known to be
 * @write: the fault is a write
 * @frames: page frames found, 0 for none
 * @writable: bits: which of them a window may write to
 * @prot: protection of what windows may not write to, and may
 * @wrote: out: one was made that lets writes through to a private page
 */
struct svma_around {
	struct svma_space *space;
	struct vm_area_struct *vma;
	unsigned long index;
	unsigned long host;
	const unsigned long *leaf;
	bool own;
	bool may_write;
	bool write;
	unsigned long frames[SVMA_AROUND_PAGES];
	unsigned long writable;
	pgprot_t prot[2];
	bool wrote;
};

/* What the page table or the hot pages have at place @i. No lock is taken that sleeps. */
static unsigned long svma_around_frame(const struct svma_around *around, unsigned long i,
				       bool *writable, bool *hot)
{
	const struct svma_hot *list = &around->space->hot;
	struct page *page;
	unsigned long entry;

	page = svma_hot_find(list, around->index + i);
	*hot = page;
	*writable = around->may_write;
	if (page)
		return page_to_pfn(page);
	entry = READ_ONCE(around->leaf[i]);
	if (!svma_pt_is_page(entry))
		return 0;
	*writable = around->may_write && around->own && svma_entry_private(entry);
	/* Who writes goes on writing: an entry that a copy would have to replace is in the way. */
	if (around->write && !*writable)
		return 0;
	return page_to_pfn(svma_pt_page(entry));
}

static int svma_around_enter(pte_t *pte, unsigned long host, void *data)
{
	struct svma_around *around = data;
	unsigned long i = (host - around->host) >> PAGE_SHIFT, frame = around->frames[i];
	bool writable = around->writable & BIT(i), hot = false;

	if (!pte_none(ptep_get(pte)))
		return 0;
	if (!frame && around->leaf) {
		frame = svma_around_frame(around, i, &writable, &hot);
		around->wrote |= writable && !hot;
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
	unsigned long i;

	for (i = 0; i < count; i++)
		if (i != here && svma_mem_present(around->space, (around->index + i) << PAGE_SHIFT,
						  mem))
			svma_around_found(around, i, mem);
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
	unsigned long from = round_down(addr, size), before = 0, behind = PAGE_SIZE;
	struct svma_around around = { .space = space, .vma = vma };
	int err;

	lockdep_assert_held(&space->lock);
	if (!single) {
		before = min3(addr - from, host - vma->vm_start, addr - mem->vma.start);
		behind = min3(from + size - addr, vma->vm_end - host, mem->vma.end - addr);
	}
	around.index = (addr - before) >> PAGE_SHIFT;
	around.host = host - before;
	svma_around_found(&around, before >> PAGE_SHIFT, mem);
	mem->writable = false;
	around.prot[0] = svma_window_prot(vma, mem);
	mem->writable = true;
	around.prot[1] = svma_window_prot(vma, mem);
	if (!svma_vm_shared(mem->vma.flags) && !svma_file_has_pages(&mem->vma)) {
		around.write = vmf->flags & FAULT_FLAG_WRITE;
		around.may_write = mem->vma.flags & SVMA_VM_WRITE && mem->vma.anon;
		around.leaf = svma_pagetable_run(&space->pages, around.index, &around.own);
	} else if (!single) {
		svma_around_look(&around, (before + behind) >> PAGE_SHIFT, before >> PAGE_SHIFT,
				 mem);
	}
	err = apply_to_page_range(vma->vm_mm, around.host, before + behind, svma_around_enter,
				  &around);
	if (around.wrote)
		svma_pagetable_set_written(&space->pages, around.index);
	return err ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}
