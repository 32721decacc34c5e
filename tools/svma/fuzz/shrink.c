// SPDX-License-Identifier: GPL-2.0
/*
 * Make a script short after which the sides differ: leave out ever smaller runs of calls, then make
 * what is left simpler. Each try runs on fresh sides; it counts only if the sides then differ in
 * the same way, after the same verb.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

struct shrink {
	struct fuzz_script *script;
	const struct fuzz_found *found;
	time_t until;
};

static bool in_time(const struct shrink *s)
{
	return time(NULL) < s->until;
}

static bool same(const struct fuzz_found *a, const struct fuzz_found *b)
{
	return a->verdict == b->verdict && a->verb == b->verb && a->differs == b->differs;
}

/* Drop lines [at, at + n) for good. */
static void drop(struct fuzz_script *script, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		free(script->lines[i]);
	memmove(script->lines + at, script->lines + at + n,
		(script->n - at - n) * sizeof(*script->lines));
	script->n -= n;
}

/* Take @less in place of the script if the sides still differ; it is freed in any case. */
static bool try(struct shrink *s, struct fuzz_script *less)
{
	struct fuzz_found found = fuzz_play(less, NULL);
	bool good = same(&found, s->found);

	if (good) {
		struct fuzz_script old = *s->script;

		*s->script = *less;
		*less = old;
		/* What comes behind the difference does not matter. */
		if (found.at + 1 < s->script->n)
			drop(s->script, found.at + 1, s->script->n - found.at - 1);
	}
	fuzz_script_free(less);
	return good;
}

static void drop_lines(struct shrink *s)
{
	for (size_t chunk = s->script->n / 2; chunk; chunk = chunk > 1 ? (chunk + 1) / 2 : 0) {
		/* From the end: what comes later depends on what was before. */
		for (size_t at = s->script->n; at >= chunk && in_time(s);) {
			struct fuzz_script less;

			at -= chunk;
			if (at > s->script->n || at + chunk > s->script->n)
				continue;
			if (!fuzz_script_copy(&less, s->script))
				return;
			drop(&less, at, chunk);
			try(s, &less);
		}
	}
}

/* Put another text in place of a line, if it is another. */
static bool replace_line(struct shrink *s, size_t at, const char *text)
{
	struct fuzz_script less;

	if (!strcmp(text, s->script->lines[at]) || !fuzz_script_copy(&less, s->script))
		return false;
	free(less.lines[at]);
	less.lines[at] = strdup(text);
	return less.lines[at] && try(s, &less);
}

/* Try a value for an argument. */
static bool try_arg(struct shrink *s, size_t at, const struct svma_line *line, unsigned int arg,
		    __u64 value)
{
	__u64 args[SVMA_VERB_ARGS] = { 0 };
	const char *path = NULL;
	char text[512];

	if (value == line->args[arg].number)
		return false;
	for (unsigned int i = 0; i < line->nargs; i++) {
		args[i] = i == arg ? value : line->args[i].number;
		if (line->args[i].path)
			path = line->args[i].path;
	}
	svma_verb_format_path(text, sizeof(text), line->verb, args, path);
	return replace_line(s, at, text);
}

/* Make one argument of a line simpler: done, and the line is to be read anew? */
static bool simpler_arg(struct shrink *s, size_t at, const struct svma_line *line, unsigned int arg)
{
	const struct svma_value *value = &line->args[arg];
	enum svma_arg_kind kind = line->verb->args[arg].kind;

	if (value->kind != SVMA_VALUE_NUMBER || value->path)
		return false;
	if (svma_arg_consts(kind) != SVMA_CONST_NONE && kind != SVMA_ARG_ADVICE) {
		for (unsigned int bit = 0; bit < 64; bit++)
			if (value->number >> bit & 1 &&
			    try_arg(s, at, line, arg, value->number & ~(1ULL << bit)))
				return true;
	} else if (kind == SVMA_ARG_LEN && value->number > SVMA_PAGE_SIZE) {
		return try_arg(s, at, line, arg, SVMA_PAGE_SIZE) ||
		       try_arg(s, at, line, arg,
			       (value->number / 2 + SVMA_PAGE_SIZE - 1) & ~(SVMA_PAGE_SIZE - 1)) ||
		       try_arg(s, at, line, arg, (value->number - 1) & ~(SVMA_PAGE_SIZE - 1));
	} else if (kind == SVMA_ARG_ADDR || kind == SVMA_ARG_OFFSET) {
		return try_arg(s, at, line, arg, value->number & ~(SVMA_PAGE_SIZE - 1));
	}
	return false;
}

static bool simpler_line(struct shrink *s, size_t at)
{
	struct svma_parse_error err;
	struct svma_line line;
	bool good = false;

	if (svma_line_parse(s->script->lines[at], &line, &err) && line.verb &&
	    line.verb->args[1].kind != SVMA_ARG_BYTES)
		for (unsigned int i = 0; i < line.nargs && !good && in_time(s); i++)
			good = simpler_arg(s, at, &line, i);
	svma_line_free(&line);
	return good;
}

/* Leave out settings, from the last on. */
static void drop_options(struct shrink *s)
{
	struct fuzz_script less;
	char *last;

	while (in_time(s) && fuzz_script_copy(&less, s->script)) {
		last = strrchr(less.options, ' ');
		if (!last || strncmp(last, " --set", 6)) {
			fuzz_script_free(&less);
			return;
		}
		*last = '\0';
		if (!try(s, &less))
			return;
	}
}

void fuzz_shrink(struct fuzz_script *script, const struct fuzz_found *found, unsigned int seconds)
{
	struct shrink s = { .script = script, .found = found, .until = time(NULL) + seconds };

	if (found->at + 1 < script->n)
		drop(script, found->at + 1, script->n - found->at - 1);
	drop_lines(&s);
	drop_options(&s);
	for (size_t at = 0; at < script->n && in_time(&s);)
		at = simpler_line(&s, at) ? at : at + 1;
	/* Simpler calls may need fewer others. */
	drop_lines(&s);
}
