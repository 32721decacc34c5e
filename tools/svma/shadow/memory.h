/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a stopped process, beside those of a space.
 */
#ifndef SVMA_SHADOW_MEMORY_H
#define SVMA_SHADOW_MEMORY_H

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

/**
 * struct shadow_differing - where memory differs
 * @pages: how many pages do
 * @addr: the first byte that does
 * @model: the space has this there
 * @kernel: and the process this
 */
struct shadow_differing {
	__u64 pages;
	__u64 addr;
	unsigned char model;
	unsigned char kernel;
};

/* Copy what the process has written in [start, end) into the space: 0 or a negative errno. */
int shadow_memory_copy(pid_t pid, int space, __u64 start, __u64 end);

/*
 * Compare: how many pages were. A page that neither gives is the same. @anon: where the process has
 * no page there are zeros, and it must not be made to have one by asking.
 */
__u64 shadow_memory_compare(pid_t pid, int space, __u64 start, __u64 end, bool anon,
			    struct shadow_differing *d);

#endif
