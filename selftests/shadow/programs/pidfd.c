// SPDX-License-Identifier: GPL-2.0
/* Children waited for by a descriptor: whose end it tells, can be asked for at once. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 50

static int wait_by_fd(int n)
{
	pid_t pid = fork();
	struct pollfd poll_fd;
	int status, good;

	if (!pid) {
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		_exit(n);
	}
	poll_fd = (struct pollfd){ .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	good = poll_fd.fd >= 0 && poll(&poll_fd, 1, -1) == 1 &&
	       waitpid(pid, &status, WNOHANG) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == n;
	if (!good)
		waitpid(pid, &status, 0);
	close(poll_fd.fd);
	return good;
}

int main(void)
{
	int good = 0;

	for (int i = 0; i < CHILDREN; i++)
		good += wait_by_fd(i);
	printf("waited for %d\n", good);
	return good != CHILDREN;
}
