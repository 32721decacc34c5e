// SPDX-License-Identifier: GPL-2.0
/* One call on core and model. */
#include "call.h"
#include "memory.h"

static struct svma_backing *file_of(struct pair *pair, const struct call *call)
{
	return call->file < 0 ? NULL : &pair->files[call->file].backing;
}

static struct svma_map_args map_args(struct pair *pair, const struct call *call)
{
	return (struct svma_map_args) {
		.addr = call->arg[0],
		.len = call->arg[1],
		.prot = call->arg[2],
		.flags = call->arg[3],
		.offset = call->arg[4],
		.backing = file_of(pair, call),
	};
}

static struct svma_vma import_args(struct pair *pair, const struct call *call)
{
	return (struct svma_vma) {
		.start = call->arg[0],
		.end = call->arg[0] + call->arg[1],
		.flags = call->arg[2],
		.pgoff = call->arg[3],
		.anon = call->arg[4],
		.backing = file_of(pair, call),
	};
}

static struct svma_remap_args remap_args(const struct call *call)
{
	return (struct svma_remap_args) {
		.old_addr = call->arg[0],
		.old_len = call->arg[1],
		.new_len = call->arg[2],
		.flags = call->arg[3],
		.new_addr = call->arg[4],
	};
}

static struct svma_lock lock_args(const struct call *call)
{
	return (struct svma_lock) {
		.addr = call->arg[0],
		.len = call->arg[1],
		.op = call->arg[2],
		.flags = call->arg[3],
	};
}

static void limits(struct svma_layout *layout, const struct call *call)
{
	layout->max_map_count = call->arg[0];
	layout->def_flags = call->arg[1];
	layout->limit_memlock = call->arg[2];
	layout->told =
		SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_DEF_FLAGS | SVMA_LAYOUT_LIMIT_MEMLOCK;
}

static void call_core(struct pair *pair, const struct call *call, struct call_result *result)
{
	struct svma_core *core = &pair->core;
	struct svma_map_args map = map_args(pair, call);
	struct svma_remap_args remap = remap_args(call);
	struct svma_lock lock = lock_args(call);
	struct svma_populate populate = { 0 };
	struct svma_layout layout = { 0 };
	struct svma_vma vma;

	memset(result, 0, sizeof(*result));
	switch (call->verb) {
	case CALL_MMAP:
		result->error = svma_core_mmap(core, &map);
		result->value = map.result;
		result->len = map.populate;
		break;
	case CALL_MUNMAP:
		result->error = svma_core_munmap(core, call->arg[0], call->arg[1]);
		break;
	case CALL_MPROTECT:
		result->error = svma_core_mprotect(core, call->arg[0], call->arg[1], call->arg[2],
						   (int)call->arg[3]);
		break;
	case CALL_BRK:
		result->value = call->arg[0];
		result->error = svma_core_brk(core, &result->value, &result->start, &result->len);
		break;
	case CALL_MREMAP:
		result->error = svma_core_mremap(core, &remap);
		result->value = remap.result;
		result->start = remap.populate_start;
		result->len = remap.populate_len;
		break;
	case CALL_MADVISE:
		result->error = svma_core_madvise(core, call->arg[0], call->arg[1],
						  (int)call->arg[2], &populate);
		result->start = populate.start;
		result->len = populate.len;
		result->strict = populate.strict;
		result->write = populate.write;
		break;
	case CALL_LOCK:
		result->error = svma_core_lock(core, &lock, &populate);
		result->start = populate.start;
		result->len = populate.len;
		result->strict = populate.strict;
		result->write = populate.write;
		break;
	case CALL_GROW:
		result->error = svma_core_grow(core, call->arg[0]);
		break;
	case CALL_MSEAL:
		result->error = svma_core_mseal(core, call->arg[0], call->arg[1], call->arg[2]);
		break;
	case CALL_FAULT:
		result->error = svma_core_anon_fault(core, call->arg[0]);
		break;
	case CALL_ANON:
		result->error = svma_core_anon_set(core, call->arg[0], call->arg[1], call->arg[2]);
		break;
	case CALL_IMPORT:
		vma = import_args(pair, call);
		result->error = svma_core_import(core, &vma);
		break;
	case CALL_LIMITS:
		limits(&layout, call);
		result->error = svma_core_layout_set(core, &layout);
		break;
	case CALL_NR:
		break;
	}
}

/* A warning of the core is a difference like others, so that it is shrunk like others. */
static void run_core(struct pair *pair, const struct call *call, struct call_result *result)
{
	struct memory_place here;

	memory_warn_to = &here;
	if (setjmp(here.where))
		pair_differ(pair, "warning: %s", memory_warning);
	else
		call_core(pair, call, result);
	memory_warn_to = NULL;
}

static void run_model(struct pair *pair, const struct call *call, struct call_result *result)
{
	struct model *model = &pair->model;
	struct svma_map_args map = map_args(pair, call);
	struct svma_remap_args remap = remap_args(call);
	struct svma_lock lock = lock_args(call);
	struct svma_populate populate = { 0 };
	struct svma_vma vma;

	memset(result, 0, sizeof(*result));
	switch (call->verb) {
	case CALL_MMAP:
		result->error = model_mmap(model, &map);
		result->value = map.result;
		result->len = map.populate;
		break;
	case CALL_MUNMAP:
		result->error = model_munmap(model, call->arg[0], call->arg[1]);
		break;
	case CALL_MPROTECT:
		result->error = model_mprotect(model, call->arg[0], call->arg[1], call->arg[2],
					       (int)call->arg[3]);
		break;
	case CALL_BRK:
		result->value = model_brk(model, call->arg[0], &result->start, &result->len);
		break;
	case CALL_MREMAP:
		result->error = model_mremap(model, &remap);
		result->value = remap.result;
		result->start = remap.populate_start;
		result->len = remap.populate_len;
		break;
	case CALL_MADVISE:
		result->error = model_madvise(model, call->arg[0], call->arg[1], (int)call->arg[2],
					      &populate);
		result->start = populate.start;
		result->len = populate.len;
		result->strict = populate.strict;
		result->write = populate.write;
		break;
	case CALL_LOCK:
		result->error = model_lock(model, &lock, &populate);
		result->start = populate.start;
		result->len = populate.len;
		result->strict = populate.strict;
		result->write = populate.write;
		break;
	case CALL_GROW:
		result->error = model_grow(model, call->arg[0]);
		break;
	case CALL_MSEAL:
		result->error = model_mseal(model, call->arg[0], call->arg[1], call->arg[2]);
		break;
	case CALL_FAULT:
		result->error = model_fault(model, call->arg[0]);
		break;
	case CALL_ANON:
		result->error = model_anon_set(model, call->arg[0], call->arg[1], call->arg[2]);
		break;
	case CALL_IMPORT:
		vma = import_args(pair, call);
		result->error = model_import(model, &vma);
		break;
	case CALL_LIMITS:
		limits(&model->layout, call);
		break;
	case CALL_NR:
		break;
	}
}

/* A move of several regions that stops half way cannot be tried again. */
static bool moves_several(const struct pair *pair, const struct call *call)
{
	const struct model *model = &pair->model;
	unsigned long i;

	if (call->verb != CALL_MREMAP || model->kernel < SVMA_KERNEL(7, 3) ||
	    !(call->arg[3] & MREMAP_FIXED))
		return false;
	i = model_next(model, model_index(model, call->arg[0]));
	return i < model->count &&
	       model_addr(model, model_last(model, i)) < call->arg[0] + call->arg[1];
}

/* A verb that goes from region to region keeps what it did before memory ran out. */
static bool may_be_partial(const struct pair *pair, const struct call *call)
{
	const struct model *model = &pair->model;
	unsigned long i, end;

	if (call->verb == CALL_LOCK)
		return true;
	if (call->verb != CALL_MPROTECT && call->verb != CALL_MADVISE && call->verb != CALL_MSEAL)
		return false;
	i = model_next(model, model_index(model, call->arg[0]));
	end = model_index(model, call->arg[0] + svma_page_align(call->arg[1]));
	if (call->verb == CALL_MPROTECT && i < model->count && (call->arg[2] & PROT_GROWSDOWN))
		i = model_first(model, i);
	return i < end && model_last(model, i) < end;
}

/*
 * Fail the call at its nth allocation. True: it got past all of them, and *result is its answer.
 * The model has not run yet: its state is what the core must have after a failure.
 */
static bool fails_cleanly(struct pair *pair, const struct call *call, unsigned long nth,
			  struct call_result *result)
{
	bool failed;

	pair_clear_report(pair);
	memory_fail_at(nth, true);
	run_core(pair, call, result);
	failed = memory_failed();
	memory_fail_at(0, false);
	if (!failed)
		return true;
	if (call->verb == CALL_BRK ? result->value != pair->model.layout.brk :
	    result->error != (call->verb == CALL_MADVISE ? -EAGAIN : -ENOMEM))
		pair_differ(pair, "allocation %lu failed, error is %d, value %lx", nth,
			    result->error, result->value);
	if (may_be_partial(pair, call)) {
		const char *wrong = svma_core_validate(&pair->core);

		if (wrong)
			pair_differ(pair, "allocation %lu failed, space not valid: %s", nth, wrong);
		return false;
	}
	if (pair->reports)
		pair_differ(pair, "allocation %lu failed, but changes were reported", nth);
	if (!pair_same_state(pair)) {
		char why[sizeof(pair->why)];

		memcpy(why, pair->why, sizeof(why));
		snprintf(pair->why, sizeof(pair->why), "allocation %lu failed and left: %.300s",
			 nth, why);
	}
	return false;
}

bool call_run(struct pair *pair, const struct call *call, enum call_memory memory,
	      struct call_result *result)
{
	bool partial = false, done = false;
	struct call_result model;
	unsigned long nth;

	if (moves_several(pair, call))
		memory = MEMORY_ENOUGH;
	for (nth = 1; memory == MEMORY_FAILS && !done; nth++) {
		done = fails_cleanly(pair, call, nth, result);
		partial |= !done && may_be_partial(pair, call);
		if (pair->why[0])
			return false;
	}
	if (!done) {
		pair_clear_report(pair);
		run_core(pair, call, result);
	}
	run_model(pair, call, &model);
	if (result->error != model.error)
		pair_differ(pair, "error %d, model %d", result->error, model.error);
	else if (!model.error && model.len &&
		 (result->strict != model.strict || result->write != model.write))
		pair_differ(pair, "populate strict %d write %d, model %d %d", result->strict,
			    result->write, model.strict, model.write);
	else if (!model.error && (result->value != model.value || result->len != model.len ||
				  (model.len && result->start != model.start)))
		pair_differ(pair, "result %lx populate %lx+%lx, model %lx %lx+%lx", result->value,
			    result->start, result->len, model.value, model.start, model.len);
	pair_same_state(pair);
	if (!partial)
		pair_same_report(pair);
	return !pair->why[0];
}

struct name {
	unsigned long bit;
	const char *name;
};

static void print_flags(unsigned long value, const struct name *names, unsigned int count,
			const char *none)
{
	const char *between = "";
	unsigned int i;

	if (!value && none) {
		printf("%s", none);
		return;
	}
	for (i = 0; i < count; i++) {
		if (!(value & names[i].bit))
			continue;
		printf("%s%s", between, names[i].name);
		value &= ~names[i].bit;
		between = "|";
	}
	if (value || !*between)
		printf("%s%#lx", between, value);
}

static void print_prot(unsigned long prot)
{
	static const struct name names[] = {
		{ PROT_READ, "PROT_READ" },	      { PROT_WRITE, "PROT_WRITE" },
		{ PROT_EXEC, "PROT_EXEC" },	      { PROT_SEM, "PROT_SEM" },
		{ PROT_GROWSDOWN, "PROT_GROWSDOWN" }, { PROT_GROWSUP, "PROT_GROWSUP" },
	};

	print_flags(prot, names, ARRAY_SIZE(names), "PROT_NONE");
}

static void print_map_flags(unsigned long flags)
{
	static const char *const types[] = { NULL, "MAP_SHARED", "MAP_PRIVATE",
					     "MAP_SHARED_VALIDATE" };
	static const struct name names[] = {
		{ MAP_FIXED, "MAP_FIXED" },
		{ MAP_ANONYMOUS, "MAP_ANONYMOUS" },
		{ MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
		{ MAP_GROWSDOWN, "MAP_GROWSDOWN" },
		{ MAP_LOCKED, "MAP_LOCKED" },
		{ MAP_NORESERVE, "MAP_NORESERVE" },
		{ MAP_POPULATE, "MAP_POPULATE" },
		{ MAP_NONBLOCK, "MAP_NONBLOCK" },
		{ MAP_STACK, "MAP_STACK" },
		{ MAP_SYNC, "MAP_SYNC" },
		{ MAP_ABOVE4G, "MAP_ABOVE4G" },
		{ MAP_HUGETLB, "MAP_HUGETLB" },
	};
	unsigned long type = flags & MAP_TYPE;

	if (type && type < ARRAY_SIZE(types))
		printf("%s", types[type]);
	else
		printf("%#lx", type);
	if (flags & ~(unsigned long)MAP_TYPE) {
		printf("|");
		print_flags(flags & ~(unsigned long)MAP_TYPE, names, ARRAY_SIZE(names), NULL);
	}
}

static void print_remap_flags(unsigned long flags)
{
	static const struct name names[] = {
		{ MREMAP_MAYMOVE, "MREMAP_MAYMOVE" }, { MREMAP_FIXED, "MREMAP_FIXED" },
		{ MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP" },
	};

	print_flags(flags, names, ARRAY_SIZE(names), "0");
}

static void print_lock(const unsigned long *arg)
{
	switch (arg[2]) {
	case SVMA_MLOCK:
		printf("mlock2(%#lx, %#lx, %#lx)", arg[0], arg[1], arg[3]);
		break;
	case SVMA_MUNLOCK:
		printf("munlock(%#lx, %#lx)", arg[0], arg[1]);
		break;
	case SVMA_MLOCKALL:
		printf("mlockall(%#lx)", arg[3]);
		break;
	default:
		printf("munlockall()");
		break;
	}
}

void call_print(const struct call *call, const struct call_result *result)
{
	const unsigned long *arg = call->arg;
	const char *file = call->file < 0 ? "-1" : pair_file_names[call->file];

	printf("# ");
	switch (call->verb) {
	case CALL_MMAP:
		printf("mmap(%#lx, %#lx, ", arg[0], arg[1]);
		print_prot(arg[2]);
		printf(", ");
		print_map_flags(arg[3]);
		printf(", %s, %#lx)", file, arg[4]);
		break;
	case CALL_MUNMAP:
		printf("munmap(%#lx, %#lx)", arg[0], arg[1]);
		break;
	case CALL_MPROTECT:
		printf("%s(%#lx, %#lx, ", (int)arg[3] == -1 ? "mprotect" : "pkey_mprotect", arg[0],
		       arg[1]);
		print_prot(arg[2]);
		if ((int)arg[3] != -1)
			printf(", %d", (int)arg[3]);
		printf(")");
		break;
	case CALL_BRK:
		printf("brk(%#lx)", arg[0]);
		break;
	case CALL_MREMAP:
		printf("mremap(%#lx, %#lx, %#lx, ", arg[0], arg[1], arg[2]);
		print_remap_flags(arg[3]);
		printf(", %#lx)", arg[4]);
		break;
	case CALL_MADVISE:
		printf("madvise(%#lx, %#lx, %lu)", arg[0], arg[1], arg[2]);
		break;
	case CALL_LOCK:
		print_lock(arg);
		break;
	case CALL_GROW:
		printf("grow(%#lx)", arg[0]);
		break;
	case CALL_MSEAL:
		printf("mseal(%#lx, %#lx, %#lx)", arg[0], arg[1], arg[2]);
		break;
	case CALL_FAULT:
		printf("store(%#lx)", arg[0]);
		break;
	case CALL_ANON:
		printf("anon(%#lx, %lu, %lu)", arg[0], arg[1], arg[2]);
		break;
	case CALL_IMPORT:
		printf("import(%#lx, %#lx, %#lx, pgoff %#lx, anon %lu, %s)", arg[0], arg[1], arg[2],
		       arg[3], arg[4], file);
		break;
	case CALL_LIMITS:
		printf("limits(map count %lu, def_flags %#lx, memlock %#lx)", arg[0], arg[1],
		       arg[2]);
		break;
	case CALL_NR:
		break;
	}
	if (!result)
		printf("\n");
	else if (result->error)
		printf(" = -1 %s\n", strerrorname_np(-result->error));
	else
		printf(" = %#lx\n", result->value);
}
