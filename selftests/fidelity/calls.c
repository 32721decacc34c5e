// SPDX-License-Identifier: GPL-2.0
/*
 * Makes memory calls and nothing else: what does it cost to be watched?
 *
 * usage: calls ROUNDS REGIONS: ROUNDS times mmap, mprotect, munmap, beside REGIONS regions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096ul

static void *map(size_t pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000, regions = argc > 2 ? atoi(argv[2]) : 0;
	char *row = map(regions + 1);

	/* Every second page has another protection, so that no two become one. */
	for (int i = 1; i < regions; i += 2)
		if (mprotect(row + i * PAGE, PAGE, PROT_READ))
			return 1;
	for (int i = 0; i < rounds; i++) {
		char *p = map(4);

		*p = 1;
		if (mprotect(p, PAGE, PROT_READ) || munmap(p, 4 * PAGE))
			return 1;
	}
	printf("%d calls\n", 3 * rounds);
	return 0;
}
