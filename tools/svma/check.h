/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a line states against what came of it.
 */
#ifndef SVMA_CHECK_H
#define SVMA_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "parse.h"
#include "side.h"

/**
 * svma_check_stated() - compare an outcome with what the line states
 * @side: where it came from; a variable of the line that has no value yet is bound there
 * @line: the line
 * @outcome: what came of it
 * @expected: gets what was stated, if that is not what came
 * @size: room in @expected
 *
 * Return: true if it is as stated, or nothing is.
 */
bool svma_check_stated(struct svma_side *side, const struct svma_line *line,
		       const struct svma_outcome *outcome, char *expected, size_t size);

/* Does the line state a result that can be checked? */
bool svma_check_has_stated(const struct svma_line *line);

#endif
