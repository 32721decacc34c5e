// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a batch has taken out are kept by their space, as long as they are few, for what comes
 * next: to give a page back to the kernel, to charge and to get another one costs more than all
 * else that a page takes. They hold what they held until then, and are cleared when they are used.
 *
 * When memory is short the kernel gets them (reclaim.c), and so it does when the space goes.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "page.h"
#include "spare.h"
#include "../space.h"

/* As many as one leaf of the page table has, and as one batch is likely to ask for. */
#define SVMA_SPARES		512U

/**
 * svma_spare_init() - a new space has none
 * @space: the space
 */
void svma_spare_init(struct svma_space *space)
{
	spin_lock_init(&space->spares.lock);
}

/**
 * svma_spare_want() - have pages kept from now on
 * @space: the space
 *
 * If there is no memory for that, none are.
 */
void svma_spare_want(struct svma_space *space)
{
	struct page **pages;

	if (READ_ONCE(space->spares.pages))
		return;
	pages = kmalloc_array(SVMA_SPARES, sizeof(*pages), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	spin_lock(&space->spares.lock);
	if (!space->spares.pages)
		swap(space->spares.pages, pages);
	spin_unlock(&space->spares.lock);
	kfree(pages);
}

/* Would a new page be charged as this one is? To be asked where RCU is read. */
static bool svma_spare_charged(const struct svma_space *space, struct page *page)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *payer = folio_memcg(page_folio(page));

	/* What the root pays for is not charged. */
	if (!payer)
		return !space->memcg || !space->memcg->css.parent;
	return payer == space->memcg;
#else
	return true;
#endif
}

/**
 * svma_spare_put() - keep pages for the next use, as many as there is room for
 * @space: the space
 * @pages: some of svma_page_alloc(), without any share; no hardware entry shows them any more. What
 *         is not kept goes back to the kernel
 * @count: how many
 */
void svma_spare_put(struct svma_space *space, struct page **pages, unsigned int count)
{
	struct svma_spares *spares = &space->spares;
	unsigned int i, others = 0;

	rcu_read_lock();
	spin_lock(&spares->lock);
	for (i = 0; i < count; i++) {
		/* Somebody may copy from it still. */
		if (spares->pages && spares->count < SVMA_SPARES && page_count(pages[i]) == 1 &&
		    svma_spare_charged(space, pages[i])) {
			spares->pages[spares->count] = pages[i];
			WRITE_ONCE(spares->count, spares->count + 1);
		} else {
			pages[others++] = pages[i];
		}
	}
	spin_unlock(&spares->lock);
	rcu_read_unlock();
	for (i = 0; i < others; i++)
		put_page(pages[i]);
}

/**
 * svma_spare_take() - pages that were kept
 * @space: the space
 * @pages: out: the pages, each with one reference, not cleared
 * @count: how many are wanted
 *
 * Return: how many there are.
 */
unsigned int svma_spare_take(struct svma_space *space, struct page **pages, unsigned int count)
{
	struct svma_spares *spares = &space->spares;
	unsigned int i;

	if (!READ_ONCE(spares->count))
		return 0;
	spin_lock(&spares->lock);
	count = min(count, spares->count);
	WRITE_ONCE(spares->count, spares->count - count);
	for (i = 0; i < count; i++)
		pages[i] = spares->pages[spares->count + i];
	spin_unlock(&spares->lock);
	return count;
}

/**
 * svma_spare_drop() - give all that is kept back to the kernel, and keep none until wanted again
 * @space: the space
 *
 * Return: pages.
 */
unsigned long svma_spare_drop(struct svma_space *space)
{
	struct svma_spares *spares = &space->spares;
	struct page **pages;
	unsigned int count, i;

	if (!READ_ONCE(spares->pages))
		return 0;
	spin_lock(&spares->lock);
	pages = spares->pages;
	count = spares->count;
	spares->pages = NULL;
	WRITE_ONCE(spares->count, 0);
	spin_unlock(&spares->lock);
	for (i = 0; i < count; i++)
		put_page(pages[i]);
	kfree(pages);
	return count;
}
