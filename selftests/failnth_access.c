// SPDX-License-Identifier: GPL-2.0
/*
 * What else failnth_test makes fail: whole spaces, listings, faults and windows.
 */
#include <stdio.h>
#include <unistd.h>

#include "failnth.h"
#include "inject.h"
#include "support.h"

/* Whole spaces. A new descriptor is closed by failnth_settle(). */

static long space_create(struct failnth_space *s)
{
	s->made = space_make(s->machine, 0);
	return failnth_zero(s->made);
}

static long space_ready(struct failnth_space *s)
{
	s->made = space_make(s->machine, SVMA_SPACE_READY);
	return failnth_zero(s->made);
}

static long machine_new(struct failnth_space *s)
{
	s->made = machine_open();
	return failnth_zero(s->made);
}

static long fork_space(struct failnth_space *s)
{
	s->made = verb_fork(s->space);
	return failnth_zero(s->made);
}

static long snapshot_take(struct failnth_space *s)
{
	s->made = verb_snapshot(s->space);
	return failnth_zero(s->made);
}

static long restore(struct failnth_space *s)
{
	return verb_restore(s->space, s->other);
}

static long changed(struct failnth_space *s)
{
	struct svma_changed_range list[8];
	struct svma_changes arg = {
		.fd = s->other, .end = at(16), .buf = (unsigned long)list, .count = 8,
	};
	long err = call(s->space, SVMA_IOC_CHANGED, &arg);

	return err ?: arg.count;
}

static long copy_range(struct failnth_space *s)
{
	struct svma_copy arg = { .fd = s->other, .from = at(0), .to = at(4), .len = 2 * PAGE };

	return call(s->space, SVMA_IOC_COPY, &arg);
}

const struct failnth_case failnth_spaces[] = {
	{ "open of a machine", 0, machine_new, .least = 2 },
	{ "SPACE_CREATE", 0, space_create, .least = 4 },
	{ "SPACE_CREATE with pages kept ready", 0, space_ready, .least = 4 },
	{ "FORK", 0, fork_space, .least = 8 },
	{ "SNAPSHOT", 0, snapshot_take, .least = 8 },
	{ "RESTORE", FAILNTH_SNAPSHOT, restore, .least = 1 },
	{ "CHANGED", FAILNTH_SNAPSHOT, changed, .answer = 1, .least = 3 },
	{ "COPY", FAILNTH_SNAPSHOT | FAILNTH_PAGES | FAILNTH_DONE, copy_range, .least = 2 },
	{ }
};

/* Listings change nothing. */

static long list_regions(struct failnth_space *s)
{
	struct svma_region list[16];
	struct svma_regions arg = { .end = ~0ULL, .buf = (unsigned long)list, .count = 16 };

	return call(s->space, SVMA_IOC_REGIONS, &arg);
}

static long list_pages(struct failnth_space *s)
{
	struct svma_page list[32];
	struct svma_page_list arg = { .end = ~0ULL, .buf = (unsigned long)list, .count = 32 };

	return call(s->space, SVMA_IOC_PAGES, &arg);
}

static long list_smaps(struct failnth_space *s)
{
	struct svma_smap list[16];
	struct svma_smaps arg = { .end = ~0ULL, .buf = (unsigned long)list, .count = 16 };

	return call(s->space, SVMA_IOC_SMAPS, &arg);
}

static long list_rmap(struct failnth_space *s)
{
	struct svma_rmap_region list[8];
	struct svma_rmap arg = {
		.fd = s->file, .last = ~0ULL, .buf = (unsigned long)list, .count = 8,
	};
	long err = call(s->machine, SVMA_IOC_RMAP, &arg);

	return err ?: arg.count;
}

static long list_steps(struct failnth_space *s)
{
	struct svma_step list[8];
	struct svma_steps arg = { .buf = (unsigned long)list, .count = 8 };

	return call(s->space, SVMA_IOC_STEPS, &arg);
}

static long lookup(struct failnth_space *s)
{
	struct svma_lookup arg = { .addr = at(2) };

	return call(s->space, SVMA_IOC_LOOKUP, &arg);
}

static long mincore_pages(struct failnth_space *s)
{
	unsigned char vec[8];
	struct svma_mincore arg = { .addr = at(0), .len = 8 * PAGE, .vec = (unsigned long)vec };

	return call(s->space, SVMA_IOC_MINCORE, &arg);
}

static long read_fdinfo(struct failnth_space *s)
{
	char path[64], text[2048];
	int fd;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", s->space);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text));
	got = got < 0 ? -errno : 0;
	close(fd);
	return got;
}

const struct failnth_case failnth_listings[] = {
	{ "REGIONS", 0, list_regions, .least = 1 },
	{ "PAGES", 0, list_pages, .least = 1 },
	{ "SMAPS", 0, list_smaps, .least = 1 },
	{ "RMAP", 0, list_rmap, .answer = 4, .least = 1 },
	{ "STEPS", 0, list_steps, .least = 1 },
	{ "LOOKUP", 0, lookup, .least = 1 },
	{ "MINCORE", 0, mincore_pages, .also = -EAGAIN, .least = 1 },
	{ "fdinfo", 0, read_fdinfo, .least = 1 },
	{ }
};

/*
 * Faults in a window, and the same by pread and pwrite. A window without memory is SIGBUS; where
 * the kernel lacks some for its own page table, it tries again. A region that was never written has
 * its reverse map before it has a page, as the kernel's does.
 */

static long fault_new(struct failnth_space *s)
{
	return store(s->window + FAILNTH_FRESH_SHARED * PAGE, 1);
}

static long fault_fresh(struct failnth_space *s)
{
	return store(s->window + FAILNTH_FRESH * PAGE, 1);
}

static long fault_private(struct failnth_space *s)
{
	return store(s->window + 2 * PAGE, 1);
}

static long fault_read(struct failnth_space *s)
{
	__u64 value;

	return load(s->window + FAILNTH_FRESH_SHARED * PAGE, &value);
}

static long fault_file(struct failnth_space *s)
{
	__u64 value;

	return load(s->window + FAILNTH_FRESH_FILE * PAGE, &value);
}

static long fault_file_copy(struct failnth_space *s)
{
	return store(s->window + FAILNTH_FRESH_FILE * PAGE, 1);
}

static long fault_file_shared(struct failnth_space *s)
{
	return store(s->window + FAILNTH_FRESH_FILE_SHARED * PAGE, 0);
}

static long fault_stack(struct failnth_space *s)
{
	return store(s->window + (FAILNTH_STACK_TOP - 10) * PAGE, 1);
}

static long write_page(struct failnth_space *s)
{
	return page_put(s->space, 2, 1);
}

static long write_new(struct failnth_space *s)
{
	return page_put(s->space, FAILNTH_FRESH, 1);
}

const struct failnth_case failnth_faults[] = {
	{ "fault in a page that is there", FAILNTH_WINDOW, fault_private,
	  .also = SIGBUS, .least = 0 },
	{ "fault in a new page", FAILNTH_WINDOW | FAILNTH_PAGES | FAILNTH_DONE,
	  fault_fresh, .also = SIGBUS, .least = 1 },
	{ "fault in a new shared page", FAILNTH_WINDOW | FAILNTH_PAGES, fault_new,
	  .also = SIGBUS, .least = 1 },
	{ "fault that reads shared memory", FAILNTH_WINDOW | FAILNTH_PAGES, fault_read,
	  .also = SIGBUS, .least = 1 },
	{ "fault that copies what a snapshot has", FAILNTH_WINDOW | FAILNTH_SNAPSHOT, fault_private,
	  .also = SIGBUS,
	  .least = 1 },
	{ "fault that reads a file", FAILNTH_WINDOW | FAILNTH_PAGES, fault_file,
	  .also = SIGBUS, .least = 1 },
	{ "fault that copies a page of a file", FAILNTH_WINDOW | FAILNTH_PAGES | FAILNTH_DONE,
	  fault_file_copy, .also = SIGBUS, .least = 1 },
	{ "fault that writes to a file", FAILNTH_WINDOW | FAILNTH_PAGES, fault_file_shared,
	  .also = SIGBUS, .least = 0 },
	{ "fault that makes a stack grow",
	  FAILNTH_WINDOW | FAILNTH_STACK | FAILNTH_PAGES | FAILNTH_DONE, fault_stack,
	  .also = SIGBUS, .least = 1 },
	{ "pwrite", 0, write_page, .least = 1 },
	{ "pwrite of a new page", FAILNTH_PAGES | FAILNTH_DONE, write_new, .least = 1 },
	{ "pwrite that copies", FAILNTH_SNAPSHOT | FAILNTH_PAGES, write_page, .least = 1 },
	{ }
};

/* Windows. */

static long window_new(struct failnth_space *s)
{
	s->second_len = 16 * PAGE;
	s->second = window(s->space, 0, 16, RW);
	if (s->second != NO_WINDOW)
		return 0;
	s->second = NULL;
	return -errno;
}

/* The kernel splits and joins its own regions; what is left over is unmapped as one. */
static long window_cut(struct failnth_space *s)
{
	return munmap(s->window + 20 * PAGE, PAGE) ? -errno : 0;
}

static long window_protect(struct failnth_space *s)
{
	return mprotect(s->window + 16 * PAGE, 4 * PAGE, PROT_READ) ? -errno : 0;
}

static long window_move(struct failnth_space *s)
{
	char *to = mremap(s->window, FAILNTH_WINDOW_PAGES * PAGE, FAILNTH_WINDOW_PAGES * PAGE,
			  MREMAP_MAYMOVE | MREMAP_FIXED, (char *)0x7e0000000000);

	if (to == MAP_FAILED)
		return -errno;
	s->window = to;
	return 0;
}

static long window_fill(struct failnth_space *s)
{
	struct svma_window_fill arg = { .addr = (unsigned long)s->window, .len = 16 * PAGE };

	return call(s->space, SVMA_IOC_WINDOW_FILL, &arg);
}

const struct failnth_case failnth_windows[] = {
	{ "mmap of a window", 0, window_new, .least = 1 },
	{ "munmap of a part of a window", FAILNTH_WINDOW | FAILNTH_SPLIT, window_cut, .least = 1 },
	{ "mprotect of a part of a window", FAILNTH_WINDOW | FAILNTH_SPLIT, window_protect,
	  .least = 1 },
	{ "mremap of a window", FAILNTH_WINDOW, window_move, .least = 1 },
	{ "WINDOW_FILL", FAILNTH_WINDOW, window_fill, .least = 1 },
	{ }
};
