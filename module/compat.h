/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows kernel versions. The rest of the module is written for the newest
 * kernel; what older ones lack is made up for here. Where a macro or a header tells, it is asked,
 * because stable kernels take features from later ones; where nothing tells, the version is.
 */
#ifndef SVMA_COMPAT_H
#define SVMA_COMPAT_H

#include <linux/fs.h>
#include <linux/huge_mm.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/shmem_fs.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#endif

/* 6.3 put the region flags of the kernel behind functions, because of the lock of each region. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vma_start_write(struct vm_area_struct *vma)
{
	mmap_assert_write_locked(vma->vm_mm);
}
#endif

/* 6.12 exports the question, before it exported what to compare with. */
static inline bool svma_compat_is_shmem(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	return file->f_mapping->a_ops == &shmem_aops;
#else
	return shmem_mapping(file->f_mapping);
#endif
}

/* 6.10 made the flags of MAP_SHARED_VALIDATE a property of the file operations. */
static inline bool svma_compat_can_sync(struct file *file)
{
#ifdef FOP_MMAP_SYNC
	return file->f_op->fop_flags & FOP_MMAP_SYNC;
#else
	return file->f_op->mmap_supported_flags & MAP_SYNC;
#endif
}

/* 6.16 gave files a second way to be mapped. */
static inline bool svma_compat_can_mmap(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return file->f_op->mmap;
#else
	return file->f_op->mmap || file->f_op->mmap_prepare;
#endif
}

/* Does it say all that is special about a mapping before that is made? */
static inline bool svma_compat_prepares(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	return false;
#else
	return file->f_op->mmap_prepare;
#endif
}

/* 6.3 put the users' numbers that a mount shows behind another type. */
static inline bool svma_compat_owns(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	return inode_owner_or_capable(file_mnt_user_ns(file), file_inode(file));
#else
	return inode_owner_or_capable(file_mnt_idmap(file), file_inode(file));
#endif
}

/*
 * Entries of 2 MiB in a region of page frames. What goes around the page tables' locks,
 * get_user_pages_fast(), must not take such frames for pages: from 6.12 on the entry says so
 * itself; before, only memory of devices is looked at more closely, and refused if it is not known
 * to be that.
 */
#if !defined(CONFIG_TRANSPARENT_HUGEPAGE)
#define SVMA_COMPAT_HUGE		0
#elif defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP)
#define SVMA_COMPAT_HUGE		1
#define SVMA_COMPAT_HUGE_PFN_FLAGS	0
#elif defined(CONFIG_ARCH_HAS_PTE_DEVMAP)
#define SVMA_COMPAT_HUGE		1
#define SVMA_COMPAT_HUGE_PFN_FLAGS	(PFN_DEV | PFN_MAP)
#else
#define SVMA_COMPAT_HUGE		0
#endif

/* What hardware has where such an entry would go. */
enum svma_compat_huge {
	SVMA_COMPAT_HUGE_ROOM,	/* nothing */
	SVMA_COMPAT_HUGE_ENTRY,	/* one */
	SVMA_COMPAT_HUGE_TABLE,	/* a table of single entries; or it can be nothing else */
};

static inline enum svma_compat_huge svma_compat_huge_look(const struct vm_fault *vmf)
{
#if SVMA_COMPAT_HUGE
	pmd_t pmd = READ_ONCE(*vmf->pmd);

	if (pmd_none(pmd))
		return SVMA_COMPAT_HUGE_ROOM;
	if (pmd_present(pmd) && pmd_leaf(pmd))
		return SVMA_COMPAT_HUGE_ENTRY;
#endif
	return SVMA_COMPAT_HUGE_TABLE;
}

/*
 * Enter one, with the protection of the region: no kernel but 6.1 takes another. 6.17 did away with
 * a type for frame numbers.
 */
static inline vm_fault_t svma_compat_insert_huge(struct vm_fault *vmf, unsigned long pfn,
						 bool write)
{
#if !SVMA_COMPAT_HUGE
	return VM_FAULT_SIGBUS;	/* svma_compat_huge_look() never has it come to this */
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, SVMA_COMPAT_HUGE_PFN_FLAGS), write);
#else
	return vmf_insert_pfn_pmd(vmf, pfn, write);
#endif
}

/* The hardware entry of 2 MiB at an address of a region, under its mmap_lock: is there one? */
static inline bool svma_compat_huge_entry(struct vm_area_struct *vma, unsigned long addr,
					  unsigned long *pfn, bool *writable)
{
#if SVMA_COMPAT_HUGE
	pgd_t *pgd = pgd_offset(vma->vm_mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t pmd;

	if (pgd_none(READ_ONCE(*pgd)))
		return false;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(READ_ONCE(*p4d)))
		return false;
	pud = pud_offset(p4d, addr);
	if (pud_none(READ_ONCE(*pud)))
		return false;
	pmd = READ_ONCE(*pmd_offset(pud, addr));
	if (!pmd_present(pmd) || !pmd_leaf(pmd))
		return false;
	*pfn = pmd_pfn(pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT);
	*writable = pmd_write(pmd);
	return true;
#else
	return false;
#endif
}

/*
 * The hardware entry of a region of page frames, under its mmap_lock: is there one? 6.12 brought
 * the function that is made for this; 6.10 had changed what the older one takes.
 */
static inline bool svma_compat_hardware_entry(struct vm_area_struct *vma, unsigned long addr,
					      unsigned long *pfn, bool *writable, bool *huge)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	spinlock_t *lock;	/* of the page-table page */
	pte_t *pte;
#else
	struct follow_pfnmap_args args = { .vma = vma, .address = addr };
#endif

	*huge = svma_compat_huge_entry(vma, addr, pfn, writable);
	if (*huge)
		return true;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	if (follow_pte(vma->vm_mm, addr, &pte, &lock))
		return false;
#else
	if (follow_pte(vma, addr, &pte, &lock))
		return false;
#endif
	__acquire(lock); /* follow_pte() does not tell sparse that it locks */
	*pfn = pte_pfn(*pte);
	*writable = pte_write(*pte);
	pte_unmap_unlock(pte, lock);
#else
	if (follow_pfnmap_start(&args))
		return false;
	*pfn = args.pfn;
	*writable = args.writable;
	follow_pfnmap_end(&args);
#endif
	return true;
}

/* When an inode was changed last, in nanoseconds. 6.6 put that behind a function. */
static inline s64 svma_compat_ctime(const struct inode *inode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	struct timespec64 time = inode->i_ctime;
#else
	struct timespec64 time = inode_get_ctime(inode);
#endif
	return timespec64_to_ns(&time);
}

typedef unsigned long (*svma_compat_shrink_fn)(struct shrinker *shrinker,
					       struct shrink_control *control);

/*
 * A shrinker that is asked for each memory cgroup by itself. 6.7 allocates them. @room is for one
 * where that is not so.
 */
static inline struct shrinker *svma_compat_shrinker(struct shrinker *room,
						    svma_compat_shrink_fn count,
						    svma_compat_shrink_fn scan)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	room->flags = SHRINKER_MEMCG_AWARE;
	room->count_objects = count;
	room->scan_objects = scan;
	room->seeks = DEFAULT_SEEKS;
	return register_shrinker(room, "svma") ? NULL : room;
#else
	struct shrinker *shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE, "svma");

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker_register(shrinker);
	return shrinker;
#endif
}

static inline void svma_compat_shrinker_free(struct shrinker *shrinker)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	unregister_shrinker(shrinker);
#else
	shrinker_free(shrinker);
#endif
}

/* 6.8 put a second function beside these, for objects whose cgroup is that of their memory. */
static inline void svma_compat_lru_add(struct list_lru *lru, struct list_head *item)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	list_lru_add(lru, item);
#else
	list_lru_add_obj(lru, item);
#endif
}

static inline void svma_compat_lru_del(struct list_lru *lru, struct list_head *item)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	list_lru_del(lru, item);
#else
	list_lru_del_obj(lru, item);
#endif
}

/* Pages that a shrinker gave back, for those who count progress. 6.5 put that behind a function. */
static inline void svma_compat_reclaimed(unsigned long pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += pages;
#else
	mm_account_reclaimed_pages(pages);
#endif
}

/* Kernel region flags that older kernels lack. */
#ifdef VM_SEALED
#define SVMA_COMPAT_VM_SEALED		VM_SEALED
#else
#define SVMA_COMPAT_VM_SEALED		0UL
#endif
#ifdef VM_MAYBE_GUARD
#define SVMA_COMPAT_VM_MAYBE_GUARD	VM_MAYBE_GUARD
#else
#define SVMA_COMPAT_VM_MAYBE_GUARD	0UL
#endif
#ifdef VM_UFFD_RWP
#define SVMA_COMPAT_VM_UFFD_RWP		VM_UFFD_RWP
#else
#define SVMA_COMPAT_VM_UFFD_RWP		0UL
#endif
#ifdef VM_DROPPABLE
#define SVMA_COMPAT_VM_DROPPABLE	VM_DROPPABLE
#else
#define SVMA_COMPAT_VM_DROPPABLE	0UL
#endif

/* The protection key in the flags of a kernel region. */
static inline u64 svma_compat_vm_pkey(unsigned long flags)
{
#ifdef VM_PKEY_SHIFT
	return (flags >> VM_PKEY_SHIFT) & 15;
#else
	return 0;
#endif
}

#endif /* SVMA_COMPAT_H */
