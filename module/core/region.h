/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the memory verbs share: changes of single regions, accounting, limits, search.
 * For the files of the core alone.
 */
#ifndef SVMA_REGION_H
#define SVMA_REGION_H

#include "core.h"

/* Regions of these kinds never merge. */
#define SVMA_VM_UNMERGEABLE (SVMA_VM_IO | SVMA_VM_DONTEXPAND | SVMA_VM_PFNMAP | SVMA_VM_MIXEDMAP)
#define SVMA_VM_ACCESS		(SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)
#define SVMA_VM_LOCK_BITS	(SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT)
/* READ, WRITE, EXEC to MAYREAD, MAYWRITE, MAYEXEC. */
#define SVMA_VM_MAY_SHIFT	4

/*
 * What vma->attr holds beside what the uapi tells there (SVMA_ANON_*).
 *
 * Newer kernels keep the offset of anonymous pages apart from that in the file. Only how far the
 * two were moved against each other matters: neighbours that differ in it do not merge. It is kept
 * modulo a prime.
 */
#define SVMA_ATTR_MOVED_SHIFT	2
#define SVMA_ATTR_MOVED_PRIME	268435399UL
#define SVMA_ATTR_MOVED		(((1u << 28) - 1) << SVMA_ATTR_MOVED_SHIFT)
#define SVMA_ATTR_TOLD		(SVMA_ANON_FORKED | SVMA_ANON_CLOSES)
#define SVMA_ATTR_RESERVED	BIT(31)	/* the region owns a reservation of huge pages */

/**
 * enum svma_merge - for which verb a new range looks for neighbours to merge with
 * @SVMA_MERGE_MAP: mmap
 * @SVMA_MERGE_BRK: brk, which looks to the left only
 * @SVMA_MERGE_COPY: mremap
 * @SVMA_MERGE_NOT: with nothing
 * @SVMA_MERGE_GROW: mremap in place: the region itself goes on, whatever its file says
 */
enum svma_merge {
	SVMA_MERGE_MAP,
	SVMA_MERGE_BRK,
	SVMA_MERGE_COPY,
	SVMA_MERGE_NOT,
	SVMA_MERGE_GROW,
};

static inline unsigned long svma_vma_pages(const struct svma_vma *vma)
{
	return svma_pages(vma->end - vma->start);
}

static inline bool svma_vma_anonymous(const struct svma_vma *vma)
{
	if (vma->flags & SVMA_VM_SPECIAL)
		return false;
	return !vma->backing ||
	       (vma->backing->flags & SVMA_BACKING_ZERO && !(vma->flags & SVMA_VM_SHARED));
}

static inline bool svma_has(const struct svma_core *core, enum svma_rule rule)
{
	return svma_rules_have(&core->rules, rule);
}

static inline bool svma_classic(const struct svma_core *core)
{
	return svma_rules_classic(&core->rules);
}

/* May a region be cut here? Huge pages stay whole, and so does what the kernel made for itself. */
static inline bool svma_may_split(const struct svma_vma *vma, unsigned long at)
{
	if (vma->flags & SVMA_VM_SPECIAL)
		return false;
	return !(vma->flags & SVMA_VM_HUGETLB) || IS_ALIGNED(at, SVMA_HUGE_SIZE);
}

/* The distance that is kept below regions that grow down; 2.6.24 keeps none. */
static inline unsigned long svma_guard_gap(const struct svma_core *core)
{
	return svma_classic(core) ? 0 : core->layout.guard_gap;
}

/* Where the guard of a region begins; its start if it has none. */
static inline unsigned long svma_guarded_start(const struct svma_core *core,
					       const struct svma_vma *vma)
{
	if (!(vma->flags & SVMA_VM_GROWSDOWN))
		return vma->start;
	return vma->start - min_t(unsigned long, vma->start, svma_guard_gap(core));
}

/* Most often nobody asks, and a verb takes many steps. */
static inline bool svma_step_wanted(const struct svma_core *core)
{
	const struct svma_core_ops *ops = core->ops;

	return core->told || (ops->step && (!ops->step_wanted || READ_ONCE(*ops->step_wanted)));
}

static inline void svma_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
			     unsigned long c, unsigned long d)
{
	if (unlikely(svma_step_wanted(core)))
		core->ops->step(core, kind, a, b, c, d);
}

/* region.c */
u64 svma_prot_flags(unsigned long prot);
unsigned long svma_region_absent(const struct svma_core *core, const struct svma_vma *vma,
				 unsigned long start, unsigned long end);
u64 svma_exec_key(const struct svma_core *core, unsigned long prot);
bool svma_denies_exec(const struct svma_core *core, u64 was, u64 flags);
void svma_vma_cut(struct svma_vma *vma, unsigned long start, unsigned long end);
int svma_region_reserve(struct svma_core *core, unsigned int inserts,
			const struct svma_backing *backing);
int svma_region_prepare(struct svma_core *core, unsigned long start, unsigned long end);
void svma_region_insert(struct svma_core *core, const struct svma_vma *vma);
void svma_region_erase(struct svma_core *core, const struct svma_vma *vma);
void svma_region_set(struct svma_core *core, const struct svma_vma *old,
		     const struct svma_vma *vma);
void svma_region_split(struct svma_core *core, const struct svma_vma *vma, unsigned long at);
void svma_region_add(struct svma_core *core, const struct svma_vma *vma, enum svma_merge how,
		     unsigned long skip);
bool svma_region_splice(struct svma_core *core, unsigned long start, unsigned int gone,
			const struct svma_vma *vmas, unsigned int count);
int svma_region_modify(struct svma_core *core, const struct svma_vma *vma, unsigned long start,
		       unsigned long end, u64 flags);
void svma_region_edges(struct svma_core *core, unsigned long start, unsigned long end);
unsigned long svma_region_remove(struct svma_core *core, unsigned long start, unsigned long end);
bool svma_region_look(struct svma_core *core, unsigned long addr, struct svma_vma *vma);
bool svma_region_at(struct svma_core *core, unsigned long addr, struct svma_vma *vma);
bool svma_region_prev(struct svma_core *core, unsigned long addr, struct svma_vma *vma);
bool svma_region_before(struct svma_core *core, unsigned long addr, struct svma_vma *vma);

/* mergeable.c */
u64 svma_mergeable_advised(u64 flags);
void svma_mergeable_new(const struct svma_core *core, struct svma_vma *vma, enum svma_merge how,
			bool late);
void svma_mergeable_all(struct svma_core *core, bool on);

/* merge.c */
bool svma_merge_new(struct svma_core *core, const struct svma_vma *vma, enum svma_merge how,
		    unsigned long skip);
bool svma_merge_modified(struct svma_core *core, const struct svma_vma *old,
			 const struct svma_vma *vma);

/* acct.c */
bool svma_flags_data(u64 flags);
void svma_account(struct svma_core *core, u64 flags, long pages);
int svma_charge(struct svma_core *core, unsigned long pages);
int svma_charge_child(const struct svma_core *parent, struct svma_core *child, unsigned long pages);
int svma_charge_backing(struct svma_core *core, struct svma_backing *backing, unsigned long pages);
void svma_uncharge(struct svma_core *core, unsigned long pages);
bool svma_may_expand(const struct svma_core *core, u64 flags, unsigned long pages);
bool svma_may_lock(const struct svma_core *core, u64 flags, unsigned long len);

/* huge.c */
int svma_huge_check(unsigned long flags);
int svma_huge_reserve(struct svma_core *core, struct svma_vma *vma);
bool svma_huge_absent(const struct svma_core *core, const struct svma_vma *vma);
void svma_huge_release(struct svma_core *core, const struct svma_vma *vma);
void svma_huge_moved(struct svma_core *core, const struct svma_vma *copy);
void svma_huge_forget(struct svma_vma *copy);

/* search.c */
int svma_search(struct svma_core *core, struct svma_backing *backing, unsigned long addr,
		unsigned long len, unsigned long pgoff, unsigned long flags, unsigned long *result);
/* search_classic.c */
int svma_search_classic_scan(struct svma_core *core, unsigned long len, unsigned long *result);
int svma_search_classic(struct svma_core *core, unsigned long len, unsigned long *result);
void svma_search_forget(struct svma_core *core, unsigned long start, unsigned long end);

/* unmap.c */
int svma_unmap_check(struct svma_core *core, unsigned long start, unsigned long end);

#endif /* SVMA_REGION_H */
