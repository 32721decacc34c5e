// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are no plain ones: io_uring, perf events, devices. What is mapped of them gets flags
 * from their driver, which nobody can know before. These are told as outside, and the space is read
 * anew; all the rest of the call is predicted and compared.
 */
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "calls.h"
#include "compare.h"
#include "mirror.h"

/* What a driver sets on a mapping of its own; the first three keep it from merging. */
#define DRIVER_FLAGS (SVMA_VM_IO | SVMA_VM_PFNMAP | SVMA_VM_MIXEDMAP | SVMA_VM_DONTEXPAND | \
		      SVMA_VM_DONTCOPY | SVMA_VM_DONTDUMP)

/* The memory of the machine; its kin of the same major number maps as memory does. */
#define DEV_MEM_MINOR 1

/* File systems whose files are of whoever made them, and look like plain ones. */
static bool is_made(unsigned long fs)
{
	switch (fs) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

bool shadow_call_of_driver(const struct shadow_call *call)
{
	struct stat st;

	if (call->verb->nr != SYS_mmap || call->fd < 0 || call->args[3] & MAP_ANONYMOUS ||
	    fstat(call->fd, &st))
		return false;
	if (S_ISCHR(st.st_mode) && major(st.st_rdev) == SHADOW_MEM_MAJOR)
		return minor(st.st_rdev) == DEV_MEM_MINOR;
	return !S_ISREG(st.st_mode) || is_made(call->fs);
}

bool shadow_driver_flags(struct shadow *sh, struct shadow_task *task,
			 const struct shadow_parting *p)
{
	struct shadow_mirror *mirror = task->mirror;
	const struct svma_proc_map *map;
	char name[96] = "driver's flags";
	__u64 ours, theirs;

	if (p->field != SHADOW_FIELD_FLAGS || p->addr != (__u64)task->call.result ||
	    !shadow_call_of_driver(&task->call))
		return false;
	ours = mirror->regions.v[p->model].flags;
	theirs = mirror->after.v[p->kernel].flags;
	if ((ours ^ theirs) & ~(DRIVER_FLAGS | SVMA_VM_SPECIAL | SVMA_VM_SHMEM))
		return false;
	map = svma_proc_maps_find(&mirror->maps, p->addr);
	if (map)
		snprintf(name, sizeof(name), "driver's flags on %.60s", map->path);
	shadow_count(&sh->stats.outside, name);
	shadow_log_call(sh, task, "driver's flags");
	return true;
}
