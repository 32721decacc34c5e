// SPDX-License-Identifier: GPL-2.0
/*
 * Random values of arguments. Addresses are mostly at or near the ends of regions, lengths mostly a
 * few pages or such that a range ends where a region does; and each way to be refused has its turn.
 */
#include "fuzz.h"

#define PAGE	SVMA_PAGE_SIZE
#define MASK	(~(PAGE - 1))
#define LARGE	(512 * PAGE)

/* A part of the address space in which fixed addresses are close to each other. */
#define ARENA		0x10000000ULL
#define ARENA_PAGES	48

__u64 fuzz_random(struct fuzz_rng *rng)
{
	__u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

bool fuzz_kept(const struct fuzz_gen *gen, __u64 start, __u64 len)
{
	__u64 end;

	if (__builtin_add_overflow(start, len, &end) || end + PAGE - 1 < end)
		end = ~0ULL;
	else
		end = (end + PAGE - 1) & MASK;
	start &= MASK;
	for (size_t i = 0; i < gen->n_keep; i++)
		if (start < gen->keep[i].end && gen->keep[i].start < end)
			return true;
	return false;
}

/* A region that does not have to stay, NULL if there is none. */
static const struct svma_region *some_region(struct fuzz_gen *gen)
{
	const struct svma_region_list *regions = &gen->run->regions;

	for (int i = 0; regions->n && i < 8; i++) {
		const struct svma_region *r = &regions->v[fuzz_below(&gen->rng, regions->n)];

		if (!fuzz_kept(gen, r->start, r->end - r->start))
			return r;
	}
	return NULL;
}

/* The ends of the address space and of the numbers, and what lies at them. */
static __u64 strange_addr(struct fuzz_gen *gen)
{
	const __u64 half = 1ULL << 47;

	return FUZZ_PICK(&gen->rng, 0, PAGE, 15 * PAGE, 16 * PAGE, 1ULL << 30, 1ULL << 31,
			 1ULL << 32, half - 2 * PAGE, half - PAGE, half, half + PAGE,
			 gen->high - PAGE, gen->high, gen->high + PAGE, 1ULL << 63, ~0ULL, MASK,
			 0 - 2 * PAGE);
}

__u64 fuzz_addr(struct fuzz_gen *gen)
{
	const struct svma_region *r = some_region(gen);
	struct fuzz_rng *rng = &gen->rng;
	__u64 addr;

	if (fuzz_chance(rng, 40))
		return strange_addr(gen);
	if (!r || fuzz_chance(rng, 6)) {
		addr = ARENA + fuzz_below(rng, ARENA_PAGES) * PAGE;
	} else {
		__u64 pages = (r->end - r->start) / PAGE;

		addr = FUZZ_PICK(rng, r->start, r->start, r->start, r->end, r->end - PAGE,
				 r->start - PAGE, r->end + PAGE, r->start + PAGE,
				 r->start + fuzz_below(rng, pages) * PAGE,
				 r->start + fuzz_below(rng, pages) * PAGE,
				 r->start - fuzz_below(rng, 8) * PAGE,
				 r->start & ~(LARGE - 1), (r->end + LARGE) & ~(LARGE - 1));
	}
	if (fuzz_chance(rng, 40))
		addr += FUZZ_PICK(rng, 1, 8, PAGE - 1, fuzz_below(rng, PAGE));
	return addr;
}

/* So long that a range from @addr on ends where a region ends or starts. */
static __u64 len_to_edge(struct fuzz_gen *gen, __u64 addr)
{
	const struct svma_region_list *regions = &gen->run->regions;
	unsigned int skip = fuzz_below(&gen->rng, 4);
	__u64 len = PAGE;

	for (size_t i = 0; i < regions->n; i++) {
		const struct svma_region *r = &regions->v[i];

		if (r->end <= addr)
			continue;
		len = (r->start > addr ? r->start : r->end) - addr;
		if (!skip--)
			break;
	}
	/* Far away: not of the same neighbourhood. */
	return len < 4 * LARGE ? len : PAGE;
}

__u64 fuzz_len(struct fuzz_gen *gen, __u64 addr)
{
	struct fuzz_rng *rng = &gen->rng;

	switch (fuzz_below(rng, 24)) {
	case 0:
		return FUZZ_PICK(rng, 0, 1, PAGE - 1, PAGE + 1, ~0ULL, MASK, MASK + 1 - PAGE,
				 0 - addr, gen->high, gen->high - addr, gen->high + PAGE - addr,
				 1ULL << 46, 1ULL << 47, 1ULL << 57, 1ULL << 63);
	case 1:
		return FUZZ_PICK(rng, LARGE, LARGE, 2 * LARGE, LARGE + PAGE, LARGE - PAGE,
				 1ULL << 24, 1ULL << 30);
	case 2:
		return fuzz_below(rng, 8) * PAGE + fuzz_below(rng, PAGE);
	case 3:
		return (1 + fuzz_below(rng, 64)) * PAGE;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
	case 10:
		return len_to_edge(gen, addr);
	default:
		return (1 + fuzz_below(rng, 8)) * PAGE;
	}
}

/* A value of a family of which one is chosen, or some bits of one of which several may be. */
__u64 fuzz_constant(struct fuzz_gen *gen, enum svma_const_set set)
{
	struct fuzz_rng *rng = &gen->rng;
	__u64 bits = 0, one = 0;
	size_t n = 0;

	if (fuzz_chance(rng, 40))
		return fuzz_random(rng) >> fuzz_below(rng, 64);
	for (const struct svma_const *c = svma_consts; c->name; c++) {
		if (c->set != set)
			continue;
		if (c->mask != c->value) {
			if (fuzz_chance(rng, ++n))
				one = c->value;
		} else if (fuzz_chance(rng, 2)) {
			bits |= c->value;
		}
	}
	return n > 1 && fuzz_chance(rng, 2) ? one : bits | one;
}
