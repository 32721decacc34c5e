// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory for each region: how much unreclaimable slab memory grows while regions are made,
 * divided by their number. The same yardstick for both sides; nothing of it is touched, so no page
 * tables are in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "layout.h"
#include "rows.h"

/* Freed nodes of the kernel's tree wait for a grace period. */
static void settle(void)
{
	const struct timespec wait = { .tv_nsec = 300000000 };
	int fd;

	nanosleep(&wait, NULL);
	/* Brings the counters up to date, where we may. */
	fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "1", 1) < 0)
		nanosleep(&wait, NULL);
	close(fd);
}

static double slab(void)
{
	FILE *file;
	char line[128];
	long kib = -1;

	settle();
	file = fopen("/proc/meminfo", "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %ld", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024.0;
}

/* The layout is made by the sides themselves. */
int bench_host_memory_setup(struct bench *bench)
{
	bench_layout_free(bench);
	if (slab() < 0)
		return bench_fail(bench, "/proc/meminfo has no SUnreclaim", 0);
	bench_layout_allowed(bench);
	return 0;
}

static double grown(struct bench *bench, int (*make)(struct bench *bench))
{
	double before = slab(), bytes;

	if (make(bench))
		return -1;
	bytes = slab() - before;
	bench->units = bench->row->regions;
	return bytes > 0 ? bytes : bench_fail(bench, "SUnreclaim did not grow", 0);
}

double bench_host_memory(struct bench *bench, unsigned long n)
{
	(void)n;
	return grown(bench, bench_layout_host);
}

static double space_memory(struct bench *bench, unsigned long n)
{
	(void)n;
	return grown(bench, bench_layout_space);
}

#define MEMORY_ROW(n) {							\
	.name = "memory", .work = "kernel memory for each region (bytes)",	\
	.call = "mmap", .regions = n, .bytes = true, .setup = bench_host_memory_setup,	\
	.kernel = bench_host_memory, .svma = space_memory }

const struct bench_row bench_rows_memory[] = {
	MEMORY_ROW(100000),
	MEMORY_ROW(1000000),
	{ 0 }
};
