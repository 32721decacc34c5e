// SPDX-License-Identifier: GPL-2.0
/*
 * Which regions become one, and how.
 *
 * Neighbours merge when flags, backing and page offset agree and their reverse maps for anonymous
 * pages are compatible. A private region gets a reverse map when it is first written, so what was
 * written decides about later layouts; see also anon.c.
 */
#include "region.h"

/* Set in either of two regions, these do not keep them apart, and hold for both then. */
static u64 svma_sticky(const struct svma_core *core)
{
	return svma_has(core, SVMA_RULE_STICKY) ? SVMA_VM_GUARDED : 0;
}

/* Private file regions must also have their anonymous pages in one line. */
static bool svma_moved_equal(const struct svma_vma *a, const struct svma_vma *b)
{
	return !((a->attr ^ b->attr) & SVMA_ATTR_MOVED);
}

static bool svma_kind_equal(const struct svma_core *core, const struct svma_vma *a,
			    const struct svma_vma *b)
{
	return !((a->flags ^ b->flags) & ~svma_sticky(core)) && a->backing == b->backing &&
	       svma_moved_equal(a, b);
}

/* Inherited by a fork or from one: more than one reverse map. */
static bool svma_anon_forked(const struct svma_vma *vma)
{
	return vma->anon && vma->attr & SVMA_ANON_FORKED;
}

/* May @vma, new or changed, become a part of its neighbour as far as reverse maps go? */
static bool svma_anon_fits(const struct svma_core *core, const struct svma_vma *neighbour,
			   const struct svma_vma *vma)
{
	if (svma_classic(core) && (!neighbour->anon || !vma->anon))
		return true;
	if (neighbour->anon && !vma->anon)
		return !svma_anon_forked(neighbour);
	if (!neighbour->anon && vma->anon)
		return svma_has(core, SVMA_RULE_ANON_ADOPT) && !svma_anon_forked(vma);
	return neighbour->anon == vma->anon;
}

/*
 * A file that wants to know when a region ends: older kernels merge none of its regions, newer ones
 * none that would have to go for it.
 */
static bool svma_closes(const struct svma_vma *vma)
{
	return vma->attr & SVMA_ANON_CLOSES;
}

static bool svma_neighbour_closes(const struct svma_core *core, const struct svma_vma *neighbour)
{
	return svma_closes(neighbour) && !svma_has(core, SVMA_RULE_CLOSE_GROWS);
}

static bool svma_fits_left(const struct svma_core *core, const struct svma_vma *prev,
			   const struct svma_vma *vma)
{
	return prev->end == vma->start && !svma_neighbour_closes(core, prev) &&
	       svma_kind_equal(core, prev, vma) && svma_anon_fits(core, prev, vma) &&
	       prev->pgoff + svma_vma_pages(prev) == vma->pgoff;
}

static bool svma_fits_right(const struct svma_core *core, const struct svma_vma *next,
			    const struct svma_vma *vma)
{
	return vma->end == next->start && !svma_neighbour_closes(core, next) &&
	       svma_kind_equal(core, next, vma) && svma_anon_fits(core, next, vma) &&
	       vma->pgoff + svma_vma_pages(vma) == next->pgoff;
}

/* Both neighbours would take it; would they also take each other? */
static bool svma_fits_both(const struct svma_vma *prev, const struct svma_vma *next)
{
	return !prev->anon || !next->anon || prev->anon == next->anon;
}

static void svma_anon_inherit(struct svma_vma *target, const struct svma_vma *from)
{
	target->flags |= from->flags & SVMA_VM_GUARDED;
	if (target->anon)
		return;
	target->anon = from->anon;
	target->attr |= from->attr & SVMA_ANON_FORKED;
}

/* What the neighbours that take @vma, one or both, become. */
static struct svma_vma svma_joined(const struct svma_vma *prev, const struct svma_vma *next,
				   const struct svma_vma *vma)
{
	struct svma_vma now = prev ? *prev : *next;

	svma_anon_inherit(&now, vma);
	if (prev) {
		now.end = vma->end;
	} else {
		now.start = vma->start;
		now.pgoff = vma->pgoff;
	}
	if (prev && next) {
		svma_anon_inherit(&now, next);
		now.end = next->end;
	}
	return now;
}

/* Let them grow over it. */
static void svma_join(struct svma_core *core, const struct svma_vma *prev,
		      const struct svma_vma *next, const struct svma_vma *vma)
{
	struct svma_vma now = svma_joined(prev, next, vma);

	if (prev && next)
		svma_region_erase(core, next);
	svma_region_set(core, prev ? prev : next, &now);
	core->merges++;
	svma_step(core, SVMA_STEP_MERGE, vma->start, vma->end, now.start, now.end);
}

/* The same where @vma is a region of its own, which goes: all in one, or false. */
static bool svma_join_whole(struct svma_core *core, const struct svma_vma *prev,
			    const struct svma_vma *next, const struct svma_vma *vma)
{
	struct svma_vma now = svma_joined(prev, next, vma);

	if (!svma_region_splice(core, now.start, 1 + !!prev + !!next, &now, 1))
		return false;
	core->merges++;
	svma_step(core, SVMA_STEP_MERGE, vma->start, vma->end, now.start, now.end);
	return true;
}

/**
 * svma_merge_new() - try to make a new range a part of its neighbours
 * @core: the space
 * @vma: the new range; nothing is there
 * @how: for which verb
 * @skip: start of a region that is no neighbour to merge with, ULONG_MAX for none
 *
 * Return: whether it was merged; nothing is allocated.
 */
bool svma_merge_new(struct svma_core *core, const struct svma_vma *vma, enum svma_merge how,
		    unsigned long skip)
{
	bool right_first = how == SVMA_MERGE_MAP && !svma_has(core, SVMA_RULE_FILL_LEFT) &&
			   !svma_classic(core);
	struct svma_vma prev, next, upwards = *vma;
	bool left, right;

	/* The kernel does not ask where the map of a region that grows came from. */
	if (how == SVMA_MERGE_GROW)
		upwards.attr &= ~SVMA_ANON_FORKED;

	if (vma->flags & SVMA_VM_UNMERGEABLE || how == SVMA_MERGE_NOT)
		return false;
	left = svma_region_before(core, vma->start, &prev) &&
	       prev.start != skip &&
	       (how == SVMA_MERGE_GROW || svma_fits_left(core, &prev, vma));
	right = how != SVMA_MERGE_BRK && svma_index_find(&core->index, vma->end, &next) &&
		next.start != skip && svma_fits_right(core, &next, &upwards);
	if (left && right && !svma_fits_both(&prev, &next)) {
		if (right_first)
			left = false;
		else
			right = false;
	}
	if (left && right && svma_closes(&next))
		right = false;
	/* Older kernels grow the right one first, and the left one must fit that. */
	if (left && right && right_first && next.anon && !prev.anon)
		left = false;
	if (!left && !right)
		return false;

	svma_join(core, left ? &prev : NULL, right ? &next : NULL, vma);
	return true;
}

/**
 * svma_merge_modified() - try to make a changed part of a region a part of its neighbours
 * @core: the space
 * @old: the region as it is
 * @vma: the part of it that changes, as it is to be
 *
 * Return: whether it was merged; @old is gone or smaller then.
 */
bool svma_merge_modified(struct svma_core *core, const struct svma_vma *old,
			 const struct svma_vma *vma)
{
	struct svma_vma prev, next, rest = *old;
	bool left, right;

	if (vma->flags & SVMA_VM_UNMERGEABLE)
		return false;
	left = vma->start == old->start && svma_region_before(core, vma->start, &prev) &&
	       svma_fits_left(core, &prev, vma);
	right = vma->end == old->end && svma_index_find(&core->index, vma->end, &next) &&
		svma_fits_right(core, &next, vma);
	if (left && right && !svma_fits_both(&prev, &next))
		right = false;
	if (left && right && svma_closes(&next))
		right = false;
	if (svma_closes(old) && vma->start == old->start && vma->end == old->end)
		return false;
	if (!left && !right)
		return false;

	svma_step(core, SVMA_STEP_PROTECT, vma->start, vma->end, vma->flags, old->flags);
	if (vma->start > old->start)
		svma_vma_cut(&rest, old->start, vma->start);
	else
		svma_vma_cut(&rest, vma->end, old->end);
	if (rest.start == rest.end && svma_join_whole(core, left ? &prev : NULL,
						      right ? &next : NULL, vma))
		return true;
	if (rest.start < rest.end) {
		svma_region_set(core, old, &rest);
		svma_step(core, SVMA_STEP_RESIZE, old->start, old->end, rest.start, rest.end);
	} else {
		svma_region_erase(core, old);
	}
	svma_join(core, left ? &prev : NULL, right ? &next : NULL, vma);
	return true;
}
