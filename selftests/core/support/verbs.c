// SPDX-License-Identifier: GPL-2.0
/* Each verb, on the core or on the model. */
#include "call.h"

static struct svma_backing *file_of(struct pair *pair, const struct call *call)
{
	return call->file < 0 ? NULL : &pair->home->files[call->file].backing;
}

static void to_populate(struct call_result *result, const struct svma_populate *populate)
{
	result->start = populate->start;
	result->len = populate->len;
	result->strict = populate->strict;
	result->write = populate->write;
}

static void run_mmap(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	struct svma_map_args map = {
		.addr = call->arg[0],
		.len = call->arg[1],
		.prot = call->arg[2],
		.flags = call->arg[3],
		.offset = call->arg[4],
		.backing = file_of(pair, call),
	};

	result->error = core ? svma_core_mmap(&pair->core, &map) : model_mmap(&pair->model, &map);
	result->value = map.result;
	result->len = map.populate;
}

static void run_munmap(struct pair *pair, const struct call *call, bool core,
		       struct call_result *result)
{
	const unsigned long *arg = call->arg;

	result->error = core ? svma_core_munmap(&pair->core, arg[0], arg[1])
			     : model_munmap(&pair->model, arg[0], arg[1]);
}

static void run_mprotect(struct pair *pair, const struct call *call, bool core,
			 struct call_result *result)
{
	const unsigned long *arg = call->arg;
	int key = (int)arg[3];

	result->error = core ? svma_core_mprotect(&pair->core, arg[0], arg[1], arg[2], key)
			     : model_mprotect(&pair->model, arg[0], arg[1], arg[2], key);
}

static void run_brk(struct pair *pair, const struct call *call, bool core,
		    struct call_result *result)
{
	result->value = call->arg[0];
	if (core)
		result->error = svma_core_brk(&pair->core, &result->value, &result->start,
					      &result->len);
	else
		result->value =
			model_brk(&pair->model, call->arg[0], &result->start, &result->len);
}

static void run_mremap(struct pair *pair, const struct call *call, bool core,
		       struct call_result *result)
{
	struct svma_remap_args remap = {
		.old_addr = call->arg[0],
		.old_len = call->arg[1],
		.new_len = call->arg[2],
		.flags = call->arg[3],
		.new_addr = call->arg[4],
	};

	result->error = core ? svma_core_mremap(&pair->core, &remap)
			     : model_mremap(&pair->model, &remap);
	result->value = remap.result;
	result->start = remap.populate_start;
	result->len = remap.populate_len;
}

static void run_madvise(struct pair *pair, const struct call *call, bool core,
			struct call_result *result)
{
	const unsigned long *arg = call->arg;
	struct svma_populate populate = { 0 };
	int advice = (int)arg[2];

	result->error = core ? svma_core_madvise(&pair->core, arg[0], arg[1], advice, &populate)
			     : model_madvise(&pair->model, arg[0], arg[1], advice, &populate);
	to_populate(result, &populate);
}

static void run_lock(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	struct svma_populate populate = { 0 };
	struct svma_lock lock = {
		.addr = call->arg[0],
		.len = call->arg[1],
		.op = call->arg[2],
		.flags = call->arg[3],
	};

	result->error = core ? svma_core_lock(&pair->core, &lock, &populate)
			     : model_lock(&pair->model, &lock, &populate);
	to_populate(result, &populate);
}

static void run_grow(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	result->error = core ? svma_core_grow(&pair->core, call->arg[0])
			     : model_grow(&pair->model, call->arg[0]);
}

static void run_mseal(struct pair *pair, const struct call *call, bool core,
		      struct call_result *result)
{
	const unsigned long *arg = call->arg;

	result->error = core ? svma_core_mseal(&pair->core, arg[0], arg[1], arg[2])
			     : model_mseal(&pair->model, arg[0], arg[1], arg[2]);
}

static void run_fault(struct pair *pair, const struct call *call, bool core,
		      struct call_result *result)
{
	result->error = core ? svma_core_anon_fault(&pair->core, call->arg[0])
			     : model_fault(&pair->model, call->arg[0]);
}

static void run_anon(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	const unsigned long *arg = call->arg;

	result->error = core ? svma_core_anon_set(&pair->core, arg[0], arg[1], arg[2])
			     : model_anon_set(&pair->model, arg[0], arg[1], arg[2]);
}

static void run_import(struct pair *pair, const struct call *call, bool core,
		       struct call_result *result)
{
	struct svma_vma vma = {
		.start = call->arg[0],
		.end = call->arg[0] + call->arg[1],
		.flags = call->arg[2],
		.pgoff = call->arg[3],
		.anon = call->arg[4],
		.backing = file_of(pair, call),
	};

	result->error = core ? svma_core_import(&pair->core, &vma)
			     : model_import(&pair->model, &vma);
}

static void run_limits(struct pair *pair, const struct call *call, bool core,
		       struct call_result *result)
{
	struct svma_layout told, *layout = core ? &told : &pair->model.layout;

	layout->max_map_count = call->arg[0];
	layout->def_flags = call->arg[1];
	layout->limit_memlock = call->arg[2];
	layout->told =
		SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_DEF_FLAGS | SVMA_LAYOUT_LIMIT_MEMLOCK;
	if (core)
		result->error = svma_core_layout_set(&pair->core, layout);
}

static void run_msync(struct pair *pair, const struct call *call, bool core,
		      struct call_result *result)
{
	const unsigned long *arg = call->arg;

	result->error = core ? svma_core_msync(&pair->core, arg[0], arg[1], arg[2])
			     : model_msync(&pair->model, arg[0], arg[1], arg[2]);
}

static void run_mincore(struct pair *pair, const struct call *call, bool core,
			struct call_result *result)
{
	const unsigned long *arg = call->arg;

	result->error = core ? svma_core_mincore(&pair->core, arg[0], arg[1])
			     : model_mincore(&pair->model, arg[0], arg[1]);
}

static void run_remap_file(struct pair *pair, const struct call *call, bool core,
			   struct call_result *result)
{
	struct svma_populate populate = { 0 };
	struct svma_remap_file args = {
		.addr = call->arg[0],
		.len = call->arg[1],
		.prot = call->arg[2],
		.pgoff = call->arg[3],
		.flags = call->arg[4],
	};

	result->error = core ? svma_core_remap_file(&pair->core, &args, &populate)
			     : model_remap_file(&pair->model, &args, &populate);
	to_populate(result, &populate);
}

static void run_find(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	struct svma_vma found = { 0 };
	bool any = core ? svma_core_find(&pair->core, call->arg[0], &found)
			: model_find(&pair->model, call->arg[0], &found);

	result->error = any ? 0 : -ENOENT;
	result->value = found.start;
}

static void run_machine(struct pair *pair, const struct call *call, bool core,
			struct call_result *result)
{
	struct svma_machine *told = &pair->home->model_machine.told, new = *told;

	new.told = SVMA_MACHINE_MODE | SVMA_MACHINE_RAM | SVMA_MACHINE_SWAP | SVMA_MACHINE_RATIO |
		   SVMA_MACHINE_HUGE_FREE;
	new.overcommit_mode = call->arg[0];
	new.ram = call->arg[1];
	new.swap = call->arg[2];
	new.overcommit_ratio = call->arg[3];
	new.huge_free = call->arg[4];
	if (core)
		result->error = svma_core_machine_set(&pair->home->machine, &new);
	else if (new.overcommit_mode > SVMA_OVERCOMMIT_NEVER || new.huge_free > new.huge)
		result->error = -EINVAL;
	else
		*told = new;
}

/* Both at once: the space is made for both. */
static void run_fork(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	int model_error = 0;

	(void)core;
	if (pair->home->spaces[call->arg[0]])
		return;
	pair_fork(pair, call->arg[0], &result->error, &model_error);
	if (result->error != model_error)
		pair_differ(pair->home, "fork: error %d, model %d", result->error, model_error);
}

static void run_exit(struct pair *pair, const struct call *call, bool core,
		     struct call_result *result)
{
	(void)call;
	(void)core;
	(void)result;
	if (pair != pair->home)
		pair_exit(pair);
}

call_fn *const call_verbs[CALL_NR] = {
	[CALL_MMAP] = run_mmap,
	[CALL_MUNMAP] = run_munmap,
	[CALL_MPROTECT] = run_mprotect,
	[CALL_BRK] = run_brk,
	[CALL_MREMAP] = run_mremap,
	[CALL_MADVISE] = run_madvise,
	[CALL_LOCK] = run_lock,
	[CALL_GROW] = run_grow,
	[CALL_MSEAL] = run_mseal,
	[CALL_FAULT] = run_fault,
	[CALL_ANON] = run_anon,
	[CALL_IMPORT] = run_import,
	[CALL_LIMITS] = run_limits,
	[CALL_MSYNC] = run_msync,
	[CALL_MINCORE] = run_mincore,
	[CALL_REMAP_FILE] = run_remap_file,
	[CALL_FIND] = run_find,
	[CALL_MACHINE] = run_machine,
	[CALL_FORK] = run_fork,
	[CALL_EXIT] = run_exit,
};
