// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences both ways: one by one on a space, in batches on another that is like it.
 * Answers, regions, totals, charges and contents are the same, through windows and by pread.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "random.h"
#include "svma_test.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#define MADV_GUARD_REMOVE	103
#endif

#define PAGES	48	/* that verbs work on */
#define ROUNDS	300
#define LIFE	20	/* rounds that spaces live; files are mapped in every third life */
#define OPS	60	/* in a batch, at most */
#define REGIONS	128

struct side {
	int machine;
	int space;
	int child;	/* shares pages with it, or -1 */
	int file;
	char *view;
};

static struct side one, many;
static __u64 seed = 88172645463325252ULL;

static unsigned long next_random(unsigned long below)
{
	return random_below(&seed, below);
}

static unsigned long pick(const unsigned long *from, unsigned int count)
{
	return from[next_random(count)];
}

#define PICK(...) pick((unsigned long[]){ __VA_ARGS__ }, \
		       sizeof((unsigned long[]){ __VA_ARGS__ }) / sizeof(unsigned long))

static int side_open(struct side *side)
{
	struct svma_machine machine = {
		.told = SVMA_MACHINE_ALL, .ram = 1000, .free = 500, .swap = 0,
		.overcommit_mode = SVMA_OVERCOMMIT_NEVER, .overcommit_ratio = 20,
	};
	struct svma_layout layout = {
		.told = SVMA_LAYOUT_MAX_MAP_COUNT | SVMA_LAYOUT_LIMIT_MEMLOCK,
		.max_map_count = 24, .limit_memlock = 30 * PAGE,
	};
	__u64 word = 4711;

	side->machine = machine_open();
	if (side->machine < 0 || call(side->machine, SVMA_IOC_MACHINE_SET, &machine))
		return -1;
	side->space = space_make(side->machine, 0);
	side->child = -1;
	side->file = memfd_create("svma", MFD_CLOEXEC);
	if (side->space < 0 || side->file < 0 || ftruncate(side->file, PAGES * PAGE) ||
	    pwrite(side->file, &word, sizeof(word), PAGE) != sizeof(word) ||
	    call(side->space, SVMA_IOC_LAYOUT_SET, &layout))
		return -1;
	side->view = window(side->space, 0, 2 * PAGES, RW);
	return side->view == NO_WINDOW ? -1 : 0;
}

static void side_close(struct side *side)
{
	munmap(side->view, 2 * PAGES * PAGE);
	if (side->child >= 0)
		close(side->child);
	close(side->space);
	close(side->file);
	close(side->machine);
}

static void fill_mmap(struct svma_op *op, unsigned long page, unsigned long count, bool file)
{
	op->cmd = SVMA_IOC_MMAP;
	op->arg.mmap = (struct svma_mmap){
		.addr = next_random(8) ? at(page) : 0,
		.len = count * PAGE,
		.prot = PICK(RW, RW, PROT_READ, PROT_NONE),
		.fd = -1,
	};
	op->arg.mmap.flags = PICK(MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED) |
			     PICK(0, 0, MAP_POPULATE, MAP_LOCKED);
	if (op->arg.mmap.addr)
		op->arg.mmap.flags |= PICK(MAP_FIXED, MAP_FIXED, 0, MAP_FIXED_NOREPLACE);
	if (file && !next_random(4))
		op->arg.mmap.offset = next_random(4) * PAGE;
	else
		op->arg.mmap.flags |= MAP_ANONYMOUS;
}

static void fill_mremap(struct svma_op *op, unsigned long page, unsigned long count)
{
	op->cmd = SVMA_IOC_MREMAP;
	op->arg.mremap = (struct svma_mremap){
		.old_addr = at(page),
		.old_len = count * PAGE,
		.new_len = (1 + next_random(8)) * PAGE,
		.new_addr = at(next_random(2 * PAGES)),
		.flags = PICK(0, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED),
	};
}

static struct svma_op random_op(bool file)
{
	unsigned long page = next_random(PAGES), count = 1 + next_random(8);
	struct svma_op op = { .error = 77 };

	switch (next_random(16)) {
	case 0 ... 3:
		fill_mmap(&op, page, count, file);
		break;
	case 4 ... 6:
		op.cmd = SVMA_IOC_MUNMAP;
		op.arg.munmap = (struct svma_munmap){
			.addr = at(page) + !next_random(10), .len = count * PAGE,
		};
		break;
	case 7 ... 8:
		op.cmd = SVMA_IOC_MPROTECT;
		op.arg.mprotect = (struct svma_mprotect){
			.addr = at(page), .len = count * PAGE, .pkey = -1,
			.prot = PICK(RW, RW, PROT_READ, PROT_NONE),
		};
		break;
	case 9 ... 10:
		fill_mremap(&op, page, count);
		break;
	case 11 ... 13:
		op.cmd = SVMA_IOC_MADVISE;
		op.arg.madvise = (struct svma_madvise){
			.addr = at(page), .len = count * PAGE,
			.advice = PICK(MADV_DONTNEED, MADV_DONTNEED, MADV_POPULATE_WRITE,
				       MADV_POPULATE_READ, MADV_DONTDUMP, MADV_DODUMP,
				       MADV_WILLNEED, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE),
		};
		break;
	case 14:
		op.cmd = SVMA_IOC_LOCK;
		op.arg.lock = (struct svma_lock){
			.addr = at(page), .len = count * PAGE,
			.op = PICK(SVMA_MLOCK, SVMA_MUNLOCK, SVMA_MUNLOCK),
			.flags = PICK(0, 0, MLOCK_ONFAULT),
		};
		if (op.arg.lock.op == SVMA_MUNLOCK)
			op.arg.lock.flags = 0;
		break;
	default:
		op.cmd = SVMA_IOC_MSEAL;
		op.arg.seal = (struct svma_seal){ .addr = at(page), .len = PAGE, .flags = 1 };
	}
	return op;
}

/* Advice often goes on where it ended, or apart from that: a batch may do such ones as one. */
static struct svma_op next_op(const struct svma_op *before, bool file)
{
	struct svma_op op;

	if (before->cmd != SVMA_IOC_MADVISE || !next_random(4))
		return random_op(file);
	op = *before;
	op.arg.madvise.addr += op.arg.madvise.len;
	op.arg.madvise.len = (1 + next_random(2)) * PAGE;
	switch (next_random(4)) {
	case 0:
		op.arg.madvise.addr += next_random(3) * PAGE;
		break;
	case 1:
		op.arg.madvise.addr = at(next_random(PAGES));
		break;
	}
	return op;
}

/* The same operation for this side: files are its own. */
static void take_file(const struct side *side, struct svma_op *op)
{
	if (op->cmd == SVMA_IOC_MMAP && !(op->arg.mmap.flags & MAP_ANONYMOUS))
		op->arg.mmap.fd = side->file;
}

/* One by one, as far as a batch would go. */
static unsigned int play_one(struct side *side, struct svma_op *ops, unsigned int count,
			     unsigned int flags)
{
	unsigned int i = 0;

	while (i < count) {
		take_file(side, &ops[i]);
		ops[i].error = call(side->space, ops[i].cmd, &ops[i].arg);
		if (ops[i++].error && !(flags & SVMA_BATCH_GO_ON))
			break;
	}
	return i;
}

static unsigned int play_many(struct side *side, struct svma_op *ops, unsigned int count,
			      unsigned int flags)
{
	struct svma_batch batch = {
		.ops = (unsigned long)ops, .count = count, .flags = flags,
	};
	unsigned int i;
	long err;

	for (i = 0; i < count; i++)
		take_file(side, &ops[i]);
	err = call(side->space, SVMA_IOC_BATCH, &batch);
	return err ? 1000 - err : batch.done;
}

static int answers_differ(struct svma_op *a, struct svma_op *b, unsigned int done)
{
	unsigned int i;

	for (i = 0; i < done; i++) {
		if (a[i].cmd == SVMA_IOC_MMAP)
			a[i].arg.mmap.fd = b[i].arg.mmap.fd;
		if (memcmp(&a[i], &b[i], sizeof(a[i])))
			return 1 + i;
	}
	return 0;
}

static int listing(int space, struct svma_region *list)
{
	struct svma_regions args = {
		.buf = (unsigned long)list, .count = REGIONS, .end = ~0ULL,
	};
	long err = call(space, SVMA_IOC_REGIONS, &args);
	unsigned int i;

	/* Files and shared memory have identities of their own. */
	for (i = 0; !err && i < args.count; i++)
		list[i].inode = 0;
	return err ? (int)err : (int)args.count;
}

static int layouts_differ(void)
{
	static struct svma_region a[REGIONS], b[REGIONS];
	int count;

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	count = listing(one.space, a);
	if (count < 0 || listing(many.space, b) != count)
		return 1;
	return memcmp(a, b, count * sizeof(a[0])) ? 2 : 0;
}

static int totals_differ(void)
{
	struct svma_stats a = space_stats(one.space), b = space_stats(many.space);
	struct svma_machine m = {}, n = {};

	if (call(one.machine, SVMA_IOC_MACHINE_GET, &m) ||
	    call(many.machine, SVMA_IOC_MACHINE_GET, &n))
		return 1;
	/*
	 * Faults are taken by tests, what is set aside depends on when it is asked for, and pages
	 * are kept by batches alone.
	 */
	a.faults = b.faults;
	a.memory = b.memory;
	a.kept = b.kept;
	return memcmp(&a, &b, sizeof(a)) ? 2 : m.committed != n.committed ? 3 : 0;
}

static int contents_differ(bool child)
{
	unsigned long page;

	for (page = 0; page < 2 * PAGES; page++) {
		if (peek(one.view + page * PAGE) != peek(many.view + page * PAGE))
			return 1000 + page;
		if (page_get(one.space, page) != page_get(many.space, page))
			return 2000 + page;
		if (child && page_get(one.child, page) != page_get(many.child, page))
			return 3000 + page;
	}
	return 0;
}

/* Contents for verbs to take away, and hardware entries that show them. */
static void write_some(void)
{
	struct svma_window_fill fill = { .len = 2 * PAGES * PAGE };
	unsigned long i, page;
	__u64 value;

	for (i = 0; i < 20; i++) {
		page = next_random(2 * PAGES);
		value = next_random(1UL << 40) + 1;
		if (next_random(2)) {
			store(one.view + page * PAGE, value);
			store(many.view + page * PAGE, value);
		} else {
			page_put(one.space, page, value);
			page_put(many.space, page, value);
		}
	}
	fill.addr = (unsigned long)one.view;
	call(one.space, SVMA_IOC_WINDOW_FILL, &fill);
	fill.addr = (unsigned long)many.view;
	call(many.space, SVMA_IOC_WINDOW_FILL, &fill);
}

static void fork_or_forget(void)
{
	if (one.child >= 0) {
		close(one.child);
		close(many.child);
		one.child = -1;
		many.child = -1;
	} else {
		one.child = verb_fork(one.space);
		many.child = verb_fork(many.space);
	}
}

FIXTURE(both_ways) {
};

FIXTURE_SETUP(both_ways)
{
}

FIXTURE_TEARDOWN(both_ways)
{
}

TEST_F_TIMEOUT(both_ways, random, 200)
{
	static struct svma_op a[OPS], b[OPS];
	unsigned int round, i, count, flags, done;

	for (round = 0; round < ROUNDS; round++) {
		bool file = round / LIFE % 3 == 2;

		if (round % LIFE == 0) {
			ASSERT_EQ(0, side_open(&one));
			ASSERT_EQ(0, side_open(&many));
		}
		count = 1 + next_random(OPS);
		flags = next_random(4) ? SVMA_BATCH_GO_ON : 0;
		for (i = 0; i < count; i++)
			a[i] = i ? next_op(&a[i - 1], file) : random_op(file);
		memcpy(b, a, sizeof(a));
		write_some();
		if (!next_random(5))
			fork_or_forget();
		ASSERT_EQ(one.child < 0, many.child < 0);
		done = play_one(&one, a, count, flags);
		ASSERT_EQ(done, play_many(&many, b, count, flags)) TH_LOG("round %u", round);
		ASSERT_EQ(0, answers_differ(a, b, done)) TH_LOG("round %u", round);
		ASSERT_EQ(0, layouts_differ()) TH_LOG("round %u", round);
		ASSERT_EQ(0, totals_differ()) TH_LOG("round %u", round);
		ASSERT_EQ(0, contents_differ(one.child >= 0)) TH_LOG("round %u", round);
		ASSERT_EQ(0, totals_differ()) TH_LOG("round %u", round);
		if (round % LIFE == LIFE - 1) {
			side_close(&one);
			side_close(&many);
		}
	}
}

TEST_HARNESS_MAIN
