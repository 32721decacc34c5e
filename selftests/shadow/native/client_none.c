// SPDX-License-Identifier: GPL-2.0
/*
 * The part of tools/svma/client.h that has no meaning on the region core alone: there are no pages,
 * no other spaces of a file, and nobody who notes steps.
 */
#include <errno.h>

#include "client.h"

int svma_client_steps(int space, struct svma_step *steps, __u32 *count, __u32 *lost)
{
	(void)space;
	(void)steps;
	*count = *lost = 0;
	return -EOPNOTSUPP;
}

/* There are no ioctls that a hook could see. */
int (*svma_client_hook)(int fd, unsigned long request, void *arg);

int svma_client_rmap(int machine, int fd, __u64 first, __u64 last, struct svma_rmap_list *list)
{
	(void)machine;
	(void)fd;
	(void)first;
	(void)last;
	(void)list;
	return -EOPNOTSUPP;
}

void svma_rmap_list_free(struct svma_rmap_list *list)
{
	(void)list;
}

int svma_client_pages(int space, __u64 start, __u64 end, __u64 window, struct svma_pages *list)
{
	(void)space;
	(void)start;
	(void)end;
	(void)window;
	(void)list;
	return -EOPNOTSUPP;
}

void svma_pages_free(struct svma_pages *list)
{
	(void)list;
}

int svma_client_smaps(int space, struct svma_smap_list *list)
{
	(void)space;
	(void)list;
	return -EOPNOTSUPP;
}

void svma_smap_list_free(struct svma_smap_list *list)
{
	(void)list;
}

int svma_client_snapshot(int space)
{
	(void)space;
	return -EOPNOTSUPP;
}

int svma_client_restore(int space, int snapshot)
{
	(void)space;
	(void)snapshot;
	return -EOPNOTSUPP;
}

__s64 svma_client_copy(int space, int other, __u64 from, __u64 to, __u64 len)
{
	(void)space;
	(void)other;
	(void)from;
	(void)to;
	(void)len;
	return -EOPNOTSUPP;
}

__s64 svma_client_changed(int space, int other, __u64 start, __u64 end)
{
	(void)space;
	(void)other;
	(void)start;
	(void)end;
	return -EOPNOTSUPP;
}

__s64 svma_client_transfer(int space, __u64 to, const void *bytes, size_t n, __u64 from, void *buf,
			   size_t len)
{
	(void)space;
	(void)to;
	(void)bytes;
	(void)n;
	(void)from;
	(void)buf;
	(void)len;
	return -EOPNOTSUPP;
}
