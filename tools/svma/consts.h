/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of the constants in memory calls. One table, used for reading and for printing.
 */
#ifndef SVMA_CONSTS_H
#define SVMA_CONSTS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* Families of constants: what may stand in one argument. */
enum svma_const_set {
	SVMA_CONST_NONE,
	SVMA_CONST_PROT,
	SVMA_CONST_MAP,
	SVMA_CONST_MREMAP,
	SVMA_CONST_MADV,
	SVMA_CONST_MCL,
	SVMA_CONST_MLOCK,
	SVMA_CONST_MS,
};

/**
 * struct svma_const - one named value
 * @set: its family
 * @name: as the kernel's headers have it
 * @value: its bits
 * @mask: the field that the value fills: equal to @value for a single bit, wider for one of several
 *        choices
 */
struct svma_const {
	enum svma_const_set set;
	const char *name;
	__u64 value;
	__u64 mask;
};

/* The table, for those who generate or list values; ends with a NULL name. */
extern const struct svma_const svma_consts[];

/* Shift of the page size's logarithm in MAP_ flags, as strace prints it. */
#define SVMA_MAP_HUGE_SHIFT	26
#define SVMA_MAP_HUGE_MASK	63

/* Find a constant by its name, of @len characters; NULL if there is none. */
const struct svma_const *svma_const_find(const char *name, size_t len);

/* The name of a family, for messages: "PROT_" and the like. */
const char *svma_const_set_name(enum svma_const_set set);

/**
 * svma_const_format() - write a value by its names
 * @buf: gets the text, or'ed names with a hexadecimal rest, always terminated
 * @size: room in @buf
 * @set: family
 * @value: value
 *
 * Return: length of the text.
 */
int svma_const_format(char *buf, size_t size, enum svma_const_set set, __u64 value);

/* An errno by its name: positive value or -1. */
int svma_errno_find(const char *name, size_t len);

/* Its name: a number is printed for those without one. */
const char *svma_errno_name(int err);

#endif
