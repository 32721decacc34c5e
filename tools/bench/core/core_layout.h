/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A core with regions in it, for the rows that call its functions.
 */
#ifndef SVMA_BENCH_CORE_LAYOUT_H
#define SVMA_BENCH_CORE_LAYOUT_H

#include "bench.h"
#include "core.h"

#define CORE_RW		(PROT_READ | PROT_WRITE)
#define CORE_FREE	(MAP_PRIVATE | MAP_ANONYMOUS)
#define CORE_FIXED	(CORE_FREE | MAP_FIXED_NOREPLACE)

/* What holes there are between regions. */
enum core_shape {
	CORE_EMPTY,	/* no regions yet */
	CORE_LAYOUT,	/* the layout of layout.h */
	CORE_HOLES,	/* holes of 1 to CORE_KINDS pages in no order */
	CORE_FILE,	/* as CORE_LAYOUT, and region n maps page n of core_file */
};

extern struct svma_backing core_file;

#define CORE_KINDS	1000UL

struct svma_core *core_layout_make(struct bench *bench, enum core_shape shape, u32 profile);
int core_map(struct svma_core *core, unsigned long addr, unsigned long pages, unsigned long prot,
	     unsigned long flags, unsigned long *result);
int core_map_file(struct svma_core *core, unsigned long addr, unsigned long page);

#endif
