/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MAIN_H
#define SVMA_MAIN_H

#include <linux/slab.h>

extern struct kmem_cache *svma_space_cache;

#endif /* SVMA_MAIN_H */
