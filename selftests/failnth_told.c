// SPDX-License-Identifier: GPL-2.0
/*
 * What else failnth_test makes fail: what a space or a machine is told and tells, and what is asked
 * about a traced task.
 */
#include "failnth.h"
#include "support.h"

static long info(struct failnth_space *s)
{
	struct svma_info arg = { 0 };

	return call(s->machine, SVMA_IOC_INFO, &arg);
}

static long machine_get(struct failnth_space *s)
{
	struct svma_machine arg = { 0 };

	return call(s->machine, SVMA_IOC_MACHINE_GET, &arg);
}

static long machine_set(struct failnth_space *s)
{
	struct svma_machine arg = { .told = SVMA_MACHINE_SWAP, .swap = 7 };

	return call(s->machine, SVMA_IOC_MACHINE_SET, &arg);
}

static long layout_get(struct failnth_space *s)
{
	struct svma_layout arg = { 0 };

	return call(s->space, SVMA_IOC_LAYOUT_GET, &arg);
}

static long stats_get(struct failnth_space *s)
{
	struct svma_stats arg = { 0 };

	return call(s->space, SVMA_IOC_STATS, &arg);
}

static long import_from(struct failnth_space *s, int fd)
{
	struct svma_import arg = {
		.start = at(FAILNTH_HOLE),
		.end = at(FAILNTH_HOLE + 4),
		.flags = SVMA_VM_READ | SVMA_VM_MAYREAD,
		.fd = fd,
	};

	return call(s->space, SVMA_IOC_IMPORT, &arg);
}

static long import(struct failnth_space *s)
{
	return import_from(s, -1);
}

static long import_file(struct failnth_space *s)
{
	return import_from(s, s->more);
}

static long anon(struct failnth_space *s)
{
	struct svma_anon arg = { .start = at(0), .anon = 9 };

	return call(s->space, SVMA_IOC_ANON, &arg);
}

static long grow(struct failnth_space *s)
{
	struct svma_grow arg = { .addr = at(FAILNTH_STACK_TOP - 10) };

	return call(s->space, SVMA_IOC_GROW, &arg);
}

static long task(struct failnth_space *s)
{
	struct svma_task arg = { .pid = s->task };

	return call(s->machine, SVMA_IOC_TASK, &arg);
}

static long task_regions(struct failnth_space *s)
{
	struct svma_task_region list[8];
	struct svma_task_regions arg = {
		.pid = s->task, .end = ~0ULL, .buf = (unsigned long)list, .count = 8,
	};
	long err = call(s->machine, SVMA_IOC_TASK_REGIONS, &arg);

	return err ?: arg.count;
}

/* Page in the layout from which on they are not alike: the space is told of a region before. */
static long task_match(struct failnth_space *s)
{
	struct svma_task_match arg = { .pid = s->task };
	long err = call(s->space, SVMA_IOC_TASK_MATCH, &arg);

	return err ?: (long)((arg.addr - at(0)) / PAGE);
}

const struct failnth_case failnth_told[] = {
	{ "INFO", 0, info, .least = 1 },
	{ "MACHINE_GET", 0, machine_get, .least = 1 },
	{ "MACHINE_SET", 0, machine_set, .least = 1 },
	{ "LAYOUT_GET", 0, layout_get, .least = 1 },
	{ "STATS", 0, stats_get, .least = 1 },
	{ "IMPORT", 0, import, .least = 1 },
	{ "IMPORT of a file", 0, import_file, .least = 4 },
	{ "ANON", 0, anon, .least = 1 },
	{ "GROW", FAILNTH_STACK, grow, .least = 1 },
	{ "TASK", FAILNTH_TASK, task, .least = 3 },
	{ "TASK_REGIONS", FAILNTH_TASK, task_regions, .answer = 8, .least = 4 },
	{ "TASK_MATCH", FAILNTH_TASK, task_match, .answer = 8, .least = 3 },
	{ }
};
