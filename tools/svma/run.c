// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "cmd.h"
#include "explain.h"
#include "log.h"
#include "maps.h"
#include "run.h"
#include "vec.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

enum svma_verdict svma_run_failure(struct svma_run *run, const char *what, int err)
{
	svma_report_problem(&run->report, run->script.lineno, "%s: %s", what, strerror(-err));
	return SVMA_VERDICT_FAILURE;
}

/*
 * Can this line run at all? Structures and arrays are not carried into a side, nor vectors that are
 * too long out of it.
 */
bool svma_run_usable(const struct svma_line *line)
{
	for (unsigned int i = 0; i < line->nargs; i++)
		if (line->args[i].kind == SVMA_VALUE_SKIPPED)
			return false;
	if (line->kind != SVMA_LINE_CALL)
		return false;
	return !svma_vec_verb(line->verb) || svma_vec_fits(line->args[1].number);
}

static bool both_sides(const struct svma_run *run)
{
	return run->host.ops && run->shadow.ops;
}

static bool check_side(struct svma_run *run, struct svma_side *side, const struct svma_line *line,
		       const struct svma_outcome *outcome)
{
	char expected[2048], got[2048];

	if (outcome->kind == SVMA_OUTCOME_UNSUPPORTED)
		return true;
	if (!svma_check_stated(side, line, outcome, expected, sizeof(expected)))
		svma_outcome_format(got, sizeof(got), line->verb, outcome);
	else if (svma_vec_check(line, outcome, expected, sizeof(expected)))
		return true;
	else if (outcome->vec)
		svma_vec_format(got, sizeof(got), outcome->bytes, outcome->n, false);
	else
		svma_outcome_format(got, sizeof(got), line->verb, outcome);
	svma_report_problem(&run->report, run->script.lineno, "expected %s, got %s%s%s", expected,
			    got, both_sides(run) ? " on " : "",
			    both_sides(run) ? side->ops->name : "");
	return false;
}

/*
 * A space answers EOPNOTSUPP and ENOTTY for what it does not have. Where the kernel's own answer is
 * the same errno, or the line states it, that is the result of the verb.
 */
static void settle_unsupported(const struct svma_line *line, const struct svma_outcome *host,
			       struct svma_outcome *shadow)
{
	if (shadow->kind != SVMA_OUTCOME_UNSUPPORTED || !line->verb->space)
		return;
	if ((host && host->result == shadow->result) ||
	    (line->stated.kind == SVMA_STATED_ERRNO && line->stated.number == -shadow->result))
		shadow->kind = SVMA_OUTCOME_RESULT;
}

static void report_results(struct svma_run *run, const struct svma_line *line,
			   const struct svma_outcome *host, const struct svma_outcome *shadow)
{
	long page = svma_vec_parting(host, shadow);
	char left[2048], right[2048];

	if (page >= 0) {
		svma_report_problem(&run->report, run->script.lineno,
				    "results differ in page %ld: %d on shadow, %d on host", page,
				    shadow->bytes[page], host->bytes[page]);
		return;
	}
	svma_outcome_format(left, sizeof(left), line->verb, shadow);
	svma_outcome_format(right, sizeof(right), line->verb, host);
	svma_report_problem(&run->report, run->script.lineno,
			    "results differ: %s on shadow, %s on host", left, right);
}

static enum svma_verdict compare_sides(struct svma_run *run, const struct svma_line *line,
				       const struct svma_outcome *host,
				       const struct svma_outcome *shadow)
{
	enum svma_verdict verdict = svma_run_compare(run);

	if (verdict == SVMA_VERDICT_FAILURE)
		return verdict;
	run->differs = verdict == SVMA_VERDICT_WRONG ? SVMA_DIFFERS_REGIONS : 0;
	if (shadow->kind != SVMA_OUTCOME_UNSUPPORTED && !svma_outcome_equal(host, shadow)) {
		report_results(run, line, host, shadow);
		run->differs |= SVMA_DIFFERS_RESULTS;
		verdict = SVMA_VERDICT_WRONG;
	}
	if (verdict == SVMA_VERDICT_WRONG)
		run->report.differences++;
	return verdict;
}

/* Tell the steps of the last call, which was made on a space that a fork may have left. */
static int explain_call(struct svma_run *run, int space)
{
	struct svma_explained steps;
	int err = svma_explain_take(space, &steps);

	if (!err)
		svma_report_steps(&run->report, &steps);
	svma_explained_free(&steps);
	if (!err && run->shadow.space != space)
		err = svma_explain_start(run->shadow.space);
	return err;
}

static bool succeeded(const struct svma_verb *verb, const struct svma_outcome *outcome)
{
	return outcome->kind == SVMA_OUTCOME_BYTES ||
	       (outcome->kind == SVMA_OUTCOME_RESULT &&
		(verb->result == SVMA_RESULT_BRK || !svma_result_is_error(outcome->result)));
}

/*
 * A result of a log. One that was taken from the log itself is not checked; with another call under
 * way in the same memory the log does not tell which was first, and so not which result is whose.
 * Nor does it tell of a file that is not here what matters for where it is mapped.
 */
static enum svma_verdict check_logged(struct svma_run *run, const struct svma_line *line,
				      const struct svma_outcome *outcome)
{
	struct svma_report *report = &run->report;
	char expected[2048];
	bool unsure = run->log->overlaps || run->log->stand_in, good;

	if (outcome->kind == SVMA_OUTCOME_UNSUPPORTED || run->log->guessed)
		return SVMA_VERDICT_GOOD;
	if (unsure)
		good = svma_check_stated(&run->shadow, line, outcome, expected, sizeof(expected));
	else
		good = check_side(run, &run->shadow, line, outcome);
	report->checked += svma_check_has_stated(line) && (good || !unsure);
	if (good)
		return SVMA_VERDICT_GOOD;
	svma_log_follow(run, line, outcome->result);
	if (unsure) {
		svma_log_count(run, &run->log->remarks, run->log->overlaps ?
			       "calls at the same time, in another order than that of the log" :
			       "with a file of ours the result is another one");
		return SVMA_VERDICT_GOOD;
	}
	report->wrong++;
	return SVMA_VERDICT_WRONG;
}

enum svma_verdict svma_run_call(struct svma_run *run, const struct svma_line *line)
{
	static struct svma_outcome host, shadow;
	bool on_host = run->host.ops, on_shadow = run->shadow.ops, good = true;
	static char text[SVMA_TOUCH_MAX * 4 + 64];
	enum svma_verdict verdict = SVMA_VERDICT_GOOD;
	int space = run->shadow.space;
	__u64 args[SVMA_VERB_ARGS];

	if (both_sides(run) && (line->verb->flags & SVMA_VERB_MERGES)) {
		int err = svma_side_refresh(&run->shadow, &run->host);

		if (err)
			return svma_run_failure(run, "cannot tell what is known of regions", err);
	}
	if (on_shadow)
		verdict = svma_run_side(run, &run->shadow, line, &shadow, args);
	if (on_host && verdict == SVMA_VERDICT_GOOD)
		verdict = svma_run_side(run, &run->host, line, &host, args);
	if (verdict != SVMA_VERDICT_GOOD)
		return verdict;
	if (on_shadow) {
		settle_unsupported(line, on_host ? &host : NULL, &shadow);
		if (shadow.kind == SVMA_OUTCOME_UNSUPPORTED)
			svma_report_count(&run->report.unsupported, line->verb->name);
	}
	run->report.n_calls++;
	run->succeeded = succeeded(line->verb, on_host ? &host : &shadow);
	if (!run->report.quiet || run->report.json)
		svma_run_format(line, args, on_host ? &host : &shadow, text, sizeof(text));
	svma_report_call(&run->report, run->script.lineno, text, line->verb,
			 on_host ? &host : NULL, on_shadow ? &shadow : NULL);
	if (run->options->explain) {
		int err = explain_call(run, space);

		if (err)
			return svma_run_failure(run, "cannot read the steps", err);
	}

	if (run->log)
		return check_logged(run, line, &shadow);
	if (on_host && !run->unlike)
		good &= check_side(run, &run->host, line, &host);
	if (on_shadow && !run->unlike)
		good &= check_side(run, &run->shadow, line, &shadow);
	if (svma_check_has_stated(line) && !run->unlike &&
	    (on_host || shadow.kind != SVMA_OUTCOME_UNSUPPORTED))
		run->report.checked++;
	if (!good) {
		run->report.wrong++;
		verdict = SVMA_VERDICT_WRONG;
	}
	if (both_sides(run)) {
		enum svma_verdict compared = compare_sides(run, line, &host, &shadow);

		if (compared != SVMA_VERDICT_GOOD)
			verdict = compared;
	}
	return verdict;
}

/* What acts on the machine's own memory, or on one side alone: the name of the advice; or NULL. */
static const char *not_to_run(const struct svma_run *run, const struct svma_line *line)
{
	if (strcmp(line->verb->name, "madvise") || line->nargs < 3)
		return NULL;
	switch (line->args[2].number) {
	case MADV_HWPOISON:
		return "madvise (MADV_HWPOISON)";
	case MADV_SOFT_OFFLINE:
		return "madvise (MADV_SOFT_OFFLINE)";
	/* A space does not have it, and would hold other contents from then on. */
	case MADV_REMOVE:
		return both_sides(run) ? "madvise (MADV_REMOVE)" : NULL;
	default:
		return NULL;
	}
}

enum svma_verdict svma_run_line(struct svma_run *run, const struct svma_line *line)
{
	const char *not;

	run->report.call = NULL;
	if (line->kind != SVMA_LINE_CALL && line->kind != SVMA_LINE_OTHER_CALL)
		return SVMA_VERDICT_GOOD;
	if (!svma_run_usable(line)) {
		svma_report_count(&run->report.unused, line->name);
		return SVMA_VERDICT_GOOD;
	}
	not = not_to_run(run, line);
	if (not) {
		svma_report_count(&run->report.unused, not);
		return SVMA_VERDICT_GOOD;
	}
	return svma_run_call(run, line);
}

static void print_layout(struct svma_run *run)
{
	struct svma_region_list regions = { 0 };
	struct svma_layout layout = { 0 };
	struct svma_proc_maps maps = { 0 };
	int err = 0;

	if (run->host.ops)
		err = svma_proc_maps_read(run->host.host.pid, &maps);
	/* For the names of files: it may have ended since. */
	else if (run->options->import)
		svma_proc_maps_read(run->options->import, &maps);
	if (!err && run->shadow.ops) {
		err = svma_client_layout_get(run->shadow.space, &layout);
		if (!err)
			err = svma_client_regions(run->shadow.space, 0, ~0ULL, &regions);
		if (!err)
			svma_maps_print(stdout, &regions, &layout, &maps);
	} else {
		char line[SVMA_MAPS_LINE + 4096];

		for (size_t i = 0; !err && i < maps.n; i++) {
			svma_maps_format(line, sizeof(line), &maps.v[i]);
			puts(line);
		}
	}
	if (err)
		svma_error("cannot read the layout: %s", strerror(-err));
	svma_region_list_free(&regions);
	svma_proc_maps_free(&maps);
}

static int run_script(struct svma_run *run)
{
	int status = SVMA_EXIT_OK;

	/* Told as a line of its own, for what differs from the start is not the fault of a call. */
	if (both_sides(run) && svma_run_compare(run) != SVMA_VERDICT_GOOD)
		return SVMA_EXIT_FAILURE;
	for (;;) {
		struct svma_line line = { 0 };
		enum svma_script_status read = svma_script_next(&run->script, &line);
		enum svma_verdict verdict = SVMA_VERDICT_SCRIPT;

		if (read == SVMA_SCRIPT_END)
			return status;
		if (read == SVMA_SCRIPT_UNREADABLE) {
			svma_error("cannot read \"%s\": %s", run->script.name, strerror(errno));
			return SVMA_EXIT_FAILURE;
		}
		run->report.lines++;
		run->report.call = NULL;
		if (run->log)
			verdict = svma_log_line(run, read, &line);
		else if (read == SVMA_SCRIPT_WRONG)
			svma_report_unread(&run->report, &run->script);
		else
			verdict = svma_run_line(run, &line);
		svma_line_free(&line);
		if (verdict == SVMA_VERDICT_FAILURE)
			return SVMA_EXIT_FAILURE;
		if (verdict == SVMA_VERDICT_SCRIPT)
			return SVMA_EXIT_USAGE;
		if (verdict == SVMA_VERDICT_WRONG) {
			status = SVMA_EXIT_DIFFERS;
			if (!run->options->keep_going)
				return status;
		}
	}
}

void svma_run_stop(struct svma_run *run)
{
	svma_side_stop(&run->shadow);
	svma_side_stop(&run->host);
	svma_run_compare_free(run);
}

/*
 * On the kernel there is one child, and its layout is not that of the program: there a log is a
 * script of its first process, of which the sides are compared.
 */
static void start_log(struct svma_run *run, struct svma_run_options *options)
{
	bool log = options->log || (!options->import && svma_script_is_log(&run->script));

	if (options->on_host) {
		run->unlike = options->log;
		options->layout |= options->log;
		return;
	}
	if (!log)
		return;
	run->log = svma_log_new();
	if (!run->log)
		abort();
	run->script.all = true;
	options->layout = true;
}

int svma_run(struct svma_run_options *options)
{
	struct svma_run run = { .options = options };
	const char *header;
	int status, err = svma_script_open(&run.script, options->file);

	if (err) {
		svma_error("cannot open \"%s\": %s", options->file, strerror(-err));
		return SVMA_EXIT_USAGE;
	}
	header = svma_script_header(&run.script);
	if (header)
		svma_options_header(options, run.script.name, header);
	start_log(&run, options);
	if (options->needs > svma_kernel_running()) {
		fprintf(stderr, "%s: needs kernel %u.%u or newer\n", run.script.name,
			options->needs >> 16, options->needs >> 8 & 255);
		svma_script_close(&run.script);
		return SVMA_EXIT_SKIPPED;
	}
	svma_report_init(&run.report, run.script.name, options->json, options->quiet);
	status = svma_run_start(&run);
	if (status == SVMA_EXIT_OK) {
		status = run_script(&run);
		if (run.log)
			svma_log_report(&run);
		svma_report_end(&run.report, run.script.foreign);
		if (run.unlike && !options->quiet && !options->json)
			puts("# results are not checked: the layout is not that of the log");
		if (options->maps)
			print_layout(&run);
		if (options->at_end) {
			int end = options->at_end(&run);

			status = status == SVMA_EXIT_OK ? end : status;
		}
	}
	svma_run_stop(&run);
	svma_log_free(run.log);
	svma_script_close(&run.script);
	return status;
}
