// SPDX-License-Identifier: GPL-2.0
/* All memory is mergeable, here, in a child and after an exec; then none; from 6.4 on. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

#define PAGE 4096

static void *map(void *at, size_t pages, int prot)
{
	return mmap(at, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1,
		    0);
}

/* New memory beside old, of both kinds, and a heap that grows in steps. */
static void use(void)
{
	char *area = map(NULL, 16, PROT_NONE);

	map(area, 2, PROT_READ | PROT_WRITE);
	map(area + 2 * PAGE, 2, PROT_READ | PROT_WRITE);
	madvise(area, 4 * PAGE, MADV_UNMERGEABLE);
	map(area + 4 * PAGE, 2, PROT_READ | PROT_WRITE);
	mprotect(area, 8 * PAGE, PROT_READ);
	mmap(area + 8 * PAGE, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mremap(area + 4 * PAGE, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	munmap(area + 2 * PAGE, PAGE);
	for (int i = 0; i < 3; i++)
		sbrk(5 * PAGE);
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	if (argc == 1)
		prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	use();
	pid = fork();
	if (!pid) {
		use();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return 1;
	if (argc == 1) {
		execl(argv[0], argv[0], "again", NULL);
		return 1;
	}
	prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
	use();
	puts("used");
	return 0;
}
