// SPDX-License-Identifier: GPL-2.0
/*
 * Memory verbs that look at ranges: msync, mincore.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "backing.h"
#include "ioctl.h"
#include "space.h"
#include "trace.h"
#include "mem/file.h"
#include "mem/mem.h"
#include "mem/pagetable.h"
#include "mem/writeback.h"

/* Pages that mincore tells of under one hold of the lock. */
#define SVMA_MINCORE_CHUNK	4096UL

int svma_ioctl_msync(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_sync *args = &call->arg.sync;
	int err;

	if (args->reserved)
		return -EINVAL;
	if (down_read_killable(&space->lock))
		return -EINTR;
	err = svma_core_msync(&space->core, args->addr, args->len, args->flags);
	up_read(&space->lock);
	if (!err)
		err = svma_mem_sync(space, args->addr, args->addr + svma_page_align(args->len),
				    args->flags & MS_SYNC);
	trace_svma_msync(space->id, args->addr, args->len, args->flags, err);
	return err;
}

static bool svma_page_present(struct svma_space *space, const struct svma_vma *vma,
			      unsigned long addr)
{
	unsigned long entry;

	if (svma_file_has_pages(vma) && svma_file_cached(vma, addr))
		return true;
	if (vma->backing && vma->backing->flags & SVMA_BACKING_ANON_SHARED)
		entry = svma_pagetable_find(&svma_backing_object(vma->backing)->pages,
					    vma->pgoff + svma_pages(addr - vma->start));
	else
		entry = svma_pagetable_find(&space->pages, svma_pages(addr));
	/* What was only read is present, what is guarded is not. */
	return entry && entry != SVMA_PT_GUARD;
}

/* Some pages from @addr on, one byte each; 0 or -ENOMEM at a hole. */
static int svma_mincore_fill(struct svma_space *space, unsigned long addr, unsigned long count,
			     u8 *vec)
{
	struct svma_vma vma = {};
	bool tell = true;
	unsigned long i;

	for (i = 0; i < count; i++, addr += SVMA_PAGE_SIZE) {
		if (addr >= vma.end) {
			if (!svma_index_find(&space->core.index, addr, &vma) || vma.start > addr)
				return -ENOMEM;
			tell = svma_file_may_tell(&vma);
		}
		vec[i] = !tell || svma_page_present(space, &vma, addr);
	}
	return 0;
}

int svma_ioctl_mincore(struct svma_call *call)
{
	struct svma_space *space = call->object;
	const struct svma_mincore *args = &call->arg.mincore;
	unsigned long pages = svma_pages(svma_page_align(args->len)), done = 0, count;
	u8 *vec;
	int err;

	if (down_read_killable(&space->lock))
		return -EINTR;
	err = svma_core_mincore(&space->core, args->addr, args->len);
	up_read(&space->lock);
	vec = err || !pages ? NULL : kvzalloc(min(pages, SVMA_MINCORE_CHUNK), GFP_KERNEL_ACCOUNT);
	if (!err && pages && !vec)
		err = -EAGAIN;
	for (; !err && done < pages; done += count) {
		count = min(pages - done, SVMA_MINCORE_CHUNK);
		if (down_read_killable(&space->lock)) {
			err = -EINTR;
			break;
		}
		err = svma_mincore_fill(space, args->addr + (done << SVMA_PAGE_SHIFT), count, vec);
		up_read(&space->lock);
		if (!err && copy_to_user(u64_to_user_ptr(args->vec) + done, vec, count))
			err = -EFAULT;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	kvfree(vec);
	trace_svma_mincore(space->id, args->addr, args->len, 0, err);
	return err;
}
