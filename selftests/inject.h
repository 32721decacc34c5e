/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that fail at the wish of a test, and pictures of a space to compare.
 */
#ifndef SVMA_INJECT_H
#define SVMA_INJECT_H

#include <stdbool.h>
#include <linux/svma.h>

/* The pages that a picture looks at, from SVMA_BASE on, and the regions that it has room for. */
#define PICTURE_PAGES	64
#define PICTURE_REGIONS	64

/**
 * struct picture - all that a test can see of a space
 * @regions: how many, all of them described in @region
 * @region: as SVMA_IOC_REGIONS tells them
 * @stats: as SVMA_IOC_STATS does
 * @machine: the machine's values and charges
 * @contents: first word of each page; UNREADABLE where there is none
 */
struct picture {
	__u32 regions;
	struct svma_region region[PICTURE_REGIONS];
	struct svma_stats stats;
	struct svma_machine machine;
	__u64 contents[PICTURE_PAGES];
};

/* 0 or a negative errno. */
long picture_take(struct picture *picture, int machine, int space);

/* Equal? @pages: the number of pages present counts, too. What differs is told in picture_text. */
bool picture_same(const struct picture *a, const struct picture *b, bool pages);
extern char picture_text[512];

/*
 * For the calling thread: 0, or a negative errno where the kernel cannot fail what it is asked for.
 * The kernel's own defaults would let every allocation through that may sleep.
 */
int inject_open(void);
void inject_close(int fd);

/* From now on, let the nth allocation (or copy to or from user memory) of this thread fail. */
void inject_arm(int fd, unsigned int nth);

/* No more; true if it has failed. */
bool inject_disarm(int fd);

/* Count instead, from now on: none fails. inject_counted() ends that and tells how many it were. */
void inject_count(int fd);
unsigned int inject_counted(int fd);

#endif /* SVMA_INJECT_H */
