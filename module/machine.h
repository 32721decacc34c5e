/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MACHINE_H
#define SVMA_MACHINE_H

#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "core/core.h"
#include "ioctl.h"
#include "watch.h"

#define SVMA_MACHINE_BACKINGS_BITS	6
#define SVMA_MACHINE_IDS_BITS		8

/**
 * struct svma_machine_object - one open of /dev/svma
 * @ref: the descriptor holds one, each space one
 * @core: what its spaces share
 * @backings_lock: taken below a space's lock
 * @backings: one backing for each open file that a region of this machine refers to
 * @rmaps: one reverse map for each file that a region of this machine refers to
 * @spaces: all that were not released yet, by number
 * @written: files that regions have written to, and that was not written back
 * @settle: a region of such a file has gone
 * @watcher: tells when the files change
 * @ids_lock: taken below the lock of the task that is looked at
 * @ids: numbers given out for kernel addresses, so that no address leaves the kernel
 * @numbered: the same by number; entries go with the machine, so they are looked up without a lock
 * @nr_ids: how many were given out
 */
struct svma_machine_object {
	struct kref ref;
	struct svma_core_machine core;
	spinlock_t backings_lock;	/* guards @backings, @rmaps, @spaces, @written */
	DECLARE_HASHTABLE(backings, SVMA_MACHINE_BACKINGS_BITS);
	DECLARE_HASHTABLE(rmaps, SVMA_MACHINE_BACKINGS_BITS);
	DECLARE_HASHTABLE(spaces, SVMA_MACHINE_BACKINGS_BITS);
	struct list_head written;
	bool settle;
	struct svma_watcher watcher;
	struct mutex ids_lock;		/* guards @ids, @nr_ids, additions to @numbered */
	DECLARE_HASHTABLE(ids, SVMA_MACHINE_IDS_BITS);
	struct xarray numbered;
	u32 nr_ids;
};

extern const struct file_operations svma_machine_fops;

void svma_machine_get(struct svma_machine_object *machine);
void svma_machine_put(struct svma_machine_object *machine);

/* task.c */
int svma_ioctl_task(struct svma_call *call);
int svma_ioctl_task_regions(struct svma_call *call);

/* A traced task, for match.c. */
struct mm_struct *svma_task_mm(pid_t pid);
int svma_task_id(struct svma_machine_object *machine, const void *object, u32 *id);
bool svma_task_is(struct svma_machine_object *machine, u32 id, const void *object);

#define SVMA_TASK_FLAGS_BITS	4

/**
 * struct svma_task_flags - flags of regions that were translated before
 * @kernel: the kernel's
 * @ours: and what the interface calls them
 */
struct svma_task_flags {
	unsigned long kernel[1 << SVMA_TASK_FLAGS_BITS];
	u64 ours[1 << SVMA_TASK_FLAGS_BITS];
};

u64 svma_task_flags_new(struct svma_task_flags *seen, unsigned long kernel);

/**
 * svma_task_flags_of() - what flags of the kernel mean
 * @seen: flags that were met before; starts as zeroes
 * @kernel: a region's flags
 *
 * A layout has a few combinations, again and again.
 *
 * Return: SVMA_VM_*.
 */
static inline u64 svma_task_flags_of(struct svma_task_flags *seen, unsigned long kernel)
{
	u32 i = hash_long(kernel, SVMA_TASK_FLAGS_BITS);

	return seen->kernel[i] == kernel ? seen->ours[i] : svma_task_flags_new(seen, kernel);
}

/**
 * svma_task_told() - what tracers are told of a region's anonymous pages besides their reverse map
 * @vma: the region, whose chain of reverse maps does not change
 *
 * Return: SVMA_ANON_*.
 */
static inline u32 svma_task_told(const struct vm_area_struct *vma)
{
	bool forked = !list_empty(&vma->anon_vma_chain) && !list_is_singular(&vma->anon_vma_chain);

	return (forked ? SVMA_ANON_FORKED : 0) |
	       (vma->vm_ops && vma->vm_ops->close ? SVMA_ANON_CLOSES : 0);
}

const void *svma_task_anon(struct vm_area_struct *vma, u32 *told);
void svma_ids_destroy(struct svma_machine_object *machine);

#endif /* SVMA_MACHINE_H */
