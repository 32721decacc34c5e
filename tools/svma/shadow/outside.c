// SPDX-License-Identifier: GPL-2.0
/*
 * What a call changed for which the model has no answer: told with its address and size.
 */
#include <stdio.h>

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
