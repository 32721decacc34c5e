// SPDX-License-Identifier: GPL-2.0
/*
 * Every ioctl of the header, with a call of it that is known to work (or known to fail).
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ioctl_table.h"
#include "support.h"

static void fill_nothing(const struct ioctl_fds *fds, void *arg)
{
}

static void fill_machine_set(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_machine *)arg = (struct svma_machine){ .told = SVMA_MACHINE_SWAP, .swap = 7 };
}

static void fill_create(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_space_create *)arg = (struct svma_space_create){ .fd = -1 };
}

static void undo_create(const struct ioctl_fds *fds, void *arg)
{
	close(((struct svma_space_create *)arg)->fd);
}

/* Nobody traces itself. */
static void fill_task(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_task *)arg)->pid = getpid();
}

static void fill_task_regions(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_task_regions *)arg)->pid = getpid();
}

static void fill_task_match(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_task_match *)arg)->pid = getpid();
}

/* No such descriptor. */
static void fill_rmap(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_rmap *)arg)->fd = -1;
}

static void fill_layout_set(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_layout *)arg = (struct svma_layout){
		.told = SVMA_LAYOUT_END_CODE, .end_code = 5,
	};
}

static void fill_lookup(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_lookup *)arg)->addr = at(0);
}

static void fill_regions(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_regions *)arg)->end = ~0ULL;
}

static void fill_import(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_import *)arg = (struct svma_import){
		.start = at(100), .end = at(101), .flags = SVMA_VM_READ, .fd = -1,
	};
}

static void undo_import(const struct ioctl_fds *fds, void *arg)
{
	verb_munmap(fds->space, at(100), PAGE);
}

static void fill_anon(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_anon *)arg = (struct svma_anon){ .start = at(0), .anon = 9 };
}

static void fill_grow(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_grow *)arg)->addr = at(0);
}

static void fill_pages(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_page_list *)arg)->end = ~0ULL;
}

static void fill_smaps(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_smaps *)arg)->end = ~0ULL;
}

static void fill_mmap(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_mmap *)arg = (struct svma_mmap){
		.addr = at(50), .len = PAGE, .prot = PROT_READ, .flags = FIXED, .fd = -1,
	};
}

static void fill_munmap(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_munmap *)arg = (struct svma_munmap){ .addr = at(60), .len = PAGE };
}

static void fill_mprotect(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_mprotect *)arg = (struct svma_mprotect){
		.addr = at(0), .len = PAGE, .prot = RW, .pkey = -1,
	};
}

static void fill_mremap(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_mremap *)arg = (struct svma_mremap){
		.old_addr = at(0), .old_len = PAGE, .new_len = PAGE,
	};
}

static void fill_madvise(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_madvise *)arg = (struct svma_madvise){
		.addr = at(0), .len = PAGE, .advice = MADV_NORMAL,
	};
}

static void fill_lock(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_lock *)arg = (struct svma_lock){
		.addr = at(0), .len = PAGE, .op = SVMA_MUNLOCK,
	};
}

static void undo_fork(const struct ioctl_fds *fds, void *arg)
{
	close(((struct svma_fork *)arg)->fd);
}

static void undo_snapshot(const struct ioctl_fds *fds, void *arg)
{
	close(((struct svma_snapshot *)arg)->fd);
}

/* A machine is no snapshot. */
static void fill_restore(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_restore *)arg)->fd = fds->machine;
}

static void fill_changed(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_changes *)arg)->fd = fds->space;
}

static void fill_copy(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_copy *)arg)->fd = fds->space;
}

static void fill_msync(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_sync *)arg = (struct svma_sync){
		.addr = at(0), .len = PAGE, .flags = MS_ASYNC,
	};
}

/* Where nothing is. */
static void fill_mincore(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_mincore *)arg = (struct svma_mincore){ .addr = at(70), .len = PAGE };
}

/* Anonymous private memory has no file. */
static void fill_remap_file(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_remap_file *)arg = (struct svma_remap_file){ .addr = at(0), .len = PAGE };
}

static void fill_mseal(const struct ioctl_fds *fds, void *arg)
{
	*(struct svma_seal *)arg = (struct svma_seal){ .addr = at(0), .len = PAGE, .flags = 1 };
}

/* Nothing to do. */
static void fill_batch(const struct ioctl_fds *fds, void *arg)
{
	((struct svma_batch *)arg)->count = 0;
}

#define ROW(name, where, ...)	{ #name, SVMA_IOC_##name, where, __VA_ARGS__ }
#define MACHINES		true, false
#define SPACES			false, true
#define BOTH			true, true

/* The space holds one region, at page 0. */
const struct ioctl_row ioctl_table[] = {
	ROW(INFO, BOTH, fill_nothing, 0, NULL),
	ROW(MACHINE_GET, MACHINES, fill_nothing, 0, NULL,
	    offsetof(struct svma_machine, huge_reserved)),
	ROW(MACHINE_SET, MACHINES, fill_machine_set, 0, NULL,
	    offsetof(struct svma_machine, huge_reserved)),
	ROW(SPACE_CREATE, MACHINES, fill_create, 0, undo_create),
	ROW(TASK, MACHINES, fill_task, -EPERM, NULL),
	ROW(TASK_REGIONS, MACHINES, fill_task_regions, -EPERM, NULL),
	ROW(RMAP, MACHINES, fill_rmap, -EBADF, NULL),
	ROW(LAYOUT_GET, SPACES, fill_nothing, 0, NULL),
	ROW(LAYOUT_SET, SPACES, fill_layout_set, 0, NULL),
	ROW(STATS, SPACES, fill_nothing, 0, NULL, offsetof(struct svma_stats, reclaimed)),
	ROW(LOOKUP, SPACES, fill_lookup, 0, NULL),
	ROW(REGIONS, SPACES, fill_regions, 0, NULL),
	ROW(IMPORT, SPACES, fill_import, 0, undo_import),
	ROW(ANON, SPACES, fill_anon, 0, NULL),
	ROW(TASK_MATCH, SPACES, fill_task_match, -EPERM, NULL),
	ROW(GROW, SPACES, fill_grow, 0, NULL),
	ROW(WINDOW_FILL, SPACES, fill_nothing, -EOPNOTSUPP, NULL),
	ROW(STEPS, SPACES, fill_nothing, 0, NULL),
	ROW(PAGES, SPACES, fill_pages, 0, NULL),
	ROW(SMAPS, SPACES, fill_smaps, 0, NULL),
	ROW(MMAP, SPACES, fill_mmap, 0, NULL),
	ROW(MUNMAP, SPACES, fill_munmap, 0, NULL),
	ROW(MPROTECT, SPACES, fill_mprotect, 0, NULL),
	ROW(BRK, SPACES, fill_nothing, 0, NULL),
	ROW(MREMAP, SPACES, fill_mremap, 0, NULL),
	ROW(MADVISE, SPACES, fill_madvise, 0, NULL),
	ROW(LOCK, SPACES, fill_lock, 0, NULL),
	ROW(FORK, SPACES, fill_nothing, 0, undo_fork),
	ROW(SNAPSHOT, SPACES, fill_nothing, 0, undo_snapshot),
	ROW(RESTORE, SPACES, fill_restore, -EINVAL, NULL),
	ROW(CHANGED, SPACES, fill_changed, -EINVAL, NULL),
	ROW(COPY, SPACES, fill_copy, -EINVAL, NULL),
	ROW(TRANSFER, SPACES, fill_nothing, -EOPNOTSUPP, NULL),
	ROW(MSYNC, SPACES, fill_msync, 0, NULL),
	ROW(MINCORE, SPACES, fill_mincore, -ENOMEM, NULL),
	ROW(REMAP_FILE, SPACES, fill_remap_file, -EINVAL, NULL),
	ROW(MSEAL, SPACES, fill_mseal, -EINVAL, NULL),
	ROW(BATCH, SPACES, fill_batch, 0, NULL),
};

const size_t ioctl_rows = sizeof(ioctl_table) / sizeof(ioctl_table[0]);

long ioctl_space(struct ioctl_fds *fds)
{
	struct svma_space_create create = {
		.flags = SVMA_SPACE_LAYOUT, .kernel = SVMA_KERNEL(7, 3), .fd = -1,
	};
	long err = call(fds->machine, SVMA_IOC_SPACE_CREATE, &create);

	fds->space = create.fd;
	return err;
}

unsigned int ioctl_sized(unsigned int cmd, unsigned int size)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}
