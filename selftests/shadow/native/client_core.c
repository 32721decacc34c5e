// SPDX-License-Identifier: GPL-2.0
/*
 * tools/svma/client.h on the region core itself: a space is the number of an empty descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client.h"
#include "native.h"

#define SPACES 4096

static struct svma_core_machine machine_state;
static struct svma_core *spaces[SPACES];

static void nothing_unmap(struct svma_core *core, unsigned long start, unsigned long end)
{
}

static int nothing_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	return 0;
}

static void nothing_move(struct svma_core *core, unsigned long from, unsigned long to,
			 unsigned long len)
{
}

static int nothing_guard(struct svma_core *core, unsigned long start, unsigned long end,
			 bool install)
{
	(void)core;
	(void)start;
	(void)end;
	(void)install;
	return 0;
}

static const struct svma_core_ops ops = {
	.unmap = nothing_unmap,
	.protect = nothing_unmap,
	.discard = nothing_discard,
	.set_guard = nothing_guard,
	.move = nothing_move,
	.shared_anon = native_shared_anon,
};

static u32 running_kernel(void)
{
	unsigned int major = 6, minor = 1;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		abort();
	return SVMA_KERNEL(major, minor);
}

static int new_handle(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int svma_client_machine(void)
{
	svma_core_machine_init(&machine_state);
	if (svma_core_setup())
		return -ENOMEM;
	return new_handle();
}

int svma_client_info(int fd, struct svma_info *info)
{
	*info = (struct svma_info){ .abi_version = SVMA_ABI_VERSION, .kernel = running_kernel(),
				    .page_size = 4096, .features = SVMA_FEATURE_REGIONS };
	return 0;
}

int svma_client_machine_get(int machine, struct svma_machine *values)
{
	*values = machine_state.told;
	return 0;
}

int svma_client_machine_set(int machine, const struct svma_machine *values)
{
	machine_state.told = *values;
	return 0;
}

static int add_space(struct svma_core *core)
{
	int fd = new_handle();

	if (fd < 0 || fd >= SPACES)
		return -EMFILE;
	if (spaces[fd]) {
		svma_core_destroy(spaces[fd]);
		free(spaces[fd]);
	}
	spaces[fd] = core;
	return fd;
}

int svma_client_space(int machine, __u32 flags, __u32 profile, __u32 kernel)
{
	struct svma_core *core = calloc(1, sizeof(*core));
	int err = svma_core_init(core, &machine_state, &ops, profile,
				 kernel ? kernel : running_kernel());

	return err ? err : add_space(core);
}

int svma_client_layout_get(int space, struct svma_layout *layout)
{
	*layout = spaces[space]->layout;
	return 0;
}

int svma_client_layout_set(int space, const struct svma_layout *layout)
{
	return svma_core_layout_set(spaces[space], layout);
}

int svma_client_stats(int space, struct svma_stats *stats)
{
	svma_core_stats(spaces[space], stats);
	return 0;
}

int svma_client_lookup(int space, __u64 addr, struct svma_region *region)
{
	struct svma_vma vma;

	if (!svma_core_find(spaces[space], addr, &vma))
		return -ENOENT;
	svma_core_describe(&vma, region);
	return 0;
}

int svma_client_regions(int space, __u64 start, __u64 end, struct svma_region_list *list)
{
	const char *wrong = svma_core_validate(spaces[space]);
	bool more = true;
	__u32 count;

	if (wrong)
		fprintf(stderr, "svma-native: invariant: %s\n", wrong);
	for (list->n = 0; more; list->n += count) {
		if (list->n == list->cap) {
			list->cap = list->cap ? list->cap * 2 : 256;
			list->v = realloc(list->v, list->cap * sizeof(*list->v));
		}
		more = svma_core_list(spaces[space], &start, end, list->v + list->n,
				      list->cap - list->n, &count);
	}
	return 0;
}

void svma_region_list_free(struct svma_region_list *list)
{
	free(list->v);
	*list = (struct svma_region_list){ 0 };
}

void svma_task_region_list_free(struct svma_task_region_list *list)
{
	free(list->v);
	*list = (struct svma_task_region_list){ 0 };
}

int svma_client_import(int space, const struct svma_import *import)
{
	struct svma_vma vma = {
		.start = import->start, .end = import->end, .flags = import->flags,
		.pgoff = import->pgoff, .anon = import->anon, .attr = import->anon_flags,
		.backing = import->fd >= 0 ? native_backing(import->fd) : NULL,
	};

	return svma_core_import(spaces[space], &vma);
}

int svma_client_match(int space, pid_t pid, __u64 *addr, __u32 *files)
{
	(void)space;
	(void)pid;
	(void)addr;
	(void)files;
	return -ENOTTY;
}

int svma_client_anon(int space, __u64 start, __u32 anon, __u32 anon_flags)
{
	return svma_core_anon_set(spaces[space], start, anon, anon_flags);
}

int svma_client_grow(int space, __u64 addr)
{
	return svma_core_grow(spaces[space], addr);
}

int svma_client_window_fill(int space, __u64 addr, __u64 len, __u64 *filled)
{
	return -EOPNOTSUPP;
}

int svma_client_mmap(int space, __u64 *addr, __u64 len, __u32 prot, __u32 flags, int fd,
		     __u64 offset)
{
	struct svma_map_args args = {
		.addr = *addr, .len = len, .prot = prot, .flags = flags, .offset = offset,
		.backing = fd >= 0 ? native_backing(fd) : NULL,
	};
	int err = svma_core_mmap(spaces[space], &args);

	if (!err)
		*addr = args.result;
	return err;
}

int svma_client_munmap(int space, __u64 addr, __u64 len)
{
	return svma_core_munmap(spaces[space], addr, len);
}

int svma_client_mprotect(int space, __u64 addr, __u64 len, __u32 prot, int pkey)
{
	return svma_core_mprotect(spaces[space], addr, len, prot, pkey);
}

int svma_client_brk(int space, __u64 *brk)
{
	unsigned long value = *brk, start, len;
	int err = svma_core_brk(spaces[space], &value, &start, &len);

	*brk = value;
	return err;
}

int svma_client_mremap(int space, __u64 old_addr, __u64 old_len, __u64 new_len, __u64 flags,
		       __u64 *new_addr)
{
	struct svma_remap_args args = {
		.old_addr = old_addr, .old_len = old_len, .new_len = new_len, .flags = flags,
		.new_addr = *new_addr,
	};
	int err = svma_core_mremap(spaces[space], &args);

	if (!err)
		*new_addr = args.result;
	return err;
}

int svma_client_madvise(int space, __u64 addr, __u64 len, __u32 advice)
{
	struct svma_populate populate;

	return svma_core_madvise(spaces[space], addr, len, advice, &populate);
}

int svma_client_lock(int space, __u64 addr, __u64 len, __u32 op, __u32 flags)
{
	struct svma_lock args = { .addr = addr, .len = len, .op = op, .flags = flags };

	struct svma_populate populate;

	return svma_core_lock(spaces[space], &args, &populate);
}

int svma_client_fork(int space)
{
	struct svma_core *core = calloc(1, sizeof(*core));
	const struct svma_rules *rules = &spaces[space]->rules;
	int err = svma_core_init(core, &machine_state, &ops, rules->profile, rules->kernel);

	if (!err)
		err = svma_core_fork(spaces[space], core);
	return err ? err : add_space(core);
}

int svma_client_mseal(int space, __u64 addr, __u64 len, __u64 flags)
{
	return svma_core_mseal(spaces[space], addr, len, flags);
}

int svma_client_msync(int space, __u64 addr, __u64 len, __u32 flags)
{
	return svma_core_msync(spaces[space], addr, len, flags);
}

int svma_client_mincore(int space, __u64 addr, __u64 len, unsigned char *vec)
{
	return svma_core_mincore(spaces[space], addr, len);
}

int svma_client_remap_file(int space, __u64 addr, __u64 len, __u32 prot, __u64 pgoff, __u32 flags)
{
	struct svma_remap_file args = {
		.addr = addr, .len = len, .prot = prot, .pgoff = pgoff, .flags = flags,
	};
	struct svma_populate populate;

	return svma_core_remap_file(spaces[space], &args, &populate);
}
