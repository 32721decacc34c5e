// SPDX-License-Identifier: GPL-2.0
/*
 * Moves, discards and inherits bytes: for svma shadow --contents. Prints "same" if they are what
 * they should be.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static void fill(char *p, size_t pages, char seed)
{
	for (size_t i = 0; i < pages * PAGE; i++)
		p[i] = (char)(seed + i / PAGE * 7 + i % 251);
}

static void need(int good, const char *what)
{
	if (good)
		return;
	printf("not %s\n", what);
	exit(1);
}

static char *map(size_t pages, int fd)
{
	char *p = mmap(NULL, pages * PAGE, RW, fd < 0 ? ANON : MAP_PRIVATE, fd, 0);

	need(p != MAP_FAILED, "mapped");
	return p;
}

static void move(void)
{
	char *p = map(16, -1), *block = map(64, -1), *q;
	char last;

	fill(p, 16, 1);
	last = p[16 * PAGE - 1];
	q = mremap(p, 16 * PAGE, 48 * PAGE, MREMAP_MAYMOVE);
	need(q != MAP_FAILED && q[16 * PAGE - 1] == last && !q[16 * PAGE], "moved");
	need(mremap(q + 4 * PAGE, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    block + 8 * PAGE) == block + 8 * PAGE, "moved to a place");
	need(block[8 * PAGE] == (char)(1 + 4 * 7 + 4 * PAGE % 251), "moved from its middle");
}

static void discard(int fd)
{
	char *p = map(8, -1), *f = map(4, fd), first = f[PAGE];

	fill(p, 8, 2);
	need(!madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED) && !p[PAGE] && p[3 * PAGE], "discarded");
	f[PAGE] = (char)(first + 1);
	need(!mprotect(f, 4 * PAGE, PROT_READ) && f[PAGE] == (char)(first + 1), "protected");
	need(!madvise(f, 4 * PAGE, MADV_DONTNEED) && f[PAGE] == first, "as the file again");
	need(mmap(p + 4 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0) == p + 4 * PAGE &&
	     p[4 * PAGE] == f[0], "replaced");
}

static void inherit(void)
{
	char *p = map(6, -1);
	int status;
	pid_t pid;

	fill(p, 6, 3);
	need(!madvise(p, 2 * PAGE, MADV_WIPEONFORK) && !madvise(p + 2 * PAGE, PAGE, MADV_DONTFORK),
	     "advised");
	pid = fork();
	if (!pid) {
		char *more = map(2, -1);

		fill(more, 2, 4);
		_exit(!p[0] && p[4 * PAGE] && !madvise(more, PAGE, MADV_DONTNEED) ? 0 : 1);
	}
	need(waitpid(pid, &status, 0) == pid && !status, "inherited");
}

static atomic_int ended;

/* Writes all the time: what the calls of the other one are compared with must stand still. */
static void *scribble(void *data)
{
	volatile char *p = data;

	for (char c = 0; !ended; c++)
		for (int i = 0; i < 4 * PAGE; i += 64)
			p[i] = c;
	return NULL;
}

int main(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p = map(4, -1);
	pthread_t thread;

	need(fd >= 0, "opened");
	move();
	discard(fd);
	inherit();
	need(!pthread_create(&thread, NULL, scribble, p), "threaded");
	for (int i = 0; i < 20; i++)
		need(!mprotect(p, 4 * PAGE, RW), "protected");
	move();
	ended = 1;
	pthread_join(thread, NULL);
	puts("same");
	return 0;
}
