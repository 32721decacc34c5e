// SPDX-License-Identifier: GPL-2.0
/*
 * The page table as user space sees it: SVMA_IOC_PAGES. What is told of an entry is found out here,
 * also for those who count; what the caller's window has in hardware is looked up in his process.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "../backing.h"
#include "../compat.h"
#include "../ioctl.h"
#include "../space.h"

/* Entries told, and leaves and regions looked at, under one hold of the lock. */
#define SVMA_VIEW_CHUNK		256U
#define SVMA_VIEW_BUDGET	256U

enum svma_view_state {
	SVMA_VIEW_END,		/* nothing is left */
	SVMA_VIEW_FULL,		/* something is left that there is no room for */
	SVMA_VIEW_PAUSE,	/* others should have a turn */
};

/**
 * struct svma_view - a listing under way
 * @space: of which space
 * @list: room for SVMA_VIEW_CHUNK
 * @room: how many of them may be filled now
 * @count: how many are
 * @budget: leaves and regions that may still be looked at
 * @frames: the caller may know page frames
 * @host: from an address in the space to that in the caller's window
 * @window: the window looked at last, or NULL: hardware entries are not asked for
 */
struct svma_view {
	struct svma_space *space;
	struct svma_page *list;
	u32 room;
	u32 count;
	unsigned int budget;
	bool frames;
	unsigned long host;
	struct vm_area_struct *window;
};

/* Is one of the shares that of the backing, whose page it is? */
static bool svma_view_kept(const struct svma_vma *vma, unsigned long addr, unsigned long entry)
{
	if (!svma_vm_shared(vma->flags))
		return false;
	return !svma_file_has_pages(vma) || !svma_file_outdated(vma, addr, entry);
}

/**
 * svma_view_entry() - what is to be told of an entry of a space's page table
 * @vma: the region that it is in
 * @addr: address
 * @entry: the entry, not 0
 * @node_shares: as svma_pagetable_view() tells them
 * @shares: out: entries of spaces that refer to its page
 *
 * Return: SVMA_PAGE_*.
 */
u32 svma_view_entry(const struct svma_vma *vma, unsigned long addr, unsigned long entry,
		    unsigned long node_shares, unsigned long *shares)
{
	u32 flags = SVMA_PAGE_PRESENT;

	*shares = 0;
	if (entry == SVMA_PT_ZERO)
		return SVMA_PAGE_ZERO;
	if (entry == SVMA_PT_GUARD)
		return SVMA_PAGE_GUARD;
	if (svma_file_has_pages(vma))
		flags |= SVMA_PAGE_FILE;
	if (entry & SVMA_PT_FOREIGN) {
		flags |= SVMA_PAGE_FOREIGN | SVMA_PAGE_SHARED;
		if (folio_test_dirty(page_folio(svma_pt_page(entry))))
			flags |= SVMA_PAGE_DIRTY;
	} else {
		*shares = atomic_long_read(svma_shares(svma_pt_page(entry))) -
			  svma_view_kept(vma, addr, entry);
	}
	if (*shares > 1 || node_shares > 1)
		flags |= SVMA_PAGE_SHARED;
	if (svma_file_beyond(vma, addr) || svma_file_outdated(vma, addr, entry))
		flags |= SVMA_PAGE_OUTDATED;
	return flags;
}

/* The hardware entry at an address of the space, beside the entry of the page table. */
static u32 svma_view_hardware(struct svma_view *view, unsigned long addr, unsigned long entry)
{
	unsigned long host = addr + view->host, pfn, due = 0;
	struct vm_area_struct *vma = view->window;
	u32 flags = SVMA_PAGE_ENTRY;
	bool writable, huge;

	if (host < vma->vm_start || host >= vma->vm_end) {
		vma = svma_window_find(view->space, host);
		if (!vma)
			return 0;
		view->window = vma;
	}
	/*
	 * Another window may lie there that shows another part of the space. What the process may
	 * not touch itself keeps what the kernel notes for later: hardware takes it for nothing.
	 */
	if (!vma_is_accessible(vma) ||
	    (vma->vm_pgoff << PAGE_SHIFT) + (host - vma->vm_start) != addr ||
	    !svma_compat_hardware_entry(vma, host, &pfn, &writable, &huge))
		return 0;
	if (huge)
		flags |= SVMA_PAGE_ENTRY_HUGE;
	if (writable)
		flags |= SVMA_PAGE_ENTRY_WRITE;
	if (svma_pt_is_page(entry))
		due = page_to_pfn(svma_pt_page(entry));
	else if (entry == SVMA_PT_ZERO)
		due = page_to_pfn(ZERO_PAGE(0));
	if (pfn != due)
		flags |= SVMA_PAGE_ENTRY_OTHER;
	return flags;
}

static void svma_view_add(struct svma_view *view, const struct svma_vma *vma, unsigned long addr,
			  unsigned long entry, unsigned long node_shares, u32 huge)
{
	struct svma_page *page = &view->list[view->count++];
	unsigned long shares;

	page->addr = addr;
	page->flags = huge | svma_view_entry(vma, addr, entry, node_shares, &shares);
	page->shares = min_t(unsigned long, shares, U32_MAX);
	page->node_shares = min_t(unsigned long, node_shares, U32_MAX);
	page->frame = view->frames && page->flags & SVMA_PAGE_PRESENT ?
			      page_to_pfn(svma_pt_page(entry)) : 0;
	page->pgoff = vma->backing ? svma_file_index(vma, addr) : 0;
	page->reserved = 0;
	if (view->window)
		page->flags |= svma_view_hardware(view, addr, entry);
}

/* Entries of a region from *index on, which goes on. */
static enum svma_view_state svma_view_region(struct svma_view *view, const struct svma_vma *vma,
					     unsigned long *index, unsigned long limit)
{
	unsigned long shares, above, end, entry;
	const unsigned long *leaf;
	u32 huge;

	while ((leaf = svma_pagetable_view(&view->space->pages, index, limit, &shares))) {
		end = min(limit, round_down(*index, SVMA_PT_ENTRIES) + SVMA_PT_ENTRIES);
		huge = svma_block_of_leaf(view->space, leaf, *index) ? SVMA_PAGE_HUGE : 0;
		for (; *index < end; ++*index) {
			entry = READ_ONCE(leaf[*index % SVMA_PT_ENTRIES]);
			if (!entry)
				continue;
			if (view->count == view->room)
				return SVMA_VIEW_FULL;
			above = shares;
			entry = svma_hot_entry(&view->space->hot, *index, entry, &above);
			svma_view_add(view, vma, *index << PAGE_SHIFT, entry, above, huge);
		}
		if (!--view->budget)
			return SVMA_VIEW_PAUSE;
	}
	*index = limit;
	return SVMA_VIEW_END;
}

/* Entries below page @end from *index on, as many as there is room for. */
static enum svma_view_state svma_view_fill(struct svma_view *view, unsigned long *index,
					   unsigned long end)
{
	enum svma_view_state state = SVMA_VIEW_END;
	struct svma_vma vma;

	lockdep_assert_held(&view->space->lock);
	view->count = 0;
	view->budget = SVMA_VIEW_BUDGET;
	while (*index < end && state == SVMA_VIEW_END) {
		if (!svma_index_find(&view->space->core.index, *index << PAGE_SHIFT, &vma) ||
		    svma_pages(vma.start) >= end)
			break;
		*index = max(*index, svma_pages(vma.start));
		state = svma_view_region(view, &vma, index, min(end, svma_pages(vma.end)));
		if (state == SVMA_VIEW_END && !--view->budget)
			state = SVMA_VIEW_PAUSE;
	}
	return state;
}

/* The same, with the locks: SVMA_VIEW_*, or a negative errno. */
static int svma_view_chunk(struct svma_view *view, unsigned long window, unsigned long *index,
			   unsigned long end)
{
	struct vm_area_struct *vma;
	int ret = -EINVAL;

	if (window && mmap_read_lock_killable(current->mm))
		return -EINTR;
	if (window) {
		vma = svma_window_find(view->space, window);
		if (!vma)
			goto unlock;
		view->window = vma;
		view->host = vma->vm_start - (vma->vm_pgoff << PAGE_SHIFT);
	}
	ret = -EINTR;
	if (!down_read_killable(&view->space->lock)) {
		ret = svma_view_fill(view, index, end);
		up_read(&view->space->lock);
	}
unlock:
	view->window = NULL;
	if (window)
		mmap_read_unlock(current->mm);
	return ret;
}

static int svma_view_list(struct svma_view *view, struct svma_page_list *args)
{
	struct svma_page __user *user = u64_to_user_ptr(args->buf);
	unsigned long index = args->start >> PAGE_SHIFT;
	unsigned long end = (args->end >> PAGE_SHIFT) + !!(args->end & ~PAGE_MASK);
	u32 room = args->count;
	int state;

	args->count = 0;
	do {
		view->room = min(room - args->count, SVMA_VIEW_CHUNK);
		state = svma_view_chunk(view, args->window, &index, end);
		if (state < 0)
			return state;
		if (copy_to_user(user + args->count, view->list,
				 view->count * sizeof(*view->list)))
			return -EFAULT;
		args->count += view->count;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (state == SVMA_VIEW_PAUSE ||
		 (state == SVMA_VIEW_FULL && args->count < room));
	args->more = state == SVMA_VIEW_FULL;
	args->start = args->more ? (u64)index << PAGE_SHIFT : args->end;
	return 0;
}

/**
 * svma_ioctl_pages() - SVMA_IOC_PAGES
 * @call: the call
 *
 * Return: 0; -EINVAL no window on this space where the caller says; -EOPNOTSUPP an unknown flag;
 * -EFAULT, -EINTR, -ENOMEM.
 */
int svma_ioctl_pages(struct svma_call *call)
{
	struct svma_page_list *args = &call->arg.pages;
	struct svma_view view = {
		.space = call->object, .frames = capable(CAP_SYS_ADMIN),
	};
	int err;

	if (args->reserved)
		return -EINVAL;
	if (args->flags)
		return -EOPNOTSUPP;
	view.list = kcalloc(SVMA_VIEW_CHUNK, sizeof(*view.list), GFP_KERNEL_ACCOUNT);
	if (!view.list)
		return -ENOMEM;
	err = svma_view_list(&view, args);
	kfree(view.list);
	return err;
}
