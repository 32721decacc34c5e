// SPDX-License-Identifier: GPL-2.0
/* A child that uses its parent's address space until it execs, and one that never does. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *shared;

/* Maps into the parent's space: it shares memory, but is no thread. */
static int in_shared_memory(void *arg)
{
	(void)arg;
	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(char *)shared = 'x';
	return 0;
}

static int borrow(void)
{
	pid_t pid = vfork();
	int status;

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(9);
	}
	free(malloc(200000));
	return waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (borrow() || borrow())
		return 1;
	pid = clone(in_shared_memory, stack + 65536, CLONE_VM | SIGCHLD, NULL);
	if (waitpid(pid, &status, 0) != pid || status || *(char *)shared != 'x')
		return 2;
	munmap(shared, 8192);
	puts("back");
	return 7;
}
