// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of the device: programs out of random numbers, and out of other programs.
 */
#include <string.h>

#include "fuzz.h"
#include "ioctl_table.h"

/* splitmix64: each seed is as good as another. */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned int rng_below(struct rng *rng, unsigned int limit)
{
	return rng_next(rng) % limit;
}

static void op_make(struct rng *rng, struct op *op)
{
	unsigned int i;

	memset(op, 0, sizeof(*op));
	switch (rng_below(rng, 8)) {
	case 0:
		op->kind = rng_below(rng, 2) ? OP_LOAD : OP_STORE;
		break;
	case 1:
	case 2:
		op->kind = OP_READ + rng_below(rng, OP_LAST - OP_READ);
		break;
	default:
		op->kind = rng_below(rng, ioctl_rows);
		break;
	}
	op->target = rng_below(rng, 256);
	op->valid = rng_below(rng, 4) != 0;
	/* Of a valid argument only some fields are changed, else every call fails at the first. */
	for (i = 0; i < CHOICES; i++)
		if (!op->valid || !rng_below(rng, 3))
			op->choice[i] = rng_next(rng);
}

void program_make(struct rng *rng, struct program *program)
{
	unsigned int i;

	program->count = 1 + rng_below(rng, CALLS);
	for (i = 0; i < program->count; i++)
		op_make(rng, &program->op[i]);
}

void program_mutate(struct rng *rng, struct program *program)
{
	unsigned int times = 1 + rng_below(rng, 3);

	while (times--) {
		unsigned int at = rng_below(rng, program->count);
		struct op *op = &program->op[at];

		switch (rng_below(rng, 5)) {
		case 0:
			op_make(rng, op);
			break;
		case 1:
			if (program->count < CALLS)
				op_make(rng, &program->op[program->count++]);
			break;
		case 2:
			if (program->count > 1)
				*op = program->op[--program->count];
			break;
		case 3:
			op->target = rng_below(rng, 256);
			break;
		default:
			op->choice[rng_below(rng, CHOICES)] = rng_below(rng, 4) ? rng_next(rng) : 0;
			break;
		}
	}
}
