/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that touch the pages of a window at random, for tests of what happens to them meanwhile.
 */
#ifndef SVMA_FAULTERS_H
#define SVMA_FAULTERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support.h"

#define PAGES	64UL

/* Threads that fault at random; what they may see besides a stamp: zero, or nothing. */
#define FAULTERS	2

struct faulters {
	char *view;
	bool file;	/* which may end before a page */
	pthread_t thread[FAULTERS];
	atomic_bool over;
	atomic_uint next;
	atomic_ulong accesses, refused, foreign;
};

static inline __u64 stamp_of(unsigned long page)
{
	return (page + 1) << 32 | 0xdb;
}

static inline void *faulter(void *data)
{
	struct faulters *faulters = data;
	unsigned int seed = ++faulters->next;

	while (!faulters->over) {
		unsigned long page = rand_r(&seed) % PAGES;
		char *word = faulters->view + page * PAGE;
		__u64 value = 0;
		int sig = seed & 64 ? store(word, stamp_of(page)) : load(word, &value);

		faulters->accesses++;
		faulters->refused += !!sig;
		if (!sig && value && value != stamp_of(page))
			faulters->foreign = value;
		if (sig && sig != (faulters->file ? SIGBUS : SIGSEGV))
			faulters->foreign = sig;
	}
	return NULL;
}

static inline int faulters_start(struct faulters *faulters, char *view)
{
	unsigned int i;

	faulters->view = view;
	for (i = 0; i < FAULTERS; i++)
		if (pthread_create(&faulters->thread[i], NULL, faulter, faulters))
			return -EAGAIN;
	return 0;
}

static inline void faulters_end(struct faulters *faulters)
{
	unsigned int i;

	faulters->over = true;
	for (i = 0; i < FAULTERS; i++)
		pthread_join(faulters->thread[i], NULL);
}

#endif /* SVMA_FAULTERS_H */
