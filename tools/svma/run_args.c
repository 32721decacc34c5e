// SPDX-License-Identifier: GPL-2.0
/*
 * The arguments of a line on a side: values of variables, descriptors of files; and as text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "log.h"
#include "run.h"
#include "vec.h"

/* The value of an argument on a side. */
static bool value_number(struct svma_run *run, const struct svma_side *side,
			 const struct svma_value *value, __u64 *number)
{
	const __u64 *var;

	*number = value->number;
	if (!*value->var)
		return true;
	var = svma_vars_get(&side->vars, value->var);
	if (!var) {
		run->script.error.column = value->column;
		snprintf(run->script.error.text, sizeof(run->script.error.text),
			 "$%s has no value yet", value->var);
		svma_report_unread(&run->report, &run->script);
		return false;
	}
	*number += *var;
	return true;
}

/*
 * Open a file that a line names by "3</path>". How the program had opened it is not in the line:
 * for writing where the mapping needs that and the file allows it, unless it was @refused for that.
 */
static int open_named(struct svma_side *side, const char *path, const __u64 args[SVMA_VERB_ARGS],
		      bool refused)
{
	int fd = -EACCES;

	if (!refused && (args[3] & MAP_TYPE) != MAP_PRIVATE && (args[2] & PROT_WRITE))
		fd = svma_side_file(side, path, O_RDWR);
	return fd >= 0 ? fd : svma_side_file(side, path, O_RDONLY);
}

/* A log may be of another machine, or name what must not be opened. */
static int open_logged(struct svma_run *run, struct svma_side *side, const struct svma_line *line,
		       const struct svma_value *value, const __u64 args[SVMA_VERB_ARGS])
{
	const struct svma_stated *stated = &line->stated;
	int fd = -1;

	if (stated->kind == SVMA_STATED_ERRNO && stated->number == EBADF)
		return -1;
	if (svma_log_has_file(value))
		fd = open_named(side, value->path, args,
				stated->kind == SVMA_STATED_ERRNO && stated->number == EACCES);
	return fd >= 0 ? fd : svma_log_stand_in(run, (int)value->number, value->path);
}

static enum svma_verdict open_file(struct svma_run *run, struct svma_side *side,
				   const struct svma_line *line, unsigned int i,
				   __u64 args[SVMA_VERB_ARGS])
{
	const struct svma_value *value = &line->args[i];
	int fd;

	if (run->log && line->verb->args[i].kind == SVMA_ARG_FD && (int)value->number >= 0 &&
	    !(args[3] & MAP_ANONYMOUS)) {
		fd = open_logged(run, side, line, value, args);
		args[i] = fd;
		return SVMA_VERDICT_GOOD;
	}
	if (!value->path)
		return SVMA_VERDICT_GOOD;
	fd = open_named(side, value->path, args, false);
	if (fd < 0) {
		svma_report_problem(&run->report, run->script.lineno,
				    "cannot open \"%s\" on %s: %s", value->path, side->ops->name,
				    strerror(-fd));
		return SVMA_VERDICT_FAILURE;
	}
	args[i] = fd;
	return SVMA_VERDICT_GOOD;
}

enum svma_verdict svma_run_args(struct svma_run *run, struct svma_side *side,
				const struct svma_line *line, __u64 args[SVMA_VERB_ARGS])
{
	enum svma_verdict verdict = SVMA_VERDICT_GOOD;

	memset(args, 0, SVMA_VERB_ARGS * sizeof(args[0]));
	for (unsigned int i = 0; i < line->nargs; i++)
		if (line->args[i].kind == SVMA_VALUE_NUMBER &&
		    !value_number(run, side, &line->args[i], &args[i]))
			return SVMA_VERDICT_SCRIPT;
	for (unsigned int i = 0; i < line->nargs && verdict == SVMA_VERDICT_GOOD; i++)
		verdict = open_file(run, side, line, i, args);
	return verdict;
}

void svma_run_format(const struct svma_line *line, const __u64 raw[SVMA_VERB_ARGS],
		     const struct svma_outcome *outcome, char *buf, size_t size)
{
	__u64 args[SVMA_VERB_ARGS];
	const char *path = NULL;

	if (line->verb->args[1].kind == SVMA_ARG_BYTES) {
		int len = snprintf(buf, size, "%s(0x%llx, ", line->verb->name, raw[0]);

		len += svma_bytes_format(buf + len, size - len, line->args[1].bytes.v,
					 line->args[1].bytes.n);
		if (line->nargs > 2)
			len += snprintf(buf + len, size - len, ", 0x%llx, %llu", raw[2], raw[3]);
		snprintf(buf + len, (size_t)len < size ? size - len : 0, ")");
		return;
	}
	if (outcome->vec) {
		int len = snprintf(buf, size, "%s(0x%llx, %llu, ", line->verb->name, raw[0],
				   raw[1]);

		len += svma_vec_format(buf + len, size - len, outcome->bytes, outcome->n, false);
		snprintf(buf + len, (size_t)len < size ? size - len : 0, ")");
		return;
	}
	/* Descriptors by the number that the script has for them, not by those of a side. */
	memcpy(args, raw, sizeof(args));
	for (unsigned int i = 0; i < line->nargs; i++)
		if (line->verb->args[i].kind == SVMA_ARG_FD && !*line->args[i].var) {
			args[i] = line->args[i].number;
			path = line->args[i].path;
		}
	svma_verb_format_path(buf, size, line->verb, args, path);
}
