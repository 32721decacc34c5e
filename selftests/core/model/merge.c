// SPDX-License-Identifier: GPL-2.0
/*
 * Which borders between regions stay. Two equal neighbours do not merge by themselves: a verb looks
 * at the borders of the range that it changes, and at no others.
 */
#include "model.h"

static bool is_7(const struct model *model)
{
	return model->kernel >= SVMA_KERNEL(7, 3);
}

static bool is_old(const struct model *model)
{
	return model->kernel < SVMA_KERNEL(6, 12);
}

/* Flags that do not keep regions apart; the merged region has those of both. */
static u64 sticky(const struct model *model)
{
	return is_7(model) ? SVMA_VM_GUARDED : 0;
}

/*
 * May a range whose reverse map is @src (with @attr) join a neighbour with @tgt? Up to 6.12 a
 * neighbour without a reverse map takes only ranges without one; 7.3 lets it take a range's, unless
 * that came from a fork.
 */
static bool anon_agrees(const struct model *model, const struct model_page *tgt, u32 src,
			bool src_forked)
{
	if (tgt->anon == src)
		return true;
	if (tgt->anon && src)
		return false;
	/* Once, whoever was not written took part in anything. */
	if (model_classic(model))
		return true;
	if (tgt->anon)
		return !(tgt->attr & SVMA_ANON_FORKED);
	return is_7(model) && !src_forked;
}

/* Does the file want to know when this region ends? */
static bool closes(const struct model *model, unsigned long i)
{
	return model->pages[i].attr & SVMA_ANON_CLOSES;
}

/*
 * May the range start..end with the values of @page (those of its first page) join the page before
 * it (@left) or after it?
 */
static bool joins(const struct model *model, unsigned long start, unsigned long end,
		  const struct model_page *page, bool left, u32 anon, bool forked)
{
	unsigned long pages = end - start;
	const struct model_page *other;
	bool cow = page->backing &&
		   (page->flags & (SVMA_VM_SHARED | SVMA_VM_MAYWRITE)) == SVMA_VM_MAYWRITE;

	if (left ? start == 0 : end == model->count)
		return false;
	other = &model->pages[left ? start - 1 : end];
	if (!other->mapped || (page->flags & MODEL_SPECIAL))
		return false;
	if (is_old(model) && (other->attr & SVMA_ANON_CLOSES))
		return false;
	if ((other->flags ^ page->flags) & ~sticky(model))
		return false;
	if (other->backing != page->backing)
		return false;
	if (left ? other->pgoff + 1 != page->pgoff : page->pgoff + pages != other->pgoff)
		return false;
	if (model->merge_anon_pgoff && cow &&
	    (left ? other->anon_pgoff + 1 != page->anon_pgoff
		  : page->anon_pgoff + pages != other->anon_pgoff))
		return false;
	return anon_agrees(model, other, anon, forked);
}

/*
 * All pages of a region that was just put together get one reverse map and one set of flags: the
 * map of page i, which was in the region that grew, unless that had none.
 */
static void unify(struct model *model, unsigned long i)
{
	unsigned long first = model_first(model, i), last = model_last(model, i);
	u32 closing = model->pages[i].attr & SVMA_ANON_CLOSES;
	u32 anon = model->pages[i].anon, attr = model->pages[i].attr;
	u64 extra = 0;

	for (i = first; i < last; i++) {
		if (model->pages[i].anon && !anon) {
			anon = model->pages[i].anon;
			attr = model->pages[i].attr;
		}
		extra |= model->pages[i].flags & sticky(model);
	}
	for (i = first; i < last; i++) {
		model->pages[i].anon = anon;
		model->pages[i].attr = (attr & SVMA_ANON_FORKED) | closing;
		model->pages[i].flags |= extra;
	}
}

/* Cut a region at page i, which is not its first one. */
int model_split(struct model *model, unsigned long i)
{
	struct model_totals now;

	model_sum(model, &now);
	if (now.regions >= model->layout.max_map_count)
		return -ENOMEM;
	if (model_cuts_huge(model, i))
		return -EINVAL;
	model->pages[i].first = true;
	return 0;
}

static bool both_agree(const struct model *model, unsigned long before, unsigned long after)
{
	u32 a = model->pages[before].anon, b = model->pages[after].anon;

	return !a || !b || a == b;
}

/*
 * Pages start..end of one region get new flags: joined with a neighbour that has them where the
 * range touches it, cut out of their region where it does not. A cut that fails leaves the cut
 * before it.
 */
int model_change(struct model *model, unsigned long start, unsigned long end, u64 flags)
{
	unsigned long first = model_first(model, start), last = model_last(model, start), i;
	struct model_page page = model->pages[start];
	bool forked = page.attr & SVMA_ANON_FORKED;
	bool left, right;
	int error;

	page.flags = flags;
	left = start == first && joins(model, start, end, &page, true, page.anon, forked);
	right = end == last && joins(model, start, end, &page, false, page.anon, forked);
	if (left && right && !both_agree(model, start - 1, end))
		right = false;
	/*
	 * A region that would have to go for the merge, and whose file wants to know of it, stays.
	 */
	if (start == first && end == last && closes(model, start)) {
		left = false;
		right = false;
	}
	if (left && right && closes(model, end))
		right = false;
	if (!left && !right) {
		if (start > first) {
			error = model_split(model, start);
			if (error)
				return error;
		}
		if (end < last) {
			error = model_split(model, end);
			if (error)
				return error;
		}
	}
	for (i = start; i < end; i++)
		model->pages[i].flags = flags;
	if (left || right) {
		model->pages[start].first = !left;
		if (end < last)
			model->pages[end].first = true;
		else if (right)
			model->pages[end].first = false;
		unify(model, left ? start - 1 : end);
	}
	return 0;
}

/*
 * Map the free pages start..end with the values of @page, joined with what is beside them.
 * @copied_from: a page of the region that they are a copy of.
 */
void model_add(struct model *model, unsigned long start, unsigned long end,
	       const struct model_page *page, unsigned int join,
	       const struct model_page *copied_from)
{
	bool forked = copied_from && (copied_from->attr & SVMA_ANON_FORKED);
	u32 anon = copied_from ? copied_from->anon : 0;
	bool left = (join & JOIN_LEFT) && joins(model, start, end, page, true, anon, forked);
	bool right = (join & JOIN_RIGHT) && joins(model, start, end, page, false, anon, forked);
	bool upwards = is_old(model) && !model_classic(model);
	unsigned long i;
	u64 marks = 0;

	if (left && right && !both_agree(model, start - 1, end)) {
		/* Before the search was made one for all verbs, mmap preferred what is above. */
		if (upwards && !copied_from)
			left = false;
		else
			right = false;
	} else if (left && right && upwards && !copied_from &&
		   !anon_agrees(model, &model->pages[start - 1], model->pages[end].anon, false)) {
		left = false;
	}
	if (left && right && closes(model, end))
		right = false;
	/* PR_SET_MEMORY_MERGE, as it was done before it was known to keep regions apart. */
	if (join & JOIN_MARKS && !left && !right && model_mergeable(model, page->flags) &&
	    model->layout.personality & SVMA_MERGEABLE_ALL && !model_classic(model))
		marks = SVMA_VM_MERGEABLE;
	for (i = start; i < end; i++) {
		struct model_page *to = &model->pages[i];

		*to = *page;
		to->flags |= marks;
		to->mapped = true;
		to->first = i == start;
		to->pgoff = page->pgoff + (i - start);
		to->anon_pgoff = page->anon_pgoff + (i - start);
		to->anon = anon;
		to->attr = copied_from ? copied_from->attr : 0;
	}
	if (left)
		model->pages[start].first = false;
	if (right)
		model->pages[end].first = false;
	if (left || right)
		unify(model, left ? start - 1 : end);
}
