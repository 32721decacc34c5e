/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc tells about a process's address space and about the machine.
 */
#ifndef SVMA_PROC_H
#define SVMA_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/svma.h>

#define SVMA_PAGE_SIZE		4096ULL
#define SVMA_PAGE_SHIFT		12
#define SVMA_GUARD_PAGES	256	/* stack_guard_gap unless the kernel was told else */

/**
 * struct svma_proc_map - one line of /proc/PID/maps
 * @start: first address
 * @end: end address, exclusive
 * @pgoff: offset in the file, in pages; 0 for anonymous regions
 * @perms: "rwxp" and the like
 * @dev_major: major number of the file's device
 * @dev_minor: minor number
 * @inode: inode number, 0 for none
 * @path: the rest of the line, "" if there is none
 */
struct svma_proc_map {
	__u64 start;
	__u64 end;
	__u64 pgoff;
	char perms[5];
	__u32 dev_major;
	__u32 dev_minor;
	__u64 inode;
	char *path;
};

/**
 * struct svma_proc_maps - all lines of /proc/PID/maps; all zero is an empty list
 * @v: the lines
 * @n: how many
 * @cap: room in @v
 * @text: the file's text, which the paths point into
 * @text_cap: room in @text
 */
struct svma_proc_maps {
	struct svma_proc_map *v;
	size_t n;
	size_t cap;
	char *text;
	size_t text_cap;
};

/**
 * svma_proc_maps_read() - read /proc/PID/maps
 * @pid: process
 * @maps: gets the lines; reused and grown
 *
 * Return: 0 or a negative errno, EBADMSG for a line that is not understood.
 */
int svma_proc_maps_read(pid_t pid, struct svma_proc_maps *maps);
void svma_proc_maps_free(struct svma_proc_maps *maps);

/* The line that holds @addr, or NULL. */
const struct svma_proc_map *svma_proc_maps_find(const struct svma_proc_maps *maps, __u64 addr);

/**
 * svma_proc_layout() - what /proc tells of a process's layout
 * @pid: process
 * @layout: gets the values; told has a bit for each that is known
 *
 * Not told by /proc, and therefore not filled: high, mmap_base and legacy_base (SVMA_IOC_TASK knows
 * them), the exact end of the heap (its page is filled in), def_flags.
 */
int svma_proc_layout(pid_t pid, struct svma_layout *layout);

/**
 * svma_proc_layout_task() - put the values of SVMA_IOC_TASK over those of /proc
 * @layout: values to complete
 * @task: what the module told of the task
 */
void svma_proc_layout_task(struct svma_layout *layout, const struct svma_task *task);

/**
 * svma_proc_machine() - what /proc tells of the machine
 * @machine: gets the values; told has a bit for each that is known
 */
int svma_proc_machine(struct svma_machine *machine);

/**
 * svma_proc_huge() - the huge pages of the machine, in pages of the base size
 * @all: out: how many there are
 * @left: out: of these, neither in use nor reserved
 */
int svma_proc_huge(__u64 *all, __u64 *left);

/* The process that made a process, 0 if that cannot be told. */
pid_t svma_proc_parent(pid_t pid);

/* Does a process run a 32-bit program? Not if that cannot be told. */
bool svma_proc_is_32_bit(pid_t pid);

/* The whole of a file as a string in a growing buffer: its length or a negative errno. */
ssize_t svma_proc_text(const char *path, char **text, size_t *cap);

/* One number of a small file under /proc or /sys: 0 or a negative errno. */
int svma_proc_number(const char *path, __u64 *value);

/* What a setting that lists its values is, the one in brackets: 0 or a negative errno. */
int svma_proc_choice(const char *path, char *word, size_t room);

#endif
