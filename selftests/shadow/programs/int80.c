// SPDX-License-Identifier: GPL-2.0
/* Unmaps by a door that the model does not look through: the kernel's 32-bit interface. */
#include <stdio.h>
#include <sys/mman.h>

#define PAGE 4096UL

static long unmap32(unsigned long addr, unsigned long len)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(91L), "b"(addr), "c"(len) : "memory");
	return ret;
}

int main(void)
{
	char *p = mmap((void *)0x10000000, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q;

	if (p != (char *)0x10000000 || unmap32((unsigned long)p + PAGE, PAGE))
		return 1;
	q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	puts(q == p + PAGE ? "replaced" : "failed");
	return q != p + PAGE;
}
