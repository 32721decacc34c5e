/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Run a script on one side or on both, check what it states, and compare the sides.
 */
#ifndef SVMA_RUN_H
#define SVMA_RUN_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "fields.h"
#include "report.h"
#include "script.h"
#include "shadow/compare.h"
#include "side.h"

/* Settings that one run can have. */
#define SVMA_RUN_SETTINGS 32

struct svma_log;
struct svma_run;

/**
 * struct svma_run_options - how to run
 * @file: script, NULL or "-" for standard input
 * @on_host: run on the kernel
 * @on_shadow: run on a space
 * @on_told: the sides were chosen on the command line
 * @layout: the space is to have no pages
 * @flags: compare hidden flags and offsets too
 * @keep_going: do not end at the first line that is wrong
 * @randomize: the host's child has a random layout
 * @json: print JSON
 * @quiet: print nothing but errors
 * @maps: print the layout at the end
 * @explain: tell the steps of each call
 * @log: the script is a log of processes, each of which has a space
 * @import: the space starts as that of this process, 0 for none
 * @at_end: what is to be done with the spaces at the end: an exit status; or NULL
 * @at_end_data: for it
 * @at_end_json: it is to print JSON
 * @profile: SVMA_PROFILE_*
 * @kernel: rules of this kernel, 0 for the running one
 * @needs: the script is for kernels from this one on
 * @settings: values to set before the first line
 * @n_settings: how many
 */
struct svma_run_options {
	const char *file;
	bool on_host;
	bool on_shadow;
	bool on_told;
	bool layout;
	bool flags;
	bool keep_going;
	bool randomize;
	bool json;
	bool quiet;
	bool maps;
	bool explain;
	bool log;
	pid_t import;
	int (*at_end)(struct svma_run *run);
	const void *at_end_data;
	bool at_end_json;
	__u32 profile;
	__u32 kernel;
	__u32 needs;
	struct svma_setting settings[SVMA_RUN_SETTINGS];
	size_t n_settings;
};

/* What came of a line. */
enum svma_verdict {
	SVMA_VERDICT_GOOD,
	SVMA_VERDICT_WRONG,	/* not as stated, or the sides differ */
	SVMA_VERDICT_SCRIPT,	/* the script is wrong */
	SVMA_VERDICT_FAILURE,	/* a side cannot go on */
};

/* Bits of svma_run.differs. */
#define SVMA_DIFFERS_RESULTS	(1u << 0)
#define SVMA_DIFFERS_REGIONS	(1u << 1)
#define SVMA_DIFFERS_BATCH	(1u << 2)	/* svma fuzz: a space from one used in batches */

/**
 * struct svma_run - a run
 * @options: how to run
 * @script: the script
 * @host: host side, its ops are NULL without one
 * @shadow: shadow side, the same
 * @report: what is told
 * @log: the processes of a log, NULL for a script
 * @parted: where the layouts parted after the last line
 * @unlike: the results that are stated are of another layout: not checked
 * @differs: in what the sides differed after the last line, SVMA_DIFFERS_*
 * @succeeded: the last line was no failure, on the host if it ran there
 * @regions: regions of the space after the last line, on both sides
 * @maps: the child's
 * @task: the same with what maps does not show, if that is compared
 */
struct svma_run {
	const struct svma_run_options *options;
	struct svma_script script;
	struct svma_side host;
	struct svma_side shadow;
	struct svma_report report;
	struct svma_log *log;
	struct shadow_parting parted;
	bool unlike;
	unsigned int differs;
	bool succeeded;
	struct svma_region_list regions;
	struct svma_proc_maps maps;
	struct svma_task_region_list task;
};

/* Run a script: an exit status. */
int svma_run(struct svma_run_options *options);

/* Start the sides: an exit status, with a message if it is not SVMA_EXIT_OK. */
int svma_run_start(struct svma_run *run);

/* Do one line: what came of it. */
enum svma_verdict svma_run_line(struct svma_run *run, const struct svma_line *line);

/* Do a line on one side. */
enum svma_verdict svma_run_side(struct svma_run *run, struct svma_side *side,
				const struct svma_line *line, struct svma_outcome *outcome,
				__u64 args[SVMA_VERB_ARGS]);

/* Fill raw arguments of a line for a side. */
enum svma_verdict svma_run_args(struct svma_run *run, struct svma_side *side,
				const struct svma_line *line, __u64 args[SVMA_VERB_ARGS]);

/* A call with its raw arguments on a side, as text. */
void svma_run_format(const struct svma_line *line, const __u64 raw[SVMA_VERB_ARGS],
		     const struct svma_outcome *outcome, char *buf, size_t size);

/* Make the call of a line. */
enum svma_verdict svma_run_call(struct svma_run *run, const struct svma_line *line);

/* Can this line run at all? */
bool svma_run_usable(const struct svma_line *line);

/* The settings that were asked for, on the space that is used now: an exit status. */
int svma_run_set_shadow(struct svma_run *run);

/* End the sides of a run. */
void svma_run_stop(struct svma_run *run);

/* Tell that a side cannot go on. */
enum svma_verdict svma_run_failure(struct svma_run *run, const char *what, int err);

/* Compare regions, and with --flags what maps does not show. */
enum svma_verdict svma_run_compare(struct svma_run *run);
void svma_run_compare_free(struct svma_run *run);

/* The kernel that runs, as SVMA_KERNEL() makes it. */
__u32 svma_kernel_running(void);

/* A version like "6.12" as a number, 0 if it is none. */
__u32 svma_kernel_parse(const char *text);

/**
 * svma_options_parse() - read the command line of run and maps
 * @options: gets it
 * @argc: number of arguments
 * @argv: arguments
 * @doc: first line of the help text
 *
 * Does not return for --help and for wrong arguments.
 */
void svma_options_parse(struct svma_run_options *options, int argc, char **argv, const char *doc);

/* The options that a script may bring, for commands that run one. */
extern const struct argp svma_rule_argp;

/*
 * These, and what is printed of a script's lines: for commands that run one as "svma run" does.
 * Their parser hands its input on when it is begun.
 */
extern const struct argp_child svma_script_children[];
void svma_script_inputs(struct argp_state *state);

/**
 * svma_options_header() - read the options in the first line of a script
 * @options: gets them, beside what it has
 * @name: of the script
 * @text: the options
 */
void svma_options_header(struct svma_run_options *options, const char *name, const char *text);

#endif
