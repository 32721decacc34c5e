// SPDX-License-Identifier: GPL-2.0
/* Protection keys: given out, given back, of a child, and the one that the kernel takes itself. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int protect(char *at, int pages, int prot, int key)
{
	return syscall(SYS_pkey_mprotect, at, pages * PAGE, prot, key) ? errno : 0;
}

static int use(int first, int second)
{
	char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	int wrong = 0;

	wrong += protect(area, 2, PROT_READ, first) != 0;
	wrong += protect(area + 2 * PAGE, 2, PROT_READ, second) != 0;
	/* Nobody has these. */
	wrong += protect(area, 8, PROT_READ, second + 5) != EINVAL;
	wrong += protect(area + 1, 8, PROT_READ, second + 5) != EINVAL;
	wrong += protect(area, 0, PROT_READ, second + 5) != 0;
	/* Memory that can only be executed takes the next one, for good. */
	mprotect(area + 4 * PAGE, PAGE, PROT_EXEC);
	mmap(area + 5 * PAGE, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mprotect(area + 4 * PAGE, PAGE, PROT_READ);
	mprotect(area, 8 * PAGE, PROT_READ | PROT_WRITE);
	mlock(area + 6 * PAGE, PAGE);
	munmap(area, 8 * PAGE);
	return wrong;
}

int main(void)
{
	int first = syscall(SYS_pkey_alloc, 0, 0), second, status = 0, wrong;
	pid_t pid;

	if (first < 0) {
		puts("keys");
		return 0;
	}
	second = syscall(SYS_pkey_alloc, 0, 0);
	wrong = use(first, second);
	pid = fork();
	if (!pid)
		_exit(use(second, first));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return 1;
	syscall(SYS_pkey_free, first);
	first = syscall(SYS_pkey_alloc, 0, 0);
	wrong += use(first, second);
	puts(wrong ? "wrong" : "keys");
	return wrong;
}
