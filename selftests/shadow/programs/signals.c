// SPDX-License-Identifier: GPL-2.0
/* Stopped, continued and interrupted while it maps; a handler that maps too. */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)sig;
	munmap(p, 4096);
	handled++;
}

static void map_for_ever(void)
{
	for (;;) {
		void *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		munmap(p, 8192);
		usleep(1000);
	}
}

int main(void)
{
	int status, ok = 0;
	pid_t pid;

	signal(SIGUSR1, handler);
	pid = fork();
	if (!pid)
		map_for_ever();
	kill(pid, SIGSTOP);
	ok += waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
	kill(pid, SIGCONT);
	ok += waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status);
	for (int i = 0; i < 10; i++) {
		kill(pid, SIGUSR1);
		raise(SIGUSR1);
		usleep(2000);
	}
	kill(pid, SIGTERM);
	ok += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	printf("%d of 3, %d handled\n", ok, (int)handled);
	return ok != 3 || handled != 10;
}
