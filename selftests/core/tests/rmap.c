// SPDX-License-Identifier: GPL-2.0
/* Reverse maps: which regions of which spaces map a part of a file. */
#include "unit.h"

#define SHARED_FIXED	(MAP_SHARED | MAP_FIXED)
#define TO		(MREMAP_MAYMOVE | MREMAP_FIXED)

/*
 * Do these regions map the pages? "0:4-8+a": place of the space, its pages with exclusive end, the
 * first page of the file. Asked for so many at a time.
 */
static void expect_some(int line, struct pair *pair, u64 first, u64 last, unsigned int room,
			const char *wanted)
{
	struct svma_rmap_tree *rmap = &pair->home->files[FILE_RW].rmap;
	struct svma_rmap_region found[8], after = { 0 };
	char have[1000] = "", *end = have;
	unsigned int count, i;
	bool more = true;

	while (more && end < have + sizeof(have) - 400) {
		count = svma_rmap_query(rmap, first, last, &after, found, room, &more);
		for (i = 0; i < count; i++)
			end += sprintf(end, "%s%llx:%lx-%lx+%llx", end == have ? "" : " ",
				       found[i].space - pair->home->core.id,
				       (unsigned long)(found[i].start - at(pair, 0)) / PAGE,
				       (unsigned long)(found[i].end - at(pair, 0)) / PAGE,
				       found[i].pgoff);
		if (!count)
			break;
		after = found[count - 1];
	}
	if (strcmp(have, wanted))
		tap_fail(__FILE__, line, "kernel %u.%u: mapped by %s, wanted %s",
			 pair->model.kernel >> 16, pair->model.kernel >> 8 & 0xff, have, wanted);
}

static void expect_maps(int line, struct pair *pair, u64 first, u64 last, const char *wanted)
{
	expect_some(line, pair, first, last, 8, wanted);
	expect_some(line, pair, first, last, 1, wanted);
}

#define EXPECT_MAPS(pair, first, last, wanted)	expect_maps(__LINE__, pair, first, last, wanted)

/* What maps a page of the range at least, by first page; both ends of it count. */
TEST(rmap_range)
{
	struct svma_rmap_region found, after = { .end = 1 };
	struct pair pair;
	bool more;

	unit_start(&pair, K6_12);
	EXPECT_MAPS(&pair, 0, ~0ULL, "");
	unit_mmap(&pair, 30, 4, RW, SHARED_FIXED, FILE_RW, 20);
	unit_mmap(&pair, 0, 40, PROT_READ, PRIVATE_FIXED, FILE_RW, 0);
	unit_mmap(&pair, 50, 1, RW, SHARED_FIXED, FILE_RW, 10);
	/* Another file, and none. */
	unit_mmap(&pair, 60, 4, RW, SHARED_FIXED, FILE_RW2, 10);
	unit_mmap(&pair, 70, 4, RW, FIXED, NO_FILE, 0);
	/* The second took the place of the first. */
	EXPECT_MAPS(&pair, 0, ~0ULL, "0:0-28+0 0:32-33+a");
	EXPECT_EQ(unit_munmap(&pair, 8, 32), 0);
	EXPECT_MAPS(&pair, 0, ~0ULL, "0:0-8+0 0:32-33+a");
	EXPECT_MAPS(&pair, 7, 10, "0:0-8+0 0:32-33+a");
	EXPECT_MAPS(&pair, 8, 9, "");
	EXPECT_MAPS(&pair, 8, 10, "0:32-33+a");
	EXPECT_MAPS(&pair, 7, 7, "0:0-8+0");
	EXPECT_MAPS(&pair, 11, ~0ULL, "");
	/* Several that begin at one page, by address; one that ends far behind others. */
	unit_mmap(&pair, 40, 2, RW, SHARED_FIXED, FILE_RW, 10);
	unit_mmap(&pair, 20, 9, RW, SHARED_FIXED, FILE_RW, 5);
	EXPECT_MAPS(&pair, 10, 10, "0:14-1d+5 0:28-2a+a 0:32-33+a");
	EXPECT_MAPS(&pair, 12, 13, "0:14-1d+5");
	/* On behind one that is not there any more. */
	after.pgoff = 10;
	after.space = pair.core.id;
	after.start = at(&pair, 45);
	EXPECT_EQ(svma_rmap_query(&pair.files[FILE_RW].rmap, 0, ~0ULL, &after, &found, 1, &more),
		  1);
	EXPECT_EQ(found.start, at(&pair, 50));
	EXPECT(!more);
	unit_end(&pair);
}

/* It goes along with the regions: split, merged, moved, cut and unmapped. */
TEST(rmap_follows)
{
	FOR_EACH_KERNEL(kernel) {
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 8, PROT_READ, SHARED_FIXED, FILE_RW, 10);
		EXPECT_EQ(unit_mprotect(&pair, 2, 3, RW), 0);
		EXPECT_MAPS(&pair, 0, 99, "0:0-2+a 0:2-5+c 0:5-8+f");
		EXPECT_MAPS(&pair, 15, 17, "0:5-8+f");
		EXPECT_EQ(unit_mprotect(&pair, 2, 3, PROT_READ), 0);
		EXPECT_MAPS(&pair, 0, 99, "0:0-8+a");
		unit_mmap(&pair, 8, 4, PROT_READ, SHARED_FIXED, FILE_RW, 18);
		EXPECT_MAPS(&pair, 0, 99, "0:0-c+a");
		EXPECT_EQ(unit_munmap(&pair, 4, 2), 0);
		EXPECT_MAPS(&pair, 0, 99, "0:0-4+a 0:6-c+10");
		EXPECT_MAPS(&pair, 14, 15, "");
		/* Moved, with what was there before gone; cut; grown; a second one of the same. */
		EXPECT_EQ(unit_mremap(&pair, 6, 2, 2, TO, 1), 1);
		EXPECT_MAPS(&pair, 0, 99, "0:0-1+a 0:3-4+d 0:1-3+10 0:8-c+12");
		EXPECT_EQ(unit_mremap(&pair, 8, 4, 1, 0, 0), 8);
		EXPECT_MAPS(&pair, 19, 99, "");
		EXPECT_EQ(unit_mremap(&pair, 8, 1, 3, 0, 0), 8);
		EXPECT_MAPS(&pair, 19, 99, "0:8-b+12");
		EXPECT_EQ(unit_mremap(&pair, 8, 0, 3, TO, 20), 20);
		EXPECT_MAPS(&pair, 19, 99, "0:8-b+12 0:14-17+12");
		EXPECT_EQ(unit_munmap(&pair, 0, 30), 0);
		EXPECT_MAPS(&pair, 0, ~0ULL, "");
		EXPECT_EQ(pair.files[FILE_RW].rmap.count, 0);
		unit_end(&pair);
	}
}

/* All spaces of the machine are in it: a child from the fork on, until it goes. */
TEST(rmap_fork)
{
	FOR_EACH_KERNEL(kernel) {
		int core_error, model_error;
		struct call call = { .verb = CALL_MUNMAP, .space = 1, .file = NO_FILE };
		struct call_result result;
		struct pair pair;

		unit_start(&pair, *kernel);
		unit_mmap(&pair, 0, 4, PROT_READ, SHARED_FIXED, FILE_RW, 10);
		unit_mmap(&pair, 8, 4, PROT_READ, SHARED_FIXED, FILE_RW, 20);
		unit_madvise(&pair, 8, 4, MADV_DONTFORK);
		EXPECT_EQ(pair_fork(&pair, 1, &core_error, &model_error), 0);
		EXPECT_EQ(core_error, 0);
		EXPECT_MAPS(&pair, 0, 99, "0:0-4+a 1:0-4+a 0:8-c+14");
		EXPECT_EQ(unit_munmap(&pair, 1, 2), 0);
		EXPECT_MAPS(&pair, 0, 99, "0:0-1+a 1:0-4+a 0:3-4+d 0:8-c+14");
		call.arg[0] = at(&pair, 0);
		call.arg[1] = 3 * PAGE;
		EXPECT(call_run(&pair, &call, MEMORY_ENOUGH, &result) && !result.error);
		EXPECT_MAPS(&pair, 0, 99, "0:0-1+a 0:3-4+d 1:3-4+d 0:8-c+14");
		pair_exit(pair.spaces[1]);
		EXPECT_MAPS(&pair, 0, 99, "0:0-1+a 0:3-4+d 0:8-c+14");
		unit_end(&pair);
	}
}

/* A question goes down the tree: it stays flat, also of regions that come in order. */
TEST(rmap_flat)
{
	const unsigned int regions = 1 << 14;
	struct svma_core core = { .id = 1 };
	struct svma_rmap_tree rmap = { 0 };
	struct svma_backing file = { .rmap = &rmap };
	struct svma_vma vma = { .backing = &file };
	unsigned int i;

	svma_rmap_init(&rmap);
	for (i = 0; i < regions; i++) {
		EXPECT_EQ(svma_rmap_reserve(&core, 1), 0);
		vma.start = i * PAGE;
		vma.end = vma.start + PAGE;
		vma.pgoff = i;
		svma_rmap_add(&core, &vma);
	}
	EXPECT(!svma_rmap_validate(&rmap));
	for (i = 0; i < regions; i++) {
		vma.start = i * PAGE;
		vma.end = vma.start + PAGE;
		vma.pgoff = i;
		svma_rmap_remove(&core, &vma);
	}
	EXPECT_EQ(rmap.count, 0);
	svma_rmap_release(&core);
}
