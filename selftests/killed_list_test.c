// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that tell about a space, killed in their middle: the last of their answers is not written.
 * And who is killed waits for no lock.
 */
#include "killed.h"
#include "svma_test.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif

FIXTURE(killed_list) {
	struct killed k;
};

FIXTURE_SETUP(killed_list)
{
	ASSERT_EQ(0, killed_make(&self->k, 0));
}

FIXTURE_TEARDOWN(killed_list)
{
	killed_drop(&self->k);
}

static long no_answers(struct killed *k)
{
	memset(k->marks, 0, KILLED_MARKS);
	return 0;
}

/* A listing's first and last answer: is the end of its range there? */
#define LISTED(type, name, member, count)				\
static bool name##_begun(struct killed *k)				\
{									\
	return ((struct type *)k->marks)[0].member;			\
}									\
									\
static bool name##_done(struct killed *k)				\
{									\
	return ((struct type *)k->marks)[(count) - 1].member;		\
}

LISTED(svma_region, regions, end, KILLED_REGIONS)
LISTED(svma_smap, smaps, region.end, KILLED_REGIONS)
LISTED(svma_rmap_region, rmap, end, KILLED_REGIONS)
LISTED(svma_page, pages, addr, KILLED_LEAVES)

static void list_regions(struct killed *k)
{
	struct svma_regions arg = {
		.end = ~0ULL, .buf = (unsigned long)k->marks, .count = KILLED_REGIONS,
	};

	call(k->space, SVMA_IOC_REGIONS, &arg);
}

TEST_F_TIMEOUT(killed_list, regions, 300)
{
	static const struct killed_call c = { no_answers, list_regions, regions_begun,
					      regions_done };

	ASSERT_EQ(0, killed_regions(&self->k));
	EXPECT_EARLY(&self->k, &c);
}

static void list_smaps(struct killed *k)
{
	struct svma_smaps arg = {
		.end = ~0ULL, .buf = (unsigned long)k->marks, .count = KILLED_REGIONS,
	};

	call(k->space, SVMA_IOC_SMAPS, &arg);
}

TEST_F_TIMEOUT(killed_list, smaps, 300)
{
	static const struct killed_call c = { no_answers, list_smaps, smaps_begun, smaps_done };

	ASSERT_EQ(0, killed_regions(&self->k));
	EXPECT_EARLY(&self->k, &c);
}

/* One region, the pages of which take long to count. */
TEST_F_TIMEOUT(killed_list, smaps_of_one_region, 300)
{
	static const struct killed_call c = { no_answers, list_smaps, NULL, smaps_begun };

	ASSERT_EQ(0, killed_leaves(self->k.space));
	EXPECT_EARLY(&self->k, &c);
}

static void read_fdinfo(struct killed *k)
{
	if (pread(k->other, k->marks, PAGE, 0) < 0)
		_exit(2);
}

static bool fdinfo_done(struct killed *k)
{
	return strstr(k->marks, "svma-total");
}

TEST_F_TIMEOUT(killed_list, fdinfo, 300)
{
	static const struct killed_call c = { no_answers, read_fdinfo, NULL, fdinfo_done };
	char path[64];

	ASSERT_EQ(0, killed_regions(&self->k));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->k.space);
	self->k.other = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->k.other);
	EXPECT_EARLY(&self->k, &c);
}

static void list_pages(struct killed *k)
{
	struct svma_page_list arg = {
		.end = ~0ULL << 12, .buf = (unsigned long)k->marks, .count = KILLED_LEAVES,
	};

	call(k->space, SVMA_IOC_PAGES, &arg);
}

TEST_F_TIMEOUT(killed_list, pages, 300)
{
	static const struct killed_call c = { no_answers, list_pages, pages_begun, pages_done };

	ASSERT_EQ(0, killed_leaves(self->k.space));
	EXPECT_EARLY(&self->k, &c);
}

static void list_rmap(struct killed *k)
{
	struct svma_rmap arg = {
		.fd = k->other, .last = ~0ULL >> 12, .buf = (unsigned long)k->marks,
		.count = KILLED_REGIONS,
	};

	call(k->machine, SVMA_IOC_RMAP, &arg);
}

TEST_F_TIMEOUT(killed_list, rmap, 300)
{
	static const struct killed_call c = { no_answers, list_rmap, rmap_begun, rmap_done };
	struct killed *k = &self->k;

	k->other = memfd_create("killed", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(k->other, KILLED_REGIONS * PAGE));
	ASSERT_EQ(0, map_file(k->space, 0, KILLED_REGIONS, RW, MAP_SHARED, k->other, 0));
	ASSERT_EQ(0, killed_split(k));
	EXPECT_EARLY(k, &c);
}

#define BYTES	(KILLED_MARKS / 2)	/* of mincore, one for each page */

static long no_bytes(struct killed *k)
{
	memset(k->marks, 0xff, BYTES);
	return 0;
}

static void mincore_all(struct killed *k)
{
	struct svma_mincore arg = {
		.addr = at(0), .len = BYTES * PAGE, .vec = (unsigned long)k->marks,
	};

	call(k->space, SVMA_IOC_MINCORE, &arg);
}

static bool first_byte(struct killed *k)
{
	return !k->marks[0];
}

static bool last_byte(struct killed *k)
{
	return !k->marks[BYTES - 1];
}

TEST_F_TIMEOUT(killed_list, mincore, 300)
{
	static const struct killed_call c = { no_bytes, mincore_all, first_byte, last_byte };

	ASSERT_EQ(0, killed_wide(self->k.space, BYTES));
	EXPECT_EARLY(&self->k, &c);
}

static void compare(struct killed *k)
{
	struct svma_changes arg = {
		.fd = k->other, .end = ~0ULL << 12, .buf = (unsigned long)k->marks, .count = 4,
	};

	call(k->space, SVMA_IOC_CHANGED, &arg);
}

static bool compared(struct killed *k)
{
	return ((struct svma_changed_range *)k->marks)->end;
}

/* The same everywhere but in the last page. */
TEST_F_TIMEOUT(killed_list, changed, 300)
{
	static const struct killed_call c = { no_answers, compare, NULL, compared };
	struct killed *k = &self->k;

	k->other = space_make(k->machine, 0);
	ASSERT_EQ(0, killed_leaves(k->space));
	ASSERT_EQ(0, killed_leaves(k->other));
	ASSERT_EQ(0, page_put(k->space, (KILLED_LEAVES - 1) * KILLED_STRIDE, 1));
	EXPECT_EARLY(k, &c);
}

/* A space without pages, of many regions, which a call looks at often under one lock. */
static long without_pages(struct killed *k)
{
	close(k->space);
	k->space = space_make(k->machine, SVMA_SPACE_LAYOUT);
	return k->space < 0 ? k->space : killed_regions(k);
}

static struct svma_op *looks(struct killed *k, unsigned int count)
{
	struct svma_op *ops = (struct svma_op *)k->marks;
	unsigned int i;

	for (i = 0; i < count; i++)
		ops[i] = (struct svma_op){
			.cmd = SVMA_IOC_MADVISE,
			.error = 1,
			.arg.madvise = {
				.addr = at(0), .len = KILLED_REGIONS * PAGE,
				.advice = MADV_POPULATE_READ,
			},
		};
	return ops;
}

/* The answer is that of an operation of a batch: it is written, whatever becomes of the caller. */
static long no_answer(struct killed *k)
{
	looks(k, 1);
	return 0;
}

static void look(struct killed *k)
{
	struct svma_batch arg = { .ops = (unsigned long)k->marks, .count = 1 };

	call(k->space, SVMA_IOC_BATCH, &arg);
}

static bool looked_some(struct killed *k)
{
	return ((struct svma_op *)k->marks)->error == -EINTR;
}

static bool looked_all(struct killed *k)
{
	return !((struct svma_op *)k->marks)->error;
}

TEST_F_TIMEOUT(killed_list, populate_of_a_layout, 300)
{
	static const struct killed_call c = { no_answer, look, looked_some, looked_all };

	ASSERT_EQ(0, without_pages(&self->k));
	EXPECT_EARLY(&self->k, &c);
}

/* Operations of a batch that holds the lock for long. */
#define HELD	256U

/*
 * Somebody has the lock for long. Who waits for it is killed, and gone before that has ended.
 * NULL if it is so.
 */
static const char *waiting(struct killed *k, void (*act)(struct killed *k))
{
	struct svma_batch arg = { .ops = (unsigned long)looks(k, HELD), .count = HELD };
	atomic_bool *over = (atomic_bool *)(k->marks + KILLED_MARKS / 2);
	const struct killed_call c = { .act = act, .begun = regions_begun };
	struct killed_caller caller = { k, &c, 1 };
	unsigned int good = 0, late = 0, early = 0;
	pid_t holder, waiter;

	while (good < KILLED_GOOD && late < KILLED_LATE && early < 50) {
		memset(k->state, 0, sizeof(*k->state));
		*over = false;
		holder = fork();
		if (!holder) {
			call(k->space, SVMA_IOC_BATCH, &arg);
			*over = true;
			_exit(0);
		}
		/* It needs little to get the lock, and much to give it back. */
		usleep(10000 << early % 6);
		caller.us = 3000 << early % 6;
		waiter = killed_start(&caller);
		if (holder < 0 || waiter < 0)
			return "cannot be tried";
		if (!killed_gone(waiter, 10 * KILLED_WAIT))
			return "goes on for long";
		if (*over)
			late++;
		else if (k->state->returned || !k->state->started)
			early++;
		else
			good++;
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
	}
	return good == KILLED_GOOD ? NULL : late ? "waits all the same" : "never waits";
}

static void change(struct killed *k)
{
	verb_munmap(k->space, at(0), PAGE);
}

TEST_F_TIMEOUT(killed_list, waiting_verb, 300)
{
	ASSERT_EQ(0, without_pages(&self->k));
	EXPECT_EQ(NULL, waiting(&self->k, change));
}

static void ask(struct killed *k)
{
	space_stats(k->space);
}

TEST_F_TIMEOUT(killed_list, waiting_reader, 300)
{
	ASSERT_EQ(0, without_pages(&self->k));
	EXPECT_EQ(NULL, waiting(&self->k, ask));
}

TEST_HARNESS_MAIN
