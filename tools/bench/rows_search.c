// SPDX-License-Identifier: GPL-2.0
/*
 * mmap that has to search: all room above the layout is taken, and the pages that are free among
 * the regions are each too short, but for the room in the middle. An operation is mmap of some
 * pages there, and munmap.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

/* So many pages at most: with what lies beside it, it fits into the room. */
#define MOST	(BENCH_ROOM / 2)
#define KIND	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
/* Neighbours can be read and written: nothing merges with this. */
#define PROT	PROT_READ

#define LARGEST	(1UL << 46)
#define PLUGS	4096

struct plugs {
	unsigned long addr[PLUGS];
	unsigned long len[PLUGS];
	unsigned int n;
};

/* What is put above the layout, on either side. */
struct data {
	struct plugs host;
	struct plugs space;
};

/* Memory where there is room: its address, or 0. */
typedef unsigned long (*map_side)(struct bench *bench, unsigned long len, int prot);
typedef int (*unmap_side)(struct bench *bench, unsigned long addr, unsigned long len);

static unsigned long map_host(struct bench *bench, unsigned long len, int prot)
{
	void *addr = mmap(NULL, len, prot, KIND, -1, 0);

	(void)bench;
	return addr == MAP_FAILED ? 0 : (unsigned long)addr;
}

static int unmap_host(struct bench *bench, unsigned long addr, unsigned long len)
{
	(void)bench;
	return munmap((void *)addr, len) ? errno : 0;
}

static unsigned long map_space(struct bench *bench, unsigned long len, int prot)
{
	__u64 addr = 0;

	return svma_client_mmap(bench->space, &addr, len, prot, KIND, -1, 0) ? 0 : addr;
}

static int unmap_space(struct bench *bench, unsigned long addr, unsigned long len)
{
	return -svma_client_munmap(bench->space, addr, len);
}

/* Fill what is free above the layout, from large pieces to those of two pages. */
static int plug(struct bench *bench, struct plugs *plugs, map_side map, unmap_side unmap)
{
	/* The last region has a free page above it, too. */
	unsigned long end = bench_layout_end(bench->regions) - BENCH_PAGE;

	for (unsigned long len = LARGEST; len >= 2 * BENCH_PAGE; len /= 2)
		for (;;) {
			unsigned long addr = map(bench, len, PROT_NONE);

			if (addr && addr < end) {
				unmap(bench, addr, len);
				addr = 0;
			}
			if (!addr)
				break;
			if (plugs->n == PLUGS)
				return bench_fail(bench, "room above the layout has no end", 0);
			plugs->addr[plugs->n] = addr;
			plugs->len[plugs->n++] = len;
		}
	return 0;
}

static void unplug(struct bench *bench, const struct plugs *plugs, unmap_side unmap)
{
	for (unsigned int i = 0; i < plugs->n; i++)
		unmap(bench, plugs->addr[i], plugs->len[i]);
}

static int setup(struct bench *bench)
{
	struct data *data;
	int err;

	err = bench_layout_make(bench);
	if (err)
		return err;
	data = calloc(1, sizeof(*data));
	if (!data)
		return bench_fail(bench, "calloc", errno);
	bench->data = data;
	if (bench->host_made)
		err = plug(bench, &data->host, map_host, unmap_host);
	return err ? err : plug(bench, &data->space, map_space, unmap_space);
}

static void teardown(struct bench *bench)
{
	struct data *data = bench->data;

	if (!data)
		return;
	unplug(bench, &data->host, unmap_host);
	unplug(bench, &data->space, unmap_space);
	free(data);
}

static double search(struct bench *bench, unsigned long n, map_side map, unmap_side unmap)
{
	unsigned long room = bench_room(bench->regions), end = room + BENCH_ROOM * BENCH_PAGE;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		unsigned long len = (2 + bench_random(&bench->random, MOST - 2)) * BENCH_PAGE;
		unsigned long addr = map(bench, len, PROT);
		int err;

		if (addr < room || addr + len > end + BENCH_PAGE)
			return bench_fail(bench, "mmap found room elsewhere", 0);
		err = unmap(bench, addr, len);
		if (err)
			return bench_fail(bench, "munmap", err);
	}
	return bench_now() - start;
}

static double host_search(struct bench *bench, unsigned long n)
{
	return search(bench, n, map_host, unmap_host);
}

static double space_search(struct bench *bench, unsigned long n)
{
	return search(bench, n, map_space, unmap_space);
}

#define SEARCH_ROW(n) {							\
	.name = "search", .work = "mmap+munmap, one place among all",	\
	.call = "mmap, munmap", .regions = n, .setup = setup, .teardown = teardown,	\
	.kernel = host_search, .svma = space_search }

const struct bench_row bench_rows_search[] = {
	BENCH_SIZES(SEARCH_ROW),
	{ 0 }
};
