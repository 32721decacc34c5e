// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "maps.h"

/* Width of what /proc/PID/maps prints before the blank and the path, on a 64-bit kernel. */
#define PATH_COLUMN 72

void svma_maps_perms(__u64 flags, char perms[5])
{
	perms[0] = flags & SVMA_VM_READ ? 'r' : '-';
	perms[1] = flags & SVMA_VM_WRITE ? 'w' : '-';
	perms[2] = flags & SVMA_VM_EXEC ? 'x' : '-';
	perms[3] = flags & SVMA_VM_MAYSHARE ? 's' : 'p';
	perms[4] = '\0';
}

static const struct {
	const char *name;
	__u64 flag;
} flag_names[] = {
	{ "read", SVMA_VM_READ },
	{ "write", SVMA_VM_WRITE },
	{ "exec", SVMA_VM_EXEC },
	{ "shared", SVMA_VM_SHARED },
	{ "mayread", SVMA_VM_MAYREAD },
	{ "maywrite", SVMA_VM_MAYWRITE },
	{ "mayexec", SVMA_VM_MAYEXEC },
	{ "mayshare", SVMA_VM_MAYSHARE },
	{ "growsdown", SVMA_VM_GROWSDOWN },
	{ "growsup", SVMA_VM_GROWSUP },
	{ "locked", SVMA_VM_LOCKED },
	{ "lockonfault", SVMA_VM_LOCKONFAULT },
	{ "seq_read", SVMA_VM_SEQ_READ },
	{ "rand_read", SVMA_VM_RAND_READ },
	{ "dontcopy", SVMA_VM_DONTCOPY },
	{ "dontexpand", SVMA_VM_DONTEXPAND },
	{ "account", SVMA_VM_ACCOUNT },
	{ "noreserve", SVMA_VM_NORESERVE },
	{ "hugetlb", SVMA_VM_HUGETLB },
	{ "sync", SVMA_VM_SYNC },
	{ "wipeonfork", SVMA_VM_WIPEONFORK },
	{ "dontdump", SVMA_VM_DONTDUMP },
	{ "hugepage", SVMA_VM_HUGEPAGE },
	{ "nohugepage", SVMA_VM_NOHUGEPAGE },
	{ "mergeable", SVMA_VM_MERGEABLE },
	{ "sealed", SVMA_VM_SEALED },
	{ "droppable", SVMA_VM_DROPPABLE },
	{ "io", SVMA_VM_IO },
	{ "pfnmap", SVMA_VM_PFNMAP },
	{ "mixedmap", SVMA_VM_MIXEDMAP },
	{ "stack", SVMA_VM_STACK },
	{ "guarded", SVMA_VM_GUARDED },
	{ "special", SVMA_VM_SPECIAL },
	{ "shmem", SVMA_VM_SHMEM },
	{ "uffd_missing", SVMA_VM_UFFD_MISSING },
	{ "uffd_wp", SVMA_VM_UFFD_WP },
	{ "uffd_minor", SVMA_VM_UFFD_MINOR },
	{ "uffd_rwp", SVMA_VM_UFFD_RWP },
};

void svma_maps_flags(char *buf, size_t size, __u64 flags)
{
	size_t len = 0;

	snprintf(buf, size, "none");
#define ADD(...) (len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, \
				  __VA_ARGS__))
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(flags & flag_names[i].flag))
			continue;
		ADD("%s%s", len ? " " : "", flag_names[i].name);
		flags &= ~flag_names[i].flag;
	}
	if (flags & SVMA_VM_PKEY_MASK)
		ADD("%spkey %llu", len ? " " : "", flags >> SVMA_VM_PKEY_SHIFT);
	flags &= ~SVMA_VM_PKEY_MASK;
	if (flags)
		ADD("%s0x%llx", len ? " " : "", flags);
#undef ADD
}

static __u64 flag_of(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (!strncmp(flag_names[i].name, name, len) && !flag_names[i].name[len])
			return flag_names[i].flag;
	return 0;
}

bool svma_maps_flags_parse(const char *text, __u64 *flags)
{
	static const char joints[] = " +";
	size_t len;

	*flags = 0;
	for (; *text; text += len) {
		__u64 flag;
		char *end;

		text += strspn(text, joints);
		len = strcspn(text, joints);
		flag = flag_of(text, len);
		if (!strncmp(text, "0x", 2)) {
			flag = strtoull(text, &end, 16);
			len = end - text;
		} else if (len == 4 && !strncmp(text, "pkey", 4) && text[len]) {
			flag = strtoull(text + len + 1, &end, 10) << SVMA_VM_PKEY_SHIFT;
			len = end - text;
		} else if (len == 4 && !strncmp(text, "none", 4)) {
			continue;
		}
		if (len && !flag)
			return false;
		*flags |= flag;
	}
	return true;
}

int svma_maps_format(char *buf, size_t size, const struct svma_proc_map *map)
{
	char head[SVMA_MAPS_LINE];

	snprintf(head, sizeof(head), "%08llx-%08llx %s %08llx %02x:%02x %llu ",
		 map->start, map->end, map->perms, map->pgoff << SVMA_PAGE_SHIFT,
		 map->dev_major, map->dev_minor, map->inode);
	if (!*map->path)
		return snprintf(buf, size, "%s", head);
	return snprintf(buf, size, "%-*s %s", PATH_COLUMN, head, map->path);
}

void svma_maps_from_region(const struct svma_region *region, const struct svma_layout *layout,
			   struct svma_proc_map *map)
{
	/* The first segment of System V shared memory has inode 0. */
	bool file = region->inode || region->dev_major || region->dev_minor;

	*map = (struct svma_proc_map){
		.start = region->start,
		.end = region->end,
		.dev_major = region->dev_major,
		.dev_minor = region->dev_minor,
		.inode = region->inode,
		.path = "",
	};
	svma_maps_perms(region->flags, map->perms);
	/* The kernel tells no offset for private anonymous regions, though they have one. */
	if (file || (region->flags & SVMA_VM_SHMEM))
		map->pgoff = region->pgoff;
	if (file)
		return;
	if (region->flags & SVMA_VM_SHMEM)
		map->path = "/dev/zero (deleted)";
	else if (layout && layout->start_brk && region->start <= layout->brk &&
		 region->end >= layout->start_brk)
		map->path = "[heap]";
	else if (layout && layout->stack_top && region->start <= layout->stack_top &&
		 region->end >= layout->stack_top)
		map->path = "[stack]";
}

void svma_maps_name_files(struct svma_proc_map *map, const struct svma_proc_maps *known)
{
	if (*map->path || !map->inode)
		return;
	for (size_t i = 0; i < known->n; i++)
		if (known->v[i].inode == map->inode && known->v[i].dev_major == map->dev_major &&
		    known->v[i].dev_minor == map->dev_minor) {
			map->path = known->v[i].path;
			return;
		}
}

/* Of the process that the regions are from: also what the kernel itself has put there. */
static void name_region(struct svma_proc_map *map, const struct svma_region *region,
			const struct svma_proc_maps *known)
{
	svma_maps_name_files(map, known);
	for (size_t i = 0; region->flags & SVMA_VM_SPECIAL && i < known->n; i++)
		if (known->v[i].start == region->start)
			map->path = known->v[i].path;
}

void svma_maps_print(FILE *out, const struct svma_region_list *list,
		     const struct svma_layout *layout, const struct svma_proc_maps *known)
{
	for (size_t i = 0; i < list->n; i++) {
		char line[SVMA_MAPS_LINE + 4096];
		struct svma_proc_map map;

		svma_maps_from_region(&list->v[i], layout, &map);
		if (known)
			name_region(&map, &list->v[i], known);
		svma_maps_format(line, sizeof(line), &map);
		fprintf(out, "%s\n", line);
	}
}
