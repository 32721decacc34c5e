/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands that run a script for what its spaces are in the end.
 */
#ifndef SVMA_END_H
#define SVMA_END_H

#include <json.h>
#include <libsmartcols.h>

#include "run.h"

/*
 * Options of commands that run a script for what its spaces are in the end: the rules, -k and
 * --json. Their parser hands the options of the run on when it is begun.
 */
extern const struct argp svma_end_argp;

/* The command line of a command that has these options and a script, and no more. */
void svma_options_end(struct svma_run_options *options, int argc, char **argv, const char *doc);

/**
 * svma_run_end() - run a script on a space, print nothing of it, and then look at its spaces
 * @options: what svma_end_argp has read; the script must be given
 * @at_end: tells of the spaces: an exit status
 * @data: for it, in the options
 *
 * An exit status.
 */
int svma_run_end(struct svma_run_options *options, int (*at_end)(struct svma_run *run),
		 const void *data);

/**
 * svma_end_print() - print what was gathered, and free it
 * @table: a table, NULL for JSON
 * @json: JSON, where there is no table
 * @err: what kept it from being gathered, 0 or a negative errno
 *
 * An exit status.
 */
int svma_end_print(struct libscols_table *table, struct json_object *json, int err);

#endif
