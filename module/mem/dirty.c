// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages of a file shared regions may have written to, for file systems that we have no page
 * cache in common with. Before a window may write to a page, its twin is taken: the page as it is
 * in the file. What differs from the twin is to be written back (writeback.c).
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "file.h"
#include "page.h"
#include "writeback.h"
#include "../backing.h"
#include "../machine.h"
#include "../rmap.h"
#include "../space.h"

/**
 * svma_writeback_init() - a file that nobody wrote to
 * @rmap: the file
 */
void svma_writeback_init(struct svma_rmap_object *rmap)
{
	xa_init(&rmap->writeback.pages);
	mutex_init(&rmap->writeback.flush);
	init_waitqueue_head(&rmap->writeback.opened);
}

/**
 * svma_dirty_free() - forget a page and its twin
 * @dirty: it, in no table any more; may be NULL
 */
void svma_dirty_free(struct svma_dirty *dirty)
{
	if (!dirty)
		return;
	svma_entry_unshare((unsigned long)dirty->twin);
	kfree(dirty);
}

/**
 * svma_writeback_destroy() - the end of a file that nobody maps
 * @rmap: the file; nothing is left to write back
 */
void svma_writeback_destroy(struct svma_rmap_object *rmap)
{
	struct svma_dirty *dirty;
	unsigned long index;

	xa_for_each(&rmap->writeback.pages, index, dirty)
		svma_dirty_free(dirty);
	xa_destroy(&rmap->writeback.pages);
	mutex_destroy(&rmap->writeback.flush);
}

/**
 * svma_file_written_back() - is what a region writes written back, in our own time?
 * @vma: the region
 */
bool svma_file_written_back(const struct svma_vma *vma)
{
	return vma->flags & SVMA_VM_SHARED && svma_file_has_pages(vma) &&
	       !(vma->backing->flags & SVMA_BACKING_SHMEM);
}

/* The first page: from now on the file is kept until it is written back. */
static void svma_writeback_begin(struct svma_backing_object *object)
{
	struct svma_writeback *writeback = &object->rmap->writeback;

	spin_lock(&object->machine->backings_lock);
	if (!writeback->writer) {
		object->base.ops->get(&object->base);
		writeback->writer = object;
		list_add(&writeback->node, &object->machine->written);
	}
	spin_unlock(&object->machine->backings_lock);
}

static int svma_writeback_add(struct svma_space *space, struct svma_backing_object *object,
			      unsigned long index, struct page *page)
{
	struct svma_dirty *dirty = kzalloc(sizeof(*dirty), GFP_KERNEL_ACCOUNT), *there;

	if (!dirty)
		return -ENOMEM;
	dirty->written = true;
	dirty->twin = svma_page_alloc_copy(space, page_address(page));
	if (!dirty->twin) {
		kfree(dirty);
		return -ENOMEM;
	}
	there = xa_cmpxchg(&object->rmap->writeback.pages, index, NULL, dirty, GFP_KERNEL_ACCOUNT);
	if (there) {
		svma_dirty_free(dirty);
		return xa_err(there);
	}
	svma_writeback_begin(object);
	return 0;
}

/* Somebody writes back: wait without the space's lock. */
static int svma_writeback_later(struct svma_file_page *file, struct svma_backing_object *object)
{
	if (file) {
		svma_file_drop(file);
		object->base.ops->get(&object->base);
		file->object = object;
		file->wait = true;
	}
	return -EINPROGRESS;
}

/**
 * svma_writeback_allow() - may a window write to a page of a file?
 * @space: the space, its lock held
 * @vma: a region of which svma_file_written_back() holds, and that may be written
 * @addr: address in it
 * @page: the page there
 * @file: where to say what to wait for; or NULL
 * @make: it is to be written: see to it that it may
 *
 * Return: 1 or 0; -EINPROGRESS not now; -ENOMEM.
 */
int svma_writeback_allow(struct svma_space *space, const struct svma_vma *vma, unsigned long addr,
			 struct page *page, struct svma_file_page *file, bool make)
{
	struct svma_backing_object *object = svma_backing_object(vma->backing);
	struct svma_rmap_object *rmap = object->rmap;
	unsigned long index = svma_file_index(vma, addr);
	struct svma_dirty *dirty;
	int ret = 0;

	lockdep_assert_held(&space->lock);
	down_read(&rmap->copies_lock);
	if (rmap->writeback.closed) {
		ret = make ? svma_writeback_later(file, object) : 0;
		goto out;
	}
	dirty = xa_load(&rmap->writeback.pages, index);
	if (dirty && (make || READ_ONCE(dirty->written))) {
		WRITE_ONCE(dirty->written, true);
		ret = 1;
	} else if (!dirty && make) {
		ret = svma_writeback_add(space, object, index, page) ?: 1;
	}
out:
	up_read(&rmap->copies_lock);
	return ret;
}

/**
 * svma_writeback_wait() - wait until writing may go on
 * @file: as svma_writeback_allow() left it; no lock is held
 *
 * Return: 0 or -EINTR.
 */
int svma_writeback_wait(struct svma_file_page *file)
{
	struct svma_writeback *writeback = &file->object->rmap->writeback;

	file->wait = false;
	return wait_event_killable(writeback->opened, !READ_ONCE(writeback->closed)) ? -EINTR : 0;
}

/**
 * svma_writeback_dirty() - may a page hold what is not in the file yet?
 * @rmap: the file, its copies_lock held
 * @index: page of the file
 */
bool svma_writeback_dirty(struct svma_rmap_object *rmap, unsigned long index)
{
	lockdep_assert_held(&rmap->copies_lock);
	return xa_load(&rmap->writeback.pages, index);
}

/**
 * svma_writeback_truncate() - what lies beyond the end of a file is not written back
 * @rmap: the file, its copies_lock held exclusively
 * @size: its pages
 */
void svma_writeback_truncate(struct svma_rmap_object *rmap, unsigned long size)
{
	struct svma_dirty *dirty;
	unsigned long index;

	lockdep_assert_held_write(&rmap->copies_lock);
	xa_for_each_start(&rmap->writeback.pages, index, dirty, size)
		svma_dirty_free(xa_erase(&rmap->writeback.pages, index));
}
