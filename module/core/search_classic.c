// SPDX-License-Identifier: GPL-2.0
/*
 * The free-area search of the classic profile: bottom-up from the base, with the place where the
 * last search ended and the largest hole known below it.
 *
 * It is here twice: as documented, by a scan of all regions, and by the gaps that the index knows.
 * Both give the same answer and leave the same memory of it; the tests hold them together, and
 * spaces use the second.
 */
#include "region.h"

/*
 * Where a search starts: what is smaller than the largest hole known may fit below where the last
 * one ended.
 */
static unsigned long svma_classic_from(struct svma_core *core, unsigned long len)
{
	unsigned long hole = core->cached_hole_size, from = core->layout.mmap_base;

	if (len > hole)
		from = max(core->free_area_cache, from);
	else
		core->cached_hole_size = 0;
	svma_step(core, SVMA_STEP_SEARCH, len, from, hole, 0);
	return from;
}

/* A hole may have been passed over by starting late: begin anew. */
static unsigned long svma_classic_again(struct svma_core *core, unsigned long len)
{
	core->cached_hole_size = 0;
	svma_step(core, SVMA_STEP_SEARCH, len, core->layout.mmap_base, 0, 0);
	return core->layout.mmap_base;
}

static int svma_classic_found(struct svma_core *core, unsigned long addr, unsigned long len,
			      unsigned long *result)
{
	core->free_area_cache = addr + len;
	*result = addr;
	return 0;
}

/**
 * svma_search_classic_scan() - the free-area search, by a scan
 * @core: the space
 * @len: bytes
 * @result: out: the address
 *
 * Return: 0, or -ENOMEM.
 */
int svma_search_classic_scan(struct svma_core *core, unsigned long len, unsigned long *result)
{
	unsigned long base = core->layout.mmap_base, from = svma_classic_from(core, len), addr;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

again:
	addr = from;
	more = svma_cursor_find(&cursor, &core->index, addr, &vma);
	for (;;) {
		if (core->layout.high - len < addr) {
			if (from != base) {
				from = svma_classic_again(core, len);
				goto again;
			}
			return -ENOMEM;
		}
		if (!more || addr + len <= vma.start)
			return svma_classic_found(core, addr, len, result);
		if (addr + core->cached_hole_size < vma.start)
			core->cached_hole_size = vma.start - addr;
		addr = vma.end;
		more = svma_cursor_next(&cursor, &vma);
	}
}

/* Remember the largest hole that starts in from..last. */
static void svma_classic_note(struct svma_core *core, unsigned long from, unsigned long last)
{
	unsigned long hole = svma_index_gap_max(&core->index, from, last);

	core->cached_hole_size = max(core->cached_hole_size, hole);
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
	unsigned long base = core->layout.mmap_base, high = core->layout.high, from, start, end;

	from = svma_classic_from(core, len);
	for (;;) {
		if (svma_index_gap_low(&core->index, from, high, len, &start, &end)) {
			if (start > from)
				svma_classic_note(core, from, start - 1);
			return svma_classic_found(core, start, len, result);
		}
		if (from == base)
			break;
		from = svma_classic_again(core, len);
	}
	svma_classic_note(core, from, high - len);
	return -ENOMEM;
}

/**
 * svma_search_forget() - let the next search start where something was unmapped
 * @core: the space
 * @start: start of what was unmapped
 * @end: end of it
 */
void svma_search_forget(struct svma_core *core, unsigned long start, unsigned long end)
{
	unsigned long base = core->layout.mmap_base;

	if (end <= base)
		return;
	start = max(start, base);
	if (start < core->free_area_cache) {
		core->free_area_cache = start;
		core->cached_hole_size = ULONG_MAX;
		if (svma_classic(core))
			svma_step(core, SVMA_STEP_RESTART, start, 0, 0, 0);
	}
}
