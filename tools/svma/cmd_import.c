// SPDX-License-Identifier: GPL-2.0
/*
 * svma import: the space of a live process, and what calls would do to it.
 */
#include <argp.h>
#include <stdlib.h>

#include "cmd.h"
#include "run.h"

static const char doc[] =
	"Make a space like that of a live process, and run a script on it: what would\n"
	"these calls do there? Without a SCRIPT, print its regions.\n"
	"\vThe process is stopped as long as its layout is read, and goes on then; the\n"
	"calls are done on the space alone. Being allowed to trace it is needed, as for\n"
	"strace -p. A SCRIPT is one of \"svma run\"; - is standard input.\n"
	"\nExit status: as of \"svma run\".";

static void parse_pid(struct svma_run_options *o, const char *arg, struct argp_state *state)
{
	char *end;
	long pid = strtol(arg, &end, 10);

	if (*end || pid <= 0 || pid > 1 << 22)
		argp_error(state, "\"%s\" is not the number of a process", arg);
	o->import = pid;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		svma_script_inputs(state);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			parse_pid(o, arg, state);
		else if (state->arg_num == 1)
			o->file = arg;
		else
			argp_error(state, "\"%s\" is too many: process and script are all", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->import)
			argp_error(state, "no process is given");
		if (o->log)
			argp_error(state, "a log has layouts of its own: --log does not go here");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_import(int argc, char **argv)
{
	const struct argp argp = { NULL, parse, "PID [SCRIPT]", doc, svma_script_children, NULL,
				   NULL };
	struct svma_run_options o = { .on_shadow = true, .layout = true };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!o.file) {
		o.file = "/dev/null";
		o.maps = !o.json;
		o.quiet = true;
	}
	return svma_run(&o);
}
