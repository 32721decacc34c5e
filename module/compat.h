/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows kernel versions. The rest of the module is written for the newest
 * kernel; what older ones lack is made up for here. Where a macro or a header tells, it is asked,
 * because stable kernels take features from later ones; where nothing tells, the version is.
 */
#ifndef SVMA_COMPAT_H
#define SVMA_COMPAT_H

#include <linux/fs.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/shmem_fs.h>
#include <linux/shrinker.h>
#include <linux/swap.h>
#include <linux/version.h>

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
 * The hardware entry of a region of page frames, under its mmap_lock: is there one? 6.12 brought
 * the function that is made for this; 6.10 had changed what the older one takes.
 */
static inline bool svma_compat_hardware_entry(struct vm_area_struct *vma, unsigned long addr,
					      unsigned long *pfn, bool *writable)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	spinlock_t *lock;	/* of the page-table page */
	pte_t *pte;

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
	struct follow_pfnmap_args args = { .vma = vma, .address = addr };

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
