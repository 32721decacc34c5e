// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
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
	free(script->broken);
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

bool svma_script_is_log(const struct svma_script *script)
{
	struct svma_parse_error error;
	struct svma_line line;
	bool log;

	if (!script->header)
		return false;
	log = svma_line_parse(script->text, &line, &error) &&
	      (line.pid || !strcmp(line.name, "execve"));
	svma_line_free(&line);
	return log;
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
	struct svma_unfinished *u = &script->unfinished[script->n_unfinished];

	if (script->n_unfinished == SVMA_SCRIPT_UNFINISHED)
		return wrong(script, "too many unfinished calls at once");
	*u = (struct svma_unfinished){ .pid = line->pid, .lineno = script->lineno };
	u->text = strndup(line->text, line->tail - line->text);
	if (!u->text)
		return wrong(script, "no memory");
	script->n_unfinished++;
	return true;
}

/* The start of a process's call; or of one that lines did not name then, or do not name now. */
static struct svma_unfinished *find_start(struct svma_script *script, const struct svma_line *line)
{
	pid_t pid = line->pid;

	for (unsigned int i = 0; i < script->n_unfinished; i++)
		if (script->unfinished[i].pid == pid)
			return &script->unfinished[i];
	for (unsigned int i = 0; i < script->n_unfinished; i++)
		if ((!script->unfinished[i].pid || !pid) &&
		    strstr(script->unfinished[i].text, line->name))
			return &script->unfinished[i];
	return NULL;
}

/* Put the end of a call behind its start, and read both as one line. */
static bool join_resumed(struct svma_script *script, struct svma_line *line)
{
	struct svma_unfinished *u = find_start(script, line), start;
	pid_t pid = line->pid;
	char *joined = NULL;
	bool good;

	if (!u)
		return wrong(script, "a call is resumed that no line began");
	if (asprintf(&joined, "%s%s", u->text, line->tail) < 0)
		return wrong(script, "no memory");
	start = *u;
	*u = script->unfinished[--script->n_unfinished];
	svma_line_free(line);
	good = svma_line_parse(joined, line, &script->error);
	/* By then strace may have learnt to tell processes apart. */
	line->pid = pid;
	line->began = start.lineno;
	line->early = start.early;
	line->result = start.result;
	free(start.text);
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

/*
 * On a terminal strace says in the middle of a line that it has a new process, and goes on in the
 * next: the start of such a line is kept until then. False: no memory.
 */
static bool mend_line(struct svma_script *script)
{
	char *message = strstr(script->text, "strace: Process "), *whole = NULL;
	char *start = script->broken;

	/* Several messages may be in one place. */
	if (start && message == script->text)
		return true;
	if (start) {
		script->broken = NULL;
		if (asprintf(&whole, "%s%s", start, script->text) < 0)
			return false;
		free(start);
		free(script->text);
		script->text = whole;
		script->text_cap = strlen(whole) + 1;
	} else if (message && message != script->text && *message && strstr(message, "attached")) {
		script->broken = strndup(script->text, message - script->text);
		memmove(script->text, message, strlen(message) + 1);
		return script->broken;
	}
	return true;
}

/* In a script a name that does not exist is a mistake. A log has what there was. */
static bool check_name(struct svma_script *script, const struct svma_line *line)
{
	struct svma_parse_error *error = &script->error;
	const char *nearest;

	if (line->kind != SVMA_LINE_OTHER_CALL || script->all || line->pid ||
	    svma_name_known(line->name))
		return true;
	nearest = svma_name_nearest(line->name);
	error->column = (int)(line->call - line->text) + 1;
	snprintf(error->text, sizeof(error->text), "there is no call \"%s\"%s%s%s", line->name,
		 nearest ? ", but \"" : "", nearest ?: "", nearest ? "\"" : "");
	return false;
}

enum svma_script_status svma_script_next(struct svma_script *script, struct svma_line *line)
{
	if (script->header)
		script->header = false;
	else if (getline(&script->text, &script->text_cap, script->file) < 0)
		return ferror(script->file) ? SVMA_SCRIPT_UNREADABLE : SVMA_SCRIPT_END;
	script->lineno++;
	*line = (struct svma_line){ 0 };
	if (!mend_line(script) && !wrong(script, "no memory"))
		return SVMA_SCRIPT_WRONG;
	if (!svma_line_parse(script->text, line, &script->error) || !finish_line(script, line) ||
	    !check_name(script, line))
		return SVMA_SCRIPT_WRONG;
	if (line->kind != SVMA_LINE_CALL && line->kind != SVMA_LINE_OTHER_CALL)
		return SVMA_SCRIPT_LINE;
	if (script->all)
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
