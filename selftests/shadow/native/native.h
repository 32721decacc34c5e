/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of svma-native. */
#ifndef SVMA_NATIVE_H
#define SVMA_NATIVE_H

#include "core.h"

/* A backing for an open file: one for each inode. NULL: the descriptor is bad. */
struct svma_backing *native_backing(int fd);
struct svma_backing *native_shared_anon(struct svma_core *core, unsigned long len);

#endif
