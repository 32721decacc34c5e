// SPDX-License-Identifier: GPL-2.0
/*
 * What rows are to reach: a floor that each must have, an aim, and whether it is there.
 */
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum kind {
	SPEEDUP,	/* over the kernel: so much at least */
	BYTES,		/* that SVMA takes: so many at most */
	GROWTH,		/* of SVMA's time from BENCH_SMALL regions on: so many times at most */
};

static const struct floor {
	const char *row;
	unsigned long regions;
	double floor;
	double aim;
	enum kind kind;
} floors[] = {
	{ "map", 10, 4, 8, SPEEDUP },
	{ "map", 1000, 4, 8, SPEEDUP },
	{ "map", 100000, 4, 8, SPEEDUP },
	{ "protect", 10, 2.5, 6, SPEEDUP },
	{ "protect", 1000, 2.5, 6, SPEEDUP },
	{ "protect", 100000, 2.5, 6, SPEEDUP },
	{ "batch", 10, 30, 60, SPEEDUP },
	{ "batch", 1000, 30, 60, SPEEDUP },
	{ "batch", 100000, 30, 60, SPEEDUP },
	{ "batch-pages", 0, 10, 30, SPEEDUP },
	{ "batch-apart", 0, 10, 30, SPEEDUP },
	{ "fault", 0, 1.3, 2, SPEEDUP },
	{ "fault-ready", 0, 1.3, 2, SPEEDUP },
	{ "fault-huge", 0, 1, 1.5, SPEEDUP },
	{ "fault-present", 0, 4, 8, SPEEDUP },
	{ "populate", 0, 1.5, 3, SPEEDUP },
	{ "threads", 0, 1.8, 1.95, SPEEDUP },
	{ "threads-map", 0, 1.5, 1.8, SPEEDUP },
	{ "read", 0, 10, 10, SPEEDUP },
	{ "fork", 0, 100, 500, SPEEDUP },
	{ "snapshot-1", 0, 100, 100, SPEEDUP },
	{ "snapshot-64", 0, 50, 50, SPEEDUP },
	{ "snapshot-1024", 0, 2, 2, SPEEDUP },
	{ "list", 100000, 10, 30, SPEEDUP },
	{ "memory", 1000000, 160, 64, BYTES },
	{ "core-memory", 1000000, 160, 64, BYTES },
	{ "core-gap-high", 1000000, 3, 2, GROWTH },
	{ "core-gap-low", 1000000, 3, 2, GROWTH },
	{ "core-search", 1000000, 3, 2, GROWTH },
	{ "core-search-classic", 1000000, 3, 2, GROWTH },
	{ "maple-walk", 1000000, 1, 3, SPEEDUP },
	{ "maple-find", 1000000, 1, 3, SPEEDUP },
};

static const struct floor *floor_of(const struct bench_result *result)
{
	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
		if (!strcmp(floors[i].row, result->row->name) &&
		    floors[i].regions == result->row->regions)
			return &floors[i];
	return NULL;
}

/**
 * bench_floor() - how far a result is from what its row is to reach
 * @result: the result
 * @floor: out: what it must have
 * @aim: out: what it is to have
 * @figure: out: what it has
 *
 * Return: what is to be told of it, or NULL if nothing is asked of it or it was not measured.
 */
const char *bench_floor(const struct bench_result *result, double *floor, double *aim,
			double *figure)
{
	const struct floor *is = floor_of(result);
	double sign;

	if (!is || !result->has_svma || (is->kind == SPEEDUP && !result->has_kernel) ||
	    (is->kind == GROWTH && !(result->small && result->small->has_svma)))
		return NULL;
	*floor = is->floor;
	*aim = is->aim;
	*figure = is->kind == SPEEDUP ? result->speedup.median : result->svma.median;
	if (is->kind == GROWTH)
		*figure /= result->small->svma.median;
	/* Of bytes and growth less is more. */
	sign = is->kind == SPEEDUP ? 1 : -1;
	if (sign * *figure < sign * is->floor)
		return "below floor";
	return sign * *figure < sign * is->aim ? "above floor" : "aim reached";
}

/**
 * bench_print_floors() - print what rows are to reach as a table
 * @results: the results
 * @count: how many
 */
void bench_print_floors(const struct bench_result *results, size_t count)
{
	static const char *const heads[] = { "WORK", "REGIONS", "FLOOR", "AIM", "FIGURE", "" };
	struct libscols_table *table = scols_new_table();
	struct libscols_line *line;
	double value[3];
	char text[32];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		scols_table_new_column(table, heads[i], 0, i && i < 5 ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < count; i++) {
		const char *verdict = bench_floor(&results[i], &value[0], &value[1], &value[2]);

		if (!verdict)
			continue;
		line = scols_table_new_line(table, NULL);
		scols_line_set_data(line, 0, results[i].row->work);
		snprintf(text, sizeof(text), "%lu", results[i].row->regions);
		scols_line_set_data(line, 1, results[i].row->regions ? text : "-");
		for (int k = 0; k < 3; k++) {
			snprintf(text, sizeof(text), "%.3g", value[k]);
			scols_line_set_data(line, 2 + k, text);
		}
		scols_line_set_data(line, 5, verdict);
	}
	if (!scols_table_is_empty(table)) {
		puts("# asked for: speed-up; of memory, bytes; of searches, growth from 1000 on");
		scols_print_table(table);
	}
	scols_unref_table(table);
}
