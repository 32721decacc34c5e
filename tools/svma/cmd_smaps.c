// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "maps.h"
#include "run.h"

static const char doc[] =
	"Run a script as \"svma run\" does, and count the pages of the regions of its spaces.\n"
	"\vEach fork() makes another space, and all stay to the end. A page is shared if\n"
	"another space or the page cache has it, too.\n"
	"\nExit status: as of \"svma run\".";

enum {
	OPT_JSON = 256,
};

static const struct argp_option options[] = {
	{ "keep-going", 'k', NULL, 0, "go on after a line that is wrong", 0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ 0 }
};

/**
 * struct smaps - what was asked for
 * @run: how to run the script
 * @json: print JSON
 */
struct smaps {
	struct svma_run_options run;
	bool json;
};

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
	const struct smaps *o = run->options->at_end_data;
	struct json_object *json = json_object_new_object();
	struct json_object *regions = json_object_new_array(), *spaces = json_object_new_array();
	struct libscols_table *table = o->json ? NULL : scols_new_table();
	int err;

	json_object_object_add(json, "regions", regions);
	json_object_object_add(json, "spaces", spaces);
	for (size_t i = 0; table && i < sizeof(heads) / sizeof(heads[0]); i++)
		scols_table_new_column(table, heads[i], 0, i == 3 ? 0 : SCOLS_FL_RIGHT);
	err = put_spaces(&run->shadow, table, regions, spaces);
	if (err)
		svma_error("cannot count the pages: %s", strerror(-err));
	else if (table)
		scols_print_table(table);
	else
		puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY));
	scols_unref_table(table);
	json_object_put(json);
	return err ? SVMA_EXIT_FAILURE : SVMA_EXIT_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct smaps *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->run;
		return 0;
	case 'k':
		o->run.keep_going = true;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "\"%s\" is too many: one script is all", arg);
		o->run.file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->run.file)
			argp_error(state, "no script is given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_smaps(int argc, char **argv)
{
	static const struct argp_child children[] = { { &svma_rule_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, "SCRIPT", doc, children, NULL, NULL };
	struct smaps o = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	o.run.on_shadow = true;
	o.run.quiet = true;
	o.run.at_end = print_smaps;
	o.run.at_end_data = &o;
	return svma_run(&o.run);
}
