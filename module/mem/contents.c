// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages cleared and compared.
 */
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/mm.h>

#include "contents.h"

#define SVMA_CLEAR_TRIES	8

static bool svma_clear_words __ro_after_init;

/* Through WRITE_ONCE(), or the compiler would make string instructions of the loop again. */
static void svma_clear_by_words(unsigned long *to)
{
	unsigned long *end = to + PAGE_SIZE / sizeof(*to);

	for (; to < end; to += 8) {
		WRITE_ONCE(to[0], 0);
		WRITE_ONCE(to[1], 0);
		WRITE_ONCE(to[2], 0);
		WRITE_ONCE(to[3], 0);
		WRITE_ONCE(to[4], 0);
		WRITE_ONCE(to[5], 0);
		WRITE_ONCE(to[6], 0);
		WRITE_ONCE(to[7], 0);
	}
}

/**
 * svma_page_clear() - make a page all zero
 * @page: the page
 */
void svma_page_clear(struct page *page)
{
	if (svma_clear_words)
		svma_clear_by_words(page_address(page));
	else
		clear_page(page_address(page));
}

/* Do eight words differ? */
static bool svma_words_differ(const u64 *a, const u64 *b)
{
	return (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) |
	       (a[4] ^ b[4]) | (a[5] ^ b[5]) | (a[6] ^ b[6]) | (a[7] ^ b[7]);
}

/**
 * svma_page_same() - do two pages hold the same?
 * @page: one
 * @other: the other
 */
bool svma_page_same(struct page *page, struct page *other)
{
	const u64 *a = page_address(page), *b = page_address(other);
	const u64 *end = a + PAGE_SIZE / sizeof(*a);

	for (; a < end; a += 8, b += 8)
		if (svma_words_differ(a, b))
			return false;
	return true;
}

static u64 svma_clear_time(struct page *page, bool words)
{
	u64 best = U64_MAX, start;
	unsigned int i;

	svma_clear_words = words;
	for (i = 0; i < SVMA_CLEAR_TRIES; i++) {
		start = ktime_get_ns();
		svma_page_clear(page);
		best = min(best, ktime_get_ns() - start);
	}
	return best;
}

/**
 * svma_contents_setup() - find out how pages are cleared best
 *
 * A processor's string instruction, which the kernel uses, is the quickest way nearly everywhere.
 * Where a loop takes less than half the time, as in an emulator, it is taken.
 */
void __init svma_contents_setup(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u64 words, kernels;

	if (!page)
		return;
	kernels = svma_clear_time(page, false);
	words = svma_clear_time(page, true);
	svma_clear_words = words < kernels / 2;
	__free_page(page);
}
