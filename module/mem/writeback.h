/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_WRITEBACK_H
#define SVMA_MEM_WRITEBACK_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/xarray.h>

struct page;
struct svma_backing_object;
struct svma_file_page;
struct svma_machine_object;
struct svma_rmap_object;
struct svma_space;
struct svma_vma;

/**
 * struct svma_dirty - a page of a file that regions may have written to
 * @twin: as it was in the file
 * @written: a write was let through since @twin was taken
 */
struct svma_dirty {
	struct page *twin;
	bool written;
};

/**
 * struct svma_writeback - what shared regions have written to a file; part of its reverse map
 * @pages: struct svma_dirty by page of the file; guarded by copies_lock
 * @writer: backing that is open for writing, referenced as long as there are such pages
 * @node: in the machine's list of such files; guarded by the machine's backings_lock
 * @settle: a region of the file has gone since the last writing back
 * @flush: held by who writes back
 * @flusher: who writes to the file for that: changes of it by this task are known
 * @closed: nobody may write for a moment; guarded by copies_lock
 * @opened: for those who wait until they may
 */
struct svma_writeback {
	struct xarray pages;
	struct svma_backing_object *writer;
	struct list_head node;
	bool settle;
	struct mutex flush;	/* one at a time writes back */
	struct task_struct *flusher;
	bool closed;
	wait_queue_head_t opened;
};

/* dirty.c */
void svma_dirty_free(struct svma_dirty *dirty);
void svma_writeback_init(struct svma_rmap_object *rmap);
void svma_writeback_destroy(struct svma_rmap_object *rmap);
bool svma_file_written_back(const struct svma_vma *vma);
int svma_writeback_allow(struct svma_space *space, const struct svma_vma *vma, unsigned long addr,
			 struct page *page, struct svma_file_page *file, bool make);
int svma_writeback_wait(struct svma_file_page *file);
bool svma_writeback_dirty(struct svma_rmap_object *rmap, unsigned long index);
void svma_writeback_truncate(struct svma_rmap_object *rmap, unsigned long size);

/* writeback.c */
bool svma_writeback_again(int err);
int svma_writeback_range(struct svma_machine_object *machine, struct svma_rmap_object *rmap,
			 unsigned long first, unsigned long last);
struct svma_backing_object *svma_writeback_end(struct svma_machine_object *machine,
					       struct svma_rmap_object *rmap);

/* unlimited.c */
typedef int (*svma_unlimited_fn)(void *data);
int svma_unlimited(svma_unlimited_fn fn, void *data);

/* settle.c */
void svma_writeback_gone(struct svma_rmap_object *rmap, struct svma_machine_object *machine);
void svma_writeback_abandon(struct svma_machine_object *machine);
void svma_writeback_settle(struct svma_machine_object *machine);
int svma_mem_sync(struct svma_space *space, unsigned long start, unsigned long end, bool wait);

#endif /* SVMA_MEM_WRITEBACK_H */
