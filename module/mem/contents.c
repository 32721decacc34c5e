// SPDX-License-Identifier: GPL-2.0
/*
 * Whole pages cleared and copied.
 *
 * A processor's string instructions, which the kernel uses, are the quickest way nearly everywhere.
 * Where a loop over words takes less than half the time, as in an emulator, it is taken; both are
 * timed when the module is loaded.
 */
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/mm.h>

#include "contents.h"

#define SVMA_PAGE_WORDS		(PAGE_SIZE / sizeof(unsigned long))
#define SVMA_CONTENTS_TRIES	8

static bool svma_clear_words __ro_after_init;
static bool svma_copy_words __ro_after_init;

/* Through WRITE_ONCE(), or the compiler would make string instructions of the loops again. */
static void svma_clear_by_words(unsigned long *to)
{
	unsigned long *end = to + SVMA_PAGE_WORDS;

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

static void svma_copy_by_words(unsigned long *to, const unsigned long *from)
{
	unsigned long *end = to + SVMA_PAGE_WORDS;

	for (; to < end; to += 8, from += 8) {
		WRITE_ONCE(to[0], from[0]);
		WRITE_ONCE(to[1], from[1]);
		WRITE_ONCE(to[2], from[2]);
		WRITE_ONCE(to[3], from[3]);
		WRITE_ONCE(to[4], from[4]);
		WRITE_ONCE(to[5], from[5]);
		WRITE_ONCE(to[6], from[6]);
		WRITE_ONCE(to[7], from[7]);
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

/**
 * svma_page_copy() - make a page what another one is
 * @page: the page
 * @from: PAGE_SIZE bytes, aligned as a page is
 */
void svma_page_copy(struct page *page, const void *from)
{
	if (svma_copy_words)
		svma_copy_by_words(page_address(page), from);
	else
		copy_page(page_address(page), (void *)from);
}

/* The quickest of some times, in ns. */
static u64 svma_contents_time(struct page *page, struct page *from)
{
	u64 best = U64_MAX, start;
	unsigned int i;

	for (i = 0; i < SVMA_CONTENTS_TRIES; i++) {
		start = ktime_get_ns();
		if (from)
			svma_page_copy(page, page_address(from));
		else
			svma_page_clear(page);
		best = min(best, ktime_get_ns() - start);
	}
	return best;
}

/* Which way takes less: sets *words to it. */
static void svma_contents_choose(bool *words, struct page *page, struct page *from)
{
	u64 kernels = svma_contents_time(page, from);

	*words = true;
	*words = svma_contents_time(page, from) < kernels / 2;
}

/**
 * svma_contents_setup() - find out how pages are cleared and copied best
 */
void __init svma_contents_setup(void)
{
	struct page *pages = alloc_pages(GFP_KERNEL, 1);

	if (!pages)
		return;
	svma_contents_choose(&svma_clear_words, pages, NULL);
	svma_page_clear(pages + 1);
	svma_contents_choose(&svma_copy_words, pages, pages + 1);
	__free_pages(pages, 1);
}
