/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_CONTENTS_H
#define SVMA_MEM_CONTENTS_H

#include <linux/types.h>

struct page;

void svma_contents_setup(void);
void svma_page_clear(struct page *page);
bool svma_page_same(struct page *page, struct page *other);

#endif /* SVMA_MEM_CONTENTS_H */
