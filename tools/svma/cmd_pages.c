// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "end.h"

static const char doc[] =
	"Run a script as \"svma run\" does, and list the page tables of its spaces in the end.\n"
	"\vSTART and END are addresses and may end in K, M, G or T; END is not part of the\n"
	"range. Each fork() makes another space, and all stay to the end. What the script's\n"
	"windows have in hardware is told of the space that it ended in.\n"
	"\nExit status: as of \"svma run\".";

enum {
	OPT_FRAMES = 256,
};

static const struct argp_option options[] = {
	{ "frames", OPT_FRAMES, NULL, 0, "show page frame numbers", 0 },
	{ 0 }
};

#define HARDWARE (SVMA_PAGE_ENTRY | SVMA_PAGE_ENTRY_WRITE | SVMA_PAGE_ENTRY_OTHER | \
		  SVMA_PAGE_ENTRY_HUGE)

static const struct {
	const char *name;
	__u32 flag;
} flag_names[] = {
	{ "page", SVMA_PAGE_PRESENT },
	{ "zero", SVMA_PAGE_ZERO },
	{ "guard", SVMA_PAGE_GUARD },
	{ "shared", SVMA_PAGE_SHARED },
	{ "file", SVMA_PAGE_FILE },
	{ "foreign", SVMA_PAGE_FOREIGN },
	{ "dirty", SVMA_PAGE_DIRTY },
	{ "outdated", SVMA_PAGE_OUTDATED },
	{ "huge", SVMA_PAGE_HUGE },
};

/**
 * struct pages - what was asked for, and where it goes
 * @run: how to run the script
 * @start: first address
 * @end: end address
 * @frames: show page frames
 */
struct pages {
	struct svma_run_options run;
	__u64 start;
	__u64 end;
	bool frames;
};

static const char *flags_text(__u32 flags, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (flags & flag_names[i].flag && len < size)
			len += snprintf(text + len, size - len, "%s%s", len ? "," : "",
					flag_names[i].name);
	return text;
}

static const char *hardware_text(__u32 flags)
{
	if (flags & SVMA_PAGE_ENTRY_OTHER)
		return "!";
	if (!(flags & SVMA_PAGE_ENTRY))
		return "-";
	if (flags & SVMA_PAGE_ENTRY_HUGE)
		return flags & SVMA_PAGE_ENTRY_WRITE ? "rw,2M" : "r,2M";
	return flags & SVMA_PAGE_ENTRY_WRITE ? "rw" : "r";
}

static void put_row(const struct pages *o, struct libscols_table *table, unsigned int number,
		    const struct svma_page *page)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[128];

	snprintf(text, sizeof(text), "%u", number);
	scols_line_set_data(line, 0, text);
	snprintf(text, sizeof(text), "%08llx", page->addr);
	scols_line_set_data(line, 1, text);
	scols_line_set_data(line, 2, flags_text(page->flags, text, sizeof(text)));
	snprintf(text, sizeof(text), "%u", page->shares);
	scols_line_set_data(line, 3, text);
	snprintf(text, sizeof(text), "%u", page->node_shares);
	scols_line_set_data(line, 4, text);
	scols_line_set_data(line, 5, hardware_text(page->flags));
	snprintf(text, sizeof(text), "%08llx", page->pgoff << SVMA_PAGE_SHIFT);
	scols_line_set_data(line, 6, text);
	snprintf(text, sizeof(text), "%llx", page->frame);
	if (o->frames)
		scols_line_set_data(line, 7, text);
}

static void put_json(const struct pages *o, struct json_object *list, unsigned int number,
		     const struct svma_page *page)
{
	struct json_object *object = json_object_new_object(), *flags = json_object_new_array();

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (page->flags & flag_names[i].flag)
			json_object_array_add(flags, json_object_new_string(flag_names[i].name));
	json_object_object_add(object, "space", json_object_new_int64(number));
	json_object_object_add(object, "addr", json_object_new_uint64(page->addr));
	json_object_object_add(object, "flags", flags);
	json_object_object_add(object, "shares", json_object_new_int64(page->shares));
	json_object_object_add(object, "node_shares", json_object_new_int64(page->node_shares));
	json_object_object_add(object, "hardware",
			       json_object_new_string(hardware_text(page->flags)));
	json_object_object_add(object, "offset",
			       json_object_new_uint64(page->pgoff << SVMA_PAGE_SHIFT));
	if (o->frames)
		json_object_object_add(object, "frame", json_object_new_uint64(page->frame));
	json_object_array_add(list, object);
}

/* What each of the windows that the script's loads and stores made has in hardware. */
static int add_hardware(const struct svma_side *side, struct svma_pages *list)
{
	struct svma_pages seen = { 0 };
	__u64 addr, len, mem;
	int err = 0;

	for (size_t i = 0; !err && svma_side_window(side, i, &addr, &len, &mem); i++) {
		size_t at = 0;

		err = svma_client_pages(side->space, addr, addr + len, mem, &seen);
		for (size_t k = 0; !err && k < seen.n; k++) {
			while (at < list->n && list->v[at].addr < seen.v[k].addr)
				at++;
			if (at < list->n && list->v[at].addr == seen.v[k].addr)
				list->v[at].flags |= seen.v[k].flags & HARDWARE;
		}
	}
	svma_pages_free(&seen);
	return err;
}

static int put_spaces(const struct svma_run *run, const struct pages *o,
		      struct libscols_table *table, struct json_object *json)
{
	const struct svma_side *side = &run->shadow;
	struct svma_pages list = { 0 };
	int space, err = 0;

	for (unsigned int n = 1; !err && (space = svma_side_numbered(side, n)) >= 0; n++) {
		err = svma_client_pages(space, o->start, o->end, 0, &list);
		if (!err && space == side->space)
			err = add_hardware(side, &list);
		for (size_t i = 0; !err && i < list.n; i++)
			if (table)
				put_row(o, table, n, &list.v[i]);
			else
				put_json(o, json, n, &list.v[i]);
	}
	svma_pages_free(&list);
	return err;
}

/* The script is through: ask its spaces. */
static int print_pages(struct svma_run *run)
{
	static const char *const heads[] = {
		"SPACE", "ADDRESS", "WHAT", "SHARES", "NODES", "WINDOW", "OFFSET", "FRAME",
	};
	const struct pages *o = run->options->at_end_data;
	struct json_object *json = o->run.at_end_json ? json_object_new_array() : NULL;
	struct libscols_table *table = o->run.at_end_json ? NULL : scols_new_table();
	int err;

	for (size_t i = 0; table && i < (o->frames ? 8 : 7); i++)
		scols_table_new_column(table, heads[i], 0, i == 2 || i == 5 ? 0 : SCOLS_FL_RIGHT);
	err = put_spaces(run, o, table, json);
	return svma_end_print(table, json, err);
}

static void parse_range(struct pages *o, const char *arg, struct argp_state *state)
{
	char *copy = strdup(arg), *dash = copy ? strchr(copy, '-') : NULL;

	if (dash)
		*dash = '\0';
	if (!dash || !svma_number_parse(copy, &o->start) ||
	    !svma_number_parse(dash + 1, &o->end) || o->start >= o->end)
		argp_error(state, "\"%s\" is no range START-END", arg);
	free(copy);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pages *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->run;
		return 0;
	case OPT_FRAMES:
		o->frames = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->run.file = arg;
		else if (state->arg_num == 1)
			parse_range(o, arg, state);
		else
			argp_error(state, "\"%s\" is too many: script and range are all", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_pages(int argc, char **argv)
{
	static const struct argp_child children[] = { { &svma_end_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, "SCRIPT [START-END]", doc, children, NULL,
					  NULL };
	struct pages o = { .end = ~0ULL };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return svma_run_end(&o.run, print_pages, &o);
}
