// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <linux/svma.h>

#include "bench.h"

/* Exit statuses, those of svma. */
#define EXIT_USAGE	2
#define EXIT_FAILED	3

static const char doc[] =
	"Measure what SVMA's calls cost against the running kernel's own calls\n"
	"for the same work, in the same run and in turns.\n"
	"\vThe rows of the module need it loaded; `make bench` runs them in a guest.\n"
	"Those of --native run the region core as functions of this program, without\n"
	"the module, its system calls and its pages; they show how the core grows,\n"
	"and the kernel's side there is still system calls.\n\n"
	"Exit status: 0, 2 wrong usage, 3 a row failed.";

enum {
	OPT_JSON = 256,
	OPT_QUICK,
	OPT_NATIVE,
	OPT_SELF_CHECK,
	OPT_CURVE,
	OPT_SERIES,
	OPT_RAISE,
	OPT_WARM,
	OPT_ROUNDS,
	OPT_US,
	OPT_OPS,
	OPT_SIDE,
	OPT_LIST,
	OPT_REGIONS,
};

static const struct argp_option options[] = {
	{ "rows", 'r', "NAME[,NAME]...", 0, "these rows only", 0 },
	{ "regions", OPT_REGIONS, "N", 0, "rows with N regions only", 0 },
	{ "list", OPT_LIST, NULL, 0, "list the rows and end", 0 },
	{ "native", OPT_NATIVE, NULL, 0, "the rows of the region core alone", 0 },
	{ "quick", OPT_QUICK, NULL, 0, "few and short rounds: to see that rows run", 0 },
	{ "curve", OPT_CURVE, NULL, 0, "rows of 10 to 1,000,000 regions, for cost curves", 0 },
	{ "series", OPT_SERIES, NULL, 0, "rows by the number of pages, dirty pages, threads", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ "raise-limits", OPT_RAISE, NULL, 0, "raise vm.max_map_count meanwhile, if needed", 0 },
	{ "warm", OPT_WARM, NULL, 0, "touch free memory first, which an emulator has to get", 0 },
	{ "rounds", OPT_ROUNDS, "N", 0, "rounds of each side (101, or fewer long ones)", 0 },
	{ "us", OPT_US, "N", 0, "microseconds of each round (1000)", 0 },
	{ "ops", OPT_OPS, "N", 0, "operations in each round, for profilers; no calibration", 1 },
	{ "side", OPT_SIDE, "NAME", 0, "kernel or svma alone, for profilers", 1 },
	{ "self-check", OPT_SELF_CHECK, NULL, 0, "rows of known cost", 1 },
	{ 0 }
};

static unsigned long parse_number(struct argp_state *state, const char *name, const char *arg,
				  unsigned long most)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (!*arg || *end || !n || n > most)
		argp_error(state, "\"%s\" for --%s is not a number from 1 to %lu", arg, name, most);
	return n;
}

static void list_rows(void)
{
	for (const struct bench_row *const *group = bench_groups; *group; group++)
		for (const struct bench_row *row = *group; row->name; row++)
			if (row == *group || strcmp(row->name, row[-1].name))
				printf("%-18s %s%s\n", row->name, row->work,
				       row->needs == BENCH_CORE ? " (--native)" :
				       row->series_only		? " (--series)" :
								  "");
}

/* Is each name that was given that of a row? */
static void check_rows(struct argp_state *state, const struct bench_options *options)
{
	for (const char *at = options->rows; at && *at;) {
		size_t word = strcspn(at, ",");
		char name[32];
		struct bench_options one = *options;
		bool found = false;

		snprintf(name, sizeof(name), "%.*s", (int)word, at);
		one.rows = name;
		one.regions = ~0UL;
		for (const struct bench_row *const *group = bench_groups; *group; group++)
			for (const struct bench_row *row = *group; row->name; row++)
				found |= bench_row_wanted(&one, row);
		if (!found)
			argp_error(state, "no row \"%s\"%s; --list tells them", name,
				   options->native ? " of the region core" : " of the module");
		at += word;
		at += *at == ',';
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bench_options *o = state->input;

	switch (key) {
	case 'r':
		o->rows = arg;
		return 0;
	case OPT_LIST:
		list_rows();
		exit(0);
	case OPT_REGIONS:
		o->regions = parse_number(state, "regions", arg, ~0UL - 1);
		return 0;
	case OPT_NATIVE:
		o->native = true;
		return 0;
	case OPT_QUICK:
		o->quick = true;
		o->rounds = 3;
		o->ns = 0.3e6;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_CURVE:
		o->curve = true;
		return 0;
	case OPT_SERIES:
		o->series = true;
		return 0;
	case OPT_RAISE:
		o->raise = true;
		return 0;
	case OPT_WARM:
		o->warm = true;
		return 0;
	case OPT_ROUNDS:
		o->rounds = parse_number(state, "rounds", arg, BENCH_ROUNDS);
		return 0;
	case OPT_US:
		o->ns = parse_number(state, "us", arg, 100000000) * 1e3;
		return 0;
	case OPT_OPS:
		o->ops = parse_number(state, "ops", arg, 1UL << 40);
		return 0;
	case OPT_SIDE:
		o->kernel = !strcmp(arg, "kernel");
		o->svma = !strcmp(arg, "svma");
		if (!o->kernel && !o->svma)
			argp_error(state, "\"%s\" for --side is neither kernel nor svma", arg);
		return 0;
	case OPT_SELF_CHECK:
		o->self_check = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is taken: \"%s\" is too many", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->self_check)
			check_rows(state, o);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Memory that a guest touches for the first time its emulator must get from its own kernel, which
 * takes longer than all that is measured here. What the kernel has given out before has it behind
 * it; rows that need much, and other memory each time, would measure that.
 */
static void warm_up(void)
{
	unsigned long len, most = 4UL << 30;
	struct sysinfo info;
	char *memory;

	if (sysinfo(&info))
		return;
	len = info.freeram / 4 * 3 * info.mem_unit;
	len = (len < most ? len : most) & ~(BENCH_PAGE - 1);
	memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return;
	for (unsigned long at = 0; at < len; at += BENCH_PAGE)
		((volatile char *)memory)[at] = 1;
	munmap(memory, len);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "", doc, NULL, NULL, NULL };
	struct bench_options o = {
		.regions = ~0UL, .kernel = true, .svma = true, .rounds = 101, .ns = 1e6,
	};
	struct bench_result *results;
	bool failed = false;
	size_t count;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!o.native && !o.self_check && access(SVMA_DEVICE, R_OK | W_OK)) {
		fprintf(stderr, "svma-bench: " SVMA_DEVICE ": %s\n", strerror(errno));
		fprintf(stderr, "svma-bench: `make bench` loads the module; --native needs none\n");
		return EXIT_FAILED;
	}
	if (o.warm)
		warm_up();
	results = bench_run(&o, &count);
	if (o.json)
		bench_print_json(&o, results, count);
	else
		bench_print(&o, results, count);
	for (size_t i = 0; i < count; i++)
		failed |= results[i].why[0] != '\0';
	free(results);
	return failed ? EXIT_FAILED : 0;
}
