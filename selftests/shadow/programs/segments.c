// SPDX-License-Identifier: GPL-2.0
/* System V shared memory: attached wherever it goes and where it is told, cut, and detached. */
#include <errno.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int wrong;

static void check(int right, int line)
{
	if (!right)
		printf("line %d: errno %d\n", line, errno);
	wrong += !right;
}

#define CHECK(right) check(right, __LINE__)

static int refused(const void *at)
{
	return at == (void *)-1 && errno == EINVAL;
}

/* Of what is cut into parts all is detached that is where it was. */
static void cut(int id, char *at)
{
	CHECK(shmat(id, at, SHM_REMAP) == at);
	mprotect(at + PAGE, PAGE, PROT_READ);
	munmap(at + 3 * PAGE, PAGE);
	mprotect(at + PAGE, PAGE, PROT_READ | PROT_WRITE);
	CHECK(shmdt(at + PAGE) == -1 && errno == EINVAL);
	CHECK(shmdt(at) == 0);
	CHECK(shmdt(at) == -1 && errno == EINVAL);
}

static void attach(int id, int odd)
{
	char *area = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p, *q;

	p = shmat(id, NULL, 0);
	q = shmat(odd, NULL, SHM_RDONLY);
	CHECK(p != (void *)-1 && q != (void *)-1);
	p[0] = 1;
	CHECK(refused(shmat(id, area, 0)));
	CHECK(refused(shmat(id, area + 1, SHM_REMAP)));
	CHECK(refused(shmat(id, NULL, SHM_REMAP)));
	CHECK(refused(shmat(-1, NULL, 0)));
	CHECK(shmat(id, area + 8 * PAGE + 5, SHM_RND | SHM_REMAP) == area + 8 * PAGE);
	munmap(area + 20 * PAGE, 16 * PAGE);
	CHECK(shmat(id, area + 21 * PAGE, SHM_EXEC) == area + 21 * PAGE);
	CHECK(refused(shmat(id, area + 23 * PAGE, 0)));
	cut(id, area + 40 * PAGE);
	CHECK(shmdt(p) == 0);
	mremap(q, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	CHECK(shmdt(area + 8 * PAGE) == 0);
	CHECK(shmdt(area + 1) == -1);
	munmap(area, 64 * PAGE);
}

int main(void)
{
	int id = shmget(IPC_PRIVATE, 5 * PAGE, IPC_CREAT | 0600), status = 0;
	int odd = shmget(IPC_PRIVATE, PAGE + 77, IPC_CREAT | 0600);
	pid_t pid;

	attach(id, odd);
	pid = fork();
	if (!pid) {
		attach(id, odd);
		_exit(wrong);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
	shmctl(id, IPC_RMID, NULL);
	shmctl(odd, IPC_RMID, NULL);
	CHECK(refused(shmat(id, NULL, 0)));
	puts(wrong ? "wrong" : "attached");
	return wrong;
}
