// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lex.h"

/* So much of the text that was found is quoted in a message. */
#define QUOTE_MAX 24

static void found_word(const struct svma_lex *lex, char *buf, size_t size)
{
	const char *p = lex->p;
	size_t n = 0;

	if (!*p) {
		snprintf(buf, size, "the end of the line");
		return;
	}
	if (isalnum((unsigned char)*p) || *p == '_' || *p == '$')
		while (n < QUOTE_MAX && p[n] &&
		       (isalnum((unsigned char)p[n]) || strchr("_$", p[n])))
			n++;
	else
		n = 1;
	snprintf(buf, size, *p == '"' ? "'%.*s'" : "\"%.*s\"", (int)n, p);
}

static void set_error(struct svma_lex *lex, const char *at, const char *text)
{
	if (lex->failed)
		return;
	lex->failed = true;
	lex->err->column = (int)(at - lex->line) + 1;
	snprintf(lex->err->text, sizeof(lex->err->text), "%s", text);
}

bool svma_lex_error(struct svma_lex *lex, const char *fmt, ...)
{
	char wanted[120], found[QUOTE_MAX + 32], text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(wanted, sizeof(wanted), fmt, ap);
	va_end(ap);
	found_word(lex, found, sizeof(found));
	snprintf(text, sizeof(text), "expected %s, got %s", wanted, found);
	set_error(lex, lex->p, text);
	return false;
}

bool svma_lex_error_at(struct svma_lex *lex, const char *at, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	set_error(lex, at, text);
	return false;
}

bool svma_lex_blank(struct svma_lex *lex)
{
	for (;;) {
		while (isspace((unsigned char)*lex->p))
			lex->p++;
		if (lex->p[0] != '/' || lex->p[1] != '*')
			return true;
		const char *end = strstr(lex->p + 2, "*/");

		if (!end)
			return svma_lex_error_at(lex, lex->p, "comment is not closed by \"*/\"");
		lex->p = end + 2;
	}
}

bool svma_lex_take(struct svma_lex *lex, const char *word)
{
	size_t len = strlen(word);

	if (!svma_lex_blank(lex) || strncmp(lex->p, word, len))
		return false;
	lex->p += len;
	return true;
}

bool svma_lex_expect(struct svma_lex *lex, const char *word, const char *what)
{
	if (svma_lex_take(lex, word))
		return true;
	return svma_lex_error(lex, "\"%s\"%s%s", word, what ? " " : "", what ? what : "");
}

size_t svma_lex_name(struct svma_lex *lex)
{
	size_t n = 0;

	if (!svma_lex_blank(lex) || isdigit((unsigned char)*lex->p))
		return 0;
	while (isalnum((unsigned char)lex->p[n]) || lex->p[n] == '_')
		n++;
	return n;
}

bool svma_lex_number(struct svma_lex *lex, __u64 *value)
{
	const char *start;
	char *end;

	if (!svma_lex_blank(lex))
		return false;
	start = lex->p;
	if (!isdigit((unsigned char)*start))
		return svma_lex_error(lex, "a number");
	errno = 0;
	*value = strtoull(start, &end, 0);
	if (errno == ERANGE)
		return svma_lex_error_at(lex, start, "number does not fit in 64 bits");
	if (isalnum((unsigned char)*end) || *end == '_') {
		while (isalnum((unsigned char)*end) || *end == '_')
			end++;
		return svma_lex_error_at(lex, start, "\"%.*s\" is not a number",
					 (int)(end - start), start);
	}
	lex->p = end;
	return true;
}

static int digit_of(char c, int base)
{
	int d = isdigit((unsigned char)c) ? c - '0' :
		isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;

	return d < base ? d : -1;
}

/* The byte that stands behind a backslash. */
static bool lex_escape(struct svma_lex *lex, char *out)
{
	static const char letters[] = "n\nt\tr\rv\vf\fa\ab\be\033\\\\\"\"''";
	const char *at = lex->p - 1;
	int base = 8, max = 3, value = 0, n = 0;

	if (*lex->p == 'x') {
		base = 16;
		max = 2;
		lex->p++;
	}
	while (n < max && digit_of(*lex->p, base) >= 0) {
		value = value * base + digit_of(*lex->p++, base);
		n++;
	}
	if (n) {
		if (value > 255)
			return svma_lex_error_at(lex, at, "escape is above 255");
		*out = (char)value;
		return true;
	}
	for (const char *l = letters; base == 8 && *l; l += 2)
		if (*l == *lex->p) {
			lex->p++;
			*out = l[1];
			return true;
		}
	return svma_lex_error_at(lex, at, "unknown escape in a string");
}

bool svma_lex_string(struct svma_lex *lex, struct svma_bytes *bytes)
{
	const char *start;

	if (!svma_lex_blank(lex))
		return false;
	start = lex->p;
	if (*lex->p != '"')
		return svma_lex_error(lex, "a string in quotes");
	bytes->v = malloc(strlen(lex->p) + 1);
	bytes->n = 0;
	if (!bytes->v)
		return svma_lex_error_at(lex, start, "no memory");
	lex->p++;
	while (*lex->p != '"') {
		if (!*lex->p)
			return svma_lex_error_at(lex, start, "string is not closed");
		if (*lex->p++ != '\\')
			bytes->v[bytes->n++] = lex->p[-1];
		else if (!lex_escape(lex, &bytes->v[bytes->n++]))
			return false;
	}
	lex->p++;
	bytes->v[bytes->n] = '\0';
	bytes->cut = !strncmp(lex->p, "...", 3);
	if (bytes->cut)
		lex->p += 3;
	return true;
}

bool svma_lex_vec(struct svma_lex *lex, struct svma_bytes *bytes)
{
	__u64 number;

	if (!svma_lex_expect(lex, "[", NULL))
		return false;
	bytes->v = malloc(strlen(lex->p) + 1);
	bytes->n = 0;
	if (!bytes->v)
		return svma_lex_error(lex, "memory");
	while (!svma_lex_take(lex, "]")) {
		if (bytes->cut)
			return svma_lex_error(lex, "\"]\"");
		if (bytes->n && !svma_lex_expect(lex, ",", "or \"]\""))
			return false;
		bytes->cut = svma_lex_take(lex, "...");
		if (bytes->cut)
			continue;
		if (!svma_lex_number(lex, &number))
			return false;
		bytes->v[bytes->n++] = number & 1;
	}
	return !lex->failed;
}

bool svma_lex_skip(struct svma_lex *lex, const char *stop)
{
	int depth = 0;

	for (; *lex->p; lex->p++) {
		if (*lex->p == '"') {
			for (lex->p++; *lex->p && *lex->p != '"'; lex->p++)
				if (*lex->p == '\\' && lex->p[1])
					lex->p++;
			if (!*lex->p)
				return false;
		} else if (!strncmp(lex->p, "/*", 2)) {
			const char *end = strstr(lex->p + 2, "*/");

			if (!end)
				return false;
			lex->p = end + 1;
		} else if (!depth && strchr(stop, *lex->p)) {
			return true;
		} else if (strchr("([{", *lex->p)) {
			depth++;
		} else if (depth && strchr(")]}", *lex->p)) {
			depth--;
		}
	}
	return false;
}

bool svma_lex_path(struct svma_lex *lex, char **path)
{
	const char *start = lex->p, *p;
	int depth = 0;

	*path = NULL;
	if (*start != '<' || !strncmp(start, "<unfinished", 11))
		return true;
	/* Sockets are shown as <TCP:[a->b]>: an arrow inside brackets does not end the path. */
	for (p = start + 1; *p && (depth || *p != '>'); p++)
		depth += *p == '[' ? 1 : *p == ']' && depth ? -1 : 0;
	if (!*p)
		return svma_lex_error_at(lex, start, "path is not closed by \">\"");
	*path = strndup(start + 1, p - start - 1);
	if (!*path)
		return svma_lex_error_at(lex, start, "no memory");
	lex->p = p + 1;
	if (!strncmp(lex->p, "(deleted)", 9))
		lex->p += 9;
	return true;
}
