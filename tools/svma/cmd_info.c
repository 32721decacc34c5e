// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <json.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "cmd.h"
#include "fields.h"
#include "proc.h"

static const char doc[] =
	"Tell the version and features of the loaded module, and the values of a\n"
	"machine as /proc gives them.\n"
	"\vValues marked \"default\" are those that the module uses when told nothing.\n"
	"\nExit status: 0, 2 wrong usage, 3 the module is not there.";

enum {
	OPT_JSON = 256,
};

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "print JSON", 0 },
	{ 0 }
};

static const struct {
	const char *name;
	__u64 bit;
} features[] = {
	{ "regions", SVMA_FEATURE_REGIONS },
	{ "windows", SVMA_FEATURE_WINDOWS },
	{ "rw", SVMA_FEATURE_RW },
	{ "task", SVMA_FEATURE_TASK },
	{ "snapshot", SVMA_FEATURE_SNAPSHOT },
	{ "pages", SVMA_FEATURE_PAGES },
	{ "batch", SVMA_FEATURE_BATCH },
	{ "transfer", SVMA_FEATURE_TRANSFER },
	{ "ready", SVMA_FEATURE_READY },
};

#define N_FEATURES (sizeof(features) / sizeof(features[0]))

/* One row: where it goes depends on the form of output. */
struct output {
	struct libscols_table *table;
	struct json_object *json;
};

/* In JSON a value that is a number, and has digits in the text, is one for programs, too. */
static void put(struct output *out, const char *group, const char *name, const char *text,
		const char *origin, const __u64 *number)
{
	struct json_object *object;

	if (out->table) {
		struct libscols_line *line = scols_table_new_line(out->table, NULL);

		scols_line_set_data(line, 0, group);
		scols_line_set_data(line, 1, name);
		scols_line_set_data(line, 2, text);
		scols_line_set_data(line, 3, origin);
		return;
	}
	if (!json_object_object_get_ex(out->json, group, &object)) {
		object = json_object_new_object();
		json_object_object_add(out->json, group, object);
	}
	json_object_object_add(object, name, number && *text >= '0' && *text <= '9' ?
			       json_object_new_uint64(*number) : json_object_new_string(text));
}

static void put_u32(struct output *out, const char *name, __u32 value)
{
	const __u64 number = value;
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	put(out, "module", name, text, "", &number);
}

static void put_info(struct output *out, const struct svma_info *info)
{
	char text[128] = "";

	put_u32(out, "abi_version", info->abi_version);
	snprintf(text, sizeof(text), "%u.%u", info->kernel >> 16, info->kernel >> 8 & 255);
	put(out, "module", "kernel", text, "", NULL);
	text[0] = '\0';
	for (size_t i = 0; i < N_FEATURES; i++)
		if (info->features & features[i].bit) {
			size_t len = strlen(text);

			snprintf(text + len, sizeof(text) - len, "%s%s", len ? "," : "",
				 features[i].name);
		}
	put(out, "module", "features", text, "", NULL);
	put_u32(out, "page_size", info->page_size);
	put_u32(out, "huge_page_size", info->huge_page_size);
}

static void put_fields(struct output *out, const char *group, const struct svma_field *fields,
		       const void *structure, __u64 told)
{
	for (; fields->name; fields++) {
		const __u64 value = svma_field_get(fields, structure);
		char text[32];

		svma_field_format(fields, value, text, sizeof(text));
		put(out, group, fields->name, text,
		    !fields->told ? "" : told & fields->told ? "told" : "default", &value);
	}
}

static int print_info(struct output *out)
{
	struct svma_machine machine;
	struct svma_info info;
	int fd = svma_client_machine(), err;

	if (fd < 0) {
		svma_error_device(fd);
		return SVMA_EXIT_FAILURE;
	}
	err = svma_client_info(fd, &info);
	if (!err)
		err = svma_proc_machine(&machine);
	if (!err)
		err = svma_client_machine_set(fd, &machine);
	if (!err)
		err = svma_client_machine_get(fd, &machine);
	close(fd);
	if (err) {
		svma_error("the module does not tell: %s", strerror(-err));
		return SVMA_EXIT_FAILURE;
	}
	put_info(out, &info);
	put_fields(out, "machine", svma_machine_fields, &machine, machine.told);
	if (out->table)
		scols_print_table(out->table);
	else
		puts(json_object_to_json_string_ext(out->json, JSON_C_TO_STRING_PRETTY));
	return SVMA_EXIT_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case OPT_JSON:
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is taken: \"%s\" is too many", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_info(int argc, char **argv)
{
	static const struct argp argp = { options, parse, "", doc, NULL, NULL, NULL };
	struct output out = { 0 };
	bool json = false;
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	if (json) {
		out.json = json_object_new_object();
	} else {
		out.table = scols_new_table();
		scols_table_new_column(out.table, "OF", 0, 0);
		scols_table_new_column(out.table, "NAME", 0, 0);
		scols_table_new_column(out.table, "VALUE", 0, 0);
		scols_table_new_column(out.table, "", 0, 0);
	}
	status = print_info(&out);
	if (json)
		json_object_put(out.json);
	else
		scols_unref_table(out.table);
	return status;
}
