// SPDX-License-Identifier: GPL-2.0
/* System V shared memory, of which scripts know only by what was recorded. */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0), *q;

	if (p == (void *)-1)
		return 1;
	p[0] = 1;
	q = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shmdt(p);
	munmap(q, 4096);
	shmctl(id, IPC_RMID, NULL);
	puts("attached");
	return 0;
}
