/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values that a space and a machine are told or tell, by name: for --set, and for printing.
 */
#ifndef SVMA_FIELDS_H
#define SVMA_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/svma.h>

/* How a value is read and printed. */
enum svma_field_kind {
	SVMA_FIELD_ADDR,	/* hexadecimal */
	SVMA_FIELD_BYTES,	/* decimal, or "unlimited" */
	SVMA_FIELD_HOLE,	/* decimal, bytes, or "unknown" */
	SVMA_FIELD_PAGES,	/* decimal, pages */
	SVMA_FIELD_NUMBER,	/* decimal */
	SVMA_FIELD_BITS,	/* hexadecimal */
};

/**
 * struct svma_field - one value
 * @name: as the uapi's structure calls it
 * @kind: how it is read and printed
 * @offset: in the structure
 * @size: 4 or 8
 * @told: its bit in the structure's told, 0 if it can only be read
 * @limit: RLIMIT_* of the kernel for the same, -1 if there is none
 * @classic: of the classic profile alone
 */
struct svma_field {
	const char *name;
	enum svma_field_kind kind;
	size_t offset;
	size_t size;
	__u64 told;
	int limit;
	bool classic;
};

/* The tables; each ends with a NULL name. */
extern const struct svma_field svma_layout_fields[];
extern const struct svma_field svma_machine_fields[];
extern const struct svma_field svma_stats_fields[];

/* The value of a field in its structure. */
__u64 svma_field_get(const struct svma_field *field, const void *structure);

/* Write a field's value as text. */
void svma_field_format(const struct svma_field *field, __u64 value, char *buf, size_t size);

/* A number: hexadecimal too, with K, M, G or T at the end, or "unlimited". False if it is none. */
bool svma_number_parse(const char *text, __u64 *value);

/**
 * struct svma_setting - one KEY=VALUE
 * @field: the key
 * @machine: it is a field of the machine, not of the layout
 * @value: the value
 */
struct svma_setting {
	const struct svma_field *field;
	bool machine;
	__u64 value;
};

/**
 * svma_setting_parse() - read KEY=VALUE
 * @text: the text; values may be hexadecimal, end in K, M, G or T, or be "unlimited"
 * @setting: gets it
 * @why: gets a sentence if it is wrong
 */
bool svma_setting_parse(const char *text, struct svma_setting *setting, const char **why);

/* Put settings into structures that then have only these values told. */
void svma_settings_apply(const struct svma_setting *settings, size_t n, struct svma_layout *layout,
			 struct svma_machine *machine);

#endif
