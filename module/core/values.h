/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the kernel's memory calls that older headers lack. A space may follow the rules of a
 * newer kernel than the one that it runs on.
 */
#ifndef SVMA_VALUES_H
#define SVMA_VALUES_H

#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G		0x80
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE		0x08
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED	24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

#endif /* SVMA_VALUES_H */
