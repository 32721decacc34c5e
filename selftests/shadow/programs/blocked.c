// SPDX-License-Identifier: GPL-2.0
/*
 * A thread's memory call waits for a page that another thread serves only after a memory call of
 * its own: who holds the second back for the first must give up in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static char *area;

static void *populate(void *arg)
{
	return madvise(area, PAGE, MADV_POPULATE_WRITE) ? arg : NULL;
}

static int serve(int uffd)
{
	struct uffdio_copy copy = { .dst = (unsigned long)area, .len = PAGE };
	struct uffd_msg fault;
	char *page;

	if (read(uffd, &fault, sizeof(fault)) != sizeof(fault))
		return 1;
	/* The populating call is in flight, and will be until this one is done. */
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(page, 'p', PAGE);
	copy.src = (unsigned long)page;
	return ioctl(uffd, UFFDIO_COPY, &copy) ? 2 : 0;
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = {
		.range.len = PAGE, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	pthread_t thread;
	void *failed;
	int err;

	/* Shared, so that no private region beside it would merge with it. */
	area = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	missing.range.start = (unsigned long)area;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &missing))
		return 3;
	pthread_create(&thread, NULL, populate, (void *)1);
	err = serve(uffd);
	pthread_join(thread, &failed);
	if (!err && (failed || area[0] != 'p'))
		err = 4;
	puts(err ? "failed" : "served");
	return err;
}
