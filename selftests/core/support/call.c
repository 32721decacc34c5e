// SPDX-License-Identifier: GPL-2.0
/* One call on core and model, with memory or without. */
#include "call.h"
#include "memory.h"

/* A warning of the core is a difference like others, so that it is shrunk like others. */
static void run_core(struct pair *pair, const struct call *call, struct call_result *result)
{
	struct memory_place here;

	memset(result, 0, sizeof(*result));
	memory_warn_to = &here;
	if (setjmp(here.where))
		pair_differ(pair, "warning: %s", memory_warning);
	else
		call_verbs[call->verb](pair, call, true, result);
	memory_warn_to = NULL;
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
	if (pair->reports)
		pair_differ(pair, "allocation %lu failed, but changes were reported", nth);
	if (!pair_same_state(pair)) {
		char *now = pair->home->why, why[sizeof(pair->why)];

		memcpy(why, now, sizeof(why));
		snprintf(now, sizeof(why), "allocation %lu failed and left: %.300s",
			 nth, why);
	}
	return false;
}

/* Spaces come and go: nothing but the machine is left to compare. */
static bool changes_spaces(const struct call *call)
{
	return call->verb == CALL_FORK || call->verb == CALL_EXIT;
}

bool call_run(struct pair *home, const struct call *call, enum call_memory memory,
	      struct call_result *result)
{
	struct pair *pair = home->spaces[call->space];
	bool done = false;
	struct call_result model;
	unsigned long nth;

	memset(result, 0, sizeof(*result));
	if (!pair)
		return true;
	/* A search of a classic space changes what it remembers, found or not. */
	if (moves_several(pair, call) || changes_spaces(call) || model_classic(&pair->model))
		memory = MEMORY_ENOUGH;
	for (nth = 1; memory == MEMORY_FAILS && !done; nth++) {
		done = fails_cleanly(pair, call, nth, result);
		if (home->why[0])
			return false;
	}
	if (!done) {
		pair_clear_report(pair);
		run_core(pair, call, result);
	}
	if (changes_spaces(call)) {
		pair_same_state(home);
		return !home->why[0];
	}
	memset(&model, 0, sizeof(model));
	call_verbs[call->verb](pair, call, false, &model);
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
	pair_same_report(pair);
	return !home->why[0];
}
