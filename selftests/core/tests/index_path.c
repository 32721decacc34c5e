// SPDX-License-Identifier: GPL-2.0
/*
 * What the range index does not do: answers are the same without, and only cost more. So it is
 * looked at from inside.
 */
#include "index_node.h"
#include "unit.h"

static void fill(struct svma_index *index, unsigned long count)
{
	unsigned long i;

	svma_index_init(index);
	for (i = 0; i < count; i++) {
		struct svma_vma vma = { .start = 4 * i * PAGE, .end = (4 * i + 1) * PAGE };

		EXPECT_EQ(svma_index_reserve(index, 1), 0);
		svma_index_insert(index, &vma);
	}
	svma_index_settle(index);
}

/* The node above the finger's leaf, and what that knows of its largest gap. */
static unsigned long known_gap(const struct svma_index *index)
{
	const struct svma_cursor *finger = &index->finger;
	const struct svma_inner *above = finger->path[index->height - 1];

	return above->gap[finger->slot[index->height - 1]];
}

/* A region that is there gets another end. */
static void set_end(struct svma_index *index, unsigned long start, unsigned long end)
{
	struct svma_vma vma;

	EXPECT(svma_index_find(index, start, &vma) && vma.start == start);
	vma.end = end;
	svma_index_set(index, start, &vma);
}

/* Changes near each other go down once, and gaps are brought up to date once, after the last. */
static void expect_near(unsigned long first)
{
	unsigned long known, addr = 4 * first * PAGE;
	struct svma_index index;

	fill(&index, 400);
	svma_index_seek(&index, addr, NULL);
	EXPECT(svma_cursor_covers(&index.finger, addr));
	known = known_gap(&index);
	svma_index_erase(&index, addr + 8 * PAGE);
	svma_index_seek(&index, addr, NULL);
	set_end(&index, addr, addr + 2 * PAGE);
	EXPECT(index.stale);
	EXPECT_EQ(known_gap(&index), known);
	svma_index_settle(&index);
	EXPECT_EQ(known_gap(&index), 7 * PAGE);
	EXPECT(!svma_index_validate(&index));
	/* Elsewhere: the finger goes there. */
	svma_index_seek(&index, 1200 * PAGE, NULL);
	EXPECT(svma_cursor_covers(&index.finger, 1200 * PAGE));
	EXPECT(!svma_cursor_covers(&index.finger, addr));
	EXPECT(!svma_index_validate(&index));
	svma_index_destroy(&index);
}

TEST(index_path_near)
{
	expect_near(0);	/* address 0, too */
	expect_near(200);
}

/* A look of who changes nothing leaves the finger where it is. */
TEST(index_path_others)
{
	struct svma_cursor before;
	struct svma_index index;
	struct svma_vma vma;

	fill(&index, 400);
	svma_index_seek(&index, 400 * PAGE, NULL);
	before = index.finger;
	EXPECT(svma_index_find(&index, 1200 * PAGE, &vma));
	EXPECT_EQ(vma.start, 1200 * PAGE);
	EXPECT(svma_index_find(&index, 402 * PAGE, &vma));
	EXPECT(!memcmp(&before, &index.finger, sizeof(before)));
	svma_index_destroy(&index);
}

/* The first region of a leaf moves: the addresses that lead there change with it. */
TEST(index_path_first)
{
	const struct svma_inner *above;
	struct svma_index index;
	struct svma_vma vma;
	unsigned int slot;

	fill(&index, 400);
	svma_index_seek(&index, 800 * PAGE, NULL);
	above = index.finger.path[index.height - 1];
	slot = index.finger.slot[index.height - 1];
	EXPECT(slot);
	EXPECT(svma_index_find(&index, above->key[slot], &vma));
	EXPECT_EQ(vma.start, above->key[slot]);
	vma.start -= 2 * PAGE;
	svma_index_set(&index, vma.start + 2 * PAGE, &vma);
	EXPECT_EQ(above->key[slot], vma.start);
	EXPECT_EQ(index.finger.low, vma.start);
	EXPECT(!svma_index_validate(&index));
	/* Down again: at once, not when somebody asks for gaps. */
	vma.start += PAGE;
	svma_index_set(&index, vma.start - PAGE, &vma);
	EXPECT_EQ(above->key[slot], vma.start);
	EXPECT_EQ(index.finger.low, vma.start);
	EXPECT(!svma_index_validate(&index));
	svma_index_destroy(&index);
}

/* What is thinned out, upwards or downwards, gives its leaves back. */
static void expect_thin(bool up)
{
	unsigned long i, full;
	struct svma_index index;

	fill(&index, 4000);
	full = index.leaves;
	EXPECT(full <= 4000 / (SVMA_LEAF_MAX - 1) + 1);
	for (i = 0; i < 4000; i++) {
		unsigned long nth = up ? i : 3999 - i;

		if (nth % 20)
			svma_index_erase(&index, 4 * nth * PAGE);
	}
	EXPECT_EQ(index.count, 200);
	EXPECT(!svma_index_validate(&index));
	EXPECT(index.leaves <= full / 4);
	svma_index_destroy(&index);
}

TEST(index_path_thin)
{
	expect_thin(true);
	expect_thin(false);
}

/* A copy is made in whatever memory there is, and is as good as what it was made of. */
TEST(index_path_clone)
{
	struct svma_index index, copy;
	struct svma_vma vma = { .start = 2 * PAGE, .end = 3 * PAGE };

	fill(&index, 0);
	memset(&copy, 0xff, sizeof(copy));
	EXPECT_EQ(svma_index_clone(&copy, &index), 0);
	EXPECT(!copy.root && !copy.count && !svma_index_memory(&copy));
	fill(&index, 400);
	memset(&copy, 0xff, sizeof(copy));
	EXPECT_EQ(svma_index_clone(&copy, &index), 0);
	EXPECT_EQ(copy.leaves, index.leaves);
	EXPECT_EQ(copy.inners, index.inners);
	EXPECT(!svma_index_validate(&copy));
	EXPECT(svma_index_same(&copy, &index));
	EXPECT_EQ(svma_index_reserve(&copy, 1), 0);
	svma_index_insert(&copy, &vma);
	EXPECT(!svma_index_validate(&copy));
	EXPECT(!svma_index_same(&copy, &index));
	svma_index_destroy(&copy);
	svma_index_destroy(&index);
}

/* Each of what a region is makes two indexes differ. */
TEST(index_path_same)
{
	static struct svma_backing_ops ops;
	struct svma_backing backing = { .ops = &ops };
	const struct svma_vma is = { .start = 8 * PAGE, .end = 16 * PAGE, .flags = 1 };
	struct svma_vma other[7];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(other); i++)
		other[i] = is;
	other[0].start += PAGE;
	other[1].end += PAGE;
	other[2].flags++;
	other[3].pgoff++;
	other[4].backing = &backing;
	other[5].anon++;
	other[6].attr++;
	for (i = 0; i <= ARRAY_SIZE(other); i++) {
		struct svma_vma vma = i < ARRAY_SIZE(other) ? other[i] : is;
		struct svma_backing *of = vma.backing;
		struct svma_index one, two;

		svma_index_init(&one);
		svma_index_init(&two);
		EXPECT_EQ(svma_index_reserve(&one, 1), 0);
		EXPECT_EQ(svma_index_reserve(&two, 1), 0);
		vma.backing = NULL;
		svma_index_insert(&one, &is);
		svma_index_insert(&two, &vma);
		((struct svma_leaf *)two.root)->rest[0].backing = of;
		EXPECT_EQ(svma_index_same(&one, &two), i == ARRAY_SIZE(other));
		((struct svma_leaf *)two.root)->rest[0].backing = NULL;
		svma_index_destroy(&one);
		svma_index_destroy(&two);
	}
}
