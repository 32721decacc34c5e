// SPDX-License-Identifier: GPL-2.0
/* Threads that map, write, protect and unmap at the same time. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define THREADS 6
#define ROUNDS 25
#define PAGE 4096

static void *work(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t len = PAGE * (1 + i % 7);
		char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		if (p == MAP_FAILED)
			return arg;
		p[0] = 1;
		if (i % 3 == 0 && mprotect(p, PAGE, PROT_READ))
			return arg;
		if (munmap(p, len))
			return arg;
		free(malloc(i * 1000));
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int failed = 0;
	void *result;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)1))
			return 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		failed |= !!result;
	}
	puts(failed ? "failed" : "mapped");
	return failed;
}
