// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls. The table of verbs says what arguments a verb has; the shapes here change what
 * would otherwise nearly always be refused, and say how often a verb has its turn.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../vec.h"
#include "fuzz.h"

#define PAGE	SVMA_PAGE_SIZE

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* So many regions: then some are taken away, or each comparison takes longer than it is worth. */
#define REGIONS_MAX	40

/* Values that the headers of this machine may not have. */
#define MADV_COLLAPSE_	25
#define MADV_GUARD_INSTALL_ 102
#define MADV_HWPOISON_	100
#define MADV_OFFLINE_	101

/* Where the addresses of a space with pages end. */
#define LOW_HALF	((1ULL << 47) - PAGE)

/* A call that is being made up. */
struct call {
	const struct svma_verb *verb;
	__u64 args[SVMA_VERB_ARGS];
	const char *path;
};

static __u64 some_prot(struct fuzz_gen *gen)
{
	if (fuzz_chance(&gen->rng, 30))
		return fuzz_constant(gen, SVMA_CONST_PROT);
	return FUZZ_PICK(&gen->rng, PROT_NONE, PROT_NONE, PROT_READ, PROT_READ,
			 PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			 PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_WRITE, PROT_EXEC,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void shape_mmap(struct fuzz_gen *gen, struct call *call)
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

static void shape_mprotect(struct fuzz_gen *gen, struct call *call)
{
	if (fuzz_chance(&gen->rng, 20))
		call->args[2] |= FUZZ_PICK(&gen->rng, PROT_GROWSDOWN, PROT_GROWSUP,
					   PROT_GROWSDOWN | PROT_GROWSUP);
	/* Keys that nobody allocated are another matter than a space's. */
	if (call->verb->nargs > 3)
		call->args[3] = FUZZ_PICK(&gen->rng, (__u64)-1, (__u64)-1, 0, 16, (__u64)-2);
}

/* The heap lies where the last result of brk was: its start is all that can be told from here. */
static void shape_brk(struct fuzz_gen *gen, struct call *call)
{
	struct svma_layout layout;

	if (fuzz_chance(&gen->rng, 8) || svma_client_layout_get(gen->run->shadow.space, &layout))
		return;
	call->args[0] = layout.brk + fuzz_below(&gen->rng, 16 * PAGE) - 7 * PAGE;
	if (fuzz_chance(&gen->rng, 8))
		call->args[0] = layout.start_brk - fuzz_below(&gen->rng, 2) * PAGE;
}

static void shape_mremap(struct fuzz_gen *gen, struct call *call)
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

static void shape_madvise(struct fuzz_gen *gen, struct call *call)
{
	if (fuzz_chance(&gen->rng, 20))
		call->args[2] = fuzz_below(&gen->rng, 128);
}

static void shape_lock(struct fuzz_gen *gen, struct call *call)
{
	if (call->verb->nr == SYS_mlockall && !fuzz_chance(&gen->rng, 10))
		call->args[0] = fuzz_below(&gen->rng, 8);
	if (call->verb->nr == SYS_mlock2 && !fuzz_chance(&gen->rng, 10))
		call->args[2] = fuzz_below(&gen->rng, 2);
}

static void shape_remap_file(struct fuzz_gen *gen, struct call *call)
{
	if (!fuzz_chance(&gen->rng, 10))
		call->args[2] = 0;
	call->args[3] = fuzz_below(&gen->rng, 16);
	call->args[4] = FUZZ_PICK(&gen->rng, 0, 0, 0, MAP_NONBLOCK, MAP_SHARED, ~0ULL);
}

static void shape_mseal(struct fuzz_gen *gen, struct call *call)
{
	call->args[2] = fuzz_chance(&gen->rng, 20);
}

/* How often a verb has its turn, and what makes its arguments likely. */
static const struct {
	const char *verb;
	unsigned int weight;
	void (*shape)(struct fuzz_gen *gen, struct call *call);
} shapes[] = {
	{ "mmap", 30, shape_mmap },
	{ "munmap", 8, NULL },
	{ "mprotect", 13, shape_mprotect },
	{ "pkey_mprotect", 2, shape_mprotect },
	{ "brk", 5, shape_brk },
	{ "mremap", 13, shape_mremap },
	{ "madvise", 12, shape_madvise },
	{ "mlock", 2, NULL },
	{ "mlock2", 2, shape_lock },
	{ "munlock", 2, NULL },
	{ "mlockall", 1, shape_lock },
	{ "munlockall", 1, NULL },
	{ "remap_file_pages", 1, shape_remap_file },
	{ "mseal", 1, shape_mseal },
	{ "load", 9, NULL },
	{ "store", 12, NULL },
	{ "mincore", 6, NULL },
};

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static size_t shape_of(const struct svma_verb *verb)
{
	size_t i;

	for (i = 0; i < N_SHAPES && strcmp(shapes[i].verb, verb->name); i++)
		;
	return i;
}

/* What a space cannot do has no turn, a verb without a shape a small one. */
static unsigned int weight(const struct svma_verb *verb)
{
	size_t i = shape_of(verb);

	if (!verb->space && !(verb->flags & SVMA_VERB_OWN) && !svma_vec_verb(verb))
		return 0;
	/* The kernel beside it has no such call. */
	if (verb->nr < 0 && !(verb->flags & SVMA_VERB_OWN))
		return 0;
	return i < N_SHAPES ? shapes[i].weight : 1;
}

static const struct svma_verb *some_verb(struct fuzz_gen *gen)
{
	unsigned int total = 0, at;
	const struct svma_verb *verb;

	for (verb = svma_verbs; verb->name; verb++)
		total += weight(verb);
	at = fuzz_below(&gen->rng, total);
	for (verb = svma_verbs; at >= weight(verb); verb++)
		at -= weight(verb);
	return verb;
}

static __u64 some_arg(struct fuzz_gen *gen, enum svma_arg_kind kind, const struct call *call)
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

static bool is_large(const struct call *call)
{
	const __u64 most = 64 << 20;

	return call->args[1] > most || (call->verb->nr == SYS_mremap && call->args[2] > most);
}

/* What would fill the memory of the machine, were it not for a limit. */
static bool populates(const struct call *call)
{
	switch (call->verb->nr) {
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_mlockall:
		return true;
	case SYS_mmap:
		return call->args[3] & (MAP_LOCKED | MAP_POPULATE);
	case SYS_madvise:
		return call->args[2] == 22 || call->args[2] == 23;
	default:
		return false;
	}
}

/* Does a range leave a space with pages where the child's addresses go on? */
static bool leaves(const struct fuzz_gen *gen, __u64 start, __u64 len)
{
	__u64 end = start + len;

	if (!gen->run->shadow.cut)
		return false;
	if (end < start || len > gen->high)
		end = ~0ULL;
	return (start > LOW_HALF && start <= gen->high) || (len > LOW_HALF && len <= gen->high) ||
	       (end > LOW_HALF && end <= gen->high);
}

/*
 * Advice that acts on the memory of the whole machine, or has no verb, or leaves open what is read
 * then: a space drops at once what MADV_FREE gives up, the kernel when it needs the memory.
 */
static bool bad_advice(const struct fuzz_gen *gen, __u64 advice)
{
	if (advice == MADV_HWPOISON_ || advice == MADV_OFFLINE_)
		return true;
	if (!gen->run->shadow.pages)
		return false;
	return advice == MADV_REMOVE || advice == MADV_COLLAPSE_ || advice == MADV_FREE ||
	       (advice == MADV_PAGEOUT && !gen->pageout);
}

/* A range that wraps is refused, and changes nothing. */
static bool wraps(__u64 start, __u64 len)
{
	return start + len < start || len > 0 - PAGE;
}

/* Can the call be made, so that the child can go on, and both sides can do it? */
static bool allowed(const struct fuzz_gen *gen, const struct call *call)
{
	const __u64 *a = call->args;

	if (!gen->populate && populates(call))
		return false;
	if (gen->populate && is_large(call) && (a[1] | a[2]) >> 47 == 0)
		return false;
	if (call->verb->args[0].kind == SVMA_ARG_ADDR &&
	    leaves(gen, a[0], call->verb->args[1].kind == SVMA_ARG_LEN ? a[1] : 0))
		return false;
	switch (call->verb->nr) {
	case SYS_mmap:
		if (gen->run->shadow.pages && call->path &&
		    !fuzz_file_pages(gen, call->path, (a[3] & MAP_TYPE) != MAP_PRIVATE))
			return false;
		/* A machine has no pages of 1 GiB: that is told before what else is wrong. */
		if (a[3] & MAP_HUGETLB && a[3] >> SVMA_MAP_HUGE_SHIFT & SVMA_MAP_HUGE_MASK)
			return false;
		/* A hint up there makes the search go on there. */
		if (gen->run->shadow.cut && a[0] > LOW_HALF && !(a[3] & MAP_FIXED))
			return false;
		return !(a[3] & MAP_FIXED) || a[1] > 1ULL << 57 || !fuzz_kept(gen, a[0], a[1]);
	case SYS_munmap:
		return a[1] > 1ULL << 57 || !fuzz_kept(gen, a[0], a[1]);
	case SYS_mprotect:
	case SYS_pkey_mprotect:
	case SYS_mseal:
	case SYS_remap_file_pages:
		return wraps(a[0], a[1]) || !fuzz_kept(gen, a[0], a[1]);
	case SYS_madvise:
		if (bad_advice(gen, (__u32)a[2]))
			return false;
		/* Guards of so much memory want page tables that the machine has no room for. */
		if (a[2] == MADV_GUARD_INSTALL_ && is_large(call))
			return false;
		return wraps(a[0], a[1]) || !fuzz_kept(gen, a[0], a[1]);
	case SYS_mremap:
		if (leaves(gen, a[0], a[2]) || leaves(gen, a[4], a[2]))
			return false;
		return !fuzz_kept(gen, a[0], a[1]) && !fuzz_kept(gen, a[0], a[2]) &&
		       !fuzz_kept(gen, a[4], a[2]);
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
	case SYS_mlockall:
	case SYS_munlockall:
	case SYS_msync:
	case SYS_brk:
		return true;
	case SYS_mincore:
		if (gen->pageout && gen->run->shadow.pages)
			return false;
		return svma_vec_fits(a[1]) && (wraps(a[0], a[1]) || !fuzz_kept(gen, a[0], a[1]));
	case -1:
		if (!strcmp(call->verb->name, "fork"))
			return !gen->run->shadow.pages;
		return !fuzz_kept(gen, a[0], PAGE) && !fuzz_kept(gen, a[0], a[1]);
	default:
		return !fuzz_kept(gen, a[0], a[1]);
	}
}

/* Bytes that can be read in a script. */
static void some_store(struct fuzz_gen *gen, const struct call *call, char *text, size_t size)
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

	if (start >= end || leaves(gen, start, end - start))
		return false;
	snprintf(text, size, "munmap(0x%llx, %llu)", start, end - start);
	return true;
}

static void try_call(struct fuzz_gen *gen, struct call *call)
{
	size_t i;

	*call = (struct call){ .verb = some_verb(gen) };
	for (unsigned int n = 0; n < call->verb->nargs; n++)
		call->args[n] = some_arg(gen, call->verb->args[n].kind, call);
	if (call->verb->flags & SVMA_VERB_OWN) {
		call->args[0] += fuzz_below(&gen->rng, 2) ? 0 : fuzz_below(&gen->rng, PAGE - 16);
		call->args[1] = fuzz_chance(&gen->rng, 20) ? fuzz_below(&gen->rng, PAGE + 1) :
			1 + fuzz_below(&gen->rng, 16);
	}
	i = shape_of(call->verb);
	if (i < N_SHAPES && shapes[i].shape)
		shapes[i].shape(gen, call);
}

void fuzz_gen_call(struct fuzz_gen *gen, char *text, size_t size)
{
	struct call call;

	if (gen->run->regions.n > REGIONS_MAX && fuzz_chance(&gen->rng, 4) &&
	    some_clearance(gen, text, size))
		return;
	do {
		try_call(gen, &call);
	} while (!allowed(gen, &call) || (call.verb->nr == SYS_mseal && !gen->seal));
	if (call.verb->args[1].kind == SVMA_ARG_BYTES)
		some_store(gen, &call, text, size);
	else
		svma_verb_format_path(text, size, call.verb, call.args, call.path);
}
