/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_IOCTL_H
#define SVMA_IOCTL_H

#include <linux/fs.h>
#include <linux/types.h>
#include "../uapi/linux/svma.h"

/* Any argument of ours. */
union svma_arg {
	struct svma_info info;
	struct svma_machine machine;
	struct svma_space_create create;
	struct svma_task task;
	struct svma_task_regions task_regions;
	struct svma_layout layout;
	struct svma_stats stats;
	struct svma_lookup lookup;
	struct svma_regions regions;
	struct svma_import import;
	struct svma_anon anon;
	struct svma_task_match task_match;
	struct svma_grow grow;
	struct svma_window_fill fill;
	struct svma_page_list pages;
	struct svma_smaps smaps;
	struct svma_mmap mmap;
	struct svma_munmap munmap;
	struct svma_mprotect mprotect;
	struct svma_brk brk;
	struct svma_mremap mremap;
	struct svma_madvise madvise;
	struct svma_lock lock;
	struct svma_fork fork;
	struct svma_snapshot snapshot;
	struct svma_restore restore;
	struct svma_changes changed;
	struct svma_copy copy;
	struct svma_transfer transfer;
	struct svma_rmap rmap;
	struct svma_steps steps;
	struct svma_sync sync;
	struct svma_mincore mincore;
	struct svma_remap_file remap_file;
	struct svma_seal seal;
	struct svma_batch batch;
};

struct svma_ioctl;
struct svma_space;
struct svma_verb;

/**
 * struct svma_call - one ioctl under way
 * @object: the machine or the space
 * @op: its row
 * @arg: the argument, zero-extended to the struct of @op, nothing behind it; copied back when the
 *       handler answers 0
 * @new_file: a descriptor that the handler made: installed once the answer is with the caller
 * @new_fd: its number
 */
struct svma_call {
	void *object;
	const struct svma_ioctl *op;
	union svma_arg arg;
	struct file *new_file;
	int new_fd;
};

/**
 * struct svma_ioctl - one row of a table, at the place of its number
 * @cmd: the number with the newest struct's size
 * @min_size: size of the struct's first version
 * @fn: 0 or a negative errno
 * @verb: of a memory verb: the same under the space's lock, so that many can share that (verb.h)
 */
struct svma_ioctl {
	unsigned int cmd;
	unsigned int min_size;
	int (*fn)(struct svma_call *call);
	int (*verb)(struct svma_space *space, void *arg, struct svma_verb *verb);
};

#define SVMA_IOCTL(_cmd, _type, _last, _fn) \
	[_IOC_NR(_cmd)] = { .cmd = (_cmd), .min_size = offsetofend(_type, _last), .fn = (_fn) }

#define SVMA_IOCTL_VERB(_cmd, _type, _last, _verb) \
	[_IOC_NR(_cmd)] = { .cmd = (_cmd), .min_size = offsetofend(_type, _last), \
			    .fn = svma_ioctl_verb, .verb = (_verb) }

long svma_ioctl_dispatch(const struct svma_ioctl *table, unsigned int rows, void *object,
			 unsigned int cmd, unsigned long arg);
int svma_ioctl_info(struct svma_call *call);

#endif /* SVMA_IOCTL_H */
