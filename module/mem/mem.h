/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A space's memory, as the rest of the module sees it.
 */
#ifndef SVMA_MEM_H
#define SVMA_MEM_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uio.h>

#include "../core/core.h"

struct svma_call;
struct svma_file_page;
struct svma_own_ranges;
struct svma_rmap_object;
struct svma_space;

/* What somebody wants to do at an address. */
#define SVMA_WANT_READ		BIT(0)
#define SVMA_WANT_WRITE		BIT(1)
#define SVMA_WANT_EXEC		BIT(2)
#define SVMA_WANT_FORCE		BIT(3)	/* as a debugger: MAY flags bind, protection does not */
#define SVMA_WANT_WINDOW \
	BIT(4) /* to be shown in a window: read-only entries may be the zero page */
#define SVMA_WANT_STRICT	BIT(5)	/* reading wants READ, as for those who read for another */
#define SVMA_WANT_PRESENT	BIT(6)	/* what is only read is remembered too */
#define SVMA_WANT_ALONE		BIT(7)	/* with the lock held exclusively */

/* How a window answers a fault. */
enum svma_block_answer {
	SVMA_BLOCK_NONE,	/* by the page alone */
	SVMA_BLOCK_DUE,		/* by an entry of 2 MiB */
	SVMA_BLOCK_THERE,	/* not at all, there is such an entry */
};

/**
 * struct svma_mem - what is at an address
 * @vma: the region, a copy
 * @page: the page, or NULL: all zero
 * @hot: @page is none of the page table's (hot.c)
 * @fresh: where the page table has it, if it came into being by this very touch; or NULL
 * @zapped: no window shows anything there any more
 * @writable: a window may write to it without asking again, as far as the region goes
 * @file: in: where svma_mem_touch() finds a page that was read, and tells which to read; or NULL
 * @fault: in: the fault of a window that is answered; only with SVMA_WANT_WINDOW
 */
struct svma_mem {
	struct svma_vma vma;
	struct page *page;
	const unsigned long *fresh;
	bool hot;
	bool zapped;
	bool writable;
	struct svma_file_page *file;
	struct vm_fault *fault;
};

/* touch.c; all but svma_mem_lock_touch() want the lock held */
int svma_mem_touch(struct svma_space *space, unsigned long addr, unsigned int want, bool exclusive,
		   struct svma_mem *mem);
bool svma_mem_present(struct svma_space *space, unsigned long addr, struct svma_mem *mem);
int svma_mem_lock_touch(struct svma_space *space, unsigned long addr, unsigned int want,
			bool *exclusive, struct svma_mem *mem);
void svma_mem_unlock(struct svma_space *space, bool exclusive);

/* block.c */
bool svma_block_asked(const struct svma_space *space, const struct svma_vma *vma);
struct page *svma_block_fill(struct svma_space *space, const struct svma_vma *vma,
			     unsigned long addr, bool exclusive);
struct page *svma_block_of_leaf(const struct svma_space *space, const unsigned long *leaf,
				unsigned long index);
enum svma_block_answer svma_block_look(struct vm_fault *vmf, struct svma_space *space,
				       unsigned long addr, const struct svma_mem *mem);
vm_fault_t svma_block_enter(struct vm_fault *vmf, struct svma_space *space, unsigned long addr,
			    const struct svma_mem *mem);

/* zap.c */
void svma_mem_zap(struct svma_space *space, unsigned long start, unsigned long end);
void svma_mem_unmap(struct svma_core *core, unsigned long start, unsigned long end);
int svma_mem_prepare(struct svma_core *core, unsigned long start, unsigned long end);
int svma_mem_discard(struct svma_core *core, unsigned long start, unsigned long end);
void svma_mem_protect(struct svma_core *core, unsigned long start, unsigned long end);
void svma_mem_move(struct svma_core *core, unsigned long from, unsigned long to, unsigned long len);

/* share.c */
void svma_mem_set_written(struct svma_space *space, unsigned long addr, const struct svma_mem *mem);
int svma_mem_fork(struct svma_space *parent, struct svma_space *child);
int svma_mem_snapshot(struct svma_space *space, struct svma_space *snapshot);
int svma_mem_restore(struct svma_space *space, struct svma_space *snapshot);

/* changed.c */
void svma_mem_file_changed(struct svma_space *space, struct svma_rmap_object *rmap,
			   unsigned long start, unsigned long end);

/* compare.c */
bool svma_mem_changed(struct svma_space *space, struct svma_space *other, unsigned long *start,
		      unsigned long end, struct svma_changed_range *ranges, u32 *count, u32 room);
int svma_mem_copy(struct svma_space *space, unsigned long to, struct svma_space *other,
		  unsigned long from, unsigned long len);

/* guard.c */
bool svma_mem_has_guard(struct svma_space *space, unsigned long start, unsigned long end);
int svma_mem_set_guard(struct svma_core *core, unsigned long start, unsigned long end,
		       bool install);

/* populate.c */
int svma_mem_populate(struct svma_space *space, const struct svma_populate *populate);
int svma_mem_populate_held(struct svma_space *space, const struct svma_populate *populate);
void svma_mem_own(struct svma_core *core, unsigned long start, unsigned long end);
void svma_mem_populate_own(struct svma_space *space, const struct svma_own_ranges *own);

/* willneed.c */
void svma_mem_willneed(struct svma_space *space, unsigned long start, unsigned long end);

/* rw.c */
ssize_t svma_space_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t svma_space_write_iter(struct kiocb *iocb, struct iov_iter *from);
int svma_mem_access(struct svma_space *space, unsigned long addr, void *buf, int len, bool write);
ssize_t svma_mem_read(struct svma_space *space, unsigned long addr, struct iov_iter *to);
ssize_t svma_mem_write(struct svma_space *space, unsigned long addr, struct iov_iter *from);

/* transfer.c */
int svma_ioctl_transfer(struct svma_call *call);

/* window.c */
extern const struct vm_operations_struct svma_window_ops;
int svma_window_mmap(struct file *file, struct vm_area_struct *vma);
bool svma_window_sole(struct svma_space *space);
bool svma_window_shows_nothing(struct vm_fault *vmf, struct svma_space *space);
pgprot_t svma_window_prot(const struct vm_area_struct *vma, const struct svma_mem *mem);
struct vm_area_struct *svma_window_find(struct svma_space *space, unsigned long host);

/* around.c */
vm_fault_t svma_around_fault(struct vm_fault *vmf, struct svma_space *space, unsigned long addr,
			     struct svma_mem *mem, bool single);

/* fill.c */
int svma_ioctl_window_fill(struct svma_call *call);

/* view.c */
int svma_ioctl_pages(struct svma_call *call);
u32 svma_view_entry(const struct svma_vma *vma, unsigned long addr, unsigned long entry,
		    unsigned long node_shares, unsigned long *shares);

/* smaps.c */
int svma_ioctl_smaps(struct svma_call *call);
int svma_smaps_total(struct svma_space *space, struct svma_smap *total);

#endif /* SVMA_MEM_H */
