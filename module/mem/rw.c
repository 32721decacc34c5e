// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and writing a space without a window: pread and pwrite on its descriptor, where the
 * position is the address, and debuggers through a window. Region protection binds as for
 * process_vm_readv: what was copied before the first forbidden byte counts, EFAULT if there is
 * none.
 *
 * Memory of the user is never touched under the space's lock: it may be a window on this very
 * space.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "mem.h"
#include "page.h"
#include "../space.h"

/* What the rest of the page at an address has room for. */
static size_t svma_mem_chunk(unsigned long addr, size_t len)
{
	return min_t(size_t, len, PAGE_SIZE - offset_in_page(addr));
}

/* A reference keeps the page while it is copied from, also if the space loses it meanwhile. */
static int svma_mem_get_page(struct svma_space *space, unsigned long addr, struct page **page)
{
	struct svma_mem mem;
	bool exclusive;
	int err;

	err = svma_mem_lock_touch(space, addr, SVMA_WANT_READ | SVMA_WANT_STRICT, &exclusive, &mem);
	if (err)
		return err;
	if (mem.page)
		get_page(mem.page);
	*page = mem.page;
	svma_mem_unlock(space, exclusive);
	return 0;
}

/* A page may be shared as soon as the lock is not held, so writing to it is done under the lock. */
static int svma_mem_write_page(struct svma_space *space, unsigned long addr, const void *from,
			       size_t len, unsigned int want)
{
	struct svma_mem mem;
	bool exclusive;
	int err;

	err = svma_mem_lock_touch(space, addr, want | SVMA_WANT_WRITE, &exclusive, &mem);
	if (err)
		return err;
	memcpy(page_address(mem.page) + offset_in_page(addr), from, len);
	svma_mem_unlock(space, exclusive);
	return 0;
}

static int svma_mem_errno(int err)
{
	return !err || err == -ENOMEM || err == -EINTR ? err : -EFAULT;
}

/**
 * svma_mem_read() - read from a space
 * @space: one with pages
 * @addr: address
 * @to: where to
 *
 * Return: bytes, or -EFAULT, -ENOMEM, -EINTR before the first one.
 */
ssize_t svma_mem_read(struct svma_space *space, unsigned long addr, struct iov_iter *to)
{
	ssize_t done = 0;
	int err = 0;

	while (iov_iter_count(to)) {
		size_t len = svma_mem_chunk(addr, iov_iter_count(to)), copied;
		struct page *page;

		err = svma_mem_get_page(space, addr, &page);
		if (err)
			break;
		copied = page ? copy_page_to_iter(page, offset_in_page(addr), len, to)
			      : iov_iter_zero(len, to);
		if (page)
			put_page(page);
		addr += copied;
		done += copied;
		if (copied != len)
			err = -EFAULT;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			break;
		cond_resched();
	}
	return done ?: svma_mem_errno(err);
}

/**
 * svma_mem_write() - write to a space
 * @space: one with pages
 * @addr: address
 * @from: where from
 *
 * Return: bytes, or -EFAULT, -ENOMEM, -EINTR before the first one.
 */
ssize_t svma_mem_write(struct svma_space *space, unsigned long addr, struct iov_iter *from)
{
	void *bounce = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	ssize_t done = 0;
	int err = 0;

	if (!bounce)
		return -ENOMEM;
	while (iov_iter_count(from)) {
		size_t len = svma_mem_chunk(addr, iov_iter_count(from)), copied;

		copied = copy_from_iter(bounce, len, from);
		if (copied)
			err = svma_mem_write_page(space, addr, bounce, copied, 0);
		if (err)
			break;
		addr += copied;
		done += copied;
		if (copied != len)
			err = -EFAULT;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			break;
		cond_resched();
	}
	free_page((unsigned long)bounce);
	return done ?: svma_mem_errno(err);
}

/**
 * svma_space_read_iter() - pread and its kin (struct file_operations)
 * @iocb: position: the address
 * @to: where to
 *
 * Return: as svma_mem_read(), or -EOPNOTSUPP.
 */
ssize_t svma_space_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct svma_space *space = iocb->ki_filp->private_data;
	ssize_t done;

	if (space->layout)
		return -EOPNOTSUPP;
	done = svma_mem_read(space, iocb->ki_pos, to);
	iocb->ki_pos += max_t(ssize_t, done, 0);
	return done;
}

/**
 * svma_space_write_iter() - pwrite and its kin (struct file_operations)
 * @iocb: position: the address
 * @from: where from
 *
 * Return: as svma_mem_write(), or -EOPNOTSUPP.
 */
ssize_t svma_space_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct svma_space *space = iocb->ki_filp->private_data;
	ssize_t done;

	if (space->layout)
		return -EOPNOTSUPP;
	done = svma_mem_write(space, iocb->ki_pos, from);
	iocb->ki_pos += max_t(ssize_t, done, 0);
	return done;
}

/**
 * svma_mem_access() - read or write for a debugger
 * @space: the space
 * @addr: address in it
 * @buf: kernel memory
 * @len: bytes
 * @write: to the space
 *
 * Region protection gives way as it does in a process that is debugged: private memory can be
 * written where it is read-only, shared memory cannot.
 *
 * Return: bytes, or -EFAULT before the first one.
 */
int svma_mem_access(struct svma_space *space, unsigned long addr, void *buf, int len, bool write)
{
	int done = 0, err = 0;

	while (done < len) {
		size_t chunk = svma_mem_chunk(addr + done, len - done);
		struct svma_mem mem;
		bool exclusive;

		if (write) {
			err = svma_mem_write_page(space, addr + done, buf + done, chunk,
						  SVMA_WANT_FORCE);
			if (err)
				break;
			done += chunk;
			continue;
		}
		err = svma_mem_lock_touch(space, addr + done, SVMA_WANT_READ | SVMA_WANT_FORCE,
					  &exclusive, &mem);
		if (err)
			break;
		if (mem.page)
			memcpy(buf + done, page_address(mem.page) + offset_in_page(addr + done),
			       chunk);
		else
			memset(buf + done, 0, chunk);
		svma_mem_unlock(space, exclusive);
		done += chunk;
	}
	return done ?: -EFAULT;
}
