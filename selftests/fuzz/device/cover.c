// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of the device: which basic blocks of the module a thread reaches, by the kernel's
 * KCOV. Only our module is instrumented, so that what is collected is small.
 */
#include <stdio.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "fuzz.h"
#include "support.h"

#define WORDS (256 * 1024) /* blocks of one program; what comes after is not seen */

static __thread uint64_t *area;
static uint64_t text; /* where the module's code is */

static uint64_t text_start(void)
{
	FILE *file = fopen("/sys/module/svma/sections/.text", "re");
	unsigned long long start = 0;

	if (file) {
		if (fscanf(file, "%llx", &start) != 1)
			start = 0;
		fclose(file);
	}
	return start;
}

int cover_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return -errno;
	if (!text)
		text = text_start();
	if (!text || ioctl(fd, KCOV_INIT_TRACE, WORDS))
		return -errno;
	map = mmap(NULL, WORDS * sizeof(*area), RW, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return -errno;
	area = map;
	return 0;
}

void cover_begin(void)
{
	if (area)
		__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}

unsigned int cover_end(void)
{
	uint64_t count, i;
	unsigned int fresh = 0;

	if (!area)
		return 0;
	count = __atomic_load_n(&area[0], __ATOMIC_RELAXED);
	for (i = 1; i <= count && i < WORDS; i++) {
		uint64_t block = area[i] - text;

		if (block < BLOCKS && !shared->seen[block] &&
		    !atomic_exchange(&shared->seen[block], 1))
			fresh++;
	}
	shared->blocks += fresh;
	return fresh;
}
