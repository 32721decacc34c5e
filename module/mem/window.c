// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: a space in the page tables of whoever maps its descriptor. File offset = address.
 *
 * Entries are page frames, entered under the space's lock; what the region and the window both
 * allow is what the entry allows. No entry becomes writable but by our hand:
 *
 *  - a page that is not writable for good is entered read-only and clean, and because .pfn_mkwrite
 *  is there, the kernel asks us at the first write (writenotify), where the entry is replaced;
 *  - the host's mprotect could make an entry executable, or writable if it is dirty: when it allows
 *    more than before, .mprotect removes the entries first, and no fault can come in between;
 *  - fork copies entries as they are, mremap moves them, both find them by the mapping afterwards.
 *
 * MAP_PRIVATE windows are refused: the kernel must not copy such a page behind our back.
 */
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "mem.h"
#include "page.h"
#include "../compat.h"
#include "../space.h"
#include "../trace.h"

/* The address in the space that a window shows at one of its own addresses. */
static unsigned long svma_window_addr(const struct vm_area_struct *vma, unsigned long host)
{
	return (vma->vm_pgoff << PAGE_SHIFT) + (host - vma->vm_start);
}

/**
 * svma_window_prot() - protection of a hardware entry
 * @vma: the window
 * @mem: what it shows, as svma_mem_touch() found it
 *
 * Return: no more than the window and the region both allow.
 */
pgprot_t svma_window_prot(const struct vm_area_struct *vma, const struct svma_mem *mem)
{
	/* Whoever comes here may read: a window without any access does not fault into us. */
	unsigned long flags = (vma->vm_flags & ~(VM_WRITE | VM_EXEC)) | VM_READ;

	if (mem->writable)
		flags |= vma->vm_flags & VM_WRITE;
	if (mem->vma.flags & SVMA_VM_EXEC)
		flags |= vma->vm_flags & VM_EXEC;
	return vm_get_page_prot(flags);
}

static vm_fault_t svma_window_error(int err)
{
	/*
	 * Killed or without memory is SIGBUS, too. VM_FAULT_OOM has the access tried again for
	 * ever, and a killed task that accesses from inside the kernel must get out of there.
	 */
	return err == -EFAULT ? VM_FAULT_SIGSEGV : VM_FAULT_SIGBUS;
}

/* Lock the space and find out what is there; an entry of 2 MiB is for who has it alone. */
static int svma_window_touch(struct vm_fault *vmf, struct svma_space *space, unsigned long addr,
			     bool replace, bool *exclusive, struct svma_mem *mem,
			     enum svma_block_answer *answer)
{
	unsigned int want = SVMA_WANT_WINDOW | SVMA_WANT_READ;
	int err;

	if (vmf->flags & FAULT_FLAG_WRITE)
		want |= SVMA_WANT_WRITE;
	if (vmf->flags & FAULT_FLAG_INSTRUCTION)
		want |= SVMA_WANT_EXEC;
	/* What is shown read-only and is to be written is most often shared, and copied. */
	if (replace)
		want |= SVMA_WANT_ALONE;
	mem->fault = vmf;
	for (;;) {
		/*
		 * An access from inside the kernel is tried again until it succeeds or fails, also
		 * when killed.
		 */
		if (fatal_signal_pending(current))
			return -EINTR;
		err = svma_mem_lock_touch(space, addr, want, exclusive, mem);
		if (err)
			return err;
		*answer = svma_block_look(vmf, space, addr, mem);
		if (*answer != SVMA_BLOCK_DUE || *exclusive)
			return 0;
		svma_mem_unlock(space, *exclusive);
		want |= SVMA_WANT_ALONE;
	}
}

/* Enter what is at the fault's address; with @replace what is entered there goes first. */
static vm_fault_t svma_window_enter(struct vm_fault *vmf, bool replace)
{
	struct vm_area_struct *vma = vmf->vma;
	struct svma_space *space = vma->vm_private_data;
	unsigned long addr = svma_window_addr(vma, vmf->address & PAGE_MASK);
	enum svma_block_answer answer;
	struct svma_mem mem;
	bool exclusive;
	vm_fault_t ret;
	int err;

	err = svma_window_touch(vmf, space, addr, replace, &exclusive, &mem, &answer);
	if (err) {
		ret = svma_window_error(err);
		goto out;
	}
	ret = VM_FAULT_NOPAGE;
	if (replace && !mem.zapped)
		svma_mem_zap(space, addr, addr + PAGE_SIZE);
	if (answer == SVMA_BLOCK_DUE)
		ret = svma_block_enter(vmf, space, addr, &mem);
	else if (answer == SVMA_BLOCK_NONE)
		ret = svma_around_fault(vmf, space, addr, &mem, replace);
	svma_mem_unlock(space, exclusive);
	if (ret == VM_FAULT_OOM)
		ret = VM_FAULT_SIGBUS;
out:
	atomic_long_inc(&space->faults);
	trace_svma_fault(space->id, addr, vmf->address, vmf->flags, (__force unsigned int)ret);
	return ret;
}

static vm_fault_t svma_window_fault(struct vm_fault *vmf)
{
	return svma_window_enter(vmf, false);
}

/* A write to an entry that is read-only. Answering 0 would have the kernel make it writable. */
static vm_fault_t svma_window_mkwrite(struct vm_fault *vmf)
{
	return svma_window_enter(vmf, true);
}

/*
 * Nothing to add; but only who has this takes faults without the lock of the whole address space.
 */
static vm_fault_t svma_window_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	return 0;
}

static void svma_window_open(struct vm_area_struct *vma)
{
	struct svma_space *space = vma->vm_private_data;

	spin_lock(&space->windows_lock);
	if (!atomic_long_read(&space->windows))
		space->windows_mm = vma->vm_mm;
	else if (space->windows_mm != vma->vm_mm)
		space->windows_mm = NULL;
	atomic_long_inc(&space->windows);
	atomic_long_inc(&space->window_changes);
	spin_unlock(&space->windows_lock);
}

static void svma_window_close(struct vm_area_struct *vma)
{
	struct svma_space *space = vma->vm_private_data;

	spin_lock(&space->windows_lock);
	atomic_long_dec(&space->windows);
	spin_unlock(&space->windows_lock);
}

/**
 * svma_window_sole() - is it certain that nobody writes through a window now?
 * @space: the space, its lock held exclusively
 *
 * The current task is not in user space. A window that comes to be from now on gets no entry, and
 * one that a fork copies was there.
 *
 * Return: whether there is no window, or only in a process that the current task is alone in.
 */
bool svma_window_sole(struct svma_space *space)
{
	bool sole;

	lockdep_assert_held_write(&space->lock);
	spin_lock(&space->windows_lock);
	sole = !atomic_long_read(&space->windows) ||
	       (current->mm && space->windows_mm == current->mm &&
		atomic_read(&current->mm->mm_users) == 1);
	spin_unlock(&space->windows_lock);
	return sole;
}

static int svma_window_is_none(pte_t *pte, unsigned long host, void *data)
{
	*(bool *)data = pte_none(ptep_get(pte));
	return 0;
}

/**
 * svma_window_shows_nothing() - is it certain that no window shows the page of a fault?
 * @vmf: the fault, of a window on the space
 * @space: the space, its lock held exclusively
 *
 * It is where the fault's window is the only one and has no entry there. The fault holds that
 * window as it is: who splits, moves or forks it waits. One that is mapped from now on is empty.
 *
 * Return: whether it is; if not, nothing is known.
 */
bool svma_window_shows_nothing(struct vm_fault *vmf, struct svma_space *space)
{
	bool none = false;

	lockdep_assert_held_write(&space->lock);
	if (atomic_long_read(&space->windows) != 1)
		return false;
	switch (svma_compat_huge_look(vmf)) {
	case SVMA_COMPAT_HUGE_ROOM:
		return true;
	case SVMA_COMPAT_HUGE_ENTRY:
		return false;
	default:
		apply_to_page_range(vmf->vma->vm_mm, vmf->address & PAGE_MASK, PAGE_SIZE,
				    svma_window_is_none, &none);
		return none;
	}
}

/*
 * The host changes the protection of a window. It keeps the entries and gives them the new
 * protection of the whole window, which may be more than a region allows.
 */
static int svma_window_mprotect(struct vm_area_struct *vma, unsigned long start, unsigned long end,
				unsigned long newflags)
{
	unsigned long addr = svma_window_addr(vma, start);
	struct svma_space *space = vma->vm_private_data;

	if (newflags & ~vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) {
		/* No fault of this window until the call is over. */
		vma_start_write(vma);
		atomic_long_inc(&space->window_changes);
		unmap_mapping_range(vma->vm_file->f_mapping, addr, end - start, 1);
	}
	return 0;
}

static int svma_window_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
			      int write)
{
	struct svma_space *space = vma->vm_private_data;

	if (addr < vma->vm_start || addr >= vma->vm_end)
		return -EFAULT;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	return svma_mem_access(space, svma_window_addr(vma, addr), buf, len, write);
}

const struct vm_operations_struct svma_window_ops = {
	.open = svma_window_open,
	.close = svma_window_close,
	.mprotect = svma_window_mprotect,
	.fault = svma_window_fault,
	.map_pages = svma_window_map_pages,
	.pfn_mkwrite = svma_window_mkwrite,
	.access = svma_window_access,
};

/**
 * svma_window_find() - the window at an address, if it is one on this space
 * @space: the space
 * @host: address in the current process, whose mmap_lock is held
 *
 * Return: the window, or NULL.
 */
struct vm_area_struct *svma_window_find(struct svma_space *space, unsigned long host)
{
	struct vm_area_struct *vma = find_vma(current->mm, host);

	if (!vma || vma->vm_start > host || vma->vm_ops != &svma_window_ops ||
	    vma->vm_private_data != space)
		return NULL;
	return vma;
}

/**
 * svma_window_mmap() - map a part of a space (struct file_operations)
 * @file: the space
 * @vma: the window to be
 *
 * Return: 0; -EINVAL for MAP_PRIVATE, and beyond the end of the space; -EOPNOTSUPP for a space
 * without pages.
 */
int svma_window_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct svma_space *space = file->private_data;
	unsigned long end;

	if (space->layout)
		return -EOPNOTSUPP;
	/* MAP_SHARED of what is not open for writing, a snapshot, has no VM_SHARED. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= SVMA_PT_LIMIT ||
	    check_add_overflow(vma->vm_pgoff << PAGE_SHIFT, vma->vm_end - vma->vm_start, &end) ||
	    end > READ_ONCE(space->core.layout.high))
		return -EINVAL;
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &svma_window_ops;
	vma->vm_private_data = space;
	svma_window_open(vma);
	return 0;
}
