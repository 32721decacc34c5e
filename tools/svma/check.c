// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "report.h"

/* Is the outcome a failed system call? */
static bool is_errno(const struct svma_verb *verb, const struct svma_outcome *outcome)
{
	return outcome->kind == SVMA_OUTCOME_RESULT && verb->result != SVMA_RESULT_BRK &&
	       svma_result_is_error(outcome->result);
}

static bool check_value(struct svma_side *side, const struct svma_line *line,
			const struct svma_outcome *outcome, char *expected, size_t size)
{
	const struct svma_value *value = &line->stated.value;
	const __u64 *var = *value->var ? svma_vars_get(&side->vars, value->var) : NULL;
	bool good = outcome->kind == SVMA_OUTCOME_RESULT && !is_errno(line->verb, outcome);
	struct svma_outcome stated = { .kind = SVMA_OUTCOME_RESULT };

	if (*value->var && !var) {
		snprintf(expected, size, "a value for $%s", value->var);
		return good && !svma_vars_set(&side->vars, value->var,
					      outcome->result - value->number);
	}
	stated.result = value->number + (var ? *var : 0);
	svma_outcome_format(expected, size, line->verb, &stated);
	if (*value->var) {
		size_t len = strlen(expected);

		snprintf(expected + len, size - len, " ($%s)", value->var);
	}
	return good && outcome->result == stated.result;
}

bool svma_check_stated(struct svma_side *side, const struct svma_line *line,
		       const struct svma_outcome *outcome, char *expected, size_t size)
{
	const struct svma_stated *stated = &line->stated;
	const struct svma_bytes *bytes = &stated->value.bytes;

	switch (stated->kind) {
	case SVMA_STATED_ERRNO:
		snprintf(expected, size, "-1 %s", svma_errno_name(stated->number));
		return is_errno(line->verb, outcome) && outcome->result == -stated->number;
	case SVMA_STATED_SIGNAL:
		snprintf(expected, size, "%s", svma_signal_name(stated->number));
		return outcome->kind == SVMA_OUTCOME_SIGNAL && outcome->sig == stated->number;
	case SVMA_STATED_BYTES:
		svma_bytes_format(expected, size, bytes->v, bytes->n);
		if (outcome->kind != SVMA_OUTCOME_BYTES)
			return false;
		return (bytes->cut ? outcome->n >= bytes->n : outcome->n == bytes->n) &&
		       !memcmp(bytes->v, outcome->bytes, bytes->n);
	case SVMA_STATED_VALUE:
		return check_value(side, line, outcome, expected, size);
	default:
		return true;
	}
}

bool svma_check_has_stated(const struct svma_line *line)
{
	return line->stated.kind != SVMA_STATED_NOTHING && line->stated.kind != SVMA_STATED_UNKNOWN;
}
