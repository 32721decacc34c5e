/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run tells: the calls with their results as text or JSON, and a summary.
 */
#ifndef SVMA_REPORT_H
#define SVMA_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "script.h"
#include "side.h"

struct json_object;
struct svma_explained;

/**
 * struct svma_count - how often something with a name came up
 * @name: what
 * @n: how often
 */
struct svma_count {
	char name[48];
	unsigned int n;
};

/**
 * struct svma_counts - a list of them
 * @v: they
 * @n: how many
 */
struct svma_counts {
	struct svma_count *v;
	size_t n;
};

/**
 * struct svma_report - what a run tells, and what it has counted
 * @json: the document, NULL when text is wanted
 * @calls: its list of calls
 * @log: what is told of a log, NULL for none
 * @call: the call that is being reported
 * @quiet: no text either
 * @problems: where to tell what is wrong, NULL for nowhere
 * @script: name of the script
 * @lines: lines read
 * @n_calls: calls made
 * @checked: stated results that were checked
 * @wrong: of these, not as stated
 * @differences: calls after which the sides differ
 * @unsupported: calls that the shadow side cannot do, by name
 * @unused: calls that are no memory calls, by name
 */
struct svma_report {
	struct json_object *json;
	struct json_object *calls;
	struct json_object *log;
	struct json_object *call;
	bool quiet;
	FILE *problems;
	const char *script;
	unsigned int lines;
	unsigned int n_calls;
	unsigned int checked;
	unsigned int wrong;
	unsigned int differences;
	struct svma_counts unsupported;
	struct svma_counts unused;
};

void svma_report_init(struct svma_report *report, const char *script, bool json, bool quiet);

/* Tell a call and its result on each side; NULL for a side that does not take part. */
void svma_report_call(struct svma_report *report, unsigned int lineno, const char *call,
		      const struct svma_verb *verb, const struct svma_outcome *host,
		      const struct svma_outcome *shadow);

/* Tell the steps of the call that was told last. */
void svma_report_steps(struct svma_report *report, const struct svma_explained *steps);

/* Tell what is wrong with a line: "FILE:LINE: text". */
void svma_report_problem(struct svma_report *report, unsigned int lineno, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Tell what the reader says of the last line: "FILE:LINE:COLUMN: text". */
void svma_report_unread(struct svma_report *report, const struct svma_script *script);

/* Count a name in a list. */
void svma_report_count(struct svma_counts *counts, const char *name);

/* Print the summary, or the document. @foreign: lines of other processes. */
void svma_report_end(struct svma_report *report, unsigned int foreign);

/* An outcome in strace's syntax. */
void svma_outcome_format(char *buf, size_t size, const struct svma_verb *verb,
			 const struct svma_outcome *outcome);

/* Bytes as a string in quotes: printable characters, and escapes for the rest. */
int svma_bytes_format(char *buf, size_t size, const char *bytes, size_t n);

/* Are two outcomes the same? */
bool svma_outcome_equal(const struct svma_outcome *a, const struct svma_outcome *b);

#endif
