// SPDX-License-Identifier: GPL-2.0
/*
 * svma shadow: run a program and mirror its memory calls into spaces.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "shadow/model.h"
#include "shadow/shadow.h"

enum { KEY_JSON = 256, KEY_LOG, KEY_NO_SECCOMP, KEY_DRY_RUN, KEY_FLAGS, KEY_CONTENTS };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL,
	  "Write the summary as JSON to FILE, or to standard output", 0 },
	{ "log", KEY_LOG, "FILE", 0, "Write a line for each memory call to FILE", 0 },
	{ "verbose", 'v', NULL, 0, "Write these lines to standard error", 0 },
	{ "flags", KEY_FLAGS, NULL, 0,
	  "Compare also what /proc/PID/maps hides: region flags, offsets of anonymous regions", 0 },
	{ "contents", KEY_CONTENTS, NULL, 0,
	  "Compare also the bytes in memory that calls affect, with all threads stopped", 0 },
	{ "no-seccomp", KEY_NO_SECCOMP, NULL, 0,
	  "Stop the program at every system call, for programs that a seccomp filter disturbs", 0 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0,
	  "Follow and count without a model; needs no module", 0 },
	{ 0 },
};

static const char doc[] =
	"Run a program and mirror each of its memory calls into a space: the space\n"
	"predicts the address or errno before the kernel answers, and its regions are\n"
	"compared with /proc/PID/maps after the call.\n"
	"\vThreads, forks and execs are followed. What no verb exists for is counted and\n"
	"named. The first difference is shown side by side; the summary goes to standard\n"
	"error. How many times as long as alone a program with one thread took is told at\n"
	"the least: its time by that less what the tracer worked. What it costs to stop and\n"
	"go on, which is more for programs of many calls, is not in that.\n"
	"\n"
	"Exit status: 0 no difference, 1 differences, 2 wrong usage, 3 the program or the\n"
	"module cannot be used. The program's own status is part of the summary.";

static FILE *open_for_writing(struct argp_state *state, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		argp_failure(state, SVMA_EXIT_FAILURE, errno, "cannot write %s", path);
	return f;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct shadow_options *opt = state->input;

	switch (key) {
	case KEY_JSON:
		opt->json = arg ? open_for_writing(state, arg) : stdout;
		break;
	case KEY_LOG:
		opt->log = open_for_writing(state, arg);
		break;
	case 'v':
		opt->verbose = true;
		break;
	case KEY_FLAGS:
		opt->flags = true;
		break;
	case KEY_CONTENTS:
		opt->contents = true;
		break;
	case KEY_NO_SECCOMP:
		opt->no_seccomp = true;
		break;
	case KEY_DRY_RUN:
		opt->dry_run = true;
		break;
	case ARGP_KEY_ARGS:
		opt->argv = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int cmd_shadow(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "-- PROGRAM [ARGUMENT...]", doc, NULL,
					  NULL, NULL };
	struct shadow *sh = calloc(1, sizeof(*sh));
	struct svma_info info;
	int err;

	if (!sh)
		return SVMA_EXIT_FAILURE;
	err = argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &sh->opt);
	if (err) {
		svma_error("%s", strerror(err));
		return SVMA_EXIT_USAGE;
	}
	sh->model = sh->opt.dry_run ? &shadow_model_none : &shadow_model_module;
	sh->machine = sh->model->open();
	if (sh->machine < 0 && !sh->opt.dry_run) {
		svma_error_device(sh->machine);
		return SVMA_EXIT_FAILURE;
	}
	if (sh->opt.contents && (svma_client_info(sh->machine, &info) ||
				 !(info.features & SVMA_FEATURE_RW))) {
		svma_error("--contents needs spaces with pages");
		return SVMA_EXIT_FAILURE;
	}
	err = shadow_trace(sh);
	shadow_shm_free(sh);
	if (err) {
		svma_error("cannot run %s: %s", sh->opt.argv[0], strerror(-err));
		return SVMA_EXIT_FAILURE;
	}
	if (sh->foreign) {
		svma_error("%s is a 32-bit program: only x86-64 programs can be followed",
			   sh->opt.argv[0]);
		return SVMA_EXIT_FAILURE;
	}
	return shadow_report(sh);
}
