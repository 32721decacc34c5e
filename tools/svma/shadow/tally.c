// SPDX-License-Identifier: GPL-2.0
/*
 * Each call that is counted is counted once more when it is known what came of it: compared, told,
 * interrupted, not modelled, not serialised. So the summary adds up.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "calls.h"
#include "mirror.h"
#include "shadow.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* What the kernel keeps for itself: "to be restarted". */
#define ERESTARTSYS		512
#define ERESTART_RESTARTBLOCK	516

#define OPTION(name) { name, #name }

static const struct {
	__u64 value;
	const char *name;
} prctl_options[] = {
	OPTION(PR_SET_MM), OPTION(PR_SET_THP_DISABLE), OPTION(PR_SET_VMA), OPTION(PR_SET_MDWE),
	OPTION(PR_SET_MEMORY_MERGE),
};

bool shadow_interrupted(__s64 result)
{
	return (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK) || result == -EINTR;
}

void shadow_tally_open(struct shadow *sh, struct shadow_task *task)
{
	task->call.open = true;
	sh->stats.calls++;
	shadow_count(&sh->stats.by_verb, task->call.verb->name);
}

void shadow_tally(struct shadow_task *task, __u64 *figure)
{
	*figure += task->call.open;
	task->call.open = false;
}

/* Calls that do many things are named with what they were to do. */
static const char *option_of(const struct shadow_call *call)
{
	for (size_t i = 0; i < sizeof(prctl_options) / sizeof(prctl_options[0]); i++)
		if (call->verb->nr == SYS_prctl && prctl_options[i].value == call->args[0])
			return prctl_options[i].name;
	return NULL;
}

void shadow_tally_unmodelled(struct shadow *sh, struct shadow_task *task, const char *why)
{
	const struct shadow_call *call = &task->call;
	char name[96];

	if (!why)
		why = option_of(call);
	if (why)
		snprintf(name, sizeof(name), "%s (%s)", call->verb->name, why);
	else
		snprintf(name, sizeof(name), "%s", call->verb->name);
	shadow_count(&sh->stats.unmodelled, name);
	shadow_tally(task, &sh->stats.not_modelled);
}

/* A task has one mode of seccomp: who has a filter, as ours, does not get the strict one. */
void shadow_tally_refused(struct shadow *sh, const struct shadow_call *call)
{
	static const char note[] =
		"strict seccomp refused, because of the filter: use --no-seccomp";
	bool strict = false;

	if (call->verb->nr == SYS_prctl)
		strict = call->args[0] == PR_SET_SECCOMP && call->args[1] == SECCOMP_MODE_STRICT;
	else if (call->verb->nr == SYS_seccomp)
		strict = call->args[0] == SECCOMP_SET_MODE_STRICT;
	if (strict && !sh->opt.no_seccomp)
		shadow_count(&sh->stats.notes, note);
}
