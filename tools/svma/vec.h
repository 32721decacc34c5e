/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vectors of mincore: which pages of a range are present, one byte for each, of which bit 0 counts.
 */
#ifndef SVMA_VEC_H
#define SVMA_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "parse.h"
#include "side.h"

/* Does a verb fill a vector? */
bool svma_vec_verb(const struct svma_verb *verb);

/* Can a side give room to the vector for so many bytes of memory? Not asked if it is refused. */
bool svma_vec_fits(__u64 len);

/* The outcome of mincore on a side: its result, and the vector if it has succeeded. */
void svma_vec_outcome(struct svma_outcome *outcome, __s64 result, __u64 len);

/* As strace prints it: "[1, 0]". Always terminated; the length of the whole text. */
int svma_vec_format(char *buf, size_t size, const char *vec, size_t n, bool cut);

/**
 * svma_vec_check() - compare a vector with what the line states
 * @line: the line
 * @outcome: what came of it
 * @expected: gets what was stated, if that is not what came
 * @size: room in @expected
 *
 * Return: true if it is as stated, nothing is, or the side does not tell of pages.
 */
bool svma_vec_check(const struct svma_line *line, const struct svma_outcome *outcome,
		    char *expected, size_t size);

/* The first page in which the vectors of two successful calls differ, -1 for none. */
long svma_vec_parting(const struct svma_outcome *a, const struct svma_outcome *b);

#endif
