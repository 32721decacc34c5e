// SPDX-License-Identifier: GPL-2.0
/*
 * Making ranges present after a verb has asked for it: MAP_POPULATE, locked regions.
 *
 * The verb is over by then and its lock given up, so the regions may change while this goes on:
 * each step looks at what is there now.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "file.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "shown.h"
#include "../space.h"

#define SVMA_POPULATE_CHUNK	(64 * SVMA_PAGE_SIZE)	/* under one hold of the lock */
#define SVMA_POPULATE_HELD	(512 * SVMA_PAGE_SIZE)	/* at most for who has it anyway */

/*
 * Writable private memory is populated as if it were written, other memory as if it were read, if
 * nothing else was asked for.
 */
static unsigned int svma_populate_want(const struct svma_vma *vma,
				       const struct svma_populate *populate)
{
	if (populate->exact)
		return populate->write ? SVMA_WANT_WRITE : SVMA_WANT_READ;
	if (populate->write || (vma->flags & (SVMA_VM_WRITE | SVMA_VM_SHARED)) == SVMA_VM_WRITE)
		return SVMA_WANT_WRITE;
	return SVMA_WANT_READ;
}

/* What is locked on fault only is made present by who asks for that, which madvise does. */
static bool svma_populate_wanted(const struct svma_vma *vma, const struct svma_populate *populate,
				 bool locked)
{
	if (vma->flags & (SVMA_VM_IO | SVMA_VM_PFNMAP))
		return false;
	if (vma->flags & SVMA_VM_LOCKONFAULT && !populate->exact)
		return false;
	/* What regions share needs no copy for that it can be written. */
	return !locked || (vma->flags & (SVMA_VM_LOCKED | SVMA_VM_SHARED)) == SVMA_VM_LOCKED;
}

/* How many entries from one on have nothing yet. */
static unsigned int svma_populate_absent(const unsigned long *slot, unsigned int most)
{
	unsigned int count = 0;

	while (count < most && !READ_ONCE(slot[count]))
		count++;
	return count;
}

/* Pages for entries that follow each other: how many got theirs. */
static unsigned int svma_populate_add(struct svma_pagetable *table, unsigned long *slot,
				      struct page **pages, unsigned int count)
{
	unsigned int added = 0, i;

	for (i = 0; i < count; i++) {
		unsigned long entry = (unsigned long)pages[i];

		/* Somebody was quicker: what is behind is looked at anew. */
		if (added < i || svma_pagetable_add(table, slot + i, 0, entry) != entry)
			svma_entry_unshare(entry);
		else
			added++;
	}
	return added;
}

/*
 * Pages of private anonymous memory that can be written, as far as they are not there yet, in the
 * same leaf, without looking for each from the root on. Where it ended.
 */
static unsigned long svma_populate_run(struct svma_space *space, unsigned long addr,
				       unsigned long end)
{
	unsigned long index = svma_pages(addr), limit = svma_pages(end), *slot;
	struct page *pages[SVMA_RUN_PAGES];
	unsigned int count, added;

	limit = min(limit, round_down(index, SVMA_PT_ENTRIES) + SVMA_PT_ENTRIES);
	if (index >= limit)
		return addr;
	slot = svma_pagetable_slot(&space->pages, index, space, false);
	if (IS_ERR(slot))
		return addr;
	for (; index < limit; index += added, slot += added) {
		count = min_t(unsigned long, limit - index, SVMA_RUN_PAGES);
		count = svma_populate_absent(slot, count);
		if (count)
			count = svma_page_alloc_some(space, pages, count);
		if (!count)
			break;
		added = svma_populate_add(&space->pages, slot, pages, count);
		if (added < count)
			return (index + added) << PAGE_SHIFT;
	}
	return index << PAGE_SHIFT;
}

/* Does a region's next page need nothing but to be there? See svma_mem_touch(). */
static bool svma_populate_plain(const struct svma_space *space, const struct svma_vma *vma,
				unsigned int want)
{
	return want & SVMA_WANT_WRITE && vma->flags & SVMA_VM_WRITE && vma->anon &&
	       svma_shown_fits(vma) && !svma_file_no_pages(vma) && !svma_block_asked(space, vma) &&
	       svma_pages(vma->end) <= SVMA_PT_LIMIT;
}

/* Some pages of the next region from *addr on; *addr goes on behind them. The lock is held. */
static int svma_populate_pages(struct svma_space *space, unsigned long *addr, unsigned long end,
			       const struct svma_populate *populate, bool locked, bool exclusive,
			       unsigned int *want)
{
	unsigned long behind;
	struct svma_mem mem = {};
	struct svma_vma vma;
	bool plain;
	int err = 0;

	if (!svma_index_find(&space->core.index, *addr, &vma) || vma.start >= end) {
		*addr = end;
		return 0;
	}
	if (!svma_populate_wanted(&vma, populate, locked)) {
		*addr = vma.end;
		return 0;
	}
	*addr = max(*addr, vma.start);
	end = min3(end, vma.end, *addr + SVMA_POPULATE_CHUNK);
	*want = svma_populate_want(&vma, populate) | SVMA_WANT_PRESENT;
	plain = svma_populate_plain(space, &vma, *want);
	while (*addr < end) {
		/* Where a leaf begins it may be a block that is due. */
		if (IS_ALIGNED(*addr, SVMA_HUGE_SIZE) && svma_block_asked(space, &vma))
			plain = false;
		behind = plain ? svma_populate_run(space, *addr, end) : *addr;
		if (behind > *addr) {
			*addr = behind;
			continue;
		}
		err = svma_mem_touch(space, *addr, *want, exclusive, &mem);
		if (err)
			break;
		*addr += SVMA_PAGE_SIZE;
		plain = *want & SVMA_WANT_WRITE && mem.writable && svma_shown_fits(&mem.vma);
	}
	return err;
}

/* The same, which takes the lock, as much as is needed. */
static int svma_populate_step(struct svma_space *space, unsigned long *addr, unsigned long end,
			      const struct svma_populate *populate, bool locked)
{
	struct svma_mem mem = {};
	unsigned int want = 0;
	bool exclusive;
	int err;

	if (down_read_killable(&space->lock))
		return -EINTR;
	err = svma_populate_pages(space, addr, end, populate, locked, false, &want);
	up_read(&space->lock);
	if (err != -EAGAIN && err != -EINPROGRESS)
		return err;
	err = svma_mem_lock_touch(space, *addr, want, &exclusive, &mem);
	if (!err)
		svma_mem_unlock(space, exclusive);
	return err;
}

/* The end of the region at an address. */
static unsigned long svma_populate_skip(struct svma_space *space, unsigned long addr)
{
	struct svma_vma vma;
	bool found;

	down_read(&space->lock);
	found = svma_index_find(&space->core.index, addr, &vma) && vma.start <= addr;
	up_read(&space->lock);
	return found ? vma.end : addr + SVMA_PAGE_SIZE;
}

/* A space without pages can only tell what could not be had: guards. The lock is held. */
static int svma_populate_layout_held(struct svma_space *space, const struct svma_populate *populate)
{
	unsigned long addr = populate->start & SVMA_PAGE_MASK;
	unsigned long end = svma_page_align(populate->start + populate->len);
	struct svma_vma vma;

	if (!populate->strict)
		return 0;
	while (svma_index_find(&space->core.index, addr, &vma) && vma.start < end) {
		addr = max(addr, vma.start);
		if (svma_populate_wanted(&vma, populate, false) &&
		    svma_mem_has_guard(space, addr, min(end, vma.end)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		addr = vma.end;
		cond_resched();
	}
	return 0;
}

static int svma_populate_layout(struct svma_space *space, const struct svma_populate *populate)
{
	int err;

	if (!populate->strict)
		return 0;
	if (down_read_killable(&space->lock))
		return -EINTR;
	err = svma_populate_layout_held(space, populate);
	up_read(&space->lock);
	return err;
}

static int svma_populate_range(struct svma_space *space, const struct svma_populate *populate,
			       bool locked)
{
	unsigned long addr = populate->start & SVMA_PAGE_MASK, end;
	int err;

	if (!populate->len)
		return 0;
	if (space->layout)
		return svma_populate_layout(space, populate);
	end = svma_page_align(populate->start + populate->len);
	while (addr < end) {
		err = svma_populate_step(space, &addr, end, populate, locked);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (err && populate->strict)
			return err;
		/* What one page cannot have, its whole region cannot. */
		if (err)
			addr = svma_populate_skip(space, addr);
		cond_resched();
	}
	return 0;
}

/* What the verbs answer where there is a region, but no page can be had, for whatever reason. */
static int svma_populate_error(int err)
{
	return !err || err == -EINTR || err == -ENOMEM ? err : -EFAULT;
}

/**
 * svma_mem_populate() - make a range present
 * @space: the space, not locked
 * @populate: what a verb asks for; holes are passed over
 *
 * Return: 0; -EINTR; what a page could not be had for, if the verb is strict about it: -EFAULT,
 * -ENOMEM.
 */
int svma_mem_populate(struct svma_space *space, const struct svma_populate *populate)
{
	return svma_populate_error(svma_populate_range(space, populate, false));
}

/**
 * svma_mem_populate_held() - make a range present, if that can be done at once
 * @space: the space, its lock held exclusively
 * @populate: what a verb asks for
 *
 * Return: as svma_mem_populate(); or -EAGAIN: it may take long, or a file must be read, so that is
 * to be called without the lock. What is present then already stays so.
 */
int svma_mem_populate_held(struct svma_space *space, const struct svma_populate *populate)
{
	unsigned long addr = populate->start & SVMA_PAGE_MASK, end;
	unsigned int want;
	int err = 0;

	lockdep_assert_held_write(&space->lock);
	if (!populate->len)
		return 0;
	if (space->layout)
		return svma_populate_layout_held(space, populate);
	end = svma_page_align(populate->start + populate->len);
	if (end - addr > SVMA_POPULATE_HELD)
		return -EAGAIN;
	while (!err && addr < end)
		err = svma_populate_pages(space, &addr, end, populate, false, true, &want);
	if (err == -EINPROGRESS)
		return -EAGAIN;
	/* What is not strict passes over what cannot be had: rare, and for the other one to do. */
	return err && !populate->strict ? -EAGAIN : svma_populate_error(err);
}

/**
 * svma_mem_own() - locked private memory became writable (struct svma_core_ops)
 * @core: the space's regions
 * @start: first address
 * @end: end address
 */
void svma_mem_own(struct svma_core *core, unsigned long start, unsigned long end)
{
	struct svma_own_ranges *own = &svma_space_of_core(core)->own;

	if (own->count && (own->end[own->count - 1] == start || own->count == SVMA_OWN_RANGES)) {
		own->end[own->count - 1] = end;
		return;
	}
	own->start[own->count] = start;
	own->end[own->count++] = end;
}

/**
 * svma_mem_populate_own() - give ranges that svma_mem_own() noted pages of their own
 * @space: the space, not locked
 * @own: the ranges
 */
void svma_mem_populate_own(struct svma_space *space, const struct svma_own_ranges *own)
{
	unsigned int i;

	for (i = 0; i < own->count; i++) {
		const struct svma_populate populate = {
			.start = own->start[i], .len = own->end[i] - own->start[i],
		};

		svma_populate_range(space, &populate, true);
	}
}
