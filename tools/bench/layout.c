// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"

#define MAP_COUNT	"/proc/sys/vm/max_map_count"
/* Regions that the process has besides, and some that rows make. */
#define OTHER_REGIONS	1000UL

static long old_map_count;

static long map_count_get(void)
{
	FILE *file = fopen(MAP_COUNT, "re");
	long count = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &count) != 1)
		count = -1;
	fclose(file);
	return count;
}

static bool map_count_set(long count)
{
	FILE *file = fopen(MAP_COUNT, "we");

	if (!file)
		return false;
	fprintf(file, "%ld\n", count);
	return !fclose(file);
}

static void map_count_restore(void)
{
	if (!map_count_set(old_map_count))
		fprintf(stderr, "svma-bench: vm.max_map_count could not be set back to %ld\n",
			old_map_count);
}

/**
 * bench_layout_allowed() - may this process have as many regions as the row wants?
 * @bench: the benchmark; if not, the kernel's side is skipped
 *
 * Return: whether it may.
 */
bool bench_layout_allowed(struct bench *bench)
{
	long have = map_count_get(), want = bench->row->regions + OTHER_REGIONS;

	if (have >= want)
		return true;
	if (!bench->options->raise || have < 0 || !map_count_set(want)) {
		bench_skip(bench, "vm.max_map_count is %ld%s", have,
			   bench->options->raise ? " and cannot be raised" :
						   "; --raise-limits may raise it");
		return false;
	}
	if (!old_map_count) {
		old_map_count = have;
		atexit(map_count_restore);
	}
	return true;
}

/**
 * bench_host_regions() - regions of this process
 *
 * Return: lines of /proc/self/maps.
 */
unsigned long bench_host_regions(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long lines = 0;
	int c;

	if (!maps)
		return 0;
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

/**
 * bench_space_regions() - regions of the space
 * @bench: the benchmark
 *
 * Return: what its totals say.
 */
unsigned long bench_space_regions(struct bench *bench)
{
	struct svma_stats stats;

	return svma_client_stats(bench->space, &stats) ? 0 : stats.regions;
}

/**
 * bench_space_with() - make an empty space without limits
 * @bench: the benchmark; a space that it had is closed
 * @flags: SVMA_SPACE_*
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_space_with(struct bench *bench, unsigned int flags)
{
	const struct svma_layout layout = {
		.told = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_LIMIT_AS | SVMA_LAYOUT_LIMIT_DATA |
			SVMA_LAYOUT_LIMIT_MEMLOCK | SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK,
		.max_map_count = 1UL << 30,
		.limit_as = ~0ULL,
		.limit_data = ~0ULL,
		.limit_memlock = ~0ULL,
		.start_brk = BENCH_HEAP,
		.brk = BENCH_HEAP,
	};
	int err;

	if (bench->machine < 0)
		bench->machine = svma_client_machine();
	if (bench->machine < 0)
		return bench_fail(bench, SVMA_DEVICE, -bench->machine);
	if (bench->space >= 0)
		close(bench->space);
	bench->space = svma_client_space(bench->machine, flags, SVMA_PROFILE_HOST, 0);
	if (bench->space < 0)
		return bench_fail(bench, "making a space", -bench->space);
	err = svma_client_layout_set(bench->space, &layout);
	return err ? bench_fail(bench, "telling a space its limits", -err) : 0;
}

static void free_host(struct bench *bench)
{
	if (bench->host_made)
		munmap((void *)BENCH_BASE, bench_layout_end(bench->regions) - BENCH_BASE);
	bench->host_made = false;
}

static int make_host(struct bench *bench, unsigned long n)
{
	unsigned long before;

	if (!bench_layout_allowed(bench))
		return 0;
	before = bench_host_regions();
	bench->host_made = true;
	bench->regions = n;
	for (unsigned long i = 0; i < n; i++) {
		void *addr = (void *)bench_region(i, n);

		if (mmap(addr, BENCH_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != addr) {
			bench_skip(bench, "region %lu of %lu: %s", i, n, strerror(errno));
			free_host(bench);
			return 0;
		}
	}
	if (bench_host_regions() != before + n)
		return bench_fail(bench, "the process has another number of regions than were made",
				  0);
	return 0;
}

/**
 * bench_layout_host() - make the row's regions in this process alone
 * @bench: the benchmark; if they cannot be made, the kernel's side is skipped
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_layout_host(struct bench *bench)
{
	unsigned long n = bench->row->regions;

	if (bench->host_made && bench->regions == n)
		return 0;
	bench_layout_free(bench);
	bench->regions = n;
	return bench->options->kernel ? make_host(bench, n) : 0;
}

/**
 * bench_layout_space() - make the row's regions in a fresh space
 * @bench: the benchmark
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_layout_space(struct bench *bench)
{
	unsigned long n = bench->row->regions;
	int err = bench_space(bench);

	bench->regions = n;
	for (unsigned long i = 0; !err && i < n; i++) {
		__u64 addr = bench_region(i, n);

		err = svma_client_mmap(bench->space, &addr, BENCH_PAGE, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (err)
			return bench_fail(bench, "filling a space with regions", -err);
	}
	if (!err && bench_space_regions(bench) != n)
		return bench_fail(bench, "a space has another number of regions than were made", 0);
	return err;
}

/**
 * bench_layout_make() - make the row's regions, in this process and in a space
 * @bench: the benchmark; if they cannot be made in this process, the kernel's side is skipped
 *
 * What an earlier row made is taken if it is the same.
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_layout_make(struct bench *bench)
{
	unsigned long n = bench->row->regions;
	int err;

	if (bench->space >= 0 && bench->regions == n && bench_space_regions(bench) == n &&
	    (bench->host_made || !bench->options->kernel))
		return 0;
	bench_layout_free(bench);
	err = bench_layout_host(bench);
	return err ? err : bench_layout_space(bench);
}

/**
 * bench_layout_free() - undo bench_layout_make()
 * @bench: the benchmark
 */
void bench_layout_free(struct bench *bench)
{
	free_host(bench);
	bench->regions = 0;
	if (bench->space >= 0)
		close(bench->space);
	if (bench->machine >= 0)
		close(bench->machine);
	bench->space = -1;
	bench->machine = -1;
}
