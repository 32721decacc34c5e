// SPDX-License-Identifier: GPL-2.0
/*
 * Options of `svma run` and `svma maps`, and of a script's first line.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cmd.h"
#include "run.h"

/* Words in the first line of a script. */
#define HEADER_WORDS 64

enum {
	OPT_ON = 256,
	OPT_PROFILE,
	OPT_KERNEL,
	OPT_NEEDS,
	OPT_LAYOUT,
	OPT_SET,
	OPT_FLAGS,
	OPT_JSON,
	OPT_MAPS,
	OPT_RANDOMIZE,
	OPT_EXPLAIN,
	OPT_LOG,
};

static const struct argp_option rule_options[] = {
	{ "profile", OPT_PROFILE, "NAME", 0, "rules of the space: host or classic", 0 },
	{ "kernel", OPT_KERNEL, "VERSION", 0, "follow the rules of this kernel", 0 },
	{ "needs", OPT_NEEDS, "VERSION", 0, "skip the script on older kernels (exit status 4)", 0 },
	{ "log", OPT_LOG, NULL, 0, "the script is a log of processes, each with a space", 0 },
	{ "layout", OPT_LAYOUT, NULL, 0, "the space has regions, no pages", 0 },
	{ "set", OPT_SET, "KEY=VALUE", 0, "set a value of the space or the machine first", 0 },
	{ 0 }
};

static const struct argp_option print_options[] = {
	{ "keep-going", 'k', NULL, 0, "go on after a line that is wrong", 0 },
	{ "explain", OPT_EXPLAIN, NULL, 0, "tell below each call what the space did for it", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ "maps", OPT_MAPS, NULL, 0, "print the layout at the end", 0 },
	{ 0 }
};

static const struct argp_option run_options[] = {
	{ "on", OPT_ON, "SIDE", 0, "run on shadow, host or both (default: shadow)", 0 },
	{ "flags", OPT_FLAGS, NULL, 0, "with both: compare what maps does not show, too", 0 },
	{ "randomize", OPT_RANDOMIZE, NULL, 0, "give the host's child a random layout", 0 },
	{ 0 }
};

__u32 svma_kernel_parse(const char *text)
{
	unsigned int major, minor, update = 0;
	int at = 0, more = 0;

	if (sscanf(text, "%u.%u%n", &major, &minor, &at) != 2 || major > 255 || minor > 255)
		return 0;
	if (text[at] && (sscanf(text + at, ".%u%n", &update, &more) != 1 || text[at + more]))
		return 0;
	/* As the kernel does: later updates are not told apart. */
	return SVMA_KERNEL(major, minor) + (update > 255 ? 255 : update);
}

__u32 svma_kernel_running(void)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return SVMA_KERNEL(major, minor);
}

static __u32 parse_version(struct argp_state *state, const char *option, const char *text)
{
	__u32 version = svma_kernel_parse(text);

	if (!version)
		argp_error(state, "\"%s\" for --%s is not a version like 6.12", text, option);
	return version;
}

static void parse_set(struct svma_run_options *o, const char *arg, struct argp_state *state)
{
	const char *why;

	if (o->n_settings == SVMA_RUN_SETTINGS)
		argp_error(state, "more than %d settings", SVMA_RUN_SETTINGS);
	else if (!svma_setting_parse(arg, &o->settings[o->n_settings], &why))
		argp_error(state, "cannot set \"%s\": %s", arg, why);
	else
		o->n_settings++;
}

static error_t parse_rule(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	switch (key) {
	case OPT_PROFILE:
		if (!strcmp(arg, "host"))
			o->profile = SVMA_PROFILE_HOST;
		else if (!strcmp(arg, "classic"))
			o->profile = SVMA_PROFILE_CLASSIC;
		else
			argp_error(state, "\"%s\" for --profile is neither host nor classic", arg);
		return 0;
	case OPT_KERNEL:
		o->kernel = parse_version(state, "kernel", arg);
		return 0;
	case OPT_NEEDS:
		o->needs = parse_version(state, "needs", arg);
		return 0;
	case OPT_LAYOUT:
		o->layout = true;
		return 0;
	case OPT_LOG:
		o->log = true;
		return 0;
	case OPT_SET:
		parse_set(o, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (o->kernel && o->profile == SVMA_PROFILE_CLASSIC)
			argp_error(state, "--kernel and --profile=classic do not go together");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void parse_on(struct svma_run_options *o, const char *arg, struct argp_state *state)
{
	o->on_shadow = !strcmp(arg, "shadow") || !strcmp(arg, "both");
	o->on_host = !strcmp(arg, "host") || !strcmp(arg, "both");
	if (!o->on_shadow && !o->on_host)
		argp_error(state, "\"%s\" for --on is neither shadow nor host nor both", arg);
}

const struct argp svma_rule_argp = { rule_options, parse_rule, NULL, NULL, NULL, NULL, NULL };

static error_t parse_print(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	(void)arg;
	switch (key) {
	case 'k':
		o->keep_going = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_MAPS:
		o->maps = true;
		return 0;
	case OPT_EXPLAIN:
		o->explain = true;
		return 0;
	case ARGP_KEY_END:
		if (o->json && o->maps)
			argp_error(state, "--json and --maps do not go together");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp print_argp = { print_options, parse_print, NULL, NULL, NULL, NULL, NULL };

const struct argp_child svma_script_children[] = {
	{ &svma_rule_argp, 0, NULL, 0 }, { &print_argp, 0, NULL, 0 }, { 0 }
};

void svma_script_inputs(struct argp_state *state)
{
	state->child_inputs[0] = state->input;
	state->child_inputs[1] = state->input;
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct svma_run_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		svma_script_inputs(state);
		return 0;
	case OPT_ON:
		parse_on(o, arg, state);
		return 0;
	case OPT_FLAGS:
		o->flags = true;
		return 0;
	case OPT_RANDOMIZE:
		o->randomize = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->file)
			argp_error(state, "one script at a time: \"%s\" is too many", arg);
		o->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->explain && !o->on_shadow)
			argp_error(state, "--explain is of a space, which --on host does not have");
		if (o->on_host && (o->kernel || o->profile))
			argp_error(state,
				   "the running kernel follows neither --kernel nor --profile");
		if (o->flags && !(o->on_host && o->on_shadow))
			argp_error(state, "--flags compares two sides: it goes with --on both");
		if (o->randomize && !o->on_host)
			argp_error(state, "--randomize goes with --on host and --on both alone");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void svma_options_parse(struct svma_run_options *options, int argc, char **argv, const char *doc)
{
	const struct argp argp = { run_options, parse_run, "[FILE]", doc, svma_script_children,
				   NULL, NULL };

	*options = (struct svma_run_options){ .on_shadow = true };
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

void svma_options_header(struct svma_run_options *options, const char *name, const char *text)
{
	char *argv[HEADER_WORDS], *copy = strdup(text), *first = NULL, *save;
	int argc = 1;

	if (!copy || asprintf(&first, "%s:1", name) < 0) {
		svma_error("no memory");
		exit(SVMA_EXIT_FAILURE);
	}
	argv[0] = first;
	for (char *word = strtok_r(copy, " \t\r\n", &save); word && argc < HEADER_WORDS - 1;
	     word = strtok_r(NULL, " \t\r\n", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	argp_parse(&svma_rule_argp, argc, argv, ARGP_NO_HELP, NULL, options);
	free(first);
	free(copy);
}
