// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of a space's regions, and going back to them.
 *
 * A snapshot is exact: locks, regions that a child would not get, the layout and its limits are in
 * it. It is charged to the machine as a child would be, because each page of it may have to be kept
 * beside what the space makes of it. It does not own reservations of huge pages.
 */
#include "region.h"

/* All that is not regions, charges or statistics. */
static void svma_snapshot_state(struct svma_core *to, const struct svma_core *from)
{
	to->rules = from->rules;
	to->layout = from->layout;
	to->total = from->total;
	to->locked = from->locked;
	to->data = from->data;
	to->exec = from->exec;
	to->stack = from->stack;
	to->last_anon = from->last_anon;
	to->free_area_cache = from->free_area_cache;
	to->cached_hole_size = from->cached_hole_size;
	to->cache_start = from->cache_start;
}

/* Regions that came by the index alone get into the reverse maps of their files. */
static void svma_snapshot_adopt(struct svma_core *core, unsigned long mapped)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	if (!mapped && !READ_ONCE(core->machine->huge_reserved))
		return;
	more = svma_cursor_find(&cursor, &core->index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		svma_rmap_add(core, &vma);
		if (vma.attr & SVMA_ATTR_RESERVED) {
			svma_huge_forget(&vma);
			svma_index_set(&core->index, vma.start, &vma);
		}
		cond_resched();
	}
}

/* Regions that are going to go leave them. */
static void svma_snapshot_abandon(struct svma_core *core)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	if (!core->mapped && !READ_ONCE(core->machine->huge_reserved))
		return;
	more = svma_cursor_find(&cursor, &core->index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		svma_rmap_remove(core, &vma);
		svma_huge_release(core, &vma);
		cond_resched();
	}
}

/**
 * svma_core_snapshot() - copy all regions, as they are
 * @core: the space, exclusively: it tells the steps
 * @copy: an empty space of the same machine, from svma_core_init(); to be destroyed by the caller
 *        on error
 *
 * Return: 0 or -ENOMEM.
 */
int svma_core_snapshot(struct svma_core *core, struct svma_core *copy)
{
	int err;

	err = svma_rmap_reserve(copy, core->mapped);
	if (err)
		return err;
	err = svma_charge(copy, core->committed);
	if (err)
		return err;
	err = svma_index_clone(&copy->index, &core->index);
	if (err)
		return err;
	svma_snapshot_state(copy, core);
	svma_snapshot_adopt(copy, core->mapped);
	if (core->committed)
		svma_step(core, SVMA_STEP_CHARGE, core->committed, 0, 0, 0);
	return 0;
}

/**
 * svma_core_restore_gather() - all that can fail of a restore
 * @core: the space, exclusively
 * @snapshot: of the same machine, at least shared
 * @restore: out: for svma_core_restore_commit(), which must follow on success
 *
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int svma_core_restore_gather(struct svma_core *core, struct svma_core *snapshot,
			     struct svma_core_restore *restore)
{
	int err = 0;

	restore->same = svma_index_same(&core->index, &snapshot->index);
	svma_index_init(&restore->index);
	if (!restore->same) {
		err = svma_rmap_reserve(core, snapshot->mapped);
		if (!err)
			err = svma_index_clone(&restore->index, &snapshot->index);
	}
	if (!err && snapshot->committed > core->committed)
		err = svma_charge(core, snapshot->committed - core->committed);
	if (err)
		svma_index_destroy(&restore->index);
	return err;
}

/* May entries of windows on a region stay, as far as the region goes? */
static bool svma_restore_keeps(const struct svma_vma *vma, const struct svma_vma *then)
{
	return then->start <= vma->start && vma->end <= then->end &&
	       !((vma->flags ^ then->flags) & (SVMA_VM_ACCESS | SVMA_VM_SHARED)) &&
	       vma->backing == then->backing &&
	       (!vma->backing ||
		vma->pgoff == then->pgoff + svma_pages(vma->start - then->start));
}

static void svma_restore_entries(struct svma_core *core, struct svma_index *index)
{
	struct svma_vma vma, then;
	struct svma_cursor cursor;
	bool more = svma_cursor_find(&cursor, &core->index, 0, &vma);

	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		if (!svma_index_find(index, vma.start, &then) || !svma_restore_keeps(&vma, &then))
			core->ops->protect(core, vma.start, vma.end);
		cond_resched();
	}
}

/* Regions of one index that are not in another one, as steps. */
static void svma_restore_tell(struct svma_core *core, u32 kind, struct svma_index *of,
			      struct svma_index *not_in)
{
	struct svma_vma vma, other;
	struct svma_cursor cursor;
	bool more = svma_cursor_find(&cursor, of, 0, &vma);

	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		if (!svma_index_find(not_in, vma.start, &other) || other.start != vma.start ||
		    other.end != vma.end || other.flags != vma.flags ||
		    other.backing != vma.backing || other.pgoff != vma.pgoff)
			svma_step(core, kind, vma.start, vma.end, 0, 0);
		cond_resched();
	}
}

/**
 * svma_core_restore_commit() - make the regions of a space those of a snapshot
 * @core: the space, exclusively
 * @snapshot: the snapshot
 * @restore: from svma_core_restore_gather()
 *
 * Pages are the caller's to restore. Where a region was not in the snapshot, or allowed something
 * else, its hardware entries go.
 */
void svma_core_restore_commit(struct svma_core *core, struct svma_core *snapshot,
			      struct svma_core_restore *restore)
{
	struct svma_index old;

	if (!restore->same) {
		svma_restore_entries(core, &restore->index);
		if (svma_step_wanted(core)) {
			svma_restore_tell(core, SVMA_STEP_DETACH, &core->index, &restore->index);
			svma_restore_tell(core, SVMA_STEP_NEW, &restore->index, &core->index);
		}
		svma_snapshot_abandon(core);
		old = core->index;
		restore->index.version = old.version + 1;
		core->index = restore->index;
		svma_index_destroy(&old);
		svma_snapshot_adopt(core, snapshot->mapped);
	}
	if (core->committed > snapshot->committed)
		svma_uncharge(core, core->committed - snapshot->committed);
	svma_snapshot_state(core, snapshot);
}
