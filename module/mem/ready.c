// SPDX-License-Identifier: GPL-2.0
/*
 * Zeroed pages that are ready when a fault wants one, for spaces that were made for it
 * (SVMA_SPACE_READY). To zero a page is half of what a first touch costs; a worker of the kernel
 * does it on another processor, ahead of the faults, and charges the page as the fault would.
 *
 * What is ready is in no page table, so no one sees it before it is used. The worker takes memory
 * only where it is free: it waits for none, has nobody killed, and stays below what is high for the
 * payer's cgroup. When memory is short the kernel gets the pages back (reclaim.c), and there are no
 * more for a while. They come from any node: the worker is not bound as the faulting task may be.
 */
#include <linux/jiffies.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "page.h"
#include "ready.h"
#include "../space.h"

/* As many as one leaf of the page table has; the worker is called when half of them are gone. */
#define SVMA_READY_MOST		512U
#define SVMA_READY_FEW		(SVMA_READY_MOST / 2)
#define SVMA_READY_PAUSE	HZ

/* Not bound to the processor that faults: others are to do the work. */
static struct workqueue_struct *svma_ready_queue;

/**
 * svma_ready_setup() - when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int __init svma_ready_setup(void)
{
	svma_ready_queue = alloc_workqueue("svma_ready", WQ_UNBOUND, 0);
	return svma_ready_queue ? 0 : -ENOMEM;
}

/**
 * svma_ready_cleanup() - when it goes, and no space is left
 */
void svma_ready_cleanup(void)
{
	destroy_workqueue(svma_ready_queue);
}

/* With the lock held: are there to be no more for now? */
static bool svma_ready_paused(const struct svma_ready *ready)
{
	return time_before(jiffies, ready->pause);
}

static void svma_ready_set_pause(struct svma_ready *ready)
{
	ready->pause = jiffies + SVMA_READY_PAUSE;
}

static bool svma_ready_has_room(struct svma_ready *ready)
{
	bool room;

	spin_lock(&ready->lock);
	room = ready->count <= SVMA_READY_MOST - SVMA_RUN_PAGES && !svma_ready_paused(ready);
	spin_unlock(&ready->lock);
	return room;
}

/*
 * Has the payer's cgroup, or one above it, what is high for it (memory.high)? Whoever charges more
 * is held up on his way back to user space, where the worker never goes.
 */
static bool svma_ready_high(const struct svma_space *space)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg;

	for (memcg = space->memcg; memcg; memcg = parent_mem_cgroup(memcg))
		if (page_counter_read(&memcg->memory) >= READ_ONCE(memcg->memory.high))
			return true;
#endif
	return false;
}

/* Some pages more; or none for a while. */
static void svma_ready_add(struct svma_space *space)
{
	struct svma_ready *ready = &space->ready;
	unsigned int count = 0, i;
	struct page *first = NULL;
	bool wanted;

	if (!svma_ready_high(space))
		first = svma_page_alloc_free_run(space, &count);
	spin_lock(&ready->lock);
	if (!first)
		svma_ready_set_pause(ready);
	/* The kernel may have asked for all meanwhile. */
	wanted = !svma_ready_paused(ready);
	for (i = 0; wanted && i < count; i++)
		list_add(&first[i].lru, &ready->pages);
	if (wanted)
		WRITE_ONCE(ready->count, ready->count + count);
	spin_unlock(&ready->lock);
	for (i = 0; !wanted && i < count; i++)
		put_page(first + i);
}

/* It alone adds pages, and never runs twice at once. */
static void svma_ready_work(struct work_struct *work)
{
	struct svma_space *space = container_of(work, struct svma_space, ready.work);

	while (svma_ready_has_room(&space->ready)) {
		svma_ready_add(space);
		cond_resched();
	}
}

/**
 * svma_ready_init() - a new space has none
 * @space: the space
 * @wanted: it is to have some, from its first fault on
 */
void svma_ready_init(struct svma_space *space, bool wanted)
{
	struct svma_ready *ready = &space->ready;

	ready->wanted = wanted;
	ready->pause = jiffies;
	spin_lock_init(&ready->lock);
	INIT_LIST_HEAD(&ready->pages);
	INIT_WORK(&ready->work, svma_ready_work);
}

/**
 * svma_ready_take() - a zeroed page that is ready
 * @space: the space
 *
 * Has more made ready when they become few.
 *
 * Return: the page, with one reference, charged to whoever made the space; or NULL.
 */
struct page *svma_ready_take(struct svma_space *space)
{
	struct svma_ready *ready = &space->ready;
	struct page *page;
	bool few;

	if (!ready->wanted)
		return NULL;
	spin_lock(&ready->lock);
	page = list_first_entry_or_null(&ready->pages, struct page, lru);
	if (page) {
		list_del(&page->lru);
		WRITE_ONCE(ready->count, ready->count - 1);
	}
	few = ready->count < SVMA_READY_FEW && !svma_ready_paused(ready);
	spin_unlock(&ready->lock);
	if (few)
		queue_work(svma_ready_queue, &ready->work);
	return page;
}

/**
 * svma_ready_drop() - give all that is ready back to the kernel, and have no more for a while
 * @space: the space
 *
 * Return: pages.
 */
unsigned long svma_ready_drop(struct svma_space *space)
{
	struct svma_ready *ready = &space->ready;
	struct page *page, *next;
	unsigned long count;
	LIST_HEAD(pages);

	if (!ready->wanted)
		return 0;
	spin_lock(&ready->lock);
	svma_ready_set_pause(ready);
	list_splice_init(&ready->pages, &pages);
	count = ready->count;
	WRITE_ONCE(ready->count, 0);
	spin_unlock(&ready->lock);
	list_for_each_entry_safe(page, next, &pages, lru)
		put_page(page);
	return count;
}

/**
 * svma_ready_stop() - the space goes: nothing is made ready any more, and nothing is left
 * @space: the space, which nobody can fault in; its lock not held
 */
void svma_ready_stop(struct svma_space *space)
{
	cancel_work_sync(&space->ready.work);
	svma_ready_drop(space);
}
