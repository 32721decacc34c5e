// SPDX-License-Identifier: GPL-2.0
/*
 * Giving memory back when it is short: pages of files that nobody wrote to and that can be read
 * again, references to pages of shmem, leaves of the page table that hold nothing but marks of the
 * zero page. Locked regions and snapshots keep theirs; what other spaces have as well stays, since
 * nothing would be won.
 *
 * The kernel calls this from any allocation that may wait, so also from one that is made under the
 * lock of a space, or of a file's copies. Those locks are tried here and never waited for.
 *
 * The kernel asks for each memory cgroup by itself, and only those that it knows to have something:
 * each space is in a list of the kernel's for its creator's cgroup. That list is used for nothing
 * else.
 */
#include <linux/bitmap.h>
#include <linux/lockdep.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "reclaim.h"
#include "writeback.h"
#include "../backing.h"
#include "../compat.h"
#include "../rmap.h"
#include "../space.h"
#include "../trace.h"

/* Spaces that one call of the kernel's looks at, and those that it passes by, at most. */
#define SVMA_RECLAIM_SPACES	8U
#define SVMA_RECLAIM_PASS	1024U

static DEFINE_SPINLOCK(svma_reclaim_lock);	/* guards the list */
static LIST_HEAD(svma_reclaim_list);
static struct list_lru svma_reclaim_lru;
static struct shrinker svma_reclaim_room;
static struct shrinker *svma_reclaim_shrinker;

/**
 * struct svma_giving - one space that gives back
 * @space: it, its lock held exclusively
 * @scanned: pages looked at
 * @given: pages given back
 * @stay: pages that stay, but may go another time
 */
struct svma_giving {
	struct svma_space *space;
	unsigned long scanned;
	unsigned long given;
	unsigned long stay;
};

/* May the entry of a page of a file go? */
static bool svma_reclaim_may(struct svma_giving *giving, const struct svma_vma *vma,
			     unsigned long addr, unsigned long entry)
{
	giving->scanned++;
	/* What a hot page lies over is what it was copied from, and is wanted again. */
	if (vma->flags & SVMA_VM_LOCKED ||
	    svma_hot_find(&giving->space->hot, svma_pages(addr)))
		return false;
	if (!svma_vm_shared(vma->flags)) {
		if (!(entry & SVMA_PT_CLEAN))
			return false;
		if (svma_entry_private(entry))
			return true;
	} else if (entry & SVMA_PT_FOREIGN) {
		/* It is the kernel's to swap, if only we let go of it. */
		if (get_nr_swap_pages() > 0)
			return true;
	} else if (!svma_writeback_dirty(svma_backing_object(vma->backing)->rmap,
					 svma_file_index(vma, addr))) {
		return true;
	}
	giving->stay++;
	return false;
}

/* No hardware entry is left: take the entries out of the leaf. */
static void svma_reclaim_take(struct svma_giving *giving, struct svma_rmap_object *rmap,
			      const struct svma_vma *vma, unsigned long first, unsigned long *leaf,
			      const unsigned long *may)
{
	unsigned long addr, entry, i, gone = 0;

	for_each_set_bit(i, may, SVMA_PT_ENTRIES) {
		addr = (first + i) << SVMA_PAGE_SHIFT;
		entry = leaf[i];
		WRITE_ONCE(leaf[i], 0);
		gone++;
		svma_entry_unshare(entry);
		if (!rmap || svma_rmap_drop_copy(rmap, svma_file_index(vma, addr)))
			giving->given++;
	}
	atomic_long_sub(gone, &giving->space->pages.resident);
}

static void svma_reclaim_zap(struct svma_space *space, unsigned long first,
			     const unsigned long *may)
{
	unsigned long start, end;

	for_each_set_bitrange(start, end, may, SVMA_PT_ENTRIES)
		svma_mem_zap(space, (first + start) << SVMA_PAGE_SHIFT,
			     (first + end) << SVMA_PAGE_SHIFT);
}

/* One region's part of a leaf. */
static void svma_reclaim_region(struct svma_giving *giving, const struct svma_vma *vma,
				unsigned long first, unsigned long *leaf)
{
	unsigned long from = max(first, svma_pages(vma->start)), i;
	unsigned long to = min(first + SVMA_PT_ENTRIES, svma_pages(vma->end));
	DECLARE_BITMAP(may, SVMA_PT_ENTRIES) = {};
	struct svma_rmap_object *rmap = NULL;

	if (!svma_file_has_pages(vma))
		return;
	/* Of copies that regions share it must be known who wrote. */
	if (svma_vm_shared(vma->flags) && !(vma->backing->flags & SVMA_BACKING_SHMEM))
		rmap = svma_backing_object(vma->backing)->rmap;
	if (rmap && !down_read_trylock(&rmap->copies_lock))
		return;
	for (i = from - first; i < to - first; i++) {
		if (svma_pt_is_page(leaf[i]) &&
		    svma_reclaim_may(giving, vma, (first + i) << SVMA_PAGE_SHIFT, leaf[i]))
			__set_bit(i, may);
	}
	if (rmap)
		up_read(&rmap->copies_lock);
	if (bitmap_empty(may, SVMA_PT_ENTRIES))
		return;
	svma_reclaim_zap(giving->space, first, may);
	/* Without this lock the pages stay, and windows are told of them anew. */
	if (rmap && !down_write_trylock(&rmap->copies_lock))
		return;
	svma_reclaim_take(giving, rmap, vma, first, leaf, may);
	if (rmap)
		up_write(&rmap->copies_lock);
}

/* Is there nothing but what windows can be shown again without it? */
static bool svma_reclaim_empty(const unsigned long *leaf)
{
	unsigned int i;

	for (i = 0; i < SVMA_PT_ENTRIES; i++) {
		if (leaf[i] && leaf[i] != SVMA_PT_ZERO)
			return false;
	}
	return true;
}

static bool svma_reclaim_leaf(unsigned long first, unsigned long *leaf, void *data)
{
	struct svma_giving *giving = data;
	struct svma_space *space = giving->space;
	unsigned long addr = first << SVMA_PAGE_SHIFT, end = addr + SVMA_HUGE_SIZE;
	unsigned long at = addr;
	bool locked = false;
	struct svma_vma vma;

	giving->scanned++;
	while (at < end && svma_index_find(&space->core.index, at, &vma) && vma.start < end) {
		svma_reclaim_region(giving, &vma, first, leaf);
		locked = locked || vma.flags & SVMA_VM_LOCKED;
		at = vma.end;
	}
	if (locked || !svma_reclaim_empty(leaf))
		return false;
	svma_mem_zap(space, addr, end);
	giving->given++;
	return true;
}

/* A part of a space, after which it goes on where this has ended. */
static void svma_reclaim_space(struct svma_giving *giving, unsigned long budget)
{
	struct svma_space *space = giving->space;
	struct svma_reclaim *reclaim = &space->reclaim;
	unsigned int leaves = DIV_ROUND_UP(budget, SVMA_PT_ENTRIES);

	lockdep_assert_held_write(&space->lock);
	svma_pagetable_own_leaves(&space->pages, &reclaim->next, leaves, svma_reclaim_leaf, giving);
	reclaim->stay += giving->stay;
	if (reclaim->next == SVMA_PT_LIMIT) {
		atomic_long_set(&reclaim->pages, reclaim->stay);
		reclaim->stay = 0;
		reclaim->next = 0;
	}
	atomic_long_add(giving->given, &reclaim->given);
}

/* About how many pages a space may have to give. */
static unsigned long svma_reclaim_worth(const struct svma_space *space)
{
	return atomic_long_read(&space->reclaim.pages) + READ_ONCE(space->spares.count) +
	       READ_ONCE(space->ready.count);
}

/* Whose pages count for a cgroup: those of the spaces made in it, or in one below that has gone. */
static bool svma_reclaim_of(const struct svma_space *space, const struct mem_cgroup *memcg)
{
	struct mem_cgroup *payer = space->memcg;

	while (payer && !mem_cgroup_online(payer))
		payer = parent_mem_cgroup(payer);
	return payer == memcg && svma_reclaim_worth(space) > 0;
}

/* Some spaces, referenced; the list goes round. */
static unsigned int svma_reclaim_pick(const struct mem_cgroup *memcg, struct svma_space **spaces)
{
	struct svma_space *space, *first = NULL;
	unsigned int count = 0, passed;

	spin_lock(&svma_reclaim_lock);
	for (passed = 0; passed < SVMA_RECLAIM_PASS && count < SVMA_RECLAIM_SPACES; passed++) {
		space = list_first_entry_or_null(&svma_reclaim_list, struct svma_space,
						 reclaim.node);
		if (!space || space == first)
			break;
		first = first ?: space;
		list_move_tail(&space->reclaim.node, &svma_reclaim_list);
		if (svma_reclaim_of(space, memcg)) {
			kref_get(&space->ref);
			spaces[count++] = space;
		}
	}
	spin_unlock(&svma_reclaim_lock);
	return count;
}

static unsigned long svma_reclaim_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	unsigned long wanted = control->nr_to_scan, given = 0, scanned = 0;
	struct svma_space *spaces[SVMA_RECLAIM_SPACES];
	unsigned int count = svma_reclaim_pick(control->memcg, spaces), i;
	bool any = false;

	for (i = 0; i < count; i++) {
		struct svma_giving giving = { .space = spaces[i] };
		/* For these the space need not be free. */
		unsigned long spares = svma_spare_drop(spaces[i]) + svma_ready_drop(spaces[i]);

		any = any || spares;
		given += spares;
		scanned += spares;
		atomic_long_add(spares, &spaces[i]->reclaim.given);
		if (scanned < wanted && down_write_trylock(&spaces[i]->lock)) {
			svma_reclaim_space(&giving, wanted - scanned);
			up_write(&spaces[i]->lock);
			trace_svma_reclaim(spaces[i]->id, giving.scanned, giving.given);
			any = true;
		}
		scanned += giving.scanned;
		given += giving.given;
		svma_space_put(spaces[i]);
	}
	svma_compat_reclaimed(given);
	control->nr_scanned = scanned;
	return any ? given : SHRINK_STOP;
}

static unsigned long svma_reclaim_count(struct shrinker *shrinker, struct shrink_control *control)
{
	unsigned long pages = 0;
	struct svma_space *space;

	spin_lock(&svma_reclaim_lock);
	list_for_each_entry(space, &svma_reclaim_list, reclaim.node) {
		if (svma_reclaim_of(space, control->memcg))
			pages += svma_reclaim_worth(space);
	}
	spin_unlock(&svma_reclaim_lock);
	/* Not SHRINK_EMPTY: then the kernel would ask no more. */
	return pages;
}

/**
 * svma_reclaim_alloc() - memory for a space that svma_reclaim_add() can take
 * @cache: of spaces
 *
 * Return: zeroed, or NULL.
 */
struct svma_space *svma_reclaim_alloc(struct kmem_cache *cache)
{
	return kmem_cache_alloc_lru(cache, &svma_reclaim_lru, GFP_KERNEL | __GFP_ZERO);
}

/**
 * svma_reclaim_add() - a space may have pages to give back from now on
 * @space: the space
 *
 * Those without pages have none, and snapshots are to stay what they are.
 */
void svma_reclaim_add(struct svma_space *space)
{
	if (space->layout || space->frozen)
		return;
	svma_compat_lru_add(&svma_reclaim_lru, &space->reclaim.lru);
	spin_lock(&svma_reclaim_lock);
	list_add_tail(&space->reclaim.node, &svma_reclaim_list);
	spin_unlock(&svma_reclaim_lock);
}

/**
 * svma_reclaim_remove() - a space is about to go
 * @space: the space; whoever has found it before finds it empty
 */
void svma_reclaim_remove(struct svma_space *space)
{
	spin_lock(&svma_reclaim_lock);
	list_del_init(&space->reclaim.node);
	spin_unlock(&svma_reclaim_lock);
	svma_compat_lru_del(&svma_reclaim_lru, &space->reclaim.lru);
}

/**
 * svma_reclaim_setup() - listen to the kernel's shortage of memory
 *
 * Return: 0 or -ENOMEM.
 */
int svma_reclaim_setup(void)
{
	int err;

	svma_reclaim_shrinker = svma_compat_shrinker(&svma_reclaim_room, svma_reclaim_count,
						     svma_reclaim_scan);
	if (!svma_reclaim_shrinker)
		return -ENOMEM;
	err = list_lru_init_memcg(&svma_reclaim_lru, svma_reclaim_shrinker);
	if (err)
		svma_compat_shrinker_free(svma_reclaim_shrinker);
	return err;
}

/**
 * svma_reclaim_cleanup() - listen no more; there is no space left
 */
void svma_reclaim_cleanup(void)
{
	svma_compat_shrinker_free(svma_reclaim_shrinker);
	list_lru_destroy(&svma_reclaim_lru);
}
