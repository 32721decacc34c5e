// SPDX-License-Identifier: GPL-2.0
/*
 * Reverse maps of files, one for each inode that a region of a machine refers to.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "machine.h"
#include "rmap.h"
#include "space.h"
#include "mem/page.h"

/* Regions told under one hold of the lock. */
#define SVMA_RMAP_CHUNK	256U
/* On the stack, for svma_rmap_each(). */
#define SVMA_RMAP_EACH	16U

static struct svma_rmap_object *svma_rmap_find(struct svma_machine_object *machine,
					       const struct inode *inode)
{
	struct svma_rmap_object *object;

	lockdep_assert_held(&machine->backings_lock);
	hash_for_each_possible(machine->rmaps, object, node, (unsigned long)inode) {
		if (object->inode == inode)
			return object;
	}
	return NULL;
}

/**
 * svma_rmap_get() - the reverse map of a file
 * @machine: where it is looked up, or made
 * @inode: the file's; the caller keeps it as long as the reverse map
 *
 * Return: it, referenced, or NULL without memory.
 */
struct svma_rmap_object *svma_rmap_get(struct svma_machine_object *machine,
				       const struct inode *inode)
{
	struct svma_rmap_object *made = kzalloc(sizeof(*made), GFP_KERNEL_ACCOUNT), *object;

	if (!made)
		return NULL;
	svma_rmap_init(&made->tree);
	init_rwsem(&made->copies_lock);
	svma_pagetable_init(&made->copies);
	svma_writeback_init(made);
	made->inode = inode;
	made->refs = 1;
	spin_lock(&machine->backings_lock);
	object = svma_rmap_find(machine, inode);
	if (object)
		object->refs++;
	else
		hash_add(machine->rmaps, &made->node, (unsigned long)inode);
	spin_unlock(&machine->backings_lock);
	if (!object)
		return made;
	kfree(made);
	return object;
}

/**
 * svma_rmap_put() - one reference less
 * @machine: where it is
 * @object: it
 */
void svma_rmap_put(struct svma_machine_object *machine, struct svma_rmap_object *object)
{
	bool last;

	spin_lock(&machine->backings_lock);
	last = !--object->refs;
	if (last) {
		hash_del(&object->node);
		svma_watch_remove(machine, object);
	}
	spin_unlock(&machine->backings_lock);
	if (!last)
		return;
	svma_watch_end(machine, object);
	svma_pagetable_destroy(&object->copies);
	svma_writeback_destroy(object);
	kfree(object);
}

/* Pages that the file has now. */
static unsigned long svma_rmap_size(const struct svma_rmap_object *object)
{
	if (!S_ISREG(object->inode->i_mode))
		return SVMA_PT_LIMIT;
	return DIV_ROUND_UP_ULL(i_size_read(object->inode), PAGE_SIZE);
}

struct svma_clean {
	struct svma_rmap_object *object;
	unsigned long index;
};

/* Find the next copy that holds nothing but what the file had. */
static int svma_rmap_clean(unsigned long index, unsigned long *slot, void *data)
{
	struct svma_clean *clean = data;

	clean->index = index;
	return !svma_writeback_dirty(clean->object, index);
}

/**
 * svma_rmap_forget_copies() - the file has changed: what shared regions show next is read anew,
 * but for what they have written and is not in the file yet
 * @object: the file's reverse map; no lock of a space is held
 */
void svma_rmap_forget_copies(struct svma_rmap_object *object)
{
	struct svma_clean clean = { .object = object };

	down_write(&object->copies_lock);
	atomic_long_inc(&object->changes);
	svma_writeback_truncate(object, svma_rmap_size(object));
	while (svma_pagetable_walk(&object->copies, clean.index, SVMA_PT_LIMIT, svma_rmap_clean,
				   &clean)) {
		svma_pagetable_erase(&object->copies, clean.index, clean.index + 1);
		clean.index++;
	}
	up_write(&object->copies_lock);
}

/**
 * svma_rmap_drop_copy() - forget a copy that no region shows and nobody wrote to
 * @object: the file's reverse map, its copies_lock held exclusively
 * @index: page of the file
 *
 * Return: whether it has gone.
 */
bool svma_rmap_drop_copy(struct svma_rmap_object *object, unsigned long index)
{
	unsigned long entry = svma_pagetable_find(&object->copies, index);

	lockdep_assert_held_write(&object->copies_lock);
	/* Who shows it has a share; nobody can get another one now. */
	if (!svma_pt_is_page(entry) || !svma_entry_private(entry) ||
	    svma_writeback_dirty(object, index))
		return false;
	svma_pagetable_erase(&object->copies, index, index + 1);
	return true;
}

/**
 * svma_rmap_of_inode() - the reverse map of a file, if there is one
 * @machine: where it is looked up
 * @inode: the file's
 *
 * Return: it, referenced, or NULL if no region maps the file.
 */
struct svma_rmap_object *svma_rmap_of_inode(struct svma_machine_object *machine,
					    const struct inode *inode)
{
	struct svma_rmap_object *object;

	spin_lock(&machine->backings_lock);
	object = svma_rmap_find(machine, inode);
	if (object)
		object->refs++;
	spin_unlock(&machine->backings_lock);
	return object;
}

/**
 * svma_rmap_each() - do something to each region with pages that maps a part of a file
 * @machine: whose regions
 * @object: the file, referenced; no lock of a space is held
 * @first: first page of the file
 * @last: last page, inclusive
 * @fn: what to do. A space whose descriptor went meanwhile has no region and no window left
 */
void svma_rmap_each(struct svma_machine_object *machine, struct svma_rmap_object *object, u64 first,
		    u64 last, svma_rmap_fn fn)
{
	struct svma_rmap_region found[SVMA_RMAP_EACH], after = {};
	unsigned int got, i;
	bool more = true;

	while (more) {
		got = svma_rmap_query(&object->tree, first, last, &after, found, SVMA_RMAP_EACH,
				      &more);
		for (i = 0; i < got; i++) {
			struct svma_space *space = svma_space_find(machine, found[i].space);

			if (!space)
				continue;
			if (!space->layout) {
				down_write(&space->lock);
				fn(space, object, found[i].start, found[i].end);
				up_write(&space->lock);
			}
			svma_space_put(space);
		}
		if (!got)
			break;
		after = found[got - 1];
		cond_resched();
	}
}

static int svma_rmap_list(struct svma_rmap_object *object, struct svma_rmap *args,
			  struct svma_rmap_region *buf)
{
	struct svma_rmap_region __user *user = u64_to_user_ptr(args->buf);
	unsigned int room = args->count, got;
	bool more = true;

	args->count = 0;
	while (more && args->count < room) {
		got = svma_rmap_query(&object->tree, args->first, args->last, &args->after, buf,
				      min(room - args->count, SVMA_RMAP_CHUNK), &more);
		if (copy_to_user(user + args->count, buf, got * sizeof(*buf)))
			return -EFAULT;
		args->count += got;
		if (got)
			args->after = buf[got - 1];
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	args->more = more;
	return 0;
}

int svma_ioctl_rmap(struct svma_call *call)
{
	struct svma_machine_object *machine = call->object;
	struct svma_rmap *args = &call->arg.rmap;
	struct svma_rmap_object *object;
	struct svma_rmap_region *buf;
	struct file *file;
	int err;

	if (args->reserved || args->first > args->last)
		return -EINVAL;
	file = fget(args->fd);
	if (!file)
		return -EBADF;
	object = svma_rmap_of_inode(machine, file_inode(file));
	fput(file);
	if (!object) {
		args->count = 0;
		args->more = 0;
		return 0;
	}
	buf = kcalloc(SVMA_RMAP_CHUNK, sizeof(*buf), GFP_KERNEL_ACCOUNT);
	err = buf ? svma_rmap_list(object, args, buf) : -ENOMEM;
	kfree(buf);
	svma_rmap_put(machine, object);
	return err;
}
