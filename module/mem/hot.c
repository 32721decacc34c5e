// SPDX-License-Identifier: GPL-2.0
/*
 * Hot pages: what a space writes again and again between returns to a snapshot.
 *
 * A hot page is a private page that lies over an entry of the page table. A restore copies the
 * snapshot's contents into it instead of taking it away, so that its hardware entries stay and the
 * next round takes no fault; the page table below it may be the snapshot's own, shared, root and
 * all. A page that was not written for some restores is hot no longer.
 *
 * What is copied must not be written meanwhile, and what was written must be seen as of one moment.
 * So the hardware entries go first, unless nobody can write but the caller, who is in here: no
 * window but in his process, which has no other thread.
 *
 * Whoever takes pages away drops the hot ones first (zap.c); whoever shares them settles what is
 * hot into the page table first (share.c, compare.c).
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "contents.h"
#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "pagetable_node.h"
#include "../space.h"

/* The most that writing to it can earn a page. */
#define SVMA_HOT_SCORE	6U

/* The first one whose page number is not below @index. */
static unsigned int svma_hot_from(const struct svma_hot *hot, unsigned long index)
{
	unsigned int low = 0, high = hot->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (hot->pages[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * svma_hot_search() - svma_hot_find(), if there is any
 * @hot: the space's hot pages
 * @index: page number
 *
 * Return: the page or NULL.
 */
struct page *svma_hot_search(const struct svma_hot *hot, unsigned long index)
{
	unsigned int i = svma_hot_from(hot, index);

	return i < hot->count && hot->pages[i].index == index ? hot->pages[i].page : NULL;
}

/**
 * svma_hot_any() - is a page of a range hot?
 * @hot: the space's hot pages
 * @first: first page number
 * @end: end, exclusive
 *
 * Return: whether one is.
 */
bool svma_hot_any(const struct svma_hot *hot, unsigned long first, unsigned long end)
{
	return hot->count && svma_hot_from(hot, first) < svma_hot_from(hot, end);
}

/**
 * svma_hot_entry() - what a space has at an entry, for those who tell
 * @hot: the space's hot pages
 * @index: page number
 * @entry: what the page table has there
 * @shares: in: how many entries refer to the nodes above @entry; out: 1 if none is above the page
 *
 * Return: the entry of the hot page, or @entry.
 */
unsigned long svma_hot_entry(const struct svma_hot *hot, unsigned long index, unsigned long entry,
			     unsigned long *shares)
{
	struct page *page = svma_hot_find(hot, index);

	if (!page)
		return entry;
	*shares = 1;
	return (unsigned long)page;
}

/**
 * svma_hot_reserve() - is there room for one more page?
 * @space: the space, its lock held exclusively
 *
 * Return: whether svma_hot_add() may be called.
 */
bool svma_hot_reserve(struct svma_space *space)
{
	struct svma_hot *hot = &space->hot;
	unsigned int room = hot->room ? hot->room * 2 : 64;
	struct svma_hot_page *pages;

	lockdep_assert_held_write(&space->lock);
	if (hot->count < hot->room)
		return true;
	if (hot->count == SVMA_HOT_MOST)
		return false;
	pages = kvmalloc_array(room, sizeof(*pages), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pages)
		return false;
	if (hot->count)
		memcpy(pages, hot->pages, hot->count * sizeof(*pages));
	kvfree(hot->pages);
	hot->pages = pages;
	hot->room = room;
	return true;
}

/**
 * svma_hot_add() - make a page hot
 * @space: the space, its lock held exclusively; after svma_hot_reserve()
 * @index: page number; no window shows anything there but @page
 * @page: the page, whose only share is given
 */
void svma_hot_add(struct svma_space *space, unsigned long index, struct page *page)
{
	struct svma_hot *hot = &space->hot;
	unsigned int i = svma_hot_from(hot, index);

	lockdep_assert_held_write(&space->lock);
	memmove(&hot->pages[i + 1], &hot->pages[i], (hot->count - i) * sizeof(*hot->pages));
	hot->pages[i] = (struct svma_hot_page){ .index = index, .page = page };
	hot->count++;
}

/* Take out those whose page is NULL. */
static void svma_hot_sweep(struct svma_hot *hot)
{
	unsigned int i, kept = 0;

	for (i = 0; i < hot->count; i++)
		if (hot->pages[i].page)
			hot->pages[kept++] = hot->pages[i];
	hot->count = kept;
}

/**
 * svma_hot_drop() - the pages of a range go
 * @space: the space, its lock held exclusively; no window shows anything of the range, or who
 *         holds the lock gathers
 * @first: first page number
 * @end: end, exclusive
 */
void svma_hot_drop(struct svma_space *space, unsigned long first, unsigned long end)
{
	struct svma_hot *hot = &space->hot;
	unsigned int i = svma_hot_from(hot, first), behind = svma_hot_from(hot, end), at;

	lockdep_assert_held_write(&space->lock);
	for (at = i; at < behind; at++)
		svma_pagetable_let_go(&space->pages, (unsigned long)hot->pages[at].page);
	memmove(&hot->pages[i], &hot->pages[behind], (hot->count - behind) * sizeof(*hot->pages));
	hot->count -= behind - i;
}

static int svma_hot_compare(const void *a, const void *b)
{
	const struct svma_hot_page *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/**
 * svma_hot_move() - the pages of a range go elsewhere, with all that is below them
 * @space: the space, its lock held exclusively; no window shows anything of either range
 * @from: first page number
 * @to: where it goes, where nothing is
 * @count: pages
 */
void svma_hot_move(struct svma_space *space, unsigned long from, unsigned long to,
		   unsigned long count)
{
	struct svma_hot *hot = &space->hot;
	unsigned int i = svma_hot_from(hot, from), behind = svma_hot_from(hot, from + count);

	lockdep_assert_held_write(&space->lock);
	if (i == behind)
		return;
	for (; i < behind; i++)
		hot->pages[i].index += to - from;
	sort(hot->pages, hot->count, sizeof(*hot->pages), svma_hot_compare, NULL);
}

static void svma_hot_zap_run(unsigned long first, unsigned long end, void *data)
{
	svma_mem_zap(data, first << SVMA_PAGE_SHIFT, end << SVMA_PAGE_SHIFT);
}

/* No window writes to a hot page any more. */
static void svma_hot_stop(struct svma_space *space)
{
	struct svma_runs runs = { .fn = svma_hot_zap_run, .data = space };
	unsigned int i;

	if (svma_window_sole(space))
		return;
	for (i = 0; i < space->hot.count; i++)
		svma_runs_add(&runs, space->hot.pages[i].index);
	svma_runs_flush(&runs);
}

/* Let go of pages whose score is 0. */
static void svma_hot_leave(struct svma_space *space)
{
	struct svma_runs runs = { .fn = svma_hot_zap_run, .data = space };
	struct svma_hot *hot = &space->hot;
	unsigned int i;

	for (i = 0; i < hot->count; i++)
		if (!hot->pages[i].score)
			svma_runs_add(&runs, hot->pages[i].index);
	/* First the entries of windows, then the pages. */
	svma_runs_flush(&runs);
	for (i = 0; i < hot->count; i++) {
		if (hot->pages[i].score)
			continue;
		svma_entry_unshare((unsigned long)hot->pages[i].page);
		hot->pages[i].page = NULL;
	}
	svma_hot_sweep(hot);
}

static bool svma_hot_same(struct page *page, unsigned long entry)
{
	return svma_pt_is_page(entry) && svma_page_same(page, svma_pt_page(entry));
}

/* A hot page takes the place of what it lies over. */
static int svma_hot_to_table(struct svma_space *space, struct svma_hot_page *hot)
{
	unsigned long *slot = svma_pagetable_slot(&space->pages, hot->index, space, true);

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (svma_pt_is_page(*slot))
		svma_pagetable_replace(&space->pages, slot, (unsigned long)hot->page);
	else
		svma_pagetable_add(&space->pages, slot, *slot, (unsigned long)hot->page);
	/* Windows may write to it still. */
	svma_pagetable_set_written(&space->pages, hot->index);
	hot->page = NULL;
	return 0;
}

/**
 * svma_hot_settle() - what is hot is in the page table
 * @space: the space, its lock held exclusively
 * @keep: pages that are what they lie over stay hot: the page table alone is the contents
 *
 * Return: 0; -ENOMEM: some may be hot still, and no contents have changed.
 */
int svma_hot_settle(struct svma_space *space, bool keep)
{
	struct svma_hot *hot = &space->hot;
	unsigned int i;
	int err = 0;

	lockdep_assert_held_write(&space->lock);
	hot->wanted = hot->wanted && keep;
	if (!hot->count)
		return 0;
	svma_hot_stop(space);
	for (i = 0; i < hot->count && !err; i++) {
		struct svma_hot_page *page = &hot->pages[i];
		unsigned long entry = svma_pagetable_find(&space->pages, page->index);

		if (!svma_hot_same(page->page, entry)) {
			err = svma_hot_to_table(space, page);
			/* Not for svma_hot_leave(). */
			page->score = 1;
		} else if (!keep) {
			page->score = 0;
		} else {
			page->score = max(page->score, 1U);
		}
		cond_resched();
	}
	for (; i < hot->count; i++)
		hot->pages[i].score = max(hot->pages[i].score, 1U);
	svma_hot_sweep(hot);
	svma_hot_leave(space);
	return err;
}

/* A restore under way. */
struct svma_hot_back {
	struct svma_space *space;
	struct svma_vma vma;	/* the region found last */
	bool sole;
};

/* May a page be hot where the snapshot has @entry? */
static bool svma_hot_may(struct svma_hot_back *back, unsigned long index, unsigned long entry)
{
	unsigned long addr = index << SVMA_PAGE_SHIFT;
	struct svma_vma *vma = &back->vma;

	if (!svma_pt_is_page(entry) || entry & SVMA_PT_FOREIGN)
		return false;
	if ((addr < vma->start || addr >= vma->end) &&
	    (!svma_index_find(&back->space->core.index, addr, vma) || addr < vma->start))
		return false;
	/* The first write to a region that was never written must be noticed. */
	return !svma_vm_shared(vma->flags) && vma->anon;
}

static void svma_hot_zap_back(unsigned long first, unsigned long end, void *data)
{
	struct svma_hot_back *back = data;

	svma_mem_zap(back->space, first << SVMA_PAGE_SHIFT, end << SVMA_PAGE_SHIFT);
}

/* A page of the table's own, that is to be replaced, becomes hot; whether its entries may stay. */
static enum svma_pagetable_kept svma_hot_keep(unsigned long index, unsigned long entry,
					      unsigned long then, void *data)
{
	struct svma_hot_back *back = data;
	struct svma_space *space = back->space;

	if (!svma_pt_is_page(entry) || !svma_entry_private(entry) ||
	    !svma_hot_may(back, index, then) || svma_hot_find(&space->hot, index) ||
	    !svma_hot_reserve(space))
		return SVMA_KEPT_NOTHING;
	svma_hot_add(space, index, svma_pt_page(entry));
	return back->sole ? SVMA_KEPT_ENTRIES : SVMA_KEPT_PAGE;
}

/**
 * svma_hot_restore() - the pages of a space become those of a snapshot
 * @space: the space, its lock held exclusively; its regions are the snapshot's
 * @snapshot: the snapshot, its lock held
 *
 * A page that was written since the last restore earns more than one loses that was not, and when
 * it has nothing left it is hot no longer: it takes two rounds to be trusted.
 */
void svma_hot_restore(struct svma_space *space, struct svma_space *snapshot)
{
	struct svma_hot_back back = { .space = space, .sole = svma_window_sole(space) };
	const struct svma_pagetable_restore how = {
		.zap = svma_hot_zap_back, .keep = svma_hot_keep, .data = &back,
	};
	struct svma_hot *hot = &space->hot;
	unsigned int i;

	lockdep_assert_held_write(&space->lock);
	lockdep_assert_held(&snapshot->lock);
	svma_hot_stop(space);
	svma_pagetable_restore(&space->pages, &snapshot->pages, &how);
	for (i = 0; i < hot->count; i++) {
		struct svma_hot_page *page = &hot->pages[i];
		unsigned long entry = svma_pagetable_find(&space->pages, page->index);

		if (!svma_hot_may(&back, page->index, entry)) {
			page->score = 0;
		} else if (svma_hot_same(page->page, entry)) {
			page->score -= !!page->score;
		} else {
			copy_page(page_address(page->page), page_address(svma_pt_page(entry)));
			page->score = min(page->score + 1 + !!page->score, SVMA_HOT_SCORE);
		}
		cond_resched();
	}
	svma_hot_leave(space);
	hot->wanted = true;
}

/**
 * svma_hot_destroy() - all pages go
 * @hot: hot pages of a space that has no windows
 */
void svma_hot_destroy(struct svma_hot *hot)
{
	while (hot->count)
		svma_entry_unshare((unsigned long)hot->pages[--hot->count].page);
	kvfree(hot->pages);
	hot->pages = NULL;
	hot->room = 0;
}
