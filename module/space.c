// SPDX-License-Identifier: GPL-2.0
/*
 * A space as a descriptor: its file, its inode, its life.
 *
 * Every space has an inode of its own, in a file system that only this module mounts: through the
 * inode's mapping the kernel finds all windows of this space, in every process, and no others. The
 * file system is pinned once for each space, not for the module, so that an idle module can go.
 */
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/nospec.h>
#include <linux/pseudo_fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "backing.h"
#include "main.h"
#include "space.h"
#include "steps.h"
#include "verb.h"
#include "mem/mem.h"
#include "mem/writeback.h"

#define SVMA_FS_MAGIC	0x73766d61	/* "svma" */

static struct vfsmount *svma_mount;
static int svma_mount_count;

static int svma_fs_init_context(struct fs_context *fc)
{
	if (!init_pseudo(fc, SVMA_FS_MAGIC))
		return -ENOMEM;
	/* Regions may be executable, so windows on them must be. */
	fc->s_iflags &= ~SB_I_NOEXEC;
	return 0;
}

static struct file_system_type svma_fs = {
	.name = "svma",
	.owner = THIS_MODULE,
	.init_fs_context = svma_fs_init_context,
	.kill_sb = kill_anon_super,
};

static const struct svma_core_ops svma_space_ops = {
	.unmap = svma_mem_unmap,
	.protect = svma_mem_protect,
	.own = svma_mem_own,
	.prepare = svma_mem_prepare,
	.discard = svma_mem_discard,
	.set_guard = svma_mem_set_guard,
	.move = svma_mem_move,
	.step = svma_steps_note,
	.step_wanted = &svma_trace_steps,
	.shared_anon = svma_backing_shared_anon,
};

/* The file, with everything that must outlive the space: mount, inode, module. */
static struct file *svma_space_file(struct svma_space *space)
{
	struct inode *inode;
	struct file *file;
	int err;

	err = simple_pin_fs(&svma_fs, &svma_mount, &svma_mount_count);
	if (err)
		return ERR_PTR(err);
	inode = alloc_anon_inode(svma_mount->mnt_sb);
	if (IS_ERR(inode)) {
		file = ERR_CAST(inode);
		goto unpin;
	}
	/* The file's last put gives this back; alloc_file_pseudo() takes none. */
	__module_get(THIS_MODULE);
	/* What is not open for writing has no writable windows, and never gets them. */
	file = alloc_file_pseudo(inode, svma_mount, "svma", space->frozen ? O_RDONLY : O_RDWR,
				 &svma_space_fops);
	if (IS_ERR(file))
		goto put;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	file->private_data = space;
	space->mapping = inode->i_mapping;
	space->id = inode->i_ino;
	space->core.id = inode->i_ino;
	spin_lock(&space->machine->backings_lock);
	hash_add(space->machine->spaces, &space->node, space->id);
	spin_unlock(&space->machine->backings_lock);
	return file;

put:
	module_put(THIS_MODULE);
	iput(inode);
unpin:
	simple_release_fs(&svma_mount, &svma_mount_count);
	return file;
}

static void svma_space_limits(struct svma_layout *layout)
{
	layout->limit_as = rlimit(RLIMIT_AS);
	layout->limit_data = rlimit(RLIMIT_DATA);
	layout->limit_stack = rlimit(RLIMIT_STACK);
	layout->limit_memlock = rlimit(RLIMIT_MEMLOCK);
}

static int svma_space_new(struct svma_machine_object *machine, u32 flags, u32 profile, u32 kernel,
			  struct file **filep)
{
	struct svma_space *space;
	struct file *file;
	int err;

	space = svma_reclaim_alloc(svma_space_cache);
	if (!space)
		return -ENOMEM;
	kref_init(&space->ref);
	init_rwsem(&space->lock);
	spin_lock_init(&space->windows_lock);
	svma_spare_init(space);
	svma_ready_init(space, flags & SVMA_SPACE_READY);
	INIT_LIST_HEAD(&space->reclaim.node);
	INIT_LIST_HEAD(&space->reclaim.lru);
	space->layout = flags & SVMA_SPACE_LAYOUT;
	space->frozen = flags & SVMA_SPACE_FROZEN;
	err = svma_core_init(&space->core, &machine->core, &svma_space_ops, profile, kernel);
	if (err)
		goto free;
	svma_space_limits(&space->core.layout);
	svma_pagetable_init(&space->pages);
	svma_machine_get(machine);
	space->machine = machine;
	space->memcg = get_mem_cgroup_from_mm(current->mm);

	file = svma_space_file(space);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto destroy;
	}
	*filep = file;
	svma_reclaim_add(space);
	return 0;

destroy:
	mem_cgroup_put(space->memcg);
	svma_core_destroy(&space->core);
	svma_machine_put(machine);
free:
	kmem_cache_free(svma_space_cache, space);
	return err;
}

/**
 * svma_space_create() - make an empty space and reserve a descriptor for it
 * @machine: whose
 * @flags: SVMA_SPACE_*, SVMA_SPACE_FROZEN among them
 * @profile: SVMA_PROFILE_*
 * @kernel: whose rules it follows, as SVMA_KERNEL() makes it
 * @filep: the file, to install or to put
 *
 * Return: the descriptor, not installed yet, or a negative errno.
 */
int svma_space_create(struct svma_machine_object *machine, u32 flags, u32 profile, u32 kernel,
		      struct file **filep)
{
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	err = svma_space_new(machine, flags, profile, kernel, filep);
	if (err) {
		put_unused_fd(fd);
		return err;
	}
	return fd;
}

/**
 * svma_space_find() - the space with a number
 * @machine: whose
 * @id: the number
 *
 * Return: the space, referenced, or NULL. Its descriptor may be gone as soon as this returns: it is
 * empty then, and @machine no longer kept by it.
 */
struct svma_space *svma_space_find(struct svma_machine_object *machine, unsigned long id)
{
	struct svma_space *space;

	spin_lock(&machine->backings_lock);
	hash_for_each_possible(machine->spaces, space, node, id) {
		if (space->id == id) {
			kref_get(&space->ref);
			break;
		}
	}
	spin_unlock(&machine->backings_lock);
	return space;
}

static void svma_space_free(struct kref *ref)
{
	kmem_cache_free(svma_space_cache, container_of(ref, struct svma_space, ref));
}

/**
 * svma_space_put() - give back what svma_space_find() gave
 * @space: the space
 */
void svma_space_put(struct svma_space *space)
{
	kref_put(&space->ref, svma_space_free);
}

/* The last reference is gone, windows hold one each: there is nobody left to lock out. */
static int svma_space_release(struct inode *inode, struct file *file)
{
	struct svma_space *space = file->private_data;

	spin_lock(&space->machine->backings_lock);
	hash_del(&space->node);
	spin_unlock(&space->machine->backings_lock);
	svma_reclaim_remove(space);
	svma_ready_stop(space);
	/* Some of these want the lock held; it also tells lockdep that we are alone. */
	down_write(&space->lock);
	svma_core_destroy(&space->core);
	svma_hot_destroy(&space->hot);
	svma_pagetable_destroy(&space->pages);
	svma_spare_drop(space);
	svma_steps_free(space);
	svma_batch_forget(space);
	up_write(&space->lock);
	mem_cgroup_put(space->memcg);
	svma_writeback_settle(space->machine);
	svma_machine_put(space->machine);
	svma_space_put(space);
	simple_release_fs(&svma_mount, &svma_mount_count);
	return 0;
}

static const struct svma_ioctl svma_space_ioctls[] = {
	SVMA_IOCTL(SVMA_IOC_INFO, struct svma_info, huge_page_size, svma_ioctl_info),
	SVMA_IOCTL(SVMA_IOC_LAYOUT_GET, struct svma_layout, def_flags, svma_ioctl_layout_get),
	SVMA_IOCTL(SVMA_IOC_LAYOUT_SET, struct svma_layout, def_flags, svma_ioctl_layout_set),
	SVMA_IOCTL(SVMA_IOC_STATS, struct svma_stats, memory, svma_ioctl_stats),
	SVMA_IOCTL(SVMA_IOC_LOOKUP, struct svma_lookup, region, svma_ioctl_lookup),
	SVMA_IOCTL(SVMA_IOC_REGIONS, struct svma_regions, more, svma_ioctl_regions),
	SVMA_IOCTL(SVMA_IOC_IMPORT, struct svma_import, reserved, svma_ioctl_import),
	SVMA_IOCTL(SVMA_IOC_ANON, struct svma_anon, anon_flags, svma_ioctl_anon),
	SVMA_IOCTL(SVMA_IOC_GROW, struct svma_grow, addr, svma_ioctl_grow),
	SVMA_IOCTL(SVMA_IOC_WINDOW_FILL, struct svma_window_fill, filled, svma_ioctl_window_fill),
	SVMA_IOCTL(SVMA_IOC_PAGES, struct svma_page_list, reserved, svma_ioctl_pages),
	SVMA_IOCTL(SVMA_IOC_SMAPS, struct svma_smaps, more, svma_ioctl_smaps),
	SVMA_IOCTL(SVMA_IOC_TASK_MATCH, struct svma_task_match, addr, svma_ioctl_task_match),
	SVMA_IOCTL_VERB(SVMA_IOC_MMAP, struct svma_mmap, reserved, svma_verb_mmap),
	SVMA_IOCTL_VERB(SVMA_IOC_MUNMAP, struct svma_munmap, len, svma_verb_munmap),
	SVMA_IOCTL_VERB(SVMA_IOC_MPROTECT, struct svma_mprotect, pkey, svma_verb_mprotect),
	SVMA_IOCTL_VERB(SVMA_IOC_BRK, struct svma_brk, brk, svma_verb_brk),
	SVMA_IOCTL_VERB(SVMA_IOC_MREMAP, struct svma_mremap, reserved, svma_verb_mremap),
	SVMA_IOCTL_VERB(SVMA_IOC_MADVISE, struct svma_madvise, reserved, svma_verb_madvise),
	SVMA_IOCTL_VERB(SVMA_IOC_LOCK, struct svma_lock, flags, svma_verb_lock),
	SVMA_IOCTL(SVMA_IOC_FORK, struct svma_fork, fd, svma_ioctl_fork),
	SVMA_IOCTL(SVMA_IOC_SNAPSHOT, struct svma_snapshot, fd, svma_ioctl_snapshot),
	SVMA_IOCTL(SVMA_IOC_RESTORE, struct svma_restore, flags, svma_ioctl_restore),
	SVMA_IOCTL(SVMA_IOC_CHANGED, struct svma_changes, reserved, svma_ioctl_changed),
	SVMA_IOCTL(SVMA_IOC_COPY, struct svma_copy, done, svma_ioctl_copy),
	SVMA_IOCTL(SVMA_IOC_TRANSFER, struct svma_transfer, bytes, svma_ioctl_transfer),
	SVMA_IOCTL(SVMA_IOC_STEPS, struct svma_steps, reserved, svma_ioctl_steps),
	SVMA_IOCTL(SVMA_IOC_MSYNC, struct svma_sync, reserved, svma_ioctl_msync),
	SVMA_IOCTL(SVMA_IOC_MINCORE, struct svma_mincore, vec, svma_ioctl_mincore),
	SVMA_IOCTL_VERB(SVMA_IOC_REMAP_FILE, struct svma_remap_file, flags, svma_verb_remap_file),
	SVMA_IOCTL_VERB(SVMA_IOC_MSEAL, struct svma_seal, flags, svma_verb_mseal),
	SVMA_IOCTL(SVMA_IOC_BATCH, struct svma_batch, reserved, svma_ioctl_batch),
};

/**
 * svma_space_verb() - the row of a memory verb
 * @cmd: number of the ioctl, with the size of the caller's struct
 *
 * Return: the row, or NULL: that is no memory verb which a batch takes.
 */
const struct svma_ioctl *svma_space_verb(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);
	const struct svma_ioctl *op;

	if (_IOC_TYPE(cmd) != SVMA_IOC_TYPE || nr >= ARRAY_SIZE(svma_space_ioctls))
		return NULL;
	op = &svma_space_ioctls[array_index_nospec(nr, ARRAY_SIZE(svma_space_ioctls))];
	return op->verb && _IOC_DIR(cmd) == _IOC_DIR(op->cmd) ? op : NULL;
}

static long svma_space_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct svma_space *space = file->private_data;
	long ret = svma_ioctl_dispatch(svma_space_ioctls, ARRAY_SIZE(svma_space_ioctls), space, cmd,
				       arg);

	/* Whatever verb it was that took regions away. */
	svma_writeback_settle(space->machine);
	return ret;
}

static loff_t svma_space_llseek(struct file *file, loff_t offset, int whence)
{
	return no_seek_end_llseek_size(file, offset, whence, S64_MAX);
}

const struct file_operations svma_space_fops = {
	.owner = THIS_MODULE,
	.release = svma_space_release,
	.unlocked_ioctl = svma_space_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = svma_space_llseek,
	.read_iter = svma_space_read_iter,
	.write_iter = svma_space_write_iter,
	.mmap = svma_window_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.show_fdinfo = svma_space_show_fdinfo,
};
