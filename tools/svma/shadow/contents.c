// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "calls.h"
#include "contents.h"
#include "memory.h"
#include "mirror.h"
#include "park.h"

/* So much of a call's memory is compared; what is more is counted. */
#define LIMIT (16ULL << 20)

/* So many ranges has a fork at most. */
#define RANGES 256

/* The end of the addresses of a space with pages. */
#define HIGH ((1ULL << 47) - SHADOW_PAGE)

/* Regions whose bytes are not those of this address space alone, or that nobody may touch. */
#define NOT_OURS (SVMA_VM_MAYSHARE | SVMA_VM_IO | SVMA_VM_PFNMAP | SVMA_VM_MIXEDMAP | \
		  SVMA_VM_HUGETLB | SVMA_VM_SPECIAL | SVMA_VM_GUARDED | SVMA_VM_SEALED | \
		  SVMA_VM_DROPPABLE)

/* What a space needs to be filled and read, whatever the program may do. */
#define OPEN (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE)

/* Pages in which, @anon, nothing is behind what was never written. */
struct range {
	__u64 start;
	__u64 end;
	bool anon;
};

/**
 * struct shadow_contents - the memory that a call affects
 * @space: a space with pages
 * @ranges: what is in it and is compared
 * @n: how many ranges
 * @left: bytes that may still be copied
 */
struct shadow_contents {
	int space;
	struct range ranges[RANGES];
	size_t n;
	__u64 left;
};

static __u64 page_up(__u64 n)
{
	return (n + SHADOW_PAGE - 1) & ~(SHADOW_PAGE - 1);
}

void shadow_contents_free(struct shadow_mirror *mirror)
{
	if (!mirror->contents)
		return;
	close(mirror->contents->space);
	free(mirror->contents);
	mirror->contents = NULL;
}

void shadow_contents_drop(struct shadow *sh, struct shadow_mirror *mirror)
{
	if (!sh->opt.contents)
		return;
	shadow_contents_free(mirror);
	mirror->still = false;
	shadow_unpark(sh, mirror);
}

/* What the call reads or moves: false if it leaves no bytes to be compared. */
static bool affected(const struct shadow_call *call, struct range *r)
{
	const __u64 *a = call->args;
	__u64 len = a[1];

	switch (call->verb->nr) {
	case SYS_madvise:
		/* Whether memory that is free to take was taken is up to the kernel. */
		if (a[2] == MADV_FREE)
			return false;
		break;
	case SYS_mremap:
		break;
	case SYS_mprotect:
	case SYS_mlock:
	case SYS_munlock:
		break;
	default:
		*r = (struct range){ 0 };
		return call->verb->nr == SYS_mmap;
	}
	*r = (struct range){ a[0], a[0] + page_up(len), false };
	return !(a[0] & (SHADOW_PAGE - 1)) && r->start < r->end && r->end <= HIGH;
}

static int new_space(struct shadow *sh, struct shadow_mirror *mirror)
{
	struct svma_layout layout = mirror->layout;
	int space = svma_client_space(sh->machine, 0, SVMA_PROFILE_HOST, 0), err;

	if (space < 0)
		return space;
	layout.def_flags = 0;
	if (layout.high > HIGH)
		layout.high = HIGH;
	err = svma_client_layout_set(space, &layout);
	if (!err)
		return space;
	close(space);
	return err;
}

/* A region with its bytes in a range: how many of these were taken. */
static __u64 take_region(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
			 const struct svma_task_region *r, struct range range)
{
	struct shadow_contents *c = mirror->contents;
	struct svma_import import = {
		.start = r->start, .end = r->end, .pgoff = r->pgoff, .fd = -1,
		.flags = (r->flags & ~(SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT)) | OPEN,
	};

	if (r->flags & NOT_OURS || c->n == RANGES)
		return 0;
	if (r->file) {
		import.fd = shadow_mirror_file(sh, mirror, pid, r);
		if (import.fd < 0)
			return 0;
	}
	if (svma_client_import(c->space, &import))
		return 0;
	if (range.end - range.start > c->left)
		range.end = range.start + c->left;
	if (range.start == range.end ||
	    shadow_memory_copy(pid, c->space, range.start, range.end))
		return 0;
	range.anon = !r->file;
	c->left -= range.end - range.start;
	c->ranges[c->n++] = range;
	return range.end - range.start;
}

/* The regions that the call affects, in a space of their own. */
static void take(struct shadow *sh, struct shadow_task *task, struct range range)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_contents *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->left = LIMIT;
	c->space = new_space(sh, mirror);
	if (c->space < 0) {
		shadow_count(&sh->stats.notes, "contents: no space for them");
		free(c);
		return;
	}
	mirror->contents = c;
	for (size_t i = 0; i < mirror->kernel.n; i++) {
		const struct svma_task_region *r = &mirror->kernel.v[i];
		struct range part = range;
		__u64 taken;

		part.start = part.start > r->start ? part.start : r->start;
		part.end = part.end < r->end ? part.end : r->end;
		/* The kernel's own; the two lists are of one layout. */
		if (i < mirror->regions.n && mirror->regions.v[i].start == r->start &&
		    mirror->regions.v[i].flags & SVMA_VM_SPECIAL)
			continue;
		/* Of what was never written a fork has nothing to copy. */
		if (part.start >= part.end || (task->call.verb->kind == SHADOW_FORK && !r->anon))
			continue;
		taken = take_region(sh, mirror, task->tid, r, part);
		sh->stats.contents_left += (part.end - part.start - taken) / SHADOW_PAGE;
	}
}

void shadow_contents_hold(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;

	if (!sh->opt.contents)
		return;
	mirror->still = shadow_park(sh, task);
	if (mirror->still)
		return;
	shadow_count(&sh->stats.notes, "contents: a thread could not be stopped");
	shadow_unpark(sh, mirror);
}

void shadow_contents_begin(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	const struct shadow_call *call = &task->call;
	struct range range = { 0, HIGH, false };

	if (!sh->opt.contents || !mirror->still || mirror->space < 0)
		return;
	if (call->verb->kind != SHADOW_FORK &&
	    (call->verb->kind != SHADOW_MODELLED || !affected(call, &range)))
		return;
	take(sh, task, range);
}

/* Descriptors of the program are those that the prediction has borrowed. */
static int same_fd(void *data, int fd)
{
	(void)fd;
	return *(int *)data;
}

/* Do the call where the kernel has done it: false if that cannot be. */
static bool redo(struct shadow_task *task, struct range *now)
{
	struct shadow_call *call = &task->call;
	struct svma_verb_env env = {
		.space = task->mirror->contents->space, .fd = same_fd, .data = &call->fd,
	};
	__u64 args[6];

	memcpy(args, call->args, sizeof(args));
	*now = (struct range){ call->result, call->result, false };
	if (call->verb->nr == SYS_mmap) {
		now->end += page_up(args[1]);
		now->anon = args[3] & MAP_ANONYMOUS;
		if (args[3] & (MAP_SHARED | MAP_HUGETLB))
			return false;
		args[0] = call->result;
		args[2] = PROT_READ | PROT_WRITE;
		args[3] = (args[3] & ~(MAP_FIXED_NOREPLACE | MAP_LOCKED | MAP_POPULATE |
				       MAP_GROWSDOWN)) | MAP_FIXED;
	} else if (call->verb->nr == SYS_mremap) {
		if ((__u64)call->result != args[0]) {
			args[3] |= MREMAP_MAYMOVE | MREMAP_FIXED;
			args[4] = call->result;
		}
		now->end = now->start + page_up(args[2]);
	} else if (call->verb->nr == SYS_madvise) {
		*now = (struct range){ args[0], args[0] + page_up(args[1]), false };
	} else {
		/* Of the program's protection and locks the space has nothing. */
		*now = (struct range){ args[0], args[0] + page_up(args[1]), false };
		return true;
	}
	if (now->end > HIGH)
		return false;
	return svma_verb_space(call->verb->verb, &env, args) == call->result;
}

static void compare(struct shadow *sh, struct shadow_task *task, const struct shadow_contents *c,
		    struct range range)
{
	struct shadow_differing d = { 0 };
	__u64 pages = (range.end - range.start) / SHADOW_PAGE;

	if (range.end - range.start > LIMIT) {
		sh->stats.contents_left += pages - LIMIT / SHADOW_PAGE;
		range.end = range.start + LIMIT;
	}
	sh->stats.contents_pages += shadow_memory_compare(task->tid, c->space, range.start,
							  range.end, range.anon, &d);
	if (!d.pages)
		return;
	sh->stats.contents++;
	shadow_log_call(sh, task, "contents");
	shadow_say(sh, "%s: %llu page%s differ%s; at %llx the model has %02x, the kernel %02x",
		   task->call.verb->name, d.pages, d.pages == 1 ? "" : "s", d.pages == 1 ? "s" : "",
		   d.addr, d.model, d.kernel);
	if (sh->shown)
		return;
	sh->shown = true;
	fprintf(stderr, "svma shadow: first difference: contents, process %d, space %u\n",
		(int)task->tgid, task->mirror->id);
	shadow_call_print(stderr, &task->call);
}

/* Only what was copied is compared: what else is there the space does not know. */
static void compare_known(struct shadow *sh, struct shadow_task *task,
			  const struct shadow_contents *c, struct range range, __u64 shift)
{
	for (size_t i = 0; i < c->n; i++) {
		struct range r = c->ranges[i];

		r.start += shift;
		r.end += shift;
		r.start = r.start > range.start ? r.start : range.start;
		r.end = r.end < range.end ? r.end : range.end;
		if (r.start < r.end)
			compare(sh, task, c, r);
	}
}

/* What has become longer, and what was left in place of what has moved. */
static void compare_moved(struct shadow *sh, struct shadow_task *task,
			  const struct shadow_contents *c, struct range now)
{
	const __u64 *a = task->call.args;
	struct range rest = now;

	/* Of an old mapping that was not taken the new one is not known either. */
	if (c->n != 1 || c->ranges[0].end - c->ranges[0].start != page_up(a[1]))
		return;
	rest.anon = c->ranges[0].anon;
	rest.start += page_up(a[1]);
	if (rest.start < rest.end)
		compare(sh, task, c, rest);
	if (a[3] & MREMAP_DONTUNMAP)
		compare(sh, task, c, c->ranges[0]);
}

void shadow_contents_end(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	struct shadow_contents *c = mirror->contents;
	const struct shadow_call *call = &task->call;
	struct range now;

	if (!c)
		return;
	if (svma_result_is_error(call->result) || call->verb->kind == SHADOW_FORK) {
		/* Nothing has changed. */
		for (size_t i = 0; i < c->n; i++)
			compare(sh, task, c, c->ranges[i]);
	} else if (!redo(task, &now)) {
		sh->stats.contents_left += (now.end - now.start) / SHADOW_PAGE;
	} else if (call->verb->nr == SYS_mmap) {
		compare(sh, task, c, now);
	} else {
		compare_known(sh, task, c, now, now.start - call->args[0]);
		if (call->verb->nr == SYS_mremap)
			compare_moved(sh, task, c, now);
	}
	shadow_contents_drop(sh, mirror);
}

/* The kernel itself writes the child's number into the child's memory, if it was asked to. */
static void write_child_number(const struct shadow_task *parent, int space, pid_t child)
{
	const struct shadow_call *call = &parent->call;
	struct clone_args args = { 0 };
	struct iovec to = { &args, sizeof(args) };
	struct iovec from = { (void *)call->args[0], sizeof(args) };

	if (call->verb->nr == SYS_clone) {
		args.flags = call->args[0];
		args.child_tid = call->args[3];
	} else if (call->verb->nr == SYS_clone3) {
		from.iov_len = call->args[1] < sizeof(args) ? call->args[1] : sizeof(args);
		if (process_vm_readv(parent->tid, &to, 1, &from, 1, 0) < 0)
			return;
	}
	if (args.flags & CLONE_CHILD_SETTID &&
	    pwrite(space, &child, sizeof(child), args.child_tid) < 0)
		return;
}

void shadow_contents_forked(struct shadow *sh, struct shadow_task *parent,
			    struct shadow_mirror *child)
{
	struct shadow_contents *c = parent->mirror->contents, *copy;
	int space;

	if (!c)
		return;
	space = svma_client_fork(c->space);
	if (space >= 0) {
		copy = malloc(sizeof(*copy));
		if (!copy)
			abort();
		*copy = *c;
		copy->space = space;
		child->contents = copy;
		write_child_number(parent, space, child->pid);
	}
	shadow_contents_drop(sh, parent->mirror);
}

void shadow_contents_born(struct shadow *sh, struct shadow_task *child)
{
	struct shadow_contents *c = child->mirror->contents;

	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		compare(sh, child, c, c->ranges[i]);
	shadow_contents_free(child->mirror);
}
