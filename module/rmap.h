/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MODULE_RMAP_H
#define SVMA_MODULE_RMAP_H

#include <linux/list.h>
#include <linux/rwsem.h>

#include "core/core.h"
#include "mem/pagetable.h"
#include "watch.h"
#include "mem/writeback.h"

struct inode;
struct svma_call;
struct svma_machine_object;
struct svma_space;

/**
 * struct svma_rmap_object - one file on one machine: who maps it
 * @tree: what the core sees
 * @node: in the machine's table
 * @inode: its key; kept by the backings that refer to this
 * @refs: backings that refer to it, guarded by the machine's backings_lock
 * @watch: how its changes are noticed
 * @copies_lock: taken below a space's lock; shared to look copies up and to add some
 * @copies: pages that its shared regions show, where these are not the page cache's own
 * @writeback: what its shared regions have written
 * @changes: how often it has changed; a page that was read before the last change is out of date
 */
struct svma_rmap_object {
	struct svma_rmap_tree tree;
	struct hlist_node node;
	const struct inode *inode;
	unsigned int refs;
	struct svma_watch watch;
	struct rw_semaphore copies_lock;
	struct svma_pagetable copies;
	struct svma_writeback writeback;
	atomic_long_t changes;
};

struct svma_rmap_object *svma_rmap_get(struct svma_machine_object *machine,
				       const struct inode *inode);
struct svma_rmap_object *svma_rmap_of_inode(struct svma_machine_object *machine,
					    const struct inode *inode);
/* Called by svma_rmap_each() with the space's lock held exclusively. */
typedef void (*svma_rmap_fn)(struct svma_space *space, struct svma_rmap_object *rmap,
			     unsigned long start, unsigned long end);

void svma_rmap_each(struct svma_machine_object *machine, struct svma_rmap_object *object, u64 first,
		    u64 last, svma_rmap_fn fn);
bool svma_rmap_drop_copy(struct svma_rmap_object *object, unsigned long index);
void svma_rmap_forget_copies(struct svma_rmap_object *object);
void svma_rmap_put(struct svma_machine_object *machine, struct svma_rmap_object *object);
int svma_ioctl_rmap(struct svma_call *call);

#endif /* SVMA_MODULE_RMAP_H */
