// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of spaces: zeroed, and charged to whoever made the space, whoever touches it first.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>

#include "contents.h"
#include "page.h"
#include "../space.h"

/*
 * Is the current task in the cgroup that pays? Then running out ends it as it ends any process
 * there. Another's task must not have the payer's processes killed: it gets SIGBUS.
 */
static bool svma_page_payer(struct svma_space *space)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(current->mm);
	bool same = memcg == space->memcg;

	mem_cgroup_put(memcg);
	return same;
}

static struct page *svma_page_get(struct svma_space *space, gfp_t extra)
{
	const gfp_t gfp = GFP_USER | __GFP_ACCOUNT | extra;
	struct page *page = extra & __GFP_ZERO ? svma_ready_take(space) : NULL;
	struct mem_cgroup *old;

	if (page)
		goto got;
	if (svma_spare_take(space, &page, 1)) {
		if (extra & __GFP_ZERO)
			svma_page_clear(page);
		goto got;
	}
	old = set_active_memcg(space->memcg);
	page = alloc_page(gfp | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!page && svma_page_payer(space))
		page = alloc_page(gfp);
	set_active_memcg(old);
got:
	if (page)
		atomic_long_set(svma_shares(page), 1);
	return page;
}

/**
 * svma_page_alloc() - a zeroed page, for a page table's pages or nodes
 * @space: whose creator pays
 *
 * May sleep, reclaim, and in the payer's own cgroup have the OOM killer run.
 *
 * Return: the page, with one reference and one share, or NULL.
 */
struct page *svma_page_alloc(struct svma_space *space)
{
	return svma_page_get(space, __GFP_ZERO);
}

/**
 * svma_page_alloc_copy() - as svma_page_alloc(), but with the contents of another page
 * @space: whose creator pays
 * @from: PAGE_SIZE bytes
 *
 * Return: the page, or NULL.
 */
struct page *svma_page_alloc_copy(struct svma_space *space, const void *from)
{
	struct page *page = svma_page_get(space, 0);

	if (page)
		copy_page(page_address(page), (void *)from);
	return page;
}

/*
 * Pages that lie together, to be given out one by one. Nobody is killed for them, and without
 * @eager nobody waits until some are free.
 */
static struct page *svma_page_get_block(struct svma_space *space, unsigned int order, bool eager)
{
	gfp_t gfp = GFP_USER | __GFP_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_NORETRY |
		    __GFP_NOMEMALLOC;
	struct mem_cgroup *old;
	struct page *first;
	unsigned int i;

	if (!eager)
		gfp &= ~__GFP_DIRECT_RECLAIM;
	old = set_active_memcg(space->memcg);
	first = alloc_pages(gfp, order);
	set_active_memcg(old);
	if (!first)
		return NULL;
	if (order)
		split_page(first, order);
	for (i = 0; i < 1U << order; i++)
		atomic_long_set(svma_shares(first + i), 1);
	return first;
}

/**
 * svma_page_alloc_free_run() - zeroed pages, if there are free ones
 * @space: whose creator pays
 * @count: out: how many there are
 *
 * Return: the first page, the others behind it, each with one reference and one share; or NULL.
 */
struct page *svma_page_alloc_free_run(struct svma_space *space, unsigned int *count)
{
	struct page *first = svma_page_get_block(space, SVMA_RUN_ORDER, false);

	*count = SVMA_RUN_PAGES;
	if (first)
		return first;
	first = svma_page_get_block(space, 0, false);
	*count = !!first;
	return first;
}

/**
 * svma_page_alloc_some() - zeroed pages for entries that are had one after the other
 * @space: whose creator pays
 * @pages: out: the pages, each with one reference and one share
 * @count: how many are wanted, 1 to SVMA_RUN_PAGES
 *
 * Some at once where that is easy: what is done each time that somebody asks is then done for all
 * of them. As svma_page_alloc() otherwise.
 *
 * Return: how many there are, 0 for none.
 */
unsigned int svma_page_alloc_some(struct svma_space *space, struct page **pages,
				  unsigned int count)
{
	unsigned int i, kept = space->ready.wanted ? 0 : svma_spare_take(space, pages, count);
	struct page *first = NULL;

	for (i = 0; i < kept; i++) {
		svma_page_clear(pages[i]);
		atomic_long_set(svma_shares(pages[i]), 1);
	}
	if (kept)
		return kept;
	if (count == SVMA_RUN_PAGES && !READ_ONCE(space->spares.count))
		first = svma_page_get_block(space, SVMA_RUN_ORDER, false);
	for (i = 0; first && i < SVMA_RUN_PAGES; i++)
		pages[i] = first + i;
	if (first)
		return SVMA_RUN_PAGES;
	pages[0] = svma_page_alloc(space);
	return !!pages[0];
}

/**
 * svma_page_alloc_block() - as many zeroed pages as a leaf has, that lie together and aligned
 * @space: whose creator pays
 * @eager: have memory made free for it
 *
 * Single pages from the start, so that each can go its own way; nothing but their place tells that
 * they came together. Nobody is killed for it.
 *
 * Return: the first page, each of them with one reference and one share, or NULL.
 */
struct page *svma_page_alloc_block(struct svma_space *space, bool eager)
{
	return svma_page_get_block(space, SVMA_PT_BITS, eager);
}

/**
 * svma_page_free_block() - free what svma_page_alloc_block() got and nobody has seen
 * @first: the first page
 */
void svma_page_free_block(struct page *first)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++)
		svma_entry_unshare((unsigned long)(first + i));
}

/**
 * svma_entry_unshare() - one entry of a page table less refers to a page
 * @entry: it; no hardware entry that came from it is left
 */
void svma_entry_unshare(unsigned long entry)
{
	struct page *page = svma_pt_page(entry);

	if (entry & SVMA_PT_FOREIGN || atomic_long_dec_and_test(svma_shares(page)))
		put_page(page);
}
