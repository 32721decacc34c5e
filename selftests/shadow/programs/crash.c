// SPDX-License-Identifier: GPL-2.0
/* Dies of a write to a page that it made read-only. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

int main(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	p[0] = 1;
	mprotect(p, 4096, PROT_READ);
	puts("going down");
	fflush(stdout);
	p[0] = 2;
	return 0;
}
