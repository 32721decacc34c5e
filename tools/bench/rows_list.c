// SPDX-License-Identifier: GPL-2.0
/*
 * A listing of all regions, for each region: SVMA_IOC_REGIONS into an array that is large enough,
 * against /proc/self/maps read to its end. The process has some regions of its own besides; they
 * are counted in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

#define BUFFER	(1UL << 20)

struct data {
	struct svma_region_list list;
	char *buffer;
};

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
	data->buffer = malloc(BUFFER);
	data->list.cap = bench->regions + 1;
	data->list.v = calloc(data->list.cap, sizeof(*data->list.v));
	if (!data->buffer || !data->list.v)
		return bench_fail(bench, "calloc", errno);
	/* So that first touches are not measured. */
	memset(data->buffer, 1, BUFFER);
	memset(data->list.v, 1, data->list.cap * sizeof(*data->list.v));
	return 0;
}

static void teardown(struct bench *bench)
{
	struct data *data = bench->data;

	if (!data)
		return;
	free(data->buffer);
	svma_region_list_free(&data->list);
	free(data);
}

static unsigned long count_lines(const char *text, size_t len)
{
	unsigned long lines = 0;

	for (const char *at = text; (at = memchr(at, '\n', text + len - at)); at++)
		lines++;
	return lines;
}

static double host_list(struct bench *bench, unsigned long n)
{
	struct data *data = bench->data;
	double ns = 0;

	for (unsigned long i = 0; i < n; i++) {
		double start = bench_now(), counting = 0;
		unsigned long lines = 0;
		ssize_t got = 1;
		int fd;

		fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return bench_fail(bench, "/proc/self/maps", errno);
		while (got > 0) {
			double now;

			got = read(fd, data->buffer, BUFFER);
			now = bench_now();
			if (got > 0)
				lines += count_lines(data->buffer, got);
			counting += bench_now() - now;
		}
		close(fd);
		if (got < 0 || lines < bench->regions)
			return bench_fail(bench, "/proc/self/maps does not tell all regions", 0);
		ns += bench_now() - start - counting;
		bench->units = lines;
	}
	return ns;
}

static double space_list(struct bench *bench, unsigned long n)
{
	struct data *data = bench->data;
	double start = bench_now();

	for (unsigned long i = 0; i < n; i++) {
		int err = svma_client_regions(bench->space, 0, ~0ULL, &data->list);

		if (err)
			return bench_fail(bench, "SVMA_IOC_REGIONS", -err);
		if (data->list.n != bench->regions)
			return bench_fail(bench, "SVMA_IOC_REGIONS does not tell all regions", 0);
	}
	bench->units = bench->regions;
	return bench_now() - start;
}

#define LIST_ROW(n) {							\
	.name = "list", .work = "listing, for each region",		\
	.call = "/proc/self/maps", .regions = n,			\
	.setup = setup, .teardown = teardown,				\
	.kernel = host_list, .svma = space_list }

const struct bench_row bench_rows_list[] = {
	LIST_ROW(10),
	LIST_ROW(1000),
	LIST_ROW(100000),
	{ 0 }
};
