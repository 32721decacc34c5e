// SPDX-License-Identifier: GPL-2.0
/*
 * MADV_WILLNEED: what regions show of files is read ahead into the page cache, without waiting.
 */
#include <linux/fadvise.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>

#include "file.h"
#include "mem.h"
#include "../backing.h"
#include "../space.h"

/**
 * svma_mem_willneed() - read ahead what a range shows of files
 * @space: the space, not locked
 * @start: first address
 * @end: end address
 */
void svma_mem_willneed(struct svma_space *space, unsigned long start, unsigned long end)
{
	struct svma_backing *backing;
	unsigned long from = start;
	struct svma_vma vma;

	if (space->layout)
		return;
	while (!fatal_signal_pending(current) &&
	       (backing = svma_file_next(space, &from, end, &vma))) {
		unsigned long first = max(start, vma.start), limit = min(end, vma.end);

		vfs_fadvise(svma_backing_object(backing)->file,
			    (loff_t)svma_file_index(&vma, first) << PAGE_SHIFT, limit - first,
			    POSIX_FADV_WILLNEED);
		svma_backing_drop(backing);
		cond_resched();
	}
}
