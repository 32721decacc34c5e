/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_HOT_H
#define SVMA_HOT_H

#include <linux/types.h>

struct page;
struct svma_space;

/* Pages that one space may have hot: 16 MiB. */
#define SVMA_HOT_MOST	4096U

/**
 * struct svma_hot_page - a page that lies over the entry of the page table
 * @index: page number
 * @page: the page, which nobody else has
 * @score: how often it was written lately; see svma_hot_restore()
 */
struct svma_hot_page {
	unsigned long index;
	struct page *page;
	unsigned int score;
};

/**
 * struct svma_hot - the hot pages of a space (hot.c)
 * @pages: by page number
 * @count: how many there are
 * @room: how many there is room for
 * @wanted: the space was restored, so what is written now may be hot
 *
 * Guarded by the space's lock: shared to look, exclusive to change.
 */
struct svma_hot {
	struct svma_hot_page *pages;
	unsigned int count;
	unsigned int room;
	bool wanted;
};

struct page *svma_hot_search(const struct svma_hot *hot, unsigned long index);

/**
 * svma_hot_find() - the hot page of an entry
 * @hot: the space's hot pages
 * @index: page number
 *
 * Return: the page, or NULL: the page table tells what is there.
 */
static inline struct page *svma_hot_find(const struct svma_hot *hot, unsigned long index)
{
	return hot->count ? svma_hot_search(hot, index) : NULL;
}

bool svma_hot_any(const struct svma_hot *hot, unsigned long first, unsigned long end);
unsigned long svma_hot_entry(const struct svma_hot *hot, unsigned long index, unsigned long entry,
			     unsigned long *shares);
bool svma_hot_reserve(struct svma_space *space);
void svma_hot_add(struct svma_space *space, unsigned long index, struct page *page);
void svma_hot_drop(struct svma_space *space, unsigned long first, unsigned long end);
void svma_hot_move(struct svma_space *space, unsigned long from, unsigned long to,
		   unsigned long count);
int svma_hot_settle(struct svma_space *space, bool keep);
void svma_hot_restore(struct svma_space *space, struct svma_space *snapshot);
void svma_hot_destroy(struct svma_hot *hot);

#endif /* SVMA_HOT_H */
