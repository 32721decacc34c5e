// SPDX-License-Identifier: GPL-2.0
/*
 * Eager entries: the present pages of a range get their hardware entries in the caller's window at
 * once.
 *
 * remap_pfn_range() is quick for a contiguous run, and dangerous:
 *  - it has a BUG_ON for an entry that is there already: we remove what is there, and hold the
 *  space's lock exclusively, under which nobody enters anything. A window that userfaultfd watches
 *  may hold markers that stay; there the entries are made one by one;
 *  - over a whole kernel region (VMA) it leaves a trace in that region which the end of the region
 *    chokes on, or works only once: we never do the whole at once;
 *  - it wants the lock of the kernel region; that is taken before the space's lock, because a fault
 *    takes them in this order.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/userfaultfd_k.h>

#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "../ioctl.h"
#include "../space.h"

#define SVMA_FILL_CHUNK		SVMA_HUGE_SIZE

/**
 * struct svma_fill - a run of pages that follow each other, in the window and in memory
 * @vma: the window
 * @start: first address in the window
 * @count: pages
 * @pfn: first page frame
 * @prot: their protection
 * @filled: pages entered so far
 */
struct svma_fill {
	struct vm_area_struct *vma;
	unsigned long start;
	unsigned long count;
	unsigned long pfn;
	pgprot_t prot;
	unsigned long filled;
};

static int svma_fill_entry(pte_t *pte, unsigned long host, void *data)
{
	struct svma_fill *fill = data;

	if (pte_none(ptep_get(pte)))
		set_pte_at(fill->vma->vm_mm, host, pte,
			   pte_mkspecial(pfn_pte(fill->pfn + ((host - fill->start) >> PAGE_SHIFT),
						 fill->prot)));
	fill->filled++;
	return 0;
}

/* As for a fault; see around.c. */
static int svma_fill_singly(struct svma_fill *fill)
{
	return apply_to_page_range(fill->vma->vm_mm, fill->start, fill->count * PAGE_SIZE,
				   svma_fill_entry, fill);
}

/* Enter the run. */
static int svma_fill_flush(struct svma_fill *fill)
{
	struct vm_area_struct *vma = fill->vma;
	unsigned long size = fill->count * PAGE_SIZE;
	bool whole = fill->start == vma->vm_start && fill->start + size == vma->vm_end;
	int err;

	if (!fill->count)
		return 0;
	if (fill->count == 1 || whole || userfaultfd_armed(vma)) {
		err = svma_fill_singly(fill);
	} else {
		err = remap_pfn_range(vma, fill->start, fill->pfn, size, fill->prot);
		if (!err)
			fill->filled += fill->count;
	}
	fill->count = 0;
	return err;
}

static int svma_fill_page(struct svma_fill *fill, unsigned long host, struct page *page,
			  pgprot_t prot)
{
	int err;

	if (fill->count && fill->start + fill->count * PAGE_SIZE == host &&
	    fill->pfn + fill->count == page_to_pfn(page) &&
	    pgprot_val(fill->prot) == pgprot_val(prot)) {
		fill->count++;
		return 0;
	}
	err = svma_fill_flush(fill);
	fill->start = host;
	fill->pfn = page_to_pfn(page);
	fill->prot = prot;
	fill->count = 1;
	return err;
}

/* One region's part of a chunk. */
static int svma_fill_region(struct svma_space *space, struct svma_fill *fill, struct svma_mem *mem,
			    unsigned long start, unsigned long end, unsigned long to_host)
{
	unsigned long addr;
	int err;

	/* A region without access shows nothing. */
	if (!(mem->vma.flags & (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)))
		return 0;
	for (addr = start; addr < end; addr += PAGE_SIZE) {
		if (!svma_mem_present(space, addr, mem))
			continue;
		svma_mem_set_written(space, addr, mem);
		err = svma_fill_page(fill, addr + to_host, mem->page,
				     svma_window_prot(fill->vma, mem));
		if (err)
			return err;
	}
	return 0;
}

static int svma_fill_chunk(struct svma_space *space, struct svma_fill *fill, unsigned long start,
			   unsigned long end)
{
	struct vm_area_struct *vma = fill->vma;
	unsigned long addr = (vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start);
	unsigned long limit = addr + (end - start), to_host = start - addr;
	struct svma_mem mem;
	int err = 0;

	if (down_write_killable(&space->lock))
		return -EINTR;
	svma_mem_zap(space, addr, limit);
	while (!err && addr < limit && svma_index_find(&space->core.index, addr, &mem.vma) &&
	       mem.vma.start < limit) {
		addr = max(addr, mem.vma.start);
		err = svma_fill_region(space, fill, &mem, addr, min(limit, mem.vma.end), to_host);
		addr = mem.vma.end;
	}
	if (!err)
		err = svma_fill_flush(fill);
	fill->count = 0;
	up_write(&space->lock);
	return err;
}

/* A window without any access has nothing to show. */
static bool svma_fill_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}

static int svma_fill_window(struct svma_space *space, struct svma_fill *fill, unsigned long start,
			    unsigned long end)
{
	unsigned long next;
	int err;

	/* Before the space's lock: a fault holds this one and waits for that. */
	vma_start_write(fill->vma);
	for (; start < end; start = next) {
		next = min(end, round_down(start, SVMA_FILL_CHUNK) + SVMA_FILL_CHUNK);
		err = svma_fill_chunk(space, fill, start, next);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int svma_fill_range(struct svma_space *space, struct svma_fill *fill, unsigned long start,
			   unsigned long end)
{
	unsigned long addr;
	int err;

	for (addr = start; addr < end; addr = fill->vma->vm_end) {
		fill->vma = svma_window_find(space, addr);
		if (!fill->vma)
			return -EINVAL;
	}
	for (addr = start; addr < end; addr = fill->vma->vm_end) {
		fill->vma = svma_window_find(space, addr);
		if (!fill->vma)
			return -EINVAL;
		if (!svma_fill_accessible(fill->vma))
			continue;
		err = svma_fill_window(space, fill, addr, min(end, fill->vma->vm_end));
		if (err)
			return err;
	}
	return 0;
}

/**
 * svma_ioctl_window_fill() - SVMA_IOC_WINDOW_FILL
 * @call: the call
 *
 * Return: 0; -EINVAL not aligned, or not wholly in windows on this space; -EOPNOTSUPP a space
 * without pages; -ENOMEM, -EINTR.
 */
int svma_ioctl_window_fill(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_window_fill *args = &call->arg.fill;
	struct svma_fill fill = {};
	unsigned long end;
	int err;

	if (space->layout)
		return -EOPNOTSUPP;
	if ((args->addr | args->len) & ~SVMA_PAGE_MASK ||
	    check_add_overflow((unsigned long)args->addr, (unsigned long)args->len, &end))
		return -EINVAL;
	if (mmap_write_lock_killable(current->mm))
		return -EINTR;
	err = svma_fill_range(space, &fill, args->addr, end);
	mmap_write_unlock(current->mm);
	args->filled = fill.filled;
	return err;
}
