// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls. The table of verbs says what arguments a verb has, and how often it has its turn;
 * the shapes here change what would otherwise nearly always be refused.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../vec.h"
#include "fuzz.h"

#define PAGE	SVMA_PAGE_SIZE

/* So many regions: then some are taken away, or each comparison takes longer than it is worth. */
#define REGIONS_MAX	40

static __u64 some_prot(struct fuzz_gen *gen)
{
	if (fuzz_chance(&gen->rng, 30))
		return fuzz_constant(gen, SVMA_CONST_PROT);
	return FUZZ_PICK(&gen->rng, PROT_NONE, PROT_NONE, PROT_READ, PROT_READ,
			 PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			 PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_WRITE, PROT_EXEC,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void shape_mmap(struct fuzz_gen *gen, struct fuzz_call *call)
{
	struct fuzz_rng *rng = &gen->rng;
	__u64 *args = call->args;

	if (fuzz_chance(rng, 3))
		args[0] = 0;
	args[3] = FUZZ_PICK(rng, MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED,
			    MAP_SHARED, MAP_SHARED_VALIDATE);
	args[4] = (__u64)-1;
	args[5] = 0;
	if (gen->files && !fuzz_chance(rng, 3)) {
		size_t i = fuzz_chance(rng, 3) ? fuzz_below(rng, fuzz_n_files) : 0;

		call->path = fuzz_file(i);
		args[4] = 3 + i;
		/* So that it goes on where the mapping before it ends. */
		args[5] = fuzz_chance(rng, 2) ? args[0] & 0x1f000 : fuzz_below(rng, 16) * PAGE;
		if (fuzz_chance(rng, 20))
			args[5] = FUZZ_PICK(rng, 1, PAGE / 2, ~0ULL, 0 - PAGE, 1ULL << 63,
					    (1ULL << 63) - PAGE, 1ULL << 44);
	} else {
		args[3] |= MAP_ANONYMOUS;
		if (fuzz_chance(rng, 20))
			args[5] = fuzz_below(rng, 16) * PAGE;
	}
	if (fuzz_chance(rng, 60)) {
		call->path = NULL;
		args[4] = FUZZ_PICK(rng, (__u64)-1, 77);
		args[3] &= ~(__u64)MAP_ANONYMOUS;
	}
	if (args[0])
		args[3] |= FUZZ_PICK(rng, 0, MAP_FIXED, MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE);
	if (fuzz_chance(rng, 5))
		args[3] |= FUZZ_PICK(rng, MAP_GROWSDOWN, MAP_GROWSDOWN, MAP_LOCKED, MAP_NORESERVE,
				     MAP_POPULATE, MAP_STACK, MAP_NONBLOCK, MAP_SYNC, MAP_32BIT,
				     MAP_DENYWRITE, MAP_EXECUTABLE, 0x80, 1ULL << 30,
				     MAP_POPULATE | MAP_NONBLOCK, MAP_GROWSDOWN | MAP_STACK,
				     MAP_LOCKED | MAP_NORESERVE, MAP_GROWSDOWN | MAP_NORESERVE);
	if (fuzz_chance(rng, 60))
		args[3] = (args[3] & ~(__u64)MAP_TYPE) | fuzz_below(rng, 16);
	if (fuzz_chance(rng, 80))
		args[3] = fuzz_constant(gen, SVMA_CONST_MAP);
}

static void shape_mprotect(struct fuzz_gen *gen, struct fuzz_call *call)
{
	if (fuzz_chance(&gen->rng, 20))
		call->args[2] |= FUZZ_PICK(&gen->rng, PROT_GROWSDOWN, PROT_GROWSUP,
					   PROT_GROWSDOWN | PROT_GROWSUP);
	/* Keys that nobody allocated are another matter than a space's. */
	if (call->verb->nargs > 3)
		call->args[3] = FUZZ_PICK(&gen->rng, (__u64)-1, (__u64)-1, 0, 16, (__u64)-2);
}

/* The heap lies where the last result of brk was: its start is all that can be told from here. */
static void shape_brk(struct fuzz_gen *gen, struct fuzz_call *call)
{
	struct svma_layout layout;

	if (fuzz_chance(&gen->rng, 8) || svma_client_layout_get(gen->run->shadow.space, &layout))
		return;
	call->args[0] = layout.brk + fuzz_below(&gen->rng, 16 * PAGE) - 7 * PAGE;
	if (fuzz_chance(&gen->rng, 8))
		call->args[0] = layout.start_brk - fuzz_below(&gen->rng, 2) * PAGE;
}

static void shape_mremap(struct fuzz_gen *gen, struct fuzz_call *call)
{
	struct fuzz_rng *rng = &gen->rng;
	__u64 *args = call->args;

	if (fuzz_chance(rng, 3))
		args[2] = args[1];
	args[3] = FUZZ_PICK(rng, 0, MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED,
			    MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | 4,
			    MREMAP_MAYMOVE | MREMAP_FIXED | 4);
	if (fuzz_chance(rng, 30))
		args[3] = fuzz_constant(gen, SVMA_CONST_MREMAP);
	if (args[3] & 4 && !fuzz_chance(rng, 10))
		args[2] = args[1];
	if (fuzz_chance(rng, 20))
		args[1] = 0;
	if (!(args[3] & (MREMAP_FIXED | 4)))
		args[4] = 0;
	else if (fuzz_chance(rng, 3))
		args[4] = args[0] + args[1];
}

static void shape_madvise(struct fuzz_gen *gen, struct fuzz_call *call)
{
	if (fuzz_chance(&gen->rng, 20))
		call->args[2] = fuzz_below(&gen->rng, 128);
}

static void shape_lock(struct fuzz_gen *gen, struct fuzz_call *call)
{
	if (call->verb->nr == SYS_mlockall && !fuzz_chance(&gen->rng, 10))
		call->args[0] = fuzz_below(&gen->rng, 8);
	if (call->verb->nr == SYS_mlock2 && !fuzz_chance(&gen->rng, 10))
		call->args[2] = fuzz_below(&gen->rng, 2);
}

static void shape_remap_file(struct fuzz_gen *gen, struct fuzz_call *call)
{
	if (!fuzz_chance(&gen->rng, 10))
		call->args[2] = 0;
	call->args[3] = fuzz_below(&gen->rng, 16);
	call->args[4] = FUZZ_PICK(&gen->rng, 0, 0, 0, MAP_NONBLOCK, MAP_SHARED, ~0ULL);
}

static void shape_mseal(struct fuzz_gen *gen, struct fuzz_call *call)
{
	call->args[2] = fuzz_chance(&gen->rng, 20);
}

/* What makes the arguments of a verb likely, beside what stands in the table of verbs. */
static const struct {
	const char *verb;
	void (*shape)(struct fuzz_gen *gen, struct fuzz_call *call);
} shapes[] = {
	{ "mmap", shape_mmap },
	{ "mprotect", shape_mprotect },
	{ "pkey_mprotect", shape_mprotect },
	{ "brk", shape_brk },
	{ "mremap", shape_mremap },
	{ "madvise", shape_madvise },
	{ "mlock2", shape_lock },
	{ "mlockall", shape_lock },
	{ "remap_file_pages", shape_remap_file },
	{ "mseal", shape_mseal },
};

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct svma_verb *some_verb(struct fuzz_gen *gen)
{
	unsigned int total = 0, at;
	const struct svma_verb *verb;

	for (verb = svma_verbs; verb->name; verb++)
		total += verb->turns;
	at = fuzz_below(&gen->rng, total);
	for (verb = svma_verbs; at >= verb->turns; verb++)
		at -= verb->turns;
	return verb;
}

static __u64 some_arg(struct fuzz_gen *gen, enum svma_arg_kind kind, const struct fuzz_call *call)
{
	switch (kind) {
	case SVMA_ARG_ADDR:
		return fuzz_addr(gen);
	case SVMA_ARG_LEN:
		return fuzz_len(gen, call->args[0]);
	case SVMA_ARG_PROT:
		return some_prot(gen);
	case SVMA_ARG_INT:
		return fuzz_below(&gen->rng, 4);
	case SVMA_ARG_MS:
		return fuzz_chance(&gen->rng, 10) ? fuzz_constant(gen, SVMA_CONST_MS) :
			fuzz_below(&gen->rng, 8);
	default:
		return fuzz_constant(gen, svma_arg_consts(kind));
	}
}

/* Bytes that can be read in a script. */
static void some_store(struct fuzz_gen *gen, const struct fuzz_call *call, char *text, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	int len = 1 + fuzz_below(&gen->rng, 8), at;

	at = snprintf(text, size, "store(0x%llx, \"", call->args[0]);
	for (int i = 0; i < len; i++)
		text[at++] = letters[fuzz_below(&gen->rng, sizeof(letters) - 1)];
	snprintf(text + at, size - at, "\")");
}

/* All of a part between what has to stay, so that there are not too many regions. */
static bool some_clearance(struct fuzz_gen *gen, char *text, size_t size)
{
	size_t i = fuzz_below(&gen->rng, gen->n_keep);
	__u64 start = i ? gen->keep[i - 1].end : PAGE, end = gen->keep[i].start;

	if (start >= end || fuzz_leaves(gen, start, end - start))
		return false;
	snprintf(text, size, "munmap(0x%llx, %llu)", start, end - start);
	return true;
}

static void try_call(struct fuzz_gen *gen, struct fuzz_call *call)
{
	*call = (struct fuzz_call){ .verb = some_verb(gen) };
	for (unsigned int n = 0; n < call->verb->nargs; n++)
		call->args[n] = some_arg(gen, call->verb->args[n].kind, call);
	if (call->verb->flags & SVMA_VERB_OWN) {
		call->args[0] += fuzz_below(&gen->rng, 2) ? 0 : fuzz_below(&gen->rng, PAGE - 16);
		call->args[1] = fuzz_chance(&gen->rng, 20) ? fuzz_below(&gen->rng, PAGE + 1) :
			1 + fuzz_below(&gen->rng, 16);
	}
	for (size_t i = 0; i < N_SHAPES; i++)
		if (!strcmp(shapes[i].verb, call->verb->name))
			shapes[i].shape(gen, call);
}

void fuzz_gen_call(struct fuzz_gen *gen, char *text, size_t size)
{
	struct fuzz_call call;

	if (gen->run->regions.n > REGIONS_MAX && fuzz_chance(&gen->rng, 4) &&
	    some_clearance(gen, text, size))
		return;
	do {
		try_call(gen, &call);
	} while (fuzz_barred(gen, &call));
	if (call.verb->args[1].kind == SVMA_ARG_BYTES)
		some_store(gen, &call, text, size);
	else
		svma_verb_format_path(text, size, call.verb, call.args, call.path);
}
