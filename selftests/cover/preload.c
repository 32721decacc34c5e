// SPDX-License-Identifier: GPL-2.0
/*
 * What a test reaches of the module, without the test knowing: loaded before libc (LD_PRELOAD),
 * this lets the kernel (KCOV) note the basic blocks of each thread from its first call on, and
 * puts them into one map for all processes, the file that SVMA_COVER names: a byte for each offset
 * in the module's code. They are collected behind each call that tests make on spaces and windows,
 * and when a thread or process ends; what a thread does between its last such call and its being
 * killed is lost.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/kcov.h>

#define WORDS	(64 * 1024)	/* blocks between two calls; what comes after is not seen */
#define TEXT	(1 << 20)	/* bytes of the map, and more than the module has of code */

static uint8_t *seen;
static uint64_t text;
static pthread_key_t at_end;
static __thread uint64_t *area;
static __thread int tried;

static void *map_shared(int fd, size_t bytes)
{
	long addr = syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return addr == -1 ? NULL : (void *)addr;
}

static void collect(void)
{
	uint64_t count, i;

	if (!area)
		return;
	count = __atomic_load_n(&area[0], __ATOMIC_RELAXED);
	for (i = 1; i <= count && i < WORDS; i++)
		if (area[i] - text < TEXT)
			seen[area[i] - text] = 1;
	__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}

/* The descriptor is closed at once, so that tests count theirs alone: the mapping holds the file */
static void begin(void)
{
	void *map = NULL;
	int fd;

	if (tried || !seen)
		return;
	tried = 1;
	fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!syscall(SYS_ioctl, fd, KCOV_INIT_TRACE, WORDS))
		map = map_shared(fd, WORDS * sizeof(*area));
	if (map && !syscall(SYS_ioctl, fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		area = map;
		pthread_setspecific(at_end, map);
	}
	syscall(SYS_close, fd);
}

static void thread_ends(void *map)
{
	(void)map;
	collect();
	area = NULL;
}

/* The kernel notes nothing for a child of fork before it asks for it. */
static void in_child(void)
{
	if (area)
		syscall(SYS_munmap, area, WORDS * sizeof(*area));
	area = NULL;
	tried = 0;
}

__attribute__((constructor)) static void load(void)
{
	const char *path = getenv("SVMA_COVER");
	FILE *file = fopen("/sys/module/svma/sections/.text", "re");
	unsigned long long start = 0;
	int fd;

	if (!path || !file || fscanf(file, "%llx", &start) != 1)
		return;
	fclose(file);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	text = start;
	pthread_key_create(&at_end, thread_ends);
	pthread_atfork(NULL, NULL, in_child);
	seen = map_shared(fd, TEXT);
	syscall(SYS_close, fd);
}

__attribute__((destructor)) static void unload(void)
{
	collect();
}

void _exit(int status)
{
	collect();
	syscall(SYS_exit_group, status);
	__builtin_unreachable();
}

/* The call itself, and what it reached. */
#define NOTED(number, ...) ({ \
	long ret_; \
	begin(); \
	ret_ = syscall(number, __VA_ARGS__); \
	collect(); \
	ret_; \
})

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	return NOTED(SYS_ioctl, fd, request, arg);
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return (void *)NOTED(SYS_mmap, addr, len, prot, flags, fd, offset);
}

int munmap(void *addr, size_t len)
{
	return NOTED(SYS_munmap, addr, len);
}

int mprotect(void *addr, size_t len, int prot)
{
	return NOTED(SYS_mprotect, addr, len, prot);
}

int madvise(void *addr, size_t len, int advice)
{
	return NOTED(SYS_madvise, addr, len, advice);
}

int close(int fd)
{
	return NOTED(SYS_close, fd);
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	return NOTED(SYS_pread64, fd, buf, len, offset);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	return NOTED(SYS_pwrite64, fd, buf, len, offset);
}

ssize_t preadv(int fd, const struct iovec *vec, int count, off_t offset)
{
	return NOTED(SYS_preadv, fd, vec, count, offset, 0);
}

ssize_t pwritev(int fd, const struct iovec *vec, int count, off_t offset)
{
	return NOTED(SYS_pwritev, fd, vec, count, offset, 0);
}
