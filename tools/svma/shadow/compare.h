/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two layouts: equal, or where they part.
 */
#ifndef SVMA_SHADOW_COMPARE_H
#define SVMA_SHADOW_COMPARE_H

#include <stdbool.h>
#include <linux/types.h>
#include <stdio.h>

#include "client.h"
#include "proc.h"

/* The ring of io_setup, as maps names it: a file of the kernel's own. */
#define SHADOW_AIO_RING "/[aio] (deleted)"

/* Fields in which a line of the model and one of the kernel may differ. */
enum shadow_field {
	SHADOW_FIELD_NONE,	/* the layouts are equal */
	SHADOW_FIELD_MISSING,	/* the kernel has a region that the model has not */
	SHADOW_FIELD_EXTRA,	/* the model has a region that the kernel has not */
	SHADOW_FIELD_START,
	SHADOW_FIELD_END,
	SHADOW_FIELD_PERMS,
	SHADOW_FIELD_OFFSET,
	SHADOW_FIELD_DEVICE,
	SHADOW_FIELD_INODE,
	SHADOW_FIELD_FLAGS,
};

/**
 * struct shadow_parting - where two layouts part
 * @field: in what
 * @model: index of the region in the model's list, its length if there is none
 * @kernel: index of the line in the kernel's list, its length if there is none
 * @addr: address of the difference
 * @hidden: it is in what maps does not show, and @kernel counts the module's regions
 */
struct shadow_parting {
	enum shadow_field field;
	size_t model;
	size_t kernel;
	__u64 addr;
	bool hidden;
};

/* The name of a field, for messages. */
const char *shadow_field_name(enum shadow_field field);

/**
 * shadow_compare() - find the first difference between a space and /proc/PID/maps
 * @model: regions of the space
 * @kernel: lines of maps; the vsyscall page, no part of any address space, is passed over
 *
 * What maps does not show of a region is not compared: the offset of a private anonymous region.
 * Nor are device and inode of shared anonymous memory: each side has a file of its own behind it.
 */
struct shadow_parting shadow_compare(const struct svma_region_list *model,
				     const struct svma_proc_maps *kernel);

/**
 * shadow_compare_flags() - the same against what the module tells of a traced task
 * @model: regions of the space
 * @kernel: regions of the task
 *
 * Bounds, flags (as far as a kernel has them) and the offsets that maps hides.
 */
struct shadow_parting shadow_compare_flags(const struct svma_region_list *model,
					   const struct svma_task_region_list *kernel);

/**
 * shadow_show() - print two layouts side by side around an address
 * @out: where to
 * @model: regions of the space
 * @kernel: lines of maps
 * @addr: where they part
 *
 * Lines are marked as diff -y does: | differs, < only in the model, > only in the kernel.
 */
void shadow_show(FILE *out, const struct svma_region_list *model,
		 const struct svma_proc_maps *kernel, __u64 addr);

/* Is this line the vsyscall page? */
bool shadow_is_vsyscall(const struct svma_proc_map *map);

#endif
