/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_SPACE_H
#define SVMA_SPACE_H

#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/rwsem.h>

#include "ioctl.h"
#include "machine.h"
#include "core/core.h"
#include "mem/hot.h"
#include "mem/pagetable.h"
#include "mem/ready.h"
#include "mem/reclaim.h"
#include "mem/spare.h"

struct svma_batch_room;
struct svma_step_log;

/* So many ranges are told apart; what comes after them is one range with the last of them. */
#define SVMA_OWN_RANGES		8

/**
 * struct svma_own_ranges - what a verb has left to be made present, as if it were written
 * @count: ranges
 * @start: first address of each
 * @end: end address of each
 */
struct svma_own_ranges {
	unsigned int count;
	unsigned long start[SVMA_OWN_RANGES];
	unsigned long end[SVMA_OWN_RANGES];
};

/**
 * struct svma_space - one private address space
 * @ref: its descriptor holds one, and whoever found it by its number
 * @node: in its machine's table, by number
 * @core: its regions
 * @lock: guards @core and what @pages maps where; shared to look and to fault pages in,
 *        exclusive to change regions and to take pages out
 * @pages: page table: page number to page
 * @hot: pages that lie over those of @pages, and come first
 * @machine: the machine that made it, referenced
 * @mapping: of the inode of its own: finds every window in every process
 * @id: number of that inode
 * @layout: has regions only, no pages and no windows
 * @frozen: a snapshot: neither regions nor private pages change any more
 * @memcg: whom pages are charged to: the memory cgroup of the creator
 * @steps: what the last verb did, or NULL as long as nobody asked
 * @batch: room for a batch, kept from the last one; or NULL. Who needs it takes it out
 * @reclaim: what of it can be given back when memory is short
 * @spares: pages that are kept to be used again
 * @ready: zeroed pages for the next faults
 * @own: for the verb that holds @lock exclusively: what it has to make present afterwards
 * @windows: kernel regions (VMAs) that show it, in all processes
 * @windows_mm: whose they are, for comparison only: they may be nobody's any more. NULL: of several
 *              processes
 * @windows_lock: guards changes of @windows, and @windows_mm
 * @window_changes: how often windows came to be or lost entries by our hand
 * @faults: faults taken in windows
 * @huge_entries: entries of 2 MiB made in windows
 *
 * Its regions and pages live as long as its one struct file, which every window refers to.
 * Lock order: Documentation/locking.rst.
 */
struct svma_space {
	struct kref ref;
	struct hlist_node node;
	struct svma_core core;
	/* What each fault changes lies in one cache line. */
	struct rw_semaphore lock ____cacheline_aligned;
	atomic_long_t faults;
	struct svma_pagetable pages;
	struct svma_hot hot;
	struct svma_machine_object *machine;
	struct address_space *mapping;
	unsigned long id;
	bool layout;
	bool frozen;
	struct mem_cgroup *memcg;
	struct svma_step_log *steps;
	struct svma_batch_room *batch;
	struct svma_reclaim reclaim;
	struct svma_spares spares;
	struct svma_ready ready;
	struct svma_own_ranges own;
	atomic_long_t windows;
	const struct mm_struct *windows_mm;
	spinlock_t windows_lock;	/* windows_mm, and windows with it */
	atomic_long_t window_changes;
	atomic_long_t huge_entries;
};

/* Beside the flags of the interface: make a snapshot. */
#define SVMA_SPACE_FROZEN	BIT(31)

extern const struct file_operations svma_space_fops;

int svma_space_create(struct svma_machine_object *machine, u32 flags, u32 profile, u32 kernel,
		      struct file **filep);

struct svma_space *svma_space_find(struct svma_machine_object *machine, unsigned long id);
void svma_space_put(struct svma_space *space);

static inline struct svma_space *svma_space_of_core(struct svma_core *core)
{
	return container_of(core, struct svma_space, core);
}

const struct svma_ioctl *svma_space_verb(unsigned int cmd);

/* verb.c; the memory verbs themselves: verb.h */
int svma_space_lock(struct svma_space *space);
int svma_space_relock(struct svma_space *space);
int svma_ioctl_verb(struct svma_call *call);
/* batch.c */
int svma_ioctl_batch(struct svma_call *call);
void svma_batch_forget(struct svma_space *space);
/* told.c */
int svma_ioctl_grow(struct svma_call *call);
int svma_ioctl_import(struct svma_call *call);
int svma_ioctl_anon(struct svma_call *call);
int svma_ioctl_task_match(struct svma_call *call);
/* snapshot.c */
int svma_ioctl_fork(struct svma_call *call);
int svma_ioctl_snapshot(struct svma_call *call);
int svma_ioctl_restore(struct svma_call *call);
int svma_ioctl_changed(struct svma_call *call);
int svma_ioctl_copy(struct svma_call *call);
/* range.c */
int svma_ioctl_msync(struct svma_call *call);
int svma_ioctl_mincore(struct svma_call *call);
/* list.c */
int svma_ioctl_layout_get(struct svma_call *call);
int svma_ioctl_layout_set(struct svma_call *call);
int svma_ioctl_stats(struct svma_call *call);
int svma_ioctl_lookup(struct svma_call *call);
int svma_ioctl_regions(struct svma_call *call);

/* list.c: totals, for the ioctl and for fdinfo */
void svma_space_stats(struct svma_space *space, struct svma_stats *stats);

/* fdinfo.c */
void svma_space_show_fdinfo(struct seq_file *seq, struct file *file);

#endif /* SVMA_SPACE_H */
