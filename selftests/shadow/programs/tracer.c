// SPDX-License-Identifier: GPL-2.0
/*
 * Traces children: two that ask for it, one of them without privilege, one with threads that is
 * seized while it works, one that has stopped itself. All of them make memory calls while they are
 * traced, which must work.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (1 << 20)
#define NOBODY 65534

/* Maps, writes and unmaps: 0 if all of it worked. */
static int work(int times)
{
	for (int i = 0; i < times; i++) {
		char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p == MAP_FAILED)
			return 1;
		memset(p, i, SIZE);
		if (mprotect(p, SIZE, PROT_READ) || munmap(p, SIZE))
			return 1;
	}
	return 0;
}

/* Let it run to its end: 1 if that was a good one. */
static int follow(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) == pid) {
		if (WIFEXITED(status))
			return !WEXITSTATUS(status);
		if (!WIFSTOPPED(status))
			return 0;
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
	return 0;
}

static int asks_for_it(uid_t user)
{
	pid_t pid = fork();

	if (pid)
		return follow(pid);
	if (user && setuid(user))
		_exit(2);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(2);
	raise(SIGSTOP);
	_exit(work(5));
}

static void *worker(void *arg)
{
	(void)arg;
	return (void *)(long)work(200);
}

static int seized_with_threads(void)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready))
		return 0;
	pid = fork();
	if (!pid) {
		pthread_t thread;
		void *result;

		pthread_create(&thread, NULL, worker, NULL);
		if (write(ready[1], "", 1) != 1 || work(200) || pthread_join(thread, &result))
			_exit(2);
		_exit(!!result);
	}
	if (read(ready[0], &c, 1) != 1 || ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return 0;
	return follow(pid);
}

static int seized_when_stopped(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		raise(SIGSTOP);
		_exit(work(5));
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return 0;
	kill(pid, SIGCONT);
	return follow(pid);
}

int main(void)
{
	printf("traced %d\n", asks_for_it(0) + asks_for_it(NOBODY) + seized_with_threads() +
				      seized_when_stopped());
	return 0;
}
