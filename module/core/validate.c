// SPDX-License-Identifier: GPL-2.0
/*
 * Every invariant of a space, checked from nothing; for tests.
 */
#include "region.h"

/**
 * svma_core_validate() - does every invariant hold?
 * @core: the space, at least shared
 *
 * Return: NULL, or what does not.
 */
const char *svma_core_validate(struct svma_core *core)
{
	struct svma_core sum = { .layout = core->layout };
	const char *wrong = svma_index_validate(&core->index);
	unsigned long committed = 0, count = 0;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	if (wrong)
		return wrong;
	more = svma_cursor_find(&cursor, &core->index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		if ((vma.start | vma.end) & ~SVMA_PAGE_MASK)
			return "a region is not page aligned";
		if (vma.end > core->layout.high)
			return "a region ends above the space";
		if (vma.anon > core->last_anon)
			return "an identity was never given out";
		svma_account(&sum, vma.flags, svma_vma_pages(&vma));
		if (vma.flags & SVMA_VM_LOCKED)
			sum.locked += svma_vma_pages(&vma);
		if (vma.flags & SVMA_VM_ACCOUNT)
			committed += svma_vma_pages(&vma);
		count++;
	}
	if (count != core->index.count)
		return "number of regions is wrong";
	if (sum.total != core->total || sum.locked != core->locked || sum.data != core->data ||
	    sum.exec != core->exec || sum.stack != core->stack)
		return "totals are wrong";
	if (committed != core->committed)
		return "charge is wrong";
	return NULL;
}
