// SPDX-License-Identifier: GPL-2.0
/*
 * What a call changed for which the model has no answer, and what changed between two calls: told
 * with its address and size.
 */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "compare.h"
#include "mirror.h"
#include "model.h"

/* How much of the address space differs, from where the layouts part. */
static __u64 size_of(const struct shadow_mirror *mirror, const struct shadow_parting *p)
{
	const struct svma_region *r = NULL;
	const struct svma_proc_map *map = NULL;

	if (p->model < mirror->regions.n)
		r = &mirror->regions.v[p->model];
	if (p->kernel < mirror->maps.n)
		map = &mirror->maps.v[p->kernel];
	switch (p->field) {
	case SHADOW_FIELD_MISSING:
		return map ? map->end - map->start : 0;
	case SHADOW_FIELD_EXTRA:
		return r ? r->end - r->start : 0;
	case SHADOW_FIELD_END:
		if (r && map)
			return r->end > map->end ? r->end - map->end : map->end - r->end;
		return 0;
	default:
		return map ? map->end - map->start : 0;
	}
}

void shadow_call_changed(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_mirror *mirror = task->mirror;
	const struct shadow_call *call = &task->call;
	struct shadow_parting p;
	char name[64];

	/* Where the model did the call, it is not what it was before. */
	if (mirror->space < 0 || mirror->stale || mirror->mixed || !sh->model->space ||
	    svma_result_is_error(call->result) ||
	    (call->predicted && !svma_result_is_error(call->expect)))
		return;
	if (shadow_mirror_list(sh, mirror, task->tid))
		return;
	p = shadow_compare(&mirror->regions, &mirror->maps);
	if (!p.field)
		return;
	snprintf(name, sizeof(name), "changed by %s", call->verb->name);
	shadow_count(&sh->stats.outside, name);
	shadow_say(sh, "space %u: %s at %llx, %llu bytes: %s", mirror->id, name,
		   p.field == SHADOW_FIELD_END ? p.addr + 1 : p.addr, size_of(mirror, &p),
		   shadow_field_name(p.field));
}

/* As /proc/PID/maps names the region that starts there: "" for none. */
static void name_of(const struct svma_proc_maps *maps, __u64 start, char *name, size_t size)
{
	const struct svma_proc_map *map = svma_proc_maps_find(maps, start);

	snprintf(name, size, "%s", map && map->start == start ? map->path : "");
}

static void say_region(struct shadow *sh, struct shadow_mirror *mirror, const char *name,
		       const char *what, __u64 start, __u64 end)
{
	char text[80] = "layout changed between two calls";

	/* [uprobes], /[aio]: what the kernel maps by itself has a name of its own. */
	if (strchr(name, '['))
		snprintf(text, sizeof(text), "%.60s is %s", name, what);
	shadow_count(&sh->stats.outside, text);
	shadow_say(sh, "space %u: changed between two calls: %s is %s: %llx-%llx, %llu bytes",
		   mirror->id, *name ? name : "a region", what, start, end, end - start);
}

void shadow_drifted(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid, size_t at)
{
	const struct svma_region *m = at < mirror->regions.n ? &mirror->regions.v[at] : NULL;
	const struct svma_task_region *k = at < mirror->kernel.n ? &mirror->kernel.v[at] : NULL;
	struct svma_proc_maps now = { 0 };
	char name[128];

	if (k && (!m || k->end <= m->start)) {
		*name = '\0';
		if (!svma_proc_maps_read(pid, &now))
			name_of(&now, k->start, name, sizeof(name));
		svma_proc_maps_free(&now);
		say_region(sh, mirror, name, "new", k->start, k->end);
	} else if (m && (!k || m->end <= k->start)) {
		name_of(&mirror->maps, m->start, name, sizeof(name));
		say_region(sh, mirror, name, "gone", m->start, m->end);
	} else if (m && k && m->start == k->start && m->end == k->end) {
		shadow_count(&sh->stats.outside, "userfaultfd's registration changed");
		shadow_say(sh,
			   "space %u: userfaultfd's registration changed: %llx-%llx, %llu bytes",
			   mirror->id, k->start, k->end, k->end - k->start);
	} else if (m && k) {
		shadow_count(&sh->stats.outside, "layout changed between two calls");
		shadow_say(sh, "space %u: changed between two calls: was %llx-%llx, is %llx-%llx",
			   mirror->id, m->start, m->end, k->start, k->end);
	}
}
