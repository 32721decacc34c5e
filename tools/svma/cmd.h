/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subcommands of svma. Each has a file cmd_NAME.c with one entry point, and a row in the table
 * of main.c.
 */
#ifndef SVMA_CMD_H
#define SVMA_CMD_H

/* Exit statuses, the same for every subcommand. */
#define SVMA_EXIT_OK		0
#define SVMA_EXIT_DIFFERS	1	/* ran, and something was not as stated or not equal */
#define SVMA_EXIT_USAGE		2	/* wrong option, argument or script */
#define SVMA_EXIT_FAILURE	3	/* could not work: no module, permission or memory */
#define SVMA_EXIT_SKIPPED	4	/* the script says that it is not for this kernel */

/**
 * struct svma_cmd - one subcommand
 * @name: its word on the command line
 * @summary: one line for the list of commands
 * @main: entry point; argv[0] is "svma NAME"; returns an exit status
 */
struct svma_cmd {
	const char *name;
	const char *summary;
	int (*main)(int argc, char **argv);
};

int cmd_fuzz(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_maps(int argc, char **argv);
int cmd_pages(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_rmap(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_shadow(int argc, char **argv);
int cmd_smaps(int argc, char **argv);
int cmd_stats(int argc, char **argv);

/**
 * svma_error() - tell on standard error what went wrong
 * @fmt: a sentence without its full stop and newline
 *
 * Prefixed with the name of the running command.
 */
void svma_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * svma_error_device() - tell why the module's device cannot be used
 * @err: negative errno that opening it gave
 */
void svma_error_device(int err);

#endif
