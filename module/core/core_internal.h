/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the region core takes from outside. In the kernel these are kernel headers; in user
 * space the same names come from selftests/core/include/core_user.h. Nothing in module/core
 * includes anything else from outside, and so the very same files are tested where tests are quick.
 */
#ifndef SVMA_CORE_INTERNAL_H
#define SVMA_CORE_INTERNAL_H

#ifdef __KERNEL__
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mman.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include "../compat.h"

#define svma_killed()	fatal_signal_pending(current)
#else
#include "core_user.h"

#define svma_killed()	core_user_killed
#endif

#include "../../uapi/linux/svma.h"
#include "values.h"

#define SVMA_PAGE_SHIFT		12
#define SVMA_PAGE_SIZE		BIT(SVMA_PAGE_SHIFT)
#define SVMA_PAGE_MASK		(~(SVMA_PAGE_SIZE - 1))
#define SVMA_HUGE_SIZE		BIT(21)

#define svma_page_align(x)	(((x) + SVMA_PAGE_SIZE - 1) & SVMA_PAGE_MASK)
#define svma_pages(bytes)	((unsigned long)(bytes) >> SVMA_PAGE_SHIFT)

#endif /* SVMA_CORE_INTERNAL_H */
