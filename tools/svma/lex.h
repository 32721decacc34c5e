/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of strace's syntax: numbers, strings, names, blanks and comments.
 */
#ifndef SVMA_LEX_H
#define SVMA_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/**
 * struct svma_parse_error - what is wrong with a line, and where
 * @column: from 1
 * @text: "expected X, got Y"
 */
struct svma_parse_error {
	int column;
	char text[240];
};

/**
 * struct svma_lex - a place in a line
 * @line: start of the line
 * @p: the next character
 * @err: told to by the first error, and not again
 * @failed: there was one
 */
struct svma_lex {
	const char *line;
	const char *p;
	struct svma_parse_error *err;
	bool failed;
};

/**
 * struct svma_bytes - decoded string
 * @v: bytes, with one zero byte behind them that does not count
 * @n: how many
 * @cut: strace left out the rest ("..." behind the closing quote)
 */
struct svma_bytes {
	char *v;
	size_t n;
	bool cut;
};

/* Skip blanks and comments. False: a comment is not closed. */
bool svma_lex_blank(struct svma_lex *lex);

/* Skip one given character or word if it is next (after blanks). */
bool svma_lex_take(struct svma_lex *lex, const char *word);

/* The same, and an error if it is not; @what says what it would be for. */
bool svma_lex_expect(struct svma_lex *lex, const char *word, const char *what);

/* Length of the identifier that is next, 0 if none is. */
size_t svma_lex_name(struct svma_lex *lex);

/* An unsigned number, decimal, hexadecimal (0x) or octal (0). */
bool svma_lex_number(struct svma_lex *lex, __u64 *value);

/* A string in quotes. The bytes are allocated. */
bool svma_lex_string(struct svma_lex *lex, struct svma_bytes *bytes);

/* A vector of mincore, "[1, 0, ...]": bit 0 of each number. The bytes are allocated. */
bool svma_lex_vec(struct svma_lex *lex, struct svma_bytes *bytes);

/*
 * Skip text up to one of the characters of @stop that is outside of brackets, quotes and comments.
 * False: the line ended first.
 */
bool svma_lex_skip(struct svma_lex *lex, const char *stop);

/*
 * Skip "<path>" as strace -y puts it behind a descriptor; the path is allocated. True also if there
 * is none (NULL).
 */
bool svma_lex_path(struct svma_lex *lex, char **path);

/* Tell what was expected here; what was found is added. Always false. */
bool svma_lex_error(struct svma_lex *lex, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Tell a sentence about a place. Always false. */
bool svma_lex_error_at(struct svma_lex *lex, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
