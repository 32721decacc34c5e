// SPDX-License-Identifier: GPL-2.0
/*
 * What the commands share that run a script and then tell of its spaces.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "end.h"

enum {
	OPT_JSON = 256,
};

static const struct argp_option end_options[] = {
	{ "keep-going", 'k', NULL, 0, "go on after a line that is wrong", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ 0 }
};

static error_t parse_end(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = o;
		return 0;
	case 'k':
		o->keep_going = true;
		return 0;
	case OPT_JSON:
		o->at_end_json = true;
		return 0;
	case ARGP_KEY_END:
		if (!o->file)
			argp_error(state, "no script is given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child end_children[] = { { &svma_rule_argp, 0, NULL, 0 }, { 0 } };

const struct argp svma_end_argp = { end_options, parse_end, NULL, NULL, end_children, NULL, NULL };

static error_t parse_script(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = o;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "\"%s\" is too many: one script is all", arg);
		o->file = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void svma_options_end(struct svma_run_options *options, int argc, char **argv, const char *doc)
{
	static const struct argp_child children[] = { { &svma_end_argp, 0, NULL, 0 }, { 0 } };
	const struct argp argp = { NULL, parse_script, "SCRIPT", doc, children, NULL, NULL };

	*options = (struct svma_run_options){ 0 };
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

int svma_run_end(struct svma_run_options *options, int (*at_end)(struct svma_run *run),
		 const void *data)
{
	options->on_shadow = true;
	options->quiet = true;
	options->at_end = at_end;
	options->at_end_data = data;
	return svma_run(options);
}

int svma_end_print(struct libscols_table *table, struct json_object *json, int err)
{
	if (err)
		svma_error("the space does not tell: %s", strerror(-err));
	else if (table)
		scols_print_table(table);
	else
		puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY));
	scols_unref_table(table);
	json_object_put(json);
	return err ? SVMA_EXIT_FAILURE : SVMA_EXIT_OK;
}
