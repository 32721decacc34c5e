// SPDX-License-Identifier: GPL-2.0
/*
 * Faults between the command line and the module, planted by LD_PRELOAD. PLANT names one: a call
 * or what comes back from it is wrong in a way that svma shadow must see.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/svma.h>

/* Leaves the first calls alone, so that a difference is not about them only. */
#define SPARED 3

static int fail(int err)
{
	errno = err;
	return -1;
}

static int is(const char *fault)
{
	const char *planted = getenv("PLANT");

	return planted && !strcmp(planted, fault);
}

static int spared(void)
{
	static unsigned int n;

	return n++ < SPARED;
}

static int real(int fd, unsigned long request, void *arg)
{
	static int (*next)(int fd, unsigned long request, ...);

	if (!next)
		next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, arg);
}

/* What is moved arrives without its bytes: the layout is right. */
static int empty_move(int fd, unsigned long request, struct svma_mremap *mremap)
{
	struct svma_madvise discard = {
		.addr = mremap->old_addr, .len = mremap->old_len, .advice = MADV_DONTNEED,
	};

	real(fd, SVMA_IOC_MADVISE, &discard);
	return real(fd, request, mremap);
}

/* One region in the middle is left out. */
static int skip_import(int fd, unsigned long request, void *arg)
{
	static unsigned int n;

	return n++ == SPARED ? 0 : real(fd, request, arg);
}

static int wrong_flags(int fd, unsigned long request, struct svma_regions *regions)
{
	struct svma_region *r = (struct svma_region *)(unsigned long)regions->buf;
	int err = real(fd, request, regions);

	if (!err && regions->count && !spared())
		r[regions->count - 1].flags ^= SVMA_VM_EXEC;
	return err;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	int err;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == SVMA_IOC_MMAP && is("mmap-address") && !spared()) {
		err = real(fd, request, arg);
		((struct svma_mmap *)arg)->addr += 0x1000;
		return err;
	}
	if (request == SVMA_IOC_MMAP && is("mmap-errno") && !spared())
		return fail(ENOMEM);
	if (request == SVMA_IOC_MUNMAP && is("munmap-errno"))
		return fail(EINVAL);
	if (request == SVMA_IOC_MUNMAP && is("munmap-skip"))
		return 0;
	if (request == SVMA_IOC_MPROTECT && is("mprotect-skip"))
		return 0;
	if (request == SVMA_IOC_MREMAP && is("mremap-skip"))
		return fail(EFAULT);
	if (request == SVMA_IOC_MREMAP && is("move-empty"))
		return empty_move(fd, request, arg);
	if (request == SVMA_IOC_MADVISE && is("discard-skip") &&
	    ((struct svma_madvise *)arg)->advice == MADV_DONTNEED)
		return 0;
	if (request == SVMA_IOC_BRK && is("brk-address")) {
		err = real(fd, request, arg);
		((struct svma_brk *)arg)->brk += 1;
		return err;
	}
	if (request == SVMA_IOC_IMPORT && is("import-skip"))
		return skip_import(fd, request, arg);
	if (request == SVMA_IOC_FORK && is("fork-errno"))
		return fail(ENOMEM);
	/* Where the module compares by itself, nobody looks at a listing. */
	if (request == SVMA_IOC_TASK_MATCH && is("regions-flags"))
		return fail(ENOTTY);
	if (request == SVMA_IOC_REGIONS && is("regions-flags"))
		return wrong_flags(fd, request, arg);
	return real(fd, request, arg);
}
