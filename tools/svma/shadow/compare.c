// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "compare.h"
#include "maps.h"

/* Lines shown before and after the place where the layouts part. */
#define CONTEXT 4

/* Width of one side: two addresses, permissions, offset, device, inode. */
#define SIDE 56

/* Above the end of user space for good. */
#define KERNEL_HALF (1ULL << 63)

/* Known to the space alone: not a flag that a kernel has. */
#define UNSEEN (SVMA_VM_SPECIAL | SVMA_VM_SHMEM)

static const char *const field_names[] = {
	[SHADOW_FIELD_NONE] = "none",
	[SHADOW_FIELD_MISSING] = "region missing in the model",
	[SHADOW_FIELD_EXTRA] = "region only in the model",
	[SHADOW_FIELD_START] = "start",
	[SHADOW_FIELD_END] = "end",
	[SHADOW_FIELD_PERMS] = "permissions",
	[SHADOW_FIELD_OFFSET] = "offset",
	[SHADOW_FIELD_DEVICE] = "device",
	[SHADOW_FIELD_INODE] = "inode",
	[SHADOW_FIELD_FLAGS] = "flags",
};

const char *shadow_field_name(enum shadow_field field)
{
	return field_names[field];
}

bool shadow_is_vsyscall(const struct svma_proc_map *map)
{
	return map->start >= KERNEL_HALF;
}

/*
 * Shared anonymous memory and huge pages: each side has a file of its own making behind it. The
 * kernel has one for the ring of io_setup, too, and the space has none.
 */
static bool own_files(const struct svma_region *r, const struct svma_proc_map *map)
{
	if (r->flags & SVMA_VM_SPECIAL)
		return !strcmp(map->path, SHADOW_AIO_RING);
	if (r->flags & SVMA_VM_HUGETLB)
		return !strcmp(map->path, "/anon_hugepage (deleted)");
	return (r->flags & SVMA_VM_SHMEM) && !strcmp(map->path, "/dev/zero (deleted)");
}

static enum shadow_field compare_line(const struct svma_region *r, const struct svma_proc_map *map)
{
	struct svma_proc_map ours;

	svma_maps_from_region(r, NULL, &ours);
	if (ours.start != map->start)
		return SHADOW_FIELD_START;
	if (ours.end != map->end)
		return SHADOW_FIELD_END;
	if (strcmp(ours.perms, map->perms))
		return SHADOW_FIELD_PERMS;
	if (ours.pgoff != map->pgoff)
		return SHADOW_FIELD_OFFSET;
	if (own_files(r, map))
		return SHADOW_FIELD_NONE;
	if (ours.dev_major != map->dev_major || ours.dev_minor != map->dev_minor)
		return SHADOW_FIELD_DEVICE;
	if (ours.inode != map->inode)
		return SHADOW_FIELD_INODE;
	return SHADOW_FIELD_NONE;
}

/* Two regions that do not touch are not one that differs, but two of which each side has one. */
static enum shadow_field apart(__u64 m_start, __u64 m_end, __u64 k_start, __u64 k_end)
{
	if (m_end <= k_start)
		return SHADOW_FIELD_EXTRA;
	if (k_end <= m_start)
		return SHADOW_FIELD_MISSING;
	return SHADOW_FIELD_NONE;
}

static __u64 lower(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

struct shadow_parting shadow_compare(const struct svma_region_list *model,
				     const struct svma_proc_maps *kernel)
{
	struct shadow_parting p = { .field = SHADOW_FIELD_NONE };
	size_t n = kernel->n;

	while (n && shadow_is_vsyscall(&kernel->v[n - 1]))
		n--;
	for (p.model = p.kernel = 0; p.model < model->n && p.kernel < n; p.model++, p.kernel++) {
		const struct svma_region *r = &model->v[p.model];
		const struct svma_proc_map *map = &kernel->v[p.kernel];

		p.field = apart(r->start, r->end, map->start, map->end);
		if (!p.field)
			p.field = compare_line(r, map);
		if (!p.field)
			continue;
		p.addr = lower(r->start, map->start);
		if (p.field == SHADOW_FIELD_END)
			p.addr = lower(r->end, map->end) - 1;
		return p;
	}
	if (p.model < model->n) {
		p.field = SHADOW_FIELD_EXTRA;
		p.addr = model->v[p.model].start;
	} else if (p.kernel < n) {
		p.field = SHADOW_FIELD_MISSING;
		p.addr = kernel->v[p.kernel].start;
	}
	return p;
}

struct shadow_parting shadow_compare_flags(const struct svma_region_list *model,
					   const struct svma_task_region_list *kernel)
{
	struct shadow_parting p = { .field = SHADOW_FIELD_NONE };

	for (p.model = p.kernel = 0; p.model < model->n && p.kernel < kernel->n;
	     p.model++, p.kernel++) {
		const struct svma_region *r = &model->v[p.model];
		const struct svma_task_region *t = &kernel->v[p.kernel];

		p.field = apart(r->start, r->end, t->start, t->end);
		if (!p.field && r->start != t->start)
			p.field = SHADOW_FIELD_START;
		if (!p.field && r->end != t->end)
			p.field = SHADOW_FIELD_END;
		if (!p.field && (r->flags ^ t->flags) & ~UNSEEN)
			p.field = SHADOW_FIELD_FLAGS;
		if (!p.field && r->pgoff != t->pgoff)
			p.field = SHADOW_FIELD_OFFSET;
		if (!p.field)
			continue;
		p.addr = lower(r->start, t->start);
		return p;
	}
	if (p.model < model->n) {
		p.field = SHADOW_FIELD_EXTRA;
		p.addr = model->v[p.model].start;
	} else if (p.kernel < kernel->n) {
		p.field = SHADOW_FIELD_MISSING;
		p.addr = kernel->v[p.kernel].start;
	}
	return p;
}

static void format_side(char *buf, size_t size, const struct svma_proc_map *map)
{
	snprintf(buf, size, "%llx-%llx %s %llx %02x:%02x %llu", map->start, map->end, map->perms,
		 map->pgoff << SVMA_PAGE_SHIFT, map->dev_major, map->dev_minor, map->inode);
}

static void show_line(FILE *out, const struct svma_region *r, const struct svma_proc_map *map)
{
	char left[SVMA_MAPS_LINE] = "", right[SVMA_MAPS_LINE] = "", mark = ' ';

	if (r) {
		struct svma_proc_map ours;

		svma_maps_from_region(r, NULL, &ours);
		if (map && own_files(r, map)) {
			ours.dev_major = map->dev_major;
			ours.dev_minor = map->dev_minor;
			ours.inode = map->inode;
		}
		format_side(left, sizeof(left), &ours);
	}
	if (map)
		format_side(right, sizeof(right), map);
	if (!r)
		mark = '>';
	else if (!map)
		mark = '<';
	else if (compare_line(r, map))
		mark = '|';
	fprintf(out, "  %-*s %c %s%s%s\n", SIDE, left, mark, right,
		map && *map->path ? " " : "", map ? map->path : "");
}

/* How many entries before the first one that ends above @addr are context. */
#define FIRST_SHOWN(list, addr)							\
	({									\
		size_t at = 0;							\
		while (at < (list)->n && (list)->v[at].end <= (addr))		\
			at++;							\
		at > CONTEXT ? at - CONTEXT : 0;				\
	})

void shadow_show(FILE *out, const struct svma_region_list *model,
		 const struct svma_proc_maps *kernel, __u64 addr)
{
	size_t m = FIRST_SHOWN(model, addr), k = FIRST_SHOWN(kernel, addr), lines = 0;

	/* Begin both columns at the same place. */
	while (m < model->n && k < kernel->n && model->v[m].end <= kernel->v[k].start)
		m++;
	while (m < model->n && k < kernel->n && kernel->v[k].end <= model->v[m].start)
		k++;
	fprintf(out, "  %-*s   %s\n", SIDE, "model", "kernel");
	while (lines < 3 * CONTEXT && (m < model->n || k < kernel->n)) {
		const struct svma_region *r = m < model->n ? &model->v[m] : NULL;
		const struct svma_proc_map *map = k < kernel->n ? &kernel->v[k] : NULL;

		if (map && shadow_is_vsyscall(map))
			map = NULL;
		if (!r && !map)
			break;
		if (r && map && r->end <= map->start)
			map = NULL;
		else if (r && map && map->end <= r->start)
			r = NULL;
		show_line(out, r, map);
		m += !!r;
		k += !!map;
		lines++;
		if ((r ? r->start : map->start) > addr && lines > 2 * CONTEXT)
			break;
	}
}
