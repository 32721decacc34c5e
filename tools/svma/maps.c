// SPDX-License-Identifier: GPL-2.0
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
	if (region->inode || (region->flags & SVMA_VM_SHMEM))
		map->pgoff = region->pgoff;
	if (region->inode)
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

void svma_maps_print(FILE *out, const struct svma_region_list *list,
		     const struct svma_layout *layout, const struct svma_proc_maps *known)
{
	for (size_t i = 0; i < list->n; i++) {
		char line[SVMA_MAPS_LINE + 4096];
		struct svma_proc_map map;

		svma_maps_from_region(&list->v[i], layout, &map);
		if (known)
			svma_maps_name_files(&map, known);
		svma_maps_format(line, sizeof(line), &map);
		fprintf(out, "%s\n", line);
	}
}
