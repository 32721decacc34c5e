/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of files, for the files of this folder. */
#ifndef SVMA_MEM_FILE_H
#define SVMA_MEM_FILE_H

#include <linux/svma.h>
#include <linux/types.h>

struct page;
struct svma_backing;
struct svma_backing_object;
struct svma_space;
struct svma_vma;

/**
 * struct svma_file_page - a page of a file, on its way into a space
 * @object: backing, referenced, or NULL as long as none is wanted
 * @index: page of the file
 * @vm_flags: of the region that wants it (SVMA_VM_*): private or shared, how to read ahead
 * @entry: for a page table, with a share of its page; 0 before it was read
 * @changes: how often the file had changed when reading began
 * @wait: nothing is to be read: wait until it may be written again
 *
 * Reading may take as long as the file's storage likes, so it is done without the space's lock:
 * svma_mem_touch() says what it wants, svma_file_read() reads it, svma_mem_touch() is called again
 * and takes it if it still wants the same.
 */
struct svma_file_page {
	struct svma_backing_object *object;
	unsigned long index;
	u64 vm_flags;
	unsigned long entry;
	unsigned long changes;
	bool wait;
};

/*
 * Is a region shared, whatever its descriptor allows? Shared memory that can never be written lacks
 * SVMA_VM_SHARED, as in the kernel.
 */
static inline bool svma_vm_shared(u64 flags)
{
	return flags & (SVMA_VM_SHARED | SVMA_VM_MAYSHARE);
}

bool svma_file_no_pages(const struct svma_vma *vma);
bool svma_file_has_pages(const struct svma_vma *vma);
unsigned long svma_file_index(const struct svma_vma *vma, unsigned long addr);
unsigned long svma_file_size_pages(const struct svma_backing_object *object);
bool svma_file_beyond(const struct svma_vma *vma, unsigned long addr);
bool svma_file_may_tell(const struct svma_vma *vma);
bool svma_file_cached(const struct svma_vma *vma, unsigned long addr);
bool svma_file_stale(const struct svma_vma *vma, unsigned long entry);
bool svma_file_outdated(const struct svma_vma *vma, unsigned long addr, unsigned long entry);
void svma_file_dirty(const struct svma_vma *vma, struct page *page);
unsigned long svma_file_take(struct svma_file_page *file, const struct svma_vma *vma,
			     unsigned long addr);
int svma_file_read(struct svma_space *space, struct svma_file_page *file);
struct svma_backing *svma_file_next(struct svma_space *space, unsigned long *start,
				    unsigned long end, struct svma_vma *vma);
void svma_file_drop(struct svma_file_page *file);

#endif /* SVMA_MEM_FILE_H */
