// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that only say how others go, forks that a signal interrupts, options of prctl that nobody
 * has an answer for, strict seccomp: all of them are memory calls of the summary, or named in it.
 */
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 64

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal for which a fork is made anew comes while it is in the tracer's hands, now and then. */
static int forks(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		const struct itimerval once = { .it_value.tv_usec = 20 + 40 * i };
		pid_t child;

		setitimer(ITIMER_REAL, &once, NULL);
		child = fork();
		if (!child)
			_exit(0);
		if (child < 0)
			return 1;
		while (waitpid(child, NULL, 0) != child)
			;
	}
	return 0;
}

int main(void)
{
	struct sigaction alarmed = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct rlimit limit;
	int id;

	sigaction(SIGALRM, &alarmed, NULL);
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 1;
	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit);
	personality(personality(0xffffffff));
	id = shmget(IPC_PRIVATE, 4096, 0600);
	if (id < 0 || shmctl(id, IPC_RMID, NULL))
		return 1;
	if (prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0))
		return 1;
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
	if (forks())
		return 1;
	puts("told");
	return 0;
}
