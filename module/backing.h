/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_BACKING_H
#define SVMA_BACKING_H

#include <linux/fs.h>
#include <linux/refcount.h>

#include "core/core.h"
#include "mem/pagetable.h"

struct svma_machine_object;
struct svma_rmap_object;
struct svma_space;

/**
 * struct svma_backing_object - a backing with what keeps it
 * @base: what the core sees
 * @ref: one for each region that refers to it, and one for whoever looked it up
 * @machine: whose table it is in; NULL for shared anonymous memory
 * @charged_to: shared anonymous memory: the machine that it is charged to
 * @rmap: who maps the file
 * @node: in that table
 * @key: address of the struct file, its identity
 * @file: referenced, or NULL where that could make a circle of references
 * @inode: referenced where @file is not
 * @pages: shared anonymous memory: its pages, by offset
 * @readahead: of the file, for sequential reading
 * @held_writable: the file's mapping knows of a writable shared region (F_SEAL_WRITE is refused)
 */
struct svma_backing_object {
	struct svma_backing base;
	refcount_t ref;
	struct svma_machine_object *machine;
	struct svma_core_machine *charged_to;
	struct svma_rmap_object *rmap;
	struct hlist_node node;
	unsigned long key;
	struct file *file;
	struct inode *inode;
	struct svma_pagetable pages;
	struct file_ra_state readahead;
	bool held_writable;
};

static inline struct svma_backing_object *svma_backing_object(struct svma_backing *backing)
{
	return container_of(backing, struct svma_backing_object, base);
}

static inline struct inode *svma_backing_inode(const struct svma_backing_object *object)
{
	return object->file ? object->file->f_mapping->host : object->inode;
}

struct svma_backing *svma_backing_of_file(struct svma_machine_object *machine, struct file *file);
struct svma_backing *svma_backing_of_fd(struct svma_space *space, int fd);
struct svma_backing *svma_backing_shared_anon(struct svma_core *core, unsigned long len);
int svma_backing_use_pages(struct svma_backing *backing, bool shared);
void svma_backing_drop(struct svma_backing *backing);

#endif /* SVMA_BACKING_H */
