// SPDX-License-Identifier: GPL-2.0
/*
 * Start the sides of a run and set the values that it asks for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "explain.h"
#include "import.h"
#include "run.h"

/* Limits are the one setting that a child of the kernel takes as well. */
static int set_host(struct svma_run *run)
{
	const struct svma_run_options *o = run->options;

	for (size_t i = 0; i < o->n_settings; i++) {
		const struct svma_setting *s = &o->settings[i];
		int err;

		if (s->field->limit < 0) {
			svma_error("\"%s\" cannot be set on the host", s->field->name);
			return SVMA_EXIT_USAGE;
		}
		err = svma_host_limit(&run->host.host, s->field->limit, s->value);
		if (err) {
			svma_error("cannot set %s: %s", s->field->name, strerror(-err));
			return SVMA_EXIT_FAILURE;
		}
	}
	return SVMA_EXIT_OK;
}

static int set(struct svma_run *run, const struct svma_setting *settings, size_t n)
{
	struct svma_machine machine;
	struct svma_layout layout;
	int err = 0;

	svma_settings_apply(settings, n, &layout, &machine);
	if (layout.told)
		err = svma_client_layout_set(run->shadow.space, &layout);
	if (!err && machine.told)
		err = svma_client_machine_set(run->shadow.machine, &machine);
	return err;
}

/* Which of them? Each is tried alone; if none is refused, it is how they go together. */
static int refused(struct svma_run *run, int err)
{
	const struct svma_run_options *o = run->options;
	char text[32];

	for (size_t i = 0; i < o->n_settings; i++) {
		const struct svma_setting *s = &o->settings[i];
		int alone = set(run, s, 1);

		if (!alone)
			continue;
		svma_field_format(s->field, s->value, text, sizeof(text));
		svma_error("cannot set %s=%s: %s", s->field->name, text, strerror(-alone));
		return SVMA_EXIT_FAILURE;
	}
	svma_error("cannot set the values of the space, all together: %s", strerror(-err));
	return SVMA_EXIT_FAILURE;
}

int svma_run_set_shadow(struct svma_run *run)
{
	int err = set(run, run->options->settings, run->options->n_settings);

	if (!err)
		return SVMA_EXIT_OK;
	return refused(run, err);
}

static void tell_no_space(const struct svma_run_options *o, int err)
{
	if (err == -EINVAL && o->kernel)
		svma_error("the rules of kernel %u.%u are not known: 6.1 is the oldest",
			   o->kernel >> 16, o->kernel >> 8 & 255);
	else
		svma_error_device(err);
}

static int start_sides(struct svma_run *run)
{
	const struct svma_run_options *o = run->options;
	int err, status = SVMA_EXIT_OK;

	if (o->on_shadow) {
		err = svma_side_space(&run->shadow, o->layout ? SVMA_SPACE_LAYOUT : 0, o->profile,
				      o->kernel);
		if (err) {
			tell_no_space(o, err);
			return SVMA_EXIT_FAILURE;
		}
	}
	if (o->on_host) {
		/* Spaces with pages do not take the regions of files that a program starts with. */
		err = svma_side_host(&run->host, o->randomize, !o->layout);
		if (err) {
			svma_error("cannot start the host's child: %s", strerror(-err));
			return SVMA_EXIT_FAILURE;
		}
		status = set_host(run);
	}
	if (status != SVMA_EXIT_OK || !o->on_shadow)
		return status;
	if (o->import &&
	    svma_import_process(&run->shadow, o->import, o->profile, o->kernel))
		return SVMA_EXIT_FAILURE;
	if (!o->on_host)
		return svma_run_set_shadow(run);
	err = svma_side_adopt(&run->shadow, &run->host);
	if (err) {
		svma_error("cannot give the space the child's layout: %s", strerror(-err));
		return SVMA_EXIT_FAILURE;
	}
	if (run->shadow.cut && !o->quiet && !o->json)
		printf("# the space ends at 47 bits, the child's addresses at 0x%llx\n",
		       run->shadow.cut);
	return SVMA_EXIT_OK;
}

int svma_run_start(struct svma_run *run)
{
	int status = start_sides(run), err;

	if (status != SVMA_EXIT_OK || !run->options->explain)
		return status;
	err = svma_explain_start(run->shadow.space);
	if (err) {
		svma_error("the space does not tell its steps: %s", strerror(-err));
		return SVMA_EXIT_FAILURE;
	}
	return status;
}
