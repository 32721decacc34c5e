// SPDX-License-Identifier: GPL-2.0
/*
 * What happens when an address of a space is read, written or executed: by a window, by pread and
 * pwrite, by a debugger, by populate. The one place where pages come into being.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "writeback.h"
#include "pagetable.h"
#include "../backing.h"
#include "../rmap.h"
#include "../space.h"

#define SVMA_VM_ANY_ACCESS	(SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)

/* May a debugger do it? As the kernel's forced access: a write must hit a private copy. */
static bool svma_mem_forced(u64 flags, unsigned int want)
{
	if (want & SVMA_WANT_WRITE)
		return flags & SVMA_VM_WRITE ||
		       (flags & (SVMA_VM_SHARED | SVMA_VM_MAYWRITE)) == SVMA_VM_MAYWRITE;
	return flags & (SVMA_VM_READ | SVMA_VM_MAYREAD);
}

static bool svma_mem_allowed(u64 flags, unsigned int want)
{
	if (want & SVMA_WANT_FORCE)
		return svma_mem_forced(flags, want);
	if (want & SVMA_WANT_WRITE)
		return flags & SVMA_VM_WRITE;
	if (want & SVMA_WANT_EXEC)
		return flags & SVMA_VM_EXEC;
	/* The processor can read what it may write or execute, but for a key that forbids it. */
	if (svma_only_executed(flags))
		return false;
	return flags & (want & SVMA_WANT_STRICT ? SVMA_VM_READ : SVMA_VM_ANY_ACCESS);
}

/* What is at an address, and whether it may be changed where it is. */
static unsigned long svma_mem_look(struct svma_space *space, unsigned long addr,
				   struct svma_mem *mem, bool *own)
{
	struct page *page = svma_hot_find(&space->hot, svma_pages(addr));

	mem->hot = page;
	if (!page)
		return svma_pagetable_look(&space->pages, svma_pages(addr), own);
	*own = true;
	return (unsigned long)page;
}

static bool svma_mem_private(const struct svma_vma *vma)
{
	return !svma_vm_shared(vma->flags);
}

/* The region at an address; one below a stack grows first, which changes regions. */
static int svma_mem_region(struct svma_space *space, unsigned long addr, unsigned int want,
			   bool exclusive, struct svma_vma *vma)
{
	/* The classic profile remembers what a fault found last. */
	bool remembers = want & SVMA_WANT_WINDOW && svma_rules_classic(&space->core.rules);

	if (remembers && !exclusive)
		return -EAGAIN;
	if (remembers ? !svma_core_find(&space->core, addr, vma) :
			!svma_index_find(&space->core.index, addr, vma))
		return -EFAULT;
	if (addr < vma->start) {
		/* Only a fault grows a stack; one who reads for another does not. */
		if (!(vma->flags & SVMA_VM_GROWSDOWN) || !(want & SVMA_WANT_WINDOW) ||
		    space->frozen)
			return -EFAULT;
		if (!exclusive)
			return -EAGAIN;
		if (svma_core_grow(&space->core, addr) ||
		    !svma_index_find(&space->core.index, addr, vma))
			return -EFAULT;
	}
	if (!svma_mem_allowed(vma->flags, want))
		return -EFAULT;
	return space->frozen && want & SVMA_WANT_WRITE ? -EFAULT : 0;
}

/* Where to look for the entry of a page that regions share; what is not there is added. */
static unsigned long svma_mem_shared_add(struct svma_pagetable *table, unsigned long index,
					 unsigned long entry, struct svma_space *space)
{
	unsigned long *slot = svma_pagetable_slot(table, index, space, false);
	unsigned long there = IS_ERR(slot) ? -ENOMEM : svma_pagetable_add(table, slot, 0, entry);

	if (there != entry)
		svma_entry_unshare(entry);
	return there;
}

/*
 * A page of memory shared by MAP_SHARED | MAP_ANONYMOUS: the backing has it, other regions may too.
 */
static unsigned long svma_mem_anon_shared(struct svma_space *space, const struct svma_vma *vma,
					  unsigned long addr)
{
	struct svma_backing_object *object = svma_backing_object(vma->backing);
	unsigned long index = svma_file_index(vma, addr), entry;

	if (index >= svma_pages(object->base.size))
		return -ENXIO;
	entry = svma_pagetable_find(&object->pages, index);
	if (!svma_pt_is_page(entry)) {
		entry = (unsigned long)svma_page_alloc(space);
		if (!entry)
			return -ENOMEM;
		entry = svma_mem_shared_add(&object->pages, index, entry, space);
	}
	if (!IS_ERR_VALUE(entry))
		svma_entry_share(entry);
	return entry;
}

/* A page of a file that regions share, but not with the page cache. */
static unsigned long svma_mem_file_copy(struct svma_space *space, struct svma_mem *mem,
					unsigned long addr)
{
	struct svma_rmap_object *rmap = svma_backing_object(mem->vma.backing)->rmap;
	unsigned long index = svma_file_index(&mem->vma, addr), entry;

	down_read(&rmap->copies_lock);
	entry = svma_pagetable_find(&rmap->copies, index);
	if (!entry) {
		entry = svma_file_take(mem->file, &mem->vma, addr);
		if (entry)
			entry = svma_mem_shared_add(&rmap->copies, index, entry, space);
		else
			entry = -EINPROGRESS;
	}
	if (!IS_ERR_VALUE(entry))
		svma_entry_share(entry);
	up_read(&rmap->copies_lock);
	return entry;
}

/* An entry to add, with a share of its page; or a negative errno. */
static unsigned long svma_mem_new_entry(struct svma_space *space, struct svma_mem *mem,
					unsigned long addr)
{
	unsigned long entry;

	if (svma_file_has_pages(&mem->vma)) {
		if (!svma_mem_private(&mem->vma) &&
		    !(mem->vma.backing->flags & SVMA_BACKING_SHMEM))
			return svma_mem_file_copy(space, mem, addr);
		entry = svma_file_take(mem->file, &mem->vma, addr);
		return entry ?: -EINPROGRESS;
	}
	if (!svma_mem_private(&mem->vma))
		return svma_mem_anon_shared(space, &mem->vma, addr);
	entry = (unsigned long)svma_page_alloc(space);
	return entry ?: -ENOMEM;
}

/* Nothing is there yet. */
static int svma_mem_fill(struct svma_space *space, unsigned long addr, unsigned int want,
			 bool exclusive, struct svma_mem *mem)
{
	unsigned long *slot, old, entry, there;

	/*
	 * Who only reads private memory needs no page; but a window must lose the zero page later,
	 * and what was made present is so for mincore(2).
	 */
	if (!(want & SVMA_WANT_WRITE) && svma_mem_private(&mem->vma) &&
	    !svma_file_has_pages(&mem->vma)) {
		if (!(want & (SVMA_WANT_WINDOW | SVMA_WANT_PRESENT)) || space->frozen)
			return 0;
		slot = svma_pagetable_mark_zero(&space->pages, svma_pages(addr), space, exclusive);
		if (IS_ERR(slot))
			return PTR_ERR(slot);
		atomic_long_inc(&space->reclaim.pages);
		old = READ_ONCE(*slot);
		if (svma_pt_is_page(old))
			mem->page = svma_pt_page(old);
		return 0;
	}
	mem->page = svma_block_fill(space, &mem->vma, addr, exclusive);
	if (mem->page)
		return PTR_ERR_OR_ZERO(mem->page);
	slot = svma_pagetable_slot(&space->pages, svma_pages(addr), space, exclusive);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	old = READ_ONCE(*slot);
	if (old == SVMA_PT_ZERO && !exclusive)
		return -EAGAIN;
	entry = svma_mem_new_entry(space, mem, addr);
	if (IS_ERR_VALUE(entry))
		return entry;
	if (old == SVMA_PT_ZERO) {
		/* Nobody can enter the zero page anew: that wants the lock shared. */
		svma_mem_zap(space, addr & SVMA_PAGE_MASK,
			     (addr & SVMA_PAGE_MASK) + SVMA_PAGE_SIZE);
	} else {
		old = 0;
	}
	there = svma_pagetable_add(&space->pages, slot, old, entry);
	if (there != entry)
		svma_entry_unshare(entry);
	/* Somebody marked the zero page in between. */
	if (!there)
		return -EAGAIN;
	if (svma_file_has_pages(&mem->vma))
		atomic_long_inc(&space->reclaim.pages);
	mem->page = svma_pt_page(there);
	mem->fresh = there == entry ? slot : NULL;
	return 0;
}

/* No window shows a page any more, because another one takes its place. */
static void svma_mem_zap_page(struct svma_space *space, unsigned long addr, unsigned int want,
			      struct svma_mem *mem)
{
	/* To remove an entry costs more than all the rest, so look for one first. */
	if (!(want & SVMA_WANT_WINDOW) || !svma_window_shows_nothing(mem->fault, space))
		svma_mem_zap(space, addr, addr + SVMA_PAGE_SIZE);
	mem->zapped = true;
}

/*
 * The copy of a page that is to be written becomes hot. Only where a space is restored again and
 * again, and there is room.
 */
static bool svma_mem_unshare_hot(struct svma_space *space, unsigned long addr, unsigned int want,
				 struct svma_mem *mem)
{
	struct page *page;

	if (!space->hot.wanted || !svma_hot_reserve(space))
		return false;
	page = svma_page_alloc_copy(space, page_address(mem->page));
	if (!page)
		return false;
	svma_mem_zap_page(space, addr, want, mem);
	svma_hot_add(space, svma_pages(addr), page);
	mem->page = page;
	mem->hot = true;
	return true;
}

/*
 * A private page that others have as well is to be written: it gets a copy. The page that is left
 * behind keeps its contents: nobody can write to it any more, in any space.
 */
static int svma_mem_unshare(struct svma_space *space, unsigned long addr, unsigned int want,
			    struct svma_mem *mem)
{
	struct page *page;
	unsigned long *slot;

	addr &= SVMA_PAGE_MASK;
	if (svma_mem_unshare_hot(space, addr, want, mem))
		return 0;
	slot = svma_pagetable_slot(&space->pages, svma_pages(addr), space, true);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (svma_entry_private(*slot)) {
		svma_pagetable_dirty(slot);
		return 0;
	}
	page = svma_page_alloc_copy(space, page_address(mem->page));
	if (!page)
		return -ENOMEM;
	svma_mem_zap_page(space, addr, want, mem);
	svma_pagetable_replace(&space->pages, slot, (unsigned long)page);
	mem->page = page;
	return 0;
}

/* A page that its space alone has is to be written: it is no longer what its file has. */
static int svma_mem_dirty(struct svma_space *space, unsigned long addr, bool exclusive)
{
	unsigned long *slot =
		svma_pagetable_slot(&space->pages, svma_pages(addr), space, exclusive);

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	svma_pagetable_dirty(slot);
	return 0;
}

/* May a window write to a shared page? If it is to be written: see to it that it may. */
static int svma_mem_shared_write(struct svma_space *space, unsigned long addr, unsigned int want,
				 struct svma_mem *mem)
{
	int ret;

	if (!(mem->vma.flags & SVMA_VM_WRITE))
		return 0;
	if (svma_file_written_back(&mem->vma)) {
		ret = svma_writeback_allow(space, &mem->vma, addr, mem->page, mem->file,
					   want & SVMA_WANT_WRITE);
		mem->writable = ret > 0;
		return min(ret, 0);
	}
	mem->writable = true;
	svma_file_dirty(&mem->vma, mem->page);
	return 0;
}

/**
 * svma_mem_touch() - get at the memory of an address, as far as the region there allows
 * @space: the space, its lock held
 * @addr: address
 * @want: SVMA_WANT_*
 * @exclusive: the lock is held exclusively
 * @mem: out: what is there
 *
 * Return: 0; -EFAULT no region, or its protection forbids it; -ENXIO beyond the end of what backs
 * it; -EOPNOTSUPP its backing has no pages here; -ENOMEM; -EAGAIN the lock must be held
 * exclusively; -EINPROGRESS a page of a file must be read first: the one in @mem->file.
 */
int svma_mem_touch(struct svma_space *space, unsigned long addr, unsigned int want, bool exclusive,
		   struct svma_mem *mem)
{
	unsigned long entry;
	bool own;
	int err;

	lockdep_assert_held(&space->lock);
	mem->page = NULL;
	mem->writable = false;
	mem->zapped = false;
	mem->fresh = NULL;
	if (svma_pages(addr) >= SVMA_PT_LIMIT)
		return -EFAULT;
	err = svma_mem_region(space, addr, want, exclusive, &mem->vma);
	if (err)
		return err;
	if (svma_file_no_pages(&mem->vma))
		return -EOPNOTSUPP;

	/* What the page table holds is met before the file is asked. */
	entry = svma_mem_look(space, addr, mem, &own);
	if (entry == SVMA_PT_GUARD)
		return -EFAULT;

	/*
	 * The first write gives the region its reverse map, which decides what it can merge with.
	 */
	if (want & SVMA_WANT_WRITE && svma_mem_private(&mem->vma) && !mem->vma.anon) {
		if (!exclusive)
			return -EAGAIN;
		err = svma_core_anon_fault(&space->core, addr);
		if (err)
			return err;
		svma_index_find(&space->core.index, addr, &mem->vma);
	}
	/* Also when the write then finds no file there. */
	if (svma_file_beyond(&mem->vma, addr))
		return -ENXIO;

	if (svma_pt_is_page(entry) && svma_file_outdated(&mem->vma, addr, entry)) {
		if (!exclusive)
			return -EAGAIN;
		err = svma_mem_discard(&space->core, addr & SVMA_PAGE_MASK,
				       (addr & SVMA_PAGE_MASK) + SVMA_PAGE_SIZE);
		if (err)
			return err;
		entry = 0;
	}
	if (!svma_pt_is_page(entry)) {
		err = svma_mem_fill(space, addr, want, exclusive, mem);
		if (err || !mem->page)
			return err;
		/* What was added is in a leaf of the space's own; a mark may be in anybody's. */
		own = true;
		entry = (unsigned long)mem->page;
		if (!(want & SVMA_WANT_WRITE) || !svma_mem_private(&mem->vma) ||
		    svma_file_has_pages(&mem->vma))
			entry = svma_mem_look(space, addr, mem, &own);
	}
	mem->page = svma_pt_page(entry);
	if (!svma_mem_private(&mem->vma))
		return svma_mem_shared_write(space, addr, want, mem);
	own = own && svma_entry_private(entry);
	if (want & SVMA_WANT_WRITE && !own) {
		if (!exclusive)
			return -EAGAIN;
		err = svma_mem_unshare(space, addr, want, mem);
		if (err)
			return err;
		own = true;
	} else if (entry & SVMA_PT_CLEAN) {
		own = want & SVMA_WANT_WRITE;
		err = own ? svma_mem_dirty(space, addr, exclusive) : 0;
		if (err)
			return err;
	}
	mem->writable = own && mem->vma.anon && mem->vma.flags & SVMA_VM_WRITE;
	return 0;
}

/**
 * svma_mem_present() - what is at an address already, to be shown in a window
 * @space: the space, its lock held
 * @addr: address
 * @mem: in: the region there; out: the page, and whether a window may write to it
 *
 * Nothing is brought in.
 *
 * Return: whether there is a page.
 */
bool svma_mem_present(struct svma_space *space, unsigned long addr, struct svma_mem *mem)
{
	unsigned long entry;
	bool own;

	lockdep_assert_held(&space->lock);
	entry = svma_mem_look(space, addr, mem, &own);
	if (!svma_pt_is_page(entry) || svma_file_beyond(&mem->vma, addr) ||
	    svma_file_outdated(&mem->vma, addr, entry))
		return false;
	mem->page = svma_pt_page(entry);
	mem->writable = false;
	if (!svma_mem_private(&mem->vma))
		svma_mem_shared_write(space, addr, 0, mem);
	else
		mem->writable = mem->vma.flags & SVMA_VM_WRITE && mem->vma.anon && own &&
				!(entry & SVMA_PT_CLEAN) && svma_entry_private(entry);
	return true;
}

/**
 * svma_mem_unlock() - give up the lock that svma_mem_lock_touch() took
 * @space: the space
 * @exclusive: as that said
 */
void svma_mem_unlock(struct svma_space *space, bool exclusive)
{
	if (exclusive)
		up_write(&space->lock);
	else
		up_read(&space->lock);
}

/**
 * svma_mem_lock_touch() - take the lock as much as is needed, and touch
 * @space: the space, not locked
 * @addr: address
 * @want: SVMA_WANT_*
 * @exclusive: out: how the lock is held
 * @mem: out: what is there
 *
 * Return: 0 with the lock held; else as svma_mem_touch(), or -EINTR when killed, without it.
 */
int svma_mem_lock_touch(struct svma_space *space, unsigned long addr, unsigned int want,
			bool *exclusive, struct svma_mem *mem)
{
	struct svma_file_page file = {};
	int err;

	mem->file = &file;
	*exclusive = want & SVMA_WANT_ALONE;
	for (;;) {
		if (*exclusive ? down_write_killable(&space->lock) :
				 down_read_killable(&space->lock)) {
			err = -EINTR;
			break;
		}
		err = svma_mem_touch(space, addr, want, *exclusive, mem);
		if (!err)
			break;
		svma_mem_unlock(space, *exclusive);
		if (err == -EINPROGRESS) {
			err = svma_file_read(space, &file);
			if (err)
				break;
		} else if (err == -EAGAIN && !*exclusive) {
			*exclusive = true;
		} else {
			break;
		}
		/* What is read may be out of date each time, for as long as somebody writes. */
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
	}
	svma_file_drop(&file);
	mem->file = NULL;
	return err;
}
