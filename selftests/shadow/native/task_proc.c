// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_TASK and SVMA_IOC_TASK_REGIONS as far as /proc allows to guess them.
 *
 * Guessed: the mmap base, from the highest mapping that exec leaves; which regions were written,
 * from "Anonymous:"; identities of files, by inode.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "proc.h"

#define HIGH 0x7ffffffff000ULL

/* What was found out about an address space. A fork keeps the place of the stack. */
struct known {
	struct known *next;
	__u64 stack_top;
	pid_t pid;
	__u64 mmap_base;
	struct svma_task_region_list last;
};

static struct known *all;
static __u32 last_anon;

static bool same_memory(pid_t a, pid_t b)
{
	return a == b || !syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
}

/* A fork's child starts with what its parent wrote, under other identities, and merges less. */
static void inherit(struct known *child, const struct known *parent)
{
	child->mmap_base = parent->mmap_base;
	child->last.cap = parent->last.n;
	child->last.n = parent->last.n;
	child->last.v = calloc(parent->last.n + 1, sizeof(*child->last.v));
	memcpy(child->last.v, parent->last.v, parent->last.n * sizeof(*child->last.v));
	for (size_t i = 0; i < child->last.n; i++)
		if (child->last.v[i].anon) {
			child->last.v[i].anon = ++last_anon;
			child->last.v[i].anon_flags = SVMA_ANON_FORKED;
		}
}

static struct known *find(__u64 stack_top, pid_t pid)
{
	struct known *k, *parent = NULL;

	for (k = all; k; k = k->next) {
		if (k->stack_top != stack_top)
			continue;
		if (same_memory(k->pid, pid)) {
			k->pid = pid;
			return k;
		}
		if (!parent || k->pid == svma_proc_parent(pid))
			parent = k;
	}
	k = calloc(1, sizeof(*k));
	k->stack_top = stack_top;
	k->pid = pid;
	k->next = all;
	all = k;
	if (parent)
		inherit(k, parent);
	return k;
}

int svma_client_task(int machine, pid_t pid, struct svma_task *task)
{
	struct svma_proc_maps maps = { 0 };
	struct svma_layout l = { 0 };
	struct known *k;
	int err = svma_proc_layout(pid, &l);

	if (!err)
		err = svma_proc_maps_read(pid, &maps);
	if (err)
		return err;
	k = find(l.stack_top, pid);
	for (size_t i = 0; i < maps.n && !k->mmap_base; i++)
		if (!strcmp(maps.v[i].path, "[stack]") && i)
			k->mmap_base = maps.v[i - 1].end;
	*task = (struct svma_task){
		.pid = pid, .mmap_base = k->mmap_base, .high = HIGH,
		.legacy_base = (HIGH / 3 + 4095) & ~4095ULL, .start_code = l.start_code,
		.end_code = l.end_code, .start_data = l.start_data, .end_data = l.end_data,
		.start_brk = l.start_brk, .brk = l.brk, .stack_top = l.stack_top,
		.direction = l.direction, .map_count = maps.n,
	};
	svma_proc_maps_free(&maps);
	return 0;
}

static const struct { const char *name; __u64 flag; } names[] = {
	{ "rd", SVMA_VM_READ }, { "wr", SVMA_VM_WRITE }, { "ex", SVMA_VM_EXEC },
	{ "sh", SVMA_VM_SHARED }, { "mr", SVMA_VM_MAYREAD }, { "mw", SVMA_VM_MAYWRITE },
	{ "me", SVMA_VM_MAYEXEC }, { "ms", SVMA_VM_MAYSHARE }, { "gd", SVMA_VM_GROWSDOWN },
	{ "lo", SVMA_VM_LOCKED }, { "io", SVMA_VM_IO }, { "sr", SVMA_VM_SEQ_READ },
	{ "rr", SVMA_VM_RAND_READ }, { "dc", SVMA_VM_DONTCOPY }, { "de", SVMA_VM_DONTEXPAND },
	{ "lf", SVMA_VM_LOCKONFAULT }, { "ac", SVMA_VM_ACCOUNT }, { "nr", SVMA_VM_NORESERVE },
	{ "ht", SVMA_VM_HUGETLB }, { "sf", SVMA_VM_SYNC }, { "wf", SVMA_VM_WIPEONFORK },
	{ "dd", SVMA_VM_DONTDUMP }, { "mm", SVMA_VM_MIXEDMAP }, { "hg", SVMA_VM_HUGEPAGE },
	{ "nh", SVMA_VM_NOHUGEPAGE }, { "mg", SVMA_VM_MERGEABLE }, { "pf", SVMA_VM_PFNMAP },
	{ "sl", SVMA_VM_SEALED }, { "dp", SVMA_VM_DROPPABLE }, { "gu", SVMA_VM_GUARDED },
	{ "um", SVMA_VM_UFFD_MISSING }, { "uw", SVMA_VM_UFFD_WP }, { "ui", SVMA_VM_UFFD_MINOR },
};

static __u64 parse_flags(char *text)
{
	static const char blanks[] = "\n ";
	__u64 flags = 0;

	for (char *w = strtok(text, blanks); w; w = strtok(NULL, blanks))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(w, names[i].name))
				flags |= names[i].flag;
	return flags;
}

static bool may_share(const struct svma_task_region *a, const struct svma_task_region *b)
{
	const __u64 access = SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC;

	return a->end == b->start && !((a->anon_flags | b->anon_flags) & SVMA_ANON_FORKED) &&
	       !((a->flags ^ b->flags) & ~access) && a->file == b->file &&
	       a->pgoff + (a->end - a->start) / SVMA_PAGE_SIZE == b->pgoff;
}

static void remember(struct known *k, struct svma_task_region_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct svma_task_region *r = &list->v[i];

		for (size_t j = 0; j < k->last.n; j++) {
			const struct svma_task_region *old = &k->last.v[j];

			if (old->anon && old->start < r->end && r->start < old->end) {
				r->anon = old->anon;
				r->anon_flags |= old->anon_flags;
				break;
			}
		}
		/* A first write gets the reverse map of a neighbour that would merge. */
		if (r->anon == ~0u && i && r[-1].anon && may_share(r - 1, r))
			r->anon = r[-1].anon;
		if (r->anon == ~0u && i + 1 < list->n && r[1].anon != ~0u && r[1].anon &&
		    may_share(r, r + 1))
			r->anon = r[1].anon;
		if (r->anon == ~0u)
			r->anon = ++last_anon;
	}
	if (k->last.cap < list->n) {
		k->last.cap = list->n * 2;
		k->last.v = realloc(k->last.v, k->last.cap * sizeof(*k->last.v));
	}
	memcpy(k->last.v, list->v, list->n * sizeof(*list->v));
	k->last.n = list->n;
}

int svma_client_task_regions(int machine, pid_t pid, __u64 start, __u64 end,
			     struct svma_task_region_list *list)
{
	char path[64], line[4400], perms[5];
	unsigned int major, minor;
	struct svma_layout l;
	__u64 a, b, off, ino;
	long kb;
	FILE *f;

	if (svma_proc_layout(pid, &l))
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	list->n = 0;
	while (fgets(line, sizeof(line), f)) {
		struct svma_task_region *r = list->n ? &list->v[list->n - 1] : NULL;

		if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu", &a, &b, perms, &off, &major,
			   &minor, &ino) == 7) {
			if (a >> 63)
				break;
			if (list->n == list->cap) {
				list->cap = list->cap ? list->cap * 2 : 256;
				list->v = realloc(list->v, list->cap * sizeof(*list->v));
			}
			r = &list->v[list->n++];
			*r = (struct svma_task_region){ .start = a, .end = b };
			r->file = ino || major || minor ? ino << 20 ^ (__u64)major << 8 ^ minor : 0;
			r->pgoff = (r->file ? off : a) >> 12;
			if (strstr(line, " /SYSV"))
				r->anon_flags = SVMA_ANON_CLOSES;
		} else if (r && sscanf(line, "Anonymous: %ld", &kb) == 1) {
			r->anon = kb ? ~0u : 0;
		} else if (r && !strncmp(line, "VmFlags:", 8)) {
			r->flags |= parse_flags(line + 8);
			if (r->start <= l.stack_top && l.stack_top < r->end)
				r->flags |= SVMA_VM_STACK;
		}
	}
	fclose(f);
	remember(find(l.stack_top, pid), list);
	return 0;
}
