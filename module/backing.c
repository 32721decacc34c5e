// SPDX-License-Identifier: GPL-2.0
/*
 * Backings: what a region refers to, when it is not private anonymous memory.
 *
 * The kernel takes two regions for parts of one mapping only if they have the same struct file. So
 * the same struct file gives the same backing, for as long as any region of the machine refers to
 * it.
 */
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <linux/slab.h>

#include "backing.h"
#include "machine.h"
#include "rmap.h"
#include "space.h"
#include "watch.h"

#define SVMA_ZERO_MINOR	5	/* /dev/zero */
#define SVMA_SHMEM_MAJOR	0	/* the kernel's own shmem mount, as listings show it */
#define SVMA_SHMEM_MINOR	1

static atomic64_t svma_shared_inode = ATOMIC64_INIT(1);

static void svma_backing_ref(struct svma_backing *backing)
{
	refcount_inc(&svma_backing_object(backing)->ref);
}

static void svma_backing_free(struct svma_backing_object *object)
{
	svma_pagetable_destroy(&object->pages);
	if (object->held_writable)
		mapping_unmap_writable(object->file->f_mapping);
	if (object->charged_to)
		svma_core_backing_release(object->charged_to, &object->base);
	if (object->rmap)
		svma_rmap_put(object->machine, object->rmap);
	/* Only queues the file's end: that may want locks which we hold. */
	if (object->file)
		fput(object->file);
	else if (object->inode)
		iput(object->inode);
	kfree(object);
}

static void svma_backing_unref(struct svma_backing *backing)
{
	struct svma_backing_object *object = svma_backing_object(backing);
	struct svma_machine_object *machine = object->machine;
	bool last;

	if (refcount_dec_not_one(&object->ref))
		return;
	if (machine) {
		/* Under the lock, so that who finds it in the table finds it with a reference. */
		spin_lock(&machine->backings_lock);
		last = refcount_dec_and_test(&object->ref);
		if (last)
			hash_del(&object->node);
		spin_unlock(&machine->backings_lock);
	} else {
		last = refcount_dec_and_test(&object->ref);
	}
	if (last)
		svma_backing_free(object);
}

/* The core gives a region's reference back. */
static void svma_backing_region_gone(struct svma_backing *backing)
{
	struct svma_backing_object *object = svma_backing_object(backing);

	if (object->rmap)
		svma_writeback_gone(object->rmap, object->machine);
	svma_backing_unref(backing);
}

static const struct svma_backing_ops svma_backing_object_ops = {
	.get = svma_backing_ref,
	.put = svma_backing_region_gone,
};

/**
 * svma_backing_drop() - give back what a look-up gave
 * @backing: may be NULL
 */
void svma_backing_drop(struct svma_backing *backing)
{
	if (backing)
		svma_backing_unref(backing);
}

static u32 svma_backing_seals(struct inode *inode)
{
	unsigned int seals = READ_ONCE(SHMEM_I(inode)->seals);
	u32 told = 0;

	if (seals & F_SEAL_WRITE)
		told |= SVMA_BACKING_SEAL_WRITE;
	if (seals & F_SEAL_FUTURE_WRITE)
		told |= SVMA_BACKING_SEAL_FUTURE;
	return told;
}

/* What the memory verbs ask about a file. */
static u32 svma_backing_flags(struct file *file)
{
	struct inode *inode = file_inode(file);
	u32 flags = 0;

	if (file->f_mode & FMODE_READ)
		flags |= SVMA_BACKING_READ;
	if (file->f_mode & FMODE_WRITE)
		flags |= SVMA_BACKING_WRITE;
	if (IS_APPEND(inode))
		flags |= SVMA_BACKING_APPEND;
	if (file->f_path.mnt->mnt_flags & MNT_NOEXEC || inode->i_sb->s_iflags & SB_I_NOEXEC)
		flags |= SVMA_BACKING_NOEXEC;
	if (!svma_compat_can_mmap(file))
		flags |= SVMA_BACKING_NOMMAP;
	if (svma_compat_prepares(file))
		flags |= SVMA_BACKING_PREPARES;
	if (svma_compat_is_shmem(file))
		flags |= SVMA_BACKING_SHMEM;
	if (inode->i_sb->s_magic == HUGETLBFS_MAGIC)
		flags |= SVMA_BACKING_HUGETLB;
	if (S_ISCHR(inode->i_mode))
		flags |= inode->i_rdev == MKDEV(MEM_MAJOR, SVMA_ZERO_MINOR) ? SVMA_BACKING_ZERO
									    : SVMA_BACKING_DEVICE;
	if (file->f_op->get_unmapped_area == thp_get_unmapped_area)
		flags |= SVMA_BACKING_THP_ALIGN;
	if (!file->f_op->get_unmapped_area)
		flags |= SVMA_BACKING_NO_SEARCH;
	if (S_ISREG(inode->i_mode) && inode->i_sb->s_magic != HUGETLBFS_MAGIC)
		flags |= SVMA_BACKING_SIZED;
	if (svma_compat_can_sync(file))
		flags |= SVMA_BACKING_SYNC;
	return flags;
}

/*
 * A file that can itself refer to files (io_uring does) could in the end refer to the space that
 * refers to it, and both would live for ever. Of files without a type we hold the inode only: two
 * of them might then be taken for one, after the first was closed everywhere but in the layout.
 */
static bool svma_backing_holds_file(struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	return S_ISREG(mode) || S_ISCHR(mode) || S_ISBLK(mode);
}

/* How far offsets of a mapping may go. What is neither file nor block device is not bounded. */
static u64 svma_backing_most(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (S_ISREG(inode->i_mode))
		return inode->i_sb->s_maxbytes;
	return S_ISBLK(inode->i_mode) || S_ISSOCK(inode->i_mode) ? MAX_LFS_FILESIZE : ULONG_MAX;
}

static struct svma_backing_object *svma_backing_make(struct svma_machine_object *machine,
						     struct file *file)
{
	struct inode *inode = file_inode(file);
	struct svma_backing_object *object = kzalloc(sizeof(*object), GFP_KERNEL_ACCOUNT);

	if (!object)
		return NULL;
	object->base.ops = &svma_backing_object_ops;
	object->base.flags = svma_backing_flags(file);
	if (object->base.flags & SVMA_BACKING_SHMEM)
		object->base.seals = svma_backing_seals(inode);
	object->base.dev_major = MAJOR(inode->i_sb->s_dev);
	object->base.dev_minor = MINOR(inode->i_sb->s_dev);
	object->base.inode = inode->i_ino;
	object->base.size = i_size_read(inode);
	object->base.most = svma_backing_most(file);
	refcount_set(&object->ref, 1);
	object->machine = machine;
	object->key = (unsigned long)file;
	svma_pagetable_init(&object->pages);
	object->rmap = svma_rmap_get(machine, inode);
	if (!object->rmap) {
		kfree(object);
		return NULL;
	}
	object->base.rmap = &object->rmap->tree;
	if (svma_backing_holds_file(file)) {
		object->file = get_file(file);
	} else {
		ihold(inode);
		object->inode = inode;
	}
	return object;
}

static struct svma_backing_object *svma_backing_lookup(struct svma_machine_object *machine,
						       struct file *file)
{
	struct svma_backing_object *object;

	lockdep_assert_held(&machine->backings_lock);
	hash_for_each_possible(machine->backings, object, node, (unsigned long)file) {
		if (object->key == (unsigned long)file &&
		    (object->file || object->inode == file_inode(file)))
			return object;
	}
	return NULL;
}

/**
 * svma_backing_of_file() - the backing that stands for an open file
 * @machine: where it is looked up, or made
 * @file: the open file
 *
 * Return: the backing, referenced, or an ERR_PTR.
 */
struct svma_backing *svma_backing_of_file(struct svma_machine_object *machine, struct file *file)
{
	struct svma_backing_object *made, *object;

	made = svma_backing_make(machine, file);
	if (!made)
		return ERR_PTR(-ENOMEM);
	spin_lock(&machine->backings_lock);
	object = svma_backing_lookup(machine, file);
	if (object) {
		/*
		 * Those in the table have a reference left: the last one is dropped under the lock.
		 */
		refcount_inc(&object->ref);
		WRITE_ONCE(object->base.size, made->base.size);
		/* One that we have not seen may have been found by others meanwhile. */
		WRITE_ONCE(object->base.seals, object->base.seals | made->base.seals);
	} else {
		hash_add(machine->backings, &made->node, made->key);
	}
	spin_unlock(&machine->backings_lock);
	if (!object)
		return &made->base;
	svma_backing_free(made);
	return &object->base;
}

/**
 * svma_backing_of_fd() - the backing that a verb's descriptor means
 * @space: whose verb it is
 * @fd: descriptor of the caller
 *
 * Return: the backing, referenced; NULL if there is no such descriptor (the verb says EBADF in its
 * own order of checks); an ERR_PTR: EOPNOTSUPP for a space of ours, which could refer to itself.
 */
struct svma_backing *svma_backing_of_fd(struct svma_space *space, int fd)
{
	struct svma_backing *backing;
	struct file *file = fget(fd);

	if (!file)
		return NULL;
	if (file->f_op == &svma_space_fops)
		backing = ERR_PTR(-EOPNOTSUPP);
	else
		backing = svma_backing_of_file(space->machine, file);
	fput(file);
	return backing;
}

/* Of which files a space can show pages. What cannot be mapped at all the core refuses. */
static bool svma_backing_has_pages(const struct svma_backing_object *object, bool shared)
{
	u32 flags = object->base.flags;

	if (flags & (SVMA_BACKING_NOMMAP | SVMA_BACKING_ZERO))
		return !shared || flags & SVMA_BACKING_NOMMAP;
	if (!object->file || flags & (SVMA_BACKING_HUGETLB | SVMA_BACKING_DEVICE) ||
	    IS_DAX(svma_backing_inode(object)))
		return false;
	/* What is written back by write(2) must land where it came from. */
	return !shared || flags & SVMA_BACKING_SHMEM || !(flags & SVMA_BACKING_WRITE) ||
	       !(object->file->f_flags & (O_APPEND | O_DIRECT));
}

/* Shared and perhaps writable: from now on nobody can add a seal against it. */
static void svma_backing_hold_writable(struct svma_backing_object *object)
{
	bool held = mapping_map_writable(object->file->f_mapping) == 0, first;

	spin_lock(&object->machine->backings_lock);
	first = held && !object->held_writable;
	if (first)
		object->held_writable = true;
	/* Sealed in this moment: let the core say so. */
	if (!held)
		WRITE_ONCE(object->base.seals, object->base.seals | SVMA_BACKING_SEAL_WRITE);
	spin_unlock(&object->machine->backings_lock);
	if (held && !first)
		mapping_unmap_writable(object->file->f_mapping);
}

/**
 * svma_backing_use_pages() - a region of a space with pages is to refer to a backing
 * @backing: of a file
 * @shared: MAP_SHARED
 *
 * Return: 0; -EOPNOTSUPP no pages can be had of such a file, or not shared; -ENOMEM.
 */
int svma_backing_use_pages(struct svma_backing *backing, bool shared)
{
	const u32 writable = SVMA_BACKING_SHMEM | SVMA_BACKING_WRITE;
	struct svma_backing_object *object = svma_backing_object(backing);

	if (!svma_backing_has_pages(object, shared))
		return -EOPNOTSUPP;
	if (backing->flags & (SVMA_BACKING_ZERO | SVMA_BACKING_NOMMAP))
		return 0;
	if (shared && (backing->flags & writable) == writable)
		svma_backing_hold_writable(object);
	return svma_watch_add(object->machine, object);
}

/**
 * svma_backing_shared_anon() - memory for MAP_SHARED | MAP_ANONYMOUS
 * @core: the space that asks
 * @len: bytes
 *
 * Return: the backing, referenced, or an ERR_PTR.
 */
struct svma_backing *svma_backing_shared_anon(struct svma_core *core, unsigned long len)
{
	struct svma_backing_object *object = kzalloc(sizeof(*object), GFP_KERNEL_ACCOUNT);

	if (!object)
		return ERR_PTR(-ENOMEM);
	object->base.ops = &svma_backing_object_ops;
	object->base.flags = SVMA_BACKING_ANON_SHARED | SVMA_BACKING_SHMEM | SVMA_BACKING_READ |
			     SVMA_BACKING_WRITE | SVMA_BACKING_SIZED;
	object->base.dev_major = SVMA_SHMEM_MAJOR;
	object->base.dev_minor = SVMA_SHMEM_MINOR;
	object->base.inode = atomic64_inc_return(&svma_shared_inode);
	object->base.size = svma_page_align(len);
	refcount_set(&object->ref, 1);
	object->charged_to = core->machine;
	svma_pagetable_init(&object->pages);
	return &object->base;
}
