/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Typed wrappers around the ioctls of uapi/linux/svma.h.
 *
 * Unless said otherwise each returns 0 or a negative errno. Descriptors that are returned are
 * close-on-exec.
 */
#ifndef SVMA_CLIENT_H
#define SVMA_CLIENT_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/svma.h>

/*
 * Does an ioctl in place of ioctl(2), if it is not NULL: 0 or a negative errno. For who wants to
 * see the calls.
 */
extern int (*svma_client_hook)(int fd, unsigned long request, void *arg);

/* An ioctl: 0 or a negative errno. */
int svma_client_call(int fd, unsigned long request, void *arg);

/**
 * struct svma_region_list - regions in a growing array; all zero is an empty one
 * @v: the regions, by address
 * @n: how many
 * @cap: room in @v
 */
struct svma_region_list {
	struct svma_region *v;
	size_t n;
	size_t cap;
};

/**
 * struct svma_task_region_list - the same for regions of a traced task
 * @v: the regions, by address
 * @n: how many
 * @cap: room in @v
 */
struct svma_task_region_list {
	struct svma_task_region *v;
	size_t n;
	size_t cap;
};

/**
 * struct svma_pages - the same for entries of a page table
 * @v: the entries, by address
 * @n: how many
 * @cap: room in @v
 */
struct svma_pages {
	struct svma_page *v;
	size_t n;
	size_t cap;
};

/**
 * struct svma_smap_list - the same for regions with their pages counted
 * @v: the regions, by address
 * @n: how many
 * @cap: room in @v
 */
struct svma_smap_list {
	struct svma_smap *v;
	size_t n;
	size_t cap;
};

/**
 * struct svma_rmap_list - the same for regions that map a file
 * @v: the regions, by first page
 * @n: how many
 * @cap: room in @v
 */
struct svma_rmap_list {
	struct svma_rmap_region *v;
	size_t n;
	size_t cap;
};

/* Open a machine: a descriptor or a negative errno. */
int svma_client_machine(void);
int svma_client_info(int fd, struct svma_info *info);
int svma_client_machine_get(int machine, struct svma_machine *values);
int svma_client_machine_set(int machine, const struct svma_machine *values);
/* Make a space: a descriptor or a negative errno. */
int svma_client_space(int machine, __u32 flags, __u32 profile, __u32 kernel);

int svma_client_task(int machine, pid_t pid, struct svma_task *task);
/**
 * svma_client_task_regions() - regions of a traced task that overlap [start, end)
 * @machine: machine
 * @pid: a task that the caller traces and that is stopped
 * @start: first address
 * @end: end address, exclusive
 * @list: gets the regions; reused and grown
 */
int svma_client_task_regions(int machine, pid_t pid, __u64 start, __u64 end,
			     struct svma_task_region_list *list);
void svma_task_region_list_free(struct svma_task_region_list *list);
/**
 * svma_client_rmap() - regions of all spaces of a machine that map pages of a file
 * @machine: machine
 * @fd: the file
 * @first: first page that matters
 * @last: last page that matters
 * @list: gets the regions; grown
 */
int svma_client_rmap(int machine, int fd, __u64 first, __u64 last, struct svma_rmap_list *list);
void svma_rmap_list_free(struct svma_rmap_list *list);

/**
 * svma_client_pages() - entries of a space's page table in [start, end)
 * @space: space
 * @start: first address
 * @end: end address, exclusive; ~0 for all
 * @window: an address in a window of the caller, to ask for its hardware entries; or 0
 * @list: gets the entries; grown
 */
int svma_client_pages(int space, __u64 start, __u64 end, __u64 window, struct svma_pages *list);
void svma_pages_free(struct svma_pages *list);
/**
 * svma_client_smaps() - regions of a space, with their pages counted
 * @space: space
 * @list: gets the regions; grown
 */
int svma_client_smaps(int space, struct svma_smap_list *list);
void svma_smap_list_free(struct svma_smap_list *list);

int svma_client_layout_get(int space, struct svma_layout *layout);
int svma_client_layout_set(int space, const struct svma_layout *layout);
int svma_client_stats(int space, struct svma_stats *stats);
int svma_client_lookup(int space, __u64 addr, struct svma_region *region);
/**
 * svma_client_regions() - regions of a space that overlap [start, end), as one consistent picture
 * @space: space
 * @start: first address
 * @end: end address, exclusive; ~0 for all
 * @list: gets the regions; reused and grown
 */
int svma_client_regions(int space, __u64 start, __u64 end, struct svma_region_list *list);
void svma_region_list_free(struct svma_region_list *list);
int svma_client_import(int space, const struct svma_import *import);
/**
 * svma_client_steps() - take the steps that were noted since they were last taken
 * @space: space; the first call switches recording on
 * @steps: gets them
 * @count: in: room in @steps; out: how many
 * @lost: gets the number of steps that are not among them
 */
int svma_client_steps(int space, struct svma_step *steps, __u32 *count, __u32 *lost);
/* Where its regions and those of a traced task part, SVMA_MATCH_ALL if nowhere. */
int svma_client_match(int space, pid_t pid, __u64 *addr, __u32 *files);
int svma_client_anon(int space, __u64 start, __u32 anon, __u32 anon_flags);
int svma_client_grow(int space, __u64 addr);
int svma_client_window_fill(int space, __u64 addr, __u64 len, __u64 *filled);

/* The memory verbs; @addr, @brk and @new_addr are read and written. */
int svma_client_mmap(int space, __u64 *addr, __u64 len, __u32 prot, __u32 flags, int fd,
		     __u64 offset);
int svma_client_munmap(int space, __u64 addr, __u64 len);
int svma_client_mprotect(int space, __u64 addr, __u64 len, __u32 prot, int pkey);
int svma_client_brk(int space, __u64 *brk);
int svma_client_mremap(int space, __u64 old_addr, __u64 old_len, __u64 new_len, __u64 flags,
		       __u64 *new_addr);
int svma_client_madvise(int space, __u64 addr, __u64 len, __u32 advice);
int svma_client_lock(int space, __u64 addr, __u64 len, __u32 op, __u32 flags);
int svma_client_msync(int space, __u64 addr, __u64 len, __u32 flags);
/* @vec has room for a byte for each page of [addr, addr + len). */
int svma_client_mincore(int space, __u64 addr, __u64 len, unsigned char *vec);
int svma_client_remap_file(int space, __u64 addr, __u64 len, __u32 prot, __u64 pgoff, __u32 flags);
int svma_client_mseal(int space, __u64 addr, __u64 len, __u64 flags);
/* What fork does: a descriptor of the new space or a negative errno. */
int svma_client_fork(int space);
/* The same of a snapshot, and going back to one. */
int svma_client_snapshot(int space);
int svma_client_restore(int space, int snapshot);
/* Bytes copied from another space, or that differ from it in a range; or a negative errno. */
__s64 svma_client_copy(int space, int other, __u64 from, __u64 to, __u64 len);
__s64 svma_client_changed(int space, int other, __u64 start, __u64 end);
/*
 * Write @n bytes and read up to @len in one call: how many were read, or the negative errno of what
 * failed. A write that ends before its end is EFAULT.
 */
__s64 svma_client_transfer(int space, __u64 to, const void *bytes, size_t n, __u64 from, void *buf,
			   size_t len);

#endif
