/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A log as a script: of strace, with or without -f, or of svma record. Each process has a space;
 * forks copy one, threads share one, execs make a new one.
 *
 * log.c        line by line
 * log_process.c processes and their spaces
 * log_told.c   comments of svma record: what the program started with, and what it wrote
 * log_guess.c  logs without these: what follows from the results
 * log_report.c what could not be used, and why
 */
#ifndef SVMA_LOG_H
#define SVMA_LOG_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "run.h"

/* So many line numbers are told of each reason. */
#define SVMA_LOG_LINES 5

/**
 * struct svma_log_space - an address space
 * @number: of its space on the shadow side
 * @users: processes that use it
 * @told: the log has told its layout
 * @base: it is known where free mappings end
 * @heap: it is known where the heap starts
 * @last: number of the last line that was done on it
 */
struct svma_log_space {
	unsigned int number;
	unsigned int users;
	bool told;
	bool base;
	bool heap;
	unsigned int last;
};

/**
 * struct svma_log_process - a process or thread
 * @pid: its number, 0 as long as no line tells
 * @born: number of the first line that is its own or tells of it
 * @gone: it has ended
 * @space: its address space, NULL once it has ended
 */
struct svma_log_process {
	pid_t pid;
	unsigned int born;
	bool gone;
	struct svma_log_space *space;
};

/**
 * struct svma_log_reason - why lines could not be used, or a remark on lines that were
 * @text: the reason
 * @n: how many lines
 * @lines: the first of them
 */
struct svma_log_reason {
	char text[160];
	unsigned int n;
	unsigned int lines[SVMA_LOG_LINES];
};

/**
 * struct svma_log_reasons - a list of them
 * @v: they
 * @n: how many
 */
struct svma_log_reasons {
	struct svma_log_reason *v;
	size_t n;
};

/**
 * struct svma_log - the processes of a log
 * @processes: all that were met
 * @n: how many
 * @now: the one whose line is done
 * @announced: strace has told of it, and no line of whom it comes from; 0 for none
 * @spaces: address spaces that were met
 * @guessed: the result of this line was taken from the log, it is not checked
 * @stand_in: the file of this line is one of ours
 * @overlaps: another call was under way in this space at the same time
 * @unused: lines that could not be used
 * @remarks: what was assumed to use the others
 */
struct svma_log {
	struct svma_log_process **processes;
	size_t n;
	struct svma_log_process *now;
	pid_t announced;
	unsigned int spaces;
	bool guessed;
	bool stand_in;
	bool overlaps;
	struct svma_log_reasons unused;
	struct svma_log_reasons remarks;
};

/* log.c */
struct svma_log *svma_log_new(void);
void svma_log_free(struct svma_log *log);
/* Do a line; @read is what svma_script_next() said of it. */
enum svma_verdict svma_log_line(struct svma_run *run, enum svma_script_status read,
				const struct svma_line *line);
/* log_process.c */

/* The process with this number, made if it is new: NULL if no space can be had. */
struct svma_log_process *svma_log_process(struct svma_run *run, pid_t pid);
/* The newest with this number that has not ended; that of lines without one. Or NULL. */
struct svma_log_process *svma_log_find(const struct svma_log *log, pid_t pid);
struct svma_log_process *svma_log_find_unnamed(const struct svma_log *log);
/* Was there one with this number from @line on, gone or not? */
bool svma_log_met(const struct svma_log *log, pid_t pid, unsigned int line);
/* The first process gets its number. True if it has now. */
bool svma_log_name_first(struct svma_log *log, pid_t pid);
/* Make a child; that of the call that has begun, if there is one. Or NULL. */
struct svma_log_process *svma_log_copy(struct svma_run *run, struct svma_log_process *parent,
				       pid_t pid, bool shared);
struct svma_log_process *svma_log_begun(struct svma_run *run, pid_t pid);
/* Does the call with this name make one? And the call at @text one in the same memory? */
bool svma_log_makes(const char *name);
bool svma_log_shares(const char *text);
/* A new address space, which nobody uses yet, or NULL. A process does not use its own any more. */
struct svma_log_space *svma_log_new_space(struct svma_run *run);
void svma_log_leave(struct svma_run *run, struct svma_log_process *p);
/* Give the address space an empty space in place of the one it has: 0 or a negative errno. */
int svma_log_renew(struct svma_run *run, struct svma_log_space *space);

/* log_told.c: a comment. 0, or a negative errno if the space cannot be told. */
int svma_log_comment(struct svma_run *run, const char *text);
/* A region was written: 0 or a negative errno. */
int svma_log_written(struct svma_run *run, __u64 addr);

/* log_guess.c: before a call, and after one whose result is not the stated one. */
int svma_log_guess(struct svma_run *run, const struct svma_line *line);
void svma_log_follow(struct svma_run *run, const struct svma_line *line, __s64 result);
/* Can the file of a mapping be had? */
bool svma_log_has_file(const struct svma_value *fd);
/* A file for a descriptor of which the log has no path, or one that is not there now. */
int svma_log_stand_in(struct svma_run *run, int fd, const char *path);

/* log_report.c */
void svma_log_count(struct svma_run *run, struct svma_log_reasons *list, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void svma_log_report(struct svma_run *run);

#endif
