// SPDX-License-Identifier: GPL-2.0
/*
 * mmap and munmap of a page, in pairs.
 */
#include <errno.h>
#include <sys/mman.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

#define FREE	(MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED	(FREE | MAP_FIXED_NOREPLACE)
#define RW	(PROT_READ | PROT_WRITE)
/* More pages than the kernel leaves free among the regions of a program that starts. */
#define PLUGS	100000

/**
 * bench_host_plug() - let the next free page lie below an unlike region and above nothing
 * @bench: the benchmark
 *
 * A page that merged with a neighbour would be cheaper. The plugs stay.
 *
 * Return: 0 or what bench_fail() returns.
 */
int bench_host_plug(struct bench *bench)
{
	if (!bench->options->kernel)
		return 0;
	for (int i = 0; i < PLUGS; i++) {
		char *plug, *pair;

		plug = mmap(NULL, BENCH_PAGE, PROT_NONE, FREE, -1, 0);
		if (plug == MAP_FAILED)
			return bench_fail(bench, "mmap of a plug", errno);
		pair = mmap(NULL, 2 * BENCH_PAGE, RW, FREE, -1, 0);
		if (pair == MAP_FAILED)
			return bench_fail(bench, "mmap", errno);
		munmap(pair, 2 * BENCH_PAGE);
		if (pair + 2 * BENCH_PAGE == plug)
			return 0;
	}
	return bench_fail(bench, "free pages have neighbours to merge with", 0);
}

static int setup_free(struct bench *bench)
{
	__u64 addr = 0;
	int err;

	err = bench_layout_make(bench);
	if (err)
		return err;
	err = svma_client_mmap(bench->space, &addr, BENCH_PAGE, PROT_NONE, FREE, -1, 0);
	if (err)
		return bench_fail(bench, "SVMA_IOC_MMAP of a plug", -err);
	bench->data = (void *)addr;
	return bench_host_plug(bench);
}

static void teardown_free(struct bench *bench)
{
	if (bench->data)
		svma_client_munmap(bench->space, (unsigned long)bench->data, BENCH_PAGE);
}

/* mmap where there is room, munmap. */
double bench_host_map_free(struct bench *bench, unsigned long n)
{
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		void *addr = mmap(NULL, BENCH_PAGE, RW, FREE, -1, 0);

		if (addr == MAP_FAILED)
			return bench_fail(bench, "mmap", errno);
		if (munmap(addr, BENCH_PAGE))
			return bench_fail(bench, "munmap", errno);
	}
	return bench_now() - start;
}

static double space_map_free(struct bench *bench, unsigned long n)
{
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		__u64 addr = 0;
		int err = svma_client_mmap(bench->space, &addr, BENCH_PAGE, RW, FREE, -1, 0);

		if (err)
			return bench_fail(bench, "SVMA_IOC_MMAP", -err);
		err = svma_client_munmap(bench->space, addr, BENCH_PAGE);
		if (err)
			return bench_fail(bench, "SVMA_IOC_MUNMAP", -err);
	}
	return bench_now() - start;
}

/* munmap of one of the regions, mmap of it anew. */
double bench_host_map_fixed(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->regions;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		void *addr = (void *)bench_region(bench_random(&bench->random, regions), regions);

		if (munmap(addr, BENCH_PAGE))
			return bench_fail(bench, "munmap", errno);
		if (mmap(addr, BENCH_PAGE, RW, FIXED, -1, 0) != addr)
			return bench_fail(bench, "mmap", errno);
	}
	return bench_now() - start;
}

static double space_map_fixed(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->regions;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		__u64 addr = bench_region(bench_random(&bench->random, regions), regions);
		int err = svma_client_munmap(bench->space, addr, BENCH_PAGE);

		if (err)
			return bench_fail(bench, "SVMA_IOC_MUNMAP", -err);
		err = svma_client_mmap(bench->space, &addr, BENCH_PAGE, RW, FIXED, -1, 0);
		if (err)
			return bench_fail(bench, "SVMA_IOC_MMAP", -err);
	}
	return bench_now() - start;
}

#define MAP_ROW(n) {							\
	.name = "map", .work = "mmap+munmap of a page, free place",	\
	.call = "mmap, munmap", .regions = n,				\
	.setup = setup_free, .teardown = teardown_free,			\
	.kernel = bench_host_map_free, .svma = space_map_free }
#define MAP_FIXED_ROW(n) {						\
	.name = "map-fixed", .work = "munmap+mmap of a page among others",	\
	.call = "munmap, mmap", .regions = n, .setup = bench_layout_make,	\
	.kernel = bench_host_map_fixed, .svma = space_map_fixed }

const struct bench_row bench_rows_map[] = {
	BENCH_SIZES(MAP_ROW),
	BENCH_SIZES(MAP_FIXED_ROW),
	{ 0 }
};
