// SPDX-License-Identifier: GPL-2.0
/* A thread that is not the leader execs: the others vanish, and it takes the leader's number. */
#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *exec(void *arg)
{
	execl("/bin/echo", "echo", "from a thread", NULL);
	return arg;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, wait_for_ever, NULL);
	pthread_create(&thread, NULL, exec, NULL);
	wait_for_ever(NULL);
	return 1;
}
