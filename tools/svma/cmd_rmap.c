// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "end.h"
#include "maps.h"

static const char doc[] =
	"Run a script as \"svma run\" does, and tell which regions map FILE in the end:\n"
	"of all spaces that the script made, by the machine's reverse map of the file.\n"
	"\vThe script runs on a space that has regions only (--layout). Each fork() makes\n"
	"another one, and all stay to the end.\n"
	"OFFSET and LENGTH are bytes and may end in K, M, G or T: only regions that map\n"
	"some of them are told. An OFFSET alone is one byte.\n"
	"\nExit status: as of \"svma run\".";

/**
 * struct rmap - what was asked for
 * @run: how to run the script
 * @path: the file
 * @first: first page of it that matters
 * @last: last page of it that matters
 */
struct rmap {
	struct svma_run_options run;
	const char *path;
	__u64 first;
	__u64 last;
};

static bool is_space(int fd, __u64 inode)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_ino == inode;
}

/* The descriptor of a space of the script, and its number; -1 for no such space. */
static int find_space(const struct svma_side *side, __u64 inode, unsigned int *number)
{
	*number = side->number;
	if (is_space(side->space, inode))
		return side->space;
	for (size_t i = 0; i < side->n_left; i++) {
		*number = side->left[i].number;
		if (is_space(side->left[i].space, inode))
			return side->left[i].space;
	}
	return -1;
}

static void put_row(struct libscols_table *table, const struct svma_rmap_region *r,
		    unsigned int number, const char *perms)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[32];

	snprintf(text, sizeof(text), "%u", number);
	scols_line_set_data(line, 0, text);
	snprintf(text, sizeof(text), "%08llx", r->start);
	scols_line_set_data(line, 1, text);
	snprintf(text, sizeof(text), "%08llx", r->end);
	scols_line_set_data(line, 2, text);
	scols_line_set_data(line, 3, perms);
	snprintf(text, sizeof(text), "%08llx", r->pgoff << SVMA_PAGE_SHIFT);
	scols_line_set_data(line, 4, text);
}

static void put_json(struct json_object *list, const struct svma_rmap_region *r,
		     unsigned int number, const char *perms)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "space", json_object_new_int64(number));
	json_object_object_add(object, "inode", json_object_new_uint64(r->space));
	json_object_object_add(object, "start", json_object_new_uint64(r->start));
	json_object_object_add(object, "end", json_object_new_uint64(r->end));
	json_object_object_add(object, "perms", json_object_new_string(perms));
	json_object_object_add(object, "offset",
			       json_object_new_uint64(r->pgoff << SVMA_PAGE_SHIFT));
	json_object_array_add(list, object);
}

/* Each region, with what its space says of its protection. */
static int put_regions(const struct svma_run *run, const struct svma_rmap_list *list,
		       struct libscols_table *table, struct json_object *json)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct svma_rmap_region *r = &list->v[i];
		struct svma_region region;
		unsigned int number;
		char perms[5];
		int space = find_space(&run->shadow, r->space, &number);

		if (space < 0 || svma_client_lookup(space, r->start, &region) ||
		    region.start != r->start || region.end != r->end) {
			svma_error("the reverse map has a region that is not there: %08llx-%08llx",
				   r->start, r->end);
			return SVMA_EXIT_FAILURE;
		}
		svma_maps_perms(region.flags, perms);
		if (table)
			put_row(table, r, number, perms);
		else
			put_json(json, r, number, perms);
	}
	return SVMA_EXIT_OK;
}

static int print_table(const struct svma_run *run, const struct svma_rmap_list *list)
{
	struct libscols_table *table = scols_new_table();
	int status;

	scols_table_new_column(table, "SPACE", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "START", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "END", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "PERMS", 0, 0);
	scols_table_new_column(table, "OFFSET", 0, SCOLS_FL_RIGHT);
	status = put_regions(run, list, table, NULL);
	if (status == SVMA_EXIT_OK)
		scols_print_table(table);
	scols_unref_table(table);
	return status;
}

static int print_json(const struct svma_run *run, const struct rmap *rmap,
		      const struct svma_rmap_list *list)
{
	const int style = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *json = json_object_new_object(), *regions = json_object_new_array();
	int status = put_regions(run, list, NULL, regions);

	json_object_object_add(json, "file", json_object_new_string(rmap->path));
	json_object_object_add(json, "regions", regions);
	if (status == SVMA_EXIT_OK)
		puts(json_object_to_json_string_ext(json, style));
	json_object_put(json);
	return status;
}

/* The script is through: ask the machine. */
static int print_rmap(struct svma_run *run)
{
	const struct rmap *rmap = run->options->at_end_data;
	struct svma_rmap_list list = { 0 };
	int fd = open(rmap->path, O_RDONLY | O_CLOEXEC), status;
	int err = fd < 0 ? -errno : svma_client_rmap(run->shadow.machine, fd, rmap->first,
						     rmap->last, &list);

	if (fd >= 0)
		close(fd);
	if (err) {
		svma_error("cannot read the reverse map of \"%s\": %s", rmap->path, strerror(-err));
		status = SVMA_EXIT_FAILURE;
	} else {
		status = rmap->run.at_end_json ? print_json(run, rmap, &list) :
						 print_table(run, &list);
	}
	svma_rmap_list_free(&list);
	return status;
}

static void parse_range(struct rmap *o, const char *arg, struct argp_state *state)
{
	char *copy = strdup(arg), *colon = copy ? strchr(copy, ':') : NULL;
	__u64 offset, len = 1, end;

	if (colon)
		*colon = '\0';
	if (!copy || !svma_number_parse(copy, &offset) || offset == ~0ULL)
		argp_error(state, "\"%s\": OFFSET is not a number", arg);
	else if (colon && (!svma_number_parse(colon + 1, &len) || !len))
		argp_error(state, "\"%s\": LENGTH is not a number above 0", arg);
	if (__builtin_add_overflow(offset, len - 1, &end))
		end = ~0ULL;
	o->first = offset >> SVMA_PAGE_SHIFT;
	o->last = end >> SVMA_PAGE_SHIFT;
	free(copy);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct rmap *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->run;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->run.file = arg;
		else if (state->arg_num == 1)
			o->path = arg;
		else if (state->arg_num == 2)
			parse_range(o, arg, state);
		else
			argp_error(state, "\"%s\" is too many: script, file, range are all", arg);
		return 0;
	case ARGP_KEY_END:
		if (o->run.file && !o->path)
			argp_error(state, "no file is given behind the script \"%s\"", o->run.file);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_rmap(int argc, char **argv)
{
	static const struct argp_child children[] = { { &svma_end_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { NULL, parse, "SCRIPT FILE [OFFSET[:LENGTH]]", doc,
					  children, NULL, NULL };
	struct rmap o = { .last = ~0ULL };
	struct stat file;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (access(o.path, R_OK)) {
		svma_error("cannot open \"%s\": %s", o.path, strerror(errno));
		return SVMA_EXIT_USAGE;
	}
	if (!stat(o.path, &file) && S_ISDIR(file.st_mode)) {
		svma_error("\"%s\" is a directory: no region maps it", o.path);
		return SVMA_EXIT_USAGE;
	}
	o.run.layout = true;
	return svma_run_end(&o.run, print_rmap, &o);
}
