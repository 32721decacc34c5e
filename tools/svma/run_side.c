// SPDX-License-Identifier: GPL-2.0
/*
 * A line on one side: by its number as a call, or by what the side has for it.
 */
#include <errno.h>
#include <string.h>

#include "run.h"
#include "vec.h"

/*
 * The script goes on in the child where the line says so by the result 0. Nobody can know the
 * number of a process: in the parent the result is as it is stated.
 */
static int do_fork(struct svma_side *side, const struct svma_line *line,
		   struct svma_outcome *outcome)
{
	const struct svma_stated *stated = &line->stated;
	bool told = stated->kind == SVMA_STATED_VALUE && !*stated->value.var;
	bool child = told && !stated->value.number;
	int err = side->ops->fork(side, child, outcome);

	/* What the overcommit policy refuses is an answer. */
	if (err == -ENOMEM) {
		outcome->kind = SVMA_OUTCOME_RESULT;
		outcome->result = err;
		return 0;
	}
	outcome->result = child ? 0 : told ? (__s64)stated->value.number : 1;
	return err;
}

/* Bytes go in and come out: what came of them is not a number. */
static bool is_transfer(const struct svma_verb *verb)
{
	return verb->result == SVMA_RESULT_BYTES && verb->args[1].kind == SVMA_ARG_BYTES;
}

static int do_transfer(struct svma_side *side, const struct svma_line *line,
		       const __u64 args[SVMA_VERB_ARGS], struct svma_outcome *outcome)
{
	const struct svma_bytes *bytes = &line->args[1].bytes;

	if (!side->ops->transfer)
		return -EOPNOTSUPP;
	return side->ops->transfer(side, args, bytes->v, bytes->n, outcome);
}

/* More than a side has room for is a mistake of the script, and no call. */
static enum svma_verdict too_many(struct svma_run *run, const struct svma_line *line)
{
	svma_report_problem(&run->report, run->script.lineno, "%s is of at most %u bytes",
			    line->verb->name, SVMA_TOUCH_MAX);
	return SVMA_VERDICT_SCRIPT;
}

enum svma_verdict svma_run_side(struct svma_run *run, struct svma_side *side,
				const struct svma_line *line, struct svma_outcome *outcome,
				__u64 args[SVMA_VERB_ARGS])
{
	enum svma_verdict verdict = svma_run_args(run, side, line, args);
	int err;

	if (verdict != SVMA_VERDICT_GOOD)
		return verdict;
	outcome->vec = false;
	if (line->early) {
		outcome->kind = SVMA_OUTCOME_RESULT;
		outcome->result = line->result;
		return SVMA_VERDICT_GOOD;
	}
	if (is_transfer(line->verb)) {
		if (line->args[1].bytes.n > SVMA_TOUCH_MAX || args[3] > SVMA_TOUCH_MAX)
			return too_many(run, line);
		err = do_transfer(side, line, args, outcome);
	} else if (line->verb->result == SVMA_RESULT_BYTES) {
		if (args[1] > SVMA_TOUCH_MAX)
			return too_many(run, line);
		err = side->ops->load(side, args[0], args[1], outcome);
	} else if (!line->verb->nargs && line->verb->flags & SVMA_VERB_OWN) {
		err = do_fork(side, line, outcome);
	} else if (line->verb->flags & SVMA_VERB_OWN) {
		if (line->args[1].bytes.n > SVMA_TOUCH_MAX)
			return too_many(run, line);
		err = side->ops->store(side, args[0], line->args[1].bytes.v,
				       line->args[1].bytes.n, outcome);
	} else if (svma_vec_verb(line->verb)) {
		err = side->ops->mincore(side, args[0], args[1], outcome);
	} else {
		err = side->ops->call(side, line->verb, args, outcome);
	}
	if (!err)
		return SVMA_VERDICT_GOOD;
	svma_report_problem(&run->report, run->script.lineno, "cannot do %s on %s: %s",
			    line->verb->name, side->ops->name, strerror(-err));
	return SVMA_VERDICT_FAILURE;
}
