/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc/PID/smaps tells of each region: for who records a program without the module.
 */
#ifndef SVMA_SHADOW_SMAPS_H
#define SVMA_SHADOW_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

/**
 * struct shadow_smap - one region
 * @start: first address
 * @end: end address, exclusive
 * @offset: in its file, bytes
 * @inode: of its file, 0 for none
 * @flags: SVMA_VM_*
 * @written: it has pages of its own: the kernel has given it a reverse map
 * @path: what stands behind it, "" for nothing
 */
struct shadow_smap {
	__u64 start;
	__u64 end;
	__u64 offset;
	__u64 inode;
	__u64 flags;
	bool written;
	char *path;
};

/**
 * struct shadow_smaps - the regions of a process; all zero is an empty list
 * @v: they, by address, without the vsyscall page
 * @n: how many
 * @cap: room in @v
 */
struct shadow_smaps {
	struct shadow_smap *v;
	size_t n;
	size_t cap;
};

/* Read the regions of a stopped process: 0 or a negative errno. @list is used again. */
int shadow_smaps_read(pid_t pid, __u64 stack_top, struct shadow_smaps *list);
void shadow_smaps_free(struct shadow_smaps *list);

#endif
