// SPDX-License-Identifier: GPL-2.0
/* Children and grandchildren, each with a heap and mappings of its own after the fork. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int grow(int depth)
{
	char *keep = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	int sum = 1, status;
	pid_t pid;

	if (keep == MAP_FAILED)
		return 100;
	keep[0] = depth;
	madvise(keep + PAGE, PAGE, MADV_DONTFORK);
	for (int i = 0; depth && i < 2; i++) {
		pid = fork();
		if (!pid) {
			char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			p[0] = keep[0];
			mprotect(keep, PAGE, PROT_READ);
			_exit(grow(depth - 1));
		}
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			return 101;
		sum += WEXITSTATUS(status);
	}
	munmap(keep, 4 * PAGE);
	return sum;
}

int main(void)
{
	int n = grow(3);

	printf("%d processes\n", n);
	return n != 15;
}
