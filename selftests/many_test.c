// SPDX-License-Identifier: GPL-2.0
/*
 * Very many of them: spaces, windows on one space, regions of one space.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "svma_test.h"

FIXTURE(many) {
	int machine;
};

FIXTURE_SETUP(many)
{
	self->machine = machine_open();
	ASSERT_LE(0, self->machine);
}

FIXTURE_TEARDOWN(many)
{
	struct svma_machine values;

	EXPECT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &values));
	EXPECT_EQ(0, values.committed);
	close(self->machine);
}

static int descriptors(unsigned long count)
{
	struct rlimit limit = { count + 100, count + 100 };

	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

#define SPACES	10000UL

/* Each has a page of its own, and all of them the one that they are forks of. */
TEST_F_TIMEOUT(many, spaces, 300)
{
	int first = space_make(self->machine, 0);
	int *space = calloc(SPACES, sizeof(*space));
	struct svma_machine values;
	unsigned long i;

	ASSERT_LE(0, first);
	ASSERT_EQ(0, descriptors(SPACES));
	ASSERT_EQ(0, map_pages(first, 0, 4, RW));
	ASSERT_EQ(0, page_put(first, 1, 4711));
	for (i = 0; i < SPACES; i++) {
		space[i] = i % 2 ? verb_fork(first) : space_make(self->machine, 0);
		ASSERT_LE(0, space[i]);
		if (i % 2 == 0)
			ASSERT_EQ(0, map_pages(space[i], 0, 4, RW));
		ASSERT_EQ(0, page_put(space[i], 0, i + 1));
	}
	for (i = 0; i < SPACES; i++) {
		EXPECT_EQ(i + 1, page_get(space[i], 0));
		EXPECT_EQ(i % 2 ? 4711 : 0, page_get(space[i], 1));
	}
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &values));
	EXPECT_EQ(4 * (SPACES + 1), values.committed);
	for (i = 0; i < SPACES; i++)
		close(space[i]);
	ASSERT_EQ(0, call(self->machine, SVMA_IOC_MACHINE_GET, &values));
	EXPECT_EQ(4, values.committed);
	EXPECT_EQ(4711, page_get(first, 1));
	close(first);
	free(space);
}

#define WINDOWS	1000UL

/* What one writes all others see; what a verb takes away goes from all of them. */
TEST_F_TIMEOUT(many, windows, 120)
{
	int space = space_make(self->machine, 0);
	char *view[WINDOWS];
	unsigned long i;

	ASSERT_LE(0, space);
	ASSERT_EQ(0, map_pages(space, 0, 8, RW));
	for (i = 0; i < WINDOWS; i++) {
		view[i] = window(space, i % 4, 4, RW);
		ASSERT_NE(NO_WINDOW, view[i]);
		ASSERT_EQ(0, store(view[i] + (3 - i % 4) * PAGE, i));
	}
	EXPECT_EQ(WINDOWS, space_stats(space).windows);
	for (i = 0; i < WINDOWS; i++)
		EXPECT_EQ(WINDOWS - 1, peek(view[i] + (3 - i % 4) * PAGE));
	ASSERT_EQ(0, verb_mprotect(space, at(3), PAGE, PROT_READ));
	for (i = 0; i < WINDOWS; i++)
		EXPECT_EQ(SIGSEGV, store(view[i] + (3 - i % 4) * PAGE, 1));
	ASSERT_EQ(0, verb_munmap(space, at(3), PAGE));
	for (i = 0; i < WINDOWS; i++)
		EXPECT_EQ(UNREADABLE, peek(view[i] + (3 - i % 4) * PAGE));
	for (i = 0; i < WINDOWS; i++)
		munmap(view[i], 4 * PAGE);
	EXPECT_EQ(0, space_stats(space).windows);
	close(space);
}

#define OPS	512U

/* One-page regions with a page between them. */
static long map_apart(int space, unsigned long count)
{
	struct svma_op *ops = calloc(OPS, sizeof(*ops));
	unsigned long done = 0;
	unsigned int i;
	long err = 0;

	while (done < count && !err) {
		struct svma_batch batch = { .ops = (unsigned long)ops };

		for (i = 0; i < OPS && done + i < count; i++)
			ops[i] = (struct svma_op){
				.cmd = SVMA_IOC_MMAP,
				.arg.mmap = { .addr = at(2 * (done + i)), .len = PAGE, .prot = RW,
					      .flags = FIXED, .fd = -1 },
			};
		batch.count = i;
		err = call(space, SVMA_IOC_BATCH, &batch);
		done += batch.done;
		err = err ?: batch.failed ? -ENOMEM : 0;
	}
	free(ops);
	return err;
}

/* 100,000 of them; SVMA_MANY_REGIONS=1000000 for who has the time, and a guest of 2 GiB. */
TEST_F_TIMEOUT(many, regions, 600)
{
	const char *wanted = getenv("SVMA_MANY_REGIONS");
	unsigned long count = wanted ? strtoul(wanted, NULL, 0) : 100000, i;
	struct svma_layout set = { .told = SVMA_LAYOUT_MAX_MAP_COUNT, .max_map_count = count + 9 };
	int space = space_make(self->machine, 0);

	ASSERT_LE(0, space);
	ASSERT_EQ(0, call(space, SVMA_IOC_LAYOUT_SET, &set));
	ASSERT_EQ(0, map_apart(space, count));
	EXPECT_EQ(count, space_stats(space).regions);
	EXPECT_EQ(count, space_stats(space).total);
	for (i = 0; i < count; i += 997) {
		struct svma_lookup lookup = { .addr = at(2 * i) };

		ASSERT_EQ(0, call(space, SVMA_IOC_LOOKUP, &lookup));
		ASSERT_EQ(at(2 * i), lookup.region.start);
		ASSERT_EQ(at(2 * i + 1), lookup.region.end);
		ASSERT_EQ(0, page_put(space, 2 * i, i));
		ASSERT_EQ(UNREADABLE, page_get(space, 2 * i + 1));
	}
	for (i = 0; i < count; i += 997)
		ASSERT_EQ(i, page_get(space, 2 * i));
	/* A hole that is filled makes one of three. */
	ASSERT_EQ(0, map_pages(space, 2 * (count / 2) + 1, 1, RW));
	EXPECT_EQ(count - 1, space_stats(space).regions);
	ASSERT_EQ(0, verb_munmap(space, at(0), 2 * count * PAGE));
	EXPECT_EQ(0, space_stats(space).regions);
	EXPECT_EQ(0, space_stats(space).total);
	EXPECT_EQ(0, space_stats(space).resident);
	close(space);
}

TEST_HARNESS_MAIN
