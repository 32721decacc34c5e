// SPDX-License-Identifier: GPL-2.0
/*
 * Files change under the regions that show them: they are cut short, holes are punched, others
 * write. No module is told by the page cache. So we listen where inotify does, which is told as
 * part of the call that changes the file, before it returns; and for what is not told there (files
 * without notification, file systems that change by themselves) we look once a second.
 *
 * Either way, what the file no longer has leaves the windows. That is the bound: until then a
 * window can show a page that the file has given up, but never one that is somebody else's by now,
 * because it is held.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "backing.h"
#include "compat.h"
#include "machine.h"
#include "rmap.h"
#include "space.h"
#include "watch.h"
#include "mem/mem.h"

#define SVMA_WATCH_PERIOD	HZ
/* Two changes that close together may carry the same time. */
#define SVMA_WATCH_GRAIN	(2 * NSEC_PER_SEC)

static void svma_watch_changed(struct svma_machine_object *machine, struct svma_rmap_object *rmap)
{
	svma_rmap_forget_copies(rmap);
	svma_rmap_each(machine, rmap, 0, U64_MAX, svma_mem_file_changed);
}

/* Told by the task that changed the file, which may hold the inode's lock. */
static int svma_watch_event(struct fsnotify_mark *mark, u32 mask, struct inode *inode,
			    struct inode *dir, const struct qstr *name, u32 cookie)
{
	struct svma_machine_object *machine = mark->group->private;
	struct svma_rmap_object *rmap = svma_rmap_of_inode(machine, inode);

	if (rmap) {
		if (READ_ONCE(rmap->writeback.flusher) != current)
			svma_watch_changed(machine, rmap);
		svma_rmap_put(machine, rmap);
	}
	return 0;
}

static void svma_watch_free(struct fsnotify_mark *mark)
{
	kfree(mark);
}

static const struct fsnotify_ops svma_watch_ops = {
	.handle_inode_event = svma_watch_event,
	.free_mark = svma_watch_free,
};

/* The next file that was not looked at in this round, referenced. */
static struct svma_rmap_object *svma_watch_next(struct svma_machine_object *machine)
{
	struct svma_watcher *watcher = &machine->watcher;
	struct svma_rmap_object *rmap;

	spin_lock(&machine->backings_lock);
	rmap = list_first_entry_or_null(&watcher->files, struct svma_rmap_object, watch.node);
	if (rmap && rmap->watch.round == watcher->round)
		rmap = NULL;
	if (rmap) {
		rmap->watch.round = watcher->round;
		list_move_tail(&rmap->watch.node, &watcher->files);
		rmap->refs++;
	}
	spin_unlock(&machine->backings_lock);
	return rmap;
}

/* Did anything happen to the file since we looked last? In doubt, yes. */
static bool svma_watch_differs(struct svma_rmap_object *rmap)
{
	s64 changed = svma_compat_ctime(rmap->inode);
	loff_t size = i_size_read(rmap->inode);
	bool same = rmap->watch.changed == changed && rmap->watch.size == size &&
		    changed + SVMA_WATCH_GRAIN < ktime_get_real_ns();

	rmap->watch.changed = changed;
	rmap->watch.size = size;
	return !same;
}

static void svma_watch_all(struct work_struct *work)
{
	struct svma_watcher *watcher =
		container_of(to_delayed_work(work), struct svma_watcher, work);
	struct svma_machine_object *machine =
		container_of(watcher, struct svma_machine_object, watcher);
	struct svma_rmap_object *rmap;
	bool again;

	watcher->round++;
	while ((rmap = svma_watch_next(machine))) {
		if (svma_watch_differs(rmap))
			svma_watch_changed(machine, rmap);
		svma_rmap_put(machine, rmap);
		cond_resched();
	}
	spin_lock(&machine->backings_lock);
	again = !list_empty(&watcher->files);
	spin_unlock(&machine->backings_lock);
	if (again)
		schedule_delayed_work(&watcher->work, SVMA_WATCH_PERIOD);
}

/**
 * svma_watcher_init() - a machine that watches nothing yet
 * @machine: it
 */
void svma_watcher_init(struct svma_machine_object *machine)
{
	INIT_DELAYED_WORK(&machine->watcher.work, svma_watch_all);
	INIT_LIST_HEAD(&machine->watcher.files);
}

/**
 * svma_watcher_destroy() - the end of a machine; no region of it is left
 * @machine: it
 */
void svma_watcher_destroy(struct svma_machine_object *machine)
{
	cancel_delayed_work_sync(&machine->watcher.work);
	/* Waits for who is just being told. */
	if (machine->watcher.group)
		fsnotify_put_group(machine->watcher.group);
}

/**
 * svma_watch_cleanup() - wait until nothing of ours is left with the kernel, before unloading
 */
void svma_watch_cleanup(void)
{
	fsnotify_wait_marks_destroyed();
}

static struct fsnotify_group *svma_watcher_group(struct svma_machine_object *machine)
{
	struct fsnotify_group *group = READ_ONCE(machine->watcher.group), *there;

	if (group)
		return group;
	/* A file's mark may still be going while the file is mapped again: two for a while. */
	group = fsnotify_alloc_group(&svma_watch_ops, FSNOTIFY_GROUP_DUPS);
	if (IS_ERR(group))
		return group;
	group->private = machine;
	there = cmpxchg(&machine->watcher.group, NULL, group);
	if (!there)
		return group;
	fsnotify_put_group(group);
	return there;
}

static void svma_watch_drop(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	fsnotify_destroy_mark(mark, group);
	fsnotify_put_mark(mark);
}

/**
 * svma_watch_add() - watch a file, if it is not watched already
 * @machine: whose regions map it
 * @object: a backing on it, of a regular file or a block device
 *
 * Return: 0 or -ENOMEM.
 */
int svma_watch_add(struct svma_machine_object *machine, struct svma_backing_object *object)
{
	struct svma_rmap_object *rmap = object->rmap;
	struct fsnotify_group *group;
	struct fsnotify_mark *mark;
	bool first;
	int err;

	if (READ_ONCE(rmap->watch.mark))
		return 0;
	group = svma_watcher_group(machine);
	if (IS_ERR(group))
		return PTR_ERR(group);
	mark = kzalloc(sizeof(*mark), GFP_KERNEL_ACCOUNT);
	if (!mark)
		return -ENOMEM;
	fsnotify_init_mark(mark, group);
	mark->mask = FS_MODIFY;
	err = fsnotify_add_inode_mark(mark, file_inode(object->file), 0);
	if (err) {
		fsnotify_put_mark(mark);
		return err;
	}
	spin_lock(&machine->backings_lock);
	first = !rmap->watch.mark;
	if (first) {
		rmap->watch.mark = mark;
		list_add(&rmap->watch.node, &machine->watcher.files);
	}
	spin_unlock(&machine->backings_lock);
	if (first)
		schedule_delayed_work(&machine->watcher.work, SVMA_WATCH_PERIOD);
	else
		svma_watch_drop(mark, group);
	return 0;
}

/**
 * svma_watch_remove() - no region maps the file any more
 * @machine: whose regions; its backings_lock is held
 * @rmap: the file's reverse map, which nobody can find from now on
 */
void svma_watch_remove(struct svma_machine_object *machine, struct svma_rmap_object *rmap)
{
	lockdep_assert_held(&machine->backings_lock);
	if (rmap->watch.mark)
		list_del(&rmap->watch.node);
}

/**
 * svma_watch_end() - have the kernel tell no more
 * @machine: whose regions mapped the file
 * @rmap: after svma_watch_remove()
 */
void svma_watch_end(struct svma_machine_object *machine, struct svma_rmap_object *rmap)
{
	if (rmap->watch.mark)
		svma_watch_drop(rmap->watch.mark, machine->watcher.group);
}
