// SPDX-License-Identifier: GPL-2.0
/* Children that ask not to be traced, with the address space shared and without. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));

static int map(void *arg)
{
	void *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	return p == MAP_FAILED || munmap(p, 8192);
}

static int child(int flags)
{
	int status;
	pid_t pid = clone(map, stack + sizeof(stack), flags | CLONE_UNTRACED | SIGCHLD, NULL);

	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

int main(void)
{
	int failed = child(CLONE_VM) || child(0);

	puts(failed ? "failed" : "traced");
	return failed;
}
