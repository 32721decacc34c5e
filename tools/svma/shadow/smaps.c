// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/svma.h>

#include "smaps.h"

/* Addresses of the kernel's half: the vsyscall page, part of no address space. */
#define KERNEL_HALF (1ULL << 63)

static const struct {
	char name[3];
	__u64 flag;
} names[] = {
	{ "rd", SVMA_VM_READ },
	{ "wr", SVMA_VM_WRITE },
	{ "ex", SVMA_VM_EXEC },
	{ "sh", SVMA_VM_SHARED },
	{ "mr", SVMA_VM_MAYREAD },
	{ "mw", SVMA_VM_MAYWRITE },
	{ "me", SVMA_VM_MAYEXEC },
	{ "ms", SVMA_VM_MAYSHARE },
	{ "gd", SVMA_VM_GROWSDOWN },
	{ "pf", SVMA_VM_PFNMAP },
	{ "lo", SVMA_VM_LOCKED },
	{ "lf", SVMA_VM_LOCKONFAULT },
	{ "io", SVMA_VM_IO },
	{ "sr", SVMA_VM_SEQ_READ },
	{ "rr", SVMA_VM_RAND_READ },
	{ "dc", SVMA_VM_DONTCOPY },
	{ "de", SVMA_VM_DONTEXPAND },
	{ "ac", SVMA_VM_ACCOUNT },
	{ "nr", SVMA_VM_NORESERVE },
	{ "ht", SVMA_VM_HUGETLB },
	{ "sf", SVMA_VM_SYNC },
	{ "wf", SVMA_VM_WIPEONFORK },
	{ "dd", SVMA_VM_DONTDUMP },
	{ "mm", SVMA_VM_MIXEDMAP },
	{ "hg", SVMA_VM_HUGEPAGE },
	{ "nh", SVMA_VM_NOHUGEPAGE },
	{ "mg", SVMA_VM_MERGEABLE },
	{ "sl", SVMA_VM_SEALED },
	{ "dp", SVMA_VM_DROPPABLE },
	{ "gu", SVMA_VM_GUARDED },
	{ "um", SVMA_VM_UFFD_MISSING },
	{ "uw", SVMA_VM_UFFD_WP },
	{ "ui", SVMA_VM_UFFD_MINOR },
};

static __u64 parse_flags(char *text)
{
	static const char blanks[] = "\n ";
	__u64 flags = 0;
	char *save;

	for (char *w = strtok_r(text, blanks, &save); w; w = strtok_r(NULL, blanks, &save))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(w, names[i].name))
				flags |= names[i].flag;
	return flags;
}

static void drop_paths(struct shadow_smaps *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].path);
	list->n = 0;
}

/* The first line of a region, as maps has it. False: another line. */
static bool parse_head(char *line, struct shadow_smap *map)
{
	char *path;
	int at = 0;

	*map = (struct shadow_smap){ 0 };
	if (sscanf(line, "%llx-%llx %*4s %llx %*x:%*x %llu%n", &map->start, &map->end,
		   &map->offset, &map->inode, &at) != 4)
		return false;
	path = line + at;
	path += strspn(path, " ");
	path[strcspn(path, "\n")] = '\0';
	map->path = strdup(path);
	if (!map->path)
		abort();
	if (!strncmp(path, "[vdso", 5) || !strncmp(path, "[vvar", 5) || !strcmp(path, "[uprobes]"))
		map->flags = SVMA_VM_SPECIAL;
	return true;
}

static void add(struct shadow_smaps *list, const struct shadow_smap *map)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 256;
		list->v = reallocarray(list->v, list->cap, sizeof(*list->v));
		if (!list->v)
			abort();
	}
	list->v[list->n++] = *map;
}

static void parse_detail(char *line, struct shadow_smap *map)
{
	unsigned long kb;

	if (sscanf(line, "Anonymous: %lu", &kb) == 1 || sscanf(line, "Swap: %lu", &kb) == 1)
		map->written |= kb && !(map->flags & SVMA_VM_MAYSHARE);
	else if (!strncmp(line, "VmFlags:", 8))
		map->flags |= parse_flags(line + 8);
}

int shadow_smaps_read(pid_t pid, __u64 stack_top, struct shadow_smaps *list)
{
	char name[64], *line = NULL;
	struct shadow_smap map;
	size_t cap = 0;
	int err = 0;
	FILE *f;

	drop_paths(list);
	snprintf(name, sizeof(name), "/proc/%d/smaps", (int)pid);
	f = fopen(name, "re");
	if (!f)
		return -errno;
	while (getline(&line, &cap, f) > 0) {
		if (!parse_head(line, &map)) {
			if (list->n)
				parse_detail(line, &list->v[list->n - 1]);
			continue;
		}
		if (map.start >= KERNEL_HALF) {
			free(map.path);
			break;
		}
		if (map.start <= stack_top && stack_top < map.end)
			map.flags |= SVMA_VM_STACK;
		add(list, &map);
	}
	if (ferror(f))
		err = -EIO;
	free(line);
	fclose(f);
	/* A private region's shared pages are no writes of its own: known when all flags are. */
	for (size_t i = 0; i < list->n; i++)
		list->v[i].written &= !(list->v[i].flags & SVMA_VM_MAYSHARE);
	return err;
}

void shadow_smaps_free(struct shadow_smaps *list)
{
	drop_paths(list);
	free(list->v);
	*list = (struct shadow_smaps){ 0 };
}
