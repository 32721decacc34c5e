// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

int svma_script_open(struct svma_script *script, const char *path)
{
	*script = (struct svma_script){ 0 };
	if (!path || !strcmp(path, "-")) {
		script->file = stdin;
		script->name = "(standard input)";
		return 0;
	}
	script->name = path;
	script->file = fopen(path, "re");
	return script->file ? 0 : -errno;
}

void svma_script_close(struct svma_script *script)
{
	if (script->file && script->file != stdin)
		fclose(script->file);
	while (script->n_unfinished)
		free(script->unfinished[--script->n_unfinished].text);
	free(script->text);
	*script = (struct svma_script){ 0 };
}

const char *svma_script_header(struct svma_script *script)
{
	static const char word[] = "#svma";

	if (getline(&script->text, &script->text_cap, script->file) < 0)
		return NULL;
	script->header = true;
	if (strncmp(script->text, word, strlen(word)))
		return NULL;
	return script->text + strlen(word);
}

static bool wrong(struct svma_script *script, const char *text)
{
	script->error.column = 1;
	snprintf(script->error.text, sizeof(script->error.text), "%s", text);
	return false;
}

/* Keep the start of a call until its end comes. */
static bool keep_unfinished(struct svma_script *script, const struct svma_line *line)
{
	unsigned int n = script->n_unfinished;

	if (n == SVMA_SCRIPT_UNFINISHED)
		return wrong(script, "too many unfinished calls at once");
	script->unfinished[n].pid = line->pid;
	script->unfinished[n].text = strndup(line->text, line->tail - line->text);
	if (!script->unfinished[n].text)
		return wrong(script, "no memory");
	script->n_unfinished++;
	return true;
}

/* Put the end of a call behind its start, and read both as one line. */
static bool join_resumed(struct svma_script *script, struct svma_line *line)
{
	char *joined = NULL;
	unsigned int i;
	bool good;

	for (i = 0; i < script->n_unfinished && script->unfinished[i].pid != line->pid; i++)
		;
	if (i == script->n_unfinished)
		return wrong(script, "a call is resumed that no line began");
	if (asprintf(&joined, "%s%s", script->unfinished[i].text, line->tail) < 0)
		return wrong(script, "no memory");
	free(script->unfinished[i].text);
	script->unfinished[i] = script->unfinished[--script->n_unfinished];
	svma_line_free(line);
	good = svma_line_parse(joined, line, &script->error);
	free(joined);
	return good;
}

static bool finish_line(struct svma_script *script, struct svma_line *line)
{
	if (line->kind == SVMA_LINE_UNFINISHED)
		return keep_unfinished(script, line);
	if (line->kind == SVMA_LINE_RESUMED)
		return join_resumed(script, line);
	return true;
}

enum svma_script_status svma_script_next(struct svma_script *script, struct svma_line *line)
{
	if (script->header)
		script->header = false;
	else if (getline(&script->text, &script->text_cap, script->file) < 0)
		return SVMA_SCRIPT_END;
	script->lineno++;
	if (!svma_line_parse(script->text, line, &script->error) || !finish_line(script, line))
		return SVMA_SCRIPT_WRONG;
	if (line->kind != SVMA_LINE_CALL && line->kind != SVMA_LINE_OTHER_CALL)
		return SVMA_SCRIPT_LINE;
	if (!script->pid)
		script->pid = line->pid;
	if (line->pid && line->pid != script->pid) {
		script->foreign++;
		line->kind = SVMA_LINE_EVENT;
	}
	return SVMA_SCRIPT_LINE;
}

void svma_script_print_error(const struct svma_script *script, FILE *out)
{
	fprintf(out, "%s:%u:%d: %s\n", script->name, script->lineno, script->error.column,
		script->error.text);
}

static size_t vars_find(const struct svma_vars *vars, const char *name)
{
	size_t i;

	for (i = 0; i < vars->n && strcmp(vars->v[i].name, name); i++)
		;
	return i;
}

const __u64 *svma_vars_get(const struct svma_vars *vars, const char *name)
{
	size_t i = vars_find(vars, name);

	return i < vars->n ? &vars->v[i].value : NULL;
}

int svma_vars_set(struct svma_vars *vars, const char *name, __u64 value)
{
	size_t i = vars_find(vars, name);

	if (i == vars->n) {
		struct svma_var *v = reallocarray(vars->v, vars->n + 1, sizeof(*vars->v));

		if (!v)
			return -ENOMEM;
		vars->v = v;
		snprintf(vars->v[i].name, sizeof(vars->v[i].name), "%s", name);
		vars->n++;
	}
	vars->v[i].value = value;
	return 0;
}

void svma_vars_free(struct svma_vars *vars)
{
	free(vars->v);
	*vars = (struct svma_vars){ 0 };
}
