/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reader of strace's syntax: one line is one call. Beyond what strace prints, a result may be bound
 * to a name ("= $a"), and an address be told by one ("$a+0x1000").
 */
#ifndef SVMA_PARSE_H
#define SVMA_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lex.h"
#include "verbs.h"

#define SVMA_VAR_MAX 32

enum svma_value_kind {
	SVMA_VALUE_NONE,
	SVMA_VALUE_NUMBER,	/* @number, after adding the variable if there is one */
	SVMA_VALUE_BYTES,	/* @bytes; of mincore, a vector */
	SVMA_VALUE_UNSTATED,	/* a vector that the line does not tell */
	SVMA_VALUE_SKIPPED,	/* structure, array or string that does not matter */
};

/**
 * struct svma_value - one argument as written
 * @kind: what it is
 * @number: its value; with @var what to add to the variable
 * @var: name of a variable without its dollar, "" for none
 * @bytes: a string
 * @path: what strace -y told about a descriptor, or NULL
 * @column: where it starts
 */
struct svma_value {
	enum svma_value_kind kind;
	__u64 number;
	char var[SVMA_VAR_MAX];
	struct svma_bytes bytes;
	char *path;
	int column;
};

enum svma_stated_kind {
	SVMA_STATED_NOTHING,	/* no result in the line */
	SVMA_STATED_UNKNOWN,	/* "= ?" */
	SVMA_STATED_VALUE,	/* a number or variable */
	SVMA_STATED_ERRNO,	/* "-1 ENAME" */
	SVMA_STATED_SIGNAL,	/* "SIGSEGV", "SIGBUS" */
	SVMA_STATED_BYTES,	/* a string */
};

/**
 * struct svma_stated - the result that a line states
 * @kind: what it states
 * @value: SVMA_STATED_VALUE, SVMA_STATED_BYTES
 * @number: errno or signal
 */
struct svma_stated {
	enum svma_stated_kind kind;
	struct svma_value value;
	int number;
};

enum svma_line_kind {
	SVMA_LINE_EMPTY,	/* blank or comment */
	SVMA_LINE_CALL,
	SVMA_LINE_OTHER_CALL,	/* a call that is not in the table of verbs */
	SVMA_LINE_UNFINISHED,	/* its end comes in a line of its own */
	SVMA_LINE_RESUMED,	/* that line */
	SVMA_LINE_EVENT,	/* signals, exits, strace's own words */
};

/**
 * struct svma_line - one line
 * @kind: what it is
 * @pid: what a prefix told, 0 for none
 * @name: name of the call
 * @verb: its row, for SVMA_LINE_CALL and if known for others
 * @nargs: number of arguments
 * @args: they
 * @stated: result
 * @text: copy of the line, for echoing; @name points into it
 * @call: where the call starts in @text, behind the prefixes
 * @began: number of the line that began it, if it was put together from two; else 0
 * @early: it was done then, with @result
 * @result: what came of it
 * @tail: SVMA_LINE_RESUMED: what follows "resumed>"; SVMA_LINE_UNFINISHED: start of "<unfinished"
 */
struct svma_line {
	enum svma_line_kind kind;
	pid_t pid;
	char name[48];
	const struct svma_verb *verb;
	unsigned int nargs;
	struct svma_value args[SVMA_VERB_ARGS];
	struct svma_stated stated;
	char *text;
	const char *call;
	unsigned int began;
	bool early;
	__s64 result;
	const char *tail;
};

/**
 * svma_line_parse() - read one line
 * @text: the line, with or without newline
 * @line: gets it; to be freed by svma_line_free() also after an error
 * @err: gets what is wrong
 *
 * Return: true if the line is well formed.
 */
bool svma_line_parse(const char *text, struct svma_line *line, struct svma_parse_error *err);

void svma_line_free(struct svma_line *line);

/* A signal by its name: SIGSEGV and SIGBUS are results of load and store. -1 for others. */
int svma_signal_find(const char *name, size_t len);
const char *svma_signal_name(int sig);

#endif
