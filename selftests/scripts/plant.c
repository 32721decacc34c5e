// SPDX-License-Identifier: GPL-2.0
/*
 * Faults between the command line and the module, planted by LD_PRELOAD: PLANT names one. Each is
 * something that a wrong engine could do, and that `svma run --on both` must see.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <linux/svma.h>

static int is(const char *fault)
{
	const char *planted = getenv("PLANT");

	return planted && !strcmp(planted, fault);
}

/* The first region of a listing, changed in one field if it is one that a script made. */
static void change_region(struct svma_regions *regions)
{
	struct svma_region *r = (struct svma_region *)(unsigned long)regions->buf;

	if (!regions->count || r->start > 0xffffffff)
		return;
	if (is("region-end"))
		r->end -= 0x1000;
	if (is("region-perms"))
		r->flags ^= SVMA_VM_EXEC;
	if (is("region-shared"))
		r->flags ^= SVMA_VM_MAYSHARE;
}

/* The last operation of a batch is told to be done, and is not. */
static void batch_short(struct svma_batch *batch)
{
	struct svma_op *last = (struct svma_op *)(unsigned long)batch->ops + batch->count;

	if (batch->done == batch->count++) {
		batch->done++;
		last->error = 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	va_list ap;
	void *arg;
	int err;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");

	if ((request == SVMA_IOC_MUNMAP && is("munmap-skip")) ||
	    (request == SVMA_IOC_MPROTECT && is("mprotect-skip")) ||
	    (request == SVMA_IOC_MADVISE && is("madvise-skip")) ||
	    (request == SVMA_IOC_LOCK && is("lock-skip")) ||
	    (request == SVMA_IOC_ANON && is("anon-skip")))
		return 0;
	if (request == SVMA_IOC_BRK && is("brk-page"))
		((struct svma_brk *)arg)->brk += 0x1000;
	if (request == SVMA_IOC_BATCH && is("batch-skip"))
		((struct svma_batch *)arg)->count--;
	err = next(fd, request, arg);
	if (err)
		return err;
	if (request == SVMA_IOC_BATCH && is("batch-skip"))
		batch_short(arg);
	if (request == SVMA_IOC_MMAP && is("mmap-address"))
		((struct svma_mmap *)arg)->addr += 0x1000;
	if (request == SVMA_IOC_REGIONS)
		change_region(arg);
	if (request == SVMA_IOC_MINCORE && is("mincore-page"))
		*(char *)(unsigned long)((struct svma_mincore *)arg)->vec ^= 1;
	return 0;
}

/* A window that shows other memory than the space's: what verbs remove does not go away in it. */
void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	static void *(*next)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);

	if (!next)
		next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
	if (flags == MAP_SHARED && is("window-other"))
		return next(addr, len, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return next(addr, len, prot, flags, fd, offset);
}
