// SPDX-License-Identifier: GPL-2.0
#include <json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

void svma_log_count(struct svma_run *run, struct svma_log_reasons *list, const char *fmt, ...)
{
	struct svma_log_reason *r, *more;
	char text[sizeof(r->text)];
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < list->n && strcmp(list->v[i].text, text); i++)
		;
	if (i == list->n) {
		more = reallocarray(list->v, list->n + 1, sizeof(*more));
		if (!more)
			abort();
		list->v = more;
		more[list->n++] = (struct svma_log_reason){ 0 };
		memcpy(more[i].text, text, sizeof(text));
	}
	r = &list->v[i];
	if (r->n < SVMA_LOG_LINES)
		r->lines[r->n] = run->script.lineno;
	r->n++;
}

static void print_list(const char *what, const struct svma_log_reasons *list)
{
	unsigned int all = 0;

	for (size_t i = 0; i < list->n; i++)
		all += list->v[i].n;
	if (!all)
		return;
	printf("# %s %u line%s:\n", what, all, all == 1 ? "" : "s");
	for (size_t i = 0; i < list->n; i++) {
		const struct svma_log_reason *r = &list->v[i];

		printf("#   %u: %s (line", r->n, r->text);
		for (unsigned int k = 0; k < r->n && k < SVMA_LOG_LINES; k++)
			printf("%s %u", k ? "," : r->n > 1 ? "s" : "", r->lines[k]);
		puts(r->n > SVMA_LOG_LINES ? ", ...)" : ")");
	}
}

static struct json_object *json_list(const struct svma_log_reasons *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct svma_log_reason *r = &list->v[i];
		struct json_object *o = json_object_new_object();
		struct json_object *lines = json_object_new_array();

		json_object_object_add(o, "reason", json_object_new_string(r->text));
		json_object_object_add(o, "lines", json_object_new_int64(r->n));
		for (unsigned int k = 0; k < r->n && k < SVMA_LOG_LINES; k++)
			json_object_array_add(lines, json_object_new_int64(r->lines[k]));
		json_object_object_add(o, "first", lines);
		json_object_array_add(array, o);
	}
	return array;
}

void svma_log_report(struct svma_run *run)
{
	struct svma_log *log = run->log;

	/* Calls whose end never came, by where they began. */
	for (unsigned int i = 0; i < run->script.n_unfinished; i++) {
		const struct svma_unfinished *u = &run->script.unfinished[i];
		struct svma_parse_error error;
		struct svma_line line;

		run->script.lineno = u->lineno;
		/* It is cut, so that it cannot be read to its end. */
		svma_line_parse(u->text, &line, &error);
		if (line.verb)
			svma_log_count(run, &log->unused, "%s that never ends", line.name);
		svma_line_free(&line);
	}
	if (!run->report.quiet) {
		printf("# a log of %zu process%s or thread%s, %u address space%s\n", log->n,
		       log->n == 1 ? "" : "es", log->n == 1 ? "" : "s", log->spaces,
		       log->spaces == 1 ? "" : "s");
		print_list("assumed for", &log->remarks);
		print_list("could not use", &log->unused);
	}
	if (!run->report.json)
		return;
	run->report.log = json_object_new_object();
	json_object_object_add(run->report.log, "processes", json_object_new_int64(log->n));
	json_object_object_add(run->report.log, "spaces", json_object_new_int64(log->spaces));
	json_object_object_add(run->report.log, "assumed", json_list(&log->remarks));
	json_object_object_add(run->report.log, "not_used", json_list(&log->unused));
}
