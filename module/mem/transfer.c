// SPDX-License-Identifier: GPL-2.0
/*
 * SVMA_IOC_TRANSFER: many ranges of a space read and written in one call, each as by pread or
 * pwrite. Nothing is remembered of the pieces, so there may be any number.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "mem.h"
#include "../ioctl.h"
#include "../space.h"
#include "../trace.h"

static ssize_t svma_transfer_piece(struct svma_space *space, const struct svma_piece *piece)
{
	bool write = piece->op == SVMA_PIECE_WRITE;
	size_t len = min_t(u64, piece->len, MAX_RW_COUNT);
	void __user *buf = u64_to_user_ptr(piece->buf);
	struct iov_iter iter;

	if (piece->op > SVMA_PIECE_WRITE || piece->reserved)
		return -EINVAL;
	if (write && space->frozen)
		return -EROFS;
	if (!access_ok(buf, len))
		return -EFAULT;
	iov_iter_ubuf(&iter, write ? WRITE : READ, buf, len);
	return write ? svma_mem_write(space, piece->addr, &iter)
		     : svma_mem_read(space, piece->addr, &iter);
}

static int svma_transfer_pieces(struct svma_space *space, struct svma_transfer *args)
{
	struct svma_piece __user *user = u64_to_user_ptr(args->pieces);
	struct svma_piece piece;
	u32 i;

	for (i = 0; i < args->count; i++) {
		if (copy_from_user(&piece, &user[i], sizeof(piece)))
			return -EFAULT;
		piece.result = svma_transfer_piece(space, &piece);
		if (put_user(piece.result, &user[i].result))
			return -EFAULT;
		if (piece.result > 0)
			args->bytes += piece.result;
		args->done += piece.result == (s64)piece.len;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/**
 * svma_ioctl_transfer() - SVMA_IOC_TRANSFER
 * @call: the call
 *
 * Return: 0, -EFAULT, -EINTR, -EINVAL, -EOPNOTSUPP.
 */
int svma_ioctl_transfer(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_transfer *args = &call->arg.transfer;
	int err;

	if (args->flags || space->layout)
		return -EOPNOTSUPP;
	if (args->reserved)
		return -EINVAL;
	args->done = 0;
	args->bytes = 0;
	err = svma_transfer_pieces(space, args);
	trace_svma_transfer(space->id, 0, args->count, args->done, err);
	return err;
}
