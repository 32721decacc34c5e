/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_MEM_CONTENTS_H
#define SVMA_MEM_CONTENTS_H

struct page;

void svma_contents_setup(void);
void svma_page_clear(struct page *page);
void svma_page_copy(struct page *page, const void *from);

#endif /* SVMA_MEM_CONTENTS_H */
