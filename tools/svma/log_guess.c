// SPDX-License-Identifier: GPL-2.0
/*
 * A log of strace tells no layout: neither what exec has mapped, nor where free mappings end, nor
 * where the heap is. What the results show of that is told to the space before the call, and the
 * result that showed it is not counted as checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "log.h"

/* Major number of /dev/null, /dev/zero and their kin, which are harmless to open. */
#define MEM_MAJOR 1

/* Far from programs, and from where the kernel places mappings. */
#define APART (1ULL << 44)

/* Of a region that is there, and nothing else is known: it may become anything. */
#define SOME_REGION (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | \
		     SVMA_VM_MAYEXEC)

static __u64 page_up(__u64 n)
{
	return (n + SVMA_PAGE_SIZE - 1) & ~(SVMA_PAGE_SIZE - 1);
}

static __u64 page_down(__u64 n)
{
	return n & ~(SVMA_PAGE_SIZE - 1);
}

/* Put a region where there is none in [start, end): how many were put, or a negative errno. */
static int fill(struct svma_run *run, __u64 start, __u64 end)
{
	struct svma_import import = { .flags = SOME_REGION, .fd = -1 };
	struct svma_region_list list = { 0 };
	int err, n = 0;

	err = svma_client_regions(run->shadow.space, start, end, &list);
	for (size_t i = 0; !err && i <= list.n; i++) {
		__u64 to = i < list.n ? list.v[i].start : end;

		if (start < to) {
			import.start = start;
			import.end = to;
			import.pgoff = start >> SVMA_PAGE_SHIFT;
			err = svma_client_import(run->shadow.space, &import);
			n++;
		}
		if (i < list.n)
			start = list.v[i].end;
	}
	svma_region_list_free(&list);
	return err ? err : n;
}

static int set_base(struct svma_run *run, __u64 base)
{
	struct svma_layout layout = { .told = SVMA_LAYOUT_MMAP_BASE, .mmap_base = base };
	struct svma_log *log = run->log;

	log->now->space->base = true;
	log->guessed = true;
	svma_log_count(run, &log->remarks, "where free mappings end is what the result shows");
	return svma_client_layout_set(run->shadow.space, &layout);
}

/* A mapping that the kernel has placed at [start, end): could it have? */
static int guess_place(struct svma_run *run, __u64 start, __u64 end)
{
	struct svma_log_space *space = run->log->now->space;
	struct svma_region region;
	struct svma_layout layout;
	bool up;
	int err;

	err = svma_client_layout_get(run->shadow.space, &layout);
	if (err)
		return err;
	up = layout.direction == SVMA_BOTTOMUP;
	if (!space->base)
		return set_base(run, up ? start : end);
	if (space->told)
		return 0;
	if (up && start < layout.mmap_base) {
		err = end < layout.mmap_base ? fill(run, end, layout.mmap_base) : 0;
		return err < 0 ? err : set_base(run, start);
	}
	if (!up && end > layout.mmap_base) {
		/* What lies in between is not known to be free. */
		err = start > layout.mmap_base ? fill(run, layout.mmap_base, start) : 0;
		return err < 0 ? err : set_base(run, end);
	}
	if (svma_client_lookup(run->shadow.space, start, &region) || region.start >= end)
		return 0;
	svma_log_count(run, &run->log->remarks, "a region that must have gone");
	return svma_client_munmap(run->shadow.space, start, end - start);
}

static int guess_heap(struct svma_run *run, __u64 brk)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK, .start_brk = brk, .brk = brk,
	};

	run->log->now->space->heap = true;
	run->log->guessed = true;
	svma_log_count(run, &run->log->remarks, "where the heap starts is what the result shows");
	return svma_client_layout_set(run->shadow.space, &layout);
}

/* The call has succeeded, so something was there. */
static int guess_range(struct svma_run *run, __u64 start, __u64 len)
{
	int n;

	if (run->log->now->space->told || !len || start + len < start)
		return 0;
	n = fill(run, page_down(start), page_up(start + len));
	if (n > 0)
		svma_log_count(run, &run->log->remarks,
			       "a region of which the log does not tell");
	return n < 0 ? n : 0;
}

int svma_log_guess(struct svma_run *run, const struct svma_line *line)
{
	const struct svma_stated *stated = &line->stated;
	bool good = stated->kind == SVMA_STATED_VALUE;
	__u64 a[SVMA_VERB_ARGS], result = stated->value.number;
	int err;

	for (unsigned int i = 0; i < SVMA_VERB_ARGS; i++)
		a[i] = line->args[i].number;
	switch (line->verb->nr) {
	case SYS_brk:
		return good && !run->log->now->space->heap ? guess_heap(run, result) : 0;
	case SYS_mmap:
		if (!good && stated->kind == SVMA_STATED_ERRNO && stated->number == EEXIST)
			return guess_range(run, a[0], 1);
		if (!good || a[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE) || result == a[0])
			return 0;
		return guess_place(run, result, result + page_up(a[1]));
	case SYS_mremap:
		err = good ? guess_range(run, a[0], a[1]) : 0;
		if (err || !good || a[3] & MREMAP_FIXED || result == a[0])
			return err;
		return guess_place(run, result, result + page_up(a[2]));
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_madvise:
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
	case SYS_msync:
	case SYS_mincore:
	case SYS_remap_file_pages:
		return good ? guess_range(run, a[0], a[1]) : 0;
	default:
		return 0;
	}
}

/* Where the log has the mapping, later lines look for it. */
void svma_log_follow(struct svma_run *run, const struct svma_line *line, __s64 result)
{
	const struct svma_stated *stated = &line->stated;
	__u64 to = stated->value.number, apart = APART, len;
	int space = run->shadow.space;

	if (stated->kind != SVMA_STATED_VALUE || svma_result_is_error(result))
		return;
	if (line->verb->nr == SYS_mmap)
		len = page_up(line->args[1].number);
	else if (line->verb->nr == SYS_mremap)
		len = page_up(line->args[2].number);
	else
		return;
	/* By way of a place where nothing is: the two may overlap. */
	if (!svma_client_mremap(space, result, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, &apart))
		svma_client_mremap(space, apart, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, &to);
}

bool svma_log_has_file(const struct svma_value *fd)
{
	struct stat st;

	if (!fd->path || stat(fd->path, &st))
		return false;
	return S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && major(st.st_rdev) == MEM_MAJOR);
}

int svma_log_stand_in(struct svma_run *run, int fd, const char *path)
{
	char name[64];
	int file;

	run->log->stand_in = true;
	snprintf(name, sizeof(name), "descriptor %d", fd);
	if (!path) {
		svma_log_count(run, &run->log->remarks,
			       "a file of ours for a descriptor without a path");
		path = name;
	} else {
		svma_log_count(run, &run->log->remarks, "a file of ours for %.100s", path);
	}
	for (size_t i = 0; i < run->shadow.n_files; i++)
		if (run->shadow.files[i].flags < 0 && !strcmp(run->shadow.files[i].path, path))
			return run->shadow.files[i].fd;
	file = memfd_create("svma-log", MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	return svma_side_keep_file(&run->shadow, path, -1, file);
}
