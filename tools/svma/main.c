// SPDX-License-Identifier: GPL-2.0
/*
 * svma: the command line of Shadow VMA. Finds the subcommand and calls it.
 */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/svma.h>

#include "cmd.h"

/* Sources of this command may be missing from a partial tree; the table then does without it. */
#pragma weak cmd_import
#pragma weak cmd_record
#pragma weak cmd_shadow

static const struct svma_cmd commands[] = {
	{ "fuzz",   "run random memory calls on a space and on the kernel, and compare", cmd_fuzz },
	{ "import", "make a space like that of a live process and run a script on it", cmd_import },
	{ "info",   "tell the module's version and features and the machine's values", cmd_info },
	{ "maps",   "run a script and print the resulting layout", cmd_maps },
	{ "pages",  "run a script and list the pages of its spaces", cmd_pages },
	{ "record", "write a program's memory calls down, for svma run", cmd_record },
	{ "rmap",   "run a script and tell which regions map a file", cmd_rmap },
	{ "run",    "run a script of memory calls and check the results that it states", cmd_run },
	{ "shadow", "run a program and mirror its memory calls into a space", cmd_shadow },
	{ "smaps",  "run a script and count the pages of each region", cmd_smaps },
	{ "stats",  "run a script and print the statistics of its spaces", cmd_stats },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static char current[64] = "svma";

void svma_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", current);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void svma_error_device(int err)
{
	svma_error("cannot open %s: %s%s", SVMA_DEVICE, strerror(-err),
		   err == -ENOENT ? " (is the module svma loaded?)" : "");
}

static void print_help(void)
{
	puts("Usage: svma COMMAND [ARGUMENT...]\n"
	     "\n"
	     "Private address spaces as objects, checked against the running kernel.\n"
	     "\n"
	     "Commands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].main)
			printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	puts("\n"
	     "  -h, --help     print this text, or with a COMMAND before it the command's own\n"
	     "  -V, --version  print the version of the interface that this program speaks");
}

static const struct svma_cmd *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].main && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct svma_cmd *cmd;

	argp_err_exit_status = SVMA_EXIT_USAGE;
	if (argc < 2) {
		svma_error("no command given; \"svma --help\" lists them");
		return SVMA_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		print_help();
		return SVMA_EXIT_OK;
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		printf("svma, interface version %d\n", SVMA_ABI_VERSION);
		return SVMA_EXIT_OK;
	}
	cmd = find_command(argv[1]);
	if (!cmd) {
		svma_error("%s \"%s\" is unknown; \"svma --help\" lists all",
			   argv[1][0] == '-' ? "option" : "command", argv[1]);
		return SVMA_EXIT_USAGE;
	}
	snprintf(current, sizeof(current), "svma %s", cmd->name);
	argv[1] = current;
	return cmd->main(argc - 1, argv + 1);
}
