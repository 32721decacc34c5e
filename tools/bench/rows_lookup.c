// SPDX-License-Identifier: GPL-2.0
/*
 * Which region holds an address? At random addresses, each in a region.
 *
 * Kernels from 6.11 have a call that asks the same (PROCMAP_QUERY). Older ones have none; there the
 * nearest call that finds a region by address and does little else is taken: mincore() of a page.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

/* Debian 12's headers are older than this call. */
struct map_query {
	__u64 size;
	__u64 flags;
	__u64 addr;
	__u64 start;
	__u64 end;
	__u64 vm_flags;
	__u64 page_size;
	__u64 offset;
	__u64 inode;
	__u32 dev_major;
	__u32 dev_minor;
	__u32 name_size;
	__u32 build_id_size;
	__u64 name;
	__u64 build_id;
};

#define MAP_QUERY		_IOWR('f', 17, struct map_query)
#define MAP_QUERY_OR_NEXT	0x10

static int maps = -1;

static int query(unsigned long addr, struct map_query *query)
{
	*query = (struct map_query){
		.size = sizeof(*query), .flags = MAP_QUERY_OR_NEXT, .addr = addr,
	};
	return ioctl(maps, MAP_QUERY, query);
}

/* Which call does it here? The layout is there. */
int bench_host_lookup_setup(struct bench *bench)
{
	unsigned long addr = bench_region(0, bench->regions);
	struct map_query answer;
	unsigned char resident;

	if (!bench->host_made)
		return 0;
	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (maps >= 0 && !query(addr, &answer)) {
		if (answer.start != addr || answer.end != addr + BENCH_PAGE)
			return bench_fail(bench, "PROCMAP_QUERY does not tell the region", 0);
		strcpy(bench->result->call, "PROCMAP_QUERY");
		return 0;
	}
	bench_host_lookup_end(bench);
	if (mincore((void *)addr, BENCH_PAGE, &resident))
		return bench_fail(bench, "mincore", errno);
	strcpy(bench->result->call, "mincore");
	return 0;
}

void bench_host_lookup_end(struct bench *bench)
{
	(void)bench;
	if (maps >= 0)
		close(maps);
	maps = -1;
}

double bench_host_lookup(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->regions;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long addr = bench_region(bench_random(&bench->random, regions), regions);
		struct map_query answer;
		unsigned char resident;

		if (maps < 0) {
			if (mincore((void *)addr, BENCH_PAGE, &resident))
				return bench_fail(bench, "mincore", errno);
		} else if (query(addr, &answer) || answer.start != addr) {
			return bench_fail(bench, "PROCMAP_QUERY", errno);
		}
	}
	return bench_now() - start;
}

static int setup(struct bench *bench)
{
	int err = bench_layout_make(bench);

	return err ? err : bench_host_lookup_setup(bench);
}

static double space_lookup(struct bench *bench, unsigned long n)
{
	unsigned long regions = bench->regions;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long addr = bench_region(bench_random(&bench->random, regions), regions);
		struct svma_region region;
		int err = svma_client_lookup(bench->space, addr, &region);

		if (err)
			return bench_fail(bench, "SVMA_IOC_LOOKUP", -err);
		if (region.start != addr || region.end != addr + BENCH_PAGE)
			return bench_fail(bench, "SVMA_IOC_LOOKUP tells another region", 0);
	}
	return bench_now() - start;
}

#define LOOKUP_ROW(n) {							\
	.name = "lookup", .work = "lookup of an address",		\
	.call = "PROCMAP_QUERY", .regions = n,				\
	.setup = setup, .teardown = bench_host_lookup_end,		\
	.kernel = bench_host_lookup, .svma = space_lookup }

const struct bench_row bench_rows_lookup[] = {
	BENCH_SIZES(LOOKUP_ROW),
	{ 0 }
};
