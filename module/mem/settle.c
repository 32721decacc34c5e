// SPDX-License-Identifier: GPL-2.0
/*
 * When what shared regions have written is written back (writeback.c): by msync, when a region of
 * the file goes, and when a space does; and what becomes of the rest in the end.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "file.h"
#include "mem.h"
#include "writeback.h"
#include "../backing.h"
#include "../machine.h"
#include "../rmap.h"
#include "../space.h"

/**
 * svma_writeback_gone() - a region of a file has gone; what it wrote is to be in the file soon
 * @rmap: the file
 * @machine: whose region
 */
void svma_writeback_gone(struct svma_rmap_object *rmap, struct svma_machine_object *machine)
{
	if (!READ_ONCE(rmap->writeback.writer))
		return;
	WRITE_ONCE(rmap->writeback.settle, true);
	WRITE_ONCE(machine->settle, true);
}

static struct svma_rmap_object *svma_settle_next(struct svma_machine_object *machine)
{
	struct svma_rmap_object *rmap, *found = NULL;

	spin_lock(&machine->backings_lock);
	list_for_each_entry(rmap, &machine->written, writeback.node) {
		if (!rmap->writeback.settle)
			continue;
		rmap->writeback.settle = false;
		rmap->refs++;
		found = rmap;
		break;
	}
	spin_unlock(&machine->backings_lock);
	return found;
}

/**
 * svma_writeback_settle() - write back to the files of which regions have gone
 * @machine: whose regions; no lock is held
 */
void svma_writeback_settle(struct svma_machine_object *machine)
{
	struct svma_rmap_object *rmap;
	int err = 0;

	if (!READ_ONCE(machine->settle))
		return;
	WRITE_ONCE(machine->settle, false);
	while (!svma_writeback_again(err) && (rmap = svma_settle_next(machine))) {
		err = svma_writeback_range(machine, rmap, 0, ULONG_MAX);
		/* Who comes next, perhaps this very task at its end, does it. */
		if (svma_writeback_again(err))
			svma_writeback_gone(rmap, machine);
		svma_rmap_put(machine, rmap);
	}
}

/* Is there anything in a file's pages that is not in the file? */
static bool svma_writeback_unwritten(struct svma_rmap_object *rmap)
{
	struct svma_dirty *dirty;
	unsigned long index;

	xa_for_each(&rmap->writeback.pages, index, dirty) {
		unsigned long entry = svma_pagetable_find(&rmap->copies, index);

		if (svma_pt_is_page(entry) &&
		    memcmp(page_address(svma_pt_page(entry)), page_address(dirty->twin),
			   PAGE_SIZE))
			return true;
		cond_resched();
	}
	return false;
}

/**
 * svma_writeback_abandon() - the end of a machine; what could not be written back is lost
 * @machine: it; no region is left
 *
 * Who has the file open is told, as of what a file system does not take.
 */
void svma_writeback_abandon(struct svma_machine_object *machine)
{
	struct svma_rmap_object *rmap;
	struct svma_backing_object *writer;

	while ((rmap = list_first_entry_or_null(&machine->written, struct svma_rmap_object,
						writeback.node))) {
		down_write(&rmap->copies_lock);
		if (svma_writeback_unwritten(rmap))
			mapping_set_error(rmap->writeback.writer->file->f_mapping, -EIO);
		svma_writeback_truncate(rmap, 0);
		up_write(&rmap->copies_lock);
		writer = svma_writeback_end(machine, rmap);
		if (WARN_ON_ONCE(!writer))
			return;
		svma_backing_drop(&writer->base);
	}
}

/**
 * svma_mem_sync() - msync(2): what a range has written is in its files
 * @space: the space, not locked
 * @start: first address
 * @end: end address
 * @wait: MS_SYNC: and on their storage
 *
 * Return: 0; -EINTR; -ENOMEM; or, if it is to wait, what a file system says: also of what was
 * written before, by whomever, if nobody who uses this open file was told yet.
 */
int svma_mem_sync(struct svma_space *space, unsigned long start, unsigned long end, bool wait)
{
	struct svma_backing *backing;
	unsigned long from = start;
	struct svma_vma vma;
	int err = 0;

	while (!err && !space->layout && (backing = svma_file_next(space, &from, end, &vma))) {
		struct svma_backing_object *object = svma_backing_object(backing);
		unsigned long first = svma_file_index(&vma, max(start, vma.start));
		unsigned long last = svma_file_index(&vma, min(end, vma.end) - 1);
		int failed = 0;

		if (svma_file_written_back(&vma))
			failed = svma_writeback_range(space->machine, object->rmap, first, last);
		if (svma_writeback_again(failed))
			err = failed;
		else if (wait && vma.flags & SVMA_VM_SHARED)
			err = vfs_fsync_range(object->file, (loff_t)first << PAGE_SHIFT,
					      ((loff_t)(last + 1) << PAGE_SHIFT) - 1, 1) ?:
			      failed;
		svma_backing_drop(backing);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
