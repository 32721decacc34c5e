// SPDX-License-Identifier: GPL-2.0
/*
 * The shadow side: verbs by ioctl, memory by windows.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "proc.h"
#include "side.h"
#include "vec.h"

/* The end of the address space for programs that know of four levels of page tables. */
#define LOW_HALF ((1ULL << 47) - SVMA_PAGE_SIZE)

/* So many windows are kept. */
#define WINDOWS_MAX 32

/**
 * struct svma_window - a window on the space
 * @addr: address in the space
 * @len: bytes
 * @mem: where it is mapped
 */
struct svma_window {
	__u64 addr;
	__u64 len;
	volatile char *mem;
};

/* The place to go on at when an access through a window ends in a signal. */
static sigjmp_buf touch_return;
static volatile sig_atomic_t touching;

static void on_signal(int sig)
{
	if (touching)
		siglongjmp(touch_return, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/*
 * A window that holds [addr, addr + n): one that is there already, or a new one. Older ones are
 * kept, so that entries in them would show if a verb did not remove them.
 */
static int find_window(struct svma_side *side, __u64 addr, size_t n, volatile char **mem)
{
	struct svma_window *w;
	__u64 start = addr & ~(SVMA_PAGE_SIZE - 1), end;
	void *p;

	if (__builtin_add_overflow(addr, n + SVMA_PAGE_SIZE - 1, &end))
		return -ENXIO;
	end &= ~(SVMA_PAGE_SIZE - 1);
	for (w = side->windows; w < side->windows + side->n_windows; w++)
		if (w->addr <= start && end <= w->addr + w->len) {
			*mem = w->mem + (addr - w->addr);
			return 0;
		}
	if (!side->windows)
		side->windows = calloc(WINDOWS_MAX, sizeof(*side->windows));
	if (!side->windows)
		return -ENOMEM;
	p = mmap(NULL, end - start, PROT_READ | PROT_WRITE, MAP_SHARED, side->space, (off_t)start);
	if (p == MAP_FAILED)
		return -errno;
	if (side->n_windows == WINDOWS_MAX) {
		munmap((void *)side->windows[0].mem, side->windows[0].len);
		memmove(side->windows, side->windows + 1,
			--side->n_windows * sizeof(*side->windows));
	}
	w = &side->windows[side->n_windows++];
	*w = (struct svma_window){ .addr = start, .len = end - start, .mem = p };
	*mem = w->mem + (addr - start);
	return 0;
}

/* Copy by single bytes, upwards, as the host's child does: 0 or a signal. */
static int touch(volatile char *to, const volatile char *from, size_t n)
{
	int sig = sigsetjmp(touch_return, 1);

	if (!sig) {
		touching = 1;
		for (size_t i = 0; i < n; i++)
			to[i] = from[i];
	}
	touching = 0;
	return sig;
}

/* Windows for an address outside of what can be mapped: no region can be there either. */
static int no_window(int err, struct svma_outcome *outcome)
{
	if (err == -ENXIO || err == -EOVERFLOW || err == -EINVAL) {
		outcome->kind = SVMA_OUTCOME_SIGNAL;
		outcome->sig = SIGSEGV;
		return 0;
	}
	return err;
}

/*
 * What an access does to the regions of a space without pages: a stack below which it is grows. As
 * the processor does, page by page until one cannot be accessed.
 */
static void grow_stacks(struct svma_side *side, __u64 addr, size_t n, __u64 need)
{
	struct svma_region region;

	for (__u64 page = addr & ~(SVMA_PAGE_SIZE - 1); page < addr + n; page += SVMA_PAGE_SIZE)
		if (svma_client_grow(side->space, page) ||
		    svma_client_lookup(side->space, page, &region) || region.start > page ||
		    !(region.flags & need))
			return;
}

static int space_touch(struct svma_side *side, __u64 addr, char *load, const char *store, size_t n,
		       struct svma_outcome *outcome)
{
	volatile char *mem = NULL;
	int err, sig;

	if (!side->pages) {
		grow_stacks(side, addr, n, store ? SVMA_VM_WRITE :
			    SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC);
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
		return 0;
	}
	/* No byte, no access: as for a program. */
	if (!n)
		return 0;
	err = find_window(side, addr, n, &mem);
	if (err)
		return no_window(err, outcome);
	sig = load ? touch(load, mem, n) : touch(mem, store, n);
	if (sig) {
		outcome->kind = SVMA_OUTCOME_SIGNAL;
		outcome->sig = sig;
	}
	return 0;
}

static int space_load(struct svma_side *side, __u64 addr, size_t n, struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_BYTES;
	outcome->n = n;
	return space_touch(side, addr, outcome->bytes, NULL, n, outcome);
}

static int space_store(struct svma_side *side, __u64 addr, const void *bytes, size_t n,
		       struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = n;
	return space_touch(side, addr, NULL, bytes, n, outcome);
}

/*
 * Numbers that a script names without a path stand for closed descriptors, as in the host's child.
 */
static int find_fd(void *data, int fd)
{
	struct svma_side *side = data;

	for (size_t i = 0; i < side->n_files; i++)
		if (side->files[i].fd == fd)
			return fd;
	return -1;
}

static int space_call(struct svma_side *side, const struct svma_verb *verb,
		      const __u64 args[SVMA_VERB_ARGS], struct svma_outcome *outcome)
{
	struct svma_verb_env env = { .space = side->space, .fd = find_fd, .data = side };

	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = svma_verb_space(verb, &env, args);
	if (!verb->space || outcome->result == -ENOTTY || outcome->result == -EOPNOTSUPP)
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
	return 0;
}

static int space_mincore(struct svma_side *side, __u64 addr, __u64 len,
			 struct svma_outcome *outcome)
{
	int err = svma_client_mincore(side->space, addr, len, (unsigned char *)outcome->bytes);

	svma_vec_outcome(outcome, err, len);
	/* Without pages none is present, whatever the host has. */
	outcome->vec &= side->pages;
	if (err == -ENOTTY || err == -EOPNOTSUPP)
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
	return 0;
}

static int space_open(struct svma_side *side, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	(void)side;
	return fd < 0 ? -errno : fd;
}

bool svma_side_window(const struct svma_side *side, size_t i, __u64 *addr, __u64 *len, __u64 *mem)
{
	if (i >= side->n_windows)
		return false;
	*addr = side->windows[i].addr;
	*len = side->windows[i].len;
	*mem = (__u64)(unsigned long)side->windows[i].mem;
	return true;
}

int svma_side_numbered(const struct svma_side *side, unsigned int number)
{
	if (side->number == number)
		return side->space;
	for (size_t i = 0; i < side->n_left; i++)
		if (side->left[i].number == number)
			return side->left[i].space;
	return -1;
}

static void drop_windows(struct svma_side *side)
{
	for (size_t i = 0; i < side->n_windows; i++)
		munmap((void *)side->windows[i].mem, side->windows[i].len);
	side->n_windows = 0;
}

/* The space that is left behind stays open to the end, as a process of the other side stays. */
static int space_fork(struct svma_side *side, bool child, struct svma_outcome *outcome)
{
	int fork = svma_client_fork(side->space);
	struct svma_left *left, made;

	if ((fork == -EOPNOTSUPP || fork == -ENOTTY) && !child) {
		outcome->kind = SVMA_OUTCOME_UNSUPPORTED;
		return 0;
	}
	if (fork < 0)
		return fork;
	left = reallocarray(side->left, side->n_left + 1, sizeof(*left));
	if (!left) {
		close(fork);
		return -ENOMEM;
	}
	side->left = left;
	made = (struct svma_left){ .space = fork, .number = side->n_left + 2 };
	left[side->n_left] = made;
	if (child) {
		drop_windows(side);
		left[side->n_left].space = side->space;
		left[side->n_left].number = side->number;
		side->space = made.space;
		side->number = made.number;
	}
	side->n_left++;
	outcome->kind = SVMA_OUTCOME_RESULT;
	return 0;
}

static void space_close(struct svma_side *side)
{
	drop_windows(side);
	free(side->windows);
	for (size_t i = 0; i < side->n_left; i++)
		close(side->left[i].space);
	free(side->left);
	for (size_t i = 0; i < side->n_files; i++)
		close(side->files[i].fd);
	close(side->space);
	close(side->machine);
}

static const struct svma_side_ops space_ops = {
	.name = "shadow",
	.call = space_call,
	.load = space_load,
	.store = space_store,
	.mincore = space_mincore,
	.fork = space_fork,
	.open = space_open,
	.close = space_close,
};

/* Values that hold for every process of this machine. */
static int fill_common(struct svma_side *side)
{
	const __u64 common = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_MIN_ADDR |
			     SVMA_LAYOUT_GUARD_GAP | SVMA_LAYOUT_PERSONALITY;
	struct svma_machine machine;
	struct svma_layout layout;
	int err = svma_proc_machine(&machine);

	if (!err)
		err = svma_client_machine_set(side->machine, &machine);
	if (!err)
		err = svma_proc_layout(getpid(), &layout);
	if (err)
		return err;
	layout.told &= common;
	return svma_client_layout_set(side->space, &layout);
}

int svma_side_space(struct svma_side *side, __u32 flags, __u32 profile, __u32 kernel)
{
	int err;

	*side = (struct svma_side){
		.space = -1, .number = 1, .pages = !(flags & SVMA_SPACE_LAYOUT),
	};
	side->machine = svma_client_machine();
	if (side->machine < 0)
		return side->machine;
	side->space = svma_client_space(side->machine, flags, profile, kernel);
	if (side->space < 0) {
		err = side->space;
		close(side->machine);
		return err;
	}
	side->ops = &space_ops;
	catch_signals();
	err = fill_common(side);
	if (err)
		svma_side_stop(side);
	return err;
}

/* So many files has a program right after its exec at most: itself, and what loads it. */
#define FILES_MAX 8

/**
 * struct opened - files opened for regions
 * @file: number of the open file, as SVMA_IOC_TASK_REGIONS has it
 * @fd: our descriptor for it
 * @n: how many
 */
struct opened {
	__u32 file[FILES_MAX];
	int fd[FILES_MAX];
	size_t n;
};

/*
 * A descriptor for the file behind a line of maps, or -1: opened anew, and only if it is still the
 * same file.
 */
static int open_mapped(const struct svma_proc_map *map)
{
	struct stat st;
	int fd;

	if (!map || !map->inode || *map->path != '/')
		return -1;
	fd = open(map->path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != map->inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Regions of one open file have one here too: they may merge. */
static int import_region(int space, const struct svma_task_region *region,
			 const struct svma_proc_maps *maps, struct opened *opened)
{
	struct svma_import import = {
		.start = region->start, .end = region->end, .flags = region->flags,
		.pgoff = region->pgoff, .fd = -1,
		.anon = region->anon, .anon_flags = region->anon_flags,
	};
	size_t i;

	if (!region->file)
		return svma_client_import(space, &import);
	for (i = 0; i < opened->n && opened->file[i] != region->file; i++)
		;
	if (i == FILES_MAX)
		return -EMFILE;
	if (i == opened->n) {
		opened->fd[i] = open_mapped(svma_proc_maps_find(maps, region->start));
		if (opened->fd[i] < 0)
			return -ENOENT;
		opened->file[opened->n++] = region->file;
	}
	import.fd = opened->fd[i];
	return svma_client_import(space, &import);
}

/*
 * With five levels of page tables a program's addresses reach further than the pages of a space
 * may: then it ends where programs without a hint that asks for more end.
 */
static int set_layout(struct svma_side *side, struct svma_layout *layout)
{
	int err = svma_client_layout_set(side->space, layout);

	if (err != -EINVAL || !side->pages || layout->high <= LOW_HALF)
		return err;
	side->cut = layout->high;
	layout->high = LOW_HALF;
	return svma_client_layout_set(side->space, layout);
}

static int adopt_regions(struct svma_side *side, const struct svma_proc_maps *maps,
			 const struct svma_task_region_list *regions)
{
	struct opened opened = { .n = 0 };
	int err = 0;

	for (size_t i = 0; i < regions->n && !err; i++) {
		const struct svma_task_region *r = &regions->v[i];

		err = import_region(side->space, r, maps, &opened);
		if (err)
			svma_error("cannot import the region %llx-%llx (flags 0x%llx): %s",
				   r->start, r->end, r->flags, strerror(-err));
	}
	while (opened.n)
		close(opened.fd[--opened.n]);
	return err;
}

int svma_side_adopt(struct svma_side *side, const struct svma_side *host)
{
	pid_t pid = host->host.pid;
	struct svma_task_region_list regions = { 0 };
	struct svma_proc_maps maps = { 0 };
	struct svma_layout layout;
	struct svma_task task;
	int err = svma_client_task(side->machine, pid, &task);

	if (!err)
		err = svma_proc_layout(pid, &layout);
	if (!err) {
		svma_proc_layout_task(&layout, &task);
		err = set_layout(side, &layout);
	}
	if (!err)
		err = svma_proc_maps_read(pid, &maps);
	if (!err)
		err = svma_client_task_regions(side->machine, pid, 0, ~0ULL, &regions);
	if (!err)
		err = adopt_regions(side, &maps, &regions);
	svma_task_region_list_free(&regions);
	svma_proc_maps_free(&maps);
	return err;
}

/*
 * A space with pages knows what was written itself. What the file wants is known once it is mapped.
 */
static int tell_closes(struct svma_side *side, const struct svma_task_region_list *host)
{
	struct svma_region_list own = { 0 };
	int err = svma_client_regions(side->space, 0, ~0ULL, &own);

	for (size_t i = 0; !err && i < own.n && i < host->n; i++) {
		const struct svma_region *r = &own.v[i];

		if (r->start == host->v[i].start &&
		    host->v[i].anon_flags & ~r->anon_flags & SVMA_ANON_CLOSES)
			err = svma_client_anon(side->space, r->start, r->anon,
					       r->anon_flags | SVMA_ANON_CLOSES);
	}
	svma_region_list_free(&own);
	return err;
}

int svma_side_refresh(struct svma_side *side, const struct svma_side *host)
{
	struct svma_task_region_list regions = { 0 };
	int err = svma_client_task_regions(side->machine, host->host.pid, 0, ~0ULL, &regions);
	bool closes = false;

	for (size_t i = 0; !err && i < regions.n; i++) {
		const struct svma_task_region *r = &regions.v[i];

		closes |= r->anon_flags & SVMA_ANON_CLOSES;
		if (!side->pages && (r->anon || r->anon_flags))
			err = svma_client_anon(side->space, r->start, r->anon, r->anon_flags);
	}
	if (!err && side->pages && closes)
		err = tell_closes(side, &regions);
	svma_task_region_list_free(&regions);
	return err;
}
