// SPDX-License-Identifier: GPL-2.0
/* Private, shared, read-only and memory files: offsets, splits, merges, and what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

static int check_file(int fd, int read_only)
{
	char *a, *b;

	/* Two halves that meet: one region if they are mapped through the same descriptor. */
	a = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	b = mmap(a, 4 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (b != a || mmap(a + 4 * PAGE, 4 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			   4 * PAGE) != a + 4 * PAGE)
		return 1;
	if (mprotect(a + 2 * PAGE, PAGE, PROT_NONE) || mprotect(a + 2 * PAGE, PAGE, PROT_READ))
		return 2;
	if (munmap(a + 3 * PAGE, 2 * PAGE) || munmap(a, 8 * PAGE))
		return 3;
	b = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	if (b == MAP_FAILED)
		return 4;
	b[PAGE] = 'w';
	if (munmap(b, 3 * PAGE))
		return 5;
	if (mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100) != MAP_FAILED || errno != EINVAL)
		return 6;
	b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (read_only ? b != MAP_FAILED || errno != EACCES : b == MAP_FAILED)
		return 7;
	return 0;
}

int main(int argc, char **argv)
{
	int mem = memfd_create("files", 0), self = open(argv[0], O_RDONLY), again, err;
	char *p;

	(void)argc;
	if (mem < 0 || self < 0 || ftruncate(mem, 16 * PAGE))
		return 10;
	err = check_file(mem, 0);
	if (!err)
		err = check_file(self, 1) * 10;
	/* The same file opened twice, and a copy of a descriptor: only the copy may merge. */
	again = dup(self);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, self, 0);
	munmap(p + PAGE, PAGE);
	mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, again, PAGE);
	close(again);
	again = open(argv[0], O_RDONLY);
	mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, again, PAGE);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p[0] = 1;
	mprotect(p + PAGE, PAGE, PROT_READ);
	if (mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) != MAP_FAILED || errno != EBADF)
		err = 8;
	printf("files %d\n", err);
	return err;
}
