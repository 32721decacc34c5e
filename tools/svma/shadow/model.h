/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine behind the mirrors.
 *
 * The tracer knows it only through this table, so that it can be run without one (--dry-run). Every
 * function returns 0 or a negative errno, those that make a space its descriptor.
 */
#ifndef SVMA_SHADOW_MODEL_H
#define SVMA_SHADOW_MODEL_H

#include "client.h"
#include "shadow.h"
#include "verbs.h"

/**
 * struct shadow_model - an engine
 * @name: for the summary
 * @open: make a machine that is told the values of the real one
 * @huge: tell the machine how many huge pages the real one has left now; @there: pages that are
 *        there already for what is mapped next
 * @task: layout of a traced task
 * @task_regions: regions of a traced task, with what maps does not show
 * @space: make a space of regions only
 * @layout_get: what a space was told, and the end of its heap
 * @layout_set: tell a space its layout
 * @import: add a region as it is
 * @anon: tell which private regions were written
 * @match: where its regions and those of a traced task part; an errno where it cannot tell
 * @grow: what a fault does to the regions
 * @regions: list the regions
 * @fork: what fork does to a space
 * @call: do a memory call as svma_verb_space() does: what the system call would return, -ENOTTY or
 *        -EOPNOTSUPP where the engine has no such call
 * @close: a space or a machine is not needed any more
 */
struct shadow_model {
	const char *name;
	int (*open)(void);
	int (*huge)(int machine, __u64 there);
	int (*task)(int machine, pid_t pid, struct svma_task *task);
	int (*task_regions)(int machine, pid_t pid, struct svma_task_region_list *list);
	int (*space)(int machine);
	int (*layout_get)(int space, struct svma_layout *layout);
	int (*layout_set)(int space, const struct svma_layout *layout);
	int (*import)(int space, const struct svma_import *import);
	int (*anon)(int space, __u64 start, __u32 anon, __u32 anon_flags);
	int (*match)(int space, pid_t pid, __u64 *addr, __u32 *files);
	int (*grow)(int space, __u64 addr);
	int (*regions)(int space, struct svma_region_list *list);
	int (*fork)(int space);
	__s64 (*call)(const struct svma_verb *verb, const struct svma_verb_env *env,
		      const __u64 args[SVMA_VERB_ARGS]);
	void (*close)(int fd);
};

extern const struct shadow_model shadow_model_module;
extern const struct shadow_model shadow_model_none;

#endif
