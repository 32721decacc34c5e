// SPDX-License-Identifier: GPL-2.0
/*
 * The steps that the verbs tell: which, in which order, with what in them. Of these come the
 * tracepoints and `svma run --explain`.
 */
#include <stdarg.h>

#include "region.h"
#include "unit.h"

#define BASE	1024UL	/* first page of the space: 0 in what is told below */
#define PAGES	1024UL

static char told[1000];

static void tell(const char *fmt, ...)
{
	size_t len = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + len, sizeof(told) - len, fmt, ap);
	va_end(ap);
}

static long page(unsigned long addr)
{
	return (long)(addr / PAGE) - (long)BASE;
}

/* Ranges in pages; flags as letters: what is there now, and what was. */
static void hook(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		 unsigned long c, unsigned long d)
{
	(void)core;
	if (*told)
		tell(" ");
	switch (kind) {
	case SVMA_STEP_SPLIT:
		return tell("split:%ld-%ld@%ld", page(a), page(b), page(c));
	case SVMA_STEP_MERGE:
		return tell("merge:%ld-%ld>%ld-%ld", page(a), page(b), page(c), page(d));
	case SVMA_STEP_NEW:
		return tell("new:%ld-%ld", page(a), page(b));
	case SVMA_STEP_DETACH:
		return tell("detach:%ld-%ld", page(a), page(b));
	case SVMA_STEP_RESIZE:
		return tell("resize:%ld-%ld>%ld-%ld", page(a), page(b), page(c), page(d));
	case SVMA_STEP_PROTECT:
		return tell("flags:%ld-%ld+%lx-%lx", page(a), page(b), c & ~d, d & ~c);
	case SVMA_STEP_MOVE:
		return tell("move:%ld-%ld>%ld-%ld", page(a), page(b), page(c), page(d));
	case SVMA_STEP_CHARGE:
		return tell("charge:%lu", a);
	case SVMA_STEP_UNCHARGE:
		return tell("uncharge:%lu", a);
	case SVMA_STEP_FOUND:
		return tell("free:%ld+%lu", page(a), b / PAGE);
	case SVMA_STEP_UNMAP:
		return tell("unmap:%ld-%ld", page(a), page(b));
	case SVMA_STEP_DISCARD:
		return tell("discard:%ld-%ld", page(a), page(b));
	case SVMA_STEP_LOOKUP:
		if (!c)
			return tell("look:%ld>nothing", page(a));
		return tell("look:%ld>%ld-%ld%s", page(a), page(b), page(c), d ? "!" : "");
	case SVMA_STEP_SEARCH:
		if (c == ULONG_MAX)
			return tell("search:%lu@%ld<any", a / PAGE, page(b));
		return tell("search:%lu@%ld<%lu", a / PAGE, page(b), c / PAGE);
	case SVMA_STEP_RESTART:
		return tell("restart:%ld", page(a));
	case SVMA_STEP_FORGET:
		return tell("forget:%ld", page(a));
	case SVMA_STEP_ENTRIES:
		return tell("entries:%ld-%ld", page(a), page(b));
	case SVMA_STEP_GUARD:
		return tell("guard:%ld-%ld=%lu", page(a), page(b), c);
	case SVMA_STEP_ANON:
		return tell("anon:%ld-%ld=%lu", page(a), page(b), c);
	case SVMA_STEP_COPY:
		return tell("child:%ld-%ld-%lx", page(a), page(b), d & ~c);
	case SVMA_STEP_LEAVE:
		return tell("left:%ld-%ld", page(a), page(b));
	}
	tell("kind:%u", kind);
}

struct told_space {
	struct svma_core_machine machine;
	struct svma_core_ops ops;
	struct svma_core core;
};

static void start(struct told_space *space, u32 profile, u32 kernel)
{
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_HIGH | SVMA_LAYOUT_MMAP_BASE | SVMA_LAYOUT_LEGACY_BASE |
			SVMA_LAYOUT_START_BRK | SVMA_LAYOUT_BRK | SVMA_LAYOUT_STACK_TOP |
			SVMA_LAYOUT_MIN_ADDR,
		.high = (BASE + PAGES) * PAGE,
		.mmap_base = (BASE + 512) * PAGE,
		.legacy_base = (BASE + 512) * PAGE,
		.start_brk = (BASE + 256) * PAGE,
		.brk = (BASE + 256) * PAGE,
		.stack_top = (BASE + PAGES) * PAGE,
	};

	space->ops = unit_no_ops;
	space->ops.step = hook;
	svma_core_machine_init(&space->machine);
	EXPECT_EQ(svma_core_init(&space->core, &space->machine, &space->ops, profile, kernel), 0);
	EXPECT_EQ(svma_core_layout_set(&space->core, &layout), 0);
	told[0] = '\0';
}

/* Was this told since the last time? @parts: what is wanted, joined by blanks. */
static bool was_told(const char *const *parts)
{
	char wanted[sizeof(told)] = "";
	bool same;

	for (; *parts; parts++) {
		strcat(wanted, *wanted ? " " : "");
		strcat(wanted, *parts);
	}
	same = !strcmp(told, wanted);
	if (!same)
		tap_note("told:   %s", told);
	told[0] = '\0';
	return same;
}

#define EXPECT_TOLD(...) EXPECT(was_told((const char *const[]){ __VA_ARGS__, NULL }))

static unsigned long addr(unsigned long page)
{
	return (BASE + page) * PAGE;
}

static int map(struct told_space *space, unsigned long page, unsigned long pages,
	       unsigned long prot, unsigned long flags)
{
	struct svma_map_args args = {
		.addr = addr(page), .len = pages * PAGE, .prot = prot, .flags = flags,
	};

	return svma_core_mmap(&space->core, &args);
}

static void unmap_steps(u32 profile)
{
	struct told_space space;
	struct svma_stats stats;

	start(&space, profile, K6_12);
	map(&space, 512, 4, RW, FIXED);
	map(&space, 516, 2, PROT_READ, FIXED);
	map(&space, 520, 4, RW, FIXED);
	told[0] = '\0';
	EXPECT_EQ(svma_core_munmap(&space.core, addr(514), 8 * PAGE), 0);
	EXPECT_TOLD("look:514>512-516 split:512-516@514 split:520-524@522 detach:514-516",
		    "detach:516-518 detach:520-522 unmap:514-522 uncharge:4");
	svma_core_stats(&space.core, &stats);
	EXPECT_EQ(stats.splits, 2);
	/* Nothing there: nothing done. */
	EXPECT_EQ(svma_core_munmap(&space.core, addr(514), PAGE), 0);
	EXPECT_TOLD("");
	/* Nor where a region begins behind it. */
	EXPECT_EQ(svma_core_munmap(&space.core, addr(518), 4 * PAGE), 0);
	EXPECT_TOLD("");
	svma_core_destroy(&space.core);
}

/* Found, cut in front, cut behind, all between taken out, entries removed, charge given back. */
TEST(steps_unmap)
{
	unmap_steps(SVMA_PROFILE_HOST);
	unmap_steps(SVMA_PROFILE_CLASSIC);
}

/* The caches of the classic profile: where a search starts, and the last-found region. */
TEST(steps_classic_caches)
{
	struct told_space space;
	struct svma_vma vma;

	start(&space, SVMA_PROFILE_CLASSIC, 0);
	EXPECT_EQ(map(&space, -BASE, 4, RW, ANON), 0);
	EXPECT_TOLD("search:4@512<0 free:512+4 charge:4 new:512-516");
	EXPECT_EQ(map(&space, -BASE, 4, PROT_READ, ANON), 0);
	EXPECT_TOLD("search:4@516<0 free:516+4 new:516-520");
	/* A hint that is free needs no search; what lies there is looked for. */
	EXPECT_EQ(map(&space, 600, 1, PROT_READ, ANON), 0);
	EXPECT_TOLD("look:600>nothing free:600+1 new:600-601");
	EXPECT(svma_core_find(&space.core, addr(513), &vma));
	EXPECT_TOLD("look:513>512-516");
	EXPECT(svma_core_find(&space.core, addr(514), &vma));
	EXPECT_TOLD("look:514>512-516!");
	EXPECT_EQ(svma_core_munmap(&space.core, addr(512), 2 * PAGE), 0);
	EXPECT_TOLD("look:512>512-516 split:512-516@514 detach:512-514 forget:512 restart:512",
		    "unmap:512-514 uncharge:2");
	EXPECT_EQ(map(&space, -BASE, 3, RW, ANON), 0);
	EXPECT_TOLD("search:3@512<any free:520+3 charge:3 new:520-523");
	/* The hole of two pages below is remembered. */
	EXPECT_EQ(map(&space, -BASE, 2, RW, ANON), 0);
	EXPECT_TOLD("search:2@512<2 free:512+2 charge:2 merge:512-514>512-516");
	/* No room above the cache: once more from the base, for a hole may have been passed. */
	EXPECT_EQ(map(&space, -BASE, 600, RW, ANON), -ENOMEM);
	EXPECT_TOLD("search:600@514<0 search:600@512<0");
	EXPECT(!svma_core_find(&space.core, addr(700), &vma));
	EXPECT_TOLD("look:700>nothing");
	svma_core_destroy(&space.core);
}

static void change_steps(u32 profile)
{
	struct told_space space;
	unsigned long brk, from, len;
	struct svma_remap_args remap = { .old_addr = addr(20), .old_len = 4 * PAGE };
	struct svma_populate populate;

	start(&space, profile, K6_1);
	map(&space, 0, 2, RW, FIXED);
	map(&space, 4, 2, RW, FIXED);
	told[0] = '\0';
	/* Both neighbours. */
	EXPECT_EQ(map(&space, 2, 2, RW, FIXED), 0);
	EXPECT_TOLD("charge:2 merge:2-4>0-6");
	EXPECT_EQ(svma_core_mprotect(&space.core, addr(2), 2 * PAGE, PROT_READ, -1), 0);
	EXPECT_TOLD("look:2>0-6 split:0-6@2 split:2-6@4 flags:2-4+0-2 entries:2-4");
	/* A part of the middle goes over to the right; the rest of it is smaller. */
	EXPECT_EQ(svma_core_mprotect(&space.core, addr(3), PAGE, RW, -1), 0);
	EXPECT_TOLD("look:3>2-4 flags:3-4+2-0 resize:2-4>2-3 merge:3-4>3-6 entries:3-4");
	EXPECT_EQ(svma_core_mprotect(&space.core, addr(2), PAGE, RW, -1), 0);
	EXPECT_TOLD("look:2>2-3 flags:2-3+2-0 merge:2-3>0-6 entries:2-3");
	/* A hole ends it. */
	EXPECT_EQ(svma_core_mprotect(&space.core, addr(5), 2 * PAGE, PROT_NONE, -1), -ENOMEM);
	EXPECT_TOLD("look:5>0-6 split:0-6@5 flags:5-6+0-3 entries:5-6 look:6>nothing");

	map(&space, 20, 4, RW, FIXED);
	told[0] = '\0';
	EXPECT_EQ(svma_core_anon_fault(&space.core, addr(21)), 0);
	EXPECT_TOLD("anon:20-24=1");
	EXPECT_EQ(svma_core_madvise(&space.core, addr(21), PAGE, MADV_DONTNEED, &populate), 0);
	EXPECT_TOLD("look:21>20-24 discard:21-22");
	remap.new_len = 8 * PAGE;
	remap.flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	remap.new_addr = addr(40);
	EXPECT_EQ(svma_core_mremap(&space.core, &remap), 0);
	EXPECT_TOLD("look:20>20-24 charge:4 new:40-48 move:20-24>40-48 detach:20-24 unmap:20-24");

	brk = addr(258);
	EXPECT_EQ(svma_core_brk(&space.core, &brk, &from, &len), 0);
	EXPECT_TOLD("charge:2 new:256-258");
	brk = addr(260);
	EXPECT_EQ(svma_core_brk(&space.core, &brk, &from, &len), 0);
	EXPECT_TOLD("charge:2 merge:258-260>256-260");
	brk = addr(257);
	EXPECT_EQ(svma_core_brk(&space.core, &brk, &from, &len), 0);
	EXPECT_TOLD("look:257>256-260 split:256-260@257 detach:257-260 unmap:257-260 uncharge:3");
	svma_core_destroy(&space.core);
}

TEST(steps_change)
{
	change_steps(SVMA_PROFILE_HOST);
	change_steps(SVMA_PROFILE_CLASSIC);
}

TEST(steps_guard_lock_grow)
{
	struct svma_lock lock = { .addr = addr(1), .len = PAGE, .op = SVMA_MLOCK };
	struct svma_populate populate;
	struct told_space space;

	start(&space, SVMA_PROFILE_HOST, K7_3);
	map(&space, 0, 4, PROT_READ, FIXED);
	told[0] = '\0';
	EXPECT_EQ(svma_core_madvise(&space.core, addr(1), PAGE, MADV_GUARD_INSTALL, &populate), 0);
	EXPECT_TOLD("look:1>0-4 guard:1-2=1 anon:0-4=1");
	EXPECT_EQ(svma_core_madvise(&space.core, addr(1), PAGE, MADV_GUARD_REMOVE, &populate), 0);
	EXPECT_TOLD("look:1>0-4 guard:1-2=0");
	EXPECT_EQ(svma_core_lock(&space.core, &lock, &populate), 0);
	EXPECT_TOLD("look:1>0-4 split:0-4@1 split:1-4@2 flags:1-2+400-0");
	map(&space, 900, 2, RW, FIXED | MAP_GROWSDOWN);
	told[0] = '\0';
	EXPECT_EQ(svma_core_grow(&space.core, addr(899)), 0);
	EXPECT_TOLD("look:899>900-902 anon:900-902=2 charge:1 resize:900-902>899-902");
	svma_core_destroy(&space.core);
}

/* What is done to a space as a whole: what is in both is no step. */
TEST(steps_whole)
{
	struct svma_lock lock = { .addr = addr(520), .len = PAGE, .op = SVMA_MLOCK };
	struct svma_populate populate;
	struct svma_core copy, child;
	struct told_space space;
	char locked[40];

	start(&space, SVMA_PROFILE_HOST, K6_12);
	map(&space, 512, 3, RW, FIXED);
	map(&space, 520, 1, PROT_READ, FIXED);
	map(&space, 530, 1, PROT_READ, FIXED);
	EXPECT_EQ(svma_core_lock(&space.core, &lock, &populate), 0);
	EXPECT_EQ(svma_core_madvise(&space.core, addr(530), PAGE, MADV_DONTFORK, &populate), 0);
	snprintf(locked, sizeof(locked), "child:520-521-%llx", SVMA_VM_LOCKED);
	EXPECT_EQ(svma_core_init(&copy, &space.machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	EXPECT_EQ(svma_core_init(&child, &space.machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12),
		  0);
	told[0] = '\0';
	EXPECT_EQ(svma_core_snapshot(&space.core, &copy), 0);
	EXPECT_TOLD("charge:3");
	EXPECT_EQ(svma_core_fork(&space.core, &child), 0);
	EXPECT_TOLD("child:512-515-0", locked, "left:530-531 charge:3");
	EXPECT_EQ(svma_core_munmap(&space.core, addr(513), PAGE), 0);
	EXPECT_EQ(svma_core_mprotect(&space.core, addr(520), PAGE, RW, -1), 0);
	map(&space, 540, 1, PROT_READ, FIXED);
	told[0] = '\0';
	EXPECT_EQ(unit_restore(&space.core, &copy), 0);
	EXPECT_TOLD("detach:512-513 detach:514-515 detach:520-521 detach:540-541 new:512-515",
		    "new:520-521");
	EXPECT_EQ(unit_restore(&space.core, &copy), 0);
	EXPECT_TOLD("");
	/* Nothing is charged for what is only read. */
	EXPECT_EQ(svma_core_munmap(&space.core, addr(512), 3 * PAGE), 0);
	svma_core_destroy(&copy);
	svma_core_destroy(&child);
	EXPECT_EQ(svma_core_init(&copy, &space.machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12), 0);
	EXPECT_EQ(svma_core_init(&child, &space.machine, &unit_no_ops, SVMA_PROFILE_HOST, K6_12),
		  0);
	told[0] = '\0';
	EXPECT_EQ(svma_core_snapshot(&space.core, &copy), 0);
	EXPECT_EQ(svma_core_fork(&space.core, &child), 0);
	EXPECT_TOLD(locked, "left:530-531");
	svma_core_destroy(&copy);
	svma_core_destroy(&child);
	svma_core_destroy(&space.core);
}
