// SPDX-License-Identifier: GPL-2.0
/* What the kernel mapped for itself is not cut by any call, and moves as a whole. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul

struct range {
	char *start;
	size_t len;
};

static int find(const char *name, struct range *range)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];

	range->start = NULL;
	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, name) || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		range->start = (char *)start;
		range->len = end - start;
	}
	if (maps)
		fclose(maps);
	return !range->start || range->len < 2 * PAGE;
}

/* All of these are refused. */
static int cut(const struct range *r, char *to)
{
	return munmap(r->start + PAGE, PAGE) && munmap(r->start, PAGE) &&
	       mprotect(r->start, PAGE, PROT_READ | PROT_WRITE) &&
	       madvise(r->start, PAGE, MADV_DONTFORK) && madvise(r->start, r->len, MADV_FREE) &&
	       mremap(r->start, r->len, PAGE, 0) == MAP_FAILED &&
	       mremap(r->start, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED;
}

static int move(const struct range *r, char *to)
{
	return mremap(r->start, r->len, r->len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
}

int main(void)
{
	char *room = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct range vdso, vvar;

	if (room == MAP_FAILED || find("[vdso]", &vdso) || find("[vvar]", &vvar))
		return 1;
	if (!cut(&vdso, room) || !cut(&vvar, room))
		return 2;
	if (!move(&vvar, room + 8 * PAGE) || munmap(room + 8 * PAGE, vvar.len))
		return 3;
	if (!move(&vdso, room + 32 * PAGE))
		return 4;
	puts("whole");
	return 0;
}
