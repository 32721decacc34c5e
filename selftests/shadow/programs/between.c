// SPDX-License-Identifier: GPL-2.0
/* A region that comes and goes by what are no memory calls: the ring of io_setup. */
#include <linux/aio_abi.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

int main(void)
{
	aio_context_t ring = 0;
	void *p;

	if (syscall(SYS_io_setup, 8, &ring))
		return 1;
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || syscall(SYS_io_destroy, ring))
		return 1;
	if (munmap(p, PAGE))
		return 1;
	puts("between");
	return 0;
}
