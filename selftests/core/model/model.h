/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A deliberately naive address space: an array with one entry for each page, everything found by
 * looking at every page. Written from the kernels' sources and man pages, without the core in view,
 * so that it errs elsewhere than the core does.
 *
 * A region is what lies between two pages that are marked as first. Nothing is remembered that can
 * be counted: totals and charges are sums over the pages.
 */
#ifndef SVMA_TEST_MODEL_H
#define SVMA_TEST_MODEL_H

#include "core.h"

#define PAGE	SVMA_PAGE_SIZE

/**
 * struct model_page - one page
 * @mapped: part of a region
 * @first: a region starts here
 * @flags: SVMA_VM_* of the region
 * @pgoff: offset of this very page
 * @anon_pgoff: the offset of its anonymous pages, kept apart by 7.3
 * @backing: its file
 * @anon: identity of the reverse map
 * @attr: SVMA_ANON_*
 * @reserved: it was taken from the machine's reserve of huge pages
 */
struct model_page {
	bool mapped;
	bool first;
	u64 flags;
	unsigned long pgoff;
	unsigned long anon_pgoff;
	struct svma_backing *backing;
	u32 anon;
	u32 attr;
	bool reserved;
};

/**
 * struct model_shared - memory that holds pages of its machine as long as it is mapped anywhere
 * @backing: the memory
 * @pages: charged when it was made
 * @huge: taken from the reserve of huge pages
 * @stays: it is a file, and holds them also when nobody maps it
 */
struct model_shared {
	struct svma_backing *backing;
	unsigned long pages;
	unsigned long huge;
	bool stays;
};

#define MODEL_SHARED	512
#define MODEL_SPACES	4

struct model;

/**
 * struct model_machine - what spaces share
 * @told: overcommit policy, memory
 * @others: pages charged by spaces that are not modelled
 * @spaces: those that are, NULL for none
 * @shared: memory that may outlive the space that made it
 */
struct model_machine {
	struct svma_machine told;
	unsigned long others;
	struct model *spaces[MODEL_SPACES];
	struct model_shared shared[MODEL_SHARED];
};

/**
 * struct model - an address space
 * @kernel: whose rules, SVMA_KERNEL(); MODEL_CLASSIC for those of the documentation of 2.6.24
 * @layout: what it was told
 * @machine: what it shares with others
 * @base: address of the first page of the array; nothing is ever mapped below
 * @count: pages in the array; it ends at layout.high
 * @pages: the pages
 * @gone: by page: the last verb ended or replaced its mapping
 * @weaker: by page: the last verb took a permission away
 * @discarded: by page: the last verb took its contents
 * @guards: by page: the last verb made it a guard (1), or no guard any more (-1)
 * @moved: by page: where the last verb moved its contents, as page number + 1
 * @merge_anon_pgoff: 7.3 merges private regions of a file only if the offsets of their anonymous
 *   pages agree
 * @last_anon: the greatest identity of a reverse map given out
 * @shared_anon: makes the backing of a shared anonymous mapping
 * @search_from: classic: where the next search starts
 * @hole: classic: largest hole known below that
 * @last_found: classic: start of the region that was looked up last, ~0 for none
 * @hits: classic: look-ups that were for it again
 * @misses: classic: those that were not
 */
struct model {
	u32 kernel;
	struct svma_layout layout;
	struct model_machine *machine;
	unsigned long base;
	unsigned long count;
	struct model_page *pages;
	bool *gone;
	bool *weaker;
	bool *discarded;
	signed char *guards;
	unsigned long *moved;
	bool merge_anon_pgoff;
	u32 last_anon;
	struct svma_backing *(*shared_anon)(struct model *model, unsigned long len);
	unsigned long search_from;
	unsigned long hole;
	unsigned long last_found;
	unsigned long hits;
	unsigned long misses;
};

#define MODEL_CLASSIC	SVMA_KERNEL(2, 6)

static inline bool model_classic(const struct model *model)
{
	return model->kernel == MODEL_CLASSIC;
}

/* Which borders of new pages may vanish. */
#define JOIN_LEFT	1u
#define JOIN_RIGHT	2u
#define JOIN_MARKS	4u	/* what joins nobody is mergeable, if it can be */

struct model_totals {
	unsigned long regions;
	unsigned long total;
	unsigned long locked;
	unsigned long data;
	unsigned long exec;
	unsigned long stack;
	unsigned long committed;
};

#define MODEL_SPECIAL (SVMA_VM_IO | SVMA_VM_DONTEXPAND | SVMA_VM_PFNMAP | SVMA_VM_MIXEDMAP)
#define MODEL_ACCESS (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)

/* model.c: the array */
void model_init(struct model *model, struct model_machine *machine, u32 kernel, unsigned long base,
		unsigned long count);
void model_destroy(struct model *model);
void model_clear_report(struct model *model);
void model_sum(const struct model *model, struct model_totals *totals);
bool model_region(const struct model *model, unsigned long i, struct svma_vma *vma,
		  unsigned long *next);
unsigned long model_index(const struct model *model, unsigned long addr);
unsigned long model_addr(const struct model *model, unsigned long i);
unsigned long model_first(const struct model *model, unsigned long i);
unsigned long model_last(const struct model *model, unsigned long i);
unsigned long model_next(const struct model *model, unsigned long i);
unsigned long model_guard(const struct model *model);
unsigned long model_guarded(const struct model *model, unsigned long i);
int model_import(struct model *model, const struct svma_vma *vma);
bool model_is_data(u64 flags);

/* machine.c: what all spaces of a machine hold */
void model_shared_charge(struct model_machine *machine, const struct model_shared *made);
unsigned long model_committed(const struct model_machine *machine);
unsigned long model_reserved(const struct model_machine *machine);
bool model_huge(const struct svma_backing *backing);
bool model_lacks_huge(const struct model *model, unsigned long i);
bool model_cuts_huge(const struct model *model, unsigned long i);
int model_fork(const struct model *parent, struct model *child);

/* limits.c: what may be refused */
bool model_may_expand(const struct model *model, u64 flags, unsigned long pages);
bool model_enough_memory(const struct model *model, unsigned long pages);
bool model_may_lock(const struct model *model, u64 flags, unsigned long len);

/* place.c: where a mapping goes */
int model_place(struct model *model, struct svma_backing *backing, unsigned long addr,
		unsigned long len, unsigned long pgoff, unsigned long flags, unsigned long *result);

/* classic.c: what the documentation of 2.6.24 tells, and other kernels do not do */
int model_place_classic(struct model *model, unsigned long addr, unsigned long len,
			unsigned long *result);
void model_forget_classic(struct model *model, unsigned long start, unsigned long end);
bool model_enough_classic(const struct svma_machine *told, unsigned long committed,
			  unsigned long pages);
bool model_find(struct model *model, unsigned long addr, struct svma_vma *found);

/* May nothing become executable? */
static inline bool model_no_exec_gain(const struct model *model)
{
	return model->layout.personality & SVMA_DENY_WRITE_EXEC;
}

/* madvise.c: may equal pages of such memory become one? */
bool model_mergeable(const struct model *model, u64 flags);
void model_merge_all(struct model *model, bool on);

/* The protection key that PROT_EXEC alone brings, 0 for none. */
static inline unsigned int model_exec_key(const struct model *model)
{
	unsigned int told = model->layout.personality >> SVMA_EXEC_KEY_SHIFT & 15;

	if (model_classic(model) || !(model->layout.personality & SVMA_EXEC_KEY))
		return 0;
	return told ? told : 1;
}

/* merge.c: borders between regions */
int model_split(struct model *model, unsigned long i);
int model_change(struct model *model, unsigned long start, unsigned long end, u64 flags);
void model_add(struct model *model, unsigned long start, unsigned long end,
	       const struct model_page *page, unsigned int join,
	       const struct model_page *copied_from);

/* anon.c: which private regions were written */
int model_fault(struct model *model, unsigned long addr);
int model_anon_set(struct model *model, unsigned long addr, u32 anon, u32 attr);

/* The verbs, one file each. */
int model_mmap(struct model *model, struct svma_map_args *args);
int model_munmap(struct model *model, unsigned long addr, unsigned long len);
int model_unmap_pages(struct model *model, unsigned long start, unsigned long end);
int model_unmap_gather(struct model *model, unsigned long start, unsigned long end);
void model_unmap_finish(struct model *model, unsigned long start, unsigned long end);
int model_mprotect(struct model *model, unsigned long addr, unsigned long len, unsigned long prot,
		   int pkey);
unsigned long model_brk(struct model *model, unsigned long brk, unsigned long *populate_start,
			unsigned long *populate_len);
int model_mremap(struct model *model, struct svma_remap_args *args);
int model_madvise(struct model *model, unsigned long addr, unsigned long len, int advice,
		  struct svma_populate *populate);
int model_lock(struct model *model, const struct svma_lock *args, struct svma_populate *populate);
int model_grow(struct model *model, unsigned long addr);
int model_mseal(struct model *model, unsigned long addr, unsigned long len, unsigned long flags);
int model_msync(const struct model *model, unsigned long addr, unsigned long len,
		unsigned int flags);
int model_mincore(const struct model *model, unsigned long addr, unsigned long len);
int model_remap_file(struct model *model, const struct svma_remap_file *args,
		     struct svma_populate *populate);

#endif /* SVMA_TEST_MODEL_H */
