// SPDX-License-Identifier: GPL-2.0
/*
 * Maps the rings of io_uring, which has flags of its own for them, and goes on beside them.
 */
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE 4096

int main(void)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 4, &params);
	char *ring, *entries, *near;

	ring = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	entries = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	near = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED || entries == MAP_FAILED || near == MAP_FAILED)
		return 1;
	near[0] = ring[0];
	if (mremap(ring, SIZE, 2 * SIZE, MREMAP_MAYMOVE) != MAP_FAILED)
		return 1;
	if (munmap(entries, SIZE) || mprotect(near, SIZE, PROT_READ))
		return 1;
	puts("ring");
	return 0;
}
