// SPDX-License-Identifier: GPL-2.0
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "cmd.h"
#include "end.h"

static const char doc[] =
	"Run a script as \"svma run\" does, and print the statistics of its spaces.\n"
	"\vEach fork() makes another space, and all stay to the end. What counts memory is\n"
	"in pages, but for the bytes of \"memory\" and of the largest hole.\n"
	"\nExit status: as of \"svma run\".";

static void put_row(struct libscols_table *table, unsigned int number, const char *name,
		    const char *value)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	scols_line_set_data(line, 0, text);
	scols_line_set_data(line, 1, name);
	scols_line_set_data(line, 2, value);
}

static void put_space(struct libscols_table *table, struct json_object *list, unsigned int number,
		      const struct svma_stats *stats, bool classic)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "space", json_object_new_int64(number));
	for (const struct svma_field *field = svma_stats_fields; field->name; field++) {
		__u64 value = svma_field_get(field, stats);
		char text[32];

		if (field->classic && !classic)
			continue;
		svma_field_format(field, value, text, sizeof(text));
		if (table)
			put_row(table, number, field->name, text);
		json_object_object_add(object, field->name, json_object_new_uint64(value));
	}
	json_object_array_add(list, object);
}

static int print_stats(struct svma_run *run)
{
	static const char *const heads[] = { "SPACE", "NAME", "VALUE" };
	struct libscols_table *table = run->options->at_end_json ? NULL : scols_new_table();
	struct json_object *list = json_object_new_array();
	int space, err = 0;

	for (size_t i = 0; table && i < sizeof(heads) / sizeof(heads[0]); i++)
		scols_table_new_column(table, heads[i], 0, i == 1 ? 0 : SCOLS_FL_RIGHT);
	for (unsigned int n = 1; (space = svma_side_numbered(&run->shadow, n)) >= 0; n++) {
		struct svma_stats stats;

		err = svma_client_stats(space, &stats);
		if (err)
			break;
		put_space(table, list, n, &stats, run->options->profile == SVMA_PROFILE_CLASSIC);
	}
	return svma_end_print(table, list, err);
}

int cmd_stats(int argc, char **argv)
{
	struct svma_run_options options;

	svma_options_end(&options, argc, argv, doc);
	return svma_run_end(&options, print_stats, NULL);
}
