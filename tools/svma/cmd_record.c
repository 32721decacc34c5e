// SPDX-License-Identifier: GPL-2.0
/*
 * svma record: run a program and write its memory calls down.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cmd.h"
#include "shadow/model.h"
#include "shadow/record.h"

enum { KEY_NO_SECCOMP = 256 };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write the log to FILE, not to standard error", 0 },
	{ "no-seccomp", KEY_NO_SECCOMP, NULL, 0,
	  "Stop the program at every system call, for programs that a seccomp filter disturbs", 0 },
	{ 0 }
};

static const char doc[] =
	"Run a program and write a log of its memory calls, that \"svma run\" replays on\n"
	"spaces without the program.\n"
	"\vThe log has strace's syntax, with a process in each line; the layouts that the\n"
	"program starts with, and what it has written, are comments. Threads, forks and\n"
	"execs are followed. No module is needed.\n"
	"\n"
	"Exit status: 0 the log is whole, 2 wrong usage, 3 the program cannot be run or\n"
	"the log not be written. The program's own status is in the log.";

/**
 * struct recording - the command line and what comes of it
 * @sh: the tracer
 * @log: the log
 * @path: where it goes, NULL for standard error
 */
struct recording {
	struct shadow sh;
	struct shadow_record log;
	const char *path;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct recording *r = state->input;

	switch (key) {
	case 'o':
		r->path = arg;
		break;
	case KEY_NO_SECCOMP:
		r->sh.opt.no_seccomp = true;
		break;
	case ARGP_KEY_ARGS:
		r->sh.opt.argv = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Comments, as the rest: what a reader of the log should know of it. */
static void print_end(const struct recording *r)
{
	const struct shadow_stats *s = &r->sh.stats;
	FILE *out = r->log.out;

	fprintf(out, "# %llu calls, %llu processes, %llu threads, %llu calls not alone\n", s->calls,
		s->processes, s->threads, s->unserialised);
	for (const struct shadow_name *n = s->unmodelled; n; n = n->next)
		fprintf(out, "# no memory call of a script: %s (%llu)\n", n->name, n->count);
	for (const struct shadow_name *n = s->notes; n; n = n->next)
		fprintf(out, "# note: %s (%llu)\n", n->name, n->count);
}

static int record(struct recording *r)
{
	struct utsname name;
	int err;

	shadow_record_start(&r->sh);
	if (!uname(&name))
		fprintf(r->log.out, "# recorded on Linux %s\n", name.release);
	err = shadow_trace(&r->sh);
	shadow_shm_free(&r->sh);
	if (err) {
		svma_error("cannot run %s: %s", r->sh.opt.argv[0], strerror(-err));
		return SVMA_EXIT_FAILURE;
	}
	if (r->sh.foreign) {
		svma_error("%s is a 32-bit program: only x86-64 programs can be followed",
			   r->sh.opt.argv[0]);
		return SVMA_EXIT_FAILURE;
	}
	print_end(r);
	if (fflush(r->log.out) || ferror(r->log.out)) {
		svma_error("cannot write the log: %s", strerror(errno));
		return SVMA_EXIT_FAILURE;
	}
	return r->log.failed ? SVMA_EXIT_FAILURE : SVMA_EXIT_OK;
}

int cmd_record(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "-- PROGRAM [ARGUMENT...]", doc, NULL,
					  NULL, NULL };
	struct recording *r = calloc(1, sizeof(*r));
	int status;

	if (!r)
		return SVMA_EXIT_FAILURE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, r);
	r->sh.model = &shadow_model_none;
	r->sh.machine = -1;
	r->sh.record = &r->log;
	r->log.out = r->path ? fopen(r->path, "we") : stderr;
	if (!r->log.out) {
		svma_error("cannot write %s: %s", r->path, strerror(errno));
		return SVMA_EXIT_FAILURE;
	}
	status = record(r);
	if (r->path)
		fclose(r->log.out);
	return status;
}
