/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A side on which a script runs: a space of ours, or an address space of the running kernel.
 */
#ifndef SVMA_SIDE_H
#define SVMA_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "client.h"
#include "host.h"
#include "script.h"
#include "verbs.h"

/* Bytes that one load or store may touch. */
#define SVMA_TOUCH_MAX SVMA_HOST_BYTES

/* No address space is so long: mincore refuses it before it looks at the vector. */
#define SVMA_VEC_REFUSED (1ULL << 57)

enum svma_outcome_kind {
	SVMA_OUTCOME_RESULT,		/* @result as the system call returns it */
	SVMA_OUTCOME_BYTES,		/* load: @bytes, @n of them */
	SVMA_OUTCOME_SIGNAL,		/* load, store: @sig */
	SVMA_OUTCOME_UNSUPPORTED,	/* this side cannot do it */
};

/**
 * struct svma_outcome - what came of a call on one side
 * @kind: which of the following counts
 * @result: result or negative errno
 * @sig: signal
 * @n: number of bytes loaded, or of pages in the vector
 * @vec: mincore: @bytes has the vector. False after an error, and for a space without pages
 * @bytes: they
 */
struct svma_outcome {
	enum svma_outcome_kind kind;
	__s64 result;
	int sig;
	size_t n;
	bool vec;
	char bytes[SVMA_TOUCH_MAX];
};

struct svma_side;

/**
 * struct svma_side_ops - what a side can do
 * @name: "host" or "shadow"
 * @call: do a verb with raw arguments; 0, or a negative errno if it could not be tried
 * @load: read memory
 * @store: write memory
 * @mincore: ask which pages are present, of a range for which svma_vec_fits()
 * @fork: fork the address space, and go on in the new one or in the old one
 * @open: open a file for mappings: a descriptor of the side or a negative errno
 * @close: end it
 */
struct svma_side_ops {
	const char *name;
	int (*call)(struct svma_side *side, const struct svma_verb *verb,
		    const __u64 args[SVMA_VERB_ARGS], struct svma_outcome *outcome);
	int (*load)(struct svma_side *side, __u64 addr, size_t n, struct svma_outcome *outcome);
	int (*store)(struct svma_side *side, __u64 addr, const void *bytes, size_t n,
		     struct svma_outcome *outcome);
	int (*mincore)(struct svma_side *side, __u64 addr, __u64 len, struct svma_outcome *outcome);
	int (*transfer)(struct svma_side *side, const __u64 args[SVMA_VERB_ARGS],
			const void *bytes, size_t n, struct svma_outcome *outcome);
	int (*fork)(struct svma_side *side, bool child, struct svma_outcome *outcome);
	int (*open)(struct svma_side *side, const char *path, int flags);
	void (*close)(struct svma_side *side);
};

/**
 * struct svma_file - a file that a script names
 * @path: its path
 * @flags: how it was opened
 * @fd: descriptor on the side
 */
struct svma_file {
	char *path;
	int flags;
	int fd;
};

/**
 * struct svma_left - a space that a fork left behind
 * @space: its descriptor
 * @number: 1 for the first space, then in the order in which they were made
 */
struct svma_left {
	int space;
	unsigned int number;
};

/**
 * struct svma_side - one side
 * @ops: what it can do, NULL if the script does not run on it
 * @vars: results bound on this side
 * @files: files opened on this side
 * @n_files: how many
 * @host: the child, on the host side
 * @machine: descriptor of the machine, on the shadow side
 * @space: descriptor of the space, on the shadow side
 * @pages: the space has pages
 * @cut: where the child's addresses end, if the space could not be given as many
 * @windows: windows on the space that are kept, so that later calls have to take entries out of
 *         them
 * @n_windows: how many
 * @number: number of the space, as those of @left have
 * @made: the greatest number given
 * @left: the spaces that a fork left behind, on the shadow side
 * @n_left: how many
 */
struct svma_side {
	const struct svma_side_ops *ops;
	struct svma_vars vars;
	struct svma_file *files;
	size_t n_files;
	struct svma_host host;
	int machine;
	int space;
	bool pages;
	__u64 cut;
	struct svma_window *windows;
	size_t n_windows;
	unsigned int number;
	unsigned int made;
	struct svma_left *left;
	size_t n_left;
};

/* Start the host side, see svma_host_start(): 0 or a negative errno. */
int svma_side_host(struct svma_side *side, bool randomize, bool bare);

/**
 * svma_side_space() - start the shadow side on an empty space
 * @side: gets it
 * @flags: SVMA_SPACE_*
 * @profile: SVMA_PROFILE_*
 * @kernel: rules of this kernel, 0 for the running one
 *
 * The machine and what does not depend on a process are filled from /proc. Return: 0 or a negative
 * errno.
 */
int svma_side_space(struct svma_side *side, __u32 flags, __u32 profile, __u32 kernel);

/**
 * svma_side_adopt() - give the space of one side the layout of the other side's child
 * @side: shadow side, with an empty space
 * @host: host side
 *
 * Return: 0 or a negative errno.
 */
int svma_side_adopt(struct svma_side *side, const struct svma_side *host);

/**
 * svma_side_refresh() - tell a space what cannot be known from its own calls
 * @side: shadow side
 * @host: host side
 *
 * Of which regions the file wants to know when they end; and, if it has no pages, which ones the
 * child has written. Return: 0 or a negative errno.
 */
int svma_side_refresh(struct svma_side *side, const struct svma_side *host);

/* The space with a number, as struct svma_side and struct svma_left have them: or -1. */
int svma_side_numbered(const struct svma_side *side, unsigned int number);

/* Go on in the space with this number, and leave the present one behind. False: there is none. */
bool svma_side_switch(struct svma_side *side, unsigned int number);

/* Make one more empty space, and leave it behind: its number, or a negative errno. */
int svma_side_more(struct svma_side *side, __u32 profile, __u32 kernel);

/* Close a space that was left behind. */
void svma_side_drop(struct svma_side *side, unsigned int number);

/**
 * svma_side_window() - tell a window that the shadow side keeps
 * @side: shadow side
 * @i: which, from 0 on
 * @addr: gets the address in the space
 * @len: gets its length
 * @mem: gets where it is mapped
 *
 * Return: whether there is one.
 */
bool svma_side_window(const struct svma_side *side, size_t i, __u64 *addr, __u64 *len, __u64 *mem);

/* End a side that was started; nothing on one that was not. */
void svma_side_stop(struct svma_side *side);

/* Keep a descriptor as that of a file: the descriptor, or a negative errno. */
int svma_side_keep_file(struct svma_side *side, const char *path, int flags, int fd);

/* The descriptor of a file on a side, opened at its first use: or a negative errno. */
int svma_side_file(struct svma_side *side, const char *path, int flags);

#endif
