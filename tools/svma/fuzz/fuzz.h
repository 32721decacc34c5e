/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random sequences of memory calls on a space and on the running kernel, and how a sequence after
 * which they differ is made short.
 *
 * A sequence is a script from the start: each call is made up as a line of text, for the layout as
 * it is then, and run as `svma run --on both` would run it. So what is printed in the end does
 * there what it did here.
 */
#ifndef SVMA_FUZZ_H
#define SVMA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../run.h"

/*
 * A folder for the files that sequences map, with the number of the user behind it; it stays, for
 * the scripts that are printed.
 */
#define FUZZ_FILES "/tmp/svma-fuzz-"

/**
 * struct fuzz_rng - a source of random numbers (splitmix64)
 * @state: the seed
 */
struct fuzz_rng {
	__u64 state;
};

__u64 fuzz_random(struct fuzz_rng *rng);

/* Below @n. */
static inline __u64 fuzz_below(struct fuzz_rng *rng, __u64 n)
{
	return fuzz_random(rng) % n;
}

/* One time in @n. */
static inline bool fuzz_chance(struct fuzz_rng *rng, __u64 n)
{
	return !fuzz_below(rng, n);
}

/* One of the values given. */
#define FUZZ_PICK(rng, ...)								\
	(((const __u64[]){ __VA_ARGS__ })[fuzz_below(rng,				\
	 sizeof((const __u64[]){ __VA_ARGS__ }) / sizeof(__u64))])

/**
 * struct fuzz_script - a sequence
 * @options: what stands behind "#svma" in its first line
 * @lines: the calls
 * @n: how many
 * @cap: room in @lines
 */
struct fuzz_script {
	char options[256];
	char **lines;
	size_t n;
	size_t cap;
};

/* Add a line; the text is copied. False: no memory. */
bool fuzz_script_add(struct fuzz_script *script, const char *text);
bool fuzz_script_copy(struct fuzz_script *to, const struct fuzz_script *from);
void fuzz_script_free(struct fuzz_script *script);
void fuzz_script_print(const struct fuzz_script *script, FILE *out);

/**
 * struct fuzz_found - what came of a sequence
 * @verdict: of the last line that ran
 * @at: its index
 * @differs: in what the sides differ, SVMA_DIFFERS_*
 * @verb: the verb of that line
 */
struct fuzz_found {
	enum svma_verdict verdict;
	size_t at;
	unsigned int differs;
	const struct svma_verb *verb;
};

/**
 * struct fuzz_count - what sequences consisted of, to see that they are not empty talk
 * @calls: all calls
 * @good: those that succeeded
 * @by_verb: calls, by row of svma_verbs
 * @good_by_verb: the same of those that succeeded
 */
#define FUZZ_VERBS 40
struct fuzz_count {
	unsigned long calls;
	unsigned long good;
	unsigned long by_verb[FUZZ_VERBS];
	unsigned long good_by_verb[FUZZ_VERBS];
};

/**
 * struct fuzz_gen - what calls are made up from
 * @rng: random numbers
 * @run: the run, with the layout after the last call
 * @keep: parts of the host's child that must stay, so that it can go on
 * @n_keep: how many
 * @high: where the child's addresses end
 * @files: files may be mapped
 * @shared: which of them by MAP_SHARED, in a space with pages; the others by MAP_PRIVATE. What a
 *          private mapping shows of later writes to its file, mmap(2) leaves open, and a space with
 *          pages does otherwise than the kernel
 * @populate: what is mapped may be made present: a limit bounds it
 * @seal: regions may be sealed
 * @pageout: MADV_PAGEOUT may be asked for, in a space with pages, and mincore(2) is not: what is
 *           given up at once is the kernel's choice
 */
#define FUZZ_KEEP 16
struct fuzz_gen {
	struct fuzz_rng rng;
	const struct svma_run *run;
	struct {
		__u64 start;
		__u64 end;
	} keep[FUZZ_KEEP];
	size_t n_keep;
	__u64 high;
	bool files;
	unsigned int shared;
	bool populate;
	bool seal;
	bool pageout;
};

/**
 * struct fuzz_call - a call that is being made up
 * @verb: what it is
 * @args: its arguments
 * @path: the file that it maps, NULL for none
 */
struct fuzz_call {
	const struct svma_verb *verb;
	__u64 args[SVMA_VERB_ARGS];
	const char *path;
};

/* Choose the options of a sequence, and what it may consist of. */
void fuzz_gen_options(struct fuzz_gen *gen, char *options, size_t size);

/* Learn from the layout at the start what has to stay. */
void fuzz_gen_start(struct fuzz_gen *gen, const struct svma_run *run);

/* Make up a call for the layout as it is now. */
void fuzz_gen_call(struct fuzz_gen *gen, char *text, size_t size);

/* Values of single arguments. */
__u64 fuzz_addr(struct fuzz_gen *gen);
__u64 fuzz_len(struct fuzz_gen *gen, __u64 addr);
__u64 fuzz_constant(struct fuzz_gen *gen, enum svma_const_set set);

/* Is it a call that is not to be made? The child must go on, and both sides be able to do it. */
bool fuzz_barred(const struct fuzz_gen *gen, const struct fuzz_call *call);

/* Does a range leave a space with pages where the child's addresses go on? */
bool fuzz_leaves(const struct fuzz_gen *gen, __u64 start, __u64 len);

/* Print what is made at random, and what is not, and why. */
void fuzz_list(FILE *out);

/* Does [start, start + len) touch what has to stay? */
bool fuzz_kept(const struct fuzz_gen *gen, __u64 start, __u64 len);

/* Start both sides for a script: false, with a message, if that cannot be. */
bool fuzz_play_start(struct svma_run *run, struct svma_run_options *options,
		     const struct fuzz_script *script, FILE *problems);

/* Run one line. */
enum svma_verdict fuzz_play_line(struct svma_run *run, const char *text, struct fuzz_found *found);

/* Run a script on fresh sides until the sides differ; @problems gets what is wrong, if not NULL. */
struct fuzz_found fuzz_play(const struct fuzz_script *script, FILE *problems);

/**
 * fuzz_sequence() - make up a sequence and run it
 * @seed: of its random numbers
 * @calls: how many
 * @script: gets it, up to the call after which the sides differ
 * @count: counted there
 */
struct fuzz_found fuzz_sequence(__u64 seed, size_t calls, struct fuzz_script *script,
				struct fuzz_count *count);

/**
 * fuzz_shrink() - make a script short after which the sides differ
 * @script: the script, changed
 * @found: how they differ: what is left out must not change that
 * @seconds: how long it may take
 */
void fuzz_shrink(struct fuzz_script *script, const struct fuzz_found *found, unsigned int seconds);

/*
 * Make the files that sequences map, as they are at the start of each, whatever was written to them
 * before. False, and what is wrong was told: the folder is not this user's alone.
 */
bool fuzz_files(void);

/* Do what sequences do on the space on another one, too, in batches (batch.c). */
extern bool fuzz_batches;

/* Begin with that, if it is wanted, when the sides of a run are started: 0 or a negative errno. */
int fuzz_batch_start(struct svma_run *run);

/* Do both spaces differ? At the end what still waits is done. */
bool fuzz_batch_differs(bool at_end);
void fuzz_batch_stop(void);

/* A file that may be mapped, by number. */
const char *fuzz_file(size_t i);

/* Can a space with pages map it, as MAP_PRIVATE or otherwise? By @shared of struct fuzz_gen. */
bool fuzz_file_pages(const struct fuzz_gen *gen, const char *path, bool shared);
extern const size_t fuzz_n_files;

#endif
