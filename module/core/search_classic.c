// SPDX-License-Identifier: GPL-2.0
/*
 * The free-area search of the classic profile: bottom-up from the base, with the place where the last
 * search ended and the largest hole known below it.
 */
#include "region.h"

static unsigned long svma_classic_base(const struct svma_core *core)
{
	return core->layout.mmap_base;
}

/**
 * svma_search_classic() - the lowest free range at or above where the last search ended
 * @core: the space
 * @len: bytes
 * @result: out: the address
 *
 * Return: 0, or -ENOMEM.
 */
int svma_search_classic(struct svma_core *core, unsigned long len, unsigned long *result)
{
	unsigned long base = svma_classic_base(core), from, addr;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	if (len > core->cached_hole_size) {
		from = max(core->free_area_cache, base);
	} else {
		from = base;
		core->cached_hole_size = 0;
	}
again:
	addr = from;
	more = svma_cursor_find(&cursor, &core->index, addr, &vma);
	for (;;) {
		if (core->layout.high - len < addr) {
			/* A hole may have been passed over by starting late. */
			if (from != base) {
				from = base;
				core->cached_hole_size = 0;
				goto again;
			}
			return -ENOMEM;
		}
		if (!more || addr + len <= vma.start) {
			core->free_area_cache = addr + len;
			*result = addr;
			svma_step(core, SVMA_STEP_FOUND, addr, 0, 0, 0);
			return 0;
		}
		if (addr + core->cached_hole_size < vma.start)
			core->cached_hole_size = vma.start - addr;
		addr = vma.end;
		more = svma_cursor_next(&cursor, &vma);
	}
}

/**
 * svma_search_forget() - let the next search start where something was unmapped
 * @core: the space
 * @start: start of what was unmapped
 */
void svma_search_forget(struct svma_core *core, unsigned long start)
{
	if (start >= svma_classic_base(core) && start < core->free_area_cache) {
		core->free_area_cache = start;
		core->cached_hole_size = ULONG_MAX;
	}
}
