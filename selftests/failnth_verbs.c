// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs that failnth_test makes fail. Which address one answers, the picture of the regions
 * shows.
 */
#include "failnth.h"
#include "support.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

static long mmap_new(struct failnth_space *s)
{
	return failnth_zero(verb_mmap(s->space, at(FAILNTH_HOLE), 4 * PAGE, RW, FIXED));
}

static long mmap_over(struct failnth_space *s)
{
	return failnth_zero(verb_mmap(s->space, at(3), 2 * PAGE, PROT_READ, FIXED));
}

static long mmap_populate(struct failnth_space *s)
{
	return failnth_zero(verb_mmap(s->space, at(FAILNTH_HOLE), 4 * PAGE, RW,
				      FIXED | MAP_POPULATE));
}

static long mmap_shared(struct failnth_space *s)
{
	return failnth_zero(verb_mmap(s->space, at(FAILNTH_HOLE), 4 * PAGE, RW,
				      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED));
}

static long mmap_file(struct failnth_space *s)
{
	return failnth_map(s, FAILNTH_HOLE, 4, MAP_PRIVATE, s->file);
}

static long mmap_another_file(struct failnth_space *s)
{
	return failnth_map(s, FAILNTH_HOLE, 4, MAP_SHARED, s->more);
}

static long munmap_middle(struct failnth_space *s)
{
	return verb_munmap(s->space, at(2), 2 * PAGE);
}

static long munmap_many(struct failnth_space *s)
{
	return verb_munmap(s->space, at(2), 36 * PAGE);
}

static long mprotect_middle(struct failnth_space *s)
{
	return verb_mprotect(s->space, at(2), 2 * PAGE, PROT_READ);
}

static long mprotect_merge(struct failnth_space *s)
{
	return verb_mprotect(s->space, at(8), 4 * PAGE, RW);
}

/* brk never fails: the end stays. */
static long brk_grow(struct failnth_space *s)
{
	struct svma_brk arg = { .brk = FAILNTH_HEAP + 3 * PAGE };
	long err = call(s->space, SVMA_IOC_BRK, &arg);

	return err ?: arg.brk == FAILNTH_HEAP + 3 * PAGE ? 0 : -ENOMEM;
}

static long pkey_mprotect_middle(struct failnth_space *s)
{
	struct svma_mprotect arg = { .addr = at(2), .len = 2 * PAGE, .prot = RW, .pkey = 1 };

	return call(s->space, SVMA_IOC_MPROTECT, &arg);
}

static long mremap_grow(struct failnth_space *s)
{
	return failnth_zero(verb_mremap(s->space, at(8), 4 * PAGE, 6 * PAGE, 0, 0));
}

static long mremap_move(struct failnth_space *s)
{
	return failnth_zero(verb_mremap(s->space, at(2), 2 * PAGE, 2 * PAGE,
					MREMAP_MAYMOVE | MREMAP_FIXED, at(FAILNTH_HOLE)));
}

static long mremap_keep(struct failnth_space *s)
{
	return failnth_zero(verb_mremap(s->space, at(2), 2 * PAGE, 2 * PAGE,
					MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
					at(FAILNTH_HOLE)));
}

static long mremap_file(struct failnth_space *s)
{
	return failnth_zero(verb_mremap(s->space, at(33), PAGE, 2 * PAGE,
					MREMAP_MAYMOVE | MREMAP_FIXED, at(FAILNTH_HOLE)));
}

static long madvise_dontneed(struct failnth_space *s)
{
	return verb_madvise(s->space, at(2), 2 * PAGE, MADV_DONTNEED);
}

static long madvise_split(struct failnth_space *s)
{
	return verb_madvise(s->space, at(2), 2 * PAGE, MADV_DONTFORK);
}

static long madvise_populate(struct failnth_space *s)
{
	return verb_madvise(s->space, at(FAILNTH_FRESH_SHARED), 4 * PAGE, MADV_POPULATE_WRITE);
}

static long madvise_populate_file(struct failnth_space *s)
{
	return verb_madvise(s->space, at(FAILNTH_FRESH_FILE), 4 * PAGE, MADV_POPULATE_READ);
}

static long mlock_middle(struct failnth_space *s)
{
	struct svma_lock arg = { .addr = at(FAILNTH_FRESH), .len = 2 * PAGE, .op = SVMA_MLOCK };

	return call(s->space, SVMA_IOC_LOCK, &arg);
}

static long mlock_all(struct failnth_space *s)
{
	struct svma_lock arg = { .op = SVMA_MLOCKALL, .flags = MCL_CURRENT | MCL_FUTURE };

	return call(s->space, SVMA_IOC_LOCK, &arg);
}

static long munlock_middle(struct failnth_space *s)
{
	struct svma_lock arg = { .addr = at(3), .len = PAGE, .op = SVMA_MUNLOCK };

	return call(s->space, SVMA_IOC_LOCK, &arg);
}

static long munlock_all(struct failnth_space *s)
{
	struct svma_lock arg = { .op = SVMA_MUNLOCKALL };

	return call(s->space, SVMA_IOC_LOCK, &arg);
}

static long msync_file(struct failnth_space *s)
{
	struct svma_sync arg = { .addr = at(40), .len = 4 * PAGE, .flags = MS_SYNC };

	return call(s->space, SVMA_IOC_MSYNC, &arg);
}

static long remap_file(struct failnth_space *s)
{
	struct svma_remap_file arg = { .addr = at(41), .len = PAGE, .pgoff = 5 };

	return call(s->space, SVMA_IOC_REMAP_FILE, &arg);
}

static long layout_set(struct failnth_space *s)
{
	struct svma_layout arg = { .told = SVMA_LAYOUT_END_CODE, .end_code = 5 };

	return call(s->space, SVMA_IOC_LAYOUT_SET, &arg);
}

static long seal(struct failnth_space *s)
{
	struct svma_seal arg = { .addr = at(2), .len = 2 * PAGE };

	return call(s->space, SVMA_IOC_MSEAL, &arg);
}

/* One operation that changes regions, and one that changes nothing. */
static long batch(struct failnth_space *s)
{
	struct svma_op ops[2] = {
		{ .cmd = SVMA_IOC_MPROTECT,
		  .arg.mprotect = { .addr = at(2), .len = 2 * PAGE, .prot = PROT_READ } },
		{ .cmd = SVMA_IOC_MUNMAP,
		  .arg.munmap = { .addr = at(FAILNTH_HOLE), .len = PAGE } },
	};
	struct svma_batch arg = { .ops = (unsigned long)ops, .count = 2 };
	long err = call(s->space, SVMA_IOC_BATCH, &arg);

	return err ?: arg.failed ? ops[arg.done - 1].error : 0;
}

/* To a page that is there, and from one. */
static long transfer(struct failnth_space *s)
{
	__u64 words[2] = { 7 };
	struct svma_piece pieces[2] = {
		{ .addr = at(1), .len = 8, .buf = (unsigned long)words, .op = SVMA_PIECE_WRITE },
		{ .addr = at(2), .len = 8, .buf = (unsigned long)(words + 1),
		  .op = SVMA_PIECE_READ },
	};
	struct svma_transfer arg = { .pieces = (unsigned long)pieces, .count = 2 };
	long err = call(s->space, SVMA_IOC_TRANSFER, &arg);

	return err ?: pieces[0].result < 0 ? pieces[0].result :
	       pieces[1].result < 0 ? pieces[1].result : 0;
}

const struct failnth_case failnth_verbs[] = {
	{ "mmap", 0, mmap_new, .least = 3 },
	{ "mmap over a region", 0, mmap_over, .least = 3 },
	{ "mmap with MAP_POPULATE", FAILNTH_PAGES, mmap_populate, .least = 7 },
	{ "mmap of shared memory", 0, mmap_shared, .least = 5 },
	{ "mmap of a file", 0, mmap_file, .least = 7 },
	{ "mmap of another file", 0, mmap_another_file, .least = 9 },
	{ "munmap of a middle", 0, munmap_middle, .least = 1 },
	{ "munmap of several", 0, munmap_many, .least = 1 },
	{ "mprotect of a middle", 0, mprotect_middle, .least = 1 },
	{ "mprotect that merges", 0, mprotect_merge, .least = 1 },
	{ "pkey_mprotect of a middle", 0, pkey_mprotect_middle, .least = 1 },
	{ "brk", 0, brk_grow, .least = 2 },
	{ "mremap in place", 0, mremap_grow, .least = 10 },
	{ "mremap that moves", 0, mremap_move, .least = 10 },
	{ "mremap that keeps", 0, mremap_keep, .least = 10 },
	{ "mremap of a file", 0, mremap_file, .least = 10 },
	{ "MADV_DONTNEED", 0, madvise_dontneed, .least = 1 },
	{ "MADV_DONTFORK", 0, madvise_split, .least = 1 },
	{ "MADV_POPULATE_WRITE", FAILNTH_PAGES, madvise_populate, .least = 1 },
	{ "MADV_POPULATE_READ of a file", FAILNTH_PAGES, madvise_populate_file, .least = 1 },
	{ "mlock", FAILNTH_PAGES | FAILNTH_DONE, mlock_middle, .also = -EAGAIN, .least = 1 },
	{ "mlockall", FAILNTH_PAGES | FAILNTH_DONE, mlock_all, .also = -EAGAIN, .least = 1 },
	{ "munlock of a middle", FAILNTH_LOCKED, munlock_middle, .least = 1 },
	{ "munlockall", FAILNTH_LOCKED, munlock_all, .least = 1 },
	{ "msync", 0, msync_file, .least = 1 },
	{ "remap_file_pages", 0, remap_file, .least = 2 },
	{ "LAYOUT_SET", 0, layout_set, .least = 1 },
	{ "mseal", 0, seal, .least = 1 },
	{ "BATCH", FAILNTH_DONE, batch, .least = 4 },
	{ "TRANSFER", FAILNTH_DONE, transfer, .least = 4 },
	{ }
};
