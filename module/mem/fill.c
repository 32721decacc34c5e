// SPDX-License-Identifier: GPL-2.0
/*
 * Eager entries: the present pages of a range get their hardware entries in the caller's window at
 * once.
 *
 * Where a whole chunk of pages follows each other in memory remap_pfn_range() makes the entries;
 * it is dangerous:
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
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "shown.h"
#include "../ioctl.h"
#include "../space.h"

#define SVMA_FILL_CHUNK		SVMA_HUGE_SIZE

/* So many pages that follow each other in memory have their entries made by remap_pfn_range(). */
#define SVMA_FILL_LONG		SVMA_PT_ENTRIES
/* So many places without a page are not walked through. */
#define SVMA_FILL_GAP		16UL

/**
 * struct svma_fill - what a chunk of a window is to show
 * @vma: the window
 * @start: first address of the chunk in the window
 * @prot: protection of what the window may not write to, and may
 * @filled: pages entered so far
 * @entries: for each page of the chunk twice its page frame, and one more if the window may write
 *           to it; 0 for none
 */
struct svma_fill {
	struct vm_area_struct *vma;
	unsigned long start;
	pgprot_t prot[2];
	unsigned long filled;
	unsigned long entries[SVMA_PT_ENTRIES];
};

static int svma_fill_entry(pte_t *pte, unsigned long host, void *data)
{
	struct svma_fill *fill = data;
	unsigned long entry = fill->entries[(host - fill->start) >> PAGE_SHIFT];

	if (!entry)
		return 0;
	if (pte_none(ptep_get(pte)))
		set_pte_at(fill->vma->vm_mm, host, pte,
			   pte_mkspecial(pfn_pte(entry >> 1, fill->prot[entry & 1])));
	fill->filled++;
	return 0;
}

/* As for a fault; see around.c. */
static int svma_fill_stretch(struct svma_fill *fill, unsigned long from, unsigned long to)
{
	if (from == to)
		return 0;
	return apply_to_page_range(fill->vma->vm_mm, fill->start + from * PAGE_SIZE,
				   (to - from) * PAGE_SIZE, svma_fill_entry, fill);
}

static int svma_fill_long(struct svma_fill *fill, unsigned long from, unsigned long to)
{
	unsigned long entry = fill->entries[from];
	int err;

	err = remap_pfn_range(fill->vma, fill->start + from * PAGE_SIZE, entry >> 1,
			      (to - from) * PAGE_SIZE, fill->prot[entry & 1]);
	if (!err)
		fill->filled += to - from;
	return err;
}

/* May remap_pfn_range() have it? See above. */
static bool svma_fill_may_remap(const struct svma_fill *fill, unsigned long from, unsigned long to)
{
	struct vm_area_struct *vma = fill->vma;
	bool whole = fill->start + from * PAGE_SIZE == vma->vm_start &&
		     fill->start + to * PAGE_SIZE == vma->vm_end;

	return to - from >= SVMA_FILL_LONG && !whole && !userfaultfd_armed(vma);
}

/* Where those end that are alike: nothing, or pages that follow each other. */
static unsigned long svma_fill_alike(const struct svma_fill *fill, unsigned long from,
				     unsigned long to)
{
	const unsigned long *entries = fill->entries;
	unsigned long i = from, step = entries[from] ? 2 : 0;

	while (++i < to && entries[i] == entries[i - 1] + step)
		;
	return i;
}

/* Make the entries of one region. */
static int svma_fill_flush(struct svma_fill *fill, unsigned long from, unsigned long to)
{
	unsigned long done = from, next;
	int err = 0;

	for (; !err && from < to; from = next) {
		bool gap = !fill->entries[from];

		next = svma_fill_alike(fill, from, to);
		if (gap ? next - from < SVMA_FILL_GAP && next < to :
			  !svma_fill_may_remap(fill, from, next))
			continue;
		err = svma_fill_stretch(fill, done, from);
		if (!err && !gap)
			err = svma_fill_long(fill, from, next);
		done = next;
	}
	return err ?: svma_fill_stretch(fill, done, to);
}

/* What private anonymous memory has, a leaf at a time. */
static void svma_fill_anon(struct svma_space *space, struct svma_fill *fill,
			   const struct svma_vma *vma, unsigned long i, unsigned long index,
			   unsigned long limit)
{
	for (; index < limit; index = round_down(index, SVMA_PT_ENTRIES) + SVMA_PT_ENTRIES) {
		unsigned long behind = min(limit, round_down(index, SVMA_PT_ENTRIES) +
					   SVMA_PT_ENTRIES), at;
		struct svma_shown shown;
		bool wrote = false, writable, hot;

		svma_shown_look(&shown, space, vma, index, NULL);
		for (at = 0; at < behind - index; at++, i++) {
			unsigned long frame = shown.entries ?
				svma_shown_frame(&shown, at, &writable, &hot) : 0;

			fill->entries[i] = frame ? frame << 1 | writable : 0;
			wrote |= frame && writable && !hot;
		}
		if (wrote)
			svma_pagetable_set_written(&space->pages, index);
	}
}

/* One region's part of a chunk. */
static int svma_fill_region(struct svma_space *space, struct svma_fill *fill, struct svma_mem *mem,
			    unsigned long start, unsigned long end, unsigned long to_host)
{
	unsigned long first = (start + to_host - fill->start) >> PAGE_SHIFT, i = first, addr;

	/* A region without access shows nothing. */
	if (!(mem->vma.flags & (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)))
		return 0;
	mem->writable = false;
	fill->prot[0] = svma_window_prot(fill->vma, mem);
	mem->writable = true;
	fill->prot[1] = svma_window_prot(fill->vma, mem);
	if (svma_shown_fits(&mem->vma)) {
		svma_fill_anon(space, fill, &mem->vma, first, svma_pages(start), svma_pages(end));
		return svma_fill_flush(fill, first, first + svma_pages(end - start));
	}
	for (addr = start; addr < end; addr += PAGE_SIZE, i++) {
		fill->entries[i] = 0;
		if (!svma_mem_present(space, addr, mem))
			continue;
		svma_mem_set_written(space, addr, mem);
		fill->entries[i] = page_to_pfn(mem->page) << 1 | mem->writable;
	}
	return svma_fill_flush(fill, first, i);
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
	fill->start = start;
	svma_mem_zap(space, addr, limit);
	while (!err && addr < limit && svma_index_find(&space->core.index, addr, &mem.vma) &&
	       mem.vma.start < limit) {
		addr = max(addr, mem.vma.start);
		err = svma_fill_region(space, fill, &mem, addr, min(limit, mem.vma.end), to_host);
		addr = mem.vma.end;
	}
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
	struct svma_fill *fill;
	unsigned long end;
	int err;

	if (space->layout)
		return -EOPNOTSUPP;
	if ((args->addr | args->len) & ~SVMA_PAGE_MASK ||
	    check_add_overflow((unsigned long)args->addr, (unsigned long)args->len, &end))
		return -EINVAL;
	fill = kmalloc(sizeof(*fill), GFP_KERNEL_ACCOUNT);
	if (!fill)
		return -ENOMEM;
	fill->filled = 0;
	err = -EINTR;
	if (!mmap_write_lock_killable(current->mm)) {
		err = svma_fill_range(space, fill, args->addr, end);
		mmap_write_unlock(current->mm);
	}
	args->filled = fill->filled;
	kfree(fill);
	return err;
}
