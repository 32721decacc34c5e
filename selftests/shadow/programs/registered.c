// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is registered with userfaultfd merges with none that is not; what moves or is
 * inherited is registered no more, and nothing is when the descriptor goes.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static char *room;
static int uffd;

static int map(int page, int pages)
{
	return mmap(room + page * PAGE, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
}

static int watch(int page, int pages)
{
	struct uffdio_register missing = {
		.range.start = (unsigned long)room + page * PAGE,
		.range.len = pages * PAGE,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &missing);
}

static int unwatch(int page, int pages)
{
	struct uffdio_range range = {
		.start = (unsigned long)room + page * PAGE,
		.len = pages * PAGE,
	};

	return ioctl(uffd, UFFDIO_UNREGISTER, &range);
}

/* The child's is not registered: its new neighbour merges with it. */
static int inherit(void)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(map(14, 2));
	return child < 0 || waitpid(child, &status, 0) != child || status;
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	room = mmap(NULL, 32 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || room == MAP_FAILED)
		return 1;
	/* A neighbour above, which does not merge; it does when registered no more. */
	if (map(2, 2) || watch(2, 2) || map(4, 2) || unwatch(2, 2) || map(6, 2))
		return 2;
	/* A part of it moves, and its new neighbour merges. */
	if (watch(7, 1) ||
	    mremap(room + 7 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 10 * PAGE) ==
		    MAP_FAILED ||
	    map(11, 2))
		return 3;
	if (watch(10, 3) || map(13, 1) || inherit() || map(14, 2))
		return 4;
	/* Beside memory that is registered as it is: older kernels merge both, and forget both. */
	if (map(20, 1) || map(24, 1) || watch(20, 1) || watch(24, 1) ||
	    mremap(room + 24 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 21 * PAGE) ==
		    MAP_FAILED ||
	    map(22, 1) || map(19, 1))
		return 6;
	if (close(uffd) || map(16, 2) || munmap(room, 32 * PAGE))
		return 5;
	puts("registered");
	return 0;
}
