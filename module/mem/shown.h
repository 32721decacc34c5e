/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entries of private anonymous memory that lie in one leaf of the page table, as windows are to
 * show them: without looking for each from the root on.
 */
#ifndef SVMA_MEM_SHOWN_H
#define SVMA_MEM_SHOWN_H

#include "file.h"
#include "hot.h"
#include "page.h"
#include "pagetable.h"
#include "../space.h"

/**
 * struct svma_shown - some entries of a leaf
 * @space: the space, its lock held
 * @index: page number of the first
 * @entries: the entries, the first one's foremost; or NULL: there is no leaf
 * @own: the leaf belongs to the space alone
 * @may_write: the region can be written, and it is known to be
 */
struct svma_shown {
	const struct svma_space *space;
	unsigned long index;
	const unsigned long *entries;
	bool own;
	bool may_write;
};

/* Are a region's pages in the page table, and nobody else's? */
static inline bool svma_shown_fits(const struct svma_vma *vma)
{
	return !svma_vm_shared(vma->flags) && !svma_file_has_pages(vma);
}

/**
 * svma_shown_look() - find entries
 * @run: out
 * @space: the space, its lock held
 * @vma: the region, for which svma_shown_fits()
 * @index: page number of the first
 * @entries: where it is, in a leaf of the space's own, if that is known; else NULL
 */
static inline void svma_shown_look(struct svma_shown *run, const struct svma_space *space,
				   const struct svma_vma *vma, unsigned long index,
				   const unsigned long *entries)
{
	run->space = space;
	run->index = index;
	run->may_write = vma->flags & SVMA_VM_WRITE && vma->anon;
	run->own = true;
	run->entries = entries ?: svma_pagetable_run(&space->pages, index, &run->own);
}

/**
 * svma_shown_frame() - what the page table or the hot pages have at an entry
 * @run: entries; there is a leaf
 * @i: which of them
 * @writable: out: a window may write to it, as far as its own protection goes
 * @hot: out: it is a hot page
 *
 * No lock is taken that sleeps.
 *
 * Return: the page frame, 0 for none.
 */
static inline unsigned long svma_shown_frame(const struct svma_shown *run, unsigned long i,
					     bool *writable, bool *hot)
{
	struct page *page = svma_hot_find(&run->space->hot, run->index + i);
	unsigned long entry;

	*hot = page;
	*writable = run->may_write;
	if (page)
		return page_to_pfn(page);
	entry = READ_ONCE(run->entries[i]);
	if (!svma_pt_is_page(entry))
		return 0;
	*writable = run->may_write && run->own && svma_entry_private(entry);
	return page_to_pfn(svma_pt_page(entry));
}

#endif /* SVMA_MEM_SHOWN_H */
