// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "proc.h"
#include "vec.h"

bool svma_vec_verb(const struct svma_verb *verb)
{
	return verb->args[2].kind == SVMA_ARG_VEC;
}

bool svma_vec_fits(__u64 len)
{
	return len <= SVMA_TOUCH_MAX * SVMA_PAGE_SIZE || len > SVMA_VEC_REFUSED;
}

void svma_vec_outcome(struct svma_outcome *outcome, __s64 result, __u64 len)
{
	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = result;
	outcome->vec = !svma_result_is_error(result);
	outcome->n = outcome->vec ? (len + SVMA_PAGE_SIZE - 1) / SVMA_PAGE_SIZE : 0;
	/* The other bits are reserved. */
	for (size_t i = 0; i < outcome->n; i++)
		outcome->bytes[i] &= 1;
}

int svma_vec_format(char *buf, size_t size, const char *vec, size_t n, bool cut)
{
	size_t len = 0;

#define ADD(...) (len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, \
				  __VA_ARGS__))
	ADD("[");
	for (size_t i = 0; i < n; i++)
		ADD("%s%d", i ? ", " : "", vec[i]);
	ADD("%s]", !cut ? "" : n ? ", ..." : "...");
#undef ADD
	return (int)len;
}

/* As many pages as both tell of. */
static long parting(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return (long)i;
	return -1;
}

bool svma_vec_check(const struct svma_line *line, const struct svma_outcome *outcome,
		    char *expected, size_t size)
{
	const struct svma_value *value = &line->args[2];
	const struct svma_bytes *vec = &value->bytes;

	if (!svma_vec_verb(line->verb) || value->kind != SVMA_VALUE_BYTES)
		return true;
	svma_vec_format(expected, size, vec->v, vec->n, vec->cut);
	/* A vector is stated: success is too, unless the line says otherwise. */
	if (outcome->kind != SVMA_OUTCOME_RESULT || svma_result_is_error(outcome->result))
		return line->stated.kind == SVMA_STATED_ERRNO;
	if (!outcome->vec)
		return true;
	return (vec->cut ? outcome->n >= vec->n : outcome->n == vec->n) &&
	       parting(vec->v, outcome->bytes, vec->n) < 0;
}

long svma_vec_parting(const struct svma_outcome *a, const struct svma_outcome *b)
{
	return a->vec && b->vec ? parting(a->bytes, b->bytes, a->n) : -1;
}
