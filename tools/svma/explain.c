// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "explain.h"
#include "maps.h"

/* More than the module keeps of one verb. */
#define STEPS_ROOM 1024

/* Names of the kinds and of their values, for JSON. */
static const struct {
	const char *name;
	const char *values[4];
} kinds[] = {
	[SVMA_STEP_SPLIT] = { "split", { "start", "end", "at" } },
	[SVMA_STEP_MERGE] = { "merge", { "start", "end", "new_start", "new_end" } },
	[SVMA_STEP_NEW] = { "new", { "start", "end" } },
	[SVMA_STEP_DETACH] = { "detach", { "start", "end" } },
	[SVMA_STEP_RESIZE] = { "resize", { "start", "end", "new_start", "new_end" } },
	[SVMA_STEP_PROTECT] = { "flags", { "start", "end", "new_flags", "old_flags" } },
	[SVMA_STEP_MOVE] = { "move", { "start", "end", "new_start", "new_end" } },
	[SVMA_STEP_CHARGE] = { "charge", { "pages" } },
	[SVMA_STEP_UNCHARGE] = { "uncharge", { "pages" } },
	[SVMA_STEP_FOUND] = { "free_place", { "start", "bytes" } },
	[SVMA_STEP_UNMAP] = { "unmap", { "start", "end" } },
	[SVMA_STEP_DISCARD] = { "discard", { "start", "end" } },
	[SVMA_STEP_LOOKUP] = { "lookup", { "addr", "start", "end", "cached" } },
	[SVMA_STEP_SEARCH] = { "search", { "bytes", "from", "hole_below" } },
	[SVMA_STEP_RESTART] = { "restart", { "from" } },
	[SVMA_STEP_FORGET] = { "forget", { "start" } },
	[SVMA_STEP_ENTRIES] = { "entries", { "start", "end" } },
	[SVMA_STEP_GUARD] = { "guard", { "start", "end", "set" } },
	[SVMA_STEP_ANON] = { "first_write", { "start", "end", "reverse_map" } },
	[SVMA_STEP_COPY] = { "copy", { "start", "end", "child_flags", "flags" } },
	[SVMA_STEP_LEAVE] = { "leave", { "start", "end" } },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

int svma_explain_start(int space)
{
	__u32 none = 0, lost;

	return svma_client_steps(space, NULL, &none, &lost);
}

int svma_explain_take(int space, struct svma_explained *steps)
{
	*steps = (struct svma_explained){ .n = STEPS_ROOM };
	steps->v = calloc(STEPS_ROOM, sizeof(*steps->v));
	if (!steps->v)
		return -ENOMEM;
	return svma_client_steps(space, steps->v, &steps->n, &steps->lost);
}

void svma_explained_free(struct svma_explained *steps)
{
	free(steps->v);
	*steps = (struct svma_explained){ 0 };
}

static void format_merge(char *buf, size_t size, const struct svma_step *s)
{
	char below[64] = "", above[64] = "";

	if (s->c < s->a)
		snprintf(below, sizeof(below), " with %08llx-%08llx below", s->c, s->a);
	if (s->b < s->d)
		snprintf(above, sizeof(above), " %s %08llx-%08llx above", *below ? "and" : "with",
			 s->b, s->d);
	snprintf(buf, size, "merged %08llx-%08llx%s%s: now %08llx-%08llx", s->a, s->b, below, above,
		 s->c, s->d);
}

static void format_flags(char *buf, size_t size, const struct svma_step *s)
{
	char with[192] = "", without[192] = "", names[160];

	if (s->c & ~s->d) {
		svma_maps_flags(names, sizeof(names), s->c & ~s->d);
		snprintf(with, sizeof(with), " now has %s", names);
	}
	if (s->d & ~s->c) {
		svma_maps_flags(names, sizeof(names), s->d & ~s->c);
		snprintf(without, sizeof(without), "%s no longer has %s", *with ? "," : "", names);
	}
	snprintf(buf, size, "%08llx-%08llx%s%s", s->a, s->b, with, without);
}

static void format_copy(char *buf, size_t size, const struct svma_step *s)
{
	char without[192] = "", names[160];

	if (s->d & ~s->c) {
		svma_maps_flags(names, sizeof(names), s->d & ~s->c);
		snprintf(without, sizeof(without), " without %s", names);
	}
	snprintf(buf, size, "the child has %08llx-%08llx%s%s", s->a, s->b, without,
		 s->c & SVMA_VM_WIPEONFORK ? ", wiped" : "");
}

static void format_lookup(char *buf, size_t size, const struct svma_step *s)
{
	if (!s->c)
		snprintf(buf, size, "found no region at 0x%llx or above", s->a);
	else
		snprintf(buf, size, "found %08llx-%08llx %s 0x%llx%s", s->b, s->c,
			 s->b <= s->a ? "at" : "above", s->a,
			 s->d ? ", the last-found region" : "");
}

static void format_search(char *buf, size_t size, const struct svma_step *s)
{
	char hole[64];

	if (s->c == ~0ULL)
		snprintf(hole, sizeof(hole), "the largest hole below it is not known");
	else
		snprintf(hole, sizeof(hole), "the largest hole known below it has %llu bytes",
			 s->c);
	snprintf(buf, size, "searched for %llu bytes from 0x%llx, %s", s->a, s->b, hole);
}

static const char *pages(__u64 n)
{
	return n == 1 ? "page" : "pages";
}

void svma_step_format(char *buf, size_t size, const struct svma_step *s)
{
#define SAY(...) snprintf(buf, size, __VA_ARGS__)
	switch (s->kind) {
	case SVMA_STEP_SPLIT:
		SAY("split %08llx-%08llx at 0x%llx", s->a, s->b, s->c);
		break;
	case SVMA_STEP_MERGE:
		format_merge(buf, size, s);
		break;
	case SVMA_STEP_NEW:
		SAY("made %08llx-%08llx", s->a, s->b);
		break;
	case SVMA_STEP_DETACH:
		SAY("detached %08llx-%08llx", s->a, s->b);
		break;
	case SVMA_STEP_RESIZE:
		SAY("%08llx-%08llx is now %08llx-%08llx", s->a, s->b, s->c, s->d);
		break;
	case SVMA_STEP_PROTECT:
		format_flags(buf, size, s);
		break;
	case SVMA_STEP_MOVE:
		SAY("moved %08llx-%08llx to %08llx-%08llx", s->a, s->b, s->c, s->d);
		break;
	case SVMA_STEP_CHARGE:
		SAY("charged %llu %s", s->a, pages(s->a));
		break;
	case SVMA_STEP_UNCHARGE:
		SAY("uncharged %llu %s", s->a, pages(s->a));
		break;
	case SVMA_STEP_FOUND:
		SAY("found free %08llx-%08llx", s->a, s->a + s->b);
		break;
	case SVMA_STEP_UNMAP:
		SAY("removed entries and pages of %08llx-%08llx", s->a, s->b);
		break;
	case SVMA_STEP_DISCARD:
		SAY("removed entries and pages of %08llx-%08llx, the region stays", s->a, s->b);
		break;
	case SVMA_STEP_LOOKUP:
		format_lookup(buf, size, s);
		break;
	case SVMA_STEP_SEARCH:
		format_search(buf, size, s);
		break;
	case SVMA_STEP_RESTART:
		SAY("the next search starts at 0x%llx", s->a);
		break;
	case SVMA_STEP_FORGET:
		SAY("forgot the last-found region, at 0x%llx", s->a);
		break;
	case SVMA_STEP_ENTRIES:
		SAY("removed entries of %08llx-%08llx, the pages stay", s->a, s->b);
		break;
	case SVMA_STEP_GUARD:
		SAY("%s guards in %08llx-%08llx", s->c ? "set" : "removed", s->a, s->b);
		break;
	case SVMA_STEP_ANON:
		SAY("%08llx-%08llx is written for the first time: reverse map %llu", s->a, s->b,
		    s->c);
		break;
	case SVMA_STEP_COPY:
		format_copy(buf, size, s);
		break;
	case SVMA_STEP_LEAVE:
		SAY("the child does not have %08llx-%08llx", s->a, s->b);
		break;
	default:
		/* Of a module that is newer than this program. */
		SAY("step of kind %u: 0x%llx 0x%llx 0x%llx 0x%llx", s->kind, s->a, s->b, s->c,
		    s->d);
	}
#undef SAY
}

struct json_object *svma_step_json(const struct svma_step *step)
{
	static const char *const plain[4] = { "a", "b", "c", "d" };
	const __u64 values[4] = { step->a, step->b, step->c, step->d };
	const bool known = step->kind < N_KINDS;
	struct json_object *object = json_object_new_object();
	char number[16];

	snprintf(number, sizeof(number), "%u", step->kind);
	json_object_object_add(object, "step",
			       json_object_new_string(known ? kinds[step->kind].name : number));
	for (unsigned int i = 0; i < 4; i++) {
		const char *name = known ? kinds[step->kind].values[i] : plain[i];

		if (name)
			json_object_object_add(object, name, json_object_new_uint64(values[i]));
	}
	return object;
}
