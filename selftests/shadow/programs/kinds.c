// SPDX-License-Identifier: GPL-2.0
/*
 * Files of other kinds: /dev/zero shared, which is memory with a file that the kernel makes, also
 * when the space is read anew; and what refuses to be mapped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static char *map(size_t pages, int type, int fd)
{
	return mmap(NULL, pages * PAGE, RW, type, fd, 0);
}

int main(void)
{
	int zero = open("/dev/zero", O_RDWR), peer = socket(AF_UNIX, SOCK_STREAM, 0);
	int notes = open("/sys/kernel/notes", O_RDONLY);
	char *memory = map(3, MAP_SHARED, zero);

	if (zero < 0 || peer < 0 || notes < 0 || memory == MAP_FAILED)
		return 1;
	memory[0] = 1;
	/* Not modelled: the space is read anew. */
	prctl(PR_SET_VMA, 0, map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE, "name");
	if (map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1) == MAP_FAILED || munmap(memory + PAGE, PAGE) ||
	    map(2, MAP_PRIVATE, zero) == MAP_FAILED)
		return 2;
	if (map(1, MAP_SHARED, peer) != MAP_FAILED)
		return 3;
	/* Whether it can be mapped is the kernel's affair; newer ones let it. */
	mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, notes, 0);
	if (map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1) == MAP_FAILED)
		return 4;
	puts("kinds");
	return 0;
}
