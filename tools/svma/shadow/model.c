// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <unistd.h>

#include "client.h"
#include "model.h"
#include "proc.h"

static int module_open(void)
{
	struct svma_machine values;
	int machine = svma_client_machine();
	int err;

	if (machine < 0)
		return machine;
	err = svma_proc_machine(&values);
	if (!err)
		err = svma_client_machine_set(machine, &values);
	if (err) {
		close(machine);
		return err;
	}
	return machine;
}

/* Spaces have reserved some already, which are not left on the real machine, either. */
static int module_huge(int machine, __u64 there)
{
	struct svma_machine values;
	__u64 all, left;
	int err = svma_proc_huge(&all, &left);

	if (!err)
		err = svma_client_machine_get(machine, &values);
	if (err)
		return err;
	values.told = SVMA_MACHINE_HUGE | SVMA_MACHINE_HUGE_FREE;
	values.huge_free = left + values.huge_reserved + there;
	/* A space may hold what the kernel has given back. */
	values.huge = all > values.huge_free ? all : values.huge_free;
	return svma_client_machine_set(machine, &values);
}

static int module_task_regions(int machine, pid_t pid, struct svma_task_region_list *list)
{
	return svma_client_task_regions(machine, pid, 0, ~0ULL, list);
}

static int module_space(int machine)
{
	return svma_client_space(machine, SVMA_SPACE_LAYOUT, SVMA_PROFILE_HOST, 0);
}

static int module_regions(int space, struct svma_region_list *list)
{
	return svma_client_regions(space, 0, ~0ULL, list);
}

static void module_close(int fd)
{
	close(fd);
}

const struct shadow_model shadow_model_module = {
	.name = "module",
	.open = module_open,
	.huge = module_huge,
	.task = svma_client_task,
	.task_regions = module_task_regions,
	.space = module_space,
	.layout_get = svma_client_layout_get,
	.layout_set = svma_client_layout_set,
	.import = svma_client_import,
	.anon = svma_client_anon,
	.match = svma_client_match,
	.grow = svma_client_grow,
	.regions = module_regions,
	.fork = svma_client_fork,
	.call = svma_verb_space,
	.close = module_close,
};

static int none_open(void)
{
	return -1;
}

/* Follows and counts; everything else is left out. */
const struct shadow_model shadow_model_none = {
	.name = "none",
	.open = none_open,
};
