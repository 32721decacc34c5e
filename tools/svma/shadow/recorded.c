// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "mirror.h"
#include "record.h"
#include "recorded.h"
#include "smaps.h"

/* Ends of the address space with four and with five levels of page tables. */
#define HIGH_4		((1ULL << 47) - SHADOW_PAGE)
#define HIGH_5		((1ULL << 56) - SHADOW_PAGE)

/* Mappings are no further below the stack than this, and programs further than that. */
#define NEAR_STACK	(2ULL << 40)

/* Mappings that go upwards start no further above the legacy base than chance puts them. */
#define NEAR_BOTTOM	(1ULL << 40)

/* A range of addresses. */
struct range {
	__u64 start;
	__u64 end;
};

/**
 * struct shadow_recorded - what the log knows of one address space
 * @told: the log has its layout
 * @layout: the values that it has
 * @limits_seen: generation of the limits among them
 * @brk: end of the heap, 0 if no call told it
 * @now: the regions, before the call
 * @after: the regions after the last call; none if they are not known
 * @written: ranges that the log tells to be written
 * @n_written: how many
 */
struct shadow_recorded {
	bool told;
	struct svma_layout layout;
	__u64 limits_seen;
	__u64 brk;
	struct shadow_smaps now;
	struct svma_proc_maps after;
	struct range *written;
	size_t n_written;
};

void shadow_record_values(FILE *out, const struct svma_field *fields, const void *structure,
			  __u64 told)
{
	char text[64];

	for (; fields->name; fields++) {
		if (!(fields->told & told))
			continue;
		svma_field_format(fields, svma_field_get(fields, structure), text, sizeof(text));
		fprintf(out, " %s=%s", fields->name, text);
	}
	fputc('\n', out);
}

static struct shadow_recorded *recorded_of(struct shadow_mirror *mirror)
{
	if (!mirror->recorded)
		mirror->recorded = calloc(1, sizeof(*mirror->recorded));
	if (!mirror->recorded)
		abort();
	return mirror->recorded;
}

static void add_written(struct shadow_recorded *r, __u64 start, __u64 end)
{
	r->written = reallocarray(r->written, r->n_written + 1, sizeof(*r->written));
	if (!r->written)
		abort();
	r->written[r->n_written++] = (struct range){ start, end };
}

static bool is_told_written(const struct shadow_recorded *r, const struct shadow_smap *map)
{
	for (size_t i = 0; i < r->n_written; i++)
		if (r->written[i].start < map->end && map->start < r->written[i].end)
			return true;
	return false;
}

static void forget(struct shadow_recorded *r, __u64 start, __u64 end)
{
	for (size_t i = 0; i < r->n_written;)
		if (r->written[i].start < end && start < r->written[i].end)
			r->written[i] = r->written[--r->n_written];
		else
			i++;
}

void shadow_recorded_forget(struct shadow_mirror *mirror, __u64 start, __u64 len)
{
	forget(recorded_of(mirror), start, start + len);
}

void shadow_recorded_heap(struct shadow_mirror *mirror, __u64 brk)
{
	struct shadow_recorded *r = recorded_of(mirror);

	/* What the heap gives back and takes again is new. */
	if (brk < r->brk)
		forget(r, brk, r->brk);
	r->brk = brk;
}

/* Does the kernel use five levels? What cpuinfo does not name is not in use. */
static bool five_levels(void)
{
	static int known = -1;
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	if (known >= 0)
		return known;
	known = 0;
	f = fopen("/proc/cpuinfo", "re");
	while (f && getline(&line, &cap, f) > 0)
		if (!strncmp(line, "flags", 5)) {
			known = !!strstr(line, " la57");
			break;
		}
	if (f)
		fclose(f);
	free(line);
	return known;
}

/* The same where mappings go upwards: the loader is the first one. */
static void guess_bottom(struct svma_layout *layout, const struct shadow_smaps *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (now->v[i].start >= layout->legacy_base &&
		    now->v[i].start - layout->legacy_base <= NEAR_BOTTOM) {
			layout->mmap_base = now->v[i].start;
			layout->told |= SVMA_LAYOUT_MMAP_BASE;
			return;
		}
}

/*
 * Nothing tells where free mappings end. Exec leaves the program's loader there, or the kernel's
 * own pages; of a program that has neither, it is seen when it first maps something.
 */
static void guess_base(struct svma_layout *layout, const struct shadow_smaps *now)
{
	if (layout->direction == SVMA_BOTTOMUP) {
		guess_bottom(layout, now);
		return;
	}
	for (size_t i = now->n; i--;) {
		const struct shadow_smap *map = &now->v[i];

		if (map->end > layout->stack_top || map->flags & SVMA_VM_STACK)
			continue;
		if (layout->stack_top - map->end < NEAR_STACK) {
			layout->mmap_base = map->end;
			layout->told |= SVMA_LAYOUT_MMAP_BASE;
		}
		return;
	}
}

static void tell_region(FILE *out, pid_t tid, const struct shadow_smap *map)
{
	bool own_offset = map->inode || map->flags & SVMA_VM_MAYSHARE;
	char flags[512];

	svma_maps_flags(flags, sizeof(flags), map->flags);
	for (char *p = flags; *p; p++)
		if (*p == ' ')
			*p = '+';
	/* Of private anonymous regions the kernel shows no offset: it is their address. */
	fprintf(out, "#region %d %08llx-%08llx 0x%llx %s %s%s%s\n", (int)tid, map->start, map->end,
		own_offset ? map->offset : map->start, flags, map->written ? "written" : "-",
		*map->path ? " " : "", map->path);
}

static int tell_all(struct shadow *sh, struct shadow_task *task, struct shadow_recorded *r)
{
	FILE *out = sh->record->out;
	struct svma_layout layout;
	int err = svma_proc_layout(task->tid, &layout);

	if (err)
		return err;
	layout.high = five_levels() ? HIGH_5 : HIGH_4;
	layout.legacy_base = (HIGH_4 / 3 + SHADOW_PAGE - 1) & ~(SHADOW_PAGE - 1);
	layout.told |= SVMA_LAYOUT_HIGH | SVMA_LAYOUT_LEGACY_BASE;
	if (r->brk)
		layout.brk = r->brk;
	if (r->told) {
		layout.mmap_base = r->layout.mmap_base;
		layout.told |= r->layout.told & SVMA_LAYOUT_MMAP_BASE;
	} else {
		guess_base(&layout, &r->now);
	}
	r->layout = layout;
	r->limits_seen = sh->limits_changed;
	r->told = true;
	r->n_written = 0;
	fprintf(out, "#layout %d", (int)task->tid);
	shadow_record_values(out, svma_layout_fields, &layout, layout.told);
	for (size_t i = 0; i < r->now.n; i++) {
		tell_region(out, task->tid, &r->now.v[i]);
		if (r->now.v[i].written)
			add_written(r, r->now.v[i].start, r->now.v[i].end);
	}
	return svma_proc_maps_read(task->tid, &r->after);
}

static int tell_values(struct shadow *sh, struct shadow_task *task, struct shadow_recorded *r)
{
	const __u64 changing = SVMA_LAYOUT_LIMIT_AS | SVMA_LAYOUT_LIMIT_DATA |
			       SVMA_LAYOUT_LIMIT_STACK | SVMA_LAYOUT_LIMIT_MEMLOCK |
			       SVMA_LAYOUT_PERSONALITY;
	struct svma_layout layout;
	int err;

	if (r->limits_seen == sh->limits_changed)
		return 0;
	err = svma_proc_layout(task->tid, &layout);
	if (err)
		return err;
	r->limits_seen = sh->limits_changed;
	fprintf(sh->record->out, "#set %d", (int)task->tid);
	shadow_record_values(sh->record->out, svma_layout_fields, &layout, changing);
	return 0;
}

static void tell_written(FILE *out, struct shadow_task *task, struct shadow_recorded *r)
{
	for (size_t i = 0; i < r->now.n; i++) {
		const struct shadow_smap *map = &r->now.v[i];

		if (!map->written || is_told_written(r, map))
			continue;
		fprintf(out, "#written %d 0x%llx\n", (int)task->tid, map->start);
		add_written(r, map->start, map->end);
	}
}

/* Are the regions those that the last call has left, but for stacks that grew? */
static bool follow_growth(FILE *out, struct shadow_task *task, struct shadow_recorded *r)
{
	const struct svma_proc_maps *was = &r->after;
	size_t n = was->n;

	if (n && was->v[n - 1].start >> 63)
		n--;
	if (n != r->now.n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct shadow_smap *map = &r->now.v[i];

		if (map->start == was->v[i].start && map->end == was->v[i].end)
			continue;
		if (!(map->flags & SVMA_VM_GROWSDOWN) || map->end != was->v[i].end ||
		    map->start > was->v[i].start)
			return false;
		fprintf(out, "#grown %d 0x%llx\n", (int)task->tid, map->start);
	}
	return true;
}

int shadow_recorded_follow(struct shadow *sh, struct shadow_task *task)
{
	struct shadow_recorded *r = recorded_of(task->mirror);
	FILE *out = sh->record->out;
	int err = shadow_smaps_read(task->tid, r->layout.stack_top, &r->now);

	if (!err && !r->told) {
		/* Once more, now that it is known where the stack is. */
		err = svma_proc_layout(task->tid, &r->layout);
		if (!err)
			err = shadow_smaps_read(task->tid, r->layout.stack_top, &r->now);
		return err ? err : tell_all(sh, task, r);
	}
	if (err)
		return err;
	if (!r->after.n || !follow_growth(out, task, r)) {
		sh->record->whole++;
		fputs("# changed by what this log does not tell: the layout once more\n", out);
		return tell_all(sh, task, r);
	}
	tell_written(out, task, r);
	return tell_values(sh, task, r);
}

void shadow_recorded_done(struct shadow_task *task, bool clean)
{
	struct shadow_recorded *r = recorded_of(task->mirror);

	if (!clean || svma_proc_maps_read(task->tid, &r->after))
		r->after.n = 0;
}

void shadow_recorded_copy(struct shadow_mirror *to, const struct shadow_mirror *from)
{
	const struct shadow_recorded *f = from->recorded;
	struct shadow_recorded *r;

	if (!f)
		return;
	r = recorded_of(to);
	r->told = f->told;
	r->layout = f->layout;
	r->limits_seen = f->limits_seen;
	r->brk = f->brk;
	for (size_t i = 0; i < f->n_written; i++)
		add_written(r, f->written[i].start, f->written[i].end);
	for (size_t i = 0; i < f->now.n; i++)
		if (f->now.v[i].flags & SVMA_VM_WIPEONFORK)
			forget(r, f->now.v[i].start, f->now.v[i].end);
	/* The child has not run: its regions are those that fork has left. */
	if (svma_proc_maps_read(to->pid, &r->after))
		r->after.n = 0;
}

void shadow_recorded_free(struct shadow_recorded *r)
{
	if (!r)
		return;
	shadow_smaps_free(&r->now);
	svma_proc_maps_free(&r->after);
	free(r->written);
	free(r);
}
