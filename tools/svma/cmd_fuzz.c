// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "fuzz/fuzz.h"

static const char doc[] =
	"Run random sequences of memory calls on a space and on the running kernel, and\n"
	"compare results, loaded bytes and regions after each call. With --batch the same\n"
	"is done on a second space in batches, and the two spaces are compared as well.\n"
	"\vA sequence after which the two differ is made short and printed as a script\n"
	"that \"svma run --on both --flags\" runs. Sequence n has the seed N + n: the same\n"
	"seed gives the same calls. Files to map are made in " FUZZ_FILES "UID.\n"
	"\n"
	"Exit status: 0 no difference, 1 a difference, 2 wrong usage, 3 it could not\n"
	"run.";

enum {
	OPT_SEED = 256,
	OPT_ON,
	OPT_SEQUENCES,
	OPT_CALLS,
	OPT_TIME,
	OPT_PROFILE,
	OPT_SAVE,
	OPT_FAILURES,
	OPT_SHRINK,
	OPT_COUNTS,
	OPT_BATCH,
	OPT_LIST,
};

static const struct argp_option argp_options[] = {
	{ "on", OPT_ON, "both", 0, "a space and the kernel, there is nothing else", 0 },
	{ "seed", OPT_SEED, "N", 0, "seed of the first sequence (1)", 0 },
	{ "sequences", OPT_SEQUENCES, "N", 0, "so many sequences (20, with --time any number)", 0 },
	{ "calls", OPT_CALLS, "N", 0, "calls in each (500)", 0 },
	{ "time", OPT_TIME, "SECONDS", 0, "begin no sequence later than this", 0 },
	{ "profile", OPT_PROFILE, "NAME", 0, "rules of the spaces: host, the kernel's own", 0 },
	{ "save", OPT_SAVE, "DIR", 0, "write the scripts to DIR too", 0 },
	{ "failures", OPT_FAILURES, "N", 0, "end after so many differences (1)", 0 },
	{ "shrink", OPT_SHRINK, "SECONDS", 0, "make a script shorter for so long (120)", 0 },
	{ "batch", OPT_BATCH, NULL, 0, "do the calls of the space on another one, in batches", 0 },
	{ "list", OPT_LIST, NULL, 0, "print which calls are made, which are not, and why not", 0 },
	{ "counts", OPT_COUNTS, NULL, 0, "tell how many calls of each verb succeeded", 0 },
	{ 0 }
};

struct options {
	__u64 seed;
	__u64 sequences;
	__u64 calls;
	__u64 time;
	__u64 failures;
	__u64 shrink;
	const char *save;
	bool counts;
	bool list;
};

static __u64 parse_u64(struct argp_state *state, const char *what, const char *text)
{
	char *end;
	__u64 n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		argp_error(state, "\"%s\" for --%s is not a number", text, what);
	return n;
}

/* None of them would be no run, and no difference found. */
static __u64 parse_some(struct argp_state *state, const char *what, const char *text)
{
	__u64 n = parse_u64(state, what, text);

	if (!n)
		argp_error(state, "0 for --%s: at least 1 is needed", what);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_ON:
		if (strcmp(arg, "both"))
			argp_error(state, "\"%s\" for --on is not both", arg);
		return 0;
	case OPT_SEED:
		o->seed = parse_u64(state, "seed", arg);
		return 0;
	case OPT_SEQUENCES:
		o->sequences = parse_some(state, "sequences", arg);
		return 0;
	case OPT_CALLS:
		o->calls = parse_some(state, "calls", arg);
		return 0;
	case OPT_TIME:
		o->time = parse_some(state, "time", arg);
		return 0;
	case OPT_FAILURES:
		o->failures = parse_some(state, "failures", arg);
		return 0;
	case OPT_SHRINK:
		o->shrink = parse_u64(state, "shrink", arg);
		return 0;
	case OPT_PROFILE:
		if (strcmp(arg, "host"))
			argp_error(state, "\"%s\" for --profile is not host", arg);
		return 0;
	case OPT_SAVE:
		o->save = arg;
		return 0;
	case OPT_BATCH:
		fuzz_batches = true;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_COUNTS:
		o->counts = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no arguments are taken: \"%s\" is too many", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->sequences)
			o->sequences = o->time ? ~0ULL : 20;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Found out before the run, not when there is something to be saved. */
static bool can_save(const struct options *o)
{
	struct stat st;

	if (!o->save)
		return true;
	errno = 0;
	if (!stat(o->save, &st) && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (!errno && !access(o->save, W_OK | X_OK))
		return true;
	svma_error("cannot write to \"%s\": %s", o->save, strerror(errno));
	return false;
}

static int save(const struct options *o, __u64 seed, const struct fuzz_script *script)
{
	char path[4096];
	FILE *out;
	int err = 0;

	if (!o->save)
		return 0;
	snprintf(path, sizeof(path), "%s/fuzz-%llu.svma", o->save, seed);
	out = fopen(path, "we");
	if (!out)
		err = -errno;
	else
		fuzz_script_print(script, out);
	if (out && fclose(out))
		err = -errno;
	if (err)
		svma_error("cannot write \"%s\": %s", path, strerror(-err));
	return err;
}

/* Tell of a sequence that ended in a difference. */
static int report(const struct options *o, __u64 seed, struct fuzz_script *script,
		  const struct fuzz_found *found)
{
	size_t before = script->n;

	fprintf(stderr, "seed %llu: the sides differ after call %zu, %s; making it shorter\n", seed,
		found->at + 1, found->verb ? found->verb->name : "?");
	if (found->verdict == SVMA_VERDICT_WRONG)
		fuzz_shrink(script, found, o->shrink);
	printf("# seed %llu: %zu of %zu calls are left\n", seed, script->n, before);
	fuzz_script_print(script, stdout);
	fflush(stdout);
	fuzz_play(script, stderr);
	return save(o, seed, script);
}

static void print_counts(const struct fuzz_count *count)
{
	for (size_t i = 0; svma_verbs[i].name && i < FUZZ_VERBS; i++)
		if (count->by_verb[i])
			printf("# %-18s %8lu calls, %8lu succeeded\n", svma_verbs[i].name,
			       count->by_verb[i], count->good_by_verb[i]);
}

static double since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) + (now.tv_nsec - start->tv_nsec) / 1e9;
}

static int run_all(const struct options *o)
{
	struct fuzz_count count = { 0 };
	struct timespec start;
	__u64 n, failures = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (n = 0; n < o->sequences && failures < o->failures; n++) {
		struct fuzz_script script = { 0 };
		struct fuzz_found found;

		if (o->time && since(&start) >= o->time)
			break;
		found = fuzz_sequence(o->seed + n, o->calls, &script, &count);
		if (found.verdict == SVMA_VERDICT_FAILURE && !script.n)
			return SVMA_EXIT_FAILURE;
		if (found.verdict != SVMA_VERDICT_GOOD) {
			failures++;
			if (report(o, o->seed + n, &script, &found))
				return SVMA_EXIT_FAILURE;
		}
		fuzz_script_free(&script);
		if ((n + 1) % 10 == 0)
			fprintf(stderr, "%llu sequences, %lu calls, %llu differences, %.0f s\n",
				n + 1, count.calls, failures, since(&start));
	}
	if (o->counts)
		print_counts(&count);
	printf("# seeds %llu to %llu: ", o->seed, o->seed + n - 1);
	printf("%llu sequences, %lu calls, %lu succeeded, %llu difference%s, %.1f s\n", n,
	       count.calls, count.good, failures, failures == 1 ? "" : "s", since(&start));
	return failures ? SVMA_EXIT_DIFFERS : SVMA_EXIT_OK;
}

/*
 * We and the child take turns, and so do not need two processors: to wake the other one up takes
 * longer than most calls. If it cannot be had, it only takes longer.
 */
static void stay_on_one_processor(void)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

#define FUZZ_DESCRIPTORS	65536

/* Each fork of a sequence keeps some descriptors until its end. */
static void allow_descriptors(void)
{
	struct rlimit files = { FUZZ_DESCRIPTORS, FUZZ_DESCRIPTORS };

	if (!setrlimit(RLIMIT_NOFILE, &files) || getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int cmd_fuzz(int argc, char **argv)
{
	struct options o = { .seed = 1, .calls = 500, .failures = 1, .shrink = 120 };
	const struct argp argp = { argp_options, parse, NULL, doc, NULL, NULL, NULL };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.list) {
		fuzz_list(stdout);
		return SVMA_EXIT_OK;
	}
	if (!can_save(&o))
		return SVMA_EXIT_FAILURE;
	allow_descriptors();
	stay_on_one_processor();
	return run_all(&o);
}
