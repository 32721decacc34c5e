/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A script or a strace log, line by line. Calls whose end is in a line of its own are put together.
 */
#ifndef SVMA_SCRIPT_H
#define SVMA_SCRIPT_H

#include <stdio.h>

#include "parse.h"

/* Calls of threads that can be unfinished at once. */
#define SVMA_SCRIPT_UNFINISHED 64

/**
 * struct svma_unfinished - the start of a call whose end comes later
 * @pid: whose, 0 if the line does not tell
 * @lineno: its line
 * @child: the process that it is taken to have made, 0 for none
 * @early: it was done when it began, with @result
 * @result: what came of it
 * @text: the start
 */
struct svma_unfinished {
	pid_t pid;
	unsigned int lineno;
	pid_t child;
	bool early;
	__s64 result;
	char *text;
};

/**
 * struct svma_script - an open script
 * @file: its stream
 * @name: for messages
 * @lineno: number of the last line read, from 1
 * @pid: the process whose calls are used: the first that a line names
 * @all: those of all processes are
 * @foreign: lines of other processes
 * @error: what was wrong with the last line
 * @header: the first line is waiting in @text
 * @broken: start of a line into which strace has put a message; or NULL
 * @text: buffer of getline()
 * @text_cap: room in it
 * @unfinished: starts of calls
 * @n_unfinished: how many
 */
struct svma_script {
	FILE *file;
	const char *name;
	unsigned int lineno;
	pid_t pid;
	bool all;
	unsigned int foreign;
	struct svma_parse_error error;
	bool header;
	char *broken;
	char *text;
	size_t text_cap;
	struct svma_unfinished unfinished[SVMA_SCRIPT_UNFINISHED];
	unsigned int n_unfinished;
};

enum svma_script_status {
	SVMA_SCRIPT_LINE,
	SVMA_SCRIPT_END,
	SVMA_SCRIPT_WRONG,	/* @error tells why */
	SVMA_SCRIPT_UNREADABLE,	/* errno tells why */
};

/* Open a file, or standard input for "-" or NULL: 0 or a negative errno. */
int svma_script_open(struct svma_script *script, const char *path);
void svma_script_close(struct svma_script *script);

/**
 * svma_script_header() - options that a script brings in its first line
 * @script: script just opened
 *
 * Return: what follows "#svma" in the first line, NULL if it has none. For strace the line is a
 * comment.
 */
const char *svma_script_header(struct svma_script *script);

/* Does the first line, which svma_script_header() has read, tell a process or an exec? */
bool svma_script_is_log(const struct svma_script *script);

/**
 * svma_script_next() - read the next line
 * @script: open script
 * @line: gets it; freed by the caller unless the end was reached
 */
enum svma_script_status svma_script_next(struct svma_script *script, struct svma_line *line);

/* Print "FILE:LINE:COLUMN: text" for the last error. */
void svma_script_print_error(const struct svma_script *script, FILE *out);

/**
 * struct svma_var - a value that a result was bound to
 * @name: its name without the dollar
 * @value: the value
 */
struct svma_var {
	char name[SVMA_VAR_MAX];
	__u64 value;
};

/**
 * struct svma_vars - a list of them; all zero is an empty one
 * @v: the list
 * @n: how many
 */
struct svma_vars {
	struct svma_var *v;
	size_t n;
};

/* The value of a variable, NULL if it is not bound. */
const __u64 *svma_vars_get(const struct svma_vars *vars, const char *name);

/* Bind a variable: 0 or a negative errno. */
int svma_vars_set(struct svma_vars *vars, const char *name, __u64 value);
void svma_vars_free(struct svma_vars *vars);

#endif
