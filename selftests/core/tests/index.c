// SPDX-License-Identifier: GPL-2.0
/* The range index against an array kept in order. */
#include "index.h"
#include "memory.h"
#include "tap.h"

#define PAGE		SVMA_PAGE_SIZE
#define SPACE_PAGES	(1UL << 35)

struct array {
	struct svma_vma *vma;
	unsigned long count;
	unsigned long room;
};

static void array_init(struct array *array, unsigned long room)
{
	array->vma = malloc(room * sizeof(*array->vma));
	array->count = 0;
	array->room = room;
}

static void array_free(struct array *array)
{
	free(array->vma);
}

/* The first region that ends above addr. */
static unsigned long array_find(const struct array *array, unsigned long addr)
{
	unsigned long low = 0, high = array->count;

	while (low < high) {
		unsigned long mid = (low + high) / 2;

		if (array->vma[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void array_insert(struct array *array, const struct svma_vma *vma)
{
	unsigned long at = array_find(array, vma->start);

	memmove(&array->vma[at + 1], &array->vma[at], (array->count - at) * sizeof(*vma));
	array->vma[at] = *vma;
	array->count++;
}

static void array_erase(struct array *array, unsigned long at)
{
	memmove(&array->vma[at], &array->vma[at + 1],
		(array->count - at - 1) * sizeof(*array->vma));
	array->count--;
}

/* The gap below region i, or above the last one. */
static void array_gap(const struct array *array, unsigned long i, unsigned long high,
		      unsigned long *start, unsigned long *end)
{
	*start = i ? array->vma[i - 1].end : 0;
	*end = high;
	if (i < array->count)
		*end = array->vma[i].start;
}

static bool array_gap_search(const struct array *array, bool lowest, unsigned long low,
			     unsigned long high, unsigned long len, unsigned long *start,
			     unsigned long *end)
{
	unsigned long n, i;

	for (n = 0; n <= array->count; n++) {
		i = lowest ? n : array->count - n;
		array_gap(array, i, high, start, end);
		if (*start < low)
			*start = low;
		if (*end > high)
			*end = high;
		if (*start < *end && *end - *start >= len)
			return true;
	}
	return false;
}

static bool same_vma(const struct svma_vma *a, const struct svma_vma *b)
{
	return a->start == b->start && a->end == b->end && a->flags == b->flags &&
	       a->pgoff == b->pgoff && a->backing == b->backing && a->anon == b->anon &&
	       a->attr == b->attr;
}

static void check_valid(struct svma_index *index)
{
	const char *what = svma_index_validate(index);

	if (what)
		tap_fail(__FILE__, __LINE__, "with %lu regions: %s", index->count, what);
}

/* All regions, upwards and downwards. */
static void check_same(struct svma_index *index, const struct array *array)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	unsigned long i;
	bool more;

	EXPECT_EQ(index->count, array->count);
	more = svma_cursor_find(&cursor, index, 0, &vma);
	for (i = 0; i < array->count && more; i++) {
		if (!same_vma(&vma, &array->vma[i])) {
			tap_fail(__FILE__, __LINE__, "region %lu of %lu is %lx-%lx, wanted %lx-%lx",
				 i, array->count, vma.start, vma.end, array->vma[i].start,
				 array->vma[i].end);
			return;
		}
		svma_cursor_get(&cursor, &vma);
		EXPECT(same_vma(&vma, &array->vma[i]));
		more = i + 1 < array->count ? svma_cursor_next(&cursor, &vma) : false;
	}
	if (!EXPECT_EQ(i, array->count) || !i)
		return;
	EXPECT(!svma_cursor_next(&cursor, &vma));
	more = svma_cursor_find(&cursor, index, array->vma[array->count - 1].start, &vma);
	for (i = array->count; i-- && more;) {
		if (!EXPECT(same_vma(&vma, &array->vma[i])))
			return;
		more = svma_cursor_prev(&cursor, &vma);
		if (!EXPECT_EQ(more, i > 0))
			return;
	}
}

static unsigned long some_addr(const struct array *array, struct rng *rng)
{
	const struct svma_vma *vma;

	if (!array->count || rng_chance(rng, 8))
		return rng_chance(rng, 4) ? ~0UL : rng_below(rng, SPACE_PAGES) * PAGE;
	vma = &array->vma[rng_below(rng, array->count)];
	switch (rng_below(rng, 5)) {
	case 0:
		return vma->start;
	case 1:
		return vma->end;
	case 2:
		return vma->end - 1;
	case 3:
		return vma->start ? vma->start - 1 : 0;
	default:
		return vma->start + rng_below(rng, vma->end - vma->start);
	}
}

static void check_looks(struct svma_index *index, const struct array *array, struct rng *rng)
{
	unsigned long low, high, len, s1, e1, s2, e2, addr = some_addr(array, rng);
	unsigned long at = array_find(array, addr);
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool lowest, one, two;

	/* Leads those that follow, if it is near. */
	if (rng_chance(rng, 2))
		EXPECT_EQ(svma_index_seek(index, addr, NULL), at < array->count);
	if (EXPECT_EQ(svma_index_find(index, addr, &vma), at < array->count) && at < array->count)
		EXPECT(same_vma(&vma, &array->vma[at]));
	EXPECT_EQ(svma_index_find(index, addr, NULL), at < array->count);
	if (EXPECT_EQ(svma_cursor_find(&cursor, index, addr, NULL), at < array->count) &&
	    at < array->count) {
		if (rng_chance(rng, 2)) {
			if (EXPECT_EQ(svma_cursor_next(&cursor, &vma), at + 1 < array->count) &&
			    at + 1 < array->count)
				EXPECT(same_vma(&vma, &array->vma[at + 1]));
		} else if (EXPECT_EQ(svma_cursor_prev(&cursor, &vma), at > 0) && at > 0) {
			EXPECT(same_vma(&vma, &array->vma[at - 1]));
		}
	} else if (at == array->count && at) {
		/* Past the last one: a step down finds it. */
		if (EXPECT(svma_cursor_prev(&cursor, &vma)))
			EXPECT(same_vma(&vma, &array->vma[at - 1]));
	}
	low = some_addr(array, rng) & SVMA_PAGE_MASK;
	high = rng_chance(rng, 3) ? SPACE_PAGES * PAGE : some_addr(array, rng) & SVMA_PAGE_MASK;
	if (rng_chance(rng, 3))
		low = 0;
	len = (1 + rng_below(rng, 1UL << rng_below(rng, 30))) * PAGE;
	lowest = rng_chance(rng, 2);
	one = array_gap_search(array, lowest, low, high, len, &s1, &e1);
	if (lowest)
		two = svma_index_gap_low(index, low, high, len, &s2, &e2);
	else
		two = svma_index_gap_high(index, low, high, len, &s2, &e2);
	if (one != two || (one && (s1 != s2 || e1 != e2)))
		tap_fail(__FILE__, __LINE__,
			 "%s gap of %lx in %lx-%lx: %d %lx-%lx, wanted %d %lx-%lx",
			 lowest ? "lowest" : "highest", len, low, high, two, two ? s2 : 0,
			 two ? e2 : 0, one, one ? s1 : 0, one ? e1 : 0);
}

static void random_attributes(struct svma_vma *vma, struct rng *rng)
{
	vma->flags = rng_next(rng) & SVMA_VM_READ;
	if (rng_chance(rng, 10))
		vma->flags |= SVMA_VM_GROWSDOWN;
	vma->pgoff = rng_next(rng);
	vma->backing = NULL;
	vma->anon = rng_next(rng);
	vma->attr = rng_next(rng) & 1;
}

static bool some_room(const struct array *array, struct rng *rng, unsigned long spread,
		      struct svma_vma *vma)
{
	unsigned long at, low, high, len;

	memset(vma, 0, sizeof(*vma));
	random_attributes(vma, rng);
	if (array->count && rng_chance(rng, 2)) {
		at = rng_below(rng, array->count + 1);
		low = at ? array->vma[at - 1].end : 0;
	} else {
		low = rng_below(rng, spread) * PAGE;
		at = array_find(array, low);
	}
	high = at < array->count ? array->vma[at].start : SPACE_PAGES * PAGE;
	if (low >= high)
		return false;
	len = (1 + rng_below(rng, 16)) * PAGE;
	if (rng_chance(rng, 3) && high - low > len)
		low = high - len;
	vma->start = low;
	vma->end = high - low < len ? high : low + len;
	return true;
}

/* A region changes in place: its edges move within what its neighbours leave. */
static void random_set(struct svma_index *index, struct array *array, struct rng *rng)
{
	unsigned long at = rng_below(rng, array->count);
	struct svma_vma *vma = &array->vma[at];
	unsigned long old = vma->start;
	unsigned long low = at ? array->vma[at - 1].end : 0;
	unsigned long high = at + 1 < array->count ? array->vma[at + 1].start : SPACE_PAGES * PAGE;

	if (rng_chance(rng, 3)) {
		random_attributes(vma, rng);
	} else {
		low += rng_below(rng, min((vma->end - low) / PAGE, 4UL)) * PAGE;
		if (rng_chance(rng, 2))
			vma->start = low;
		high = min(high, vma->start + (1 + rng_below(rng, 32)) * PAGE);
		if (rng_chance(rng, 2))
			vma->end = high;
	}
	svma_index_set(index, old, vma);
}

static void random_step(struct svma_index *index, struct array *array, struct rng *rng,
			unsigned long spread, unsigned int grow)
{
	unsigned int dice = rng_below(rng, 100);
	struct svma_vma vma;
	unsigned long at;

	if (dice < 10 && array->count) {
		random_set(index, array, rng);
	} else if (dice < 10 + grow * 9 / 10) {
		if (array->count == array->room || !some_room(array, rng, spread, &vma))
			return;
		if (!EXPECT_EQ(svma_index_reserve(index, 1), 0))
			return;
		svma_index_insert(index, &vma);
		array_insert(array, &vma);
	} else if (array->count) {
		at = rng_below(rng, array->count);
		svma_index_erase(index, array->vma[at].start);
		array_erase(array, at);
	}
}

/* Regions at even distances, upwards, so that the array need not move anything. */
static void fill(struct svma_index *index, struct array *array, struct rng *rng,
		 unsigned long count)
{
	unsigned long distance = SPACE_PAGES / (count + 1);
	struct svma_vma vma;

	while (array->count < count) {
		memset(&vma, 0, sizeof(vma));
		random_attributes(&vma, rng);
		vma.start = array->count * distance * PAGE;
		vma.end = vma.start + (1 + rng_below(rng, distance)) * PAGE;
		if (!EXPECT_EQ(svma_index_reserve(index, 1), 0))
			return;
		svma_index_insert(index, &vma);
		array->vma[array->count++] = vma;
	}
}

static void random_run(uint64_t seed, unsigned long room, unsigned long start, unsigned long steps,
		       unsigned long spread, unsigned long check_every)
{
	static const unsigned int grow[] = { 90, 50, 10, 95, 50, 0 };
	struct rng rng = { seed };
	struct svma_index index;
	struct array array;
	unsigned long i;
	unsigned int phase;

	array_init(&array, room);
	svma_index_init(&index);
	fill(&index, &array, &rng, start);
	for (phase = 0; phase < ARRAY_SIZE(grow); phase++) {
		for (i = 0; i < steps && !tap_failing(); i++) {
			random_step(&index, &array, &rng, spread, grow[phase]);
			if (i % check_every)
				continue;
			/* In turns: a check of all brings up to date what was put off. */
			if (rng_chance(&rng, 2))
				check_looks(&index, &array, &rng);
			check_valid(&index);
			if (check_every == 1 || !(i % (check_every * 10)))
				check_same(&index, &array);
			check_looks(&index, &array, &rng);
		}
		check_same(&index, &array);
	}
	if (tap_failing())
		tap_note("index seed %llu, room %lu", (unsigned long long)seed, room);
	svma_index_destroy(&index);
	array_free(&array);
}

TEST(index_empty)
{
	unsigned long start, end;
	struct svma_cursor cursor;
	struct svma_index index;
	struct svma_vma vma;

	svma_index_init(&index);
	EXPECT(!svma_index_validate(&index));
	EXPECT(!svma_index_find(&index, 0, &vma));
	EXPECT(!svma_cursor_find(&cursor, &index, 0, &vma));
	EXPECT(svma_index_gap_low(&index, PAGE, 8 * PAGE, 7 * PAGE, &start, &end));
	EXPECT_EQ(start, PAGE);
	EXPECT_EQ(end, 8 * PAGE);
	EXPECT(!svma_index_gap_low(&index, PAGE, 8 * PAGE, 8 * PAGE, &start, &end));
	EXPECT(svma_index_gap_high(&index, PAGE, 8 * PAGE, 7 * PAGE, &start, &end));
	EXPECT(!svma_index_gap_high(&index, 8 * PAGE, 8 * PAGE, PAGE, &start, &end));
	EXPECT(!svma_index_gap_high(&index, 9 * PAGE, 8 * PAGE, PAGE, &start, &end));
	svma_index_destroy(&index);
}

TEST(index_random_small)
{
	unsigned long i, runs = env_number("INDEX_RUNS", 300);

	for (i = 0; i < runs && !tap_failing(); i++)
		random_run(i + 1, 1 + i % 240, 0, 150, 1 + (i * i) % 4096, 1);
}

TEST(index_random_dense)
{
	random_run(1001, 3000, 0, 6000, 4000, 50);
}

TEST(index_random_big)
{
	unsigned long big = env_number("INDEX_BIG", 100000);

	random_run(2001, big + big / 10, big, env_number("INDEX_STEPS", 800), SPACE_PAGES, 250);
}

/*
 * Upwards, downwards, and then taken out in both orders: the shapes that random order does not
 * make.
 */
TEST(index_sequential)
{
	const unsigned long count = 3000;
	unsigned int variant;

	for (variant = 0; variant < 4 && !tap_failing(); variant++) {
		struct svma_index index;
		struct array array;
		unsigned long i, at;

		array_init(&array, count);
		svma_index_init(&index);
		for (i = 0; i < count; i++) {
			unsigned long n = variant & 1 ? count - 1 - i : i;
			struct svma_vma vma = { .start = 2 * n * PAGE, .end = (2 * n + 1) * PAGE };

			if (!EXPECT_EQ(svma_index_reserve(&index, 1), 0))
				break;
			svma_index_insert(&index, &vma);
			array_insert(&array, &vma);
			if (i % 100 == 0)
				check_valid(&index);
		}
		check_same(&index, &array);
		while (array.count) {
			at = variant & 2 ? array.count - 1 : 0;
			svma_index_erase(&index, array.vma[at].start);
			array_erase(&array, at);
			if (array.count % 100 == 0) {
				check_valid(&index);
				check_same(&index, &array);
			}
		}
		EXPECT_EQ(index.count, 0);
		EXPECT(!index.root);
		svma_index_destroy(&index);
		array_free(&array);
	}
}

/* Many inserts on one reservation, without one allocation in between. */
TEST(index_reserve_many)
{
	struct rng rng = { 3001 };
	unsigned int round;

	for (round = 0; round < 40 && !tap_failing(); round++) {
		unsigned long before, start = rng_below(&rng, 1000),
				      more = 1 + rng_below(&rng, 200), i;
		struct svma_index index;
		struct array array;
		struct svma_vma vma;

		array_init(&array, start + more);
		svma_index_init(&index);
		while (array.count < start)
			random_step(&index, &array, &rng, 1UL << 30, 100);
		EXPECT_EQ(svma_index_reserve(&index, more), 0);
		before = memory_calls();
		for (i = 0; i < more; i++) {
			while (!some_room(&array, &rng, 1UL << 30, &vma))
				;
			svma_index_insert(&index, &vma);
			array_insert(&array, &vma);
		}
		EXPECT_EQ(memory_calls(), before);
		check_valid(&index);
		check_same(&index, &array);
		svma_index_destroy(&index);
		array_free(&array);
	}
}

TEST(index_reserve_fails)
{
	struct rng rng = { 4001 };
	struct svma_index index;
	struct array array;
	unsigned long nth, failures = 0, refused, i;
	int error;

	array_init(&array, 4000);
	svma_index_init(&index);
	for (i = 0; i < 300 && !tap_failing(); i++) {
		refused = 0;
		for (nth = 1;; nth++) {
			memory_fail_at(nth, true);
			error = svma_index_reserve(&index, 1 + i);
			memory_fail_at(0, false);
			if (!error)
				break;
			EXPECT_EQ(error, -ENOMEM);
			refused++;
			check_valid(&index);
			if (nth == 1)
				check_same(&index, &array);
		}
		failures += refused;
		random_step(&index, &array, &rng, 1UL << 20, 80);
	}
	EXPECT(failures > 100);
	check_same(&index, &array);
	svma_index_destroy(&index);
	array_free(&array);
}

TEST(index_memory)
{
	const unsigned long count = 100000;
	struct svma_index index;
	unsigned long i;

	svma_index_init(&index);
	for (i = 0; i < count; i++) {
		struct svma_vma vma = { .start = 2 * i * PAGE, .end = (2 * i + 1) * PAGE };

		if (!EXPECT_EQ(svma_index_reserve(&index, 1), 0))
			break;
		svma_index_insert(&index, &vma);
	}
	tap_note("%lu bytes a region, inserted upwards", svma_index_memory(&index) / count);
	EXPECT(svma_index_memory(&index) / count <= 160);
	svma_index_destroy(&index);
	EXPECT_EQ(svma_index_memory(&index), 0);
}
