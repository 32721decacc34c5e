// SPDX-License-Identifier: GPL-2.0
/*
 * Every verb with its first, its second, ... allocation failing, until it passes: what fails has
 * changed nothing, neither a region nor a charge. The hooks ask for memory as those of the module
 * do, for the pages.
 */
#include "memory.h"
#include "unit.h"

#define FIRST	1024UL	/* page of the first region; they are four pages, and four apart */
#define MOST	64U
#define HEAP	64UL	/* page where the heap starts */

struct world {
	struct svma_core_machine machine;
	struct svma_core core;
	struct svma_core other;		/* a child, a snapshot */
	struct svma_rmap_tree rmap;
	struct svma_backing file;
	long refs;
	unsigned long made;		/* backings that the core asked for and still has */
	unsigned long reports;		/* of changes that cannot be taken back */
	unsigned long ready_start;	/* the first range that was prepared */
	unsigned long ready_end;
};

static struct world *world;	/* the one that hooks and files belong to */

static void file_get(struct svma_backing *backing)
{
	(void)backing;
	world->refs++;
}

static void file_put(struct svma_backing *backing)
{
	(void)backing;
	world->refs--;
}

static const struct svma_backing_ops file_ops = { .get = file_get, .put = file_put };

struct made {
	struct svma_backing backing;
	long refs;
};

static void made_get(struct svma_backing *backing)
{
	container_of(backing, struct made, backing)->refs++;
}

static void made_put(struct svma_backing *backing)
{
	struct made *made = container_of(backing, struct made, backing);

	if (--made->refs)
		return;
	svma_core_backing_release(&world->machine, backing);
	world->made--;
	kfree(made);
}

static const struct svma_backing_ops made_ops = { .get = made_get, .put = made_put };

static struct svma_backing *shared_anon(struct svma_core *core, unsigned long len)
{
	struct made *made = kzalloc(sizeof(*made), GFP_KERNEL);

	(void)core;
	if (!made)
		return ERR_PTR(-ENOMEM);
	made->backing.ops = &made_ops;
	made->backing.flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE | SVMA_BACKING_SHMEM |
			      SVMA_BACKING_ANON_SHARED;
	made->backing.size = len;
	made->refs = 1;
	world->made++;
	return &made->backing;
}

static int take_memory(void)
{
	void *taken = kzalloc(64, GFP_KERNEL);

	kfree(taken);
	return taken ? 0 : -ENOMEM;
}

/* What a range needs to go it has from then on, also while others go. */
static int prepare(struct svma_core *core, unsigned long start, unsigned long end)
{
	int error;

	(void)core;
	if (start >= world->ready_start && end <= world->ready_end)
		return 0;
	error = take_memory();
	if (error || world->ready_end)
		return error;
	world->ready_start = start;
	world->ready_end = end;
	return 0;
}

static void changed(struct svma_core *core, unsigned long start, unsigned long end)
{
	(void)core;
	(void)start;
	(void)end;
	world->reports++;
}

static int discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	int error = take_memory();

	if (!error)
		changed(core, start, end);
	return error;
}

static int set_guard(struct svma_core *core, unsigned long start, unsigned long end, bool install)
{
	(void)install;
	return discard(core, start, end);
}

static void move(struct svma_core *core, unsigned long from, unsigned long to, unsigned long len)
{
	(void)to;
	changed(core, from, from + len);
}

static const struct svma_core_ops ops = {
	.unmap = changed, .protect = changed, .prepare = prepare, .discard = discard,
	.set_guard = set_guard, .move = move, .shared_anon = shared_anon,
};

static unsigned long addr_of(unsigned long region, unsigned long page)
{
	return (FIRST + 8 * region + page) * PAGE;
}

/* Files and private memory in turn; the last in a row is a stack, and the first is locked. */
static void start(struct world *w, u32 kernel, unsigned int regions)
{
	const u64 flags = SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC;
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK | SVMA_LAYOUT_LIMIT_MEMLOCK |
			SVMA_LAYOUT_LIMIT_STACK,
		.start_brk = HEAP * PAGE, .brk = HEAP * PAGE,
		.limit_memlock = ~0ULL, .limit_stack = ~0ULL,
	};
	struct svma_machine told = { .told = SVMA_MACHINE_HUGE | SVMA_MACHINE_HUGE_FREE,
				     .huge = 4096, .huge_free = 4096 };
	const unsigned long step = 7;	/* no divisor of any number of regions that is tried */
	unsigned long brk = (HEAP + 2) * PAGE, populate;
	bool classic = kernel == MODEL_CLASSIC;
	unsigned int i;

	memset(w, 0, sizeof(*w));
	world = w;
	svma_core_machine_init(&w->machine);
	EXPECT_EQ(svma_core_machine_set(&w->machine, &told), 0);
	EXPECT_EQ(svma_core_init(&w->core, &w->machine, &ops,
				 classic ? SVMA_PROFILE_CLASSIC : SVMA_PROFILE_HOST,
				 classic ? 0 : kernel),
		  0);
	EXPECT_EQ(svma_core_layout_set(&w->core, &layout), 0);
	svma_rmap_init(&w->rmap);
	w->file = (struct svma_backing){
		.ops = &file_ops,
		.flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE | SVMA_BACKING_NO_SEARCH,
		.rmap = &w->rmap,
	};
	EXPECT_EQ(svma_core_brk(&w->core, &brk, &populate, &populate), 0);
	for (i = 0; i < regions; i++) {
		unsigned long n = i * step % regions;
		struct svma_vma vma = { .start = addr_of(n, 0), .end = addr_of(n, 4),
					.flags = flags };

		if (n % 2) {
			vma.flags |= SVMA_VM_WRITE | SVMA_VM_ACCOUNT;
			vma.pgoff = vma.start / PAGE;
		} else {
			vma.pgoff = 100 * n;
			vma.backing = &w->file;
		}
		if (n == 0)
			vma.flags |= SVMA_VM_LOCKED;
		if (n == regions - 1 && n % 2)
			vma.flags |= SVMA_VM_GROWSDOWN;
		EXPECT_EQ(svma_core_import(&w->core, &vma), 0);
	}
	w->reports = 0;
}

static void end(struct world *w)
{
	svma_core_destroy(&w->core);
	EXPECT_EQ(w->machine.committed, 0);
	EXPECT_EQ(w->machine.huge_reserved, 0);
	EXPECT_EQ(w->refs, 0);
	EXPECT_EQ(w->made, 0);
}

/* All that can be told of a space, but for the memory that it has set aside. */
struct state {
	struct svma_vma vma[MOST + 8];
	unsigned int count;
	struct svma_stats stats;
	struct svma_layout layout;
	unsigned long committed;
	unsigned long reserved;
	unsigned long mapped;
	unsigned long rmaps;
	unsigned long made;
	unsigned long reports;
	long refs;
	u32 last_anon;
};

static void look(struct world *w, struct state *state)
{
	struct svma_cursor cursor;
	bool more;

	memset(state, 0, sizeof(*state));
	more = svma_cursor_find(&cursor, &w->core.index, 0, &state->vma[0]);
	while (more && state->count < ARRAY_SIZE(state->vma) - 1)
		more = svma_cursor_next(&cursor, &state->vma[++state->count]);
	memset(&state->vma[state->count], 0, sizeof(state->vma[0]));
	svma_core_stats(&w->core, &state->stats);
	state->stats.memory = 0;
	/* A classic space remembers each search and each look-up. */
	state->stats.free_area_cache = 0;
	state->stats.cached_hole_size = 0;
	state->stats.cache_hits = 0;
	state->stats.cache_misses = 0;
	state->layout = w->core.layout;
	state->committed = w->machine.committed;
	state->reserved = w->machine.huge_reserved;
	state->mapped = w->core.mapped;
	state->rmaps = w->rmap.count;
	state->made = w->made;
	state->reports = w->reports;
	state->refs = w->refs;
	state->last_anon = w->core.last_anon;
}

static int map(struct world *w, unsigned long addr, unsigned long len, unsigned long flags,
	       bool file)
{
	struct svma_map_args args = { .addr = addr, .len = len, .prot = RW, .flags = flags,
				      .backing = file ? &w->file : NULL };

	return svma_core_mmap(&w->core, &args);
}

static int remap(struct world *w, unsigned long addr, unsigned long pages, unsigned long new_pages,
		 unsigned long flags, unsigned long to)
{
	struct svma_remap_args args = { .old_addr = addr, .old_len = pages * PAGE,
					.new_len = new_pages * PAGE, .new_addr = to,
					.flags = flags };

	return svma_core_mremap(&w->core, &args);
}

static int lock(struct world *w, unsigned int op, unsigned long addr, unsigned long len,
		unsigned int flags)
{
	struct svma_lock args = { .op = op, .addr = addr, .len = len, .flags = flags };
	struct svma_populate populate;

	return svma_core_lock(&w->core, &args, &populate);
}

static int advise(struct world *w, unsigned long addr, int advice)
{
	struct svma_populate populate;
	int error = svma_core_madvise(&w->core, addr, 2 * PAGE, advice, &populate);

	/* madvise tells a lack of memory as something that may pass. */
	return error == -EAGAIN ? -ENOMEM : error;
}

/* The answer of brk is the end of the heap. */
static int brk_to(struct world *w, unsigned long page)
{
	unsigned long brk = page * PAGE, populate;

	svma_core_brk(&w->core, &brk, &populate, &populate);
	return brk == page * PAGE ? 0 : -ENOMEM;
}

static void init_other(struct world *w)
{
	bool classic = w->core.rules.profile == SVMA_PROFILE_CLASSIC;

	EXPECT_EQ(svma_core_init(&w->other, &w->machine, &ops, w->core.rules.profile,
				 classic ? 0 : w->core.rules.kernel),
		  0);
	w->other.id = 1;
}

static int restore(struct world *w)
{
	struct svma_core_restore plan;
	int error = svma_core_restore_gather(&w->core, &w->other, &plan);

	if (!error)
		svma_core_restore_commit(&w->core, &w->other, &plan);
	return error;
}

enum {
	MUNMAP, MUNMAP_MANY, MPROTECT, MPROTECT_MANY, MLOCK, MUNLOCK, MLOCKALL, DONTFORK, DONTNEED,
	GUARD, MSEAL, MMAP_FIXED, MMAP_FREE, MMAP_FILE, MMAP_SHARED, MMAP_HUGE, MREMAP_MOVE,
	MREMAP_OVER, MREMAP_GROW, MREMAP_SHRINK, MREMAP_KEEP, BRK_GROW, BRK_SHRINK, GROW, IMPORT,
	REMAP_FILE, WRITE, FORK, SNAPSHOT, RESTORE, NR
};

/* Some part of the second page on of a region. */
static int run(struct world *w, unsigned int verb, unsigned long regions, unsigned long region)
{
	unsigned long addr = addr_of(region, 1);
	struct svma_vma vma = { .start = addr_of(region, 4), .end = addr_of(region, 5),
				.backing = &w->file };
	struct svma_remap_file file = { .addr = addr, .len = 2 * PAGE, .pgoff = 7 };
	struct svma_core *core = &w->core;
	struct svma_populate populate;

	switch (verb) {
	case MUNMAP:
		return svma_core_munmap(core, addr, 2 * PAGE);
	case MUNMAP_MANY:
		return svma_core_munmap(core, addr, 17 * PAGE);
	case MPROTECT:
		return svma_core_mprotect(core, addr, 2 * PAGE, PROT_NONE, -1);
	case MPROTECT_MANY:
		return svma_core_mprotect(core, addr, 3 * PAGE, RW, -1);
	case MLOCK:
		return lock(w, SVMA_MLOCK, addr, 2 * PAGE, 0);
	case MUNLOCK:
		return lock(w, SVMA_MUNLOCK, addr_of(0, 1), 2 * PAGE, 0);
	case MLOCKALL:
		return lock(w, SVMA_MLOCKALL, 0, 0, MCL_CURRENT | MCL_FUTURE);
	case DONTFORK:
		return advise(w, addr, MADV_DONTFORK);
	case DONTNEED:
		return advise(w, region ? addr : addr_of(1, 1), MADV_DONTNEED);
	case GUARD:
		return advise(w, region ? addr : addr_of(1, 1), MADV_GUARD_INSTALL);
	case MSEAL:
		return svma_core_mseal(core, addr, 2 * PAGE, 0);
	case MMAP_FIXED:
		return map(w, addr, 2 * PAGE, PRIVATE_FIXED, true);
	case MMAP_FREE:
		return map(w, 0, 2 * PAGE, ANON, false);
	case MMAP_FILE:
		return map(w, addr_of(region, 4), 2 * PAGE, MAP_SHARED | MAP_FIXED, true);
	case MMAP_SHARED:
		return map(w, addr, 2 * PAGE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, false);
	case MMAP_HUGE:
		return map(w, 0, SVMA_HUGE_SIZE, ANON | MAP_HUGETLB, false);
	case MREMAP_MOVE:
		return remap(w, addr, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, addr_of(regions, 1));
	case MREMAP_OVER:
		return remap(w, addr, 2, 3, MREMAP_MAYMOVE | MREMAP_FIXED,
			     addr_of((region + 3) % regions, 1));
	case MREMAP_GROW:
		return remap(w, addr, 3, 4, 0, 0);
	case MREMAP_SHRINK:
		return remap(w, addr, 2, 1, 0, 0);
	case MREMAP_KEEP:
		return remap(w, addr, 2, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, addr_of(regions, 1));
	case BRK_GROW:
		return brk_to(w, HEAP + 9);
	case BRK_SHRINK:
		return brk_to(w, HEAP + 1);
	case GROW:
		return svma_core_grow(core, addr_of(regions - 1, 0) - PAGE);
	case IMPORT:
		return svma_core_import(core, &vma);
	case REMAP_FILE:
		file.addr = addr_of(region, 4);
		return svma_core_remap_file(core, &file, &populate);
	case WRITE:
		return svma_core_anon_fault(core, addr);
	case RESTORE:
		return restore(w);
	case SNAPSHOT:
		return svma_core_snapshot(core, &w->other);
	default:
		return svma_core_fork(core, &w->other);
	}
}

/* What a verb needs that is no part of it. */
static void make_ready(struct world *w, unsigned int verb, unsigned long region)
{
	init_other(w);
	if (verb == RESTORE) {
		EXPECT_EQ(svma_core_snapshot(&w->core, &w->other), 0);
		EXPECT_EQ(svma_core_munmap(&w->core, addr_of(region, 1), PAGE), 0);
	}
	if (verb == REMAP_FILE)
		EXPECT_EQ(map(w, addr_of(region, 4), 2 * PAGE, MAP_SHARED | MAP_FIXED, true), 0);
}

static unsigned long injected[NR];
static unsigned long passed[NR];

/* The nth allocation fails, all later ones with it or not. False: the call came through. */
static bool fails(u32 kernel, unsigned int verb, unsigned long regions, unsigned long region,
		  unsigned long nth, bool all)
{
	static struct state before, after;
	static struct world w;
	bool failed;
	int error;

	start(&w, kernel, regions);
	make_ready(&w, verb, region);
	look(&w, &before);
	w.ready_start = 0;
	w.ready_end = 0;
	memory_fail_at(nth, all);
	error = run(&w, verb, regions, region);
	failed = memory_failed();
	memory_fail_at(0, false);
	/* A copy that was not made leaves nothing when it goes. */
	if (verb == FORK || verb == SNAPSHOT) {
		svma_core_destroy(&w.other);
		init_other(&w);
	}
	look(&w, &after);
	if (failed) {
		injected[verb]++;
		if (error != -ENOMEM || memcmp(&before, &after, sizeof(before)))
			tap_fail(__FILE__, __LINE__,
				 "kernel %x verb %u of %lu regions at %lu, allocation %lu: %d, %s",
				 kernel, verb, regions, region, nth, error,
				 memcmp(&before, &after, sizeof(before)) ? "changed" : "unchanged");
	} else {
		passed[verb] += !error;
	}
	EXPECT(!svma_core_validate(&w.core));
	EXPECT(!svma_rmap_validate(&w.rmap));
	svma_core_destroy(&w.other);
	end(&w);
	return failed;
}

static void sweep(u32 kernel, unsigned int verb)
{
	unsigned long regions, region, nth, all;

	for (regions = 18; regions < MOST && !tap_failing(); regions += regions % 7 == 4 ? 5 : 3)
		for (region = 0; region < regions - 2; region += 9)
			for (all = 0; all < 2; all++) {
				nth = 1;
				while (fails(kernel, verb, regions, region, nth, all) &&
				       !tap_failing())
					nth++;
			}
}

TEST(no_memory_each_verb)
{
	unsigned long total = 0;
	unsigned int verb;

	memset(injected, 0, sizeof(injected));
	memset(passed, 0, sizeof(passed));
	for (verb = 0; verb < NR; verb++) {
		FOR_EACH_KERNEL(kernel)
			sweep(*kernel, verb);
		sweep(MODEL_CLASSIC, verb);
		total += injected[verb];
		/* A sweep in which nothing failed, or nothing passed, would show nothing. */
		if (verb != WRITE && verb != GROW && verb != MLOCKALL)
			EXPECT(injected[verb]);
		EXPECT(passed[verb]);
	}
	tap_note("%lu allocations failed", total);
}
