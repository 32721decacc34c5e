// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "client.h"

/* The first guess for a listing's buffer; most programs have fewer regions. */
#define FIRST_ROOM 256

int (*svma_client_hook)(int fd, unsigned long request, void *arg);

int svma_client_call(int fd, unsigned long request, void *arg)
{
	if (svma_client_hook)
		return svma_client_hook(fd, request, arg);
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

int svma_client_machine(void)
{
	int fd = open(SVMA_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int svma_client_info(int fd, struct svma_info *info)
{
	return svma_client_call(fd, SVMA_IOC_INFO, info);
}

int svma_client_machine_get(int machine, struct svma_machine *values)
{
	return svma_client_call(machine, SVMA_IOC_MACHINE_GET, values);
}

int svma_client_machine_set(int machine, const struct svma_machine *values)
{
	return svma_client_call(machine, SVMA_IOC_MACHINE_SET, (void *)values);
}

int svma_client_space(int machine, __u32 flags, __u32 profile, __u32 kernel)
{
	struct svma_space_create arg = {
		.flags = flags, .profile = profile, .kernel = kernel, .fd = -1,
	};
	int err = svma_client_call(machine, SVMA_IOC_SPACE_CREATE, &arg);

	return err ? err : arg.fd;
}

int svma_client_task(int machine, pid_t pid, struct svma_task *task)
{
	*task = (struct svma_task){ .pid = pid };
	return svma_client_call(machine, SVMA_IOC_TASK, task);
}

static int list_grow(void **v, size_t *cap, size_t size)
{
	size_t n = *cap ? *cap * 2 : FIRST_ROOM;
	void *p = reallocarray(*v, n, size);

	if (!p)
		return -ENOMEM;
	*v = p;
	*cap = n;
	return 0;
}

/* Room for more behind the @n that there are: where, and for how many. */
static int list_room(void **v, size_t n, size_t *cap, size_t size, __u64 *buf, __u32 *count)
{
	int err = n == *cap ? list_grow(v, cap, size) : 0;

	if (err)
		return err;
	*buf = (__u64)(unsigned long)((char *)*v + n * size);
	*count = *cap - n;
	return 0;
}

int svma_client_task_regions(int machine, pid_t pid, __u64 start, __u64 end,
			     struct svma_task_region_list *list)
{
	int err;

	list->n = 0;
	for (;;) {
		struct svma_task_regions arg = {
			.pid = pid, .start = start, .end = end,
			.buf = (__u64)(unsigned long)list->v, .count = list->cap,
		};

		if (list->cap) {
			err = svma_client_call(machine, SVMA_IOC_TASK_REGIONS, &arg);
			if (err)
				return err;
			if (!arg.more) {
				list->n = arg.count;
				return 0;
			}
		}
		/* Asked anew from the start: only a listing that fits is one picture. */
		err = list_grow((void **)&list->v, &list->cap, sizeof(*list->v));
		if (err)
			return err;
	}
}

void svma_task_region_list_free(struct svma_task_region_list *list)
{
	free(list->v);
	*list = (struct svma_task_region_list){ 0 };
}

int svma_client_rmap(int machine, int fd, __u64 first, __u64 last, struct svma_rmap_list *list)
{
	struct svma_rmap arg = { .fd = fd, .first = first, .last = last, .more = 1 };

	list->n = 0;
	while (arg.more) {
		int err = list_room((void **)&list->v, list->n, &list->cap, sizeof(*list->v),
				    &arg.buf, &arg.count);

		if (!err)
			err = svma_client_call(machine, SVMA_IOC_RMAP, &arg);
		if (err)
			return err;
		list->n += arg.count;
	}
	return 0;
}

void svma_rmap_list_free(struct svma_rmap_list *list)
{
	free(list->v);
	*list = (struct svma_rmap_list){ 0 };
}

int svma_client_pages(int space, __u64 start, __u64 end, __u64 window, struct svma_pages *list)
{
	struct svma_page_list arg = { .start = start, .end = end, .window = window, .more = 1 };

	list->n = 0;
	while (arg.more) {
		int err = list_room((void **)&list->v, list->n, &list->cap, sizeof(*list->v),
				    &arg.buf, &arg.count);

		if (!err)
			err = svma_client_call(space, SVMA_IOC_PAGES, &arg);
		if (err)
			return err;
		list->n += arg.count;
	}
	return 0;
}

void svma_pages_free(struct svma_pages *list)
{
	free(list->v);
	*list = (struct svma_pages){ 0 };
}

int svma_client_smaps(int space, struct svma_smap_list *list)
{
	struct svma_smaps arg = { .end = ~0ULL, .more = 1 };

	list->n = 0;
	while (arg.more) {
		int err = list_room((void **)&list->v, list->n, &list->cap, sizeof(*list->v),
				    &arg.buf, &arg.count);

		if (!err)
			err = svma_client_call(space, SVMA_IOC_SMAPS, &arg);
		if (err)
			return err;
		list->n += arg.count;
	}
	return 0;
}

void svma_smap_list_free(struct svma_smap_list *list)
{
	free(list->v);
	*list = (struct svma_smap_list){ 0 };
}

int svma_client_layout_get(int space, struct svma_layout *layout)
{
	return svma_client_call(space, SVMA_IOC_LAYOUT_GET, layout);
}

int svma_client_layout_set(int space, const struct svma_layout *layout)
{
	return svma_client_call(space, SVMA_IOC_LAYOUT_SET, (void *)layout);
}

int svma_client_stats(int space, struct svma_stats *stats)
{
	return svma_client_call(space, SVMA_IOC_STATS, stats);
}

int svma_client_lookup(int space, __u64 addr, struct svma_region *region)
{
	struct svma_lookup arg = { .addr = addr };
	int err = svma_client_call(space, SVMA_IOC_LOOKUP, &arg);

	if (!err)
		*region = arg.region;
	return err;
}

int svma_client_regions(int space, __u64 start, __u64 end, struct svma_region_list *list)
{
	int err;

	list->n = 0;
	for (;;) {
		struct svma_regions arg = {
			.start = start, .end = end,
			.buf = (__u64)(unsigned long)list->v, .count = list->cap,
		};

		if (list->cap) {
			err = svma_client_call(space, SVMA_IOC_REGIONS, &arg);
			if (err)
				return err;
			if (!arg.more) {
				list->n = arg.count;
				return 0;
			}
		}
		err = list_grow((void **)&list->v, &list->cap, sizeof(*list->v));
		if (err)
			return err;
	}
}

void svma_region_list_free(struct svma_region_list *list)
{
	free(list->v);
	*list = (struct svma_region_list){ 0 };
}

int svma_client_import(int space, const struct svma_import *import)
{
	return svma_client_call(space, SVMA_IOC_IMPORT, (void *)import);
}

int svma_client_steps(int space, struct svma_step *steps, __u32 *count, __u32 *lost)
{
	struct svma_steps arg = {
		.buf = (__u64)(unsigned long)steps, .count = *count, .flags = SVMA_STEPS_FORGET,
	};
	int err = svma_client_call(space, SVMA_IOC_STEPS, &arg);

	*count = err ? 0 : arg.count;
	*lost = err ? 0 : arg.lost;
	return err;
}

int svma_client_anon(int space, __u64 start, __u32 anon, __u32 anon_flags)
{
	struct svma_anon arg = { .start = start, .anon = anon, .anon_flags = anon_flags };

	return svma_client_call(space, SVMA_IOC_ANON, &arg);
}

int svma_client_match(int space, pid_t pid, __u64 *addr, __u32 *files)
{
	struct svma_task_match arg = { .pid = pid };
	int err = svma_client_call(space, SVMA_IOC_TASK_MATCH, &arg);

	*addr = arg.addr;
	*files = arg.files;
	return err;
}

int svma_client_grow(int space, __u64 addr)
{
	struct svma_grow arg = { .addr = addr };

	return svma_client_call(space, SVMA_IOC_GROW, &arg);
}

int svma_client_window_fill(int space, __u64 addr, __u64 len, __u64 *filled)
{
	struct svma_window_fill arg = { .addr = addr, .len = len };
	int err = svma_client_call(space, SVMA_IOC_WINDOW_FILL, &arg);

	*filled = arg.filled;
	return err;
}

int svma_client_mmap(int space, __u64 *addr, __u64 len, __u32 prot, __u32 flags, int fd,
		     __u64 offset)
{
	struct svma_mmap arg = {
		.addr = *addr, .len = len, .offset = offset,
		.prot = prot, .flags = flags, .fd = fd,
	};
	int err = svma_client_call(space, SVMA_IOC_MMAP, &arg);

	if (!err)
		*addr = arg.addr;
	return err;
}

int svma_client_munmap(int space, __u64 addr, __u64 len)
{
	struct svma_munmap arg = { .addr = addr, .len = len };

	return svma_client_call(space, SVMA_IOC_MUNMAP, &arg);
}

int svma_client_mprotect(int space, __u64 addr, __u64 len, __u32 prot, int pkey)
{
	struct svma_mprotect arg = { .addr = addr, .len = len, .prot = prot, .pkey = pkey };

	return svma_client_call(space, SVMA_IOC_MPROTECT, &arg);
}

int svma_client_brk(int space, __u64 *brk)
{
	struct svma_brk arg = { .brk = *brk };
	int err = svma_client_call(space, SVMA_IOC_BRK, &arg);

	if (!err)
		*brk = arg.brk;
	return err;
}

int svma_client_mremap(int space, __u64 old_addr, __u64 old_len, __u64 new_len, __u64 flags,
		       __u64 *new_addr)
{
	struct svma_mremap arg = {
		.old_addr = old_addr, .old_len = old_len, .new_len = new_len,
		.new_addr = *new_addr, .flags = flags,
	};
	int err = svma_client_call(space, SVMA_IOC_MREMAP, &arg);

	if (!err)
		*new_addr = arg.new_addr;
	return err;
}

int svma_client_madvise(int space, __u64 addr, __u64 len, __u32 advice)
{
	struct svma_madvise arg = { .addr = addr, .len = len, .advice = advice };

	return svma_client_call(space, SVMA_IOC_MADVISE, &arg);
}

int svma_client_lock(int space, __u64 addr, __u64 len, __u32 op, __u32 flags)
{
	struct svma_lock arg = { .addr = addr, .len = len, .op = op, .flags = flags };

	return svma_client_call(space, SVMA_IOC_LOCK, &arg);
}

int svma_client_msync(int space, __u64 addr, __u64 len, __u32 flags)
{
	struct svma_sync arg = { .addr = addr, .len = len, .flags = flags };

	return svma_client_call(space, SVMA_IOC_MSYNC, &arg);
}

int svma_client_mincore(int space, __u64 addr, __u64 len, unsigned char *vec)
{
	struct svma_mincore arg = {
		.addr = addr, .len = len, .vec = (__u64)(unsigned long)vec,
	};

	return svma_client_call(space, SVMA_IOC_MINCORE, &arg);
}

int svma_client_remap_file(int space, __u64 addr, __u64 len, __u32 prot, __u64 pgoff, __u32 flags)
{
	struct svma_remap_file arg = {
		.addr = addr, .len = len, .pgoff = pgoff, .prot = prot, .flags = flags,
	};

	return svma_client_call(space, SVMA_IOC_REMAP_FILE, &arg);
}

int svma_client_mseal(int space, __u64 addr, __u64 len, __u64 flags)
{
	struct svma_seal arg = { .addr = addr, .len = len, .flags = flags };

	return svma_client_call(space, SVMA_IOC_MSEAL, &arg);
}

int svma_client_fork(int space)
{
	struct svma_fork arg = { .fd = -1 };
	int err = svma_client_call(space, SVMA_IOC_FORK, &arg);

	return err ? err : arg.fd;
}
