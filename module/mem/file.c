// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of files, as regions show them:
 *
 *  - private: a copy, made at the first touch. It may later differ from the file, which mmap(2)
 *    leaves open; it goes when the file is cut short of it, and, not written to, when memory is
 *    short (reclaim.c);
 *  - shared, of shmem, tmpfs and memfd: the very page of the page cache, with a reference, so that
 *    it cannot become somebody else's; coherent with everybody who has the file open;
 *  - shared, of other file systems: a copy for all regions of the machine that map the file, taken
 *    anew after a write(2), and written back (writeback.c). The page cache's own page would be in
 *    the way of direct I/O and of the file system's own invalidation.
 *
 * The end of the file is asked for at each touch: beyond it there is SIGBUS, whatever is held. What
 * holds pages is told when the file changes by watch.c.
 */
#include <linux/backing-dev.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "file.h"
#include "page.h"
#include "writeback.h"
#include "../backing.h"
#include "../compat.h"
#include "../rmap.h"
#include "../space.h"

#define SVMA_FILE_BACKING \
	(SVMA_BACKING_ZERO | SVMA_BACKING_ANON_SHARED | SVMA_BACKING_HUGETLB | SVMA_BACKING_DEVICE)

/**
 * svma_file_no_pages() - can a region have no pages at all, wherever they would come from?
 * @vma: the region
 */
bool svma_file_no_pages(const struct svma_vma *vma)
{
	return vma->backing && vma->backing->flags & (SVMA_BACKING_HUGETLB | SVMA_BACKING_DEVICE);
}

/**
 * svma_file_has_pages() - do a region's pages come from a file?
 * @vma: the region
 */
bool svma_file_has_pages(const struct svma_vma *vma)
{
	return vma->backing && !(vma->backing->flags & SVMA_FILE_BACKING);
}

/**
 * svma_file_index() - which page of its file a region shows
 * @vma: the region
 * @addr: address in it
 */
unsigned long svma_file_index(const struct svma_vma *vma, unsigned long addr)
{
	return vma->pgoff + svma_pages((addr & SVMA_PAGE_MASK) - vma->start);
}

/**
 * svma_file_size_pages() - how many pages a file has now, the last one perhaps in part
 * @object: its backing
 */
unsigned long svma_file_size_pages(const struct svma_backing_object *object)
{
	return DIV_ROUND_UP_ULL(i_size_read(svma_backing_inode(object)), PAGE_SIZE);
}

/**
 * svma_file_beyond() - does an address lie beyond the end of its file?
 * @vma: the region
 * @addr: address in it
 */
bool svma_file_beyond(const struct svma_vma *vma, unsigned long addr)
{
	unsigned long index = svma_file_index(vma, addr);

	return svma_file_has_pages(vma) &&
	       index >= svma_file_size_pages(svma_backing_object(vma->backing));
}

/* Is a page of a file in the page cache? */
static bool svma_cached(struct address_space *mapping, unsigned long index)
{
	struct page *page = find_get_page(mapping, index);

	if (!page)
		return false;
	put_page(page);
	return true;
}

/**
 * svma_file_may_tell() - may the caller know what of a region is in the page cache?
 * @vma: the region
 *
 * Only who could write to the file, as for mincore(2): the page cache tells what others read.
 */
bool svma_file_may_tell(const struct svma_vma *vma)
{
	struct file *file = svma_file_has_pages(vma) ? svma_backing_object(vma->backing)->file
						     : NULL;

	return !file || svma_compat_owns(file) || !file_permission(file, MAY_WRITE);
}

/**
 * svma_file_cached() - is what a region shows at an address in the page cache?
 * @vma: a region with pages of a file
 * @addr: address in it
 */
bool svma_file_cached(const struct svma_vma *vma, unsigned long addr)
{
	struct svma_backing_object *object = svma_backing_object(vma->backing);

	return object->file && svma_cached(object->file->f_mapping, svma_file_index(vma, addr));
}

/**
 * svma_file_stale() - has the file given up a page of its page cache that is still held?
 * @vma: the region
 * @entry: of a page table
 */
bool svma_file_stale(const struct svma_vma *vma, unsigned long entry)
{
	struct svma_backing_object *object;

	if (!(entry & SVMA_PT_FOREIGN))
		return false;
	object = svma_backing_object(vma->backing);
	return READ_ONCE(page_folio(svma_pt_page(entry))->mapping) != object->file->f_mapping;
}

/**
 * svma_file_outdated() - is what a region shows no longer what its file has?
 * @vma: the region
 * @addr: address in it, not beyond the end of the file
 * @entry: what the page table has there
 *
 * Private regions keep their copies.
 */
bool svma_file_outdated(const struct svma_vma *vma, unsigned long addr, unsigned long entry)
{
	struct svma_rmap_object *rmap;
	bool differs;

	if (!svma_vm_shared(vma->flags) || !svma_file_has_pages(vma))
		return false;
	if (vma->backing->flags & SVMA_BACKING_SHMEM)
		return svma_file_stale(vma, entry);
	rmap = svma_backing_object(vma->backing)->rmap;
	down_read(&rmap->copies_lock);
	differs = svma_pagetable_find(&rmap->copies, svma_file_index(vma, addr)) != entry;
	up_read(&rmap->copies_lock);
	return differs;
}

/**
 * svma_file_dirty() - a window may write to a page from now on
 * @vma: its region
 * @page: the page
 *
 * Only pages of shmem need it: it keeps reclaim from dropping what was written. For them it is one
 * bit, no more.
 */
void svma_file_dirty(const struct svma_vma *vma, struct page *page)
{
	if (svma_vm_shared(vma->flags) && svma_file_has_pages(vma))
		set_page_dirty(page);
}

/*
 * Has the file not changed since its page was read? A private copy may differ from the file, but
 * what the file has lost must not come: copies of it that were there have gone by now.
 */
static bool svma_file_current(const struct svma_file_page *file, const struct svma_vma *vma)
{
	return !svma_file_stale(vma, file->entry) &&
	       file->changes == atomic_long_read(&file->object->rmap->changes);
}

/**
 * svma_file_take() - take the page that was read, or say which one is to be read
 * @file: what was read, if anything; or NULL where nothing can be read
 * @vma: the region that wants a page
 * @addr: address in it
 *
 * Return: an entry with a share of its page, or 0: not read yet.
 */
unsigned long svma_file_take(struct svma_file_page *file, const struct svma_vma *vma,
			     unsigned long addr)
{
	struct svma_backing_object *object = svma_backing_object(vma->backing);
	unsigned long index = svma_file_index(vma, addr), entry;

	if (!file)
		return 0;
	if (file->entry && file->object == object && file->index == index &&
	    svma_vm_shared(file->vm_flags) == svma_vm_shared(vma->flags) &&
	    svma_file_current(file, vma)) {
		entry = file->entry;
		file->entry = 0;
		return entry;
	}
	svma_file_drop(file);
	vma->backing->ops->get(vma->backing);
	file->object = object;
	file->index = index;
	file->vm_flags = vma->flags;
	return 0;
}

/**
 * svma_file_drop() - give back what was read and not taken
 * @file: what was read
 */
void svma_file_drop(struct svma_file_page *file)
{
	if (file->entry)
		svma_entry_unshare(file->entry);
	file->entry = 0;
	if (file->object)
		svma_backing_drop(&file->object->base);
	file->object = NULL;
}

/*
 * Read ahead as the region was advised: not at all, far along, or, without advice, around the page.
 * What was read ahead is in the page cache only.
 */
static void svma_file_read_ahead(struct svma_file_page *file, struct address_space *mapping)
{
	struct file_ra_state *ra = &file->object->readahead;
	unsigned long window = READ_ONCE(inode_to_bdi(mapping->host)->ra_pages);
	unsigned long size = svma_file_size_pages(file->object), first;
	DEFINE_READAHEAD(control, file->object->file, ra, mapping, file->index);

	if (file->vm_flags & SVMA_VM_RAND_READ || !window)
		return;
	if (file->vm_flags & SVMA_VM_SEQ_READ) {
		ra->ra_pages = window;
		page_cache_sync_ra(&control, window);
		return;
	}
	first = file->index - min(file->index, window / 2);
	if (first >= size)
		return;
	control._index = first;
	page_cache_ra_unbounded(&control, min(window, size - first), window / 4);
}

/* A page of the page cache, referenced and up to date, or an ERR_PTR. */
static struct page *svma_file_cache_page(struct svma_file_page *file)
{
	struct address_space *mapping = file->object->file->f_mapping;

	if (file->object->base.flags & SVMA_BACKING_SHMEM)
		return shmem_read_mapping_page(mapping, file->index);
	if (!svma_cached(mapping, file->index))
		svma_file_read_ahead(file, mapping);
	return read_mapping_page(mapping, file->index, file->object->file);
}

/* File systems that show the pages of another one have no page cache to ask: they can be read. */
static int svma_file_read_through(struct svma_file_page *file, struct page *page)
{
	loff_t pos = (loff_t)file->index << PAGE_SHIFT;
	size_t done = 0;

	while (done < PAGE_SIZE) {
		ssize_t got = kernel_read(file->object->file, page_address(page) + done,
					  PAGE_SIZE - done, &pos);

		if (got < 0)
			return got;
		if (!got)
			break;
		done += got;
	}
	return 0;
}

static int svma_file_read_copy(struct svma_file_page *file, struct page *page)
{
	struct file *from = file->object->file;
	struct page *cached;

	if (!(file->object->base.flags & SVMA_BACKING_SHMEM) &&
	    !from->f_mapping->a_ops->read_folio)
		return svma_file_read_through(file, page);
	cached = svma_file_cache_page(file);
	if (IS_ERR(cached))
		return PTR_ERR(cached);
	copy_highpage(page, cached);
	put_page(cached);
	return 0;
}

/* Of what a file system may say, only this means something to who touches a page. */
static int svma_file_error(int err)
{
	return !err || err == -ENOMEM || err == -EINTR || err == -ENXIO ? err : -EIO;
}

/**
 * svma_file_read() - read the page that svma_mem_touch() wants, or wait as it wants
 * @space: who pays for a copy; not locked
 * @file: which page; what was read
 *
 * Return: 0; -ENXIO beyond the end of the file; -ENOMEM; -EINTR; -EIO its file system has no page,
 * for whatever reason.
 */
int svma_file_read(struct svma_space *space, struct svma_file_page *file)
{
	bool shmem = file->object->base.flags & SVMA_BACKING_SHMEM;
	struct page *page;
	int err;

	if (file->wait)
		return svma_writeback_wait(file);
	file->changes = atomic_long_read(&file->object->rmap->changes);
	if (file->index >= svma_file_size_pages(file->object))
		return -ENXIO;
	if (shmem && svma_vm_shared(file->vm_flags)) {
		page = svma_file_cache_page(file);
		if (IS_ERR(page))
			return svma_file_error(PTR_ERR(page) == -EINVAL ? -ENXIO : PTR_ERR(page));
		file->entry = (unsigned long)page | SVMA_PT_FOREIGN;
		return 0;
	}
	page = svma_page_alloc(space);
	if (!page)
		return -ENOMEM;
	err = svma_file_read_copy(file, page);
	if (err)
		svma_entry_unshare((unsigned long)page);
	else
		file->entry = (unsigned long)page |
			      (svma_vm_shared(file->vm_flags) ? 0 : SVMA_PT_CLEAN);
	return svma_file_error(err);
}

/**
 * svma_file_next() - the next region of a range with pages of a file
 * @space: the space, not locked
 * @start: where to look from; goes on behind the region
 * @end: end of the range
 * @vma: out: the region
 *
 * Return: its backing, referenced; NULL if there is none, or the caller was killed.
 */
struct svma_backing *svma_file_next(struct svma_space *space, unsigned long *start,
				    unsigned long end, struct svma_vma *vma)
{
	struct svma_backing *backing = NULL;

	if (down_read_killable(&space->lock))
		return NULL;
	while (*start < end && svma_index_find(&space->core.index, *start, vma) &&
	       vma->start < end) {
		*start = vma->end;
		if (!svma_file_has_pages(vma))
			continue;
		backing = vma->backing;
		backing->ops->get(backing);
		break;
	}
	up_read(&space->lock);
	return backing;
}
