// SPDX-License-Identifier: GPL-2.0
/*
 * What is printed: a table for people, JSON for programs.
 */
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "bench.h"

enum column {
	COL_WORK,
	COL_REGIONS,
	COL_CALL,
	COL_KERNEL,
	COL_SVMA,
	COL_SPEEDUP,
	COL_SPREAD,
	COL_BEST,
};

static const struct {
	const char *name;
	int flags;
} columns[] = {
	[COL_WORK] = { "WORK", 0 },
	[COL_REGIONS] = { "REGIONS", SCOLS_FL_RIGHT },
	[COL_CALL] = { "KERNEL'S CALL", 0 },
	[COL_KERNEL] = { "KERNEL ns", SCOLS_FL_RIGHT },
	[COL_SVMA] = { "SVMA ns", SCOLS_FL_RIGHT },
	[COL_SPEEDUP] = { "SPEED-UP", SCOLS_FL_RIGHT },
	[COL_SPREAD] = { "SPREAD", SCOLS_FL_RIGHT },
	[COL_BEST] = { "OF BEST", SCOLS_FL_RIGHT },
};

static int decimals(double value)
{
	return value < 10 ? 2 : value < 100 ? 1 : 0;
}

static void set_number(struct libscols_line *line, enum column column, bool there, double value)
{
	char text[32] = "-";

	if (there)
		snprintf(text, sizeof(text), "%.*f", decimals(value), value);
	scols_line_set_data(line, column, text);
}

/* Interruptions only ever add: what the quickest rounds say is the least disturbed. */
static double best(const struct bench_result *result)
{
	return result->kernel.min / result->svma.min;
}

static void add_line(struct libscols_table *table, const struct bench_result *result)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	bool both = result->has_kernel && result->has_svma;
	char text[64];

	scols_line_set_data(line, COL_WORK, result->row->work);
	snprintf(text, sizeof(text), "%lu", result->row->regions);
	scols_line_set_data(line, COL_REGIONS, result->row->regions ? text : "-");
	scols_line_set_data(line, COL_CALL, result->call);
	set_number(line, COL_KERNEL, result->has_kernel, result->kernel.median);
	set_number(line, COL_SVMA, result->has_svma, result->svma.median);
	set_number(line, COL_SPEEDUP, both, result->speedup.median);
	snprintf(text, sizeof(text), "%.*f-%.*f", decimals(result->speedup.median),
		 result->speedup.q1, decimals(result->speedup.median), result->speedup.q3);
	scols_line_set_data(line, COL_SPREAD, both && result->rounds > 1 ? text : "-");
	set_number(line, COL_BEST, both, both ? best(result) : 0);
}

static void add_notes(const struct bench_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct bench_result *result = &results[i];
		const char *name = result->row->name;

		if (result->why[0])
			printf("# %s, %lu regions: did not run: %s\n", name, result->row->regions,
			       result->why);
		else if (result->why_kernel[0])
			printf("# %s, %lu regions: not compared with the kernel: %s\n", name,
			       result->row->regions, result->why_kernel);
	}
}

/**
 * bench_print() - print the results as a table
 * @options: the command line
 * @results: the results
 * @count: how many
 */
void bench_print(const struct bench_options *options, const struct bench_result *results,
		 size_t count)
{
	struct libscols_table *table = scols_new_table();
	struct utsname name;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		scols_table_new_column(table, columns[i].name, 0, columns[i].flags);
	for (size_t i = 0; i < count; i++)
		add_line(table, &results[i]);
	uname(&name);
	printf("# Linux %s: %s; medians of up to %u rounds of each side in turns\n", name.release,
	       options->self_check ? "self-check" :
	       options->native     ? "the region core as functions of a program" :
				     "svma.ko",
	       options->rounds);
	scols_print_table(table);
	scols_unref_table(table);
	bench_print_floors(results, count);
	add_notes(results, count);
}

static void put_string(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void put_int(struct json_object *object, const char *key, unsigned long n)
{
	json_object_object_add(object, key, json_object_new_int64(n));
}

static void put_double(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static void put_stat(struct json_object *object, const char *key, const struct bench_stat *stat)
{
	const struct {
		const char *name;
		double value;
	} values[] = {
		{ "median", stat->median }, { "q1", stat->q1 }, { "q3", stat->q3 },
		{ "min", stat->min }, { "max", stat->max },
	};
	struct json_object *numbers = json_object_new_object();

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		put_double(numbers, values[i].name, values[i].value);
	json_object_object_add(object, key, numbers);
}

static void put_floor(struct json_object *object, const struct bench_result *result)
{
	double floor, aim, figure;
	const char *verdict = bench_floor(result, &floor, &aim, &figure);

	if (!verdict)
		return;
	put_double(object, "floor", floor);
	put_double(object, "aim", aim);
	put_double(object, "figure", figure);
	put_string(object, "verdict", verdict);
}

static struct json_object *json_row(const struct bench_result *result)
{
	struct json_object *object = json_object_new_object();

	put_string(object, "row", result->row->name);
	put_string(object, "work", result->row->work);
	put_int(object, "regions", result->row->regions);
	if (result->row->series) {
		put_string(object, "series", result->row->series);
		put_string(object, "by", result->row->by);
		put_int(object, "number", result->row->number);
	}
	put_string(object, "unit", result->row->bytes ? "bytes" : "ns");
	put_string(object, "call", result->call);
	if (result->why[0])
		put_string(object, "failed", result->why);
	if (result->why_kernel[0])
		put_string(object, "not_compared", result->why_kernel);
	put_int(object, "rounds", result->rounds);
	if (result->has_kernel) {
		put_int(object, "kernel_operations", result->ops_kernel);
		put_stat(object, "kernel", &result->kernel);
	}
	if (result->has_svma) {
		put_int(object, "svma_operations", result->ops_svma);
		put_stat(object, "svma", &result->svma);
	}
	if (result->has_kernel && result->has_svma) {
		put_stat(object, "speedup", &result->speedup);
		put_double(object, "speedup_of_best", best(result));
	}
	put_floor(object, result);
	return object;
}

/**
 * bench_print_json() - print the results as JSON
 * @options: the command line
 * @results: the results
 * @count: how many
 */
void bench_print_json(const struct bench_options *options, const struct bench_result *results,
		      size_t count)
{
	struct json_object *object = json_object_new_object(), *rows = json_object_new_array();
	struct utsname name;

	uname(&name);
	put_string(object, "kernel", name.release);
	put_string(object, "of", options->native ? "core" : "module");
	put_int(object, "round_ns", options->ns);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(rows, json_row(&results[i]));
	json_object_object_add(object, "rows", rows);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	json_object_put(object);
}
