// SPDX-License-Identifier: GPL-2.0
/* mremap and realloc: in place, moved, shrunk, onto another place, refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static char *map(size_t pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	char *a = map(16), *b = map(4), *p = NULL;

	memset(a, 'a', 16 * PAGE);
	memset(b, 'b', 4 * PAGE);
	/* Grows: b is below a, so a can not stay unless there is room above. */
	a = mremap(a, 16 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
	if (a == MAP_FAILED || a[0] != 'a')
		return 1;
	a = mremap(a, 40 * PAGE, 10 * PAGE, 0);
	if (a == MAP_FAILED)
		return 2;
	/* A part of it, onto b. */
	if (mremap(a + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b) != b ||
	    b[0] != 'a')
		return 3;
	/* Over the hole that is left: refused. */
	if (mremap(a, 10 * PAGE, 12 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED || errno != EFAULT)
		return 4;
	if (mremap(a + 1, PAGE, PAGE, 0) != MAP_FAILED || errno != EINVAL)
		return 5;
	for (size_t size = 1; size < 4 << 20; size = size * 3 / 2 + 1000) {
		p = realloc(p, size);
		if (!p)
			return 6;
		p[size - 1] = 1;
	}
	free(p);
	puts("moved");
	return 0;
}
