// SPDX-License-Identifier: GPL-2.0
#include <json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "report.h"
#include "vec.h"

/* Room for any outcome as text: each byte may take four characters. */
#define OUTCOME_TEXT (SVMA_TOUCH_MAX * 4 + 64)

int svma_bytes_format(char *buf, size_t size, const char *bytes, size_t n)
{
	size_t len = 0;

	len += snprintf(buf, size, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = bytes[i];
		char piece[8];

		if (c == '"' || c == '\\')
			snprintf(piece, sizeof(piece), "\\%c", c);
		else if (c >= ' ' && c < 127)
			snprintf(piece, sizeof(piece), "%c", c);
		else
			snprintf(piece, sizeof(piece), "\\x%02x", c);
		len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, "%s",
				piece);
	}
	len += snprintf(len < size ? buf + len : NULL, len < size ? size - len : 0, "\"");
	return (int)len;
}

void svma_outcome_format(char *buf, size_t size, const struct svma_verb *verb,
			 const struct svma_outcome *outcome)
{
	switch (outcome->kind) {
	case SVMA_OUTCOME_RESULT:
		svma_verb_format_result(buf, size, verb, outcome->result);
		break;
	case SVMA_OUTCOME_BYTES:
		svma_bytes_format(buf, size, outcome->bytes, outcome->n);
		break;
	case SVMA_OUTCOME_SIGNAL:
		snprintf(buf, size, "%s", svma_signal_name(outcome->sig));
		break;
	case SVMA_OUTCOME_UNSUPPORTED:
		/*
		 * What strace prints for a result that is not known: the line stays a line of a
		 * script.
		 */
		snprintf(buf, size, "? (not supported)");
	}
}

bool svma_outcome_equal(const struct svma_outcome *a, const struct svma_outcome *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SVMA_OUTCOME_RESULT:
		return a->result == b->result && svma_vec_parting(a, b) < 0;
	case SVMA_OUTCOME_BYTES:
		return a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
	case SVMA_OUTCOME_SIGNAL:
		return a->sig == b->sig;
	default:
		return true;
	}
}

void svma_report_init(struct svma_report *report, const char *script, bool json, bool quiet)
{
	*report = (struct svma_report){
		.script = script, .quiet = quiet || json, .problems = stderr,
	};
	if (!json)
		return;
	report->json = json_object_new_object();
	report->calls = json_object_new_array();
	json_object_object_add(report->json, "script", json_object_new_string(script));
	json_object_object_add(report->json, "calls", report->calls);
}

static void add_string(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_int(struct json_object *object, const char *key, unsigned int n)
{
	json_object_object_add(object, key, json_object_new_int64(n));
}

static void json_call(struct svma_report *report, unsigned int lineno, const char *call)
{
	report->call = json_object_new_object();
	json_object_array_add(report->calls, report->call);
	add_int(report->call, "line", lineno);
	add_string(report->call, "call", call);
}

void svma_report_call(struct svma_report *report, unsigned int lineno, const char *call,
		      const struct svma_verb *verb, const struct svma_outcome *host,
		      const struct svma_outcome *shadow)
{
	const struct svma_outcome *shown = host ? host : shadow;
	char text[OUTCOME_TEXT];

	if (report->quiet && !report->json)
		return;
	svma_outcome_format(text, sizeof(text), verb, shown);
	if (!report->quiet)
		printf("%s = %s\n", call, text);
	if (!report->json)
		return;
	json_call(report, lineno, call);
	if (host)
		add_string(report->call, "host", text);
	if (!shadow)
		return;
	svma_outcome_format(text, sizeof(text), verb, shadow);
	add_string(report->call, "shadow", text);
}

void svma_report_steps(struct svma_report *report, const struct svma_explained *steps)
{
	struct json_object *list = report->json ? json_object_new_array() : NULL;

	for (__u32 i = 0; i < steps->n; i++) {
		char text[SVMA_STEP_TEXT];

		if (list)
			json_object_array_add(list, svma_step_json(&steps->v[i]));
		if (report->quiet)
			continue;
		/* Comments, so that the output is a script again. */
		svma_step_format(text, sizeof(text), &steps->v[i]);
		printf("#   %s\n", text);
	}
	if (steps->lost && !report->quiet)
		printf("#   and %u step%s more, not kept\n", steps->lost,
		       steps->lost == 1 ? "" : "s");
	if (!list)
		return;
	json_object_object_add(report->call, "steps", list);
	add_int(report->call, "steps_lost", steps->lost);
}

static void json_problem(struct svma_report *report, unsigned int lineno, const char *text)
{
	struct json_object *list;

	if (!report->call)
		json_call(report, lineno, "");
	if (!json_object_object_get_ex(report->call, "problems", &list)) {
		list = json_object_new_array();
		json_object_object_add(report->call, "problems", list);
	}
	json_object_array_add(list, json_object_new_string(text));
}

void svma_report_unread(struct svma_report *report, const struct svma_script *script)
{
	svma_script_print_error(script, stderr);
	if (!report->json)
		return;
	json_problem(report, script->lineno, script->error.text);
	add_int(report->call, "column", script->error.column);
}

void svma_report_problem(struct svma_report *report, unsigned int lineno, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	if (!report->problems && !report->json)
		return;
	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (report->problems) {
		fflush(stdout);
		fprintf(report->problems, "%s:%u: %s\n", report->script, lineno, text);
	}
	if (report->json)
		json_problem(report, lineno, text);
	free(text);
}

void svma_report_count(struct svma_counts *counts, const char *name)
{
	struct svma_count *v;
	size_t i;

	for (i = 0; i < counts->n && strcmp(counts->v[i].name, name); i++)
		;
	if (i == counts->n) {
		v = reallocarray(counts->v, counts->n + 1, sizeof(*v));
		if (!v)
			return;
		counts->v = v;
		counts->n++;
		v[i].n = 0;
		snprintf(v[i].name, sizeof(v[i].name), "%s", name);
	}
	counts->v[i].n++;
}

static void print_counts(const char *what, const struct svma_counts *counts)
{
	if (!counts->n)
		return;
	printf("# %s:", what);
	for (size_t i = 0; i < counts->n; i++)
		printf("%s %s (%u)", i ? "," : "", counts->v[i].name, counts->v[i].n);
	putchar('\n');
}

static void add_counts(struct json_object *object, const char *key,
		       const struct svma_counts *counts)
{
	struct json_object *map = json_object_new_object();

	for (size_t i = 0; i < counts->n; i++)
		add_int(map, counts->v[i].name, counts->v[i].n);
	json_object_object_add(object, key, map);
}

static void json_end(struct svma_report *report, unsigned int foreign)
{
	const int style = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *summary = json_object_new_object();

	add_int(summary, "lines", report->lines);
	add_int(summary, "calls", report->n_calls);
	add_int(summary, "checked", report->checked);
	add_int(summary, "wrong", report->wrong);
	add_int(summary, "differences", report->differences);
	add_counts(summary, "unsupported", &report->unsupported);
	add_counts(summary, "unused", &report->unused);
	add_int(summary, "other_processes", foreign);
	if (report->log)
		json_object_object_add(summary, "log", report->log);
	json_object_object_add(report->json, "summary", summary);
	puts(json_object_to_json_string_ext(report->json, style));
	json_object_put(report->json);
}

void svma_report_end(struct svma_report *report, unsigned int foreign)
{
	if (!report->quiet) {
		/* Comments, so that the output is a script again. */
		printf("# %u line%s, %u call%s, %u result%s checked, %u wrong, %u difference%s\n",
		       report->lines, report->lines == 1 ? "" : "s",
		       report->n_calls, report->n_calls == 1 ? "" : "s",
		       report->checked, report->checked == 1 ? "" : "s", report->wrong,
		       report->differences, report->differences == 1 ? "" : "s");
		print_counts("not supported by the space", &report->unsupported);
		print_counts("not used", &report->unused);
		if (foreign)
			printf("# not used: %u line%s of other processes\n", foreign,
			       foreign == 1 ? "" : "s");
	}
	if (report->json)
		json_end(report, foreign);
	free(report->unsupported.v);
	free(report->unused.v);
}
