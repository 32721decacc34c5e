// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of 2 MiB: where a region asks for them, the first write brings in a whole leaf of the page
 * table at once, of pages that lie together in memory (a block), and a window shows it by one
 * entry.
 *
 * To all others these are 512 pages like any: they are shared, copied and freed one by one. So what
 * takes, protects, moves or copies a part needs no splitting first; the leaf is no block any more
 * afterwards. The kernel does the same with the entry: where a part of it goes, all of it goes, and
 * the next fault enters what is due then.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

#include "file.h"
#include "hot.h"
#include "mem.h"
#include "page.h"
#include "pagetable.h"
#include "pagetable_node.h"
#include "shown.h"
#include "../compat.h"
#include "../space.h"

static unsigned long svma_block_start(unsigned long addr)
{
	return round_down(addr, SVMA_HUGE_SIZE);
}

/* Is the block around an address wholly in a region of private anonymous memory? */
static bool svma_block_within(const struct svma_vma *vma, unsigned long addr)
{
	return vma->start <= svma_block_start(addr) &&
	       svma_block_start(addr) + SVMA_HUGE_SIZE <= vma->end &&
	       svma_shown_fits(vma);
}

/**
 * svma_block_asked() - does a region, or its space, ask for large pages?
 * @space: the space, its lock held
 * @vma: the region
 *
 * Return: whether it does; svma_block_fill() has nothing to say otherwise.
 */
bool svma_block_asked(const struct svma_space *space, const struct svma_vma *vma)
{
	u32 told = space->core.layout.personality;

	if (vma->flags & SVMA_VM_NOHUGEPAGE || told & SVMA_THP_NEVER)
		return false;
	return vma->flags & SVMA_VM_HUGEPAGE || told & SVMA_THP_ALWAYS;
}

/**
 * svma_block_fill() - bring in a block, if one is asked for and is to be had
 * @space: the space, its lock held
 * @vma: the region
 * @addr: address of a write, where there is no page yet
 * @exclusive: the lock is held exclusively
 *
 * Return: the page at @addr; NULL: a single page will do; ERR_PTR(-EAGAIN) the lock must be held
 * exclusively; ERR_PTR(-ENOMEM).
 */
struct page *svma_block_fill(struct svma_space *space, const struct svma_vma *vma,
			     unsigned long addr, bool exclusive)
{
	unsigned long start = svma_block_start(addr), *place, *leaf;
	struct page *first;

	lockdep_assert_held(&space->lock);
	if (!svma_block_asked(space, vma) || !svma_block_within(vma, addr))
		return NULL;
	place = svma_pagetable_block_place(&space->pages, svma_pages(start), space, exclusive);
	if (IS_ERR_OR_NULL(place))
		return ERR_CAST(place);
	leaf = svma_node_alloc(space);
	if (!leaf)
		return ERR_PTR(-ENOMEM);
	/* Who asks waits for memory to be made free; nobody else does. */
	first = svma_page_alloc_block(space, vma->flags & SVMA_VM_HUGEPAGE);
	if (!first) {
		svma_node_free(leaf);
		return NULL;
	}
	/* Nobody can enter the zero page anew: that wants the lock shared. */
	if (READ_ONCE(*place) && exclusive)
		svma_mem_zap(space, start, start + SVMA_HUGE_SIZE);
	if (svma_pagetable_add_block(&space->pages, place, leaf, first, exclusive))
		return pfn_to_page(page_to_pfn(first) + svma_pages(addr - start));
	svma_page_free_block(first);
	svma_node_free(leaf);
	return ERR_PTR(-EAGAIN);
}

/* Has a window room for one entry, at the place that hardware wants it at? */
static bool svma_block_fits(const struct vm_fault *vmf, unsigned long addr)
{
	unsigned long host = svma_block_start(vmf->address);

	return !((vmf->address ^ addr) & (SVMA_HUGE_SIZE - 1) & PAGE_MASK) &&
	       host >= vmf->vma->vm_start && host + SVMA_HUGE_SIZE <= vmf->vma->vm_end &&
	       !userfaultfd_armed(vmf->vma);
}

/* One entry has the protection that the kernel keeps for the window; is it what is due? */
static bool svma_block_protection(const struct vm_area_struct *vma, const struct svma_mem *mem)
{
	struct svma_mem clean = { .vma = mem->vma };

	return pgprot_val(svma_window_prot(vma, &clean)) == pgprot_val(vma->vm_page_prot);
}

/**
 * svma_block_of_leaf() - is what a space has below a leaf a block?
 * @space: the space, its lock held
 * @leaf: the leaf
 * @index: page number of one of its entries
 *
 * Return: its first page, or NULL: it is none, or a hot page lies over it.
 */
struct page *svma_block_of_leaf(const struct svma_space *space, const unsigned long *leaf,
				unsigned long index)
{
	unsigned long first = round_down(index, SVMA_PT_ENTRIES);

	lockdep_assert_held(&space->lock);
	if (svma_hot_any(&space->hot, first, first + SVMA_PT_ENTRIES))
		return NULL;
	return svma_leaf_block(leaf);
}

/**
 * svma_block_look() - how is a fault in a window to be answered?
 * @vmf: the fault
 * @space: the space, its lock held
 * @addr: address in the space
 * @mem: what is there, as svma_mem_touch() found it
 *
 * Return: SVMA_BLOCK_*. With the lock held it stays at that: only who holds it exclusively makes an
 * entry of 2 MiB, and only its holders make tables of single ones.
 */
enum svma_block_answer svma_block_look(struct vm_fault *vmf, struct svma_space *space,
				       unsigned long addr, const struct svma_mem *mem)
{
	const unsigned long *leaf;
	bool private;

	lockdep_assert_held(&space->lock);
	switch (svma_compat_huge_look(vmf)) {
	case SVMA_COMPAT_HUGE_ENTRY:
		/* Somebody was quicker. If it lets no write through, there is a next fault. */
		return SVMA_BLOCK_THERE;
	case SVMA_COMPAT_HUGE_TABLE:
		return SVMA_BLOCK_NONE;
	case SVMA_COMPAT_HUGE_ROOM:
		break;
	}
	if (!mem->page || !svma_block_within(&mem->vma, addr) || !svma_block_fits(vmf, addr) ||
	    !svma_block_protection(vmf->vma, mem))
		return SVMA_BLOCK_NONE;
	leaf = svma_pagetable_leaf(&space->pages, svma_pages(addr), &private);
	if (!leaf || !svma_block_of_leaf(space, leaf, svma_pages(addr)))
		return SVMA_BLOCK_NONE;
	/* What can be written here must be so everywhere in it. */
	if (mem->writable && !(private && svma_leaf_private(leaf)))
		return SVMA_BLOCK_NONE;
	return SVMA_BLOCK_DUE;
}

/**
 * svma_block_enter() - show a block in a window by one entry
 * @vmf: a fault of which svma_block_look() said that it is due
 * @space: the space, its lock held exclusively
 * @addr: address in the space
 * @mem: what is there, as svma_mem_touch() found it
 *
 * Return: as vmf_insert_pfn_prot().
 */
vm_fault_t svma_block_enter(struct vm_fault *vmf, struct svma_space *space, unsigned long addr,
			    const struct svma_mem *mem)
{
	unsigned long frame = page_to_pfn(mem->page) & ~(SVMA_PT_ENTRIES - 1);

	lockdep_assert_held_write(&space->lock);
	svma_mem_set_written(space, addr, mem);
	atomic_long_inc(&space->huge_entries);
	return svma_compat_insert_huge(vmf, frame, mem->writable && vmf->vma->vm_flags & VM_WRITE);
}
