/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MODULE_RMAP_H
#define SVMA_MODULE_RMAP_H

#include <linux/list.h>

#include "core/core.h"

struct inode;
struct svma_call;
struct svma_machine_object;

/**
 * struct svma_rmap_object - the reverse map of one file on one machine
 * @tree: what the core sees
 * @node: in the machine's table
 * @inode: its key; kept by the backings that refer to this
 * @refs: backings that refer to it, guarded by the machine's backings_lock
 */
struct svma_rmap_object {
	struct svma_rmap_tree tree;
	struct hlist_node node;
	const struct inode *inode;
	unsigned int refs;
};

struct svma_rmap_object *svma_rmap_get(struct svma_machine_object *machine,
				       const struct inode *inode);
void svma_rmap_put(struct svma_machine_object *machine, struct svma_rmap_object *object);
int svma_ioctl_rmap(struct svma_call *call);

#endif /* SVMA_MODULE_RMAP_H */
