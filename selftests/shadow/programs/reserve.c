// SPDX-License-Identifier: GPL-2.0
/* Huge pages that the program itself has the machine set aside, and takes away again. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HUGE (2UL << 20)

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4U
#endif

static const char path[] = "/proc/sys/vm/nr_hugepages";

static long set_aside(long pages)
{
	FILE *f = fopen(path, "r+");
	long had = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &had) != 1)
		had = -1;
	rewind(f);
	fprintf(f, "%ld", pages);
	return fclose(f) ? -1 : had;
}

static void *map(int flags, int fd, size_t pages)
{
	return mmap(NULL, pages * HUGE, PROT_READ | PROT_WRITE, flags, fd, 0);
}

int main(void)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	long had = set_aside(6);
	char *one, *two;
	int fd, ok;

	if (had < 0)
		return 1;
	one = map(anon, -1, 2);
	/* In use from here on. */
	if (one != MAP_FAILED)
		*one = 1;
	fd = syscall(SYS_memfd_create, "huge", MFD_HUGETLB);
	two = map(MAP_SHARED, fd, 2);
	ok = one != MAP_FAILED && two != MAP_FAILED && map(anon, -1, 3) == MAP_FAILED;
	munmap(two, 2 * HUGE);
	/* What the file has already is not asked of the machine again. */
	ok = ok && !ftruncate(fd, 4 * HUGE) && !fallocate(fd, 0, 0, 4 * HUGE);
	two = map(MAP_SHARED, fd, 4);
	ok = ok && two != MAP_FAILED && map(MAP_PRIVATE, fd, 1) == MAP_FAILED;
	munmap(two, 4 * HUGE);
	close(fd);
	munmap(one, 2 * HUGE);
	set_aside(had);
	ok = ok && map(anon, -1, had + 1) == MAP_FAILED;
	puts(ok ? "reserved" : "not reserved");
	return 0;
}
