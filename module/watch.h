/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_WATCH_H
#define SVMA_WATCH_H

#include <linux/fsnotify_backend.h>
#include <linux/list.h>
#include <linux/workqueue.h>

struct svma_backing_object;
struct svma_machine_object;
struct svma_rmap_object;

/**
 * struct svma_watcher - how one machine hears of changes of the files that its spaces show
 * @group: whom the kernel tells of them, or NULL as long as there is none
 * @work: looks at all files from time to time, for changes that nobody tells of
 * @files: reverse maps of watched files; guarded by the machine's backings_lock
 * @round: number of the last look at all
 */
struct svma_watcher {
	struct fsnotify_group *group;
	struct delayed_work work;
	struct list_head files;
	unsigned long round;
};

/**
 * struct svma_watch - one watched file; part of its reverse map
 * @mark: what the kernel keeps at the inode, or NULL if the file is not watched
 * @node: in the watcher's list
 * @round: last round in which it was looked at
 * @size: of the file, at the last look
 * @changed: when the file was changed last, at the last look, in nanoseconds
 */
struct svma_watch {
	struct fsnotify_mark *mark;
	struct list_head node;
	unsigned long round;
	loff_t size;
	s64 changed;
};

void svma_watcher_init(struct svma_machine_object *machine);
void svma_watcher_destroy(struct svma_machine_object *machine);
int svma_watch_add(struct svma_machine_object *machine, struct svma_backing_object *object);
void svma_watch_remove(struct svma_machine_object *machine, struct svma_rmap_object *rmap);
void svma_watch_end(struct svma_machine_object *machine, struct svma_rmap_object *rmap);
void svma_watch_cleanup(void);

#endif /* SVMA_WATCH_H */
