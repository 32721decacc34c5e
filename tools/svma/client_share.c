// SPDX-License-Identifier: GPL-2.0
/*
 * What spaces have of each other: snapshots, what differs, copies; and many ranges of one at once.
 */
#include <errno.h>

#include "client.h"

/* Ranges that differ are asked for so many at a time. */
#define CHANGED_ROOM 64

int svma_client_snapshot(int space)
{
	struct svma_snapshot arg = { .fd = -1 };
	int err = svma_client_call(space, SVMA_IOC_SNAPSHOT, &arg);

	return err ? err : arg.fd;
}

int svma_client_restore(int space, int snapshot)
{
	struct svma_restore arg = { .fd = snapshot };

	return svma_client_call(space, SVMA_IOC_RESTORE, &arg);
}

__s64 svma_client_copy(int space, int other, __u64 from, __u64 to, __u64 len)
{
	struct svma_copy arg = { .fd = other, .from = from, .to = to, .len = len };
	int err = svma_client_call(space, SVMA_IOC_COPY, &arg);

	return err ? err : (__s64)arg.done;
}

__s64 svma_client_changed(int space, int other, __u64 start, __u64 end)
{
	struct svma_changed_range ranges[CHANGED_ROOM];
	struct svma_changes arg = {
		.fd = other, .start = start, .end = end, .buf = (__u64)(unsigned long)ranges,
	};
	__u64 bytes = 0;
	int err;

	do {
		arg.count = CHANGED_ROOM;
		arg.more = 0;
		err = svma_client_call(space, SVMA_IOC_CHANGED, &arg);
		for (__u32 i = 0; !err && i < arg.count; i++)
			bytes += ranges[i].end - ranges[i].start;
	} while (!err && arg.more);
	return err ? err : (__s64)bytes;
}

__s64 svma_client_transfer(int space, __u64 to, const void *bytes, size_t n, __u64 from, void *buf,
			   size_t len)
{
	struct svma_piece pieces[] = {
		{
			.addr = to, .len = n, .op = SVMA_PIECE_WRITE,
			.buf = (__u64)(unsigned long)bytes,
		},
		{
			.addr = from, .len = len, .op = SVMA_PIECE_READ,
			.buf = (__u64)(unsigned long)buf,
		},
	};
	struct svma_transfer arg = { .pieces = (__u64)(unsigned long)pieces, .count = 2 };
	int err = svma_client_call(space, SVMA_IOC_TRANSFER, &arg);

	if (err)
		return err;
	if (pieces[0].result != (__s64)n)
		return pieces[0].result < 0 ? pieces[0].result : -EFAULT;
	return pieces[1].result;
}
