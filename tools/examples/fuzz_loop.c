// SPDX-License-Identifier: GPL-2.0
/*
 * The heap of a fuzz target in an identity window: the space's addresses are the process's, so
 * pointers in the heap are valid. A snapshot once, then for each input: run, and go back. Beside it
 * the same target in a child of fork() for each input.
 *
 * The target builds a list from its input, in the heap, and "crashes" if it finds a word in it.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/svma.h>

#define HEAP	0x200000000000UL
#define SIZE	(32UL << 20)
#define ROOM	4000	/* of a node: so each has a page of its own, or nearly */

struct node {
	struct node *next;
	char letter;
	char room[ROOM];
};

struct heap {
	struct node *first;
	unsigned long used;
	unsigned long runs;
	char data[];
};

static bool target(struct heap *heap, const char *input)
{
	const char *word = "bug";

	heap->runs++;
	for (; *input; input++) {
		struct node *node = (struct node *)(heap->data + heap->used);

		heap->used += sizeof(*node);
		node->letter = *input;
		node->next = heap->first;
		heap->first = node;
	}
	for (struct node *node = heap->first; node; node = node->next) {
		if (node->letter == word[2] && node->next && node->next->letter == word[1] &&
		    node->next->next && node->next->next->letter == word[0])
			return true;
	}
	return false;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void make_input(char *input, unsigned long seed)
{
	for (unsigned int i = 0; i < 12; i++) {
		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		input[i] = "abgu"[seed >> 61 & 3];
	}
	input[12] = '\0';
}

static int heap_make(void)
{
	struct svma_space_create create = { .fd = -1 };
	struct svma_mmap map = {
		.addr = HEAP, .len = SIZE, .prot = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, .fd = -1,
	};
	int machine = open("/dev/svma", O_RDWR | O_CLOEXEC);

	if (machine < 0 || ioctl(machine, SVMA_IOC_SPACE_CREATE, &create))
		err(2, "/dev/svma");
	if (ioctl(create.fd, SVMA_IOC_MMAP, &map))
		err(2, "SVMA_IOC_MMAP");
	if (mmap((void *)HEAP, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
		 create.fd, HEAP) != (void *)HEAP)
		err(2, "mmap of a window");
	return create.fd;
}

/* Runs that found the word. */
static unsigned long by_restore(int space, unsigned long runs)
{
	struct svma_snapshot snapshot = { .fd = -1 };
	struct heap *heap = (struct heap *)HEAP;
	unsigned long found = 0;
	char input[16];

	if (ioctl(space, SVMA_IOC_SNAPSHOT, &snapshot))
		err(2, "SVMA_IOC_SNAPSHOT");
	for (unsigned long i = 0; i < runs; i++) {
		struct svma_restore restore = { .fd = snapshot.fd };

		make_input(input, i);
		found += target(heap, input);
		if (ioctl(space, SVMA_IOC_RESTORE, &restore))
			err(2, "SVMA_IOC_RESTORE");
		if (heap->runs || heap->first)
			errx(1, "the heap is not what it was");
	}
	close(snapshot.fd);
	return found;
}

static unsigned long by_fork(struct heap *heap, unsigned long runs)
{
	unsigned long found = 0;
	char input[16];
	int status;

	for (unsigned long i = 0; i < runs; i++) {
		pid_t pid;

		make_input(input, i);
		pid = fork();
		if (pid < 0)
			err(2, "fork");
		if (!pid)
			_exit(target(heap, input));
		if (waitpid(pid, &status, 0) != pid)
			err(2, "waitpid");
		found += WEXITSTATUS(status);
	}
	return found;
}

/* How many inputs are to be tried: what the only argument says, or as many as are soon done. */
static unsigned long wanted(int argc, char **argv)
{
	unsigned long runs;
	char *end;

	if (argc < 2)
		return 200;
	runs = strtoul(argv[1], &end, 10);
	if (argc > 2 || *argv[1] < '0' || *argv[1] > '9' || *end || !runs)
		errx(2, "usage: %s [RUNS]", argv[0]);
	return runs;
}

int main(int argc, char **argv)
{
	unsigned long runs = wanted(argc, argv), found, forked;
	int space = heap_make();
	double start, restored, ended;
	struct heap *heap;

	/* The heap that the target starts from is full of things; its end is still free. */
	memset((char *)HEAP + SIZE / 2, 1, SIZE / 2);
	start = now();
	found = by_restore(space, runs);
	restored = now();
	munmap((void *)HEAP, SIZE);
	close(space);
	heap = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		err(2, "mmap");
	memset((char *)heap + SIZE / 2, 1, SIZE / 2);
	ended = now();
	forked = by_fork(heap, runs);
	printf("%lu of %lu inputs found the word, %lu with fork\n", found, runs, forked);
	fprintf(stderr, "microseconds for each run: %.1f by restore, %.1f by fork\n",
		(restored - start) / runs, (now() - ended) / runs);
	return found != forked;
}
