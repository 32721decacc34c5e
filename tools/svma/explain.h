/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a space's engine as text. What they were the engine says; nothing is worked out
 * here.
 */
#ifndef SVMA_EXPLAIN_H
#define SVMA_EXPLAIN_H

#include <stddef.h>

#include <linux/svma.h>

/* Room for any step as text. */
#define SVMA_STEP_TEXT 512

struct json_object;

/**
 * struct svma_explained - the steps of one call
 * @v: they
 * @n: how many
 * @lost: steps that were taken beside them and not kept
 */
struct svma_explained {
	struct svma_step *v;
	__u32 n;
	__u32 lost;
};

/* Switch the recording of steps on: 0 or a negative errno. */
int svma_explain_start(int space);

/* Take the steps since they were last taken: 0 or a negative errno. To be freed also then. */
int svma_explain_take(int space, struct svma_explained *steps);
void svma_explained_free(struct svma_explained *steps);

/* A step in words. */
void svma_step_format(char *buf, size_t size, const struct svma_step *step);

/* A step for programs: its kind and its values, by name. */
struct json_object *svma_step_json(const struct svma_step *step);

#endif
