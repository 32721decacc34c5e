// SPDX-License-Identifier: GPL-2.0
/*
 * Writing back what shared regions have written to files (dirty.c tells what that is): the bytes
 * that differ from the twin of a page and no others, by the file's own write. The file system is
 * handed no page of ours. When that is done: settle.c.
 *
 * Nobody may write for a moment (@closed), the hardware entries go in all windows, the twin is
 * replaced by a new one, and writing may go on; only then is the file written to, which can take
 * its time. A page that nobody wrote to meanwhile needs no twin any more.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "file.h"
#include "mem.h"
#include "page.h"
#include "writeback.h"
#include "../backing.h"
#include "../machine.h"
#include "../rmap.h"
#include "../space.h"

#define SVMA_WRITEBACK_BATCH	32U

/**
 * struct svma_writeback_batch - pages that are written back together
 * @index: pages of the file
 * @old: what the file has: the twins that were there
 * @now: what it is to have: the twins that are there now, with a reference
 * @count: how many
 * @again: which have to be written still
 * @differs: of which the file has something else than was written
 * @rmap: of which file
 */
struct svma_writeback_batch {
	unsigned long index[SVMA_WRITEBACK_BATCH];
	struct page *old[SVMA_WRITEBACK_BATCH];
	struct page *now[SVMA_WRITEBACK_BATCH];
	unsigned int count;
	DECLARE_BITMAP(again, SVMA_WRITEBACK_BATCH);
	DECLARE_BITMAP(differs, SVMA_WRITEBACK_BATCH);
	struct svma_rmap_object *rmap;
};

/* The next pages, and room for their new twins. */
static int svma_batch_collect(struct svma_rmap_object *rmap, struct svma_writeback_batch *batch,
			      unsigned long first, unsigned long last)
{
	struct svma_dirty *dirty;
	unsigned long index;
	int err = 0;

	batch->count = 0;
	down_read(&rmap->copies_lock);
	xa_for_each_range(&rmap->writeback.pages, index, dirty, first, last) {
		batch->index[batch->count++] = index;
		if (batch->count == SVMA_WRITEBACK_BATCH)
			break;
	}
	up_read(&rmap->copies_lock);
	for (index = 0; index < batch->count; index++) {
		batch->old[index] = NULL;
		batch->now[index] = alloc_page(GFP_KERNEL);
		if (!batch->now[index])
			err = -ENOMEM;
		else
			atomic_long_set(svma_shares(batch->now[index]), 1);
	}
	return err;
}

static void svma_writeback_close(struct svma_rmap_object *rmap, bool closed)
{
	down_write(&rmap->copies_lock);
	WRITE_ONCE(rmap->writeback.closed, closed);
	up_write(&rmap->copies_lock);
	if (!closed)
		wake_up_all(&rmap->writeback.opened);
}

static void svma_writeback_zap_region(struct svma_space *space, struct svma_rmap_object *rmap,
				      unsigned long start, unsigned long end)
{
	svma_mem_zap(space, start, end);
}

/* The hardware entries of some pages of the file go, in all windows of all spaces. */
static void svma_writeback_zap(struct svma_machine_object *machine, struct svma_rmap_object *rmap,
			       unsigned long first, unsigned long last)
{
	svma_rmap_each(machine, rmap, first, last, svma_writeback_zap_region);
}

/* Nobody writes: new twins, in place of the old ones. */
static void svma_batch_take(struct svma_rmap_object *rmap, struct svma_writeback_batch *batch)
{
	unsigned int i;

	down_write(&rmap->copies_lock);
	for (i = 0; i < batch->count; i++) {
		struct svma_dirty *dirty = xa_load(&rmap->writeback.pages, batch->index[i]);
		unsigned long entry = svma_pagetable_find(&rmap->copies, batch->index[i]);

		if (!dirty || !svma_pt_is_page(entry))
			continue;
		copy_page(page_address(batch->now[i]), page_address(svma_pt_page(entry)));
		batch->old[i] = dirty->twin;
		dirty->twin = batch->now[i];
		dirty->written = false;
		get_page(batch->now[i]);
	}
	up_write(&rmap->copies_lock);
}

/* Write the bytes that differ. */
static int svma_batch_write_page(struct file *file, unsigned long index, const u8 *old,
				 const u8 *now)
{
	loff_t start = (loff_t)index << PAGE_SHIFT, pos;
	loff_t size = i_size_read(file->f_mapping->host);
	size_t limit = size > start ? min_t(loff_t, size - start, PAGE_SIZE) : 0, from = 0, to;

	while (from < limit) {
		ssize_t put;

		if (old[from] == now[from]) {
			from++;
			continue;
		}
		for (to = from + 1; to < limit && old[to] != now[to]; to++)
			;
		pos = start + from;
		put = kernel_write(file, now + from, to - from, &pos);
		if (put <= 0)
			return put ?: -EIO;
		from += put;
	}
	return 0;
}

/* Did others write to the page of the file, where the region did not? @buf is written over. */
static bool svma_batch_differs(struct file *file, unsigned long index, u8 *buf, const u8 *now)
{
	loff_t pos = (loff_t)index << PAGE_SHIFT;
	ssize_t got = kernel_read(file, buf, PAGE_SIZE, &pos);

	return got < 0 || memcmp(buf, now, got);
}

/**
 * svma_writeback_again() - can what was not written be written later? Else it is lost.
 * @err: why it was not; killed, and without memory, it can
 */
bool svma_writeback_again(int err)
{
	return err == -EINTR || err == -ENOMEM;
}

/*
 * Who has the file open is told when it asks the next time, each once, as of a page of the page
 * cache: who writes back may be somebody who asked for nothing.
 */
static void svma_writeback_failed(struct file *file, int err)
{
	if (err && !svma_writeback_again(err))
		mapping_set_error(file->f_mapping,
				  err == -ENOSPC || err == -EDQUOT ? -ENOSPC : -EIO);
}

/* What was not written is to be written still: the old twin again. */
static void svma_batch_keep(struct svma_dirty *dirty, struct svma_writeback_batch *batch,
			    unsigned int i)
{
	dirty->twin = batch->old[i];
	batch->old[i] = batch->now[i];
}

/* The writing alone, with no lock but @flush held; by whomever svma_unlimited() has do it. */
static int svma_batch_put(void *data)
{
	struct svma_writeback_batch *batch = data;
	struct svma_writeback *writeback = &batch->rmap->writeback;
	struct file *file = writeback->writer->file;
	unsigned int i;
	int err = 0;

	WRITE_ONCE(writeback->flusher, current);
	for (i = 0; i < batch->count; i++) {
		int failed;

		if (!batch->old[i])
			continue;
		failed = svma_batch_write_page(file, batch->index[i], page_address(batch->old[i]),
					       page_address(batch->now[i]));
		err = err ?: failed;
		svma_writeback_failed(file, failed);
		if (svma_writeback_again(failed))
			continue;
		__clear_bit(i, batch->again);
		if (svma_batch_differs(file, batch->index[i], page_address(batch->old[i]),
				       page_address(batch->now[i])))
			__set_bit(i, batch->differs);
		cond_resched();
	}
	WRITE_ONCE(writeback->flusher, NULL);
	return err;
}

/*
 * Write, and forget the twins of pages that nobody wrote to since. Where the file has something
 * else by then, the page is forgotten, too; whether there was such a page is told.
 */
static int svma_batch_write(struct svma_rmap_object *rmap, struct svma_writeback_batch *batch,
			    bool *stale)
{
	unsigned int i;
	int err;

	bitmap_fill(batch->again, SVMA_WRITEBACK_BATCH);
	bitmap_zero(batch->differs, SVMA_WRITEBACK_BATCH);
	err = svma_unlimited(svma_batch_put, batch);
	down_write(&rmap->copies_lock);
	for (i = 0; i < batch->count; i++) {
		unsigned long index = batch->index[i];
		struct svma_dirty *dirty = xa_load(&rmap->writeback.pages, index);

		if (!batch->old[i] || !dirty || dirty->twin != batch->now[i])
			continue;
		if (test_bit(i, batch->again)) {
			svma_batch_keep(dirty, batch, i);
			continue;
		}
		if (dirty->written)
			continue;
		svma_dirty_free(xa_erase(&rmap->writeback.pages, index));
		if (!test_bit(i, batch->differs))
			continue;
		svma_pagetable_erase(&rmap->copies, index, index + 1);
		*stale = true;
	}
	up_write(&rmap->copies_lock);
	return err;
}

static void svma_batch_drop(struct svma_writeback_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->count; i++) {
		if (batch->old[i]) {
			svma_entry_unshare((unsigned long)batch->old[i]);
			put_page(batch->now[i]);
		} else if (batch->now[i]) {
			svma_entry_unshare((unsigned long)batch->now[i]);
		}
	}
}

static int svma_writeback_pages(struct svma_machine_object *machine,
				struct svma_rmap_object *rmap, struct svma_writeback_batch *batch,
				unsigned long first, unsigned long last)
{
	int err = 0, failed;

	do {
		bool stale = false;

		failed = svma_batch_collect(rmap, batch, first, last);
		if (!failed && batch->count) {
			svma_writeback_close(rmap, true);
			svma_writeback_zap(machine, rmap, batch->index[0],
					   batch->index[batch->count - 1]);
			svma_batch_take(rmap, batch);
			svma_writeback_close(rmap, false);
			failed = svma_batch_write(rmap, batch, &stale);
			if (stale)
				svma_writeback_zap(machine, rmap, batch->index[0],
						   batch->index[batch->count - 1]);
			first = batch->index[batch->count - 1] + 1;
		}
		svma_batch_drop(batch);
		err = err ?: failed;
		cond_resched();
	} while (!svma_writeback_again(failed) && batch->count == SVMA_WRITEBACK_BATCH && first);
	return err;
}

/**
 * svma_writeback_end() - if all is in the file, it need not be kept for that
 * @machine: whose regions
 * @rmap: the file
 *
 * Return: a backing of which the caller has a reference now, or NULL.
 */
struct svma_backing_object *svma_writeback_end(struct svma_machine_object *machine,
					       struct svma_rmap_object *rmap)
{
	struct svma_backing_object *writer = NULL;

	down_write(&rmap->copies_lock);
	spin_lock(&machine->backings_lock);
	if (rmap->writeback.writer && xa_empty(&rmap->writeback.pages)) {
		writer = rmap->writeback.writer;
		rmap->writeback.writer = NULL;
		list_del(&rmap->writeback.node);
	}
	spin_unlock(&machine->backings_lock);
	up_write(&rmap->copies_lock);
	return writer;
}

/**
 * svma_writeback_range() - write to a file what regions have written
 * @machine: whose regions
 * @rmap: the file, referenced; no lock is held
 * @first: first page of the file
 * @last: last page, inclusive
 *
 * Return: 0; -ENOMEM, -EINTR, and what is not written stays to be written; or what the file system
 * said, and that part is lost, as it is to the kernel: who has the file open is told.
 */
int svma_writeback_range(struct svma_machine_object *machine, struct svma_rmap_object *rmap,
			 unsigned long first, unsigned long last)
{
	struct svma_backing_object *writer;
	struct svma_writeback_batch *batch;
	int err = 0;

	if (xa_empty(&rmap->writeback.pages))
		return 0;
	batch = kmalloc(sizeof(*batch), GFP_KERNEL);
	if (!batch)
		return -ENOMEM;
	batch->rmap = rmap;
	/* Whoever holds it may wait for the file system as long as that likes. */
	if (mutex_lock_killable(&rmap->writeback.flush)) {
		kfree(batch);
		return -EINTR;
	}
	if (READ_ONCE(rmap->writeback.writer))
		err = svma_writeback_pages(machine, rmap, batch, first, last);
	writer = svma_writeback_end(machine, rmap);
	mutex_unlock(&rmap->writeback.flush);
	kfree(batch);
	if (writer)
		svma_backing_drop(&writer->base);
	return err;
}
