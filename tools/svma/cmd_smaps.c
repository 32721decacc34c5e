// SPDX-License-Identifier: GPL-2.0
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "end.h"
#include "maps.h"

static const char doc[] =
	"Run a script as \"svma run\" does, and count the pages of the regions of its spaces.\n"
	"\vEach fork() makes another space, and all stay to the end. A page is shared if\n"
	"another space or the page cache has it, too.\n"
	"\nExit status: as of \"svma run\".";

/* The figures, in the order of the columns. */
#define N_FIGURES 8

static const char *const figures[N_FIGURES] = {
	"resident", "shared", "private", "locked", "foreign", "zero", "guards",
	"huge",
};

static const char *const heads[] = {
	"SPACE", "START", "END", "PERMS", "RESIDENT", "SHARED", "PRIVATE", "LOCKED", "FOREIGN",
	"ZERO", "GUARDS", "HUGE",
};

static void get_figures(const struct svma_smap *smap, __u64 value[N_FIGURES])
{
	const __u64 all[N_FIGURES] = {
		smap->region.resident, smap->shared, smap->unshared, smap->locked, smap->foreign,
		smap->zero, smap->guards, smap->huge,
	};

	memcpy(value, all, sizeof(all));
}

/* A region, or without one the sums of a space. */
static void put_row(struct libscols_table *table, unsigned int number,
		    const struct svma_region *region, const __u64 value[N_FIGURES])
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[32], perms[5];

	snprintf(text, sizeof(text), "%u", number);
	scols_line_set_data(line, 0, text);
	if (region) {
		snprintf(text, sizeof(text), "%08llx", region->start);
		scols_line_set_data(line, 1, text);
		snprintf(text, sizeof(text), "%08llx", region->end);
		scols_line_set_data(line, 2, text);
		svma_maps_perms(region->flags, perms);
		scols_line_set_data(line, 3, perms);
	} else {
		scols_line_set_data(line, 1, "all");
	}
	for (size_t i = 0; i < N_FIGURES; i++) {
		snprintf(text, sizeof(text), "%llu", value[i]);
		scols_line_set_data(line, 4 + i, text);
	}
}

static void put_json(struct json_object *list, unsigned int number,
		     const struct svma_region *region, const __u64 value[N_FIGURES])
{
	struct json_object *object = json_object_new_object();
	char perms[5];

	json_object_object_add(object, "space", json_object_new_int64(number));
	if (region) {
		svma_maps_perms(region->flags, perms);
		json_object_object_add(object, "start", json_object_new_uint64(region->start));
		json_object_object_add(object, "end", json_object_new_uint64(region->end));
		json_object_object_add(object, "perms", json_object_new_string(perms));
	}
	for (size_t i = 0; i < N_FIGURES; i++)
		json_object_object_add(object, figures[i], json_object_new_uint64(value[i]));
	json_object_array_add(list, object);
}

static int put_spaces(const struct svma_side *side, struct libscols_table *table,
		      struct json_object *regions, struct json_object *spaces)
{
	struct svma_smap_list list = { 0 };
	int space, err = 0;

	for (unsigned int n = 1; !err && (space = svma_side_numbered(side, n)) >= 0; n++) {
		__u64 value[N_FIGURES], sum[N_FIGURES] = { 0 };

		err = svma_client_smaps(space, &list);
		if (err)
			break;
		for (size_t i = 0; i < list.n; i++) {
			get_figures(&list.v[i], value);
			for (size_t k = 0; k < N_FIGURES; k++)
				sum[k] += value[k];
			if (table)
				put_row(table, n, &list.v[i].region, value);
			else
				put_json(regions, n, &list.v[i].region, value);
		}
		if (table)
			put_row(table, n, NULL, sum);
		else
			put_json(spaces, n, NULL, sum);
	}
	svma_smap_list_free(&list);
	return err;
}

/* The script is through: ask its spaces. */
static int print_smaps(struct svma_run *run)
{
	const bool as_json = run->options->at_end_json;
	struct json_object *json = json_object_new_object();
	struct json_object *regions = json_object_new_array(), *spaces = json_object_new_array();
	struct libscols_table *table = as_json ? NULL : scols_new_table();
	int err;

	json_object_object_add(json, "regions", regions);
	json_object_object_add(json, "spaces", spaces);
	for (size_t i = 0; table && i < sizeof(heads) / sizeof(heads[0]); i++)
		scols_table_new_column(table, heads[i], 0, i == 3 ? 0 : SCOLS_FL_RIGHT);
	err = put_spaces(&run->shadow, table, regions, spaces);
	return svma_end_print(table, json, err);
}

int cmd_smaps(int argc, char **argv)
{
	struct svma_run_options options;

	svma_options_end(&options, argc, argv, doc);
	return svma_run_end(&options, print_smaps, NULL);
}
