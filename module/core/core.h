/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The region core: a space's regions and the rules by which the memory verbs change them.
 *
 * Plain C over core_internal.h; the same files run in the kernel and in user space. The core knows
 * nothing of pages or windows: what a verb does to them it reports through struct svma_core_ops.
 *
 * Locking: the caller serialises. Functions that change a space want it exclusively; functions that
 * only look want it shared. The core takes one lock itself, that of the machine's commit counter.
 *
 * A verb checks, then gathers what it needs (that can fail), then commits (that cannot).
 */
#ifndef SVMA_CORE_H
#define SVMA_CORE_H

#include "core_internal.h"
#include "index.h"
#include "rmap.h"
#include "rules.h"

struct svma_core;

/* Does a protection key keep memory that can only be executed from being read? */
static inline bool svma_only_executed(u64 flags)
{
	return (flags & (SVMA_VM_READ | SVMA_VM_WRITE | SVMA_VM_EXEC)) == SVMA_VM_EXEC &&
	       flags & SVMA_VM_PKEY_MASK;
}

/**
 * struct svma_backing - where a region's pages come from, if not anonymous
 * @ops: reference counting and names, by whoever made the backing
 * @flags: SVMA_BACKING_*, as it was made with
 * @seals: SVMA_BACKING_SEAL_*; they can come at any time, and never go
 * @dev_major: for listings
 * @dev_minor: for listings
 * @inode: for listings
 * @size: bytes, at the time of the last check
 * @most: bytes that a file of its kind can have, 0: as most can, LLONG_MAX
 * @rmap: who maps the file, or NULL if nobody asks
 * @charged: pages charged to the machine for shared anonymous memory, until the backing goes
 * @huge_reserved: pages taken from the machine's reserve of huge pages, until the backing goes
 *
 * Two regions have the same backing if and only if the pointers are equal, as the kernel compares
 * open file descriptions.
 */
struct svma_backing {
	const struct svma_backing_ops *ops;
	u32 flags;
	u32 seals;
	u32 dev_major;
	u32 dev_minor;
	u64 inode;
	u64 size;
	u64 most;
	struct svma_rmap_tree *rmap;
	unsigned long charged;
	unsigned long huge_reserved;
};

/* What mmap(2) asks a file for. */
#define SVMA_BACKING_READ	BIT(0)	/* opened for reading */
#define SVMA_BACKING_WRITE	BIT(1)	/* opened for writing */
#define SVMA_BACKING_APPEND	BIT(2)	/* append-only inode */
#define SVMA_BACKING_NOEXEC	BIT(3)	/* on a file system mounted noexec */
#define SVMA_BACKING_NOMMAP	BIT(4)	/* its file system does not map files */
/* shmem, tmpfs, memfd: pages are charged as anonymous ones */
#define SVMA_BACKING_SHMEM	BIT(5)
#define SVMA_BACKING_HUGETLB	BIT(6)
/* /dev/zero: private mappings of it are anonymous */
#define SVMA_BACKING_ZERO	BIT(9)
#define SVMA_BACKING_ANON_SHARED BIT(10)	/* made for MAP_SHARED | MAP_ANONYMOUS */
#define SVMA_BACKING_DEVICE	BIT(11)	/* a driver's own mmap: what it does is not known */
#define SVMA_BACKING_THP_ALIGN	BIT(12)	/* its file system aligns large mappings */
#define SVMA_BACKING_SYNC	BIT(13)	/* supports MAP_SYNC */
/* there are no pages beyond its size */
#define SVMA_BACKING_SIZED	BIT(15)
/* whoever maps it tells all about the mapping before it is made (7.x: mmap_prepare) */
#define SVMA_BACKING_PREPARES	BIT(16)
/* its file system has no get_unmapped_area of its own */
#define SVMA_BACKING_NO_SEARCH	BIT(14)

/* Seals of a file. */
#define SVMA_BACKING_SEAL_WRITE	BIT(0)	/* F_SEAL_WRITE: no writable shared mapping */
#define SVMA_BACKING_SEAL_FUTURE BIT(1)	/* F_SEAL_FUTURE_WRITE */

/**
 * struct svma_backing_ops - how the core keeps a backing
 * @get: one more reference
 * @put: one less
 * @mmap: the backing's own part of mmap: may clear flags of the new region, or refuse it; may be
 *         NULL. What the mapping replaces is gone by then, as in the kernel
 * @search: the backing's own search for a free place; may be NULL. Arguments and errors as
 *         svma_search()
 */
struct svma_backing_ops {
	void (*get)(struct svma_backing *backing);
	void (*put)(struct svma_backing *backing);
	int (*mmap)(struct svma_core *core, struct svma_backing *backing, struct svma_vma *vma);
	int (*search)(struct svma_core *core, struct svma_backing *backing, unsigned long addr,
		      unsigned long len, unsigned long pgoff, unsigned long flags,
		      unsigned long *result);
};

/**
 * struct svma_core_ops - what the core tells the layers above it, while it commits
 * @unmap: pages and hardware entries of start..end go, before the range can be used again
 * @protect: hardware entries of start..end may allow too much now
 * @prepare: pages of start..end are to go, by @unmap or @move: 0 or -ENOMEM, before the first
 *         change; may be NULL
 * @discard: pages of start..end go, the regions stay: what is read there next is zero, or the
 *         file; 0, or -ENOMEM and nothing has changed
 * @set_guard: accesses to start..end fault from now on, or no longer; what was there is gone; 0 or
 *         -ENOMEM, before the region is changed
 * @move: pages of from..from+len are to be at to; hardware entries of both go
 * @own: start..end is locked, and writable from now on: it gets pages of its own when the verb is
 *       over; may be NULL
 * @populate: not called by the core itself: the verb's caller does it from what the verb returns
 * @step: a step was taken, SVMA_STEP_* with its arguments; for tracepoints and explanations; may be
 *         NULL
 * @step_wanted: unless it is NULL, @step is called only where this is not 0, or svma_core.told
 * @shared_anon: a backing for MAP_SHARED | MAP_ANONYMOUS of so many bytes, or an ERR_PTR; before
 *         the first change
 *
 * None of unmap, protect, own, move may fail.
 */
struct svma_core_ops {
	void (*unmap)(struct svma_core *core, unsigned long start, unsigned long end);
	void (*protect)(struct svma_core *core, unsigned long start, unsigned long end);
	void (*own)(struct svma_core *core, unsigned long start, unsigned long end);
	int (*prepare)(struct svma_core *core, unsigned long start, unsigned long end);
	int (*discard)(struct svma_core *core, unsigned long start, unsigned long end);
	int (*set_guard)(struct svma_core *core, unsigned long start, unsigned long end,
			 bool install);
	void (*move)(struct svma_core *core, unsigned long from, unsigned long to,
		     unsigned long len);
	void (*step)(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d);
	const unsigned int *step_wanted;
	struct svma_backing *(*shared_anon)(struct svma_core *core, unsigned long len);
};

/**
 * struct svma_core_machine - what the spaces of one machine share
 * @lock: guards @committed and the told values
 * @told: the values as the uapi has them; its out values are not used
 * @committed: pages charged by all spaces
 * @huge_reserved: pages of the reserve of huge pages that mappings have taken
 */
struct svma_core_machine {
	spinlock_t lock;	/* guards all that follows */
	struct svma_machine told;
	unsigned long committed;
	unsigned long huge_reserved;
};

/**
 * struct svma_core - one address space, its regions only
 * @index: the regions by address
 * @rules: the rule set that it follows
 * @machine: what it shares with others
 * @ops: whom to tell
 * @told: somebody wants to know its steps
 * @layout: what it was told
 * @id: identity of the space, for the reverse maps of files
 * @total: pages in all regions
 * @locked: pages in locked regions
 * @data: pages in private writable regions
 * @exec: pages in private executable, not writable regions
 * @stack: pages in stack regions
 * @committed: pages charged to the machine by this space
 * @splits: regions split
 * @merges: regions merged
 * @mapped: regions that are in the reverse map of a file
 * @nr_rmap_spares: nodes of reverse maps set aside
 * @rmap_spares: these nodes
 * @last_anon: the greatest identity given to a reverse map so far
 * @free_area_cache: classic: where the next search starts
 * @cached_hole_size: classic: largest hole known below it
 * @cache_start: classic: start of the last-found region, ~0 for none
 * @cache_hits: classic: lookups that the last-found region answered
 * @cache_misses: classic: lookups that it did not
 */
struct svma_core {
	struct svma_index index;
	struct svma_rules rules;
	struct svma_core_machine *machine;
	const struct svma_core_ops *ops;
	bool told;
	struct svma_layout layout;
	u64 id;
	unsigned long total;
	unsigned long locked;
	unsigned long data;
	unsigned long exec;
	unsigned long stack;
	unsigned long committed;
	unsigned long splits;
	unsigned long merges;
	unsigned long mapped;
	unsigned int nr_rmap_spares;
	struct svma_rmap_node *rmap_spares;
	u32 last_anon;
	unsigned long free_area_cache;
	unsigned long cached_hole_size;
	unsigned long cache_start;
	unsigned long cache_hits;
	unsigned long cache_misses;
};

/* The machine (machine.c). */
void svma_core_machine_init(struct svma_core_machine *machine);
int svma_core_machine_set(struct svma_core_machine *machine, const struct svma_machine *told);
void svma_core_machine_get(struct svma_core_machine *machine, struct svma_machine *told);
unsigned long svma_core_commit_limit(struct svma_core_machine *machine); /* acct.c */
void svma_core_backing_release(struct svma_core_machine *machine,
			       struct svma_backing *backing); /* huge.c */

/* Set-up and teardown (core.c). */
int svma_core_setup(void);
void svma_core_cleanup(void);
int svma_core_init(struct svma_core *core, struct svma_core_machine *machine,
		   const struct svma_core_ops *ops, u32 profile, u32 kernel);
void svma_core_destroy(struct svma_core *core);
int svma_core_layout_set(struct svma_core *core, const struct svma_layout *layout);
int svma_core_fork(struct svma_core *parent, struct svma_core *child);

/**
 * struct svma_core_restore - a restore that can no longer fail
 * @index: the regions that are to be, unless @same
 * @same: the regions are those of the snapshot already
 */
struct svma_core_restore {
	struct svma_index index;
	bool same;
};

/* Snapshots (snapshot.c). */
int svma_core_snapshot(struct svma_core *core, struct svma_core *copy);
int svma_core_restore_gather(struct svma_core *core, struct svma_core *snapshot,
			     struct svma_core_restore *restore);
void svma_core_restore_commit(struct svma_core *core, struct svma_core *snapshot,
			      struct svma_core_restore *restore);

/* Looking (core.c, list.c). */
bool svma_core_find(struct svma_core *core, unsigned long addr, struct svma_vma *found);
void svma_core_describe(const struct svma_vma *vma, struct svma_region *region);
bool svma_core_list(struct svma_core *core, u64 *start, u64 end, struct svma_region *list, u32 room,
		    u32 *count);
void svma_core_stats(const struct svma_core *core, struct svma_stats *stats);
int svma_core_import(struct svma_core *core, const struct svma_vma *vma);

/* The state of reverse maps (anon.c). */
int svma_core_anon_set(struct svma_core *core, unsigned long addr, u32 anon, u32 anon_flags);
int svma_core_anon_fault(struct svma_core *core, unsigned long addr);

/**
 * struct svma_populate - what the caller of a verb is to make present afterwards
 * @start: first address
 * @len: bytes, 0 for nothing
 * @write: as a write would, not as a read
 * @exact: as @write says; without it writable private memory as a write would in any case
 * @strict: an address that cannot be made present is an error of the verb
 */
struct svma_populate {
	unsigned long start;
	unsigned long len;
	bool write;
	bool exact;
	bool strict;
};

/**
 * struct svma_map_args - arguments and answer of mmap
 * @addr: address or hint
 * @len: bytes
 * @prot: PROT_*
 * @flags: MAP_*
 * @offset: bytes
 * @backing: the file, not referenced on return; NULL with MAP_ANONYMOUS, or if the descriptor was
 *         bad
 * @whole: the length is taken as it is: that of huge pages is rounded by the system call alone
 * @result: start of the mapping
 * @populate: the caller is to make result..result+@populate present, bytes
 */
struct svma_map_args {
	unsigned long addr;
	unsigned long len;
	unsigned long prot;
	unsigned long flags;
	unsigned long offset;
	struct svma_backing *backing;
	bool whole;
	unsigned long result;
	unsigned long populate;
};

/**
 * struct svma_remap_args - arguments and answer of mremap
 * @old_addr: start of the mapping
 * @old_len: bytes
 * @new_len: bytes
 * @flags: MREMAP_*
 * @new_addr: wanted address
 * @result: start of the mapping now
 * @populate_start: the caller is to make this range present
 * @populate_len: bytes, 0 for none
 */
struct svma_remap_args {
	unsigned long old_addr;
	unsigned long old_len;
	unsigned long new_len;
	unsigned long flags;
	unsigned long new_addr;
	unsigned long result;
	unsigned long populate_start;
	unsigned long populate_len;
};

/* The memory verbs; 0 or the errno that the profile's kernel gives. */
int svma_core_mmap(struct svma_core *core, struct svma_map_args *args);			/* map.c */
int svma_core_munmap(struct svma_core *core, unsigned long addr, unsigned long len); /* unmap.c */
int svma_core_mprotect(struct svma_core *core, unsigned long addr, unsigned long len,
		       unsigned long prot, int pkey); /* protect.c */
int svma_core_brk(struct svma_core *core, unsigned long *brk, unsigned long *populate_start,
		  unsigned long *populate_len);						/* brk.c */
int svma_core_mremap(struct svma_core *core, struct svma_remap_args *args); /* remap.c */
int svma_core_madvise(struct svma_core *core, unsigned long addr, unsigned long len, int advice,
		      struct svma_populate *populate); /* advise.c */
int svma_core_lock(struct svma_core *core, const struct svma_lock *args,
		   struct svma_populate *populate);					/* lock.c */
int svma_core_mseal(struct svma_core *core, unsigned long addr, unsigned long len,
		    unsigned long flags);						/* seal.c */
int svma_core_msync(struct svma_core *core, unsigned long addr, unsigned long len,
		    unsigned int flags);						/* sync.c */
int svma_core_mincore(struct svma_core *core, unsigned long addr, unsigned long len);	/* sync.c */
int svma_core_remap_file(struct svma_core *core, const struct svma_remap_file *args,
			 struct svma_populate *populate); /* remap_file.c */
int svma_core_grow(struct svma_core *core, unsigned long addr);				/* grow.c */

/* Does every invariant hold? NULL, or what does not (validate.c; for tests and debug kernels). */
const char *svma_core_validate(struct svma_core *core);

#endif /* SVMA_CORE_H */
