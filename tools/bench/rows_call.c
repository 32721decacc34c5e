// SPDX-License-Identifier: GPL-2.0
/*
 * What the way into the kernel and back costs: the least that any row can take.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

static double host_call(struct bench *bench, unsigned long n)
{
	double start = bench_now();

	(void)bench;
	for (unsigned long i = 0; i < n; i++)
		syscall(SYS_getppid);
	return bench_now() - start;
}

static double space_call(struct bench *bench, unsigned long n)
{
	double start = bench_now();
	struct svma_info info;

	for (unsigned long i = 0; i < n; i++) {
		int err = svma_client_info(bench->space, &info);

		if (err)
			return bench_fail(bench, "SVMA_IOC_INFO", -err);
	}
	return bench_now() - start;
}

const struct bench_row bench_rows_call[] = {
	{
		.name = "call", .work = "a call that does nothing", .call = "getppid",
		.setup = bench_space, .kernel = host_call, .svma = space_call,
	},
	{ 0 }
};
