// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

int svma_signal_find(const char *name, size_t len)
{
	if (len == 7 && !strncmp(name, "SIGSEGV", len))
		return SIGSEGV;
	if (len == 6 && !strncmp(name, "SIGBUS", len))
		return SIGBUS;
	return -1;
}

const char *svma_signal_name(int sig)
{
	return sig == SIGSEGV ? "SIGSEGV" : sig == SIGBUS ? "SIGBUS" : "another signal";
}

/* A name in an expression: a constant of the argument's family. */
static bool parse_constant(struct svma_lex *lex, size_t len, enum svma_const_set set, __u64 *value)
{
	const struct svma_const *c;
	const char *at = lex->p;

	if (len == 4 && !strncmp(at, "NULL", 4)) {
		lex->p += len;
		*value = 0;
		return true;
	}
	if (set == SVMA_CONST_NONE)
		return svma_lex_error(lex, "a number");
	c = svma_const_find(at, len);
	if (!c)
		return svma_lex_error(lex, "a %s name or a number", svma_const_set_name(set));
	if (c->set != set)
		return svma_lex_error(lex, "a %s name or a number", svma_const_set_name(set));
	lex->p += len;
	*value = c->value;
	return true;
}

static bool parse_var(struct svma_lex *lex, char *var)
{
	const char *at = lex->p++;
	size_t len = svma_lex_name(lex);

	if (!len || lex->p != at + 1)
		return svma_lex_error_at(lex, at, "expected a name behind \"$\"");
	if (len >= SVMA_VAR_MAX)
		return svma_lex_error_at(lex, at, "name of a variable is longer than %d characters",
					 SVMA_VAR_MAX - 1);
	memcpy(var, lex->p, len);
	var[len] = '\0';
	lex->p += len;
	return true;
}

/* One operand: a number, a name, or a variable. */
static bool parse_term(struct svma_lex *lex, enum svma_const_set set, struct svma_value *value,
		       __u64 *number)
{
	size_t len = svma_lex_name(lex);
	__u64 shift;

	if (lex->failed)
		return false;
	if (*lex->p == '$') {
		if (*value->var)
			return svma_lex_error_at(lex, lex->p,
						 "only one variable fits in an argument");
		*number = 0;
		return parse_var(lex, value->var);
	}
	if (len)
		return parse_constant(lex, len, set, number);
	if (set != SVMA_CONST_NONE && !isdigit((unsigned char)*lex->p))
		return svma_lex_error(lex, "a %s name or a number", svma_const_set_name(set));
	if (!svma_lex_number(lex, number))
		return false;
	if (!strncmp(lex->p, "<<", 2)) {
		lex->p += 2;
		if (svma_lex_take(lex, "MAP_HUGE_SHIFT"))
			shift = SVMA_MAP_HUGE_SHIFT;
		else if (!svma_lex_number(lex, &shift))
			return false;
		if (shift > 63)
			return svma_lex_error_at(lex, lex->p, "shift is above 63");
		*number <<= shift;
	}
	return true;
}

/* Operands joined by "|", "+" and "-". */
static bool parse_number(struct svma_lex *lex, enum svma_const_set set, struct svma_value *value)
{
	char op = '+';

	value->kind = SVMA_VALUE_NUMBER;
	value->number = 0;
	if (svma_lex_take(lex, "-"))
		op = '-';
	for (;;) {
		__u64 n;

		if (!parse_term(lex, set, value, &n))
			return false;
		value->number = op == '|' ? value->number | n :
				op == '+' ? value->number + n : value->number - n;
		if (!svma_lex_blank(lex))
			return false;
		op = *lex->p;
		if (op != '|' && op != '+' && op != '-')
			return true;
		lex->p++;
	}
}

/*
 * A vector, or what strace prints instead of one that it does not know: its address. Nobody's
 * vector is at NULL: what such a call is about cannot be tried.
 */
static bool parse_vec(struct svma_lex *lex, struct svma_value *value)
{
	value->kind = SVMA_VALUE_BYTES;
	if (*lex->p == '[')
		return svma_lex_vec(lex, &value->bytes);
	value->kind = SVMA_VALUE_UNSTATED;
	if (svma_lex_take(lex, "..."))
		return true;
	value->kind = SVMA_VALUE_SKIPPED;
	if (svma_lex_take(lex, "NULL"))
		return true;
	value->kind = SVMA_VALUE_UNSTATED;
	if (!isdigit((unsigned char)*lex->p))
		return svma_lex_error(lex, "a vector, its address or \"...\"");
	return svma_lex_number(lex, &value->number);
}

static bool parse_arg(struct svma_lex *lex, const struct svma_arg *arg, struct svma_value *value)
{
	if (!svma_lex_blank(lex))
		return false;
	value->column = (int)(lex->p - lex->line) + 1;
	switch (arg->kind) {
	case SVMA_ARG_BYTES:
		value->kind = SVMA_VALUE_BYTES;
		return svma_lex_string(lex, &value->bytes);
	case SVMA_ARG_VEC:
		return parse_vec(lex, value);
	case SVMA_ARG_OTHER:
		value->kind = SVMA_VALUE_SKIPPED;
		if (!svma_lex_skip(lex, ",)"))
			return svma_lex_error(lex, "\",\" or \")\"");
		return true;
	case SVMA_ARG_FD:
		return parse_number(lex, SVMA_CONST_NONE, value) &&
		       svma_lex_path(lex, &value->path);
	default:
		return parse_number(lex, svma_arg_consts(arg->kind), value);
	}
}

static bool parse_unfinished(struct svma_lex *lex, struct svma_line *line)
{
	if (!svma_lex_blank(lex) || strncmp(lex->p, "<unfinished", 11))
		return false;
	line->kind = SVMA_LINE_UNFINISHED;
	line->tail = lex->p;
	return true;
}

static bool parse_args(struct svma_lex *lex, struct svma_line *line)
{
	const struct svma_verb *verb = line->verb;

	while (!svma_lex_take(lex, ")")) {
		if (lex->failed)
			return false;
		if (parse_unfinished(lex, line))
			return true;
		if (line->nargs && !svma_lex_expect(lex, ",", "or \")\""))
			return false;
		if (parse_unfinished(lex, line))
			return true;
		if (line->nargs == verb->nargs)
			return svma_lex_error(lex, verb->nargs ?
					      "no more than %u argument%s of %s" : "\")\"",
					      verb->nargs, verb->nargs == 1 ? "" : "s", verb->name);
		if (!parse_arg(lex, &verb->args[line->nargs], &line->args[line->nargs]))
			return false;
		line->nargs++;
	}
	if (line->nargs < verb->min_args) {
		lex->p--;
		return svma_lex_error(lex, "argument \"%s\" of %s",
				      verb->args[line->nargs].name, verb->name);
	}
	return true;
}

/* "(Invalid argument)", "<0.000012>", "(flags ...)": whatever strace adds behind a result. */
static bool parse_end(struct svma_lex *lex)
{
	if (!svma_lex_blank(lex))
		return false;
	while (*lex->p == '(' || *lex->p == '<') {
		char close = *lex->p == '(' ? ')' : '>';
		const char *end = strchr(lex->p, close);

		if (!end)
			return svma_lex_error_at(lex, lex->p, "remark is not closed by \"%c\"",
						 close);
		lex->p = end + 1;
		if (!svma_lex_blank(lex))
			return false;
	}
	if (*lex->p)
		return svma_lex_error(lex, "the end of the line");
	return true;
}

/* A name as a result: errno without its -1, or signal. */
static bool parse_stated_name(struct svma_lex *lex, size_t len, struct svma_line *line)
{
	int sig = svma_signal_find(lex->p, len);

	if (sig > 0 && !(line->verb->flags & SVMA_VERB_OWN))
		return svma_lex_error(lex, "a result of %s", line->verb->name);
	if (sig < 0)
		return svma_lex_error(lex, (line->verb->flags & SVMA_VERB_OWN) ?
				      "a result, SIGSEGV or SIGBUS" : "a result");
	line->stated.kind = SVMA_STATED_SIGNAL;
	line->stated.number = sig;
	lex->p += len;
	return true;
}

static bool parse_stated(struct svma_lex *lex, struct svma_line *line)
{
	struct svma_stated *stated = &line->stated;
	size_t len;
	int err;

	if (!svma_lex_blank(lex))
		return false;
	if (!*lex->p)
		return true;
	if (!svma_lex_expect(lex, "=", "and a result") || !svma_lex_blank(lex))
		return false;
	if (*lex->p == '?') {
		stated->kind = SVMA_STATED_UNKNOWN;
		lex->p += strlen(lex->p);
		return true;
	}
	if (*lex->p == '"') {
		if (line->verb->result != SVMA_RESULT_BYTES)
			return svma_lex_error(lex, "a number as result of %s", line->verb->name);
		stated->kind = SVMA_STATED_BYTES;
		return svma_lex_string(lex, &stated->value.bytes) && parse_end(lex);
	}
	len = svma_lex_name(lex);
	if (len)
		return parse_stated_name(lex, len, line) && parse_end(lex);
	if (!*lex->p)
		return svma_lex_error(lex, "a result");

	if (!strncmp(lex->p, "-1", 2) && !isdigit((unsigned char)lex->p[2])) {
		lex->p += 2;
		len = svma_lex_name(lex);
		if (!len)
			return svma_lex_error(lex, "the name of an errno");
		err = svma_errno_find(lex->p, len);
		if (err < 0)
			return svma_lex_error(lex, "the name of an errno");
		lex->p += len;
		stated->kind = SVMA_STATED_ERRNO;
		stated->number = err;
		return parse_end(lex);
	}
	if (line->verb->result == SVMA_RESULT_BYTES)
		return svma_lex_error(lex, "a string%s as result of %s",
				      line->verb->flags & SVMA_VERB_OWN ? ", SIGSEGV or SIGBUS" :
				      " or an errno", line->verb->name);
	stated->kind = SVMA_STATED_VALUE;
	return parse_number(lex, SVMA_CONST_NONE, &stated->value) && parse_end(lex);
}

/* "[pid 123]", "123 ", "12:34:56.789 ", "(+ 0.000042)", "[00007f12]" before a call. */
static bool parse_prefixes(struct svma_lex *lex, struct svma_line *line)
{
	for (;;) {
		const char *p = lex->p;

		while (isspace((unsigned char)*p))
			p++;
		lex->p = p;
		if (!strncmp(p, "(+", 2) && strchr(p, ')')) {
			lex->p = strchr(p, ')') + 1;
		} else if (*p == '[') {
			const char *end = strchr(p, ']');

			if (!end)
				return svma_lex_error_at(lex, p, "prefix is not closed by \"]\"");
			if (!strncmp(p, "[pid", 4))
				line->pid = atoi(p + 4);
			lex->p = end + 1;
		} else if (isdigit((unsigned char)*p)) {
			size_t digits = strspn(p, "0123456789"), all = strspn(p, "0123456789:.");

			if (!isspace((unsigned char)p[all]))
				return svma_lex_error(lex, "the name of a call");
			if (digits == all)
				line->pid = atoi(p);
			lex->p += all;
		} else {
			return true;
		}
	}
}

static bool is_event(const char *p)
{
	return !strncmp(p, "+++", 3) || !strncmp(p, "---", 3) || !strncmp(p, "strace:", 7) ||
	       !strncmp(p, "> ", 2);
}

static bool parse_resumed(struct svma_lex *lex, struct svma_line *line)
{
	const char *p = lex->p + 4, *end = strstr(p, " resumed>");
	size_t len = end ? (size_t)(end - p) : 0;

	while (len && *p == ' ') {
		p++;
		len--;
	}
	if (!len || len >= sizeof(line->name))
		return svma_lex_error_at(lex, lex->p, "expected \"<... NAME resumed>\"");
	memcpy(line->name, p, len);
	line->verb = svma_verb_find(line->name, len);
	line->kind = SVMA_LINE_RESUMED;
	line->tail = end + strlen(" resumed>");
	return true;
}

/* A call that is no memory verb: its arguments need only be closed. */
static bool parse_other(struct svma_lex *lex, struct svma_line *line)
{
	const char *unfinished = strstr(lex->p, "<unfinished");

	line->kind = SVMA_LINE_OTHER_CALL;
	if (unfinished) {
		line->kind = SVMA_LINE_UNFINISHED;
		line->tail = unfinished;
		return true;
	}
	if (!svma_lex_skip(lex, ")"))
		return svma_lex_error_at(lex, lex->p, "arguments of %s are not closed by \")\"",
					 line->name);
	return true;
}

static bool parse_call(struct svma_lex *lex, struct svma_line *line)
{
	size_t len = svma_lex_name(lex);

	if (lex->failed)
		return false;
	if (!len || len >= sizeof(line->name))
		return svma_lex_error(lex, "the name of a call");
	memcpy(line->name, lex->p, len);
	lex->p += len;
	if (!svma_lex_expect(lex, "(", NULL))
		return false;
	line->verb = svma_verb_find(line->name, len);
	if (!line->verb)
		return parse_other(lex, line);
	line->kind = SVMA_LINE_CALL;
	if (!parse_args(lex, line))
		return false;
	return line->kind == SVMA_LINE_UNFINISHED || parse_stated(lex, line);
}

bool svma_line_parse(const char *text, struct svma_line *line, struct svma_parse_error *err)
{
	struct svma_lex lex = { .err = err };

	*line = (struct svma_line){ .kind = SVMA_LINE_EMPTY };
	*err = (struct svma_parse_error){ 0 };
	line->text = strndup(text, strcspn(text, "\r\n"));
	if (!line->text) {
		snprintf(err->text, sizeof(err->text), "no memory");
		return false;
	}
	lex.line = line->text;
	lex.p = line->text;
	line->call = line->text;

	lex.p += strspn(lex.p, " \t");
	if (*lex.p == '#')
		return true;
	if (!svma_lex_blank(&lex))
		return false;
	if (!*lex.p)
		return true;
	if (!parse_prefixes(&lex, line) || !svma_lex_blank(&lex))
		return false;
	line->call = lex.p;
	if (!*lex.p)
		return svma_lex_error(&lex, "the name of a call");
	if (is_event(lex.p)) {
		line->kind = SVMA_LINE_EVENT;
		return true;
	}
	if (!strncmp(lex.p, "<... ", 5))
		return parse_resumed(&lex, line);
	return parse_call(&lex, line);
}

static void value_free(struct svma_value *value)
{
	free(value->bytes.v);
	free(value->path);
}

void svma_line_free(struct svma_line *line)
{
	for (unsigned int i = 0; i < SVMA_VERB_ARGS; i++)
		value_free(&line->args[i]);
	value_free(&line->stated.value);
	free(line->text);
	*line = (struct svma_line){ 0 };
}
