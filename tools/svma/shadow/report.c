// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "calls.h"
#include "cmd.h"
#include "mirror.h"
#include "model.h"

void shadow_count(struct shadow_name **list, const char *name)
{
	struct shadow_name **at = list;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			abort();
		(*at)->name = strdup(name);
		if (!(*at)->name)
			abort();
	}
	(*at)->count++;
}

void shadow_say(struct shadow *sh, const char *fmt, ...)
{
	FILE *to[] = { stderr, sh->opt.log };
	va_list ap;

	for (size_t i = 0; i < 2; i++) {
		if (!to[i])
			continue;
		fputs(i ? "# " : "svma shadow: ", to[i]);
		va_start(ap, fmt);
		vfprintf(to[i], fmt, ap);
		va_end(ap);
		fputc('\n', to[i]);
	}
}

static void format_result(char *buf, size_t size, const struct shadow_call *call, __s64 result)
{
	if (call->verb->verb)
		svma_verb_format_result(buf, size, call->verb->verb, result);
	else if (svma_result_is_error(result))
		snprintf(buf, size, "-1 %s (%s)", svma_errno_name(-result), strerror(-result));
	else
		snprintf(buf, size, "%lld", result);
}

static void format_call(char *buf, size_t size, const struct shadow_call *call)
{
	if (call->verb->verb)
		svma_verb_format(buf, size, call->verb->verb, call->args);
	else
		snprintf(buf, size, "%s()", call->verb->name);
}

void shadow_call_print(FILE *to, const struct shadow_call *call)
{
	char text[512], expect[128], result[128];

	format_call(text, sizeof(text), call);
	format_result(expect, sizeof(expect), call, call->expect);
	format_result(result, sizeof(result), call, call->result);
	fprintf(to, "  %s\n", text);
	if (call->predicted)
		fprintf(to, "  model  = %s\n  kernel = %s\n", expect, result);
}

static void log_line(FILE *to, const struct shadow_task *task, const char *verdict)
{
	char text[512], expect[128], result[128];

	format_call(text, sizeof(text), &task->call);
	format_result(expect, sizeof(expect), &task->call, task->call.expect);
	format_result(result, sizeof(result), &task->call, task->call.result);
	/* Nobody waited for the end of that one. */
	if (task->call.verb->kind == SHADOW_NOTED)
		snprintf(result, sizeof(result), "?");
	fprintf(to, "%d %s = %s", (int)task->tid, text, result);
	if (task->call.predicted && task->call.expect != task->call.result)
		fprintf(to, " # %s: predicted %s", verdict, expect);
	else if (strcmp(verdict, "same"))
		fprintf(to, " # %s", verdict);
	fputc('\n', to);
}

void shadow_log_call(struct shadow *sh, struct shadow_task *task, const char *verdict)
{
	if (sh->opt.log)
		log_line(sh->opt.log, task, verdict);
	if (sh->opt.verbose)
		log_line(stderr, task, verdict);
}

/**
 * struct line - one figure of the summary
 * @key: its name for programs
 * @label: its name for people
 * @value: the figure
 */
struct line {
	const char *key;
	const char *label;
	__u64 value;
};

/* The one list of figures, for both forms of the summary. */
#define LINES(s)								\
	{ "calls", "memory calls", (s)->calls },				\
	{ "mirrored", "mirrored and compared", (s)->mirrored },			\
	{ "told", "told", (s)->told },						\
	{ "interrupted", "interrupted", (s)->interrupted },			\
	{ "not_modelled_calls", "not modelled", (s)->not_modelled },		\
	{ "not_serialised", "not serialised", (s)->unserialised },		\
	{ "not_asked", "not asked for (no model)", (s)->unasked },		\
	{ "layout_differences", "layout differences", (s)->layout },		\
	{ "errno_differences", "errno differences", (s)->errnos },		\
	{ "placement_differences", "placement differences", (s)->placement },	\
	{ "free_placements", "free placements", (s)->free },			\
	{ "predicted_exactly", "predicted exactly", (s)->exact },		\
	{ "stack_growths", "stack growths followed", (s)->grown },		\
	{ "raced", "raced with another thread's writes", (s)->raced },		\
	{ "imports", "times read anew from the kernel", (s)->imports },		\
	{ "processes", "processes", (s)->processes },				\
	{ "threads", "threads", (s)->threads },					\
	{ "spaces", "address spaces", (s)->spaces }

/* With --contents. */
#define CONTENTS(s)								\
	{ "contents_differences", "contents differences", (s)->contents },	\
	{ "contents_pages", "pages compared", (s)->contents_pages },		\
	{ "contents_not_compared", "pages not compared", (s)->contents_left }

static const struct { const char *key, *label; size_t at; } lists[] = {
	{ "by_call", "calls", offsetof(struct shadow_stats, by_verb) },
	{ "not_modelled", "not modelled", offsetof(struct shadow_stats, unmodelled) },
	{ "outside", "outside", offsetof(struct shadow_stats, outside) },
	{ "notes", "note", offsetof(struct shadow_stats, notes) },
};

#define N_LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct shadow_name *list_of(const struct shadow_stats *s, size_t i)
{
	return *(struct shadow_name *const *)((const char *)s + lists[i].at);
}

static void format_status(char *buf, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(status));
}

static void put_row(struct libscols_table *table, const char *label, const char *value)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line || scols_line_set_data(line, 0, label) || scols_line_set_data(line, 1, value))
		abort();
}

static void put_number(struct libscols_table *table, const char *label, __u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", value);
	put_row(table, label, text);
}

/*
 * How many times as long as alone it took, at the least: alone it takes no longer than it was not
 * stopped. What it costs to stop a task and to get it going, it does not tell. 0: it is not known,
 * because others ran while one was stopped.
 */
static double times_as_long(const struct shadow_stats *s)
{
	if (s->threads != 1 || s->tracing >= s->seconds)
		return 0;
	return s->seconds / (s->seconds - s->tracing);
}

static void print_table(struct shadow *sh, FILE *out)
{
	const struct shadow_stats *s = &sh->stats;
	const struct line figures[] = { LINES(s) }, contents[] = { CONTENTS(s) };
	struct libscols_table *table = scols_new_table();
	char text[128], *whole;

	if (!table || !scols_table_new_column(table, "svma shadow", 0, 0) ||
	    !scols_table_new_column(table, "", 0, SCOLS_FL_RIGHT))
		abort();
	scols_table_enable_noheadings(table, 1);
	format_status(text, sizeof(text), s->status);
	put_row(table, "program", text);
	put_row(table, "model", sh->model->name);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (strcmp(figures[i].key, "not_asked") || sh->opt.dry_run)
			put_number(table, figures[i].label, figures[i].value);
	if (sh->opt.contents)
		for (size_t i = 0; i < 3; i++)
			put_number(table, contents[i].label, contents[i].value);
	for (size_t i = 0; i < N_LISTS; i++)
		for (const struct shadow_name *n = list_of(s, i); n; n = n->next) {
			snprintf(text, sizeof(text), "%s: %s", lists[i].label, n->name);
			put_number(table, text, n->count);
		}
	snprintf(text, sizeof(text), "%.3f s", s->seconds);
	put_row(table, "elapsed", text);
	snprintf(text, sizeof(text), "%.3f s", s->tracing);
	put_row(table, "of which in svma", text);
	put_number(table, "stops", s->stops);
	if (times_as_long(s) > 0) {
		snprintf(text, sizeof(text), "at least %.2f times", times_as_long(s));
		put_row(table, "as long as alone", text);
	}
	if (scols_print_table_to_string(table, &whole))
		abort();
	fprintf(out, "svma shadow: summary\n%s\n", whole);
	free(whole);
	scols_unref_table(table);
}

static int print_json(struct shadow *sh, FILE *out)
{
	const struct shadow_stats *s = &sh->stats;
	const struct line figures[] = { LINES(s) }, contents[] = { CONTENTS(s) };
	struct json_object *o = json_object_new_object(), *sub;

	json_object_object_add(o, "model", json_object_new_string(sh->model->name));
	if (WIFSIGNALED(s->status))
		json_object_object_add(o, "program_signal",
				       json_object_new_string(sigabbrev_np(WTERMSIG(s->status))));
	else
		json_object_object_add(o, "program_status",
				       json_object_new_int(WEXITSTATUS(s->status)));
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		json_object_object_add(o, figures[i].key, json_object_new_uint64(figures[i].value));
	for (size_t i = 0; sh->opt.contents && i < 3; i++)
		json_object_object_add(o, contents[i].key,
				       json_object_new_uint64(contents[i].value));
	for (size_t i = 0; i < N_LISTS; i++) {
		sub = json_object_new_object();
		for (const struct shadow_name *n = list_of(s, i); n; n = n->next)
			json_object_object_add(sub, n->name, json_object_new_uint64(n->count));
		json_object_object_add(o, lists[i].key, sub);
	}
	json_object_object_add(o, "seconds", json_object_new_double(s->seconds));
	json_object_object_add(o, "seconds_in_svma", json_object_new_double(s->tracing));
	json_object_object_add(o, "stops", json_object_new_uint64(s->stops));
	if (times_as_long(s) > 0)
		json_object_object_add(o, "times_as_long_at_least",
				       json_object_new_double(times_as_long(s)));
	fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	json_object_put(o);
	return fflush(out) ? -errno : 0;
}

int shadow_report(struct shadow *sh)
{
	const struct shadow_stats *s = &sh->stats;

	print_table(sh, stderr);
	if (sh->opt.json && print_json(sh, sh->opt.json)) {
		svma_error("cannot write the summary: %s", strerror(errno));
		return SVMA_EXIT_FAILURE;
	}
	if (s->layout || s->errnos || s->placement || s->contents)
		return SVMA_EXIT_DIFFERS;
	return SVMA_EXIT_OK;
}
