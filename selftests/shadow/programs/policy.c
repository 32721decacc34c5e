// SPDX-License-Identifier: GPL-2.0
/* A memory policy, for which there is no verb: to be named, and gone on from. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	char *p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long nodes = 1;

	/* MPOL_PREFERRED; kernels without NUMA have none. */
	syscall(SYS_mbind, p + 4096, 4096UL, 1, &nodes, 8 * sizeof(nodes), 0);
	munmap(p + 4096, 4096);
	puts("bound");
	return 0;
}
