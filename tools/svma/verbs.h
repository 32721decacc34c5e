/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory verbs: one table of what each is called, what its arguments are, which system call it
 * is, and how it is done on a space. The script parser, `svma run`, `svma shadow` and the fuzzer
 * all work from it.
 */
#ifndef SVMA_VERBS_H
#define SVMA_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

#include "consts.h"

#define SVMA_VERB_ARGS 6

/* What an argument is: how it is printed, what may stand for it, what a fuzzer would choose. */
enum svma_arg_kind {
	SVMA_ARG_NONE,
	SVMA_ARG_ADDR,		/* address, printed as NULL or hexadecimal */
	SVMA_ARG_LEN,		/* length in bytes, decimal */
	SVMA_ARG_OFFSET,	/* file offset, hexadecimal */
	SVMA_ARG_FD,		/* descriptor of the program, decimal */
	SVMA_ARG_INT,		/* number, decimal */
	SVMA_ARG_PROT,
	SVMA_ARG_MAP,
	SVMA_ARG_MREMAP,
	SVMA_ARG_ADVICE,
	SVMA_ARG_MCL,
	SVMA_ARG_MLOCK,
	SVMA_ARG_MS,
	SVMA_ARG_BYTES,		/* a string of bytes, own verbs only */
	SVMA_ARG_VEC,		/* the vector of mincore: filled by the call */
	SVMA_ARG_OTHER,		/* structure or array, not interpreted */
};

/* What a verb returns. */
enum svma_result_kind {
	SVMA_RESULT_ZERO,	/* 0, or an errno */
	SVMA_RESULT_ADDR,	/* an address, or an errno */
	SVMA_RESULT_BRK,	/* an address, never an errno */
	SVMA_RESULT_INT,	/* a number, or an errno */
	SVMA_RESULT_BYTES,	/* a string of bytes, or a signal: load */
};

/**
 * struct svma_arg - one argument of a verb
 * @name: as the manual page calls it
 * @kind: what it is
 */
struct svma_arg {
	const char *name;
	enum svma_arg_kind kind;
};

/**
 * struct svma_verb_env - where a verb is done
 * @space: descriptor of the space
 * @fd: translate a descriptor of the program into one of this process: a descriptor; -1 if the
 *      program has no such descriptor; any other negative errno ends the verb with it. NULL:
 *      descriptors are this process's own
 * @data: for @fd
 */
struct svma_verb_env {
	int space;
	int (*fd)(void *data, int fd);
	void *data;
};

struct svma_verb;

/**
 * typedef svma_verb_fn - do a verb on a space
 * @verb: the verb
 * @env: where
 * @args: raw arguments as a system call takes them
 *
 * Return: what the system call would return: a result or a negative errno.
 */
typedef __s64 (*svma_verb_fn)(const struct svma_verb *verb, const struct svma_verb_env *env,
			      const __u64 args[SVMA_VERB_ARGS]);

/* Bits of svma_verb.flags. */
#define SVMA_VERB_OWN		(1u << 0)	/* not by its number: load, store, fork */
#define SVMA_VERB_LAYOUT	(1u << 1)	/* may change the layout */
#define SVMA_VERB_MERGES	(1u << 2)	/* may merge: reverse maps matter */

/**
 * struct svma_verb - one verb
 * @name: as strace prints it
 * @nr: number of the system call on x86-64, -1 for own verbs
 * @nargs: arguments at most
 * @min_args: arguments at least, as strace leaves out those that do not count
 * @args: what they are
 * @result: what comes back
 * @flags: SVMA_VERB_*
 * @turns: how often the fuzzer makes such a call, beside the others; 0: never
 * @never: why it never does
 * @space: does it on a space, NULL where the interface has no such verb, and for mincore, which
 *         gives more than a result
 */
struct svma_verb {
	const char *name;
	int nr;
	unsigned int nargs;
	unsigned int min_args;
	struct svma_arg args[SVMA_VERB_ARGS];
	enum svma_result_kind result;
	unsigned int flags;
	unsigned int turns;
	const char *never;
	svma_verb_fn space;
};

/* The table; ends with a NULL name. */
extern const struct svma_verb svma_verbs[];

/* Find a verb by its name of @len characters, NULL if there is none. */
const struct svma_verb *svma_verb_find(const char *name, size_t len);

/* Find a verb by the number of its system call, NULL if there is none. */
const struct svma_verb *svma_verb_find_nr(long nr);

/**
 * svma_verb_space() - do a verb on a space
 * @verb: the verb
 * @env: where
 * @args: raw arguments; unused ones are ignored
 *
 * Return: what the system call would return; -EOPNOTSUPP or -ENOTTY also where the interface or the
 * module does not have the verb.
 */
__s64 svma_verb_space(const struct svma_verb *verb, const struct svma_verb_env *env,
		      const __u64 args[SVMA_VERB_ARGS]);

/* Is a raw result of a system call an errno? */
static inline bool svma_result_is_error(__s64 result)
{
	return result < 0 && result >= -4095;
}

/* The family of constants that an argument takes, SVMA_CONST_NONE if none. */
enum svma_const_set svma_arg_consts(enum svma_arg_kind kind);

/**
 * svma_verb_format() - write a call in strace's syntax, without its result
 * @buf: gets the text, always terminated
 * @size: room in @buf
 * @verb: the verb
 * @args: raw arguments
 *
 * Return: length of the text.
 */
int svma_verb_format(char *buf, size_t size, const struct svma_verb *verb,
		     const __u64 args[SVMA_VERB_ARGS]);

/* The same with the path of a descriptor behind it, as strace -y prints it; NULL for none. */
int svma_verb_format_path(char *buf, size_t size, const struct svma_verb *verb,
			  const __u64 args[SVMA_VERB_ARGS], const char *path);

/* The same for a result: "0x7f...", "0", "-1 EINVAL (Invalid argument)". */
int svma_verb_format_result(char *buf, size_t size, const struct svma_verb *verb, __s64 result);

#endif
