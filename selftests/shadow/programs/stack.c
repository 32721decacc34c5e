// SPDX-License-Identifier: GPL-2.0
/* The stack grows by page faults between calls, and so does a mapping of our own. */
#include <alloca.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

static int __attribute__((noinline)) deep(int depth)
{
	volatile char *p = alloca(20000);
	void *q;

	/* Downwards page by page, as a program does. */
	for (int i = 20000 - 1; i >= 0; i -= 512)
		p[i] = depth;
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q == MAP_FAILED || munmap(q, PAGE))
		return 1;
	return depth ? deep(depth - 1) : p[5];
}

static int own(void)
{
	char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *top = p + 64 * PAGE;

	munmap(p, 64 * PAGE);
	p = mmap(top - PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	if (p == MAP_FAILED)
		return 2;
	for (int i = 1; i <= 4; i++)
		top[-i * PAGE] = i;
	return munmap(top - 4 * PAGE, 4 * PAGE) ? 3 : 0;
}

int main(void)
{
	int err = deep(10) ? 1 : own();

	puts(err ? "failed" : "grown");
	return err;
}
