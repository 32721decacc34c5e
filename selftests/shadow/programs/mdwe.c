// SPDX-License-Identifier: GPL-2.0
/* Nothing may become executable, here, in a child and after an exec; from 6.3 on. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

#define PAGE 4096
#define WX (PROT_WRITE | PROT_EXEC)
#define RX (PROT_READ | PROT_EXEC)

static void *map(void *at, int prot)
{
	return mmap(at, 2 * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

/* How many of these are refused. */
static int refusals(void)
{
	char *code = map(NULL, RX), *data = map(NULL, PROT_READ | PROT_WRITE);
	int seen = 0;

	seen += map(NULL, WX) == MAP_FAILED && errno == EACCES;
	seen += map(code, WX) == MAP_FAILED && errno == EACCES;
	seen += mprotect(code, PAGE, WX) && errno == EACCES;
	seen += mprotect(data, PAGE, RX) && errno == EACCES;
	mprotect(code, PAGE, PROT_READ);
	seen += mprotect(code, PAGE, RX) && errno == EACCES;
	seen += mprotect(code + PAGE, PAGE, PROT_EXEC) && errno == EACCES;
	return seen;
}

static int in_child(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(refusals());
	return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	int due = 5, seen;

	if (argc == 1 && prctl(PR_SET_MDWE, 1, 0, 0, 0))
		due = 0;
	seen = refusals();
	if (seen == due && in_child() == due) {
		if (argc > 1 || !due) {
			puts("refused");
			return 0;
		}
		execl(argv[0], argv[0], "again", NULL);
	}
	printf("%d of %d\n", seen, due);
	return 1;
}
