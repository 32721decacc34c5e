// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is registered with userfaultfd by a program that wants its events: what moves or is
 * inherited stays registered, until the program asks another descriptor without. Last a call waits
 * for its event to be read, and the descriptor is closed instead.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static char *room;
static int uffd;

/* Who moves memory or forks waits until its event was read. The child's descriptor stays open. */
static void *read_events(void *arg)
{
	struct uffd_msg msg;

	(void)arg;
	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg))
		;
	return NULL;
}

static void *close_at_event(void *arg)
{
	struct pollfd poll_for = { .fd = uffd, .events = POLLIN };

	(void)arg;
	if (poll(&poll_for, 1, 10000) == 1)
		close(uffd);
	return NULL;
}

static int map(int page, int pages)
{
	return mmap(room + page * PAGE, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
}

static int move(int page, int pages, int to)
{
	return mremap(room + page * PAGE, pages * PAGE, pages * PAGE,
		      MREMAP_MAYMOVE | MREMAP_FIXED, room + to * PAGE) == MAP_FAILED;
}

static int open_for(unsigned long features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	return uffd < 0 || ioctl(uffd, UFFDIO_API, &api);
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

/* Its new neighbour merges with nothing. */
static int inherit(int page)
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(map(page, 2));
	return child < 0 || waitpid(child, &status, 0) != child || status;
}

int main(void)
{
	pthread_t reader, closer;

	room = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED || open_for(UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_FORK) ||
	    pthread_create(&reader, NULL, read_events, NULL))
		return 1;
	if (map(2, 4) || watch(2, 4) || move(2, 2, 10) || map(12, 2) || inherit(6))
		return 2;
	/* Beside memory that is registered as it is: they merge, and stay so. */
	if (map(20, 1) || map(24, 1) || watch(20, 1) || watch(24, 1) || move(24, 1, 21) ||
	    map(22, 1) || map(19, 1))
		return 3;
	if (munmap(room, 30 * PAGE) || open_for(0) || map(40, 4) || watch(40, 4) ||
	    move(40, 2, 50) || map(52, 2) || inherit(44))
		return 4;
	if (open_for(UFFD_FEATURE_EVENT_REMOVE) || map(32, 2) || watch(32, 2) ||
	    pthread_create(&closer, NULL, close_at_event, NULL) ||
	    madvise(room + 32 * PAGE, 2 * PAGE, MADV_DONTNEED) || pthread_join(closer, NULL) ||
	    map(34, 2))
		return 5;
	puts("events");
	return 0;
}
