// SPDX-License-Identifier: GPL-2.0
/* Children that are attached to as soon as they are there. */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 20

static int attach(void)
{
	pid_t pid = fork();
	int status, good;

	if (!pid)
		for (;;)
			pause();
	good = pid > 0 && !ptrace(PTRACE_ATTACH, pid, 0, 0) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status) && !ptrace(PTRACE_DETACH, pid, 0, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return good;
}

int main(void)
{
	int good = 0;

	for (int i = 0; i < CHILDREN; i++)
		good += attach();
	printf("attached to %d\n", good);
	return good != CHILDREN;
}
