/* SPDX-License-Identifier: GPL-2.0 */
/* A space of the core and the naive model of it, side by side. */
#ifndef SVMA_TEST_PAIR_H
#define SVMA_TEST_PAIR_H

#include "model.h"
#include "tap.h"

/* The files that every pair has; what they are is in pair.c. */
enum pair_file {
	FILE_RW,
	FILE_RW2,	/* another of the same kind */
	FILE_RO,
	FILE_WO,
	FILE_APPEND,
	FILE_NOEXEC,
	FILE_NOMMAP,
	FILE_SHMEM,
	FILE_THP,	/* its file system aligns large mappings */
	FILE_SYNC,
	FILE_HUGE,	/* of huge pages */
	FILE_HOOK,	/* with a search and an mmap of its own, hooks.h */
	FILE_NR,
};

extern const char *const pair_file_names[FILE_NR];

struct test_backing {
	struct svma_backing backing;
	struct svma_rmap_tree rmap;
	long refs;
	struct pair *home;	/* shared anonymous memory: of the machine of this pair */
	struct test_backing *dead;	/* the next that nobody refers to any more */
};

void pair_backing_get(struct svma_backing *backing);
void pair_backing_put(struct svma_backing *backing);

/**
 * struct pair_config - what a pair starts with
 * @kernel: the rules
 * @base: lowest address that anything may have
 * @pages: pages from there to the end of the space
 * @layout: limits and such, told to both; low, high and min_addr follow from the above
 * @machine: told to both
 */
struct pair_config {
	u32 kernel;
	unsigned long base;
	unsigned long pages;
	struct svma_layout layout;
	struct svma_machine machine;
};

#define PAIR_SPACES	MODEL_SPACES

/**
 * struct pair - a space of the core and its model
 * @core: the space
 * @model: the model
 * @home: the pair that was there first, and has what all spaces of a machine share
 * @machine: home only: the machine
 * @model_machine: home only: the model of it
 * @spaces: home only: all spaces of the machine, home first
 * @files: home only: what can be mapped
 * @made: home only: backing of shared anonymous memory that the core made in the call at hand
 * @was_mapped: by page: mapped before the call at hand
 * @unmapped: by page: reported by ops.unmap in the call at hand
 * @protected: by page: by ops.protect
 * @discarded: by page: by ops.discard
 * @guards: by page: by ops.guard, 1 for one, -1 for one no longer
 * @moved: by page: by ops.move, page number of the new place + 1
 * @reports: calls of any of them
 * @dead: home only: memory that went in the call at hand
 * @why: home only: the first difference, empty without one
 */
struct pair {
	struct svma_core core;
	struct model model;
	struct pair *home;
	struct svma_core_machine machine;
	struct model_machine model_machine;
	struct pair *spaces[PAIR_SPACES];
	struct test_backing files[FILE_NR];
	struct svma_backing *made;
	struct test_backing *dead;
	bool *was_mapped;
	bool *unmapped;
	bool *protected;
	bool *discarded;
	signed char *guards;
	unsigned long *moved;
	unsigned long reports;
	char why[400];
};

void pair_config_default(struct pair_config *config, u32 kernel);
int pair_init(struct pair *pair, const struct pair_config *config);
void pair_destroy(struct pair *pair);

/* One more space of the machine, in a free place: empty, or forked from one; an error, or 0. */
int pair_fork(struct pair *parent, unsigned int place, int *core_error, int *model_error);
/* A space goes, and the machine and other spaces stay. */
void pair_exit(struct pair *pair);

void pair_clear_report(struct pair *pair);
void pair_differ(struct pair *pair, const char *fmt, ...) __attribute__((__format__(printf, 2, 3)));

/* Is the core's space what the model has now? */
bool pair_same_state(struct pair *pair);
/* Did the core report what the model says happened to the pages? */
bool pair_same_report(struct pair *pair);

void pair_print(const struct pair *pair);

#endif /* SVMA_TEST_PAIR_H */
