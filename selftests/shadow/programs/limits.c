// SPDX-License-Identifier: GPL-2.0
/* Limits that forbid, and arguments that are wrong: the errno must be the kernel's. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE 4096
#define MIB (1UL << 20)

static void *map(size_t len, int flags)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void limit(int which, rlim_t soft)
{
	struct rlimit r;

	getrlimit(which, &r);
	r.rlim_cur = soft;
	setrlimit(which, &r);
}

int main(void)
{
	char *p = map(4 * PAGE, 0);
	int seen = 0;

	limit(RLIMIT_DATA, 64 * MIB);
	seen += map(128 * MIB, 0) == MAP_FAILED;
	seen += sbrk(128 * MIB) == (void *)-1;
	limit(RLIMIT_DATA, RLIM_INFINITY);
	limit(RLIMIT_AS, 256 * MIB);
	seen += map(512 * MIB, 0) == MAP_FAILED;
	limit(RLIMIT_AS, RLIM_INFINITY);
	seen += map(0, 0) == MAP_FAILED;
	seen += mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
	seen += mprotect(p + 1, PAGE, PROT_READ) && errno == EINVAL;
	/* Over a hole: what is before it gets the protection all the same. */
	munmap(p + 2 * PAGE, PAGE);
	seen += mprotect(p, 4 * PAGE, PROT_NONE) && errno == ENOMEM;
	seen += munmap(p + 1, PAGE) && errno == EINVAL;
	seen += munmap(p, 0) && errno == EINVAL;
	seen += mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		     0) == MAP_FAILED && errno == EEXIST;
	seen += mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0) == MAP_FAILED && errno == EINVAL;
	/* A hint that is free, and one that is not. */
	seen += mmap((void *)0x100000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0) == (void *)0x100000000000;
	seen += mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	printf("%d of 13\n", seen);
	return seen != 13;
}
