// SPDX-License-Identifier: GPL-2.0
/* The validators must see what they are there for: each invariant is broken once. */
#include "index_node.h"
#include "unit.h"

static void expect_wrong(struct svma_index *index, const char *what, int line)
{
	const char *wrong = svma_index_validate(index);

	if (!wrong)
		tap_fail(__FILE__, line, "%s not seen", what);
}

/* Spoil a place, look, and put it back. */
#define SPOIL(place, value, check) do {			\
	__typeof__(place) spoil_old = (place);		\
	(place) = (value);				\
	check;						\
	(place) = spoil_old;				\
} while (0)
#define WRONG(place, value)	SPOIL(place, value, expect_wrong(&index, #place, __LINE__))

TEST(validate_index)
{
	struct svma_index index;
	struct svma_inner *top;
	struct svma_leaf *leaf;
	unsigned long i;

	svma_index_init(&index);
	SPOIL(index.count, 1, expect_wrong(&index, "no root", __LINE__));
	for (i = 0; i < 2000; i++) {
		struct svma_vma vma = { .start = 3 * i * PAGE, .end = (3 * i + 1) * PAGE };

		EXPECT_EQ(svma_index_reserve(&index, 1), 0);
		svma_index_insert(&index, &vma);
	}
	EXPECT(!svma_index_validate(&index));
	EXPECT(index.height >= 2);
	top = index.root;
	for (i = index.height, leaf = index.root; i; i--)
		leaf = ((struct svma_inner *)leaf)->child[0];
	WRONG(index.count, 1999);
	WRONG(leaf->count, 0);
	WRONG(leaf->count, SVMA_LEAF_MAX + 1);
	WRONG(leaf->prev_end, PAGE);
	WRONG(leaf->start[1], 0);
	WRONG(leaf->end[1], leaf->start[1]);
	WRONG(leaf->end[1], leaf->start[1] + 4 * PAGE);
	WRONG(top->key[1], top->key[1] + 1);
	WRONG(top->gap[0], top->gap[0] + PAGE);
	WRONG(top->gap[0], 0);
	WRONG(top->count, 0);
	/* Searches look at all entries of a node, at those that are not there, too. */
	EXPECT(leaf->count < SVMA_LEAF_MAX);
	WRONG(leaf->end[SVMA_LEAF_MAX - 1], 100 * PAGE);
	EXPECT(top->count < SVMA_INNER_MAX);
	WRONG(top->key[SVMA_INNER_MAX - 1], 6000 * PAGE);
	svma_index_seek(&index, 3000 * PAGE, NULL);
	EXPECT(!svma_index_validate(&index));
	WRONG(index.finger.low, 0);
	WRONG(index.finger.high, 6000 * PAGE);
	EXPECT(!svma_index_validate(&index));
	svma_index_destroy(&index);
}

/* A region may change its file in place. */
TEST(validate_index_set_file)
{
	struct svma_vma vma;
	struct pair pair;

	unit_start(&pair, K6_12);
	unit_mmap(&pair, 0, 4, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RO, 0);
	EXPECT(svma_core_find(&pair.core, at(&pair, 0), &vma));
	vma.backing = &pair.files[FILE_WO].backing;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT_EQ(pair.files[FILE_RO].refs, 1);
	EXPECT_EQ(pair.files[FILE_WO].refs, 2);
	vma.backing = &pair.files[FILE_RO].backing;
	svma_index_set(&pair.core.index, vma.start, &vma);
	EXPECT_EQ(pair.files[FILE_RO].refs, 2);
	unit_end(&pair);
}

/* A tree is made of whatever memory there is. */
TEST(validate_rmap_init)
{
	struct svma_rmap_tree rmap;

	memset(&rmap, 0xff, sizeof(rmap));
	svma_rmap_init(&rmap);
	EXPECT(!svma_rmap_validate(&rmap));
	EXPECT_EQ(rmap.count, 0);
}

TEST(validate_rmap)
{
	struct svma_rmap_tree *rmap;
	struct pair pair;
	unsigned long i;

	unit_start(&pair, K6_12);
	for (i = 0; i < 40; i++)
		unit_mmap(&pair, 4 * i, 2, PROT_READ, MAP_SHARED | MAP_FIXED, FILE_RO,
			  i * 37 % 100);
	rmap = &pair.files[FILE_RO].rmap;
	EXPECT(!svma_rmap_validate(rmap));
	SPOIL(rmap->count, 39, EXPECT(svma_rmap_validate(rmap)));
	EXPECT(!svma_rmap_validate(rmap));
	unit_end(&pair);
}
